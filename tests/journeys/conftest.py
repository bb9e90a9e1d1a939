"""Fixtures of the journeys: a small board, its school system, and a whole gateway."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.demo.board import MadeUpBoard, made_up_board
from gateway.demo.school_system import SimulatedSchool
from tests.journeys.rig import Rig


@pytest.fixture
def board() -> MadeUpBoard:
    return made_up_board(11, schools=2, pupils=40)


@pytest.fixture
def school(board: MadeUpBoard) -> Iterator[SimulatedSchool]:
    with SimulatedSchool(board) as school:
        yield school


@pytest.fixture
def rig(tmp_path: Path, school: SimulatedSchool) -> Iterator[Rig]:
    rig = Rig(tmp_path, [school])
    yield rig
    rig.stop()
