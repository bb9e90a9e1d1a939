"""How many rows one write transaction takes."""

from __future__ import annotations

from typing import Final

WRITE_ROWS: Final = 100
"""Rows per write transaction where its time is not measured."""


class Pace:
    """How many rows one write transaction takes, so that the lock is held far shorter than 50 ms.

    Measured as it goes: a slow disk or a busy machine gets smaller transactions, not longer ones.
    """

    AIM_S: Final = 0.015
    LEAST: Final = 25
    MOST: Final = 250

    def __init__(self) -> None:
        self.rows = 50

    def took(self, seconds: float) -> None:
        """A transaction of so many rows took so long."""
        if seconds > self.AIM_S:
            self.rows = max(self.LEAST, self.rows // 2)
        elif seconds < self.AIM_S / 3:
            self.rows = min(self.MOST, self.rows + self.rows // 4)
