"""Every vendor of the board and how its products stand: agreement, last pull, clients, stopped or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from contracts.agreements import CompiledAgreement
from contracts.errors import AgreementAltered
from contracts.instants import local_day
from contracts.reading import AgreementReader
from contracts.vocabulary import AgreementState
from gateway.roster.model import ProductId
from gateway.school import vendor_access
from gateway.school.agreements import reading_agreements
from gateway.school.services import SchoolServices
from gateway.school.vendor_access import VendorProduct
from gateway.school.vendors.stops import Stop, stop_of


class Standing(StrEnum):
    """How a product stands now, in one word."""

    STOPPED = "stopped"
    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    NOT_STARTED = "not_started"
    """Active, and its first day is still to come."""
    NOT_ACTIVE = "not_active"
    """Registered or approved, not activated."""
    RESULTS_ONLY = "results_only"
    """Ended; results may still come back."""
    ENDED = "ended"
    ALTERED = "altered"
    """Its row is not what was registered: refused."""
    NO_AGREEMENT = "no_agreement"


@dataclass(frozen=True, slots=True)
class ProductStanding:
    """One product of a vendor."""

    product: ProductId
    standing: Standing
    agreement: str | None
    """`VO-2026-014/2`."""
    last_day: date | None
    """Of the agreement; None: no end is known."""
    days_left: int | None
    """Until and with the last day; only while it is in force or suspended."""
    last_pull: str | None
    """UTC; None: never."""
    clients: tuple[str, ...]
    """Ids of those that are not revoked."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """A recipient with its products."""

    kvk: str
    name: str
    stop: Stop | None
    products: tuple[ProductStanding, ...]


def vendors(services: SchoolServices, *, now: datetime) -> list[Vendor]:
    """Every vendor that ever had a product registered, by name."""
    products = vendor_access.products(services)
    with reading_agreements(services) as register:
        found = {each.product: _compiled(register, each.product, now=now) for each in products}
    listed = []
    for kvk in sorted({each.kvk for each in products}):
        theirs = [each for each in products if each.kvk == kvk]
        stop = stop_of(services.school, board_id=services.board_id, kvk=kvk)
        standings = tuple(_product(each, found[each.product], stop, now=now) for each in theirs)
        listed.append(Vendor(kvk, theirs[-1].recipient, stop, standings))
    return sorted(listed, key=lambda vendor: (vendor.name.casefold(), vendor.kvk))


def standing_of(agreement: CompiledAgreement, *, now: datetime) -> Standing:
    """The word for an agreement at an instant, apart from stops."""
    if agreement.state in (AgreementState.REGISTERED, AgreementState.APPROVED):
        return Standing.NOT_ACTIVE
    if agreement.outbound_until is not None and now >= agreement.outbound_until:
        back = agreement.inbound_until
        open_ = not agreement.suspended and back is not None and now < back
        closed = agreement.state in (AgreementState.CLOSED, AgreementState.REPLACED)
        return Standing.RESULTS_ONLY if open_ and not closed else Standing.ENDED
    if agreement.state is AgreementState.SUSPENDED:
        return Standing.SUSPENDED
    if agreement.state is not AgreementState.ACTIVE:
        return Standing.ENDED
    return Standing.NOT_STARTED if now < agreement.outbound_from else Standing.IN_FORCE


def _compiled(register: AgreementReader, product: str, *, now: datetime) -> CompiledAgreement | Standing:
    try:
        return register.compiled(product, now=now) or Standing.NO_AGREEMENT
    except AgreementAltered:
        return Standing.ALTERED


def _product(
    known: VendorProduct,
    agreement: CompiledAgreement | Standing,
    stop: Stop | None,
    *,
    now: datetime,
) -> ProductStanding:
    standing = agreement if isinstance(agreement, Standing) else standing_of(agreement, now=now)
    last_day = None if isinstance(agreement, Standing) else agreement.last_day
    runs = standing in (Standing.IN_FORCE, Standing.SUSPENDED, Standing.NOT_STARTED)
    return ProductStanding(
        product=ProductId(known.product),
        standing=Standing.STOPPED if stop is not None else standing,
        agreement=None if isinstance(agreement, Standing) else agreement.reference,
        last_day=last_day,
        days_left=(last_day - local_day(now)).days if last_day is not None and runs else None,
        last_pull=None if known.last_pull is None else known.last_pull.at,
        clients=tuple(client.client_id for client in known.clients if client.revoked_at_ms is None),
    )
