"""What a refresh asks of the plan: how many may still leave today, and what left.

Apart from `planning`, which asks for refreshes itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import case, select, update

from contracts.instants import local_day
from gateway.database import reading, writing
from gateway.school.school_year.tables import school_year_expectations, school_year_plans
from gateway.school.services import SchoolServices

Expected = Mapping[tuple[str, str], int]
"""(product, its pseudonym of a school) -> how many may still leave."""


def still_expected(services: SchoolServices, *, now: datetime) -> tuple[int | None, Expected]:
    """The number of the plan whose window is open, and what it expects yet; None and nothing outside a window."""
    day = local_day(now).isoformat()
    with reading(services.school) as connection:
        newest = connection.execute(
            select(school_year_plans)
            .where(school_year_plans.c.board_id == services.board_id)
            .order_by(school_year_plans.c.number.desc())
            .limit(1)
        ).first()
        if newest is None or newest.dropped_at_ms is not None or not newest.first_on <= day <= newest.last_on:
            return None, {}
        rows = connection.execute(
            select(school_year_expectations).where(
                school_year_expectations.c.board_id == services.board_id,
                school_year_expectations.c.number == newest.number,
            )
        )
        return newest.number, {(row.product, row.school): max(row.leaving - row.gone, 0) for row in rows}


def note_gone(services: SchoolServices, number: int, product: str, leaving: Mapping[str, int]) -> None:
    """What left is no longer expected."""
    with writing(services.school) as connection:
        for school, count in sorted(leaving.items()):
            gone = school_year_expectations.c.gone + count
            connection.execute(
                update(school_year_expectations)
                .where(
                    school_year_expectations.c.board_id == services.board_id,
                    school_year_expectations.c.number == number,
                    school_year_expectations.c.product == product,
                    school_year_expectations.c.school == school,
                )
                .values(
                    gone=case(
                        (gone > school_year_expectations.c.leaving, school_year_expectations.c.leaving),
                        else_=gone,
                    )
                )
            )
