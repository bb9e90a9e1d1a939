"""The products of agreements that run today: what every report is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from contracts.agreements import Agreement, ProductTerms
from contracts.terms import deletion_term
from gateway.errors import UsageError
from gateway.school.agreeing import overview
from gateway.school.agreeing.overview import AgreementRow, Standing
from gateway.school.agreements import reading_agreements
from gateway.school.services import SchoolServices
from gateway.school.vendors import stops

RUNNING: Final = frozenset({Standing.ACTIVE, Standing.ENDING, Standing.STARTS, Standing.SUSPENDED})
IN_FORCE: Final = frozenset({Standing.ACTIVE, Standing.ENDING, Standing.SUSPENDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One product of an agreement that runs."""

    row: AgreementRow
    terms: ProductTerms
    stopped: bool
    """The vendor is stopped as a whole."""

    @property
    def agreement(self) -> Agreement:
        return self.row.version.agreement

    @property
    def schools(self) -> tuple[str, ...]:
        """BRINs."""
        chosen = self.terms.scope.schools
        return self.agreement.controller.brins if chosen is None else chosen

    @property
    def delete_within_days(self) -> int | None:
        """Days after the last one; None: a law keeps the recipient from deleting."""
        day = date(2000, 1, 1)
        term = deletion_term(self.agreement, self.terms.product_id, last_day=day)
        return None if term is None else (term.due_on - day) // timedelta(days=1)

    @property
    def paused(self) -> bool:
        """It is in its days, and nothing goes all the same."""
        return self.stopped or self.row.standing is Standing.SUSPENDED


def running_products(
    services: SchoolServices,
    *,
    now: datetime,
    standings: frozenset[Standing] = RUNNING,
    school: str | None = None,
) -> list[Described]:
    """Every product by recipient and name; altered agreements are not among them.

    Args:
        school: only what has this BRIN in its scope.

    Raises:
        UsageError: `school_unknown`, a BRIN of another board.
    """
    if school is not None and school not in services.settings.brins:
        raise UsageError(
            "This school is not one of the board.",
            code="school_unknown",
            remedy="Give a BRIN that stands in `brins` of the settings.",
        )
    rows, _altered = overview.listed(services, now=now)
    with reading_agreements(services) as register:
        owners = register.products()
    stopped = {each.stop.kvk for each in stops.stopped(services.school, owners, board_id=services.board_id)}
    found = [
        Described(row=row, terms=terms, stopped=row.version.agreement.processor.kvk in stopped)
        for row in rows
        if row.standing in standings
        for terms in row.version.agreement.products
    ]
    shown = [each for each in found if school is None or school in each.schools]
    return sorted(shown, key=_by_recipient)


def _by_recipient(each: Described) -> tuple[str, str]:
    return each.agreement.processor.name.casefold(), each.terms.name.casefold()


def joined(values: Sequence[object]) -> str:
    """Several values in one cell."""
    return "; ".join(str(getattr(value, "value", value)) for value in values)
