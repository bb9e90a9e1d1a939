"""Whom the rows of a vendor's list of users mean: by identifiers, never by a name. Pure; all in memory.

A column is used when most of its cells are identifiers of one kind of different people of the school: so a column of
scores does not match the numbers of pupils, and no column needs to be named. What matches by name only is no match: two
pupils called Sem de Vries are two pupils, and a third may have left.

Rules for a row:
1. All identifiers in it lead to one person: matched.
2. They lead to several, one leads to several (an e-mail address of a parent), or two rows lead to one person: doubtful.
   A person at the school decides, by row number.
3. None leads to anybody: not matched. The vendor deletes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from gateway.errors import UsageError
from gateway.roster.model import SourceRecord
from gateway.school.disclosure.people import text
from gateway.school.relink.spreadsheet import Sheet


class Means(StrEnum):
    """What an identifier is."""

    ECK_ID = "eckid"
    NUMBER = "number"
    """The source's own id, or a number of the school's system."""
    LOGIN = "login"
    EMAIL = "email"


PERSON = tuple[str, str]
"""Slug of the source (the first of its space) and id in it."""
_ECK_TYPES: Final = frozenset({"eckid", "eck id", "eck-id", "ketenid"})
_LOGIN_TYPES: Final = frozenset({"inlog", "login", "username", "gebruikersnaam"})
_SECRET_TYPES: Final = ("bsn", "onderwijsnummer", "pgn", "burgerservicenummer")
_SHORTEST_NUMBER: Final = 3
"""A number of fewer characters could be a score, a grade or a month."""
_FILLED: Final = 0.5
"""Of the filled cells of a column, so many must be identifiers of one kind."""
_DISTINCT: Final = 0.5
"""And so many of them different, and of different people."""

SEVERAL_PERSONS: Final = "several_persons"
DIFFERENT: Final = "identifiers_differ"
TWICE: Final = "same_person_twice"
FORMULA: Final = "formula"
NO_OWN_ID: Final = "own_id_missing"
OWN_ID_TWICE: Final = "own_id_twice"


@dataclass(slots=True)
class Index:
    """Identifiers of the school's people. Shows nothing."""

    of: dict[Means, dict[str, set[PERSON]]] = field(
        default_factory=lambda: {means: {} for means in Means}, repr=False
    )

    def add(self, person: PERSON, record: SourceRecord) -> None:
        """Note the identifiers of one user. National numbers are not looked at."""
        self._put(Means.NUMBER, record.identifier, person)
        self._put(Means.NUMBER, record.fields.get("identifier"), person)
        self._put(Means.ECK_ID, record.fields.get("userMasterIdentifier"), person)
        self._put(Means.LOGIN, record.fields.get("username"), person)
        self._put(Means.EMAIL, record.fields.get("email"), person)
        listed = record.fields.get("userIds")
        for each in listed if isinstance(listed, list) else []:
            if isinstance(each, Mapping):
                kind = (text(each.get("type")) or "").strip().casefold()
                if not kind.startswith(_SECRET_TYPES):
                    means = (
                        Means.ECK_ID
                        if kind in _ECK_TYPES
                        else Means.LOGIN
                        if kind in _LOGIN_TYPES
                        else Means.NUMBER
                    )
                    self._put(means, each.get("identifier"), person)

    def _put(self, means: Means, value: object, person: PERSON) -> None:
        # Attack by accident: a short list with scores, and pupils who have the numbers 1 to 10.
        shortest = _SHORTEST_NUMBER if means is Means.NUMBER else 1
        if isinstance(value, str) and len(key := fold(value)) >= shortest:
            self.of[means].setdefault(key, set()).add(person)


