"""Tokens of the admin API: a program acts for a person, with some of that person's roles.

Guarantees: shown once, stored as a hash; never carries a role that the account does not hold at the moment of use (for
accounts of the gateway; for those of an identity provider: that it did not hold when the token was made); ends with its
day, with the account, and when somebody ends it. Registers name the person.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select, update

from contracts.instants import to_ms
from gateway.database import reading, writing
from gateway.errors import DisclosureRefused, UsageError
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.school.services import SchoolServices
from gateway.school.staff import sessions
from gateway.school.staff.accounts import LOCAL
from gateway.school.staff.proofs import token_hash
from gateway.school.staff.roles import RoleGrant, StaffPerson
from gateway.school.staff.tables import staff_accounts, staff_api_tokens

MOST_DAYS: Final = 366
DEFAULT_DAYS: Final = 90
PREFIX: Final = "sn_"
"""So that scanners for leaked secrets know one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """One token as its owner sees it."""

    token_id: str
    name: str
    label: str
    grants: frozenset[RoleGrant]
    created_at_ms: int
    expires_at_ms: int
    revoked_at_ms: int | None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """What is shown once."""

    token_id: str
    token: str = field(repr=False)


def issue(
    services: SchoolServices,
    *,
    account_id: str,
    label: str,
    grants: Iterable[RoleGrant],
    actor: Actor,
    now: datetime,
    days: int = DEFAULT_DAYS,
    held: frozenset[RoleGrant] | None = None,
) -> IssuedToken:
    """Make a token for an account.

    Args:
        held: the roles that the person holds now, where an identity provider gave them.

    Raises:
        UsageError: a wrong label or term, no role, or an account that is closed.
        DisclosureRefused: a role that the account does not hold.
    """
    wanted, now_ms = frozenset(grants), to_ms(now)
    if not 0 < len(label.strip()) <= 100 or not label.isprintable():
        raise UsageError("A token has a label of 1 to 100 characters.", code="token_label")
    if not 1 <= days <= MOST_DAYS:
        raise UsageError(f"A token lasts 1 to {MOST_DAYS} days.", code="token_days")
    if not wanted:
        raise UsageError("A token needs a role.", code="staff_role_missing")
    token, token_id = PREFIX + secrets.token_urlsafe(32), secrets.token_hex(8)
    with writing(services.school) as connection:
        row = connection.execute(
            select(staff_accounts.c.name, staff_accounts.c.kind).where(
                staff_accounts.c.board_id == services.board_id,
                staff_accounts.c.account_id == account_id,
                staff_accounts.c.closed_at_ms.is_(None),
            )
        ).one_or_none()
        if row is None:
            raise UsageError("There is no open account of this name.", code="staff_unknown")
        if row.kind == LOCAL:
            held = sessions.grants_of(connection, board_id=services.board_id, account_id=account_id)
        if not wanted <= (held or frozenset()):
            raise DisclosureRefused(
                "A token carries no role that its person does not hold.", code="token_role_not_held"
            )
        connection.execute(
            insert(staff_api_tokens).values(
                board_id=services.board_id,
                token_id=token_id,
                token_hash=token_hash(token),
                account_id=account_id,
                label=label.strip(),
                grants=sessions.write_grants(wanted),
                created_at_ms=now_ms,
                expires_at_ms=now_ms + days * 86_400_000,
            )
        )
        audit.record(
            connection,
            AuditEvent.STAFF_TOKEN_ISSUED,
            board_id=services.board_id,
            actor=actor,
            now_ms=now_ms,
            object_id=token_id,
            details={"codes": tuple(sorted(_word(each) for each in wanted))},
        )
    return IssuedToken(token_id, token)


def find(services: SchoolServices, token: str, *, now: datetime) -> StaffPerson | None:
    """For whom and with which roles a token acts; None where it does not (any more)."""
    if not token.startswith(PREFIX) or len(token) > 100:
        return None
    now_ms = to_ms(now)
    with reading(services.school) as connection:
        row = connection.execute(
            select(staff_api_tokens.c.grants, staff_accounts)
            .join(
                staff_accounts,
                (staff_accounts.c.board_id == staff_api_tokens.c.board_id)
                & (staff_accounts.c.account_id == staff_api_tokens.c.account_id),
            )
            .where(
                staff_api_tokens.c.board_id == services.board_id,
                staff_api_tokens.c.token_hash == token_hash(token),
                staff_api_tokens.c.revoked_at_ms.is_(None),
                staff_api_tokens.c.expires_at_ms > now_ms,
                staff_accounts.c.closed_at_ms.is_(None),
            )
        ).one_or_none()
        if row is None:
            return None
        grants = sessions.read_grants(row.grants)
        if row.kind == LOCAL:
            # A role that was taken from the person is gone from the token too.
            grants &= sessions.grants_of(connection, board_id=services.board_id, account_id=row.account_id)
    return StaffPerson(account_id=row.account_id, name=row.name, display_name=row.display_name, grants=grants)


def listed(services: SchoolServices, *, account_id: str | None = None) -> list[ApiToken]:
    """Tokens of one account, or of everybody, newest first; ended ones too."""
    statement = (
        select(staff_api_tokens, staff_accounts.c.name)
        .join(
            staff_accounts,
            (staff_accounts.c.board_id == staff_api_tokens.c.board_id)
            & (staff_accounts.c.account_id == staff_api_tokens.c.account_id),
        )
        .where(staff_api_tokens.c.board_id == services.board_id)
        .order_by(staff_api_tokens.c.created_at_ms.desc())
    )
    if account_id is not None:
        statement = statement.where(staff_api_tokens.c.account_id == account_id)
    with reading(services.school) as connection:
        return [
            ApiToken(
                token_id=row.token_id,
                name=row.name,
                label=row.label,
                grants=sessions.read_grants(row.grants),
                created_at_ms=row.created_at_ms,
                expires_at_ms=row.expires_at_ms,
                revoked_at_ms=row.revoked_at_ms,
            )
            for row in connection.execute(statement)
        ]


def revoke(
    services: SchoolServices, token_id: str, *, actor: Actor, now: datetime, account_id: str | None = None
) -> None:
    """End a token at once; with `account_id` only one of that account.

    Raises:
        UsageError: there is none of this id.
    """
    statement = update(staff_api_tokens).where(
        staff_api_tokens.c.board_id == services.board_id,
        staff_api_tokens.c.token_id == token_id,
        staff_api_tokens.c.revoked_at_ms.is_(None),
    )
    if account_id is not None:
        statement = statement.where(staff_api_tokens.c.account_id == account_id)
    with writing(services.school) as connection:
        if connection.execute(statement.values(revoked_at_ms=to_ms(now))).rowcount != 1:
            raise UsageError("There is no open token of this id.", code="token_unknown")
        audit.record(
            connection,
            AuditEvent.STAFF_TOKEN_REVOKED,
            board_id=services.board_id,
            actor=actor,
            now_ms=to_ms(now),
            object_id=token_id,
        )


def _word(grant: RoleGrant) -> str:
    return grant.role.value + (f"/{grant.school}" if grant.school else "")
