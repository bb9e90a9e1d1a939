"""The greatest moment that this gateway has seen, kept over restarts.

Attack: a clock set back makes an ended agreement look in force. The decision compares the present with the
high-water mark and refuses when the clock runs behind it (`contracts.decisions`).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError

from gateway.connections.tables import clock_marks
from gateway.database import reading, writing

GRAIN_MS: Final = 30_000
"""The mark is written when it has moved this far: far below the tolerance, and few writes."""


def high_water(engine: Engine, *, board_id: str, now_ms: int, keep: bool = True) -> int:
    """The greatest moment seen so far, the present one included when it is later.

    Args:
        keep: write the mark where it moved by `GRAIN_MS`; False only reads.
    """
    with reading(engine) as connection:
        marked = connection.execute(
            select(clock_marks.c.high_water_at_ms).where(clock_marks.c.board_id == board_id)
        ).scalar()
    if keep and (marked is None or now_ms >= marked + GRAIN_MS):
        _mark(engine, board_id=board_id, now_ms=now_ms)
    return now_ms if marked is None else max(int(marked), now_ms)


def _mark(engine: Engine, *, board_id: str, now_ms: int) -> None:
    try:
        with writing(engine) as connection:
            moved = connection.execute(
                update(clock_marks)
                .where(clock_marks.c.board_id == board_id, clock_marks.c.high_water_at_ms < now_ms)
                .values(high_water_at_ms=now_ms)
            )
            if moved.rowcount == 0:
                known = connection.execute(
                    select(clock_marks.c.board_id).where(clock_marks.c.board_id == board_id)
                ).first()
                if known is None:
                    connection.execute(
                        clock_marks.insert(), {"board_id": board_id, "high_water_at_ms": now_ms}
                    )
    except IntegrityError:
        # Another worker made the row in the same instant; its mark is as good.
        return
