"""The vendors' door of a rig in the test's own process, over real HTTP, with a clock that the test sets.

For what needs days to pass, or something to happen between two steps of one request. `Rig.serve` starts the real
processes; whatever can be tested with those is.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from werkzeug.serving import WSGIRequestHandler, make_server

from gateway.front.app import create_front_app
from gateway.front.main import services_of
from gateway.front.services import FrontServices, Limits
from tests.journeys.rig import Rig


@dataclass
class Clock:
    """What the door takes for now; the real time until it is set."""

    fixed: datetime | None = None

    def __call__(self) -> datetime:
        return self.fixed or datetime.now(UTC)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *args: object) -> None:
        return


@contextmanager
def opened(rig: Rig, clock: Clock, *, wait_seconds: float = 0.0) -> Iterator[FrontServices]:
    """Serve at the rig's own address; yields what the door works with."""
    services = replace(
        services_of(rig.home, public_url=rig.url),
        now=clock,
        limits=Limits(first_pull_wait_seconds=wait_seconds, first_pull_poll_seconds=0.02),
    )
    address = urlsplit(rig.url)
    server = make_server(
        str(address.hostname),
        int(address.port or 0),
        create_front_app(services),
        threaded=True,
        request_handler=_Quiet,
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield services
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        services.engine.dispose()
