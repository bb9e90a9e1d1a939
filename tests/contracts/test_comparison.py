"""What widens and what narrows, and that narrowing never gives more."""

from __future__ import annotations

import copy
import itertools
import json
import os
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts import documents
from contracts.agreements import Agreement
from contracts.comparison import compare
from contracts.consents import ConsentStep, Speaker, Statement
from contracts.decisions import (
    FieldQuestion,
    Permit,
    Permitted,
    Person,
    PersonFacts,
    decide,
    decide_person,
    decide_return,
)
from contracts.faults import DocumentRefused
from contracts.fields import FIELDS, KINDS, FieldNature
from contracts.vocabulary import Direction, Service, SubjectCategory, at_least_as_strong
from tests.contracts.records import DROP, IN_TERM, agreement, compiled, local, plain

NARROWER: dict[str, dict[str, Any]] = {
    "earlier last day": {"term__until": "2027-07-31"},
    "later first day": {"term__from": "2026-09-01"},
    "fewer days for results": {"term__inbound_days_after_end": 7},
    "school removed": {"products__0__scope__schools": ["31PQ"]},
    "one location instead of the school": {"products__0__scope__schools": ["31PQ01", "32RS01"]},
    "grade removed": {"products__0__scope__grades": ["4"]},
    "classes limited": {"products__0__scope__classes": ["5A"]},
    "service removed": {"products__0__services": ["roster", "results"]},
    "all services removed": {"products__0__services": []},
    "subject removed": {"products__0__subjects": ["leerling", "medewerker"]},
    "groups coarser": {"products__0__groups": "coarse"},
    "stronger form": {"products__0__data__0__form": "pseudonym"},
    "field removed": {"products__0__data__1__fields": ["user.givenName"]},
    "out only": {"products__0__data__5__direction": "out"},
    "purpose removed": {"products__0__purposes": ["leveren_gebruik"]},
    "kept for a shorter time": {"products__0__retention__max_days_after_end": 30},
    "country removed": {"products__0__storage_countries": ["NL"]},
    "sub-processor removed": {"products__0__subprocessors": []},
    "breach told sooner": {"breach__notify__within_hours": 12},
}

WIDER: dict[str, dict[str, Any]] = {
    "later last day": {"term__until": "2028-03-01"},
    "no last day": {"term__until": None},
    "earlier first day": {"term__from": "2026-07-31"},
    "more days for results": {"term__inbound_days_after_end": 15},
    "whole school instead of a location": {"products__0__scope__schools": ["31PQ", "32RS"]},
    "all schools of the board": {"products__0__scope__schools": None},
    "grade added": {"products__0__scope__grades": ["4", "5", "6", "7"]},
    "grades no longer limited": {"products__0__scope__grades": None},
    "weaker form": {"products__0__data__0__form": "clear"},
    "field added": {
        "products__0__data__1__fields": ["user.givenName", "user.familyName", "user.email", "user.sms"]
    },
    "both ways": {"products__0__data__6__direction": "both"},
    "purpose added": {"products__0__purposes": ["leveren_gebruik", "leerresultaten_terug", "onderzoek"]},
    "another legal basis": {"products__0__legal_basis": "6-1-f"},
    "kept longer": {"products__0__retention__max_days_after_end": 61},
    "country added": {"products__0__storage_countries": ["NL", "NO", "DE"]},
    "breach told later": {"breach__notify__within_hours": 48},
    "breach without hours": {"breach__notify": {}},
    "other recipient": {"processor__kvk": "11111111"},
    "recipient renamed": {"processor__name": "Leesvlot International B.V."},
    "deleted later": {"art28__g_end__delete_within_days": 30},
    "impact assessment removed": {"products__0__dpia": None},
    "ai": {"products__0__ai": "adaptive"},
    "school of the board added": {"controller__brins": ["31PQ", "32RS", "33TU"]},
    "other category": {"products__0__data__0__category": "overige"},
}

