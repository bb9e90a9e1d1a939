"""Days that follow from an agreement's terms: what a vendor must have done by then, what the board may still do.

Pure: an agreement and days in, days out. All days are local (Europe/Amsterdam) and inclusive: on the last day of a
term it is not over yet. The states here are computed from days and are never stored.

Source: GDPR art. 28(2) and 28(3)(g); `docs/decisions/0028-terms-that-act.md`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from contracts.agreements import Agreement
from contracts.conditions import in_days_of
from contracts.instants import local_day
from contracts.transitions import RUNNING, Version
from contracts.vocabulary import RecipientRole


@dataclass(frozen=True, slots=True)
class DeletionTerm:
    """Until when a vendor must have deleted what it holds of one product."""

    due_on: date
    """The last day."""
    backups_on: date | None
    """The last day for its backups; None: the agreement says nothing about them."""
    clause: str


def deletion_term(agreement: Agreement, product: str, *, last_day: date) -> DeletionTerm | None:
    """The deletion term of a product whose agreement has ended; None where a law keeps the recipient from deleting.

    Where data is returned first, the vendor deletes after the export window. The product's own retention is a second
    term; the shorter of the two holds, whatever `precedence` says in words. A recipient that is no processor agreed
    on the retention alone.

    Args:
        last_day: the last day on which data could go.

    Raises:
        KeyError: when the agreement does not name the product.
    """
    terms = agreement.product(product)
    if terms is None:
        raise KeyError(product)
    if agreement.role is RecipientRole.BY_LAW:
        return None
    if agreement.art28 is None:
        retained = last_day + timedelta(days=terms.retention.max_days_after_end)
        reference = "" if agreement.sharing is None else agreement.sharing.reference
        return DeletionTerm(retained, None, clause=reference)
    end = agreement.art28.g_end
    window = end.export_window_days or 0 if end.action == "return_then_delete" else 0
    days = min(window + end.delete_within_days, terms.retention.max_days_after_end)
    due_on = last_day + timedelta(days=days)
    backups = end.backups_within_days
    return DeletionTerm(
        due_on, None if backups is None else due_on + timedelta(days=backups), clause=end.clause
    )


class DeletionState(StrEnum):
    """Where a deletion stands."""

    DUE = "due"
    """The vendor still has time."""
    OVERDUE = "overdue"
    CONFIRMED = "confirmed"
    """The vendor confirmed it in writing."""
    CONTINUED = "continued"
    """The product goes on under another agreement, so nothing has to be deleted now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionClock:
    """One product of an agreement version that ended."""

    agreement: str
    """`VO-2026-014/2`."""
    product: str
    ended_on: date
    """Last day on which data could go."""
    due_on: date
    backups_on: date | None
    clause: str
    confirmed_on: date | None = None
    continued_under: str | None = None
    """The agreement under which the product goes on."""

    def state(self, today: date) -> DeletionState:
        """Where it stands on a day."""
        if self.confirmed_on is not None:
            return DeletionState.CONFIRMED
        if self.continued_under is not None:
            return DeletionState.CONTINUED
        return DeletionState.DUE if today <= self.due_on else DeletionState.OVERDUE


def objection_day(agreement: Agreement, *, announced_on: date) -> date | None:
    """The last day for an objection to a sub-processor; None: the agreement names no number of days."""
    days = None if agreement.art28 is None else agreement.art28.d_subprocessors.notice_days
    return None if days is None else announced_on + timedelta(days=days)


class NoticeAnswer(StrEnum):
    """What the board answered to a sub-processor notice. Stored; values never change."""

    OBJECTED = "objected"
    ACCEPTED = "accepted"


class NoticeState(StrEnum):
    """Where a sub-processor notice stands."""

    OPEN = "open"
    """The board may still answer."""
    TERM_OVER = "term_over"
    """General authorisation, and the term passed without an objection: the vendor may go on."""
    UNANSWERED = "unanswered"
    """Specific authorisation, and the term passed: silence is no permission (GDPR art. 28(2))."""
    OBJECTED = "objected"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubprocessorNotice:
    """A vendor said that it will use another processor."""

    number: int
    agreement: str
    """The version that was in force when it said so."""
    name: str
    country: str
    service: str
    """What it does for the vendor."""
    announced_on: date
    object_by: date | None
    """The last day for an objection; None: the agreement names none, so answer without delay."""
    specific: bool
    """The board must permit each one beforehand; else it may object."""
    clause: str
    answer: NoticeAnswer | None = None
    answered_on: date | None = None

    def state(self, today: date) -> NoticeState:
        """Where it stands on a day."""
        if self.answer is not None:
            return NoticeState(self.answer.value)
        if self.object_by is None or today <= self.object_by:
            return NoticeState.OPEN
        return NoticeState.UNANSWERED if self.specific else NoticeState.TERM_OVER

    @property
    def late(self) -> bool:
        """Whether it was answered after its last day."""
        return (
            self.answered_on is not None and self.object_by is not None and self.answered_on > self.object_by
        )


class ShreddingClosed(StrEnum):
    """How a plan to destroy pseudonyms ended. Stored; values never change."""

    DESTROYED = "destroyed"
    DROPPED = "dropped"
    """A person chose otherwise."""
    CONTINUED = "continued"
    """The product goes on under another agreement."""


class ShreddingState(StrEnum):
    """Where a plan to destroy a product's pseudonyms stands."""

    PLANNED = "planned"
    PROPOSED = "proposed"
    """Its day has come: a person may carry it out."""
    DESTROYED = "destroyed"
    DROPPED = "dropped"
    CONTINUED = "continued"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShreddingPlan:
    """That a product's pseudonyms are to be joined to nobody any more, from a day."""

    agreement: str
    product: str
    shred_on: date
    """The first day on which it is proposed."""
    closed: ShreddingClosed | None = None

    def state(self, today: date) -> ShreddingState:
        """Where it stands on a day."""
        if self.closed is not None:
            return ShreddingState(self.closed.value)
        return ShreddingState.PLANNED if today < self.shred_on else ShreddingState.PROPOSED


def earliest_shredding(version: Version) -> date | None:
    """The first day after the inbound term: before it a result could come back that nobody can join any more.

    None while no end is known.
    """
    until = version.inbound_until()
    return None if until is None else local_day(until)


def goes_on(product: str, others: Iterable[Version], *, at: datetime) -> str | None:
    """Under which other agreement a product goes on at an instant, suspended ones included; None: under none.

    Args:
        others: versions without the one that ended.
        at: in UTC; for an end that is planned its first instant after the last day.
    """
    for other in others:
        if other.state in RUNNING and product in other.products and in_days_of(other.compiled(product), at):
            return other.reference
    return None
