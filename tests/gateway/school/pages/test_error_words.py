"""Errors of our own are told in the language of the page."""

from __future__ import annotations

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
