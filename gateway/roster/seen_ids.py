"""Which ids were seen, for eight bytes each.

Kept is a 64-bit hash under this process's own random key. Two ids share one about once in 10^9 refreshes of 250,000
records; the caller says what that costs, and it must never let more out.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

_SHELVES: Final = 256


class SeenIds:
    """A set of ids that can be asked whether it holds one, and nothing else: a set of strings takes 120 bytes each."""

    __slots__ = ("_shelves", "_sorted")

    def __init__(self) -> None:
        self._shelves = [array("q") for _ in range(_SHELVES)]
        self._sorted = True

    def __len__(self) -> int:
        """How many were added; one that `extend` added twice counts twice."""
        return sum(map(len, self._shelves))

    def __contains__(self, identifier: str) -> bool:
        if not self._sorted:
            self._sort()
        mark = hash(identifier)
        shelf = self._shelves[mark % _SHELVES]
        at = bisect_left(shelf, mark)
        return at < len(shelf) and shelf[at] == mark

    def add(self, identifier: str) -> bool:
        """Add one; False when it was there."""
        if not self._sorted:
            self._sort()
        mark = hash(identifier)
        shelf = self._shelves[mark % _SHELVES]
        at = bisect_left(shelf, mark)
        if at == len(shelf):
            shelf.append(mark)
            return True
        if shelf[at] == mark:
            return False
        shelf.insert(at, mark)
        return True

    def extend(self, identifiers: Iterable[str]) -> None:
        """Add many without asking; sorted when it is asked for the first time."""
        shelves = self._shelves
        for mark in map(hash, identifiers):
            shelves[mark % _SHELVES].append(mark)
        self._sorted = False

    def has_doubles(self) -> bool:
        """Whether `extend` added one twice."""
        return any(len(set(shelf)) < len(shelf) for shelf in self._shelves)

    def _sort(self) -> None:
        # Shelf by shelf: sorting makes a number of each mark, which takes five times its room.
        self._shelves = [array("q", sorted(shelf)) for shelf in self._shelves]
        self._sorted = True
