"""May this field about this person go to this vendor, for this purpose, now?

Pure: no database, no clock, no network. The answer is a value: `Permitted` or `Refused`; nothing is caught
here, so a mistake in this module stops a request and never permits one. Everything that is not explicitly
agreed is refused.

The rules, in this order (the first that refuses answers; numbers stand at the code):

 (1) an agreement is there, and it is what was registered (the caller compares digests: `altered`)
 (2) the clock was not set back: `now` against the persisted `high_water`
 (3) the recipient is not stopped, and the agreement's state: approved, activated, not suspended
 (4) in force at this instant: local days, half-open; for results also the inbound term after the end
 (5) the product, the service, and what the service may do
 (6) the person: a listed subject, in a school, grade and class of the scope
 (7) the person's own say: an objection; consent where the legal basis is `6-1-a`
 (8) the field: exists, may leave at all, is part of the service, is listed for every role that the person
     has, in this direction; special data has a ground
 (9) the form: at least as strong as agreed; groups as agreed

`decide` asks (1) to (9) for one field of one person. The plan of a release asks the same rules apart,
because (8) and (9) are the same for all persons and (6) and (7) for all fields:
`decide_standing` (1-4), `decide_request` (1-5), `decide_return` (1-5, with the inbound term),
`decide_person` (1-4, 6-7), `decide_place` (1-4, scope), `decide_field` (1-5, 8-9).

Not decided here: whether a pseudonym was issued to this vendor (holdings), whether the client is who it says
(front), how a field is treated (disclosure).

Source: GDPR art. 5, 6, 9, 21, 28; `docs/decisions/0011-decision-function.md`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from contracts.agreements import CompiledAgreement, DataEntry
from contracts.fields import FIELDS, KINDS, Field, FieldNature
from contracts.instants import in_utc
from contracts.legal_bases import needs_consent
from contracts.person_rules import consent_refuses, may_person, scope_refuses
from contracts.questions import (
    NO_FACTS,
    Answer,
    FieldAnswer,
    FieldQuestion,
    Permit,
    Permitted,
    Person,
    PersonFacts,
    Place,
)
from contracts.refusals import Refused, refuse
from contracts.vocabulary import (
    AgreementState,
    Direction,
    Form,
    Groups,
    Operation,
    RecipientRole,
    RefusalReason,
    Service,
    SpecialGround,
    SubjectCategory,
    at_least_as_strong,
    strongest_form,
)

__all__ = [
    "CLOCK_TOLERANCE",
    "Answer",
    "FieldAnswer",
    "FieldQuestion",
    "Permit",
    "Permitted",
    "Person",
    "PersonFacts",
    "Place",
    "Refused",
    "decide",
    "decide_field",
    "decide_person",
    "decide_place",
    "decide_request",
    "decide_return",
    "decide_standing",
    "strongest_answer",
]

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""How far the clock may be behind the latest instant seen before everything is refused."""

_MAY: Final = {
    Operation.READ: frozenset({Service.ROSTER, Service.RESULTS, Service.GRADEBOOK}),
    Operation.WRITE: frozenset({Service.RESULTS}),
}
_GROUP_KINDS: Final = frozenset({"class", "enrollment"})


def decide(
    agreement: CompiledAgreement | None,
    question: FieldQuestion,
    facts: PersonFacts = NO_FACTS,
    *,
    now: datetime,
    high_water: datetime | None = None,
    altered: bool = False,
) -> FieldAnswer:
    """Whether one field of one record may go now, and in which form.

    Args:
        agreement: the version in force or, if none is, the latest of this product; None when there is none.
        high_water: the latest instant that this installation has seen.
        altered: the caller found that the stored agreement is not what was registered.
    """
    request = decide_request(
        agreement,
        question.service,
        Operation.WRITE if question.direction is Direction.BACK else Operation.READ,
        product=question.product,
        now=now,
        high_water=high_water,
        altered=altered,
    )
    if isinstance(request, Refused):
        return request
    assert agreement is not None
    if question.person is not None:
        refused = may_person(agreement, question.person, facts, now)
    elif question.place is not None:
        refused = scope_refuses(agreement, question.place)
    else:
        refused = None
    return refused or _may_field(agreement, question, facts, now)


