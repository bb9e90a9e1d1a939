"""One database for a test: SQLite on disk, and PostgreSQL where SCHUILNAAM_TEST_POSTGRES says so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gateway.database import front_metadata, open_engine
from gateway.holdings import tables
from gateway.holdings.publishing import Publication
from gateway.holdings.reading import Holdings
from gateway.holdings.storage_key import StorageKey
from gateway.roster.model import ProductId, ReleasedRecord

BOARD = "b0a4d1"
PRODUCT = ProductId("rekenwijs")
OTHER = ProductId("taalwijs")
NOW = 1_790_000_000_000

TABLES = [
    tables.pointers,
    tables.generations,
    tables.holdings,
    tables.links,
    tables.withdrawn,
    tables.walks,
    tables.floors,
    tables.refresh_requests,
]


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


@pytest.fixture(scope="session")
def storage_key(tmp_path_factory: pytest.TempPathFactory) -> StorageKey:
    folder = tmp_path_factory.mktemp("home", numbered=True)
    folder.chmod(0o700)
    return StorageKey.create(folder / "storage.key")


@pytest.fixture
def held(engine: Engine, storage_key: StorageKey) -> Holdings:
    return Holdings(engine, storage_key, board_id=BOARD)


class Refresher:
    """Publishes lists of records in one call."""

    def __init__(self, engine: Engine, storage_key: StorageKey) -> None:
        self.engine = engine
        self.storage_key = storage_key

    def begin(self, *, now_ms: int = NOW, product: ProductId = PRODUCT) -> Publication:
        return Publication.begin(
            self.engine,
            self.storage_key,
            board_id=BOARD,
            product=product,
            plan_digest="plan",
            now_ms=now_ms,
        )

    def __call__(self, *records: ReleasedRecord, now_ms: int = NOW, product: ProductId = PRODUCT):
        publication = self.begin(now_ms=now_ms, product=product)
        by_kind: dict[object, list[ReleasedRecord]] = {}
        for record in records:
            by_kind.setdefault(record.kind, []).append(record)
        for some in by_kind.values():
            publication.put(some)
        return publication.publish(now_ms)


@pytest.fixture
def refresh(engine: Engine, storage_key: StorageKey) -> Refresher:
    return Refresher(engine, storage_key)
