from __future__ import annotations

import datetime
import io
import zipfile
from typing import Any

import openpyxl
import pytest

from gateway.errors import UsageError
from gateway.school.relink import workbook
from gateway.school.relink.spreadsheet import sheet_of


def book(*rows: list[Any]) -> bytes:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def changed(content: bytes, name: str, change: Any) -> bytes:
    """The same archive with one member changed."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for member in old.infolist():
            data = old.read(member)
            new.writestr(member.filename, change(data) if member.filename == name else data)
    return stream.getvalue()


def refused(content: bytes) -> str:
    with pytest.raises(UsageError) as error:
        sheet_of(content)
    assert "GEHEIM" not in str(error.value)
    return error.value.code


SHEET = "xl/worksheets/sheet1.xml"


def test_cells_are_read_as_a_person_would_type_them() -> None:
    day = datetime.date(2026, 11, 24)
    found = sheet_of(
        book(["a", 7.5, 8.0, 10, True, None, day, datetime.datetime(2026, 11, 24, 9, 30), "Zoë"], ["b"])
    )

    assert found.rows == [
        ["a", "7.5", "8", "10", "true", "", "2026-11-24", "2026-11-24 09:30:00", "Zoë"],
        ["b"],
    ]
    assert found.formulas == frozenset()


def test_a_formula_is_marked_whatever_value_stands_beside_it() -> None:
    found = sheet_of(book(["naam", "cijfer"], ["x", "=1+6"]))

    assert found.formulas == {(1, 1)}


def test_a_workbook_that_unpacks_to_300_megabytes_is_refused_before_it_is_unpacked() -> None:
    bomb = changed(book(["a"]), SHEET, lambda data: data + b" " * (300 * 1024 * 1024))
    assert len(bomb) < 2_000_000

    assert refused(bomb) == "file_too_large"


def test_an_archive_that_lies_about_its_sizes_is_refused() -> None:
    content = book(["a" * 5_000])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = archive.getinfo(SHEET).file_size
    lie = content.replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lie != content

    assert refused(lie) == "file_not_xlsx"


def test_a_sheet_that_claims_a_million_rows_and_columns_is_not_filled_up() -> None:
    wide = changed(book(["a", "b"]), SHEET, lambda data: data.replace(b'ref="A1:B1"', b'ref="A1:XFD1048576"'))

    assert sheet_of(wide).rows == [["a", "b"]]


def test_a_cell_in_the_last_row_or_column_is_refused_and_not_reached_by_filling_up() -> None:
    far = changed(book(["a"]), SHEET, lambda data: data.replace(b'r="A1"', b'r="XFD1"'))
    deep = changed(
        book(["a"]),
        SHEET,
        lambda data: data.replace(b'r="A1"', b'r="A1048576"').replace(b'r="1"', b'r="1048576"'),
    )

    assert refused(far) == "file_too_wide"
    assert refused(deep) == "file_too_long"


@pytest.mark.parametrize(
    "head",
    [b'<!DOCTYPE x [<!ENTITY a "GEHEIM">]>', b'<!DOCTYPE x SYSTEM "file:///etc/passwd">', b"<!ENTITY a>"],
)
def test_a_document_type_is_refused(head: bytes) -> None:
    assert refused(changed(book(["GEHEIM"]), SHEET, lambda data: head + data)) == "file_not_xlsx"


def test_another_encoding_that_would_hide_a_document_type_is_refused() -> None:
    def utf_16(data: bytes) -> bytes:
        return data.decode().encode("utf-16")

    assert refused(changed(book(["GEHEIM"]), SHEET, utf_16)) == "file_not_xlsx"


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04" + b"\x00" * 200,
        book(["GEHEIM"])[:-60],
        changed(book(["GEHEIM"]), SHEET, lambda data: data[:-20]),
        changed(book(["GEHEIM"]), "xl/workbook.xml", lambda data: b"<workbook/>"),
        changed(book(["GEHEIM"]), "[Content_Types].xml", lambda data: b"GEHEIM"),
        b"\xd0\xcf\x11\xe0" + b"\x00" * 100,
    ],
    ids=["empty", "cut", "sheet cut", "no sheets", "no types", "old"],
)
def test_a_broken_workbook_is_refused_without_telling_what_is_in_it(content: bytes) -> None:
    assert refused(content) == "file_not_xlsx"


def test_more_rows_or_cells_than_anybody_needs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_CELLS", 3)

    assert refused(book(["a", "b"], ["c", "d"])) == "file_too_wide"
