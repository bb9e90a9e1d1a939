"""Pseudonyms brought into about their order before they have a text form, for about 45 bytes each.

The holdings are kept in the order of ids. Records that arrive in that order fill one page of the database after the
other; in any other order every record touches pages of its own. An order that is slightly wrong costs time, nothing
else: no rule depends on it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Final

_BITS: Final = 20
"""Of the sealed bytes from the fifteenth bit on, which differ between pseudonyms of one product; before them stands
its key. Four digits of base32."""
_RANK: Final = tuple((((pair >> 5) + 6) % 32) << 5 | ((pair & 31) + 6) % 32 for pair in range(1_024))
"""Two digits of base32 by code point, as the databases order them: 2 to 7 come before a to z."""


class IdOrder:
    """Sorts positions with their sealed ids into shelves; a shelf holds neighbours."""

    def __init__(self, expected: int, *, shelf_size: int) -> None:
        """Have about `expected` positions, `shelf_size` of them on a shelf."""
        count = max(1, expected // shelf_size)
        self._positions = [array("I") for _ in range(count)]
        # Each after one byte that says how long it is.
        self._sealed = [bytearray() for _ in range(count)]

    def add(self, position: int, sealed: bytes) -> None:
        """Put a position where its pseudonym belongs."""
        digits = int.from_bytes(sealed[1:5], "big") >> 5
        rank = _RANK[digits >> 10 & 1_023] << 10 | _RANK[digits & 1_023]
        place = rank * len(self._positions) >> _BITS
        self._positions[place].append(position)
        shelf = self._sealed[place]
        shelf.append(len(sealed))
        shelf += sealed

    def __iter__(self) -> Iterator[list[tuple[int, bytes]]]:
        """(position, sealed id) of each shelf that holds anything, in order of pseudonyms; once, and it is empty."""
        for place, positions in enumerate(self._positions):
            whole, at = bytes(self._sealed[place]), 0
            found: list[tuple[int, bytes]] = []
            for position in positions:
                end = at + 1 + whole[at]
                found.append((position, whole[at + 1 : end]))
                at = end
            self._positions[place], self._sealed[place] = array("I"), bytearray()
            if found:
                yield found
