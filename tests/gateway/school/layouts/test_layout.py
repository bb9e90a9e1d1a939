from __future__ import annotations

import io
import os
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from contracts.faults import DocumentRefused
from gateway.errors import UsageError
from gateway.school.layouts.catalogue import RowsOf
from gateway.school.layouts.layout import Encoding, FileFormat, FileShape, load
from gateway.school.layouts.rows import as_date
from gateway.school.layouts.writing import write_rows

SOUND = """
version: 1
name: rekenwijs-upload
vendor: Rekenwijs B.V.
file: {format: csv, delimiter: ";", encoding: windows-1252, header: true, dates: DD-MM-YYYY}
rows: pupil
columns:
  - {name: Leerlingnummer, field: user.sourcedId}
  - {name: Naam, join: [user.givenName, user.familyName], with: " "}
  - {name: Rol, constant: leerling}
  - {name: Geboren, field: demographics.birthDate, optional: true}
results:
  score: {column: Cijfer}
  title: {column: Toets}
"""


def faults(text: str) -> dict[str, str]:
    with pytest.raises(DocumentRefused) as refused:
        load(text)
    return {each.path: each.code for each in refused.value.faults}


def test_a_layout_is_read_with_its_columns_file_and_results() -> None:
    found = load(SOUND)

    assert (found.name, found.rows, found.file.encoding) == (
        "rekenwijs-upload",
        RowsOf.PUPIL,
        Encoding.WINDOWS_1252,
    )
    assert [column.fields for column in found.columns] == [
        ("user.sourcedId",),
        ("user.givenName", "user.familyName"),
        (),
        ("demographics.birthDate",),
    ]
    assert found.columns[3].optional
    assert found.results["score"].column == "Cijfer"


@pytest.mark.parametrize(
    ("before", "after", "path", "code"),
    [
        ("optional: true", "optinal: true", "columns[3].optinal", "key_unknown"),
        ("vendor:", "leverancier:", "leverancier", "key_unknown"),
        ("version: 1", "version: 2", "version", "version_unknown"),
        ("rows: pupil", "rows: leerling", "rows", "word_unknown"),
        ("user.sourcedId", "user.userIds", "columns[0].field", "field_never_leaves"),
        ("user.sourcedId", "user.bsn", "columns[0].field", "field_unknown"),
        ("user.sourcedId", "result.score", "columns[0].field", "field_not_in_rows"),
        ("user.familyName", "user.metadata", "columns[1].join[1]", "field_never_leaves"),
        ("constant: leerling", "constant: leerling, field: user.email", "columns[2]", "column_source"),
        ("name: Rol", "name: Naam", "columns[2].name", "column_twice"),
        ('delimiter: ";"', 'delimiter: "x"', "file.delimiter", "delimiter_unknown"),
        ("DD-MM-YYYY", "DD MMM", "file.dates", "dates_unknown"),
        ("format: csv", "format: ods", "file.format", "word_unknown"),
        ("optional: true", "optional: misschien", "columns[3].optional", "flag_unknown"),
        ("  title: {column: Toets}\n", "", "results.title", "result_title"),
        ("score: {column: Cijfer}", "cijfer: {column: Cijfer}", "results.cijfer", "key_unknown"),
        ("{column: Cijfer}", "{column: Cijfer, kolom: 3}", "results.score.kolom", "key_unknown"),
        ("name: rekenwijs-upload", "name: ../../etc", "name", "name_shape"),
    ],
)
def test_whatever_is_not_known_is_a_fault_with_its_path(
    before: str, after: str, path: str, code: str
) -> None:
    assert before in SOUND

    assert faults(SOUND.replace(before, after))[path] == code


def test_all_faults_are_told_at_once() -> None:
    text = SOUND.replace("user.sourcedId", "user.bsn").replace("optional", "optinal")

    assert set(faults(text)) == {"columns[0].field", "columns[3].optinal"}


@pytest.mark.parametrize(
    "text", ["", "[]", "een tekst", "columns: [[1]]", "{version: 1, columns: 3, file: 4}"]
)
def test_what_is_no_layout_is_refused_with_faults(text: str) -> None:
    assert faults(text)


