"""Decisions on rows as people type them."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.errors import UsageError
from gateway.school.switchover.matching import PERSON


def parse_decisions(given: Iterable[str]) -> dict[int, PERSON | None]:
    """`14=las-1:5`, or `14=none` for nobody, by row.

    Raises:
        UsageError: `decision_invalid`; it does not say what was typed.
    """
    found: dict[int, PERSON | None] = {}
    for each in given:
        row, _, who = each.partition("=")
        slug, colon, identifier = who.partition(":")
        named = bool(slug and colon and identifier)
        if not (row.isascii() and row.isdecimal() and len(row) < 8) or not (named or who == "none"):
            raise _invalid()
        if int(row) in found:
            raise _invalid()
        found[int(row)] = (slug, identifier) if named else None
    return found


def _invalid() -> UsageError:
    return UsageError(
        "A decision is ROW=SOURCE:ID or ROW=none, each row once.",
        code="decision_invalid",
        remedy="For instance 14=las-1:4711.",
    )
