"""`schuilnaam deletion`: what vendors must delete after an agreement, and their written confirmations."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from contracts.instants import local_day
from contracts.terms import DeletionState
from gateway.cli.console import Console, somebody, standard_options
from gateway.cli.papers import read_paper
from gateway.school.services import clock
from gateway.school.terms import deletions
from gateway.school.terms.stored import Deletion


@click.group()
def deletion() -> None:
    """What vendors must delete, and whether they confirmed it in writing."""


def _described(found: Deletion, today: date) -> dict[str, object]:
    clock_ = found.clock
    return {
        "agreement": clock_.agreement,
        "product": clock_.product,
        "state": clock_.state(today).value,
        "ended_on": clock_.ended_on.isoformat(),
        "due_on": clock_.due_on.isoformat(),
        "days_left": (clock_.due_on - today).days,
        "backups_on": None if clock_.backups_on is None else clock_.backups_on.isoformat(),
        "clause": clock_.clause,
        "continued_under": clock_.continued_under,
        "confirmed_on": None if clock_.confirmed_on is None else clock_.confirmed_on.isoformat(),
        "confirmed_by": found.confirmed_by,
        "document_sha256": None if found.document is None else found.document.sha256,
        "document_file": None if found.document is None else found.document.file,
    }


def _line(found: Deletion, today: date) -> str:
    clock_, state = found.clock, found.clock.state(today)
    more = {
        DeletionState.DUE: f"{(clock_.due_on - today).days} days left",
        DeletionState.OVERDUE: f"{(today - clock_.due_on).days} days LATE",
        DeletionState.CONFIRMED: f"by {found.confirmed_by}",
        DeletionState.CONTINUED: f"under {clock_.continued_under}",
    }[state]
    return f"{clock_.agreement:<20} {clock_.product:<20} {state.value:<10} due {clock_.due_on.isoformat()}  {more}"


@deletion.command("list")
@click.option(
    "--state",
    type=click.Choice([state.value for state in DeletionState]),
    help="Only those; default: all.",
)
@standard_options
def list_deletions(console: Console, state: str | None) -> None:
    """Every deletion with its last day: due, overdue, confirmed, or continued under another agreement."""
    today = local_day(clock())
    found = [
        each
        for each in deletions.deletions(console.services())
        if state is None or each.clock.state(today).value == state
    ]
    console.answer(
        {"deletions": [_described(each, today) for each in found]},
        "\n".join(_line(each, today) for each in found) or "There are no deletions.",
    )


@deletion.command("confirm")
@click.argument("agreement")
@click.argument("product")
@click.option(
    "--document",
    required=True,
    type=click.Path(path_type=Path),
    help="The vendor's confirmation; it is kept in the home folder.",
)
@click.option("--by", required=True, help="Who records it: a claim, stored beside the system account.")
@standard_options
def confirm(console: Console, agreement: str, product: str, document: Path, by: str) -> None:
    """Record that the vendor confirmed in writing that it deleted everything of a product."""
    services, now = console.services(), clock()
    paper = read_paper(document)
    done = deletions.confirm(services, somebody(services, by), agreement, product, paper=paper, now=now)
    assert done.document is not None
    console.answer(
        _described(done, local_day(now)),
        f"{product} under {done.clock.agreement}: confirmed. Kept as documents/{done.document.file}.",
    )
