"""Publishing a refresh: stage in small pieces, then flip one pointer.

1. `begin` takes a lease on the product and the number of the next generation. One refresh per product at a
   time; a crashed one is taken over when its lease ends, and what it staged is removed.
2. `put` compares a chunk with what the product holds and writes only what differs, under the new number,
   which no reader can see. A row that is replaced or gone gets its `until_generation` now; that too means
   nothing before the flip.
3. `preview` and `missing` say what would go, so that the caller can hold the publication back.
4. `publish` stages tombstones for what was not put, then flips: one row, one stamp.

Facts that decide who may be released (agreement, consent, objection) must be read after `begin`: a record
that is withdrawn after `begin` stays withdrawn in this publication, whatever is put.

Not decided here: whether too much would go. Source: ARCHITECTURE section 6, docs/decisions/0012.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Engine, insert, or_, select

from gateway.database import others_wrote, reading, staging, tidy_log, writing
from gateway.holdings.errors import PublicationLost, RefreshUnderWay
from gateway.holdings.missing import READ_ROWS, Difference, Missing, count_held_before, missing_rows
from gateway.holdings.pace import WRITE_ROWS, Pace
from gateway.holdings.pointer import (
    STRIDE,
    Holder,
    Pointer,
    lock_pointer,
    next_stamp,
    read_pointer,
    set_pointer,
)
from gateway.holdings.rows import BodySeal
from gateway.holdings.selection import Generation
from gateway.holdings.staging import forget_withdrawn, stage_tombstones, unstage
from gateway.holdings.storage_key import StorageKey
from gateway.holdings.tables import CAUSE_REFRESH, generations, holdings
from gateway.holdings.versions import NO_SCHOOL, Change, Put, Versions
from gateway.roster.model import Kind, ProductId, Pseudonym, ReleasedRecord
from gateway.roster.seen_ids import SeenIds

MAX_CHUNK: Final = 1_000
"""Most records that one call of `put` takes."""
MOST_PAUSE_S: Final = 0.05
TIDY_ROWS: Final = 1_000
"""Rows staged (each touches about three pages) before the database's log is tidied."""
LEASE_MS: Final = 5 * 60_000
"""A refresh that wrote nothing for this long has crashed."""


