"""Files of vendors, the school year and switch-overs over the admin API."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from gateway.demo.school_system import SimulatedSchool
from tests.gateway.school.api.test_admin_api import Program
from tests.gateway.school.pages.office import Office
from tests.gateway.school.pages.test_files import LAYOUT
from tests.journeys.rig import Rig
from tests.journeys.years import PassingYear, passing_year


@dataclass
class Desk:
    rig: Rig
    office: Office
    year: PassingYear
    manager: Program
    officer: Program


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    year = passing_year()
    with SimulatedSchool(year.board) as school:
        folder = tmp_path_factory.mktemp("api-files")
        rig = Rig(folder, [school])
        rig.agree("rekenwijs")
        rig.refresh()
        office = Office(folder, home=rig.home)
        manager = Program(office, "beheer", "application_manager")
        yield Desk(rig, office, year, manager, Program(office, "privacy", "privacy_officer"))
        office.close()
        rig.stop()


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_layout_an_export_and_its_results(desk: Desk) -> None:
    manager = desk.manager
    faulty = manager.ask("POST", "/layouts", {"content": LAYOUT.decode().replace("sourcedId", "bsn")})
    added = manager.ask("POST", "/layouts", {"content": LAYOUT.decode()})
    made = manager.ask("POST", "/products/rekenwijs/export", {"layout": "rekenwijs-upload"})
    nobody = manager.ask("POST", "/products/onbekend/export", {})
    by_officer = desk.officer.ask("POST", "/products/rekenwijs/export", {})

    assert (faulty.status_code, faulty.json()["faults"][0]["path"]) == (422, "columns[0].field")
    assert (added.status_code, added.json()["number"]) == (201, 1)
    assert manager.ask("GET", "/layouts/weg").status_code == 404
    assert manager.ask("GET", "/layouts").json()[0]["columns"][2]["optional"] is True
    assert (nobody.status_code, nobody.json()["code"]) == (409, "agreement_missing")
    assert by_officer.status_code == 403
    assert [each["column"] for each in made.json()["left"]] == ["Mail"]
    content = base64.b64decode(made.json()["content_base64"]).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content), delimiter=";"))
    assert len(rows) == made.json()["rows"] == 30

    file = "Leerling;Toets;Cijfer\n" + "".join(f"{row['Nummer']};Dictee;{score}\n" for row, score in zip(
        rows[:2], ("7", "zeven"), strict=True))  # fmt: skip
    body = {"layout": "rekenwijs-upload", "content_base64": encoded(file)}
    taken = manager.ask("POST", "/products/rekenwijs/results", body).json()
    assert (taken["new"], taken["not_taken"]) == (1, [{"row": 3, "code": "score_not_number"}])
    assert manager.ask(
        "POST", "/products/rekenwijs/results", {**body, "content_base64": "geen base64!"}
    ).json()["code"] == "document_encoding"  # fmt: skip


def test_aliases_are_chosen(desk: Desk) -> None:
    chosen = desk.manager.ask("PUT", "/products/rekenwijs/aliases", {"style": "words"})

    assert chosen.json() == {"product": "rekenwijs", "style": "words", "given_out": 30}
    assert desk.manager.ask("PUT", "/products/rekenwijs/aliases", {"style": "letters"}).status_code == 422
    assert desk.manager.ask("GET", "/products/onbekend/aliases").status_code == 404


def test_a_switch_over(desk: Desk) -> None:
    pupils = [each for each in desk.year.board.pupils() if each["status"] == "active"][:4]
    lines = [f"acc-{number};{each['username']}\n" for number, each in enumerate(pupils)]
    body = {
        "content_base64": encoded("Account;Login\n" + "".join(lines) + f"dubbel;{pupils[0]['username']}\n"),
        "own_id": "Account",
        "reason": "overstap",
    }

    planned = desk.officer.ask("POST", "/products/rekenwijs/switch-over/plan", body).json()
    undecided = desk.officer.ask("POST", "/products/rekenwijs/switch-over", body)
    made = desk.officer.ask("POST", "/products/rekenwijs/switch-over", {**body, "decisions": ["6=none"]})
    by_manager = desk.manager.ask("POST", "/products/rekenwijs/switch-over/plan", body)

    assert [(each["row"], each["code"]) for each in planned["doubtful"]] == [
        (2, "same_person_twice"), (6, "same_person_twice"),
    ]  # fmt: skip
    assert undecided.json()["code"] == "rows_undecided"
    assert made.status_code == 201
    assert base64.b64decode(made.json()["list_base64"]).decode("utf-8-sig").count("acc-") == 4
    assert by_manager.status_code == 403
    paper = {"name": "b.pdf", "document_base64": encoded("gedaan")}
    confirmed = desk.manager.ask("POST", "/switch-overs/1/confirm", paper)
    assert confirmed.json()["confirmed_on"]
    assert desk.manager.ask("POST", "/switch-overs/9/confirm", paper).status_code == 404
    assert len(desk.manager.ask("GET", "/switch-overs").json()) == 1


def test_the_school_year(desk: Desk) -> None:
    early = desk.manager.ask("POST", "/school-year/rehearsal")
    desk.year.open_coming_year()
    rehearsed = desk.manager.ask("POST", "/school-year/rehearsal").json()
    today = desk.office.clock().date().isoformat()
    planned = desk.manager.ask("PUT", "/school-year", {"first_on": today, "last_on": today})

    assert early.json()["code"] == "coming_year_missing"
    assert (rehearsed["schools"][0]["leaving"], rehearsed["schools"][0]["same_grade"]) == (14, 1)
    assert rehearsed["products"][0]["counts"]["user"]["gone"] == 14
    assert planned.json()["plan"]["leaving"] == {"rekenwijs": 14}
    assert desk.officer.ask("GET", "/school-year").json()["plan"]["number"] == 1
    assert desk.manager.ask("DELETE", "/school-year").json() == {"plan": None}
