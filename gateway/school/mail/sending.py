"""Sending what is due in the outbox, and looking at it.

 1. what waits for longer than a week is given up: it would tell of what is long past
 2. a mail is claimed, in a transaction of its own (`stored.LEASE_MS`)
 3. it is sent to every address that its roles have now
 4. how that ended is written down: sent, again later, or failed for good
 5. where the mail server itself is the trouble, the others are not tried now

A mail that the server took and that could not be written down as sent is sent again, with the same Message-ID.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from contracts.instants import to_ms
from gateway.database import reading, writing
from gateway.errors import DeliveryError, DisclosureRefused, GatewayError, GatewayUnready, UsageError
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.school.mail import smtp, stored
from gateway.school.mail.roles import MAIL_ROLES, addresses_of
from gateway.school.mail.stored import MailState, StoredMail
from gateway.school.receipts import stored as receipts
from gateway.school.services import SchoolServices
from gateway.school.staff.roles import Role
from gateway.settings import MailSettings, load_mail_settings

GIVE_UP: Final = timedelta(days=7)
WAITS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
"""After the first failure, the second, ...; the last one again and again."""
_ABOUT_THE_MAIL: Final = frozenset({"mail_recipient_refused", "mail_refused", "mail_nobody"})
"""Failures that say nothing about other mails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What one round did."""

    sent: int = 0
    again: int = 0
    """Failed, and tried again later."""
    failed: int = 0
    """Given up."""
    failure: str | None = None
    """The last stable code of a failure."""


def send_due(services: SchoolServices, *, now: Callable[[], datetime]) -> Sent:
    """Send every mail that is due.

    Raises:
        SettingsError: `mail.toml` cannot be used.
    """
    settings = load_mail_settings(services.settings.home)
    with writing(services.school) as connection:
        old = stored.give_up_older(
            connection, board_id=services.board_id, created_before_ms=to_ms(now() - GIVE_UP)
        )
    done = Sent(failed=old, failure="mail_too_old" if old else None)
    while settings is not None:
        with writing(services.school) as connection:
            mail = stored.claim_next(connection, board_id=services.board_id, now_ms=to_ms(now()))
        if mail is None:
            break
        try:
            to, refused = _send(services, settings, mail, now=now())
        except GatewayError as error:
            done = _failed(services, mail, error, done, now=now())
            if error.code not in _ABOUT_THE_MAIL:
                break
        else:
            with writing(services.school) as connection:
                stored.settle(connection, mail, now_ms=to_ms(now()), sent_to=to, refused_for=refused)
            done = Sent(sent=done.sent + 1, again=done.again, failed=done.failed, failure=done.failure)
    return done


def _send(
    services: SchoolServices, settings: MailSettings, mail: StoredMail, *, now: datetime
) -> tuple[list[str], list[str]]:
    to = addresses_of(settings, mail.roles)
    if not to:
        raise GatewayUnready(
            "No role of this mail has an address.", code="mail_nobody", remedy="Add one in mail.toml."
        )
    message = smtp.message(
        settings,
        to=to,
        subject=mail.subject,
        body=mail.body,
        message_id=f"schuilnaam-{services.board_id}-{mail.number}",
        language=services.settings.language,
        now=now,
        attached=_receipt(services, mail),
    )
    refused = smtp.send(settings, services.settings.secrets_folder, message, to)
    return [address for address in to if address not in refused], refused


def _receipt(services: SchoolServices, mail: StoredMail) -> tuple[str, bytes] | None:
    if mail.receipt is None:
        return None
    with reading(services.school) as connection:
        found = receipts.page(connection, mail.receipt, board_id=services.board_id)
    return None if found is None else (f"schuilnaam-{mail.receipt}.html", found.content)


def _failed(
    services: SchoolServices, mail: StoredMail, error: GatewayError, done: Sent, *, now: datetime
) -> Sent:
    permanent = isinstance(error, DeliveryError) and error.permanent
    wait = WAITS[min(mail.attempts, len(WAITS)) - 1]
    with writing(services.school) as connection:
        stored.settle(
            connection,
            mail,
            now_ms=to_ms(now),
            failure=error.code,
            again_at_ms=None if permanent else to_ms(now + wait),
        )
    return Sent(
        sent=done.sent,
        again=done.again + (not permanent),
        failed=done.failed + permanent,
        failure=error.code,
    )


def outbox(services: SchoolServices, *, state: MailState | None = None) -> list[StoredMail]:
    """The newest mails, newest first."""
    with reading(services.school) as connection:
        return stored.listed(connection, board_id=services.board_id, state=state)


def resend(services: SchoolServices, actor: Actor, number: int, *, now: datetime) -> StoredMail:
    """Let a mail that could not be sent wait again, as if it were new; to the addresses that its roles have now.

    Raises:
        UsageError: `mail_unknown`.
        DisclosureRefused: `mail_not_failed`; what was sent or still waits is not sent twice.
    """
    with writing(services.school) as connection:
        if stored.get(connection, number, board_id=services.board_id) is None:
            raise UsageError(
                "There is no mail of this number.",
                code="mail_unknown",
                remedy="See `schuilnaam mail outbox`.",
            )
        if not stored.again(connection, number, board_id=services.board_id, now_ms=to_ms(now)):
            raise DisclosureRefused(
                "Only a mail that could not be sent is sent again.",
                code="mail_not_failed",
                remedy="See `schuilnaam mail outbox`.",
            )
        found = stored.get(connection, number, board_id=services.board_id)
        assert found is not None
        audit.record(
            connection,
            AuditEvent.MAIL_RESENT,
            board_id=services.board_id,
            actor=actor,
            now_ms=to_ms(now),
            object_id=f"mail/{number}",
            details={"kind": found.occasion},
        )
    return found


@dataclass(frozen=True, slots=True)
class Tested:
    """A mail to try out the settings."""

    to: tuple[str, ...]
    refused: tuple[str, ...]


def send_test(services: SchoolServices, actor: Actor, *, role: Role | None, now: datetime) -> Tested:
    """Send one mail, now and past the outbox, to the addresses of a role or of all.

    Raises:
        GatewayUnready: `mail_not_configured`, `mail_nobody`.
        DeliveryError: the mail server did not take it.
    """
    settings = load_mail_settings(services.settings.home)
    if settings is None:
        raise GatewayUnready(
            "No mail server is set up, so nobody is told of anything by mail.",
            code="mail_not_configured",
            remedy="Write mail.toml in the home folder; see docs/terms.md.",
        )
    to = addresses_of(settings, MAIL_ROLES if role is None else (role,))
    if not to:
        raise GatewayUnready("No address is set.", code="mail_nobody", remedy="Add one in mail.toml.")
    moment = to_ms(now)
    message = smtp.message(
        settings,
        to=to,
        subject=f"Schuilnaam: test ({services.settings.board_name[:80]})",
        body="Deze proef komt van Schuilnaam: e-mail werkt.\n\nThis test comes from Schuilnaam: mail works.\n",
        message_id=f"schuilnaam-{services.board_id}-test-{moment}",
        language=services.settings.language,
        now=now,
    )
    refused = smtp.send(settings, services.settings.secrets_folder, message, to)
    audit.record(
        services.school,
        AuditEvent.MAIL_TESTED,
        board_id=services.board_id,
        actor=actor,
        now_ms=moment,
        details={"count": len(to) - len(refused)},
    )
    return Tested(tuple(address for address in to if address not in refused), tuple(refused))