class Publication:
    """One refresh of one product, from `begin` to `publish` or `abandon`."""

    def __init__(
        self,
        engine: Engine,
        seal: BodySeal,
        holder: Holder,
        *,
        number: int,
        owner: str,
        plan_digest: str,
        held_plan_digest: str | None,
        began_ms: int,
        withdrawals: int,
    ) -> None:
        self._engine = engine
        self._holder = holder
        self._versions = Versions(holder, seal, number=number)
        self._number = number
        self._owner = owner
        self._plan_digest = plan_digest
        self._held_plan_digest = held_plan_digest
        self._began_ms = began_ms
        self._withdrawals = withdrawals
        self._began_monotonic = time.monotonic()
        self._lease_renewed_ms = began_ms
        self._pace = Pace()
        self._untidied = 0
        self._seen = {kind: SeenIds() for kind in Kind}
        self._complete: set[Kind] = set()
        """Kinds of which nothing is missing."""
        self._tally: dict[tuple[Kind, str], Counter[str]] = {}

    @classmethod
    def begin(
        cls,
        engine: Engine,
        storage_key: StorageKey,
        *,
        board_id: str,
        product: ProductId,
        plan_digest: str,
        now_ms: int,
    ) -> Publication:
        """Take the lease and clean up after a crashed predecessor.

        Raises:
            RefreshUnderWay: another refresh of this product holds the lease.
        """
        holder = Holder(board_id, product)
        owner = secrets.token_hex(16)
        with writing(engine) as connection:
            pointer = lock_pointer(connection, holder)
            if pointer.lease_until_ms is not None and pointer.lease_until_ms > now_ms:
                raise RefreshUnderWay
            number = pointer.staged or (pointer.current // STRIDE + 1) * STRIDE
            set_pointer(
                connection,
                holder,
                staged_generation=number,
                lease_owner=owner,
                lease_until_ms=now_ms + LEASE_MS,
            )
            # Withdrawals from before this moment are in the facts that the caller reads from now on.
            forget_withdrawn(connection, holder, number)
            held_plan_digest = connection.scalar(
                select(generations.c.plan_digest).where(
                    generations.c.board_id == board_id,
                    generations.c.product == product,
                    generations.c.number == pointer.current // STRIDE * STRIDE,
                )
            )
        publication = cls(
            engine,
            BodySeal(storage_key, board_id, product),
            holder,
            number=number,
            owner=owner,
            plan_digest=plan_digest,
            held_plan_digest=held_plan_digest,
            began_ms=now_ms,
            withdrawals=pointer.withdrawals,
        )
        if pointer.staged is not None:
            publication._remove_staged()
        return publication

    # -- staging ---------------------------------------------------------------------------------------------

    def put(self, records: Sequence[ReleasedRecord]) -> None:
        """Stage records of one kind; at most `MAX_CHUNK`. A record put twice counts as it was put last.

        Raises:
            PublicationLost: the lease is gone.
        """
        if not records:
            return
        kind = records[0].kind
        if len(records) > MAX_CHUNK or any(record.kind is not kind for record in records):
            raise ValueError("put takes one kind and at most MAX_CHUNK records")
        puts = {record.pseudonym: self._versions.prepare(record) for record in records}
        self._seen[kind].extend(puts)
        ids = list(puts)
        for start in range(0, len(ids), READ_ROWS):
            self._put_some(kind, {record_id: puts[record_id] for record_id in ids[start : start + READ_ROWS]})
        self._renew_lease()

    @property
    def may_keep(self) -> bool:
        """Whether what the product holds was released under the same agreement as this publication."""
        return self._held_plan_digest == self._plan_digest

    def keep(self, kind: Kind, ids: Sequence[Pseudonym]) -> None:
        """These stay as they are, though the source did not deliver them this time; only where `may_keep`."""
        if ids and not self.may_keep:
            # Attack: a name that an earlier agreement gave in clear is served on as if it were today's alias.
            raise ValueError("what another agreement released is not kept")
        self._seen[kind].extend(ids)

    def _put_some(self, kind: Kind, puts: dict[Pseudonym, Put]) -> None:
        # Read and compared without the write lock: unchanged records cost no write at all.
        pending = list(puts)
        while pending:
            with reading(self._engine) as connection:
                pointer = read_pointer(connection, self._holder)
                assert pointer is not None
                held = self._versions.held(connection, kind, pending, pointer)
                if pointer.withdrawals:
                    held.refused |= self._versions.about_withdrawn(
                        connection, [puts[record_id] for record_id in pending]
                    )
            unchanged: Counter[str] = Counter()
            changes: list[Change] = []
            for record_id in pending:
                put = puts[record_id]
                if record_id in held.refused:
                    continue
                if held.is_unchanged(put):
                    unchanged[put.school] += 1
                else:
                    changes.append(self._versions.compare(put, held))
            for school, count in unchanged.items():
                self._count(kind, school, "unchanged", count)
            pending = self._write_all(changes, pointer.withdrawals)
            again = frozenset(pending)
            for change in changes:
                if change.outcome and change.record_id not in again:
                    self._count(kind, change.school, change.outcome, 1)

    def _count(self, kind: Kind, school: str, outcome: str, count: int) -> None:
        self._tally.setdefault((kind, school), Counter())[outcome] += count

    def _write_all(self, changes: list[Change], withdrawals: int) -> list[Pseudonym]:
        """Write in short transactions; returns what must be compared again because a withdrawal came between."""
        differing = [change for change in changes if change.differs]
        written = 0
        while written < len(differing):
            some = differing[written : written + self._pace.rows]
            with staging(self._engine) as connection:
                began = time.perf_counter()
                if self._require_lease(connection).withdrawals != withdrawals:
                    return [change.record_id for change in differing[written:]]
                crowded = others_wrote(connection)
                self._versions.write(connection, some)
            seconds = time.perf_counter() - began
            self._pace.took(seconds)
            if crowded:
                # Vendors wait for the lock: as long a pause as the lock was held.
                time.sleep(min(seconds, MOST_PAUSE_S))
            written += len(some)
            self._untidied += len(some)
        if self._untidied >= TIDY_ROWS:
            tidy_log(self._engine)
            self._untidied = 0
        return []

    # -- what would go ---------------------------------------------------------------------------------------

    def missing(self, *, kinds: Sequence[Kind] = tuple(Kind)) -> Iterator[Missing]:
        """What the product holds and was not put, in chunks of one kind and one school."""
        for kind in kinds:
            for chunk in self._missing_rows(kind):
                by_school: dict[str, list[Pseudonym]] = {}
                for row in chunk:
                    by_school.setdefault(row.ref_school or NO_SCHOOL, []).append(row.id)
                for school, ids in by_school.items():
                    yield Missing(kind, school, tuple(ids))

    def preview(self, *, kinds: Sequence[Kind] = tuple(Kind)) -> dict[tuple[Kind, str], Difference]:
        """Counts per kind and school; reads, and writes nothing."""
        differences = {
            key: Difference(added=tally["added"], changed=tally["changed"], unchanged=tally["unchanged"])
            for key, tally in self._tally.items()
            if key[0] in kinds
        }
        for missing in self.missing(kinds=kinds):
            differences.setdefault((missing.kind, missing.school), Difference()).gone += len(missing.ids)
        return differences

    def _missing_rows(self, kind: Kind) -> Iterator[list[Any]]:
        if kind not in self._complete and self._is_complete(kind):
            self._complete.add(kind)
        if kind in self._complete:
            # What was put later only makes it more so; a withdrawal takes away, and nobody else adds.
            return iter(())
        return missing_rows(self._engine, self._holder, kind, self._seen[kind], number=self._number)

    def _is_complete(self, kind: Kind) -> bool:
        """Whether everything that the product holds of a kind was put, told by counting and not by looking at each.

        What it holds and this publication did not replace must be exactly what was found unchanged. That is true of
        nothing else as long as each was put once, and nobody withdrew meanwhile; where it was otherwise, each is
        looked at.
        """
        unchanged = sum(tally["unchanged"] for (of_kind, _), tally in self._tally.items() if of_kind is kind)
        with reading(self._engine) as connection:
            pointer = read_pointer(connection, self._holder)
            if pointer is None or pointer.withdrawals != self._withdrawals:
                return False
            counted = count_held_before(connection, self._holder, kind, number=self._number)
        return counted == unchanged and not self._seen[kind].has_doubles()

    # -- the end ---------------------------------------------------------------------------------------------

    def publish(self, now_ms: int, *, stamp_ms: int | None = None) -> Generation:
        """Stage tombstones for what was not put, then flip the pointer.

        Args:
            stamp_ms: the stamp that is wanted, at or before `now_ms`; without it `now_ms`. A client that pulled
                after it and before the flip misses nothing (`walks`).

        Guarantees: a reader sees the old generation or the new one, never a mixture; the stamp is strictly
        greater than any before. Nothing is published when this raises.

        Raises:
            PublicationLost: the lease is gone, or the product was stopped meanwhile.
        """
        for kind in Kind:
            for chunk in self._missing_rows(kind):
                while chunk:
                    some, chunk = chunk[: self._pace.rows], chunk[self._pace.rows :]
                    self._stage_tombstones(kind, some)
                self._renew_lease()
        with writing(self._engine) as connection:
            pointer = self._require_lease(connection)
            stamp_ms = next_stamp(pointer, now_ms if stamp_ms is None else min(stamp_ms, now_ms))
            connection.execute(
                insert(generations).values(
                    **self._holder.values(),
                    number=self._number,
                    stamp_ms=stamp_ms,
                    cause=CAUSE_REFRESH,
                    roster_generation=self._number,
                    plan_digest=self._plan_digest,
                    refreshed_at_ms=now_ms,
                )
            )
            set_pointer(
                connection,
                self._holder,
                current_generation=self._number,
                last_stamp_ms=stamp_ms,
                stopped_at_ms=None,
                staged_generation=None,
                lease_owner=None,
                lease_until_ms=None,
            )
            forget_withdrawn(connection, self._holder, self._number)
        return Generation(self._number, stamp_ms, self._plan_digest, now_ms)

    def _stage_tombstones(self, kind: Kind, gone: list[Any]) -> None:
        with staging(self._engine) as connection:
            began = time.perf_counter()
            self._require_lease(connection)
            stage_tombstones(connection, self._holder, kind, [row.id for row in gone], number=self._number)
        self._pace.took(time.perf_counter() - began)

    def abandon(self) -> None:
        """Remove what was staged and give the lease back; the product holds what it held."""
        self._remove_staged()
        with writing(self._engine) as connection:
            self._require_lease(connection)
            set_pointer(
                connection, self._holder, staged_generation=None, lease_owner=None, lease_until_ms=None
            )
            forget_withdrawn(connection, self._holder, self._number)

    def _remove_staged(self) -> None:
        """Undo staging in pieces: rows of this number go, rows closed for it open again."""
        for kind in Kind:
            last = ""
            while True:
                with reading(self._engine) as connection:
                    ids = connection.scalars(
                        select(holdings.c.id)
                        .where(
                            holdings.c.board_id == self._holder.board_id,
                            holdings.c.product == self._holder.product,
                            holdings.c.kind == kind.value,
                            holdings.c.id > last,
                            or_(
                                holdings.c.from_generation == self._number,
                                holdings.c.until_generation == self._number,
                            ),
                        )
                        .order_by(holdings.c.id)
                        .limit(WRITE_ROWS)
                    ).all()
                if not ids:
                    break
                with staging(self._engine) as connection:
                    self._require_lease(connection)
                    unstage(connection, self._holder, kind, list(ids), number=self._number)
                last = ids[-1]
                self._renew_lease()

    # -- lease -----------------------------------------------------------------------------------------------

    def _clock_ms(self) -> int:
        return self._began_ms + int((time.monotonic() - self._began_monotonic) * 1000)

    def _require_lease(self, connection: Connection) -> Pointer:
        pointer = lock_pointer(connection, self._holder)
        if pointer.lease_owner != self._owner:
            raise PublicationLost
        return pointer

    def _renew_lease(self) -> None:
        now_ms = self._clock_ms()
        if now_ms - self._lease_renewed_ms < LEASE_MS // 5:
            return
        with writing(self._engine) as connection:
            self._require_lease(connection)
            set_pointer(connection, self._holder, lease_until_ms=now_ms + LEASE_MS)
        self._lease_renewed_ms = now_ms
