"""The rows of privacy regulations: appended, and read back. The only module here that queries."""

from __future__ import annotations

from sqlalchemy import Connection, func, insert, select

from contracts import canonical
from contracts.regulation import Regulation
from gateway.errors import GatewayUnready
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.school.regulations.tables import privacy_regulations


def regulation_object(number: int) -> str:
    """What the audit entry of a version is about."""
    return f"privacy_regulation/{number}"


def all_of(connection: Connection, *, board_id: str) -> list[Regulation]:
    """Every version, in the order in which they were recorded.

    Raises:
        GatewayUnready: code `regulation_damaged`; a row is not what was recorded.
    """
    rows = connection.execute(
        select(privacy_regulations.c.number, privacy_regulations.c.content)
        .where(privacy_regulations.c.board_id == board_id)
        .order_by(privacy_regulations.c.number)
    ).all()
    found: list[Regulation] = []
    for row in rows:
        audited = audit.newest(
            connection,
            AuditEvent.REGULATION_RECORDED,
            board_id=board_id,
            object_id=regulation_object(row.number),
        )
        # Attack: a category is added to what the council consented to.
        if audited is None or audited.details.get("digest") != canonical.digest(row.content):
            raise GatewayUnready(
                "A privacy regulation was changed behind the program's back.",
                code="regulation_damaged",
                remedy="Restore the database from a backup, and look at the audit log.",
            )
        found.append(Regulation.from_bytes(row.content))
    return found


def add(connection: Connection, regulation: Regulation, *, board_id: str, now_ms: int) -> int:
    """Append a version in a write transaction; returns its number."""
    newest = connection.scalar(
        select(func.max(privacy_regulations.c.number)).where(privacy_regulations.c.board_id == board_id)
    )
    number = int(newest or 0) + 1
    connection.execute(
        insert(privacy_regulations).values(
            board_id=board_id,
            number=number,
            version=regulation.version,
            content=regulation.to_bytes(),
            recorded_at_ms=now_ms,
        )
    )
    return number
