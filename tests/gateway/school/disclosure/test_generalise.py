from __future__ import annotations

from datetime import date

import pytest

from gateway.school.disclosure.generalise import Term, TermCalendar, year_of_birth

HALVES = TermCalendar(
    [
        Term(date(2026, 8, 1), date(2027, 7, 31)),
        Term(date(2026, 8, 24), date(2027, 1, 29)),
        Term(date(2027, 2, 1), date(2027, 7, 16)),
    ]
)
APART = TermCalendar([Term(date(2026, 8, 24), date(2026, 12, 18)), Term(date(2027, 1, 4), date(2027, 7, 16))])


@pytest.mark.parametrize(
    ("value", "year"),
    [
        ("2014-07-23", "2014-01-01"),
        ("2014-07-23T00:00:00Z", "2014-01-01"),
        ("23-07-2014", None),
        (None, None),
        (7, None),
    ],
)
def test_a_birth_date_becomes_its_year_or_is_withheld(value: object, year: str | None) -> None:
    assert year_of_birth(value) == year


def test_join_dates_widen_to_the_shortest_term_that_holds_them() -> None:
    assert HALVES.snap("2026-11-03", "2027-03-19") == ("2026-08-24", "2027-07-16")
    assert HALVES.snap("2026-11-03", None) == ("2026-08-24", None)


def test_two_pupils_who_join_in_one_term_get_one_date() -> None:
    assert HALVES.snap("2026-09-01", None) == HALVES.snap("2027-01-20", None)


def test_a_date_between_terms_moves_inwards() -> None:
    assert APART.snap("2026-12-25", None) == ("2027-01-04", None)
    assert APART.snap("2026-09-01", "2026-12-28") == ("2026-08-24", "2026-12-18")
    assert APART.snap("2026-12-24", "2026-12-28") == (None, None)


def test_a_date_outside_all_terms_is_withheld() -> None:
    assert APART.snap("2025-01-01", "2029-01-01") == (None, None)
    assert TermCalendar([]).snap("2026-09-01", "2026-10-01") == (None, None)


def test_sessions_without_two_dates_are_left_out() -> None:
    calendar = TermCalendar.of_sessions(
        [("2026-08-24", "2027-01-29"), (None, "x"), ("2027-09-01", "2027-01-01")]
    )
    assert calendar.snap("2026-10-10", None) == ("2026-08-24", None)
