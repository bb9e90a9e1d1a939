"""Dates made coarse: a birth date becomes its year, a join date the term in which it lies.

An exact join date singles out the pupil who came in the middle of a year, and joins two vendors' lists.

OneRoster wants a date where a year is meant: 2014-01-01 stands for "in 2014" (told to vendors in the
documentation). A value that is no date is withheld, never passed on as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, order=True)
class Term:
    """A stretch of the school's calendar. `end` is its last day, or the day after: both are in use."""

    begin: date
    end: date


class TermCalendar:
    """The terms (academic sessions) of a class, or of a school where the class names none."""

    __slots__ = ("_terms",)

    def __init__(self, terms: Iterable[Term]) -> None:
        """Where terms overlap (a year and its halves) the shortest that holds a day counts."""
        self._terms = sorted(
            (term for term in terms if term.begin <= term.end), key=lambda t: (t.end - t.begin, t)
        )

    @classmethod
    def of_sessions(cls, sessions: Iterable[tuple[object, object]]) -> TermCalendar:
        """From the `startDate` and `endDate` of academic sessions; those without two dates are left out."""
        days = ((read_day(begin), read_day(end)) for begin, end in sessions)
        return cls(Term(begin, end) for begin, end in days if begin is not None and end is not None)

    def snap(self, begin: object, end: object) -> tuple[str | None, str | None]:
        """The begin and end of a membership, widened to the begin and end of their terms.

        A begin between two terms moves to the next term, an end between two terms to the one before; a date
        outside all terms, and a membership that lies between two terms, is withheld (None).
        """
        first, last = self._begin(read_day(begin)), self._end(read_day(end))
        if first is not None and last is not None and last < first:
            return None, None
        return (first.isoformat() if first else None), (last.isoformat() if last else None)

    def _holding(self, day: date) -> Term | None:
        return next((term for term in self._terms if term.begin <= day <= term.end), None)

    def _begin(self, day: date | None) -> date | None:
        if day is None:
            return None
        term = self._holding(day)
        if term is not None:
            return term.begin
        earlier = any(t.end < day for t in self._terms)
        return min((t.begin for t in self._terms if t.begin > day and earlier), default=None)

    def _end(self, day: date | None) -> date | None:
        if day is None:
            return None
        term = self._holding(day)
        if term is not None:
            return term.end
        later = any(t.begin > day for t in self._terms)
        return max((t.end for t in self._terms if t.end < day and later), default=None)


def year_of_birth(value: object) -> str | None:
    """A birth date as the first of January of its year; None where the value is no date."""
    day = read_day(value)
    return f"{day.year:04d}-01-01" if day is not None else None


def read_day(value: object) -> date | None:
    """The day of a OneRoster date, also where a school system sends a date with a time."""
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value.strip()[:10])
    except ValueError:
        return None
