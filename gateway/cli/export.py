"""`schuilnaam export`: the roster as a file with aliases, for products that only have an upload page; a disclosure."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Iterator
from pathlib import Path

import click

from contracts.agreements import CompiledAgreement
from contracts.decisions import decide_request
from contracts.instants import from_ms, to_ms
from contracts.refusals import Refused
from contracts.vocabulary import Operation, Service
from gateway.cli.console import Console, require_writable_place, standard_options, write_new_text
from gateway.connections import clock as marks
from gateway.errors import DisclosureRefused, GatewayUnready
from gateway.front.policy import FieldPolicy
from gateway.holdings.reading import Holdings
from gateway.holdings.selection import Collection, Generation, HeldRecord, Selection
from gateway.registers import audit, disclosures
from gateway.registers.audit_events import AuditEvent
from gateway.registers.disclosures import DisclosureEntry
from gateway.roster.model import Kind, ProductId
from gateway.school import agreements
from gateway.school.relink.spreadsheet import harmless
from gateway.school.services import SchoolServices, clock

COLUMNS = (
    "pseudonym",
    "role",
    "givenName",
    "familyName",
    "username",
    "email",
    "grades",
    "classes",
    "schools",
)
_KINDS = (Kind.USER, Kind.ENROLLMENT, Kind.CLASS, Kind.ORG)


@click.command()
@click.argument("product")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="A new CSV file.")
@standard_options
def export(console: Console, product: str, output: Path) -> None:
    """Write what a product holds as a CSV file with aliases."""
    services = console.services()
    require_writable_place(output)
    agreement = _admitted(services, ProductId(product))
    holdings = Holdings(
        services.front,
        services.storage_key,
        board_id=services.board_id,
        max_age_ms=services.settings.max_age_days * 86_400_000,
    )
    content, held, generation = _stable(services, holdings, agreement, product)
    write_new_text(output, content)
    console.answer(
        {
            "file": str(output),
            "product": product,
            "persons": len(held[Kind.USER]),
            "generation": generation.number,
        },
        f"{output}: {len(held[Kind.USER])} persons. It is personal data: give it to this vendor only.",
    )


def _stable(
    services: SchoolServices, holdings: Holdings, agreement: CompiledAgreement, product: str
) -> tuple[str, dict[Kind, list[HeldRecord]], Generation]:
    """What the file will hold, registered and committed. Read again when somebody was withdrawn meanwhile."""
    while True:
        withdrawals = holdings.withdrawals(ProductId(product))
        generation = holdings.current(ProductId(product), now_ms=to_ms(clock()))
        if generation is None or generation.plan_digest != agreement.digest:
            raise GatewayUnready(
                "What is held was not released under the agreement of today.",
                code="refresh_needed",
                remedy=f"Run `schuilnaam refresh --product {product}` first.",
            )
        held = {kind: list(_all(holdings, ProductId(product), generation, kind)) for kind in _KINDS}
        content = _content(held)
        # Registered and committed before the first byte is written.
        _register(services, agreement, generation, held)
        if holdings.withdrawals(ProductId(product)) == withdrawals:
            return content, held, generation


def _admitted(services: SchoolServices, product: ProductId) -> CompiledAgreement:
    now = clock()
    agreements.publish_current(services, now=now)
    loaded = agreements.at_the_door(services, product)
    mark = marks.high_water(services.front, board_id=services.board_id, now_ms=to_ms(now))
    answer = decide_request(
        loaded.agreement,
        Service.ROSTER,
        Operation.READ,
        product=product,
        now=now,
        high_water=from_ms(mark),
        altered=loaded.altered,
    )
    if isinstance(answer, Refused):
        audit.record(
            services.front,
            AuditEvent.REQUEST_REFUSED,
            board_id=services.board_id,
            actor=services.operator(),
            now_ms=to_ms(now),
            product=product,
            details={"reason": answer.reason.value, "operation": "export"},
        )
        raise DisclosureRefused(answer.message, code=answer.reason.value, remedy=answer.remedy)
    assert loaded.agreement is not None
    return loaded.agreement


def _all(holdings: Holdings, product: ProductId, generation: Generation, kind: Kind) -> Iterator[HeldRecord]:
    offset = 0
    while True:
        page = holdings.page(product, generation, Selection(Collection(kind), offset=offset, limit=1_000))
        yield from page.records
        offset += len(page.records)
        if not page.records or offset >= page.total:
            return


def _content(held: dict[Kind, list[HeldRecord]]) -> str:
    titles = {each.id: str(each.body.get("title", "")) for each in held[Kind.CLASS]}
    schools = {each.id: str(each.body.get("name", "")) for each in held[Kind.ORG]}
    classes: dict[str, list[str]] = {}
    for enrolment in held[Kind.ENROLLMENT]:
        title = titles.get(str(enrolment.body.get("class")))
        if title is not None:
            classes.setdefault(str(enrolment.body.get("user")), []).append(title)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for user in held[Kind.USER]:
        roles = user.body.get("roles")
        rows = [role for role in roles if isinstance(role, dict)] if isinstance(roles, list) else []
        grades = user.body.get("grades")
        cells = {
            "pseudonym": user.id,
            "role": str(rows[0].get("role", "")) if rows else "",
            "grades": ", ".join(map(str, grades)) if isinstance(grades, list) else "",
            "classes": ", ".join(sorted(set(classes.get(user.id, [])))),
            "schools": ", ".join(sorted({schools.get(str(role.get("org")), "") for role in rows} - {""})),
            **{
                name: str(user.body.get(name, ""))
                for name in ("givenName", "familyName", "username", "email")
            },
        }
        writer.writerow([harmless(cells[column]) for column in COLUMNS])
    return file.getvalue()


def _register(
    services: SchoolServices,
    agreement: CompiledAgreement,
    generation: Generation,
    held: dict[Kind, list[HeldRecord]],
) -> None:
    now = clock()
    request_id = f"export-{secrets.token_hex(8)}"
    policy = FieldPolicy(agreement, now, held=agreement, held_at=now)
    for kind in _KINDS:
        records = held[kind]
        names = frozenset(name for each in records for name in each.body)
        subjects = frozenset(each.subject for each in records)
        disclosures.record(
            services.front,
            DisclosureEntry(
                board_id=services.board_id,
                agreement_id=agreement.agreement_id,
                agreement_version=agreement.version,
                agreement_digest=agreement.digest,
                product=agreement.product,
                client_id=disclosures.EXPORT,
                operation=f"export {kind.value}",
                service=Service.ROSTER.value,
                purposes=agreement.purposes,
                kind=kind,
                generation=generation.number,
                first=records[0].id if records else None,
                last=records[-1].id if records else None,
                count=len(records),
                fields=policy.going(kind, subjects, names),
                request_id=request_id,
            ),
            now_ms=to_ms(now),
        )
