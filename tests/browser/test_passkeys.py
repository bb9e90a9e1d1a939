"""Passkeys in a browser with an authenticator that its developers' protocol plays (WebAuthn, CDP)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser

from gateway.registers.audit_events import AuditEvent
from gateway.school.app import create_school_app
from tests.browser.desk import Person
from tests.gateway.school.pages.office import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """The pages at a host name: browsers know no passkeys at a bare address."""
    office = Office(tmp_path)
    office.url = office.url.replace("127.0.0.1", "localhost")
    office.app = create_school_app(office.services, pages_url=office.url, now=office.clock)
    office._server.app = office.app
    yield office
    office.close()


@dataclass
class Device:
    """An authenticator in the browser, and whether it knows its owner."""

    session: Any
    id: str

    @classmethod
    def of(cls, person: Person, *, verifies: bool = True) -> Device:
        session = person.page.context.new_cdp_session(person.page)
        session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
            "hasUserVerification": True, "isUserVerified": verifies,
        }  # fmt: skip
        made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return cls(session, made["authenticatorId"])

    def keys(self) -> list[dict[str, Any]]:
        found = self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        return list(found["credentials"])


def _signed_in(chromium: Browser, office: Office, name: str, *, language: str = "en") -> tuple[Person, str]:
    """Somebody with an account of the gateway, signed in with password and code."""
    employed = office.employ(name, "application_manager")
    person = Person(chromium, office.url, language=language)
    cookies = [{"name": each.name, "value": str(each.value), "url": office.url} for each in employed.cookies]
    person.page.context.add_cookies(cookies)
    return person, employed.seed


def _next_code(office: Office, seed: str) -> str:
    """One that was not used yet: half a minute later."""
    office.clock.ahead += timedelta(seconds=31)
    return pyotp.TOTP(seed).at(office.clock())


def test_a_passkey_signs_in_without_password_and_a_removed_one_does_not(
    chromium: Browser, office: Office
) -> None:
    person, seed = _signed_in(chromium, office, "ict")
    device = Device.of(person)
    person.open("/me/passkeys")
    person.page.fill("#label", "laptop")
    person.page.fill("#code", _next_code(office, seed))
    person.press("Add a passkey")
    assert "laptop" in person.page.locator("table").inner_text()
    assert len(office.events(AuditEvent.STAFF_PASSKEY_ADDED)) == 1

    person.press("Sign out", within="footer")
    person.press("Sign in with a passkey")
    assert person.page.url == f"{office.url}/"
    assert person.page.get_by_role("button", name="Sign out").is_visible()

    person.open("/me/passkeys")
    person.press("Remove laptop")
    person.press("Sign out", within="footer")
    assert len(device.keys()) == 1
    with person.page.expect_navigation():
        person.page.get_by_role("button", name="Sign in with a passkey").click()
    assert "not known here" in person.page.locator("[role=alert]:visible").inner_text()
    assert len(office.events(AuditEvent.STAFF_PASSKEY_REMOVED)) == 1


def test_an_open_session_alone_adds_no_passkey(chromium: Browser, office: Office) -> None:
    person, _ = _signed_in(chromium, office, "ict", language="nl")
    Device.of(person)
    person.open("/me/passkeys")
    person.page.fill("#label", "van een ander")
    person.page.fill("#code", "000000")
    with person.page.expect_navigation():
        person.page.get_by_role("button", name="Passkey toevoegen").click()
    assert "eenmalige code" in person.page.locator("[role=alert]:visible").inner_text()
    assert office.events(AuditEvent.STAFF_PASSKEY_ADDED) == []


def test_a_device_that_does_not_know_its_owner_makes_no_passkey(chromium: Browser, office: Office) -> None:
    person, seed = _signed_in(chromium, office, "ict")
    Device.of(person, verifies=False)
    person.open("/me/passkeys")
    person.page.fill("#label", "stick")
    person.page.fill("#code", _next_code(office, seed))
    person.page.get_by_role("button", name="Add a passkey").click()
    person.page.locator("[data-refused]").wait_for(state="visible", timeout=5_000)
    assert office.events(AuditEvent.STAFF_PASSKEY_ADDED) == []
