"""A privacy officer previews a pupil in the browser: registered first, real beside sent, in both languages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from gateway.demo.school_system import SimulatedSchool
from gateway.school import refreshing
from gateway.school.consents import objecting
from tests.browser.desk import Person
from tests.gateway.school.pages.office import Office
from tests.gateway.school.pages.test_preview import BOARD, agree, connect, looked, pupils


@pytest.fixture(scope="module")
def school() -> Iterator[SimulatedSchool]:
    with SimulatedSchool(BOARD) as school:
        yield school


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, school: SimulatedSchool) -> Iterator[Office]:
    office = Office(tmp_path_factory.mktemp("office"))
    connect(office, school)
    agree(office, "rekenwijs")
    refreshing.refresh(office.services, now=office.clock())
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
    officer.close()
