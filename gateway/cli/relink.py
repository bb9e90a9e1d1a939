"""`schuilnaam relink`: names in front of the rows of a vendor's file; registered before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from contracts.instants import to_ms
from gateway.cli.console import Console, require_writable_place, standard_options
from gateway.database import reading
from gateway.errors import UsageError
from gateway.registers import accesses
from gateway.registers.accesses import AccessEntry, Operation
from gateway.roster.model import Kind, ProductId
from gateway.school import refreshing
from gateway.school.disclosure import aliases
from gateway.school.disclosure.identify import Identifier
from gateway.school.disclosure.people import text
from gateway.school.disclosure.refresh import OpenedSource
from gateway.school.relink.files import PersonName, relink_file
from gateway.school.relink.recovering import Found, Recoverer
from gateway.school.services import SchoolServices, clock


def check_reason(reason: str, person: str) -> None:
    """A reason and a name must say something; raises `UsageError`."""
    if not reason.strip() or len(reason) > accesses.MAX_REASON:
        raise UsageError("--reason says why, in at most 500 characters.", code="reason_missing")
    if not person.strip() or len(person) > 200:
        raise UsageError("--as says who you are, in at most 200 characters.", code="person_missing")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="A new CSV file.")
@click.option("--product", required=True, help="Whose file it is.")
@click.option("--as", "person", required=True, help="Who you are: a claim, stored beside the system account.")
@click.option("--reason", required=True, help="Why; a case number is better than a name.")
@standard_options
def relink(console: Console, file: Path, output: Path, product: str, person: str, reason: str) -> None:
    """Put names in front of the rows of a vendor's CSV or XLSX file."""
    check_reason(reason, person)
    require_writable_place(output)
    services = console.services(unlocked=True)
    keys = refreshing.key_of_product(services)
    if product not in keys:
        raise UsageError("There is no such product.", code="product_unknown", remedy="See agreement list.")
    recoverer = refreshing.recoverer_of(services)
    identifier = Identifier(services.ring)

    def register(persons: Sequence[Found]) -> None:
        subjects = [identifier.register_subject(each.space, each.identifier) for each in persons]
        accesses.record(
            services.school,
            AccessEntry(
                board_id=services.board_id,
                actor=services.person(person),
                operation=Operation.RELINK,
                reason=reason,
                product=product,
                subjects=subjects,
            ),
            now_ms=to_ms(clock()),
        )

    with refreshing.opened_sources(services) as sources:
        counts = relink_file(
            file,
            output,
            product=ProductId(product),
            other_products=[ProductId(each) for each in keys if keys[each] != keys[product]],
            recoverer=recoverer,
            aliases=lambda cells: _aliases(services, ProductId(product), recoverer, cells),
            register=register,
            names=lambda persons: _names(sources, persons),
        )
    console.answer(
        {
            "file": str(output),
            "rows": counts.rows,
            "joined": counts.joined,
            "unknown": counts.unknown,
            "several": counts.several,
            "other_product": counts.other_product,
            "gone": counts.gone,
            "persons": counts.persons,
        },
        f"{output}: {counts.joined} of {counts.rows} rows joined, {counts.unknown} unknown, "
        f"{counts.other_product} of another product, {counts.gone} no longer in the school's system.",
    )


def _aliases(
    services: SchoolServices, product: ProductId, recoverer: Recoverer, cells: Sequence[str]
) -> Mapping[str, Found]:
    codes = {cell: code for cell in cells if (code := aliases.code_in(cell)) is not None}
    with reading(services.school) as connection:
        known = aliases.pseudonyms_of(
            connection, board_id=services.board_id, product=product, codes=sorted(set(codes.values()))
        )
    wanted = sorted(set(known.values()))
    outcomes = dict(zip(wanted, recoverer.recover(product, Kind.USER, wanted), strict=True))
    found: dict[str, Found] = {}
    for cell, code in codes.items():
        outcome = outcomes.get(known[code]) if code in known else None
        if isinstance(outcome, Found):
            found[cell] = outcome
    return found


def _names(sources: Sequence[OpenedSource], persons: Sequence[Found]) -> dict[Found, PersonName]:
    """Names of today, asked from the source: one by one for a few, else in one pass over the users."""
    names: dict[Found, PersonName] = {}
    for opened in sources:
        mine = {each.identifier: each for each in persons if each.space == opened.space}
        if not mine:
            continue
        if len(mine) <= 25:
            records = [opened.source.one(Kind.USER, identifier) for identifier in mine]
        else:
            records = [each for each in opened.source.read(Kind.USER) if each.identifier in mine]
        for record in records:
            if record is not None and record.active:
                given = (
                    text(record.fields.get("preferredFirstName"))
                    or text(record.fields.get("givenName"))
                    or ""
                )
                family = text(record.fields.get("familyName")) or ""
                names[mine[record.identifier]] = PersonName(given, family)
    return names
