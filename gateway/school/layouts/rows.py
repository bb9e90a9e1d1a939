"""Held records to rows of a layout. Pure, one row at a time.

What is kept of the whole roster is small: the titles of classes and schools, and for each person the numbers of its
classes. Persons, and what is about them, pass by.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from gateway.holdings.selection import HeldRecord
from gateway.roster.model import Kind, Subject
from gateway.school.layouts.catalogue import DATES, USER_ROLE, RowsOf
from gateway.school.layouts.layout import Column, Layout

Records = Callable[[Kind], Iterator[HeldRecord]]
"""Everything held of a kind, by id."""
_CLASS_ROLE: Final = {RowsOf.PUPIL_CLASS: "student", RowsOf.TEACHER_CLASS: "teacher"}
_WHO: Final = {
    RowsOf.PUPIL: Subject.PUPIL,
    RowsOf.PUPIL_CLASS: Subject.PUPIL,
    RowsOf.TEACHER: Subject.STAFF,
    RowsOf.TEACHER_CLASS: Subject.STAFF,
}


_ABOUT_PERSONS: Final = (Kind.USER, Kind.DEMOGRAPHICS, Kind.ENROLLMENT)


@dataclass(slots=True)
class Held:
    """What of the roster is looked up while rows pass by."""

    class_numbers: dict[str, int] = field(default_factory=dict)
    classes: list[HeldRecord] = field(default_factory=list)
    orgs: dict[str, HeldRecord] = field(default_factory=dict)
    of_person: dict[str, array[int]] = field(default_factory=dict)
    """Person -> numbers of its classes."""


def heading(layout: Layout) -> list[str]:
    """The names of the columns."""
    return [column.name for column in layout.columns]


def kinds_read(layout: Layout, going: Iterable[str]) -> list[Kind]:
    """Kinds of which the file tells something, persons first."""
    named = {Kind(name.partition(".")[0]) for name in going}
    if layout.rows is RowsOf.CLASS:
        named.add(Kind.CLASS)
    else:
        named.add(Kind.USER)
        if Kind.CLASS in named or layout.rows in _CLASS_ROLE:
            named |= {Kind.CLASS, Kind.ENROLLMENT}
    return [
        kind
        for kind in (Kind.USER, Kind.DEMOGRAPHICS, Kind.ENROLLMENT, Kind.CLASS, Kind.ORG)
        if kind in named
    ]


def is_about(layout: Layout, record: HeldRecord) -> bool:
    """Whether a record can be in the file: one about somebody of whom there are rows, or about nobody."""
    who = _WHO.get(layout.rows)
    return who is None or record.kind not in _ABOUT_PERSONS or who.value in Subject(record.subject).words


def rows_of(layout: Layout, going: frozenset[str], records: Records) -> Iterator[list[str]]:
    """The rows, in the order of the holdings."""
    kinds = kinds_read(layout, going)
    held = _held(layout, kinds, records)
    if layout.rows is RowsOf.CLASS:
        for record in held.classes:
            yield _row(layout, going, _Facts(None, None, (record,), _orgs(held, [record.body.get("school")])))
        return
    facts = _Alongside(records(Kind.DEMOGRAPHICS)) if Kind.DEMOGRAPHICS in kinds else None
    for user in records(Kind.USER):
        if not is_about(layout, user):
            continue
        about = None if facts is None else facts.of(user.id)
        mine = tuple(held.classes[number] for number in held.of_person.get(user.id, ()))
        if layout.rows not in _CLASS_ROLE:
            orgs = _orgs(held, [role.get("org") for role in _roles(user)])
            yield _row(layout, going, _Facts(user, about, mine, orgs))
            continue
        for record in mine:
            orgs = _orgs(held, [record.body.get("school")])
            yield _row(layout, going, _Facts(user, about, (record,), orgs))


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a row is about."""

    user: HeldRecord | None
    demographics: HeldRecord | None
    classes: Sequence[HeldRecord]
    orgs: Sequence[HeldRecord]

    def of(self, kind: Kind) -> Sequence[HeldRecord]:
        match kind:
            case Kind.USER:
                return () if self.user is None else (self.user,)
            case Kind.DEMOGRAPHICS:
                return () if self.demographics is None else (self.demographics,)
            case Kind.CLASS:
                return self.classes
            case _:
                return self.orgs


