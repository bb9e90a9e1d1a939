"""Gradebook records that a vendor made itself: kept for that vendor as it wrote them, seen at once.

Written in the caller's transaction, together with the inbox row: either both are there or neither. A refresh
never replaces them and no other product sees them. Every write is a small generation of its own, so walks
under way do not shift, and the write has a stamp like any other change.

Not decided here: whether the vendor may write, and whether the records that it refers to were issued to it.
Source: ARCHITECTURE section 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, exists, insert, select, update

from gateway.holdings.asking import OWN_KINDS
from gateway.holdings.errors import IdIsIssued
from gateway.holdings.pointer import Holder, lock_pointer, open_small_generation, read_pointer
from gateway.holdings.rows import REFERENCE_COLUMNS, BodySeal, VendorRelations, reference_values
from gateway.holdings.selection import HeldRecord
from gateway.holdings.staging import stage_tombstones
from gateway.holdings.storage_key import StorageKey
from gateway.holdings.tables import CAUSE_OWN, generations, holdings
from gateway.roster.model import Kind, ProductId, Subject


class VendorMade:
    """The vendors' own records of one board."""

    def __init__(self, storage_key: StorageKey, *, board_id: str) -> None:
        self._storage_key = storage_key
        self._board_id = board_id

    def put(
        self,
        connection: Connection,
        product: ProductId,
        kind: Kind,
        record_id: str,
        body: Mapping[str, object],
        relations: VendorRelations,
        *,
        subject: Subject = Subject.NONE,
        now_ms: int,
    ) -> int:
        """Keep the record as the vendor wrote it; returns its stamp. The same record again changes nothing.

        `body` is as in a `ReleasedRecord`: wire names, references as bare ids, without the three status
        fields.

        Raises:
            IdIsIssued: the id belongs to a record of the school that was issued to this product.
            HoldingsStopped: the product was stopped.
        """
        if kind not in OWN_KINDS:
            raise ValueError("a vendor makes categories, line items and results only")
        holder = Holder(self._board_id, product)
        pointer = lock_pointer(connection, holder)
        if connection.scalar(select(exists().where(*_versions(holder, kind, record_id, vendor_made=False)))):
            # Attack: a vendor overwrites what a teacher or the school made by using its id.
            raise IdIsIssued
        references = reference_values(relations)
        seal = BodySeal(self._storage_key, self._board_id, product)
        mark = seal.fingerprint(kind, record_id, body, subject.value, references)
        before = self._newest(connection, holder, kind, record_id)
        if before is not None and before.active and before.fingerprint == mark:
            return int(before.stamp_ms)
        number, stamp_ms = open_small_generation(connection, holder, pointer, cause=CAUSE_OWN, now_ms=now_ms)
        if before is not None:
            connection.execute(
                update(holdings)
                .where(
                    *_versions(holder, kind, record_id, vendor_made=True),
                    holdings.c.from_generation == before.from_generation,
                )
                .values(until_generation=number)
            )
        connection.execute(
            insert(holdings).values(
                **holder.values(),
                kind=kind.value,
                id=record_id,
                from_generation=number,
                active=True,
                vendor_made=True,
                subject=subject.value,
                fingerprint=mark,
                body=seal.seal(kind, record_id, body),
                **dict(zip(REFERENCE_COLUMNS, references, strict=True)),
            )
        )
        return stamp_ms

    def delete(
        self, connection: Connection, product: ProductId, kind: Kind, record_id: str, *, now_ms: int
    ) -> bool:
        """Make the vendor's own record a tombstone; False where the vendor has no such record."""
        holder = Holder(self._board_id, product)
        pointer = lock_pointer(connection, holder)
        before = self._newest(connection, holder, kind, record_id)
        if before is None or not before.active:
            return False
        number, _ = open_small_generation(connection, holder, pointer, cause=CAUSE_OWN, now_ms=now_ms)
        stage_tombstones(connection, holder, kind, [record_id], number=number)
        return True

    def get(
        self, connection: Connection, product: ProductId, kind: Kind, record_id: str
    ) -> HeldRecord | None:
        """The vendor's own record as it is now, in the caller's transaction; None where it has none."""
        holder = Holder(self._board_id, product)
        row = self._newest(connection, holder, kind, record_id)
        if row is None or not row.active:
            return None
        seal = BodySeal(self._storage_key, self._board_id, product)
        return HeldRecord(
            kind=kind,
            id=record_id,
            subject=row.subject,
            active=True,
            stamp_ms=row.stamp_ms,
            body=seal.open(kind, record_id, row.body),
            vendor_made=True,
        )

    def is_of_school(self, connection: Connection, product: ProductId, kind: Kind, record_id: str) -> bool:
        """Whether the id is one of the school's that was issued to this product: not to be touched."""
        holder = Holder(self._board_id, product)
        pointer = read_pointer(connection, holder)
        issued = exists().where(
            *_versions(holder, kind, record_id, vendor_made=False),
            holdings.c.from_generation <= (pointer.current if pointer else 0),
        )
        return bool(connection.scalar(select(issued)))

    def _newest(self, connection: Connection, holder: Holder, kind: Kind, record_id: str) -> Any:
        return connection.execute(
            select(
                holdings.c.from_generation,
                holdings.c.active,
                holdings.c.subject,
                holdings.c.fingerprint,
                holdings.c.body,
                generations.c.stamp_ms,
            )
            .join(
                generations,
                (generations.c.board_id == holdings.c.board_id)
                & (generations.c.product == holdings.c.product)
                & (generations.c.number == holdings.c.from_generation),
            )
            .where(
                *_versions(holder, kind, record_id, vendor_made=True),
                holdings.c.until_generation.is_(None),
            )
        ).first()


def _versions(holder: Holder, kind: Kind, record_id: str, *, vendor_made: bool) -> tuple[Any, ...]:
    return (
        holdings.c.board_id == holder.board_id,
        holdings.c.product == holder.product,
        holdings.c.kind == kind.value,
        holdings.c.id == record_id,
        holdings.c.vendor_made.is_(vendor_made),
    )
