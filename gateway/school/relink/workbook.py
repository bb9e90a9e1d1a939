"""Read the first sheet of an XLSX file that somebody else made.

Attack: a file of a few hundred kilobytes that unpacks to gigabytes; a sheet that says it has a million rows of 16,384
cells; entities that unfold; a formula whose stored value is not what it computes. So sizes are added up before anything
is unpacked, what is unpacked is counted, a document type is refused, and a formula is never a value.
"""

from __future__ import annotations

import datetime
import io
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any, Final

from gateway.errors import UsageError

MAX_PACKED: Final = 32 * 1024 * 1024
MAX_UNPACKED: Final = 128 * 1024 * 1024
MAX_MEMBERS: Final = 500
MAX_COLUMNS: Final = 500
MAX_CELLS: Final = 5_000_000
ZIP_MAGIC: Final = b"PK\x03\x04"
OLD_MAGIC: Final = b"\xd0\xcf\x11\xe0"
"""Of old Excel files, and of new ones under a password."""
_BLOCK: Final = 1024 * 1024


def read_workbook(content: bytes, *, max_rows: int) -> tuple[list[list[str]], frozenset[tuple[int, int]]]:
    """The cells of the first sheet as text, and where a formula stands (row and column from 0).

    Numbers as a person would type them (`7.5`), dates as `2026-11-24`, everything empty as an empty text.

    Raises:
        UsageError: `file_too_large`, `file_too_long`, `file_too_wide`, `file_not_xlsx`.
    """
    _require_small(content)
    # Loaded here: whoever reads CSV does without it.
    import openpyxl

    try:
        with warnings.catch_warnings():
            # What it says of styles and extensions says nothing about values.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(
                io.BytesIO(content), read_only=True, data_only=False, keep_links=False
            )
            sheet = book.worksheets[0]
            # The size that the file claims for the sheet is not believed: rows would be filled up to it.
            sheet.reset_dimensions()
            return _cells(sheet.iter_rows(), max_rows)
    except UsageError:
        raise
    except Exception:
        # Whatever a broken file makes the library raise: its text may hold a cell.
        raise _broken() from None


def _cells(rows: Iterator[Any], max_rows: int) -> tuple[list[list[str]], frozenset[tuple[int, int]]]:
    found: list[list[str]] = []
    formulas: set[tuple[int, int]] = set()
    count = 0
    for number, row in enumerate(rows):
        if number > max_rows:
            raise UsageError(
                f"The file has more than {max_rows:,} rows.", code="file_too_long", remedy="Split it."
            )
        count += len(row)
        if len(row) > MAX_COLUMNS or count > MAX_CELLS:
            raise UsageError(
                "The sheet has too many columns.",
                code="file_too_wide",
                remedy="Keep the columns that matter.",
            )
        found.append([_text(cell.value) for cell in row])
        formulas |= {(number, column) for column, cell in enumerate(row) if cell.data_type == "f"}
    return found, frozenset(formulas)


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
        case datetime.datetime():
            midnight = value.time() == datetime.time()
            return value.date().isoformat() if midnight else value.isoformat(sep=" ", timespec="seconds")
        case datetime.date() | datetime.time():
            return value.isoformat()
        case _:
            return str(value)


def _require_small(content: bytes) -> None:
    if len(content) > MAX_PACKED:
        raise _too_large()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS or sum(each.file_size for each in members) > MAX_UNPACKED:
                raise _too_large()
            if len({each.filename for each in members}) != len(members):
                raise _broken()
            # What the directory of the archive says is how much is unpacked at most; it is looked at as it comes.
            for member in members:
                _look_at(archive, member)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        raise _broken() from None


def _look_at(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    if not member.filename.endswith((".xml", ".rels", ".vml")):
        return
    with archive.open(member) as file:
        before = b""
        first = True
        while block := file.read(_BLOCK):
            # In another encoding the words below would be spelled otherwise.
            if first and block[:2] in (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<"):
                raise _broken()
            first = False
            if b"<!DOCTYPE" in before + block or b"<!ENTITY" in before + block:
                raise _broken()
            before = block[-16:]


def _too_large() -> UsageError:
    return UsageError(
        "The workbook is too large, or unpacks to too much.",
        code="file_too_large",
        remedy="Save the one sheet as CSV.",
    )


def _broken() -> UsageError:
    return UsageError(
        "The file is no workbook that can be read.",
        code="file_not_xlsx",
        remedy="Open it in a spreadsheet and save it as XLSX or CSV again, without a password.",
    )
