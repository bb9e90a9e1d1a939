"""The admin API over real HTTP: a token per person and role, problems, ETags, and the same rights as the pages."""

from __future__ import annotations

import json
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
            path = rule.replace("<int:version>", "1").replace("<int:number>", "1")
            for part in ("agreement_id", "slug", "product", "client_id", "name", "code"):
                path = path.replace(f"<{part}>", "x")
            status = program.ask(method, path).status_code
            assert (status in (200, 404)) if role in GRANTS[access] else (status == 403), (
                role,
                method,
                rule,
                status,
            )


def test_description_is_openapi_3_1_and_names_every_operation(office: Office) -> None:
    description = Program(office, "beheer", "application_manager").ask("GET", "/openapi.json").json()
    assert description["openapi"] == "3.1.0"
    assert "/api/v1/agreements/{agreement_id}/{version}/approve" in description["paths"]
    assert description["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