WORDING: dict[str, dict[str, Any]] = {
    "clause": {"art28__a_instructions__clause": "art. 4"},
    "clause of an entry": {"products__0__data__0__clause": "bijlage 1"},
    "contact": {"controller__fg_contact": "avg@waterland-zuid.example"},
    "another scan of the paper": {"document__sha256": "0" * 64},
    "name of the product": {"products__0__name": "Leesvlot 2"},
}


@pytest.mark.parametrize("name", NARROWER)
def test_narrowing_acts_at_once_and_its_opposite_needs_approval(name: str) -> None:
    wide, narrow = agreement(), agreement(**NARROWER[name])

    assert compare(wide, narrow).acts_at_once, compare(wide, narrow)
    assert not compare(narrow, wide).acts_at_once


@pytest.mark.parametrize("name", WIDER)
def test_widening_needs_approval(name: str) -> None:
    difference = compare(agreement(), agreement(**WIDER[name]))

    assert difference.widened
    assert not difference.acts_at_once


@pytest.mark.parametrize("name", WORDING)
def test_wording_alone_neither_widens_nor_acts_at_once(name: str) -> None:
    difference = compare(agreement(), agreement(**WORDING[name]))

    assert not difference.widened
    assert not difference.acts_at_once


def test_narrowing_one_thing_and_widening_another_needs_approval() -> None:
    difference = compare(
        agreement(), agreement(products__0__groups="none", products__0__data__0__form="clear")
    )

    assert difference.narrowed
    assert difference.widened
    assert not difference.acts_at_once


def test_a_product_more_widens_and_a_product_less_narrows() -> None:
    more = plain()
    more["products"].append(plain(products__0__product_id="leesvlot-plus")["products"][0])
    two = documents.load(json.dumps(more))

    assert compare(agreement(), two).widened == ("product leesvlot-plus",)
    assert compare(two, agreement()).acts_at_once


def test_a_subject_more_widens_also_without_any_field() -> None:
    few: dict[str, Any] = {"products__0__data": [], "products__0__subjects": ["leerling"]}
    more = few | {"products__0__subjects": ["leerling", "medewerker"]}

    assert compare(agreement(**few), agreement(**more)).widened


def test_a_purpose_less_under_consent_asks_for_less_consent_and_so_widens() -> None:
    old = agreement(products__0__legal_basis="6-1-a")
    new = agreement(products__0__legal_basis="6-1-a", products__0__purposes=["leveren_gebruik"])

    assert compare(old, new).widened


# --- no answer gets wider by narrowing ---

_ROLES = [frozenset(roles) for count in (1, 2, 3) for roles in itertools.combinations(SubjectCategory, count)]
_PERSONS = [
    Person(roles, schools=frozenset({school}), grades=frozenset({grade}), classes=frozenset({class_}))
    for roles in _ROLES
    for school, grade, class_ in (("31PQ01", "5", "5A"), ("32RS01", "4", "4B"), ("32RS", "7", "7A"))
]
_BORN = date(2012, 1, 1)
_SAYS = [
    PersonFacts(born_on=_BORN),
    PersonFacts(
        born_on=_BORN,
        texts=frozenset({"a" * 64}),
        consents=(
            Statement(
                "leesvlot",
                "leveren_gebruik",
                ConsentStep.GIVEN,
                Speaker.REPRESENTATIVE_1,
                date(2026, 1, 1),
                "a" * 64,
            ),
        ),
    ),
]
_TIMES = [local(2026, 7, 31, 12), IN_TERM, local(2027, 8, 1), local(2028, 2, 29, 12), local(2028, 3, 10)]
_FIELDS = [name for name, field in FIELDS.items() if field.nature is not FieldNature.NEVER]

