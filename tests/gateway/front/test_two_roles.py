"""Somebody with several roles is served only what today's agreement gives for each of them."""

from __future__ import annotations

import dataclasses
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.agreements import CompiledAgreement, DataEntry
from contracts.vocabulary import (
    DataCategory,
    Direction,
    Form,
    LegalBasis,
    SubjectCategory,
    at_least_as_strong,
)
from gateway.front.policy import FieldPolicy, widened
from gateway.roster.model import Kind, Subject
from gateway.school.disclosure.plan import FieldVerdict, compile_plan
from tests.contracts.records import IN_TERM, compiled

EVERYBODY = tuple(SubjectCategory)
PERSONS = [frozenset(some) for size in (1, 2, 3) for some in combinations(EVERYBODY, size)]
FIELDS = ("user.givenName", "user.email", "user.grades", "demographics.birthDate", "demographics.sex")
FORMS = (Form.CLEAR, Form.GENERALISED, Form.ALIAS)


def terms(*entries: DataEntry, subjects: tuple[SubjectCategory, ...] = EVERYBODY) -> CompiledAgreement:
    return dataclasses.replace(
        compiled(), entries=entries, subjects=subjects, legal_basis=LegalBasis.PUBLIC_TASK
    )


def listed(form: Form, *subjects: SubjectCategory, fields: tuple[str, ...] = ("user.email",)) -> DataEntry:
    return DataEntry(DataCategory.CONTACT, fields, form, Direction.OUT, subjects=subjects or None)


def served(
    held: CompiledAgreement, today: CompiledAgreement, person: frozenset[SubjectCategory], field: str
) -> bool:
    """Whether the door serves the value that was released about such a person."""
    kind, _, name = field.partition(".")
    policy = FieldPolicy(today, IN_TERM, held=held, held_at=IN_TERM)
    label = compile_plan(held, now=IN_TERM).label(person)
    return policy.serves(Kind(kind), label.value, name)


def verdict(agreement: CompiledAgreement, person: frozenset[SubjectCategory], field: str) -> FieldVerdict:
    """What a release under this agreement makes of a field of such a person."""
    plan = compile_plan(agreement, now=IN_TERM).of(Kind(field.partition(".")[0]), person)
    return next(each for each in plan.verdicts if each.field == field)


def test_a_field_that_today_is_listed_for_pupils_only_is_not_served_of_a_pupil_who_teaches() -> None:
    pupil, staff = SubjectCategory.PUPIL, SubjectCategory.STAFF
    held, today = terms(listed(Form.CLEAR)), terms(listed(Form.CLEAR, pupil))
    assert served(held, today, frozenset({pupil}), "user.email")
    assert not served(held, today, frozenset({pupil, staff}), "user.email")
    assert not served(held, today, frozenset({staff}), "user.email")


def test_a_form_that_became_stronger_for_one_role_counts_for_who_has_it_beside_another() -> None:
    pupil, guardian = SubjectCategory.PUPIL, SubjectCategory.GUARDIAN
    name = ("user.givenName",)
    held = terms(listed(Form.CLEAR, fields=name))
    today = terms(listed(Form.CLEAR, pupil, fields=name), listed(Form.ALIAS, guardian, fields=name))
    assert served(held, today, frozenset({pupil}), "user.givenName")
    assert not served(held, today, frozenset({pupil, guardian}), "user.givenName")


each_listed = st.tuples(st.sampled_from(FORMS), st.sets(st.sampled_from(EVERYBODY), max_size=2))
entries = st.lists(each_listed, min_size=1, max_size=3)
subjects = st.sampled_from([EVERYBODY, EVERYBODY, *(tuple(sorted(some)) for some in PERSONS)])


@settings(max_examples=300, deadline=None)
@given(entries, entries, subjects, subjects, st.sampled_from(PERSONS), st.sampled_from(FIELDS))
def test_nothing_is_served_that_a_release_under_todays_agreement_would_not_give(
    earlier: list[tuple[Form, set[SubjectCategory]]],
    later: list[tuple[Form, set[SubjectCategory]]],
    who_then: tuple[SubjectCategory, ...],
    who_now: tuple[SubjectCategory, ...],
    person: frozenset[SubjectCategory],
    field: str,
) -> None:
    held, today = (
        terms(*(listed(form, *sorted(whose), fields=(field,)) for form, whose in some), subjects=who)
        for some, who in ((earlier, who_then), (later, who_now))
    )
    if widened(held, today) or not served(held, today, person, field):
        return
    then, now = verdict(held, person, field), verdict(today, person, field)
    if "form_not_possible" in (then.reason, now.reason):
        # Permitted in a form that cannot be made of this field: what is held is more protective, or nothing.
        return
    assert then.form is not None
    assert now.form is not None
    assert at_least_as_strong(then.form, now.form)


@pytest.mark.parametrize("person", PERSONS, ids=lambda person: "+".join(sorted(person)))
def test_every_combination_of_roles_has_a_label_of_its_own(person: frozenset[SubjectCategory]) -> None:
    label = compile_plan(terms(), now=IN_TERM).label(person)
    assert label.words == {category.value for category in person}
    assert Subject(label.value) is label
