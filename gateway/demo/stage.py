"""Sets the demo up as a school would: the same commands, a served gateway, real HTTP."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gateway.demo import papers
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor
from gateway.errors import GatewayUnready

BOARD: Final = "Stichting Voorbeeldscholen"
START_SECONDS: Final = 60

Run = Callable[[Sequence[str]], tuple[int, str]]
"""Carries out one `schuilnaam` command; (exit status, standard output)."""


@dataclass(frozen=True, slots=True)
class Part:
    """One vendor of the story."""

    letter: str
    vendor: str
    kvk: str
    product: str
    agreement: str | None


class Stage:
    """Sets up the home folder, starts and stops the gateway."""

    def __init__(self, run: Run, home: Path) -> None:
        self._run = run
        self.home = home
        self.passphrase_file = home.parent / "passphrase"
        self._gateway: subprocess.Popen[bytes] | None = None
        self.url = ""

    def command(self, *arguments: str) -> dict[str, object]:
        """One command of ours; its JSON answer. Raises `GatewayUnready` when it fails."""
        passphrase = ("--passphrase-file", str(self.passphrase_file))
        status, output = self._run([*arguments, "--home", str(self.home), "--json", *passphrase])
        if status:
            raise GatewayUnready(
                f"The demo stopped: `schuilnaam {' '.join(arguments[:2])}` answered {status}.",
                code="demo_failed",
                remedy="The command's own message is above.",
            )
        answer = json.loads(output)
        assert isinstance(answer, dict)
        return answer

    def attempt(self, *arguments: str) -> dict[str, object] | None:
        """As `command`, for a step whose failure the check must notice by itself; None where it fails."""
        try:
            return self.command(*arguments)
        except GatewayUnready:
            return None

    def choose_address(self) -> None:
        """An address of this machine for the gateway."""
        self.url = f"http://127.0.0.1:{free_port()}"

    @property
    def process_id(self) -> int:
        """Of `schuilnaam serve`."""
        assert self._gateway is not None
        return self._gateway.pid

    def set_up(self, schools: Sequence[SimulatedSchool]) -> None:
        """Home folder and both school systems."""
        write_private(self.passphrase_file, b"alleen voor de demo\n")
        self.choose_address()
        self.command(
            "init", "--no-sandbox", "--board", BOARD, "--brin", "99ZZ", "--brin", "98YY", "--public-url", self.url
        )  # fmt: skip
        for number, school in enumerate(schools, 1):
            secret = self.home.parent / f"secret-{number}"
            write_private(secret, school.client_secret.encode())
            address = (
                "--url",
                school.base_url,
                "--token-url",
                school.token_url,
                "--client-id",
                school.client_id,
            )
            self.command(
                "source", "add", f"las-{number}", "--standard", "oneroster-1.2", *address,
                "--client-secret-file", str(secret),
            )  # fmt: skip

    def map_schools(self, count: int) -> None:
        """Tie what the sources deliver to BRIN; they map themselves."""
        for number in range(1, count + 1):
            self.command("source", "schools", f"las-{number}")

    def agree(self, part: Part) -> None:
        """Register, approve by somebody else, accept the missing paper, activate."""
        assert part.agreement is not None
        nameless = part.letter == "D"
        record = papers.agreement(
            part.agreement,
            vendor=part.vendor,
            kvk=part.kvk,
            product=part.product,
            board=BOARD,
            brins=["99ZZ", "98YY"],
            data=papers.nameless_terms() if nameless else papers.full_terms(),
            services=["roster"] if nameless else ["roster", "results"],
            today=datetime.now(UTC).date(),  # noqa: TID251 (the demo plays today)
        )
        path = self.home.parent / f"{part.agreement}.json"
        path.write_text(json.dumps(record, ensure_ascii=False, indent=2), encoding="utf-8")
        self.command("agreement", "register", str(path), "--by", "applicatiebeheerder")
        self.command("agreement", "approve", part.agreement, "--by", "bestuurder")
        self.command(
            "agreement", "accept-finding", part.agreement, "no_document",
            "--reason", "demonstratie zonder papieren document", "--by", "bestuurder",
        )  # fmt: skip
        self.command("agreement", "activate", part.agreement)

    def vendor(self, part: Part) -> SimulatedVendor:
        """A vendor's platform with credentials, whatever its agreement."""
        issued = self.command("client", "issue", part.product)
        return SimulatedVendor(
            self.url,
            f"{self.url}/oauth2/token",
            str(issued["client_id"]),
            str(issued["client_secret"]),
            name=part.vendor,
        )

    def start(self, *, workers: int = 1, only: str | None = None) -> None:
        """`schuilnaam serve`, until it answers; `only` is `--front` or None for both sides."""
        arguments = ["serve", "--bind", self.url.removeprefix("http://"), "--workers", str(workers)]
        arguments += [] if only is None else [only]
        self._gateway = subprocess.Popen(  # noqa: S603 (our own program)
            [
                sys.executable, "-m", "gateway.cli.main", *arguments,
                "--home", str(self.home), "--passphrase-file", str(self.passphrase_file),
            ],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        probe = SimulatedVendor(self.url, self.url, "", "")
        for _ in range(START_SECONDS * 10):
            if self._gateway.poll() is not None:
                break
            with contextlib.suppress(OSError):
                if probe.send("GET", f"{self.url}/readyz", with_token=False).status == 200:
                    probe.close()
                    return
            probe.close()
            time.sleep(0.1)
        raise GatewayUnready("The gateway of the demo did not start.", code="demo_failed")

    def stop(self) -> None:
        """Stop the gateway."""
        if self._gateway is not None and self._gateway.poll() is None:
            self._gateway.send_signal(signal.SIGTERM)
            try:
                self._gateway.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(self._gateway.pid, signal.SIGKILL)


def write_private(path: Path, content: bytes) -> None:
    """A file that only this user can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        assert isinstance(port, int)
        return port
