"""What is kept of switch-overs: counts, hashes and days, and the vendor's written confirmation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from contracts.instants import local_day, to_ms
from gateway.database import reading, writing
from gateway.errors import DisclosureRefused, UsageError
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import ProductId
from gateway.school import documents
from gateway.school.documents import Paper
from gateway.school.services import SchoolServices
from gateway.school.switchover.tables import switchovers


@dataclass(frozen=True, slots=True)
class Made:
    """A switch-over."""

    number: int
    product: ProductId
    agreement: str
    matched: int
    unmatched: int
    list_sha256: str
    order_sha256: str
    made_at_ms: int
    confirmed_on: str | None = None
    document_file: str | None = None


def confirm(services: SchoolServices, number: int, *, paper: Paper, actor: Actor, now: datetime) -> Made:
    """Record that the vendor confirmed in writing that it renamed and wiped; the paper is kept.

    Raises:
        UsageError: `switchover_unknown`, `file_empty`, `file_too_large`.
        DisclosureRefused: `switchover_confirmed` before.
    """
    with writing(services.school) as connection:
        row = connection.execute(rows_of(services).where(switchovers.c.number == number)).first()
        if row is None:
            raise UsageError(
                "There is no such switch-over.", code="switchover_unknown", remedy="See switchover list."
            )
        if row.confirmed_on is not None:
            raise DisclosureRefused(
                "This switch-over is confirmed already.",
                code="switchover_confirmed",
                remedy="See `schuilnaam switchover list`.",
            )
        kept = documents.keep(services.settings, paper)
        on = local_day(now).isoformat()
        connection.execute(
            update(switchovers)
            .where(switchovers.c.board_id == services.board_id, switchovers.c.number == number)
            .values(
                confirmed_on=on,
                confirmed_at_ms=to_ms(now),
                document_sha256=kept.sha256,
                document_file=kept.file,
            )
        )
        audit.record(
            connection,
            AuditEvent.SWITCHOVER_CONFIRMED,
            board_id=services.board_id,
            actor=actor,
            now_ms=to_ms(now),
            product=row.product,
            object_id=str(number),
            details={"number": number, "on": on, "digest": kept.sha256},
        )
        return made_of(connection.execute(rows_of(services).where(switchovers.c.number == number)).one())


def listed(services: SchoolServices) -> list[Made]:
    """Every switch-over, oldest first."""
    with reading(services.school) as connection:
        return [made_of(row) for row in connection.execute(rows_of(services).order_by(switchovers.c.number))]


def rows_of(services: SchoolServices) -> Any:
    return select(switchovers).where(switchovers.c.board_id == services.board_id)


def made_of(row: Any) -> Made:
    return Made(
        number=row.number,
        product=ProductId(row.product),
        agreement=f"{row.agreement_id}/{row.agreement_version}",
        matched=row.matched,
        unmatched=row.unmatched,
        list_sha256=row.list_sha256,
        order_sha256=row.order_sha256,
        made_at_ms=row.made_at_ms,
        confirmed_on=row.confirmed_on,
        document_file=row.document_file,
    )
