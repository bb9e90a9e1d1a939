"""Put names in front of the rows of a vendor's CSV file: the way back for products that only have a download page.

Ordered rules:
1. Read the whole file; nothing of it is kept anywhere else.
2. Find pseudonyms of this product wherever they stand (a cell of their own, inside text, an e-mail address or a
   URL), and aliases in cells of their own. Only the key tells a pseudonym: a column is found when it verifies.
3. Register who asked for it, why, and about whom; committed before any name is looked up or anything is written.
4. Look the names up.
5. Write a new file: what was found in front, every cell of the vendor as it was, except that what a spreadsheet
   would run is made text.

A row that cannot be joined stays, marked; nobody's name is guessed. A pseudonym of another product is never joined
here, whoever asks: it is counted, because it means that somebody mixed two vendors' files up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.errors import UsageError
from gateway.roster.model import Kind, ProductId
from gateway.school.new_file import output_exists
from gateway.school.relink.recovering import Found, Recoverer
from gateway.school.relink.spreadsheet import Sheet, read_sheet, write_sheet
from keys.identifiers import PACKED_SIZES, pseudonym_characters

_LENGTHS: Final = tuple(sorted((pseudonym_characters(size) for size in PACKED_SIZES), reverse=True))
_RUN: Final = re.compile(rf"[A-Za-z0-9]{{{_LENGTHS[-1]},}}")
_START: Final = re.compile(r"(?=([pP]))")
_SHAPE: Final = re.compile(r"p[a-z2-7]+|P[A-Z2-7]+")
MAX_ALIAS: Final = 100

STATUS_HEADER: Final = "koppeling"
JOINED: Final = "gevonden"
UNKNOWN: Final = "onbekend"
GONE: Final = "niet meer in het schoolsysteem"
SEVERAL: Final = "meer dan een persoon"
ELSEWHERE: Final = "van een ander product"


@dataclass(frozen=True, slots=True)
class PersonName:
    """As the source has it now."""

    given: str = field(repr=False)
    family: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FileCounts:
    """What came of the rows; holds no identity."""

    rows: int
    joined: int
    unknown: int
    several: int
    other_product: int
    gone: int
    """Joined, but no longer in the school's system; part of `joined`."""
    persons: int


Aliases = Callable[[Sequence[str]], Mapping[str, Found]]
"""Texts of cells -> whom those stand for that are aliases of this product; others left out."""
Names = Callable[[Sequence[Found]], Mapping[Found, PersonName]]
"""Identified persons -> names of today; who is no longer there left out."""
Register = Callable[[Sequence[Found]], None]
"""Commits the row in the register of accesses; raises when it cannot, and then nothing is shown."""


def relink_file(
    path: Path,
    output: Path,
    *,
    product: ProductId,
    other_products: Sequence[ProductId],
    recoverer: Recoverer,
    aliases: Aliases,
    register: Register,
    names: Names,
) -> FileCounts:
    """Write `output`: the rows of `path` with the names of the persons in front.

    Raises:
        UsageError: a file that cannot be read or written, `output_exists`, or `nothing_to_relink` when it holds
            neither a pseudonym nor an alias of this product; then nothing is registered or written.
    """
    if output.exists() or output.is_symlink():
        raise output_exists()
    sheet = read_sheet(path)  # (1)
    finds = _find(sheet, product, recoverer, aliases)  # (2)
    if not finds.persons:
        raise UsageError(
            "The file holds no pseudonym or alias of this product.",
            code="nothing_to_relink",
            remedy="Is it this vendor's file, and this product?",
        )
    register(finds.persons)  # (3)
    known = names(finds.persons)  # (4)
    rows = list(_marked_rows(sheet, finds, known, _foreign(sheet, finds, recoverer, other_products)))
    write_sheet(output, [_heading(sheet, finds), *(row for row, _ in rows)], like=sheet)  # (5)
    return _counted(rows, finds, known)


@dataclass(frozen=True, slots=True)
class _Finds:
    """Who stands where."""

    has_heading: bool
    columns: tuple[tuple[int, ...], ...]
    """Groups of columns that name the same person in every row."""
    cells: Mapping[tuple[int, int], frozenset[Found]] = field(repr=False)
    """(row, column) -> persons in it."""
    persons: tuple[Found, ...] = field(repr=False)


def candidates(text: str) -> Iterator[str]:
    """Everything in a cell that has the form of a pseudonym, also in `...%2Fp...` and `x-p...@...`."""
    for run in _RUN.findall(text):
        for start in _START.finditer(run):
            for length in _LENGTHS:
                candidate = run[start.start() : start.start() + length]
                if len(candidate) == length and _SHAPE.fullmatch(candidate):
                    yield candidate


