"""Records that go to every system of the school, where one of them was down: what it is still owed, in order.

A category belongs to no class, so it goes to every system that takes results. As long as one is down the others must
not wait for it; so a record that at least one of them has counts as delivered, and what the rest still has to get
stands here, one row per system.

Ordered rules:
1. One system gets the versions of one record in their order: what comes after one that is owed is owed too.
2. What refers to an owed record waits for it at that system, and nowhere else.
3. A claim has a lease, and is taken over when its process has ended, as in the inbox (`claiming`, rule 6).

Guarantees: at least once, in this order per system; a row is added in the transaction that settles its record, so
a crash leaves neither a system that is forgotten nor one that gets a record which nobody has.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, or_, select, update

from gateway.inbox.claiming import LEASE_MS, MAX_WAIT_MS, Claimed, claimed_of, wake
from gateway.inbox.tables import inbox, inbox_owed, inbox_references

_EARLIER: Final = inbox_owed.alias("earlier_owed")
_BEFORE: Final = inbox.alias("before")


@dataclass(frozen=True, slots=True)
class Owed:
    """One record that one system has still to get, in the hands of one worker."""

    claimed: Claimed
    """As it was taken out of the inbox; `attempts` and `token` are those of this system."""
    source: str


@dataclass(frozen=True, slots=True)
class Due:
    """One system that could not take a record now."""

    source: str
    reason: str
    not_before_ms: int


def owe(connection: Connection, claimed: Claimed, due: Sequence[Due]) -> None:
    """Note down who has still to get a record, in the transaction that settles it."""
    rows = [
        {
            "board_id": claimed.board_id,
            "seq": claimed.seq,
            "source": each.source,
            "object_key": claimed.object_key,
            "reason": each.reason,
            "lease_until_ms": 0,
            "attempts": 0,
            "not_before_ms": each.not_before_ms,
        }
        for each in due
    ]
    connection.execute(insert(inbox_owed), rows)


def claim_next(
    connection: Connection,
    *,
    board_id: str,
    token: str,
    now_ms: int,
    lease_ms: int = LEASE_MS,
    except_sources: Collection[str] = (),
) -> Owed | None:
    """Take the one that is longest due, in the write transaction of `connection`; None where nothing is."""
    row = connection.execute(
        select(inbox_owed)
        .where(
            inbox_owed.c.board_id == board_id,
            inbox_owed.c.source.not_in(list(except_sources)),
            _is_due(now_ms, lease_ms),
            ~_earlier_at_same_system(),
            ~_may_be_overtaken(now_ms),
        )
        .order_by(inbox_owed.c.not_before_ms, inbox_owed.c.seq)
        .limit(1)
        .with_for_update(skip_locked=True, of=inbox_owed)
    ).first()
    if row is None:
        return None
    connection.execute(
        update(inbox_owed)
        .where(inbox_owed.c.seq == row.seq, inbox_owed.c.source == row.source)
        .values(claimed_by=token, lease_until_ms=now_ms + lease_ms)
    )
    of_inbox = connection.execute(select(inbox).where(inbox.c.seq == row.seq)).one()
    return Owed(claimed_of(of_inbox, token, attempts=row.attempts), row.source)


def _is_due(now_ms: int, lease_ms: int) -> ColumnElement[bool]:
    # A lease or pause absurdly far ahead counts as over: the clock was set back.
    absurd_lease_ms = now_ms + max(2 * lease_ms, 2 * LEASE_MS)
    return and_(
        or_(inbox_owed.c.not_before_ms <= now_ms, inbox_owed.c.not_before_ms > now_ms + 2 * MAX_WAIT_MS),
        or_(inbox_owed.c.lease_until_ms < now_ms, inbox_owed.c.lease_until_ms > absurd_lease_ms),
    )


def _earlier_at_same_system() -> ColumnElement[bool]:
    # (1)
    return exists().where(
        _EARLIER.c.board_id == inbox_owed.c.board_id,
        _EARLIER.c.source == inbox_owed.c.source,
        _EARLIER.c.object_key == inbox_owed.c.object_key,
        _EARLIER.c.seq < inbox_owed.c.seq,
    )


def _may_be_overtaken(now_ms: int) -> ColumnElement[bool]:
    # (3) A request of a worker that died may still be on its way with an earlier version.
    return exists().where(
        _BEFORE.c.board_id == inbox_owed.c.board_id,
        _BEFORE.c.object_key == inbox_owed.c.object_key,
        _BEFORE.c.seq < inbox_owed.c.seq,
        _BEFORE.c.orphaned_until_ms > now_ms,
        _BEFORE.c.orphaned_until_ms <= now_ms + 2 * LEASE_MS,
    )


def _held(owed: Owed) -> ColumnElement[bool]:
    return and_(
        inbox_owed.c.seq == owed.claimed.seq,
        inbox_owed.c.source == owed.source,
        inbox_owed.c.claimed_by == owed.claimed.token,
    )


def settle(connection: Connection, owed: Owed, *, reason: str | None = None) -> bool:
    """That system has it, or will never: what waited for it there is due. False: another worker has it by now.

    Args:
        reason: noted at the record itself, where the system refused it for good.
    """
    if connection.execute(delete(inbox_owed).where(_held(owed))).rowcount != 1:
        return False
    if reason is not None:
        connection.execute(update(inbox).where(inbox.c.seq == owed.claimed.seq).values(reason=reason))
    wake(connection, [owed.claimed])
    return True


def put_off(connection: Connection, owed: Owed, *, not_before_ms: int, reason: str, counts: bool) -> bool:
    """Try again later; `counts` is False where it was not tried at all."""
    values = {
        "claimed_by": None,
        "lease_until_ms": 0,
        "reason": reason,
        "attempts": owed.claimed.attempts + (1 if counts else 0),
        "not_before_ms": not_before_ms,
    }
    return connection.execute(update(inbox_owed).where(_held(owed)).values(values)).rowcount == 1


def behind(connection: Connection, claims: Sequence[Claimed]) -> dict[int, frozenset[str]]:
    """Of each record the systems at which it must wait: they are owed an earlier version, or what it refers to."""
    if not claims:
        return {}
    seqs = [claimed.seq for claimed in claims]
    of_board = inbox_owed.c.board_id == claims[0].board_id
    same = (
        select(inbox.c.seq, inbox_owed.c.source)
        .join(inbox_owed, and_(of_board, inbox_owed.c.object_key == inbox.c.object_key))
        .where(inbox.c.seq.in_(seqs), inbox_owed.c.seq < inbox.c.seq)
    )
    referred = (
        select(inbox_references.c.seq, inbox_owed.c.source)
        .join(inbox_owed, and_(of_board, inbox_owed.c.object_key == inbox_references.c.object_key))
        .where(inbox_references.c.seq.in_(seqs), inbox_owed.c.seq < inbox_references.c.seq)
    )
    found: dict[int, set[str]] = {}
    for row in connection.execute(same.union(referred)):
        found.setdefault(row.seq, set()).add(row.source)
    return {seq: frozenset(sources) for seq, sources in found.items()}


def holders(connection: Connection, *, board_id: str) -> list[str]:
    """The tokens of all claims that are held now."""
    query = select(inbox_owed.c.claimed_by).where(
        inbox_owed.c.board_id == board_id, inbox_owed.c.lease_until_ms > 0
    )
    return [str(name) for name in connection.execute(query.distinct()).scalars() if name is not None]


def release(connection: Connection, gone: Collection[str], *, board_id: str) -> int:
    """(3) Let claims of processes that have ended be taken over at once; returns how many."""
    held = and_(
        inbox_owed.c.board_id == board_id,
        inbox_owed.c.claimed_by.in_(list(gone)),
        inbox_owed.c.lease_until_ms > 0,
    )
    for row in connection.execute(select(inbox_owed.c.seq, inbox_owed.c.lease_until_ms).where(held)).all():
        connection.execute(
            update(inbox).where(inbox.c.seq == row.seq).values(orphaned_until_ms=row.lease_until_ms)
        )
    return connection.execute(update(inbox_owed).where(held).values(lease_until_ms=0)).rowcount


def give_up(connection: Connection, *, board_id: str) -> list[int]:
    """No system is owed anything any more; returns the newest record of each object that one was still to get.

    The caller makes those dead letters, in the same transaction: a person decides whether they are written again. Older
    versions stay as they are, delivered to those that took them.
    """
    mine = inbox_owed.c.board_id == board_id
    newest = select(func.max(inbox_owed.c.seq)).where(mine).group_by(inbox_owed.c.object_key)
    seqs = list(connection.execute(newest).scalars())
    connection.execute(delete(inbox_owed).where(mine))
    return seqs


def due_now(connection: Connection, *, board_id: str, source: str) -> int:
    """What this system is owed is tried again at once, because somebody mended it; returns how many."""
    mine = and_(inbox_owed.c.board_id == board_id, inbox_owed.c.source == source)
    return connection.execute(update(inbox_owed).where(mine).values(not_before_ms=0)).rowcount


def counts(connection: Connection, *, board_id: str) -> dict[str, int]:
    """How many records each system is owed."""
    query = (
        select(inbox_owed.c.source, func.count())
        .where(inbox_owed.c.board_id == board_id)
        .group_by(inbox_owed.c.source)
    )
    return {row.source: row[1] for row in connection.execute(query)}
