"""`schuilnaam agreement`: from the record of the paper one to what acts on every request."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import click

from contracts import documents, writing
from contracts.agreements import Agreement
from contracts.conditions import actor_of
from contracts.faults import Finding
from contracts.findings import findings
from contracts.instants import local_day
from contracts.transitions import Version
from gateway.cli.console import (
    Console,
    require_writable_place,
    somebody,
    standard_options,
    write_new_text,
)
from gateway.cli.leaflet import leaflet
from gateway.cli.papers import parse_day
from gateway.database import reading
from gateway.errors import UsageError
from gateway.registers.actors import Actor
from gateway.school import agreements
from gateway.school.agreeing import advice, steps
from gateway.school.regulations import recording as regulations
from gateway.school.services import clock, os_account
from gateway.school.terms import shredding

MAX_ADVICE = 64 * 1024
MAX_DOCUMENT_BYTES = 50 * 1024 * 1024


@click.group()
def agreement() -> None:
    """Processor agreements (verwerkersovereenkomsten)."""


def _read(path: Path, what: str, limit: int) -> bytes:
    try:
        if path.stat().st_size > limit:
            raise UsageError(f"The {what} is too large.", code="file_too_large")
        return path.read_bytes()
    except OSError:
        raise UsageError(
            f"The {what} cannot be read.", code="file_unreadable", remedy="Check its path."
        ) from None


def _loaded(path: Path, document: Path | None) -> tuple[Agreement, bytes | None]:
    content = _read(path, "agreement record", MAX_DOCUMENT_BYTES)
    paper = None if document is None else _read(document, "signed document", MAX_DOCUMENT_BYTES)
    return documents.load(content, name=path.name, paper=paper), paper


def _claimed(by: str) -> Actor:
    """Who says to do it. Raises `TransitionRefused` for a name without a letter."""
    account = os_account()
    return Actor.person(actor_of(by, account).name, os_account=account)


def _finding(finding: Finding) -> dict[str, str]:
    return {
        "code": finding.code.value,
        "path": finding.path,
        "message": finding.message,
        "remedy": finding.remedy,
    }


def _describe(version: Version) -> dict[str, object]:
    until = version.outbound_until()
    return {
        "id": version.reference,
        "agreement_id": version.agreement_id,
        "version": version.version,
        "state": version.state.value,
        "products": list(version.products),
        "recipient": version.agreement.processor.name,
        "from": version.agreement.term.in_force_from.isoformat(),
        # The last day, inclusive, as on paper; inside it is the first instant at which nothing goes any more.
        "until": None if until is None else local_day(until - timedelta(microseconds=1)).isoformat(),
        "digest": version.digest,
        "registered_by": version.registered_by,
    }


def _line(described: dict[str, object]) -> str:
    products = described["products"]
    assert isinstance(products, list)
    return f"{described['id']:<20} {described['state']:<11} {', '.join(products)}"


def _moved(console: Console, version: Version, text: str) -> None:
    console.answer(_describe(version), f"{version.reference} is {version.state.value}. {text}".strip())


@agreement.command("lint")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--document", type=click.Path(path_type=Path), help="The signed document; its hash is compared."
)
@standard_options
def lint(console: Console, file: Path, document: Path | None) -> None:
    """Tell all faults and findings of a record; registers nothing."""
    record, paper = _loaded(file, document)
    found = findings(record, today=local_day(clock()), paper_given=paper is not None)
    lines = [f"{each.code.value}: {each.message} {each.remedy}" for each in found]
    console.answer(
        {"agreement_id": record.agreement_id, "faults": [], "findings": [_finding(each) for each in found]},
        "\n".join([f"{record.agreement_id}: no faults, {len(found)} findings.", *lines]),
    )


@agreement.command("register")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--by", required=True, help="Who registers it: a claim, stored beside the system account.")
@click.option("--document", type=click.Path(path_type=Path), help="The signed document; its hash must match.")
@click.option("--new", is_flag=True, help="A new product of a recipient that has products already.")
@click.option("--continues", metavar="SLUG", help="The product whose pseudonyms this one keeps.")
@standard_options
def register(
    console: Console, file: Path, by: str, document: Path | None, new: bool, continues: str | None
) -> None:
    """Take a record into the register; it acts when approved by somebody else and activated."""
    services = console.services()
    record, paper = _loaded(file, document)
    outcome = steps.register(
        services,
        record,
        actor=_claimed(by),
        now=clock(),
        paper_given=paper is not None,
        new=new,
        continues=continues,
    )
    described = _describe(outcome.version)
    described["findings"] = [_finding(each) for each in outcome.findings]
    lines = [f"{outcome.version.reference} is {outcome.version.state.value}."]
    lines += [f"Finding {each.code.value}: {each.message}" for each in outcome.findings]
    if outcome.version.state.value == "registered":
        lines.append(
            f"Next: somebody else runs schuilnaam agreement approve {outcome.version.reference} --by NAME"
        )
    console.answer(described, "\n".join(lines))


@agreement.command("accept-finding")
@click.argument("id")
@click.argument("code")
@click.option("--reason", required=True, help="Why the board accepts it; kept in the audit log.")
@click.option("--by", required=True, help="Who accepts it: a claim, stored beside the system account.")
@standard_options
def accept_finding(console: Console, id: str, code: str, reason: str, by: str) -> None:
    """Accept a finding for the board, with a written reason."""
    version = steps.accept_finding(
        console.services(), id, code, reason=reason, actor=_claimed(by), now=clock()
    )
    _moved(console, version, f"Finding {code} is accepted.")


@agreement.command("advise")
@click.argument("id")
@click.option(
    "--outcome",
    required=True,
    type=click.Choice([each.value for each in advice.AdviceOutcome]),
    help="What it comes to.",
)
@click.option(
    "--text", "text_file", required=True, type=click.Path(path_type=Path), help="File with the advice, UTF-8."
)
@click.option("--by", required=True, help="The data protection officer: a claim, stored beside the account.")
@standard_options
def advise(console: Console, id: str, outcome: str, text_file: Path, by: str) -> None:
    """Attach the data protection officer's (FG) advice to a version; it approves and stops nothing."""
    try:
        text = _read(text_file, "advice", MAX_ADVICE).decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError("The advice is no UTF-8 text.", code="advice_text") from None
    done = advice.advise(console.services(), id, outcome, text, actor=_claimed(by), now=clock())
    console.answer(_advised(done), f"Advice {done.outcome.value} is attached to {done.reference}.")


