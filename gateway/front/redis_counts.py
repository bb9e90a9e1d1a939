"""Counts that the doors of several machines share, in Redis. Only where `rate_limit_store` is set.

The counting is the sliding window of the library `limits`. A Redis that fails limits nobody and locks nobody out: this
door then counts by itself for a while.
"""

from __future__ import annotations

import hashlib
import logging
import time
from typing import Final

from limits import RateLimitItemPerSecond
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from gateway.errors import SettingsError
from gateway.front.counting import SharedCounts

ALONE_SECONDS: Final = 10.0
"""How long Redis is left alone after it did not answer."""
_ANSWER_SECONDS: Final = 0.25
_log: Final = logging.getLogger("gateway.front")


class RedisCounts:
    """Where is counted, as `rate_limit.Counts`."""

    def __init__(self, address: str, alone: SharedCounts, *, board_id: str) -> None:
        """Raises `SettingsError` when the address is none, or the package for Redis is missing."""
        if not address.startswith(("redis://", "rediss://")):
            raise _unusable("must be a redis:// or rediss:// address.")
        self._alone = alone
        self._alone_until = 0.0
        self._prefix = board_id
        try:
            store = storage_from_string(
                address,
                wrap_exceptions=True,
                socket_timeout=_ANSWER_SECONDS,
                socket_connect_timeout=_ANSWER_SECONDS,
            )
        except (ConfigurationError, ValueError):
            raise _unusable("cannot be used; is the package redis installed?") from None
        self._windows = SlidingWindowCounterRateLimiter(store)

    def take(self, key: str, *, limit: int, seconds: int) -> float:
        """As `SharedCounts.take`."""
        if time.monotonic() >= self._alone_until:
            # A store outside the machine gets no address of anybody.
            digest = hashlib.sha256(f"{self._prefix}/{key}".encode()).hexdigest()
            item = RateLimitItemPerSecond(limit, seconds)
            try:
                if self._windows.hit(item, digest):
                    return 0.0
                return max(self._windows.get_window_stats(item, digest).reset_time - time.time(), 0.001)
            except StorageError:
                self._alone_until = time.monotonic() + ALONE_SECONDS
                _log.warning("the rate limit's store does not answer; this door counts by itself")
        return self._alone.take(key, limit=limit, seconds=seconds)


def _unusable(why: str) -> SettingsError:
    return SettingsError(f"front.toml: `rate_limit_store` {why}", code="settings_invalid")
