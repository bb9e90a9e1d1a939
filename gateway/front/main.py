"""The program of the vendors' door: `python -m gateway.front.main`, started by `schuilnaam serve`.

A fresh program that never had the key: the packages of the school's side are barred before anything else is
imported, so that no mistake elsewhere can bring a key into a process that vendors reach.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

BARRED: Final = ("keys", "gateway.school")
"""Packages that this program cannot import: an attempt raises `ModuleNotFoundError`."""


def bar_the_schools_side() -> None:
    """Make `import keys` and `import gateway.school` fail in this process and in the workers that it forks.

    Raises:
        RuntimeError: one of them is loaded already; the door does not open.
    """
    for name in BARRED:
        if sys.modules.get(name) is not None:
            raise RuntimeError(f"{name} is loaded in the front")
        # The import system raises for a name that is None here.
        sys.modules[name] = None  # type: ignore[assignment]


if __name__ == "__main__":
    bar_the_schools_side()

from gunicorn.app.base import BaseApplication  # noqa: E402

from gateway import wsgi  # noqa: E402
from gateway.connections.sandbox_place import PATH as SANDBOX_PATH  # noqa: E402
from gateway.database import open_engine, require_reachable  # noqa: E402
from gateway.errors import GatewayError, SettingsError  # noqa: E402
from gateway.front.app import create_front_app  # noqa: E402
from gateway.front.counting import SharedCounts  # noqa: E402
from gateway.front.rate_limit import RateLimiter, RateLimits  # noqa: E402
from gateway.front.sandbox.mount import SandboxDoor  # noqa: E402
from gateway.front.services import FrontServices, Limits, object_index  # noqa: E402
from gateway.holdings.reading import Holdings  # noqa: E402
from gateway.holdings.storage_key import StorageKey  # noqa: E402
from gateway.holdings.vendor_made import VendorMade  # noqa: E402
from gateway.settings import FrontSettings, Settings, load_front_settings, load_settings  # noqa: E402

PARENT_CHECK_SECONDS: Final = 0.5
_DAY_MS: Final = 24 * 3_600_000


def _clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 (the one clock of the front; everything else takes `now`)


def services_of(home: Path, *, public_url: str, counts: SharedCounts | None = None) -> FrontServices:
    """Put together what the door works with, from the home folder.

    Args:
        counts: shared by all workers; without it these services count alone.

    Raises:
        SettingsError, GatewayUnready: the folder is not initialised, or a file or the database is not as it
        must be.
    """
    settings, front = load_settings(home), load_front_settings(home)
    try:
        intake_public_key = bytes.fromhex(front.intake_public_key)
    except ValueError:
        raise SettingsError(
            "front.toml: `intake_public_key` is not hexadecimal.", code="settings_invalid"
        ) from None
    counts = counts or SharedCounts()
    engine = open_engine(front.database)
    require_reachable(engine, "front")
    storage_key = StorageKey.load(settings.storage_key_path)
    return FrontServices(
        engine=engine,
        holdings=Holdings(
            engine, storage_key, board_id=settings.board_id, max_age_ms=settings.max_age_days * _DAY_MS
        ),
        vendor_made=VendorMade(storage_key, board_id=settings.board_id),
        object_index=object_index(storage_key, board_id=settings.board_id),
        board_id=settings.board_id,
        board_name=settings.board_name,
        contact=settings.contact,
        public_url=public_url.rstrip("/"),
        intake_public_key=intake_public_key,
        now=_clock,
        limits=Limits(first_pull_wait_seconds=settings.first_pull_wait_seconds),
        counts=counts,
        limiter=_limiter(settings, front, counts),
        trusted_proxies=settings.trusted_proxies,
    )


def _limiter(settings: Settings, front: FrontSettings, counts: SharedCounts) -> RateLimiter:
    limits = RateLimits(
        requests=settings.vendor_requests_per_minute,
        tokens=settings.vendor_tokens_per_minute,
        strangers=settings.stranger_requests_per_minute,
    )
    if not front.rate_limit_store:
        return RateLimiter(counts, limits)
    try:
        from gateway.front.redis_counts import RedisCounts
    except ImportError:
        raise SettingsError(
            "front.toml: `rate_limit_store` needs more than is installed.",
            code="settings_invalid",
            remedy="Install schuilnaam[redis], or remove the setting.",
        ) from None
    return RateLimiter(RedisCounts(front.rate_limit_store, counts, board_id=settings.board_id), limits)


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our settings, and none from files or the environment."""

    def __init__(self, options: dict[str, object], home: Path, public_url: str) -> None:
        self._options = options
        self._home = home
        self._public_url = public_url
        # Before the workers are forked: all of them count in these. Who asks the sandbox too much is not slower here.
        self._counts = SharedCounts()
        self._sandbox_counts = SharedCounts()
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> object:
        # In each worker, after the fork: a database connection must not be shared between processes.
        services = services_of(self._home, public_url=self._public_url, counts=self._counts)
        if not load_settings(self._home).sandbox:
            return create_front_app(services)
        real = create_front_app(replace(services, sandbox_url=f"{self._public_url}{SANDBOX_PATH}"))
        opened = partial(self._sandbox, services.trusted_proxies)
        return SandboxDoor(real.wsgi_app, self._home, opened, counts=self._sandbox_counts)

    def _sandbox(self, trusted_proxies: tuple[str, ...], folder: Path) -> FrontServices:
        services = services_of(
            folder, public_url=f"{self._public_url}{SANDBOX_PATH}", counts=self._sandbox_counts
        )
        return replace(services, trusted_proxies=trusted_proxies)


def _stop_when_orphaned(started_by: int) -> None:
    # `serve` may be killed without a chance to stop its halves; a door left open would keep the port.
    while os.getppid() == started_by:
        time.sleep(PARENT_CHECK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def main(arguments: list[str] | None = None) -> int:
    """Serve vendors until stopped; returns the exit status."""
    parser = argparse.ArgumentParser(prog="gateway.front.main")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--bind", required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--public-url", required=True)
    given = parser.parse_args(arguments)
    try:
        # Once here, so that a fault is one sentence and not a worker that dies again and again.
        services_of(given.home, public_url=given.public_url).engine.dispose()
    except GatewayError as error:
        print(f"schuilnaam: {error.code}: {error.sentence()}", file=sys.stderr)
        return error.exit_status
    threading.Thread(target=_stop_when_orphaned, args=(os.getppid(),), daemon=True).start()
    options = wsgi.options(bind=given.bind, workers=given.workers)
    _Server(options, given.home, given.public_url).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
