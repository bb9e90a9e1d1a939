"""Below `/sandbox` another application answers: the door itself, over the sandbox's own home folder.

Attack: something of the real board becomes reachable below `/sandbox`, or the other way round. The two applications
share no services: each has its own database, board id, storage key, counts and limits, and neither is told of the
other. Which one is asked is decided here, by the path alone, before either sees the request.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gateway.connections import sandbox_place
from gateway.connections.sandbox_place import ALL_REQUESTS_PER_MINUTE, PATH, Place
from gateway.errors import GatewayError
from gateway.front.app import create_front_app
from gateway.front.counting import SharedCounts
from gateway.front.rate_limit import MINUTE
from gateway.front.sandbox.views import sandbox_views
from gateway.front.services import FrontServices

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

LOOK_EVERY_SECONDS: Final = 1.0
OLD_KEPT_SECONDS: Final = 30.0
"""How long requests under way may still use a sandbox that was made anew."""
_log: Final = logging.getLogger("gateway.front")


class SandboxDoor:
    """The real door, and the sandbox below `/sandbox`; one per worker process.

    Args:
        services_of: opens what the door works with, from the folder of a sandbox.
        counts: the sandbox's, shared by all workers of the door.
    """

    def __init__(
        self,
        real: WSGIApplication,
        home: Path,
        services_of: Callable[[Path], FrontServices],
        *,
        counts: SharedCounts,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._real = real
        self._home = home
        self._services_of = services_of
        self._counts = counts
        self._clock = clock
        self._turn = threading.Lock()
        self._looked_at = float("-inf")
        self._place: Place | None = None
        self._app: WSGIApplication | None = None
        self._full = False
        self._old: list[tuple[float, FrontServices]] = []
        self._services: FrontServices | None = None

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        if path != PATH and not path.startswith(PATH + "/"):
            return self._real(environ, start_response)
        # Attack: load from thousands of addresses and clients. Whoever is after the school takes the sandbox from those
        # who build, not the door from those who teach.
        if self._counts.take("everybody", limit=ALL_REQUESTS_PER_MINUTE, seconds=MINUTE):
            return _later(start_response, "429 Too Many Requests", "rate_limited", "The sandbox is busy.")
        app = self._sandbox()
        if app is None:
            said = "The sandbox is being made."
            return _later(start_response, "503 Service Unavailable", "sandbox_not_ready", said)
        below = path[len(PATH) :] or "/"
        return app({**environ, "SCRIPT_NAME": PATH, "PATH_INFO": below}, start_response)

    def close(self) -> None:
        """Give back what is open of sandboxes."""
        for services in (self._services, *(old for _, old in self._old)):
            if services is not None:
                services.engine.dispose()

    def _sandbox(self) -> WSGIApplication | None:
        with self._turn:
            now = self._clock()
            if now - self._looked_at >= LOOK_EVERY_SECONDS:
                self._look(now)
                self._looked_at = now
            return None if self._full else self._app

    def _look(self, now: float) -> None:
        for since, old in [each for each in self._old if now - each[0] > OLD_KEPT_SECONDS]:
            old.engine.dispose()
            self._old.remove((since, old))
        place = sandbox_place.current(self._home)
        try:
            # Attack: strangers fill the disk. What is too large answers nothing until it is made anew.
            self._full = place is not None and place.is_full()
            if place == self._place or self._full:
                return
            services = None if place is None else self._services_of(place.folder)
        except (GatewayError, OSError) as error:
            _log.warning("the sandbox cannot be opened: %s", getattr(error, "code", type(error).__name__))
            services, place = None, None
        if self._services is not None:
            self._old.append((now, self._services))
        self._place, self._services = place, services
        self._app = None
        if services is not None and place is not None:
            self._app = create_front_app(services, more=sandbox_views(services, place)).wsgi_app


def _later(start_response: StartResponse, status: str, code: str, said: str) -> Iterable[bytes]:
    content = json.dumps({"code": code, "message": f"{said} Come back after Retry-After."}).encode()
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(content))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("Retry-After", "60"),
    ]
    start_response(status, headers)
    return [content]
