"""A vendor's results file as rows: which column is what, and what a row says. Pure.

A row that cannot be read is told by its number (as a spreadsheet counts, from 1) and a code, never by what is in it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from gateway.errors import UsageError
from gateway.school.layouts.layout import Layout
from gateway.school.relink.files import candidates
from gateway.school.relink.spreadsheet import Sheet
from gateway.strict_json import NumberText

MAX_TEXT: Final = 10_000
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,14})([.,][0-9]{1,15})?\Z")
_FORMS: Final[Mapping[str, str]] = {
    "YYYY": r"(?P<y>[0-9]{4})",
    "MM": r"(?P<m>[0-9]{2})",
    "DD": r"(?P<d>[0-9]{2})",
    "M": r"(?P<m>[0-9]{1,2})",
    "D": r"(?P<d>[0-9]{1,2})",
}

FORMULA: Final = "formula"
NOT_A_NUMBER: Final = "score_not_number"
DATE_UNREADABLE: Final = "date_unreadable"
TEXT_UNUSABLE: Final = "text_unusable"
NOTHING_SAID: Final = "nothing_said"
TITLE_MISSING: Final = "title_missing"
NO_PUPIL: Final = "no_pupil"


@dataclass(frozen=True, slots=True)
class SaidRow:
    """One row of the file. Shows its number only."""

    number: int
    pupil: str = field(repr=False)
    """The cell in which the pupil is named."""
    group: str = field(repr=False)
    """What it says of the class; empty: nothing."""
    own_id: str = field(repr=False)
    title: str = field(repr=False)
    fields: Mapping[str, object] = field(repr=False)
    """Of the result, under their names of the standard."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row that cannot be taken in."""

    number: int
    code: str


@dataclass(frozen=True, slots=True)
class Found:
    """In which column each fact stands."""

    columns: Mapping[str, int]
    constants: Mapping[str, str]


RESULT_FIELDS: Final = {
    "score": "score",
    "text_score": "textScore",
    "date": "scoreDate",
    "comment": "comment",
}
"""Facts of a layout -> fields of a result."""


def find_columns(
    layout: Layout,
    sheet: Sheet,
    known: Callable[[Sequence[str]], set[str]],
    *,
    without: frozenset[str],
    who: Callable[[str], object] = str,
) -> Found:
    """Where each fact stands, by the heading; that of the pupil by what verifies, unless the layout names it.

    Args:
        known: which of these cells name somebody of this product.
        without: facts that the agreement does not let back, and that are left behind.
        who: whom such a cell names; two columns may name one pupil twice, by pseudonym and by alias.

    Raises:
        UsageError: `column_missing` or `column_twice`, with the layout's own name of it; `nothing_to_take`;
            `pupil_unclear`.
    """
    headings = Counter(_fold(cell) for cell in sheet.rows[0])
    heading = {_fold(cell): number for number, cell in reversed(list(enumerate(sheet.rows[0])))}
    columns: dict[str, int] = {}
    constants: dict[str, str] = {}
    for fact, given in layout.results.items():
        if fact in without:
            continue
        if given.constant:
            constants[fact] = given.constant
            continue
        number = heading.get(_fold(given.column))
        if number is None:
            if given.optional:
                continue
            raise UsageError(
                f"The file has no column {given.column!r}, in which the layout has the {fact}.",
                code="column_missing",
                remedy="Is it this vendor's file? Else add the next version of the layout.",
            )
        if headings[_fold(given.column)] > 1:
            # Attack by accident: a score of before stands beside that of now, under the same heading.
            raise UsageError(
                f"The file has the column {given.column!r} more than once.",
                code="column_twice",
                remedy="Remove or rename the one that does not count.",
            )
        columns[fact] = number
    if "pupil" not in columns:
        columns["pupil"] = _pupil_column(sheet, known, who)
    return Found(columns, constants)


