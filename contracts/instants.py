"""Local days as instants: an agreement speaks of days, a request happens at an instant.

A day is the half-open span [00:00, next day 00:00) in Europe/Amsterdam, 23 or 25 hours long when the clock
changes. Comparisons happen in UTC, because two datetimes with the same time zone object compare by wall clock
and an hour in October exists twice.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

AMSTERDAM: Final = ZoneInfo("Europe/Amsterdam")


def starts_at(day: date) -> datetime:
    """The first instant of a local day, in UTC. Midnight exists every day: the Dutch clock changes at 2
    and 3.
    """
    return datetime(day.year, day.month, day.day, tzinfo=AMSTERDAM).astimezone(UTC)


def ends_at(day: date) -> datetime:
    """The first instant after a local day, in UTC."""
    return starts_at(day + timedelta(days=1))


def local_day(instant: datetime) -> date:
    """The local day in which an instant falls."""
    return in_utc(instant).astimezone(AMSTERDAM).date()


def in_utc(instant: datetime) -> datetime:
    """The same instant in UTC.

    Raises:
        ValueError: for a datetime without a time zone; guessing one would move an agreement's first hour.
    """
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(UTC)


def to_ms(instant: datetime) -> int:
    """Milliseconds since 1970 UTC, as stored in columns that end in `_at_ms`."""
    return (in_utc(instant) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def from_ms(milliseconds: int) -> datetime:
    """The instant of a stored `_at_ms`."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
