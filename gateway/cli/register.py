"""`schuilnaam register`: prove that the registers are whole, and look up what went to whom."""

from __future__ import annotations

from pathlib import Path

import click

from contracts.instants import to_ms
from gateway.cli.console import Console, require_writable_place, standard_options, write_new_text
from gateway.cli.subjects import ids_at, locator, parse_pupil
from gateway.errors import DisclosureRefused, UsageError
from gateway.registers import accesses, audit, disclosures
from gateway.registers.accesses import AccessEntry, Operation
from gateway.registers.audit_events import AuditEvent
from gateway.registers.tables import Log
from gateway.registers.verify import BoardLog, make_checkpoint, verify_against_checkpoint, verify_logs
from gateway.roster.model import ProductId
from gateway.school import refreshing
from gateway.school.disclosure.identify import Identifier
from gateway.school.legal_deliveries import deliveries_about
from gateway.school.services import SchoolServices, clock
from keys.custody import read_public
from keys.sealing import sign_checkpoint


@click.group()
def register() -> None:
    """Registers of disclosures and accesses, and the audit log."""


def _logs(services: SchoolServices) -> list[BoardLog]:
    return [
        BoardLog(services.front, Log.DISCLOSURES, services.board_id),
        BoardLog(services.front, Log.AUDIT, services.board_id),
        BoardLog(services.school, Log.ACCESSES, services.board_id),
        BoardLog(services.school, Log.AUDIT_SCHOOL, services.board_id),
    ]


@register.command("checkpoint")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="A new file; keep it elsewhere."
)
@standard_options
def checkpoint(console: Console, output: Path) -> None:
    """Sign where the registers stand now. Keep the file where the gateway's operator cannot change it."""
    require_writable_place(output)
    services = console.services(unlocked=True)
    public_key = read_public(services.settings.ring_path).checkpoint_public_key
    now_ms = to_ms(clock())
    text = make_checkpoint(
        _logs(services),
        now_ms=now_ms,
        sign=lambda message: sign_checkpoint(services.ring, message),
        public_key=public_key,
    )
    write_new_text(output, text, mode=0o644)
    audit.record(
        services.school,
        AuditEvent.REGISTER_CHECKPOINTED,
        board_id=services.board_id,
        actor=services.operator(),
        now_ms=now_ms,
    )
    console.answer(
        {"file": str(output), "public_key": public_key.hex()},
        f"{output}: signed. Keep it, and the public key {public_key.hex()}, where no operator can change them.",
    )


@register.command("verify")
@click.option(
    "--checkpoint", "checkpoint_path", type=click.Path(path_type=Path), help="One that was kept elsewhere."
)
@click.option(
    "--public-key", metavar="HEX", help="Kept with the checkpoint; default: the one in the ring file."
)
@standard_options
def verify(console: Console, checkpoint_path: Path | None, public_key: str | None) -> None:
    """Find every changed, missing, inserted or reordered row; says what could be proved."""
    services = console.services()
    if checkpoint_path is None:
        found = verify_logs(_logs(services))
    else:
        try:
            content = checkpoint_path.read_text(encoding="utf-8")
            key = (
                read_public(services.settings.ring_path).checkpoint_public_key
                if public_key is None
                else bytes.fromhex(public_key)
            )
        except (OSError, UnicodeDecodeError, ValueError):
            raise UsageError(
                "The checkpoint or public key cannot be read.", code="checkpoint_unreadable"
            ) from None
        found = verify_against_checkpoint(_logs(services), content, public_key=key)
    answer: dict[str, object] = {
        "intact": found.intact,
        "logs": [
            {
                "log": each.log.value,
                "rows": each.rows,
                "proof": each.proof.value,
                "problems": each.problem_count,
                "first_problems": [
                    {"fault": problem.fault.value, "seq": problem.seq} for problem in each.problems[:20]
                ],
            }
            for each in found.logs
        ],
    }
    text = "\n".join(each.sentence() for each in found.logs)
    if not found.intact:
        console.bad_news(
            answer,
            text,
            DisclosureRefused(
                "A register is not what was written.",
                code="register_damaged",
                remedy="Keep the databases as they are, and compare with a backup and the newest checkpoint.",
            ),
        )
    console.answer(answer, text)


@register.command("disclosures")
@click.option("--pupil", metavar="SOURCE:ID", help="Only what held this person.")
@click.option("--product", help="Only this product.")
@click.option("--as", "person", help="Who looks; default: the system account.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=1_000, show_default=True, help="The newest so many."
)
@standard_options
def list_disclosures(
    console: Console, pupil: str | None, product: str | None, person: str | None, limit: int
) -> None:
    """What went to whom, when and under which agreement; for one person the register records that you looked."""
    if pupil is None:
        services = console.services()
        if product is not None and product not in refreshing.key_of_product(services):
            raise UsageError(
                "There is no such product.", code="product_unknown", remedy="See agreement list."
            )
        rows = [
            _row(each)
            for each in disclosures.listed(services.front, board_id=services.board_id, product=product)
        ][-limit:]
        console.answer({"disclosures": rows}, "\n".join(map(_line, rows)) or "Nothing went to anybody.")
        return
    services = console.services(unlocked=True)
    slug, identifier = parse_pupil(pupil)
    keys = refreshing.key_of_product(services)
    products = [product] if product is not None else sorted(keys)
    if any(each not in keys for each in products):
        raise UsageError("There is no such product.", code="product_unknown", remedy="See agreement list.")
    space = refreshing.space_of(services, slug)
    accesses.record(
        services.school,
        AccessEntry(
            board_id=services.board_id,
            actor=services.person(person) if person else services.operator(),
            operation=Operation.REGISTER_READ,
            reason="disclosures of one person",
            product=product,
            subjects=[Identifier(services.ring).register_subject(space, identifier)],
        ),
        now_ms=to_ms(clock()),
    )
    rows = []
    untold: list[str] = []
    for each in products:
        held = ids_at(services, ProductId(each), space, identifier)
        if not held.complete:
            untold.append(each)
        rows += [
            _row(found)
            for found in disclosures.of_pseudonyms(
                services.front,
                board_id=services.board_id,
                product=each,
                ids=held.ids,
                locate=locator(services, ProductId(each)),
            )
        ]
    if product is None:
        rows += [_row(each) for each in deliveries_about(services, space, identifier)]
    lines = [_line(row) for row in rows]
    lines += [
        f"{each}: its key was destroyed, so what went out under it cannot be told any more."
        for each in untold
    ]
    console.answer(
        {"disclosures": rows, "cannot_be_told": untold},
        "\n".join(lines) or "Nothing about this person went out.",
    )


def _row(each: disclosures.Disclosed) -> dict[str, object]:
    return {
        "seq": each.seq,
        "at": each.at,
        "product": each.product,
        "client_id": each.client_id,
        "agreement": f"{each.agreement_id}/{each.agreement_version}",
        "operation": each.operation,
        "service": each.service,
        "purposes": list(each.purposes),
        "kind": each.kind.value,
        "generation": each.generation,
        "fields": dict(each.fields),
        "request_id": each.request_id,
    }


def _line(row: dict[str, object]) -> str:
    fields = row["fields"]
    assert isinstance(fields, dict)
    shown = ", ".join(f"{name} ({form})" for name, form in fields.items())
    return f"{row['at']} {row['product']} {row['agreement']} {row['operation']}: {shown or 'structure only'}"
