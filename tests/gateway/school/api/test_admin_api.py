"""The admin API over real HTTP: a token per person and role, problems, ETags, and the same rights as the pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from gateway.demo import papers
from gateway.registers.audit_events import AuditEvent
from gateway.school.pages.access import declared_access
from gateway.school.staff import accounts, api_tokens
from gateway.school.staff.accounts import grants_from
from gateway.school.staff.roles import GRANTS, PER_SCHOOL, Action, Role
from tests.gateway.school.pages.office import Office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    office = Office(tmp_path_factory.mktemp("office"))
    yield office
    office.close()


class Program:
    """A program with a token."""

    def __init__(self, office: Office, name: str, *roles: str, days: int = 90) -> None:
        self.office = office
        if name not in [each.name for each in accounts.listed(office.services, now=office.clock())]:
            office.employ(name, *roles)
        account = next(
            each for each in accounts.listed(office.services, now=office.clock()) if each.name == name
        )
        self.issued = api_tokens.issue(
            office.services,
            account_id=account.account_id,
            label="toets",
            grants=grants_from(roles),
            actor=office.services.operator(),
            now=office.clock(),
            days=days,
        )

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        return requests.request(
            method,
            f"{self.office.url}/api/v1{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.issued.token}", **headers},
            timeout=10,
        )


def _problem(answer: requests.Response) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == answer.status_code
    assert document["detail"]
    return answer.status_code, document["code"]


def _record(product: str) -> dict[str, object]:
    return papers.agreement(
        f"VO-{product}", vendor="Rekenwijs B.V.", kvk="12345678", product=product, board="Stichting Toets",
        brins=["99ZZ"], data=papers.full_terms(), services=["roster"], today=datetime.now(UTC).date(),
    )  # fmt: skip


def test_token_tells_for_whom_it_acts(office: Office) -> None:
    program = Program(office, "beheer", "application_manager")
    me = program.ask("GET", "/me").json()
    assert (me["name"], me["roles"]) == ("beheer", ["application_manager"])
    assert "agreement.approve" not in me["actions"]


def test_agreement_is_registered_by_one_token_and_approved_by_that_of_another_person(office: Office) -> None:
    manager = Program(office, "beheer", "application_manager")
    board = Program(office, "bestuur", "approver")

    registered = manager.ask("POST", "/agreements", {"record": _record("taalwijs"), "new": True})
    path = f"/agreements/{registered.json()['reference']}"
    by_manager = manager.ask("POST", f"{path}/approve")
    approved = board.ask("POST", f"{path}/approve")
    for finding in registered.json()["findings"]:
        board.ask("POST", f"{path}/findings/{finding['code']}", {"reason": "in een toets"})
    active = manager.ask("POST", f"{path}/activate")

    assert registered.status_code == 201
    assert _problem(by_manager) == (403, "not_allowed")
    assert approved.json()["state"] == "approved"
    assert (active.status_code, active.json()["state"]) == (200, "active")
    (event,) = office.events(AuditEvent.AGREEMENT_APPROVED)
    assert event.actor["claim"] == "bestuur"
    assert event.actor["os_account"].startswith("page:")


def test_faulty_record_is_refused_with_every_fault_and_registers_nothing(office: Office) -> None:
    manager = Program(office, "beheer", "application_manager")
    record = _record("fout")
    record["processor"] = {}
    del record["term"]
    before = manager.ask("GET", "/agreements").json()

    refused = manager.ask("POST", "/agreements", {"record": record, "new": True})

    assert refused.status_code == 422
    assert len(refused.json()["faults"]) > 2
    assert manager.ask("GET", "/agreements").json() == before


def test_unknown_member_and_wrong_type_are_refused_by_name_and_never_quoted(office: Office) -> None:
    manager = Program(office, "beheer", "application_manager")
    for body in ({"slug": "LAS 1", "onbekend": "geheim-1"}, {"slug": 17}, [], "geheim-1", None):
        refused = manager.ask("POST", "/sources", body)
        assert _problem(refused)[0] in (400, 415, 422)
        assert "geheim-1" not in refused.text


def test_roles_are_changed_only_by_who_read_them_as_they_are(office: Office) -> None:
    manager = Program(office, "beheer", "application_manager")
    office.employ("gewijzigd", "auditor")
    etag = manager.ask("GET", "/staff/gewijzigd").headers["ETag"]

    blind = manager.ask("PUT", "/staff/gewijzigd/roles", {"roles": ["approver"]})
    done = manager.ask("PUT", "/staff/gewijzigd/roles", {"roles": ["approver"]}, **{"If-Match": etag})
    late = manager.ask("PUT", "/staff/gewijzigd/roles", {"roles": ["auditor"]}, **{"If-Match": etag})

    assert _problem(blind) == (428, "if_match_missing")
    assert done.json()["roles"] == ["approver"]
    assert _problem(late) == (412, "changed_meanwhile")


def test_lists_come_in_pages(office: Office) -> None:
    manager = Program(office, "beheer", "application_manager")
    everybody = manager.ask("GET", "/staff?page_size=100").json()
    pages = [
        manager.ask("GET", f"/staff?page={number}&page_size=1") for number in range(1, len(everybody) + 1)
    ]
    assert [page.json()[0] for page in pages] == everybody
    assert json.loads(pages[0].headers["X-Pagination"])["total"] == len(everybody)


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer sn_verzonnen", "Basic c25fOng=", "Bearer x"])
def test_without_an_open_token_nothing_is_answered(office: Office, sent: str) -> None:
    for path in ("/me", "/staff", "/openapi.json"):
        answer = requests.get(
            f"{office.url}/api/v1{path}", headers={"Authorization": sent} if sent else {}, timeout=10
        )
        assert _problem(answer) == (401, "token_refused")


def test_cookie_of_a_signed_in_person_opens_no_operation(office: Office) -> None:
    person = office.employ("koekje", "application_manager")
    assert person.get("/staff/").status_code == 200
    assert _problem(person.get("/api/v1/staff")) == (401, "token_refused")


def test_token_ends_with_its_day_its_account_its_role_and_when_it_is_ended(office: Office) -> None:
    dated = Program(office, "kort", "auditor", days=1)
    closed = Program(office, "weg", "auditor")
    demoted = Program(office, "minder", "auditor")
    ended = Program(office, "klaar", "auditor")
    operator, now = office.services.operator(), office.clock()
    accounts.close(office.services, name="weg", actor=operator, now=now)
    accounts.change_roles(
        office.services, name="minder", grants=grants_from(["staff_member"]), actor=operator, now=now
    )
    api_tokens.revoke(office.services, ended.issued.token_id, actor=operator, now=now)

    assert dated.ask("GET", "/staff").status_code == 200
    assert closed.ask("GET", "/staff").status_code == 401
    assert demoted.ask("GET", "/staff").status_code == 403
    assert ended.ask("GET", "/staff").status_code == 401
    office.clock.ahead += timedelta(days=1, seconds=1)
    assert dated.ask("GET", "/staff").status_code == 401
    office.clock.ahead -= timedelta(days=1, seconds=1)


def test_every_operation_answers_the_roles_of_the_table_and_no_other(office: Office) -> None:
    rules = [
        (method, rule.rule.removeprefix("/api/v1"), declared_access(office.app.view_functions[rule.endpoint]))
        for rule in office.app.url_map.iter_rules()
        for method in (rule.methods or set()) & {"GET", "POST", "PUT", "DELETE"}
        if rule.rule.startswith("/api/v1")
    ]
    assert len(rules) > 20
    for role in Role:
        word = f"{role.value}/99ZZ" if role in PER_SCHOOL else role.value
        program = Program(office, f"api-{role.value.replace('_', '-')}", word)
        for method, rule, access in rules:
            if not isinstance(access, Action) or (role in GRANTS[access] and method != "GET"):
                continue
            path = re.sub(r"<[^:<>]+>", "x", re.sub(r"<int:[^<>]+>", "1", rule))
            # Of a page for parents the school is asked for by name.
            query = "?school=99ZZ" if path.endswith("/parents") else ""
            status = program.ask(method, path + query).status_code
            assert (status in (200, 404)) if role in GRANTS[access] else (status == 403), (
                role,
                method,
                rule,
                status,
            )


def test_vendor_is_stopped_and_resumed_by_tokens_of_the_roles_that_may(office: Office) -> None:
    manager, officer = (
        Program(office, "beheer", "application_manager"),
        Program(office, "fg2", "privacy_officer"),
    )
    manager.ask("POST", "/agreements", {"record": _record("stopwijs"), "new": True})

    mute = manager.ask("POST", "/vendors/12345678/stop", {})
    stopped = manager.ask("POST", "/vendors/12345678/stop", {"reason": "datalek"})
    by_manager = manager.ask("POST", "/vendors/12345678/resume", {"reason": "klaar"})
    counted = manager.ask("GET", "/overview").json()["needs_action"]["vendors_stopped"]
    lifted = officer.ask("POST", "/vendors/12345678/resume", {"reason": "gedicht"})
    twice = officer.ask("POST", "/vendors/12345678/resume", {"reason": "gedicht"})

    assert _problem(mute) == (422, "members_refused")
    assert (stopped.json()["stopped"]["by"], stopped.json()["stopped"]["reason"]) == ("beheer", "datalek")
    assert _problem(by_manager) == (403, "not_allowed")
    assert counted == ["12345678"]
    assert lifted.json()["stopped"] is None
    assert _problem(twice) == (409, "vendor_not_stopped")


def test_end_is_looked_at_planned_and_its_deletion_confirmed_by_tokens(office: Office) -> None:
    manager, board = Program(office, "beheer", "application_manager"), Program(office, "bestuur", "approver")
    manager.ask("POST", "/agreements", {"record": _record("eindwijs"), "new": True})
    path = "/agreements/VO-eindwijs/1"
    board.ask("POST", f"{path}/approve")
    for finding in manager.ask("GET", path).json()["findings"]:
        board.ask("POST", f"{path}/findings/{finding['code']}", {"reason": "in een toets"})
    manager.ask("POST", f"{path}/activate")

    follows = manager.ask("GET", f"{path}/ending").json()
    unasked = manager.ask("POST", f"{path}/end", {})
    notice = {"agreement": "VO-eindwijs", "name": "Wolk B.V.", "country": "IE", "service": "hosting"}
    number = manager.ask("POST", "/subprocessor-notices", notice).json()["number"]
    objected = board.ask(
        "POST", f"/subprocessor-notices/{number}/answer", {"answer": "objected", "reason": "EU"}
    )
    ended = manager.ask("POST", f"{path}/end", {"shred_on": None})
    plans = manager.ask("PUT", f"{path}/pseudonyms", {"shred_on": follows["shred_from"]})
    confirm = "/deletions/VO-eindwijs/1/eindwijs/confirm"
    wrong = manager.ask("POST", confirm, {"document_base64": "geen base64!"})
    confirmed = manager.ask("POST", confirm, {"document_base64": "cGFwaWVy", "document_name": "brief.pdf"})

    assert follows["products"][0]["delete_by"]
    assert _problem(unasked) == (422, "members_refused")
    assert objected.json()["state"] == "objected"
    assert ended.json()["state"] == "ended"
    assert plans.json()[0]["state"] == "planned"
    assert _problem(wrong) == (422, "document_encoding")
    assert confirmed.json()["state"] == "confirmed"
    document = manager.ask("GET", "/deletions/VO-eindwijs/1/eindwijs/document").json()
    assert document["content_base64"] == "cGFwaWVy"
    assert document["file"].endswith(".pdf")
    assert _problem(manager.ask("GET", f"/subprocessor-notices/{number}/document"))[0] == 404
    assert [each["state"] for each in manager.ask("GET", "/deletions").json()] == ["confirmed"]
    (receipt, *_) = manager.ask("GET", "/receipts").json()
    assert "<html" in manager.ask("GET", f"/receipts/{receipt['number']}").json()["html"]
    assert _problem(manager.ask("GET", "/receipts/999999"))[0] == 404
    assert manager.ask("GET", "/mails?state=waiting").json()
    assert manager.ask("GET", "/terms?days=365").status_code == 200


def test_reports_findings_and_settings_are_read_and_the_yearly_check_is_ticked(office: Office) -> None:
    manager = Program(office, "beheer", "application_manager")

    parents = manager.ask("GET", "/reports/parents?school=99ZZ&language=en").json()
    foreign = manager.ask("GET", "/reports/parents?school=11XX")
    ticked = manager.ask("POST", "/reports/yearly/fields", {"remark": "niets over"}).json()
    unknown = manager.ask("POST", "/reports/yearly/weg", {})
    assert manager.ask("POST", "/system/examine").status_code == 200
    system, key = manager.ask("GET", "/system").json(), manager.ask("GET", "/key").json()
    settings = {each["name"]: each for each in manager.ask("GET", "/config").json()}

    assert parents["document"].startswith("<!doctype html>")
    assert _problem(foreign) == (422, "school_unknown")
    assert [(each["done_by"], each["remark"]) for each in ticked if each["item"] == "fields"] == [
        ("beheer", "niets over")
    ]
    assert _problem(unknown) == (422, "check_unknown")
    assert {"ring", "disk", "backup"} <= {each["check"] for each in system["checks"]}
    assert (system["network"], key["unlocked"]) == (True, True)
    assert settings["board_name"] == {
        "name": "board_name", "value": "Stichting Toets", "source": "settings.toml"
    }  # fmt: skip


def test_looking_into_the_audit_log_is_registered_before_the_answer(office: Office) -> None:
    reader = Program(office, "nalezer", "auditor")
    before = len(office.events(AuditEvent.REGISTER_READ))

    found = reader.ask("GET", "/events?event=person:staff:invited&limit=2").json()

    assert {each["event"] for each in found} == {"person:staff:invited"}
    entries = office.events(AuditEvent.REGISTER_READ)
    assert len(entries) == before + 1
    assert entries[-1].actor["claim"] == "nalezer"
    assert _problem(reader.ask("GET", "/events?event=weg"))[0] == 422


def test_description_is_openapi_3_1_and_names_every_operation(office: Office) -> None:
    description = Program(office, "beheer", "application_manager").ask("GET", "/openapi.json").json()
    assert description["openapi"] == "3.1.0"
    assert "/api/v1/agreements/{agreement_id}/{version}/approve" in description["paths"]
    described = {
        (method.upper(), re.sub(r"{[^}]+}", "{}", path))
        for path, operations in description["paths"].items()
        for method in operations
    }
    routed = {
        (method, re.sub(r"<[^<>]+>", "{}", rule.rule))
        for rule in office.app.url_map.iter_rules()
        for method in (rule.methods or set()) & {"GET", "POST", "PUT", "DELETE"}
        if rule.rule.startswith("/api/v1") and rule.endpoint != "api_description"
    }
    assert routed <= described
    assert description["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
