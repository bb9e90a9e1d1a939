"""`schuilnaam results`: a vendor's results file, taken in as if the vendor had sent the results one by one."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.cli.console import Console, standard_options
from gateway.errors import UsageError
from gateway.roster.model import ProductId
from gateway.school.layouts import returning, stored
from gateway.school.relink.spreadsheet import MAX_BYTES


@click.group()
def results() -> None:
    """Results of products that only have a download page."""


@results.command("take")
@click.argument("product")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--layout", "name", required=True, metavar="NAME", help="The layout that knows its columns.")
@standard_options
def take(console: Console, product: str, file: Path, name: str) -> None:
    """Take in a results file (CSV or XLSX); the worker delivers what it says."""
    content = read_whole(file)
    services = console.services(unlocked=True)
    layout = stored.get(services, name).layout
    taken = returning.take(services, ProductId(product), layout, content, actor=services.operator())
    console.answer(
        {
            "product": product,
            "layout": name,
            "rows": taken.rows,
            "new": taken.new,
            "unchanged": taken.unchanged,
            "unknown": taken.unknown,
            "not_taken": [{"row": each.number, "code": each.code} for each in taken.bad],
            "left_behind": list(taken.left),
            "request_id": taken.request_id,
        },
        "\n".join(
            [
                f"{taken.rows} rows: {taken.new} new, {taken.unchanged} unchanged, {len(taken.bad)} not taken in.",
                *(
                    [f"{taken.unknown} are about nobody of this product: quarantine."]
                    if taken.unknown
                    else []
                ),
                *(f"row {each.number}: {each.code}" for each in taken.bad[:50]),
            ]
        ),
    )


def read_whole(path: Path) -> bytes:
    """The bytes of a vendor's file; raises `UsageError`."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError:
        raise UsageError(
            "The file cannot be read.", code="file_missing", remedy="Check its name and mode."
        ) from None
    return content
