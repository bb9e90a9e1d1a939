"""A door with one agreement in force, one refresh done, and one vendor that holds a token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.front.world import Vendor, World, home


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[World]:
    """A door without agreement, client or holdings."""
    world = home(tmp_path)
    yield world
    world.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A door with the example's agreement in force and a generation published."""
    world = home(tmp_path, served=True)
    yield world
    world.close()


@pytest.fixture
def vendor(world: World) -> Vendor:
    """A vendor with a token."""
    vendor = Vendor(world, world.issue())
    assert vendor.ask_token().status_code == 200
    return vendor
