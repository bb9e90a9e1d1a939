"""A school connects its system a second time: the same pupils, once, and results go on to where they were."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.demo.school_system import SimulatedSchool
from tests.journeys.grading import Grader, landed, marked_board, stays_quiet, until
from tests.journeys.rig import Rig


@pytest.fixture
def school() -> Iterator[SimulatedSchool]:
    with SimulatedSchool(marked_board(0, pupils=12)) as school:
        yield school


@pytest.fixture
def rig(tmp_path: Path, school: SimulatedSchool) -> Iterator[Rig]:
    rig = Rig(tmp_path, [school])
    yield rig
    rig.stop()


def test_a_second_connection_changes_nobody_and_doubles_nothing(rig: Rig, school: SimulatedSchool) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    rig.serve()
    grader = Grader(rig.vendor("rekenwijs"))
    grader.meet()
    grader.prepare("x")
    target = grader.targets[0]
    assert grader.grade("x", "r-1", target, "7.5").status == 201
    assert until(lambda: len(landed([school])) == 1)
    before = {kind: grader.vendor.pull(kind).ids() for kind in ("users", "enrollments", "classes", "orgs")}
    school.forget()

    # A name that comes before the first: results would go over this one from now on.
    rig.add_source("ander", school, "--space", "las-1")
    rig.refresh()

    for kind, ids in before.items():
        assert grader.vendor.pull(kind).ids() == ids
        assert len(set(ids)) == len(ids)
    assert grader.grade("x", "r-2", target, "8.5").status == 201
    grader.put_text("categories", "cat-new", '{"category":{"title":"Toetsen"}}', expect=201)
    assert until(lambda: any(write.collection == "categories" for write in school.writes))
    assert until(lambda: len(landed([school])) == 1)
    assert landed([school])[0].pupil == target.pupil
    assert stays_quiet([school])
    assert sum(write.collection == "categories" for write in school.writes) == 1
    assert rig.command("quarantine", "list")["quarantine"] == []
    for source in ("ander", "las-1"):
        seen = rig.command(
            "preview", "--product", "rekenwijs", "--pupil", f"{source}:{target.pupil}", "--as", "ib", "--reason", "42"
        )  # fmt: skip
        assert seen["released"] is True
        assert seen["held"] is True
