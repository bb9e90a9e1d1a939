"""The stamps of generations: what the wire calls `dateLastModified` of all that changed in one.

A generation that is done does not change (ADR 0012), so what was found once is remembered per process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from gateway.holdings.pointer import Holder
from gateway.holdings.tables import generations

_MANY: Final = 500
_MOST_KEPT: Final = 100_000


@dataclass(frozen=True, slots=True)
class Stamp:
    """Of one generation."""

    stamp_ms: int
    roster_generation: int


class Stamps:
    """Stamps by product and number of the generation; one object per process."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], Stamp] = {}

    def of(self, connection: Connection, holder: Holder, numbers: set[int]) -> dict[int, Stamp]:
        """The stamps of these generations; those that never were are left out."""
        absent = [number for number in numbers if (holder.product, number) not in self._known]
        for start in range(0, len(absent), _MANY):
            for number, stamp_ms, roster in connection.execute(
                select(generations.c.number, generations.c.stamp_ms, generations.c.roster_generation).where(
                    generations.c.board_id == holder.board_id,
                    generations.c.product == holder.product,
                    generations.c.number.in_(absent[start : start + _MANY]),
                )
            ):
                if len(self._known) > _MOST_KEPT:
                    self._known.clear()
                self._known[holder.product, number] = Stamp(stamp_ms, roster)
        found = {number: self._known.get((holder.product, number)) for number in numbers}
        return {number: stamps for number, stamps in found.items() if stamps is not None}


def newest_upto(connection: Connection, holder: Holder, stamp_ms: int) -> int:
    """The number of the newest generation with a stamp up to this one; 0 where there is none."""
    return (
        connection.scalar(
            select(generations.c.number)
            .where(
                generations.c.board_id == holder.board_id,
                generations.c.product == holder.product,
                generations.c.stamp_ms <= stamp_ms,
            )
            .order_by(generations.c.stamp_ms.desc())
            .limit(1)
        )
        or 0
    )
