"""`schuilnaam subprocessor`: sub-processors that vendors announce, and what the board answers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from contracts.instants import local_day
from contracts.terms import NoticeAnswer
from gateway.cli.console import Console, somebody, standard_options
from gateway.cli.papers import parse_day, read_paper
from gateway.errors import UsageError
from gateway.school.services import clock
from gateway.school.terms import subprocessors
from gateway.school.terms.stored import Notice


@click.group()
def subprocessor() -> None:
    """New sub-processors of vendors, and the term to object."""


def _described(found: Notice, today: date) -> dict[str, object]:
    notice = found.notice
    return {
        "id": notice.number,
        "agreement": notice.agreement,
        "name": notice.name,
        "country": notice.country,
        "service": notice.service,
        "state": notice.state(today).value,
        "authorisation": "specific" if notice.specific else "general",
        "announced_on": notice.announced_on.isoformat(),
        "object_by": None if notice.object_by is None else notice.object_by.isoformat(),
        "clause": notice.clause,
        "registered_by": found.registered_by,
        "answered_on": None if notice.answered_on is None else notice.answered_on.isoformat(),
        "answered_by": found.answered_by,
        "late": notice.late,
        "reason": found.reason,
        "document_sha256": None if found.document is None else found.document.sha256,
    }


def _line(found: Notice, today: date) -> str:
    notice = found.notice
    until = "no term agreed" if notice.object_by is None else f"until {notice.object_by.isoformat()}"
    late = ", late" if notice.late else ""
    return (
        f"{notice.number:>6} {notice.agreement:<20} {notice.state(today).value:<10} {notice.name} "
        f"({notice.country}, {notice.service})  {until}{late}"
    )


@subprocessor.command("notice")
@click.argument("agreement")
@click.argument("name")
@click.option("--country", required=True, help="Two capitals, such as NL.")
@click.option("--service", required=True, help="What it does for the vendor, such as hosting.")
@click.option("--on", "on_text", metavar="DATE", help="Day on which the vendor said it; default: today.")
@click.option("--document", type=click.Path(path_type=Path), help="The vendor's notice; it is kept.")
@click.option("--by", required=True, help="Who records it: a claim, stored beside the system account.")
@standard_options
def notice(
    console: Console,
    agreement: str,
    name: str,
    country: str,
    service: str,
    on_text: str | None,
    document: Path | None,
    by: str,
) -> None:
    """Record that a vendor announced a sub-processor: the agreement's term to object begins."""
    services, now = console.services(), clock()
    today = local_day(now)
    found = subprocessors.announce(
        services,
        somebody(services, by),
        agreement,
        name=name,
        country=country,
        service=service,
        announced_on=today if on_text is None else parse_day(on_text, "--on"),
        paper=None if document is None else read_paper(document),
        now=now,
    )
    console.answer(_described(found, today), _line(found, today))


@subprocessor.command("object")
@click.argument("number")
@click.option("--reason", required=True, help="Why the board objects; kept in the audit log.")
@click.option("--by", required=True, help="Who objects: a claim, stored beside the system account.")
@standard_options
def object_to(console: Console, number: str, reason: str, by: str) -> None:
    """Record the board's objection; tell the vendor in writing."""
    _answer(console, number, NoticeAnswer.OBJECTED, reason, by)


@subprocessor.command("accept")
@click.argument("number")
@click.option("--reason", help="Why, if there is something to say; kept in the audit log.")
@click.option("--by", required=True, help="Who accepts: a claim, stored beside the system account.")
@standard_options
def accept(console: Console, number: str, reason: str | None, by: str) -> None:
    """Record that the board accepts it; then register a version of the agreement that lists it."""
    _answer(console, number, NoticeAnswer.ACCEPTED, reason, by)


def _answer(console: Console, number: str, said: NoticeAnswer, reason: str | None, by: str) -> None:
    services, now = console.services(), clock()
    if not number.isdecimal() or len(number) > 12:
        raise UsageError(
            "There is no sub-processor notice of this number.",
            code="notice_unknown",
            remedy="See `schuilnaam subprocessor list`.",
        )
    found = subprocessors.answer(services, somebody(services, by), int(number), said, reason=reason, now=now)
    today = local_day(now)
    console.answer(_described(found, today), _line(found, today))


@subprocessor.command("list")
@standard_options
def list_notices(console: Console) -> None:
    """Every notice, newest first, with its last day for an objection."""
    today = local_day(clock())
    found = subprocessors.notices(console.services())
    console.answer(
        {"notices": [_described(each, today) for each in found]},
        "\n".join(_line(each, today) for each in found) or "No sub-processor was announced.",
    )
