"""Front and school side under two users, on PostgreSQL, as deploy/install.md says: the front is kept out."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.database import open_engine
from gateway.demo.board import made_up_board
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor
from gateway.settings import load_front_settings, load_school_settings
from tests.journeys import memory
from tests.journeys.rig import Rig
from tests.shared import ROOT

SCHOOL_USER, FRONT_USER = 10_001, 10_002

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process as another user"),
]

_TRY = """
import sys
for path in sys.argv[1:]:
    try:
        with open(path, "rb") as file:
            if path.endswith("/mem"):
                file.seek(int(open(path[:-3] + "maps").read().split("-")[0], 16))
            file.read(1)
        print("read", path)
    except PermissionError:
        print("denied", path)
"""
_ASK = """
import sys, psycopg
try:
    with psycopg.connect(sys.argv[1]) as connection:
        print(connection.execute(sys.argv[2]).fetchone())
except psycopg.errors.InsufficientPrivilege:
    print("denied")
"""


def _interpreter() -> tuple[str, str]:
    """A Python that every user can start, and where it finds our libraries."""
    libraries = sysconfig.get_paths()["purelib"]
    for program in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        line = [program, "-c", "import sqlalchemy, psycopg"]
        try:
            tried = subprocess.run(
                line, user=FRONT_USER, group=FRONT_USER, extra_groups=[], capture_output=True, cwd="/", check=False,
                env={"PYTHONPATH": f"{ROOT}:{libraries}", "PATH": "/usr/bin:/bin", "HOME": "/"},
            )  # fmt: skip
        except OSError:
            continue
        if tried.returncode == 0:
            return program, libraries
    pytest.skip("no Python here that another user can start")


@dataclass(frozen=True, slots=True)
class TwoUsers:
    """What runs, and as whom."""

    rig: Rig
    front_home: Path
    school_processes: tuple[int, ...]
    vendor: SimulatedVendor


def _as(user: int, *arguments: str, **more: object) -> dict[str, object]:
    program, libraries = _interpreter()
    return {
        "args": [program, *arguments],
        "user": user,
        "group": user,
        "extra_groups": [],
        "cwd": "/",
        "env": {"PYTHONPATH": f"{ROOT}:{libraries}", "PATH": "/usr/bin:/bin", "HOME": "/"},
        **more,
    }


@pytest.fixture(scope="module")
def two_users() -> Iterator[TwoUsers]:
    address = os.environ.get("SCHUILNAAM_TEST_POSTGRES")
    if not address:
        pytest.skip("SCHUILNAAM_TEST_POSTGRES is not set")
    name = f"two_users_{secrets.token_hex(6)}"
    owner = open_engine(address).execution_options(isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    running: list[subprocess.Popen[bytes]] = []
    suffix = ""
    with (
        tempfile.TemporaryDirectory() as place,
        SimulatedSchool(made_up_board(11, schools=2, pupils=20)) as school,
    ):
        folder = Path(place)
        folder.chmod(0o711)
        rig = Rig(folder, [school], database=address.rpartition("/")[0] + f"/{name}")
        try:
            rig.agree("rekenwijs")
            rig.refresh()
            vendor = rig.vendor("rekenwijs")
            suffix = rig.services().board_id[:12]
            front_home = _give_each_its_own(rig)
            where = ("--bind", rig.url.removeprefix("http://"))
            serve = ("-m", "gateway.cli.main", "serve")
            with (folder / "log").open("wb") as log:
                front = _as(
                    FRONT_USER, *serve, "--front", *where, "--home", str(front_home), "--workers", "1"
                )
                school_side = _as(
                    SCHOOL_USER, *serve, "--school", *where, "--home", str(rig.home),
                    "--passphrase-file", str(rig.passphrase_file),
                )  # fmt: skip
                for each in (front, school_side):
                    running.append(subprocess.Popen(**each, stdout=log, stderr=log))  # type: ignore[call-overload]
            sides = _until_both_work(rig, vendor, running, folder / "log")
            yield TwoUsers(rig, front_home, (running[1].pid, *sides), vendor)
        finally:
            for process in running:
                process.terminate()
                process.wait(timeout=40)
            rig.stop()
    with owner.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        for side in ("front", "school") if suffix else ():
            connection.exec_driver_sql(f"DROP ROLE IF EXISTS schuilnaam_{side}_{suffix}")
    owner.dispose()


def _give_each_its_own(rig: Rig) -> Path:
    """As deploy/install.md: the front gets three files of its own, the school side has all the rest."""
    front_home = rig.folder / "front-home"
    (front_home / "storage").mkdir(parents=True, mode=0o700)
    front_home.chmod(0o700)
    for name in ("settings.toml", "front.toml", "storage/storage.key"):
        shutil.copyfile(rig.home / name, front_home / name)
        (front_home / name).chmod(0o600)
    for user, home in ((FRONT_USER, front_home), (SCHOOL_USER, rig.home)):
        for path in (home, *home.rglob("*")):
            os.chown(path, user, user)
    os.chown(rig.passphrase_file, SCHOOL_USER, SCHOOL_USER)
    return front_home


def _until_both_work(
    rig: Rig, vendor: SimulatedVendor, running: list[subprocess.Popen[bytes]], log: Path
) -> tuple[int, ...]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and all(process.poll() is None for process in running):
        try:
            up = vendor.send("GET", vendor.url("/readyz"), with_token=False).status == 200
        except OSError:
            up = False
        sides = tuple(
            pid
            for pid in memory.processes()
            if "gateway.school.main" in memory.command_of(pid) and str(rig.home) in memory.command_of(pid)
        )
        if up and sides:
            return sides
        time.sleep(0.2)
    raise AssertionError(log.read_bytes()[-2_000:])


def _tried(user: int, paths: list[Path]) -> dict[str, str]:
    ended = subprocess.run(
        **_as(user, "-c", _TRY, *map(str, paths), capture_output=True, check=True)  # type: ignore[call-overload]
    )
    return {
        path: how for how, _, path in (line.partition(" ") for line in ended.stdout.decode().splitlines())
    }


def test_both_sides_work_under_their_own_user(two_users: TwoUsers) -> None:
    pupils = list(two_users.vendor.pull("users").records)
    put = two_users.vendor.put("categories", "c", {"title": "Toetsen"})
    school = two_users.rig.schools[0]
    deadline = time.monotonic() + 30
    while not school.writes and time.monotonic() < deadline:
        time.sleep(0.2)

    assert pupils
    assert put.status == 201
    assert [write.collection for write in school.writes] == ["categories"]


def test_user_of_the_front_is_denied_ring_passphrase_settings_secrets_and_memory(two_users: TwoUsers) -> None:
    home, rig = two_users.rig.home, two_users.rig
    barred = [
        home / "keys" / "ring", rig.passphrase_file, home / "school.toml", home / "secrets" / "source-las-1",
        *(Path(f"/proc/{pid}/{name}") for pid in two_users.school_processes for name in ("mem", "environ")),
    ]  # fmt: skip

    assert len(two_users.school_processes) >= 2
    assert _tried(FRONT_USER, barred) == {str(path): "denied" for path in barred}
    # The same try, by who may: it is not the trying that fails.
    own = [two_users.front_home / "front.toml", two_users.front_home / "storage" / "storage.key"]
    assert _tried(FRONT_USER, own) == {str(path): "read" for path in own}
    theirs = barred[:4]
    assert _tried(SCHOOL_USER, theirs) == {str(path): "read" for path in theirs}


def test_credentials_of_the_front_open_no_table_of_the_school(two_users: TwoUsers) -> None:
    suffix = two_users.rig.services().board_id[:12]
    front = load_front_settings(two_users.rig.home).database
    school = load_school_settings(two_users.rig.home).database

    def ask(address: str, table: str) -> str:
        question = f"SELECT count(*) >= 0 FROM {table}"
        plain = address.replace("postgresql+psycopg", "postgresql")
        done = subprocess.run(
            **_as(FRONT_USER, "-c", _ASK, plain, question, capture_output=True, check=True)  # type: ignore[call-overload]
        )
        return str(done.stdout.decode().strip())

    assert ask(front, f"schuilnaam_school_{suffix}.aliases") == "denied"
    assert ask(front, f"schuilnaam_front_{suffix}.holdings") == "(True,)"
    assert ask(school, f"schuilnaam_school_{suffix}.aliases") == "(True,)"
