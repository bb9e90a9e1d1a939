"""Looking into an audit log. That somebody looked is registered first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from contracts.instants import to_ms
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit import Audited
from gateway.registers.audit_events import AuditEvent
from gateway.registers.tables import Log
from gateway.school.services import SchoolServices


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries."""

    log: Log
    """`AUDIT` (the vendors' door) or `AUDIT_SCHOOL`."""
    event: AuditEvent | None = None
    product: str | None = None
    object_id: str | None = None
    before: int | None = None
    """Only entries with a smaller number: the next page."""


def entries(
    services: SchoolServices, actor: Actor, wanted: Wanted, *, limit: int, now: datetime
) -> list[Audited]:
    """The newest entries, newest first; the entry about this very look is not among them.

    Raises:
        EntryUnreadable: an entry was altered.
    """
    looked = audit.record(
        services.school,
        AuditEvent.REGISTER_READ,
        board_id=services.board_id,
        actor=actor,
        now_ms=to_ms(now),
        object_id=wanted.log.value,
        details={"operation": "audit_read", "count": limit},
    )
    before = wanted.before
    if wanted.log is Log.AUDIT_SCHOOL:
        before = looked if before is None else min(before, looked)
    return audit.latest(
        services.front if wanted.log is Log.AUDIT else services.school,
        wanted.log,
        board_id=services.board_id,
        limit=limit,
        before_seq=before,
        event=wanted.event,
        product=wanted.product,
        object_id=wanted.object_id,
    )
