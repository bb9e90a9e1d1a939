"""Layouts that the board uses: kept as they were given, by name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from contracts.instants import to_ms
from gateway.database import reading, writing
from gateway.errors import UsageError
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.school.layouts.layout import Layout, load
from gateway.school.layouts.tables import layouts
from gateway.school.services import SchoolServices


@dataclass(frozen=True, slots=True)
class StoredLayout:
    """One layout as the board uses it now."""

    layout: Layout
    number: int
    """How often this name was given."""
    sha256: str
    content: bytes = field(repr=False)
    added_at_ms: int = 0


def add(services: SchoolServices, content: bytes, *, actor: Actor, now: datetime) -> StoredLayout:
    """Take a layout into use; the same one again changes nothing.

    Raises:
        DocumentRefused: it is no layout; nothing is stored.
    """
    layout = load(content)
    digest = hashlib.sha256(content).hexdigest()
    with writing(services.school) as connection:
        row = connection.execute(_newest(services, layout.name)).first()
        if row is not None and row.sha256 == digest:
            return _stored(row)
        number = 1 if row is None else row.number + 1
        connection.execute(
            insert(layouts).values(
                board_id=services.board_id,
                name=layout.name,
                number=number,
                sha256=digest,
                content=content,
                added_at_ms=to_ms(now),
            )
        )
        audit.record(
            connection,
            AuditEvent.LAYOUT_ADDED,
            board_id=services.board_id,
            actor=actor,
            now_ms=to_ms(now),
            object_id=layout.name,
            details={"digest": digest, "number": number},
        )
    return StoredLayout(layout, number, digest, content, to_ms(now))


def get(services: SchoolServices, name: str) -> StoredLayout:
    """The newest layout of a name; raises `UsageError` with code `layout_unknown`."""
    with reading(services.school) as connection:
        row = connection.execute(_newest(services, name[:64])).first()
    if row is None:
        raise UsageError(
            "There is no layout of this name.",
            code="layout_unknown",
            remedy="See `schuilnaam layout list`, or add it with `schuilnaam layout add FILE`.",
        )
    return _stored(row)


def listed(services: SchoolServices) -> list[StoredLayout]:
    """The newest layout of every name, by name."""
    query = (
        select(layouts)
        .where(layouts.c.board_id == services.board_id)
        .order_by(layouts.c.name, layouts.c.number)
    )
    with reading(services.school) as connection:
        newest = {row.name: row for row in connection.execute(query)}
    return [_stored(row) for row in newest.values()]


def _newest(services: SchoolServices, name: str) -> Any:
    return (
        select(layouts)
        .where(layouts.c.board_id == services.board_id, layouts.c.name == name)
        .order_by(layouts.c.number.desc())
        .limit(1)
    )


def _stored(row: Any) -> StoredLayout:
    return StoredLayout(load(row.content), row.number, row.sha256, bytes(row.content), row.added_at_ms)
