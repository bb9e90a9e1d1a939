"""Consent given and withdrawn, a pupil left out, and the grounds beside them, in the browser.

English at a desk, and Dutch on a telephone in the dark; every page that is seen is checked (`desk.Person.look`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from gateway.demo.board import MadeUpBoard, made_up_board
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor
from gateway.school.pages.consent_answers import TEMPLATE
from gateway.school.pages.error_words import DUTCH
from tests.browser.desk import Person, served
from tests.journeys.rig import Rig
from tests.journeys.saying import PRODUCT, Desk, students, today, tombstones, years_ago


@dataclass
class Scene:
    """A board with a product on consent and one without, and its pages."""

    rig: Rig
    board: MadeUpBoard
    pages_url: str
    research: SimulatedVendor
    lessons: SimulatedVendor

    def pupil(self, given: str) -> str:
        """A new pupil of 11."""
        return self.board.add_pupil(
            given=given, family="Voorbeeldsma", school=self.board.schools[0], born=years_ago(11)
        )


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    board = made_up_board(11, schools=2, pupils=8, guardians=False)
    folder = tmp_path_factory.mktemp("consent")
    with SimulatedSchool(board) as school:
        rig = Rig(folder, [school])
        try:
            rig.agree(PRODUCT, legal_basis="6-1-a")
            rig.agree("rekenwijs")
            rig.refresh()
            Desk(rig).form()
            research, lessons = rig.vendor(PRODUCT), rig.vendor("rekenwijs")
            with served(rig) as pages_url:
                yield Scene(rig, board, pages_url, research, lessons)
        finally:
            rig.stop()


def employed(
    scene: Scene, chromium: Browser, name: str, *roles: str, language: str = "en", width: int = 1280
) -> Person:
    words = [word for role in roles for word in ("--role", role)]
    invited = scene.rig.command("staff", "invite", name, "--display-name", name.title(), *words)
    person = Person(chromium, scene.pages_url, language=language, width=width)
    # The pages of signing in are looked at in the ten-minute walk.
    person.looks = False
    person.accept_invitation(str(invited["link"]), name)
    person.sign_in()
    person.looks = True
    return person


def answer(officer: Person, pupil: str, value: str, *, method: str = "paper") -> None:
    """Look a pupil up and record an answer of a parent, as one does it with the mouse."""
    page = officer.page
    officer.open(f"/consents/products/{PRODUCT}")
    page.fill("#identifier", pupil)
    page.fill("#reason", "zaak 12")
    officer.press("Look up")
    assert "Voorbeeldsma" in page.locator("h1").inner_text()
    page.locator(f"input[name=answer][value={value}]").check()
    page.select_option("#said_by", "representative-1")
    page.select_option("#method", method)
    if value == "given":
        page.fill("#evidence", "map 3, blad 7")
    officer.press("Record")
    assert pupil not in page.url


def test_consent_is_given_and_withdrawn_in_the_browser_and_the_next_pull_is_without(
    chromium: Browser, scene: Scene, tmp_path: Path
) -> None:
    officer = employed(scene, chromium, "functionaris", "privacy_officer")
    page, main = officer.page, officer.page.locator("main")
    pupil = scene.pupil("Noor")

    officer.open(f"/consents/products/{PRODUCT}")
    officer.press("Make the text of today’s agreement")
    assert "Text 1/nl is registered" in main.inner_text()
    officer.open(f"/consents/products/{PRODUCT}/texts/1/nl")
    assert "U mag nee zeggen" in page.locator("body").inner_text()

    answer(officer, pupil, "given")
    scene.rig.refresh()
    (pseudonym,) = students(scene.research)
    assert page.locator(".notice").inner_text().startswith("Recorded.")

    answer(officer, pupil, "withdrawn", method="telephone")

    assert students(scene.research) == set()
    assert scene.research.get(f"users/{pseudonym}").status == 404
    assert pseudonym in tombstones(scene.research)
    [event] = [each for each in scene.rig.audited() if each["event"] == "person:consent:withdrawn"]
    assert event["product"] == PRODUCT
    assert pupil not in str(event)

    officer.open("/consents/requests")
    page.get_by_role("link", name="Request 1").click()
    officer.look("request")
    assert pseudonym in main.inner_text()

    officer.open(f"/consents/products/{PRODUCT}")
    page.fill("#people_reason", "zaak 12")
    officer.press("Show")
    assert "Noor Voorbeeldsma" in main.inner_text()

    sheet = tmp_path / "answers.csv"
    sheet.write_text(
        f"{';'.join(TEMPLATE)}\nlas-1:{pupil};{PRODUCT};;ja;ouder;1 mei;fax;;;\n", encoding="utf-8"
    )
    officer.open("/consents/import")
    page.set_input_files("#file", sheet)
    officer.press_refused("Take in")
    assert "by_invalid" in main.inner_text()
    assert pupil not in page.content()

    officer.open("/consents/")
    officer.press("Count")
    officer.close()


def test_pupil_is_left_out_and_grounds_are_kept_on_a_telephone_in_dutch(
    chromium: Browser, scene: Scene
) -> None:
    officer = employed(
        scene, chromium, "privacy", "privacy_officer", "application_manager", language="nl", width=390
    )
    page, main = officer.page, officer.page.locator("main")
    page.emulate_media(color_scheme="dark")
    pupil, today_text = scene.pupil("Sem"), today().isoformat()
    scene.rig.refresh()
    before = students(scene.lessons)

    officer.open("/objections/")
    page.fill("#identifier", pupil)
    page.select_option("#what", "product:rekenwijs")
    page.fill("#until", today_text)
    page.fill("#why", "geheim adres")
    officer.press("Vanaf nu weglaten")
    assert len(before - students(scene.lessons)) == 1
    page.fill("#reason", "zaak 12")
    officer.press("Tonen")
    assert "geheim adres" in main.inner_text()
    page.fill("#look_identifier", pupil)
    page.fill("#look_reason", "zaak 12")
    officer.press("Opzoeken")
    assert page.locator("h1").inner_text() == "Sem Voorbeeldsma"
    officer.press("Nummer 1 beëindigen")
    assert "De leerling is na de volgende verversing terug" in main.inner_text()

    officer.open(f"/consents/products/{PRODUCT}")
    page.fill("#identifier", pupil)
    page.fill("#reason", "zaak 12")
    officer.press("Opzoeken")
    assert "onbekend, en dat is nee" in main.inner_text()
    page.locator("input[name=answer][value=given]").check()
    page.select_option("#said_by", "self")
    page.select_option("#method", "paper")
    page.fill("#evidence", "map 3")
    officer.press_refused("Vastleggen")
    assert DUTCH["speaker_not_entitled"] in page.locator("[role=alert]").inner_text()

    officer.open("/legal-exceptions/")
    assert "Niet vanzelf." in main.inner_text()
    officer.open("/legal-exceptions/ggd")
    page.fill("#identifier", pupil)
    page.get_by_label("naam", exact=True).check()
    page.fill("#because", "uitbraak mazelen")
    officer.press("Noteren")
    assert "Genoteerd als nummer" in main.inner_text()

    reference = scene.rig.register("taalwijs")
    officer.open(f"/agreements/{reference}")
    assert "Verder dan het privacyreglement" in main.inner_text()
    officer.open("/regulation/")
    officer.press("Vanaf nu weigeren")
    page.fill("#version", "2026-1")
    page.fill("#from", today_text)
    page.locator("input[name=category][value=contactgegevens]").check()
    page.fill("#parents_on", today_text)
    page.fill("#parents_ref", "notulen 14")
    officer.press("Vastleggen")
    officer.open(f"/agreements/{reference}")
    assert (
        "kan niet worden geactiveerd" in main.inner_text()
        or "niet kan worden geactiveerd" in main.inner_text()
    )
    officer.close()
