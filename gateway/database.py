"""Two databases from the first migration: `front` (vendors' door) and `school` (school side).

The front has no credentials for `school`. SQLite files by default; on PostgreSQL two schemas with one role each,
so that a table needs no schema in its name.

Source: ARCHITECTURE section 1. SQLite settings: https://www.sqlite.org/pragma.html
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from gateway.errors import GatewayUnready

_NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

front_metadata: Final = MetaData(naming_convention=_NAMES)
"""Tables of the `front` database; each package's `tables.py` adds its own."""

school_metadata: Final = MetaData(naming_convention=_NAMES)
"""Tables of the `school` database."""

CHECKPOINT_PAGES: Final = 32_000
"""Length of SQLite's log (128 MB) at which whoever commits moves it into the database, and waits for that.

Normally nobody does: the school side tidies the log once a minute and while it stages.
"""

LONG_LOG_PAGES: Final = 6_000
RESTART_MS: Final = 40

CACHE_KIB: Final = 2_048
STAGING_CACHE_KIB: Final = 8_192
"""Pages that one connection of SQLite keeps in memory. A process that runs for months has some ten connections, and
each fills its own; what is not kept the operating system still has. Only who stages writes all over the indexes.
"""

BUSY_TIMEOUT_MS: Final = 30_000
"""How long SQLite waits for another process's write; writers hold the lock for at most 50 ms."""


def open_engine(url: str) -> Engine:
    """Open one of the two databases.

    Guarantees on SQLite: write-ahead log, fsync at every commit (`synchronous=FULL`: nothing acknowledged is
    lost), foreign keys enforced, and explicit transactions only.
    """
    # hide_parameters: a database error must not print the values of a row.
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: ConnectionPoolEntry) -> None:
    # The driver must not open transactions by itself: `begin` below chooses how.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    cursor.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    # Temporary tables and sorts stay in memory: nothing identifying in temp files.
    cursor.execute("PRAGMA temp_store = MEMORY")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE for writers: a read lock that is upgraded later can fail at once with "database is locked"
    # whatever the busy timeout says.
    options = connection.get_execution_options()
    if not options.get("schuilnaam_write", False):
        connection.exec_driver_sql("BEGIN")
        return
    staged = options.get("schuilnaam_staging", False)
    # Not possible within a transaction, and remembered with the connection, which is used again.
    if connection.info.get("staged", False) != staged:
        connection.exec_driver_sql(f"PRAGMA synchronous = {'NORMAL' if staged else 'FULL'}")
        connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint = {0 if staged else CHECKPOINT_PAGES}")
        connection.exec_driver_sql(f"PRAGMA cache_size = -{STAGING_CACHE_KIB if staged else CACHE_KIB}")
        connection.info["staged"] = staged
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def storable(text: str) -> str:
    """Text of a caller as every database can compare it: what none can hold stays unequal to all that they hold.

    Attack: PostgreSQL has no NUL in a text and answers with an error, which is another answer than that to an unknown
    identifier.
    """
    return text.replace("\0", "\ufffd")


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    """Wait for one's turn to write, on SQLite.

    SQLite's own lock has no queue: who finds it taken looks again after up to 100 ms, and during a refresh finds it
    taken again. The operating system wakes a waiter at once. Nothing depends on it but waiting: SQLite's lock is
    taken all the same, and a process that dies gives its turn back.
    """
    path = engine.url.database if engine.dialect.name == "sqlite" else None
    if path is None or path in ("", ":memory:") or path.startswith("file:"):
        yield
        return
    # A file of its own: closing a second handle of the database's file would give up SQLite's locks on it.
    descriptor = os.open(f"{path}-turn", os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One short write transaction; committed (with fsync) when the block ends, rolled back when it raises."""
    with (
        _turn(engine),
        engine.connect().execution_options(schuilnaam_write=True) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def staging(engine: Engine) -> Iterator[Connection]:
    """One short write transaction of rows that mean nothing until a later one, made with `writing`, says so.

    Guarantees: the database stays consistent, and the next `writing` transaction of any process brings to disk what
    was staged before it (SQLite: one log in order, flushed up to there; PostgreSQL: likewise).
    Does not guarantee: that it survives a power failure before that. So it costs no fsync. Who stages much calls
    `tidy_log` between transactions.
    """
    options = {"schuilnaam_write": True, "schuilnaam_staging": True}
    with (
        _turn(engine),
        engine.connect().execution_options(**options) as connection,
        connection.begin(),
    ):
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
        yield connection


def others_wrote(connection: Connection) -> bool:
    """Whether another process committed since this was asked last on this connection; False where none has to wait.

    SQLite has one write lock and no queue: who waits looks again after up to 100 ms. So who writes much makes room
    when others write too.
    """
    if connection.engine.dialect.name != "sqlite":
        return False
    version = connection.exec_driver_sql("PRAGMA data_version").scalar()
    before = connection.info.get("data_version", version)
    connection.info["data_version"] = version
    return bool(before != version)


def tidy_log(engine: Engine) -> None:
    """Move what was committed from SQLite's log into the database, and begin the log anew when it is long.

    Attack on patience: vendors that read without a pause keep the log from ever being empty, and it grows for as long
    as a refresh lasts. So when it is long, writers wait for the readers of that moment, for `RESTART_MS` at most.
    Nothing on another database.
    """
    if engine.dialect.name != "sqlite":
        return
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        _, length, moved = cursor.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        # Only where little is left to move: that happens under the write lock.
        if length >= LONG_LOG_PAGES and length - moved < LONG_LOG_PAGES // 4:
            with _turn(engine):
                cursor.execute(f"PRAGMA busy_timeout = {RESTART_MS}")
                cursor.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
                cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.close()
    finally:
        raw.close()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One read transaction: all reads in it see the same state (REPEATABLE READ on PostgreSQL)."""
    connection = engine.connect()
    if engine.dialect.name != "sqlite":
        connection = connection.execution_options(isolation_level="REPEATABLE READ")
    with connection, connection.begin():
        yield connection


def require_reachable(engine: Engine, name: str) -> None:
    """Raise `GatewayUnready` when the database does not answer; the driver's own text is not shown."""
    try:
        with reading(engine) as connection:
            connection.exec_driver_sql("SELECT 1")
    except DBAPIError:
        raise GatewayUnready(
            f"The {name} database does not answer.",
            code="database_unavailable",
            remedy="Start it, or check the database address in the home folder.",
        ) from None
