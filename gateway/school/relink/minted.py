"""Ids that vendors minted themselves: the rows that lead from the school's record back to the vendor's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, insert, select

from gateway.roster.model import Kind, ProductId
from gateway.school.relink.tables import vendor_made_ids

_CHUNK: Final = 500
Key = tuple[Kind, str]
"""Kind and id in the school's system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Minted:
    """One record that a vendor made, as the school's system knows it."""

    product: ProductId
    kind: Kind
    school_id: str
    source: str | None
    """In which source it is; None is every source of the board (categories belong to no class)."""
    vendor_id_sealed: bytes = field(repr=False)

    @property
    def key(self) -> Key:
        """By which the school's system knows it."""
        return self.kind, self.school_id


@dataclass(frozen=True, slots=True)
class Stands:
    """Where a record that a vendor made stands."""

    product: ProductId
    source: str | None


def store(
    connection: Connection, minted: Sequence[Minted], *, board_id: str, now_ms: int
) -> dict[Key, Stands]:
    """Note down ids before the school's system gets them; those that are known stay as they are.

    Returns where those stand that were known; the caller refuses what stands elsewhere, or is another product's.
    Attack: a line item that is sent again for a class of another system of the school, so that it and its
    results end in two of them.
    """
    known = _known(connection, board_id, [entry.key for entry in minted])
    new = {entry.key: entry for entry in minted if entry.key not in known}
    if new:
        rows = [
            {
                "board_id": board_id,
                "kind": entry.kind.value,
                "school_id": entry.school_id,
                "product": entry.product,
                "source": entry.source,
                "vendor_id_sealed": entry.vendor_id_sealed,
                "created_at_ms": now_ms,
            }
            for entry in new.values()
        ]
        connection.execute(insert(vendor_made_ids), rows)
    return known


def _known(connection: Connection, board_id: str, wanted: Iterable[Key]) -> dict[Key, Stands]:
    by_kind: dict[Kind, list[str]] = {}
    for kind, school_id in wanted:
        by_kind.setdefault(kind, []).append(school_id)
    known: dict[Key, Stands] = {}
    columns = (vendor_made_ids.c.school_id, vendor_made_ids.c.product, vendor_made_ids.c.source)
    for kind, ids in by_kind.items():
        for start in range(0, len(ids), _CHUNK):
            query = select(*columns).where(
                vendor_made_ids.c.board_id == board_id,
                vendor_made_ids.c.kind == kind.value,
                vendor_made_ids.c.school_id.in_(ids[start : start + _CHUNK]),
            )
            for row in connection.execute(query):
                known[kind, row.school_id] = Stands(ProductId(row.product), row.source)
    return known


def places(
    connection: Connection, *, board_id: str, product: ProductId, wanted: Iterable[Key]
) -> dict[Key, str | None]:
    """In which source each of these records is; those that this product did not make are left out."""
    known = _known(connection, board_id, wanted)
    return {key: stands.source for key, stands in known.items() if stands.product == product}


def made_by_vendors(
    connection: Connection, *, board_id: str, kind: Kind, school_ids: Sequence[str]
) -> frozenset[str]:
    """Which of these records of the school's system a vendor made.

    A refresh leaves them out: the vendor that made one has it under its own id already, and no other vendor
    may see what it made.
    """
    known = _known(connection, board_id, [(kind, school_id) for school_id in school_ids])
    return frozenset(school_id for _, school_id in known)
