"""What is due on a day: the calendar of agreements, deletions, sub-processor notices and plans to destroy pseudonyms.

Pure: things with dates and a day in, reminders out. A date has days before it on which the school is told (60, 30, 7,
the day itself). Of those that were reached only the nearest is due: whoever was told of 60 days and then sees nothing
until 20 days are left is told once, not twice. A reminder's `key` is the same for whoever computes it and whenever;
told is what has a row of that key.

Source: `docs/decisions/0028-terms-that-act.md`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from contracts.terms import (
    DeletionClock,
    DeletionState,
    NoticeState,
    ShreddingPlan,
    ShreddingState,
    SubprocessorNotice,
)
from contracts.transitions import RUNNING, Version, parse_reference

END_DAYS: Final = (60, 30, 7, 0)
"""Days before the last day, and before the review, on which the school is told."""
DELETION_DAYS: Final = (14, 3, 0)
OVERDUE_EVERY_DAYS: Final = 7
"""An overdue deletion is told of the day after, and again every so many days."""
OBJECTION_DAYS: Final = (7, 2, 0)


class Occasion(StrEnum):
    """What the school is told of. Stored; values never change."""

    AGREEMENT_ENDS = "agreement_ends"
    AGREEMENT_REVIEW = "agreement_review"
    DELETION_DUE = "deletion_due"
    DELETION_OVERDUE = "deletion_overdue"
    OBJECTION_TERM = "objection_term"
    SHREDDING_PROPOSED = "shredding_proposed"
    RECEIPT = "receipt"
    DELETION_CONFIRMED = "deletion_confirmed"
    DELETION_CONTINUED = "deletion_continued"
    SUBPROCESSOR_ANNOUNCED = "subprocessor_announced"
    SUBPROCESSOR_ANSWERED = "subprocessor_answered"
    VENDOR_STOPPED = "vendor_stopped"
    VENDOR_RESUMED = "vendor_resumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """One thing to tell, once."""

    occasion: Occasion
    agreement: str
    """`VO-2026-014/2`."""
    on: date
    """The date that it is about."""
    mark: int
    """Which of the days before (or, overdue, after) that date was reached."""
    product: str | None = None
    number: int | None = None
    """Of a sub-processor notice."""

    @property
    def key(self) -> str:
        """Names it for ever. A new version of an agreement with the same date is the same thing to tell."""
        about = self.agreement
        if self.occasion in (Occasion.AGREEMENT_ENDS, Occasion.AGREEMENT_REVIEW):
            parts = parse_reference(about)
            about = about if parts is None else parts[0]
        for more in (self.product, self.number):
            about += "" if more is None else f" {more}"
        return f"{self.occasion.value} {about} {self.on.isoformat()} {self.mark}"


def reached(on: date, today: date, marks: Collection[int]) -> int | None:
    """The nearest of the days before a date that has come; None: none yet. After the date it is the last one."""
    left = (on - today).days
    return min((mark for mark in marks if mark >= left), default=None)


def of_agreement(
    version: Version, today: date, *, going_on: Collection[str] = frozenset()
) -> tuple[Reminder, ...]:
    """What is due of an agreement that runs: its end and its review.

    Args:
        going_on: its products that go on under another agreement when it ends; if all do, its end is no news.
    """
    if version.state not in RUNNING:
        return ()
    due = []
    last_day = version.compiled(version.products[0]).last_day
    ends_for_some = any(product not in going_on for product in version.products)
    if last_day is not None and today <= last_day and ends_for_some:
        due.append((Occasion.AGREEMENT_ENDS, last_day, reached(last_day, today, END_DAYS)))
    review = version.agreement.term.review_by
    # A review after the end will not be held.
    if review is not None and (last_day is None or review <= last_day):
        due.append((Occasion.AGREEMENT_REVIEW, review, reached(review, today, END_DAYS)))
    return tuple(
        Reminder(occasion=occasion, agreement=version.reference, on=on, mark=mark)
        for occasion, on, mark in due
        if mark is not None
    )


def of_deletion(clock: DeletionClock, today: date) -> tuple[Reminder, ...]:
    """What is due of a deletion: its last day comes near, or has passed without a confirmation."""
    state = clock.state(today)
    if state is DeletionState.OVERDUE:
        days = (today - clock.due_on).days
        mark: int | None = days - (days - 1) % OVERDUE_EVERY_DAYS
        occasion = Occasion.DELETION_OVERDUE
    elif state is DeletionState.DUE:
        occasion, mark = Occasion.DELETION_DUE, reached(clock.due_on, today, DELETION_DAYS)
    else:
        return ()
    if mark is None:
        return ()
    return (
        Reminder(
            occasion=occasion, agreement=clock.agreement, product=clock.product, on=clock.due_on, mark=mark
        ),
    )


def of_notice(notice: SubprocessorNotice, today: date) -> tuple[Reminder, ...]:
    """What is due of a sub-processor notice: the term for an objection is nearly over."""
    if notice.object_by is None or notice.state(today) is not NoticeState.OPEN:
        return ()
    mark = reached(notice.object_by, today, OBJECTION_DAYS)
    if mark is None:
        return ()
    return (
        Reminder(
            occasion=Occasion.OBJECTION_TERM,
            agreement=notice.agreement,
            number=notice.number,
            on=notice.object_by,
            mark=mark,
        ),
    )


def of_shredding(plan: ShreddingPlan, today: date) -> tuple[Reminder, ...]:
    """What is due of a plan to destroy pseudonyms: its day has come."""
    if plan.state(today) is not ShreddingState.PROPOSED:
        return ()
    return (
        Reminder(
            occasion=Occasion.SHREDDING_PROPOSED,
            agreement=plan.agreement,
            product=plan.product,
            on=plan.shred_on,
            mark=0,
        ),
    )