def _pupil_column(
    sheet: Sheet, known: Callable[[Sequence[str]], set[str]], who: Callable[[str], object]
) -> int:
    # By the cells that exist. Attack: one row of 100,000 cells among 200,000 short ones.
    rows = sheet.rows[1:]
    named = known(sorted({cell for row in rows for cell in row if cell.strip()}))
    counts: Counter[int] = Counter()
    for row in rows:
        places = [column for column, cell in enumerate(row) if cell in named]
        counts.update(places)
        if len(places) > 1 and len({who(row[column]) for column in places}) > 1:
            # Attack by accident: beside the pupil stands a classmate who checked the work, and gets the mark.
            raise UsageError(
                "Rows of the file name different pupils in different columns.",
                code="pupil_unclear",
                remedy="Say in the layout which column it is: results: pupil: {column: ...}.",
            )
    if not counts:
        # Nobody of this product: what has the form of a pseudonym goes to quarantine, as it would from a service.
        for row in rows:
            counts.update(column for column, cell in enumerate(row) if any(candidates(cell)))
    if not counts:
        raise UsageError(
            "The file holds no pseudonym or alias of this product.",
            code="nothing_to_take",
            remedy="Is it this vendor's file, and this product?",
        )
    return min(counts, key=lambda column: (-counts[column], column))


def read_rows(layout: Layout, sheet: Sheet, found: Found) -> Iterator[SaidRow | BadRow]:
    """What each row says; rows without anything are left out."""
    for index, row in enumerate(sheet.rows[1:], 1):
        if not any(cell.strip() for cell in row):
            continue
        number = index + 1
        if any((index, column) in sheet.formulas for column in found.columns.values()):
            # Its value is what another program computed, or what somebody wrote beside the formula.
            yield BadRow(number, FORMULA)
            continue
        cells = {
            fact: row[column].strip() if column < len(row) else "" for fact, column in found.columns.items()
        }
        try:
            yield _row(number, cells, found.constants, layout.file.dates)
        except _Bad as bad:
            yield BadRow(number, bad.code)


class _Bad(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _row(number: int, cells: Mapping[str, str], constants: Mapping[str, str], dates: str) -> SaidRow:
    if not cells["pupil"]:
        raise _Bad(NO_PUPIL)
    fields: dict[str, object] = {}
    for fact, name in RESULT_FIELDS.items():
        text = cells.get(fact, "")
        if not text:
            continue
        if fact == "score":
            fields[name] = _number(text)
        elif fact == "date":
            fields[name] = read_date(text, dates)
        else:
            fields[name] = _checked(text)
    if not fields.keys() - {"scoreDate"}:
        raise _Bad(NOTHING_SAID)
    title = _checked(constants.get("title") or cells.get("title", ""))
    if not title:
        raise _Bad(TITLE_MISSING)
    return SaidRow(
        number,
        cells["pupil"],
        constants.get("class") or cells.get("class", ""),
        _checked(cells.get("id", "")),
        title,
        fields,
    )


def _checked(text: str) -> str:
    if len(text) > MAX_TEXT or "\0" in text or (not text.isascii() and _has_surrogate(text)):
        raise _Bad(TEXT_UNUSABLE)
    return text


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _number(text: str) -> NumberText:
    # A grade of 7,5 is a grade of 7.5; anything that could be two numbers (1.234,5) is none.
    if not _NUMBER.match(text):
        raise _Bad(NOT_A_NUMBER)
    return NumberText(text.replace(",", "."))


def read_date(text: str, form: str) -> str:
    """A day in the layout's form, or as the standard writes it; as `2026-11-24`."""
    for pattern in (_pattern(form), _pattern("YYYY-MM-DD")):
        found = pattern.match(text)
        if found is not None and found.re.groups == 3:
            try:
                return date(int(found["y"]), int(found["m"]), int(found["d"])).isoformat()
            except ValueError:
                break
    raise _Bad(DATE_UNREADABLE)


def _pattern(form: str) -> re.Pattern[str]:
    pattern = ""
    while form:
        part = next((each for each in _FORMS if form.startswith(each)), None)
        pattern += _FORMS[part] if part else re.escape(form[0])
        form = form[len(part) if part else 1 :]
    # A time behind it does not count: it is the day that the vendor wrote.
    return re.compile(rf"{pattern}(?:[T ][0-9:.,+Z-]+)?\Z")


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()
