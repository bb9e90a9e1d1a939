"""What can go wrong with keys, told apart by what the person at the keyboard must do.

Every error has a stable `code` and a `remedy`. `str(error)` never holds an identifier, a pseudonym, a
passphrase or key bytes. This package imports nothing of the gateway, so `exit_status` repeats its convention:
2 usage, 3 refused, 5 not ready, 1 other.
"""

from __future__ import annotations

from typing import ClassVar


class KeysError(Exception):
    """All errors of this package."""

    code: ClassVar[str] = "keys_error"
    exit_status: ClassVar[int] = 1

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy

    def sentence(self) -> str:
        """Message and remedy as shown to a person."""
        return f"{self} {self.remedy}".strip()


class RingUnusable(KeysError):
    """The ring cannot be used as it is; the operator must act."""

    code = "ring_unusable"
    exit_status = 5


class RingMissing(RingUnusable):
    """There is no file, or it cannot be read."""

    code = "ring_missing"


class RingTruncated(RingUnusable):
    """The file ends before it should."""

    code = "ring_truncated"


class RingDamaged(RingUnusable):
    """The file is whole but not as it was written: a fault of the disk, or somebody changed it."""

    code = "ring_damaged"


class ForeignFile(RingUnusable):
    """The file is no key ring, or a newer program wrote it."""

    code = "ring_foreign_file"


class WrongPassphrase(RingUnusable):
    """Passphrase or recovery key does not open this ring."""

    code = "ring_wrong_passphrase"


class LooseModes(RingUnusable):
    """Others on this machine could read or replace the ring."""

    code = "ring_loose_modes"


class RingRekeyed(RingUnusable):
    """The ring in the file has another ring key than the one in memory."""

    code = "ring_rekeyed"


class RingExists(KeysError):
    """A ring or a backup is never overwritten."""

    code = "ring_exists"
    exit_status = 3


class BoardRefused(KeysError):
    """No name that can be shown and stored."""

    code = "board_refused"
    exit_status = 2


class PassphraseRefused(KeysError):
    """Too short to protect a ring."""

    code = "passphrase_refused"
    exit_status = 2


class SheetRefused(KeysError):
    """What was typed over from the recovery sheet is not what was printed."""

    code = "sheet_refused"
    exit_status = 2


class UnknownProduct(KeysError, LookupError):
    """The ring has no key for this product."""

    code = "unknown_product"
    exit_status = 3


class ProductDestroyed(UnknownProduct):
    """The product's keys were destroyed on purpose."""

    code = "product_destroyed"


class ProductRefused(KeysError):
    """A product that may not be added or changed so."""

    code = "product_refused"
    exit_status = 3


class UnknownSpace(KeysError, LookupError):
    """The ring has no such identifier space."""

    code = "unknown_space"
    exit_status = 3


class SpaceRefused(KeysError):
    """A space that may not be added."""

    code = "space_refused"
    exit_status = 2


class IdentifierRefused(KeysError):
    """An identifier of the school's system that no pseudonym can carry."""

    code = "identifier_refused"
    exit_status = 4


class CannotOpen(KeysError):
    """Something sealed does not open: altered, moved to another place, or sealed for another ring."""

    code = "sealed_cannot_open"
