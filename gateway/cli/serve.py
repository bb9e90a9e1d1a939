"""`schuilnaam serve`: the vendors' door and the school side as two process trees under one foreground command.

The front starts first and answers before the ring is unlocked, so that no front process ever had the key in its
memory; it is a fresh program, not a fork. The school side gets the passphrase through a pipe, never through an
argument or the environment.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Final

import click

from gateway.cli.console import Console, standard_options
from gateway.errors import GatewayUnready, UsageError
from gateway.school.private_memory import keep_memory_private
from gateway.settings import Settings, load_settings

START_SECONDS: Final = 30
SANDBOX_AFTER_SECONDS: Final = 20.0
"""The sandbox starts when the gateway has been at work so long, and again so long after it ended."""
STOP_SECONDS: Final = 20


def parse_bind(bind: str) -> tuple[str, int]:
    """`HOST:PORT`; raises `UsageError` otherwise."""
    host, colon, port = bind.rpartition(":")
    host = host.strip("[]")
    if not colon or not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise UsageError("--bind must be HOST:PORT, such as 127.0.0.1:8080.", code="bind_invalid")
    return host, int(port)


def require_free(host: str, port: int) -> None:
    """Say in one sentence that a port is taken, before the server would in many."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise GatewayUnready(
                f"Port {port} on {host} cannot be used: something else listens there, or it is not allowed.",
                code="port_taken",
                remedy="Choose another with --bind HOST:PORT.",
            ) from None


def pages_url(settings: Settings, host: str, port: int) -> str:
    """How browsers reach the staff pages: the setting, or the bind address on loopback."""
    if settings.pages_url is not None:
        return settings.pages_url
    if host in ("127.0.0.1", "localhost", "::1"):
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    raise UsageError(
        "Staff must know how to reach their pages.",
        code="pages_url_missing",
        remedy="Set pages_url in settings.toml; the bind address is taken on loopback only.",
    )


def public_url(settings: Settings, host: str, port: int) -> str:
    """The setting, or the bind address on loopback; never what a request says."""
    if settings.public_url is not None:
        return settings.public_url
    if host in ("127.0.0.1", "localhost", "::1"):
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    raise UsageError(
        "Vendors must know how to reach the gateway.",
        code="public_url_missing",
        remedy="Set public_url in settings.toml; the bind address is taken on loopback only.",
    )


