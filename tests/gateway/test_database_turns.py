"""Writers of a SQLite database take turns, and staged rows are as consistent as any."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gateway.database import open_engine, others_wrote, reading, staging, tidy_log, writing


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'front.sqlite'}"
    engine = open_engine(url)
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE marks (n INTEGER)")
    engine.dispose()
    return url


def _count(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM marks").scalar() or 0)


def _write_and_fail(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO marks VALUES (1)")
        raise ZeroDivisionError


def test_a_writer_that_raises_gives_its_turn_back(url: str) -> None:
    engine = open_engine(url)
    with pytest.raises(ZeroDivisionError):
        _write_and_fail(engine)
    with writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO marks VALUES (2)")
    assert _count(engine) == 1
    engine.dispose()


def test_a_durable_commit_after_staging_is_durable_again(url: str) -> None:
    engine = open_engine(url)
    with staging(engine) as connection:
        connection.exec_driver_sql("INSERT INTO marks VALUES (1)")
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1
    with writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO marks VALUES (2)")
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    tidy_log(engine)
    assert _count(engine) == 2
    engine.dispose()


def test_a_vendor_gets_its_turn_while_a_refresh_stages_without_a_pause(url: str) -> None:
    engine, vendor = open_engine(url), open_engine(url)
    stop, crowded = threading.Event(), []

    def stage() -> None:
        while not stop.is_set():
            with staging(engine) as connection:
                crowded.append(others_wrote(connection))
                connection.exec_driver_sql("INSERT INTO marks VALUES (1)")

    refresh = threading.Thread(target=stage)
    refresh.start()
    written = 0
    try:
        # In memory twenty turns are over before the other thread looks up once.
        while written < 20 or (written < 5_000 and not any(crowded)):
            with writing(vendor) as connection:
                connection.exec_driver_sql("INSERT INTO marks VALUES (2)")
            written += 1
    finally:
        stop.set()
        refresh.join()
    assert any(crowded)
    with reading(vendor) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM marks WHERE n = 2").scalar() == written
    engine.dispose()
    vendor.dispose()
