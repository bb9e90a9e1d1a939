"""A layout: which columns a vendor's upload page wants, as a small YAML that boards may share as a file.

    version: 1
    name: rekenwijs-upload
    vendor: Rekenwijs B.V.
    file: {format: csv, delimiter: ";", encoding: utf-8, header: true, dates: DD-MM-YYYY}
    rows: pupil
    columns:
      - {name: Leerlingnummer, field: user.sourcedId}
      - {name: Naam, join: [user.givenName, user.familyName], with: " "}
      - {name: Rol, constant: leerling}
    results:
      score: {column: Cijfer}
      title: {column: Toets}

Strict: an unknown key, field, word or form is a fault with its path, and all faults are told at once. A layout is about
nobody: what it lets out is decided by the agreement, at every export (`exporting`).

Stored for ever: docs/decisions/0036.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeVar

from contracts.faults import DocumentRefused, Fault, sort_faults
from contracts.parsing import parse
from gateway.school.layouts.catalogue import FIELDS_OF, SEVERAL, RowsOf, why_not

VERSION: Final = 1
MAX_COLUMNS: Final = 100
MAX_TEXT: Final = 200
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\Z")
_DATE_PARTS: Final = re.compile(r"(YYYY|YY|MM|DD|M|D)")
DATE_FORMATS: Final = (
    "YYYY-MM-DD",
    "DD-MM-YYYY",
    "D-M-YYYY",
    "DD/MM/YYYY",
    "D/M/YYYY",
    "MM/DD/YYYY",
    "YYYYMMDD",
    "YYYY",
)
"""What a file may write or read as a date; a year of birth is no more than its year in all of them."""


class FileFormat(StrEnum):
    """Of the file. Stored; values never change."""

    CSV = "csv"
    XLSX = "xlsx"


class Encoding(StrEnum):
    """Of a CSV file. Stored; values never change."""

    UTF_8 = "utf-8"
    UTF_8_BOM = "utf-8-bom"
    WINDOWS_1252 = "windows-1252"


@dataclass(frozen=True, slots=True)
class FileShape:
    """How the file is written."""

    format: FileFormat = FileFormat.CSV
    delimiter: str = ","
    encoding: Encoding = Encoding.UTF_8_BOM
    header: bool = True
    dates: str = "YYYY-MM-DD"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file for the vendor."""

    name: str
    fields: tuple[str, ...] = ()
    """`<kind>.<field>`; several are joined; none: a constant."""
    constant: str = ""
    separator: str = " "
    """Between joined fields, and between the values of a list."""
    optional: bool = False
    """Whether the column is left empty where the agreement does not let its field out; else the export is refused."""


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """Where one fact of a result is found in the file that comes back."""

    column: str = ""
    constant: str = ""
    optional: bool = False
    """Whether it is left behind where the agreement does not let it back; else the file is refused."""


RESULT_FACTS: Final = ("pupil", "class", "id", "title", "score", "text_score", "date", "comment")
"""What a results file may say of a result. `pupil` is found by itself where it is not named."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout as it was read."""

    name: str
    vendor: str
    rows: RowsOf
    columns: tuple[Column, ...]
    file: FileShape = FileShape()
    results: Mapping[str, ResultColumn] = field(default_factory=dict)
    """By `RESULT_FACTS`; empty: no results file is agreed on."""


def load(content: str | bytes, *, name: str = "") -> Layout:
    """Read a layout.

    Raises:
        DocumentRefused: with all faults, in the order of their paths.
    """
    plain = parse(content, name=name)
    faults: list[Fault] = []
    layout = _layout(_Part(plain, "", faults))
    if faults:
        raise DocumentRefused(sort_faults(faults))
    assert layout is not None
    return layout


_Word = TypeVar("_Word", bound=StrEnum)


class _Part:
    """One object of the document; notes what is wrong with it, and which of its keys nobody asked for."""

    def __init__(self, plain: object, path: str, faults: list[Fault]) -> None:
        self.path = path
        self.faults = faults
        self._asked: set[str] = set()
        self.values: dict[str, object] = {}
        if isinstance(plain, dict):
            self.values = plain
        else:
            self.fault("", "not_an_object", "This must be an object with keys.", "Follow the example.")

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path and key else self.path or key

    def fault(self, key: str, code: str, message: str, remedy: str) -> None:
        self.faults.append(Fault(self.at(key), message, remedy, code))

    def value(self, key: str) -> object:
        self._asked.add(key)
        return self.values.get(key)

    def text(self, key: str, *, default: str | None = None, empty: bool = False) -> str:
        value = self.value(key)
        if value is None and default is not None:
            return default
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or len(value) > MAX_TEXT or not (value.strip() or empty):
            self.fault(key, "text_missing", "A text of 1 to 200 characters belongs here.", "Write one.")
            return ""
        if not value.isprintable() and value != "\t":
            self.fault(key, "text_unprintable", "The text holds control characters.", "Remove them.")
            return ""
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        value = self.value(key)
        if value is None:
            return default
        found = {True: True, False: False, "yes": True, "no": False}.get(value)
        if not isinstance(found, bool) or not isinstance(value, bool | str):
            self.fault(key, "flag_unknown", "This is true or false.", "Write true or false.")
            return default
        return found

    def word(self, key: str, words: type[_Word], *, default: _Word) -> _Word:
        value = self.value(key)
        if value is None and default is not None:
            return default
        try:
            return words(str(value))
        except ValueError:
            known = ", ".join(each.value for each in words)
            self.fault(key, "word_unknown", "This word is not known here.", f"Write one of: {known}.")
            return default

    def part(self, key: str) -> _Part | None:
        value = self.value(key)
        return None if value is None else _Part(value, self.at(key), self.faults)

    def parts(self, key: str) -> Iterator[_Part]:
        value = self.value(key)
        if not isinstance(value, list) or not 0 < len(value) <= MAX_COLUMNS:
            self.fault(key, "list_missing", f"A list of 1 to {MAX_COLUMNS} belongs here.", "Write it.")
            return
        for number, each in enumerate(value):
            yield _Part(each, f"{self.at(key)}[{number}]", self.faults)

    def close(self) -> None:
        """Note keys that mean nothing. Attack by accident: `optinal: true` that is silently left out."""
        for key in self.values:
            if key not in self._asked:
                named = str(key)[:60] if str(key).isprintable() else "?"
                known = ", ".join(sorted(self._asked))
                self.fault(named, "key_unknown", "There is no such key.", f"Known here: {known}.")


