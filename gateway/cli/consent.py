"""`schuilnaam consent`: what pupils and parents said, and the text with which they were asked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import click

from contracts.consents import ConsentMethod, ConsentState, ConsentStep, Speaker, Standing
from contracts.instants import local_day
from gateway.cli.console import Console, require_writable_place, standard_options, write_new_text
from gateway.cli.relink import check_reason
from gateway.cli.subjects import parse_pupil
from gateway.errors import UsageError
from gateway.school.consents import importing, looking, recording, texts
from gateway.school.consents.checking import Said
from gateway.school.consents.printing import printed
from gateway.school.consents.requests import request_texts
from gateway.school.consents.rows import DeletionRequest, RecordedStatement
from gateway.school.consents.words import LANGUAGES
from gateway.school.services import SchoolServices, clock

MAX_EVIDENCE_BYTES: Final = 50 * 1024 * 1024

_pupil = click.option("--pupil", required=True, metavar="SOURCE:ID", help="Source, and id in it.")
_as = click.option(
    "--as", "person", required=True, help="Who you are: a claim, stored beside the system account."
)
_reason = click.option("--reason", required=True, help="Why you look; a case number is better than a name.")


@click.group()
def consent() -> None:
    """What pupils and parents said, where a product rests on consent."""


def parse_day(text: str | None, option: str) -> date | None:
    """A day as typed; None where none was. Raises `UsageError`, code `date_invalid`."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} is a day, such as 2026-11-24.", code="date_invalid") from None


