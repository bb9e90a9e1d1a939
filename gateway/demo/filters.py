"""Filters and order as the simulated school system understands them.

Source: OneRoster 1.2 REST binding, section on filtering: `field op 'value'`, at most one AND or OR.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from gateway.demo.shelf import Record

Predicate = Callable[[Record], bool]

_TERM: Final = re.compile(r"\s*([A-Za-z.]+)\s*(!=|>=|<=|=|>|<|~)\s*'((?:[^']|'')*)'\s*")
_JOIN: Final = re.compile(r"(AND|OR)\b")


class NotAFilter(ValueError):
    """The text is no filter."""


def value_at(record: Record, path: str) -> object:
    """The value of a dotted field, None where there is none."""
    value: object = record
    for name in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def parse_filter(text: str) -> Predicate:
    """A test for a record.

    Raises:
        NotAFilter: for text outside the grammar.
    """
    terms: list[Predicate] = []
    joins: list[str] = []
    position = 0
    while True:
        match = _TERM.match(text, position)
        if match is None:
            raise NotAFilter("no filter")
        field, operator, value = match.groups()
        terms.append(_term(field, operator, value.replace("''", "'")))
        position = match.end()
        if position == len(text):
            break
        join = _JOIN.match(text, position)
        if join is None:
            raise NotAFilter("no filter")
        joins.append(join.group())
        position = join.end()
    if len(set(joins)) > 1:
        raise NotAFilter("AND and OR mixed")
    every = all if "OR" not in joins else any
    return lambda record: every(term(record) for term in terms)


def _term(field: str, operator: str, wanted: str) -> Predicate:
    compare: dict[str, Callable[[str], bool]] = {
        "=": lambda value: value == wanted,
        "!=": lambda value: value != wanted,
        ">": lambda value: value > wanted,
        ">=": lambda value: value >= wanted,
        "<": lambda value: value < wanted,
        "<=": lambda value: value <= wanted,
        "~": lambda value: wanted.lower() in value.lower(),
    }
    holds = compare[operator]

    def test(record: Record) -> bool:
        value = value_at(record, field)
        values = value if isinstance(value, list) else [value]
        return any(holds(_text(one)) for one in values if one is not None) or (
            operator == "!=" and value is None
        )

    return test


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def sort_key(field: str) -> Callable[[tuple[int, Record]], str]:
    """Sorts slots with their records by a field; records without it come first."""

    def key(entry: tuple[int, Record]) -> str:
        value = value_at(entry[1], field)
        return "" if value is None else _text(value)

    return key
