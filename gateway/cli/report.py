"""`schuilnaam report`: what the agreements say, as tables and as a page for parents. Nothing here is about a pupil."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.cli.console import Console, require_writable_place, somebody, standard_options, write_new_text
from gateway.school.reports import annex as annexes
from gateway.school.reports import matrix as matrices
from gateway.school.reports import missing as missings
from gateway.school.reports import yearly as checks
from gateway.school.reports.parents import parents_page
from gateway.school.reports.table import Table
from gateway.school.services import clock

_OUTPUT = click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write a new CSV file."
)


@click.group()
def report() -> None:
    """Reports for the board, for parents and for the register of processing."""


def _told(console: Console, name: str, table: Table, output: Path | None, nothing: str) -> None:
    answer: dict[str, object] = {name: table.as_records()}
    if output is not None:
        write_new_text(output, table.as_csv())
        answer["file"] = str(output)
        console.answer(answer, f"Written: {output} ({len(table.rows)} rows)")
        return
    console.answer(answer, table.as_csv().rstrip("\r\n") if table.rows else nothing)


@report.command("annex")
@_OUTPUT
@standard_options
def annex(console: Console, output: Path | None) -> None:
    """The annex to the register of processing (GDPR art. 30): one row per field of each product."""
    if output is not None:
        require_writable_place(output)
    table = annexes.annex(console.services(), now=clock())
    _told(console, "annex", table, output, "No agreement runs.")


@report.command("matrix")
@_OUTPUT
@standard_options
def matrix(console: Console, output: Path | None) -> None:
    """Who gets what: fields against products, and the form in which each goes."""
    if output is not None:
        require_writable_place(output)
    table = matrices.matrix(console.services(), now=clock())
    _told(console, "matrix", table, output, "No field goes to anybody.")


@report.command("missing")
@_OUTPUT
@standard_options
def missing(console: Console, output: Path | None) -> None:
    """Agreements that are not done, and what each misses."""
    if output is not None:
        require_writable_place(output)
    table = missings.missing(console.services(), now=clock())
    _told(console, "missing", table, output, "Nothing is missing.")


@report.command("parents")
@click.option("--school", required=True, metavar="BRIN", help="A school of the board.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Write a new HTML file.")
@click.option(
    "--language", type=click.Choice(["nl", "en"]), default="nl", show_default=True, help="Of the page."
)
@click.option("--name", help="What people call the school; default: its BRIN.")
@click.option("--fragment", is_flag=True, help="Only the part that is put inside another page.")
@standard_options
def parents(
    console: Console, school: str, output: Path, language: str, name: str | None, fragment: bool
) -> None:
    """A readable page for parents: which vendors, which data, why, how long."""
    require_writable_place(output)
    found = parents_page(
        console.services(), school, language="en" if language == "en" else "nl", now=clock(), name=name
    )
    write_new_text(output, found.fragment if fragment else found.document, mode=0o644)
    console.answer(
        {"school": school, "language": language, "products": found.products, "file": str(output)},
        f"Written: {output} ({found.products} products)",
    )


@report.command("yearly")
@standard_options
def yearly(console: Console) -> None:
    """The yearly check of this school year: what was looked at, by whom, and what is open."""
    found = checks.yearly_check(console.services(), now=clock())
    rows = [
        {
            "item": each.item.value,
            "open": each.open,
            "done_at": each.done_at,
            "done_by": each.done_by,
            "remark": each.remark,
        }
        for each in found
    ]
    lines = []
    for each in found:
        done = "to do" if each.done_at is None else f"done {each.done_at} by {each.done_by}"
        lines.append(f"{each.item.value:<14} {done}" + (f"  ({each.open} open)" if each.open else ""))
    console.answer({"yearly": rows}, "\n".join(lines))


@report.command("tick")
@click.argument("item")
@click.option("--by", required=True, help="Who looked: a claim, stored beside the system account.")
@click.option("--remark", default="", help="What was found; kept in the audit log. No names of pupils.")
@standard_options
def tick(console: Console, item: str, by: str, remark: str) -> None:
    """Write down that an item of the yearly check was looked at."""
    services = console.services()
    checks.tick(services, somebody(services, by), item, remark=remark, now=clock())
    console.answer({"item": item, "done": True}, f"{item}: written down.")
