"""`schuilnaam client`: credentials of vendors' platforms."""

from __future__ import annotations

import click

from contracts.instants import to_ms
from gateway.cli.console import Console, standard_options
from gateway.connections import clients
from gateway.database import writing
from gateway.errors import UsageError
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import ProductId
from gateway.school.agreements import at_the_door, reading_agreements
from gateway.school.services import SchoolServices, clock


@click.group()
def client() -> None:
    """Credentials of vendors' platforms."""


def _known_product(services: SchoolServices, product: str) -> bool:
    with reading_agreements(services) as book:
        return any(owner.product == product for owner in book.products())


@client.command("issue")
@click.argument("product")
@standard_options
def issue(console: Console, product: str) -> None:
    """Make a client for a product; its secret is shown this once. Without an agreement in force it is refused."""
    services = console.services()
    if not product or len(product) > 64 or not product.replace("-", "").isalnum() or not product.isascii():
        raise UsageError("A product is a slug of letters, digits and dashes.", code="product_invalid")
    now_ms = to_ms(clock())
    with writing(services.front) as connection:
        issued = clients.issue(
            connection, board_id=services.board_id, product=ProductId(product), now_ms=now_ms
        )
        audit.record(
            connection,
            AuditEvent.CLIENT_ISSUED,
            board_id=services.board_id,
            actor=services.operator(),
            now_ms=now_ms,
            product=product,
            object_id=issued.client_id,
        )
    base = services.settings.public_url
    standing = at_the_door(services, ProductId(product)).agreement
    answer = {
        "product": product,
        "client_id": issued.client_id,
        "client_secret": issued.client_secret,
        "token_url": None if base is None else f"{base}/oauth2/token",
        "base_url": base,
        "agreement": None if standing is None else standing.reference,
        "product_registered": _known_product(services, product),
    }
    console.answer(
        answer,
        f"client_id:     {issued.client_id}\nclient_secret: {issued.client_secret}   (shown this once)\n"
        f"token_url:     {answer['token_url'] or '{gateway}/oauth2/token'}\n"
        f"base_url:      {base or '{gateway}'}",
    )


@client.command("revoke")
@click.argument("client_id")
@standard_options
def revoke(console: Console, client_id: str) -> None:
    """End a client and its tokens at once."""
    services = console.services()
    now_ms = to_ms(clock())
    with writing(services.front) as connection:
        revoked = clients.revoke(connection, board_id=services.board_id, client_id=client_id, now_ms=now_ms)
        if revoked is None:
            raise UsageError("There is no client of this id.", code="client_unknown")
        audit.record(
            connection,
            AuditEvent.CLIENT_REVOKED,
            board_id=services.board_id,
            actor=services.operator(),
            now_ms=now_ms,
            product=revoked.product,
            object_id=client_id,
        )
    console.answer(
        {"client_id": client_id, "product": revoked.product, "revoked": True}, f"Revoked: {client_id}"
    )
