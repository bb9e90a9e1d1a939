"""Builds whose SQLite databases fail as real ones do: read-only while a file exists, or locked sooner than usual."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

READ_ONLY_WHILE = "SCHUILNAAM_TEST_READ_ONLY_WHILE"
"""Environment: path of the file."""
BUSY_MS = 400


def _may_be_read_only(database: ModuleType) -> None:
    begin, mark = database._begin_sqlite, Path(os.environ[READ_ONLY_WHILE])

    def begin_anyhow(connection: Any) -> None:
        # SQLite itself refuses the write: "attempt to write a readonly database".
        connection.exec_driver_sql(f"PRAGMA query_only = {int(mark.exists())}")
        begin(connection)

    database._begin_sqlite = begin_anyhow
    database.BUSY_TIMEOUT_MS = BUSY_MS


SABOTAGES: dict[str, dict[str, Callable[[ModuleType], None]]] = {
    "failing-database": {"gateway.database": _may_be_read_only},
}
