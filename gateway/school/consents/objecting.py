"""Objections (GDPR art. 21), and leaving one person out of a product for another reason; each with its last day.

An objection acts at once, as a withdrawal does, and lifts by itself after its last day: the next refresh brings the
person back, under the same pseudonym. Where a product rests on consent there is nothing to object to: consent is
withdrawn. An objection against every product holds there too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from contracts.consents import objects
from contracts.instants import from_ms, local_day, to_ms
from contracts.legal_bases import needs_consent
from gateway.database import reading, writing
from gateway.errors import DisclosureRefused, UsageError
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.school import refreshing
from gateway.school.consents.facts import as_objections
from gateway.school.consents.people import ask, sources_by_space, space_of, subjects_of
from gateway.school.consents.products import require_known
from gateway.school.consents.recording import register_access, require_reason
from gateway.school.consents.rows import ABOUT_OBJECTIONS, ConsentRows, RecordedObjection, Whom
from gateway.school.consents.taking_away import OBJECTION, Taken, TakingAway, register_drafts
from gateway.school.services import SchoolServices

MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class Objecting:
    """What became of an objection that was recorded."""

    objection: RecordedObjection
    taken: tuple[Taken, ...]
    """Per product that it takes the person out of."""


@dataclass(frozen=True, slots=True)
class ListedObjection:
    """One objection as it stands."""

    number: int
    source: str | None
    """None where the source was taken away."""
    identifier: str = field(repr=False)
    product: str | None
    made_on: date
    until_on: date | None
    holds: bool
    reason: str = field(repr=False)


def add(
    services: SchoolServices,
    actor: Actor,
    *,
    source: str,
    identifier: str,
    product: str | None,
    reason: str,
    until_on: date | None,
    now: datetime,
) -> Objecting:
    """Leave a person out of a product, or (None) of every product, until the end of a day or until it is lifted.

    Raises:
        UsageError: `source_unknown`, `product_unknown`, `pupil_unknown`, `reason_missing`, `until_passed`.
        DisclosureRefused: `objection_on_consent`, `objection_known`.
        SourceError: the school's system does not answer.
    """
    if not reason.strip() or len(reason) > MAX_REASON:
        raise UsageError(f"A reason has 1 to {MAX_REASON} characters.", code="reason_missing")
    if until_on is not None and until_on < local_day(now):
        raise UsageError("Its last day has passed.", code="until_passed", remedy="Give a later day.")
    products = _products(services, product, now=now)
    space = space_of(services, source)
    whom = Whom(space.number, identifier)
    subjects = subjects_of(services, whom)
    register_access(services, actor, [subjects[0]], product=product, now=now, reason="recording an objection")
    if identifier not in ask(services, source, [identifier]):
        raise UsageError("The school's system has nobody of this id.", code="pupil_unknown")
    with writing(services.school) as connection:
        rows = ConsentRows(connection, services.ring, board_id=services.board_id)
        rows.lock()
        known = as_objections(rows.objections(subjects=subjects))
        if any(
            each.product == product and objects([held], product=product or "", now=now)
            for each, held in known
        ):
            raise DisclosureRefused(
                "An objection of this person against this is recorded already.",
                code="objection_known",
                remedy="Lift it first to give it another last day.",
            )
        recorded = rows.add_objection(
            RecordedObjection(
                number=0,
                whom=whom,
                product=product,
                until_on=until_on,
                reason=reason.strip(),
                recorded_by=actor.claim or "",
                os_account=actor.os_account or "",
                recorded_at_ms=to_ms(now),
            ),
            subject=subjects[0],
        )
        taking = TakingAway(services, now=now)
        taken = tuple(taking.take(rows, whom, each, cause=OBJECTION, subjects=subjects) for each in products)
        details: dict[str, audit.DetailValue] = {"number": recorded.number, "newest": recorded.number}
        if until_on is not None:
            details["on"] = until_on.isoformat()
        audit.record(
            connection,
            AuditEvent.OBJECTION_ADDED,
            board_id=services.board_id,
            actor=actor,
            now_ms=to_ms(now),
            product=product,
            object_id=ABOUT_OBJECTIONS,
            details=details,
        )
        register_drafts(services, connection, taken, now=now)
    return Objecting(recorded, taken)


def _products(services: SchoolServices, product: str | None, *, now: datetime) -> Sequence[str]:
    if product is None:
        return sorted(refreshing.key_of_product(services))
    version = require_known(services, product, now=now)[0]
    if needs_consent(version.compiled(product).legal_basis):
        raise DisclosureRefused(
            "This product rests on consent: without one nobody is in it, and one that was given is withdrawn.",
            code="objection_on_consent",
            remedy="See `schuilnaam consent withdraw`.",
        )
    return [product]


def lift(services: SchoolServices, actor: Actor, number: int, *, now: datetime) -> RecordedObjection:
    """End an objection before its last day; the next refresh brings the person back.

    Raises:
        UsageError: `objection_unknown`. DisclosureRefused: `objection_lifted`.
    """
    with reading(services.school) as connection:
        rows = ConsentRows(connection, services.ring, board_id=services.board_id)
        found = _numbered(rows.objections(), number)
    subjects = subjects_of(services, found.whom)
    register_access(
        services, actor, [subjects[0]], product=found.product, now=now, reason="lifting an objection"
    )
    with writing(services.school) as connection:
        rows = ConsentRows(connection, services.ring, board_id=services.board_id)
        rows.lock()
        every = rows.objections()
        if any(each.lifts == number for each in every):
            raise DisclosureRefused("This objection was lifted before.", code="objection_lifted")
        row = RecordedObjection(
            number=0,
            whom=found.whom,
            product=found.product,
            lifts=number,
            recorded_by=actor.claim or "",
            os_account=actor.os_account or "",
            recorded_at_ms=to_ms(now),
        )
        added = rows.add_objection(row, subject=subjects[0])
        audit.record(
            connection,
            AuditEvent.OBJECTION_LIFTED,
            board_id=services.board_id,
            actor=actor,
            now_ms=to_ms(now),
            product=found.product,
            object_id=ABOUT_OBJECTIONS,
            details={"number": number, "newest": added.number},
        )
    return found


def _numbered(objections: Sequence[RecordedObjection], number: int) -> RecordedObjection:
    for each in objections:
        if each.number == number and each.lifts is None:
            return each
    raise UsageError(
        "There is no objection of this number.", code="objection_unknown", remedy="See objection list."
    )


@dataclass(frozen=True, slots=True)
class ObjectionSummary:
    """One objection without whom it is about, and without its reason."""

    number: int
    product: str | None
    made_on: date
    until_on: date | None
    lifted: bool
    holds: bool


def summaries(services: SchoolServices, *, now: datetime) -> list[ObjectionSummary]:
    """Every objection, the newest first; nobody is in it, so nothing is registered."""
    with reading(services.school) as connection:
        rows = ConsentRows(connection, services.ring, board_id=services.board_id).objections()
    lifted = {each.lifts for each in rows}
    return [
        ObjectionSummary(
            number=recorded.number,
            product=recorded.product,
            made_on=local_day(from_ms(recorded.recorded_at_ms)),
            until_on=recorded.until_on,
            lifted=recorded.number in lifted,
            holds=objects([held], product=recorded.product or "", now=now),
        )
        for recorded, held in reversed(as_objections(rows))
    ]


def listed(
    services: SchoolServices,
    actor: Actor,
    *,
    reason: str,
    product: str | None = None,
    only_holding: bool = True,
    now: datetime,
) -> list[ListedObjection]:
    """Objections against a product, or all; who looked is registered before anything is shown."""
    reason = require_reason(reason)
    if product is not None:
        require_known(services, product, now=now)
    with reading(services.school) as connection:
        rows = ConsentRows(connection, services.ring, board_id=services.board_id)
        found = [
            (recorded, objects([held], product=recorded.product or "", now=now))
            for recorded, held in as_objections(rows.objections())
            if product is None or recorded.product in (None, product)
        ]
    shown = [(recorded, holds) for recorded, holds in found if holds or not only_holding]
    subjects = [subjects_of(services, recorded.whom)[0] for recorded, _ in shown]
    register_access(services, actor, subjects, product=product, now=now, reason=reason)
    sources = sources_by_space(services)
    return [_listed(recorded, sources, holds=holds) for recorded, holds in shown]


def _listed(recorded: RecordedObjection, sources: dict[int, str], *, holds: bool) -> ListedObjection:
    return ListedObjection(
        number=recorded.number,
        source=sources.get(recorded.whom.space),
        identifier=recorded.whom.identifier,
        product=recorded.product,
        made_on=local_day(from_ms(recorded.recorded_at_ms)),
        until_on=recorded.until_on,
        holds=holds,
        reason=recorded.reason,
    )