def test_a_file_with_anchors_that_unfold_is_refused() -> None:
    assert faults("a: &a [x, x]\nb: [*a, *a]\n")


@pytest.mark.parametrize(
    ("form", "written"),
    [("DD-MM-YYYY", "01-02-2015"), ("D/M/YYYY", "1/2/2015"), ("YYYYMMDD", "20150201"), ("YYYY", "2015")],
)
def test_dates_are_written_in_the_form_of_the_layout(form: str, written: str) -> None:
    assert as_date("2015-02-01", form) == written
    assert as_date("geen datum", form) == "geen datum"


EVIL = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "＝1",
    "https://voorbeeld.example/?a=1",
    '=HYPERLINK("x")',
]


@pytest.mark.parametrize("format", FileFormat)
def test_no_cell_is_one_that_a_spreadsheet_runs(format: FileFormat, tmp_path: Path) -> None:
    stream = io.BytesIO()

    write_rows(stream, [["kop"], *([each] for each in EVIL)], FileShape(format=format), work_folder=tmp_path)

    if format is FileFormat.XLSX:
        sheet = openpyxl.load_workbook(io.BytesIO(stream.getvalue())).active
        cells = [sheet.cell(number, 1) for number in range(2, 2 + len(EVIL))]
        assert {cell.data_type for cell in cells} == {"s"}
        assert all(cell.hyperlink is None for cell in cells)
        written = [str(cell.value) for cell in cells]
    else:
        text = stream.getvalue().decode("utf-8-sig")
        written = [line.strip('"') for line in text.split("\r\n")[1:]]
    assert not [each for each in written if each[:1] in ("=", "+", "-", "@", "＝")]


def test_a_workbook_tells_neither_who_made_it_nor_when(tmp_path: Path) -> None:
    stream = io.BytesIO()

    write_rows(stream, [["a"], ["b"]], FileShape(format=FileFormat.XLSX), work_folder=tmp_path)

    with zipfile.ZipFile(io.BytesIO(stream.getvalue())) as archive:
        core = archive.read("docProps/core.xml").decode()
        assert {each.date_time[0] for each in archive.infolist()} == {1980}
    assert "2000-01-01T00:00:00Z" in core
    assert "<dc:creator></dc:creator>" in core or "<dc:creator/>" in core
    assert list(tmp_path.iterdir()) == []


def test_what_the_encoding_cannot_hold_is_refused_and_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        write_rows(io.BytesIO(), [["Şahin"]], FileShape(encoding=Encoding.WINDOWS_1252), work_folder=tmp_path)

    assert refused.value.code == "not_in_encoding"
    assert "ahin" not in str(refused.value)


@pytest.mark.parametrize(
    ("format", "many"),
    [
        (FileFormat.CSV, 20_000),
        (FileFormat.XLSX, 4_000),
        pytest.param(FileFormat.XLSX, 20_000, marks=pytest.mark.thorough),
    ],
)
def test_many_rows_take_no_more_memory_than_few(format: FileFormat, many: int, tmp_path: Path) -> None:
    def peak(count: int) -> int:
        def rows() -> Iterator[list[str]]:
            for number in range(count):
                yield [f"p{number:053d}", f"K7Q5M{number}", "groep 4b"]

        with (tmp_path / f"{count}.{format}").open("w+b") as file:
            tracemalloc.start()
            write_rows(file, rows(), FileShape(format=format), work_folder=tmp_path)
            used = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return used

    write_rows(io.BytesIO(), [["warm"]], FileShape(format=format), work_folder=tmp_path)
    # A row is 75 bytes: kept, they would take half a megabyte and more.
    assert peak(many) < peak(500) + 100_000


def test_what_a_crash_left_of_an_earlier_workbook_is_removed(tmp_path: Path) -> None:
    old, fresh = tmp_path / ".export-oud", tmp_path / ".export-nu"
    for folder in (old, fresh):
        folder.mkdir()
        (folder / "rijen").write_text("p2\tK7Q5M2")
    os.utime(old, (1, 1))

    write_rows(io.BytesIO(), [["a"]], FileShape(format=FileFormat.XLSX), work_folder=tmp_path)

    assert [each.name for each in tmp_path.iterdir()] == [".export-nu"]
