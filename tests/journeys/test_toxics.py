"""Between the gateway and the school's system lies a network: slow, cut, reset, silent, in either direction.

Acceptance check S35. What is read is whole or is not taken for the roster; what is written arrives, once and at the
right pupil, when the network is well again.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import update

import gateway.egress
from gateway.database import writing
from gateway.demo.board import role_of
from gateway.demo.school_system import SimulatedSchool
from gateway.inbox.tables import OPEN, inbox
from gateway.school.delivery import running
from tests.journeys.grading import Grader, Landed, landed, marked_board
from tests.journeys.rig import Rig
from tests.sabotage import impatience
from tests.simulators.toxics import Direction, Toxic, ToxicProxy

pytestmark = pytest.mark.thorough
"""Takes minutes: not of every run, but of `./run test --thorough`."""

PUPILS = 30
AMOUNTS: dict[Toxic, tuple[float, ...]] = {
    Toxic.LATENCY: (0.05, 2 * impatience.READ_SECONDS),
    Toxic.BANDWIDTH: (300_000, 700),
    Toxic.SLICER: (7,),
    Toxic.LIMIT_DATA: (0, 500, 4_000),
    Toxic.RESET_PEER: (0, 1_500),
    Toxic.TIMEOUT: (300,),
    Toxic.SLOW_CLOSE: (0.3,),
}
"""Harmless and harmful amounts; what an amount means is said at `Toxic`."""
HARMLESS = {(Toxic.LATENCY, 0.05), (Toxic.BANDWIDTH, 300_000), (Toxic.SLICER, 7), (Toxic.SLOW_CLOSE, 0.3)}
ALWAYS = {
    (Toxic.LATENCY, "up", 2 * impatience.READ_SECONDS), (Toxic.BANDWIDTH, "down", 300_000),
    (Toxic.BANDWIDTH, "down", 700), (Toxic.SLICER, "up", 7), (Toxic.LIMIT_DATA, "up", 0),
    (Toxic.LIMIT_DATA, "down", 4_000), (Toxic.RESET_PEER, "down", 1_500), (Toxic.TIMEOUT, "down", 300),
    (Toxic.SLOW_CLOSE, "down", 0.3),
}  # fmt: skip
"""Of every run; all of them with `--thorough`."""
CASES = [
    pytest.param(
        toxic, direction, amount, marks=() if (toxic, direction, amount) in ALWAYS else pytest.mark.thorough
    )
    for toxic, amounts in AMOUNTS.items()
    for amount in amounts
    for direction in ("up", "down")
]
BROKEN = {"source_timeout", "source_unreachable", "source_malformed"}


@dataclass
class Far:
    """A school's system behind a network."""

    school: SimulatedSchool
    proxy: ToxicProxy
    rig: Rig
    grader: Grader
    numbers: Iterator[int]

    def reader(self) -> dict[str, set[str]]:
        """What the vendor sees of pupils and groups, in pages of 7."""
        users = self.grader.vendor.pull("users", limit=7)
        classes = self.grader.vendor.pull("classes", limit=7)
        assert users.refused is None
        assert classes.refused is None
        return {
            "pupils": {str(each["grades"]) for each in users.records if role_of(each) == "student"},
            "classes": {str(each["title"]) for each in classes.records if each["status"] == "active"},
        }

    def try_refresh(self) -> str:
        """The code of the failure; empty when it was published."""
        status, output = self.rig._with_passphrase(["refresh", "--home", str(self.rig.home), "--json"])
        if status == 0:
            assert '"published"' in output
            return ""
        return output.partition('"code": "')[2].partition('"')[0]

    def deliver(self) -> None:
        """Whatever is open is due now: no lease and no pause of an earlier try counts."""
        with writing(self.rig.services().front) as connection:
            connection.execute(
                update(inbox)
                .where(inbox.c.state.in_([state.value for state in OPEN]))
                .values(lease_until_ms=1, not_before_ms=1)
            )
        self.rig.command("deliver", "--once")


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Far]:
    patient = gateway.egress.Limits.__init__.__defaults__, running.LIMITS
    impatience.hurry(gateway.egress)
    running.LIMITS = gateway.egress.Limits(attempts=1)
    try:
        school = SimulatedSchool(marked_board(0, pupils=PUPILS), page_cap=10)
        with school, ToxicProxy(int(school.host.rpartition(":")[2])) as proxy:
            near = f"127.0.0.1:{proxy.port}"
            school.base_url, school.token_url = (
                address.replace(school.host, near) for address in (school.base_url, school.token_url)
            )
            school.host = near
            rig = Rig(tmp_path_factory.mktemp("far"), [school])
            try:
                rig.agree("rekenwijs")
                rig.refresh()
                rig.serve_front()
                grader = Grader(rig.vendor("rekenwijs"))
                grader.meet()
                grader.prepare("x")
                far = Far(school, proxy, rig, grader, itertools.count(1))
                far.deliver()
                yield far
            finally:
                rig.stop()
    finally:
        gateway.egress.Limits.__init__.__defaults__, running.LIMITS = patient


@pytest.mark.parametrize(("toxic", "direction", "amount"), CASES)
def test_a_refresh_through_it_publishes_everything_or_nothing(
    far: Far, toxic: Toxic, direction: Direction, amount: float
) -> None:
    before = far.reader()
    board, number = far.school.board, next(far.numbers)
    changed = str(next(iter(board.records("classes")))["sourcedId"])
    board.change("classes", changed, title=f"Rekenen {number}")

    far.proxy.poison(toxic, direction, amount)
    try:
        code = far.try_refresh()
    finally:
        far.proxy.heal()

    seen = far.reader()
    assert seen["pupils"] == before["pupils"]
    assert len(seen["pupils"]) > 20
    if code:
        assert code in BROKEN
        assert seen == before
    else:
        assert f"Rekenen {number}" in seen["classes"]
        assert len(seen["classes"]) == len(before["classes"])
    if (toxic, direction, amount) in ALWAYS:
        # Of the others some may pass: a request is asked again on a new connection.
        assert (code == "") == ((toxic, amount) in HARMLESS)


@pytest.mark.parametrize(("toxic", "direction", "amount"), CASES)
def test_results_through_it_arrive_once_and_at_the_right_pupil(
    far: Far, toxic: Toxic, direction: Direction, amount: float
) -> None:
    far.school.forget()
    meant: dict[str, str] = {}
    for _ in range(3):
        number = next(far.numbers)
        target = far.grader.targets[number % len(far.grader.targets)]
        score = f"2.{number:04d}1"
        assert far.grader.grade("x", f"r-{number}", target, score).status == 201
        meant[score] = target.pupil

    far.proxy.poison(toxic, direction, amount)
    try:
        far.deliver()
    finally:
        far.proxy.heal()
    if (toxic, amount) in HARMLESS:
        assert {each.score: each.pupil for each in landed([far.school])} == meant
    far.deliver()

    every: list[Landed] = landed([far.school])
    assert {each.score: each.pupil for each in every} == meant
    assert len({each.identifier for each in every}) == len(meant)
    # Written twice is the same record twice.
    assert len({(each.identifier, each.score, each.pupil) for each in every}) == len(meant)
    assert far.rig.command("dead-letters", "list")["dead_letters"] == []
    assert far.rig.command("quarantine", "list")["quarantine"] == []


def test_when_all_is_well_again_a_refresh_publishes(far: Far) -> None:
    assert far.try_refresh() == ""
    assert far.rig.command("register", "verify")["intact"] is True
