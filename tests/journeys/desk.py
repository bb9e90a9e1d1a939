"""The school's IT at a terminal: runs commands as typed, and sees whether anything changed."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gateway.cli.main import run

SENTENCE = re.compile(r"schuilnaam: .+ \[([a-z0-9_-]+)\]\Z")
REGISTERS = frozenset({"audit", "audit_school"})
"""A refusal is registered: these may grow."""
CLOCK = frozenset({"clock_marks"})
"""Time goes on whatever is asked."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the user saw."""

    status: int
    stdout: str
    stderr: str

    def json(self) -> dict[str, object]:
        """The one JSON value on standard output; fails when there is more or less."""
        answer = json.loads(self.stdout)
        assert isinstance(answer, dict)
        assert self.stdout.count("\n") == 1, "one value, on one line"
        return answer

    @property
    def code(self) -> str:
        """The stable code at the end of standard error."""
        last = self.stderr.rstrip("\n").rpartition("\n")[2]
        found = SENTENCE.match(last)
        assert found is not None, f"no sentence with a code: {last!r}"
        return found[1]


def typed(arguments: Sequence[str]) -> Outcome:
    """One command in this process, with both of its streams."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(list(arguments))
    return Outcome(status, out.getvalue(), err.getvalue())


def started(arguments: Sequence[str], *, environment: Mapping[str, str]) -> Outcome:
    """One command as a program of its own, without a terminal."""
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli.main", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=dict(environment),
        timeout=120,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True, slots=True)
class State:
    """Everything that a command could change: files with their modes, and every row."""

    files: Mapping[str, tuple[int, str]] = field(repr=False)
    rows: Mapping[str, tuple[tuple[object, ...], ...]] = field(repr=False)


def state_of(folder: Path) -> State:
    """All below a folder, databases row by row."""
    files: dict[str, tuple[int, str]] = {}
    rows: dict[str, tuple[tuple[object, ...], ...]] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_dir():
            files[name] = (path.stat().st_mode, "")
        elif path.suffix == ".sqlite":
            rows |= _rows(path)
        elif ".sqlite" not in path.name and not path.name.endswith(".lock"):
            files[name] = (path.stat().st_mode, hashlib.sha256(path.read_bytes()).hexdigest())
    return State(files, rows)


def _rows(path: Path) -> dict[str, tuple[tuple[object, ...], ...]]:
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {f"{path.stem}.{table}": _ordered(database, table) for table in tables}
    finally:
        database.close()


def _ordered(database: sqlite3.Connection, table: str) -> tuple[tuple[object, ...], ...]:
    rows = [tuple(row) for row in database.execute(f"SELECT * FROM {table}")]
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    if "seq" in columns:
        return tuple(sorted(rows, key=lambda row: row[columns.index("seq")]))
    return tuple(sorted(rows, key=repr))


def changes(before: State, after: State) -> list[str]:
    """Names of files and tables that changed; of registers only when more than rows at the end was added."""
    changed = [
        name
        for name in sorted({*before.files, *after.files})
        if before.files.get(name) != after.files.get(name)
    ]
    for name in sorted({*before.rows, *after.rows}):
        table = name.partition(".")[2]
        old, new = before.rows.get(name, ()), after.rows.get(name, ())
        if table in CLOCK or (table in REGISTERS and new[: len(old)] == old):
            continue
        if old != new:
            changed.append(name)
    return changed


def added_events(before: State, after: State) -> list[str]:
    """The events that came into the audit logs in between."""
    events: list[str] = []
    for name in ("front.audit", "school.audit_school"):
        for row in after.rows[name][len(before.rows[name]) :]:
            entry = next(json.loads(cell) for cell in row if isinstance(cell, bytes) and cell[:1] == b"{")
            events.append(str(entry["event"]))
    return events
