"""What could not be joined to anybody: kept apart without identity for 30 days, counted, never forwarded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, insert, select, update

from gateway.inbox.claiming import Claimed
from gateway.roster.model import Kind, ProductId
from gateway.school.relink.tables import quarantine

KEPT_DAYS: Final = 30
DAY_MS: Final = 86_400_000
ALARM_PER_DAY: Final = 10
"""From how many in one day of one product somebody at the school should ask the vendor what it is doing."""
_STEPS: Final = (16, 32, 64, 128, 256)


def length_histogram(texts: Iterable[str]) -> str:
    """How long the references were, in steps: tells a cut-off pseudonym from a made-up one, and no value."""
    counts: dict[str, int] = {}
    for text in texts:
        step = next((f"<={limit}" for limit in _STEPS if len(text) <= limit), f">{_STEPS[-1]}")
        counts[step] = counts.get(step, 0) + 1
    return " ".join(f"{step}:{count}" for step, count in sorted(counts.items()))[:255]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """One record that was joined to nobody, as the school sees it. Holds no identity and no body."""

    id: int
    product: ProductId
    client_id: str
    request_id: str
    kind: Kind
    operation: str
    reason: str
    lengths: str
    received_at_ms: int
    quarantined_at_ms: int


def store(connection: Connection, claimed: Claimed, *, reason: str, lengths: str, now_ms: int) -> bool:
    """Keep `claimed` apart; False when a crash repeats the step and it is there already."""
    key = (quarantine.c.board_id == claimed.board_id, quarantine.c.seq == claimed.seq)
    if connection.execute(select(quarantine.c.seq).where(*key)).first() is not None:
        return False
    connection.execute(
        insert(quarantine).values(
            board_id=claimed.board_id,
            seq=claimed.seq,
            product=claimed.product,
            client_id=claimed.client_id,
            request_id=claimed.request_id,
            kind=claimed.kind.value,
            operation=claimed.operation.value,
            reason=reason,
            lengths=lengths,
            received_at_ms=claimed.received_at_ms,
            quarantined_at_ms=now_ms,
            bytes_sealed=len(claimed.sealed),
            sealed=claimed.sealed,
        )
    )
    return True


def listed(connection: Connection, *, board_id: str) -> list[Quarantined]:
    """All of them, oldest first."""
    query = select(quarantine).where(quarantine.c.board_id == board_id).order_by(quarantine.c.seq)
    return [
        Quarantined(
            id=row.seq,
            product=ProductId(row.product),
            client_id=row.client_id,
            request_id=row.request_id,
            kind=Kind(row.kind),
            operation=row.operation,
            reason=row.reason,
            lengths=row.lengths,
            received_at_ms=row.received_at_ms,
            quarantined_at_ms=row.quarantined_at_ms,
        )
        for row in connection.execute(query)
    ]


def alarms(connection: Connection, *, board_id: str, now_ms: int) -> dict[ProductId, int]:
    """Products of which `ALARM_PER_DAY` or more came in the last day, and how many.

    Attack: a vendor that tries pseudonyms (another vendor's, altered ones) to see which are taken.
    """
    query = (
        select(quarantine.c.product, func.count())
        .where(quarantine.c.board_id == board_id, quarantine.c.quarantined_at_ms > now_ms - DAY_MS)
        .group_by(quarantine.c.product)
    )
    return {ProductId(name): count for name, count in connection.execute(query) if count >= ALARM_PER_DAY}


def drop_bodies(connection: Connection, *, board_id: str, now_ms: int) -> int:
    """Remove the bodies that have been kept long enough; rows stay. Returns how many."""
    return connection.execute(
        update(quarantine)
        .where(
            quarantine.c.board_id == board_id,
            quarantine.c.sealed.is_not(None),
            quarantine.c.quarantined_at_ms < now_ms - KEPT_DAYS * DAY_MS,
        )
        .values(sealed=None)
    ).rowcount
