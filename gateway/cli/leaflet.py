"""`schuilnaam agreement leaflet`: what a vendor's privacy leaflet asks for, and what a new version of it changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from contracts import documents, leaflets, writing
from contracts.leaflet_changes import LeafletChange, accepted, changes
from contracts.leaflets import LeafletFile
from gateway.cli.console import Console, require_new, standard_options, write_new_text
from gateway.errors import UsageError
from gateway.school import agreements
from gateway.school.agreeing.leaflets import record_of


@click.command("leaflet")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--against", metavar="ID", help="A registered agreement: tell what the leaflet changes in it.")
@click.option(
    "--accept",
    "accept",
    metavar="KEY",
    multiple=True,
    help="With --against and -o: a difference to take over; may be given more than once.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A new YAML file: the record to complete or, with --against, the next version.",
)
@standard_options
def leaflet(
    console: Console, file: Path, against: str | None, accept: tuple[str, ...], output: Path | None
) -> None:
    """Read a vendor's privacy leaflet; registers nothing."""
    try:
        if file.stat().st_size > documents.MAX_RECORD_BYTES:
            raise UsageError("The leaflet is too large.", code="file_too_large")
        content = file.read_bytes()
    except OSError:
        raise UsageError(
            "The leaflet cannot be read.", code="file_unreadable", remedy="Check its path."
        ) from None
    if accept and against is None:
        raise UsageError("--accept needs --against.", code="options_differ", remedy="Name the agreement.")
    found = leaflets.load(content, name=file.name)
    if output is not None:
        require_new(output)
    if against is None:
        _tell(console, found, output)
        return
    with agreements.reading_agreements(console.services()) as book:
        version = book.show(against)
    differences = changes(version.agreement, found)
    unknown = sorted(set(accept) - {change.key for change in differences})
    if unknown:
        raise UsageError(
            f"There is no difference {unknown[0][:120]!r}.",
            code="difference_unknown",
            remedy="Take a key that is listed without --accept.",
        )
    if output is not None:
        _write(output, accepted(version.agreement, found, accept))
    console.answer(
        {"id": version.reference, "differences": [_described(change, accept) for change in differences]},
        "\n".join(_line(change, accept) for change in differences) or "The leaflet changes nothing.",
    )


def _tell(console: Console, found: LeafletFile, output: Path | None) -> None:
    record, _words = record_of(found)
    if output is not None:
        _write(output, record)
    lines = [f"{found.vendor.name}: no faults, {len(found.products)} products."]
    for product in found.products:
        lines.append(f"{product.product_id} {product.version} ({product.date.isoformat()})")
        lines += [
            f"  {line.words}\n    {line.category.value}, {line.form.value}, {line.direction.value}: "
            f"{', '.join(line.fields) or 'no field'}"
            for line in product.categories
        ]
    if output is not None:
        lines.append(f"The record to complete is written to {output.name}; see agreement lint.")
    console.answer({"vendor": found.vendor.name, "digest": found.digest, "record": record}, "\n".join(lines))


def _described(change: LeafletChange, accept: tuple[str, ...]) -> dict[str, Any]:
    return {
        "key": change.key,
        "kind": change.kind.value,
        "part": change.part,
        "before": change.before,
        "after": change.after,
        "words": change.words,
        "accepted": change.key in accept,
    }


def _line(change: LeafletChange, accept: tuple[str, ...]) -> str:
    mark = "accepted" if change.key in accept else change.kind.value
    words = f"  [{change.words}]" if change.words else ""
    return f"{mark:<9} {change.key}: {change.before or '-'} -> {change.after or '-'}{words}"


def _write(path: Path, record: dict[str, Any]) -> None:
    write_new_text(path, writing.to_yaml(record))
