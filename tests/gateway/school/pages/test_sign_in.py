"""Signing in with a local account over real HTTP."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest

from gateway.registers.audit_events import AuditEvent
from gateway.school.staff import accounts
from tests.gateway.school.pages.office import PASSWORD, Browser, Office, Person, csrf_token, seed_on, visible


def test_page_asks_to_sign_in_first_and_then_opens_what_was_asked_for(office: Office) -> None:
    person = office.employ("eerst", "application_manager")
    stranger = Browser(office)

    asked = stranger.get("/staff/")

    assert asked.url.endswith("/sign-in?next=%2Fstaff%2F")
    assert person.get("/staff/").status_code == 200


def test_invitation_sets_password_and_second_factor_and_shows_recovery_codes_once(office: Office) -> None:
    token, browser = office.invite("nieuw", "auditor"), Browser(office)
    page = browser.get(f"/invitation/{token}")
    seed = seed_on(page.text)

    done = browser.post(
        f"/invitation/{token}",
        {"password": PASSWORD, "again": PASSWORD, "code": pyotp.TOTP(seed).at(office.clock())},
    )

    assert done.status_code == 200
    assert done.text.count("<li><code>") == 10
    assert browser.get(f"/invitation/{token}").status_code == 410
    person = Person(office, "nieuw", seed)
    person.sign_in()
    assert "Sign out" in person.get("/").text


def test_weak_password_and_wrong_code_are_refused_and_change_nothing(office: Office) -> None:
    token, browser = office.invite("zwak", "auditor"), Browser(office)
    for password, code in (("kort", "000000"), ("schuilnaam2026", "000000"), (PASSWORD, "000000")):
        refused = browser.post(
            f"/invitation/{token}", {"password": password, "again": password, "code": code}
        )
        assert refused.status_code == 422

    assert browser.get(f"/invitation/{token}").status_code == 200


def test_wrong_name_wrong_password_and_locked_account_get_one_and_the_same_answer(office: Office) -> None:
    office.employ("raadbaar", "auditor")
    browser = Browser(office)

    def answer(name: str, password: str) -> tuple[int, str]:
        page = browser.post("/sign-in", {"name": name, "password": password})
        return page.status_code, visible(page.text)

    unknown = answer("bestaat-niet", PASSWORD)
    wrong = [answer("raadbaar", f"fout wachtwoord {number}") for number in range(accounts.TRIES)]
    locked = answer("raadbaar", PASSWORD)

    assert {unknown, locked, *wrong} == {unknown}
    assert unknown[0] == 401
    assert [each.object_id for each in office.events(AuditEvent.STAFF_LOCKED)] == ["raadbaar"]


def test_locked_account_opens_again_after_a_quarter_of_an_hour(office: Office) -> None:
    person = office.employ("wachter", "auditor")
    browser = Browser(office)
    for number in range(accounts.TRIES):
        browser.post("/sign-in", {"name": "wachter", "password": f"fout wachtwoord {number}"})

    office.clock.ahead += accounts.LOCKED + timedelta(seconds=1)

    assert person.sign_in().status_code == 200


def test_one_time_code_works_once(office: Office) -> None:
    person = office.employ("eenmalig", "auditor")
    again = Person(office, "eenmalig", person.seed)
    code = again.code()
    first = again.post("/sign-in", {"name": "eenmalig", "password": PASSWORD})
    assert "/sign-in/code" in first.url

    refused = again.post("/sign-in/code", {"code": code})

    assert refused.status_code == 401
    assert again.get("/", allow_redirects=False).status_code == 303


def test_password_alone_opens_no_page(office: Office) -> None:
    office.employ("half", "application_manager")
    browser = Browser(office)
    browser.post("/sign-in", {"name": "half", "password": PASSWORD})

    assert browser.get("/staff/", allow_redirects=False).status_code == 303


def test_recovery_code_signs_in_once_and_is_in_the_audit_log(office: Office) -> None:
    token, browser = office.invite("kwijt", "auditor"), Browser(office)
    page = browser.get(f"/invitation/{token}")
    seed = seed_on(page.text)
    codes = visible(
        browser.post(
            f"/invitation/{token}",
            {"password": PASSWORD, "again": PASSWORD, "code": pyotp.TOTP(seed).at(office.clock())},
        ).text
    )
    code = next(word for word in codes.split() if word.count("-") == 2)

    statuses = []
    for _ in range(2):
        browser.post("/sign-in", {"name": "kwijt", "password": PASSWORD})
        statuses.append(
            browser.post("/sign-in/code", {"code": code.upper()}, page="/sign-in/code").status_code
        )
        browser.cookies.clear()

    assert statuses == [200, 401]
    assert [each.object_id for each in office.events(AuditEvent.STAFF_RECOVERY_CODE_USED)] == ["kwijt"]


def test_form_without_its_token_is_refused_and_changes_nothing(office: Office) -> None:
    person = office.employ("vervalst", "application_manager")
    fields = {"name": "ingevoegd", "display_name": "X", "roles": "approver"}

    for token in ("", "made-up", csrf_token(Browser(office).get("/sign-in").text)):
        assert person.post("/staff/invite", fields, token=token).status_code == 400

    assert "ingevoegd" not in [each.name for each in accounts.listed(office.services, now=office.clock())]


def test_session_ends_when_idle_when_its_day_is_over_and_when_it_is_signed_out(office: Office) -> None:
    idle, day, out = (office.employ(name, "auditor") for name in ("stil", "dag", "uit"))
    assert out.post("/sign-out", page="/").status_code == 200
    assert out.get("/", allow_redirects=False).status_code == 303

    lasted = timedelta()
    while day.get("/", allow_redirects=False).status_code == 200 and lasted < timedelta(hours=20):
        office.clock.ahead += timedelta(minutes=29)
        lasted += timedelta(minutes=29)
    assert timedelta(hours=9, minutes=30) < lasted <= timedelta(hours=10, minutes=29)
    assert idle.get("/", allow_redirects=False).status_code == 303


def test_token_of_an_ended_session_never_works_again(office: Office) -> None:
    person = office.employ("gestolen", "auditor")
    stolen = Browser(office)
    stolen.cookies.update(person.cookies)
    assert stolen.get("/", allow_redirects=False).status_code == 200

    person.post("/me/sessions/end", page="/me/sessions")

    assert stolen.get("/", allow_redirects=False).status_code == 303


def test_cookie_from_before_the_sign_in_is_worth_nothing_after_it(office: Office) -> None:
    person = office.employ("vast", "auditor")
    again = Person(office, "vast", person.seed)
    again.get("/sign-in")
    before = dict(again.cookies)
    again.sign_in()

    thief = Browser(office)
    thief.cookies.update(before)

    assert thief.get("/", allow_redirects=False).status_code == 303


def test_way_back_after_signing_in_leads_to_our_own_pages_only(office: Office) -> None:
    person = office.employ("omleiding", "auditor")
    for target in ("https://elders.example/", "//elders.example", "/\\elders.example", "javascript:alert(1)"):
        office.clock.ahead += timedelta(seconds=31)
        visitor = Person(office, "omleiding", person.seed)
        first = visitor.post("/sign-in", {"name": "omleiding", "password": PASSWORD, "next": target})
        assert "elders" not in first.url
        done = visitor.post("/sign-in/code", {"code": visitor.code(), "next": target})
        assert done.url == office.url + "/"


def test_every_answer_carries_the_security_headers_and_no_page_is_kept(office: Office) -> None:
    for path in ("/sign-in", "/bestaat-niet", "/staff/", "/static/schuilnaam.css"):
        answer = Browser(office).get(path)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
    assert Browser(office).get("/sign-in").headers["Cache-Control"] == "no-store"


def test_host_header_of_a_stranger_is_refused(office: Office) -> None:
    answer = Browser(office).get("/sign-in", headers={"Host": "elders.example"})
    assert answer.status_code == 400
    assert "elders" not in answer.text


@pytest.mark.parametrize(
    "answer", ["", "{}", "[]", "nothing", '{"rawId": 1}', '{"rawId": "AAAA", "id": "AAAA"}', "[" * 9_000]
)
def test_what_no_passkey_signed_opens_no_session(office: Office, answer: str) -> None:
    stranger, before = Browser(office), office.events(AuditEvent.STAFF_SIGNED_IN)
    refused = stranger.post("/sign-in/passkey", {"answer": answer}, page="/sign-in")
    assert refused.status_code == 401
    assert stranger.get("/", allow_redirects=False).status_code in (302, 303)
    assert office.events(AuditEvent.STAFF_SIGNED_IN) == before


def test_passkeys_are_not_offered_at_a_bare_address(office: Office) -> None:
    person = office.employ("ict", "application_manager")
    assert "bare IP address" in visible(person.get("/me/passkeys").text)
    assert "data-passkey" not in Browser(office).get("/sign-in").text
    assert person.post("/me/passkeys", {"code": person.code()}).status_code == 404
