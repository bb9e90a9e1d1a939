"""Comparing a field of an opened body as a filter or sort asks.

Rules (docs/decisions/0012): a value is compared as text, exactly as written; as numbers where both sides are
numbers; true and false are the words `true` and `false`. Of a list, one element that matches is enough, and
for `!=` none may be equal. A field that is absent matches only `!=`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from gateway.holdings.selection import Operator

_Value = TypeVar("_Value", str, Decimal)


def values_at(body: Mapping[str, object], path: tuple[str, ...]) -> list[str]:
    """Every value under a path as text, lists spread; `class.sourcedId` is the bare reference."""
    found: list[object] = [body]
    for position, name in enumerate(path):
        step: list[object] = []
        for value in found:
            if isinstance(value, Mapping):
                step.append(value.get(name))
            elif isinstance(value, str) and name == "sourcedId" and position == len(path) - 1:
                step.append(value)
        found = [inner for value in step for inner in (value if isinstance(value, list) else [value])]
    return [_text(value) for value in found if value is not None and not isinstance(value, Mapping)]


def _text(value: object) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    return str(value)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def matches(values: list[str], operator: Operator, wanted: str) -> bool:
    """Whether a field with these values meets the comparison."""
    if operator is Operator.NOT_EQUAL:
        return not any(_meets(value, Operator.EQUAL, wanted) for value in values)
    return any(_meets(value, operator, wanted) for value in values)


def _meets(value: str, operator: Operator, wanted: str) -> bool:
    if operator is Operator.CONTAINS:
        return wanted in value
    if operator is Operator.EQUAL and value == wanted:
        return True
    left, right = _number(value), _number(wanted)
    if left is not None and right is not None:
        return _ordered(left, operator, right)
    return _ordered(value, operator, wanted)


def _ordered(left: _Value, operator: Operator, right: _Value) -> bool:
    match operator:
        case Operator.EQUAL:
            return left == right
        case Operator.GREATER:
            return left > right
        case Operator.GREATER_OR_EQUAL:
            return left >= right
        case Operator.LESS:
            return left < right
        case _:
            return left <= right


def sort_key(values: list[str]) -> tuple[int, Decimal, str]:
    """Order of a sorted page: numbers by value, then text; absent last. Ties are broken by id."""
    if not values:
        return (2, Decimal(0), "")
    number = _number(values[0])
    return (0, number, "") if number is not None else (1, Decimal(0), values[0])