def _layout(part: _Part) -> Layout | None:
    if not part.values:
        return None
    version = part.value("version")
    if version != VERSION:
        part.fault("version", "version_unknown", "Only version 1 can be read.", "Write version: 1.")
    name = part.text("name")
    if name and not _NAME.match(name):
        part.fault("name", "name_shape", "A name is a-z, 0-9 and hyphens.", "Choose another name.")
    vendor = part.text("vendor")
    rows = part.word("rows", RowsOf, default=RowsOf.PUPIL)
    file = _file(part.part("file"))
    columns = tuple(_column(each, rows) for each in part.parts("columns"))
    _no_doubles(part, columns)
    results = _results(part.part("results"))
    part.close()
    return Layout(name, vendor, rows, columns, file, results)


def _file(part: _Part | None) -> FileShape:
    if part is None:
        return FileShape()
    shape = FileShape(
        format=part.word("format", FileFormat, default=FileFormat.CSV),
        delimiter=part.text("delimiter", default=","),
        encoding=part.word("encoding", Encoding, default=Encoding.UTF_8_BOM),
        header=part.flag("header", default=True),
        dates=part.text("dates", default="YYYY-MM-DD"),
    )
    if shape.delimiter not in (",", ";", "\t", "|"):
        part.fault("delimiter", "delimiter_unknown", "Not a delimiter.", "Write one of , ; | or a tab.")
    if shape.dates not in DATE_FORMATS:
        part.fault("dates", "dates_unknown", "Not a form of dates.", f"One of: {', '.join(DATE_FORMATS)}.")
    part.close()
    return shape


def _column(part: _Part, rows: RowsOf) -> Column:
    ways = [key for key in ("field", "constant", "join") if key in part.values]
    if len(ways) != 1:
        part.fault("", "column_source", "A column is one of field, constant, join.", "Give exactly one.")
        part.value("field"), part.value("constant"), part.value("join")
    fields: tuple[str, ...] = ()
    constant = ""
    separator = " "
    if ways == ["field"]:
        fields = (part.text("field"),)
        separator = part.text("with", default=", ") if "with" in part.values else ", "
    elif ways == ["join"]:
        listed = part.value("join")
        if isinstance(listed, list) and 1 < len(listed) <= 10:
            fields = tuple(str(each) for each in listed)
        else:
            part.fault("join", "list_missing", "A join is a list of 2 to 10 fields.", "Write them.")
        separator = part.text("with", default=" ", empty=True)
    elif ways == ["constant"]:
        constant = part.text("constant", empty=True)
    for position, name in enumerate(fields):
        key = "field" if ways == ["field"] else f"join[{position}]"
        _check_field(part, key, name, rows)
    column = Column(
        name=part.text("name"),
        fields=fields,
        constant=constant,
        separator=separator,
        optional=part.flag("optional", default=False),
    )
    part.close()
    return column


def _check_field(part: _Part, key: str, name: str, rows: RowsOf) -> None:
    if name in FIELDS_OF[rows]:
        return
    code, message, remedy = why_not(name, rows)
    part.fault(key, code, message, remedy)


def _no_doubles(part: _Part, columns: Sequence[Column]) -> None:
    seen: set[str] = set()
    for number, column in enumerate(columns):
        if column.name and column.name in seen:
            part.fault(
                f"columns[{number}].name", "column_twice", "Two columns have this name.", "Rename one."
            )
        seen.add(column.name)


def _results(part: _Part | None) -> dict[str, ResultColumn]:
    if part is None:
        return {}
    found: dict[str, ResultColumn] = {}
    for fact in RESULT_FACTS:
        given = part.part(fact)
        if given is None:
            continue
        column = ResultColumn(
            column=given.text("column", default=""),
            constant=given.text("constant", default="") if fact in ("title", "class") else "",
            optional=given.flag("optional", default=False),
        )
        given.close()
        if bool(column.column) == bool(column.constant):
            given.fault("", "result_source", "This names a column of the file.", "Give column: NAME.")
        found[fact] = column
    if "title" not in found:
        part.fault("title", "result_title", "A result belongs to a test.", "Name the column, or a constant.")
    if not found.keys() & {"score", "text_score", "comment"}:
        part.fault(
            "score", "result_empty", "No column says how it went.", "Name score, text_score or comment."
        )
    part.close()
    return found


def is_list(name: str) -> bool:
    """Whether a field holds several values, which a cell joins."""
    return name in SEVERAL
