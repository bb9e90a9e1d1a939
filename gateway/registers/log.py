"""Append to a log, and read it back in order. The only module of the registers that queries.

Appending is serialised, so that `seq` has no gaps and every entry names the one before it: by SQLite's write
lock (`gateway.database.writing`), on PostgreSQL by one advisory lock per board that is held until the
transaction ends. One lock for both logs of a database: with two, transactions that take them in another order
would block each other.
So a caller that writes other rows too registers last: the lock is held shortly, and nobody who holds it waits
for a row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, Select, func, select
from sqlalchemy.exc import DBAPIError

from gateway.database import reading, writing
from gateway.errors import GatewayUnready
from gateway.registers.entries import (
    NO_PREVIOUS,
    EntryUnreadable,
    columns_of,
    leaf_hash,
    read_entry,
    write_entry,
)
from gateway.registers.tables import TABLES, Log, field_sets

Database = Engine
Transaction = Connection
Where = Database | Transaction
"""A database: in a transaction of its own, committed on return. A connection: in the caller's, which
commits.
"""

CHUNK_ROWS: Final = 1_000

_T = TypeVar("_T")


class LogUnreadable(Exception):
    """The database cannot give the rows: a damaged file, or values of another type than the column's."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row as the database gives it: nothing in it is believed before it is verified."""

    seq: object
    at_ms: object
    entry: object
    leaf_hash: object
    columns: Mapping[str, object]


def append(where: Where, log: Log, *, board_id: str, now_ms: int, fields: Mapping[str, object]) -> int:
    """Add one entry and return its `seq`.

    Guarantees: when `where` is an engine, the entry is committed (with fsync) when this returns.

    Raises:
        GatewayUnready: code `register_unwritable`; the register cannot be written, so what was about to be
            registered must not happen.
    """
    return within(
        where,
        lambda connection: _append(connection, log, board_id=board_id, now_ms=now_ms, fields=fields),
    )


def within(where: Where, record: Callable[[Transaction], _T]) -> _T:
    """Run `record` in a transaction of its own or in the caller's.

    Raises:
        GatewayUnready: code `register_unwritable`.
    """
    try:
        if isinstance(where, Engine):
            with writing(where) as connection:
                return record(connection)
        return record(where)
    except DBAPIError:
        raise _unwritable() from None


def _unwritable() -> GatewayUnready:
    """The error of every register that cannot be written; the driver's own text is not shown."""
    return GatewayUnready(
        "The register cannot be written, so nothing that must be registered happens.",
        code="register_unwritable",
        remedy="Look at disk space, permissions and the state of the database.",
    )


def _append(
    connection: Connection, log: Log, *, board_id: str, now_ms: int, fields: Mapping[str, object]
) -> int:
    serialise(connection, log, board_id=board_id)
    table = TABLES[log]
    head = connection.execute(
        select(table.c.seq, table.c.leaf_hash)
        .where(table.c.board_id == board_id)
        .order_by(table.c.seq.desc())
        .limit(1)
    ).first()
    seq, prev = (1, NO_PREVIOUS) if head is None else (head.seq + 1, head.leaf_hash.hex())
    entry = write_entry(log, board_id=board_id, seq=seq, prev=prev, at_ms=now_ms, fields=fields)
    connection.execute(
        table.insert(),
        {
            "board_id": board_id,
            "seq": seq,
            "at_ms": now_ms,
            **columns_of(log, {**fields, "seq": seq}),
            "entry": entry,
            "leaf_hash": leaf_hash(entry),
        },
    )
    return int(seq)


