"""`schuilnaam vendor`: how every vendor stands, and the one switch that stops one."""

from __future__ import annotations

import click

from gateway.cli.console import Console, somebody, standard_options
from gateway.school.services import clock
from gateway.school.vendors import listing, routes, switch
from gateway.school.vendors.listing import ProductStanding, Standing, Vendor
from gateway.school.vendors.routes import Way
from gateway.school.vendors.switch import Switched


@click.group()
def vendor() -> None:
    """The recipients of the board's agreements."""


def _switched(console: Console, done: Switched, text: str) -> None:
    stop = done.stop
    console.answer(
        {
            "kvk": done.kvk,
            "vendor": done.name,
            "products": list(done.products),
            "stopped": stop is not None,
            "since": None if stop is None else stop.since,
            "by": None if stop is None else stop.by,
            "changed": done.changed,
        },
        text,
    )


@vendor.command("stop")
@click.argument("vendor")
@click.option("--by", required=True, help="Who stops it: a claim, stored beside the system account.")
@click.option("--reason", required=True, help="Why; kept in the audit log. No names of pupils.")
@standard_options
def stop(console: Console, vendor: str, by: str, reason: str) -> None:
    """Stop a vendor (KvK number or product) at once: all its products, in and out, whatever the agreements say."""
    services = console.services()
    done = switch.stop(services, somebody(services, by), vendor, reason=reason, now=clock())
    products = ", ".join(done.products)
    first = "is stopped" if done.changed else "was stopped already"
    _switched(
        console,
        done,
        f"{done.name} ({done.kvk}) {first}: {products}. Nothing goes out and nothing comes in.\n"
        f"Lift it with: schuilnaam vendor resume {done.kvk} --by NAME --reason WHY",
    )


@vendor.command("resume")
@click.argument("vendor")
@click.option("--by", required=True, help="Who lifts the stop: a claim, stored beside the system account.")
@click.option("--reason", required=True, help="Why; kept in the audit log.")
@standard_options
def resume(console: Console, vendor: str, by: str, reason: str) -> None:
    """Lift the stop of a vendor: what its agreements allow goes again, and no more."""
    services = console.services()
    done = switch.resume(services, somebody(services, by), vendor, reason=reason, now=clock())
    _switched(console, done, f"{done.name} ({done.kvk}) is no longer stopped. Its agreements decide again.")


@vendor.command("list")
@standard_options
def list_vendors(console: Console) -> None:
    """Every vendor: how its products stand, when they last pulled, until when, and with which clients."""
    services = console.services()
    found = listing.vendors(services, now=clock())
    lines: list[str] = []
    for each in found:
        lines.append(f"{each.name} ({each.kvk})" + _stopped(each))
        lines += [_line(product) for product in each.products]
    console.answer(
        {"vendors": [_described(each) for each in found]}, "\n".join(lines) or "There are no vendors yet."
    )


def _stopped(vendor: Vendor) -> str:
    return "" if vendor.stop is None else f"  STOPPED since {vendor.stop.since} by {vendor.stop.by}"


def _line(product: ProductStanding) -> str:
    until = "" if product.last_day is None else f", until {product.last_day.isoformat()}"
    if product.days_left is not None and product.standing is not Standing.STOPPED:
        until += f" ({product.days_left} days left)"
    pulled = product.last_pull or "never"
    return (
        f"  {product.product:<20} {product.standing.value:<12} {product.agreement or '-'}{until}; "
        f"last pull {pulled}; {len(product.clients)} clients"
    )


def _described(vendor: Vendor) -> dict[str, object]:
    stop = vendor.stop
    return {
        "kvk": vendor.kvk,
        "vendor": vendor.name,
        "stopped": None if stop is None else {"since": stop.since, "by": stop.by, "reason": stop.reason},
        "products": [
            {
                "product": each.product,
                "state": each.standing.value,
                "agreement": each.agreement,
                "until": None if each.last_day is None else each.last_day.isoformat(),
                "days_left": each.days_left,
                "last_pull": each.last_pull,
                "clients": list(each.clients),
            }
            for each in vendor.products
        ],
    }


@vendor.command("ways")
@standard_options
def ways(console: Console) -> None:
    """What works, and how: every product with its way, or why there is none."""
    services = console.services()
    found = routes.of_board(services, now=clock())
    lines = [
        f"{each.product:<24} {', '.join(each.ways):<28} {each.recipient}"
        + (f" ({each.standing.value})" if Way.CLOSED in each.ways else "")
        for each in found
    ]
    console.answer(
        {
            "products": [
                {
                    "product": each.product,
                    "recipient": each.recipient,
                    "kvk": each.kvk,
                    "ways": [way.value for way in each.ways],
                    "standing": each.standing.value,
                    "agreement": each.agreement,
                    "last_day": None if each.last_day is None else each.last_day.isoformat(),
                    "results": each.results,
                    "last_pull": each.last_pull,
                    "last_file": each.last_file,
                }
                for each in found
            ]
        },
        "\n".join(lines) or "No agreement names a product yet.",
    )
