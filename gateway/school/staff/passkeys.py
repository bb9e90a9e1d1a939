"""Passkeys of local accounts: a key on a phone, laptop or stick that signs in by itself, without password and code.

Guarantees: the key is bound to the address of the staff pages, so a copied page gets nothing; it asks for a finger,
face or PIN each time (user verification), which makes it two proofs in one; a key whose counter went back is refused as
a copy; whoever adds one gives a one-time code besides, so an open session that somebody borrows becomes no key.
Does not guarantee: that one answer is used once only. It is bound to a challenge that lives five minutes in the signed
cookie of one browser; who has that cookie and the answer has the session as well.

Source: W3C Web Authentication Level 2, sections 7.1 and 7.2; NIST SP 800-63B section 5.1.9.
"""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import webauthn
from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from contracts.instants import to_ms
from gateway import strict_json
from gateway.database import reading, writing
from gateway.errors import UsageError
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.school.services import SchoolServices
from gateway.school.staff.tables import staff_accounts, staff_passkeys

MOST: Final = 10
"""Passkeys of one account."""
MAX_LABEL: Final = 64
MAX_ANSWER_BYTES: Final = 20_000
CHALLENGE_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Place:
    """The staff pages as an authenticator sees them."""

    rp_id: str
    """Host name; a key works for this one only."""
    origin: str

    @classmethod
    def of(cls, pages_url: str) -> Place | None:
        """None where browsers know no passkeys: at a bare IP address (Web Authentication, 5.1.3)."""
        parts = urlsplit(pages_url)
        host = parts.hostname or ""
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return cls(host, f"{parts.scheme}://{parts.netloc}") if host else None
        return None


@dataclass(frozen=True, slots=True)
class Passkey:
    """One key of an account."""

    id: str
    """Hexadecimal start of the credential's id, to name it in a form."""
    label: str
    created_at_ms: int


def new_challenge() -> bytes:
    """What the next answer must sign."""
    return secrets.token_bytes(CHALLENGE_BYTES)


def listed(services: SchoolServices, *, account_id: str) -> list[Passkey]:
    """The keys of an account, oldest first."""
    with reading(services.school) as connection:
        rows = _of_account(connection, services.board_id, account_id)
    return [Passkey(_name(row["credential_id"]), row["label"], row["created_at_ms"]) for row in rows]


def creation_options(
    services: SchoolServices, place: Place, *, account_id: str, name: str, challenge: bytes
) -> str:
    """What the browser needs to make a key, as JSON."""
    with reading(services.school) as connection:
        rows = _of_account(connection, services.board_id, account_id)
    options = webauthn.generate_registration_options(
        rp_id=place.rp_id,
        rp_name="Schuilnaam",
        user_id=account_id.encode(),
        user_name=name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=row["credential_id"]) for row in rows],
    )
    return webauthn.options_to_json(options)


def request_options(place: Place, *, challenge: bytes) -> str:
    """What the browser needs to sign in, as JSON; names nobody, so that a stranger learns of no account."""
    options = webauthn.generate_authentication_options(
        rp_id=place.rp_id, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
    )
    return webauthn.options_to_json(options)


