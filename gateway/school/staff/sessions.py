"""Sessions of staff: rows, so that every one can be ended at once.

Guarantees: the browser's token is random (256 bits) and stored as a hash; a session ends when it is idle, when its
day is over, when the account is closed, or when somebody ends it; an ended one never works again.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, insert, select, update

from gateway.school.staff.proofs import token_hash
from gateway.school.staff.roles import Role, RoleGrant, StaffPerson
from gateway.school.staff.tables import staff_accounts, staff_roles, staff_sessions

SEEN_EVERY_MS: Final = 60_000
"""A page writes "seen" at most once a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """How long a session may last."""

    idle_ms: int
    whole_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """One session as its owner sees it."""

    token_hash: bytes
    created_at_ms: int
    seen_at_ms: int


def begin(
    connection: Connection,
    *,
    board_id: str,
    account_id: str,
    limits: SessionLimits,
    now_ms: int,
    grants: Iterable[RoleGrant] | None = None,
) -> str:
    """Open a session; returns the token for the browser.

    Args:
        grants: what an identity provider said; None: the roles given here count, as they are at each request.
    """
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(staff_sessions).values(
            board_id=board_id,
            token_hash=token_hash(token),
            account_id=account_id,
            grants=None if grants is None else write_grants(grants),
            created_at_ms=now_ms,
            seen_at_ms=now_ms,
            expires_at_ms=now_ms + limits.whole_ms,
        )
    )
    return token


def find(
    connection: Connection, token: str, *, board_id: str, limits: SessionLimits, now_ms: int
) -> tuple[StaffPerson, int] | None:
    """Who is signed in with this token, and when the session was last seen; None where nobody is."""
    row = connection.execute(
        select(staff_sessions, staff_accounts)
        .join(
            staff_accounts,
            (staff_accounts.c.board_id == staff_sessions.c.board_id)
            & (staff_accounts.c.account_id == staff_sessions.c.account_id),
        )
        .where(
            staff_sessions.c.board_id == board_id,
            staff_sessions.c.token_hash == token_hash(token),
            staff_sessions.c.ended_at_ms.is_(None),
            staff_accounts.c.closed_at_ms.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    seen, ends = row._mapping[staff_sessions.c.seen_at_ms], row._mapping[staff_sessions.c.expires_at_ms]
    # A clock that was set back makes a session no longer: then `seen` lies ahead.
    if now_ms >= ends or now_ms - seen >= limits.idle_ms or seen - now_ms >= limits.idle_ms:
        return None
    said = row._mapping[staff_sessions.c.grants]
    account_id = row._mapping[staff_accounts.c.account_id]
    grants = (
        grants_of(connection, board_id=board_id, account_id=account_id) if said is None else read_grants(said)
    )
    person = StaffPerson(
        account_id=account_id,
        name=row._mapping[staff_accounts.c.name],
        display_name=row._mapping[staff_accounts.c.display_name],
        grants=grants,
    )
    return person, seen


def grants_of(connection: Connection, *, board_id: str, account_id: str) -> frozenset[RoleGrant]:
    """The roles that were given here."""
    rows = connection.execute(
        select(staff_roles.c.role, staff_roles.c.school).where(
            staff_roles.c.board_id == board_id, staff_roles.c.account_id == account_id
        )
    )
    return frozenset(RoleGrant(Role(role), school or None) for role, school in rows)


def seen(connection: Connection, token: str, *, board_id: str, now_ms: int) -> None:
    """Note that the session was used."""
    connection.execute(
        update(staff_sessions)
        .where(
            staff_sessions.c.board_id == board_id,
            staff_sessions.c.token_hash == token_hash(token),
            staff_sessions.c.ended_at_ms.is_(None),
        )
        .values(seen_at_ms=now_ms)
    )


def end(connection: Connection, token: str, *, board_id: str, now_ms: int) -> None:
    """End one session."""
    connection.execute(
        update(staff_sessions)
        .where(
            staff_sessions.c.board_id == board_id,
            staff_sessions.c.token_hash == token_hash(token),
            staff_sessions.c.ended_at_ms.is_(None),
        )
        .values(ended_at_ms=now_ms)
    )


def end_all(connection: Connection, *, board_id: str, now_ms: int, account_id: str | None = None) -> int:
    """End every session of one account, or of everybody; returns how many."""
    statement = update(staff_sessions).where(
        staff_sessions.c.board_id == board_id, staff_sessions.c.ended_at_ms.is_(None)
    )
    if account_id is not None:
        statement = statement.where(staff_sessions.c.account_id == account_id)
    return connection.execute(statement.values(ended_at_ms=now_ms)).rowcount


def open_sessions(
    connection: Connection, *, board_id: str, account_id: str, now_ms: int
) -> list[OpenSession]:
    """The sessions of one account that were not ended and whose day is not over, newest first."""
    rows = connection.execute(
        select(staff_sessions.c.token_hash, staff_sessions.c.created_at_ms, staff_sessions.c.seen_at_ms)
        .where(
            staff_sessions.c.board_id == board_id,
            staff_sessions.c.account_id == account_id,
            staff_sessions.c.ended_at_ms.is_(None),
            staff_sessions.c.expires_at_ms > now_ms,
        )
        .order_by(staff_sessions.c.created_at_ms.desc())
    )
    return [OpenSession(token_hash=each[0], created_at_ms=each[1], seen_at_ms=each[2]) for each in rows]


def write_grants(grants: Iterable[RoleGrant]) -> str:
    """Roles as stored."""
    rows = sorted((grant.role.value, grant.school or "") for grant in grants)
    return json.dumps(rows, separators=(",", ":"))


def read_grants(text: str) -> frozenset[RoleGrant]:
    """Stored roles."""
    return frozenset(RoleGrant(Role(role), school or None) for role, school in json.loads(text))