def serialise(connection: Connection, log: Log, *, board_id: str) -> None:
    """Hold every other append to this board's logs of the same database until the caller's transaction ends.

    The `front` and the `school` database may be two schemas of one PostgreSQL database, and a step at the school
    registers in the front while its own transaction is open: one lock for both would wait for itself for ever.
    """
    if connection.dialect.name == "sqlite":
        # A read transaction that turns into a writing one fails at once when somebody else wrote meanwhile.
        if not connection.get_execution_options().get("schuilnaam_write", False):
            raise TypeError("append to a register inside gateway.database.writing")
        return
    database = "front" if log in (Log.DISCLOSURES, Log.AUDIT) else "school"
    digest = hashlib.sha256(f"schuilnaam/{board_id}/registers/{database}".encode()).digest()
    lock = int.from_bytes(digest[:8], "big", signed=True)
    connection.execute(select(func.pg_advisory_xact_lock(lock)))


def keep_field_set(connection: Connection, *, board_id: str, content: bytes) -> str:
    """Store a set of fields once; returns its digest. Call `serialise` first."""
    digest = hashlib.sha256(content).hexdigest()
    known = connection.execute(
        select(field_sets.c.digest).where(field_sets.c.board_id == board_id, field_sets.c.digest == digest)
    ).first()
    if known is None:
        connection.execute(field_sets.insert(), {"board_id": board_id, "digest": digest, "content": content})
    return digest


def field_set_contents(connection: Connection, *, board_id: str) -> dict[str, object]:
    """Every stored set of fields, by digest; there are as many as agreement versions, not as disclosures."""
    rows = connection.execute(
        select(field_sets.c.digest, field_sets.c.content).where(field_sets.c.board_id == board_id)
    )
    return {row.digest: row.content for row in rows}


@contextmanager
def snapshot(database: Database) -> Iterator[Transaction]:
    """One state of all logs of a database.

    Raises:
        LogUnreadable: the database cannot be opened.
    """
    try:
        with reading(database) as connection:
            yield connection
    except DBAPIError:
        raise LogUnreadable from None


def rows(connection: Connection, log: Log, *, board_id: str) -> Iterator[Row]:
    """All rows of a log by `seq`, a chunk at a time, so that memory stays flat.

    Raises:
        LogUnreadable: the database cannot give them.
    """
    table = TABLES[log]
    statement = select(table).where(table.c.board_id == board_id).order_by(table.c.seq).limit(CHUNK_ROWS)
    try:
        yield from _in_chunks(connection, log, statement)
    except (DBAPIError, TypeError, ValueError):
        raise LogUnreadable from None


def _in_chunks(connection: Connection, log: Log, statement: Select[Any]) -> Iterator[Row]:
    table = TABLES[log]
    last: Any = None
    while True:
        chunk = connection.execute(
            statement if last is None else statement.where(table.c.seq > last)
        ).mappings().all()  # fmt: skip
        for row in chunk:
            columns = dict(row)
            del columns["board_id"]
            yield Row(
                seq=columns.pop("seq"),
                at_ms=columns.pop("at_ms"),
                entry=columns.pop("entry"),
                leaf_hash=columns.pop("leaf_hash"),
                columns=columns,
            )
        if len(chunk) < CHUNK_ROWS:
            return
        last = chunk[-1]["seq"]


def documents(
    where: Where, log: Log, *, board_id: str, matching: Mapping[str, str | int] | None = None
) -> Iterator[dict[str, object]]:
    """The entries of a log by `seq`, read and opened, where the copied columns equal `matching`.

    Raises:
        EntryUnreadable: an entry was altered; `gateway.registers.verify` says which.
    """
    if isinstance(where, Engine):
        with reading(where) as connection:
            yield from documents(connection, log, board_id=board_id, matching=matching)
        return
    table = TABLES[log]
    statement = select(table).where(table.c.board_id == board_id).order_by(table.c.seq).limit(CHUNK_ROWS)
    for name, value in (matching or {}).items():
        statement = statement.where(table.c[name] == value)
    for row in _in_chunks(where, log, statement):
        yield read_entry(row.entry)


