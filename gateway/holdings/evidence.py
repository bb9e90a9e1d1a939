"""What a product held of a record, and when: for the registers, access requests and incidents.

Reads what serving code does not: the values of versions that were withdrawn since. The caller registers the
access.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Engine, func, select

from gateway.database import reading
from gateway.holdings.narrowing import Sight
from gateway.holdings.pointer import Holder, read_pointer
from gateway.holdings.rows import BodySeal
from gateway.holdings.storage_key import StorageKey
from gateway.holdings.tables import generations, holdings
from gateway.roster.model import Kind, ProductId

_MANY = 500


@dataclass(frozen=True, slots=True)
class HeldVersion:
    """One version of one record, and the generations that saw it."""

    first_generation: int
    first_stamp_ms: int
    last_generation: int | None
    """None: it is what the product holds now. Else the last number before the version that followed."""
    active: bool
    """False: a tombstone."""
    withdrawn_at_generation: int | None
    subject: str
    vendor_made: bool
    body: dict[str, object] = field(repr=False)


class Evidence:
    """What the products of one board held."""

    def __init__(self, engine: Engine, storage_key: StorageKey, *, board_id: str) -> None:
        self._engine = engine
        self._storage_key = storage_key
        self._board_id = board_id

    def held_by_subject(self, product: ProductId, kind: Kind, record_id: str) -> tuple[HeldVersion, ...]:
        """Every version that was ever published, oldest first."""
        holder = Holder(self._board_id, product)
        with reading(self._engine) as connection:
            pointer = read_pointer(connection, holder)
            current = pointer.current if pointer else 0
            rows = connection.execute(
                select(holdings, generations.c.stamp_ms)
                .join(
                    generations,
                    (generations.c.board_id == holdings.c.board_id)
                    & (generations.c.product == holdings.c.product)
                    & (generations.c.number == holdings.c.from_generation),
                )
                .where(
                    holdings.c.board_id == holder.board_id,
                    holdings.c.product == holder.product,
                    holdings.c.kind == kind.value,
                    holdings.c.id == record_id,
                    holdings.c.from_generation <= current,
                )
                .order_by(holdings.c.from_generation)
            ).all()
        seal = BodySeal(self._storage_key, self._board_id, product)
        return tuple(
            HeldVersion(
                first_generation=row.from_generation,
                first_stamp_ms=row.stamp_ms,
                last_generation=None
                if row.until_generation is None or row.until_generation > current
                else row.until_generation - 1,
                active=row.active,
                withdrawn_at_generation=row.withdrawn_at_generation,
                subject=row.subject,
                vendor_made=row.vendor_made,
                body=seal.open(kind, record_id, row.body),
            )
            for row in rows
        )

    def read_again(
        self, product: ProductId, generation: int, kind: Kind, ids: Sequence[str]
    ) -> dict[str, dict[str, object]]:
        """The very values of these records as the generation had them, also where withdrawn since."""
        holder = Holder(self._board_id, product)
        seal = BodySeal(self._storage_key, self._board_id, product)
        values: dict[str, dict[str, object]] = {}
        with reading(self._engine) as connection:
            for start in range(0, len(ids), _MANY):
                for record_id, body in connection.execute(
                    select(holdings.c.id, holdings.c.body).where(
                        Sight(holder, generation).of_kind(holdings, kind),
                        holdings.c.id.in_(ids[start : start + _MANY]),
                    )
                ):
                    values[record_id] = seal.open(kind, record_id, body)
        return values

    def position(self, product: ProductId, generation: int, kind: Kind, record_id: str) -> int | None:
        """Where a record stood in the generation's order of its kind; None where the generation had it not.

        The same counting as `Page.positions`, so a register row with positions can be asked about one person.
        """
        sees = Sight(Holder(self._board_id, product), generation).of_kind(holdings, kind)
        with reading(self._engine) as connection:
            there = connection.scalar(select(holdings.c.id).where(sees, holdings.c.id == record_id))
            if there is None:
                return None
            before = select(func.count()).select_from(holdings).where(sees, holdings.c.id < record_id)
            return connection.scalar(before) or 0

    def ids_at(
        self, product: ProductId, generation: int, kind: Kind, positions: Sequence[int]
    ) -> dict[int, str]:
        """The ids at these positions of the generation's order."""
        wanted = set(positions)
        sees = Sight(Holder(self._board_id, product), generation).of_kind(holdings, kind)
        with reading(self._engine) as connection:
            ordered = connection.execution_options(yield_per=5_000).scalars(
                select(holdings.c.id).where(sees).order_by(holdings.c.id).limit(max(wanted, default=-1) + 1)
            )
            return {place: record_id for place, record_id in enumerate(ordered) if place in wanted}
