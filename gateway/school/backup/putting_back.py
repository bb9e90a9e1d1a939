"""Reads a backup: is it whole, of this ring, of a schema that this program knows? Then rows, into empty databases.

Everything that can be refused is refused before anything is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

import orjson
from sqlalchemy import Engine, MetaData, Table, text

from contracts.decisions import CLOCK_TOLERANCE
from gateway.database import writing
from gateway.errors import GatewayUnready
from gateway.migrations.current import DatabaseName, known_revisions
from gateway.school.backup import file as backup_file
from gateway.school.backup.taking import Manifest, sealed_context
from keys.custody import open_ring, read_public
from keys.errors import CannotOpen
from keys.ringfile import RingSummary
from keys.sealing import open_intake

_CHUNK: Final = 1_000


@dataclass(frozen=True, slots=True)
class Contents:
    """A backup that is whole; its rows are read again when they are put back."""

    path: Path
    digest: str
    manifest: Manifest
    settings_text: str = field(repr=False)
    sealed: bytes = field(repr=False)
    counts: dict[str, int]
    sequences: dict[str, int]


def read_backup(path: Path, *, now: datetime) -> Contents:
    """Read all of a file once.

    Raises:
        UsageError: `backup_unreadable`, `backup_foreign`.
        GatewayUnready: `backup_newer`, `backup_damaged`, `backup_newer_schema`, `clock_behind_backup`.
    """
    digest = backup_file.digest_of(path)
    stream = backup_file.lines(path)
    counted: dict[str, int] = {}
    sequences: dict[str, int] = {}
    ended: dict[str, int] | None = None
    try:
        manifest = _manifest(next(stream))
        settings_text, sealed = str(next(stream)["settings"]), backup_file.unpacked(next(stream)["sealed"])
        table = ""
        for line in stream:
            if isinstance(line, list):
                counted[table] += 1
            elif "table" in line:
                table = str(line["table"])
                counted[table] = 0
            elif "sequence" in line:
                sequences[str(line["sequence"])] = int(line["last"])
            else:
                ended = dict(line["end"])
    except (StopIteration, KeyError, TypeError, ValueError):
        raise backup_file.damaged() from None
    if ended != counted:
        raise backup_file.damaged()
    _require_known_schema(manifest)
    _require_clock(manifest, now)
    return Contents(path, digest, manifest, settings_text, sealed, counted, sequences)


def _manifest(line: dict[str, Any]) -> Manifest:
    known = {item.name for item in fields(Manifest)}
    values = {name: value for name, value in line.items() if name in known}
    values["check_values"] = tuple(values["check_values"])
    return Manifest(**values)


def _require_known_schema(manifest: Manifest) -> None:
    sides: tuple[tuple[DatabaseName, str], ...] = (
        ("front", manifest.front_revision),
        ("school", manifest.school_revision),
    )
    for side, revision in sides:
        if revision not in known_revisions(side):
            raise GatewayUnready(
                f"The backup has a schema of the {side} database that this version does not know.",
                code="backup_newer_schema",
                remedy="Install the version that wrote it, or a newer one.",
            )


def _require_clock(manifest: Manifest, now: datetime) -> None:
    # Attack: a clock before the backup makes agreements that had ended look in force.
    if now < datetime.fromisoformat(manifest.made_at) - CLOCK_TOLERANCE:
        raise GatewayUnready(
            "The clock of this machine is earlier than the backup.",
            code="clock_behind_backup",
            remedy="Set the clock (timedatectl set-ntp true).",
        )


def require_ring_of_backup(manifest: Manifest, ring_path: Path) -> RingSummary:
    """The ring that belongs to a backup, the same or a newer one of it.

    Raises:
        GatewayUnready: `ring_foreign`: another ring; `ring_older_than_backup`: a key that was destroyed would be back.
    """
    found = read_public(ring_path)
    wanted = (manifest.ring_board_id, manifest.intake_public_key)
    if (found.board_id, found.intake_public_key.hex()) != wanted:
        raise GatewayUnready(
            f"The backup belongs to the key ring {manifest.check_value}, this is {found.check_value}.",
            code="ring_foreign",
            remedy="Give the copy of the ring with that check value; it stands on the recovery sheet.",
        )
    if found.check_value != manifest.check_value and found.check_value in manifest.check_values:
        raise GatewayUnready(
            f"The key ring {found.check_value} is older than the backup: a key that was destroyed would be back.",
            code="ring_older_than_backup",
            remedy=f"Give the copy of the ring with check value {manifest.check_value}.",
        )
    return found


def open_sealed_files(contents: Contents, ring_path: Path, passphrase: bytes) -> dict[str, bytes]:
    """The storage key and the secrets of sources, by their place in the home folder.

    Raises:
        keys.errors.WrongPassphrase: and the other errors of `keys.custody.open_ring`.
        GatewayUnready: `backup_damaged`.
    """
    ring = open_ring(ring_path, passphrase)
    try:
        plain = open_intake(ring, contents.sealed, context=sealed_context(contents.manifest.board_id))
        found = {str(name): bytes.fromhex(value) for name, value in orjson.loads(plain).items()}
    except (CannotOpen, ValueError, AttributeError):
        raise backup_file.damaged() from None
    for name in found:
        parts = PurePosixPath(name).parts
        # Attack: anybody with the public key can seal; a path that leads out of the home folder is not written.
        if len(parts) != 2 or parts[0] not in ("storage", "secrets") or parts[1] in (".", ".."):
            raise backup_file.damaged()
    return found


def load_rows(contents: Contents, front: Engine, school: Engine) -> None:
    """Put all rows into databases that have the backup's schema and no row, then the numbers that were given out.

    Raises:
        GatewayUnready: `backup_damaged`.
    """
    engines = {"front": front, "school": school}
    tables: dict[str, Table] = {}
    for side, engine in engines.items():
        metadata = MetaData()
        metadata.reflect(engine)
        tables |= {f"{side}.{table.name}": table for table in metadata.sorted_tables}
    for name, columns, rows in _chunks(contents):
        if name not in tables or not set(columns) <= set(tables[name].columns.keys()):
            raise backup_file.damaged()
        with writing(engines[name.partition(".")[0]]) as connection:
            connection.execute(
                tables[name].insert(),
                [dict(zip(columns, map(backup_file.unpacked, row), strict=True)) for row in rows],
            )
    for name, last in contents.sequences.items():
        side, _, table_name = name.partition(".")
        _set_sequence(engines[side], tables[name], table_name, last)


def _chunks(contents: Contents) -> Iterator[tuple[str, list[str], list[list[Any]]]]:
    name, columns = "", list[str]()
    rows: list[list[Any]] = []
    for line in backup_file.lines(contents.path):
        if isinstance(line, list):
            rows.append(line)
        if rows and (not isinstance(line, list) or len(rows) == _CHUNK):
            yield name, columns, rows
            rows = []
        if isinstance(line, dict) and "table" in line:
            name, columns = str(line["table"]), list(line["columns"])


def _set_sequence(engine: Engine, table: Table, name: str, last: int) -> None:
    with writing(engine) as connection:
        if engine.dialect.name == "sqlite":
            changed = connection.execute(
                text("UPDATE sqlite_sequence SET seq = :last WHERE name = :name"),
                {"name": name, "last": last},
            )
            if changed.rowcount == 0:
                connection.execute(
                    text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"),
                    {"name": name, "last": last},
                )
            return
        (column,) = table.primary_key.columns
        connection.execute(
            text("SELECT setval(pg_get_serial_sequence(:name, :column), :last)"),
            {"name": name, "column": column.name, "last": last},
        )
