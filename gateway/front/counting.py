"""Counts that all worker processes of one door share: for the rate limit, and for refusals that must not fill the log.

A table of fixed size in memory, made before the workers are forked: no file, no write to disk and no service beside the
door, and it lasts as long as the door does. The lock is the operating system's, so that a worker which dies gives it
back; what it was counting at that moment may be off by one.

Keys are digests under a key of this start: the table holds no address and no client, and nobody can choose callers that
share a place. When all places that a key may take are in use, the one that would be free first is given up: whoever
comes from thousands of addresses can make the table forget, never make it refuse somebody else.

docs/decisions/0025.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import secrets
import struct
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

COUNTED_FOR_MS: Final = 60_000
PLACES: Final = 8_192
_TRIED: Final = 8
_PLACE: Final = struct.Struct("=16sddQQ")
_MOMENT: Final = 0.001
_REMEMBERED_SECONDS: Final = 86_400.0


@dataclass(slots=True)
class _Count:
    at: int
    start: float = 0.0
    free_at: float = 0.0
    now: int = 0
    before: int = 0


class SharedCounts:
    """The table. Safe between threads and between processes that were forked after it was made."""

    def __init__(self, places: int = PLACES, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` is in seconds and is not the time of day: one that is set back must not shut anybody out."""
        self._places = places
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._file = _memory_file(places * _PLACE.size)
        self._table = mmap.mmap(self._file, places * _PLACE.size)
        self._threads = threading.Lock()
        weakref.finalize(self, os.close, self._file)

    def take(self, key: str, *, limit: int, seconds: int) -> float:
        """Count one request of `key` against `limit` in any `seconds`.

        The window slides: of the requests in the window before the current one the share counts that is not yet
        `seconds` ago.

        Returns:
            0.0 where it fits. Else how many seconds from now the next will fit; a request that is refused does not
            count, so who waits is let in.
        """
        with self._found(key) as (count, moment):
            start = moment // seconds * seconds
            if count.start != start:
                count.before = count.now if count.start == start - seconds else 0
                count.start, count.now = start, 0
            count.free_at = start + 2 * seconds
            left = start + seconds - moment
            if int(count.before * left / seconds) + count.now < limit:
                count.now += 1
                return 0.0
            if count.now >= limit:
                return left + _MOMENT
            return max(left - (limit - count.now) * seconds / count.before, 0.0) + _MOMENT

    def due(self, key: str, *, now_ms: int) -> int:
        """For how many occurrences a row is due now; 0 when one was written less than a minute ago.

        The first is due at once; those that follow are counted, in all processes together, into the next row.
        """
        with self._found(f"row/{key}") as (count, moment):
            known, since = count.free_at > 0, now_ms - count.start
            count.free_at = moment + _REMEMBERED_SECONDS
            if known and 0 <= since < COUNTED_FOR_MS:
                count.now += 1
                return 0
            number = 1 + count.now
            count.start, count.now = float(now_ms), 0
            return number

    @contextmanager
    def _found(self, key: str) -> Iterator[tuple[_Count, float]]:
        """The place of a key and the monotonic time; written back when the block ends."""
        digest = hashlib.blake2b(key.encode(), digest_size=16, key=self._key).digest()
        first = int.from_bytes(digest[:8], "big") % self._places
        # The operating system's lock belongs to the process, so its threads need one of their own.
        with self._threads:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                moment = self._clock()
                count = self._place(digest, first, moment)
                yield count, moment
                values = (count.start, count.free_at, count.now, count.before)
                _PLACE.pack_into(self._table, count.at, digest, *values)
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)

    def _place(self, digest: bytes, first: int, moment: float) -> _Count:
        chosen, free_first = 0, float("inf")
        for step in range(min(_TRIED, self._places)):
            at = (first + step) % self._places * _PLACE.size
            held, start, free_at, now, before = _PLACE.unpack_from(self._table, at)
            if held == digest and free_at > moment:
                return _Count(at, start, free_at, now, before)
            if free_at < free_first:
                chosen, free_first = at, free_at
        return _Count(chosen)


def _memory_file(size: int) -> int:
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("schuilnaam-counts")
    else:  # Not Linux: a file that has no name any more.
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, size)
    return descriptor
