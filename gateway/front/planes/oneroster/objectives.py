"""`learningObjectiveSet`, rebuilt member by member in both directions: nothing else of it passes.

A line item lists objectives (`learningObjectiveIds`), a result scores them (`learningObjectiveResults`).

Source: OneRoster 1.2 gradebook information model.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.roster.model import Kind
from gateway.strict_json import NumberText


def is_number(value: object) -> bool:
    """Whether a value is a JSON number as `gateway.strict_json` reads it."""
    return isinstance(value, NumberText) or (isinstance(value, int) and not isinstance(value, bool))


def is_text(value: object) -> bool:
    """Whether a value is a JSON string."""
    return isinstance(value, str) and not isinstance(value, NumberText)


def rebuilt(kind: Kind, value: object) -> list[dict[str, object]] | None:
    """The sets that have the standard's shape; None when the value is no list of sets."""
    if not isinstance(value, list):
        return None
    sets: list[dict[str, object]] = []
    for given in value:
        if not isinstance(given, Mapping) or not is_text(given.get("source")):
            return None
        member = "learningObjectiveResults" if kind is Kind.RESULT else "learningObjectiveIds"
        members = given.get(member)
        if not isinstance(members, list) or not members:
            return None
        shown = [_scored(each) if kind is Kind.RESULT else each for each in members]
        if not all(each is not None if kind is Kind.RESULT else is_text(each) for each in shown):
            return None
        sets.append({"source": given["source"], member: shown})
    return sets


def _scored(given: object) -> dict[str, object] | None:
    if not isinstance(given, Mapping) or not is_text(given.get("learningObjectiveId")):
        return None
    shown: dict[str, object] = {"learningObjectiveId": given["learningObjectiveId"]}
    if is_number(given.get("score")):
        shown["score"] = given["score"]
    if is_text(given.get("textScore")):
        shown["textScore"] = given["textScore"]
    return shown
