"""What a vendor asks the sandbox to let happen, from the door's page to the school side of the sandbox.

The door may not carry any of it out: it has no key and no school database, in the sandbox as anywhere. So it writes a
row here, in the sandbox's own front database, and the sandbox's school side takes it up. A row names a made-up product
and what shall happen; it holds no text of a caller. In the database of a real board the table stays empty: only the
sandbox's page writes to it. docs/decisions/0039.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    Row,
    String,
    Table,
    func,
    select,
    update,
)

from gateway.database import front_metadata
from gateway.roster.model import ProductId

MAX_WAITING: Final = 100
"""So many presses of all vendors together may wait; the next is refused."""


class Happening(StrEnum):
    """What can happen one day. Stored; values never change."""

    AGREEMENT_BEGINS = "agreement_begins"
    """A place is taken: a made-up vendor, its product and its agreement. Also after an agreement ended."""
    AGREEMENT_ON_CONSENT_BEGINS = "agreement_on_consent_begins"
    """As a place is taken: the product rests on consent (GDPR art. 6(1)(a)), and everybody gave it."""
    AGREEMENT_ENDS = "agreement_ends"
    FIELD_LOST = "field_lost"
    """The agreement is renewed without the year of birth and the aliases of surnames."""
    PSEUDONYMS_CHANGE = "pseudonyms_change"
    """A new key version and the refresh after it."""
    PUPIL_LEAVES_OUT = "pupil_leaves_out"
    """Consent of one pupil is withdrawn, or parents object: a vendor cannot tell which."""
    NEW_SCHOOL_YEAR = "new_school_year"
    VENDOR_STOPPED = "vendor_stopped"
    VENDOR_RESUMED = "vendor_resumed"


class PressState(StrEnum):
    """Stored; values never change."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    """It could not happen as things stand; `code` says why."""


_NUMBER: Final = BigInteger().with_variant(Integer(), "sqlite")

sandbox_presses: Final = Table(
    "sandbox_presses",
    front_metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("board_id", String(64), nullable=False),
    Column("product", String(64), nullable=False),
    Column("happening", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("code", String(64)),
    Column("asked_at_ms", BigInteger, nullable=False),
    Column("settled_at_ms", BigInteger),
)
Index(
    "ix_sandbox_presses_state", sandbox_presses.c.board_id, sandbox_presses.c.state, sandbox_presses.c.number
)
Index(
    "ix_sandbox_presses_product",
    sandbox_presses.c.board_id,
    sandbox_presses.c.product,
    sandbox_presses.c.number,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """One press of a button."""

    number: int
    product: ProductId
    happening: Happening
    state: PressState
    code: str | None
    asked_at_ms: int


def press(
    connection: Connection, *, board_id: str, product: ProductId, happening: Happening, now_ms: int
) -> int | None:
    """Ask for something to happen; its number, or None where too many wait already."""
    waiting = connection.execute(
        select(func.count()).where(
            sandbox_presses.c.board_id == board_id, sandbox_presses.c.state == PressState.WAITING.value
        )
    ).scalar_one()
    if waiting >= MAX_WAITING:
        return None
    added = connection.execute(
        sandbox_presses.insert().values(
            board_id=board_id,
            product=product,
            happening=happening.value,
            state=PressState.WAITING.value,
            asked_at_ms=now_ms,
        )
    )
    (number,) = added.inserted_primary_key or (0,)
    return int(number)


def waiting(connection: Connection, *, board_id: str, limit: int = 20) -> list[Press]:
    """Presses that nobody carried out yet, oldest first."""
    rows = connection.execute(
        select(sandbox_presses)
        .where(sandbox_presses.c.board_id == board_id, sandbox_presses.c.state == PressState.WAITING.value)
        .order_by(sandbox_presses.c.number)
        .limit(limit)
    )
    return [_press(row) for row in rows]


def state_of(connection: Connection, number: int, *, board_id: str) -> PressState | None:
    """What became of a press; None where there is none of this number."""
    found = connection.execute(
        select(sandbox_presses.c.state).where(
            sandbox_presses.c.board_id == board_id, sandbox_presses.c.number == number
        )
    ).scalar()
    return None if found is None else PressState(found)


def settle(
    connection: Connection,
    number: int,
    state: PressState,
    *,
    board_id: str,
    now_ms: int,
    code: str | None = None,
) -> None:
    """Say what became of a press."""
    connection.execute(
        update(sandbox_presses)
        .where(sandbox_presses.c.board_id == board_id, sandbox_presses.c.number == number)
        .values(state=state.value, code=code, settled_at_ms=now_ms)
    )


def latest(connection: Connection, *, board_id: str, product: ProductId, limit: int = 10) -> Sequence[Press]:
    """The newest presses for a product, newest first."""
    rows = connection.execute(
        select(sandbox_presses)
        .where(sandbox_presses.c.board_id == board_id, sandbox_presses.c.product == product)
        .order_by(sandbox_presses.c.number.desc())
        .limit(limit)
    )
    return [_press(row) for row in rows]


def places(connection: Connection, *, board_id: str) -> int:
    """How many made-up products there are."""
    query = select(func.count(func.distinct(sandbox_presses.c.product))).where(
        sandbox_presses.c.board_id == board_id
    )
    return int(connection.execute(query).scalar_one())


def _press(row: Row[Any]) -> Press:
    return Press(
        number=row.number,
        product=ProductId(row.product),
        happening=Happening(row.happening),
        state=PressState(row.state),
        code=row.code,
        asked_at_ms=row.asked_at_ms,
    )
