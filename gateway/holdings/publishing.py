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
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Connection,
    Engine,
    and_,
    bindparam,
    delete,
    insert,
    or_,
    select,
    update,
)

from gateway.database import others_wrote, reading, staging, tidy_log, writing
from gateway.holdings.errors import PublicationLost, RefreshUnderWay
from gateway.holdings.pointer import (
    STRIDE,
    Holder,
    Pointer,
    lock_pointer,
    next_stamp,
    read_pointer,
    set_pointer,
)
from gateway.holdings.rows import REFERENCE_COLUMNS, BodySeal, fingerprint, link_targets, reference_values
from gateway.holdings.selection import Generation
from gateway.holdings.staging import forget_withdrawn, stage_tombstones, unstage
from gateway.holdings.storage_key import StorageKey
from gateway.holdings.tables import CAUSE_REFRESH, generations, holdings, links, withdrawn
from gateway.roster.model import Kind, ProductId, Pseudonym, ReleasedRecord

MAX_CHUNK: Final = 1_000
"""Most records that one call of `put` takes."""
WRITE_ROWS: Final = 100
"""Rows per write transaction where its time is not measured."""
READ_ROWS: Final = 500
MOST_PAUSE_S: Final = 0.05
TIDY_ROWS: Final = 1_000
"""Rows staged (each touches about three pages) before the database's log is tidied."""
SCAN_ROWS: Final = 5_000
"""Ids looked at together where only what is absent matters."""
LEASE_MS: Final = 5 * 60_000
"""A refresh that wrote nothing for this long has crashed."""

_NO_SCHOOL: Final = ""

# Made once: making a statement costs more than running it on few rows.
_OPEN_VERSIONS: Final = select(
    holdings.c.id,
    holdings.c.from_generation,
    holdings.c.until_generation,
    holdings.c.active,
    holdings.c.vendor_made,
    holdings.c.fingerprint,
).where(
    holdings.c.board_id == bindparam("board_id"),
    holdings.c.product == bindparam("product"),
    holdings.c.kind == bindparam("kind"),
    holdings.c.id.in_(bindparam("ids", expanding=True)),
    or_(holdings.c.until_generation.is_(None), holdings.c.until_generation == bindparam("staged")),
)
_ONE_VERSION: Final = and_(
    holdings.c.board_id == bindparam("b_board"),
    holdings.c.product == bindparam("b_product"),
    holdings.c.kind == bindparam("b_kind"),
    holdings.c.id == bindparam("b_id"),
    holdings.c.from_generation == bindparam("b_from"),
)
_DROP_VERSION: Final = delete(holdings).where(_ONE_VERSION)
_DROP_LINKS: Final = delete(links).where(
    links.c.board_id == bindparam("b_board"),
    links.c.product == bindparam("b_product"),
    links.c.kind == bindparam("b_kind"),
    links.c.id == bindparam("b_id"),
    links.c.from_generation == bindparam("b_from"),
)
_END_VERSION: Final = update(holdings).where(_ONE_VERSION).values(until_generation=bindparam("b_until"))
_INSERT_VERSION: Final = insert(holdings)
_INSERT_LINK: Final = insert(links)


