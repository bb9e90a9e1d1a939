"""What stands in the inbox: dead letters and what is parked under them, counts, and the end of stored bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select, update

from gateway.errors import UsageError
from gateway.inbox.tables import BODY_NO_LONGER_NEEDED, State, inbox, inbox_owed
from gateway.roster.model import Kind, ProductId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One record that the school's system refused for good. Holds no identity."""

    id: int
    product: ProductId
    kind: Kind
    operation: str
    reason: str
    """Our own code; never the text of the school's system, which could name a pupil."""
    source: str | None
    attempts: int
    received_at_ms: int
    settled_at_ms: int
    parked: int
    """How many records wait for it."""


def dead_letters(connection: Connection, *, board_id: str) -> list[DeadLetter]:
    """Every dead letter, oldest first."""
    child = inbox.alias("child")
    parked = (
        select(func.count())
        .where(
            child.c.board_id == inbox.c.board_id,
            child.c.state == State.PARKED.value,
            child.c.parked_under == inbox.c.seq,
        )
        .scalar_subquery()
    )
    query = (
        select(inbox, parked.label("parked"))
        .where(inbox.c.board_id == board_id, inbox.c.state == State.DEAD.value)
        .order_by(inbox.c.seq)
    )
    return [_letter(row) for row in connection.execute(query)]


def _letter(row: Row[Any]) -> DeadLetter:
    return DeadLetter(
        id=row.seq,
        product=ProductId(row.product),
        kind=Kind(row.kind),
        operation=row.operation,
        reason=row.reason,
        source=row.source,
        attempts=row.attempts,
        received_at_ms=row.received_at_ms,
        settled_at_ms=row.settled_at_ms,
        parked=row.parked,
    )


def retry(connection: Connection, *, board_id: str, letter_id: int) -> int:
    """Put a dead letter and what is parked under it back in the queue; returns how many records that are.

    Raises:
        UsageError: code `no_such_dead_letter`: it is not there, or a newer version has been delivered since.
    """
    again = {"state": State.WAITING.value, "reason": None, "not_before_ms": 0, "settled_at_ms": None}
    letter = connection.execute(
        update(inbox)
        .where(inbox.c.board_id == board_id, inbox.c.seq == letter_id, inbox.c.state == State.DEAD.value)
        .values(again)
    )
    if letter.rowcount != 1:
        raise UsageError(
            "There is no such dead letter, or a newer version has been delivered since.",
            code="no_such_dead_letter",
            remedy="See `schuilnaam dead-letters list`.",
        )
    children = connection.execute(
        update(inbox)
        .where(
            inbox.c.board_id == board_id,
            inbox.c.state == State.PARKED.value,
            inbox.c.parked_under == letter_id,
        )
        .values(**again, parked_under=None)
    )
    return 1 + children.rowcount


def counts(connection: Connection, *, board_id: str, product: str | None = None) -> dict[State, int]:
    """How many records stand in each state; of one product or of all."""
    query = select(inbox.c.state, func.count()).where(inbox.c.board_id == board_id).group_by(inbox.c.state)
    if product is not None:
        query = query.where(inbox.c.product == product)
    return {State(state): count for state, count in connection.execute(query)}


def drop_bodies(connection: Connection, *, board_id: str, settled_before_ms: int, limit: int = 1_000) -> int:
    """Remove the sealed bodies of records that were settled before a moment; rows stay. Returns how many.

    A body is kept for a while after delivery, so that a school whose system lost it can have it again; and as long as
    one system of the school has still to get it.
    """
    due = (
        select(inbox.c.seq)
        .where(
            inbox.c.board_id == board_id,
            inbox.c.state.in_([state.value for state in BODY_NO_LONGER_NEEDED]),
            and_(inbox.c.sealed.is_not(None), inbox.c.settled_at_ms < settled_before_ms),
            inbox.c.seq.not_in(select(inbox_owed.c.seq)),
        )
        .limit(limit)
    )
    return connection.execute(
        update(inbox).where(inbox.c.seq.in_(due.scalar_subquery())).values(sealed=None)
    ).rowcount


def next_due_ms(connection: Connection, *, board_id: str) -> int | None:
    """When the first record that waits is due; 0 where one may be due now, None where nothing waits."""
    query = select(func.min(inbox.c.not_before_ms)).where(
        inbox.c.board_id == board_id,
        or_(
            inbox.c.state == State.RECEIVED.value,
            inbox.c.state == State.WAITING.value,
            inbox.c.state == State.CLAIMED.value,
        ),
    )
    return connection.execute(query).scalar()
