"""`schuilnaam switchover`: a product that already holds our pupils under real ids goes over to pseudonyms."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.cli.console import Console, require_writable_place, somebody, standard_options
from gateway.cli.papers import read_paper
from gateway.cli.relink import check_reason
from gateway.cli.results import read_whole
from gateway.roster.model import ProductId
from gateway.school.layouts.layout import FileFormat, FileShape
from gateway.school.new_file import new_file
from gateway.school.services import clock
from gateway.school.switchover import making
from gateway.school.switchover import stored as stored_switchovers
from gateway.school.switchover.decisions import parse_decisions
from gateway.school.switchover.matching import PERSON, Matched
from gateway.school.switchover.stored import Made

_own_id = click.option(
    "--id", "own_id", required=True, metavar="COLUMN", help="Column of the vendor's own id."
)
_decide = click.option(
    "--decide",
    "decisions",
    multiple=True,
    metavar="ROW=SOURCE:ID",
    help="Whom a row means; ROW=none: nobody. May be given more than once.",
)
_person = click.option(
    "--as", "person", required=True, help="Who you are: a claim, stored beside the system account."
)
_reason = click.option("--reason", required=True, help="Why; a case number is better than a name.")


@click.group()
def switchover() -> None:
    """A product that already holds our pupils under real ids."""


@switchover.command("plan")
@click.argument("product")
@click.argument("file", type=click.Path(path_type=Path))
@_own_id
@_decide
@_person
@_reason
@standard_options
def plan(
    console: Console,
    product: str,
    file: Path,
    own_id: str,
    decisions: tuple[str, ...],
    person: str,
    reason: str,
) -> None:
    """Match a vendor's list of users with the school's own, and tell which rows to decide on; writes no file."""
    check_reason(reason, person)
    decided = parse_decisions(decisions)
    content = read_whole(file)
    services = console.services(unlocked=True)
    planned = making.plan(
        services,
        ProductId(product),
        content,
        own_id=own_id,
        decisions=decided,
        actor=services.person(person),
        reason=reason,
    )
    console.answer(
        {
            "product": product,
            "rows": planned.rows,
            "matched": planned.matched,
            "unmatched": planned.unmatched,
            "doubtful": [_doubt(each) for each in planned.doubtful],
            "columns": {means: [number + 1 for number in found] for means, found in planned.columns.items()},
        },
        "\n".join(
            [
                f"{planned.rows} rows: {planned.matched} matched, {planned.unmatched} for the vendor to delete, "
                f"{len(planned.doubtful)} to decide on.",
                *(
                    f"row {each.number}: {each.doubt} {' '.join(_shown(one) for one in each.candidates)}"
                    for each in planned.doubtful
                ),
            ]
        ),
    )


@switchover.command("make")
@click.argument("product")
@click.argument("file", type=click.Path(path_type=Path))
@_own_id
@_decide
@_person
@_reason
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="A new file, .csv or .xlsx."
)
@click.option(
    "--order", required=True, type=click.Path(path_type=Path), help="A new text file: rename and wipe."
)
@click.option("--lang", type=click.Choice(["nl", "en"]), default="nl", help="Language of the order.")
@standard_options
def make(
    console: Console,
    product: str,
    file: Path,
    own_id: str,
    decisions: tuple[str, ...],
    person: str,
    reason: str,
    output: Path,
    order: Path,
    lang: str,
) -> None:
    """Write the vendor's own ids with pseudonyms and aliases, and the order to rename and wipe; a disclosure."""
    check_reason(reason, person)
    decided = parse_decisions(decisions)
    require_writable_place(output)
    require_writable_place(order)
    content = read_whole(file)
    services = console.services(unlocked=True)
    workbook = output.suffix.lower() == ".xlsx"
    made = making.make(
        services,
        ProductId(product),
        content,
        own_id=own_id,
        decisions=decided,
        actor=services.person(person),
        reason=reason,
        shape=FileShape(format=FileFormat.XLSX if workbook else FileFormat.CSV, delimiter=";"),
        language=lang,
        list_file=lambda: new_file(output),
        order_file=lambda: new_file(order),
    )
    console.answer(
        {**described(made), "file": str(output), "order": str(order)},
        f"Switch-over {made.number}: {output} has {made.matched} accounts, {order} is the order for the vendor. "
        "Give both to this vendor only, and record its confirmation with `switchover confirm`.",
    )


@switchover.command("list")
@standard_options
def list_switchovers(console: Console) -> None:
    """Every switch-over, and whether the vendor confirmed it."""
    found = stored_switchovers.listed(console.services())
    console.answer(
        {"switchovers": [described(each) for each in found]},
        "\n".join(
            f"{each.number:>4}  {each.product:<20} {each.agreement:<20} {each.matched} accounts, "
            + ("NOT confirmed" if each.confirmed_on is None else f"confirmed on {each.confirmed_on}")
            for each in found
        )
        or "There are no switch-overs.",
    )


@switchover.command("confirm")
@click.argument("number", type=int)
@click.option(
    "--document",
    required=True,
    type=click.Path(path_type=Path),
    help="The vendor's confirmation; it is kept.",
)
@click.option("--by", required=True, help="Who records it: a claim, stored beside the system account.")
@standard_options
def confirm(console: Console, number: int, document: Path, by: str) -> None:
    """Record that the vendor confirmed in writing that it renamed and wiped."""
    services = console.services()
    paper = read_paper(document)
    made = stored_switchovers.confirm(
        services, number, paper=paper, actor=somebody(services, by), now=clock()
    )
    console.answer(
        described(made), f"Switch-over {number}: confirmed. Kept as documents/{made.document_file}."
    )


def described(made: Made) -> dict[str, object]:
    """A switch-over in an answer."""
    return {
        "number": made.number,
        "product": made.product,
        "agreement": made.agreement,
        "matched": made.matched,
        "unmatched": made.unmatched,
        "list_sha256": made.list_sha256,
        "order_sha256": made.order_sha256,
        "confirmed_on": made.confirmed_on,
        "document_file": made.document_file,
    }


def _doubt(row: Matched) -> dict[str, object]:
    return {"row": row.number, "code": row.doubt, "candidates": [_shown(each) for each in row.candidates]}


def _shown(person: PERSON) -> str:
    return f"{person[0]}:{person[1]}"