def decide_standing(
    agreement: CompiledAgreement | None,
    *,
    now: datetime,
    high_water: datetime | None = None,
    altered: bool = False,
    inbound: bool = False,
) -> Refused | None:
    """Rules (1) to (4): None when the agreement is in force now.

    Args:
        inbound: results coming back, which may go on until the inbound term is over.
    """
    # (1)
    if altered:
        return refuse(RefusalReason.AGREEMENT_ALTERED, agreement)
    if agreement is None:
        return refuse(RefusalReason.AGREEMENT_MISSING, None)
    # (2) Attack: an ended agreement that comes back to life when somebody sets the clock back.
    now = in_utc(now)
    if high_water is not None and now < in_utc(high_water) - CLOCK_TOLERANCE:
        return refuse(RefusalReason.CLOCK_SET_BACK, agreement)
    # (3) Before states and dates: the vendor's developer must not look for the fault in the agreement.
    if agreement.stopped:
        return refuse(RefusalReason.VENDOR_STOPPED, agreement)
    return _state_refuses(agreement, inbound=inbound) or _date_refuses(agreement, now, inbound=inbound)


def _state_refuses(agreement: CompiledAgreement, *, inbound: bool) -> Refused | None:
    # (3) Named one by one: a state that is added later and forgotten here must not let data through.
    match agreement.state:
        case AgreementState.ACTIVE:
            return None
        case AgreementState.REGISTERED:
            return refuse(RefusalReason.AGREEMENT_NOT_APPROVED, agreement)
        case AgreementState.APPROVED:
            return refuse(RefusalReason.AGREEMENT_NOT_ACTIVATED, agreement)
        case AgreementState.SUSPENDED:
            return refuse(RefusalReason.AGREEMENT_SUSPENDED, agreement)
        case AgreementState.ENDED:
            # Results may come back until the inbound term, which the dates tell. An ended agreement without
            # an end cannot come from the register.
            if inbound and agreement.suspended:
                # Suspended when it ended: its end must not open the way back again.
                return refuse(RefusalReason.AGREEMENT_SUSPENDED, agreement)
            back = inbound and agreement.inbound_until is not None
            return None if back else refuse(RefusalReason.AGREEMENT_ENDED, agreement)
        case AgreementState.CLOSED | AgreementState.REPLACED:
            return refuse(RefusalReason.AGREEMENT_ENDED, agreement)


def _date_refuses(agreement: CompiledAgreement, now: datetime, *, inbound: bool) -> Refused | None:
    # (4) Half-open: the first instant of the first day is in, the first instant after the last day is out.
    if now < agreement.outbound_from:
        return refuse(RefusalReason.AGREEMENT_NOT_STARTED, agreement)
    until = agreement.inbound_until if inbound else agreement.outbound_until
    if until is not None and now >= until:
        return refuse(RefusalReason.AGREEMENT_ENDED, agreement)
    return None


def decide_request(
    agreement: CompiledAgreement | None,
    service: Service,
    operation: Operation,
    *,
    product: str | None = None,
    now: datetime,
    high_water: datetime | None = None,
    altered: bool = False,
) -> Answer:
    """Rules (1) to (5): whether a vendor's request may be served at all; nothing is read before this.

    A write asks `decide_return`'s dates: results may come back after data has stopped going out.
    """
    standing = decide_standing(
        agreement, now=now, high_water=high_water, altered=altered, inbound=operation is Operation.WRITE
    )
    if standing is not None:
        return standing
    assert agreement is not None
    # (5)
    if product is not None and product != agreement.product:
        return refuse(RefusalReason.PRODUCT_NOT_IN_AGREEMENT, agreement)
    if not _serves(agreement, service):
        return refuse(RefusalReason.SERVICE_NOT_IN_AGREEMENT, agreement, service)
    if service not in _MAY[operation]:
        return refuse(RefusalReason.OPERATION_NOT_IN_SERVICE, agreement, service)
    return Permit(agreement.agreement_id, agreement.version, agreement.product)


