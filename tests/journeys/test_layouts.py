"""Any-vendor mode: a file in the vendor's own columns goes out, and its results file comes back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import openpyxl
import pytest

from contracts.instants import to_ms
from gateway.demo import papers
from gateway.demo.board import made_up_board, role_of, sourced_id
from gateway.demo.school_system import SimulatedSchool
from gateway.holdings.selection import Collection, Selection
from gateway.holdings.withdrawal import withdraw
from gateway.roster.model import Kind, ProductId, Pseudonym
from gateway.school.layouts import exporting
from gateway.school.layouts.builtin import EVERYBODY
from gateway.school.services import clock
from tests.journeys.rig import Rig

LAYOUT = """
version: 1
name: {name}
vendor: Rekenwijs B.V.
file: {{format: csv, delimiter: ";", dates: YYYY}}
rows: {rows}
columns:
{columns}
"""


def layout(rig: Rig, name: str, columns: list[str], *, rows: str = "pupil") -> None:
    path = rig.folder / f"{name}.yaml"
    lines = "\n".join(f"  - {{{each}}}" for each in columns)
    path.write_text(LAYOUT.format(name=name, rows=rows, columns=lines), encoding="utf-8")
    rig.command("layout", "add", str(path))


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def told_of(rig: Rig, person: Mapping[str, object]) -> set[str]:
    """Kinds of record about a person that went out."""
    found = rig.command("register", "disclosures", "--pupil", f"las-1:{person['sourcedId']}")["disclosures"]
    return {str(each["kind"]) for each in found}  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def school() -> Iterator[SimulatedSchool]:
    with SimulatedSchool(made_up_board(11, schools=2, pupils=40)) as school:
        yield school


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory, school: SimulatedSchool) -> Iterator[Rig]:
    rig = Rig(tmp_path_factory.mktemp("layouts"), [school])
    rig.agree("rekenwijs")
    rig.agree("kaal", data=papers.nameless_terms())
    rig.refresh()
    yield rig
    rig.stop()


def test_the_vendors_own_columns_go_out_with_aliases_and_are_registered_first(
    rig: Rig, school: SimulatedSchool, tmp_path: Path
) -> None:
    layout(
        rig,
        "rekenwijs-upload",
        [
            "name: Leerlingnummer, field: user.sourcedId",
            'name: Naam, join: [user.givenName, user.familyName], with: " "',
            "name: Groep, field: class.title",
            "name: Geboren, field: demographics.birthDate",
            "name: School, field: org.name",
            "name: Rol, constant: leerling",
        ],
    )
    before = len(rig.disclosures())

    done = rig.command("export", "rekenwijs", "--layout", "rekenwijs-upload", "-o", str(tmp_path / "uit.csv"))

    rows = rows_of(tmp_path / "uit.csv")
    assert list(rows[0]) == ["Leerlingnummer", "Naam", "Groep", "Geboren", "School", "Rol"]
    assert len(rows) == done["rows"] == sum(each["status"] == "active" for each in school.board.pupils())
    assert [row["Leerlingnummer"] for row in rows] == sorted(row["Leerlingnummer"] for row in rows)
    assert all(row["Naam"].startswith("Leerling ") and len(row["Geboren"]) == 4 for row in rows)
    assert {row["Rol"] for row in rows} == {"leerling"}
    text = (tmp_path / "uit.csv").read_text(encoding="utf-8-sig")
    for pupil in school.board.pupils():
        assert str(pupil["familyName"]) not in text
        assert str(pupil["sourcedId"]) not in text
    assert (tmp_path / "uit.csv").stat().st_mode & 0o777 == 0o600
    going = rig.disclosures()[before:]
    assert {each["kind"] for each in going} == {"user", "demographics", "enrollment", "class", "org"}
    assert {each["client_id"] for each in going} == {"export"}
    pupil = [each for each in school.board.pupils() if each["status"] == "active"][1]
    teacher = next(each for each in school.board.records("users") if role_of(each) == "teacher")
    assert told_of(rig, pupil) >= {"user", "demographics", "enrollment"}
    # The file is about pupils: of their teachers the register says nothing.
    assert told_of(rig, teacher) == set()
    written = [each for each in rig.audited("front") if each["event"] == "person:export:written"][-1]
    assert written["object"] == "rekenwijs-upload"
    assert "user.familyName" in written["details"]["fields"]  # type: ignore[index]


def test_a_workbook_holds_what_the_csv_file_holds(rig: Rig, tmp_path: Path) -> None:
    columns = ["name: Nummer, field: user.sourcedId", "name: Groep, field: class.title"]
    layout(rig, "per-groep", columns, rows="pupil_class")

    rig.command("export", "rekenwijs", "--layout", "per-groep", "-o", str(tmp_path / "uit.csv"))
    rig.command("export", "rekenwijs", "--layout", "per-groep", "-o", str(tmp_path / "uit.xlsx"))

    sheet = openpyxl.load_workbook(tmp_path / "uit.xlsx").active
    cells = [tuple(row) for row in sheet.iter_rows(values_only=True)]
    rows = rows_of(tmp_path / "uit.csv")
    assert cells[0] == ("Nummer", "Groep")
    assert cells[1:] == [(row["Nummer"], row["Groep"]) for row in rows]
    assert all(row["Groep"] for row in rows)
    assert (tmp_path / "uit.xlsx").stat().st_mode & 0o777 == 0o600
    who = ("--product", "rekenwijs", "--as", "ib", "--reason", "zaak 2")
    counts = rig.command("relink", str(tmp_path / "uit.xlsx"), "-o", str(tmp_path / "namen.csv"), *who)
    assert counts["joined"] == counts["rows"] == len(rows)


@pytest.mark.parametrize(
    ("rows", "column"),
    [("class", "class.title"), ("teacher", "user.familyName"), ("teacher_class", "class.title")],
)
def test_rows_may_be_classes_or_teachers(rig: Rig, tmp_path: Path, rows: str, column: str) -> None:
    name = f"per-{rows}".replace("_", "-")
    layout(rig, name, [f"name: A, field: {column}", "name: S, field: org.name"], rows=rows)

    done = rig.command("export", "rekenwijs", "--layout", name, "-o", str(tmp_path / "uit.csv"))

    found = rows_of(tmp_path / "uit.csv")
    assert found
    assert len(found) == done["rows"]
    assert all(row["A"] and row["S"] for row in found)


def test_a_field_that_the_agreement_does_not_let_out_is_refused_and_nothing_is_written(
    rig: Rig, tmp_path: Path
) -> None:
    columns = ["name: Nummer, field: user.sourcedId", "name: Naam, field: user.familyName"]
    layout(rig, "met-naam", columns)
    before = len(rig.disclosures())

    refused = rig.refused("export", "kaal", "--layout", "met-naam", "-o", str(tmp_path / "uit.csv"))

    assert refused == (3, "field_not_in_agreement")
    assert list(tmp_path.iterdir()) == []
    assert len(rig.disclosures()) == before
    noted = rig.audited("front")[-1]
    assert noted["event"] == "vendor:request:refused"
    assert noted["details"]["fields"] == ["user.familyName"]  # type: ignore[index]
    left = rig.command("layout", "show", "met-naam", "--product", "kaal")["left"]
    assert [(each["path"], each["field"]) for each in left] == [("columns[1]", "user.familyName")]  # type: ignore[attr-defined]


def test_an_optional_column_is_left_empty_and_told(rig: Rig, tmp_path: Path) -> None:
    columns = ["name: Nummer, field: user.sourcedId", "name: Naam, field: user.familyName, optional: true"]
    layout(rig, "naam-mag", columns)

    done = rig.command("export", "kaal", "--layout", "naam-mag", "-o", str(tmp_path / "uit.csv"))

    assert done["left_empty"] == [{"column": "Naam", "reason": "field_not_in_agreement"}]
    assert {row["Naam"] for row in rows_of(tmp_path / "uit.csv")} == {""}


@pytest.mark.parametrize(
    ("product", "before", "code"),
    [
        ("onbekend", (), "agreement_missing"),
        ("gestopt", ("vendor", "stop", "gestopt", "--by", "ib", "--reason", "zaak 3"), "vendor_stopped"),
        ("voorbij", ("agreement", "end", "VO-voorbij"), "agreement_ended"),
    ],
)
def test_without_an_agreement_in_force_nothing_is_written(
    rig: Rig, tmp_path: Path, product: str, before: tuple[str, ...], code: str
) -> None:
    if before:
        rig.agree(product, kvk="87654321" if product == "gestopt" else "87654329")
        rig.refresh("--product", product)
        rig.command(*before)
    disclosed = len(rig.disclosures())

    refused = rig.refused("export", product, "-o", str(tmp_path / "uit.csv"))

    assert refused == (3, code)
    assert list(tmp_path.iterdir()) == []
    assert len(rig.disclosures()) == disclosed
    if product != "voorbij":
        # After its end results may come back for a while; the file of a stopped or unknown vendor is not even read.
        path = rig.folder / "back.yaml"
        path.write_text(BACK.format(name="terug"), encoding="utf-8")
        rig.command("layout", "add", str(path))
        file = written(rig.folder / "resultaten.csv", [["p2", "T", "7", ""]])
        assert rig.refused("results", "take", product, str(file), "--layout", "terug") == (3, code)
        assert rig.audited("front")[-1]["event"] == "vendor:result:refused"


def test_who_is_withdrawn_while_a_file_is_made_is_not_in_it(rig: Rig) -> None:
    rig.agree("vertrek", kvk="87654335")
    rig.refresh("--product", "vertrek")
    services, product = rig.services(), ProductId("vertrek")
    made: list[io.BytesIO] = []
    holdings = exporting.holdings_of(services)
    generation = holdings.current(product, now_ms=to_ms(clock()))
    assert generation is not None
    page = holdings.page(product, generation, Selection(Collection(Kind.USER), limit=5), positions=False)
    gone = next(each.id for each in page.records if each.subject == "leerling")
    before = len(rig.disclosures())

    class Withdrawing(io.BytesIO):
        def write(self, *given: object) -> int:
            if len(made) == 1 and not self.getvalue():
                withdraw(
                    services.front, board_id=services.board_id, product=product,
                    records=[(Kind.USER, Pseudonym(gone))], now_ms=to_ms(clock()),
                )  # fmt: skip
            return super().write(*given)  # type: ignore[arg-type]

    @contextmanager
    def opening() -> Iterator[BinaryIO]:
        made.append(Withdrawing())
        yield made[-1]
        assert len(made) == 2, "the file of the first try appeared"

    done = exporting.export(services, product, EVERYBODY, actor=services.operator(), opened=opening)

    assert len(made) == 2
    assert gone.encode() not in made[-1].getvalue()
    assert done.rows == made[-1].getvalue().count(b"\r\n") - 1
    # Both tries are registered: too much, never too little.
    assert len(rig.disclosures()) - before == 2 * len({each["kind"] for each in rig.disclosures()[before:]})


def test_a_layout_is_linted_added_once_listed_and_shown(rig: Rig, tmp_path: Path) -> None:
    path = tmp_path / "nieuw.yaml"
    columns = "  - {name: A, field: user.sourcedId}"
    path.write_text(LAYOUT.format(name="nieuw", rows="pupil", columns=columns), encoding="utf-8")
    wrong = tmp_path / "fout.yaml"
    wrong.write_text(path.read_text().replace("user.sourcedId", "user.bsn"), encoding="utf-8")

    assert rig.command("layout", "lint", str(path))["faults"] == []
    assert rig.refused("layout", "lint", str(wrong)) == (2, "layout_faults")
    assert rig.refused("layout", "add", str(wrong)) == (2, "layout_faults")
    first = rig.command("layout", "add", str(path))
    again = rig.command("layout", "add", str(path))
    path.write_text(path.read_text().replace("name: A", "name: B"), encoding="utf-8")
    second = rig.command("layout", "add", str(path))

    assert (first["number"], again["number"], second["number"]) == (1, 1, 2)
    listed = {each["name"]: each for each in rig.command("layout", "list")["layouts"]}  # type: ignore[attr-defined]
    assert listed["nieuw"]["number"] == 2
    assert rig.command("layout", "show", "nieuw")["content"] == path.read_text()
    assert rig.refused("layout", "show", "weg") == (2, "layout_unknown")
    added = [each for each in rig.audited() if each["event"] == "person:layout:added"]
    assert [each["object"] for each in added].count("nieuw") == 2


def test_a_product_for_young_children_gets_words_and_they_lead_back(rig: Rig, tmp_path: Path) -> None:
    rig.agree("kleuters", kvk="87654330")
    rig.command("alias", "style", "kleuters", "words")
    rig.refresh("--product", "kleuters")
    layout(rig, "kleuters", ["name: Naam, field: user.givenName"])

    rig.command("export", "kleuters", "--layout", "kleuters", "-o", str(tmp_path / "uit.csv"))

    names = [row["Naam"] for row in rows_of(tmp_path / "uit.csv")]
    assert all(len(name.split()) == 3 and name.split()[2].isdigit() for name in names)
    assert len(set(names)) == len(names)
    shown = rig.command("alias", "style", "kleuters")
    assert (shown["style"], shown["given_out"]) == ("words", len(names))
    loud = tmp_path / "luid.csv"
    loud.write_text("Naam;Cijfer\n" + "".join(f"{name.upper()};7\n" for name in names), encoding="utf-8")
    who = ("--as", "intern begeleider", "--reason", "zaak 17")
    counts = rig.command(
        "relink", str(loud), "-o", str(tmp_path / "namen.csv"), "--product", "kleuters", *who
    )
    assert counts["joined"] == len(names)
    foreign = rig.refused(
        "relink", str(loud), "-o", str(tmp_path / "niet.csv"), "--product", "rekenwijs", *who
    )
    assert foreign == (2, "nothing_to_relink")


# -- results back ------------------------------------------------------------------------------------------------

BACK = """
version: 1
name: {name}
vendor: Rekenwijs B.V.
file: {{dates: DD-MM-YYYY}}
rows: pupil
columns:
  - {{name: Nummer, field: user.sourcedId}}
  - {{name: Naam, field: user.familyName}}
