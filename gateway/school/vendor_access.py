"""Vendors as the school sees them: products, clients, when they last came; issuing and ending clients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from contracts.instants import to_ms
from contracts.transitions import Version
from contracts.vocabulary import AgreementState
from gateway.connections import clients
from gateway.connections.clients import IssuedClient, VendorClient
from gateway.database import reading, writing
from gateway.errors import UsageError
from gateway.registers import audit, log
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.registers.tables import Log
from gateway.roster.model import ProductId
from gateway.school.agreements import reading_agreements
from gateway.school.services import SchoolServices


@dataclass(frozen=True, slots=True, kw_only=True)
class LastPull:
    """The newest page that a client of a product was given. An exported file is no pull."""

    at: str
    kind: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorProduct:
    """One product with what a person asks about it first."""

    product: str
    recipient: str
    kvk: str
    version: Version | None
    """The version in force, else the newest one."""
    clients: tuple[VendorClient, ...]
    last_pull: LastPull | None


def issue(services: SchoolServices, product: str, *, actor: Actor, now: datetime) -> IssuedClient:
    """Make a client for a product; its secret is shown this once. Without an agreement in force it is refused.

    Raises:
        UsageError: not a slug.
    """
    if not product or len(product) > 64 or not product.replace("-", "").isalnum() or not product.isascii():
        raise UsageError("A product is a slug of letters, digits and dashes.", code="product_invalid")
    now_ms = to_ms(now)
    with writing(services.front) as connection:
        issued = clients.issue(
            connection, board_id=services.board_id, product=ProductId(product), now_ms=now_ms
        )
        audit.record(
            connection,
            AuditEvent.CLIENT_ISSUED,
            board_id=services.board_id,
            actor=actor,
            now_ms=now_ms,
            product=product,
            object_id=issued.client_id,
        )
    return issued


def revoke(services: SchoolServices, client_id: str, *, actor: Actor, now: datetime) -> VendorClient:
    """End a client and its tokens at once.

    Raises:
        UsageError: there is none of this id.
    """
    now_ms = to_ms(now)
    with writing(services.front) as connection:
        revoked = clients.revoke(connection, board_id=services.board_id, client_id=client_id, now_ms=now_ms)
        if revoked is None:
            raise UsageError("There is no client of this id.", code="client_unknown")
        audit.record(
            connection,
            AuditEvent.CLIENT_REVOKED,
            board_id=services.board_id,
            actor=actor,
            now_ms=now_ms,
            product=revoked.product,
            object_id=client_id,
        )
    return revoked


def products(services: SchoolServices) -> list[VendorProduct]:
    """Every product that an agreement ever named, by recipient."""
    with reading_agreements(services) as book:
        owners = book.products()
        versions = book.listing()
    found = []
    with reading(services.front) as connection:
        for owner in owners:
            known = tuple(
                clients.listed(connection, board_id=services.board_id, product=ProductId(owner.product))
            )
            found.append(
                VendorProduct(
                    product=owner.product,
                    recipient=owner.name,
                    kvk=owner.kvk,
                    version=_standing(versions, owner.product),
                    clients=known,
                    last_pull=_last_pull(connection, services, owner.product, known),
                )
            )
    return sorted(found, key=lambda each: (each.recipient.casefold(), each.product))


def _standing(versions: list[Version], product: str) -> Version | None:
    mine = [each for each in versions if product in each.products]
    running = [each for each in mine if each.state in (AgreementState.ACTIVE, AgreementState.SUSPENDED)]
    return next(iter(running), None) or max(mine, key=lambda each: each.registered_at, default=None)


def _last_pull(
    where: log.Transaction, services: SchoolServices, product: str, known: tuple[VendorClient, ...]
) -> LastPull | None:
    return last_disclosure(where, services, product, frozenset(client.client_id for client in known))


def last_disclosure(
    where: log.Transaction, services: SchoolServices, product: str, clients: frozenset[str]
) -> LastPull | None:
    """The newest disclosure of a product to one of these clients; `disclosures.EXPORT` is the client of a file."""
    entries = log.latest(
        where,
        Log.DISCLOSURES,
        board_id=services.board_id,
        limit=1,
        matching={"product": product, "client_id": clients},
    )
    if not entries:
        return None
    (entry,) = entries
    count = entry["count"]
    return LastPull(
        at=str(entry["at"]), kind=str(entry["kind"]), count=count if isinstance(count, int) else 0
    )
