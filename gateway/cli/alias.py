"""`schuilnaam alias`: what a product's screens call pupils whose names it may not have."""

from __future__ import annotations

import click

from gateway.cli.console import Console, standard_options
from gateway.roster.model import ProductId
from gateway.school import alias_styles
from gateway.school.disclosure.aliases import Style
from gateway.school.services import clock


@click.group()
def alias() -> None:
    """What a product's screens call pupils."""


@alias.command("style")
@click.argument("product")
@click.argument("style", required=False, type=click.Choice([each.value for each in Style]))
@standard_options
def style_command(console: Console, product: str, style: str | None) -> None:
    """Show or choose how new aliases look: code, or words ("Blauwe Uil 12")."""
    services = console.services()
    if style is None:
        found = alias_styles.shown(services, ProductId(product))
    else:
        actor = services.operator()
        found = alias_styles.choose(services, ProductId(product), Style(style), actor=actor, now=clock())
    stays = (
        f" The {found.given_out} aliases that it has stay as they are."
        if style is not None and found.given_out
        else ""
    )
    console.answer(
        {
            "product": product,
            "style": found.style.value,
            "given_out": found.given_out,
            "changed": found.changed,
        },
        f"{product}: new aliases are {found.style.value}.{stays}",
    )
