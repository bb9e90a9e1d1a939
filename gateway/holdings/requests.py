"""The front asks the school side for a first refresh: a row, because the front knows no school side.

A vendor that pulls before any refresh waits a bounded time for the answer; see `gateway.front`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.database import reading, writing
from gateway.holdings.tables import refresh_requests
from gateway.roster.model import ProductId

CLAIM_MS: Final = 30 * 60_000
"""A claim older than this is of a crashed school side, and is claimed again."""


@dataclass(frozen=True, slots=True)
class RefreshRequest:
    """How far a request is."""

    asked_at_ms: int
    finished_at_ms: int | None
    failure: str | None
    """Stable code of why the refresh failed."""


def ask_refresh(engine: Engine, *, board_id: str, product: ProductId, now_ms: int) -> None:
    """Ask once; a request that is open already stays as it is."""
    ask_refreshes(engine, board_id=board_id, products=[product], now_ms=now_ms)


def ask_refreshes(engine: Engine, *, board_id: str, products: Sequence[ProductId], now_ms: int) -> None:
    """Ask for several at once, so that they are claimed together and the sources are read once."""
    dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
    fresh = {"asked_at_ms": now_ms, "claimed_at_ms": None, "finished_at_ms": None, "failure": None}
    with writing(engine) as connection:
        for product in products:
            connection.execute(
                dialect.insert(refresh_requests)
                .values(board_id=board_id, product=product, **fresh)
                .on_conflict_do_update(
                    index_elements=["board_id", "product"],
                    set_=fresh,
                    where=refresh_requests.c.finished_at_ms.is_not(None),
                )
            )


def claim_refresh_requests(engine: Engine, *, board_id: str, now_ms: int) -> list[ProductId]:
    """Take the open requests; each goes to one claimer."""
    open_ = and_(
        refresh_requests.c.board_id == board_id,
        refresh_requests.c.finished_at_ms.is_(None),
        or_(
            refresh_requests.c.claimed_at_ms.is_(None),
            refresh_requests.c.claimed_at_ms <= now_ms - CLAIM_MS,
        ),
    )
    with reading(engine) as connection:
        if connection.execute(select(refresh_requests.c.product).where(open_).limit(1)).first() is None:
            return []
    with writing(engine) as connection:
        return [
            ProductId(product)
            for product in connection.scalars(
                update(refresh_requests)
                .where(open_)
                .values(claimed_at_ms=now_ms)
                .returning(refresh_requests.c.product)
            )
        ]


def finish_refresh_request(
    engine: Engine, *, board_id: str, product: ProductId, now_ms: int, failure: str | None = None
) -> None:
    """Mark as answered; `failure` is a stable code, never text from a source.

    Args:
        now_ms: when the refresh began. What was asked later is not answered by it: it read before that.
    """
    with writing(engine) as connection:
        connection.execute(
            update(refresh_requests)
            .where(
                refresh_requests.c.board_id == board_id,
                refresh_requests.c.product == product,
                refresh_requests.c.finished_at_ms.is_(None),
                refresh_requests.c.asked_at_ms <= now_ms,
            )
            .values(finished_at_ms=now_ms, failure=failure)
        )


def refresh_request(engine: Engine, *, board_id: str, product: ProductId) -> RefreshRequest | None:
    """The newest request of this product."""
    with reading(engine) as connection:
        row = connection.execute(
            select(
                refresh_requests.c.asked_at_ms,
                refresh_requests.c.finished_at_ms,
                refresh_requests.c.failure,
            ).where(refresh_requests.c.board_id == board_id, refresh_requests.c.product == product)
        ).first()
    return None if row is None else RefreshRequest(*row)
