"""How the school side takes records out of the inbox, in order, and says what became of them.

Ordered rules of a claim:
1. A record is due when nobody holds it (received, or waiting and its time has come), or when the lease of who
   held it has run out. A lease or a pause that lies absurdly far ahead counts as run out: the clock was set back.
2. It waits for every earlier record of the same object.
3. It waits for every earlier record of an object that it refers to.
4. A deletion waits for every earlier record that refers to what it deletes.
5. A claim has a token; only the holder of the token says what became of it. Who lost its lease says nothing.
6. The token tells whether its process still lives (`holders`). A claim of one that died on this machine is taken over
   at once; but a request of its may still be on its way to the school's system. The same record written once more does
   no harm, whichever comes last; so until the lease would have ended only what changes that record otherwise (a newer
   version, a deletion) waits.

Guarantees: at least once, in this order, with any number of workers, on SQLite and PostgreSQL. What is written
twice is written with the same id and content, so the school's system ends the same.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, or_, select, update

from gateway.inbox.tables import OPEN, Operation, State, inbox, inbox_references
from gateway.roster.model import Kind, ProductId

LEASE_MS: Final = 120_000
MAX_WAIT_MS: Final = 3_600_000
"""Longest pause between two tries."""
_OPEN: Final = [state.value for state in OPEN]
_STUCK: Final = [state.value for state in (State.DEAD, State.PARKED, State.QUARANTINED)]
_DONE: Final = [state.value for state in (State.DELIVERED, State.KEPT)]
_EARLIER: Final = inbox.alias("earlier")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """One record in the hands of one worker, still sealed."""

    seq: int
    board_id: str
    product: ProductId
    client_id: str
    request_id: str
    kind: Kind
    operation: Operation
    received_at_ms: int
    attempts: int
    """How many times it was tried before."""
    token: str
    object_key: bytes = field(repr=False)
    sealed: bytes = field(repr=False)


def candidates(
    connection: Connection,
    *,
    board_id: str,
    now_ms: int,
    limit: int,
    lease_ms: int = LEASE_MS,
    except_sources: Collection[str] = (),
    of_source: str | None = None,
) -> list[int]:
    """Up to `limit` records that are due, longest due first; in a read transaction.

    Apart from `claim`, because looking through a backlog of a hundred thousand takes longer than vendors may be
    kept from writing.

    Args:
        except_sources: sources that are not asked at this moment (down); records known to be theirs stay.
        of_source: only records known to be of this source.
    """
    found: list[int] = []
    for due in _due(now_ms, lease_ms):
        query = (
            select(inbox.c.seq)
            .where(inbox.c.board_id == board_id, due, *_in_turn(now_ms))
            .order_by(inbox.c.not_before_ms, inbox.c.seq)
            .limit(limit - len(found))
        )
        if of_source is not None:
            query = query.where(inbox.c.source == of_source)
        elif except_sources:
            others = inbox.c.source.not_in(list(except_sources))
            query = query.where(or_(inbox.c.source.is_(None), others))
        found += connection.execute(query).scalars()
        if len(found) >= limit:
            break
    return found


def claim(
    connection: Connection,
    seqs: Collection[int],
    *,
    board_id: str,
    token: str,
    now_ms: int,
    lease_ms: int = LEASE_MS,
) -> list[Claimed]:
    """Take those of `seqs` (from `candidates`) that are still due, in the write transaction of `connection`.

    Args:
        token: unique to this claim; `secrets.token_hex(16)`.
    """
    query = (
        select(inbox)
        .where(
            inbox.c.seq.in_(list(seqs)),
            inbox.c.board_id == board_id,
            or_(*_due(now_ms, lease_ms)),
            *_in_turn(now_ms),
        )
        .order_by(inbox.c.seq)
        .with_for_update(skip_locked=True, of=inbox)
    )
    rows = connection.execute(query).all()
    if rows:
        connection.execute(
            update(inbox)
            .where(inbox.c.seq.in_([row.seq for row in rows]))
            .values(state=State.CLAIMED.value, claimed_by=token, lease_until_ms=now_ms + lease_ms)
        )
    return [claimed_of(row, token) for row in rows]


def _due(now_ms: int, lease_ms: int) -> tuple[ColumnElement[bool], ...]:
    # (1) Each is one range of the index over state and time.
    waiting, claimed = inbox.c.state == State.WAITING.value, inbox.c.state == State.CLAIMED.value
    absurd_lease_ms = now_ms + max(2 * lease_ms, 2 * LEASE_MS)
    return (
        and_(waiting, inbox.c.not_before_ms <= now_ms),
        inbox.c.state == State.RECEIVED.value,
        and_(claimed, or_(inbox.c.lease_until_ms < now_ms, inbox.c.lease_until_ms > absurd_lease_ms)),
        and_(waiting, inbox.c.not_before_ms > now_ms + 2 * MAX_WAIT_MS),
    )


def _in_turn(now_ms: int) -> tuple[ColumnElement[bool], ...]:
    return ~_earlier_of_same_object(now_ms), ~_earlier_of_referred_object(), ~_earlier_that_refers(now_ms)


def _may_still_come(now_ms: int) -> ColumnElement[bool]:
    # (6) A moment absurdly far ahead counts as over: the clock was set back.
    return and_(_EARLIER.c.orphaned_until_ms > now_ms, _EARLIER.c.orphaned_until_ms <= now_ms + 2 * LEASE_MS)


def _earlier_of_same_object(now_ms: int) -> ColumnElement[bool]:
    # (2)
    return exists().where(
        _EARLIER.c.board_id == inbox.c.board_id,
        _EARLIER.c.object_key == inbox.c.object_key,
        _EARLIER.c.seq < inbox.c.seq,
        or_(_EARLIER.c.state.in_(_OPEN), _may_still_come(now_ms)),
    )


def _earlier_of_referred_object() -> ColumnElement[bool]:
    # (3)
    return exists().where(
        inbox_references.c.seq == inbox.c.seq,
        _EARLIER.c.board_id == inbox_references.c.board_id,
        _EARLIER.c.object_key == inbox_references.c.object_key,
        _EARLIER.c.seq < inbox.c.seq,
        _EARLIER.c.state.in_(_OPEN),
    )


def _earlier_that_refers(now_ms: int) -> ColumnElement[bool]:
    # (4)
    return and_(
        inbox.c.operation == Operation.DELETE.value,
        exists().where(
            inbox_references.c.board_id == inbox.c.board_id,
            inbox_references.c.object_key == inbox.c.object_key,
            _EARLIER.c.seq == inbox_references.c.seq,
            _EARLIER.c.seq < inbox.c.seq,
            or_(_EARLIER.c.state.in_(_OPEN), _may_still_come(now_ms)),
        ),
    )


def holders(connection: Connection, *, board_id: str) -> list[str]:
    """The tokens of all claims that are held now."""
    query = select(inbox.c.claimed_by).where(
        inbox.c.board_id == board_id, inbox.c.state == State.CLAIMED.value, inbox.c.lease_until_ms > 0
    )
    return [str(name) for name in connection.execute(query.distinct()).scalars() if name is not None]


def release(connection: Connection, gone: Collection[str], *, board_id: str) -> int:
    """(6) Let claims of processes that have ended be taken over at once; returns how many records that are."""
    held = and_(
        inbox.c.board_id == board_id,
        inbox.c.state == State.CLAIMED.value,
        inbox.c.claimed_by.in_(list(gone)),
        inbox.c.lease_until_ms > 0,
    )
    # Both sides are of before: the lease that ends here is what is remembered.
    values = {"orphaned_until_ms": inbox.c.lease_until_ms, "lease_until_ms": 0}
    return connection.execute(update(inbox).where(held).values(values)).rowcount


def claimed_of(row: Row[Any], token: str, *, attempts: int | None = None) -> Claimed:
    """A row of the inbox as a worker holds it."""
    return Claimed(
        seq=row.seq,
        board_id=row.board_id,
        product=ProductId(row.product),
        client_id=row.client_id,
        request_id=row.request_id,
        kind=Kind(row.kind),
        operation=Operation(row.operation),
        received_at_ms=row.received_at_ms,
        attempts=row.attempts if attempts is None else attempts,
        token=token,
        object_key=row.object_key,
        sealed=row.sealed,
    )


def _held(claims: Sequence[Claimed]) -> ColumnElement[bool]:
    # (5)
    return and_(
        inbox.c.seq.in_([claimed.seq for claimed in claims]),
        inbox.c.state == State.CLAIMED.value,
        inbox.c.claimed_by == claims[0].token,
    )


def renew(
    connection: Connection, claims: Sequence[Claimed], *, now_ms: int, lease_ms: int = LEASE_MS
) -> frozenset[int]:
    """Lengthen the leases of one claim; returns the seqs that are still held."""
    if not claims:
        return frozenset()
    query = update(inbox).where(_held(claims)).values(lease_until_ms=now_ms + lease_ms).returning(inbox.c.seq)
    return frozenset(connection.execute(query).scalars())


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of records for good."""

    state: State
    reason: str | None = None
    source: str | None = None


