"""What the start page shows: how far the set-up is, and what needs somebody's action now. Counts and codes only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from contracts.instants import local_day, starts_at, to_ms
from contracts.terms import NoticeState, ShreddingState
from contracts.transitions import Version
from contracts.vocabulary import AgreementState
from gateway.connections import clients, source_settings
from gateway.database import reading
from gateway.inbox import letters
from gateway.registers import audit, log
from gateway.registers.audit_events import AuditEvent
from gateway.registers.tables import Log
from gateway.school.agreements import reading_agreements
from gateway.school.mail import stored as mail
from gateway.school.mail.stored import MailState
from gateway.school.relink import quarantine
from gateway.school.services import SchoolServices
from gateway.school.terms import agenda
from gateway.school.terms.agenda import Line, Matter
from gateway.school.vendors import stops
from gateway.school.vendors.stops import StoppedVendor

ENDING_SOON: Final = timedelta(days=60)

_ANSWERED_BY_PEOPLE: Final = frozenset({NoticeState.OPEN.value, ShreddingState.PROPOSED.value})
"""States of lines of the agenda that wait for somebody though they are not late."""

STEPS: Final = (
    "ring",
    "sheet",
    "staff",
    "source",
    "schools",
    "agreement",
    "approved",
    "active",
    "client",
    "refreshed",
    "pulled",
)
"""The set-up in order; texts are the page's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingAgreement:
    """An agreement whose last day is near."""

    reference: str
    recipient: str
    last_day: date
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsAction:
    """What waits for somebody."""

    ending: tuple[EndingAgreement, ...]
    waiting: tuple[Version, ...]
    """Registered and not approved, or approved and not active."""
    altered: tuple[str, ...]
    stopped: tuple[StoppedVendor, ...]
    terms: tuple[Line, ...]
    """Of the agenda: what is late, and what waits for a person's answer."""
    mails_failed: int
    refused_today: int
    quarantined: int
    dead_letters: int
    held_back: int

    @property
    def nothing(self) -> bool:
        """Whether all is well."""
        return not (
            self.ending
            or self.waiting
            or self.altered
            or self.stopped
            or self.terms
            or self.mails_failed
            or self.refused_today
            or self.quarantined
            or self.dead_letters
            or self.held_back
        )


def steps_done(services: SchoolServices) -> frozenset[str]:
    """Which steps of the set-up are behind us."""
    board_id, done = services.board_id, {"ring"}
    happened = {
        "sheet": AuditEvent.RING_SHEET_CONFIRMED,
        "source": AuditEvent.SOURCE_CHECKED,
        "schools": AuditEvent.SOURCE_SCHOOLS_MAPPED,
        "agreement": AuditEvent.AGREEMENT_REGISTERED,
        "approved": AuditEvent.AGREEMENT_APPROVED,
        "active": AuditEvent.AGREEMENT_ACTIVATED,
        "refreshed": AuditEvent.REFRESH_FINISHED,
    }
    with reading(services.school) as connection:
        done |= {
            step
            for step, event in happened.items()
            if audit.count_since(connection, event, board_id=board_id)
        }
        # One person cannot approve what they entered: the set-up needs two.
        if audit.count_since(connection, AuditEvent.STAFF_CREDENTIALS_SET, board_id=board_id) >= 2:
            done.add("staff")
    if not source_settings.listed(services.school, board_id=board_id):
        done.discard("source")
    with reading(services.front) as connection:
        if any(each.revoked_at_ms is None for each in clients.listed(connection, board_id=board_id)):
            done.add("client")
        if log.count(connection, Log.DISCLOSURES, board_id=board_id):
            done.add("pulled")
    return frozenset(done)


def needs_action(services: SchoolServices, *, now: datetime) -> NeedsAction:
    """What waits for somebody now."""
    board_id, today = services.board_id, local_day(now)
    midnight_ms = to_ms(starts_at(today))
    with reading_agreements(services) as book:
        versions, altered, owners = book.listing(), book.altered(), book.products()
    with reading(services.front) as connection:
        refused = audit.count_since(
            connection, AuditEvent.REQUEST_REFUSED, board_id=board_id, since_ms=midnight_ms
        )
        dead = len(letters.dead_letters(connection, board_id=board_id))
    with reading(services.school) as connection:
        stopped = stops.stopped(connection, owners, board_id=board_id)
        failed = mail.count(connection, board_id=board_id, state=MailState.FAILED)
        quarantined = len(quarantine.listed(connection, board_id=board_id))
        held_back = audit.count_since(
            connection, AuditEvent.REFRESH_HELD_BACK, board_id=board_id, since_ms=midnight_ms
        )
    return NeedsAction(
        ending=tuple(_ending(versions, today)),
        waiting=tuple(
            each for each in versions if each.state in (AgreementState.REGISTERED, AgreementState.APPROVED)
        ),
        altered=tuple(altered),
        stopped=tuple(stopped),
        terms=tuple(line for line in agenda.agenda(services, now=now) if _waits(line)),
        mails_failed=failed,
        refused_today=refused,
        quarantined=quarantined,
        dead_letters=dead,
        held_back=held_back,
    )


def _waits(line: Line) -> bool:
    """An end that is near is told with the agreements themselves."""
    if line.matter is Matter.END:
        return False
    return line.late or line.state in _ANSWERED_BY_PEOPLE


def _ending(versions: list[Version], today: date) -> list[EndingAgreement]:
    found: list[EndingAgreement] = []
    for version in versions:
        until = version.outbound_until()
        if version.state not in (AgreementState.ACTIVE, AgreementState.SUSPENDED) or until is None:
            continue
        last = local_day(until - timedelta(microseconds=1))
        if last - today <= ENDING_SOON:
            found.append(
                EndingAgreement(
                    reference=version.reference,
                    recipient=version.agreement.processor.name,
                    last_day=last,
                    days=(last - today).days,
                )
            )
    return sorted(found, key=lambda each: each.last_day)