def _said_options(*, give: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    options = [
        _pupil,
        click.option("--product", required=True, help="The product that it is about."),
        click.option(
            "--purpose",
            "purposes",
            multiple=True,
            help="Only this purpose; default: every one of the product.",
        ),
        click.option(
            "--said-by",
            required=True,
            type=click.Choice([each.value for each in Speaker]),
            help="The pupil (or member of staff), or which of at most two representatives.",
        ),
        click.option(
            "--method",
            required=True,
            type=click.Choice([each.value for each in ConsentMethod]),
            help="How it was said.",
        ),
        click.option("--on", "on_text", metavar="DATE", help="Day on which it was said; default: today."),
        click.option("--evidence", default="", help="Where the signed form or the portal's entry is."),
        click.option(
            "--evidence-file",
            type=click.Path(path_type=Path),
            help="A scan; its SHA-256 is kept, not the file.",
        ),
        click.option("--text", help="Version, version/language or hash on the form; default: the newest."),
        _as,
    ]
    if give:
        options.append(click.option("--expires", metavar="DATE", help="Last day of the consent, inclusive."))

    def with_options(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return with_options


@consent.command("give")
@_said_options(give=True)
@standard_options
def give(console: Console, **given: Any) -> None:
    """Record a consent that was given in writing; the next refresh lets the person appear."""
    _record(console, ConsentStep.GIVEN, **given)


@consent.command("refuse")
@_said_options(give=False)
@standard_options
def refuse(console: Console, **given: Any) -> None:
    """Record that consent was refused; it changes nothing else for the person."""
    _record(console, ConsentStep.REFUSED, expires=None, **given)


@consent.command("withdraw")
@_said_options(give=False)
@standard_options
def withdraw(console: Console, **given: Any) -> None:
    """Record that a consent was withdrawn; the vendor is served nothing about the person from this instant."""
    _record(console, ConsentStep.WITHDRAWN, expires=None, **given)


def _record(
    console: Console,
    step: ConsentStep,
    *,
    pupil: str,
    product: str,
    purposes: tuple[str, ...],
    said_by: str,
    method: str,
    on_text: str | None,
    evidence: str,
    evidence_file: Path | None,
    text: str | None,
    person: str,
    expires: str | None,
) -> None:
    check_reason("recording what was said", person)
    source, identifier = parse_pupil(pupil)
    now = clock()
    on = parse_day(on_text, "--on")
    said = Said(
        source=source,
        identifier=identifier,
        product=product,
        purposes=tuple(dict.fromkeys(purposes)),
        step=step,
        speaker=Speaker(said_by),
        method=ConsentMethod(method),
        said_on=local_day(now) if on is None else on,
        evidence=evidence,
        evidence_sha256=None if evidence_file is None else _sha256(evidence_file),
        text=text,
        expires_on=parse_day(expires, "--expires"),
    )
    services = console.services(unlocked=True)
    outcome = recording.record(services, services.person(person), said, now=now)
    lines = [_standing_line(purpose, each) for purpose, each in outcome.standings.items()]
    if step is ConsentStep.GIVEN:
        lines.append(f"Next: schuilnaam refresh --product {product}")
    else:
        lines.append(f"Taken out of what the vendor is served: {outcome.records_taken} records.")
    request = None if outcome.request is None else _request(services, outcome.request)
    if request is not None:
        lines += ["", f"Request {request['number']}, to be sent to the vendor; due {request['due_on']}:"]
        lines += ["", str(request["text"]["nl"])]
    answer = {
        "product": product,
        "recorded": list(outcome.numbers),
        "standings": _standings(outcome.standings),
        "records_taken": outcome.records_taken,
        "deletion_request": request,
    }
    console.answer(answer, "\n".join(lines))


def _sha256(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_EVIDENCE_BYTES:
            raise UsageError("The evidence file is too large.", code="file_too_large")
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        raise UsageError(
            "The evidence file cannot be read.", code="file_unreadable", remedy="Check its path."
        ) from None


def _standing(each: Standing) -> dict[str, object]:
    return {
        "state": each.state.value,
        "reason": None if each.reason is None else each.reason.value,
        "since": None if each.since is None else each.since.isoformat(),
        "said_by": None if each.speaker is None else each.speaker.value,
        "reconfirm": each.reconfirm,
    }


def _standings(found: Mapping[str, Standing]) -> dict[str, dict[str, object]]:
    return {purpose: _standing(each) for purpose, each in found.items()}


def _standing_line(purpose: str, each: Standing) -> str:
    why = "" if each.reason is None else f" ({each.reason.value})"
    since = "" if each.since is None else f" since {each.since.isoformat()}"
    again = "; the pupil is 16 now and may confirm it" if each.reconfirm else ""
    return f"{purpose}: {each.state.value}{since}{why}{again}"


def _request(services: SchoolServices, request: DeletionRequest) -> dict[str, Any]:
    return {
        "number": request.number,
        "product": request.product,
        "due_on": request.due_on.isoformat(),
        "agreement": f"{request.agreement_id}/{request.agreement_version}",
        "pseudonyms": list(request.pseudonyms),
        "text": request_texts(services, request, now=clock()),
    }


def _statement(each: RecordedStatement) -> dict[str, object]:
    said = each.statement
    return {
        "number": each.number,
        "product": said.product,
        "purpose": said.purpose,
        "answer": said.step.value,
        "said_by": said.speaker.value,
        "on": said.said_on.isoformat(),
        "expires_on": None if said.expires_on is None else said.expires_on.isoformat(),
        "method": each.method.value,
        "evidence": each.evidence or None,
        "evidence_sha256": each.evidence_sha256,
        "text": None if each.text_version is None else f"{each.text_version}/{each.language}",
        "text_sha256": said.text_sha256,
        "categories": [category.value for category in each.categories],
        "recorded_by": each.recorded_by,
    }


@consent.command("show")
@_pupil
@_as
@_reason
@standard_options
def show(console: Console, pupil: str, person: str, reason: str) -> None:
    """Everything that one person said, what it comes to, and what vendors were asked to delete."""
    check_reason(reason, person)
    source, identifier = parse_pupil(pupil)
    services, now = console.services(unlocked=True), clock()
    found = looking.show(
        services, services.person(person), source=source, identifier=identifier, reason=reason, now=now
    )
    lines: list[str] = []
    for say in found.products:
        lines.append(f"{say.product}:")
        lines += [f"  {_standing_line(purpose, each)}" for purpose, each in say.standings.items()]
        lines += [
            f"    {each.statement.said_on.isoformat()} {each.statement.purpose}: {each.statement.step.value} by "
            f"{each.statement.speaker.value}, {each.method.value} {each.evidence}".rstrip()
            for each in say.statements
        ]
    lines += [
        f"objection {recorded.number} against {recorded.product or 'every product'}"
        f"{' holds' if holds else ' is over'}"
        for recorded, holds in found.objections
    ]
    lines += [
        f"request {each.number} to delete at {each.product}, due {each.due_on.isoformat()}"
        for each in found.requests
    ]
    answer = {
        "there": found.there,
        "products": [
            {
                "product": say.product,
                "standings": _standings(say.standings),
                "statements": [_statement(each) for each in say.statements],
            }
            for say in found.products
        ],
        "objections": [
            {"number": recorded.number, "product": recorded.product, "holds": holds}
            for recorded, holds in found.objections
        ],
        "deletion_requests": [_request(services, each) for each in found.requests],
    }
    console.answer(answer, "\n".join(lines) or "Nothing was said: unknown, and that is no.")


@consent.command("list")
@click.option("--product", required=True, help="The product that it is about.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([each.value for each in ConsentState]),
    help="Only persons of whom some purpose stands so.",
)
@click.option(
    "--reconfirm", is_flag=True, help="Only those whose pupil has become 16 and may confirm the consent."
)
@_as
@_reason
@standard_options
def list_consents(
    console: Console, product: str, states: tuple[str, ...], reconfirm: bool, person: str, reason: str
) -> None:
    """Everybody who said something about a product, and the texts with which they were asked."""
    check_reason(reason, person)
    services, now = console.services(unlocked=True), clock()
    found = looking.listed(
        services,
        services.person(person),
        product=product,
        reason=reason,
        states=frozenset(map(ConsentState, states)),
        reconfirm=reconfirm,
        now=now,
    )
    asked = texts.texts_of(services, product, now=now)
    described = [
        {
            "version": each.version,
            "language": each.language,
            "sha256": each.sha256,
            "covers_today": each.sha256 in asked.covering,
        }
        for each in asked.texts
    ]
    lines = [
        f"text {each['version']}/{each['language']} {each['sha256']}"
        + ("" if each["covers_today"] else " does not tell all of today")
        for each in described
    ]
    for each in found:
        lines.append(f"{each.source or '(no source)'}:{each.identifier}")
        lines += [f"  {_standing_line(purpose, s)}" for purpose, s in each.products[0].standings.items()]
    answer = {
        "product": product,
        "texts": described,
        "persons": [
            {
                "pupil": f"{each.source}:{each.identifier}",
                "there": each.there,
                "standings": _standings(each.products[0].standings),
            }
            for each in found
        ],
    }
    console.answer(answer, "\n".join(lines) or "Nobody said anything: unknown, and that is no.")


@consent.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@_as
@standard_options
def import_answers(console: Console, file: Path, person: str) -> None:
    """Take in answers from paper or the parent portal (CSV); with one fault nothing is recorded."""
    check_reason("taking in a file of answers", person)
    services = console.services(unlocked=True)
    done = importing.import_file(services, services.person(person), file, now=clock())
    answer = {
        "recorded": dict(done.recorded),
        "silent": done.silent,
        "known": done.known,
        "records_taken": done.records_taken,
        "deletion_requests": done.requests,
    }
    counts = ", ".join(f"{count} {step}" for step, count in done.recorded.items()) or "nothing"
    console.answer(
        answer,
        f"Recorded: {counts}. Known before: {done.known}. Without an answer, so unknown and no: {done.silent}. "
        f"Requests to delete: {done.requests}.",
    )


@consent.command("form")
@click.argument("product")
@click.option("--lang", type=click.Choice(LANGUAGES), default="nl", show_default=True, help="Language.")
@click.option(
    "--primary",
    is_flag=True,
    help="A board of primary schools: leave out what is for pupils of 16 and older.",
)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="A new HTML file.")
@standard_options
def form(console: Console, product: str, lang: str, primary: bool, output: Path) -> None:
    """Write the form with which consent is asked, and register its text so that consents can refer to it."""
    require_writable_place(output)
    services = console.services(unlocked=True)
    text = texts.register_text(
        services,
        services.operator(),
        product,
        language="en" if lang == "en" else "nl",
        pupils_of_16=not primary,
        now=clock(),
    )
    write_new_text(output, printed(text), mode=0o644)
    console.answer(
        {
            "file": str(output),
            "product": product,
            "version": text.version,
            "language": text.language,
            "sha256": text.sha256,
        },
        f"{output}: text {text.reference} of {product}, {text.sha256}. Print it; silence is no consent.",
    )
