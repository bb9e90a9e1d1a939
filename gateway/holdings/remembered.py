"""What a process remembers about generations: counts, places in walks, marks in the order.

Nothing here can go stale: a generation that is done does not change (ADR 0012), and every key holds the
product and the generation. Bounded by number of entries; shared by the threads of a process.
"""

from __future__ import annotations

import threading
from bisect import bisect_right, insort
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

MARK_EVERY: Final = 64
_Value = TypeVar("_Value")


class _Newest(Generic[_Value]):
    """The entries that were used last."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[Hashable, _Value] = OrderedDict()

    def get(self, key: Hashable) -> _Value | None:
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def set(self, key: Hashable, value: _Value) -> None:
        self._entries[key] = value
        self._entries.move_to_end(key)
        while len(self._entries) > self._size:
            self._entries.popitem(last=False)


@dataclass(slots=True)
class _Places:
    """Last id before some offsets of a walk."""

    offsets: list[int] = field(default_factory=list)
    ids: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Marks:
    """Every 64th id in the order of a kind."""

    ids: list[str]

    def stretches(self, ordered: list[str]) -> Iterator[tuple[int, str, str | None]]:
        """(position of the first, first id, end id) of the fewest stretches that hold these ids."""
        first = last = -1
        for record_id in ordered:
            block = bisect_right(self.ids, record_id) - 1
            if first >= 0 and block > last + 1:
                yield self._stretch(first, last)
                first = -1
            if first < 0:
                first = block
            last = block
        if first >= 0:
            yield self._stretch(first, last)

    def _stretch(self, first: int, last: int) -> tuple[int, str, str | None]:
        end = self.ids[last + 1] if last + 1 < len(self.ids) else None
        return first * MARK_EVERY, self.ids[first], end


class Remembered:
    """Caches of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._totals: _Newest[int] = _Newest(1_000)
        self._places: _Newest[_Places] = _Newest(500)
        self._orders: _Newest[list[str]] = _Newest(4)
        self._marks: _Newest[Marks] = _Newest(16)

    def total(self, key: Hashable) -> int | None:
        """How many records answer this question."""
        with self._lock:
            return self._totals.get(key)

    def set_total(self, key: Hashable, total: int) -> None:
        """Remember it."""
        with self._lock:
            self._totals.set(key, total)

    def nearest(self, key: Hashable, offset: int) -> tuple[int, str | None]:
        """The greatest known offset up to `offset`, and the id just before it."""
        with self._lock:
            places = self._places.get(key)
            position = bisect_right(places.offsets, offset) if places else 0
            if places is None or position == 0:
                return 0, None
            known = places.offsets[position - 1]
            return known, places.ids[known]

    def place(self, key: Hashable, offset: int, last_id: str) -> None:
        """Remember that `last_id` stands just before `offset`."""
        with self._lock:
            places = self._places.get(key)
            if places is None:
                places = _Places()
                self._places.set(key, places)
            if offset not in places.ids and len(places.ids) < 10_000:
                insort(places.offsets, offset)
                places.ids[offset] = last_id

    def order(self, key: Hashable) -> list[str] | None:
        """Ids in the order of a sorted field."""
        with self._lock:
            return self._orders.get(key)

    def set_order(self, key: Hashable, ids: list[str]) -> None:
        """Remember it."""
        with self._lock:
            self._orders.set(key, ids)

    def marks(self, key: Hashable) -> Marks | None:
        """Marks in the order of a kind."""
        with self._lock:
            return self._marks.get(key)

    def set_marks(self, key: Hashable, ordered: Iterable[str]) -> Marks:
        """Remember every 64th of the ids."""
        marks = Marks([record_id for position, record_id in enumerate(ordered) if position % MARK_EVERY == 0])
        with self._lock:
            self._marks.set(key, marks)
        return marks