def add(
    services: SchoolServices,
    place: Place,
    *,
    account_id: str,
    actor: Actor,
    label: str,
    answer: str,
    challenge: bytes,
    now: datetime,
) -> None:
    """Keep the key that a browser just made.

    Raises:
        UsageError: `passkey_refused`: the answer is not right for this address and challenge; `passkey_too_many`.
    """
    label = " ".join(label.split())[:MAX_LABEL] or "passkey"
    try:
        made = webauthn.verify_registration_response(
            credential=_parsed(answer),
            expected_challenge=challenge,
            expected_rp_id=place.rp_id,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        # Its text may quote the answer, so nothing of it is passed on.
        raise _refused() from None
    with writing(services.school) as connection:
        row = _account(connection, services.board_id, account_id)
        if row is None:
            raise _refused()
        mine = staff_passkeys.c.account_id == account_id
        of_board = staff_passkeys.c.board_id == services.board_id
        count = connection.execute(select(func.count()).select_from(staff_passkeys).where(of_board, mine))
        if count.scalar_one() >= MOST:
            raise UsageError(
                f"An account has at most {MOST} passkeys.",
                code="passkey_too_many",
                remedy="Remove one that is not used any more.",
            )
        taken = select(staff_passkeys.c.label).where(
            of_board, staff_passkeys.c.credential_id == made.credential_id
        )
        if connection.execute(taken).first() is not None:
            # Attack: a key of somebody else is registered once more, for one's own account (7.1, step 22).
            raise _refused()
        connection.execute(
            insert(staff_passkeys).values(
                board_id=services.board_id,
                credential_id=made.credential_id,
                account_id=account_id,
                public_key=made.credential_public_key,
                sign_count=made.sign_count,
                label=label,
                created_at_ms=to_ms(now),
            )
        )
        _audit(services, connection, AuditEvent.STAFF_PASSKEY_ADDED, actor, row["name"], now)


def remove(services: SchoolServices, *, account_id: str, key: str, actor: Actor, now: datetime) -> bool:
    """Forget one of somebody's own keys; False where there is none of that name."""
    with writing(services.school) as connection:
        row = _account(connection, services.board_id, account_id)
        found = [
            each["credential_id"]
            for each in _of_account(connection, services.board_id, account_id)
            if _name(each["credential_id"]) == key
        ]
        if row is None or not found:
            return False
        connection.execute(
            delete(staff_passkeys).where(
                staff_passkeys.c.board_id == services.board_id,
                staff_passkeys.c.account_id == account_id,
                staff_passkeys.c.credential_id == found[0],
            )
        )
        _audit(services, connection, AuditEvent.STAFF_PASSKEY_REMOVED, actor, row["name"], now)
    return True


def account_of(services: SchoolServices, place: Place, *, answer: str, challenge: bytes) -> str | None:
    """Whose key signed this challenge; None for anything that is not right."""
    try:
        credential = _parsed(answer)
        credential_id = base64url_to_bytes(str(credential["rawId"]))
    except (ValueError, KeyError, TypeError):
        return None
    with writing(services.school) as connection:
        of_key = (
            staff_passkeys.c.board_id == services.board_id,
            staff_passkeys.c.credential_id == credential_id,
        )
        row = connection.execute(select(staff_passkeys).where(*of_key)).mappings().one_or_none()
        if row is None or _account(connection, services.board_id, row["account_id"]) is None:
            return None
        try:
            right = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=place.rp_id,
                expected_origin=place.origin,
                credential_public_key=row["public_key"],
                credential_current_sign_count=row["sign_count"],
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            return None
        connection.execute(update(staff_passkeys).where(*of_key).values(sign_count=right.new_sign_count))
    return str(row["account_id"])


def _parsed(answer: str) -> dict[str, object]:
    parsed = strict_json.loads(answer.encode("utf-8", "surrogatepass"), max_bytes=MAX_ANSWER_BYTES)
    if not isinstance(parsed, dict):
        raise TypeError("no object")
    return parsed


def _refused() -> UsageError:
    return UsageError(
        "This passkey cannot be used here.",
        code="passkey_refused",
        remedy="Open the page again at its own address and repeat, with a device that asks for finger, face or PIN.",
    )


def _name(credential_id: bytes) -> str:
    return credential_id[:16].hex()


def _of_account(connection: Connection, board_id: str, account_id: str) -> list[RowMapping]:
    query = (
        select(staff_passkeys)
        .where(staff_passkeys.c.board_id == board_id, staff_passkeys.c.account_id == account_id)
        .order_by(staff_passkeys.c.created_at_ms, staff_passkeys.c.credential_id)
    )
    return list(connection.execute(query).mappings().all())


def _account(connection: Connection, board_id: str, account_id: str) -> RowMapping | None:
    """The account where it is open."""
    query = select(staff_accounts.c.name).where(
        staff_accounts.c.board_id == board_id,
        staff_accounts.c.account_id == account_id,
        staff_accounts.c.closed_at_ms.is_(None),
    )
    return connection.execute(query).mappings().one_or_none()


def _audit(
    services: SchoolServices,
    connection: Connection,
    event: AuditEvent,
    actor: Actor,
    name: str,
    now: datetime,
) -> None:
    audit.record(
        connection,
        event,
        board_id=services.board_id,
        actor=actor,
        now_ms=to_ms(now),
        object_id=name,
        details={},
    )
