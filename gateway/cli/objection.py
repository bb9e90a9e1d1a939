"""`schuilnaam objection`: leaving one person out of a product, or of every product, until a day."""

from __future__ import annotations

import click

from gateway.cli.consent import parse_day
from gateway.cli.console import Console, standard_options
from gateway.cli.relink import check_reason
from gateway.cli.subjects import parse_pupil
from gateway.errors import UsageError
from gateway.school.consents import objecting
from gateway.school.consents.requests import request_texts
from gateway.school.services import clock

_as = click.option(
    "--as", "person", required=True, help="Who you are: a claim, stored beside the system account."
)


@click.group()
def objection() -> None:
    """Objections (GDPR art. 21), and other reasons to leave one person out."""


@objection.command("add")
@click.option("--pupil", required=True, metavar="SOURCE:ID", help="Source, and id in it.")
@click.option("--product", help="The product.")
@click.option("--every-product", is_flag=True, help="Every product, also those to come.")
@click.option("--until", "until_text", metavar="DATE", help="Last day, inclusive; then it lifts by itself.")
@click.option("--without-end", is_flag=True, help="Until it is lifted.")
@click.option("--reason", required=True, help="Why; sealed, for the school only.")
@_as
@standard_options
def add(
    console: Console,
    pupil: str,
    product: str | None,
    every_product: bool,
    until_text: str | None,
    without_end: bool,
    reason: str,
    person: str,
) -> None:
    """Leave a person out; vendors are served nothing about the person from this instant."""
    check_reason(reason, person)
    source, identifier = parse_pupil(pupil)
    if (product is None) != every_product:
        raise UsageError("Give --product, or --every-product.", code="product_missing")
    if (until_text is None) != without_end:
        raise UsageError("Give --until with its last day, or --without-end.", code="until_missing")
    until_on = parse_day(until_text, "--until")
    services, now = console.services(unlocked=True), clock()
    done = objecting.add(
        services,
        services.person(person),
        source=source,
        identifier=identifier,
        product=product,
        reason=reason,
        until_on=until_on,
        now=now,
    )
    requests = [
        {
            "number": each.request.number,
            "product": each.product,
            "due_on": each.request.due_on.isoformat(),
            "text": request_texts(services, each.request, now=now),
        }
        for each in done.taken
        if each.request is not None
    ]
    taken = {each.product: each.records for each in done.taken}
    until = "until it is lifted" if until_on is None else f"until the end of {until_on.isoformat()}"
    lines = [f"Objection {done.objection.number} holds {until}."]
    lines += [f"{name}: {count} records taken out." for name, count in taken.items() if count]
    lines += [
        f"Request {each['number']} to {each['product']} is drafted: see consent show." for each in requests
    ]
    console.answer(
        {
            "number": done.objection.number,
            "product": product,
            "until_on": None if until_on is None else until_on.isoformat(),
            "records_taken": taken,
            "deletion_requests": requests,
        },
        "\n".join(lines),
    )


@objection.command("lift")
@click.argument("number")
@_as
@standard_options
def lift(console: Console, number: str, person: str) -> None:
    """End an objection before its last day; the next refresh brings the person back."""
    check_reason("lifting an objection", person)
    if not (number.isascii() and number.isdigit() and len(number) < 16):
        raise UsageError("There is no objection of this number.", code="objection_unknown")
    services = console.services(unlocked=True)
    lifted = objecting.lift(services, services.person(person), int(number), now=clock())
    console.answer(
        {"number": lifted.number, "product": lifted.product, "lifted": True},
        f"Objection {lifted.number} is lifted. Next: schuilnaam refresh",
    )


@objection.command("list")
@click.option("--product", help="Only against this product, or every product.")
@click.option("--all", "everything", is_flag=True, help="Also those that are over.")
@_as
@click.option("--reason", required=True, help="Why you look; a case number is better than a name.")
@standard_options
def list_objections(
    console: Console, product: str | None, everything: bool, person: str, reason: str
) -> None:
    """Who is left out of what, until when."""
    check_reason(reason, person)
    services = console.services(unlocked=True)
    found = objecting.listed(
        services,
        services.person(person),
        reason=reason,
        product=product,
        only_holding=not everything,
        now=clock(),
    )
    rows = [
        {
            "number": each.number,
            "pupil": f"{each.source}:{each.identifier}",
            "product": each.product,
            "made_on": each.made_on.isoformat(),
            "until_on": None if each.until_on is None else each.until_on.isoformat(),
            "holds": each.holds,
            "reason": each.reason,
        }
        for each in found
    ]
    lines = [
        f"{row['number']:>4} {row['pupil']} {row['product'] or 'every product'} until {row['until_on'] or '-'}"
        f"{'' if row['holds'] else ' (over)'}: {row['reason']}"
        for row in rows
    ]
    console.answer({"objections": rows}, "\n".join(lines) or "Nobody is left out.")
