"""The embedded database fails under a gateway at work: disk full, file too large, locked, read-only.

Acceptance checks S26, S32 and S33. What was acknowledged is stored; what could not be stored was not acknowledged; no
page left that is not in the register; and when the disk has room again everything goes on by itself.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import sqlite3
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import update

from gateway.database import writing
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import Exchange
from gateway.inbox.tables import OPEN, inbox
from tests.journeys.grading import Grader, landed, marked_board, processes_of, until
from tests.journeys.watched import REPOSITORY, WatchedRig
from tests.sabotage.databases import BUSY_MS, READ_ONLY_WHILE

pytestmark = pytest.mark.thorough
"""Takes minutes: not of every run, but of `./run test --thorough`."""

ROOM_MB = 48


@dataclass(slots=True)
class Tally:
    """What one vendor was told."""

    grader: Grader
    meant: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Of what was acknowledged: result id -> (pupil, score)."""
    refused: dict[str, tuple[str, str]] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    refusals: list[Exchange] = field(default_factory=list)
    number: int = 0

    def write(self) -> bool:
        self.number += 1
        target = self.grader.targets[self.number % len(self.grader.targets)]
        identifier, score = f"r-{self.number}", f"1.{self.number:05d}1"
        answer = self.grader.grade("x", identifier, target, score)
        taken = answer.status in (200, 201)
        (self.meant if taken else self.refused)[identifier] = (target.pupil, score)
        self._count("PUT", answer)
        return taken

    def read(self) -> bool:
        answer = self.grader.vendor.get("users", limit=5)
        if answer.status == 200:
            self.shown.append(str(answer.header("X-Request-Id")))
        self._count("GET", answer)
        return answer.status == 200

    def _count(self, method: str, answer: Exchange) -> None:
        self.statuses[f"{method} {answer.status}"] += 1
        if answer.status >= 400:
            self.refusals.append(answer)


@dataclass(slots=True)
class Place:
    """A gateway at work, and what its vendor was told."""

    school: SimulatedSchool
    rig: WatchedRig
    tally: Tally
    read_only_while: Path
    small: bool
    """Whether its home folder has little room."""

    def nothing_acknowledged_was_lost(self) -> None:
        """And nothing was doubled, changed or shown without being registered."""
        with writing(self.rig.services().front) as connection:
            connection.execute(
                update(inbox)
                .where(inbox.c.state.in_([state.value for state in OPEN]))
                .values(lease_until_ms=1, not_before_ms=1)
            )
        wanted = set(self.tally.meant.values())
        assert until(
            lambda: {(each.pupil, each.score) for each in landed([self.school])} >= wanted, seconds=60
        )
        every = landed([self.school])
        # A refusal may have been stored all the same when the answer was lost; never under another pupil.
        assert {(each.pupil, each.score) for each in every} <= wanted | set(self.tally.refused.values())
        contents = defaultdict(set)
        for each in every:
            contents[each.identifier].add((each.pupil, each.score))
        assert {len(each) for each in contents.values()} == {1}
        assert set(self.tally.shown) <= {str(each["request_id"]) for each in self.rig.disclosures()}
        assert self.rig.command("register", "verify")["intact"] is True
        for name in ("front", "school"):
            with contextlib.closing(sqlite3.connect(self.rig.home / "data" / f"{name}.sqlite")) as database:
                assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    def refusals_are_sound(self) -> None:
        for answer in self.tally.refusals:
            assert answer.status == 503
            assert answer.header("Retry-After")
            assert b"sourcedId" not in answer.body
            assert b"sqlite" not in answer.body.lower()
            assert b"disk" not in answer.body.lower()
        assert b"Traceback" not in self.rig.logged()


@pytest.fixture(scope="module")
def levels(pytestconfig: pytest.Config) -> range:
    """How full: 20 levels in a thorough run, every fourth of them in every run."""
    return range(0, 20, 1 if pytestconfig.getoption("--thorough") else 4)


