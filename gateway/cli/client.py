"""`schuilnaam client`: credentials of vendors' platforms."""

from __future__ import annotations

import json
from pathlib import Path

import click

from gateway.cli.console import Console, require_writable_place, standard_options, write_new_text
from gateway.errors import UsageError
from gateway.roster.model import ProductId
from gateway.school import vendor_access
from gateway.school.agreements import at_the_door, reading_agreements
from gateway.school.services import SchoolServices, clock
from gateway.school.vendors import cards


@click.group()
def client() -> None:
    """Credentials of vendors' platforms."""


def _known_product(services: SchoolServices, product: str) -> bool:
    with reading_agreements(services) as book:
        return any(owner.product == product for owner in book.products())


@client.command("issue")
@click.argument("product")
@click.option(
    "--card",
    "card_path",
    type=click.Path(path_type=Path),
    help="Write one JSON file for the vendor: addresses, dates, schools, fields. Mode 0600.",
)
@click.option(
    "--with-secret", is_flag=True, help="With --card: the secret goes into the file, and is not shown."
)
@standard_options
def issue(console: Console, product: str, card_path: Path | None, with_secret: bool) -> None:
    """Make a client for a product; its secret is shown this once. Without an agreement in force it is refused."""
    services, now = console.services(), clock()
    if with_secret and card_path is None:
        raise UsageError(
            "--with-secret says what goes into the card.", code="card_missing", remedy="Give --card FILE."
        )
    # What would fail after the client was made fails before.
    if card_path is not None:
        require_writable_place(card_path)
        cards.require_public_url(services)
    issued = vendor_access.issue(services, product, actor=services.operator(), now=now)
    standing = at_the_door(services, ProductId(product)).agreement
    base = services.settings.public_url
    answer: dict[str, object] = {
        "product": product,
        "client_id": issued.client_id,
        "client_secret": None if with_secret else issued.client_secret,
        "token_url": None if base is None else f"{base}/oauth2/token",
        "base_url": base,
        "agreement": None if standing is None else standing.reference,
        "product_registered": _known_product(services, product),
    }
    secret = "in the card" if with_secret else f"{issued.client_secret}   (shown this once)"
    text = (
        f"client_id:     {issued.client_id}\nclient_secret: {secret}\n"
        f"token_url:     {answer['token_url'] or '{gateway}/oauth2/token'}\n"
        f"base_url:      {base or '{gateway}'}"
    )
    if card_path is not None:
        content = cards.card(services, ProductId(product), issued, with_secret=with_secret, now=now)
        write_new_text(card_path, json.dumps(content, ensure_ascii=False, indent=2) + "\n")
        answer["card"] = str(card_path)
        text += f"\ncard:          {card_path}" + (
            "   (holds the secret: over a safe way, and remove it)" if with_secret else ""
        )
    console.answer(answer, text)


@client.command("revoke")
@click.argument("client_id")
@standard_options
def revoke(console: Console, client_id: str) -> None:
    """End a client and its tokens at once."""
    services = console.services()
    revoked = vendor_access.revoke(services, client_id, actor=services.operator(), now=clock())
    console.answer(
        {"client_id": client_id, "product": revoked.product, "revoked": True}, f"Revoked: {client_id}"
    )
