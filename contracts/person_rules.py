"""Rules (6) and (7) of `contracts.decisions`: may anything about this person, or from this place, go?

Numbers are those of that module's docstring.
Source: GDPR art. 6(1)(a), 7, 21; UAVG art. 5.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from contracts.agreements import CompiledAgreement
from contracts.consents import objects, standing
from contracts.instants import local_day
from contracts.legal_bases import needs_consent
from contracts.questions import Person, PersonFacts, Place
from contracts.refusals import Refused, refuse
from contracts.vocabulary import RefusalReason, SubjectCategory


def scope_refuses(agreement: CompiledAgreement, place: Place) -> Refused | None:
    """Rule (6) for a place: None when it lies in the scope."""
    if not any(in_school(school, agreement.schools) for school in place.schools):
        return refuse(RefusalReason.SCHOOL_OUT_OF_SCOPE, agreement)
    for reason, limit, found in (
        (RefusalReason.GRADE_OUT_OF_SCOPE, agreement.grades, place.grades),
        (RefusalReason.CLASS_OUT_OF_SCOPE, agreement.classes, place.classes),
    ):
        if limit is not None and found is not None and found.isdisjoint(limit):
            return refuse(reason, agreement)
    return None


def may_person(
    agreement: CompiledAgreement, person: Person, facts: PersonFacts, now: datetime
) -> Refused | None:
    """Rules (6) and (7): None when this person may go."""
    # (6) One listed role lets a person in, but a pupil goes only where pupils are listed: a pupil who
    # assists a teacher is never released as staff.
    listed = person.subjects.intersection(agreement.subjects)
    if not listed or (SubjectCategory.PUPIL in person.subjects and SubjectCategory.PUPIL not in listed):
        return refuse(RefusalReason.SUBJECT_NOT_IN_AGREEMENT, agreement)
    outside = scope_refuses(agreement, Place(person.schools, person.grades, person.classes))
    if outside is not None:
        return outside
    # (7) An objection that the school recorded is honoured under every legal basis.
    if objects(facts.objections, product=agreement.product, now=now):
        return refuse(RefusalReason.OBJECTION, agreement)
    if needs_consent(agreement.legal_basis):
        return consent_refuses(agreement, person.subjects, facts, now)
    return None


def in_school(school: str, scope: Iterable[str]) -> bool:
    # A listed BRIN covers its locations; a listed location covers nothing but itself.
    return any(school == listed or (len(listed) == 4 and school[:4] == listed) for listed in scope)


def consent_refuses(
    agreement: CompiledAgreement,
    subjects: frozenset[SubjectCategory],
    facts: PersonFacts,
    now: datetime,
) -> Refused | None:
    """Rule (7), consent: None when there is a valid one for every purpose of the product."""
    # One purpose per consent (GDPR recital 32): what goes, goes for all purposes of the product, so each
    # needs one.
    subject = SubjectCategory.PUPIL if SubjectCategory.PUPIL in subjects else SubjectCategory.STAFF
    for purpose in agreement.purposes:
        found = standing(
            (
                said
                for said in facts.consents
                if said.product == agreement.product and said.purpose == purpose
            ),
            subject=subject,
            born_on=facts.born_on,
            texts=facts.texts,
            today=local_day(now),
        )
        if found.reason is not None:
            return refuse(found.reason, agreement)
    return None