def settle(
    connection: Connection, claims: Sequence[Claimed], settlement: Settlement, *, now_ms: int
) -> frozenset[int]:
    """Say what became of records of one claim; returns those whose lease was not lost to another worker.

    Delivered or kept: what waited for it is due at once, and older dead letters of it may never be written.
    """
    if not claims:
        return frozenset()
    values: dict[str, object] = {
        "state": settlement.state.value,
        "reason": settlement.reason,
        "source": settlement.source,
        "claimed_by": None,
        "settled_at_ms": now_ms,
        "attempts": inbox.c.attempts + 1,
    }
    if settlement.state is State.QUARANTINED:
        # The school database has it by now; the front keeps nothing of it.
        values["sealed"] = None
    query = update(inbox).where(_held(claims)).values(values).returning(inbox.c.seq)
    held = frozenset(connection.execute(query).scalars())
    if held and settlement.state in (State.DELIVERED, State.KEPT):
        done = [claimed for claimed in claims if claimed.seq in held]
        _supersede_older(connection, done, now_ms=now_ms)
        wake(connection, done)
    return held


def _supersede_older(connection: Connection, done: Sequence[Claimed], *, now_ms: int) -> None:
    # Attack: a dead letter, retried a month later, overwrites the newer result.
    newer = exists().where(
        _EARLIER.c.board_id == inbox.c.board_id,
        _EARLIER.c.object_key == inbox.c.object_key,
        _EARLIER.c.seq > inbox.c.seq,
        _EARLIER.c.state.in_(_DONE),
    )
    connection.execute(
        update(inbox)
        .where(
            inbox.c.board_id == done[0].board_id,
            inbox.c.object_key.in_([claimed.object_key for claimed in done]),
            inbox.c.state.in_([State.DEAD.value, State.PARKED.value]),
            newer,
        )
        .values(state=State.SUPERSEDED.value, reason="newer_delivered", settled_at_ms=now_ms)
    )


