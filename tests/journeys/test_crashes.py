"""Processes die at the worst moments: no result is lost, doubled or given to another pupil."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from gateway.database import writing
from gateway.demo.board import sourced_id
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.wire import Answer, Asked
from gateway.inbox.tables import inbox
from tests.journeys.grading import Grader, kill, landed, marked_board, processes_of, stays_quiet, until
from tests.journeys.rig import Rig


class Crashing:
    """One school, one vendor, and a gateway whose processes can be killed."""

    def __init__(self, folder: Path) -> None:
        self.school = SimulatedSchool(marked_board(0)).start()
        self.rig = Rig(folder, [self.school])
        self.rig.agree("rekenwijs")
        self.rig.refresh()
        self.rig.serve()
        self.grader = Grader(self.rig.vendor("rekenwijs"))
        self.grader.meet()
        self.grader.prepare("x")
        assert until(lambda: len(self.school.writes) > len({each.class_id for each in self.grader.targets}))
        self.school.forget()

    def grade(self, *scores: str) -> dict[str, str]:
        """Score -> number of the pupil, each acknowledged."""
        meant = {}
        for score in scores:
            target = self.grader.targets[int(float(score) * 100) % len(self.grader.targets)]
            assert self.grader.grade("x", f"r-{score}", target, score).status in (200, 201)
            meant[score] = target.pupil
        return meant

    def kill_all(self) -> None:
        kill(processes_of(self.rig))
        self.rig.forget_process()
        self.grader.vendor.close()

    def pass_leases(self) -> None:
        """Two minutes later: what a dead worker had claimed is free."""
        with writing(self.rig.services().front) as connection:
            connection.execute(update(inbox).values(lease_until_ms=1))

    def school_process(self) -> int:
        return next(each for each, line in processes_of(self.rig).items() if "gateway.school.main" in line)

    def stored(self) -> dict[str, str]:
        """Score -> pupil of every result with such a score in the school's system."""
        return {
            str(each["score"]): sourced_id(each["student"])
            for each in self.school.board.records("results")
            if str(each["sourcedId"]) in {write.identifier for write in self.school.writes}
        }

    def close(self) -> None:
        self.rig.stop()
        self.school.stop()


@pytest.fixture(scope="module")
def crashing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crashing]:
    crashing = Crashing(tmp_path_factory.mktemp("crashes"))
    yield crashing
    crashing.close()


@pytest.fixture(autouse=True)
def _calm(crashing: Crashing) -> None:
    crashing.school.faults.clear()
    crashing.school.forget()


def test_killed_between_commit_and_delivery_everything_is_delivered_once(crashing: Crashing) -> None:
    crashing.school.faults.status("results", 503)
    meant = crashing.grade("1.01", "1.02", "1.03", "1.04")
    crashing.kill_all()
    crashing.school.faults.clear()
    assert landed([crashing.school]) == []

    crashing.rig.serve()

    # What the killed worker held is taken over at once: its lease of two minutes is longer than this waits.
    assert until(lambda: len(landed([crashing.school])) >= len(meant))
    assert stays_quiet([crashing.school])
    every = landed([crashing.school])
    assert {each.score: each.pupil for each in every} == meant
    assert len(every) == len(meant)
    # And the vendor still reads back what it wrote.
    assert crashing.grader.vendor.get("results/r-1.01").document()["result"]["score"] == 1.01  # type: ignore[index]


def test_killed_between_writing_and_confirming_the_repeat_is_the_same_record(crashing: Crashing) -> None:
    def die(_: Asked, answer: Answer) -> Answer:
        # The school has written; whoever asked is gone before it hears so.
        kill([crashing.school_process()])
        return answer.altered(reset=True)

    strike = crashing.school.faults.add("results", method="PUT", afterwards=die, times=1, after=1)
    meant = crashing.grade("2.01", "2.02", "2.03")
    assert until(lambda: strike.hits == 1)
    # One half without the other is no gateway: `serve` ends, and is started again by whoever guards it.
    crashing.rig.wait_until_ended()

    crashing.grader.vendor.close()
    crashing.rig.serve()

    assert until(lambda: set(crashing.stored()) >= set(meant))
    assert stays_quiet([crashing.school])
    assert crashing.stored() == meant
    every = landed([crashing.school])
    assert {each.score: each.pupil for each in every} == meant
    assert len({each.identifier for each in every}) == len(meant)


def test_killed_again_and_again_while_vendors_write_nothing_acknowledged_is_lost(crashing: Crashing) -> None:
    meant: dict[str, str] = {}
    number = 0
    for _ in range(2):
        began = time.monotonic()
        while time.monotonic() - began < 1.0:
            number += 1
            meant |= crashing.grade(f"3.{number:03d}1")
        crashing.kill_all()
        crashing.rig.serve()

    assert until(lambda: set(crashing.stored()) >= set(meant))
    assert crashing.stored() == meant
    assert len({each.identifier for each in landed([crashing.school])}) == len(meant)
    assert crashing.rig.command("register", "verify")["intact"] is True


def test_serve_killed_alone_takes_its_halves_with_it_and_starts_again(crashing: Crashing) -> None:
    rest = set(processes_of(crashing.rig)) - {crashing.rig.process_id}
    kill([crashing.rig.process_id])
    crashing.grader.vendor.close()

    assert until(lambda: not any(Path(f"/proc/{each}").exists() for each in rest), seconds=20)
    crashing.rig.forget_process()
    crashing.rig.serve()

    meant = crashing.grade("4.01")
    assert until(lambda: crashing.stored() == meant)


def test_a_database_that_fails_for_a_while_does_not_end_delivery(crashing: Crashing) -> None:
    database = sqlite3.connect(crashing.rig.home / "data" / "school.sqlite", isolation_level=None)
    database.execute(
        "CREATE TRIGGER broken BEFORE INSERT ON vendor_made_ids BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    meant = crashing.grade("5.01")
    time.sleep(1.5)
    assert landed([crashing.school]) == []

    database.execute("DROP TRIGGER broken")
    database.close()
    crashing.pass_leases()

    assert until(lambda: crashing.stored() == meant, seconds=20)
