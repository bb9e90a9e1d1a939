"""`schuilnaam legal-exception`: what went to a recipient by law, noted in the register of disclosures."""

from __future__ import annotations

import click

from contracts.instants import local_day
from contracts.legal_exceptions import CATALOGUE
from gateway.cli.consent import parse_day
from gateway.cli.console import Console, standard_options
from gateway.cli.relink import check_reason
from gateway.cli.subjects import parse_pupil
from gateway.school import legal_deliveries
from gateway.school.services import clock


@click.group("legal-exception")
def legal_exception() -> None:
    """Recipients by law: no consent, and a closed list of fields."""


@legal_exception.command("list")
@standard_options
def list_exceptions(console: Console) -> None:
    """The catalogue: code, recipient, article, and what may go."""
    rows = [
        {
            "code": entry.code,
            "recipient": entry.recipient,
            "article": entry.article,
            "fields": list(entry.fields),
            "automatic": entry.automatic,
            "note": entry.note,
        }
        for entry in CATALOGUE
    ]
    lines = [
        f"{entry.code:<22} {entry.recipient}\n{'':<22} {entry.article}\n{'':<22} {', '.join(entry.fields)}\n"
        f"{'':<22} {'' if entry.automatic else 'Not automatic. '}{entry.note}"
        for entry in CATALOGUE
    ]
    console.answer({"legal_exceptions": rows}, "\n".join(lines))


@legal_exception.command("note")
@click.argument("code")
@click.option("--pupil", required=True, metavar="SOURCE:ID", help="Source, and id in it.")
@click.option("--on", "on_text", metavar="DATE", help="Day of the delivery; default: today.")
@click.option("--field", "fields", multiple=True, help="Only this of the closed list; default: all of it.")
@click.option("--because", default="", help="Why, and under which number; required where no law obliges.")
@click.option("--as", "person", required=True, help="Who you are: a claim, stored beside the system account.")
@standard_options
def note(
    console: Console,
    code: str,
    pupil: str,
    on_text: str | None,
    fields: tuple[str, ...],
    because: str,
    person: str,
) -> None:
    """Note a delivery that the school's system made; the gateway itself sends nothing."""
    check_reason("noting a delivery", person)
    source, identifier = parse_pupil(pupil)
    on = parse_day(on_text, "--on")
    services, now = console.services(unlocked=True), clock()
    noted = legal_deliveries.note(
        services,
        services.person(person),
        code=code,
        source=source,
        identifier=identifier,
        delivered_on=local_day(now) if on is None else on,
        fields=fields,
        explanation=because,
        now=now,
    )
    console.answer(
        {
            "code": noted.entry.code,
            "recipient": noted.entry.recipient,
            "article": noted.entry.article,
            "fields": list(noted.fields),
            "on": noted.delivered_on.isoformat(),
            "disclosure": noted.disclosure,
        },
        f"Noted as disclosure {noted.disclosure}: {noted.entry.recipient}, {', '.join(noted.fields)}.",
    )
