"""Staff accounts: invite, choose password and second factor, sign in, change roles, close.

Guarantees: a local account needs a password and a second proof (one-time code, passkey or recovery code); five wrong
tries lock it for a quarter of an hour; nobody changes their own roles; every step is in the audit log; what failed is
never told apart towards the person who tries.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from contracts.instants import to_ms
from gateway.database import reading, writing
from gateway.errors import DisclosureRefused, UsageError
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.school.services import SchoolServices
from gateway.school.staff import proofs, sessions
from gateway.school.staff.pages_key import PagesKey
from gateway.school.staff.roles import Role, RoleGrant, StaffPerson
from gateway.school.staff.tables import (
    staff_accounts,
    staff_invitations,
    staff_passkeys,
    staff_recovery_codes,
    staff_roles,
)

LOCAL: Final = "local"
OIDC: Final = "oidc"
INVITATION: Final = timedelta(hours=48)
TRIES: Final = 5
LOCKED: Final = timedelta(minutes=15)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,119}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffAccount:
    """One account as the staff page lists it."""

    account_id: str
    name: str
    display_name: str
    kind: str
    grants: frozenset[RoleGrant]
    closed: bool
    locked: bool
    ready: bool
    """Has a password and a second factor, or comes by the identity provider."""


def signed_in_actor(person: StaffPerson) -> Actor:
    """A person who proved who they are; the registers show it by `page:` in the place of a system account."""
    return Actor.person(person.name, os_account=page_account(person))


def page_account(person: StaffPerson) -> str:
    """What stands in the registers where the command line has an operating-system account.

    No such account can be called so: a colon ends its name in passwd(5).
    """
    return f"page:{person.account_id}"


def require_name(name: str) -> str:
    """The sign-in name in lower case; raises `UsageError`."""
    folded = name.strip().casefold()
    if not _NAME.match(folded):
        raise UsageError(
            "A sign-in name has 2 to 120 characters: letters, digits and . _ @ + -",
            code="staff_name_invalid",
            remedy="Take the school's e-mail address or account name.",
        )
    return folded


def invite(
    services: SchoolServices,
    *,
    name: str,
    display_name: str,
    grants: Iterable[RoleGrant],
    actor: Actor,
    now: datetime,
    email: str | None = None,
) -> str:
    """Make an account, or open an existing one for a new password and second factor; returns the one-time token.

    An existing account keeps its roles: they are changed by `change_roles`. Its sessions end and its passkeys go.

    Raises:
        UsageError: a wrong name, or no role for a new account.
    """
    name, display_name, roles = require_name(name), display_name.strip(), frozenset(grants)
    if not 0 < len(display_name) <= 200 or not display_name.isprintable():
        raise UsageError("A person has a name of 1 to 200 characters.", code="staff_display_name_invalid")
    board_id, now_ms, token = services.board_id, to_ms(now), secrets.token_urlsafe(32)
    with writing(services.school) as connection:
        known = _row(connection, board_id, name=name)
        if known is None:
            if not roles:
                raise UsageError("An account needs a role.", code="staff_role_missing")
            account_id = _add(connection, board_id, name, display_name, email, LOCAL, now_ms)
            _set_roles(connection, board_id, account_id, roles)
        elif known["kind"] != LOCAL or known["closed_at_ms"] is not None:
            raise UsageError(
                "This name belongs to an account that is closed or signs in by the identity provider.",
                code="staff_name_taken",
                remedy="Take another name.",
            )
        else:
            account_id = known["account_id"]
            sessions.end_all(connection, board_id=board_id, now_ms=now_ms, account_id=account_id)
            # Attack: the phone that was lost, and is why somebody is invited anew, signs in by its passkey.
            _forget_passkeys(connection, board_id, account_id)
        connection.execute(
            delete(staff_invitations).where(
                staff_invitations.c.board_id == board_id, staff_invitations.c.account_id == account_id
            )
        )
        connection.execute(
            insert(staff_invitations).values(
                board_id=board_id,
                token_hash=proofs.token_hash(token),
                account_id=account_id,
                expires_at_ms=now_ms + INVITATION // timedelta(milliseconds=1),
            )
        )
        _audit(services, connection, AuditEvent.STAFF_INVITED, actor, name, now_ms, grants=roles)
    return token


def invited(services: SchoolServices, token: str, *, now: datetime) -> StaffAccount | None:
    """The account of an invitation that is open; None otherwise."""
    with reading(services.school) as connection:
        account_id = _invitation(connection, services.board_id, token, to_ms(now))
        if account_id is None:
            return None
        row = _row(connection, services.board_id, account_id=account_id)
        return None if row is None else _account(connection, services.board_id, row, to_ms(now))


def accept_invitation(
    services: SchoolServices,
    key: PagesKey,
    token: str,
    *,
    password: str,
    totp_seed: str,
    totp_code: str,
    now: datetime,
) -> list[str]:
    """Take password and second factor; returns the recovery codes, which are shown once.

    Raises:
        UsageError: the invitation is used or too old; the password is weak; the code does not belong to the seed.
    """
    now_ms, board_id = to_ms(now), services.board_id
    account = invited(services, token, now=now)
    if account is None:
        raise UsageError(
            "This invitation was used, or is too old.",
            code="invitation_ended",
            remedy="Ask the application manager for a new one.",
        )
    proofs.require_good_password(password, name=account.name)
    step = proofs.totp_step(totp_seed, totp_code, now=now, after=None)
    if step is None:
        raise UsageError(
            "The code does not belong to this key.",
            code="totp_wrong",
            remedy="Look whether the clock of your phone is right, and give the newest code.",
        )
    hashed, codes = proofs.hash_password(password), proofs.new_recovery_codes()
    with writing(services.school) as connection:
        used = connection.execute(
            update(staff_invitations)
            .where(
                staff_invitations.c.board_id == board_id,
                staff_invitations.c.token_hash == proofs.token_hash(token),
                staff_invitations.c.used_at_ms.is_(None),
            )
            .values(used_at_ms=now_ms)
        ).rowcount
        if used != 1:
            raise UsageError("This invitation was used.", code="invitation_ended")
        connection.execute(
            update(staff_accounts)
            .where(staff_accounts.c.board_id == board_id, staff_accounts.c.account_id == account.account_id)
            .values(
                password_hash=hashed,
                totp_sealed=key.seal(totp_seed, account_id=account.account_id),
                totp_step=step,
                failures=0,
                locked_until_ms=None,
            )
        )
        _set_recovery_codes(connection, board_id, account.account_id, codes)
        # Those too that whoever had the old password and code added meanwhile.
        _forget_passkeys(connection, board_id, account.account_id)
        sessions.end_all(connection, board_id=board_id, now_ms=now_ms, account_id=account.account_id)
        person = Actor.person(account.name, os_account=f"page:{account.account_id}")
        _audit(services, connection, AuditEvent.STAFF_CREDENTIALS_SET, person, account.name, now_ms)
    return codes


# -- signing in ---------------------------------------------------------------------------------------------------


def check_password(services: SchoolServices, *, name: str, password: str, now: datetime) -> str | None:
    """First half of signing in: the account of a right password; None for anything else, after equal work."""
    now_ms, board_id = to_ms(now), services.board_id
    with reading(services.school) as connection:
        row = _row(connection, board_id, name=name.strip().casefold())
    usable = (
        row is not None and row["closed_at_ms"] is None and row["kind"] == LOCAL and not _locked(row, now_ms)
    )
    stored = row["password_hash"] if row is not None and usable else None
    if proofs.password_fits(stored, password) and row is not None:
        return str(row["account_id"])
    if row is not None and usable and stored is not None:
        _failed(services, row, now=now)
    return None


def is_local(services: SchoolServices, *, account_id: str) -> bool:
    """Whether the account is the gateway's own; those of an identity provider prove who they are there."""
    with reading(services.school) as connection:
        row = _row(connection, services.board_id, account_id=account_id)
    return row is not None and row["kind"] == LOCAL


