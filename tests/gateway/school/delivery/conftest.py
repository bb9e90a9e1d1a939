"""A small world of one school system with a category and a line item that a vendor made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.demo.board import made_up_board
from keys.keyring import KeyRing
from tests.gateway.school.delivery.rig import World, rig, sqlite_urls

START_MS = 1_790_000_000_000

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
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    if request.param == "postgresql":
        return (os.environ["SCHUILNAAM_TEST_POSTGRES"],) * 2
    return sqlite_urls(tmp_path)


@pytest.fixture
def world(urls: tuple[str, str], ring: KeyRing) -> Iterator[World]:
    with rig(urls, ring, [made_up_board(5)], now_ms=START_MS) as made:
        yield made


@pytest.fixture
def sqlite_world(tmp_path: Path, ring: KeyRing) -> Iterator[World]:
    """For the long tests, in which the database makes no difference."""
    with rig(sqlite_urls(tmp_path), ring, [made_up_board(5)], now_ms=START_MS) as made:
        yield made