def _advised(each: advice.Advice) -> dict[str, object]:
    return {
        "agreement": each.reference,
        "outcome": each.outcome.value,
        "text": each.text,
        "by": each.advised_by,
        "account": each.os_account,
        "at": each.advised_at.isoformat(),
        "digest": each.digest,
        "altered": each.altered,
    }


@agreement.command("approve")
@click.argument("id")
@click.option("--by", required=True, help="Another person than who registered it.")
@standard_options
def approve(console: Console, id: str, by: str) -> None:
    """Approve a registered version: four eyes."""
    version = steps.approve(console.services(), id, actor=_claimed(by), now=clock())
    _moved(console, version, f"Next: schuilnaam agreement activate {version.reference}")


@agreement.command("activate")
@click.argument("id")
@standard_options
def activate(console: Console, id: str) -> None:
    """Let data go under an approved version; resumes a suspended one."""
    services, now = console.services(), clock()
    version = steps.activate(services, id, actor=services.operator(), now=now)
    with reading(services.school) as connection:
        beyond = regulations.beyond(connection, version.agreement, board_id=services.board_id, now=now)
    lines = [f"{version.reference} is {version.state.value}."]
    lines += [f"Beyond the privacy regulation ({each.product}): {each.code}." for each in beyond]
    lines.append("Next: schuilnaam client issue PRODUCT, and schuilnaam refresh.")
    warnings = [{"product": each.product, "code": each.code} for each in beyond]
    console.answer({**_describe(version), "beyond_regulation": warnings}, "\n".join(lines))


@agreement.command("suspend")
@click.argument("id")
@standard_options
def suspend(console: Console, id: str) -> None:
    """Stop everything under an agreement at once, both ways."""
    services = console.services()
    version = steps.suspend(services, id, actor=services.operator(), now=clock())
    _moved(console, version, "Nothing goes out and nothing comes in.")


@agreement.command("end")
@click.argument("id")
@click.option("--on", "on_text", metavar="DATE", help="Last day, inclusive (YYYY-MM-DD); default: at once.")
@click.option(
    "--shred-on",
    "shred_text",
    metavar="DATE",
    help="Propose to destroy the pseudonyms from this day, after the last day for results.",
)
@click.option(
    "--keep-pseudonyms", is_flag=True, help="Keep them, so that a renewal goes on with them: the default."
)
@click.option("--by", help="Who ends it; default: the system account.")
@click.option("--reason", help="Why; kept in the audit log.")
@standard_options
def end(
    console: Console,
    id: str,
    on_text: str | None,
    shred_text: str | None,
    keep_pseudonyms: bool,
    by: str | None,
    reason: str | None,
) -> None:
    """End an agreement; results may come back until its inbound term is over, and the deletion term begins."""
    services, now = console.services(), clock()
    on = None if on_text is None else parse_day(on_text, "--on")
    if shred_text is not None and keep_pseudonyms:
        raise UsageError("--shred-on and --keep-pseudonyms exclude each other.", code="shredding_invalid")
    shred_on = None if shred_text is None else parse_day(shred_text, "--shred-on")
    if shred_text is None and not keep_pseudonyms and console.may_ask:
        shred_on = _asked_shredding(shredding.earliest(services, id, on=on, now=now))
    actor = services.operator() if by is None else somebody(services, by)
    version = steps.end(services, id, actor=actor, now=now, on=on, shred_on=shred_on, reason=reason)
    kept = "kept" if shred_on is None else f"proposed for destruction from {shred_on.isoformat()}"
    _moved(console, version, f"Its pseudonyms are {kept}. See schuilnaam terms list.")


