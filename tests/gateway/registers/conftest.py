"""Both databases on SQLite, with every register in them; on PostgreSQL as well where that is asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gateway.database import front_metadata, open_engine, school_metadata
from gateway.registers.tables import APPEND_ONLY

BACKENDS = ["sqlite", *(["postgresql"] if os.environ.get("SCHUILNAAM_TEST_POSTGRES") else [])]


def fresh_tables(engine: Engine) -> None:
    for metadata in (front_metadata, school_metadata):
        tables = [table for table in APPEND_ONLY if table.metadata is metadata]
        metadata.drop_all(engine, tables=tables)
        metadata.create_all(engine, tables=tables)


@pytest.fixture(params=BACKENDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """One database that holds all four logs."""
    url = f"sqlite:///{tmp_path / 'registers.sqlite'}"
    if request.param == "postgresql":
        url = os.environ["SCHUILNAAM_TEST_POSTGRES"]
    engine = open_engine(url)
    fresh_tables(engine)
    yield engine
    engine.dispose()
