"""Advice of the data protection officer (FG): attached to a version of an agreement, and nothing else.

Advice changes no state: a negative one stops nobody, a positive one approves nothing (GDPR art. 38(3) and (6), 39(1)).
Who approves reads it first. It is never changed or taken away; who thinks otherwise later, advises again. The audit log
holds that there was advice, about which version and its digest; the words stand in the school's database alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, func, insert, select

from contracts import canonical
from contracts.instants import from_ms, to_ms
from gateway.database import reading
from gateway.errors import UsageError
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.registers.tables import Log
from gateway.school import agreements
from gateway.school.agreeing.tables import agreement_advice
from gateway.school.services import SchoolServices

MAX_TEXT: Final = 10_000


class AdviceOutcome(StrEnum):
    """What it comes to. Stored; values never change."""

    POSITIVE = "positive"
    POSITIVE_IF = "positive_if"
    """If what the text asks for is done."""
    NEGATIVE = "negative"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One advice as it was given."""

    number: int
    reference: str
    """Agreement id, slash, version."""
    outcome: AdviceOutcome
    text: str = field(repr=False)
    advised_by: str
    os_account: str
    advised_at: datetime
    digest: str
    altered: bool
    """It is not what the audit log says was advised: somebody changed the row."""


def advise(
    services: SchoolServices, reference: str, outcome: str, text: str, *, actor: Actor, now: datetime
) -> Advice:
    """Attach advice to a version, whatever its state; everything about the version stays as it is.

    Raises:
        NotFound: there is no such version.
        UsageError: `advice_outcome`, `advice_text`.
    """
    found = _outcome(outcome)
    said = text.replace("\r\n", "\n").strip()
    if not said or len(said) > MAX_TEXT or not all(each.isprintable() or each in "\n\t" for each in said):
        raise UsageError(
            f"An advice has 1 to {MAX_TEXT:,} characters that can be read.",
            code="advice_text",
            remedy="Put what is longer in a document and name it.",
        )
    table = agreement_advice
    # Under the register's lock: nobody approves between reading the advice and its being there, unnoticed.
    with agreements.standing_still(services) as (connection, register):
        version = register.show(reference)
        last = connection.execute(
            select(func.max(table.c.number)).where(table.c.board_id == services.board_id)
        ).scalar()
        content = _stored(
            {
                "agreement": version.reference,
                "record": version.digest,
                "outcome": found.value,
                "text": said,
                "advised_by": actor.claim or "",
                "os_account": actor.os_account or "",
                "advised_at_ms": to_ms(now),
            }
        )
        digest = canonical.digest(content)
        number = (last or 0) + 1
        connection.execute(
            insert(table).values(
                board_id=services.board_id,
                number=number,
                agreement_id=version.agreement_id,
                version=version.version,
                content=content,
                advised_at_ms=to_ms(now),
            )
        )
        audit.record(
            connection,
            AuditEvent.AGREEMENT_ADVISED,
            board_id=services.board_id,
            actor=actor,
            now_ms=to_ms(now),
            object_id=version.reference,
            details={"digest": digest, "version": version.version, "number": number},
        )
    return Advice(
        number=number,
        reference=version.reference,
        outcome=found,
        text=said,
        advised_by=actor.claim or "",
        os_account=actor.os_account or "",
        advised_at=now,
        digest=digest,
        altered=False,
    )


def advice_on(services: SchoolServices, agreement_id: str, *, version: int | None = None) -> Sequence[Advice]:
    """What was advised about an agreement or one version of it, newest first."""
    table = agreement_advice
    query = select(table).where(table.c.board_id == services.board_id, table.c.agreement_id == agreement_id)
    if version is not None:
        query = query.where(table.c.version == version)
    with reading(services.school) as connection:
        rows = connection.execute(query.order_by(table.c.number.desc())).all()
        if not rows:
            return []
        registered = {
            each.details.get("number"): each.details.get("digest")
            for each in audit.listed(
                connection, Log.AUDIT_SCHOOL, board_id=services.board_id, event=AuditEvent.AGREEMENT_ADVISED
            )
        }
    return [_advice(row, str(registered.get(row.number))) for row in rows]


def _advice(row: Row[Any], registered: str) -> Advice:
    digest = canonical.digest(row.content)
    said = json.loads(row.content)
    return Advice(
        number=row.number,
        reference=f"{row.agreement_id}/{row.version}",
        outcome=AdviceOutcome(said["outcome"]),
        text=said["text"],
        advised_by=said["advised_by"],
        os_account=said["os_account"],
        advised_at=from_ms(row.advised_at_ms),
        digest=digest,
        # Attack: words are put in the officer's mouth, or a row is moved to another version.
        altered=digest != registered or said["agreement"] != f"{row.agreement_id}/{row.version}",
    )


def _stored(said: dict[str, object]) -> bytes:
    """One byte form, for ever: JSON, UTF-8, keys sorted, no spaces."""
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _outcome(word: str) -> AdviceOutcome:
    try:
        return AdviceOutcome(word)
    except ValueError:
        raise UsageError(
            f"An advice is one of {', '.join(each.value for each in AdviceOutcome)}.", code="advice_outcome"
        ) from None
