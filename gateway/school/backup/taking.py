"""Takes a backup while everything runs: both databases as they were at one instant.

1. Nobody writes for a moment: the turn of the school's database is taken, then that of the front (the order of
   docs/decisions/0021, so that two who take both never wait for each other). PostgreSQL: one exported snapshot instead.
2. A read transaction begins in each; both see that instant from now on. The turns are given back.
3. Rows are copied out of the two read transactions, in chunks; writers go on.

So a backup is what a power cut at that instant would have left, and every half-done step in it is one that the next
start repairs: a record that is acknowledged is in the inbox, an alias that a vendor got is in the table, and nothing of
one database is newer than the other.

Never in it: the ring, the passphrase, the key of the staff pages. The storage key and the secrets of sources are sealed
to the intake key, so that the ring opens them and a stolen backup shows neither a value nor a way into a school's
system.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Engine, MetaData, select, text
from sqlalchemy.exc import DBAPIError

from contracts.instants import to_ms
from gateway.database import writing
from gateway.errors import GatewayUnready
from gateway.inbox.sealing import length_prefixed, seal_for_school
from gateway.migrations.current import revision_of
from gateway.registers.entries import iso_ms
from gateway.school.backup.file import Written, writing_backup
from gateway.school.backup.record import register_backup, registered_check_values
from gateway.school.services import SchoolServices, require_ring_of_home
from gateway.settings import SETTINGS_FILE
from keys.custody import read_public

_CHUNK: Final = 1_000
_LABEL: Final = b"schuilnaam/backup/1"
VERSION_TABLE: Final = "alembic_version"
_NOT_TAKEN: Final = ("pages.key",)
"""Of the folder with secrets: a stolen backup, with the ring, must be no second factor (docs/decisions/0026)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """First line of a backup. Stored: members are added, never changed."""

    made_at: str
    board_id: str
    board_name: str
    check_value: str
    """Of the ring at that time."""
    check_values: tuple[str, ...]
    """Every one that the audit log knew by then, the newest last: a ring with an older one is refused."""
    ring_board_id: str
    intake_public_key: str
    front_revision: str
    school_revision: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup that is complete on disk."""

    manifest: Manifest
    digest: str
    rows: int


def sealed_context(board_id: str) -> bytes:
    """What the sealed files are bound to."""
    return length_prefixed(_LABEL, board_id.encode())


def take_backup(services: SchoolServices, path: Path, *, now: datetime) -> Taken:
    """Write a backup to a new file and register it.

    Raises:
        UsageError: `file_unwritable`.
        GatewayUnready: `ring_foreign`; `backup_two_servers`: the databases stand on two PostgreSQL servers.
    """
    require_ring_of_home(services.settings, services.front_settings)
    manifest = _manifest(services, now)
    counts: dict[str, int] = {}
    with writing_backup(path) as written, one_instant(services.front, services.school) as (front, school):
        written.line(asdict(manifest))
        settings = (services.settings.home / SETTINGS_FILE).read_text(encoding="utf-8")
        written.line({"settings": settings})
        written.line({"sealed": _sealed_files(services, manifest)})
        for side, connection in (("front", front), ("school", school)):
            counts |= _copy(side, connection, written)
        written.line({"end": counts})
    rows = sum(counts.values())
    register_backup(services, digest=written.digest, rows=rows, check_value=manifest.check_value, now=now)
    return Taken(manifest, written.digest, rows)


def _manifest(services: SchoolServices, now: datetime) -> Manifest:
    ring = read_public(services.settings.ring_path)
    front, school = revision_of(services.front, "front"), revision_of(services.school, "school")
    assert front is not None
    assert school is not None
    known = registered_check_values(services.school, board_id=services.board_id)
    return Manifest(
        made_at=iso_ms(to_ms(now)),
        board_id=services.board_id,
        board_name=services.settings.board_name,
        check_value=ring.check_value,
        check_values=tuple(
            dict.fromkeys([*(each for each in known if each != ring.check_value), ring.check_value])
        ),
        ring_board_id=ring.board_id,
        intake_public_key=ring.intake_public_key.hex(),
        front_revision=front,
        school_revision=school,
    )


def _sealed_files(services: SchoolServices, manifest: Manifest) -> bytes:
    settings = services.settings
    paths = [settings.storage_key_path]
    if settings.secrets_folder.is_dir():
        paths += [
            path
            for path in sorted(settings.secrets_folder.iterdir())
            if path.is_file() and path.name not in _NOT_TAKEN
        ]
    content = {str(path.relative_to(settings.home)): path.read_bytes().hex() for path in paths}
    public_key = bytes.fromhex(manifest.intake_public_key)
    return seal_for_school(public_key, orjson.dumps(content), context=sealed_context(manifest.board_id))


@contextmanager
def one_instant(front: Engine, school: Engine) -> Iterator[tuple[Connection, Connection]]:
    """A read transaction in each database, both at the same instant.

    Raises:
        GatewayUnready: `backup_two_servers`.
    """
    with ExitStack() as stack:
        if school.dialect.name == "sqlite":
            with writing(school), writing(front):
                pair = [stack.enter_context(engine.connect()) for engine in (front, school)]
                for connection in pair:
                    stack.enter_context(connection.begin())
                    # SQLite takes its snapshot at the first read, not at BEGIN.
                    connection.execute(text(f"SELECT count(*) FROM {VERSION_TABLE}"))  # noqa: S608 (a constant)
            yield pair[0], pair[1]
            return
        in_school, in_front = (
            stack.enter_context(engine.connect().execution_options(isolation_level="REPEATABLE READ"))
            for engine in (school, front)
        )
        stack.enter_context(in_school.begin())
        snapshot = str(in_school.execute(text("SELECT pg_export_snapshot()")).scalar())
        stack.enter_context(in_front.begin())
        try:
            # PostgreSQL takes a literal here, and no parameter; the server itself made it: digits, letters, dashes.
            in_front.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        except DBAPIError:
            raise GatewayUnready(
                "The two databases stand on two servers, so no backup of one instant can be made here.",
                code="backup_two_servers",
                remedy="Use the servers' own backup, the school's first; see deploy/backup.md.",
            ) from None
        yield in_front, in_school


def _copy(side: str, connection: Connection, written: Written) -> dict[str, int]:
    counts: dict[str, int] = {}
    metadata = MetaData()
    metadata.reflect(connection)
    for table in metadata.sorted_tables:
        if table.name == VERSION_TABLE:
            continue
        name = f"{side}.{table.name}"
        written.line({"table": name, "columns": [column.name for column in table.columns]})
        counts[name] = 0
        rows = connection.execution_options(yield_per=_CHUNK).execute(select(table))
        for row in rows:
            written.line(list(row))
            counts[name] += 1
    for table_name, last in _sequences(connection).items():
        written.line({"sequence": f"{side}.{table_name}", "last": last})
    return counts


def _sequences(connection: Connection) -> dict[str, int]:
    """The greatest number given out, where a table counts by itself: one that was removed never comes back."""
    if connection.dialect.name == "sqlite":
        has = connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'")).first()
        rows: Any = connection.execute(text("SELECT name, seq FROM sqlite_sequence")) if has else ()
        return {str(name): int(last) for name, last in rows}
    rows = connection.execute(
        text(
            "SELECT c.relname, s.last_value FROM pg_sequences s"
            " JOIN pg_class q ON q.relname = s.sequencename AND q.relnamespace = s.schemaname::regnamespace"
            " JOIN pg_depend d ON d.objid = q.oid AND d.deptype IN ('a', 'i') JOIN pg_class c ON c.oid = d.refobjid"
            " WHERE s.schemaname = current_schema()"
        )
    )
    return {str(name): int(last) for name, last in rows if last is not None}
