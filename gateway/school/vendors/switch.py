"""The one switch that stops a vendor: nothing goes out and nothing comes in, from its very next request.

Apart from every agreement: resuming an agreement does not undo a stop, and lifting a stop resumes no agreement.
It needs no ring and no second person, because it only takes away. What was acknowledged before is still delivered
to the school's system (nothing acknowledged is ever lost).

Order (docs/decisions/0021, 0028): a stop reaches the vendors' door before its own row is committed; lifting one,
after it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from contracts.calendar import Occasion
from contracts.instants import to_ms
from contracts.vendors import ProductOwner
from gateway.errors import DisclosureRefused, UsageError
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import ProductId
from gateway.school import agreements
from gateway.school.mail.outbox import Outbox
from gateway.school.services import SchoolServices
from gateway.school.vendors.stops import Stop, stop_of

MAX_REASON: Final = 500
_KVK: Final = re.compile(r"\d{8}\Z")


@dataclass(frozen=True, slots=True)
class Switched:
    """What stopping or resuming did."""

    kvk: str
    name: str
    products: tuple[ProductId, ...]
    stop: Stop | None
    """As it stands now; None: not stopped."""
    changed: bool
    """False: it was stopped already, and is told again."""


def stop(services: SchoolServices, actor: Actor, vendor: str, *, reason: str, now: datetime) -> Switched:
    """Stop a vendor. Stopping a stopped one changes nothing and tells the door again.

    Args:
        vendor: KvK number, or the slug of one of its products.

    Raises:
        UsageError: `vendor_unknown`, `reason_missing`.
        GatewayUnready: the register cannot be written; the door may have been told all the same, for up to a minute.
    """
    said = checked_reason(reason)
    with agreements.standing_still(services) as (connection, register):
        name, kvk, products = _resolved(register.products(), vendor)
        before = stop_of(connection, board_id=services.board_id, kvk=kvk)
        if before is None:
            switched = (AuditEvent.VENDOR_STOPPED, Occasion.VENDOR_STOPPED)
            _record(services, connection, switched, actor, kvk, name, products, said, now=now)
        agreements.publish_before_commit(services, connection, register, products, now=now)
        standing = stop_of(connection, board_id=services.board_id, kvk=kvk)
    return Switched(kvk, name, products, standing, changed=before is None)


def resume(services: SchoolServices, actor: Actor, vendor: str, *, reason: str, now: datetime) -> Switched:
    """Lift a stop: what the agreements allow goes again, no more.

    Raises:
        UsageError: `vendor_unknown`, `reason_missing`.
        DisclosureRefused: `vendor_not_stopped`.
    """
    said = checked_reason(reason)
    with agreements.standing_still(services) as (connection, register):
        name, kvk, products = _resolved(register.products(), vendor)
        if stop_of(connection, board_id=services.board_id, kvk=kvk) is None:
            raise DisclosureRefused(
                "This vendor is not stopped.",
                code="vendor_not_stopped",
                remedy="See `schuilnaam vendor list`; a suspended agreement is resumed with `agreement activate`.",
            )
        switched = (AuditEvent.VENDOR_RESUMED, Occasion.VENDOR_RESUMED)
        _record(services, connection, switched, actor, kvk, name, products, said, now=now)
    agreements.publish_current(services, now=now)
    return Switched(kvk, name, products, None, changed=True)


def require_not_stopped(services: SchoolServices, product: str) -> None:
    """Raises `DisclosureRefused` with code `vendor_stopped` when the product's vendor is stopped."""
    known = agreements.at_the_door(services, ProductId(product)).agreement
    if known is not None and known.stopped:
        raise DisclosureRefused(
            "The board has stopped every exchange with this vendor: nothing is read and nothing leaves.",
            code="vendor_stopped",
            remedy="See `schuilnaam vendor list`, and `schuilnaam vendor resume` to lift the stop.",
        )


def checked_reason(reason: str) -> str:
    """The reason as it is registered; raises `UsageError` when it says nothing."""
    said = " ".join(reason.split())
    if not said or len(said) > MAX_REASON:
        raise UsageError("A reason is needed, in at most 500 characters.", code="reason_missing")
    return said


def _resolved(owners: Sequence[ProductOwner], vendor: str) -> tuple[str, str, tuple[ProductId, ...]]:
    found = [owner for owner in owners if owner.product == vendor]
    kvk = found[0].kvk if found else vendor
    theirs = [owner for owner in owners if owner.kvk == kvk]
    if not theirs:
        raise UsageError(
            "There is no vendor of this KvK number or product.",
            code="vendor_unknown",
            remedy="See `schuilnaam vendor list`.",
        )
    # Attack on attention: a product whose slug is another vendor's number would have the wrong one stopped.
    if found and _KVK.match(vendor) and any(owner.kvk == vendor != kvk for owner in owners):
        raise UsageError(
            "This is the KvK number of one vendor and the product of another.",
            code="vendor_ambiguous",
            remedy="Name another product of the one that is meant.",
        )
    return theirs[0].name, kvk, tuple(ProductId(owner.product) for owner in theirs)


def _record(
    services: SchoolServices,
    connection: Connection,
    switched: tuple[AuditEvent, Occasion],
    actor: Actor,
    kvk: str,
    name: str,
    products: Sequence[ProductId],
    reason: str,
    *,
    now: datetime,
) -> None:
    event, occasion = switched
    entry = audit.record(
        connection,
        event,
        board_id=services.board_id,
        actor=actor,
        now_ms=to_ms(now),
        object_id=kvk,
        details={"codes": tuple(products), "explanation": reason},
    )
    Outbox(connection, services.settings, now=now).tell(
        occasion,
        f"{occasion.value} {kvk} {entry}",
        {"vendor": name, "kvk": kvk, "products": tuple(products), "by": actor.claim or ""},
    )