results:
  title: {{column: Toets}}
  score: {{column: Cijfer}}
  date: {{column: Datum, optional: true}}
  comment: {{column: Opmerking, optional: true}}
"""


@pytest.fixture(scope="module")
def roster(rig: Rig) -> list[dict[str, str]]:
    """What the vendor was given: number, alias and class of each pupil."""
    path = rig.folder / "back.yaml"
    path.write_text(BACK.format(name="terug"), encoding="utf-8")
    rig.command("layout", "add", str(path))
    rig.command("export", "rekenwijs", "--layout", "terug", "-o", str(rig.folder / "roster.csv"))
    with (rig.folder / "roster.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def take(rig: Rig, path: Path, *, product: str = "rekenwijs") -> dict[str, object]:
    return rig.command("results", "take", product, str(path), "--layout", "terug")


def written(path: Path, rows: list[list[str]], heading: str = "Leerling;Toets;Cijfer;Datum") -> Path:
    path.write_text(heading + "\n" + "".join(";".join(row) + "\n" for row in rows), encoding="utf-8")
    return path


def scores(school: SimulatedSchool) -> dict[str, str]:
    """What the school received: pupil -> score as it was written."""
    found = {}
    for write in school.writes:
        if write.collection == "results":
            student = write.document["student"]
            assert isinstance(student, dict)
            found[str(student["sourcedId"])] = str(write.document.get("score"))
    return found


def test_a_results_file_reaches_the_right_pupils_and_the_same_file_changes_nothing(
    rig: Rig, school: SimulatedSchool, roster: list[dict[str, str]], tmp_path: Path
) -> None:
    who = ("--product", "rekenwijs", "--as", "ib", "--reason", "zaak 1")
    pupils = [each for each in school.board.pupils() if each["status"] == "active"][1:4]
    numbers = []
    for pupil in pupils:
        shown = rig.command("preview", "--pupil", f"las-1:{pupil['sourcedId']}", *who)["fields"]
        numbers.append({row["field"]: row["sent"] for row in shown}["user.sourcedId"])  # type: ignore[attr-defined]
    aliases = {each["Nummer"]: each["Naam"] for each in roster}
    rows = [
        [numbers[0], "Toets blok 3", "7,5", "24-11-2026"],
        [numbers[1].upper(), "Toets blok 3", "8", ""],
        [f"leerling {aliases[numbers[2]].lower()}", "Toets blok 3", "6.0", "2026-11-24"],
    ]
    path = written(tmp_path / "resultaten.csv", rows)
    school.forget()

    first = take(rig, path)
    rig.command("deliver", "--once")
    again = take(rig, path)
    rig.command("deliver", "--once")

    assert first["not_taken"] == []
    assert (first["rows"], first["new"], first["unknown"]) == (3, 3, 0)
    assert (again["new"], again["unchanged"]) == (0, 3)
    expected = dict(zip((str(each["sourcedId"]) for each in pupils), ("7.5", "8", "6.0"), strict=True))
    assert {each: float(score) for each, score in scores(school).items()} == {
        each: float(score) for each, score in expected.items()
    }
    assert sum(write.collection == "results" for write in school.writes) == 3
    accepted = [each for each in rig.audited("front") if each["event"] == "vendor:result:accepted"]
    assert {each["object"] for each in accepted} == {"file"}
    noted = [each for each in rig.audited("front") if each["event"] == "person:results:taken"]
    assert noted[-1]["details"]["counts"] == {"rows": 3, "new": 0, "unknown": 0}  # type: ignore[index]


def test_a_pupil_of_two_groups_needs_a_column_with_the_group(
    rig: Rig, school: SimulatedSchool, roster: list[dict[str, str]], tmp_path: Path
) -> None:
    layout(
        rig,
        "groepen",
        ["name: Nummer, field: user.sourcedId", "name: Groep, field: class.title"],
        rows="pupil_class",
    )
    rig.command("export", "rekenwijs", "--layout", "groepen", "-o", str(tmp_path / "groepen.csv"))
    rows = rows_of(tmp_path / "groepen.csv")
    number = next(each["Nummer"] for each in rows if sum(one["Nummer"] == each["Nummer"] for one in rows) > 1)
    groups = [each["Groep"] for each in rows if each["Nummer"] == number]
    path = rig.folder / "groep.yaml"
    named = BACK.format(name="groep") + "  class: {column: Groep}\n"
    path.write_text(named, encoding="utf-8")
    rig.command("layout", "add", str(path))
    heading = "Leerling;Toets;Cijfer;Groep"
    file = written(
        tmp_path / "groep.csv",
        [
            [number, "Rekenen", "7", groups[0].upper()],
            [number, "Taal", "8", groups[1]],
            [number, "X", "7", "9z"],
        ],
        heading,
    )

    unclear = take(rig, written(tmp_path / "zonder.csv", [[number, "Rekenen", "7", ""]]))
    taken = rig.command("results", "take", "rekenwijs", str(file), "--layout", "groep")

    assert unclear["not_taken"] == [{"row": 2, "code": "class_unclear"}]
    assert taken["not_taken"] == [{"row": 4, "code": "class_unknown"}]
    school.forget()
    rig.command("deliver", "--once")
    items = [each.document for each in school.writes if each.collection == "lineItems"]
    titles = {
        str(each["title"]): school.board.get("classes", sourced_id(each["class"]))["title"] for each in items
    }
    assert {"Rekenen", "Taal"} <= set(titles)
    assert titles["Rekenen"] != titles["Taal"]


def test_a_corrected_file_corrects_and_a_workbook_says_the_same(
    rig: Rig, school: SimulatedSchool, roster: list[dict[str, str]], tmp_path: Path
) -> None:
    number = roster[5]["Nummer"]
    take(rig, written(tmp_path / "een.csv", [[number, "Dictee", "5", ""]]))
    rig.command("deliver", "--once")
    school.forget()
    book = openpyxl.Workbook()
    for row in (["Toets", "Leerlingnummer", "Cijfer"], ["Dictee", number, 6.5]):
        book.active.append(row)
    book.save(tmp_path / "twee.xlsx")

    taken = take(rig, tmp_path / "twee.xlsx")
    rig.command("deliver", "--once")

    assert taken["new"] == 1
    assert list(scores(school).values()) == ["6.5"]


def test_rows_that_cannot_be_taken_in_are_told_by_number_and_code_and_the_others_go_on(
    rig: Rig, school: SimulatedSchool, roster: list[dict[str, str]], tmp_path: Path
) -> None:
    number, other = roster[7]["Nummer"], roster[8]["Nummer"]
    rows = [
        [number, "Topo", "7", ""],
        [number, "Topo", "8", ""],
        [other, "Topo", "zeven", ""],
        [other, "Topo", "7", "31-02-2026"],
        [other, "", "7", ""],
        [other, "Topo", "", ""],
        ["", "Topo", "7", ""],
        ["Sem de Vries", "Topo", "7", ""],
        [f"{number} {other}", "Topo", "7", ""],
        ["", "", "", ""],
        [other, "Topo", "9", "24-11-2026"],
    ]

    taken = take(rig, written(tmp_path / "fout.csv", rows))

    assert taken["not_taken"] == [
        {"row": 3, "code": "row_twice"},
        {"row": 4, "code": "score_not_number"},
        {"row": 5, "code": "date_unreadable"},
        {"row": 6, "code": "title_missing"},
        {"row": 7, "code": "nothing_said"},
        {"row": 8, "code": "no_pupil"},
        {"row": 9, "code": "no_pupil"},
        {"row": 10, "code": "several_pupils"},
    ]
    assert taken["new"] == 2


def test_what_another_product_was_given_goes_to_quarantine_once_and_to_nobody(
    rig: Rig, school: SimulatedSchool, roster: list[dict[str, str]], tmp_path: Path
) -> None:
    rig.command("export", "kaal", "-o", str(tmp_path / "kaal.csv"))
    with (tmp_path / "kaal.csv").open(encoding="utf-8-sig", newline="") as file:
        foreign = [each["pseudonym"] for each in csv.DictReader(file) if each["role"] == "student"][:2]
    path = written(
        tmp_path / "vreemd.csv",
        [[roster[9]["Nummer"], "Spelling", "7", ""], *([each, "Spelling", "7", ""] for each in foreign),
         ["K9Z2Q8X2", "Spelling", "7", ""], ["C2C2C2", "Spelling", "7", ""]],
    )  # fmt: skip
    before = len(rig.command("quarantine", "list")["quarantine"])  # type: ignore[arg-type]
    rig.command("deliver", "--once")
    school.forget()

    first = take(rig, path)
    rig.command("deliver", "--once")
    take(rig, path)
    rig.command("deliver", "--once")

    assert (first["new"], first["unknown"]) == (4, 3)
    quarantined = rig.command("quarantine", "list")["quarantine"][before:]  # type: ignore[index]
    assert {each["reason"] for each in quarantined} == {"not_made_for_product"}
    assert len(quarantined) == 3
    assert len(scores(school)) == 1


@pytest.mark.parametrize(
    ("product", "code"), [("onbekend", "agreement_missing"), ("kaal", "direction_not_in_agreement")]
)
def test_a_product_that_may_return_nothing_has_its_file_refused(
    rig: Rig, roster: list[dict[str, str]], tmp_path: Path, product: str, code: str
) -> None:
    path = written(tmp_path / "uit.csv", [[roster[0]["Nummer"], "T", "7", ""]])
    inbox = len([each for each in rig.audited("front") if each["event"] == "vendor:result:accepted"])

    status, found = rig.refused("results", "take", product, str(path), "--layout", "terug")

    assert status == 3
    assert found in (code, "field_not_in_agreement")
    assert rig.audited("front")[-1]["event"] == "vendor:result:refused"
    after = len([each for each in rig.audited("front") if each["event"] == "vendor:result:accepted"])
    assert after == inbox


def test_a_file_without_the_layouts_column_or_without_pupils_is_refused(
    rig: Rig, roster: list[dict[str, str]], tmp_path: Path
) -> None:
    names = written(tmp_path / "namen.csv", [["Sem", "Topo", "7", ""]])
    other = written(tmp_path / "ander.csv", [[roster[0]["Nummer"], "7"]], heading="Leerling;Score")
    broken = tmp_path / "stuk.xlsx"
    broken.write_bytes(b"PK\x03\x04" + bytes(300))

    assert rig.refused("results", "take", "rekenwijs", str(names), "--layout", "terug") == (
        2,
        "nothing_to_take",
    )
    assert rig.refused("results", "take", "rekenwijs", str(other), "--layout", "terug") == (
        2,
        "column_missing",
    )
    assert rig.refused("results", "take", "rekenwijs", str(broken), "--layout", "terug") == (
        2,
        "file_not_xlsx",
    )
    rig.command("layout", "add", str(_plain(tmp_path)))
    assert rig.refused("results", "take", "rekenwijs", str(names), "--layout", "zonder") == (
        2,
        "layout_without_results",
    )


def _plain(folder: Path) -> Path:
    path = folder / "zonder.yaml"
    columns = "  - {name: A, field: user.sourcedId}"
    path.write_text(LAYOUT.format(name="zonder", rows="pupil", columns=columns), encoding="utf-8")
    return path


def test_a_row_under_a_new_pseudonym_is_the_same_result_and_is_not_doubled(
    rig: Rig, school: SimulatedSchool, roster: list[dict[str, str]], tmp_path: Path
) -> None:
    pupil = [each for each in school.board.pupils() if each["status"] == "active"][1]
    who = (
        "--pupil",
        f"las-1:{pupil['sourcedId']}",
        "--product",
        "rekenwijs",
        "--as",
        "ib",
        "--reason",
        "zaak 2",
    )

    def number() -> str:
        fields = rig.command("preview", *who)["fields"]
        return str({row["field"]: row["sent"] for row in fields}["user.sourcedId"])  # type: ignore[attr-defined]

    school.forget()
    before = number()
    take(rig, written(tmp_path / "voor.csv", [[before, "Toets blok 9", "7", "24-11-2026"]]))
    rig.command("deliver", "--once")
    rig.command("key", "add-version", "rekenwijs")
    rig.refresh()
    after = number()
    taken = take(rig, written(tmp_path / "na.csv", [[after, "Toets blok 9", "8", "24-11-2026"]]))
    rig.command("deliver", "--once")

    assert before != after
    assert taken["not_taken"] == []
    results = [write for write in school.writes if write.collection == "results"]
    assert [str(write.document["score"]) for write in results] == ["7", "8"]
    assert len({write.document["sourcedId"] for write in results}) == 1
    tests = [write for write in school.writes if write.collection == "lineItems"]
    assert len({write.document["sourcedId"] for write in tests}) == 1
