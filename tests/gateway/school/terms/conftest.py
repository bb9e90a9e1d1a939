"""A board with agreements for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.school.terms.world import TermsWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TermsWorld]:
    world = TermsWorld(tmp_path)
    yield world
    world.close()