def check_second(
    services: SchoolServices, key: PagesKey, *, account_id: str, code: str, now: datetime
) -> bool:
    """Second half: a one-time code of the authenticator, or a recovery code, which is used up."""
    now_ms, board_id = to_ms(now), services.board_id
    with writing(services.school) as connection:
        row = _row(connection, board_id, account_id=account_id)
        if row is None or row["closed_at_ms"] is not None or _locked(row, now_ms):
            return False
        seed = None
        if row["totp_sealed"] is not None:
            seed = key.unseal(row["totp_sealed"], account_id=account_id)
        step = None if seed is None else proofs.totp_step(seed, code, now=now, after=row["totp_step"])
        if step is not None:
            connection.execute(_account_update(board_id, account_id).values(totp_step=step, failures=0))
            return True
        used = connection.execute(
            update(staff_recovery_codes)
            .where(
                staff_recovery_codes.c.board_id == board_id,
                staff_recovery_codes.c.account_id == account_id,
                staff_recovery_codes.c.code_hash == proofs.recovery_hash(code, account_id=account_id),
                staff_recovery_codes.c.used_at_ms.is_(None),
            )
            .values(used_at_ms=now_ms)
        ).rowcount
        if used == 1:
            connection.execute(_account_update(board_id, account_id).values(failures=0))
            person = Actor.person(row["name"], os_account=f"page:{account_id}")
            _audit(services, connection, AuditEvent.STAFF_RECOVERY_CODE_USED, person, row["name"], now_ms)
            return True
    _failed(services, row, now=now)
    return False


