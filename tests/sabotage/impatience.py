"""A build that waits less for a school system: minutes outside are a second in a test. Nothing else differs."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

READ_SECONDS = 0.6


def hurry(egress: ModuleType) -> None:
    """Make the defaults of `gateway.egress.Limits` those of somebody in a hurry."""
    limits = egress.Limits
    names = limits.__match_args__
    hasty = dict(zip(names, limits.__init__.__defaults__, strict=True))
    hasty |= {
        "connect_seconds": 1.0, "read_seconds": READ_SECONDS, "total_seconds": 3.0, "attempts": 2,
        "first_wait_seconds": 0.02, "longest_wait_seconds": 0.05,
    }  # fmt: skip
    limits.__init__.__defaults__ = tuple(hasty[name] for name in names)


def _hurry_deliveries(running: ModuleType) -> None:
    running.LIMITS = running.Limits(attempts=1)


SABOTAGES: dict[str, dict[str, Callable[[ModuleType], None]]] = {
    "impatient": {"gateway.egress": hurry, "gateway.school.delivery.running": _hurry_deliveries},
}
