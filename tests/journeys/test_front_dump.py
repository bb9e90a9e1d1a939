"""What somebody finds who takes over the vendors' door: memory, files and database of every process behind the port.

Acceptance check S8. The same search finds everything in the school side's process, or it would prove nothing.
"""

from __future__ import annotations

import functools
import os
import pwd
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.demo.canaries import CanaryBoard, canary_board
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor
from keys.custody import open_ring
from keys.keyring import content_of, ring_key_of
from tests.journeys import memory
from tests.journeys.allowed import allowed
from tests.journeys.driving import Driver
from tests.journeys.leak_scene import gradebook_terms
from tests.journeys.memory import Needles
from tests.journeys.rig import PASSPHRASE
from tests.journeys.watched import REPOSITORY, WatchedRig

CODE_OF_KEYS = b"schuilnaam check value 1"
"""A constant that stands in the code of `keys` alone: whoever has it in memory has loaded that code."""
GRADEBOOK = {"data": gradebook_terms(), "services": ["roster", "results", "gradebook"]}


@dataclass
class Served:
    """A gateway after a day's work: all routes asked, a refresh done and results taken in by the same `serve`."""

    canaries: CanaryBoard
    rig: WatchedRig
    secrets: dict[str, bytes]
    may: frozenset[str]
    front: list[int]
    school: int

    @functools.cached_property
    def needles(self) -> Needles:
        return Needles(self.canaries.table, self.secrets)

    @functools.cached_property
    def behind_the_port(self) -> dict[int, set[str]]:
        """What is in the memory of each process that accepts vendors."""
        return {pid: self.needles.found(memory.memory(pid)) for pid in self.front}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    if not memory.is_readable():
        if os.environ.get("CI"):
            pytest.fail("the memory of processes cannot be read here")
        pytest.skip("the memory of processes cannot be read here")
    canaries = canary_board(5, keep_brins=True)
    with SimulatedSchool(canaries.board) as school:
        canaries.arm(school)
        rig = WatchedRig(tmp_path_factory.mktemp("dump"), [school])
        try:
            yield _worked(canaries, school, rig)
        finally:
            rig.stop()


def _worked(canaries: CanaryBoard, school: SimulatedSchool, rig: WatchedRig) -> Served:
    may: frozenset[str] = frozenset()
    drivers = []
    for product, terms in (("rekenwijs", {}), ("toetsblik", GRADEBOOK)):
        rig.agree(product, **terms)  # type: ignore[arg-type]
        may |= allowed(canaries, rig.record(product, **terms))  # type: ignore[arg-type]
        drivers.append(Driver(rig.vendor(product)))
    rig.serve(workers=2)
    for driver in drivers:
        assert driver.vendor.token().status == 200
        # Nothing was refreshed yet: the first pull makes the school side of this very `serve` do it.
        driver.learn()
        driver.every_path(all_methods=False)
        assert driver.return_results(comment="goed gewerkt") >= 3
    deadline = time.monotonic() + 30
    while len(school.writes) < 6 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(school.writes) >= 6
    home = str(rig.home)
    (side,) = [
        pid
        for pid in memory.processes()
        if home in (arguments := memory.command_of(pid)) and "gateway.school.main" in arguments
    ]
    port = int(rig.url.rpartition(":")[2])
    return Served(canaries, rig, _secrets(rig.home), may, memory.acceptors(port), side)


def _secrets(home: Path) -> dict[str, bytes]:
    ring = open_ring(home / "keys" / "ring", PASSPHRASE.strip())
    content = content_of(ring)
    secrets = {
        "ring key": ring_key_of(ring),
        "intake key": content.intake_key,
        "checkpoint key": content.checkpoint_key,
        "school row key": content.school_row_key,
        "recovery key": content.recovery_key,
        "passphrase": PASSPHRASE.strip(),
        "code of keys": CODE_OF_KEYS,
    }
    for entry in content.products:
        for number, version in enumerate(entry.versions):
            # AES-SIV works with the halves, so each is searched.
            secrets[f"key of {entry.product.slug} {number}, first half"] = version.key[:32]
            secrets[f"key of {entry.product.slug} {number}, second half"] = version.key[32:]
    return secrets


