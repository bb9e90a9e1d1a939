"""A front database with the inbox in it, on SQLite and, where asked for, on PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gateway.database import front_metadata, open_engine
from gateway.inbox.tables import inbox, inbox_owed, inbox_references

TABLES = [inbox, inbox_references, inbox_owed]
BACKENDS = [
    "sqlite",
    pytest.param(
        "postgresql",
        marks=[
            pytest.mark.postgres,
            pytest.mark.skipif(
                not os.environ.get("SCHUILNAAM_TEST_POSTGRES"), reason="no PostgreSQL asked for"
            ),
        ],
    ),
]


@pytest.fixture(params=BACKENDS)
def front(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'front.sqlite'}"
    if request.param == "postgresql":
        url = os.environ["SCHUILNAAM_TEST_POSTGRES"]
    engine = open_engine(url)
    front_metadata.drop_all(engine, tables=TABLES)
    front_metadata.create_all(engine, tables=TABLES)
    yield engine
    front_metadata.drop_all(engine, tables=TABLES)
    engine.dispose()
