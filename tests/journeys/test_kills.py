"""Processes are killed at any moment while vendors pull and return results and refreshes run: SIGKILL, over and over.

Acceptance checks S27 and S31. Nothing acknowledged is lost, doubled or at another pupil; nothing was shown that is not
in the register; what vendors hold is one whole generation. `--kills 200 --dice N` is the thorough run.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import update

from gateway.database import writing
from gateway.demo.board import role_of
from gateway.demo.school_system import SimulatedSchool
from gateway.inbox.tables import inbox
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.registers.tables import Log
from tests.journeys.grading import (
    Grader,
    kill,
    landed,
    marked_board,
    processes_of,
    serving_from,
    stays_quiet,
    until,
)
from tests.journeys.watched import WatchedRig

pytestmark = pytest.mark.thorough
"""Takes minutes: not of every run, but of `./run test --thorough`."""

PUPILS = 30


@dataclass(slots=True)
class Storm:
    """A gateway that is killed, and what its vendors know."""

    folder: Path
    kills: int
    dice: random.Random
    school: SimulatedSchool = field(init=False)
    rig: WatchedRig = field(init=False)
    writer: Grader = field(init=False)
    reader: Grader = field(init=False)
    meant: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Result id -> (pupil, score) of everything that was sent, answered or not."""
    acknowledged: dict[str, str] = field(default_factory=dict)
    """Result id -> id of the request, of what was answered 2xx."""
    shown: list[str] = field(default_factory=list)
    """Ids of the requests whose page arrived whole."""
    struck: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    """How requests ended that did not end well."""
    over: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        self.school = SimulatedSchool(marked_board(0, pupils=PUPILS)).start()
        self.rig = WatchedRig(self.folder, [self.school])
        self.rig.configure(vendor_requests_per_minute=0)
        self.rig.agree("rekenwijs")
        self.rig.refresh()
        self.rig.serve(workers=2)
        self.writer, self.reader = (Grader(self.rig.vendor("rekenwijs")) for _ in range(2))
        self.writer.meet()
        self.reader.vendor.token()
        self.writer.prepare("x")
        classes = len({each.class_id for each in self.writer.targets})
        assert until(lambda: len(self.school.writes) > classes)
        self.school.forget()

    def rage(self) -> None:
        """Vendors ask without a pause while processes die."""
        working = [threading.Thread(target=work) for work in (self._write, self._read, self._refresh)]
        for thread in working:
            thread.start()
        try:
            for _ in range(self.kills):
                time.sleep(self.dice.uniform(0.02, 0.7))
                self._strike()
            time.sleep(0.3)
        finally:
            self.over.set()
            for thread in working:
                thread.join()

    def _strike(self) -> None:
        """Kill one of the processes; where the gateway ends by that, start it as a service manager would."""
        alive = processes_of(self.rig)
        kinds: dict[str, list[int]] = defaultdict(list)
        fronts = [process for process, line in alive.items() if "gateway.front.main" in line]
        for process, line in alive.items():
            if "gateway.school.main" in line:
                kinds["school"].append(process)
            elif process in fronts:
                kinds["front" if process == min(fronts) else "worker"].append(process)
            elif process == self.rig.process_id:
                kinds["serve"].append(process)
        kind = self.dice.choice(sorted(kinds))
        kill([self.dice.choice(sorted(kinds[kind]))])
        self.struck[kind] += 1
        if kind == "worker":
            return
        # Also what the door started after the look at `alive`.
        assert until(lambda: not serving_from(self.rig.home), seconds=60), (kind, serving_from(self.rig.home))
        self.rig.forget_process()
        self.rig.serve(workers=2)
        self.settle()

    def _write(self) -> None:
        number = 0
        while not self.over.is_set():
            number += 1
            target = self.writer.targets[number % len(self.writer.targets)]
            identifier, score = f"r-{number}", f"{1 + number / 10_000:.4f}1"
            self.meant[identifier] = (target.pupil, score)
            try:
                answer = self.writer.grade("x", identifier, target, score)
            except (OSError, http.client.HTTPException) as error:
                self.broken[type(error).__name__] += 1
                time.sleep(0.05)
                continue
            if answer.status in (200, 201):
                self.acknowledged[identifier] = str(answer.header("X-Request-Id"))
            else:
                self.broken[f"PUT {answer.status}"] += 1

    def _read(self) -> None:
        offset = 0
        while not self.over.is_set():
            try:
                answer = self.reader.vendor.get("users", limit=7, offset=offset)
            except (OSError, http.client.HTTPException) as error:
                self.broken[type(error).__name__] += 1
                time.sleep(0.05)
                continue
            if answer.status != 200:
                self.broken[f"GET {answer.status}"] += 1
                continue
            self.shown.append(str(answer.header("X-Request-Id")))
            offset = offset + 7 if len(answer.records()) == 7 else 0

    def _refresh(self) -> None:
        """The command, again and again, and killed itself now and then; each time the school has changed."""
        board = self.school.board
        names = [str(each["sourcedId"]) for each in board.records("classes")]
        turn = 0
        while not self.over.is_set():
            turn += 1
            board.change("classes", names[turn % len(names)], title=f"Rekenen {turn}")
            command = [
                sys.executable, "-m", "gateway.cli.main", "refresh", "--home", str(self.rig.home),
                "--passphrase-file", str(self.rig.passphrase_file),
            ]  # fmt: skip
            running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(timeout=self.dice.uniform(1.0, 6.0) if turn % 2 else 30)
            if running.poll() is None:
                running.send_signal(signal.SIGKILL)
                running.wait()
                self.struck["refresh"] += 1

    def settle(self) -> None:
        """Two minutes later: what dead workers had claimed is free."""
        with writing(self.rig.services().front) as connection:
            connection.execute(update(inbox).values(lease_until_ms=1))

    def report(self) -> str:
        return json.dumps(
            {
                "struck": self.struck, "acknowledged": len(self.acknowledged), "sent": len(self.meant),
                "pages": len(self.shown), "broken": self.broken, "written": len(landed([self.school])),
            }
        )  # fmt: skip

    def end(self) -> None:
        self.rig.stop()
        self.school.stop()


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Storm]:
    seed = int(pytestconfig.getoption("--dice"))
    storm = Storm(
        tmp_path_factory.mktemp("storm"), int(pytestconfig.getoption("--kills")), random.Random(seed)
    )
    storm.begin()
    try:
        storm.rage()
        storm.settle()
        print(storm.report())
        yield storm
    finally:
        storm.end()


