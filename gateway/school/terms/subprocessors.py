"""Sub-processors that vendors announce, the term to object, and what the board answered (GDPR art. 28(2))."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final

from contracts.calendar import Occasion
from contracts.errors import NotFound
from contracts.instants import local_day, to_ms
from contracts.terms import NoticeAnswer, SubprocessorNotice, objection_day
from contracts.transitions import RUNNING, Version, parse_reference
from gateway.database import reading, writing
from gateway.errors import DisclosureRefused, UsageError
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.school import documents
from gateway.school.agreements import reading_agreements
from gateway.school.documents import Paper
from gateway.school.mail.outbox import Outbox
from gateway.school.mail.phrases import Phrase
from gateway.school.mail.wording import Fact
from gateway.school.services import SchoolServices
from gateway.school.terms import stored
from gateway.school.terms.stored import Notice
from gateway.school.vendors.switch import checked_reason

_COUNTRY: Final = re.compile(r"[A-Z]{2}\Z")
MAX_NAME: Final = 120


def notices(services: SchoolServices) -> list[Notice]:
    """Every notice, newest first; ask each `notice.state(today)`."""
    with reading(services.school) as connection:
        return stored.notices_of(connection, board_id=services.board_id)


def announce(
    services: SchoolServices,
    actor: Actor,
    agreement: str,
    *,
    name: str,
    country: str,
    service: str,
    announced_on: date,
    paper: Paper | None,
    now: datetime,
) -> Notice:
    """Register that a vendor announced a sub-processor; the term of the agreement in force counts.

    Raises:
        NotFound: `agreement_unknown`.
        UsageError: `subprocessor_invalid`, `date_invalid`.
        DisclosureRefused: `agreement_not_active`, `not_a_processor`.
    """
    name, service = _plain(name), _plain(service)
    if not _COUNTRY.match(country):
        raise UsageError("A country is two capitals, such as NL.", code="subprocessor_invalid")
    if announced_on > local_day(now):
        raise UsageError(
            "The day is the one on which the vendor said it, not a later one.", code="date_invalid"
        )
    version = _running(services, agreement)
    if version.agreement.art28 is None:
        raise DisclosureRefused(
            "This recipient is no processor, so the rule on sub-processors (GDPR art. 28) is not about it.",
            code="not_a_processor",
            remedy="Look at what was agreed with it; see `schuilnaam agreement show`.",
        )
    clause = version.agreement.art28.d_subprocessors
    with writing(services.school) as connection:
        kept = None if paper is None else documents.keep(services.settings, paper)
        notice = SubprocessorNotice(
            number=0,
            agreement=version.reference,
            name=name,
            country=country,
            service=service,
            announced_on=announced_on,
            object_by=objection_day(version.agreement, announced_on=announced_on),
            specific=clause.authorisation == "specific",
            clause=clause.clause,
        )
        number = stored.add_notice(
            connection,
            notice,
            board_id=services.board_id,
            actor=actor,
            document=kept,
            now_ms=to_ms(now),
        )
        details: dict[str, audit.DetailValue] = {"on": announced_on.isoformat(), "explanation": name}
        if kept is not None:
            details["digest"] = kept.sha256
        audit.record(
            connection,
            AuditEvent.SUBPROCESSOR_ANNOUNCED,
            board_id=services.board_id,
            actor=actor,
            now_ms=to_ms(now),
            object_id=_object(number),
            details=details,
        )
        found = stored.notice_of(connection, number, board_id=services.board_id)
        assert found is not None
        Outbox(connection, services.settings, now=now).tell(
            Occasion.SUBPROCESSOR_ANNOUNCED,
            f"subprocessor_announced {number}",
            facts_of(found.notice, vendor=version.agreement.processor.name),
            agreement=version.reference,
        )
    return found


def answer(
    services: SchoolServices,
    actor: Actor,
    number: int,
    said: NoticeAnswer,
    *,
    reason: str | None,
    now: datetime,
) -> Notice:
    """Record the board's answer; after the term too, and then the notice says that it was late.

    Raises:
        UsageError: `notice_unknown`, `reason_missing` (an objection has a reason).
        DisclosureRefused: `notice_answered` before.
    """
    if said is NoticeAnswer.OBJECTED or reason is not None:
        reason = checked_reason(reason or "")
    with reading_agreements(services) as register:
        vendors = {version.reference: version.agreement.processor.name for version in register.listing()}
    with writing(services.school) as connection:
        found = stored.notice_of(connection, number, board_id=services.board_id)
        if found is None:
            raise UsageError(
                "There is no sub-processor notice of this number.",
                code="notice_unknown",
                remedy="See `schuilnaam subprocessor list`.",
            )
        if found.notice.answer is not None:
            raise DisclosureRefused(
                "This notice is answered already.",
                code="notice_answered",
                remedy="See `schuilnaam subprocessor list`; register the vendor's new notice if there is one.",
            )
        stored.answer_notice(
            connection,
            number,
            board_id=services.board_id,
            answer=said,
            on=local_day(now),
            actor=actor,
            reason=reason,
        )
        event = AuditEvent.SUBPROCESSOR_OBJECTED
        if said is NoticeAnswer.ACCEPTED:
            event = AuditEvent.SUBPROCESSOR_ACCEPTED
        audit.record(
            connection,
            event,
            board_id=services.board_id,
            actor=actor,
            now_ms=to_ms(now),
            object_id=_object(number),
            details={} if reason is None else {"explanation": reason},
        )
        done = stored.notice_of(connection, number, board_id=services.board_id)
        assert done is not None
        Outbox(connection, services.settings, now=now).tell(
            Occasion.SUBPROCESSOR_ANSWERED,
            f"subprocessor_answered {number}",
            {
                "subprocessor": done.notice.name,
                "vendor": vendors.get(done.notice.agreement, done.notice.agreement),
                "agreement": done.notice.agreement,
                "by": actor.claim or "",
                "answer": _phrase(done.notice),
            },
            agreement=done.notice.agreement,
        )
    return done


def facts_of(notice: SubprocessorNotice, *, vendor: str) -> dict[str, Fact]:
    """What mails about a notice say."""
    return {
        "number": str(notice.number),
        "agreement": notice.agreement,
        "vendor": vendor,
        "subprocessor": notice.name,
        "country": notice.country,
        "announced_on": notice.announced_on,
        "on": notice.object_by,
        "clause": notice.clause,
        "term": Phrase.NO_TERM if notice.object_by is None else Phrase.TERM,
        "silence": Phrase.SILENCE_SPECIFIC if notice.specific else Phrase.SILENCE_GENERAL,
    }


def _phrase(notice: SubprocessorNotice) -> Phrase:
    if notice.answer is NoticeAnswer.ACCEPTED:
        return Phrase.ACCEPTED
    return Phrase.OBJECTED_LATE if notice.late else Phrase.OBJECTED


def _running(services: SchoolServices, agreement: str) -> Version:
    parts = parse_reference(agreement)
    with reading_agreements(services) as register:
        known = [version for version in register.listing() if parts and version.agreement_id == parts[0]]
    if parts is None or not known:
        raise NotFound(
            "agreement_unknown", "No agreement of this number is registered.", "See `agreement list`."
        )
    for version in known:
        if version.state in RUNNING and parts[1] in (None, version.version):
            return version
    raise DisclosureRefused(
        "This agreement is not active, so no term to object runs.",
        code="agreement_not_active",
        remedy="See `schuilnaam agreement list`.",
    )


def _plain(text: str) -> str:
    plain = " ".join(text.split())
    if not plain or len(plain) > MAX_NAME or not plain.isprintable():
        raise UsageError(
            "A name and a service are needed, each of at most 120 characters.", code="subprocessor_invalid"
        )
    return plain


def _object(number: int) -> str:
    return f"subprocessor/{number}"
