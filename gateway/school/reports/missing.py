"""Agreements that are not done: what each still misses."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from gateway.school.agreeing import overview
from gateway.school.agreeing.overview import AgreementRow
from gateway.school.reports.table import Table
from gateway.school.services import SchoolServices

HEADS: Final = ("agreement", "recipient", "products", "standing", "last_day", "missing")


def missing_rows(services: SchoolServices, *, now: datetime) -> tuple[list[AgreementRow], list[str]]:
    """Versions that miss something, and the references of altered ones."""
    rows, altered = overview.listed(services, now=now)
    return [row for row in rows if row.missing], altered


def missing(services: SchoolServices, *, now: datetime) -> Table:
    """The same as a table; `altered` where a row is not what was registered."""
    rows, altered = missing_rows(services, now=now)
    told = [
        (
            row.version.reference,
            row.version.agreement.processor.name,
            "; ".join(row.version.products),
            row.standing.value,
            "" if row.last_day is None else row.last_day.isoformat(),
            "; ".join(row.missing),
        )
        for row in rows
    ]
    told += [(reference, "", "", "altered", "", "altered") for reference in altered]
    return Table(HEADS, tuple(told))
