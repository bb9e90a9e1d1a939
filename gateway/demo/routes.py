"""Which records a path of the simulated school system stands for.

All 41 rostering reads and the gradebook reads of categories, lineItems and results. Source: OneRoster 1.2
REST binding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from gateway.demo.board import MadeUpBoard, role_of, sourced_id
from gateway.demo.filters import Predicate
from gateway.demo.records import COLLECTIONS

GRADEBOOK: Final = ("categories", "lineItems", "results")
_VIEWS: Final = {
    "schools": ("orgs", "type", "school"),
    "terms": ("academicSessions", "type", "term"),
    "gradingPeriods": ("academicSessions", "type", "gradingPeriod"),
    "students": ("users", "role", "student"),
    "teachers": ("users", "role", "teacher"),
}
_KNOWN: Final = {name.lower(): name for name in (*COLLECTIONS, *_VIEWS)}


@dataclass(frozen=True, slots=True)
class Route:
    """What a path asks for: a collection (perhaps a part of it) or one record."""

    collection: str
    """The collection in which the records are."""
    wire: str
    """Name of the array in the answer."""
    identifier: str | None = None
    keep: Predicate | None = None
    """Which records belong to it, None for all."""


class NoSuchPath(LookupError):
    """The path is none of OneRoster, or it names a record that is not there."""


def resolve(board: MadeUpBoard, parts: list[str]) -> Route:
    """The route of a path, given in parts below the service address.

    Raises:
        NoSuchPath: for an unknown path or an unknown record in it.
    """
    if not parts or any(not part for part in parts):
        raise NoSuchPath("no such path")
    names = [_KNOWN.get(part.lower(), part) if place % 2 == 0 else part for place, part in enumerate(parts)]
    collection, view = _collection(names[-1] if len(names) % 2 else names[-2])
    if len(names) == 1:
        return Route(collection, collection, keep=view)
    if len(names) == 2:
        return Route(collection, collection, identifier=names[1], keep=view)
    if len(names) % 2 == 0 or len(names) > 5:
        raise NoSuchPath("no such path")
    within = dict(zip(names[0:-1:2], names[1:-1:2], strict=True))
    for parent, identifier in within.items():
        if identifier not in board.shelf(_collection(parent)[0]):
            raise NoSuchPath("no such record")
    nested = _nested(board, within, names[-1])
    return Route(collection, collection, keep=nested if view is None else _both(view, nested))


def _collection(name: str) -> tuple[str, Predicate | None]:
    if name in COLLECTIONS:
        return name, None
    if name not in _VIEWS:
        raise NoSuchPath("no such path")
    collection, field, wanted = _VIEWS[name]
    if field == "role":
        return collection, lambda record: role_of(record) == wanted
    return collection, lambda record: record.get(field) == wanted


def _both(one: Predicate, other: Predicate) -> Predicate:
    return lambda record: one(record) and other(record)


def _pointing(field: str, identifier: str) -> Predicate:
    """Records whose reference (or one of whose references) points at a record."""

    def test(record: dict[str, object]) -> bool:
        value = record.get(field)
        values = value if isinstance(value, list) else [value]
        return any(sourced_id(one) == identifier for one in values)

    return test


def _nested(board: MadeUpBoard, within: dict[str, str], wanted: str) -> Predicate:
    rules: dict[tuple[str, ...], Callable[[], Predicate]] = {
        ("courses", "classes"): lambda: _pointing("course", within["courses"]),
        ("terms", "classes"): lambda: _pointing("terms", within["terms"]),
        ("terms", "gradingPeriods"): lambda: _pointing("parent", within["terms"]),
        ("schools", "classes"): lambda: _pointing("school", within["schools"]),
        ("schools", "enrollments"): lambda: _pointing("school", within["schools"]),
        ("schools", "courses"): lambda: _pointing("org", within["schools"]),
        ("schools", "terms"): lambda: lambda _: True,
        ("schools", "students"): lambda: _at_school(within["schools"]),
        ("schools", "teachers"): lambda: _at_school(within["schools"]),
        ("classes", "lineItems"): lambda: _pointing("class", within["classes"]),
        ("classes", "results"): lambda: _pointing("class", within["classes"]),
        ("classes", "categories"): lambda: lambda _: True,
        ("schools", "classes", "enrollments"): lambda: _pointing("class", within["classes"]),
        ("classes", "lineItems", "results"): lambda: _pointing("lineItem", within["lineItems"]),
        ("classes", "students", "results"): lambda: _both(
            _pointing("student", within["students"]), _pointing("class", within["classes"])
        ),
    }
    for role in ("student", "teacher"):
        members = _members(board, within.get("classes", ""), role)
        rules["classes", f"{role}s"] = members
        rules["schools", "classes", f"{role}s"] = members
    for person in ("students", "teachers", "users"):
        rules[person, "classes"] = _classes_of(board, within.get(person, ""))
    rule = rules.get((*within, wanted))
    if rule is None:
        raise NoSuchPath("no such path")
    return rule()


def _at_school(school: str) -> Predicate:
    def test(user: dict[str, object]) -> bool:
        roles = user.get("roles")
        return isinstance(roles, list) and any(sourced_id(role.get("org")) == school for role in roles)

    return test


def _members(board: MadeUpBoard, group: str, role: str) -> Callable[[], Predicate]:
    def rule() -> Predicate:
        # Looked up at the first record that is tested: later pages come from a selection that is kept.
        @cache
        def there() -> set[str]:
            return {
                sourced_id(record["user"])
                for record in board.records("enrollments")
                if sourced_id(record["class"]) == group and record["role"] == role
            }

        return lambda user: user["sourcedId"] in there()

    return rule


def _classes_of(board: MadeUpBoard, person: str) -> Callable[[], Predicate]:
    def rule() -> Predicate:
        @cache
        def attended() -> set[str]:
            return {
                sourced_id(record["class"])
                for record in board.records("enrollments")
                if sourced_id(record["user"]) == person
            }

        return lambda group: group["sourcedId"] in attended()

    return rule