def test_the_door_is_a_master_and_its_workers(served: Served) -> None:
    assert len(served.front) == 3
    assert all("gateway.front.main" in memory.command_of(pid) for pid in served.front)
    assert served.school not in served.front


def test_memory_behind_the_port_holds_no_key_no_source_identifier_and_no_withheld_value(
    served: Served,
) -> None:
    found = {pid: found - served.may for pid, found in served.behind_the_port.items()}
    assert found == {pid: set() for pid in served.front}


def test_memory_of_the_workers_does_hold_what_was_released(served: Served) -> None:
    """Else the search would not be looking at the right memory."""
    assert set().union(*served.behind_the_port.values()) & served.may


def test_the_same_search_finds_keys_and_identifiers_in_the_school_side(served: Served) -> None:
    found = served.needles.found(memory.memory(served.school))
    assert {name for name in served.secrets if name.startswith("key of")} <= found
    assert {"ring key", "intake key", "code of keys"} <= found
    identifiers = {text for text, each in served.canaries.table.items() if each.field == "sourcedId"}
    assert found & identifiers


def test_no_process_behind_the_port_has_a_file_of_the_school_side_open(served: Served) -> None:
    barred = ("school.sqlite", "school.toml", str(served.rig.home / "keys"), str(served.rig.home / "secrets"))
    held = [path for pid in served.front for path in memory.opened(pid)]
    assert any("front.sqlite" in path for path in held)
    assert [path for path in held if any(part in path for part in barred)] == []
    assert any("school.sqlite" in path for path in memory.opened(served.school))


def test_no_process_behind_the_port_has_a_secret_in_its_environment_or_arguments(served: Served) -> None:
    for pid in served.front:
        place = Path(f"/proc/{pid}")
        content = (place / "environ").read_bytes() + (place / "cmdline").read_bytes()
        assert served.needles.found([content]) == set()
        assert str(served.rig.passphrase_file).encode() not in content


def test_the_database_and_the_files_of_the_door_hold_none_of_it(served: Served) -> None:
    names = ("front.sqlite", "front.toml", "settings.toml", "storage/")
    files = {
        name: content for name, content in served.rig.kept().items() if any(each in name for each in names)
    }
    assert any("front.sqlite" in name for name in files)
    assert {
        name: found for name, content in files.items() if (found := served.needles.found([content]))
    } == {}


