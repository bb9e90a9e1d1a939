"""How much one caller may ask in a minute, so that nobody's loop takes the door from the others.

Ordered rules:
1. Who proved who it is counts for its own client alone: requests with a token, and tokens given out. What somebody else
   does never uses them up.
2. Who did not prove it counts for its address: refused tokens, refused clients, and what may be read without either.
   An attempt is looked at before it is counted, because vendors behind one proxy share an address and a stranger must
   not be able to lock them out. Guessing is not what this stops: secrets and tokens are 256 random bits.
3. Health and readiness are not limited: a flood must not make an orchestrator stop the door.

docs/decisions/0025.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.errors import CallerError

MINUTE: Final = 60
_IPV6_NETWORK: Final = 64


class RateLimited(CallerError):
    """Too much at once. `retry_after_seconds` says when the next request fits."""

    def __init__(self, wait_seconds: float) -> None:
        super().__init__(
            "More requests than one client may send in a minute.",
            code="rate_limited",
            status=429,
            remedy="Ask again after the time in Retry-After; fetch larger pages with limit.",
        )
        self.retry_after_seconds = min(2 * MINUTE, max(1, math.ceil(wait_seconds)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """How many in a minute; 0 is no limit."""

    requests: int = 6_000
    """Of one client. A walk over 250,000 records with `limit=100` is 2,500, however fast."""
    tokens: int = 60
    """Given to one client; one lasts an hour."""
    strangers: int = 600
    """Of one address that did not prove who it is."""


class Counts(Protocol):
    """Where is counted."""

    def take(self, key: str, *, limit: int, seconds: int) -> float:
        """As `SharedCounts.take`."""


class RateLimiter:
    """Admits or raises `RateLimited`; one for all workers of a door."""

    def __init__(self, counts: Counts, limits: RateLimits) -> None:
        self._counts = counts
        self._limits = limits

    def count_request(self, client_id: str) -> None:
        """One request with a valid token."""
        self._take(f"client/{client_id}", self._limits.requests)

    def count_token(self, client_id: str) -> None:
        """One token for a client that proved who it is."""
        self._take(f"token/{client_id}", self._limits.tokens)

    def count_stranger(self, address: str) -> None:
        """One request of somebody who did not prove who it is."""
        self._take(f"address/{address}", self._limits.strangers)

    def _take(self, key: str, limit: int) -> None:
        wait_seconds = self._counts.take(key, limit=limit, seconds=MINUTE) if limit else 0.0
        if wait_seconds:
            raise RateLimited(wait_seconds)


def address_of(peer: str | None, forwarded: str | None, *, proxies: Sequence[str]) -> str:
    """The address that a stranger counts for: of an IPv6 address its /64, which is what one subscriber has.

    Args:
        peer: who is at the other end of the connection.
        forwarded: `X-Forwarded-For`; believed only of a peer in `proxies`, and of it only the last entry, which that
            proxy wrote itself.
    """
    if peer in proxies and forwarded:
        peer = forwarded.rpartition(",")[2].strip()
    try:
        address = ipaddress.ip_address(peer or "")
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or ipaddress.ip_network((int(address), _IPV6_NETWORK), strict=False)[0]
    return str(address)