class _Alongside:
    """Records of another kind under the same ids, read in step."""

    def __init__(self, records: Iterator[HeldRecord]) -> None:
        self._records = records
        self._next = next(records, None)

    def of(self, identifier: str) -> HeldRecord | None:
        while self._next is not None and self._next.id < identifier:
            self._next = next(self._records, None)
        found = self._next
        return found if found is not None and found.id == identifier else None


def _held(layout: Layout, kinds: Sequence[Kind], records: Records) -> Held:
    held = Held()
    if Kind.ORG in kinds:
        held.orgs = {record.id: record for record in records(Kind.ORG)}
    if Kind.CLASS in kinds:
        held.classes = list(records(Kind.CLASS))
        held.class_numbers = {record.id: number for number, record in enumerate(held.classes)}
    if Kind.ENROLLMENT in kinds:
        role = _CLASS_ROLE.get(layout.rows)
        for record in records(Kind.ENROLLMENT):
            number = held.class_numbers.get(str(record.body.get("class")))
            if number is None or (role is not None and record.body.get("role") != role):
                continue
            mine = held.of_person.setdefault(str(record.body.get("user")), array("l"))
            if number not in mine:
                mine.append(number)
        for mine in held.of_person.values():
            # By the order of the classes' own ids: enrolments come by theirs, which say nothing to a reader.
            mine[:] = array("l", sorted(mine))
    return held


def _orgs(held: Held, ids: Iterable[object]) -> list[HeldRecord]:
    found = {str(each): held.orgs[str(each)] for each in ids if str(each) in held.orgs}
    return [found[each] for each in sorted(found)]


def _roles(user: HeldRecord) -> list[Mapping[str, object]]:
    roles = user.body.get("roles")
    return [role for role in roles if isinstance(role, dict)] if isinstance(roles, list) else []


def _row(layout: Layout, going: frozenset[str], facts: _Facts) -> list[str]:
    return [_cell(column, going, facts, layout.file.dates) for column in layout.columns]


def _cell(column: Column, going: frozenset[str], facts: _Facts, dates: str) -> str:
    if not column.fields:
        return column.constant
    parts = [_text(name, facts, dates, column) for name in column.fields if name in going]
    return column.separator.join(part for part in parts if part)


def _text(name: str, facts: _Facts, dates: str, column: Column) -> str:
    kind, _, wire = name.partition(".")
    # Of a list, or of several classes, the values are joined; in an order that tells nothing.
    within = column.separator if len(column.fields) == 1 else ", "
    values = [_value(name, wire, record, dates, within) for record in facts.of(Kind(kind))]
    return within.join(sorted({value for value in values if value}))


def _value(name: str, wire: str, record: HeldRecord, dates: str, within: str) -> str:
    if wire == "sourcedId":
        return record.id
    if name == USER_ROLE:
        roles = _roles(record)
        return str(roles[0].get("role", "")) if roles else ""
    value = record.body.get(wire)
    if isinstance(value, list):
        return within.join(str(each) for each in value)
    if value is None:
        return ""
    return as_date(str(value), dates) if name in DATES else str(value)


def as_date(text: str, form: str) -> str:
    """A day (`2015-01-01`, or a moment on it) in another form; anything else as it is."""
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return text
    parts = {
        "YYYY": f"{day.year:04d}",
        "MM": f"{day.month:02d}",
        "DD": f"{day.day:02d}",
        "M": str(day.month),
        "D": str(day.day),
    }
    written = ""
    rest = form
    while rest:
        part = next((each for each in parts if rest.startswith(each)), None)
        written += parts[part] if part else rest[0]
        rest = rest[len(part) if part else 1 :]
    return written
