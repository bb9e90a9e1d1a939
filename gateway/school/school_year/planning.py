"""Rehearsing the change of school years, and planning the removals that come with it.

The removal threshold stops a refresh that would take too many pupils from a vendor: a source that fails looks just
like a summer. In a planned window as many may leave, per product and school, as a person saw in a rehearsal; who leaves
beyond these counts against the threshold as ever. Each removal uses up what was expected, so that a window excuses one
summer and not two.

Guarantees: a rehearsal publishes nothing, and a plan gives nothing out: it only says how much may be taken away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, insert, select, update

from contracts.instants import local_day, to_ms
from gateway.database import reading, writing
from gateway.errors import UsageError
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import ProductId
from gateway.school import refreshing
from gateway.school.disclosure.refresh import OpenedSource, ProductOutcome
from gateway.school.school_year.coming import ComingYear, SchoolCounts, SchoolYear
from gateway.school.school_year.tables import school_year_expectations, school_year_plans
from gateway.school.services import SchoolServices

LONGEST_DAYS: Final = 92
"""From the last weeks of June to the middle of September; longer is no change of school years."""
LONGEST_AHEAD: Final = timedelta(days=366)


@dataclass(slots=True)
class Rehearsal:
    """What will change, as the sources say it today."""

    years: dict[str, SchoolYear] = field(default_factory=dict)
    """By slug of the source."""
    schools: dict[str, SchoolCounts] = field(default_factory=dict)
    """By BRIN."""
    products: list[ProductOutcome] = field(default_factory=list)
    """Counts per product and kind, as a refresh of the coming year would have them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A window in which removals are expected."""

    number: int
    first_on: date
    last_on: date
    leaving: Mapping[str, int]
    """Per product, all schools together."""
    gone: Mapping[str, int]

    def holds_on(self, day: date) -> bool:
        """Whether the day is in the window, both ends included."""
        return self.first_on <= day <= self.last_on


def rehearse(
    services: SchoolServices, *, now: datetime, products: Sequence[ProductId] | None = None
) -> Rehearsal:
    """Read the sources as they will be in the coming year and count, per product, what would change.

    Raises:
        UsageError: `coming_year_missing`, `coming_year_empty`: a source is not a year ahead yet.
        GatewayError: as a refresh; nothing was changed.
    """
    rehearsal = Rehearsal()

    def seen_ahead(sources: Sequence[OpenedSource]) -> list[OpenedSource]:
        views: list[OpenedSource] = []
        for opened in sources:
            view = ComingYear(opened.source, today=local_day(now))
            rehearsal.years[opened.source.slug] = view.year
            for brin, counts in view.counts(
                opened.brin_of_org, words_that_are_no_names=services.settings.words_that_are_no_names
            ).items():
                rehearsal.schools[brin] = _joined(rehearsal.schools.get(brin), counts)
            views.append(OpenedSource(view, opened.space, opened.brin_of_org))
        return views

    rehearsal.products = refreshing.refresh(
        services, now=now, products=products, dry_run=True, seen_as=seen_ahead
    )
    return rehearsal


def _joined(known: SchoolCounts | None, more: SchoolCounts) -> SchoolCounts:
    if known is None:
        return more
    return SchoolCounts(
        old=[*known.old, *more.old],
        new=[*known.new, *more.new],
        staying=known.staying + more.staying,
        leaving=known.leaving + more.leaving,
        joining=known.joining + more.joining,
        moved=known.moved + more.moved,
        same_grade=known.same_grade + more.same_grade,
    )


def expect(
    services: SchoolServices, *, first_on: date, last_on: date, actor: Actor, now: datetime
) -> tuple[Plan, Rehearsal]:
    """Rehearse, and plan that as many may leave between two days; the newest plan counts.

    Raises:
        UsageError: `window_invalid`; and as `rehearse`.
    """
    today = local_day(now)
    if not today <= last_on or last_on < first_on:
        raise UsageError("The window has passed, or ends before it begins.", code="window_invalid")
    if last_on - first_on > timedelta(days=LONGEST_DAYS) or last_on > today + LONGEST_AHEAD:
        raise UsageError(
            f"A window is at most {LONGEST_DAYS} days long and ends within a year.",
            code="window_invalid",
            remedy="Name the weeks in which the school's system changes over.",
        )
    rehearsal = rehearse(services, now=now)
    with writing(services.school) as connection:
        newest = select(func.max(school_year_plans.c.number)).where(
            school_year_plans.c.board_id == services.board_id
        )
        number = int(connection.scalar(newest) or 0) + 1
        connection.execute(
            insert(school_year_plans).values(
                board_id=services.board_id,
                number=number,
                first_on=first_on.isoformat(),
                last_on=last_on.isoformat(),
                planned_at_ms=to_ms(now),
            )
        )
        rows = [
            {
                "board_id": services.board_id,
                "number": number,
                "product": outcome.product,
                "school": school,
                "leaving": count,
                "gone": 0,
            }
            for outcome in rehearsal.products
            for school, count in outcome.leaving.items()
            if count
        ]
        if rows:
            connection.execute(insert(school_year_expectations), rows)
        plan = _plan(connection, services, number)
        assert plan is not None
        audit.record(
            connection,
            AuditEvent.SCHOOL_YEAR_PLANNED,
            board_id=services.board_id,
            actor=actor,
            now_ms=to_ms(now),
            object_id=str(number),
            details={
                "number": number,
                "codes": (first_on.isoformat(), last_on.isoformat()),
                "counts": dict(plan.leaving),
            },
        )
    return plan, rehearsal


def drop(services: SchoolServices, *, actor: Actor, now: datetime) -> Plan:
    """Take the plan back: from now on the threshold counts everybody again.

    Raises:
        UsageError: `plan_missing`.
    """
    with writing(services.school) as connection:
        plan = _plan(connection, services, None)
        if plan is None:
            raise UsageError("There is no plan.", code="plan_missing", remedy="Nothing needs to be done.")
        connection.execute(
            update(school_year_plans)
            .where(
                school_year_plans.c.board_id == services.board_id,
                school_year_plans.c.number == plan.number,
            )
            .values(dropped_at_ms=to_ms(now))
        )
        audit.record(
            connection,
            AuditEvent.SCHOOL_YEAR_DROPPED,
            board_id=services.board_id,
            actor=actor,
            now_ms=to_ms(now),
            object_id=str(plan.number),
            details={"number": plan.number},
        )
    return plan


def standing(services: SchoolServices) -> Plan | None:
    """The newest plan, unless it was dropped; whether its window is open is another question."""
    with reading(services.school) as connection:
        return _plan(connection, services, None)


def _plan(connection: Any, services: SchoolServices, number: int | None) -> Plan | None:
    query = (
        select(school_year_plans)
        .where(school_year_plans.c.board_id == services.board_id)
        .order_by(school_year_plans.c.number.desc())
        .limit(1)
    )
    if number is not None:
        query = query.where(school_year_plans.c.number == number)
    row = connection.execute(query).first()
    if row is None or row.dropped_at_ms is not None:
        return None
    totals = connection.execute(
        select(
            school_year_expectations.c.product,
            func.sum(school_year_expectations.c.leaving).label("leaving"),
            func.sum(school_year_expectations.c.gone).label("gone"),
        )
        .where(
            school_year_expectations.c.board_id == services.board_id,
            school_year_expectations.c.number == row.number,
        )
        .group_by(school_year_expectations.c.product)
        .order_by(school_year_expectations.c.product)
    ).all()
    return Plan(
        number=row.number,
        first_on=date.fromisoformat(row.first_on),
        last_on=date.fromisoformat(row.last_on),
        leaving={each.product: int(each.leaving) for each in totals},
        gone={each.product: int(each.gone) for each in totals},
    )
