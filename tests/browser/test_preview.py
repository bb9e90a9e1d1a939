"""A privacy officer previews a pupil in the browser: registered first, real beside sent, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser

from gateway.demo.school_system import SimulatedSchool
from gateway.school import refreshing
from gateway.school.consents import objecting
from gateway.school.vendors import switch
from tests.browser.desk import Person
from tests.gateway.school.pages.office import Office
from tests.gateway.school.pages.test_preview import ACTOR, BOARD, agree, connect, looked, pupils
from tests.gateway.school.pages.test_vendor_pictures import fetched


@pytest.fixture(scope="module")
def school() -> Iterator[SimulatedSchool]:
    with SimulatedSchool(BOARD) as school:
        yield school


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, school: SimulatedSchool) -> Iterator[Office]:
    office = Office(tmp_path_factory.mktemp("office"))
    connect(office, school)
    agree(office, "rekenwijs")
    agree(office, "gestopt")
    refreshing.refresh(office.services, now=office.clock())
    switch.stop(office.services, ACTOR, "gestopt", reason="toets", now=office.clock())
    for days in (0, 1, 1, 1, 4, 5, 20, 20):
        fetched(office, office.clock() - timedelta(days=days))
    there = pupils()[1]
    objecting.add(
        office.services, office.services.operator(), source="las-1", identifier=str(there["sourcedId"]),
        product="rekenwijs", reason="zaak 4", until_on=None, now=office.clock(),
    )  # fmt: skip
    yield office
    office.close()


@pytest.mark.parametrize(("language", "width"), [("nl", 390), ("en", 1280)])
def test_officer_previews_a_pupil_and_somebody_made_up_in_the_browser(
    chromium: Browser, office: Office, school: SimulatedSchool, language: str, width: int
) -> None:
    officer = Person(chromium, office.url, language=language, width=width)
    officer.carry(
        (str(each.name), str(each.value))
        for each in office.employ(f"functionaris-{language}", "privacy_officer").cookies
    )
    page = officer.page
    here, there = pupils()[:2]
    words = {
        "nl": (
            "Registreer, en toon deze persoon",
            "Toon een verzonnen persoon",
            "Deze persoon vertrekt.",
            "bezwaar",
        ),
        "en": ("Register, and show this person", "Show somebody made up", "This person leaves.", "objection"),
    }[language]

    officer.open("/preview/")
    for pupil, said in ((here, words[2]), (there, words[3])):
        before = len(looked(office))
        page.fill("#identifier", str(pupil["sourcedId"]))
        page.fill("#reason", "zaak 12")
        officer.press(words[0])
        told = page.locator("main").inner_text()
        assert said in told
        assert str(pupil["familyName"]) in told
        assert str(pupil["sourcedId"]) not in page.url
        assert len(looked(office)) == before + 1
        officer.open("/preview/?product=rekenwijs")
    officer.press(words[1])
    assert words[2] in page.locator("main").inner_text()
    for product, crossed in (("rekenwijs", 2), ("gestopt", 4)):
        officer.open(f"/vendors/{product}")
        assert page.locator("svg.flow .cross").count() == crossed
        assert page.locator("svg.pulls .pull").count() == 30
    officer.open("/what-works/")
    assert page.locator("table.routes tbody tr").count() == 2
    officer.close()
