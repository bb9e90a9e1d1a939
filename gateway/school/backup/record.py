"""What the audit log says about backups of the databases and about restores."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Engine

from contracts.instants import to_ms
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.registers.log import Where
from gateway.registers.tables import Log
from gateway.school.services import SchoolServices

DATABASES: Final = "databases"
"""The object of these entries. Stored; never changes."""


_TELL_THE_RING: Final = (
    AuditEvent.BOARD_CREATED,
    AuditEvent.KEY_DESTROYED,
    AuditEvent.RING_RECOVERED,
    AuditEvent.RING_SHEET_PRINTED,
    AuditEvent.RING_SHEET_CONFIRMED,
)
"""Events that say which check value the ring had then."""


def newest_backup(where: Where, *, board_id: str) -> datetime | None:
    """When the last backup that was finished was made; None when there is none."""
    found = audit.newest(where, AuditEvent.BACKUP_WRITTEN, board_id=board_id, object_id=DATABASES)
    return None if found is None else datetime.fromisoformat(found.at)


def restores(where: Where, *, board_id: str) -> int:
    """How often an older state was put back, so that what was given out since may be unknown here."""
    found = audit.newest(where, AuditEvent.BACKUP_RESTORED, board_id=board_id, object_id=DATABASES)
    count = None if found is None else found.details.get("version")
    return count if isinstance(count, int) else 0


def register_backup(
    services: SchoolServices, *, digest: str, rows: int, check_value: str, now: datetime
) -> None:
    """Register a backup that is complete on disk."""
    audit.record(
        services.school,
        AuditEvent.BACKUP_WRITTEN,
        board_id=services.board_id,
        actor=services.operator(),
        now_ms=to_ms(now),
        object_id=DATABASES,
        details={"digest": digest, "count": rows, "check_value": check_value},
    )


def registered_check_values(school: Engine, *, board_id: str) -> list[str]:
    """Check values of the ring that the audit log tells of, oldest first, without repeats in a row."""
    entries = [
        entry
        for event in _TELL_THE_RING
        for entry in audit.listed(school, Log.AUDIT_SCHOOL, board_id=board_id, event=event)
    ]
    values: list[str] = []
    for entry in sorted(entries, key=lambda each: each.seq):
        value = entry.details.get("check_value")
        if isinstance(value, str) and values[-1:] != [value]:
            values.append(value)
    return values
