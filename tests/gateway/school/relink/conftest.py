"""A small world of one school system."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.demo.board import made_up_board
from keys.keyring import KeyRing
from tests.gateway.school.delivery.rig import World, rig, sqlite_urls


@pytest.fixture
def world(tmp_path: Path, ring: KeyRing) -> Iterator[World]:
    with rig(sqlite_urls(tmp_path), ring, [made_up_board(5)], now_ms=1_790_000_000_000) as made:
        yield made
