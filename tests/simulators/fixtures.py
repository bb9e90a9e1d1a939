"""Fixtures for tests that need a school system or a vendor over real HTTP.

A test folder takes them in its conftest: `pytest_plugins = ["tests.simulators.fixtures"]` is only allowed
at the top, so import them by name: `from tests.simulators.fixtures import school, small_board  # noqa:
F401`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from gateway.demo.board import MadeUpBoard, made_up_board
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor


@pytest.fixture
def small_board() -> MadeUpBoard:
    """Two schools, 40 pupils, seed 7: the board of the demo."""
    return made_up_board(7)


@pytest.fixture
def school(small_board: MadeUpBoard) -> Iterator[SimulatedSchool]:
    """A school system that serves the small board."""
    with SimulatedSchool(small_board) as serving:
        yield serving


@pytest.fixture
def start_school() -> Iterator[Callable[..., SimulatedSchool]]:
    """Starts school systems with other boards or switches; all are stopped at the end."""
    started: list[SimulatedSchool] = []

    def start(board: MadeUpBoard, **switches: object) -> SimulatedSchool:
        serving = SimulatedSchool(board, **switches)  # type: ignore[arg-type]
        started.append(serving)
        return serving.start()

    yield start
    for serving in started:
        serving.stop()


@pytest.fixture
def start_vendor() -> Iterator[Callable[..., SimulatedVendor]]:
    """Makes vendors; their connections are closed at the end."""
    made: list[SimulatedVendor] = []

    def start(
        base_url: str, token_url: str, client_id: str, client_secret: str, **switches: object
    ) -> SimulatedVendor:
        vendor = SimulatedVendor(base_url, token_url, client_id, client_secret, **switches)  # type: ignore[arg-type]
        made.append(vendor)
        return vendor

    yield start
    for vendor in made:
        vendor.close()
