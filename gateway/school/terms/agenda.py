"""What is coming and what is late, for a start page and `schuilnaam terms list`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from contracts.instants import local_day
from contracts.terms import DeletionState, NoticeState, ShreddingState
from contracts.transitions import RUNNING
from gateway.database import reading
from gateway.school.agreements import reading_agreements
from gateway.school.services import SchoolServices
from gateway.school.terms import stored

COMING_DAYS: Final = 60


class Matter(StrEnum):
    """What a line of the agenda is about."""

    END = "end"
    REVIEW = "review"
    DELETION = "deletion"
    SUBPROCESSOR = "subprocessor"
    SHREDDING = "shredding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that is coming or late."""

    matter: Matter
    agreement: str
    product: str | None
    on: date | None
    """None: no term was agreed, so without delay."""
    days_left: int | None
    """Negative when late."""
    state: str
    """`coming`, `due`, `overdue`, `open`, `unanswered`, `planned`, `proposed`."""
    number: int | None = None
    """Of a sub-processor notice."""

    @property
    def late(self) -> bool:
        """Whether somebody should have acted by now."""
        return self.days_left is not None and self.days_left < 0


def agenda(services: SchoolServices, *, now: datetime, days: int = COMING_DAYS) -> list[Line]:
    """Everything that is late or comes within some days, the latest first."""
    today = local_day(now)
    lines = _of_agreements(services, today)
    with reading(services.school) as connection:
        board = services.board_id
        for deletion in stored.deletions_of(connection, board_id=board):
            clock = deletion.clock
            if (state := clock.state(today)) in (DeletionState.DUE, DeletionState.OVERDUE):
                lines.append(
                    _line(Matter.DELETION, clock.agreement, clock.product, clock.due_on, state, today)
                )
        for each in stored.notices_of(connection, board_id=board):
            notice = each.notice
            if (answer := notice.state(today)) in (NoticeState.OPEN, NoticeState.UNANSWERED):
                lines.append(
                    _line(
                        Matter.SUBPROCESSOR, notice.agreement, None, notice.object_by, answer, today,
                        number=notice.number,
                    )
                )  # fmt: skip
        for kept in stored.plans_of(connection, board_id=board):
            plan = kept.plan
            if (stands := plan.state(today)) in (ShreddingState.PLANNED, ShreddingState.PROPOSED):
                lines.append(
                    _line(Matter.SHREDDING, plan.agreement, plan.product, plan.shred_on, stands, today)
                )
    until = today + timedelta(days=days)
    shown = [line for line in lines if line.on is None or line.on <= until]
    return sorted(
        shown, key=lambda line: (line.on or date.min, line.agreement, line.product or "", line.matter)
    )


def _of_agreements(services: SchoolServices, today: date) -> list[Line]:
    with reading_agreements(services) as register:
        versions = [version for version in register.listing() if version.state in RUNNING]
    lines = []
    for version in versions:
        last_day = version.compiled(version.products[0]).last_day
        if last_day is not None and last_day >= today:
            lines.append(_line(Matter.END, version.reference, None, last_day, "coming", today))
        review = version.agreement.term.review_by
        if review is not None and (last_day is None or review <= last_day):
            state = "coming" if review >= today else "overdue"
            lines.append(_line(Matter.REVIEW, version.reference, None, review, state, today))
    return lines


def _line(
    matter: Matter,
    agreement: str,
    product: str | None,
    on: date | None,
    state: str,
    today: date,
    *,
    number: int | None = None,
) -> Line:
    return Line(
        matter=matter,
        agreement=agreement,
        product=product,
        on=on,
        days_left=None if on is None else (on - today).days,
        state=str(state),
        number=number,
    )
