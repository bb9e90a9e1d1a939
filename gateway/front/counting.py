"""Counting refusals of callers who did not prove who they are, so that they cannot fill the audit log at
will."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

COUNTED_FOR_MS: Final = 60_000


@dataclass(slots=True)
class RefusalCounter:
    """Refusals of callers who did not prove who they are, per worker process."""

    _first_at_ms: dict[tuple[str, str], int] = field(default_factory=dict)
    _repeats: dict[tuple[str, str], int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def due(self, reason: str, operation: str, *, now_ms: int) -> int:
        """How many refusals the row that is due now stands for; 0 when none is due."""
        key = (reason, operation)
        with self._lock:
            first = self._first_at_ms.get(key)
            if first is not None and 0 <= now_ms - first < COUNTED_FOR_MS:
                self._repeats[key] = self._repeats.get(key, 0) + 1
                return 0
            self._first_at_ms[key] = now_ms
            return 1 + self._repeats.pop(key, 0)
