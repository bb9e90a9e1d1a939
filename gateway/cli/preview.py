"""`schuilnaam preview`: what a vendor gets about one person, real and sent side by side; registered first."""

from __future__ import annotations

from collections.abc import Sequence

import click

from contracts.instants import to_ms
from contracts.legal_bases import needs_consent
from gateway.cli.console import Console, standard_options
from gateway.cli.relink import check_reason
from gateway.cli.subjects import parse_pupil
from gateway.database import writing
from gateway.errors import DisclosureRefused, UsageError
from gateway.holdings.reading import Holdings
from gateway.holdings.selection import Collection
from gateway.registers import accesses
from gateway.registers.accesses import AccessEntry, Operation
from gateway.roster.model import Kind, ProductId, Pseudonym, SourceRecord
from gateway.school import refreshing
from gateway.school.agreements import active_agreements
from gateway.school.consents.facts import read_facts
from gateway.school.disclosure import aliases
from gateway.school.disclosure.identify import Identifier
from gateway.school.disclosure.plan import ReleasePlan, compile_plan
from gateway.school.disclosure.previewing import PersonPreview, agreed_birth, person_of, preview_person
from gateway.school.disclosure.refresh import AliasAtDomain, OpenedSource
from gateway.school.disclosure.shared_spaces import brin_of_org, combined
from gateway.school.services import SchoolServices, clock
from gateway.school.vendors.switch import require_not_stopped


@click.command()
@click.option("--product", required=True, help="Whose view of the person.")
@click.option("--pupil", required=True, metavar="SOURCE:ID", help="Source, and id in it.")
@click.option("--as", "person", required=True, help="Who you are: a claim, stored beside the system account.")
@click.option("--reason", required=True, help="Why; a case number is better than a name.")
@standard_options
def preview(console: Console, product: str, pupil: str, person: str, reason: str) -> None:
    """Real, sent and why, per field of one person, through the real plan."""
    check_reason(reason, person)
    slug, identifier = parse_pupil(pupil)
    services, now = console.services(unlocked=True), clock()
    require_not_stopped(services, product)
    agreement = next((each for each in active_agreements(services) if each.product == product), None)
    if agreement is None:
        raise DisclosureRefused(
            "There is no agreement in force for this product: nothing would leave.",
            code="agreement_missing",
            remedy="See `schuilnaam agreement list`.",
        )
    plan = compile_plan(agreement, now=now)
    space = refreshing.space_of(services, slug)
    names = refreshing.identifier_of(services, [agreement])
    # The access is committed before anything about the person is asked or shown.
    accesses.record(
        services.school,
        AccessEntry(
            board_id=services.board_id,
            actor=services.person(person),
            operation=Operation.PREVIEW,
            reason=reason,
            product=product,
            subjects=[Identifier(services.ring).register_subject(space, identifier)],
        ),
        now_ms=to_ms(now),
    )
    # As a refresh does: every source of the same space is asked, and what they say counts together.
    shown = Kind.DEMOGRAPHICS in plan.kinds
    with refreshing.opened_sources(services, space=space.name) as sources:
        records = _asked(sources, Kind.USER, identifier)
        # Who may give consent depends on age, whether or not the product gets anything of it.
        asked_for = shown or needs_consent(agreement.legal_basis)
        facts = _asked(sources, Kind.DEMOGRAPHICS, identifier) if asked_for else []
        mapping = {org: brin for (_, org), brin in brin_of_org(sources).items()}
    if not records:
        raise UsageError("The school's system has nobody of this id.", code="pupil_unknown")
    record = combined(records)
    said = read_facts(services, [agreement], [space])(0, identifier, agreed_birth(facts))
    (pseudonym,) = names.pseudonyms(ProductId(product), Kind.USER, space, [identifier])
    asked = person_of(record, mapping)
    found = preview_person(
        plan,
        record,
        facts[0] if shown and facts else None,
        pseudonym=pseudonym,
        alias=_alias(services, plan, pseudonym, asked.subjects),
        person=asked,
        facts=said,
    )
    _show(console, found, held=_held(services, ProductId(product), pseudonym))


def _asked(sources: Sequence[OpenedSource], kind: Kind, identifier: str) -> list[SourceRecord]:
    found = (each.source.one(kind, identifier) for each in sources)
    return [record for record in found if record is not None and record.active]


def _alias(
    services: SchoolServices, plan: ReleasePlan, pseudonym: Pseudonym, subjects: frozenset[object]
) -> AliasAtDomain | None:
    kind_plan = plan.of(Kind.USER, subjects)  # type: ignore[arg-type]
    if not kind_plan.uses_alias:
        return None
    with writing(services.school) as connection:
        made = aliases.allocate(
            connection,
            board_id=services.board_id,
            product=plan.product,
            people={pseudonym: plan.called(subjects)},  # type: ignore[arg-type]
            now_ms=to_ms(plan.compiled_at),
        )
    return AliasAtDomain(made[pseudonym], services.settings.alias_email_domain)


def _held(services: SchoolServices, product: ProductId, pseudonym: Pseudonym) -> bool:
    holdings = Holdings(services.front, services.storage_key, board_id=services.board_id)
    generation = holdings.current(product, now_ms=to_ms(clock()))
    if generation is None:
        return False
    found = holdings.one(product, generation, Collection(Kind.USER, id=pseudonym))
    return found is not None and found.active


def _show(console: Console, found: PersonPreview, *, held: bool) -> None:
    rows = [
        {
            "field": each.field,
            "real": each.real,
            "sent": each.sent,
            "form": each.form,
            "reason": each.reason,
            "clause": each.clause,
        }
        for each in found.fields
    ]
    verdict = "leaves" if found.released else f"does not leave: {found.reason}. {found.remedy}"
    lines = [f"This person {verdict}", f"The vendor holds it now: {'yes' if held else 'no'}", ""]
    for each in found.fields:
        sent = "-" if each.sent is None else str(each.sent)
        why = each.form if each.reason is None else f"{each.form} ({each.reason})"
        lines.append(f"{each.field:<32} {each.real!s:<36.36} -> {sent:<64.64} {why}")
    console.answer(
        {"released": found.released, "reason": found.reason, "held": held, "fields": rows}, "\n".join(lines)
    )
