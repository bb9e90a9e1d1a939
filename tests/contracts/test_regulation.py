"""Sentence 23 of the seed page: the participation council has its consent on the privacy regulation."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from contracts.regulation import CouncilConsent, CouncilPart, Regulation, outside
from contracts.vocabulary import DataCategory
from tests.contracts.records import agreement

TODAY = date(2026, 11, 24)
PARENTS, PUPILS, STAFF = CouncilPart
CATEGORIES = (
    DataCategory.CONTACT, DataCategory.TEACHER, DataCategory.RELIGION, DataCategory.ORGANISATION,
    DataCategory.PROGRESS,
)  # fmt: skip
PURPOSES = ("leveren_gebruik", "leerresultaten_terug")


def consent(part: CouncilPart, on: date = date(2026, 6, 1)) -> CouncilConsent:
    return CouncilConsent(part, on, "notulen 14")


def regulation(**changes: Any) -> Regulation:
    made: dict[str, Any] = {
        "version": "2026",
        "in_force_from": date(2026, 8, 1),
        "categories": CATEGORIES,
        "purposes": PURPOSES,
        "council": (consent(PARENTS), consent(STAFF)),
    }
    return Regulation(**{**made, **changes})


def codes(*regulations: Regulation, **bent: Any) -> list[str]:
    return [each.code for each in outside(agreement(**bent), regulations, on=TODAY)]


CASES: dict[str, tuple[list[Regulation], list[str]]] = {
    "all of it is in the regulation": ([regulation()], []),
    "there is none": ([], ["council:pupils", "council:staff"]),
    "no part of the council consented": ([regulation(council=())], ["council:pupils", "council:staff"]),
    "the staff's part did not": ([regulation(council=(consent(PARENTS),))], ["council:staff"]),
    "the parents' part did not": ([regulation(council=(consent(STAFF),))], ["council:pupils"]),
    "the pupils' part speaks for pupils too": ([regulation(council=(consent(PUPILS), consent(STAFF)))], []),
    "a category is not in it": (
        [regulation(categories=CATEGORIES[:-1])], ["category:studievoortgang"],
    ),
    "a purpose is not in it": ([regulation(purposes=PURPOSES[:1])], ["purpose:leerresultaten_terug"]),
    "it begins tomorrow": (
        [regulation(in_force_from=date(2026, 11, 25))], ["council:pupils", "council:staff"],
    ),
    "it begins today": ([regulation(in_force_from=TODAY)], []),
    "the consent is of tomorrow": (
        [regulation(council=(consent(PARENTS, date(2026, 11, 25)), consent(STAFF)))], ["council:pupils"],
    ),
    "a newer version without consent does not count": (
        [regulation(), regulation(version="2027", in_force_from=TODAY, categories=(), council=())], [],
    ),
    "a newer version with consent does": (
        [regulation(), regulation(version="2027", in_force_from=TODAY, purposes=PURPOSES[:1])],
        ["purpose:leerresultaten_terug"],
    ),
    "of two of one day the one recorded last counts": (
        [regulation(purposes=PURPOSES[:1]), regulation(version="2026-b")], [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_sentence_23_an_agreement_beyond_the_regulation_is_told(name: str) -> None:
    regulations, expected = CASES[name]
    assert codes(*regulations) == expected


def test_sentence_23_data_of_staff_alone_asks_the_staffs_part_alone() -> None:
    bent = {
        "products__0__subjects": ["medewerker"],
        "products__0__data": [
            {"category": "docent", "fields": ["user.familyName"], "form": "alias", "direction": "out"}
        ],
    }
    assert codes(regulation(council=(consent(STAFF),)), **bent) == []
    assert codes(regulation(council=(consent(PARENTS),)), **bent) == ["council:staff"]


def test_a_regulation_comes_back_as_it_was_stored() -> None:
    assert Regulation.from_bytes(regulation().to_bytes()) == regulation()