class _Pace:
    """How many rows one write transaction takes, so that the lock is held far shorter than 50 ms.

    Measured as it goes: a slow disk or a busy machine gets smaller transactions, not longer ones.
    """

    AIM_S: Final = 0.015
    LEAST: Final = 25
    MOST: Final = 250

    def __init__(self) -> None:
        self.rows = 50

    def took(self, seconds: float) -> None:
        if seconds > self.AIM_S:
            self.rows = max(self.LEAST, self.rows // 2)
        elif seconds < self.AIM_S / 3:
            self.rows = min(self.MOST, self.rows + self.rows // 4)


@dataclass(slots=True)
class Difference:
    """What a publication would change, for one kind and one school (`""` where a record has none)."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0

    @property
    def held(self) -> int:
        """How many the product holds now."""
        return self.changed + self.unchanged + self.gone


@dataclass(frozen=True, slots=True)
class Missing:
    """Records that the product holds and that were not put."""

    kind: Kind
    school: str
    ids: tuple[Pseudonym, ...]


@dataclass(slots=True)
class _Put:
    """One record as it was put, sealed; becomes a row only where it differs."""

    record: ReleasedRecord
    sealed: bytes
    references: dict[str, str | None]
    targets: list[tuple[str, str]]
    fingerprint: bytes


class _Version(NamedTuple):
    """One stored version, as far as comparing needs it."""

    id: str
    from_generation: int
    until_generation: int | None
    active: bool
    vendor_made: bool
    fingerprint: bytes


@dataclass(slots=True)
class _Held:
    """What the product holds under one id."""

    before: _Version | None = None
    """Visible in the current generation."""
    staged: _Version | None = None
    """Staged by this publication."""


_NOT_HELD: Final = _Held()


@dataclass(slots=True)
class _Change:
    """What putting one record means for the rows."""

    record_id: Pseudonym
    kind: str
    school: str
    outcome: str = ""
    close: int | None = None
    """End the open version that began here."""
    reopen: int | None = None
    drop: bool = False
    """Remove what was staged of it earlier in this publication."""
    row: dict[str, Any] | None = None
    links: list[dict[str, object]] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        return self.drop or self.row is not None or self.reopen is not None


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
    ) -> None:
        self._engine = engine
        self._seal = seal
        self._holder = holder
        self._number = number
        self._owner = owner
        self._plan_digest = plan_digest
        self._held_plan_digest = held_plan_digest
        self._began_ms = began_ms
        self._began_monotonic = time.monotonic()
        self._lease_renewed_ms = began_ms
        self._mine = holder.values()
        self._pace = _Pace()
        self._untidied = 0
        self._seen: dict[Kind, array[int]] = {kind: array("q") for kind in Kind}
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
        puts = {record.pseudonym: self._seal_one(record) for record in records}
        self._seen[kind].extend(map(hash, puts))
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
        self._seen[kind].extend(hash(pseudonym) for pseudonym in ids)

    def _seal_one(self, record: ReleasedRecord) -> _Put:
        references = reference_values(record.relations)
        targets = link_targets(record.relations)
        sealed = self._seal.seal(record.kind, record.pseudonym, record.body)
        return _Put(
            record, sealed, references, targets, fingerprint(sealed, record.subject, references, targets)
        )

    def _row(self, put: _Put) -> dict[str, Any]:
        return {
            **self._mine,
            "kind": put.record.kind.value,
            "id": put.record.pseudonym,
            "from_generation": self._number,
            "active": True,
            "vendor_made": False,
            "subject": put.record.subject.value,
            "fingerprint": put.fingerprint,
            "body": put.sealed,
            **put.references,
        }

    def _put_some(self, kind: Kind, puts: dict[Pseudonym, _Put]) -> None:
        # Read and compared without the write lock: unchanged records cost no write at all.
        pending = list(puts)
        while pending:
            with reading(self._engine) as connection:
                pointer = read_pointer(connection, self._holder)
                assert pointer is not None
                held, refused = self._held(connection, kind, pending, pointer)
                if pointer.withdrawals:
                    refused |= self._about_withdrawn(connection, pending, puts)
            changes = [
                self._compare(puts[record_id], held.get(record_id, _NOT_HELD))
                for record_id in pending
                if record_id not in refused
            ]
            pending = self._write_all(changes, pointer.withdrawals)
            again = frozenset(pending)
            for change in changes:
                if change.outcome and change.record_id not in again:
                    self._tally.setdefault((kind, change.school), Counter())[change.outcome] += 1

    def _write_all(self, changes: list[_Change], withdrawals: int) -> list[Pseudonym]:
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
                self._write(connection, some)
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

    def _held(
        self, connection: Connection, kind: Kind, ids: list[Pseudonym], pointer: Pointer
    ) -> tuple[dict[str, _Held], set[str]]:
        rows = connection.execute(
            _OPEN_VERSIONS, {**self._mine, "kind": kind.value, "ids": ids, "staged": self._number}
        )
        held: dict[str, _Held] = {}
        refused: set[str] = set()
        for version in map(_Version._make, rows.all()):
            entry = held.get(version.id)
            if entry is None:
                entry = held[version.id] = _Held()
            if version.vendor_made:
                # A vendor's own record is never replaced by a refresh.
                refused.add(version.id)
            elif version.from_generation == self._number:
                entry.staged = version
            else:
                entry.before = version
        if pointer.withdrawals:
            refused |= set(
                connection.scalars(
                    select(withdrawn.c.id).where(
                        withdrawn.c.board_id == self._holder.board_id,
                        withdrawn.c.product == self._holder.product,
                        withdrawn.c.generation == self._number,
                        withdrawn.c.kind == kind.value,
                        withdrawn.c.id.in_(ids),
                    )
                )
            )
        return held, refused

    def _about_withdrawn(
        self, connection: Connection, ids: list[Pseudonym], puts: dict[Pseudonym, _Put]
    ) -> set[str]:
        """Records of a person who was withdrawn since `begin`, also those that were never put before."""
        persons: dict[str, list[str]] = {}
        for record_id in ids:
            person = puts[record_id].references["ref_user"]
            if person is not None:
                persons.setdefault(person, []).append(record_id)
        if not persons:
            return set()
        gone = connection.scalars(
            select(withdrawn.c.id).where(
                withdrawn.c.board_id == self._holder.board_id,
                withdrawn.c.product == self._holder.product,
                withdrawn.c.generation == self._number,
                withdrawn.c.kind == Kind.USER.value,
                withdrawn.c.id.in_(persons),
            )
        )
        return {record_id for person in gone for record_id in persons[person]}

    def _compare(self, put: _Put, held: _Held) -> _Change:
        before, again = held.before, held.staged
        change = _Change(
            put.record.pseudonym, put.record.kind.value, put.references["ref_school"] or _NO_SCHOOL
        )
        same = before is not None and before.active and before.fingerprint == put.fingerprint
        staged_same = again is not None and not same and again.fingerprint == put.fingerprint
        change.drop = again is not None and not staged_same
        if same and before is not None:
            if before.until_generation is not None:
                change.reopen = before.from_generation
        elif not staged_same:
            if before is not None and before.until_generation is None:
                change.close = before.from_generation
            change.row = self._row(put)
            change.links = self._link_rows(put)
        if again is None:
            # Put for the first time in this publication.
            change.outcome = (
                "unchanged" if same else "changed" if before is not None and before.active else "added"
            )
        return change

    def _link_rows(self, put: _Put) -> list[dict[str, object]]:
        return [
            {
                **self._mine,
                "relation": relation,
                "target": target,
                "kind": put.record.kind.value,
                "id": put.record.pseudonym,
                "from_generation": self._number,
            }
            for relation, target in put.targets
        ]

    def _write(self, connection: Connection, changes: list[_Change]) -> None:
        dropped = [self._key(change, self._number) for change in changes if change.drop]
        if dropped:
            connection.execute(_DROP_VERSION, dropped)
            connection.execute(_DROP_LINKS, dropped)
        reopened = [self._key(change, change.reopen) for change in changes if change.reopen is not None]
        if reopened:
            connection.execute(_END_VERSION, [{**key, "b_until": None} for key in reopened])
        closed = [self._key(change, change.close) for change in changes if change.close is not None]
        if closed:
            connection.execute(_END_VERSION, [{**key, "b_until": self._number} for key in closed])
        rows = [change.row for change in changes if change.row is not None]
        if rows:
            connection.execute(_INSERT_VERSION, rows)
        new_links = [link for change in changes for link in change.links]
        if new_links:
            connection.execute(_INSERT_LINK, new_links)

    def _key(self, change: _Change, from_generation: int | None) -> dict[str, object]:
        return {
            "b_board": self._holder.board_id,
            "b_product": self._holder.product,
            "b_kind": change.kind,
            "b_id": change.record_id,
            "b_from": from_generation,
        }

    # -- what would go ---------------------------------------------------------------------------------------

    def missing(self, *, kinds: Sequence[Kind] = tuple(Kind)) -> Iterator[Missing]:
        """What the product holds and was not put, in chunks of one kind and one school."""
        for kind in kinds:
            for chunk in self._missing_rows(kind):
                by_school: dict[str, list[Pseudonym]] = {}
                for row in chunk:
                    by_school.setdefault(row.ref_school or _NO_SCHOOL, []).append(row.id)
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
        # 64-bit hashes under this run's own random key instead of the ids: 2 MB for 250,000 records. Two ids
        # that share one (about 1 in 10^9 refreshes) keep a gone record until the next refresh.
        seen = array("q", sorted(self._seen[kind]))
        mine = and_(
            holdings.c.board_id == self._holder.board_id,
            holdings.c.product == self._holder.product,
            holdings.c.kind == kind.value,
            holdings.c.from_generation < self._number,
            holdings.c.until_generation.is_(None),
            holdings.c.active.is_(True),
            holdings.c.vendor_made.is_(False),
        )
        after = select(holdings.c.id).where(mine, holdings.c.id > bindparam("after")).order_by(holdings.c.id)
        after = after.limit(SCAN_ROWS)
        last = ""
        while True:
            with reading(self._engine) as connection:
                ids = connection.scalars(after, {"after": last}).all()
                gone = [record_id for record_id in ids if not _holds(seen, hash(record_id))]
                rows = [
                    row
                    for start in range(0, len(gone), READ_ROWS)
                    for row in connection.execute(
                        select(
                            holdings.c.id,
                            holdings.c.from_generation,
                            holdings.c.subject,
                            *(holdings.c[column] for column in REFERENCE_COLUMNS),
                        )
                        .where(mine, holdings.c.id.in_(gone[start : start + READ_ROWS]))
                        .order_by(holdings.c.id)
                    )
                ]
            for start in range(0, len(rows), READ_ROWS):
                yield rows[start : start + READ_ROWS]
            if len(ids) < SCAN_ROWS:
                return
            last = ids[-1]

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


def _holds(ordered: array[int], value: int) -> bool:
    position = bisect_left(ordered, value)
    return position < len(ordered) and ordered[position] == value
