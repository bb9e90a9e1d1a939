"""The unlocked ring of one board, as an opaque handle.

Guarantees: a `KeyRing` is not copied, pickled, turned into JSON or shown: each raises or prints the check
value only. Key bytes are reached through `content_of` alone, so a search for that name lists every place that
can; a test holds that nothing outside this package does.
Does not guarantee: that key bytes are gone from memory when the handle is. Python cannot promise that; what
protects is that the process facing vendors never unlocks a ring.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from keys.errors import ProductDestroyed, UnknownProduct, UnknownSpace
from keys.scope import REGISTER_SLUG, Board, IdentifierSpace, Product, RecordKind, Scope


class Opaque:
    """Refuses every way in which Python objects are shown or duplicated by accident."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} holds keys: it is not copied, pickled or turned into text")

    __reduce_ex__ = _refuse  # copy, deepcopy and pickle of every protocol come here


class VersionState(StrEnum):
    """States of a key version. Stored; values never change."""

    LIVE = "live"
    RETIRED = "retired"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class KeyVersion(Opaque):
    """One key of one product; the newest live one makes pseudonyms, every live one recovers."""

    key_id: bytes
    """2 random bytes, unique in the ring. A counter would tell how many vendors there are."""
    key: bytes
    """64 random bytes; empty when destroyed."""
    state: VersionState


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ProductKeys(Opaque):
    """A product with its recipient and its key versions, oldest first."""

    product: Product
    recipient_kvk: str
    versions: tuple[KeyVersion, ...]

    @property
    def destroyed(self) -> bool:
        """Whether no key is left."""
        return all(version.state is VersionState.DESTROYED for version in self.versions)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class RingContent(Opaque):
    """Everything that the ring file seals."""

    board: Board
    products: tuple[ProductKeys, ...]
    spaces: tuple[IdentifierSpace, ...]
    intake_key: bytes
    """X25519, 32 bytes: opens what the front sealed."""
    checkpoint_key: bytes
    """Ed25519, 32 bytes: signs checkpoints of the registers."""
    school_row_key: bytes
    """32 bytes: seals rows of the school's database."""
    recovery_key: bytes
    """32 bytes, on the printed sheet. Kept, so that the sheet can be printed again and never goes stale."""
    sheet_confirmed: bool

    def keys_of(self, slug: str) -> ProductKeys:
        """The entry of a product, also of a destroyed one."""
        for entry in self.products:
            if entry.product.slug == slug:
                return entry
        raise UnknownProduct(
            "The key ring has no key for this product.", remedy="Activate an agreement for it first."
        )


@dataclass(frozen=True, slots=True)
class VersionSummary:
    """A key version as it may be shown."""

    key_id: str
    state: VersionState


def check_value(ring_key: bytes, board_id: bytes) -> str:
    """`7F3A-91C2`: tells which ring this is without revealing it. Another one after a re-keying."""
    digest = hmac.digest(ring_key, b"schuilnaam check value 1" + board_id, hashlib.sha256).hex().upper()
    return f"{digest[:4]}-{digest[4:8]}"


class KeyRing(Opaque):
    """An unlocked ring. `keys.custody` makes it and keeps it in step with the file."""

    __slots__ = ("_content", "_ring_key")

    def __init__(self, content: RingContent, ring_key: bytes) -> None:
        self._content = content
        self._ring_key = ring_key

    def __repr__(self) -> str:
        return f"<KeyRing {self.check_value}>"

    @property
    def board_name(self) -> str:
        """Name of the board as given at creation."""
        return self._content.board.name

    @property
    def board_id(self) -> str:
        """The board's random id as 32 hex digits; no secret."""
        return self._content.board.id.hex()

    @property
    def check_value(self) -> str:
        """Which ring this is, e.g. `7F3A-91C2`."""
        return check_value(self._ring_key, self._content.board.id)

    def product(self, slug: str) -> Product:
        """A product by its slug, `_register` included.

        Raises:
            UnknownProduct: never added; `ProductDestroyed` if its keys were destroyed. Both are LookupErrors.
        """
        entry = self._content.keys_of(slug)
        if entry.destroyed:
            raise ProductDestroyed("The keys of this product were destroyed; its pseudonyms lead nowhere.")
        return entry.product

    def products(self) -> tuple[Product, ...]:
        """The products of vendors, oldest first; without `_register` and destroyed ones."""
        entries = (entry for entry in self._content.products if not entry.destroyed)
        return tuple(entry.product for entry in entries if entry.product.slug != REGISTER_SLUG)

    def recipient_kvk(self, slug: str) -> str:
        """KvK number of the recipient to whom a product belongs, also of a destroyed one."""
        return self._content.keys_of(slug).recipient_kvk

    def versions(self, slug: str) -> tuple[VersionSummary, ...]:
        """The key versions of a product, oldest first, also of a destroyed one."""
        versions = self._content.keys_of(slug).versions
        return tuple(VersionSummary(version.key_id.hex(), version.state) for version in versions)

    def space(self, name: str) -> IdentifierSpace:
        """An identifier space by its name.

        Raises:
            UnknownSpace: never added. A LookupError.
        """
        for space in self._content.spaces:
            if space.name == name:
                return space
        raise UnknownSpace("The key ring has no such identifier space.", remedy="Add the source first.")

    def spaces(self) -> tuple[IdentifierSpace, ...]:
        """Every identifier space, in the order in which they were added."""
        return self._content.spaces

    def scope(self, slug: str, kind: RecordKind) -> Scope:
        """The scope of one kind of record of one product; raises as `product` does."""
        return Scope(self._content.board, self.product(slug), kind)


def content_of(ring: KeyRing) -> RingContent:
    """The keys themselves. For this package only."""
    return ring._content


def ring_key_of(ring: KeyRing) -> bytes:
    """The key under which the file is sealed. For `keys.custody` only."""
    return ring._ring_key


def replace_content(ring: KeyRing, content: RingContent) -> None:
    """Let a handle see what is in the file now; threads see old or new. For `keys.custody` only."""
    ring._content = content
