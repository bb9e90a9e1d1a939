"""The program of the staff pages: `python -m gateway.school.pages_main`, started by `schuilnaam serve --pages`.

A process of its own, so that a long refresh delays no page and a page that fails stops no delivery. Reads the
passphrase from standard input, unlocks the ring, says on standard output whether it could, then serves.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from gunicorn.app.base import BaseApplication

from gateway import wsgi
from gateway.errors import GatewayError
from gateway.school.app import create_school_app
from gateway.school.private_memory import keep_memory_private
from gateway.school.services import SchoolServices, clock, open_services
from keys.errors import KeysError

PARENT_CHECK_SECONDS: Final = 0.5


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our settings, and none from files or the environment."""

    def __init__(self, options: dict[str, object], services: SchoolServices, pages_url: str) -> None:
        self._options = options
        self._services = services
        self._pages_url = pages_url
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> object:
        # In the worker, after the fork: a database connection must not be shared between processes.
        fresh = open_services(self._services.settings.home)
        keep_memory_private()
        services = replace(fresh, unlocked_ring=self._services.ring)
        return create_school_app(services, pages_url=self._pages_url, now=clock)


def _stop_when_orphaned(started_by: int) -> None:
    while os.getppid() == started_by:
        time.sleep(PARENT_CHECK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def main(arguments: list[str] | None = None) -> int:
    """Serve staff until stopped; returns the exit status."""
    parser = argparse.ArgumentParser(prog="gateway.school.pages_main")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--bind", required=True)
    parser.add_argument("--pages-url", required=True)
    given = parser.parse_args(arguments)
    try:
        passphrase = sys.stdin.buffer.read()
        services = open_services(given.home).unlock(passphrase)
        # Once here, so that a fault is one sentence and not a worker that dies again and again.
        create_school_app(services, pages_url=given.pages_url, now=clock)
    except (GatewayError, KeysError) as error:
        print(json.dumps({"code": error.code, "message": error.sentence()}), flush=True)
        return error.exit_status
    services.front.dispose()
    services.school.dispose()
    threading.Thread(target=_stop_when_orphaned, args=(os.getppid(),), daemon=True).start()
    options = wsgi.options(bind=given.bind, workers=1, graceful_seconds=wsgi.GRACEFUL_SECONDS)
    # One process: what people do is little work, and a second copy of the ring is one more to guard.
    options["when_ready"] = lambda _server: print(json.dumps({"code": "at_work"}), flush=True)
    _Server(options, services, given.pages_url).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