def _asked_shredding(earliest: date | None) -> date | None:
    if earliest is None or not click.confirm(
        "Are the pseudonyms to be destroyed later? Then nothing that the vendor has can be joined to a pupil any more",
        default=False,
        err=True,
    ):
        return None
    text = click.prompt("From which day", default=earliest.isoformat(), err=True)
    return parse_day(str(text), "The day")


@agreement.command("shredding")
@click.argument("id")
@click.option(
    "--shred-on", "shred_text", metavar="DATE", help="Propose to destroy the pseudonyms from this day."
)
@click.option("--keep-pseudonyms", is_flag=True, help="Keep them after all.")
@click.option("--by", required=True, help="Who chooses: a claim, stored beside the system account.")
@standard_options
def choose_shredding(
    console: Console, id: str, shred_text: str | None, keep_pseudonyms: bool, by: str
) -> None:
    """Choose anew what becomes of the pseudonyms of an agreement that ended; `key destroy` carries it out."""
    services, now = console.services(), clock()
    if (shred_text is None) is not keep_pseudonyms:
        raise UsageError("Give --shred-on DATE or --keep-pseudonyms.", code="shredding_invalid")
    shred_on = None if shred_text is None else parse_day(shred_text, "--shred-on")
    plans = shredding.decide(services, somebody(services, by), id, shred_on, now=now)
    today = local_day(now)
    rows = [
        {
            "agreement": each.plan.agreement,
            "product": each.plan.product,
            "shred_on": each.plan.shred_on.isoformat(),
            "state": each.plan.state(today).value,
        }
        for each in plans
    ]
    lines = [f"{row['product']}: {row['state']} ({row['shred_on']})" for row in rows]
    console.answer({"plans": rows}, "\n".join(lines) or "The pseudonyms are kept.")


@agreement.command("list")
@standard_options
def list_agreements(console: Console) -> None:
    """Every version and its state."""
    services = console.services()
    _advance(console, now=clock())
    with agreements.reading_agreements(services) as book:
        versions, altered = book.listing(), book.altered()
    described = [_describe(version) for version in versions]
    lines = [_line(each) for each in described]
    lines += [f"{each:<20} ALTERED behind the program's back: refused everywhere." for each in altered]
    console.answer({"agreements": described, "altered": altered}, "\n".join(lines) or "No agreements.")


def _advance(console: Console, *, now: datetime) -> None:
    agreements.change(console.services(), lambda book: book.advance(now), now=now)


@agreement.command("show")
@click.argument("id")
@standard_options
def show(console: Console, id: str) -> None:
    """One version: record, findings and everything that happened to it."""
    services, now = console.services(), clock()
    with agreements.reading_agreements(services) as book:
        version = book.show(id)
        findings = book.open_findings(version, now=now)
        history = book.history(id)
    described = _describe(version)
    described["findings"] = [
        {**_finding(each.finding), "accepted_by": each.accepted_by, "reason": each.reason}
        for each in findings
    ]
    described["history"] = history
    attached = advice.advice_on(services, version.agreement_id)
    described["advice"] = [_advised(each) for each in attached]
    described["record"] = json.loads(version.agreement.canonical())
    text = json.dumps(described["record"], indent=2, ensure_ascii=False)
    lines = [
        f"FG, {each.advised_at.isoformat()}, {each.reference}: {each.outcome.value}"
        f"{' (ALTERED)' if each.altered else ''}\n{each.text}"
        for each in attached
    ]
    console.answer(described, "\n".join([_line(described), *lines, text]))


@agreement.command("export")
@click.argument("id")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A new file, .yaml or .json.",
)
@standard_options
def export(console: Console, id: str, output: Path) -> None:
    """Write a registered record to a file that `register` reads as the very same record."""
    ending = next((each for each in writing.ENDINGS if output.name.lower().endswith(f".{each}")), None)
    if ending is None:
        raise UsageError("The file's name ends in .yaml or .json.", code="format_unknown")
    require_writable_place(output)
    with agreements.reading_agreements(console.services()) as book:
        version = book.show(id)
    write_new_text(output, writing.to_file(version.agreement, ending))
    described = _describe(version)
    console.answer({**described, "file": str(output)}, f"{version.reference} is written to {output.name}.")


agreement.add_command(leaflet)
