"""A product that holds our pupils under real ids goes over: matched by identifiers, decided by people, kept nowhere."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from gateway.demo.board import made_up_board
from gateway.demo.school_system import SimulatedSchool
from gateway.registers import accesses
from gateway.registers.accesses import Accessed
from tests.journeys.rig import Rig

WHO = ("--as", "applicatiebeheerder", "--reason", "overstap")


@dataclass
class Desk:
    """A board, and a vendor that has its pupils by name."""

    rig: Rig
    school: SimulatedSchool

    @property
    def pupils(self) -> list[dict[str, Any]]:
        return [each for each in self.school.board.pupils() if each["status"] == "active"]

    def file(self, name: str, rows: list[list[str]], heading: str = "Account;Naam;Kenmerk") -> str:
        path = self.rig.folder / name
        path.write_text(heading + "\n" + "".join(";".join(row) + "\n" for row in rows), encoding="utf-8")
        return str(path)

    def accesses(self) -> list[Accessed]:
        services = self.rig.services()
        found = accesses.listed(services.school, board_id=services.board_id)
        return [each for each in found if each.operation == "switch_over"]

    def handed(self) -> list[dict[str, object]]:
        return [each for each in self.rig.disclosures() if each["client_id"] == "switchover"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with SimulatedSchool(made_up_board(11, schools=1, pupils=24)) as school:
        rig = Rig(tmp_path_factory.mktemp("switchover"), [school])
        rig.agree("rekenwijs")
        rig.refresh()
        yield Desk(rig, school)
        rig.stop()


def name_of(pupil: dict[str, Any]) -> str:
    return f"{pupil['givenName']} {pupil['familyName']}"


def number_of(desk: Desk, pupil: dict[str, Any]) -> str:
    who = ("--product", "rekenwijs", *WHO)
    shown = desk.rig.command("preview", "--pupil", f"las-1:{pupil['sourcedId']}", *who)["fields"]
    return str({row["field"]: row["sent"] for row in shown}["user.sourcedId"])  # type: ignore[attr-defined]


def test_a_list_becomes_pseudonyms_and_an_order_without_a_name(desk: Desk, tmp_path: Path) -> None:
    pupils = desk.pupils
    rows = [
        [f"acc-{number}", name_of(each), str(each["username"]).upper()] for number, each in enumerate(pupils)
    ]
    rows.append(["acc-oud", "Iemand Anders", "weggegaan1"])
    listed = desk.file("accounts.csv", rows)
    out, order = tmp_path / "lijst.csv", tmp_path / "opdracht.txt"
    seen, handed = len(desk.accesses()), len(desk.handed())

    planned = desk.rig.command("switchover", "plan", "rekenwijs", listed, "--id", "account", *WHO)
    made = desk.rig.command(
        "switchover",
        "make",
        "rekenwijs",
        listed,
        "--id",
        "Account",
        *WHO,
        "-o",
        str(out),
        "--order",
        str(order),
    )

    assert (planned["matched"], planned["unmatched"], planned["doubtful"]) == (len(pupils), 1, [])
    assert planned["columns"] == {"login": [3]}
    with out.open(encoding="utf-8-sig", newline="") as file:
        written = list(csv.DictReader(file, delimiter=";"))
    assert len(written) == made["matched"] == len(pupils)
    by_account = {row["eigen nummer"]: row for row in written}
    for number in (0, 7):
        assert by_account[f"acc-{number}"]["pseudoniem"] == number_of(desk, pupils[number])
    assert all(row["voornaam"] == "Leerling" and row["achternaam"] for row in written)
    assert [row["pseudoniem"] for row in written] == sorted(row["pseudoniem"] for row in written)
    text = out.read_text(encoding="utf-8-sig") + order.read_text(encoding="utf-8")
    for pupil in pupils:
        for field in ("familyName", "username", "sourcedId", "userMasterIdentifier"):
            assert str(pupil[field]) not in text
    assert str(made["list_sha256"]) in order.read_text()
    assert "acc-oud" not in text
    assert out.stat().st_mode & 0o777 == order.stat().st_mode & 0o777 == 0o600

    # Who looked, and what went out, by pupil.
    assert [each.count for each in desk.accesses()[seen:]] == [len(pupils), len(pupils)]
    (going,) = desk.handed()[handed:]
    assert going["fields"] == {
        "user.familyName": "alias", "user.givenName": "alias", "user.sourcedId": "pseudonym", "user.username": "alias",
    }  # fmt: skip
    about = desk.rig.command("register", "disclosures", "--pupil", f"las-1:{pupils[3]['sourcedId']}")
    assert "switchover" in {each["client_id"] for each in about["disclosures"]}  # type: ignore[attr-defined]

    # Nothing of the list is kept anywhere in the home.
    everything = b"".join(path.read_bytes() for path in desk.rig.home.rglob("*") if path.is_file())
    assert b"acc-7" not in everything
    assert str(pupils[0]["username"]).upper().encode() not in everything

    # The vendor confirms.
    paper = tmp_path / "bevestiging.pdf"
    paper.write_bytes(b"wij hebben hernoemd en gewist")
    number = str(made["number"])
    done = desk.rig.command("switchover", "confirm", number, "--document", str(paper), "--by", "fg")
    assert done["confirmed_on"] is not None
    again = desk.rig.refused("switchover", "confirm", number, "--document", str(paper), "--by", "fg")
    assert again == (3, "switchover_confirmed")
    events = [each["event"] for each in desk.rig.audited()]
    assert "person:switchover:made" in events
    assert "person:switchover:confirmed" in events


def test_a_name_alone_matches_nobody(desk: Desk, tmp_path: Path) -> None:
    rows = [[f"acc-{number}", name_of(each), ""] for number, each in enumerate(desk.pupils)]
    listed = desk.file("namen.csv", rows)
    seen = len(desk.accesses())

    refused = desk.rig.refused("switchover", "plan", "rekenwijs", listed, "--id", "Account", *WHO)

    assert refused == (2, "nothing_matches")
    assert len(desk.accesses()) == seen


def test_every_kind_of_identifier_matches_and_a_workbook_is_a_list_too(desk: Desk, tmp_path: Path) -> None:
    pupils = desk.pupils
    for field, means in (
        ("userMasterIdentifier", "eckid"), ("identifier", "number"), ("sourcedId", "number"),
        ("username", "login"), ("email", "email"),
    ):  # fmt: skip
        book = openpyxl.Workbook()
        book.active.append(["Account", "Kenmerk", "Groep"])
        for number, each in enumerate(pupils):
            book.active.append([f"a{number}", str(each[field]), "5"])
        book.save(desk.rig.folder / f"{field}.xlsx")

        planned = desk.rig.command(
            "switchover", "plan", "rekenwijs", str(desk.rig.folder / f"{field}.xlsx"), "--id", "Account", *WHO
        )

        assert planned["matched"] == len(pupils)
        assert planned["columns"] == {means: [2]}


def test_doubtful_rows_are_for_a_person_and_nothing_is_made_before_they_are_decided(
    desk: Desk, tmp_path: Path
) -> None:
    pupils = desk.pupils
    rows = [
        [f"acc-{number}", str(each["email"]), str(each["identifier"])]
        for number, each in enumerate(pupils[:10])
    ]
    rows[2][1] = str(pupils[3]["email"])
    rows.append(["acc-dubbel", "", str(pupils[5]["identifier"])])
    rows.append(["acc-6", "", str(pupils[11]["identifier"])])
    listed = desk.file("twijfel.csv", rows, heading="Account;Adres;Nummer")
    out, order = tmp_path / "lijst.xlsx", tmp_path / "order.txt"
    make = (
        "switchover",
        "make",
        "rekenwijs",
        listed,
        "--id",
        "Account",
        *WHO,
        "-o",
        str(out),
        "--order",
        str(order),
    )
    handed = len(desk.handed())

    doubtful = desk.rig.command("switchover", "plan", "rekenwijs", listed, "--id", "Account", *WHO)[
        "doubtful"
    ]
    undecided = desk.rig.refused(*make, "--lang", "en")

    assert [(each["row"], each["code"]) for each in doubtful] == [  # type: ignore[attr-defined]
        (4, "identifiers_differ"), (7, "same_person_twice"), (8, "own_id_twice"), (12, "same_person_twice"),
        (13, "own_id_twice"),
    ]  # fmt: skip
    assert set(doubtful[0]["candidates"]) == {f"las-1:{pupils[each]['sourcedId']}" for each in (2, 3)}  # type: ignore[index]
    assert undecided == (2, "rows_undecided")
    assert list(tmp_path.iterdir()) == []
    assert len(desk.handed()) == handed

    decided = (
        "--decide", f"4=las-1:{pupils[2]['sourcedId']}", "--decide", "12=none", "--decide", "13=none",
    )  # fmt: skip
    still = desk.rig.refused(*make, *decided)
    assert still == (2, "rows_undecided")
    rows[-1][0] = "acc-11"
    desk.file("twijfel.csv", rows, heading="Account;Adres;Nummer")
    made = desk.rig.command(*make, "--lang", "en", *decided)
    assert (made["matched"], made["unmatched"]) == (10, 2)
    assert order.read_text().startswith("Order to rename and wipe")
    sheet = openpyxl.load_workbook(out).active
    assert {row[0] for row in sheet.iter_rows(min_row=2, values_only=True)} == {
        f"acc-{each}" for each in range(10)
    }


def test_whom_the_product_may_not_have_gets_no_pseudonym_and_looks_like_a_stranger(
    desk: Desk, tmp_path: Path
) -> None:
    pupils = desk.pupils
    left_out = pupils[4]
    desk.school.board.change("users", str(left_out["sourcedId"]), roles=[], status="tobedeleted")
    desk.rig.refresh()
    rows = [[f"acc-{number}", "", str(each["identifier"])] for number, each in enumerate(pupils)]
    rows.append(["acc-oud", "", "999999999"])
    listed = desk.file("allen.csv", rows)

    planned = desk.rig.command("switchover", "plan", "rekenwijs", listed, "--id", "Account", *WHO)

    assert (planned["matched"], planned["unmatched"]) == (len(pupils) - 1, 2)


@pytest.mark.parametrize(
    ("product", "before", "code"),
    [
        ("onbekend", (), (3, "agreement_missing")),
        ("voorbij", ("agreement", "end", "VO-voorbij"), (3, "agreement_ended")),
        ("gestopt", ("vendor", "stop", "gestopt", "--by", "ib", "--reason", "zaak 3"), (3, "vendor_stopped")),
        ("vers", None, (5, "refresh_needed")),
    ],
)
def test_without_an_agreement_in_force_nothing_is_read_or_registered_as_seen(
    desk: Desk, tmp_path: Path, product: str, before: tuple[str, ...] | None, code: tuple[int, str]
) -> None:
    if before != ():
        desk.rig.agree(
            product, kvk={"voorbij": "87654341", "gestopt": "87654342", "vers": "87654343"}[product]
        )
    if before:
        desk.rig.command(*before)
    listed = desk.file("ja.csv", [["a", "", str(desk.pupils[0]["identifier"])]])
    desk.school.forget()
    seen = len(desk.accesses())
    out, order = tmp_path / "l.csv", tmp_path / "o.txt"

    refused = desk.rig.refused(
        "switchover", "make", product, listed, "--id", "Account", *WHO, "-o", str(out), "--order", str(order)
    )

    assert refused == code
    assert desk.school.asked("users") == 0
    assert len(desk.accesses()) == seen
    assert list(tmp_path.iterdir()) == []
