"""Positions brought into about the order of their pseudonyms, for a few bytes each.

The holdings are kept in the order of ids. Records that arrive in that order fill one page of the database after the
other; in any other order every record touches pages of its own. An order that is slightly wrong costs time, nothing
else: no rule depends on it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Final

from gateway.roster.model import Pseudonym

_FIRST: Final = slice(4, 9)
"""Characters that differ between pseudonyms of one product; before them stands its key."""
_BITS: Final = 25
_RANK: Final = str.maketrans("234567abcdefghijklmnopqrstuvwxyz", "0123456789abcdefghijklmnopqrstuv")
"""Base32 digits by code point, as the databases order them."""


class IdOrder:
    """Sorts positions into shelves; a shelf holds neighbours."""

    def __init__(self, expected: int, *, shelf_size: int) -> None:
        """Have about `expected` positions, `shelf_size` of them on a shelf."""
        self._shelves = [array("i") for _ in range(max(1, expected // shelf_size))]

    def add(self, position: int, pseudonym: Pseudonym) -> None:
        """Put a position where its pseudonym belongs."""
        rank = int(pseudonym[_FIRST].translate(_RANK), 32)
        self._shelves[rank * len(self._shelves) >> _BITS].append(position)

    def __iter__(self) -> Iterator[array[int]]:
        """The shelves that hold anything, in order of pseudonyms."""
        return (shelf for shelf in self._shelves if shelf)
