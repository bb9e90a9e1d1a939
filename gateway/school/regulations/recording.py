"""Recording versions of the privacy regulation, and telling which agreements go beyond them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from contracts import canonical
from contracts.agreements import Agreement
from contracts.instants import local_day, to_ms
from contracts.regulation import Outside, Regulation, outside
from gateway.database import reading, writing
from gateway.errors import UsageError
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.school import documents
from gateway.school.documents import Paper
from gateway.school.regulations import rows
from gateway.school.services import SchoolServices

MAX_VERSION = 64
MAX_REFERENCE = 200
MAX_PURPOSE = 100


def record(
    services: SchoolServices,
    actor: Actor,
    regulation: Regulation,
    *,
    now: datetime,
    paper: Paper | None = None,
) -> int:
    """Record a version with the council's consent as far as it was given; returns its number.

    A version is never changed: when the council consents later, it is recorded again under another name.

    Args:
        paper: the regulation itself; kept under its hash, which is recorded with the version.

    Raises:
        UsageError: `version_invalid`, `regulation_known`, `reference_missing`, `date_in_future`, `part_twice`,
            `purpose_invalid`, and as `documents.keep`.
    """
    _require_sound(regulation, now)
    if paper is not None:
        regulation = replace(regulation, document_sha256=documents.keep(services.settings, paper).sha256)
    with writing(services.school) as connection:
        known = rows.all_of(connection, board_id=services.board_id)
        if any(each.version == regulation.version for each in known):
            raise UsageError(
                "A regulation of this version is recorded already.",
                code="regulation_known",
                remedy="Give the new one a version of its own; see regulation list.",
            )
        number = rows.add(connection, regulation, board_id=services.board_id, now_ms=to_ms(now))
        audit.record(
            connection,
            AuditEvent.REGULATION_RECORDED,
            board_id=services.board_id,
            actor=actor,
            now_ms=to_ms(now),
            object_id=rows.regulation_object(number),
            details={
                "number": number,
                "on": regulation.in_force_from.isoformat(),
                "digest": canonical.digest(regulation.to_bytes()),
                "codes": tuple(each.part.value for each in regulation.council),
            },
        )
    return number


def _require_sound(regulation: Regulation, now: datetime) -> None:
    version = regulation.version
    if not version.strip() or len(version) > MAX_VERSION or not version.isprintable():
        raise UsageError(
            f"The version of a regulation has 1 to {MAX_VERSION} characters.", code="version_invalid"
        )
    for purpose in regulation.purposes:
        if not purpose.strip() or len(purpose) > MAX_PURPOSE or not purpose.isprintable():
            raise UsageError(
                f"A purpose has 1 to {MAX_PURPOSE} characters, as agreements write it.",
                code="purpose_invalid",
            )
    parts = [each.part for each in regulation.council]
    if len(set(parts)) != len(parts):
        raise UsageError("A part of the council consents once.", code="part_twice")
    for each in regulation.council:
        if not each.reference.strip() or len(each.reference) > MAX_REFERENCE:
            raise UsageError(
                "The council's consent is recorded with where it is written.",
                code="reference_missing",
                remedy="Name the minutes or the letter.",
            )
        if each.on > local_day(now):
            raise UsageError("The council consented on a day that has not come yet.", code="date_in_future")


def recorded(services: SchoolServices) -> list[Regulation]:
    """Every version, in the order in which they were recorded."""
    with reading(services.school) as connection:
        return rows.all_of(connection, board_id=services.board_id)


def beyond(
    connection: Connection, agreement: Agreement, *, board_id: str, now: datetime
) -> tuple[Outside, ...]:
    """What an agreement gives beyond the regulation today."""
    return outside(agreement, rows.all_of(connection, board_id=board_id), on=local_day(now))
