"""`schuilnaam terms`: what follows from agreements on its day."""

from __future__ import annotations

import click

from gateway.cli.console import Console, standard_options
from gateway.errors import DeliveryError
from gateway.school.mail import sending
from gateway.school.services import clock
from gateway.school.terms import agenda, running
from gateway.school.terms.agenda import Line


@click.group()
def terms() -> None:
    """The calendar of agreements: ends, reviews, deletions, sub-processors, pseudonyms."""


@terms.command("run")
@standard_options
def run(console: Console) -> None:
    """Do and tell what is due today, once; for timers where `serve` does not run. Twice does nothing twice."""
    services = console.services()
    ran = running.run(services, now=clock())
    sent = sending.send_due(services, now=clock)
    answer: dict[str, object] = {
        "transitions": ran.transitions,
        "deletions": ran.deletions,
        "continued": ran.continued,
        "proposed": ran.proposed,
        "told": ran.told,
        "mails": {"sent": sent.sent, "again": sent.again, "failed": sent.failed},
    }
    clocks = ran.deletions + ran.continued
    done = f"{ran.transitions} agreements moved, {clocks} deletion terms, {ran.proposed} proposals."
    mails = f"{sent.sent} sent, {sent.again} to be tried again, {sent.failed} failed"
    text = f"{done} {ran.told} reminders. Mails: {mails}."
    if sent.failure is not None:
        console.bad_news(
            answer,
            text,
            DeliveryError(
                "Mails could not be sent; what was due is done all the same.",
                code=sent.failure,
                permanent=False,
                remedy="See `schuilnaam mail outbox` and `schuilnaam mail test`.",
            ),
        )
    console.answer(answer, text)


def _line(line: Line) -> str:
    on = "no term" if line.on is None else line.on.isoformat()
    left = ""
    if line.days_left is not None:
        left = f"{-line.days_left} days LATE" if line.late else f"in {line.days_left} days"
    about = line.agreement + ("" if line.product is None else f" {line.product}")
    about += "" if line.number is None else f" (notice {line.number})"
    return f"{on:<11} {line.matter.value:<13} {line.state:<10} {about}  {left}".rstrip()


@terms.command("list")
@click.option(
    "--days",
    type=click.IntRange(0, 3_650),
    default=agenda.COMING_DAYS,
    show_default=True,
    help="How far ahead.",
)
@standard_options
def list_terms(console: Console, days: int) -> None:
    """What is late and what is coming: ends, reviews, deletions, objections, proposals."""
    found = agenda.agenda(console.services(), now=clock(), days=days)
    described = [
        {
            "on": None if line.on is None else line.on.isoformat(),
            "matter": line.matter.value,
            "state": line.state,
            "agreement": line.agreement,
            "product": line.product,
            "notice": line.number,
            "days_left": line.days_left,
        }
        for line in found
    ]
    console.answer(
        {"terms": described}, "\n".join(map(_line, found)) or "Nothing is late, nothing is coming."
    )
