"""Taking back, at once: what agreement, consent, objection or stop takes away does not wait for a refresh.

1. A new small generation in which the records are tombstones, with a fresh stamp: deltas report it.
2. Every earlier version is marked: walks that are pinned to an earlier generation get an empty stub in its
   place. Nothing shifts, so no page becomes shorter and nobody is skipped. The sealed values stay for the
   register only (`evidence`); no serving code opens them.
3. What a refresh has staged of them is removed, and that refresh may not bring them back; of a person, nothing that
   refers to the person either, whatever it stages from here on (`publishing`).

Source: ARCHITECTURE section 6; AVG art. 7(3), 21; docs/decisions/0012.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, Engine, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.database import reading, writing
from gateway.holdings.pace import WRITE_ROWS
from gateway.holdings.pointer import Holder, Pointer, lock_pointer, open_small_generation, set_pointer
from gateway.holdings.staging import stage_tombstones, unstage
from gateway.holdings.tables import CAUSE_WITHDRAWAL, floors, holdings, walks, withdrawn
from gateway.roster.model import Kind, ProductId, Pseudonym

PERSONS_AT_ONCE: Final = 5
"""Persons that one transaction takes out: each has some tens of records."""


def withdraw(
    engine: Engine,
    *,
    board_id: str,
    product: ProductId,
    records: Iterable[tuple[Kind, Pseudonym]],
    now_ms: int,
) -> int:
    """Take records out of what this product is served; returns how many it held.

    Records that the vendor made itself are left alone. A later refresh may release them again.
    """
    holder = Holder(board_id, product)
    by_kind: dict[Kind, list[str]] = {}
    taken = 0
    for kind, record_id in records:
        some = by_kind.setdefault(kind, [])
        some.append(record_id)
        if len(some) == WRITE_ROWS:
            taken += _withdraw_some(engine, holder, kind, by_kind.pop(kind), now_ms)
    for kind, some in by_kind.items():
        taken += _withdraw_some(engine, holder, kind, some, now_ms)
    return taken


def _withdraw_some(engine: Engine, holder: Holder, kind: Kind, ids: list[str], now_ms: int) -> int:
    with writing(engine) as connection:
        pointer = lock_pointer(connection, holder)
        set_pointer(connection, holder, withdrawals=pointer.withdrawals + 1)
        if pointer.staged is not None:
            unstage(connection, holder, kind, ids, number=pointer.staged)
            _refuse_in(connection, holder, pointer.staged, kind, ids)
        return 0 if pointer.stopped else _end_versions(connection, holder, pointer, {kind: ids}, now_ms)


def withdraw_persons(
    engine: Engine,
    *,
    board_id: str,
    product: ProductId,
    persons: Sequence[Pseudonym],
    stamp_ms: int,
    on_taken: Callable[[Connection, int], None] = lambda connection, count: None,
) -> int:
    """Take all that is held about persons out of what this product is served; returns how many records it held.

    All of one person goes in one transaction: nobody is served a half. A refresh under way brings back nothing about
    them, whether it has come to it already or not. A later refresh may.

    Args:
        persons: every pseudonym that each of them can have had at this product.
        stamp_ms: the stamp that is wanted, now or shortly before; deltas do not depend on it (`walks`).
        on_taken: registers how many records went, in the same transaction; not called where nothing was held.
    """
    holder = Holder(board_id, product)
    taken = 0
    for start in range(0, len(persons), PERSONS_AT_ONCE):
        some = list(persons[start : start + PERSONS_AT_ONCE])
        with writing(engine) as connection:
            pointer = lock_pointer(connection, holder)
            set_pointer(connection, holder, withdrawals=pointer.withdrawals + 1)
            records = _about(connection, holder, some)
            if pointer.staged is not None:
                for kind, ids in records.items():
                    unstage(connection, holder, kind, ids, number=pointer.staged)
                    _refuse_in(connection, holder, pointer.staged, kind, ids)
            if pointer.stopped:
                continue
            count = _end_versions(connection, holder, pointer, records, stamp_ms)
            if count:
                on_taken(connection, count)
            taken += count
    return taken


def _about(connection: Connection, holder: Holder, persons: Sequence[str]) -> dict[Kind, list[str]]:
    """What stands or is staged about persons; the persons themselves also where nothing does yet."""
    records: dict[Kind, list[str]] = {Kind.USER: list(persons), Kind.DEMOGRAPHICS: list(persons)}
    rows = connection.execute(
        select(holdings.c.kind, holdings.c.id)
        .where(
            holdings.c.board_id == holder.board_id,
            holdings.c.product == holder.product,
            holdings.c.active.is_(True),
            holdings.c.vendor_made.is_(False),
            holdings.c.ref_user.in_(persons),
        )
        .distinct()
    )
    for kind, record_id in rows:
        records.setdefault(Kind(kind), []).append(record_id)
    return records


def _end_versions(
    connection: Connection,
    holder: Holder,
    pointer: Pointer,
    records: Mapping[Kind, Sequence[str]],
    now_ms: int,
) -> int:
    mine = (
        holdings.c.board_id == holder.board_id,
        holdings.c.product == holder.product,
        holdings.c.active.is_(True),
        holdings.c.vendor_made.is_(False),
    )
    held = {
        kind: list(
            connection.scalars(
                select(holdings.c.id).where(
                    *mine,
                    holdings.c.kind == kind.value,
                    holdings.c.id.in_(ids),
                    holdings.c.until_generation.is_(None),
                )
            )
        )
        for kind, ids in records.items()
    }
    count = sum(map(len, held.values()))
    number = pointer.current
    if count:
        number, _ = open_small_generation(connection, holder, pointer, cause=CAUSE_WITHDRAWAL, now_ms=now_ms)
    for kind, ids in records.items():
        if held[kind]:
            stage_tombstones(connection, holder, kind, held[kind], number=number)
        # Also of who had left before: a walk that began earlier still comes to him.
        connection.execute(
            update(holdings)
            .where(
                *mine,
                holdings.c.kind == kind.value,
                holdings.c.id.in_(ids),
                holdings.c.from_generation <= pointer.current,
                holdings.c.withdrawn_at_generation.is_(None),
            )
            .values(withdrawn_at_generation=number)
        )
    return count


def _refuse_in(connection: Connection, holder: Holder, staged: int, kind: Kind, ids: list[str]) -> None:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(
        dialect.insert(withdrawn).on_conflict_do_nothing(),
        [{**holder.values(), "generation": staged, "kind": kind.value, "id": record_id} for record_id in ids],
    )


def records_of_person(
    engine: Engine, *, board_id: str, product: ProductId, person: Pseudonym
) -> Iterator[tuple[Kind, Pseudonym]]:
    """All that this product is served about one person: the person, demographics, enrolments, results."""
    with reading(engine) as connection:
        rows = connection.execute(
            select(holdings.c.kind, holdings.c.id)
            .where(
                holdings.c.board_id == board_id,
                holdings.c.product == product,
                holdings.c.active.is_(True),
                holdings.c.vendor_made.is_(False),
                holdings.c.kind.in_([kind.value for kind in Kind]),
                or_(
                    holdings.c.ref_user == person,
                    holdings.c.kind.in_([Kind.USER.value, Kind.DEMOGRAPHICS.value])
                    & (holdings.c.id == person),
                ),
            )
            .distinct()
        ).all()
    for kind, record_id in rows:
        yield Kind(kind), Pseudonym(record_id)


def withdraw_product(engine: Engine, *, board_id: str, product: ProductId, now_ms: int) -> None:
    """Stop: nothing of this product is served from this instant, and a refresh under way cannot publish.

    A later refresh starts it again; what clients were known to have is forgotten, so their next delta is
    whole.
    """
    holder = Holder(board_id, product)
    with writing(engine) as connection:
        lock_pointer(connection, holder)
        set_pointer(connection, holder, stopped_at_ms=now_ms, lease_owner=None, lease_until_ms=None)
        connection.execute(delete(walks).where(walks.c.board_id == board_id, walks.c.product == product))
        connection.execute(
            update(floors)
            .where(floors.c.board_id == board_id, floors.c.product == product)
            .values(proved_generation=0)
        )
