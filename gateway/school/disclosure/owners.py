"""Who has an identifier: a hash to people, for twelve bytes each.

A board of 45,000 people has 200,000 identifiers. As a dictionary of numbers they take 90 bytes each, kept for as long
as a refresh lasts.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import Final

_SHELVES: Final = 256


class Owners:
    """People by a 64-bit hash under this process's own random key; in order of the hashes, found by halving.

    Two strings that share a hash count as one of all their people: a name too much is scrubbed or a field withheld,
    about once in 10^9 refreshes.
    """

    __slots__ = ("_hashes", "_most", "_people", "_shared", "_sorted")

    def __init__(self, *, most: int) -> None:
        """Remember at most so many people of one hash: who asks for more wants to know only that there are."""
        self._most = most
        self._hashes = [array("q") for _ in range(_SHELVES)]
        # The person, or -(position + 1) in `_shared` where more than one has it.
        self._people = [array("i") for _ in range(_SHELVES)]
        self._shared: list[tuple[int, ...]] = []
        self._sorted = True

    def add(self, hashed: int, person: int) -> None:
        """One more person of this hash."""
        place = hashed % _SHELVES
        self._hashes[place].append(hashed)
        self._people[place].append(person)
        self._sorted = False

    def of(self, hashed: int) -> tuple[int, ...]:
        """The first people of this hash, each once, in the order added."""
        if not self._sorted:
            for place in range(_SHELVES):
                self._sort(place)
            self._sorted = True
        place = hashed % _SHELVES
        shelf = self._hashes[place]
        at = bisect_left(shelf, hashed)
        if at == len(shelf) or shelf[at] != hashed:
            return ()
        return self._meant(self._people[place][at])

    def _meant(self, kept: int) -> tuple[int, ...]:
        return (kept,) if kept >= 0 else self._shared[-kept - 1]

    def _sort(self, place: int) -> None:
        gathered: dict[int, tuple[int, ...]] = {}
        for hashed, kept in zip(self._hashes[place], self._people[place], strict=True):
            before, people = gathered.get(hashed, ()), self._meant(kept)
            if len(before) < self._most:
                joined = (*before, *(person for person in people if person not in before))
                gathered[hashed] = joined[: self._most]
        self._hashes[place] = array("q", sorted(gathered))
        self._people[place] = array("i")
        for hashed in self._hashes[place]:
            people = gathered[hashed]
            if len(people) > 1:
                self._shared.append(people)
            self._people[place].append(people[0] if len(people) == 1 else -len(self._shared))
