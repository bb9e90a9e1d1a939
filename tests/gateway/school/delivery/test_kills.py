"""Workers that are killed (SIGKILL) at the worst moments: nothing is lost, doubled or wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.demo.board import made_up_board
from gateway.demo.wire import Answer, Asked
from gateway.inbox.tables import State
from keys.keyring import KeyRing
from tests.gateway.school.delivery import worker_program
from tests.gateway.school.delivery.rig import World, rig
from tests.gateway.school.delivery.steps import lesson, scores, wanted_scores
from tests.shared import ROOT

KILLS = 200 if os.environ.get("SCHUILNAAM_TEST_THOROUGH") else 3
RESULTS = 30


class Workers:
    """Starts a worker process, and another one whenever it was killed."""

    def __init__(self, world: World, urls: tuple[str, str], ring_path: Path) -> None:
        system = world.systems["las1"]
        self._arguments = [*urls, str(ring_path), system.base_url, system.client_id, system.client_secret]
        self.kills = 0
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", worker_program.__name__, *self._arguments], cwd=ROOT)

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.kills += 1

    def until_delivered(self, world: World, *, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while world.open():
            assert time.monotonic() < deadline, world.counts()
            if self.process.poll() is not None:
                assert self.process.returncode == -signal.SIGKILL
                self.process = self._start()
            time.sleep(0.05)


@pytest.fixture
def live_world(urls: tuple[str, str], ring: KeyRing) -> Iterator[World]:
    with rig(urls, ring, [made_up_board(5)]) as made:
        yield made


@pytest.fixture
def workers(live_world: World, urls: tuple[str, str], ring_path: Path) -> Iterator[Workers]:
    lesson(live_world, RESULTS)
    started = Workers(live_world, urls, ring_path)
    yield started
    started.process.kill()
    started.process.wait()


def delivered_once(world: World) -> None:
    assert world.counts() == {State.DELIVERED: RESULTS + 2}
    assert scores(world) == wanted_scores(world, RESULTS)
    assert world.audited().count("gateway:result:delivered") >= RESULTS + 2


def test_killed_between_commit_and_delivery(live_world: World, workers: Workers) -> None:
    live_world.systems["las1"].faults.calls("results", workers.kill, times=KILLS, after=3)
    workers.until_delivered(live_world, seconds=30 + 3 * KILLS)
    assert workers.kills == KILLS
    delivered_once(live_world)


def test_killed_between_writing_and_confirming(live_world: World, workers: Workers) -> None:
    def kill(asked: Asked, answer: Answer) -> Answer:
        workers.kill()
        return answer

    live_world.systems["las1"].faults.add("results", afterwards=kill, method="PUT", times=KILLS, after=3)
    workers.until_delivered(live_world, seconds=30 + 3 * KILLS)
    assert workers.kills == KILLS
    # Written again, with the same content: that is what makes it once.
    writes = [w for w in live_world.systems["las1"].writes if w.collection == "results"]
    assert len(writes) > len({w.identifier for w in writes})
    assert len({(w.identifier, w.body) for w in writes}) == len({w.identifier for w in writes})
    delivered_once(live_world)
