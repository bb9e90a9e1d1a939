"""Two pictures of all agreements: twelve months ahead, and who gets which field. Both are tables as well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from flask import Blueprint, render_template, request

from contracts.instants import local_day
from gateway.school.agreeing import overview
from gateway.school.agreeing.overview import AgreementRow, Standing
from gateway.school.pages.access import needs
from gateway.school.pages.context import context
from gateway.school.reports.matrix import cells_of
from gateway.school.staff.roles import Action

pages = Blueprint("agreement_pictures", __name__, url_prefix="/agreements")

WIDTH: Final = 960
LEFT: Final = 220
ROW: Final = 34
HEAD: Final = 34
_WORDS: Final = 150
"""What the longest words of a chip take."""
_RUNNING: Final = frozenset({Standing.ACTIVE, Standing.ENDING, Standing.STARTS, Standing.SUSPENDED})


@dataclass(frozen=True, slots=True)
class Bar:
    """One agreement in the timeline; places are in units of the picture."""

    row: AgreementRow
    y: int
    x: int
    width: int
    open_end: bool
    """Goes on behind the twelve months, or has no last day."""
    review_x: int | None

    @property
    def room(self) -> str:
        """Where its words fit: `on` the bar, `after` it, or `before` it."""
        if self.width >= _WORDS:
            return "on"
        return "after" if self.x + self.width + _WORDS < WIDTH else "before"


@dataclass(frozen=True, slots=True)
class Month:
    x: int
    first: date


def months_from(today: date) -> list[date]:
    """The first day of this month and of the twelve after it."""
    return [
        date(today.year + (today.month - 1 + n) // 12, (today.month - 1 + n) % 12 + 1, 1) for n in range(13)
    ]


@pages.get("/timeline")
@needs(Action.AGREEMENT_SEE)
def timeline() -> str:
    """Twelve months from the first of this one."""
    now = context().now()
    rows, _altered = overview.listed(context().services, now=now)
    today = local_day(now)
    months = months_from(today)
    first, last = months[0], months[-1]

    def place(day: date) -> int:
        inside = min(max(day, first), last)
        return LEFT + round((inside - first).days * (WIDTH - LEFT - 10) / (last - first).days)

    bars = [
        _bar(row, number, place, last)
        for number, row in enumerate(row for row in rows if row.standing in _RUNNING)
    ]
    return render_template(
        "agreement_timeline.html",
        bars=bars,
        months=[Month(place(month), month) for month in months[:-1]],
        today_x=place(today),
        today=today,
        height=HEAD + ROW * max(len(bars), 1) + 8,
        width=WIDTH,
        head=HEAD,
        waiting=[row for row in rows if row.standing not in _RUNNING],
    )


def _bar(row: AgreementRow, number: int, place: Callable[[date], int], last: date) -> Bar:
    term = row.version.agreement.term
    start = place(term.in_force_from)
    open_end = row.last_day is None or row.last_day >= last
    end = place(last if row.last_day is None else row.last_day)
    review = term.review_by
    return Bar(
        row=row,
        y=HEAD + number * ROW,
        x=start,
        width=max(end - start, 3),
        open_end=open_end,
        review_x=place(review) if review is not None and review < min(last, row.last_day or last) else None,
    )


@pages.get("/fields")
@needs(Action.AGREEMENT_SEE)
def matrix() -> str:
    """Products of agreements that run, and the fields that go to each."""
    rows, _altered = overview.listed(context().services, now=context().now())
    waiting = request.args.get("waiting") == "1"
    shown = [
        (row, terms)
        for row in rows
        if row.standing in _RUNNING
        or (waiting and row.standing in (Standing.WAITS_FOR_APPROVAL, Standing.APPROVED))
        for terms in row.version.agreement.products
    ]
    cells = [cells_of(terms) for _row, terms in shown]
    fields = sorted({field for column in cells for field in column})
    return render_template(
        "agreement_matrix.html", columns=shown, cells=cells, fields=fields, waiting=waiting
    )
