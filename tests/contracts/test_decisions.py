"""Every reason of refusal, and every edge in time."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from contracts.agreements import CompiledAgreement
from contracts.consents import ConsentStep, Objection, Speaker, Statement
from contracts.decisions import (
    FieldQuestion,
    Permit,
    Permitted,
    Person,
    PersonFacts,
    Place,
    decide,
    decide_field,
    decide_person,
    decide_place,
    decide_request,
    decide_return,
    strongest_answer,
)
from contracts.refusals import Refused, refuse
from contracts.vocabulary import (
    AgreementState,
    DataCategory,
    Direction,
    Form,
    Groups,
    LegalBasis,
    Operation,
    RefusalReason,
    Service,
    SpecialGround,
    SubjectCategory,
)
from tests.contracts.records import IN_TERM, PUPIL, TEACHER, agreement, compiled, day, local, question

R = RefusalReason
WITH_CONSENT: dict[str, Any] = {"legal_basis": LegalBasis.CONSENT, "purposes": ("leveren_gebruik",)}
BORN = date(2014, 3, 9)
TEXT = "a" * 64
GIVEN = Statement(
    "leesvlot", "leveren_gebruik", ConsentStep.GIVEN, Speaker.REPRESENTATIVE_1, date(2026, 9, 1), TEXT
)
WITHDRAWN = dataclasses.replace(GIVEN, step=ConsentStep.WITHDRAWN, said_on=date(2026, 10, 1))


def facts(*said: Statement, born_on: date | None = BORN) -> PersonFacts:
    return PersonFacts(consents=said, born_on=born_on, texts=frozenset({TEXT}))


@dataclass(frozen=True)
class Case:
    """One question and the answer that it must get."""

    reason: RefusalReason
    terms: dict[str, Any] = field(default_factory=dict)
    asked: FieldQuestion = field(default_factory=question)
    facts: PersonFacts = field(default_factory=PersonFacts)
    now: datetime = IN_TERM
    none: bool = False
    altered: bool = False
    high_water: datetime | None = None


def _entries_without_ground() -> tuple[object, ...]:
    return tuple(dataclasses.replace(entry, art9_ground=None) for entry in compiled().entries)


CASES = {
    "no agreement": Case(R.AGREEMENT_MISSING, none=True),
    "a row changed behind the program's back": Case(R.AGREEMENT_ALTERED, altered=True),
    "registered only": Case(R.AGREEMENT_NOT_APPROVED, {"state": AgreementState.REGISTERED}),
    "approved only": Case(R.AGREEMENT_NOT_ACTIVATED, {"state": AgreementState.APPROVED}),
    "before the first day": Case(R.AGREEMENT_NOT_STARTED, now=local(2026, 7, 31, 23, 59, 59)),
    "suspended": Case(R.AGREEMENT_SUSPENDED, {"state": AgreementState.SUSPENDED, "suspended": True}),
    "vendor stopped": Case(R.VENDOR_STOPPED, {"stopped": True}),
    "vendor stopped and agreement suspended": Case(
        R.VENDOR_STOPPED, {"stopped": True, "state": AgreementState.SUSPENDED, "suspended": True}
    ),
    "after the last day": Case(R.AGREEMENT_ENDED, now=local(2028, 3, 1)),
    "ended": Case(R.AGREEMENT_ENDED, {"state": AgreementState.ENDED, "ended_at_ms": 0}),
    "closed": Case(R.AGREEMENT_ENDED, {"state": AgreementState.CLOSED}),
    "replaced": Case(R.AGREEMENT_ENDED, {"state": AgreementState.REPLACED}),
    "clock set back by more than five minutes": Case(
        R.CLOCK_SET_BACK, high_water=IN_TERM + timedelta(minutes=5, seconds=1)
    ),
    "another product": Case(R.PRODUCT_NOT_IN_AGREEMENT, asked=question(product="rekenvlot")),
    "service not agreed": Case(R.SERVICE_NOT_IN_AGREEMENT, {"services": (Service.RESULTS,)}),
    "registered only, no services": Case(R.SERVICE_NOT_IN_AGREEMENT, {"services": ()}),
    "writing with a reading service": Case(
        R.OPERATION_NOT_IN_SERVICE,
        asked=question("result.score", service=Service.GRADEBOOK, direction=Direction.BACK),
    ),
    "persons not agreed": Case(R.SUBJECT_NOT_IN_AGREEMENT, {"subjects": (SubjectCategory.STAFF,)}),
    "pupil who assists, where only staff is listed": Case(
        R.SUBJECT_NOT_IN_AGREEMENT,
        {"subjects": (SubjectCategory.STAFF,)},
        asked=question(
            person=dataclasses.replace(
                PUPIL, subjects=frozenset({SubjectCategory.PUPIL, SubjectCategory.STAFF})
            )
        ),
    ),
    "field of other persons": Case(R.SUBJECT_NOT_IN_AGREEMENT, asked=question("user.email")),
    "nobody's record asked for a person's field": Case(
        R.SUBJECT_NOT_IN_AGREEMENT, asked=question(person=None)
    ),
    "another school": Case(
        R.SCHOOL_OUT_OF_SCOPE, asked=question(person=dataclasses.replace(PUPIL, schools=frozenset({"99ZZ"})))
    ),
    "another location of the school": Case(
        R.SCHOOL_OUT_OF_SCOPE,
        asked=question(person=dataclasses.replace(PUPIL, schools=frozenset({"32RS00"}))),
    ),
    "no school known": Case(
        R.SCHOOL_OUT_OF_SCOPE, asked=question(person=dataclasses.replace(PUPIL, schools=frozenset()))
    ),
    "another grade": Case(
        R.GRADE_OUT_OF_SCOPE, asked=question(person=dataclasses.replace(PUPIL, grades=frozenset({"7"})))
    ),
    "another class": Case(R.CLASS_OUT_OF_SCOPE, {"classes": ("6B",)}),
    "groups not agreed": Case(
        R.GROUPS_NOT_IN_AGREEMENT, {"groups": Groups.NONE}, asked=question("class.title", person=None)
    ),
    "no such field": Case(R.FIELD_UNKNOWN, asked=question("user.shoeSize")),
    "misspelt field": Case(R.FIELD_UNKNOWN, asked=question("user.agentSourceIds")),
    "password": Case(R.FIELD_NEVER_LEAVES, asked=question("user.password")),
    "metadata": Case(R.FIELD_NEVER_LEAVES, asked=question("class.metadata", person=None)),
    "field of another service": Case(R.FIELD_NOT_IN_SERVICE, asked=question("result.score")),
    "field not listed": Case(R.FIELD_NOT_IN_AGREEMENT, asked=question("user.middleName")),
    "listed back only, asked out": Case(
        R.DIRECTION_NOT_IN_AGREEMENT,
        asked=question("result.comment", service=Service.GRADEBOOK),
    ),
    "clear where an alias is agreed": Case(R.FORM_TOO_REVEALING, asked=question(form=Form.CLEAR)),
    "clear where groups are coarse": Case(
        R.FORM_TOO_REVEALING,
        {"groups": Groups.COARSE},
        asked=question("class.title", person=None, form=Form.CLEAR),
    ),
    "special data without a ground": Case(
        R.SPECIAL_WITHOUT_GROUND, {"entries": _entries_without_ground()}, asked=question("demographics.sex")
    ),
    "consent as the basis and none given": Case(R.CONSENT_MISSING, WITH_CONSENT, facts=facts()),
    "consent for another purpose": Case(
        R.CONSENT_MISSING, WITH_CONSENT, facts=facts(dataclasses.replace(GIVEN, purpose="onderzoek"))
    ),
    "consent for another product": Case(
        R.CONSENT_MISSING, WITH_CONSENT, facts=facts(dataclasses.replace(GIVEN, product="rekenvlot"))
    ),
    "consent for one of two purposes": Case(
        R.CONSENT_MISSING, {"legal_basis": LegalBasis.CONSENT}, facts=facts(GIVEN)
    ),
    "consent given later": Case(
        R.CONSENT_MISSING,
        WITH_CONSENT,
        facts=facts(dataclasses.replace(GIVEN, said_on=date(2026, 11, 25))),
    ),
    "consent withdrawn": Case(R.CONSENT_WITHDRAWN, WITH_CONSENT, facts=facts(GIVEN, WITHDRAWN)),
    "consent refused": Case(
        R.CONSENT_REFUSED,
        WITH_CONSENT,
        facts=facts(dataclasses.replace(GIVEN, step=ConsentStep.REFUSED)),
    ),
    "consent of one parent, refused by the other": Case(
        R.CONSENT_REFUSED,
        WITH_CONSENT,
        facts=facts(
            GIVEN, dataclasses.replace(GIVEN, step=ConsentStep.REFUSED, speaker=Speaker.REPRESENTATIVE_2)
        ),
    ),
    "consent expired": Case(
        R.CONSENT_EXPIRED,
        WITH_CONSENT,
        facts=facts(dataclasses.replace(GIVEN, expires_on=date(2026, 11, 23))),
    ),
    "consent to another text": Case(
        R.CONSENT_TEXT_CHANGED, WITH_CONSENT, facts=facts(dataclasses.replace(GIVEN, text_sha256="b" * 64))
    ),
    "consent of a pupil below 16": Case(
        R.CONSENT_BY_WRONG_PERSON,
        WITH_CONSENT,
        facts=facts(dataclasses.replace(GIVEN, speaker=Speaker.SELF)),
    ),
    "consent of a parent of a pupil of 16": Case(
        R.CONSENT_BY_WRONG_PERSON, WITH_CONSENT, facts=facts(GIVEN, born_on=date(2010, 9, 1))
    ),
    "consent and no birth date": Case(
        R.CONSENT_BY_WRONG_PERSON, WITH_CONSENT, facts=facts(GIVEN, born_on=None)
    ),
    "objection": Case(R.OBJECTION, facts=PersonFacts(objections=(Objection(made_at=IN_TERM),))),
    "objection beside consent": Case(
        R.OBJECTION,
        WITH_CONSENT,
        facts=dataclasses.replace(facts(GIVEN), objections=(Objection(IN_TERM, product="leesvlot"),)),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_refused_with_reason_and_remedy(name: str) -> None:
    case = CASES[name]
    terms = None if case.none else compiled(**case.terms)

    answer = decide(
        terms, case.asked, case.facts, now=case.now, high_water=case.high_water, altered=case.altered
    )

    assert isinstance(answer, Refused)
    assert answer.reason is case.reason
    assert answer.remedy.endswith(".")
    assert "{" not in answer.message + answer.remedy


def test_the_table_covers_every_reason() -> None:
    assert {case.reason for case in CASES.values()} == set(RefusalReason)


@pytest.mark.parametrize("reason", RefusalReason)
def test_every_reason_has_sentences_without_and_with_an_agreement(reason: RefusalReason) -> None:
    if reason in (R.AGREEMENT_MISSING, R.AGREEMENT_ALTERED):
        assert refuse(reason, None).message
    answer = refuse(reason, compiled(), "user.givenName", clause="art. 1")
    assert answer.clause == "art. 1"
    assert answer.agreement == "VO-2026-031/1"


def test_a_refusal_of_form_names_the_clause() -> None:
    teacher = question("user.email", person=TEACHER)
    limited = compiled(groups=Groups.COARSE)
    asked = question("class.title", person=None, form=Form.CLEAR)

    assert decide(compiled(), teacher, now=IN_TERM) == Permitted(Form.CLEAR, "bijlage 1, tabel 3")
    answer = decide(limited, asked, now=IN_TERM)
    assert isinstance(answer, Refused)
    assert answer.clause == "bijlage 1, tabel 1"


PERMITTED = {
    "alias of a pupil": (question(), Form.ALIAS),
    "a stronger form than agreed": (question(form=Form.PSEUDONYM), Form.PSEUDONYM),
    "name of a teacher": (question(person=TEACHER), Form.CLEAR),
    "class title": (question("class.title", person=None), Form.CLEAR),
    "birth date, generalised": (question("demographics.birthDate"), Form.GENERALISED),
    "special data with ground and necessity": (question("demographics.sex"), Form.CLEAR),
    "score out": (question("result.score", service=Service.GRADEBOOK), Form.CLEAR),
    "score back": (
        question("result.score", service=Service.RESULTS, direction=Direction.BACK),
        Form.CLEAR,
    ),
    "location of a listed school": (
        question(person=dataclasses.replace(PUPIL, schools=frozenset({"31PQ02"}))),
        Form.ALIAS,
    ),
    "listed location": (
        question(person=dataclasses.replace(PUPIL, schools=frozenset({"99ZZ", "32RS01"}))),
        Form.ALIAS,
    ),
}


@pytest.mark.parametrize("name", PERMITTED)
def test_permitted_in_the_agreed_form(name: str) -> None:
    asked, form = PERMITTED[name]

    answer = decide(compiled(), asked, now=IN_TERM)

    assert isinstance(answer, Permitted)
    assert answer.form is form


def test_coarse_groups_give_no_title_in_clear() -> None:
    answer = decide(compiled(groups=Groups.COARSE), question("class.title", person=None), now=IN_TERM)

    assert answer == Permitted(Form.GENERALISED, "bijlage 1, tabel 1")


# --- time ---

EDGES = {
    "day before the first day": (local(2026, 7, 31, 12), R.AGREEMENT_NOT_STARTED, R.AGREEMENT_NOT_STARTED),
    "second before the first day": (
        local(2026, 7, 31, 23, 59, 59),
        R.AGREEMENT_NOT_STARTED,
        R.AGREEMENT_NOT_STARTED,
    ),
    "first instant of the first day": (local(2026, 8, 1), None, None),
    "first day in UTC, still the day before there": (
        datetime(2026, 7, 31, 22, 0, tzinfo=UTC),
        None,
        None,
    ),
    "day after the first day": (local(2026, 8, 2), None, None),
    "day before the last day": (local(2028, 2, 28, 23, 59, 59), None, None),
    "last day, a leap day": (local(2028, 2, 29), None, None),
    "last second of the last day": (local(2028, 2, 29, 23, 59, 59), None, None),
    "first instant after the last day": (local(2028, 3, 1), R.AGREEMENT_ENDED, None),
    "day before the last day for results": (local(2028, 3, 13, 23, 59, 59), R.AGREEMENT_ENDED, None),
    "last second for results": (local(2028, 3, 14, 23, 59, 59), R.AGREEMENT_ENDED, None),
    "first instant after the inbound term": (local(2028, 3, 15), R.AGREEMENT_ENDED, R.AGREEMENT_ENDED),
}


@pytest.mark.parametrize("name", EDGES)
def test_day_before_of_and_after_each_date(name: str) -> None:
    now, out, back = EDGES[name]

    outward = decide_request(compiled(), Service.ROSTER, Operation.READ, now=now)
    inward = decide_return(compiled(), now=now)

    assert (outward.reason if isinstance(outward, Refused) else None) is out
    assert (inward.reason if isinstance(inward, Refused) else None) is back


@pytest.mark.parametrize(
    ("last", "hours"),
    [("2026-10-25", 25), ("2027-03-28", 23), ("2027-01-10", 24)],
    ids=["clock set back that night", "clock set forward that night", "ordinary day"],
)
def test_the_last_day_is_whole_when_the_clock_changes(last: str, hours: int) -> None:
    terms = compiled(in_force_until=day(last))
    until = terms.outbound_until
    assert until is not None
    first = local(day(last).year, day(last).month, day(last).day).astimezone(UTC)

    assert until - first == timedelta(hours=hours)
    assert isinstance(decide(terms, question(), now=until - timedelta(seconds=1)), Permitted)
    assert isinstance(decide(terms, question(), now=until), Refused)


def test_the_hour_that_exists_twice_is_read_as_an_instant() -> None:
    terms = compiled(in_force_from=day("2026-10-25"))
    twice = local(2026, 10, 25, 2, 30)

    assert isinstance(decide(terms, question(), now=twice), Permitted)
    assert isinstance(decide(terms, question(), now=twice.replace(fold=1)), Permitted)


def test_without_a_last_day_it_goes_on() -> None:
    terms = compiled(in_force_until=None)

    assert isinstance(decide(terms, question(), now=local(2099, 1, 1)), Permitted)
    assert isinstance(decide_return(terms, now=local(2099, 1, 1)), Permit)


def test_ended_at_once_stops_at_that_instant_and_results_go_on_for_the_term() -> None:
    ended_at = local(2026, 11, 24, 15, 30)
    terms = compiled(state=AgreementState.ENDED, ended_at_ms=int(ended_at.timestamp() * 1000))

    assert isinstance(decide(terms, question(), now=ended_at), Refused)
    assert isinstance(decide_return(terms, now=ended_at), Permit)
    assert isinstance(decide_return(terms, now=local(2026, 12, 8, 23, 59, 59)), Permit)
    assert isinstance(decide_return(terms, now=local(2026, 12, 9)), Refused)


def test_nothing_goes_out_of_an_ended_agreement_when_the_clock_runs_behind() -> None:
    # Attack: set the clock back within the five minutes, or lose the high water.
    ended_at = local(2026, 11, 24, 15, 30)
    terms = compiled(state=AgreementState.ENDED, ended_at_ms=int(ended_at.timestamp() * 1000))

    assert isinstance(decide(terms, question(), now=ended_at - timedelta(days=1)), Refused)


def test_an_agreement_suspended_when_it_ended_takes_nothing_back() -> None:
    terms = compiled(
        state=AgreementState.ENDED, ended_at_ms=0, in_force_until=day("2026-11-20"), suspended=True
    )

    answer = decide_return(terms, now=IN_TERM)

    assert isinstance(answer, Refused)
    assert answer.reason is R.AGREEMENT_SUSPENDED


@pytest.mark.parametrize("state", [s for s in AgreementState if s is not AgreementState.ACTIVE])
def test_only_an_active_agreement_lets_data_out(state: AgreementState) -> None:
    assert isinstance(decide(compiled(state=state), question(), now=IN_TERM), Refused)


def test_clock_five_minutes_behind_is_tolerated() -> None:
    high = IN_TERM + timedelta(minutes=5)

    assert isinstance(decide(compiled(), question(), now=IN_TERM, high_water=high), Permitted)
    assert isinstance(decide_return(compiled(), now=IN_TERM, high_water=high), Permit)
    late = decide_return(compiled(), now=IN_TERM - timedelta(seconds=1), high_water=high)
    assert isinstance(late, Refused)
    assert late.reason is R.CLOCK_SET_BACK


def test_an_instant_without_a_time_zone_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="time zone"):
        decide(compiled(), question(), now=datetime(2026, 11, 24))


# --- persons ---


def test_consent_given_by_a_parent_stays_valid_when_the_pupil_turns_16() -> None:
    born = date(2010, 11, 24)
    given = dataclasses.replace(GIVEN, said_on=date(2026, 11, 23))
    terms = compiled(**WITH_CONSENT)

    for now in (local(2026, 11, 24), local(2027, 1, 1)):
        assert isinstance(decide(terms, question(), facts(given, born_on=born), now=now), Permitted)


def test_from_16_the_pupil_gives_consent_and_no_longer_the_parent() -> None:
    born, birthday = date(2010, 11, 24), date(2026, 11, 24)
    terms = compiled(**WITH_CONSENT)

    own = dataclasses.replace(GIVEN, speaker=Speaker.SELF, said_on=birthday)
    parents = dataclasses.replace(GIVEN, said_on=birthday)
    too_early = dataclasses.replace(own, said_on=birthday - timedelta(days=1))

    assert isinstance(decide(terms, question(), facts(own, born_on=born), now=IN_TERM), Permitted)
    assert isinstance(decide(terms, question(), facts(parents, born_on=born), now=IN_TERM), Refused)
    assert isinstance(decide(terms, question(), facts(too_early, born_on=born), now=IN_TERM), Refused)


def test_a_new_consent_counts_after_a_withdrawal() -> None:
    again = dataclasses.replace(GIVEN, said_on=date(2026, 10, 2))

    answer = decide(compiled(**WITH_CONSENT), question(), facts(GIVEN, WITHDRAWN, again), now=IN_TERM)

    assert isinstance(answer, Permitted)


def test_sentence_11_a_consent_for_one_purpose_is_none_for_another() -> None:
    terms = compiled(legal_basis=LegalBasis.CONSENT, purposes=("leveren_gebruik", "onderzoek"))
    both = facts(GIVEN, dataclasses.replace(GIVEN, purpose="onderzoek"))

    assert isinstance(decide(terms, question(), facts(GIVEN), now=IN_TERM), Refused)
    assert isinstance(decide(terms, question(), both, now=IN_TERM), Permitted)


def test_sentence_08_refusing_one_product_changes_nothing_at_another() -> None:
    refused = facts(dataclasses.replace(GIVEN, step=ConsentStep.REFUSED))
    lessons = compiled(product="rekenvlot")

    assert isinstance(decide(compiled(**WITH_CONSENT), question(), refused, now=IN_TERM), Refused)
    assert isinstance(decide(lessons, question(product="rekenvlot"), refused, now=IN_TERM), Permitted)


def test_a_lifted_objection_and_one_against_another_product_do_not_refuse() -> None:
    lifted = Objection(datetime(2026, 10, 1, tzinfo=UTC), lifted_at=IN_TERM)
    other = Objection(datetime(2026, 10, 1, tzinfo=UTC), product="rekenvlot")

    assert isinstance(
        decide(compiled(), question(), PersonFacts(objections=(lifted, other)), now=IN_TERM), Permitted
    )


def test_special_data_on_explicit_consent_asks_each_person_whatever_the_basis_of_the_rest() -> None:
    explicit = tuple(
        dataclasses.replace(entry, art9_ground=entry.art9_ground and SpecialGround.EXPLICIT_CONSENT)
        for entry in compiled().entries
    )
    terms = compiled(entries=explicit, purposes=("leveren_gebruik",))

    without = decide(terms, question("demographics.sex"), facts(), now=IN_TERM)
    planned = decide_field(
        terms, "demographics.sex", SubjectCategory.PUPIL, service=Service.ROSTER, now=IN_TERM
    )

    for answer in (without, planned):
        assert isinstance(answer, Refused)
        assert answer.reason is R.CONSENT_MISSING
    assert isinstance(decide(terms, question("demographics.sex"), facts(GIVEN), now=IN_TERM), Permitted)
    assert isinstance(decide(terms, question(), facts(), now=IN_TERM), Permitted)


def test_a_pupil_who_assists_is_nobody_where_only_staff_is_listed() -> None:
    both = dataclasses.replace(PUPIL, subjects=frozenset({SubjectCategory.PUPIL, SubjectCategory.STAFF}))

    answer = decide_person(compiled(subjects=(SubjectCategory.STAFF,)), both, now=IN_TERM)

    assert isinstance(answer, Refused)
    assert answer.reason is R.SUBJECT_NOT_IN_AGREEMENT


PLACES = {
    "class in scope": (Place(frozenset({"31PQ"}), frozenset({"4", "7"}), frozenset({"4B"})), None),
    "class of another school": (Place(frozenset({"99ZZ"}), frozenset({"4"})), R.SCHOOL_OUT_OF_SCOPE),
    "class of another grade": (Place(frozenset({"31PQ"}), frozenset({"7"})), R.GRADE_OUT_OF_SCOPE),
    "class of no known grade": (Place(frozenset({"31PQ"}), frozenset()), R.GRADE_OUT_OF_SCOPE),
    "another class": (
        Place(frozenset({"31PQ"}), frozenset({"4"}), frozenset({"4C"})),
        R.CLASS_OUT_OF_SCOPE,
    ),
    "organisation, which has no grade": (Place(frozenset({"32RS01"})), None),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_record_about_nobody_must_stand_in_the_scope(name: str) -> None:
    place, reason = PLACES[name]
    terms = compiled(classes=("4B",))

    apart = decide_place(terms, place, now=IN_TERM)
    asked = decide(terms, question("class.title", person=None, place=place), now=IN_TERM)

    assert (apart.reason if isinstance(apart, Refused) else None) is reason
    assert (asked.reason if isinstance(asked, Refused) else None) is reason


def test_without_consent_as_the_basis_no_consent_is_asked() -> None:
    assert isinstance(decide_person(compiled(), PUPIL, now=IN_TERM), Permit)


def test_a_person_with_two_roles_gets_the_stronger_form() -> None:
    parent = dataclasses.replace(PUPIL, subjects=frozenset({SubjectCategory.STAFF, SubjectCategory.GUARDIAN}))

    answer = decide(compiled(), question(person=parent), now=IN_TERM)

    assert isinstance(answer, Permitted)
    assert answer.form is Form.ALIAS


def test_a_teacher_who_is_a_parent_is_released_but_not_by_name_where_parents_are_not_listed() -> None:
    terms = compiled(subjects=(SubjectCategory.PUPIL, SubjectCategory.STAFF))
    both = Person(
        frozenset({SubjectCategory.STAFF, SubjectCategory.GUARDIAN}),
        schools=frozenset({"31PQ"}),
        grades=frozenset({"4"}),
    )

    assert isinstance(decide_person(terms, both, now=IN_TERM), Permit)
    assert isinstance(decide(terms, question(person=both), now=IN_TERM), Refused)
    enrollment = decide(terms, question("enrollment.beginDate", person=both), now=IN_TERM)
    assert isinstance(enrollment, Permitted)


def test_the_plan_gets_the_same_answers_as_the_full_question() -> None:
    terms = compiled()
    for name in ("user.givenName", "user.email", "demographics.birthDate", "user.password", "user.nope"):
        apart = decide_field(terms, name, SubjectCategory.PUPIL, service=Service.ROSTER, now=IN_TERM)
        assert apart == decide(terms, question(name), now=IN_TERM)


def test_the_strongest_of_several_answers_is_any_refusal_else_the_least_revealing() -> None:
    clear, alias = Permitted(Form.CLEAR, "a"), Permitted(Form.ALIAS, "b")
    refused = refuse(R.FIELD_NOT_IN_AGREEMENT, compiled(), "user.email")

    assert strongest_answer([clear, alias]) == alias
    assert strongest_answer([clear, refused, alias]) == refused


def test_an_identifier_leaves_as_a_pseudonym_whatever_stands_in_the_entry() -> None:
    terms = compiled(
        agreement(products__0__data__0__fields=["user.sourcedId"], products__0__data__0__form="pseudonym")
    )
    forged = dataclasses.replace(
        terms, entries=tuple(dataclasses.replace(entry, form=Form.CLEAR) for entry in terms.entries)
    )

    answer = decide(forged, question("user.sourcedId"), now=IN_TERM)

    assert isinstance(answer, Permitted)
    assert answer.form is Form.PSEUDONYM


def test_two_entries_for_one_field_give_the_stronger_form() -> None:
    terms = compiled()
    listed = terms.entries[0]
    forged = dataclasses.replace(
        terms, entries=(dataclasses.replace(listed, form=Form.CLEAR), listed, *terms.entries[1:])
    )

    answer = decide(forged, question(), now=IN_TERM)

    assert isinstance(answer, Permitted)
    assert answer.form is Form.ALIAS


def test_special_field_under_an_innocent_category_needs_its_ground() -> None:
    terms = compiled()
    forged: CompiledAgreement = dataclasses.replace(
        terms,
        entries=(
            dataclasses.replace(
                terms.entries[0], fields=("demographics.asian",), category=DataCategory.CONTACT
            ),
        ),
    )

    answer = decide(forged, question("demographics.asian"), now=IN_TERM)

    assert isinstance(answer, Refused)
    assert answer.reason is R.SPECIAL_WITHOUT_GROUND
