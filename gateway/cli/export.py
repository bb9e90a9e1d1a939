"""`schuilnaam export`: the roster as a file with aliases, for products that only have an upload page; a disclosure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from gateway.cli.console import Console, require_writable_place, standard_options
from gateway.roster.model import ProductId
from gateway.school.layouts import stored
from gateway.school.layouts.builtin import EVERYBODY
from gateway.school.layouts.exporting import Exported
from gateway.school.layouts.exporting import export as write_export
from gateway.school.layouts.layout import FileFormat, Layout
from gateway.school.new_file import new_file

_BY_ENDING: Final = {".csv": FileFormat.CSV, ".txt": FileFormat.CSV, ".xlsx": FileFormat.XLSX}


@click.command()
@click.argument("product")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="A new file, .csv or .xlsx."
)
@click.option("--layout", "name", metavar="NAME", help="The vendor's columns; default: everybody, all of it.")
@standard_options
def export(console: Console, product: str, output: Path, name: str | None) -> None:
    """Write what a product holds as a file with aliases."""
    services = console.services()
    require_writable_place(output)
    layout = EVERYBODY if name is None else stored.get(services, name).layout
    done = write_export(
        services,
        ProductId(product),
        _as_named(layout, output),
        actor=services.operator(),
        opened=lambda: new_file(output),
    )
    console.answer(
        {
            "file": str(output),
            "product": product,
            "layout": layout.name,
            "rows": done.rows,
            "persons": done.rows,
            "generation": done.generation,
            "sha256": done.sha256,
            "left_empty": [{"column": each.column, "reason": each.reason} for each in done.left],
        },
        f"{output}: {done.rows} rows. It is personal data: give it to this vendor only.{_told(done)}",
    )


def _as_named(layout: Layout, output: Path) -> Layout:
    # The ending of the file decides, so that a program opens what it is called.
    found = _BY_ENDING.get(output.suffix.lower())
    return layout if found is None else replace(layout, file=replace(layout.file, format=found))


def _told(done: Exported) -> str:
    if not done.left:
        return ""
    columns = ", ".join(f"{each.column} ({each.reason})" for each in done.left)
    return f" Left empty, because the agreement does not let it out: {columns}."
