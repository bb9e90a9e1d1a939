"""Previewing a made-up person: the plan and the release of a product, over a school that does not exist.

Nothing about anybody is read, so no access is registered; no key, no alias and no holdings are touched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from contracts.agreements import CompiledAgreement
from contracts.consents import ConsentGiver, ConsentStep, Objection, Speaker, Statement, consent_giver
from contracts.decisions import PersonFacts
from contracts.instants import local_day
from contracts.transitions import PENDING
from contracts.vocabulary import AgreementState
from gateway.database import reading
from gateway.errors import DisclosureRefused, UsageError
from gateway.roster.model import Kind
from gateway.school.agreements import reading_agreements
from gateway.school.disclosure.aliases import style_of
from gateway.school.disclosure.plan import compile_plan
from gateway.school.disclosure.releasing import demographic_fields
from gateway.school.disclosure.structure import FactsOf
from gateway.school.disclosure.unkeyed import UnkeyedIdentifier, drawn_aliases
from gateway.school.previewing.asking import in_force, nothing_of_persons, present
from gateway.school.previewing.made_up_school import ORG, MadeUpPerson, MadeUpSchool, born_on
from gateway.school.previewing.rehearsing import Rehearsal, Surroundings, rehearse
from gateway.school.previewing.shown import PersonPreview
from gateway.school.services import SchoolServices
from keys.scope import IdentifierSpace

ROLES: Final = ("student", "teacher", "guardian")
MAX_AGE: Final = 25
_MAX_WORD: Final = 60
_TEXT: Final = "made-up-text"
_SPACE: Final = IdentifierSpace("made-up", 0)
_COARSE: Final = IdentifierSpace("made-up/coarse", 1)
"""Registered in no ring: nothing is sealed in them."""


def preview_made_up(
    services: SchoolServices,
    *,
    product: str,
    person: MadeUpPerson,
    now: datetime,
    reference: str | None = None,
) -> PersonPreview:
    """What a product would get of somebody like this.

    Args:
        reference: a version that waits for approval or activation, such as `VO-2026-014/2`; shown as if it were in
            force. None: the agreement that is.

    Raises:
        UsageError: `made_up_invalid`: a role, age, school or word that cannot be.
        DisclosureRefused: `vendor_stopped`, `agreement_missing`.
        NotFound, AgreementAltered: of the reference.
    """
    _check(services, person)
    if reference is None:
        agreement, _ = in_force(services, product, now=now)
    else:
        agreement = _as_if_in_force(services, product, reference, now=now)
    found = _released(services, agreement, person, now=now)
    return replace(found, as_if=reference is not None)


def waiting(services: SchoolServices) -> list[CompiledAgreement]:
    """What waits for approval or activation, product by product."""
    with reading_agreements(services) as book:
        return [
            version.compiled(product)
            for version in book.listing()
            if version.state in PENDING
            for product in version.products
        ]


def _as_if_in_force(
    services: SchoolServices, product: str, reference: str, *, now: datetime
) -> CompiledAgreement:
    found = next(
        (each for each in waiting(services) if (each.product, each.reference) == (product, reference)), None
    )
    if found is None:
        raise DisclosureRefused(
            "No agreement of this number waits for approval or activation for this product.",
            code="agreement_missing",
            remedy="See `schuilnaam agreement list`.",
        )
    # Only here, and only for people who do not exist: nothing else may take an agreement for one in force.
    today = local_day(now)
    return replace(
        found,
        state=AgreementState.ACTIVE,
        in_force_from=min(found.in_force_from, today),
        in_force_until=None if found.in_force_until is None else max(found.in_force_until, today),
    )


def _released(
    services: SchoolServices, agreement: CompiledAgreement, person: MadeUpPerson, *, now: datetime
) -> PersonPreview:
    product = agreement.product
    plan = compile_plan(agreement, now=now)
    if Kind.USER not in plan.kinds:
        return nothing_of_persons(plan)
    today = local_day(now)
    with reading(services.school) as connection:
        style = style_of(connection, board_id=services.board_id, product=product)
    around = Surroundings(
        spaces=[_SPACE],
        brin_of_org={(0, ORG): person.brin},
        facts_of=_facts(agreement, person, now, today),
        identifier=UnkeyedIdentifier(),
        allocate=drawn_aliases(services.settings.alias_email_domain, style),
        coarse_space=lambda: _COARSE,
        demographic_fields=demographic_fields([plan]),
        words_that_are_no_names=services.settings.words_that_are_no_names,
        now=now,
    )
    found = rehearse(plan, [MadeUpSchool(person, today=today)], person.identifier, around)
    assert found is not None
    sizes = _sizes(found)
    return present(
        plan,
        found,
        lambda pseudonym: (None, sizes[pseudonym]),
        whole=True,
        small_below=services.settings.small_group_below,
        held=None,
    )


def _check(services: SchoolServices, person: MadeUpPerson) -> None:
    words = (person.grade, person.group)
    if (
        person.role not in ROLES
        or not 0 <= person.age <= MAX_AGE
        or not any(person.brin[:4] == known[:4] for known in services.settings.brins)
        or any(not word.strip() or len(word) > _MAX_WORD or not word.isprintable() for word in words)
    ):
        raise UsageError(
            "A made-up person is a pupil, teacher or guardian of a school of the board, "
            f"0 to {MAX_AGE} years old, with a grade and a group of at most {_MAX_WORD} characters.",
            code="made_up_invalid",
        )


def _facts(agreement: CompiledAgreement, person: MadeUpPerson, now: datetime, today: date) -> FactsOf:
    """What the made-up person says; the made-up classmates say yes, so that the group is not empty."""
    born = born_on(person, today)

    def facts_of(source: int, identifier: str, born_on: date | None) -> PersonFacts:
        asked = identifier == person.identifier
        by_self = person.role != "student" or consent_giver(born, today) is ConsentGiver.SELF
        consents = tuple(
            Statement(
                product=agreement.product,
                purpose=purpose,
                step=ConsentStep.GIVEN,
                speaker=Speaker.SELF if by_self else Speaker.REPRESENTATIVE_1,
                said_on=today,
                text_sha256=_TEXT,
            )
            for purpose in agreement.purposes
            if person.consents or not asked
        )
        objections = (Objection(now - timedelta(days=1), None, None),) if asked and person.objects else ()
        # As old as the one who is previewed, whether or not the product gets a birth date.
        return PersonFacts(consents, objections, born, frozenset({_TEXT}))

    return facts_of


def _sizes(found: Rehearsal) -> Mapping[str, int]:
    """Pupils of each class that goes."""
    return Counter(
        str(each.relations.class_)
        for each in found.released.get(Kind.ENROLLMENT, ())
        if each.relations.role == "student"
    )


def suggestions(agreement: CompiledAgreement) -> MadeUpPerson:
    """Somebody whom an agreement lets through, to begin with."""
    return MadeUpPerson(
        brin=agreement.schools[0],
        grade=agreement.grades[0] if agreement.grades else "6",
        group=agreement.classes[0] if agreement.classes else "Groep 6",
    )
