"""From a collection and a filter to SQL conditions on the versions that one generation sees.

What cannot be said in SQL (fields inside a sealed body) is left to `matching`. Conditions on
`dateLastModified` become conditions on generation numbers, because stamps and numbers rise together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, and_, exists, false, or_, select, true

from gateway.holdings.pointer import Holder
from gateway.holdings.selection import Collection, Comparison, Operator
from gateway.holdings.tables import RELATION_SCHOOL, RELATION_TERM, holdings, links
from gateway.roster.model import Kind

ACTIVE: Final = "active"
GONE: Final = "tobedeleted"

REFERENCE_FIELDS: Final[Mapping[Kind, Mapping[str, str]]] = {
    Kind.ORG: {"parent": "ref_parent"},
    Kind.ACADEMIC_SESSION: {"parent": "ref_parent"},
    Kind.ENROLLMENT: {"user": "ref_user", "class": "ref_class", "school": "ref_school"},
    Kind.CLASS: {"course": "ref_course", "school": "ref_school"},
    Kind.LINE_ITEM: {"class": "ref_class", "school": "ref_school", "category": "ref_category"},
    Kind.RESULT: {"student": "ref_user", "lineItem": "ref_line_item", "class": "ref_class"},
}
"""Fields of the wire whose whole value is a column."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What one generation of one product sees."""

    holder: Holder
    generation: int

    def sees(self, rows: FromClause) -> ColumnElement[bool]:
        """Condition: this version is seen by the generation."""
        columns = rows.c
        return and_(
            columns.board_id == self.holder.board_id,
            columns.product == self.holder.product,
            columns.from_generation <= self.generation,
            or_(columns.until_generation.is_(None), columns.until_generation > self.generation),
        )

    def of_kind(self, rows: FromClause, kind: Kind) -> ColumnElement[bool]:
        """Condition: a version of this kind that the generation sees."""
        return and_(self.sees(rows), rows.c.kind == kind.value)

    def linked(self, rows: FromClause, relation: str, target: str) -> ColumnElement[bool]:
        """Condition: the version has this link."""
        return exists().where(
            links.c.board_id == self.holder.board_id,
            links.c.product == self.holder.product,
            links.c.relation == relation,
            links.c.target == target,
            links.c.kind == rows.c.kind,
            links.c.id == rows.c.id,
            links.c.from_generation == rows.c.from_generation,
        )


def collection_condition(sight: Sight, collection: Collection) -> ColumnElement[bool]:
    """Condition on `holdings`: the version belongs to this collection (tombstones by what they were)."""
    conditions = [sight.of_kind(holdings, collection.kind)]
    if collection.id is not None:
        conditions.append(holdings.c.id == collection.id)
    if collection.own_only:
        conditions.append(holdings.c.vendor_made.is_(True))
    if collection.roles and not _roles_of_enrollment(collection):
        conditions.append(holdings.c.role.in_(collection.roles))
    for value, narrow in (
        (collection.in_class, _in_class),
        (collection.in_school, _in_school),
        (collection.of_user, _of_user),
        (collection.of_term, _of_term),
    ):
        if value is not None:
            conditions.append(narrow(sight, collection, value))
    if collection.of_course is not None:
        conditions.append(holdings.c.ref_course == collection.of_course)
    if collection.of_line_item is not None:
        conditions.append(holdings.c.ref_line_item == collection.of_line_item)
    return and_(*conditions)


def _roles_of_enrollment(collection: Collection) -> bool:
    return (collection.kind is Kind.USER and collection.in_class is not None) or (
        collection.kind is Kind.CLASS and collection.of_user is not None
    )


def _through(
    sight: Sight, kind: Kind, column: str, condition: Callable[[FromClause], ColumnElement[bool]]
) -> ColumnElement[bool]:
    """Condition: the record's id stands in `column` of a record of `kind` that meets `condition`.

    A membership that went does not count, except for a member that went itself: its tombstone is reported
    where the record was listed.
    """
    other = holdings.alias()
    return holdings.c.id.in_(
        select(other.c[column]).where(
            sight.of_kind(other, kind),
            condition(other),
            or_(other.c.active.is_(True), holdings.c.active.is_(False)),
        )
    )


def _in_class(sight: Sight, collection: Collection, class_id: str) -> ColumnElement[bool]:
    if collection.kind is Kind.USER:
        return _through(
            sight,
            Kind.ENROLLMENT,
            "ref_user",
            lambda enrollment: and_(
                enrollment.c.ref_class == class_id,
                enrollment.c.role.in_(collection.roles) if collection.roles else true(),
            ),
        )
    if collection.kind is Kind.CATEGORY:
        return _through(
            sight, Kind.LINE_ITEM, "ref_category", lambda line_item: line_item.c.ref_class == class_id
        )
    if collection.kind is Kind.RESULT:
        # `class` is optional in a result; its line item has one.
        line_item = holdings.alias()
        of_class = select(line_item.c.id).where(
            sight.of_kind(line_item, Kind.LINE_ITEM), line_item.c.ref_class == class_id
        )
        return or_(
            holdings.c.ref_class == class_id,
            and_(holdings.c.ref_class.is_(None), holdings.c.ref_line_item.in_(of_class)),
        )
    return holdings.c.ref_class == class_id


