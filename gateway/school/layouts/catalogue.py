"""What a layout may ask for: fields of the records that belong to a row, by what a row is.

The names are those of agreements (`<kind>.<field>`), so that one agreement decides about a file as about a service.
Only fields that can leave at all are here (`field_table`): an allow-list, like everything on the way out.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from contracts.fields import FIELDS as CATALOGUE
from contracts.fields import FieldNature, nearest
from gateway.roster.model import Kind
from gateway.school.disclosure.field_table import FIELDS, Value


class RowsOf(StrEnum):
    """What one row of the file is about. Stored; values never change."""

    PERSON = "person"
    PUPIL = "pupil"
    TEACHER = "teacher"
    PUPIL_CLASS = "pupil_class"
    """A row per pupil and class: a pupil of two classes is there twice."""
    TEACHER_CLASS = "teacher_class"
    CLASS = "class"


_PERSON_KINDS: Final = (Kind.USER, Kind.DEMOGRAPHICS, Kind.CLASS, Kind.ORG)
KINDS_OF: Final[Mapping[RowsOf, tuple[Kind, ...]]] = {
    RowsOf.PERSON: _PERSON_KINDS,
    RowsOf.PUPIL: _PERSON_KINDS,
    RowsOf.TEACHER: _PERSON_KINDS,
    RowsOf.PUPIL_CLASS: _PERSON_KINDS,
    RowsOf.TEACHER_CLASS: _PERSON_KINDS,
    RowsOf.CLASS: (Kind.CLASS, Kind.ORG),
}
"""Records that a row can say something of; a person's classes and schools are joined unless the row is about one."""

USER_ROLE: Final = "user.roles"
"""The role of a person (`student`, `teacher`), of the record that the standard calls roles."""


def _names(kind: Kind) -> frozenset[str]:
    names = {f"{kind.value}.{name}" for name in FIELDS[kind]} | {f"{kind.value}.sourcedId"}
    return frozenset(names | {USER_ROLE} if kind is Kind.USER else names)


FIELDS_OF: Final[Mapping[RowsOf, frozenset[str]]] = {
    rows: frozenset().union(*(_names(kind) for kind in kinds)) for rows, kinds in KINDS_OF.items()
}
"""Fields by what a row is."""

DATES: Final = frozenset(
    f"{kind.value}.{name}"
    for kind, rules in FIELDS.items()
    for name, rule in rules.items()
    if rule.value in (Value.BIRTH_DATE, Value.DATE, Value.JOIN_DATE, Value.MOMENT)
)
"""Fields that are written in the layout's form of dates."""

SEVERAL: Final = frozenset(
    f"{kind.value}.{name}"
    for kind, rules in FIELDS.items()
    for name, rule in rules.items()
    if rule.value is Value.CODES
)
"""Fields that hold a list of words."""


def why_not(name: str, rows: RowsOf) -> tuple[str, str, str]:
    """Code, message and remedy for a field that a layout may not ask for in these rows."""
    known = CATALOGUE.get(name)
    if known is not None and known.nature is FieldNature.NEVER:
        return "field_never_leaves", "This field leaves in no form.", "Use user.sourcedId: the pseudonym."
    if known is not None:
        kinds = ", ".join(kind.value for kind in KINDS_OF[rows])
        message = f"A row per {rows.value} has no such field."
        return "field_not_in_rows", message, f"Fields of these kinds are there: {kinds}."
    near = nearest(name)
    meant = f"Perhaps {near}?" if near in FIELDS_OF[rows] else "See docs/layouts.md for the fields."
    return "field_unknown", "There is no such field.", meant
