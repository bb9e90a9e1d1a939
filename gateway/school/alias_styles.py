"""Choosing how a product's new aliases look: codes, or words for children who cannot read codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from contracts.instants import to_ms
from gateway.database import reading, writing
from gateway.errors import UsageError
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import ProductId
from gateway.school.agreements import reading_agreements
from gateway.school.disclosure import aliases
from gateway.school.disclosure.aliases import Style
from gateway.school.services import SchoolServices


@dataclass(frozen=True, slots=True)
class ProductStyle:
    """How new aliases of a product look."""

    product: ProductId
    style: Style
    given_out: int
    """Aliases that it has already; they stay as they are."""
    changed: bool = False


def shown(services: SchoolServices, product: ProductId) -> ProductStyle:
    """As it is; raises `UsageError` with code `product_unknown`."""
    _require_known(services, product)
    with reading(services.school) as connection:
        return ProductStyle(
            product,
            aliases.style_of(connection, board_id=services.board_id, product=product),
            aliases.taken(connection, board_id=services.board_id, product=product),
        )


def choose(
    services: SchoolServices, product: ProductId, style: Style, *, actor: Actor, now: datetime
) -> ProductStyle:
    """From now on new aliases look so. What was given out stays valid and as it is: a vendor holds it.

    Raises:
        UsageError: `product_unknown`.
    """
    _require_known(services, product)
    with writing(services.school) as connection:
        changed = aliases.choose_style(
            connection, board_id=services.board_id, product=product, style=style, now_ms=to_ms(now)
        )
        given_out = aliases.taken(connection, board_id=services.board_id, product=product)
        if changed:
            audit.record(
                connection,
                AuditEvent.ALIAS_STYLE_CHOSEN,
                board_id=services.board_id,
                actor=actor,
                now_ms=to_ms(now),
                product=product,
                object_id=product,
                details={"kind": style.value},
            )
    return ProductStyle(product, style, given_out, changed)


def _require_known(services: SchoolServices, product: ProductId) -> None:
    with reading_agreements(services) as register:
        known = {owner.product for owner in register.products()}
    if product not in known:
        raise UsageError("There is no such product.", code="product_unknown", remedy="See agreement list.")
