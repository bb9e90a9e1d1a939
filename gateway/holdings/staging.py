"""Rows of one generation number: begun, ended, taken back. The caller holds the pointer's lock."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from gateway.holdings.pointer import Holder
from gateway.holdings.rows import REFERENCE_COLUMNS
from gateway.holdings.tables import holdings, links, withdrawn
from gateway.roster.model import Kind


def forget_withdrawn(connection: Connection, holder: Holder, number: int) -> None:
    """Drop what was remembered for the staged generation `number`."""
    connection.execute(
        delete(withdrawn).where(
            withdrawn.c.board_id == holder.board_id,
            withdrawn.c.product == holder.product,
            withdrawn.c.generation == number,
        )
    )


def unstage(connection: Connection, holder: Holder, kind: Kind, ids: list[str], *, number: int) -> None:
    """Remove what was staged for these ids under `number`, and open again what was closed for it."""
    mine = (
        holdings.c.board_id == holder.board_id,
        holdings.c.product == holder.product,
        holdings.c.kind == kind.value,
        holdings.c.id.in_(ids),
    )
    connection.execute(delete(holdings).where(*mine, holdings.c.from_generation == number))
    connection.execute(
        delete(links).where(
            links.c.board_id == holder.board_id,
            links.c.product == holder.product,
            links.c.kind == kind.value,
            links.c.id.in_(ids),
            links.c.from_generation == number,
        )
    )
    connection.execute(
        update(holdings).where(*mine, holdings.c.until_generation == number).values(until_generation=None)
    )


def stage_tombstones(
    connection: Connection, holder: Holder, kind: Kind, ids: list[str], *, number: int
) -> None:
    """End the open, active version of these ids at `number`, and begin a tombstone there.

    The tombstone keeps subject, relations and links: a route that listed the record must report that it went.
    """
    columns = [
        holdings.c.board_id,
        holdings.c.product,
        holdings.c.kind,
        holdings.c.id,
        holdings.c.from_generation,
        holdings.c.vendor_made,
        holdings.c.subject,
        *(holdings.c[column] for column in REFERENCE_COLUMNS),
    ]
    rows = connection.execute(
        select(*columns).where(
            holdings.c.board_id == holder.board_id,
            holdings.c.product == holder.product,
            holdings.c.kind == kind.value,
            holdings.c.id.in_(ids),
            holdings.c.from_generation < number,
            holdings.c.until_generation.is_(None),
            holdings.c.active.is_(True),
        )
    ).all()
    if not rows:
        return
    present = {row.id: row.from_generation for row in rows}
    old_links = connection.execute(
        select(links).where(
            links.c.board_id == holder.board_id,
            links.c.product == holder.product,
            links.c.kind == kind.value,
            links.c.id.in_(list(present)),
        )
    ).all()
    connection.execute(
        update(holdings)
        .where(
            holdings.c.board_id == holder.board_id,
            holdings.c.product == holder.product,
            holdings.c.kind == kind.value,
            holdings.c.id == bindparam("b_id"),
            holdings.c.from_generation == bindparam("b_from"),
        )
        .values(until_generation=number),
        [{"b_id": row.id, "b_from": row.from_generation} for row in rows],
    )
    connection.execute(
        insert(holdings),
        [
            {**row._mapping, "from_generation": number, "active": False, "fingerprint": b"", "body": b""}
            for row in rows
        ],
    )
    copied = [
        {**row._mapping, "from_generation": number}
        for row in old_links
        if row.from_generation == present[row.id]
    ]
    if copied:
        connection.execute(insert(links), copied)
