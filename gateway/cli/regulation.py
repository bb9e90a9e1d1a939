"""`schuilnaam regulation`: versions of the privacy regulation, with the consent of the participation council."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from contracts.regulation import CouncilConsent, CouncilPart, Regulation
from contracts.vocabulary import DataCategory
from gateway.cli.consent import parse_day
from gateway.cli.console import Console, standard_options
from gateway.cli.papers import read_paper
from gateway.cli.relink import check_reason
from gateway.errors import UsageError
from gateway.school.regulations import enforcement, recording
from gateway.school.regulations.enforcement import Chosen, Enforcement
from gateway.school.services import clock


@click.group()
def regulation() -> None:
    """The board's privacy regulation (privacyreglement)."""


def _part_options(command: Any) -> Any:
    for part in reversed(CouncilPart):
        for suffix, metavar, text in (
            ("ref", "TEXT", "where its consent is written"),
            ("on", "DATE", "the day of its consent"),
        ):
            command = click.option(
                f"--{part.value}-{suffix}",
                metavar=metavar,
                help=f"Part of the council for {part.value}: {text}.",
            )(command)
    return command


@regulation.command("add")
@click.argument("version")
@click.option("--from", "from_text", required=True, metavar="DATE", help="First day.")
@click.option(
    "--category",
    "categories",
    multiple=True,
    type=click.Choice([each.value for each in DataCategory]),
    help="A category of data in it; repeat.",
)
@click.option("--purpose", "purposes", multiple=True, help="A purpose in it, as agreements write it; repeat.")
@_part_options
@click.option(
    "--document", type=click.Path(path_type=Path), help="The regulation itself; kept under its hash."
)
@click.option("--as", "person", required=True, help="Who you are: a claim, stored beside the system account.")
@standard_options
def add(
    console: Console,
    version: str,
    from_text: str,
    categories: tuple[str, ...],
    purposes: tuple[str, ...],
    document: Path | None,
    person: str,
    **council: str | None,
) -> None:
    """Record a version with the council's consent; agreements that go beyond it are told at activation."""
    check_reason("recording a regulation", person)
    begins = parse_day(from_text, "--from")
    assert begins is not None
    made = Regulation(
        version=version,
        in_force_from=begins,
        categories=tuple(DataCategory(each) for each in dict.fromkeys(categories)),
        purposes=tuple(dict.fromkeys(purposes)),
        council=_council(council),
    )
    services = console.services()
    paper = None if document is None else read_paper(document)
    number = recording.record(services, services.person(person), made, now=clock(), paper=paper)
    parts = ", ".join(each.part.value for each in made.council) or "none: it counts for nobody yet"
    console.answer(
        {"number": number, **_described(recording.recorded(services)[number - 1])},
        f"Recorded: {version}. Consent of the council: {parts}.",
    )


def _council(given: dict[str, str | None]) -> tuple[CouncilConsent, ...]:
    found: list[CouncilConsent] = []
    for part in CouncilPart:
        on = parse_day(given[f"{part.value}_on"], f"--{part.value}-on")
        reference = given[f"{part.value}_ref"]
        if (on is None) != (reference is None):
            raise UsageError(
                f"Give both --{part.value}-on and --{part.value}-ref, or neither.", code="reference_missing"
            )
        if on is not None and reference is not None:
            found.append(CouncilConsent(part, on, reference.strip()))
    return tuple(found)


def _described(each: Regulation) -> dict[str, object]:
    return {
        "version": each.version,
        "from": each.in_force_from.isoformat(),
        "categories": [category.value for category in each.categories],
        "purposes": list(each.purposes),
        "council": [
            {"part": one.part.value, "on": one.on.isoformat(), "reference": one.reference}
            for one in each.council
        ],
        "document_sha256": each.document_sha256,
    }


@regulation.command("list")
@standard_options
def list_regulations(console: Console) -> None:
    """Every version, which parts of the council consented to it, and what it does to agreements beyond it."""
    services = console.services()
    found, chosen = recording.recorded(services), enforcement.current(services)
    lines = [
        f"{each.version:<16} from {each.in_force_from.isoformat()}: "
        + (
            ", ".join(f"{one.part.value} {one.on.isoformat()} ({one.reference})" for one in each.council)
            or "no consent of the council"
        )
        for each in found
    ]
    lines = lines or ["No regulation is recorded."]
    lines.append(f"An agreement beyond it: {_DOES[chosen.enforcement]}{_where(chosen)}.")
    console.answer(
        {
            "regulations": [_described(each) for each in found],
            "enforcement": chosen.enforcement.value,
            "set_in_settings": chosen.by_settings,
        },
        "\n".join(lines),
    )


_DOES: Final = {Enforcement.WARN: "warned about", Enforcement.BLOCK: "refused"}


def _where(chosen: Chosen) -> str:
    return " (settings.toml)" if chosen.by_settings else ""


@regulation.command("enforce")
@click.argument("what", type=click.Choice([each.value for each in Enforcement]))
@click.option("--as", "person", required=True, help="Who you are: a claim, stored beside the system account.")
@standard_options
def enforce(console: Console, what: str, person: str) -> None:
    """Choose whether activating an agreement beyond the regulation is warned about or refused."""
    check_reason("choosing what a regulation does", person)
    services = console.services()
    chosen = enforcement.choose(services, services.person(person), Enforcement(what), now=clock())
    console.answer(
        {"enforcement": chosen.enforcement.value},
        f"From now on an agreement beyond the regulation is {_DOES[chosen.enforcement]}; what is active stays so.",
    )
