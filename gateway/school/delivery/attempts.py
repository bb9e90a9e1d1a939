"""When to try again: back-off with full jitter per record, and pauses per source while it is down."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.inbox.claiming import MAX_WAIT_MS

MIN_WAIT_MS: Final = 1_000
MAX_PAUSE_MS: Final = 300_000
"""A source is looked at again at least every five minutes, so that results follow soon after it is back."""
FAILURES_BEFORE_PAUSE: Final = 3
"""One record that a system stumbles over must not stop the others."""

ABOUT_ONE_RECORD: Final = frozenset({"source_failing", "delivery_refused"})
"""Failures that may be about the record (a 5xx, a conflict). Any other (no answer, busy, our own credentials) says
nothing about it, so nothing else is asked of that source for a while.
"""


def full_jitter(cap_ms: int) -> int:
    """A random time up to `cap_ms`. Full jitter, so that what failed together does not come back together."""
    return secrets.randbelow(cap_ms + 1)


def backoff_ms(
    attempts: int, *, jitter: Callable[[int], int] = full_jitter, most_ms: int = MAX_WAIT_MS
) -> int:
    """How long to wait after `attempts` failures: 1 s to `most_ms`."""
    # 2**12 s is more than an hour; a bound on the exponent keeps the numbers small after a thousand failures.
    cap_ms = min(most_ms, MIN_WAIT_MS * 2 ** min(attempts, 12))
    return max(MIN_WAIT_MS, jitter(cap_ms))


@dataclass(slots=True)
class _Standing:
    failures: int = 0
    until_ms: int = 0


class SourcePauses:
    """Which sources are not asked for a while. In memory: a new process looks once and knows."""

    def __init__(self, *, jitter: Callable[[int], int] = full_jitter) -> None:
        self._standings: dict[str, _Standing] = {}
        self._jitter = jitter

    def answered(self, source: str) -> None:
        """It wrote a record, or refused one: it is there."""
        self._standings.pop(source, None)

    def failed(self, source: str, code: str, *, now_ms: int) -> None:
        """It did not write a record, and that may pass."""
        standing = self._standings.setdefault(source, _Standing())
        standing.failures += 1
        if code not in ABOUT_ONE_RECORD or standing.failures >= FAILURES_BEFORE_PAUSE:
            standing.until_ms = now_ms + backoff_ms(
                standing.failures, jitter=self._jitter, most_ms=MAX_PAUSE_MS
            )

    def until_ms(self, source: str, *, now_ms: int) -> int | None:
        """When it may be asked again; None where now. A pause absurdly far ahead is over (clock set back)."""
        standing = self._standings.get(source)
        if standing is None or not now_ms < standing.until_ms <= now_ms + 2 * MAX_PAUSE_MS:
            return None
        return standing.until_ms

    def paused(self, *, now_ms: int) -> list[str]:
        """Every source that is not asked now."""
        return [source for source in self._standings if self.until_ms(source, now_ms=now_ms) is not None]

    def probing(self, *, now_ms: int) -> list[str]:
        """Sources whose pause is over and that have not answered yet: they get one record first, not fifty."""
        return [
            source
            for source, standing in self._standings.items()
            if standing.until_ms and self.until_ms(source, now_ms=now_ms) is None
        ]