def _mounted(home: Path) -> bool:
    """Whether the home folder now lies on a file system of its own with little room; only root may do that."""
    home.mkdir(mode=0o700)
    options = f"size={ROOM_MB}m,mode=0700"
    mount = ["mount", "-t", "tmpfs", "-o", options, "none", str(home)]
    return subprocess.run(mount, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("failing")
    mark = folder / "read-only"
    environment = {
        "PYTHONPATH": str(REPOSITORY / "tests" / "sabotage"),
        "SCHUILNAAM_SABOTAGE": "failing-database",
        READ_ONLY_WHILE: str(mark),
    }
    small = _mounted(folder / "home")
    try:
        with SimulatedSchool(marked_board(0)) as school:
            rig = WatchedRig(folder, [school], environment=environment)
            try:
                rig.agree("rekenwijs")
                rig.refresh()
                rig.serve(workers=1)
                grader = Grader(rig.vendor("rekenwijs"))
                grader.meet()
                grader.prepare("x")
                yield Place(school, rig, Tally(grader), mark, small)
            finally:
                rig.stop()
    finally:
        if small:
            subprocess.run(["umount", str(folder / "home")], check=True)


def _leave(ballast: Path, room: int) -> None:
    """Fill the file system of `ballast` until so many bytes are left."""
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(65_536))
    os.truncate(ballast, max(0, ballast.stat().st_size - room))


def test_a_disk_that_is_full_at_any_level_loses_nothing_acknowledged(place: Place, levels: range) -> None:
    if not place.small:
        pytest.skip("only root can mount a small file system")
    tally, ballast = place.tally, place.rig.home / "ballast"
    for level in levels:
        _leave(ballast, 8_192 * level)
        for _ in range(12):
            tally.write()
            tally.read()
        ballast.unlink()
        assert tally.write(), level
        assert tally.read(), level

    assert tally.statuses["PUT 503"] > len(levels)
    assert tally.statuses["GET 503"] > len(levels)
    assert tally.statuses["PUT 201"] > len(levels)
    place.refusals_are_sound()
    place.nothing_acknowledged_was_lost()
    assert place.rig.command("refresh")["products"][0]["status"] == "published"  # type: ignore[index]


def test_a_file_that_may_not_grow_at_any_level_loses_nothing_acknowledged(
    place: Place, levels: range
) -> None:
    tally, log = place.tally, place.rig.home / "data" / "front.sqlite-wal"
    before = tally.statuses.copy()

    def limit(size: int) -> None:
        for process in processes_of(place.rig):
            resource.prlimit(process, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    for level in levels:
        limit(log.stat().st_size + 4_096 * level)
        for _ in range(6):
            tally.write()
            tally.read()
        limit(resource.RLIM_INFINITY)
        assert tally.write(), level
        assert tally.read(), level

    assert tally.statuses["PUT 503"] - before["PUT 503"] > len(levels) / 2
    place.refusals_are_sound()
    place.nothing_acknowledged_was_lost()


def test_a_database_that_is_locked_again_and_again_loses_nothing(
    place: Place, pytestconfig: pytest.Config
) -> None:
    times = 1_000 if pytestconfig.getoption("--thorough") else 40
    dice = random.Random(pytestconfig.getoption("--dice"))
    tally, before = place.tally, place.tally.statuses.copy()
    with contextlib.closing(_database(place, "front")) as front:
        for number in range(times):
            front.execute("BEGIN IMMEDIATE")
            time.sleep(dice.uniform(0, 0.01))
            front.execute("ROLLBACK")
            if number % 2:
                tally.write()
            else:
                tally.read()

    # Nobody waits as long as this door waits for its turn.
    assert tally.statuses["PUT 201"] - before["PUT 201"] == times // 2
    assert tally.statuses["GET 200"] - before["GET 200"] == times - times // 2
    place.nothing_acknowledged_was_lost()


def test_a_database_that_stays_locked_is_503_and_then_goes_on(place: Place) -> None:
    tally = place.tally
    with (
        contextlib.closing(_database(place, "front")) as front,
        contextlib.closing(_database(place, "school")) as own,
    ):
        for database in (front, own):
            database.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        assert not tally.write()
        assert not tally.read()
        assert time.monotonic() - began >= 2 * BUSY_MS / 1_000
        for database in (front, own):
            database.execute("ROLLBACK")
    assert tally.write()
    assert tally.read()
    place.refusals_are_sound()
    place.nothing_acknowledged_was_lost()


def test_a_database_that_is_read_only_is_503_and_then_goes_on(place: Place) -> None:
    tally = place.tally
    place.read_only_while.touch()
    try:
        assert not tally.write()
        assert not tally.read()
        # A token cannot be given out either: it is stored, and registered.
        again = tally.grader.vendor.token()
        assert again.status == 503
        assert b"access_token" not in again.body
    finally:
        place.read_only_while.unlink()
    tally.grader.vendor.token()
    assert tally.write()
    assert tally.read()
    place.refusals_are_sound()
    place.nothing_acknowledged_was_lost()


def _database(place: Place, name: str) -> sqlite3.Connection:
    path = place.rig.home / "data" / f"{name}.sqlite"
    return sqlite3.connect(path, timeout=20, isolation_level=None)
