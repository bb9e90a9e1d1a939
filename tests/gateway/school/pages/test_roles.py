"""Every route as every role: who may is what the table says, a refusal shows nothing and is registered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.registers.audit_events import AuditEvent
from gateway.school.app import PAGES
from gateway.school.pages.access import ANY_STAFF, ANYBODY, API, declared_access, needs
from gateway.school.staff.roles import (
    DECIDING,
    GRANTS,
    PER_SCHOOL,
    Action,
    Role,
    RoleGrant,
    StaffPerson,
    conflicts,
)
from tests.gateway.school.pages.office import Browser, Office, csrf_token


def _word(role: Role) -> str:
    return f"{role.value}/99ZZ" if role in PER_SCHOOL else role.value


def _routes(office: Office) -> list[tuple[str, str, Action | str]]:
    found = []
    for rule in office.app.url_map.iter_rules():
        if rule.rule.startswith(API):
            # For programs with a token: tests/gateway/school/api walks those.
            continue
        access = declared_access(office.app.view_functions[rule.endpoint])
        assert access is not None
        path = re.sub(r"<(?:[^:<>]+:)?[^<>]+>", "1", rule.rule)
        for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "DELETE", "PATCH"}):
            found.append((method, path, access))
    return found


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
def test_role_opens_what_the_table_grants_and_nothing_else(office: Office, role: Role) -> None:
    person = office.employ(f"rol-{role.value.replace('_', '-')}", _word(role))
    token = csrf_token(person.get("/").text)
    before = len(office.events(AuditEvent.PAGE_REFUSED))
    refused = 0
    for method, path, access in _routes(office):
        if not isinstance(access, Action):
            continue
        if method != "GET" and role in GRANTS[access]:
            # What a form does when it may be sent is the subject of that page's own tests.
            continue
        answer = person.get(path) if method == "GET" else person.post(path, token=token)
        if role in GRANTS[access]:
            assert answer.status_code in (200, 404, 422), (method, path, answer.status_code)
        else:
            refused += 1
            assert answer.status_code == 403, (method, path, answer.status_code)
            assert "not_allowed" in answer.text
    assert len(office.events(AuditEvent.PAGE_REFUSED)) - before == refused


def test_nobody_opens_a_page_without_signing_in(office: Office) -> None:
    stranger = Browser(office)
    token = csrf_token(stranger.get("/sign-in").text)
    for method, path, access in _routes(office):
        if access == ANYBODY:
            continue
        answer = (
            stranger.get(path, allow_redirects=False) if method == "GET" else stranger.post(path, token=token)
        )
        assert answer.status_code == 303 or "/sign-in" in answer.url, (method, path)


def test_every_action_is_granted_to_somebody_and_stands_in_the_table() -> None:
    assert set(GRANTS) == set(Action)
    assert all(GRANTS.values())


def test_table_in_the_documentation_is_the_table_of_the_code() -> None:
    page = (Path(__file__).parents[4] / "docs" / "roles.md").read_text(encoding="utf-8")
    head = [cell.strip() for cell in re.search(r"^\| action \|(.*)\|$", page, re.M)[1].split("|")]  # type: ignore[index]
    written = {
        name: {role for role, mark in zip(head, cells.split("|"), strict=True) if mark.strip() == "x"}
        for name, cells in re.findall(r"^\| `([a-z_.]+)` \|(.*)\|$", page, re.M)
    }
    assert written == {action.value: {role.value for role in granted} for action, granted in GRANTS.items()}


def test_data_protection_officer_reads_everything_and_decides_nothing() -> None:
    officer = Role.DATA_PROTECTION_OFFICER
    assert not [action for action in DECIDING if officer in GRANTS[action]]
    reading = {action for action in Action if action not in DECIDING and action not in (Action.RESULT_SEE,)}
    assert not [action for action in reading if officer not in GRANTS[action]]


def test_application_manager_sees_no_pupil() -> None:
    pupil = (Action.PREVIEW_PUPIL, Action.CONSENT_SEE, Action.RESULT_SEE, Action.REGISTER_ACCESSES)
    assert not [action for action in pupil if Role.APPLICATION_MANAGER in GRANTS[action]]


def test_who_enters_agreements_is_not_by_that_role_who_approves_them() -> None:
    assert GRANTS[Action.AGREEMENT_REGISTER].isdisjoint(GRANTS[Action.AGREEMENT_APPROVE])


def test_role_of_one_school_reaches_that_school_alone() -> None:
    leader = StaffPerson(
        account_id="1",
        name="x",
        display_name="X",
        grants=frozenset({RoleGrant(Role.SCHOOL_LEADER, "99ZZ")}),
    )
    assert leader.may(Action.RESULT_SEE, school="99ZZ")
    assert not leader.may(Action.RESULT_SEE, school="98YY")
    assert leader.schools(Action.RESULT_SEE) == frozenset({"99ZZ"})


@pytest.mark.parametrize(
    ("roles", "codes"),
    [
        ({Role.DATA_PROTECTION_OFFICER, Role.APPLICATION_MANAGER}, ("fg_decides",)),
        ({Role.DATA_PROTECTION_OFFICER, Role.PRIVACY_OFFICER}, ("fg_decides",)),
        ({Role.APPLICATION_MANAGER, Role.APPROVER}, ("enters_and_approves",)),
        ({Role.DATA_PROTECTION_OFFICER, Role.AUDITOR}, ()),
        ({Role.STAFF_MEMBER}, ()),
    ],
)
def test_one_person_with_two_conflicting_roles_is_warned(roles: set[Role], codes: tuple[str, ...]) -> None:
    assert conflicts(roles) == codes


def test_view_without_a_declaration_keeps_the_application_from_starting(office: Office) -> None:
    from flask import Flask

    from gateway.school.pages.access import require_declarations

    app = Flask("bare", static_folder=None)
    app.add_url_rule("/open", "open", lambda: "x")
    with pytest.raises(RuntimeError, match="open"):
        require_declarations(app)
    with pytest.raises(ValueError):
        needs("whatever")
    assert all(page.name for page in PAGES)
    assert ANY_STAFF != ANYBODY


@pytest.mark.parametrize("number", ["9" * 23, "99999999999999999", "-1", "%D9%A3", "1.0"])
def test_a_number_that_addresses_nothing_is_not_found(office: Office, number: str) -> None:
    reader = office.employ(f"lezer-{number.replace('%', '')}", "auditor", "data_protection_officer")
    for path in (f"/receipts/{number}", f"/receipts/{number}/file", f"/agreements/VO-x/{number}"):
        assert reader.get(path).status_code == 404


def test_two_modules_do_not_give_templates_one_name(office: Office) -> None:
    with pytest.raises(RuntimeError, match="finding_text"):
        office.app.jinja_env.globals.update(finding_text=len)
