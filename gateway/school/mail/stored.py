"""The rows of the outbox: adding, claiming, settling. The only module here that queries.

A mail is claimed under a lease before it is sent, so that two processes never send it at once; a lease that ran out is
of a process that died, and the mail is sent again with the same Message-ID.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from contracts.calendar import Occasion
from gateway.school.mail.tables import mails
from gateway.school.staff.roles import Role

LEASE_MS: Final = 10 * 60_000
"""Longer than one mail can take to be sent (`smtp.TOTAL_SECONDS`)."""


class MailState(StrEnum):
    """Where a mail stands. Stored; values never change."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    """Given up: the mail server refused it for good, or it could not be sent for too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMail:
    """A mail to be sent."""

    key: str
    occasion: Occasion
    roles: tuple[Role, ...]
    subject: str
    body: str
    agreement: str | None = None
    product: str | None = None
    receipt: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMail:
    """A mail in the outbox."""

    number: int
    key: str
    occasion: str
    """Text, so that a row of a newer program can still be shown."""
    roles: tuple[str, ...]
    subject: str
    body: str
    agreement: str | None
    product: str | None
    receipt: int | None
    created_at_ms: int
    state: MailState
    attempts: int
    due_at_ms: int
    sent_at_ms: int | None
    sent_to: tuple[str, ...]
    refused_for: tuple[str, ...]
    failure: str | None
    """Stable code, and the mail server's number where it gave one."""


def add(connection: Connection, mail: NewMail, *, board_id: str, now_ms: int) -> bool:
    """Put a mail into the outbox; False when this was told before."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    added = connection.execute(
        dialect.insert(mails)
        .values(
            board_id=board_id,
            mail_key=mail.key,
            occasion=mail.occasion.value,
            roles=" ".join(mail.roles),
            agreement=mail.agreement,
            product=mail.product,
            subject=mail.subject,
            body=mail.body,
            receipt=mail.receipt,
            created_at_ms=now_ms,
            state=MailState.WAITING.value,
            attempts=0,
            due_at_ms=now_ms,
            lease_until_ms=0,
        )
        .on_conflict_do_nothing(index_elements=["board_id", "mail_key"])
        # Not the count of rows: the driver for PostgreSQL gives none for an insert that makes its own number.
        .returning(mails.c.seq)
    )
    return added.first() is not None


def claim_next(connection: Connection, *, board_id: str, now_ms: int) -> StoredMail | None:
    """Take the mail that is due longest; nobody else gets it until its lease is over."""
    due = and_(
        mails.c.board_id == board_id,
        mails.c.state == MailState.WAITING.value,
        mails.c.due_at_ms <= now_ms,
        mails.c.lease_until_ms <= now_ms,
    )
    first = select(mails.c.seq).where(due).order_by(mails.c.due_at_ms, mails.c.seq).limit(1).scalar_subquery()
    # Both conditions again: on PostgreSQL a second claimer waits for the first, and looks at the row once more.
    row = connection.execute(
        update(mails)
        .where(mails.c.seq == first, due)
        .values(lease_until_ms=now_ms + LEASE_MS, attempts=mails.c.attempts + 1)
        .returning(mails)
    ).one_or_none()
    return None if row is None else _mail(row)


def settle(
    connection: Connection,
    mail: StoredMail,
    *,
    now_ms: int,
    sent_to: Sequence[str] = (),
    refused_for: Sequence[str] = (),
    failure: str | None = None,
    again_at_ms: int | None = None,
) -> None:
    """Write down how an attempt ended: sent, again later (`again_at_ms`), or failed for good."""
    if sent_to:
        state = MailState.SENT
    else:
        state = MailState.FAILED if again_at_ms is None else MailState.WAITING
    connection.execute(
        update(mails)
        .where(_this(mail))
        .values(
            state=state.value,
            sent_at_ms=now_ms if sent_to else None,
            sent_to=" ".join(sent_to) or None,
            refused_for=" ".join(refused_for) or None,
            failure=failure,
            due_at_ms=mail.due_at_ms if again_at_ms is None else again_at_ms,
            lease_until_ms=0,
        )
    )


def give_up_older(connection: Connection, *, board_id: str, created_before_ms: int) -> int:
    """Fail what waits since before a moment: it would tell of what is long past. Returns how many."""
    done = connection.execute(
        update(mails)
        .where(
            mails.c.board_id == board_id,
            mails.c.state == MailState.WAITING.value,
            mails.c.created_at_ms < created_before_ms,
        )
        .values(state=MailState.FAILED.value, failure="mail_too_old")
    )
    return int(done.rowcount)


def listed(
    connection: Connection, *, board_id: str, state: MailState | None = None, newest: int = 200
) -> list[StoredMail]:
    """The newest mails, newest first."""
    statement = select(mails).where(mails.c.board_id == board_id)
    if state is not None:
        statement = statement.where(mails.c.state == state.value)
    rows = connection.execute(statement.order_by(mails.c.seq.desc()).limit(newest))
    return [_mail(row) for row in rows]


def count(connection: Connection, *, board_id: str, state: MailState) -> int:
    """How many mails are in a state."""
    statement = (
        select(func.count())
        .select_from(mails)
        .where(mails.c.board_id == board_id, mails.c.state == state.value)
    )
    return int(connection.execute(statement).scalar_one())


def get(connection: Connection, number: int, *, board_id: str) -> StoredMail | None:
    """One mail; None when there is no such number."""
    row = connection.execute(
        select(mails).where(mails.c.board_id == board_id, mails.c.seq == number)
    ).one_or_none()
    return None if row is None else _mail(row)


def again(connection: Connection, number: int, *, board_id: str, now_ms: int) -> bool:
    """Let a mail that failed wait again, as if it were new; False where it did not fail."""
    # Its age counts anew too: what is older than a week is given up (`give_up_older`).
    moved = connection.execute(
        update(mails)
        .where(mails.c.board_id == board_id, mails.c.seq == number, mails.c.state == MailState.FAILED.value)
        .values(
            state=MailState.WAITING.value,
            created_at_ms=now_ms,
            due_at_ms=now_ms,
            attempts=0,
            failure=None,
            lease_until_ms=0,
        )
    )
    return bool(moved.rowcount)


def _this(mail: StoredMail) -> ColumnElement[bool]:
    return mails.c.seq == mail.number


def _mail(row: Row[Any]) -> StoredMail:
    return StoredMail(
        number=row.seq,
        key=row.mail_key,
        occasion=row.occasion,
        roles=tuple(row.roles.split()),
        subject=row.subject,
        body=row.body,
        agreement=row.agreement,
        product=row.product,
        receipt=row.receipt,
        created_at_ms=row.created_at_ms,
        state=MailState(row.state),
        attempts=row.attempts,
        due_at_ms=row.due_at_ms,
        sent_at_ms=row.sent_at_ms,
        sent_to=tuple((row.sent_to or "").split()),
        refused_for=tuple((row.refused_for or "").split()),
        failure=row.failure,
    )
