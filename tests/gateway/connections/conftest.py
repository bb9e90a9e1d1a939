"""One front database for a test: SQLite on disk, and PostgreSQL where SCHUILNAAM_TEST_POSTGRES says so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gateway.connections import tables
from gateway.database import front_metadata, open_engine

TABLES = [tables.vendor_clients, tables.access_tokens, tables.compiled_agreements, tables.clock_marks]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "postgresql":
        url = os.environ.get("SCHUILNAAM_TEST_POSTGRES")
        if not url:
            pytest.skip("SCHUILNAAM_TEST_POSTGRES is not set")
        opened = open_engine(url)
        front_metadata.drop_all(opened, tables=TABLES)
    else:
        opened = open_engine(f"sqlite:///{tmp_path / 'front.db'}")
    front_metadata.create_all(opened, tables=TABLES)
    yield opened
    opened.dispose()
