"""The pointer row of a product: which generation is current, the newest stamp, who stages the next.

Every writer locks this row first, so writers of one product follow one another and readers never wait.

Numbers: a refresh gets a multiple of `STRIDE`; a withdrawal or a vendor's own write gets the next number
after the current one. So rows staged for the next refresh stay invisible while withdrawals and own writes go
on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.errors import GatewayUnready
from gateway.holdings.errors import HoldingsStopped
from gateway.holdings.tables import CAUSE_OWN, generations, pointers

STRIDE: Final = 1_000_000_000
"""Room for this many withdrawals and own writes between two refreshes."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose holdings: one product of one board. Part of every query."""

    board_id: str
    product: str

    def values(self) -> dict[str, str]:
        """The two columns, for an insert."""
        return {"board_id": self.board_id, "product": self.product}


@dataclass(frozen=True, slots=True)
class Pointer:
    """The pointer row as it was read."""

    current: int
    last_stamp_ms: int
    withdrawals: int
    stopped: bool
    staged: int | None
    lease_owner: str | None
    lease_until_ms: int | None


# Made once: a refresh asks it in every transaction.
_POINTER: Final = select(
    pointers.c.current_generation,
    pointers.c.last_stamp_ms,
    pointers.c.withdrawals,
    pointers.c.stopped_at_ms.is_not(None),
    pointers.c.staged_generation,
    pointers.c.lease_owner,
    pointers.c.lease_until_ms,
).where(pointers.c.board_id == bindparam("board_id"), pointers.c.product == bindparam("product"))
_LOCKED: Final = _POINTER.with_for_update()


def read_pointer(connection: Connection, holder: Holder, *, lock: bool = False) -> Pointer | None:
    """The row, or None before the first write. With `lock` no other writer of this product goes on."""
    row = connection.execute(_LOCKED if lock else _POINTER, holder.values()).first()
    return None if row is None else Pointer(*row)


def lock_pointer(connection: Connection, holder: Holder) -> Pointer:
    """Read the row under a lock, made if absent."""
    pointer = read_pointer(connection, holder, lock=True)
    if pointer is not None:
        return pointer
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(
        dialect.insert(pointers)
        .values(**holder.values(), current_generation=0, last_stamp_ms=0, withdrawals=0)
        .on_conflict_do_nothing()
    )
    made = read_pointer(connection, holder, lock=True)
    assert made is not None
    return made


def set_pointer(connection: Connection, holder: Holder, **values: object) -> None:
    """Change columns of the row; the caller holds its lock."""
    connection.execute(
        update(pointers)
        .where(pointers.c.board_id == holder.board_id, pointers.c.product == holder.product)
        .values(**values)
    )


def next_stamp(pointer: Pointer, now_ms: int) -> int:
    """Strictly greater than any stamp of this product, also when the clock stands still or was set back."""
    return max(now_ms, pointer.last_stamp_ms + 1)


def open_small_generation(
    connection: Connection, holder: Holder, pointer: Pointer, *, cause: str, now_ms: int
) -> tuple[int, int]:
    """Make the next generation for a withdrawal or an own write, current at once.

    Returns its number and stamp. The caller holds the pointer's lock and writes the rows in this transaction.

    Raises:
        HoldingsStopped: the product was stopped.
    """
    if pointer.stopped:
        raise HoldingsStopped
    number = pointer.current + 1
    if number % STRIDE == 0:
        raise GatewayUnready(
            "Too many changes since the last refresh.",
            code="generations_used_up",
            remedy="Run `schuilnaam refresh`.",
        )
    stamp_ms = next_stamp(pointer, now_ms)
    roster = number
    if cause == CAUSE_OWN:
        of_current = select(generations.c.roster_generation).where(
            generations.c.board_id == holder.board_id,
            generations.c.product == holder.product,
            generations.c.number == pointer.current,
        )
        roster = connection.execute(of_current).scalar() or 0
    connection.execute(
        insert(generations).values(
            **holder.values(), number=number, stamp_ms=stamp_ms, cause=cause, roster_generation=roster
        )
    )
    set_pointer(connection, holder, current_generation=number, last_stamp_ms=stamp_ms)
    return number, stamp_ms