def test_nothing_acknowledged_is_lost_doubled_or_at_another_pupil(storm: Storm) -> None:
    wanted = {storm.meant[identifier] for identifier in storm.acknowledged}
    sent = set(storm.meant.values())

    assert until(lambda: {(each.pupil, each.score) for each in landed([storm.school])} >= wanted, seconds=120)
    assert stays_quiet([storm.school])

    every = landed([storm.school])
    assert {(each.pupil, each.score) for each in every} <= sent
    by_identifier = defaultdict(set)
    for each in every:
        by_identifier[each.identifier].add((each.pupil, each.score))
    # Written twice is the same record twice: one identifier, one content.
    assert {len(contents) for contents in by_identifier.values()} == {1}
    assert len(by_identifier) == len({(each.pupil, each.score) for each in every})
    assert len(storm.acknowledged) > 10 * storm.kills / 6


def test_the_vendor_reads_back_everything_that_was_acknowledged(storm: Storm) -> None:
    storm.writer.vendor.close()
    held = {str(each["sourcedId"]): each for each in storm.writer.vendor.pull("results", limit=1_000).records}
    assert set(storm.acknowledged) <= set(held)
    assert all(float(str(held[each]["score"])) == float(storm.meant[each][1]) for each in storm.acknowledged)


def test_every_page_that_arrived_is_in_the_register(storm: Storm) -> None:
    registered = {str(each["request_id"]) for each in storm.rig.disclosures()}
    assert len(storm.shown) > 10
    assert set(storm.shown) <= registered


def test_every_acknowledged_result_is_in_the_audit_log(storm: Storm) -> None:
    services = storm.rig.services()
    rows = audit.listed(
        services.front, Log.AUDIT, board_id=services.board_id, event=AuditEvent.RESULT_ACCEPTED
    )
    assert set(storm.acknowledged.values()) <= {str(each.details["request_id"]) for each in rows}


def test_the_registers_are_whole(storm: Storm) -> None:
    assert storm.rig.command("register", "verify")["intact"] is True


def test_what_is_held_is_one_whole_generation(storm: Storm) -> None:
    storm.rig.refresh()
    storm.reader.vendor.close()
    users = storm.reader.vendor.pull("users", limit=7)
    assert users.refused is None
    pupils = {
        str(each["grades"])
        for each in users.records
        if role_of(each) == "student" and each["status"] == "active"
    }
    assert len(pupils) == sum(each["status"] == "active" for each in storm.school.board.pupils()) > 20
    titles = {
        str(each["title"])
        for each in storm.reader.vendor.pull("classes").records
        if each["status"] == "active"
    }
    newest = {str(each["title"]) for each in storm.school.board.records("classes")}
    # Other titles hold names, and are scrubbed.
    assert {title for title in newest if title.startswith("Rekenen ")} <= titles
    assert len(titles) == len(newest)


def test_nothing_was_quarantined_or_given_up(storm: Storm) -> None:
    assert storm.rig.command("dead-letters", "list")["dead_letters"] == []
    assert storm.rig.command("quarantine", "list")["quarantine"] == []


def test_processes_of_every_kind_were_killed(storm: Storm) -> None:
    assert sum(storm.struck.values()) >= storm.kills
    if storm.kills >= 50:
        assert {"school", "front", "worker", "serve", "refresh"} <= set(storm.struck)
    assert b"Traceback" not in storm.rig.logged()