_TEXTS = st.lists(st.sampled_from(["4", "5", "6", "7"]), min_size=1, max_size=4, unique=True)
_CHANGES: dict[str, st.SearchStrategy[Any]] = {
    "term__from": st.sampled_from(["2026-07-31", "2026-08-01", "2026-11-25"]),
    "term__until": st.sampled_from([None, "2027-07-31", "2028-02-29", "2028-03-01"]),
    "term__inbound_days_after_end": st.sampled_from([0, 14, 30]),
    "controller__brins": st.sampled_from([["31PQ"], ["31PQ", "32RS"], ["31PQ", "32RS", "33TU"]]),
    "products__0__legal_basis": st.sampled_from(["6-1-a", "6-1-e"]),
    "products__0__purposes": st.sampled_from(
        [["leveren_gebruik"], ["leveren_gebruik", "leerresultaten_terug"]]
    ),
    "products__0__services": st.lists(st.sampled_from([s.value for s in Service]), unique=True),
    "products__0__scope__schools": st.sampled_from(
        [None, ["31PQ"], ["31PQ01"], ["31PQ", "32RS"], ["31PQ", "32RS01"]]
    ),
    "products__0__scope__grades": st.none() | _TEXTS,
    "products__0__scope__classes": st.sampled_from([None, ["5A"], ["5A", "4B"]]),
    "products__0__subjects": st.lists(
        st.sampled_from([s.value for s in SubjectCategory]), min_size=1, unique=True
    ),
    "products__0__groups": st.sampled_from(["none", "coarse", "exact"]),
    **{
        f"products__0__data__{index}__form": st.sampled_from(
            ["pseudonym", "alias", "generalised", "scrubbed", "clear"]
        )
        for index in range(7)
    },
    **{
        f"products__0__data__{index}__subjects": st.sampled_from(
            [DROP, ["leerling"], ["medewerker"], ["leerling", "medewerker", "wettelijk_vertegenwoordiger"]]
        )
        for index in range(7)
    },
    **{
        f"products__0__data__{index}__direction": st.sampled_from(["out", "back", "both"])
        for index in range(7)
    },
}


@st.composite
def _bent(draw: st.DrawFn) -> dict[str, Any]:
    chosen = draw(st.lists(st.sampled_from(sorted(_CHANGES)), max_size=3, unique=True))
    return {path: draw(_CHANGES[path]) for path in chosen}


def _read(*bents: dict[str, Any]) -> Agreement | None:
    record = plain()
    for bent in bents:
        for path, value in bent.items():
            *steps, last = [int(step) if step.isdigit() else step for step in path.split("__")]
            place: Any = record
            for step in steps:
                place = place[step]
            if value is DROP:
                place.pop(last, None)
            else:
                place[last] = copy.deepcopy(value)
    try:
        return documents.load(json.dumps(record))
    except DocumentRefused:
        return None


def _questions(field: str) -> list[FieldQuestion]:
    kind = KINDS[FIELDS[field].kind]
    persons: list[Person | None] = [*_PERSONS] if kind.subjects else [None]
    return [
        FieldQuestion(product="leesvlot", service=service, field=field, direction=way, person=person)
        for person in persons
        for service in kind.services
        for way in (Direction.OUT, Direction.BACK)
    ]


@settings(
    max_examples=1500 if os.environ.get("SCHUILNAAM_TEST_THOROUGH") else 60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(
    _bent(),
    _bent(),
    st.lists(st.sampled_from(_FIELDS), min_size=3, max_size=6, unique=True),
    st.sampled_from(_TIMES),
    st.sampled_from(_SAYS),
)
def test_narrowing_never_gives_a_more_revealing_answer(
    first: dict[str, Any], second: dict[str, Any], fields: list[str], now: datetime, facts: PersonFacts
) -> None:
    one, other = _read(first), _read(first, second)
    if one is None or other is None:
        return
    for old, new in ((one, other), (other, one)):
        if compare(old, new).widened:
            continue
        before, after = compiled(old), compiled(new)
        for field in [*fields, "user.givenName", "class.title", "result.score", "enrollment.beginDate"]:
            for asked in _questions(field):
                answer = decide(after, asked, facts, now=now)
                if isinstance(answer, Permitted):
                    earlier = decide(before, asked, facts, now=now)
                    assert isinstance(earlier, Permitted), (asked, earlier)
                    assert at_least_as_strong(answer.form, earlier.form)
        for person in _PERSONS:
            if isinstance(decide_person(after, person, facts, now=now), Permit):
                assert isinstance(decide_person(before, person, facts, now=now), Permit)
        if isinstance(decide_return(after, now=now), Permit):
            assert isinstance(decide_return(before, now=now), Permit)
