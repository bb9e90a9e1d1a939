"""What went to a product and what came back, in numbers: for the pictures on its page. Counts only, of nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from contracts.errors import AgreementAltered
from contracts.instants import from_ms, local_day, starts_at, to_ms
from contracts.vocabulary import Direction, Service
from gateway.connections import source_settings
from gateway.errors import GatewayError
from gateway.holdings.reading import Holdings
from gateway.holdings.selection import Collection, Selection
from gateway.registers import audit, disclosures, log
from gateway.registers.audit_events import AuditEvent
from gateway.registers.tables import Log
from gateway.roster.model import Kind, ProductId
from gateway.school.agreements import reading_agreements
from gateway.school.services import SchoolServices
from gateway.school.vendors.listing import Standing, vendors

DAYS: Final = 30
OPEN: Final = frozenset({Standing.IN_FORCE})
"""Standings under which data goes out."""
OPEN_BACK: Final = frozenset({Standing.IN_FORCE, Standing.RESULTS_ONLY})


@dataclass(frozen=True, slots=True)
class DayTraffic:
    """One local day."""

    day: date
    pages: int
    """Pages that the product fetched."""
    records: int


@dataclass(frozen=True, slots=True)
class Held:
    """What the product can fetch now."""

    persons: int
    groups: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """One product: out, back, and what stays."""

    product: str
    recipient: str
    standing: Standing
    agreement: str | None
    sources: tuple[str, ...]
    """Slugs."""
    held: Held | None
    """None: nothing can be fetched."""
    withheld: Mapping[str, int]
    """Persons whom the last refresh kept back, by reason."""
    refreshed_at: str | None
    """UTC; None: never."""
    fields: int
    """Fields that the agreement lists on the way out."""
    gives_results: bool
    """Whether results may come back under the agreement."""
    days: tuple[DayTraffic, ...]
    """The oldest first; the last one is today."""
    exported: int
    """Files that the school made for it in those days."""
    refused: int
    """Requests that were refused in those days."""
    returned: int
    """Results, and what belongs to them, that were taken in in those days."""
    delivered: int
    """Of what was taken in, what was written into the school's system in those days."""
    kept: int
    """What the board keeps, instead of writing it into the school's system."""
    stuck: int
    """What could not be delivered: dead letters and quarantine."""

    @property
    def leaves(self) -> bool:
        """Whether data goes out now."""
        return self.standing in OPEN

    @property
    def returns(self) -> bool:
        """Whether results come back now."""
        return self.gives_results and self.standing in OPEN_BACK

    @property
    def pulls(self) -> int:
        """Pages fetched in all days."""
        return sum(each.pages for each in self.days)

    @property
    def read(self) -> int | None:
        """Persons whom the last refresh read for this product, less who was taken out since; None before the first."""
        if self.held is None:
            return None
        return self.held.persons + sum(self.withheld.values())


def of_product(services: SchoolServices, product: str, *, now: datetime) -> Traffic | None:
    """The numbers of one product; None when no agreement ever named it."""
    for vendor in vendors(services, now=now):
        for each in vendor.products:
            if each.product == product:
                return _traffic(services, each.product, vendor.name, each.standing, each.agreement, now=now)
    return None


def _traffic(
    services: SchoolServices,
    product: ProductId,
    recipient: str,
    standing: Standing,
    agreement: str | None,
    *,
    now: datetime,
) -> Traffic:
    today = local_day(now)
    first = today - timedelta(days=DAYS - 1)
    since_ms = to_ms(starts_at(first))
    refreshed, withheld = _refreshed(services, product)
    fields, results = _terms(services, product, now=now)

    def school(event: AuditEvent) -> int:
        return _count(services, Log.AUDIT_SCHOOL, event, product, since_ms)

    def door(event: AuditEvent) -> int:
        return _count(services, Log.AUDIT, event, product, since_ms)

    exported = disclosures.by_quarter(
        services.front, board_id=services.board_id, product=product, since_ms=since_ms, exported=True
    )
    return Traffic(
        product=product,
        recipient=recipient,
        standing=standing,
        agreement=agreement,
        sources=tuple(
            each.slug for each in source_settings.listed(services.school, board_id=services.board_id)
        ),
        held=_held(services, product, now=now),
        withheld=withheld,
        refreshed_at=refreshed,
        fields=fields,
        gives_results=results,
        days=_days(services, product, first, today),
        exported=sum(each.pages for each in exported),
        refused=door(AuditEvent.REQUEST_REFUSED) + door(AuditEvent.RESULT_REFUSED),
        returned=door(AuditEvent.RESULT_ACCEPTED),
        delivered=school(AuditEvent.RESULT_DELIVERED),
        kept=school(AuditEvent.RESULT_KEPT),
        stuck=school(AuditEvent.RESULT_DEAD_LETTERED) + school(AuditEvent.RESULT_QUARANTINED),
    )


def _count(services: SchoolServices, where: Log, event: AuditEvent, product: str, since_ms: int) -> int:
    return log.count(
        services.front if where is Log.AUDIT else services.school,
        where,
        board_id=services.board_id,
        since_ms=since_ms,
        matching={"event": event.value, "product": product},
    )


def _days(services: SchoolServices, product: str, first: date, today: date) -> tuple[DayTraffic, ...]:
    pages: Counter[date] = Counter()
    records: Counter[date] = Counter()
    for quarter in disclosures.by_quarter(
        services.front,
        board_id=services.board_id,
        product=product,
        since_ms=to_ms(starts_at(first)),
        exported=False,
    ):
        day = local_day(from_ms(quarter.starts_at_ms))
        pages[day] += quarter.pages
        records[day] += quarter.records
    days = [first + timedelta(days=number) for number in range((today - first).days + 1)]
    return tuple(DayTraffic(day, pages[day], records[day]) for day in days)


def _refreshed(services: SchoolServices, product: str) -> tuple[str | None, dict[str, int]]:
    newest = audit.newest(
        services.school, AuditEvent.REFRESH_FINISHED, board_id=services.board_id, object_id=product
    )
    if newest is None:
        return None, {}
    withheld = newest.details.get("withheld")
    found: dict[str, int] = {}
    if isinstance(withheld, Mapping):
        for name, count in withheld.items():
            kind, _, reason = str(name).partition(":")
            if kind == Kind.USER.value and isinstance(count, int):
                found[reason] = count
    return newest.at, found


def _terms(services: SchoolServices, product: str, *, now: datetime) -> tuple[int, bool]:
    with reading_agreements(services) as register:
        try:
            agreement = register.compiled(product, now=now)
        except AgreementAltered:
            agreement = None
    if agreement is None:
        return 0, False
    out = {
        name for entry in agreement.entries if entry.direction.allows(Direction.OUT) for name in entry.fields
    }
    return len(out), Service.RESULTS in agreement.services


def _held(services: SchoolServices, product: ProductId, *, now: datetime) -> Held | None:
    holdings = Holdings(
        services.front,
        services.storage_key,
        board_id=services.board_id,
        max_age_ms=services.settings.max_age_days * 86_400_000,
    )
    try:
        generation = holdings.current(product, now_ms=to_ms(now))
        if generation is None:
            return None
        persons, groups = (
            holdings.page(product, generation, Selection(Collection(kind), limit=1), positions=False).total
            for kind in (Kind.USER, Kind.CLASS)
        )
    except GatewayError:
        # Too old, or stopped: nothing can be fetched.
        return None
    return Held(persons, groups)
