"""What a product holds and a refresh did not put."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, and_, bindparam, func, select

from gateway.database import reading
from gateway.holdings.pointer import Holder
from gateway.holdings.rows import REFERENCE_COLUMNS
from gateway.holdings.tables import holdings
from gateway.roster.model import Kind, Pseudonym
from gateway.roster.seen_ids import SeenIds

READ_ROWS: Final = 500
SCAN_ROWS: Final = 5_000
"""Ids looked at together where only what is absent matters."""


@dataclass(slots=True)
class Difference:
    """What a publication would change, for one kind and one school (`""` where a record has none)."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0

    @property
    def held(self) -> int:
        """How many the product holds now."""
        return self.changed + self.unchanged + self.gone


@dataclass(frozen=True, slots=True)
class Missing:
    """Records that the product holds and that were not put."""

    kind: Kind
    school: str
    ids: tuple[Pseudonym, ...]


def _held_before(holder: Holder, kind: Kind, number: int) -> ColumnElement[bool]:
    """What the product holds of a kind and the staged generation `number` did not replace."""
    return and_(
        holdings.c.board_id == holder.board_id,
        holdings.c.product == holder.product,
        holdings.c.kind == kind.value,
        holdings.c.from_generation < number,
        holdings.c.until_generation.is_(None),
        holdings.c.active.is_(True),
        holdings.c.vendor_made.is_(False),
    )


def count_held_before(connection: Connection, holder: Holder, kind: Kind, *, number: int) -> int:
    """How many the product holds of a kind that the staged generation `number` did not replace."""
    counted = select(func.count()).select_from(holdings).where(_held_before(holder, kind, number))
    return connection.scalar(counted) or 0


def missing_rows(
    engine: Engine, holder: Holder, kind: Kind, seen: SeenIds, *, number: int
) -> Iterator[list[Any]]:
    """Rows of a kind that are held and whose ids are not in `seen`; in lists of at most `READ_ROWS`.

    Two ids that share a mark keep a gone record until the next refresh.
    """
    mine = _held_before(holder, kind, number)
    after = select(holdings.c.id).where(mine, holdings.c.id > bindparam("after")).order_by(holdings.c.id)
    after = after.limit(SCAN_ROWS)
    last = ""
    while True:
        with reading(engine) as connection:
            ids = connection.scalars(after, {"after": last}).all()
            gone = [record_id for record_id in ids if record_id not in seen]
            rows = [
                row
                for start in range(0, len(gone), READ_ROWS)
                for row in connection.execute(
                    select(
                        holdings.c.id,
                        holdings.c.from_generation,
                        holdings.c.subject,
                        *(holdings.c[column] for column in REFERENCE_COLUMNS),
                    )
                    .where(mine, holdings.c.id.in_(gone[start : start + READ_ROWS]))
                    .order_by(holdings.c.id)
                )
            ]
        for start in range(0, len(rows), READ_ROWS):
            yield rows[start : start + READ_ROWS]
        if len(ids) < SCAN_ROWS:
            return
        last = ids[-1]