def _find(sheet: Sheet, product: ProductId, recoverer: Recoverer, aliases: Aliases) -> _Finds:
    texts = {cell: tuple(candidates(cell)) for row in sheet.rows for cell in row if len(cell) >= _LENGTHS[-1]}
    found = _recovered(recoverer, product, {text for many in texts.values() for text in many})
    short = {cell.strip() for row in sheet.rows for cell in row if 0 < len(cell.strip()) <= MAX_ALIAS}
    by_alias = aliases(sorted(short))
    cells: dict[tuple[int, int], frozenset[Found]] = {}
    for number, row in enumerate(sheet.rows):
        for column, cell in enumerate(row):
            here = {found[text] for text in texts.get(cell, ()) if text in found}
            alias = by_alias.get(cell.strip())
            if not here and alias is not None:
                here = {alias}
            if here:
                cells[number, column] = frozenset(here)
    persons = tuple(dict.fromkeys(person for many in cells.values() for person in sorted(many, key=_order)))
    has_heading = not any(row == 0 for row, _ in cells)
    return _Finds(has_heading, _grouped(cells), cells, persons)


def _order(found: Found) -> tuple[str, str]:
    return found.space.name, found.identifier


def _recovered(recoverer: Recoverer, product: ProductId, texts: Iterable[str]) -> dict[str, Found]:
    wanted = sorted(texts)
    outcomes = recoverer.recover(product, Kind.USER, wanted)
    return {
        text: outcome for text, outcome in zip(wanted, outcomes, strict=True) if isinstance(outcome, Found)
    }


def _grouped(cells: Mapping[tuple[int, int], frozenset[Found]]) -> tuple[tuple[int, ...], ...]:
    # A pseudonym, an alias and an address of the same pupil give one name; a teacher's column gives another.
    by_column: dict[int, dict[int, frozenset[Found]]] = {}
    for (row, column), persons in cells.items():
        by_column.setdefault(column, {})[row] = persons
    groups: list[tuple[list[int], dict[int, frozenset[Found]]]] = []
    for column in sorted(by_column):
        own = by_column[column]
        for members, known in groups:
            if all(known.get(row, persons) == persons for row, persons in own.items()):
                members.append(column)
                known.update(own)
                break
        else:
            groups.append(([column], dict(own)))
    return tuple(tuple(members) for members, _ in groups)


def _foreign(
    sheet: Sheet, finds: _Finds, recoverer: Recoverer, other_products: Sequence[ProductId]
) -> frozenset[int]:
    """Rows without a person that hold a pseudonym of another product. Whose, is not looked at further."""
    joined = {row for row, _ in finds.cells}
    texts: dict[str, set[int]] = {}
    for number, row in enumerate(sheet.rows):
        if number not in joined:
            for cell in row:
                for text in candidates(cell):
                    texts.setdefault(text, set()).add(number)
    foreign: set[int] = set()
    for product in other_products:
        for text in _recovered(recoverer, product, texts):
            foreign |= texts[text]
    return frozenset(foreign)


def _heading(sheet: Sheet, finds: _Finds) -> list[str]:
    width = max(map(len, sheet.rows))
    first = sheet.rows[0] if finds.has_heading else []
    titles = [*first, *(f"kolom {number + 1}" for number in range(len(first), width))]
    heading = [STATUS_HEADER]
    for group in finds.columns:
        suffix = f" ({titles[group[0]]})" if len(finds.columns) > 1 else ""
        heading += [f"voornaam{suffix}", f"achternaam{suffix}"]
    return [*heading, *titles]


def _marked_rows(
    sheet: Sheet, finds: _Finds, known: Mapping[Found, PersonName], foreign: frozenset[int]
) -> Iterator[tuple[list[str], str]]:
    start = 1 if finds.has_heading else 0
    for number, row in enumerate(sheet.rows[start:], start):
        front: list[str] = []
        marks: list[str] = []
        for group in finds.columns:
            persons = {person for column in group for person in finds.cells.get((number, column), ())}
            name, mark = _named(persons, known)
            front += [name.given, name.family]
            marks.append(mark)
        mark = _of_row(marks, elsewhere=number in foreign)
        yield [mark, *front, *row], mark


def _named(persons: set[Found], known: Mapping[Found, PersonName]) -> tuple[PersonName, str]:
    nobody = PersonName("", "")
    if not persons:
        return nobody, UNKNOWN
    if len(persons) > 1:
        return nobody, SEVERAL
    name = known.get(persons.pop())
    return (nobody, GONE) if name is None else (name, JOINED)


def _of_row(marks: list[str], *, elsewhere: bool) -> str:
    for mark in (SEVERAL, GONE, JOINED):
        if mark in marks:
            return mark
    return ELSEWHERE if elsewhere else UNKNOWN


def _counted(
    rows: Sequence[tuple[list[str], str]], finds: _Finds, known: Mapping[Found, PersonName]
) -> FileCounts:
    marks = [mark for _, mark in rows]
    return FileCounts(
        rows=len(rows),
        joined=marks.count(JOINED) + marks.count(GONE),
        unknown=marks.count(UNKNOWN),
        several=marks.count(SEVERAL),
        other_product=marks.count(ELSEWHERE),
        gone=marks.count(GONE),
        persons=len(finds.persons),
    )