def _serves(agreement: CompiledAgreement, service: Service) -> bool:
    # What a law asks for is delivered by the school's own system and noted in the register; a record that says
    # otherwise (one of before `contracts.role_rules`) gives nothing.
    return service in agreement.services and agreement.role is not RecipientRole.BY_LAW


def decide_return(
    agreement: CompiledAgreement | None,
    *,
    product: str | None = None,
    now: datetime,
    high_water: datetime | None = None,
    altered: bool = False,
) -> Answer:
    """Whether a vendor may return results now: the service `results`, in force or within the inbound term."""
    return decide_request(
        agreement,
        Service.RESULTS,
        Operation.WRITE,
        product=product,
        now=now,
        high_water=high_water,
        altered=altered,
    )


def decide_person(
    agreement: CompiledAgreement | None,
    person: Person,
    facts: PersonFacts = NO_FACTS,
    *,
    now: datetime,
    high_water: datetime | None = None,
    altered: bool = False,
) -> Answer:
    """Rules (1) to (4), (6) and (7): whether anything about this person may go now."""
    standing = decide_standing(agreement, now=now, high_water=high_water, altered=altered)
    if standing is not None:
        return standing
    assert agreement is not None
    return may_person(agreement, person, facts, now) or Permit(
        agreement.agreement_id, agreement.version, agreement.product
    )


def decide_place(
    agreement: CompiledAgreement | None,
    place: Place,
    *,
    now: datetime,
    high_water: datetime | None = None,
    altered: bool = False,
) -> Answer:
    """Rules (1) to (4) and the scope of (6): whether a record about nobody that stands there may go now."""
    standing = decide_standing(agreement, now=now, high_water=high_water, altered=altered)
    if standing is not None:
        return standing
    assert agreement is not None
    return scope_refuses(agreement, place) or Permit(
        agreement.agreement_id, agreement.version, agreement.product
    )


def decide_field(
    agreement: CompiledAgreement | None,
    field: str,
    subject: SubjectCategory | None,
    *,
    service: Service,
    direction: Direction = Direction.OUT,
    form: Form | None = None,
    now: datetime,
) -> FieldAnswer:
    """Rules (1), (3), (4), (8) and (9) for a field of one subject: what a release plan is compiled from.

    Consent of a person is not known here: a field on explicit consent (art. 9(2)(a)) is refused, unless the
    whole agreement rests on consent, which `decide_person` asks of each person.

    A person with several roles gets the stronger protection: ask for every role that the kind of record can
    be about and combine with `strongest_answer`.

    Args:
        subject: None for a record about nobody.
    """
    standing = decide_standing(agreement, now=now, inbound=direction is Direction.BACK)
    if standing is not None:
        return standing
    assert agreement is not None
    if not _serves(agreement, service):
        return refuse(RefusalReason.SERVICE_NOT_IN_AGREEMENT, agreement, service)
    return _may_field_of(
        agreement, field, subject, service, direction, form, consented=needs_consent(agreement.legal_basis)
    )


def strongest_answer(answers: Iterable[FieldAnswer]) -> FieldAnswer:
    """One answer for several subjects: any refusal refuses, else the strongest form."""
    given = list(answers)
    for answer in given:
        if isinstance(answer, Refused):
            return answer
    permitted = [answer for answer in given if isinstance(answer, Permitted)]
    form = strongest_form(answer.form for answer in permitted)
    return next(answer for answer in permitted if answer.form is form)


def _may_field(
    agreement: CompiledAgreement, question: FieldQuestion, facts: PersonFacts, now: datetime
) -> FieldAnswer:
    subjects: list[SubjectCategory | None] = [None]
    consented = False
    if question.person is not None:
        if _rests_on_explicit_consent(agreement, question.field):
            consented = consent_refuses(agreement, question.person.subjects, facts, now) is None
        field = FIELDS.get(question.field)
        about = KINDS[field.kind].subjects if field is not None else frozenset()
        # Every role counts, listed or not: leaving a role out of an agreement must not reveal more of
        # somebody.
        subjects = [*sorted(question.person.subjects & about)] or [None]
    return strongest_answer(
        _may_field_of(
            agreement,
            question.field,
            subject,
            question.service,
            question.direction,
            question.form,
            consented=consented,
        )
        for subject in subjects
    )


