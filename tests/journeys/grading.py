"""Vendors that return results, and schools whose pupils can be told from their grade alone.

Whether a result reached the right pupil is judged by the bytes that the school received. Which pupil a vendor
meant is known without the gateway: every pupil has a school year (`grades`) of its own, and the agreement lets
that field go in clear.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gateway.demo.board import MadeUpBoard, made_up_board, role_of, sourced_id
from gateway.demo.population import IdStyle
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import Exchange, Record, SimulatedVendor
from tests.journeys.rig import Rig

NAMESAKES = ("Sem", "de Vries")


def marked_board(index: int, *, pupils: int = 30) -> MadeUpBoard:
    """The board of one school: numbers as in every other school, every third pupil a namesake, grades unique."""
    board = made_up_board(40 + index, schools=1, pupils=pupils, ids=IdStyle.NUMBER, first_school=index)
    for number, pupil in enumerate(board.pupils()):
        names: dict[str, object] = {}
        if number % 3 == 0:
            names = {"givenName": NAMESAKES[0], "familyName": NAMESAKES[1]}
        board.change("users", str(pupil["sourcedId"]), grades=[f"{index}/{pupil['sourcedId']}"], **names)
    return board


@dataclass(frozen=True, slots=True)
class Target:
    """One pupil as a vendor knows it, and as the school does."""

    pseudonym: str
    class_id: str
    school: int
    pupil: str
    """sourcedId in the school's system."""


@dataclass(slots=True)
class Grader:
    """One vendor at work on results; ids are minted without regard to other vendors."""

    vendor: SimulatedVendor
    targets: list[Target] = field(default_factory=list)

    def meet(self) -> None:
        """Pull pupils and groups."""
        users = self.vendor.pull("users", limit=100)
        enrolments = self.vendor.pull("enrollments", limit=100)
        assert users.refused is None
        assert enrolments.refused is None
        classes = {sourced_id(each["user"]): sourced_id(each["class"]) for each in enrolments.records}
        self.targets = []
        for user in users.records:
            if role_of(user) == "student" and str(user["sourcedId"]) in classes:
                grades = user["grades"]
                assert isinstance(grades, list)
                school, _, pupil = str(grades[0]).partition("/")
                pseudonym = str(user["sourcedId"])
                self.targets.append(Target(pseudonym, classes[pseudonym], int(school), pupil))

    def of_school(self, school: int) -> list[Target]:
        return [target for target in self.targets if target.school == school]

    def prepare(self, mark: str, *, school: int | None = None, category: str | None = None) -> None:
        """A category, and a line item for each class: `li-<mark>-<number of the class>`."""
        if category is None:
            category = f"cat-{mark}"
            self.put_text("categories", category, '{"category":{"title":"Toetsen"}}', expect=201)
        for number, class_id in enumerate(self._classes()):
            if school is None or any(t.class_id == class_id for t in self.of_school(school)):
                self.line_item(f"li-{mark}-{number}", class_id, category)

    def line_item(self, identifier: str, class_id: str, category: str, **more: object) -> Exchange:
        """A line item as vendors send them: references without href and type."""
        record = {
            "title": "Toets blok 3",
            "assignDate": "2026-11-02T23:30:00Z",
            "dueDate": "2026-11-09",
            "class": {"sourcedId": class_id},
            "category": {"sourcedId": category},
            "resultValueMax": 10,
            **more,
        }
        return self.put_text("lineItems", identifier, json.dumps({"lineItem": record}))

    def grade(
        self, mark: str, identifier: str, target: Target, score: str, *, line_item: str | None = None
    ) -> Exchange:
        """One result; `score` is the number as it is written."""
        line_item = line_item or f"li-{mark}-{self._classes().index(target.class_id)}"
        body = (
            f'{{"result":{{"lineItem":{{"sourcedId":"{line_item}"}},"student":{{"sourcedId":"{target.pseudonym}"}},'
            f'"score":{score},"scoreStatus":"fully graded","scoreDate":"2026-11-09T23:30:00Z"}}}}'
        )
        return self.put_text("results", identifier, body)

    def put_text(self, collection: str, identifier: str, body: str, *, expect: int | None = None) -> Exchange:
        """A PUT with exactly this body."""
        headers = {"Content-Type": "application/json"}
        url = self.vendor.url(f"{collection}/{identifier}")
        answer = self.vendor.send("PUT", url, headers=headers, body=body.encode())
        assert expect is None or answer.status == expect, (answer.status, answer.body)
        return answer

    def _classes(self) -> list[str]:
        return sorted({target.class_id for target in self.targets})


@dataclass(frozen=True, slots=True)
class Landed:
    """One result as a school received it."""

    school: int
    identifier: str
    pupil: str
    score: str
    """The number as it stood in the bytes."""


def landed(schools: Sequence[SimulatedSchool]) -> list[Landed]:
    """Every result that the schools carried out, in order, from the bytes of the requests."""
    found = []
    for index, school in enumerate(schools):
        for write in list(school.writes):
            if write.collection == "results" and write.method == "PUT":
                result: Record = json.loads(write.body, parse_float=str, parse_int=str)["result"]
                pupil = sourced_id(result["student"])
                found.append(Landed(index, write.identifier, pupil, str(result["score"])))
    return found


def until(reached: Callable[[], bool], *, seconds: float = 40) -> bool:
    """Wait until something is so; False when time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if reached():
            return True
        time.sleep(0.05)
    return reached()


def stays_quiet(schools: Iterable[SimulatedSchool], *, seconds: float = 1.5) -> bool:
    """True when nothing is written for a while."""
    before = sum(len(school.writes) for school in schools)
    time.sleep(seconds)
    return sum(len(school.writes) for school in schools) == before


def processes_of(rig: Rig) -> dict[int, str]:
    """Process id and command line of `serve` and everything below it."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
    found = {rig.process_id}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    lines = {}
    for process in found:
        try:
            lines[process] = Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
    return lines


def serving_from(home: Path) -> list[str]:
    """Command lines of all processes that serve this home folder, whoever started them."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = place.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if f"--home {home} " in line and (" serve " in line or ".main --home " in line):
            found.append(line)
    return found


def kill(processes: Iterable[int]) -> None:
    """SIGKILL: no process gets to say or do anything more."""
    for process in processes:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue
