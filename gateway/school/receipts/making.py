"""Making receipts of what happened to agreements, in the same transaction, and looking at them.

Guarantees: an agreement is never activated, changed or ended without its receipt; a receipt that is shown is the
one that was made (row and audit log give one digest).
"""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import Connection

from contracts.calendar import Occasion
from contracts.canonical import digest
from contracts.comparison import compare
from contracts.instants import to_ms
from contracts.reading import AgreementReader
from contracts.terms import deletion_term, goes_on
from contracts.transitions import GATEWAY, Transition, Version
from contracts.vocabulary import TransitionKind
from gateway.database import reading
from gateway.errors import GatewayUnready, UsageError
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.school.mail.outbox import Outbox
from gateway.school.mail.phrases import Phrase
from gateway.school.receipts import page, stored
from gateway.school.receipts.page import Happening
from gateway.school.receipts.stored import Receipt, ReceiptKind, ReceiptPage
from gateway.school.services import SchoolServices
from gateway.school.terms import stored as terms

_KINDS: Final = {
    TransitionKind.ACTIVATED: ReceiptKind.ACTIVATED,
    TransitionKind.SUSPENDED: ReceiptKind.SUSPENDED,
    TransitionKind.RESUMED: ReceiptKind.RESUMED,
    TransitionKind.END_PLANNED: ReceiptKind.END_PLANNED,
    TransitionKind.ENDED: ReceiptKind.ENDED,
}
"""Of which transitions a receipt is made."""


def make(
    services: SchoolServices,
    connection: Connection,
    register: AgreementReader,
    transition: Transition,
    *,
    replaced: Version | None,
    narrowing: bool,
) -> Receipt | None:
    """Make the receipt of a transition and tell of it; None for a transition that has none.

    Args:
        replaced: the version whose place the one of this transition took.
        narrowing: it took effect by being registered.
    """
    if transition.kind not in _KINDS:
        return None
    kind = ReceiptKind.CHANGED if replaced is not None else _KINDS[transition.kind]
    version = register.show(f"{transition.agreement_id}/{transition.version}")
    ends = kind in (ReceiptKind.ENDED, ReceiptKind.END_PLANNED)
    going_on = _going_on(register, version) if ends else {}
    shred_on = {
        each.plan.product: each.plan.shred_on
        for each in terms.plans_of(connection, board_id=services.board_id, agreement=version.reference)
        if each.plan.closed is None
    }
    happening = Happening(
        kind=kind,
        version=version,
        at=transition.at,
        by=None if transition.actor == GATEWAY else transition.actor.name,
        os_account=transition.actor.os_account,
        approved_by=_approved_by(register, version),
        command=_command(transition, version, narrowing=narrowing, shred_on=shred_on),
        replaced=replaced,
        difference=None if replaced is None else compare(replaced.agreement, version.agreement),
        deletions=_deletions(version, going_on) if ends else None,
        going_on=going_on,
        shred_on=shred_on if ends else None,
    )
    language = services.settings.language
    receipt = stored.add(
        connection,
        lambda number: page.render(happening, number, language=language),
        board_id=services.board_id,
        agreement=version.reference,
        kind=kind,
        now_ms=to_ms(transition.at),
    )
    audit.record(
        connection,
        AuditEvent.RECEIPT_MADE,
        board_id=services.board_id,
        actor=services.gateway(),
        now_ms=to_ms(transition.at),
        object_id=_object(receipt.number),
        details={"digest": receipt.digest, "kind": kind.value},
    )
    Outbox(connection, services.settings, now=transition.at).tell(
        Occasion.RECEIPT,
        f"receipt {receipt.number}",
        {
            "receipt": str(receipt.number),
            "agreement": version.reference,
            "vendor": version.agreement.processor.name,
            "last_day": version.compiled(version.products[0]).last_day,
            "what": Phrase[kind.name],
        },
        agreement=version.reference,
        receipt=receipt.number,
    )
    return receipt


def _going_on(register: AgreementReader, version: Version) -> dict[str, str]:
    until = version.outbound_until()
    if until is None:
        return {}
    others = [other for other in register.listing() if other.reference != version.reference]
    found = {product: goes_on(product, others, at=until) for product in version.products}
    return {product: under for product, under in found.items() if under is not None}


def _deletions(version: Version, going_on: dict[str, str]) -> dict[str, tuple[date, str]]:
    last_day = version.compiled(version.products[0]).last_day
    if last_day is None:
        return {}
    found = {}
    for product in version.products:
        if product not in going_on:
            term = deletion_term(version.agreement, product, last_day=last_day)
            if term is not None:
                found[product] = (term.due_on, term.clause)
    return found


def _approved_by(register: AgreementReader, version: Version) -> str | None:
    approvals = [
        row["claimed_by"]
        for row in register.history(version.reference)
        if row["version"] == version.version and row["kind"] == TransitionKind.APPROVED.value
    ]
    return str(approvals[-1]) if approvals else None


def _command(
    transition: Transition, version: Version, *, narrowing: bool, shred_on: dict[str, date]
) -> str | None:
    reference = version.reference
    if transition.actor == GATEWAY:
        return None
    if narrowing:
        return f"schuilnaam agreement register FILE --by {_quoted(transition.actor.name)}"
    if transition.kind is TransitionKind.SUSPENDED:
        return f"schuilnaam agreement suspend {reference}"
    if transition.kind in (TransitionKind.ACTIVATED, TransitionKind.RESUMED):
        return f"schuilnaam agreement activate {reference}"
    chosen = f" --shred-on {min(shred_on.values()).isoformat()}" if shred_on else " --keep-pseudonyms"
    if transition.kind is TransitionKind.END_PLANNED and version.ended_on is not None:
        return f"schuilnaam agreement end {reference} --on {version.ended_on.isoformat()}{chosen}"
    return f"schuilnaam agreement end {reference}{chosen}"


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "").replace('"', "") + '"'


def _object(number: int) -> str:
    return f"receipt/{number}"


def receipts(services: SchoolServices, *, agreement: str | None = None) -> list[Receipt]:
    """Every receipt, or those of one agreement (`VO-2026-014`, or with a version), newest first."""
    agreement_id = None if agreement is None else agreement.partition("/")[0]
    with reading(services.school) as connection:
        found = stored.listed(connection, board_id=services.board_id, agreement_id=agreement_id)
    exact = agreement is not None and "/" in agreement
    return [each for each in found if not exact or each.agreement == agreement]


def receipt(services: SchoolServices, number: int) -> ReceiptPage:
    """One receipt with its page.

    Raises:
        UsageError: `receipt_unknown`.
        GatewayUnready: `receipt_altered`; the page is not the one that was made.
    """
    with reading(services.school) as connection:
        found = stored.page(connection, number, board_id=services.board_id)
        if found is None:
            raise UsageError(
                "There is no receipt of this number.",
                code="receipt_unknown",
                remedy="See `schuilnaam receipt list`.",
            )
        made = audit.newest(
            connection, AuditEvent.RECEIPT_MADE, board_id=services.board_id, object_id=_object(number)
        )
    # Attack: a row is changed afterwards, so that a receipt says less than what was allowed.
    recorded = None if made is None else made.details.get("digest")
    if not (digest(found.content) == found.receipt.digest == recorded):
        raise GatewayUnready(
            "This receipt is not the one that was made.",
            code="receipt_altered",
            remedy="Find out who changed it, and restore the database from a backup.",
        )
    return found
