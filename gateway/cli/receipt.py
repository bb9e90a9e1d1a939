"""`schuilnaam receipt`: the dated page of every activation, change and end of an agreement."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cli.console import Console, require_writable_place, standard_options, write_new_text
from gateway.errors import UsageError
from gateway.school.receipts import making
from gateway.school.receipts.stored import Receipt


@click.group()
def receipt() -> None:
    """Receipts of what happened to agreements."""


def _described(found: Receipt) -> dict[str, object]:
    made = datetime.fromtimestamp(found.made_at_ms / 1_000, UTC).isoformat(timespec="seconds")
    return {
        "id": found.number,
        "agreement": found.agreement,
        "kind": found.kind.value,
        "made_at": made,
        "sha256": found.digest,
    }


@receipt.command("list")
@click.option("--agreement", metavar="ID", help="Only of this agreement; default: all.")
@standard_options
def list_receipts(console: Console, agreement: str | None) -> None:
    """Every receipt, newest first."""
    found = [_described(each) for each in making.receipts(console.services(), agreement=agreement)]
    lines = [f"{each['id']:>6} {each['made_at']} {each['kind']:<12} {each['agreement']}" for each in found]
    console.answer({"receipts": found}, "\n".join(lines) or "There are no receipts.")


@receipt.command("show")
@click.argument("number")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="Write the page to a new file."
)
@standard_options
def show(console: Console, number: str, output: Path) -> None:
    """Write the page of one receipt (HTML, printable) to a new file, after checking that it is unchanged."""
    services = console.services()
    require_writable_place(output)
    if not number.isdecimal() or len(number) > 12:
        raise UsageError(
            "There is no receipt of this number.",
            code="receipt_unknown",
            remedy="See `schuilnaam receipt list`.",
        )
    found = making.receipt(services, int(number))
    write_new_text(output, found.content.decode())
    console.answer({**_described(found.receipt), "file": str(output)}, f"Written: {output}")