_BECOME = """
import os, pwd, sys
def become(user):
    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
"""
_TRY = (
    _BECOME
    + """
user, *paths = sys.argv[1:]
if user:
    become(user)
for path in paths:
    try:
        with open(path, "rb") as file:
            if path.endswith("/mem"):
                file.seek(int(open(path[:-3] + "maps").read().split("-")[0], 16))
            file.read(1)
        print(path)
    except OSError:
        pass
"""
)
_FRONT = (
    _BECOME
    + """
user, *arguments = sys.argv[1:]
from gateway.front import main
main.bar_the_schools_side()
# The interpreter may be where only root can read: what is loaded late is loaded now.
import concurrent.futures.thread, encodings.idna, gunicorn.arbiter, gunicorn.workers.gthread, pathlib, sqlalchemy.dialects.sqlite
home, url = arguments[1], arguments[-1]
services = main.services_of(pathlib.Path(home), public_url=url)
main.create_front_app(services).test_client().get("/ims/oneroster/rostering/v1p2/users")
services.engine.dispose()
become(user)
# gunicorn took whom it runs as when it was imported.
gunicorn.config.User.default, gunicorn.config.Group.default = os.geteuid(), os.getegid()
sys.exit(main.main(arguments))
"""
)
"""The door as another user: started by root, which gives up being root before it listens."""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process as another user")
def test_under_a_user_of_its_own_the_door_serves_and_cannot_read_the_school_side() -> None:
    """Front and school side under two users of the operating system, on one database file."""
    nobody = pwd.getpwnam("nobody")
    with (
        tempfile.TemporaryDirectory() as place,
        SimulatedSchool(canary_board(5, keep_brins=True).board) as school,
    ):
        folder = Path(place)
        folder.chmod(0o711)
        rig = WatchedRig(folder, [school])
        front: subprocess.Popen[bytes] | None = None
        school_side: subprocess.Popen[bytes] | None = None
        try:
            rig.agree("rekenwijs")
            home = _home_of_the_front(rig, nobody)
            front = _start(rig, "-c", _FRONT, "nobody", "--home", str(home), *_where(rig))
            school_side = _start(
                rig, "-m", "gateway.cli.main", "serve", "--school", "--bind", rig.url.removeprefix("http://"),
                "--home", str(rig.home), "--passphrase-file", str(rig.passphrase_file),
            )  # fmt: skip
            vendor = rig.vendor("rekenwijs")
            _until_it_answers(vendor.url("/readyz"), rig.folder / "logs" / "two-users-c")
            assert vendor.pull("users").records

            sides = [pid for pid in memory.processes() if "gateway.school.main" in memory.command_of(pid)]
            (side,) = [pid for pid in sides if str(rig.home) in memory.command_of(pid)]
            barred = [
                rig.home / "keys" / "ring", rig.passphrase_file, rig.home / "school.toml",
                rig.home / "data" / "school.sqlite", *(rig.home / "secrets").iterdir(),
                Path(f"/proc/{side}/mem"), Path(f"/proc/{side}/environ"), Path(f"/proc/{school_side.pid}/mem"),
            ]  # fmt: skip
            assert _read_as("", barred) == [str(path) for path in barred]
            assert _read_as("nobody", barred) == []
            assert _read_as("nobody", [home / "front.toml"]) == [str(home / "front.toml")]
        finally:
            for process in (front, school_side):
                if process is not None:
                    process.terminate()
                    process.wait(timeout=30)
            rig.stop()


def _home_of_the_front(rig: WatchedRig, user: pwd.struct_passwd) -> Path:
    """What the deployment page says to give the front's user: its settings, the storage key, its database."""
    home = rig.folder / "front-home"
    shared = home / "data"
    shared.mkdir(parents=True, mode=0o700)
    for name in ("settings.toml", "front.toml", "storage/storage.key"):
        (home / name).parent.mkdir(exist_ok=True, mode=0o700)
        (home / name).write_bytes((rig.home / name).read_bytes())
        (home / name).chmod(0o600)
    database, moved = rig.home / "data" / "front.sqlite", shared / "front.sqlite"
    for path in rig.home.joinpath("data").glob("front.sqlite*"):
        path.rename(shared / path.name)
    for settings in (home / "front.toml", rig.home / "front.toml", rig.home / "school.toml"):
        settings.write_text(settings.read_text().replace(str(database), str(moved)))
    for path in (home, *home.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid)
    return home


def _where(rig: WatchedRig) -> tuple[str, ...]:
    return ("--bind", rig.url.removeprefix("http://"), "--workers", "1", "--public-url", rig.url)


def _start(rig: WatchedRig, *arguments: str) -> subprocess.Popen[bytes]:
    with (rig.folder / "logs" / f"two-users{arguments[0]}").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, *arguments],
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": "/tmp"},
            cwd="/",
        )


def _until_it_answers(url: str, log: Path) -> None:
    probe = SimulatedVendor(url, url, "", "")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if probe.send("GET", url, with_token=False).status == 200:
                probe.close()
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_bytes()[-2_000:])


def _read_as(user: str, paths: list[Path]) -> list[str]:
    """Which of these files a user can read; root without a name."""
    ended = subprocess.run(
        [sys.executable, "-c", _TRY, user, *map(str, paths)], capture_output=True, check=True, cwd="/"
    )
    return ended.stdout.decode().split()
