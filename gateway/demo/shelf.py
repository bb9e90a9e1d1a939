"""One collection of the simulated school system, kept as the bytes that go over the wire.

A page is a slice of bytes, so that the school system is never the slow one in a measurement: 250,000
enrolments are one block with an array of positions beside it. What is changed, added or removed later lies
beside the block.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import Final

import orjson

Record = dict[str, object]
"""A record in the shape of OneRoster 1.2 JSON."""

OWN: Final = "@"
"""Stands in an href for the address of the school system, which is known only when it serves."""


class Shelf:
    """Records of one collection in the order of the school system. Not safe without the board's lock."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._block = bytearray()
        self._ends = array("Q", [0])
        self._slots: dict[str, int] = {}
        self._loose: dict[int, bytes] = {}
        self._order: list[int] | None = None
        """None as long as the order is that of the block and nothing lies beside it."""
        self.version = 0
        for record in records:
            identifier = str(record["sourcedId"])
            if identifier in self._slots:
                raise ValueError("two records of one collection with the same sourcedId")
            if self._block:
                self._block += b","
            self._block += orjson.dumps(record)
            self._slots[identifier] = len(self._slots)
            self._ends.append(len(self._block))
        self._next = len(self._slots)

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, identifier: str) -> bool:
        return identifier in self._slots

    def ids(self) -> list[str]:
        """The sourcedIds in the order of the school system."""
        if self._order is None:
            return list(self._slots)
        names = {slot: identifier for identifier, slot in self._slots.items()}
        return [names[slot] for slot in self._order]

    def get(self, identifier: str) -> Record | None:
        raw = self.raw(identifier)
        if raw is None:
            return None
        record: Record = orjson.loads(raw)
        return record

    def raw(self, identifier: str) -> bytes | None:
        slot = self._slots.get(identifier)
        return None if slot is None else self._bytes(slot)

    def records(self) -> Iterator[Record]:
        for slot in self._positions():
            yield orjson.loads(self._bytes(slot))

    def page(self, offset: int, limit: int) -> bytes:
        """Records `offset` up to `offset + limit`, with commas between them."""
        if self._order is None:
            last = min(offset + limit, len(self._slots))
            if offset >= last:
                return b""
            start = self._ends[offset] + (1 if offset else 0)
            return bytes(self._block[start : self._ends[last]])
        return self.chosen(self._order[offset : offset + limit])

    def chosen(self, slots: Iterable[int]) -> bytes:
        return b",".join(self._bytes(slot) for slot in slots)

    def slots(self) -> Iterator[tuple[int, Record]]:
        """For filters: every record with the slot under which `chosen` gives it."""
        for slot in self._positions():
            yield slot, orjson.loads(self._bytes(slot))

    def put(self, record: Record, *, position: int | None = None) -> bool:
        """Replace the record in its place, or add it (at the end, or at a position). True when it is new."""
        identifier = str(record["sourcedId"])
        order = self._loosen()
        known = self._slots.get(identifier)
        slot = known
        if slot is None:
            slot = self._next
            self._next += 1
            self._slots[identifier] = slot
            order.insert(len(order) if position is None else position, slot)
        self._loose[slot] = orjson.dumps(record)
        self.version += 1
        return known is None

    def remove(self, identifier: str) -> bool:
        slot = self._slots.pop(identifier, None)
        if slot is None:
            return False
        self._loosen(dropped=slot).remove(slot)
        self._loose.pop(slot, None)
        self.version += 1
        return True

    def reorder(self, ids: list[str]) -> None:
        """List the records in this order from now on."""
        if sorted(ids) != sorted(self._slots):
            raise ValueError("another set of records")
        self._order = [self._slots[identifier] for identifier in ids]
        self.version += 1

    def _loosen(self, *, dropped: int | None = None) -> list[int]:
        if self._order is None:
            self._order = list(self._slots.values())
            if dropped is not None:
                self._order.insert(dropped, dropped)
        return self._order

    def _positions(self) -> list[int]:
        return list(self._slots.values()) if self._order is None else list(self._order)

    def _bytes(self, slot: int) -> bytes:
        loose = self._loose.get(slot)
        if loose is not None:
            return loose
        start = self._ends[slot] + (1 if slot else 0)
        return bytes(self._block[start : self._ends[slot + 1]])
