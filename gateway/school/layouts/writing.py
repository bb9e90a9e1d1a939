"""Rows to CSV or XLSX, one at a time: 20,000 rows take as much memory as twenty.

Every cell is text, and none is one that a spreadsheet would run (`spreadsheet.harmless`). Attack: a class that a source
calls `=HYPERLINK(...)`, and the vendor's clerk who opens the file.
"""

from __future__ import annotations

import contextlib
import csv
import io
import shutil
import tempfile
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from gateway.errors import UsageError
from gateway.school.layouts.layout import Encoding, FileFormat, FileShape
from gateway.school.relink.spreadsheet import harmless

_ENCODINGS: Final = {
    Encoding.UTF_8: "utf-8",
    Encoding.UTF_8_BOM: "utf-8-sig",
    Encoding.WINDOWS_1252: "cp1252",
}
_PREFIX: Final = ".export-"
_STALE_SECONDS: Final = 3_600
_NO_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""In the properties of a workbook, which would tell when it was made, and by whom."""


def write_rows(
    stream: BinaryIO, rows: Iterable[Sequence[str]], shape: FileShape, *, work_folder: Path
) -> None:
    """Write all rows, the heading among them.

    Args:
        work_folder: a private folder; an XLSX file is put together in a folder of its own in it, which is removed.

    Raises:
        UsageError: code `not_in_encoding`: a cell cannot be written in the layout's encoding.
    """
    if shape.format is FileFormat.XLSX:
        _write_xlsx(stream, rows, work_folder)
    else:
        _write_csv(stream, rows, shape)


def _write_csv(stream: BinaryIO, rows: Iterable[Sequence[str]], shape: FileShape) -> None:
    text = io.TextIOWrapper(stream, encoding=_ENCODINGS[shape.encoding], newline="")
    writer = csv.writer(text, delimiter=shape.delimiter, lineterminator="\r\n")
    try:
        for row in rows:
            writer.writerow([harmless(cell) for cell in row])
        text.flush()
    except UnicodeEncodeError:
        # Not a `?` in its place: the vendor would make another pupil of it.
        raise UsageError(
            "A text of the roster cannot be written in the layout's encoding.",
            code="not_in_encoding",
            remedy="Use a layout with encoding: utf-8.",
        ) from None
    text.detach()


def _write_xlsx(stream: BinaryIO, rows: Iterable[Sequence[str]], work_folder: Path) -> None:
    # Loaded here: a CSV file, and every other command, does without it.
    import xlsxwriter

    _tidy(work_folder)
    with tempfile.TemporaryDirectory(dir=work_folder, prefix=_PREFIX) as own:
        book = xlsxwriter.Workbook(
            stream,
            {
                "constant_memory": True,
                "tmpdir": own,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        book.set_properties({"created": _NO_TIME, "author": "", "title": ""})
        sheet = book.add_worksheet("export")
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, harmless(cell))
        book.close()


def _tidy(work_folder: Path) -> None:
    """Remove what a crash left behind of an earlier file."""
    for folder in work_folder.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.lstat().st_mtime > _STALE_SECONDS and not folder.is_symlink():
                shutil.rmtree(folder)
