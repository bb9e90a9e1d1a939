"""The data protection officer advises and decides nothing: page, API and command over one operation."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from contracts.vocabulary import AgreementState
from gateway.database import writing
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.registers.tables import Log
from gateway.school.agreeing import advice
from tests.gateway.school.api.test_admin_api import Program
from tests.gateway.school.pages import papers
from tests.gateway.school.pages.office import Office, visible
from tests.initialised import quiet

WORDS = "Vraag eerst om een nieuwe DPIA.\nDe groepen zijn klein: kinderen zijn herkenbaar."


def test_advice_stands_above_the_approvers_button_and_changes_nothing(office: Office) -> None:
    papers.register(office, papers.record(office, "advies"))
    officer = office.employ("fg-een", "data_protection_officer")
    approver = office.employ("fg-tweede", "approver")

    attached = officer.post(
        "/agreements/VO-advies/1/advice",
        {"outcome": "negative", "text": WORDS},
        page="/agreements/VO-advies/1",
    )

    assert attached.status_code == 200
    assert papers.version(office, "VO-advies").state is AgreementState.REGISTERED
    page = approver.get("/agreements/VO-advies/1").text
    assert page.index("De groepen zijn klein") < page.index("/approve")
    assert "negative · VO-advies/1" in visible(page)
    assert "fg-een" in visible(page)
    # A negative advice stops nobody, and is there to be read later.
    assert approver.post("/agreements/VO-advies/1/approve", page="/agreements/VO-advies/1").status_code == 200
    assert papers.version(office, "VO-advies").state is AgreementState.APPROVED


def test_audit_log_holds_that_there_was_advice_and_no_word_of_it(office: Office) -> None:
    version = papers.register(office, papers.record(office, "woordloos"))
    officer = office.services.person("fg")

    given = advice.advise(
        office.services, version.reference, "positive_if", WORDS, actor=officer, now=office.clock()
    )

    (entry,) = [
        each for each in office.events(AuditEvent.AGREEMENT_ADVISED) if each.object_id == version.reference
    ]
    assert entry.details["digest"] == given.digest
    whole = audit.listed(office.services.school, Log.AUDIT_SCHOOL, board_id=office.services.board_id)
    assert "herkenbaar" not in json.dumps([str(each) for each in whole])


def test_advice_that_was_changed_in_the_database_is_shown_as_altered(office: Office) -> None:
    version = papers.register(office, papers.record(office, "verdraaid"))
    officer = office.services.person("fg")
    advice.advise(office.services, version.reference, "negative", WORDS, actor=officer, now=office.clock())
    with writing(office.services.school) as connection:
        connection.execute(text("DROP TRIGGER agreement_advice_no_update"))
        connection.execute(
            text(
                "UPDATE agreement_advice SET content = CAST(replace(CAST(content AS TEXT), 'negative', 'positive')"
                " AS BLOB) WHERE agreement_id = 'VO-verdraaid'"
            )
        )

    (found,) = advice.advice_on(office.services, "VO-verdraaid")
    page = office.employ("fg-lezer", "auditor").get("/agreements/VO-verdraaid/1").text

    assert found.altered
    assert "This is not what was advised" in visible(page)


def test_advice_that_says_nothing_or_cannot_be_read_is_refused(office: Office) -> None:
    papers.register(office, papers.record(office, "leeg"))
    api = Program(office, "fg-api", "data_protection_officer")

    for words in ("", " \n ", "x" * 10_001, "nul\0"):
        refused = api.ask("POST", "/agreements/VO-leeg/1/advice", {"outcome": "negative", "text": words})
        assert refused.status_code in (400, 422)

    assert advice.advice_on(office.services, "VO-leeg") == []


@pytest.mark.parametrize("role", ["application_manager", "approver", "privacy_officer", "auditor"])
def test_nobody_but_the_officer_attaches_advice(office: Office, role: str) -> None:
    program = Program(office, f"geen-fg-{role.replace('_', '-')}", role)
    refused = program.ask("POST", "/agreements/VO-advies/1/advice", {"outcome": "positive", "text": "mooi"})
    assert refused.status_code == 403


def test_api_and_command_attach_the_same_and_tell_all_of_it(
    office: Office, tmp_path_factory: pytest.TempPathFactory
) -> None:
    papers.register(office, papers.record(office, "beide"))
    api = Program(office, "fg-beide", "data_protection_officer")
    file = tmp_path_factory.mktemp("advies") / "advies.txt"
    file.write_text(WORDS, encoding="utf-8")

    by_api = api.ask("POST", "/agreements/VO-beide/1/advice", {"outcome": "positive", "text": "Akkoord."})
    status, _ = quiet(["agreement", "advise", "VO-beide", "--outcome", "negative", "--text", str(file),
                       "--by", "FG", "--home", str(office.home), "--json"])  # fmt: skip
    _, shown = quiet(["agreement", "show", "VO-beide", "--home", str(office.home), "--json"])

    assert (by_api.status_code, status) == (201, 0)
    told = api.ask("GET", "/agreements/VO-beide/1").json()["advice"]
    assert [(each["outcome"], each["text"], each["altered"]) for each in told] == [
        ("negative", WORDS, False), ("positive", "Akkoord.", False),
    ]  # fmt: skip
    assert [each["text"] for each in json.loads(shown)["advice"]] == [WORDS, "Akkoord."]


def test_officer_who_also_decides_is_warned_about_where_the_roles_are_given(office: Office) -> None:
    manager = office.employ("rollen-beheer", "application_manager")
    office.employ("rollen-fg", "data_protection_officer")
    both = [("roles", "data_protection_officer"), ("roles", "privacy_officer")]

    changed = manager.post("/staff/rollen-fg/roles", both, page="/staff/")
    invited = manager.post(
        "/staff/invite", [("name", "rollen-nieuw"), ("display_name", "Nieuw"), *both], page="/staff/"
    )
    api = Program(office, "rollen-beheer", "application_manager")
    by_api = api.ask("POST", "/staff", {"name": "rollen-api", "display_name": "X",
                                        "roles": ["data_protection_officer", "approver"]})  # fmt: skip
    status, said = quiet(["staff", "roles", "rollen-fg", "--role", "data_protection_officer", "--role", "approver",
                          "--by", "bestuur", "--home", str(office.home)])  # fmt: skip

    for page in (changed, invited, manager.get("/staff/")):
        assert "must not decide what they then judge" in visible(page.text)
    assert by_api.json()["warnings"] == ["fg_decides"]
    assert status == 0
    assert "art. 38(6)" in said
