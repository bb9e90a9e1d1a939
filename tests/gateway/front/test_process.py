"""The door as its own program: gunicorn on 127.0.0.1, from a home folder, without any way to the key."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from gateway.front.main import BARRED
from gateway.settings import write_toml
from gateway.wsgi import options
from tests.gateway.front.world import BOARD, ROSTER, Vendor, World, agreement, home

ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Program:
    """A running door, and the world whose home folder it works from."""

    world: World
    url: str
    process: subprocess.Popen[bytes]
    log: Path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp("home")
    folder.chmod(0o700)
    storage = folder / "storage"
    storage.mkdir(mode=0o700)
    world = home(storage)
    world.now = datetime.now(UTC)
    world.refresh(world.publish_agreement(agreement(in_force_from=world.now.date().replace(month=1, day=1))))
    write_toml(
        folder / "settings.toml",
        {
            "board_id": BOARD,
            "board_name": "Stichting Voorbeeldscholen",
            "contact": "fg@voorbeeldscholen.example",
        },
    )
    write_toml(
        folder / "front.toml",
        {"database": str(world.engine.url), "intake_public_key": world.services.intake_public_key.hex()},
    )
    log = folder / "stderr.log"
    bind = f"127.0.0.1:{_free_port()}"
    command = [sys.executable, "-m", "gateway.front.main", "--home", str(folder), "--bind", bind]
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [*command, "--workers", "2", "--public-url", "https://schuilnaam.example"],
            cwd=ROOT,
            env={**os.environ, "GUNICORN_CMD_ARGS": "--header-map dangerous"},
            stderr=errors,
        )
    url = f"http://{bind}"
    try:
        for _ in range(200):
            with contextlib.suppress(requests.ConnectionError):
                if requests.get(f"{url}/readyz", timeout=5).ok:
                    break
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        world.url = url
        yield Program(world, url, process, log)
    finally:
        process.terminate()
        process.wait(timeout=20)
        world.close()


def raw(program: Program, request: bytes) -> bytes:
    """Send bytes as they are; what comes back until the other side closes or waits."""
    host, port = program.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        received = b""
        with contextlib.suppress(TimeoutError):
            connection.settimeout(2)
            while chunk := connection.recv(65_536):
                received += chunk
        return received


def test_a_vendor_pulls_from_the_program(program: Program) -> None:
    vendor = Vendor(program.world, program.world.issue())
    assert vendor.ask_token().status_code == 200
    users = vendor.pull(f"{ROSTER}/users", "users")
    assert len(users) == 10
    assert [row["operation"] for row in program.world.disclosures()] == [f"GET {ROSTER}/users"] * 4


def test_no_process_of_the_door_has_the_packages_of_the_school_side(program: Program) -> None:
    children = Path(f"/proc/{program.process.pid}/task/{program.process.pid}/children").read_text().split()
    assert len(children) == 2
    for pid in (str(program.process.pid), *children):
        maps = Path(f"/proc/{pid}/maps").read_text()
        assert "/gateway/school" not in maps
        files = [os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir() if link.exists()]
        assert not any("school.db" in file or "/keys/" in file for file in files)


@pytest.mark.parametrize("name", BARRED)
def test_the_door_cannot_import_the_packages_of_the_school_side(name: str) -> None:
    program = (
        "from gateway.front.main import bar_the_schools_side\n"
        "bar_the_schools_side()\n"
        "import gateway.front.app\n"
        f"try:\n    import {name}\nexcept ModuleNotFoundError:\n    print('barred')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "barred\n"


def test_the_door_does_not_open_with_a_key_package_loaded() -> None:
    program = "import keys\nfrom gateway.front.main import bar_the_schools_side\nbar_the_schools_side()\n"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode != 0
    assert "keys is loaded in the front" in ran.stderr


@pytest.mark.parametrize(
    "line",
    [
        b"X_Forwarded_For: 1.2.3.4",
        b"Content-Length : 0",
        b" folded: yes",
        b"Big: " + b"x" * 5_000,
        b"Transfer-Encoding: chunked\r\nContent-Length: 3",
        b"Content-Length: 1\r\nContent-Length: 2",
    ],
)
def test_ambiguous_headers_are_refused_before_the_application(program: Program, line: bytes) -> None:
    before = len(program.world.disclosures())
    answer = raw(program, b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + line + b"\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 4"), answer[:100]
    assert len(program.world.disclosures()) == before


def test_an_over_long_request_line_is_refused(program: Program) -> None:
    answer = raw(program, b"GET /healthz?" + b"x" * 5_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 4")


def test_the_host_header_names_nothing(program: Program) -> None:
    vendor = Vendor(program.world, program.world.issue())
    token = vendor.ask_token().json()["access_token"]
    answer = raw(
        program,
        f"GET {ROSTER}/users?limit=1 HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\n"
        f"Authorization: Bearer {token}\r\nConnection: close\r\n\r\n".encode(),
    )
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"evil.example" not in answer
    assert b"https://schuilnaam.example/ims/" in answer


def test_a_body_on_a_get_does_not_become_the_next_request(program: Program) -> None:
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = raw(
        program,
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: "
        + str(len(smuggled)).encode()
        + b"\r\n\r\n"
        + smuggled
        + b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    )
    assert answer.count(b"HTTP/1.1 200") == 2
    assert b"404" not in answer


def test_nothing_that_a_caller_sent_is_logged(program: Program) -> None:
    canary = b"Kanarie-7731"
    for request in (
        b"GET /users?filter=familyName='" + canary + b"' HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /" + canary + b" HTTP/9.9\r\nHost: x\r\n\r\n",
        canary + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + canary + b"_X: 1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n folded-" + canary + b"\r\n\r\n",
        b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n" + canary,
    ):
        raw(program, request)
    assert canary not in program.log.read_bytes()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"kanarie /me HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
        (b"GET / HTTP/9.kanarie\r\nHost: x\r\n\r\n", b"400"),
        (b"GET /kanarie\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nKanarie_X: 1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nExpect: kanarie\r\n\r\n", b"417"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: kanarie\r\nContent-Length: 1\r\n\r\n", b"501"),
        (b"GET /?" + b"kanarie" * 900 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"kanarie" * 900 + b"\r\n\r\n", b"431"),
    ],
)
def test_what_is_refused_before_the_application_is_not_repeated(
    program: Program, request_: bytes, status: bytes
) -> None:
    answer = raw(program, request_)
    assert answer.startswith(b"HTTP/1.1 " + status), answer[:80]
    assert b"kanarie" not in answer.lower()
    assert b"Cache-Control: no-store\r\n" in answer
    assert answer.endswith(b'{"code":"malformed_request","message":"The request cannot be read."}')


SLOW = {
    "says nothing": b"",
    "half a request line": b"GET /heal",
    "half a header": b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: b",
    "half a form": b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\ngrant",
    "half a chunk": b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n50\r\ngrant",
    "half an unread body": b"GET /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx",
}


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A door whose requests must arrive within a second; its address."""
    home_of = tmp_path_factory.mktemp("hasty")
    program = (
        "from gateway import wsgi; wsgi.REQUEST_SECONDS = 1.0\n"
        "from gunicorn.app.base import BaseApplication\n"
        "class Door(BaseApplication):\n"
        "    def load_config(self):\n"
        "        for name, value in wsgi.options(bind=BIND, workers=1).items(): self.cfg.set(name, value)\n"
        "    def load(self):\n"
        "        def app(environ, start):\n"
        "            body = environ['wsgi.input'].read()\n"
        "            start('200 OK', [('Content-Length', str(len(body)))]); return [body]\n"
        "        return app\n"
        "Door().run()\n"
    )
    bind = f"127.0.0.1:{_free_port()}"
    with (home_of / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", f"BIND = {bind!r}\n{program}"], cwd=ROOT, stderr=log, stdout=log
        )
    try:
        for _ in range(200):
            with contextlib.suppress(requests.ConnectionError):
                requests.get(f"http://{bind}/", timeout=5)
                break
            time.sleep(0.05)
        yield bind
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.mark.parametrize("said", SLOW.values(), ids=SLOW.keys())
def test_connections_that_break_off_in_the_middle_do_not_hold_the_door(hasty: str, said: bytes) -> None:
    """A worker has eight threads; once sixteen such connections held them for ever, whoever made them."""
    host, port = hasty.split(":")
    held = [socket.create_connection((host, int(port)), timeout=10) for _ in range(24)]
    try:
        for connection in held:
            connection.sendall(said)
        began = time.monotonic()
        answer = requests.get(f"http://{hasty}/", timeout=30)
    finally:
        for connection in held:
            connection.close()
    assert answer.status_code == 200
    # Three times eight threads, a second each; with nothing said no thread at all.
    assert time.monotonic() - began < (2.0 if not said else 12.0)


def test_a_byte_now_and_then_does_not_hold_a_thread(hasty: str) -> None:
    host, port = hasty.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            for byte in b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 20:
                connection.sendall(bytes([byte]))
                time.sleep(0.1)
                if time.monotonic() - began > 8:
                    break
        assert time.monotonic() - began < 8


def test_a_body_that_does_not_arrive_is_told_so(program: Program) -> None:
    sent = b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\ngrant"
    host, port = program.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        # Head and body may come apart.
        answer = b""
        while b"request_timeout" not in answer and (more := connection.recv(65_536)):
            answer += more
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"request_timeout" in answer


def test_there_is_no_access_log_and_no_control_socket(program: Program) -> None:
    chosen = options(bind="127.0.0.1:1", workers=1)
    assert chosen["accesslog"] is None
    assert chosen["control_socket_disable"] is True


def test_a_home_folder_that_is_not_initialised_is_one_sentence(tmp_path: Path) -> None:
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "gateway.front.main", "--home", str(tmp_path)),
            *("--bind", "127.0.0.1:1", "--public-url", "http://127.0.0.1:1"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 5
    assert ran.stderr.startswith("schuilnaam: home_not_initialised: ")
    assert ran.stderr.count("\n") == 1
