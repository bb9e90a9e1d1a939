"""The one wrapper around `keys.recovery` on the way back: which scope, and today's identifier after recovery.

Whatever on the school side needs an identifier from a pseudonym comes here (results, files, later pages), so that
a search for `recover` finds one caller.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from gateway.roster.model import Kind, ProductId
from gateway.school.disclosure.identify import RECORD_KINDS
from keys.errors import KeysError
from keys.keyring import KeyRing
from keys.recovery import Recovered, RetiredVersion, recover
from keys.scope import IdentifierSpace, RecordKind
from keys.sealing import open_intake, open_school_row, seal_school_row, vendor_id_mac

_ROW_PURPOSE: Final = "vendor_made_id"
"""What the sealed vendor ids are bound to. Stored; never changes."""


@dataclass(frozen=True, slots=True)
class Found:
    """An identified record: one identifier of one of the school's lists. Never logged."""

    space: IdentifierSpace
    identifier: str = field(repr=False)


class NotFound(StrEnum):
    """Why a pseudonym was joined to nobody. Stored as the reason of a quarantine; values never change."""

    NOT_MADE = "not_made_for_product"
    """Made up, altered, another vendor's, or of another kind of record; the key cannot tell which."""
    RETIRED = "retired_version"
    """Made for this product under a key version that the school has retired."""
    NO_PRODUCT = "no_key_for_product"
    """The ring has no key for this product: never had, or destroyed."""


Undo = Mapping[tuple[IdentifierSpace, RecordKind, str], tuple[IdentifierSpace, str]]
"""(first space, kind, first identifier) -> where it is found today; empty until a school system is replaced."""


class Recoverer:
    """Recovers under one ring; batches of one kind and one product."""

    def __init__(
        self,
        ring: KeyRing,
        *,
        key_of_product: Mapping[str, str] | None = None,
        undo_rebinding: Undo | None = None,
    ) -> None:
        """Open.

        Args:
            key_of_product: product to the product whose keys it uses, where one continues another; else its own.
        """
        self._ring = ring
        self._key_of_product = key_of_product or {}
        self._undo = undo_rebinding or {}

    def __repr__(self) -> str:
        return "<Recoverer>"

    def recover(self, product: ProductId, kind: Kind, pseudonyms: Sequence[str]) -> list[Found | NotFound]:
        """Identifiers of today, in the same order; under the scope of `product` and of no other."""
        record_kind = RECORD_KINDS[kind]
        try:
            scope = self._ring.scope(self._key_of_product.get(product, product), record_kind)
        except LookupError:
            return [NotFound.NO_PRODUCT] * len(pseudonyms)
        return [self._today(record_kind, outcome) for outcome in recover(self._ring, scope, pseudonyms)]

    def behind_held(self, product: ProductId, kind: Kind, pseudonyms: Sequence[str]) -> list[Found | None]:
        """Who is behind pseudonyms that this product holds, under whatever key version they were made.

        For taking records away, not for joining any: what a retired version made is joined to nobody (`recover`).
        """
        record_kind = RECORD_KINDS[kind]
        try:
            scope = self._ring.scope(self._key_of_product.get(product, product), record_kind)
        except LookupError:
            return [None] * len(pseudonyms)
        return [
            Found(*self._undo.get((each.space, record_kind, each.identifier), (each.space, each.identifier)))
            if isinstance(each, Recovered | RetiredVersion)
            else None
            for each in recover(self._ring, scope, pseudonyms)
        ]

    def _today(self, kind: RecordKind, outcome: object) -> Found | NotFound:
        if isinstance(outcome, Recovered):
            first = (outcome.space, outcome.identifier)
            return Found(*self._undo.get((outcome.space, kind, outcome.identifier), first))
        return NotFound.RETIRED if isinstance(outcome, RetiredVersion) else NotFound.NOT_MADE

    def open(self, sealed: bytes, *, context: bytes) -> bytes | None:
        """What the front sealed; None where it does not open: altered, or moved from another row."""
        try:
            return open_intake(self._ring, sealed, context=context)
        except KeysError:
            return None

    def school_ids(self, product: ProductId, kind: Kind, vendor_id: str) -> tuple[str, ...]:
        """The ids under which the school's system may know a record that a vendor made; none for an unknown product.

        A keyed MAC in the form of a UUID version 8 (RFC 9562): the same every time, so that delivery can be
        repeated; different for two products, so that no vendor overwrites another's record; and not to be
        guessed, so that no vendor chooses an id that the school's system uses already.

        The first is the one for a new record. A product that continues another one has a second, as it was made
        before such products had ids apart from those of the one that they continue: it counts only for a record
        that this very product made then (`minted`).
        """
        key = self._key_of_product.get(product, product)
        rules = (None,) if key == product else (str(product), None)
        try:
            return tuple(
                _as_uuid(
                    vendor_id_mac(self._ring, key, RECORD_KINDS[kind], vendor_id, continued_by=continued_by)
                )
                for continued_by in rules
            )
        except LookupError:
            return ()

    def seal_vendor_id(self, vendor_id: str) -> bytes:
        """For the mapping row."""
        return seal_school_row(self._ring, _ROW_PURPOSE, vendor_id.encode())

    def open_vendor_id(self, sealed: bytes) -> str:
        """Out of the mapping row."""
        return open_school_row(self._ring, _ROW_PURPOSE, sealed).decode()


def _as_uuid(mac: bytes) -> str:
    bits = int.from_bytes(mac[:16], "big")
    bits = bits & ~(0xF << 76) | (0x8 << 76)
    bits = bits & ~(0x3 << 62) | (0x2 << 62)
    return str(uuid.UUID(int=bits))
