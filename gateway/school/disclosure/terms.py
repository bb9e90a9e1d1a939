"""The terms of a source, for generalising join dates: when exactly a pupil arrived singles out who moves mid-year."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_RANK: Final = {"term": 0, "semester": 1, "schoolYear": 2}
"""Which session is taken where several contain the day; grading periods are too short to hide anybody in."""


@dataclass(frozen=True, slots=True)
class Term:
    """One academic session; ISO days, both inclusive."""

    type: str
    start_on: str
    end_on: str


class Terms:
    """The terms of one source."""

    def __init__(self, terms: Iterable[Term]) -> None:
        usable = (term for term in terms if term.type in _RANK and term.start_on < term.end_on)
        self._terms = sorted(usable, key=lambda term: (_RANK[term.type], term.end_on))
        self._known: dict[str, Term | None] = {}

    def bound(self, day: str, beginning: bool) -> str | None:
        """First or last day of the term in which `day` falls; None where no term holds it."""
        if day not in self._known:
            # OneRoster's endDate is exclusive in some systems, inclusive in others; either way the day is inside.
            inside = (term for term in self._terms if term.start_on <= day <= term.end_on)
            self._known[day] = next(inside, None)
        term = self._known[day]
        if term is None:
            return None
        return term.start_on if beginning else term.end_on
