"""Fetch now: a person at the school asks the running school side for a refresh, without the passphrase.

A school is never read alone. A generation is one consistent whole, and a source that is read for one school makes the
pupils of every other school look gone; names of the whole board are needed to scrub and to guard. So a school narrows
which products are refreshed, to those that have it in their scope, and everything is read for them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contracts.agreements import CompiledAgreement
from contracts.instants import to_ms
from gateway.errors import DisclosureRefused, UsageError
from gateway.holdings.requests import ask_refreshes, refresh_request
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import ProductId
from gateway.school.agreements import active_agreements
from gateway.school.services import SchoolServices
from gateway.school.vendors.switch import require_not_stopped

_BRIN: Final = re.compile(r"[0-9]{2}[A-Z]{2}([0-9]{2})?\Z")


@dataclass(frozen=True, slots=True)
class Fetched:
    """How far one product is."""

    product: ProductId
    finished: bool
    failure: str | None
    """Stable code of why it failed or was held back."""
    counts: Mapping[str, int]
    """Of the last refresh that was published: added, changed, unchanged, gone."""


def products_for(
    services: SchoolServices, *, product: str | None, school: str | None, now: datetime
) -> list[ProductId]:
    """The products whose agreement is in force, narrowed to one, or to those that have a school in their scope.

    Args:
        school: BRIN, or BRIN with location.

    Raises:
        UsageError: `brin_invalid`, `brin_not_of_board`.
        DisclosureRefused: `vendor_stopped`; `agreement_missing`: there is none.
    """
    if school is not None and not _BRIN.match(school):
        raise UsageError("A BRIN is two digits and two capitals, such as 99ZZ.", code="brin_invalid")
    if school is not None and school[:4] not in services.settings.brins:
        raise UsageError(
            "This BRIN is not one of the board's.",
            code="brin_not_of_board",
            remedy="See `brins` in settings.toml.",
        )
    if product is not None:
        require_not_stopped(services, product)
    found = [
        ProductId(agreement.product)
        for agreement in active_agreements(services, now=now)
        if product in (None, agreement.product) and (school is None or _concerns(agreement, school))
    ]
    if not found and product is not None:
        raise DisclosureRefused(
            "There is no agreement in force for this product: nothing is read and nothing leaves.",
            code="agreement_missing",
            remedy="See `schuilnaam agreement list`.",
        )
    if not found and school is not None:
        raise DisclosureRefused(
            "No agreement in force has this school in its scope: nothing is read and nothing leaves.",
            code="agreement_missing",
            remedy="See `schuilnaam agreement list`.",
        )
    return found


def ask(
    services: SchoolServices,
    actor: Actor,
    products: Sequence[ProductId],
    *,
    school: str | None,
    now: datetime,
) -> None:
    """Ask the running school side to refresh these products now, in one reading of the sources."""
    audit.record(
        services.school,
        AuditEvent.REFRESH_REQUESTED,
        board_id=services.board_id,
        actor=actor,
        now_ms=to_ms(now),
        product=products[0] if len(products) == 1 else None,
        details={"codes": tuple(products), "brins": () if school is None else (school,)},
    )
    ask_refreshes(services.front, board_id=services.board_id, products=products, now_ms=to_ms(now))


def fetched(services: SchoolServices, products: Sequence[ProductId], *, since: datetime) -> list[Fetched]:
    """How far each of the products is that were asked for.

    Args:
        since: when it was asked. A request that was open then may have read before; once it is answered, this
            asks anew.
    """
    found = []
    for product in products:
        request = refresh_request(services.front, board_id=services.board_id, product=product)
        done = request is not None and request.finished_at_ms is not None
        if done and request is not None and request.asked_at_ms < to_ms(since):
            ask_refreshes(services.front, board_id=services.board_id, products=[product], now_ms=to_ms(since))
            request, done = None, False
        failure = None if request is None or not done else request.failure
        counts: Mapping[str, int] = {}
        if done and failure is None:
            newest = audit.newest(
                services.school,
                AuditEvent.REFRESH_FINISHED,
                board_id=services.board_id,
                object_id=product,
            )
            told = None if newest is None else newest.details.get("counts")
            counts = told if isinstance(told, dict) else {}
        found.append(Fetched(product, done, failure, counts))
    return found


def _concerns(agreement: CompiledAgreement, school: str) -> bool:
    # A listed BRIN covers its locations; a school is concerned too where only one of its locations is listed.
    return any(listed.startswith(school) or school.startswith(listed) for listed in agreement.schools)
