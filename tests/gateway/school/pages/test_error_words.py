"""Errors of our own are told in the language of the page."""

from __future__ import annotations

from gateway.registers.audit_events import AuditEvent
from gateway.school.pages.error_words import DUTCH
from gateway.school.pages.event_words import DUTCH_ACTIONS, DUTCH_SUBJECTS
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


def test_every_event_of_the_audit_log_has_dutch_words() -> None:
    parts = [event.value.split(":") for event in AuditEvent]
    assert sorted({subject for _source, subject, _action in parts} - set(DUTCH_SUBJECTS)) == []
    assert sorted({action for _source, _subject, action in parts} - set(DUTCH_ACTIONS)) == []


def test_events_are_told_in_the_language_of_the_page(office: Office) -> None:
    reader = office.employ("logtaal", "auditor")
    english = reader.get("/registers/?event=person:staff:invited").text
    reader.post("/language", {"language": "nl", "next": "/"}, page="/me/sessions")
    dutch = reader.get("/registers/?event=person:staff:invited").text
    assert "staff: invited" in english
    assert "account: uitgenodigd" in dutch
