"""`schuilnaam layout`: the columns that a vendor's upload page wants, as a file that boards may share."""

from __future__ import annotations

from pathlib import Path

import click

from contracts.faults import DocumentRefused
from contracts.parsing import MAX_BYTES
from gateway.cli.console import Console, standard_options
from gateway.errors import UsageError
from gateway.roster.model import ProductId
from gateway.school.layouts import exporting, stored
from gateway.school.layouts.layout import Layout, load
from gateway.school.services import clock


@click.group()
def layout() -> None:
    """A vendor's own columns, for products that only have an upload page."""


@layout.command("lint")
@click.argument("file", type=click.Path(path_type=Path))
@standard_options
def lint(console: Console, file: Path) -> None:
    """Tell everything that is wrong with a layout; stores nothing."""
    try:
        found = load(read_layout(file), name=file.name)
    except DocumentRefused as refused:
        faults = [
            {"path": each.path, "code": each.code, "message": each.message, "remedy": each.remedy}
            for each in refused.faults
        ]
        lines = [f"{each.path or '.'}: {each.message} {each.remedy}" for each in refused.faults]
        console.bad_news(
            {"faults": faults},
            "\n".join(lines),
            UsageError("The layout has faults.", code="layout_faults", remedy="Mend what is listed."),
        )
    console.answer({"faults": [], **described(found)}, f"{file}: no faults. {_told(found)}")


@layout.command("add")
@click.argument("file", type=click.Path(path_type=Path))
@standard_options
def add(console: Console, file: Path) -> None:
    """Take a layout into use, or its next version."""
    services = console.services()
    try:
        kept = stored.add(services, read_layout(file), actor=services.operator(), now=clock())
    except DocumentRefused as refused:
        first = refused.faults[0]
        raise UsageError(
            f"The layout has faults, the first at {first.path or 'the top'}: {first.message}",
            code="layout_faults",
            remedy="Run `schuilnaam layout lint FILE` for all of them.",
        ) from None
    console.answer(
        {**described(kept.layout), "number": kept.number, "sha256": kept.sha256},
        f"Layout {kept.layout.name}, version {kept.number}. {_told(kept.layout)}",
    )


@layout.command("list")
@standard_options
def list_layouts(console: Console) -> None:
    """The layouts in use."""
    found = stored.listed(console.services())
    rows = [{**described(each.layout), "number": each.number, "sha256": each.sha256} for each in found]
    lines = [f"{each.layout.name:<32} {each.number:>3}  {_told(each.layout)}" for each in found]
    console.answer({"layouts": rows}, "\n".join(lines) or "There is no layout.")


@layout.command("show")
@click.argument("name")
@click.option("--product", help="Also tell which columns this product's agreement lets out.")
@standard_options
def show(console: Console, name: str, product: str | None) -> None:
    """One layout as it was given."""
    services = console.services()
    kept = stored.get(services, name)
    answer: dict[str, object] = {**described(kept.layout), "number": kept.number, "sha256": kept.sha256}
    text = kept.content.decode("utf-8-sig")
    answer["content"] = text
    if product is not None:
        columns = exporting.check(services, ProductId(product), kept.layout, now=clock())
        answer["left"] = [
            {
                "path": each.path,
                "column": each.column,
                "field": each.field,
                "reason": each.reason,
                "optional": each.optional,
            }
            for each in columns.left
        ]
        lines = [
            f"# {each.path} ({each.column}): {each.field} does not leave: {each.reason}"
            for each in columns.left
        ]
        text += "\n" + ("\n".join(lines) or f"# every column leaves to {product}")
    console.answer(answer, text)


def read_layout(path: Path) -> bytes:
    """The bytes of a layout file; raises `UsageError`."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError:
        raise UsageError(
            "The layout cannot be read.", code="file_unreadable", remedy="Check its path."
        ) from None
    if len(content) > MAX_BYTES:
        raise UsageError("The layout is too large.", code="file_too_large", remedy="It is a small YAML file.")
    return content


def described(found: Layout) -> dict[str, object]:
    """A layout in an answer."""
    return {
        "name": found.name,
        "vendor": found.vendor,
        "rows": found.rows.value,
        "format": found.file.format.value,
        "columns": [{"name": each.name, "fields": list(each.fields)} for each in found.columns],
        "results": sorted(found.results),
    }


def _told(found: Layout) -> str:
    back = "its results file is known" if found.results else "no results file"
    return f"{found.vendor}: {len(found.columns)} columns, a row per {found.rows.value}, {back}."
