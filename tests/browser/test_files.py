"""Any-vendor mode, the school year and switch-overs at a browser: narrow and wide, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from gateway.demo.school_system import SimulatedSchool
from tests.browser.desk import Person
from tests.gateway.school.pages.office import Office
from tests.gateway.school.pages.test_files import LAYOUT
from tests.journeys.rig import Rig
from tests.journeys.years import PassingYear, passing_year


@dataclass
class Desk:
    folder: Path
    office: Office
    year: PassingYear

    def person(self, chromium: Browser, name: str, role: str, *, language: str, width: int) -> Person:
        """Somebody who signed in already, at a browser of this width."""
        signed_in = self.office.employ(name, role)
        person = Person(chromium, self.office.url, language=language, width=width)
        cookies = [
            {"name": each.name, "value": str(each.value), "url": self.office.url}
            for each in signed_in.cookies
        ]
        person.page.context.add_cookies(cookies)  # type: ignore[arg-type]
        return person

    def file(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.write_bytes(content)
        return str(path)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    year = passing_year()
    with SimulatedSchool(year.board) as school:
        folder = tmp_path_factory.mktemp("browser-files")
        rig = Rig(folder, [school])
        rig.agree("rekenwijs")
        rig.refresh()
        office = Office(folder, home=rig.home)
        yield Desk(folder, office, year)
        office.close()
        rig.stop()


@pytest.mark.parametrize(
    ("language", "width"), [pytest.param("en", 1280, marks=pytest.mark.thorough), ("nl", 390)]
)
def test_files_school_year_and_switch_overs_are_usable_by_everybody(
    desk: Desk, chromium: Browser, language: str, width: int
) -> None:
    manager = desk.person(
        chromium, f"beheer-{language}", "application_manager", language=language, width=width
    )
    officer = desk.person(chromium, f"privacy-{language}", "privacy_officer", language=language, width=width)
    page = manager.page
    if language == "nl":
        page.emulate_media(color_scheme="dark")
    submit = "main form button[type=submit]"

    manager.open("/layouts/")
    page.set_input_files("#file", desk.file("fout.yaml", LAYOUT.replace(b"familyName", b"bsn")))
    _send(manager, submit)
    assert page.get_by_text("columns[1].field").is_visible()
    page.set_input_files("#file", desk.file("goed.yaml", LAYOUT))
    _send(manager, submit)
    manager.open("/layouts/rekenwijs-upload")

    manager.open("/layouts/products/rekenwijs")
    page.select_option("#layout", "rekenwijs-upload")
    with page.expect_download() as downloading:
        page.locator("form[action$='/export'] button").click()
    rows = Path(downloading.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 31
    lines = ["Leerling;Toets;Cijfer", f"{rows[1].split(';')[0]};Dictee;7", "Iemand;Dictee;7"]
    page.set_input_files("#file", desk.file("resultaten.csv", "\n".join(lines).encode()))
    _send(manager, "form[action$='/results'] button")
    assert page.get_by_text("no_pupil").is_visible()

    manager.open("/school-year/")
    if not desk.year.coming:
        desk.year.open_coming_year()
    _send(manager, "form[action$='/rehearse'] button")
    assert (
        page.get_by_role("cell", name="Groep 4/5 4/5").or_(page.get_by_text("Groep 4/5")).first.is_visible()
    )
    _send(manager, "form[action$='/expect'] button")
    _send(manager, "form[action$='/drop'] button")

    page = officer.page
    pupils = [each for each in desk.year.board.pupils() if each["status"] == "active"][:5]
    lines = ["Account;Login", *(f"acc-{number};{each['username']}" for number, each in enumerate(pupils))]
    lines.append(f"dubbel;{pupils[0]['username']}")
    officer.open("/switch-overs/new")
    page.set_input_files("#file", desk.file("lijst.csv", "\n".join(lines).encode()))
    page.fill("#own_id", "Account")
    page.fill("#reason", "overstap 3")
    _send(officer, "button[name=plan]")
    assert page.get_by_role("row").count() == 3
    page.set_input_files("#file", desk.file("lijst.csv", "\n".join(lines).encode()))
    page.fill("#decisions", "7=none")
    with page.expect_download() as downloading:
        page.locator("button[name=make]").click()
    assert Path(downloading.value.path()).read_bytes().startswith(b"PK")
    officer.complaints.clear()
    officer.open("/switch-overs/")
    manager.close()
    officer.close()


def _send(person: Person, button: str) -> None:
    with person.page.expect_navigation():
        person.page.locator(button).first.click()
    # Of a form that is refused the browser makes a line in its console, and a download is a page that never comes.
    expected = ("status of 422", "/export", "/switch-overs/new")
    person.complaints[:] = [each for each in person.complaints if not any(one in each for one in expected)]
    person.look(person.page.url.partition(person.url)[2])
