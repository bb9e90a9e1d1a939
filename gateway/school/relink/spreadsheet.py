"""Read a CSV file or a workbook as somebody saved it, and write CSV that a spreadsheet opens without running it."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.errors import UsageError
from gateway.school.new_file import new_file
from gateway.school.relink.workbook import OLD_MAGIC, ZIP_MAGIC, read_workbook

MAX_ROWS: Final = 200_000
MAX_BYTES: Final = 256 * 1024 * 1024
MAX_CELL: Final = 131_072
_DELIMITERS: Final = ";,\t|"
_SAMPLE_ROWS: Final = 200

_PLAIN_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,15}([.,][0-9]{1,15})*%?\s*\Z")
"""`-1`, `+31612345678`, `7,5`: a grade of -1 stays a number."""
_STARTS: Final = "=+-@"
_SKIPPED: Final = "\"'`´‘’“”„«»"
_SPLITS: Final = re.compile(r"([;,|\t\r\n])")


def _refused(message: str, code: str, remedy: str) -> UsageError:
    return UsageError(message, code=code, remedy=remedy)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file in memory. Shows its size only."""

    rows: list[list[str]] = field(repr=False)
    delimiter: str
    line_ending: str
    formulas: frozenset[tuple[int, int]] = frozenset()
    """Where a workbook has a formula: row and column from 0. What it shows is not what it is."""


def read_sheet(path: Path) -> Sheet:
    """Read a file: an XLSX workbook, or CSV in UTF-8 (with or without byte order mark), UTF-16, or Windows-1252.

    Raises:
        UsageError: `file_missing`, and those of `sheet_of`.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError:
        raise _refused("The file cannot be read.", "file_missing", "Check its name and mode.") from None
    return sheet_of(content)


def sheet_of(content: bytes) -> Sheet:
    """The cells of a file in memory, by what it is and not by what it is called.

    Raises:
        UsageError: `file_too_large`, `file_too_long`, `file_not_text`, `file_not_csv`, and those of `read_workbook`.
    """
    if len(content) > MAX_BYTES:
        raise _refused("The file is too large.", "file_too_large", "Split it.")
    if content.startswith(ZIP_MAGIC):
        rows, formulas = read_workbook(content, max_rows=MAX_ROWS)
        return Sheet(_trimmed(rows), ";", "\r\n", formulas)
    if content.startswith(OLD_MAGIC):
        raise _refused(
            "The file is an old workbook, or one under a password.",
            "file_not_xlsx",
            "Save it as XLSX or CSV.",
        )
    text = _decoded(content)
    delimiter, text = _delimiter(text)
    try:
        csv.field_size_limit(MAX_CELL)
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False))
    except csv.Error:
        raise _refused("The file is not CSV.", "file_not_csv", "Save it as CSV again.") from None
    return Sheet(_trimmed(rows), delimiter, "\r\n" if "\r\n" in text[:65_536] else "\n")


def _trimmed(rows: list[list[str]]) -> list[list[str]]:
    while rows and not any(rows[-1]):
        rows.pop()
    if not rows:
        raise _refused("The file is empty.", "file_not_csv", "Save it as CSV again.")
    if len(rows) > MAX_ROWS + 1:
        raise _refused(f"The file has more than {MAX_ROWS:,} rows.", "file_too_long", "Split it.")
    return rows


def _decoded(content: bytes) -> str:
    encodings = ["utf-8-sig", "cp1252"]
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise _refused("The file is not text in a known encoding.", "file_not_text", "Save it as CSV (UTF-8).")


def _delimiter(text: str) -> tuple[str, str]:
    """The delimiter, and the text without the line with which spreadsheets name it."""
    named = re.match(r"sep=([;,\t|])\r?\n", text)
    if named:
        return named[1], text[named.end() :]
    lines = text[:262_144].splitlines(keepends=True)[:_SAMPLE_ROWS]
    sample = "".join(lines)
    return max(_DELIMITERS, key=lambda delimiter: _regularity(sample, delimiter)), text


def _regularity(sample: str, delimiter: str) -> tuple[float, int]:
    # csv.Sniffer takes a letter for a delimiter when rows are alike; so: which of four gives the most rows of the
    # same width as the first one.
    try:
        widths = [len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if row]
    except csv.Error:
        return (0.0, 0)
    if not widths or widths[0] < 2:
        return (0.0, 0)
    return (sum(width == widths[0] for width in widths) / len(widths), widths[0])


def harmless(cell: str) -> str:
    """`cell` as a spreadsheet shows it without running it; plain numbers and everything harmless unchanged.

    Attack: a vendor returns `=HYPERLINK(...)` as a comment, and somebody at the school opens the file.
    Also behind white space, quotes and in full-width letters, which some programs fold; and behind a delimiter of
    another country's spreadsheet, which splits the cell there.
    """
    parts = _SPLITS.split(cell)
    # Odd positions hold the delimiters themselves.
    parts[::2] = [f"'{part}" if _starts_formula(part) else part for part in parts[::2]]
    cell = "".join(parts)
    return f"'{cell}" if cell[:1] in ("\t", "\r", "\n") else cell


def _starts_formula(cell: str) -> bool:
    if _PLAIN_NUMBER.match(cell):
        return False
    for character in cell:
        if character in _SKIPPED or character.isspace() or unicodedata.category(character) in ("Cf", "Cc"):
            continue
        return unicodedata.normalize("NFKC", character)[:1] in _STARTS
    return False


def write_sheet(path: Path, rows: Iterable[Sequence[str]], *, like: Sheet) -> None:
    """Write rows to a new file of mode 0600 that appears whole or not at all; never over another file.

    Raises:
        UsageError: code `output_exists` or `output_unwritable`.
    """
    # With a byte order mark, or spreadsheets read the names as Windows-1252.
    with new_file(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        writer = csv.writer(text, delimiter=like.delimiter, lineterminator=like.line_ending)
        for row in rows:
            writer.writerow([harmless(cell) for cell in row])
        text.flush()
        text.detach()
