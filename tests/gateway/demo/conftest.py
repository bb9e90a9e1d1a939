"""Fixtures of the counter-parties."""

from tests.simulators.fixtures import school, small_board, start_school, start_vendor

__all__ = ["school", "small_board", "start_school", "start_vendor"]