def wake(connection: Connection, done: Sequence[Claimed]) -> None:
    """What waited for these records, or was parked under them, is due at once."""
    refers = select(inbox_references.c.seq).where(
        inbox_references.c.board_id == done[0].board_id,
        inbox_references.c.object_key.in_([claimed.object_key for claimed in done]),
    )
    connection.execute(
        update(inbox)
        .where(
            inbox.c.seq.in_(refers),
            or_(
                inbox.c.state == State.PARKED.value,
                and_(inbox.c.state == State.WAITING.value, inbox.c.reason == WAITS_FOR_RECORD),
            ),
        )
        .values(state=State.WAITING.value, not_before_ms=0, parked_under=None)
    )


WAITS_FOR_RECORD: Final = "waits_for_record"
"""Reason of a record that came before what it refers to."""


def put_off(
    connection: Connection,
    claimed: Claimed,
    *,
    not_before_ms: int,
    reason: str,
    source: str | None = None,
    counts: bool = True,
) -> bool:
    """Try again later. `counts` is False where it was not tried at all, because its source is down."""
    values = {
        "state": State.WAITING.value,
        "reason": reason,
        "source": source,
        "claimed_by": None,
        "attempts": claimed.attempts + (1 if counts else 0),
        "not_before_ms": not_before_ms,
    }
    return connection.execute(update(inbox).where(_held([claimed])).values(values)).rowcount == 1


def due_now(connection: Connection, *, board_id: str, source: str) -> int:
    """What waits for this source is tried again at once, because somebody mended it; returns how many."""
    return connection.execute(
        update(inbox)
        .where(
            inbox.c.board_id == board_id,
            inbox.c.source == source,
            inbox.c.state == State.WAITING.value,
            inbox.c.reason != WAITS_FOR_RECORD,
        )
        .values(not_before_ms=0)
    ).rowcount


def park(connection: Connection, claimed: Claimed, *, under: int) -> bool:
    """Set aside under the dead letter on which it depends."""
    values = {"state": State.PARKED.value, "claimed_by": None, "parked_under": under}
    return connection.execute(update(inbox).where(_held([claimed])).values(values)).rowcount == 1


@dataclass(frozen=True, slots=True)
class Dependence:
    """How what a record refers to stands in the inbox, as far as a vendor made it."""

    dead: int | None = None
    """Seq of a dead letter or quarantined record on which it depends, directly or through another one."""
    missing: bool = False
    """Something that it refers to has not been delivered yet, or has not come at all."""


def dependences(connection: Connection, claims: Sequence[Claimed]) -> dict[int, Dependence]:
    """Those of `claims` that cannot be delivered now because of what they refer to, by seq."""
    refers = connection.execute(
        select(inbox_references.c.seq, inbox_references.c.object_key).where(
            inbox_references.c.seq.in_([claimed.seq for claimed in claims])
        )
    ).all()
    keys = {row.object_key for row in refers}
    if not keys:
        return {}
    board_id = claims[0].board_id
    undelivered = keys - _delivered(connection, board_id, keys)
    stuck = _stuck(connection, board_id, undelivered)
    held_up: dict[int, Dependence] = {}
    for row in refers:
        if row.object_key in stuck:
            held_up[row.seq] = Dependence(dead=stuck[row.object_key])
        elif row.object_key in undelivered:
            held_up.setdefault(row.seq, Dependence(missing=True))
    return held_up


def _delivered(connection: Connection, board_id: str, keys: Collection[bytes]) -> set[bytes]:
    query = (
        select(inbox.c.object_key)
        .where(inbox.c.board_id == board_id, inbox.c.object_key.in_(list(keys)), inbox.c.state.in_(_DONE))
        .distinct()
    )
    return set(connection.execute(query).scalars())


def _stuck(connection: Connection, board_id: str, keys: Collection[bytes]) -> dict[bytes, int]:
    if not keys:
        return {}
    query = (
        select(inbox.c.object_key, inbox.c.seq, inbox.c.parked_under)
        .where(inbox.c.board_id == board_id, inbox.c.object_key.in_(list(keys)), inbox.c.state.in_(_STUCK))
        .order_by(inbox.c.seq)
    )
    # Of several, the newest counts: its retry is what can help.
    return {row.object_key: row.parked_under or row.seq for row in connection.execute(query)}
