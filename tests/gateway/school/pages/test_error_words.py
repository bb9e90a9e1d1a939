"""Errors of our own are told in the language of the page."""

from __future__ import annotations

import ast
import re
from pathlib import Path

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


SPOKEN = (
    "consents/*.py", "regulations/*.py", "legal_deliveries.py", "documents.py", "pages/asking.py", "pages/consent*.py",
    "pages/objections.py", "pages/legal_exceptions.py", "pages/regulations.py",
    "terms/*.py", "vendors/*.py", "mail/sending.py", "receipts/*.py", "reports/*.py", "pages/agreement_ending.py",
    "pages/deletions.py", "pages/subprocessors.py", "pages/receipts.py", "pages/registers.py",
)  # fmt: skip
"""What the pages of consent, leaving out, recipients by law, the regulation, terms and reports can be told by."""


def test_every_error_of_consent_law_regulation_terms_and_reports_has_its_sentence_in_dutch() -> None:
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


def test_every_finding_of_the_examination_has_its_sentence_in_dutch_or_a_code() -> None:
    untold = []
    for path in (Path(__file__).parents[4] / "gateway" / "school" / "doctor").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_finding = isinstance(node, ast.Call) and ast.unparse(node.func).startswith("Finding.")
            if is_finding and not {each.arg for each in node.keywords} & {"dutch", "code"}:  # type: ignore[union-attr]
                untold.append(f"{path.name}:{node.lineno}")  # type: ignore[attr-defined]
    assert untold == []