def sign_in(
    services: SchoolServices,
    *,
    account_id: str,
    limits: sessions.SessionLimits,
    now: datetime,
    grants: Iterable[RoleGrant] | None = None,
) -> str:
    """Open a session for somebody who proved who they are; returns the token for the browser.

    Raises:
        DisclosureRefused: the account is closed or has no role.
    """
    now_ms, board_id = to_ms(now), services.board_id
    with writing(services.school) as connection:
        row = _row(connection, board_id, account_id=account_id)
        if row is None or row["closed_at_ms"] is not None:
            raise DisclosureRefused("This account is closed.", code="staff_account_closed")
        held = (
            sessions.grants_of(connection, board_id=board_id, account_id=account_id)
            if grants is None
            else frozenset(grants)
        )
        if not held:
            raise DisclosureRefused(
                "This account has no role here.",
                code="staff_role_missing",
                remedy="The application manager gives roles, or maps those of the identity provider.",
            )
        token = sessions.begin(
            connection, board_id=board_id, account_id=account_id, limits=limits, now_ms=now_ms, grants=grants
        )
        person = Actor.person(row["name"], os_account=f"page:{account_id}")
        _audit(services, connection, AuditEvent.STAFF_SIGNED_IN, person, row["name"], now_ms, grants=held)
    return token


