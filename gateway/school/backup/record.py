"""What the audit log says about backups of the databases and about restores."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from contracts.instants import to_ms
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.registers.log import Where
from gateway.school.services import SchoolServices

DATABASES: Final = "databases"
"""The object of these entries. Stored; never changes."""


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
