"""Terms that act in a browser: a vendor is stopped, a deletion confirmed, and every page can be used by anybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from contracts.instants import local_day
from gateway.registers.actors import Actor
from gateway.roster.model import ProductId
from gateway.school import agreements
from gateway.school.agreeing import steps
from gateway.school.terms import deletions, running, subprocessors
from tests.browser.desk import Person
from tests.gateway.school.pages import papers
from tests.gateway.school.pages.office import Office

ACTOR = Actor.person("goedkeurder", os_account="page:1")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A board with one agreement in force, one that ended long ago, and an announced sub-processor."""
    office = Office(tmp_path_factory.mktemp("office"))
    services = office.services
    for name in ("rekenwijs", "taalreis"):
        papers.register(office, papers.record(office, name))
        steps.approve(services, f"VO-{name}/1", actor=ACTOR, now=office.clock())
        steps.activate(services, f"VO-{name}/1", actor=ACTOR, now=office.clock())
    subprocessors.announce(
        services, ACTOR, "VO-rekenwijs", name="Wolkenpakhuis B.V.", country="IE", service="hosting",
        announced_on=local_day(office.clock()), paper=None, now=office.clock(),
    )  # fmt: skip
    steps.end(services, "VO-taalreis/1", actor=ACTOR, now=office.clock())
    office.clock.ahead += timedelta(days=100)
    running.run(services, now=office.clock())
    yield office
    office.close()


def _desk(chromium: Browser, office: Office, name: str, *roles: str, language: str, width: int) -> Person:
    """Somebody who signed in over HTTP; the cookie goes to the browser, so that signing in is tested elsewhere."""
    employed = office.employ(name, *roles)
    person = Person(chromium, office.url, language=language, width=width)
    person.page.context.add_cookies(
        [{"name": each.name, "value": each.value or "", "url": office.url} for each in employed.cookies]
    )
    return person


def test_vendor_is_stopped_and_the_start_page_shows_it(chromium: Browser, office: Office) -> None:
    manager = _desk(chromium, office, "beheer", "application_manager", language="nl", width=390)
    manager.open("/vendors/rekenwijs")
    manager.page.get_by_text("Deze leverancier stilzetten").click()
    manager.page.fill("#stop_reason", "datalek gemeld")
    manager.press("Nu stilzetten")

    assert "Deze leverancier is stilgezet" in manager.page.locator("main").inner_text()
    assert agreements.active_digest(office.services, ProductId("rekenwijs")) is None
    manager.open("/")
    assert "Rekenwijs B.V. is stilgezet sinds" in manager.page.locator("main").inner_text()
    manager.close()


def test_confirmation_of_a_deletion_is_handed_in_and_the_clock_stops(
    chromium: Browser, office: Office, tmp_path: Path
) -> None:
    paper = tmp_path / "bevestiging.pdf"
    paper.write_bytes(b"%PDF-1.7 alles is verwijderd")
    officer = _desk(chromium, office, "privacy", "privacy_officer", language="en", width=1280)
    officer.open("/deletions/")
    assert "days late" in officer.page.locator("main").inner_text()
    officer.page.set_input_files("input[type=file]", paper)
    officer.press("Record the confirmation of taalreis")

    assert "confirmed in writing" in officer.page.locator("main").inner_text()
    (found,) = deletions.deletions(office.services)
    assert found.confirmed_by == "privacy"
    officer.close()


PAGES = (
    "/vendors/rekenwijs", "/agreements/VO-rekenwijs/1/ending?when=now", "/subprocessors/", "/receipts/1",
    "/reports/annex", "/reports/parents?school=99ZZ&name=De+Regenboog", "/reports/yearly", "/system/",
)  # fmt: skip
OTHERS = (
    "/", "/vendors/", "/agreements/VO-taalreis/1/ending", "/deletions/", "/coming/", "/receipts/", "/mail/",
    "/reports/", "/reports/matrix", "/reports/missing", "/registers/",
)  # fmt: skip


@pytest.mark.parametrize(
    ("language", "width", "pages"),
    [
        ("nl", 390, PAGES),
        pytest.param("nl", 390, OTHERS, marks=pytest.mark.thorough),
        pytest.param("en", 1280, PAGES + OTHERS, marks=pytest.mark.thorough),
    ],
    ids=["nl-390", "nl-390-others", "en-1280"],
)
def test_pages_of_terms_and_reports_can_be_used_by_anybody(
    chromium: Browser, office: Office, language: str, width: int, pages: tuple[str, ...]
) -> None:
    person = _desk(
        chromium, office, f"alles-{language}-{len(pages)}", "application_manager", "privacy_officer", "approver",
        language=language, width=width,
    )  # fmt: skip
    for path in pages:
        person.open(path)
    person.close()
