"""Findings for a page: looked at in a thread, so that a slow source or disk does not hold the page up.

One examination at a time; a page waits for it for a few seconds and otherwise shows the newest one that was finished.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from gateway.school.doctor.examining import examine
from gateway.school.doctor.finding import Finding

WAIT_SECONDS: Final = 3.0
FRESH: Final = timedelta(seconds=60)
"""For so long what was found is shown again without looking anew."""


@dataclass(frozen=True, slots=True)
class Examined:
    """The newest examination that was finished."""

    at: datetime
    findings: tuple[Finding, ...]
    network: bool
    """Sources were asked and certificates looked at."""


class Examiner:
    """Examines one home folder, at most once at a time."""

    def __init__(
        self,
        home: Path,
        look: Callable[..., list[Finding]] = examine,
        *,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._wait_seconds = wait_seconds
        self._home = home
        self._look = look
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._newest: Examined | None = None

    def examined(self, *, now: datetime, network: bool = False) -> tuple[Examined | None, bool]:
        """The newest findings, and whether an examination is still under way.

        Args:
            network: look anew, sources and certificates included.
        """
        with self._lock:
            running = self._thread is not None and self._thread.is_alive()
            newest = self._newest
            fresh = newest is not None and timedelta() <= now - newest.at < FRESH
            if not running and (network or not fresh):
                self._thread = threading.Thread(target=self._run, args=(now, network), daemon=True)
                self._thread.start()
            thread = self._thread
        if thread is not None:
            thread.join(self._wait_seconds)
        with self._lock:
            return self._newest, thread is not None and thread.is_alive()

    def _run(self, now: datetime, network: bool) -> None:
        try:
            found = self._look(self._home, now=now, network=network)
        except Exception as error:
            found = [
                Finding.fail(
                    "doctor",
                    f"The examination broke off: {type(error).__name__}.",
                    "schuilnaam doctor",
                    dutch=f"Het onderzoek brak af: {type(error).__name__}.",
                )
            ]
        with self._lock:
            self._newest = Examined(now, tuple(found), network)
