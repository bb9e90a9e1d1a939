"""A consent covers what was told: sentence 10 of the seed page, term by term."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

import pytest

from contracts.consent_texts import Told, covers, deletion_due, told_by
from contracts.vocabulary import DataCategory, RecipientRole
from tests.contracts.records import DROP, agreement, plain, unchecked


def told(**bent: Any) -> Told:
    return told_by(agreement(**bent), "leesvlot")


_FIELDS = "products__0__data__0__fields"
_NAMES = ["user.givenName", "user.familyName"]

MORE: dict[str, dict[str, Any]] = {
    "a field": {_FIELDS: [*_NAMES, "user.middleName"]},
    "a field in a more revealing form": {
        "products__0__data__0__form": "clear",
        "products__0__data__0__necessity": "naam op het scherm",
        "products__0__data__0__clause": "bijlage 1",
    },
    "a sub-processor": {
        "products__0__subprocessors": [
            {"name": "Rekencentrum Noord B.V.", "country": "NL", "service": "hosting", "sees": ["studievoortgang"]},
            {"name": "Mailhuis B.V.", "country": "NL", "service": "mail"},
        ]
    },
    "a country": {"products__0__storage_countries": ["NL", "NO", "DE"]},
    "days of keeping": {"products__0__retention__max_days_after_end": 61},
    "days before deletion": {"art28__g_end__delete_within_days": 21},
    "use for AI": {"products__0__ai": "aanbevelingen"},
    "another recipient": {"processor__kvk": "76543219"},
}  # fmt: skip
LESS: dict[str, dict[str, Any]] = {
    "the same": {},
    "a field less": {_FIELDS: _NAMES[:1]},
    "a field in a less revealing form": {"products__0__data__0__form": "pseudonym"},
    "groups": {"products__0__groups": "coarse"},
    "no sub-processor": {"products__0__subprocessors": []},
    "a country less": {"products__0__storage_countries": ["NL"]},
    "days of keeping": {"products__0__retention__max_days_after_end": 59},
    "days before deletion": {"art28__g_end__delete_within_days": 10},
    "a service less": {"products__0__services": ["roster", "results"]},
    "another school": {"products__0__scope__schools": ["32RS"]},
    "all grades": {"products__0__scope__grades": None},
    "a purpose more, which has a consent of its own": {
        "products__0__purposes": ["leveren_gebruik", "leerresultaten_terug", "onderzoek"]
    },
    "wording of a clause": {"products__0__data__0__clause": "bijlage 1, nieuw"},
    "the name of the recipient": {"processor__name": "Leesvlot Holding B.V."},
    "no impact assessment": {"products__0__dpia": DROP},
}


@pytest.mark.parametrize("name", MORE)
def test_sentence_10_a_text_that_did_not_tell_it_does_not_cover(name: str) -> None:
    assert not covers(told(), told(**MORE[name]))


def test_sentence_10_a_text_that_told_of_made_up_groups_does_not_cover_real_ones() -> None:
    assert not covers(told(products__0__groups="coarse"), told())


def test_sentence_10_a_processor_was_told_and_a_controller_is_another() -> None:
    today = told()
    assert not covers(dataclasses.replace(today, role=RecipientRole.CONTROLLER), today)


def test_sentence_10_what_a_recipient_may_use_it_for_was_told_or_is_not_covered() -> None:
    research = dataclasses.replace(told(), role=RecipientRole.CONTROLLER, used_for="leesonderzoek 2026")
    assert covers(research, research)
    assert not covers(research, dataclasses.replace(research, used_for="reclame"))


@pytest.mark.parametrize("name", LESS)
def test_sentence_10_a_text_that_told_as_much_or_more_covers(name: str) -> None:
    assert covers(told(), told(**LESS[name]))


def test_sentence_11_a_text_of_another_product_does_not_cover() -> None:
    other = plain(products__0__product_id="leesvlot-plus")
    assert not covers(told(), told_by(agreement(products=other["products"]), "leesvlot-plus"))


def test_what_a_text_told_comes_back_as_it_was_stored() -> None:
    whole = told_by(agreement(), "leesvlot", pupils_of_16=False)
    assert Told.from_bytes(whole.to_bytes()) == whole


def test_categories_are_those_about_pupils_each_once() -> None:
    assert told().categories == (
        DataCategory.CONTACT,
        DataCategory.RELIGION,
        DataCategory.ORGANISATION,
        DataCategory.PROGRESS,
    )


def test_sentence_18_a_recipient_that_is_no_processor_has_the_term_of_its_product() -> None:
    record = unchecked(art28=DROP, breach=DROP, role="controller")
    assert deletion_due(record, "leesvlot", asked_on=date(2026, 11, 24)) == date(2027, 1, 23)


@pytest.mark.parametrize(
    ("delete", "keep", "due"), [(20, 60, "2026-12-14"), (60, 20, "2026-12-14"), (0, 60, "2026-11-24")]
)
def test_sentence_18_data_about_one_pupil_is_due_by_the_shorter_term(
    delete: int, keep: int, due: str
) -> None:
    record = agreement(
        art28__g_end__delete_within_days=delete, products__0__retention__max_days_after_end=keep
    )
    assert deletion_due(record, "leesvlot", asked_on=date(2026, 11, 24)) == date.fromisoformat(due)
