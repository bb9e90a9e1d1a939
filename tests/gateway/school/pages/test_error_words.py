"""Errors of our own are told in the language of the page."""

from __future__ import annotations

import re
from pathlib import Path

from gateway.school.pages.error_words import DUTCH
from tests.gateway.school.pages.office import Office


def test_refusal_is_told_in_dutch_on_a_dutch_page_and_in_english_on_an_english_one(office: Office) -> None:
    person = office.employ("taalkiezer", "application_manager")
    fields = {"name": "iemand", "display_name": "Iemand"}

    english = person.post("/staff/invite", fields, page="/staff/")
    person.post("/language", {"language": "nl", "next": "/"}, page="/staff/")
    dutch = person.post("/staff/invite", fields, page="/staff/")

    assert (english.status_code, dutch.status_code) == (422, 422)
    assert "An account needs a role." in english.text
    assert DUTCH["staff_role_missing"] in dutch.text
    assert "staff_role_missing" in dutch.text


SPOKEN = (
    "consents/*.py", "regulations/*.py", "legal_deliveries.py", "documents.py", "pages/asking.py", "pages/consent*.py",
    "pages/objections.py", "pages/legal_exceptions.py", "pages/regulations.py",
)  # fmt: skip
"""What the pages of consent, leaving out, recipients by law and the regulation can be told by."""


def test_every_error_of_consent_objection_law_and_regulation_has_its_sentence_in_dutch() -> None:
    school = Path(__file__).parents[4] / "gateway" / "school"
    codes: set[str] = set()
    for pattern in SPOKEN:
        for path in school.glob(pattern):
            source = path.read_text(encoding="utf-8")
            codes |= set(re.findall(r'\bcode="([a-z_]+)"', source))
            # As values: a fault of a statement, and one of a row of a file.
            codes |= set(re.findall(r'\bSaidFault\(\s*"([a-z_]+)"', source))
            codes |= set(re.findall(r'\b_fault\([a-z.]+, "([a-z_]+)"', source))
    assert {
        "speaker_not_entitled",
        "too_many_cells",
        "objection_known",
        "regulation_known",
        "field_not_listed",
    } <= codes
    assert sorted(codes - set(DUTCH)) == []


def test_dutch_sentence_about_a_person_holds_no_place_for_a_value() -> None:
    assert [code for code, sentence in DUTCH.items() if "{" in sentence or "%(" in sentence] == []
