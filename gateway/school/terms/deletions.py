"""What vendors must delete, and that they confirmed it in writing."""

from __future__ import annotations

from datetime import datetime

from contracts.calendar import Occasion
from contracts.instants import local_day, to_ms
from contracts.terms import DeletionState
from contracts.transitions import parse_reference
from gateway.database import reading, writing
from gateway.errors import DisclosureRefused, UsageError
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.school import documents
from gateway.school.agreements import reading_agreements
from gateway.school.documents import Paper
from gateway.school.mail.outbox import Outbox
from gateway.school.services import SchoolServices
from gateway.school.terms import stored
from gateway.school.terms.stored import Deletion


def deletions(services: SchoolServices) -> list[Deletion]:
    """Every deletion, the earliest due first; ask each `clock.state(today)`."""
    with reading(services.school) as connection:
        return stored.deletions_of(connection, board_id=services.board_id)


def confirm(
    services: SchoolServices, actor: Actor, agreement: str, product: str, *, paper: Paper, now: datetime
) -> Deletion:
    """Record the vendor's written confirmation; the paper is kept.

    Args:
        agreement: `VO-2026-014` (its newest end with this product) or `VO-2026-014/2`.

    Raises:
        UsageError: `deletion_unknown`, `file_empty`, `file_too_large`.
        DisclosureRefused: `deletion_confirmed` before.
    """
    with writing(services.school) as connection:
        found = _found(
            stored.deletions_of(connection, board_id=services.board_id, product=product), agreement
        )
        clock = found.clock
        today = local_day(now)
        if clock.state(today) is DeletionState.CONFIRMED:
            raise DisclosureRefused(
                "This deletion is confirmed already.",
                code="deletion_confirmed",
                remedy="See `schuilnaam deletion list`.",
            )
        # On disk before the row says so; a crash in between leaves a paper that nothing refers to.
        kept = documents.keep(services.settings, paper)
        stored.confirm_deletion(
            connection, clock, board_id=services.board_id, on=today, actor=actor, document=kept
        )
        audit.record(
            connection,
            AuditEvent.DELETION_CONFIRMED,
            board_id=services.board_id,
            actor=actor,
            now_ms=to_ms(now),
            product=product,
            object_id=clock.agreement,
            details={"digest": kept.sha256, "on": clock.due_on.isoformat()},
        )
        Outbox(connection, services.settings, now=now).tell(
            Occasion.DELETION_CONFIRMED,
            f"deletion_confirmed {clock.agreement} {product}",
            {
                "agreement": clock.agreement,
                "product": product,
                "vendor": vendor_of(services, product),
                "by": actor.claim or "",
            },
            agreement=clock.agreement,
            product=product,
        )
        (done,) = [
            each
            for each in stored.deletions_of(connection, board_id=services.board_id, product=product)
            if each.clock.agreement == clock.agreement
        ]
    return done


def vendor_of(services: SchoolServices, product: str) -> str:
    """Whose product it is, by name."""
    return vendors_of(services).get(product, product)


def vendors_of(services: SchoolServices) -> dict[str, str]:
    """The vendor's name by product."""
    with reading_agreements(services) as register:
        return {owner.product: owner.name for owner in register.products()}


def _found(known: list[Deletion], agreement: str) -> Deletion:
    parts = parse_reference(agreement)
    matching = [
        each
        for each in known
        if parts is not None
        and (
            each.clock.agreement == agreement
            or (parts[1] is None and each.clock.agreement.rpartition("/")[0] == parts[0])
        )
    ]
    if not matching:
        raise UsageError(
            "No deletion is due of this product under this agreement.",
            code="deletion_unknown",
            remedy="See `schuilnaam deletion list`; a term begins when an agreement ends.",
        )
    return max(matching, key=lambda each: int(each.clock.agreement.rpartition("/")[2]))