class Processes:
    """The processes of one `serve`, stopped together."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []
        self._sandbox: subprocess.Popen[bytes] | None = None
        self._stopping = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop_on_signal)

    def _stop_on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    @property
    def is_stopping(self) -> bool:
        """Whether somebody asked to stop."""
        return self._stopping

    def start(
        self, module: str, *arguments: str, passphrase: bytes | None = None, quiet: bool = False
    ) -> subprocess.Popen[bytes]:
        """Start one of our programs; the passphrase goes through a pipe on its standard input."""
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith("SCHUILNAAM_PASSPHRASE")
        }
        process = subprocess.Popen(  # noqa: S603 (our own module, arguments are not a shell's)
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL if passphrase is None else subprocess.PIPE,
            stdout=subprocess.DEVNULL if quiet else None if passphrase is None else subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
        self._running.append(process)
        if passphrase is not None and process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(passphrase)
                process.stdin.close()
        return process

    def wait_until(self, host: str, port: int) -> None:
        """Wait until the front accepts connections; raises `GatewayUnready` when it does not."""
        for _ in range(START_SECONDS * 20):
            if self._stopping:
                return
            if self.ended() is not None:
                break
            with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
                return
            time.sleep(0.05)
        raise GatewayUnready(
            "The vendors' door did not start.", code="front_not_started", remedy="Its own message is above."
        )

    def wait_at_work(self, school: subprocess.Popen[bytes]) -> None:
        """Wait until the school side says that it could unlock the ring; raises `GatewayUnready` with its reason."""
        assert school.stdout is not None
        said: dict[str, str] = {}
        with selectors.DefaultSelector() as selector:
            selector.register(school.stdout, selectors.EVENT_READ)
            for _ in range(START_SECONDS * 20):
                if self._stopping:
                    return
                if selector.select(timeout=0.05):
                    with contextlib.suppress(ValueError):
                        said = json.loads(school.stdout.readline())
                    break
        if said.get("code") != "at_work":
            raise GatewayUnready(
                said.get("message", "The school side did not start."),
                code=said.get("code", "school_not_started"),
            )

    def ended(self) -> int | None:
        """Exit status of a process that ended by itself."""
        for process in self._running:
            status = process.poll()
            if status is not None:
                return status
        return None

    def supervise(self, *, sandbox_of: str | None = None) -> int:
        """Run until asked to stop, or until one ends by itself: one half without the other is not a gateway.

        Args:
            sandbox_of: the home folder whose sandbox is driven as well; the gateway does not depend on it.
        """
        sandbox_from = time.monotonic() + SANDBOX_AFTER_SECONDS
        while not self._stopping:
            if sandbox_of is not None and time.monotonic() >= sandbox_from:
                self._tend_sandbox(sandbox_of)
                sandbox_from = time.monotonic() + SANDBOX_AFTER_SECONDS
            status = self.ended()
            if status is not None:
                click.echo(
                    "schuilnaam: One half of the gateway ended, so the other stops too. [half_ended]",
                    err=True,
                )
                return status or 1
            time.sleep(0.2)
        return 0

    def _tend_sandbox(self, home: str) -> None:
        if self._sandbox is not None and self._sandbox.poll() is None:
            return
        if self._sandbox is not None:
            click.echo("schuilnaam: The sandbox ended and is started again. [sandbox_ended]", err=True)
        self._sandbox = self.start("gateway.cli.main", "sandbox", "run", "--home", home, quiet=True)
        # Its end is not the gateway's.
        self._running.remove(self._sandbox)

    def stop(self) -> None:
        """Ask all to stop, then insist."""
        if self._sandbox is not None:
            self._running.append(self._sandbox)
        for process in self._running:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._running:
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
            if process.stdout is not None:
                process.stdout.close()


@click.command()
@click.option("--bind", required=True, help="HOST:PORT for vendors.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="Processes at the vendors' door.",
)
@click.option(
    "--pages", metavar="HOST:PORT", help="Serve the staff pages here as well; never vendors' address."
)
@click.option("--front", "only", flag_value="front", help="The vendors' door alone.")
@click.option("--school", "only", flag_value="school", help="The school side alone.")
@standard_options
def serve(console: Console, bind: str, workers: int, pages: str | None, only: str | None) -> None:
    """Serve vendors, refresh, deliver results, and show staff their pages, until stopped."""
    if pages is not None and only == "front":
        raise UsageError("The staff pages belong to the school side.", code="pages_at_the_door")
    host, port = parse_bind(bind)
    settings = load_settings(console.home)
    url = public_url(settings, host, port)
    home = str(Path(console.home).resolve())
    # The passphrase passes through this process and stays in its memory as long as it serves.
    keep_memory_private()
    passphrase = None if only == "front" else console.passphrase()
    if only != "school":
        require_free(host, port)
    staff_url = None
    if pages is not None:
        pages_place = parse_bind(pages)
        require_free(*pages_place)
        staff_url = pages_url(settings, *pages_place)
    processes = Processes()
    try:
        if only != "school":
            front = ("--home", home, "--bind", bind, "--workers", str(workers), "--public-url", url)
            processes.start("gateway.front.main", *front)
            processes.wait_until(host, port)
        if only != "front" and not processes.is_stopping:
            processes.wait_at_work(
                processes.start("gateway.school.main", "--home", home, passphrase=passphrase)
            )
        if pages is not None and staff_url is not None and not processes.is_stopping:
            arguments = ("--home", home, "--bind", pages, "--pages-url", staff_url)
            processes.wait_at_work(
                processes.start("gateway.school.pages_main", *arguments, passphrase=passphrase)
            )
        text = f"Serving {url}" if only != "school" else "The school side is at work."
        said: dict[str, object] = {"serving": url, "front": only != "school", "school": only != "front"}
        console.answer(
            said if staff_url is None else {**said, "pages": staff_url},
            text if staff_url is None else f"{text}\nStaff pages: {staff_url}",
        )
        # Beside the door: it has nothing that the user of the door may not see.
        drives = settings.sandbox and only != "school"
        status = processes.supervise(sandbox_of=home if drives else None)
    finally:
        processes.stop()
    if status:
        raise click.exceptions.Exit(status)