def _failed(services: SchoolServices, row: RowMapping, *, now: datetime) -> None:
    now_ms = to_ms(now)
    with writing(services.school) as connection:
        again = _row(connection, services.board_id, account_id=row["account_id"])
        if again is None:
            return
        failures = again["failures"] + 1
        values: dict[str, int | None] = {"failures": failures}
        if failures >= TRIES:
            values = {"failures": 0, "locked_until_ms": now_ms + LOCKED // timedelta(milliseconds=1)}
        connection.execute(_account_update(services.board_id, row["account_id"]).values(**values))
        if failures >= TRIES:
            # One entry per lock and not per try: somebody who guesses cannot fill the log.
            _audit(services, connection, AuditEvent.STAFF_LOCKED, services.gateway(), row["name"], now_ms)


# -- keeping accounts ---------------------------------------------------------------------------------------------


def listed(services: SchoolServices, *, now: datetime) -> list[StaffAccount]:
    """Every account of the board by name; closed ones too, because registers name them."""
    with reading(services.school) as connection:
        rows = connection.execute(
            select(staff_accounts)
            .where(staff_accounts.c.board_id == services.board_id)
            .order_by(staff_accounts.c.name)
        ).mappings()
        return [_account(connection, services.board_id, row, to_ms(now)) for row in rows.all()]


def change_roles(
    services: SchoolServices, *, name: str, grants: Iterable[RoleGrant], actor: Actor, now: datetime
) -> None:
    """Give exactly these roles; acts at the next request of the person's sessions.

    Raises:
        UsageError: unknown account, or nothing left.
        DisclosureRefused: one's own roles.
    """
    name, roles, now_ms = name.strip().casefold(), frozenset(grants), to_ms(now)
    if not roles:
        raise UsageError(
            "An account needs a role.", code="staff_role_missing", remedy="Or close the account."
        )
    if actor.claim is not None and actor.claim.casefold() == name:
        # Attack: an application manager makes themselves approver, for what they registered under another name.
        raise DisclosureRefused(
            "Nobody changes their own roles.", code="own_roles", remedy="Ask another application manager."
        )
    with writing(services.school) as connection:
        row = _required(connection, services.board_id, name)
        _set_roles(connection, services.board_id, row["account_id"], roles)
        _audit(services, connection, AuditEvent.STAFF_ROLES_CHANGED, actor, name, now_ms, grants=roles)


def close(services: SchoolServices, *, name: str, actor: Actor, now: datetime) -> None:
    """Close an account for good: its sessions end now, its name is never given again."""
    now_ms = to_ms(now)
    with writing(services.school) as connection:
        row = _required(connection, services.board_id, name.strip().casefold())
        sessions.end_all(connection, board_id=services.board_id, now_ms=now_ms, account_id=row["account_id"])
        connection.execute(
            _account_update(services.board_id, row["account_id"]).values(
                closed_at_ms=now_ms, password_hash=None, totp_sealed=None
            )
        )
        _audit(services, connection, AuditEvent.STAFF_CLOSED, actor, row["name"], now_ms)


def end_sessions(services: SchoolServices, *, actor: Actor, now: datetime, name: str | None = None) -> int:
    """End every session of one account, or of everybody; returns how many."""
    with writing(services.school) as connection:
        account_id = None
        if name is not None:
            account_id = _required(connection, services.board_id, name.strip().casefold())["account_id"]
        ended = sessions.end_all(
            connection, board_id=services.board_id, now_ms=to_ms(now), account_id=account_id
        )
        audit.record(
            connection,
            AuditEvent.STAFF_SESSIONS_ENDED,
            board_id=services.board_id,
            actor=actor,
            now_ms=to_ms(now),
            object_id=name,
            details={"count": ended},
        )
    return ended


def oidc_account(
    services: SchoolServices,
    *,
    issuer: str,
    subject: str,
    name: str,
    display_name: str,
    email: str | None,
    now: datetime,
) -> str:
    """The account of somebody whom the school's identity provider vouches for; made at the first sign-in.

    An account is known by issuer and subject, never by a name or an address, which are given to another some day.

    Raises:
        DisclosureRefused: the name belongs to another account, or the account was closed.
    """
    board_id, now_ms = services.board_id, to_ms(now)
    with writing(services.school) as connection:
        row = (
            connection.execute(
                select(staff_accounts).where(
                    staff_accounts.c.board_id == board_id,
                    staff_accounts.c.issuer == issuer,
                    staff_accounts.c.subject == subject,
                )
            )
            .mappings()
            .one_or_none()
        )
        if row is not None:
            if row["closed_at_ms"] is not None:
                raise DisclosureRefused("This account is closed.", code="staff_account_closed")
            return str(row["account_id"])
        try:
            folded = require_name(name)
            return _add(
                connection, board_id, folded, display_name.strip()[:200] or folded, email, OIDC, now_ms,
                issuer=issuer, subject=subject,
            )  # fmt: skip
        except IntegrityError:
            raise DisclosureRefused(
                "Another account has this name.",
                code="staff_name_taken",
                remedy="The application manager closes the other account, or the identity provider gives another name.",
            ) from None


# -- rows ---------------------------------------------------------------------------------------------------------


def _account_update(board_id: str, account_id: str):  # type: ignore[no-untyped-def]
    return update(staff_accounts).where(
        staff_accounts.c.board_id == board_id, staff_accounts.c.account_id == account_id
    )


def _row(
    connection: Connection, board_id: str, *, name: str | None = None, account_id: str | None = None
) -> RowMapping | None:
    wanted = staff_accounts.c.name == name if name is not None else staff_accounts.c.account_id == account_id
    return (
        connection.execute(select(staff_accounts).where(staff_accounts.c.board_id == board_id, wanted))
        .mappings()
        .one_or_none()
    )


def _required(connection: Connection, board_id: str, name: str) -> RowMapping:
    row = _row(connection, board_id, name=name)
    if row is None or row["closed_at_ms"] is not None:
        raise UsageError(
            "There is no open account of this name.",
            code="staff_unknown",
            remedy="See `schuilnaam staff list`.",
        )
    return row


def _locked(row: RowMapping, now_ms: int) -> bool:
    return row["locked_until_ms"] is not None and row["locked_until_ms"] > now_ms


def _account(connection: Connection, board_id: str, row: RowMapping, now_ms: int) -> StaffAccount:
    return StaffAccount(
        account_id=row["account_id"],
        name=row["name"],
        display_name=row["display_name"],
        kind=row["kind"],
        grants=sessions.grants_of(connection, board_id=board_id, account_id=row["account_id"]),
        closed=row["closed_at_ms"] is not None,
        locked=_locked(row, now_ms),
        ready=row["kind"] == OIDC or row["password_hash"] is not None,
    )


def _add(
    connection: Connection,
    board_id: str,
    name: str,
    display_name: str,
    email: str | None,
    kind: str,
    now_ms: int,
    *,
    issuer: str | None = None,
    subject: str | None = None,
) -> str:
    account_id = secrets.token_hex(8)
    connection.execute(
        insert(staff_accounts).values(
            board_id=board_id,
            account_id=account_id,
            name=name,
            display_name=display_name,
            email=email,
            kind=kind,
            issuer=issuer,
            subject=subject,
            failures=0,
            created_at_ms=now_ms,
        )
    )
    return account_id


def _set_roles(connection: Connection, board_id: str, account_id: str, grants: frozenset[RoleGrant]) -> None:
    connection.execute(
        delete(staff_roles).where(staff_roles.c.board_id == board_id, staff_roles.c.account_id == account_id)
    )
    for grant in grants:
        connection.execute(
            insert(staff_roles).values(
                board_id=board_id,
                account_id=account_id,
                role=grant.role.value,
                school=grant.school or "",
            )
        )


def _set_recovery_codes(connection: Connection, board_id: str, account_id: str, codes: Iterable[str]) -> None:
    connection.execute(
        delete(staff_recovery_codes).where(
            staff_recovery_codes.c.board_id == board_id, staff_recovery_codes.c.account_id == account_id
        )
    )
    for code in codes:
        connection.execute(
            insert(staff_recovery_codes).values(
                board_id=board_id,
                account_id=account_id,
                code_hash=proofs.recovery_hash(code, account_id=account_id),
            )
        )


def _forget_passkeys(connection: Connection, board_id: str, account_id: str) -> None:
    connection.execute(
        delete(staff_passkeys).where(
            staff_passkeys.c.board_id == board_id, staff_passkeys.c.account_id == account_id
        )
    )


def _invitation(connection: Connection, board_id: str, token: str, now_ms: int) -> str | None:
    return connection.scalar(
        select(staff_invitations.c.account_id).where(
            staff_invitations.c.board_id == board_id,
            staff_invitations.c.token_hash == proofs.token_hash(token),
            staff_invitations.c.used_at_ms.is_(None),
            staff_invitations.c.expires_at_ms > now_ms,
        )
    )


def _audit(
    services: SchoolServices,
    connection: Connection,
    event: AuditEvent,
    actor: Actor,
    name: str,
    now_ms: int,
    *,
    grants: Iterable[RoleGrant] = (),
) -> None:
    codes = sorted(grant.role.value + (f"/{grant.school}" if grant.school else "") for grant in grants)
    audit.record(
        connection,
        event,
        board_id=services.board_id,
        actor=actor,
        now_ms=now_ms,
        object_id=name,
        details={"codes": tuple(codes)} if codes else {},
    )


def grants_from(words: Iterable[str]) -> frozenset[RoleGrant]:
    """`approver`, `school_leader/99ZZ` ... as roles; raises `UsageError`."""
    found: set[RoleGrant] = set()
    for word in words:
        role, _, school = word.strip().partition("/")
        try:
            found.add(RoleGrant(Role(role), school or None))
        except ValueError:
            raise UsageError(
                "A role is one of "
                + ", ".join(each.value for each in Role)
                + "; a school's role is written as role/BRIN.",
                code="staff_role_unknown",
            ) from None
    return frozenset(found)