def disclosures_between(
    where: Where, *, board_id: str, product: str, kind: str, low: str, high: str
) -> Iterator[dict[str, object]]:
    """Disclosures of one kind to one product whose first and last id overlap `low` to `high`."""
    if isinstance(where, Engine):
        with reading(where) as connection:
            yield from disclosures_between(
                connection, board_id=board_id, product=product, kind=kind, low=low, high=high
            )
        return
    table = TABLES[Log.DISCLOSURES]
    statement = (
        select(table)
        .where(table.c.board_id == board_id, table.c.product == product, table.c.kind == kind)
        .where(table.c.first_id <= high, table.c.last_id >= low)
        .order_by(table.c.seq)
        .limit(CHUNK_ROWS)
    )
    for row in _in_chunks(where, Log.DISCLOSURES, statement):
        yield read_entry(row.entry)


def newest(
    where: Where, log: Log, *, board_id: str, matching: Mapping[str, str | int | frozenset[str]]
) -> dict[str, object] | None:
    """The latest entry whose copied columns equal (or are among) `matching`; None when there is none.

    Raises:
        EntryUnreadable: the entry does not match its own leaf hash.
    """
    if isinstance(where, Engine):
        with reading(where) as connection:
            return newest(connection, log, board_id=board_id, matching=matching)
    table = TABLES[log]
    statement = select(table.c.entry, table.c.leaf_hash).where(table.c.board_id == board_id)
    for name, value in matching.items():
        column = table.c[name]
        statement = statement.where(column.in_(value) if isinstance(value, frozenset) else column == value)
    row = where.execute(statement.order_by(table.c.seq.desc()).limit(1)).first()
    if row is None:
        return None
    document = read_entry(row.entry)
    if leaf_hash(row.entry) != row.leaf_hash:
        raise EntryUnreadable("leaf_hash_differs")
    return document


def latest(
    where: Where,
    log: Log,
    *,
    board_id: str,
    limit: int,
    before_seq: int | None = None,
    since_ms: int | None = None,
    matching: Mapping[str, str | int | frozenset[str]] | None = None,
) -> list[dict[str, object]]:
    """The newest entries, newest first, for showing on a page; at most `limit`.

    Args:
        before_seq: only older ones: the next page.
        since_ms: only from this moment on.
        matching: as for `newest`.

    Raises:
        EntryUnreadable: an entry was altered.
    """
    if isinstance(where, Engine):
        with reading(where) as connection:
            return latest(
                connection, log, board_id=board_id, limit=limit, before_seq=before_seq,
                since_ms=since_ms, matching=matching,
            )  # fmt: skip
    table = TABLES[log]
    statement = select(table.c.entry).where(table.c.board_id == board_id)
    for name, value in (matching or {}).items():
        column = table.c[name]
        statement = statement.where(column.in_(value) if isinstance(value, frozenset) else column == value)
    if before_seq is not None:
        statement = statement.where(table.c.seq < before_seq)
    if since_ms is not None:
        statement = statement.where(table.c.at_ms >= since_ms)
    rows = where.execute(statement.order_by(table.c.seq.desc()).limit(limit))
    return [read_entry(row.entry) for row in rows]


def count(
    where: Where,
    log: Log,
    *,
    board_id: str,
    since_ms: int | None = None,
    matching: Mapping[str, str | int | frozenset[str]] | None = None,
) -> int:
    """How many entries there are; arguments as for `latest`."""
    if isinstance(where, Engine):
        with reading(where) as connection:
            return count(connection, log, board_id=board_id, since_ms=since_ms, matching=matching)
    table = TABLES[log]
    statement = select(func.count()).select_from(table).where(table.c.board_id == board_id)
    for name, value in (matching or {}).items():
        column = table.c[name]
        statement = statement.where(column.in_(value) if isinstance(value, frozenset) else column == value)
    if since_ms is not None:
        statement = statement.where(table.c.at_ms >= since_ms)
    return int(where.execute(statement).scalar_one())