def _rests_on_explicit_consent(agreement: CompiledAgreement, field: str) -> bool:
    entries = agreement.entries_by_field.get(field, ())
    return any(entry.art9_ground is SpecialGround.EXPLICIT_CONSENT for entry in entries)


def _may_field_of(
    agreement: CompiledAgreement,
    name: str,
    subject: SubjectCategory | None,
    service: Service,
    direction: Direction,
    form: Form | None,
    *,
    consented: bool,
) -> FieldAnswer:
    # (8)
    field = FIELDS.get(name)
    if field is None:
        return refuse(RefusalReason.FIELD_UNKNOWN, agreement, name)
    if field.nature is FieldNature.NEVER:
        return refuse(RefusalReason.FIELD_NEVER_LEAVES, agreement, name)
    kind = KINDS[field.kind]
    if service not in kind.services:
        return refuse(RefusalReason.FIELD_NOT_IN_SERVICE, agreement, name)
    if kind.subjects and (subject not in kind.subjects or subject not in agreement.subjects):
        return refuse(RefusalReason.SUBJECT_NOT_IN_AGREEMENT, agreement, name)
    entries = agreement.entries_by_field.get(name, ())
    if not entries:
        return refuse(RefusalReason.FIELD_NOT_IN_AGREEMENT, agreement, name)
    entries = tuple(entry for entry in entries if _covers(entry, subject, about_persons=bool(kind.subjects)))
    if not entries:
        return refuse(RefusalReason.SUBJECT_NOT_IN_AGREEMENT, agreement, name)
    entries = tuple(entry for entry in entries if entry.direction.allows(direction))
    if not entries:
        return refuse(RefusalReason.DIRECTION_NOT_IN_AGREEMENT, agreement, name)
    return _in_form(agreement, field, entries, form, consented=consented)


def _covers(entry: DataEntry, subject: SubjectCategory | None, *, about_persons: bool) -> bool:
    # A class or course is about nobody singly, so whose table an entry stands in does not limit it.
    return not about_persons or entry.subjects is None or subject in entry.subjects


def _in_form(
    agreement: CompiledAgreement,
    field: Field,
    entries: tuple[DataEntry, ...],
    form: Form | None,
    *,
    consented: bool,
) -> FieldAnswer:
    # The record's check refuses two entries for one field, subject and direction; should there be two all the
    # same, the stronger one holds.
    listed = strongest_form(entry.form for entry in entries)
    entry = next(entry for entry in entries if entry.form is listed)
    # Special data is refused without a ground and a necessity, whatever let the record in (GDPR art. 9).
    if (field.special or entry.special) and (entry.art9_ground is None or not entry.necessity):
        return refuse(RefusalReason.SPECIAL_WITHOUT_GROUND, agreement, field.name, clause=entry.clause)
    # Explicit consent (9(2)(a)) is each person's own, whatever the legal basis of the rest is.
    if entry.art9_ground is SpecialGround.EXPLICIT_CONSENT and not consented:
        return refuse(RefusalReason.CONSENT_MISSING, agreement, field.name, clause=entry.clause)
    # (9)
    if field.nature is FieldNature.IDENTIFIER:
        listed = Form.PSEUDONYM
    if field.kind in _GROUP_KINDS and field.nature is FieldNature.ORDINARY:
        if agreement.groups is Groups.NONE:
            return refuse(RefusalReason.GROUPS_NOT_IN_AGREEMENT, agreement, field.name, clause=entry.clause)
        if agreement.groups is Groups.COARSE:
            # The class is made up from school and grade, so nothing of the real one goes in clear.
            listed = strongest_form((listed, Form.GENERALISED))
    if form is not None and not at_least_as_strong(form, listed):
        return refuse(RefusalReason.FORM_TOO_REVEALING, agreement, field.name, clause=entry.clause)
    return Permitted(listed if form is None else form, entry.clause)
