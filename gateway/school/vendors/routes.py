"""By which way each product of the board gets what it gets, or why it gets nothing: what can be done, and how.

Reads only; nothing here decides. Whether data goes is asked of the agreement at every request.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from contracts.agreements import CompiledAgreement
from contracts.errors import AgreementAltered
from contracts.vocabulary import Groups, RecipientRole, Service
from gateway.database import reading
from gateway.registers import disclosures
from gateway.roster.model import ProductId
from gateway.school.agreements import reading_agreements
from gateway.school.services import SchoolServices
from gateway.school.vendor_access import last_disclosure
from gateway.school.vendors.listing import ProductStanding, Standing, Vendor, vendors


class Way(StrEnum):
    """How a product gets what is agreed. Told by the API; values never change."""

    ONEROSTER = "oneroster-1.2"
    """The product fetches through the gateway."""
    FILE = "file"
    """The school makes a file for the product's upload page."""
    NOT_CONNECTED = "not_connected"
    """Agreed, and neither credentials nor a file were made yet."""
    RESULTS_ONLY = "results_only"
    """Nothing goes out any more; results may come back."""
    REGISTERED_ONLY = "registered_only"
    """The agreement is kept here; what it is about goes another way."""
    BY_LAW = "by_law"
    """The school's own system delivers, and the delivery is noted here."""
    CLOSED = "closed"
    """Nothing goes: `standing` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One product."""

    recipient: str
    kvk: str
    product: str
    ways: tuple[Way, ...]
    """At least one."""
    standing: Standing
    agreement: str | None
    last_day: date | None
    results: bool
    """Whether results may come back."""
    groups: Groups | None
    """How much the product sees of groups; None where no agreement says."""
    last_pull: str | None
    """UTC; None: never."""
    last_file: str | None
    """UTC; None: never."""


_GOES = frozenset({Standing.IN_FORCE})


def of_board(services: SchoolServices, *, now: datetime) -> list[Route]:
    """Every product that an agreement of the board ever named, by recipient."""
    found = []
    with reading_agreements(services) as register:
        for vendor in vendors(services, now=now):
            for product in vendor.products:
                try:
                    agreement = register.compiled(product.product, now=now)
                except AgreementAltered:
                    agreement = None
                found.append(_route(services, vendor, product, agreement))
    return found


def _route(
    services: SchoolServices, vendor: Vendor, product: ProductStanding, agreement: CompiledAgreement | None
) -> Route:
    last_file = _last_file(services, product.product)
    return Route(
        recipient=vendor.name,
        kvk=vendor.kvk,
        product=product.product,
        ways=ways_of(product, agreement, exported=last_file is not None),
        standing=product.standing,
        agreement=product.agreement,
        last_day=product.last_day,
        results=agreement is not None
        and Service.RESULTS in agreement.services
        and product.standing in (Standing.IN_FORCE, Standing.RESULTS_ONLY),
        groups=None if agreement is None or not agreement.services else agreement.groups,
        last_pull=product.last_pull,
        last_file=last_file,
    )


def ways_of(
    product: ProductStanding, agreement: CompiledAgreement | None, *, exported: bool
) -> tuple[Way, ...]:
    """The ways that are open now; one that says why none is, where none is."""
    if product.standing is Standing.RESULTS_ONLY and agreement is not None:
        return (Way.RESULTS_ONLY,) if Service.RESULTS in agreement.services else (Way.CLOSED,)
    if product.standing not in _GOES or agreement is None:
        return (Way.CLOSED,)
    if agreement.role is RecipientRole.BY_LAW:
        return (Way.BY_LAW,)
    if not agreement.services:
        return (Way.REGISTERED_ONLY,)
    ways = [way for way, used in ((Way.ONEROSTER, bool(product.clients)), (Way.FILE, exported)) if used]
    return tuple(ways) or (Way.NOT_CONNECTED,)


def _last_file(services: SchoolServices, product: ProductId) -> str | None:
    with reading(services.front) as connection:
        found = last_disclosure(connection, services, product, frozenset({disclosures.EXPORT}))
    return None if found is None else found.at