@dataclass(frozen=True, slots=True)
class Matched:
    """One row of the list. Shows its number only."""

    number: int
    """As a spreadsheet counts, from 1."""
    own_id: str = field(repr=False)
    person: PERSON | None = field(repr=False)
    doubt: str | None = None
    """Code, where a person must decide."""
    candidates: tuple[PERSON, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Matching:
    """What became of a list."""

    rows: tuple[Matched, ...]
    columns: Mapping[str, tuple[int, ...]]
    """By what they hold: numbers of columns, from 0."""

    @property
    def doubtful(self) -> tuple[Matched, ...]:
        """Rows that a person must decide on."""
        return tuple(row for row in self.rows if row.doubt is not None)

    @property
    def persons(self) -> list[PERSON]:
        """Everybody whom a row means, or may mean."""
        found = [each for row in self.rows for each in (row.person, *row.candidates) if each is not None]
        return sorted(set(found))


Decisions = Mapping[int, PERSON | None]
"""Row number -> whom it means; None: nobody, the vendor deletes it."""


def match(sheet: Sheet, index: Index, *, own_id: str, decisions: Decisions) -> Matching:
    """Match every row.

    Args:
        own_id: heading of the column with the vendor's own id.

    Raises:
        UsageError: `column_missing`, `nothing_matches`, `decision_unknown`.
    """
    heading = {fold(cell): number for number, cell in reversed(list(enumerate(sheet.rows[0])))}
    own = heading.get(fold(own_id))
    if own is None:
        raise UsageError(
            f"The list has no column {own_id!r}.",
            code="column_missing",
            remedy="--id names the column with the vendor's own id of a user.",
        )
    columns = _columns(sheet, index)
    if not columns:
        raise UsageError(
            "No column holds identifiers that the school's systems know.",
            code="nothing_matches",
            remedy="Ask the vendor for a list with ECK iD, pupil number, login or e-mail; names are never matched.",
        )
    rows = [
        _row(number, row, sheet, index, own, columns)
        for number, row in enumerate(sheet.rows[1:], 1)
        if any(cell.strip() for cell in row)
    ]
    _check_decisions(decisions, rows)
    return Matching(
        tuple(_without_doubles(rows, decisions)),
        {means.value: tuple(sorted(numbers)) for means, numbers in columns.items()},
    )


def fold(value: str) -> str:
    """How identifiers are compared: without case, and without what stands around them."""
    return value.strip().casefold()


def _columns(sheet: Sheet, index: Index) -> dict[Means, set[int]]:
    found: dict[Means, set[int]] = {}
    for column in range(max(len(row) for row in sheet.rows)):
        cells = [fold(row[column]) for row in sheet.rows[1:] if column < len(row) and row[column].strip()]
        for means, known in index.of.items():
            hits = [cell for cell in cells if cell in known]
            persons = {person for cell in set(hits) for person in known[cell]}
            # Attack by accident: a column "group 5" whose fives are the number of one pupil.
            different = len(set(hits)) >= _DISTINCT * len(hits) and len(persons) >= _DISTINCT * len(set(hits))
            if hits and len(hits) >= _FILLED * len(cells) and different:
                found.setdefault(means, set()).add(column)
    return found


def _row(
    number: int,
    row: Sequence[str],
    sheet: Sheet,
    index: Index,
    own: int,
    columns: Mapping[Means, set[int]],
) -> Matched:
    own_id = row[own].strip() if own < len(row) else ""
    shown = number + 1
    used = {own, *(column for numbers in columns.values() for column in numbers)}
    if any((number, column) in sheet.formulas for column in used):
        return Matched(shown, own_id, None, FORMULA)
    if not own_id:
        return Matched(shown, own_id, None, NO_OWN_ID)
    led: list[frozenset[PERSON]] = []
    for means, numbers in columns.items():
        for column in sorted(numbers):
            cell = fold(row[column]) if column < len(row) else ""
            if cell in index.of[means]:
                led.append(frozenset(index.of[means][cell]))
    if not led:
        return Matched(shown, own_id, None)
    everybody = tuple(sorted(frozenset().union(*led)))
    if len(everybody) == 1:
        return Matched(shown, own_id, everybody[0])
    doubt = SEVERAL_PERSONS if any(len(each) > 1 for each in led) else DIFFERENT
    return Matched(shown, own_id, None, doubt, everybody)


def _check_decisions(decisions: Decisions, rows: Iterable[Matched]) -> None:
    known = {row.number for row in rows}
    for number in decisions:
        if number not in known:
            raise UsageError(
                f"There is no row {number} to decide on.",
                code="decision_unknown",
                remedy="Rows count from 1.",
            )


def _without_doubles(rows: Sequence[Matched], decisions: Decisions) -> list[Matched]:
    decided = [
        Matched(row.number, row.own_id, decisions[row.number])
        if row.number in decisions and row.doubt not in (FORMULA, NO_OWN_ID)
        else row
        for row in rows
    ]
    persons: dict[PERSON, int] = {}
    own_ids: dict[str, int] = {}
    for row in decided:
        if row.person is not None:
            persons[row.person] = persons.get(row.person, 0) + 1
        own_ids[row.own_id] = own_ids.get(row.own_id, 0) + 1
    checked: list[Matched] = []
    for row in decided:
        if row.doubt is None and row.own_id and own_ids[row.own_id] > 1:
            candidates = () if row.person is None else (row.person,)
            checked.append(Matched(row.number, row.own_id, None, OWN_ID_TWICE, candidates))
        elif row.doubt is None and row.person is not None and persons[row.person] > 1:
            checked.append(Matched(row.number, row.own_id, None, TWICE, (row.person,)))
        else:
            checked.append(row)
    return checked
