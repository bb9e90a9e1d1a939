"""What the front works with, handed to it once at start. No key of the school is among it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Engine

from gateway.errors import SettingsError
from gateway.front.counting import SharedCounts
from gateway.front.rate_limit import RateLimiter, RateLimits
from gateway.holdings.reading import Holdings
from gateway.holdings.storage_key import StorageKey
from gateway.holdings.vendor_made import VendorMade
from gateway.inbox.accepting import ObjectIndex

MAX_BODY_BYTES: Final = 1024 * 1024
"""Largest body of a PUT, and of a token request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an operator may set."""

    max_page: int = 10_000
    """Records on one page; a greater `limit` is lowered."""
    first_pull_wait_seconds: float = 20.0
    """How long a vendor's first request waits for the first refresh before it is told to come back."""
    first_pull_poll_seconds: float = 0.25


FIRST_PULLS_WAITING: Final = 2
"""So many requests of a worker process wait for a first refresh; the others are told at once to come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontServices:
    """Everything that the vendors' door uses."""

    engine: Engine
    """Of the front database; the door has no other."""
    holdings: Holdings
    board_id: str
    board_name: str
    contact: str
    """Whom a vendor asks."""
    public_url: str
    """Address under which vendors reach the door, without a slash at the end; never taken from a request."""
    vendor_made: VendorMade
    """The vendors' own records."""
    object_index: ObjectIndex
    """By which the inbox knows objects."""
    intake_public_key: bytes = field(repr=False)
    """Public half of the school's intake key: what vendors return is sealed to it."""
    now: Callable[[], datetime]
    """The clock, with a zone."""
    limits: Limits = Limits()
    counts: SharedCounts = field(default_factory=SharedCounts)
    """Of refusals; one table for all workers."""
    limiter: RateLimiter = field(default_factory=lambda: RateLimiter(SharedCounts(), RateLimits()))
    """How much one caller may ask; one for all workers."""
    first_pulls: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(FIRST_PULLS_WAITING)
    )
    sandbox_url: str | None = None
    """Where vendors build against made-up pupils; None where this is off, and in the sandbox itself."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses whose `X-Forwarded-For` says whose request it is; for the rate limit alone."""

    def __post_init__(self) -> None:
        if not self.public_url.startswith(("https://", "http://")) or self.public_url.endswith("/"):
            raise SettingsError(
                "public_url must be an http or https address without a slash at the end.",
                code="public_url",
                remedy="Set public_url in the home folder, e.g. https://schuilnaam.example.",
            )


def object_index(storage_key: StorageKey, *, board_id: str) -> ObjectIndex:
    """The inbox's index of objects, keyed from the storage key; for ever the same for one key and board."""
    return ObjectIndex.derived(storage_key.seal, board_id=board_id)
