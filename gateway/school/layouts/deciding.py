"""Which columns of a layout an agreement lets out. Pure.

A column whose field does not leave is a refusal with its path and reason, never an empty column that nobody asked
about; unless the layout says `optional: true`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.vocabulary import SubjectCategory
from gateway.roster.model import Kind
from gateway.school.disclosure.plan import FieldVerdict, ReleasePlan
from gateway.school.layouts.catalogue import USER_ROLE, RowsOf
from gateway.school.layouts.layout import Layout

_SUBJECTS: Final = {
    RowsOf.PUPIL: (SubjectCategory.PUPIL,),
    RowsOf.PUPIL_CLASS: (SubjectCategory.PUPIL,),
    RowsOf.TEACHER: (SubjectCategory.STAFF,),
    RowsOf.TEACHER_CLASS: (SubjectCategory.STAFF,),
    RowsOf.PERSON: tuple(SubjectCategory),
    RowsOf.CLASS: (),
}
_PERSONAL: Final = (Kind.USER, Kind.DEMOGRAPHICS)


@dataclass(frozen=True, slots=True)
class Left:
    """A field of a column that does not leave."""

    path: str
    """`columns[2]`."""
    column: str
    field: str
    reason: str
    """Code of the refusal."""
    clause: str | None
    optional: bool


@dataclass(frozen=True, slots=True)
class Columns:
    """What becomes of a layout's columns."""

    going: frozenset[str]
    """Fields that leave."""
    left: tuple[Left, ...]

    @property
    def refused(self) -> tuple[Left, ...]:
        """Those for which the export is refused."""
        return tuple(each for each in self.left if not each.optional)


def decide_columns(layout: Layout, plan: ReleasePlan) -> Columns:
    """What of the layout leaves under the plan of an agreement."""
    listed = [each for each in _SUBJECTS[layout.rows] if each in plan.agreement.subjects]
    going: set[str] = set()
    left: list[Left] = []
    for number, column in enumerate(layout.columns):
        for name in column.fields:
            refusal = _refusal(plan, layout.rows, name, listed)
            if refusal is None:
                going.add(name)
            else:
                reason, clause = refusal
                path = f"columns[{number}]"
                left.append(Left(path, column.name, name, reason, clause, column.optional))
    return Columns(frozenset(going), tuple(left))


def _refusal(
    plan: ReleasePlan, rows: RowsOf, field: str, listed: Sequence[SubjectCategory]
) -> tuple[str, str | None] | None:
    """Why a field leaves for none of those whom the rows are about; None: it leaves."""
    kind = Kind(field.partition(".")[0])
    if kind in _PERSONAL and not listed:
        return "subject_not_in_agreement", None
    if kind not in plan.kinds:
        group = kind in (Kind.CLASS, Kind.ENROLLMENT)
        return ("groups_not_in_agreement" if group else "field_not_in_agreement"), None
    if field == USER_ROLE or field.endswith(".sourcedId"):
        return None
    refused: FieldVerdict | None = None
    for verdict in _verdicts(plan, kind, field, listed):
        if verdict.structural or verdict.form is not None:
            return None
        refused = refused or verdict
    if refused is None or refused.reason is None:
        return "field_not_in_agreement", None
    return refused.reason, refused.clause


def _verdicts(
    plan: ReleasePlan, kind: Kind, field: str, listed: Sequence[SubjectCategory]
) -> Iterator[FieldVerdict]:
    combinations = [frozenset({each}) for each in listed] if kind in _PERSONAL else [frozenset()]
    for subjects in combinations:
        yield from (each for each in plan.of(kind, subjects).verdicts if each.field == field)
