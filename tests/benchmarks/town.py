"""A made-up board of any size as the benchmarks need it: its school system and its gateway, each in own processes."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.cli.main import run
from gateway.demo import papers
from tests.benchmarks.figures import command_of, family

ROOT = Path(__file__).resolve().parents[2]
CLIENT_ID, CLIENT_SECRET = "koppeling", "geheim-van-de-meting"
BOARD = "Stichting Meting"


class Town:
    """One board under measurement. Use as a context manager: it ends what it started.

    Example:
        with Town(folder, pupils=400, enrolments_per_pupil=12) as town:
            town.set_up(); town.agree("a"); town.refresh()
    """

    def __init__(self, folder: Path, *, pupils: int, enrolments_per_pupil: int) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.passphrase_file = folder / "passphrase"
        self.counts: dict[str, int] = {}
        self.base_url = self.token_url = ""
        self.url = f"http://127.0.0.1:{_free_port()}"
        self._pupils = pupils
        self._enrolments_per_pupil = enrolments_per_pupil
        self._stack = contextlib.ExitStack()
        self.gateway: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Town:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # -- processes ------------------------------------------------------------------------------------------------

    def python(self, *arguments: str, **more: Any) -> subprocess.Popen[bytes]:
        """Start a program of ours."""
        return subprocess.Popen([sys.executable, *arguments], cwd=ROOT, **more)

    def start_source(self) -> None:
        """The school system, in a process of its own: its memory and time are not the gateway's."""
        process = self.python(
            "-m", "gateway.demo.school_system", "--pupils", str(self._pupils),
            "--enrolments-per-pupil", str(self._enrolments_per_pupil), "--results-per-pupil", "0",
            "--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET, stdout=subprocess.PIPE,
        )  # fmt: skip
        self._stack.callback(_stop, process)
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        self.base_url, self.token_url, self.counts = ready["base_url"], ready["token_url"], ready["counts"]

    def command(self, *arguments: str) -> Any:
        """One `schuilnaam` command in this process, which is not measured; its JSON answer."""
        output, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            status = run(
                [
                    *arguments,
                    "--home",
                    str(self.home),
                    "--json",
                    "--passphrase-file",
                    str(self.passphrase_file),
                ]
            )
        if status:
            raise SystemExit(f"schuilnaam {' '.join(arguments[:2])} answered {status}: {errors.getvalue()}")
        return json.loads(output.getvalue())

    def set_up(self) -> None:
        """Home folder, key ring, and the school system as its source."""
        _write_private(self.passphrase_file, b"alleen voor de meting\n")
        secret = self.folder / "secret"
        _write_private(secret, CLIENT_SECRET.encode())
        self.command(
            "init", "--board", BOARD, "--brin", "99ZZ", "--brin", "98YY", "--public-url", self.url
        )  # fmt: skip
        self.command(
            "source", "add", "las", "--standard", "oneroster-1.2", "--url", self.base_url, "--token-url",
            self.token_url, "--client-id", CLIENT_ID, "--client-secret-file", str(secret),
        )  # fmt: skip
        self.command("source", "schools", "las")

    def agree(self, product: str, *, number: int) -> None:
        """An agreement in force; every third names nobody, so that the products differ."""
        nameless = number % 3 == 2
        record = papers.agreement(
            f"VO-{product}",
            vendor=f"{product.title()} B.V.",
            kvk=str(20_000_000 + number),
            product=product,
            board=BOARD,
            brins=["99ZZ", "98YY"] if number % 3 != 1 else ["99ZZ"],
            data=papers.nameless_terms() if nameless else papers.full_terms(),
            services=["roster"] if nameless else ["roster", "results"],
            today=datetime.now(UTC).date(),
        )
        path = self.folder / f"{product}.json"
        path.write_text(json.dumps(record), encoding="utf-8")
        registered = self.command("agreement", "register", str(path), "--by", "beheerder")
        self.command("agreement", "approve", registered["id"], "--by", "bestuurder")
        for finding in registered["findings"]:
            self.command(
                "agreement", "accept-finding", registered["id"], finding["code"],
                "--reason", "meting", "--by", "bestuurder",
            )  # fmt: skip
        self.command("agreement", "activate", registered["id"])

    def start_refresh(self, products: Sequence[str], *more: str) -> subprocess.Popen[bytes]:
        """A refresh of these products, under way."""
        named = [part for product in products for part in ("--product", product)]
        return self.python(
            "-m", "tests.benchmarks.refreshing", "--home", str(self.home), "--passphrase-file",
            str(self.passphrase_file), *named, *more, stdout=subprocess.PIPE,
        )  # fmt: skip

    def refresh(self, products: Sequence[str], *more: str) -> Any:
        """A refresh to its end; see `tests.benchmarks.refreshing`."""
        return finished(self.start_refresh(products, *more))

    def serve(self, *, workers: int = 2) -> None:
        """`schuilnaam serve` until it answers."""
        self.gateway = self.python(
            "-m", "gateway.cli.main", "serve", "--bind", self.url.removeprefix("http://"), "--workers",
            str(workers), "--home", str(self.home), "--passphrase-file", str(self.passphrase_file),
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        self._stack.callback(_stop, self.gateway)
        for _ in range(600):
            with contextlib.suppress(OSError):
                probe = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=5)
                probe.request("GET", "/readyz")
                if probe.getresponse().status == 200:
                    return
            time.sleep(0.1)
        raise SystemExit("the gateway did not start")

    def front_processes(self) -> list[int]:
        """Every process of the vendors' door."""
        assert self.gateway is not None
        return [pid for pid in family(self.gateway.pid) if "gateway.front.main" in command_of(pid)]

    def school_processes(self) -> list[int]:
        """Every process of the school side that stays."""
        assert self.gateway is not None
        return [pid for pid in family(self.gateway.pid) if "gateway.school.main" in command_of(pid)]


def finished(process: subprocess.Popen[bytes]) -> Any:
    """Wait for a program that prints one JSON line."""
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"a measured program ended with {process.returncode}")
    return json.loads(output)


def pages(town: Town, collections: Sequence[str], *, limit: int) -> Iterator[bytes]:
    """What the school system delivers, page by page, as a refresh gets it."""
    place = town.base_url.removeprefix("http://")
    connection = http.client.HTTPConnection(place, timeout=60)
    form = f"grant_type=client_credentials&client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/" + town.token_url.partition("://")[2].partition("/")[2], form, kind)
    token = json.loads(connection.getresponse().read())["access_token"]
    for collection in collections:
        for offset in range(0, town.counts[collection], limit):
            path = f"/ims/oneroster/rostering/v1p2/{collection}?limit={limit}&offset={offset}"
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            yield connection.getresponse().read()
    connection.close()


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.stdout is not None:
        process.stdout.close()
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
