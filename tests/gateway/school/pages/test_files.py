"""Any-vendor mode, the school year and switch-overs in the browser."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from gateway.demo.school_system import SimulatedSchool
from tests.gateway.school.pages.office import Office, Person
from tests.journeys.rig import Rig
from tests.journeys.years import PassingYear, passing_year

LAYOUT = b"""
version: 1
name: rekenwijs-upload
vendor: Rekenwijs B.V.
file: {delimiter: ";"}
rows: pupil
columns:
  - {name: Nummer, field: user.sourcedId}
  - {name: Naam, field: user.familyName}
  - {name: Mail, field: user.email, optional: true}
results:
  title: {column: Toets}
  score: {column: Cijfer}
"""


@dataclass
class Desk:
    rig: Rig
    office: Office
    year: PassingYear
    manager: Person
    officer: Person


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    year = passing_year()
    with SimulatedSchool(year.board) as school:
        folder = tmp_path_factory.mktemp("files")
        rig = Rig(folder, [school])
        rig.agree("rekenwijs")
        rig.refresh()
        office = Office(folder, home=rig.home)
        manager = office.employ("beheer", "application_manager")
        officer = office.employ("privacy", "privacy_officer")
        yield Desk(rig, office, year, manager, officer)
        office.close()
        rig.stop()


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def test_a_layout_is_added_and_the_file_downloaded_and_its_results_taken_in(desk: Desk) -> None:
    faulty = desk.manager.post(
        "/layouts/", page="/layouts/", files={"file": ("x.yaml", LAYOUT.replace(b"familyName", b"bsn"))}
    )
    added = desk.manager.post("/layouts/", page="/layouts/", files={"file": ("x.yaml", LAYOUT)})
    page = "/layouts/products/rekenwijs"
    shown = desk.manager.get(page)
    before = len(desk.rig.disclosures())
    made = desk.manager.post(f"{page}/export", {"layout": "rekenwijs-upload"}, page=page)

    assert faulty.status_code == 422
    assert "columns[1].field" in faulty.text
    assert "user.sourcedId" in added.text
    assert "Mail" in shown.text
    assert made.headers["Content-Disposition"] == 'attachment; filename="rekenwijs.csv"'
    assert made.headers["Cache-Control"] == "no-store"
    rows = rows_of(made.content)
    assert len(rows) == 30
    assert all(row["Naam"] and not row["Mail"] for row in rows)
    assert len(desk.rig.disclosures()) > before

    results = "Leerling;Toets;Cijfer\n" + "".join(f"{row['Nummer']};Dictee;7\n" for row in rows[:3])
    fields = {"layout": "rekenwijs-upload"}
    taken = desk.manager.post(
        f"{page}/results", fields, page=page, files={"file": ("r.csv", results.encode())}
    )
    again = desk.manager.post(
        f"{page}/results", fields, page=page, files={"file": ("r.csv", results.encode())}
    )
    bad = desk.manager.post(
        f"{page}/results", fields, page=page, files={"file": ("r.csv", (results + "Sem;Dictee;7\n").encode())}
    )
    assert "3 rows are taken in." in taken.text
    assert "3 rows change nothing." in again.text
    assert "no_pupil" in bad.text
    assert "Sem;" not in bad.text
    wrong = desk.manager.post(f"{page}/results", fields, page=page, files={"file": ("r.xlsx", b"PK\x03\x04")})
    assert (wrong.status_code, "file_not_xlsx" in wrong.text) == (422, True)


def test_a_file_is_refused_on_the_page_as_on_the_command_line(desk: Desk) -> None:
    desk.rig.agree("kaal", data=[desk.rig.record("x")["products"][0]["data"][2]])  # type: ignore[index]
    desk.rig.refresh("--product", "kaal")

    page = "/layouts/products/kaal"
    refused = desk.manager.post(f"{page}/export", {"layout": "rekenwijs-upload"}, page=page)

    assert refused.status_code == 409
    assert "field_not_in_agreement" in refused.text
    assert "Content-Disposition" not in refused.headers


def test_the_style_of_aliases_is_chosen(desk: Desk) -> None:
    page = "/layouts/products/rekenwijs"

    chosen = desk.manager.post(f"{page}/aliases", {"style": "words"}, page=page)
    nothing = desk.manager.post(f"{page}/aliases", {"style": "letters"}, page=page)

    assert "Blauwe Uil 12" in chosen.text
    assert nothing.status_code == 422


def test_a_switch_over_is_matched_decided_made_and_confirmed(desk: Desk) -> None:
    pupils = [each for each in desk.year.board.pupils() if each["status"] == "active"][:6]
    lines = [f"acc-{number};{each['username']}" for number, each in enumerate(pupils)]
    listed = ("Account;Login\n" + "\n".join([*lines, f"dubbel;{pupils[0]['username']}"])).encode()
    fields: dict[str, object] = {"product": "rekenwijs", "own_id": "Account", "reason": "overstap 3"}

    def send(**more: object) -> object:
        return desk.officer.post(
            "/switch-overs/new",
            {**fields, **more},
            page="/switch-overs/new",
            files={"file": ("l.csv", listed)},
        )

    matched = send(plan="1")
    undecided = send(make="1")
    made = send(make="1", decisions="8=none", language="en")

    assert "same_person_twice" not in matched.text  # type: ignore[attr-defined]
    assert "Another row leads to the same person" in matched.text  # type: ignore[attr-defined]
    assert undecided.status_code == 422  # type: ignore[attr-defined]
    assert made.headers["Content-Type"] == "application/zip"  # type: ignore[attr-defined]
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:  # type: ignore[attr-defined]
        rows = rows_of(archive.read("rekenwijs-lijst.csv"))
        order = archive.read("rekenwijs-opdracht.txt").decode()
    assert {row["eigen nummer"] for row in rows} == {f"acc-{number}" for number in range(6)}
    assert order.startswith("Order to rename and wipe")
    refused = desk.manager.get("/switch-overs/new")
    assert refused.status_code == 403
    confirmed = desk.manager.post(
        "/switch-overs/1/confirm", page="/switch-overs/", files={"document": ("b.pdf", b"gedaan")}
    )
    assert "confirmation is recorded" in confirmed.text


def test_the_school_year_is_rehearsed_planned_and_dropped(desk: Desk) -> None:
    early = desk.manager.post("/school-year/rehearse", page="/school-year/")
    desk.year.open_coming_year()
    rehearsed = desk.manager.post("/school-year/rehearse", page="/school-year/")
    today = desk.office.clock().date().isoformat()
    wrong = desk.manager.post(
        "/school-year/expect", {"first": today, "last": "2020-01-01"}, page="/school-year/"
    )
    planned = desk.manager.post("/school-year/expect", {"first": today, "last": today}, page="/school-year/")
    seen = desk.officer.get("/school-year/")
    dropped = desk.manager.post("/school-year/drop", page="/school-year/")

    assert "coming_year_missing" in early.text
    assert "16 pupils stay, 1 of them in the same grade; 14 leave; 4 are new." in rehearsed.text
    assert "window_invalid" in wrong.text
    assert "persons may leave in these days" in planned.text
    assert "Take the plan back" not in seen.text
    assert "The plan no longer counts" in dropped.text