def _in_school(sight: Sight, collection: Collection, school_id: str) -> ColumnElement[bool]:
    if collection.kind is Kind.USER and collection.in_class is not None:
        class_ = holdings.alias()
        return exists().where(
            sight.of_kind(class_, Kind.CLASS),
            class_.c.id == collection.in_class,
            class_.c.ref_school == school_id,
            class_.c.active.is_(True),
        )
    if collection.kind is Kind.USER:
        return sight.linked(holdings, RELATION_SCHOOL, school_id)
    if collection.kind is Kind.COURSE:
        return or_(
            holdings.c.ref_school == school_id,
            _through(sight, Kind.CLASS, "ref_course", lambda class_: class_.c.ref_school == school_id),
        )
    if collection.kind is Kind.ACADEMIC_SESSION:
        class_ = holdings.alias()
        return holdings.c.id.in_(
            select(links.c.target)
            .join(
                class_,
                and_(
                    class_.c.board_id == links.c.board_id,
                    class_.c.product == links.c.product,
                    class_.c.kind == links.c.kind,
                    class_.c.id == links.c.id,
                    class_.c.from_generation == links.c.from_generation,
                ),
            )
            .where(
                links.c.relation == RELATION_TERM,
                sight.of_kind(class_, Kind.CLASS),
                class_.c.ref_school == school_id,
                or_(class_.c.active.is_(True), holdings.c.active.is_(False)),
            )
        )
    if collection.kind is Kind.RESULT:
        line_item = holdings.alias()
        return holdings.c.ref_line_item.in_(
            select(line_item.c.id).where(
                sight.of_kind(line_item, Kind.LINE_ITEM), line_item.c.ref_school == school_id
            )
        )
    return holdings.c.ref_school == school_id


def _of_user(sight: Sight, collection: Collection, user_id: str) -> ColumnElement[bool]:
    if collection.kind is Kind.CLASS:
        return _through(
            sight,
            Kind.ENROLLMENT,
            "ref_class",
            lambda enrollment: and_(
                enrollment.c.ref_user == user_id,
                enrollment.c.role.in_(collection.roles) if collection.roles else true(),
            ),
        )
    return holdings.c.ref_user == user_id


def _of_term(sight: Sight, collection: Collection, term_id: str) -> ColumnElement[bool]:
    if collection.kind is Kind.CLASS:
        return sight.linked(holdings, RELATION_TERM, term_id)
    return holdings.c.ref_parent == term_id


# -- filters -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StampBounds:
    """Where stamps stand among the generations; `upto(ms)` is the newest generation stamped at or before."""

    upto: Callable[[int], int]


def comparison_condition(
    kind: Kind, comparison: Comparison, bounds: StampBounds, floor: int | None
) -> ColumnElement[bool] | None:
    """Condition on `holdings`, or None where only the opened body can tell."""
    path, operator = comparison.path, comparison.operator
    if path == ("status",):
        return _status(operator, comparison.value)
    if path == ("dateLastModified",):
        return _changed(operator, int(comparison.value), bounds, floor)
    if path == ("sourcedId",):
        return _text(holdings.c.id, operator, comparison.value)
    if len(path) == 2 and path[1] == "sourcedId":
        column = REFERENCE_FIELDS.get(kind, {}).get(path[0])
        if column is not None:
            return _text(holdings.c[column], operator, comparison.value)
    return None


def _status(operator: Operator, value: str) -> ColumnElement[bool]:
    accepted = [
        active for active, word in ((True, ACTIVE), (False, GONE)) if _compare_text(word, operator, value)
    ]
    return holdings.c.active.in_(accepted) if accepted else false()


def _compare_text(left: str, operator: Operator, right: str) -> bool:
    return {
        Operator.EQUAL: left == right,
        Operator.NOT_EQUAL: left != right,
        Operator.GREATER: left > right,
        Operator.GREATER_OR_EQUAL: left >= right,
        Operator.LESS: left < right,
        Operator.LESS_OR_EQUAL: left <= right,
        Operator.CONTAINS: right in left,
    }[operator]


def _changed(
    operator: Operator, stamp_ms: int, bounds: StampBounds, floor: int | None
) -> ColumnElement[bool]:
    number = holdings.c.from_generation
    before, upto = bounds.upto(stamp_ms - 1), bounds.upto(stamp_ms)
    match operator:
        case Operator.GREATER:
            return number > (upto if floor is None else min(upto, floor))
        case Operator.GREATER_OR_EQUAL:
            return number > (before if floor is None else min(before, floor))
        case Operator.LESS:
            return number <= before
        case Operator.LESS_OR_EQUAL:
            return number <= upto
        case Operator.NOT_EQUAL:
            return or_(number <= before, number > upto)
        case Operator.EQUAL | Operator.CONTAINS:
            return and_(number > before, number <= upto)


def _text(column: ColumnElement[Any], operator: Operator, value: str) -> ColumnElement[bool]:
    match operator:
        case Operator.EQUAL:
            return column == value
        case Operator.NOT_EQUAL:
            # A record without the reference is not equal either.
            return or_(column.is_(None), column != value)
        case Operator.GREATER:
            return column > value
        case Operator.GREATER_OR_EQUAL:
            return column >= value
        case Operator.LESS:
            return column < value
        case Operator.LESS_OR_EQUAL:
            return column <= value
        case Operator.CONTAINS:
            return column.contains(value, autoescape=True)
