"""Which results are taken at all: terms of agreements, sources that keep, and a front that is not to be believed."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from gateway.connections.tables import compiled_agreements
from gateway.database import writing
from gateway.demo.school_system import SimulatedSchool
from gateway.front.main import services_of
from gateway.inbox.accepting import ReturnedRecord, accept
from gateway.inbox.tables import Operation
from gateway.roster.model import Kind, ProductId
from gateway.school.agreements import active_agreements, publish_current
from gateway.school.delivery.running import DeliveryRun
from gateway.school.services import clock
from tests.journeys.grading import Grader, landed, marked_board, stays_quiet, until
from tests.journeys.rig import PASSPHRASE, Rig


@dataclass(slots=True)
class World:
    """A school that takes results, one that keeps them here, three vendors."""

    rig: Rig
    schools: list[SimulatedSchool]
    graders: dict[str, Grader]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    schools = [SimulatedSchool(marked_board(index, pupils=20)).start() for index in range(2)]
    rig = Rig(tmp_path_factory.mktemp("rules"), [schools[0]])
    rig.add_source("las-2", schools[1], "--results", "keep")
    try:
        rig.agree("rekenwijs")
        rig.agree("taalplezier")
        rig.agree("leesmeter", term={"inbound_days_after_end": 0})
        rig.refresh()
        rig.serve()
        graders = {}
        for product in ("rekenwijs", "taalplezier", "leesmeter"):
            graders[product] = Grader(rig.vendor(product))
            graders[product].meet()
        yield World(rig, schools, graders)
    finally:
        rig.stop()
        for school in schools:
            school.stop()


def test_a_source_that_keeps_gets_nothing_and_the_vendor_reads_it_back(world: World) -> None:
    grader = world.graders["rekenwijs"]
    grader.prepare("keep")
    here, there = grader.of_school(0)[0], grader.of_school(1)[0]
    world.schools[1].forget()

    assert grader.grade("keep", "kept", there, "8.25").status == 201
    assert grader.grade("keep", "sent", here, "8.50").status == 201

    assert until(lambda: [each.score for each in landed(world.schools)] == ["8.50"])
    assert stays_quiet(world.schools, seconds=1)
    assert world.schools[1].writes == []
    assert world.schools[1].asked("results", method="PUT") == 0
    events = [str(entry["event"]) for entry in world.rig.audited()]
    assert any(event.endswith(":kept") for event in events)
    world.rig.refresh()
    assert {"kept", "sent"} <= set(grader.vendor.pull("results").ids())


def test_an_ended_agreement_takes_results_until_the_inbound_term_and_gives_nothing(world: World) -> None:
    grader = world.graders["taalplezier"]
    grader.prepare("ended")
    target = grader.of_school(0)[1]
    world.rig.command("agreement", "end", "VO-taalplezier")
    before = len(world.rig.disclosures())

    assert grader.grade("ended", "late", target, "6.75").status == 201

    assert until(lambda: "6.75" in [each.score for each in landed(world.schools)])
    [arrived] = [each for each in landed(world.schools) if each.score == "6.75"]
    assert arrived.pupil == target.pupil
    refused = [grader.vendor.get(path).status for path in ("users", "results/late", "results")]
    assert refused == [403, 403, 403]
    assert len(world.rig.disclosures()) == before
    # A fresh token still takes results back.
    assert grader.vendor.token().status == 200
    assert grader.grade("ended", "later", target, "6.80").status == 201


def test_after_the_inbound_term_a_result_is_refused_and_nothing_is_forwarded(world: World) -> None:
    grader = world.graders["leesmeter"]
    grader.prepare("closed")
    target = grader.of_school(0)[2]
    assert grader.grade("closed", "in-time", target, "7.10").status == 201
    assert until(lambda: "7.10" in [each.score for each in landed(world.schools)])
    # A term of no days: results may come until the end of the last day.
    last_day = datetime.now(UTC).date() - timedelta(days=2)
    world.rig.command("agreement", "end", "VO-leesmeter", "--on", last_day.isoformat())

    answer = grader.grade("closed", "too-late", target, "7.15")

    assert answer.status == 403
    assert b"agreement" in answer.body
    assert grader.vendor.delete("results", "in-time").status == 403
    assert stays_quiet(world.schools, seconds=1)
    assert "7.15" not in [each.score for each in landed(world.schools)]
    assert not any(write.method == "DELETE" for write in world.schools[0].writes)


def test_a_forged_record_that_the_front_let_through_is_quarantined_without_identity(world: World) -> None:
    # Attack: the front is under somebody else's control. It can seal to the school, and has no key.
    grader, other = world.graders["rekenwijs"], world.graders["taalplezier"]
    grader.prepare("attack")
    own = grader.of_school(0)[0]
    foreign = next(each for each in other.targets if (each.school, each.pupil) == (0, own.pupil))
    door = services_of(world.rig.home, public_url=world.rig.url)
    number = sorted({each.class_id for each in grader.targets}).index(own.class_id)
    assert until(lambda: stays_quiet(world.schools, seconds=0.5))
    before = len(world.schools[0].writes)

    def smuggle(identifier: str, student: str, **more: object) -> None:
        body = {
            "lineItem": {"sourcedId": f"li-attack-{number}"}, "student": {"sourcedId": student}, "score": 9.95, **more
        }  # fmt: skip
        record = ReturnedRecord(
            product=ProductId("rekenwijs"), client_id="x", request_id="y", kind=Kind.RESULT,
            operation=Operation.PUT, id=identifier, body=json.dumps(body).encode(),
            references=((Kind.LINE_ITEM, f"li-attack-{number}"),),
        )  # fmt: skip
        with writing(door.engine) as connection:
            accept(
                connection, record, index=door.object_index, intake_public_key=door.intake_public_key,
                now_ms=int(time.time() * 1000),
            )  # fmt: skip

    smuggle("s-1", foreign.pseudonym)
    smuggle("s-2", own.pupil)
    smuggle("s-3", own.pseudonym[:-6] + "aaaaaa")
    smuggle("s-4", own.class_id)
    smuggle(own.pseudonym, own.pseudonym)

    assert until(lambda: len(quarantined(world.rig)) == 5)
    door.engine.dispose()
    assert len(world.schools[0].writes) == before
    assert b"9.95" not in world.schools[0].received()
    audited = [entry for entry in world.rig.audited() if str(entry["event"]).endswith(":quarantined")]
    assert len(audited) == 5
    shown = json.dumps([quarantined(world.rig), [entry["details"] for entry in audited]])
    for secret in (own.pseudonym, foreign.pseudonym, own.class_id, "9.95", "s-1"):
        assert secret not in shown


def quarantined(rig: Rig) -> list[dict[str, object]]:
    found = rig.command("quarantine", "list")["quarantine"]
    assert isinstance(found, list)
    return found


def test_nothing_is_delivered_by_an_agreement_that_was_altered_at_the_door(tmp_path: Path) -> None:
    with SimulatedSchool(marked_board(0, pupils=12)) as school:
        rig = Rig(tmp_path, [school])
        try:
            rig.agree("rekenwijs")
            rig.refresh()
            rig.serve_front()
            grader = Grader(rig.vendor("rekenwijs"))
            grader.meet()
            grader.prepare("x")
            assert grader.grade("x", "r-1", grader.targets[0], "7.5").status == 201
            services = rig.services().unlock(PASSPHRASE)
            (agreed,) = active_agreements(services)
            with writing(services.front) as connection:
                other = dataclasses.replace(agreed, version=agreed.version + 1)
                connection.execute(update(compiled_agreements).values(content=other.to_json()))
            later = timedelta()
            run = DeliveryRun(services, now=lambda: clock() + later)
            assert run.once() > 0
            assert school.writes == []

            # Put right by the school side; then it goes on its way.
            publish_current(services, now=clock())
            later = timedelta(minutes=1)
            assert until(lambda: bool(run.once()) and bool(landed([school])))
            run.close()
            assert [each.score for each in landed([school])] == ["7.5"]
        finally:
            rig.stop()


def test_what_was_acknowledged_keeps_its_score_when_the_agreement_is_ended_before_it_is_delivered(
    tmp_path: Path,
) -> None:
    with SimulatedSchool(marked_board(0, pupils=12)) as school:
        rig = Rig(tmp_path, [school])
        try:
            reference = rig.agree("rekenwijs", term={"inbound_days_after_end": 0})
            rig.refresh()
            rig.serve_front()
            grader = Grader(rig.vendor("rekenwijs"))
            grader.meet()
            grader.prepare("x")
            assert grader.grade("x", "r-1", grader.targets[0], "7.5").status == 201
            last_day = datetime.now(UTC).date() - timedelta(days=2)
            rig.command("agreement", "end", reference, "--on", last_day.isoformat())

            rig.command("deliver", "--once")

            assert [each.score for each in landed([school])] == ["7.5"]
        finally:
            rig.stop()


def test_a_source_whose_secret_cannot_be_used_holds_up_nothing_at_the_other(tmp_path: Path) -> None:
    schools = [SimulatedSchool(marked_board(index, pupils=12)).start() for index in range(2)]
    rig = Rig(tmp_path, schools)
    try:
        rig.agree("rekenwijs")
        rig.refresh()
        secret = rig.home / "secrets" / "source-las-1"
        secret.chmod(0o644)
        rig.serve()
        grader = Grader(rig.vendor("rekenwijs"))
        grader.meet()
        grader.prepare("x")
        here, there = grader.of_school(0)[0], grader.of_school(1)[0]
        assert grader.grade("x", "r-1", here, "7.25").status == 201
        assert grader.grade("x", "r-2", there, "8.25").status == 201

        assert until(lambda: [each.score for each in landed(schools)] == ["8.25"])
        assert schools[0].writes == []
        secret.chmod(0o600)
        assert until(lambda: [each.score for each in landed(schools)] == ["7.25", "8.25"], seconds=60)
        assert [each.pupil for each in landed(schools)] == [here.pupil, there.pupil]
    finally:
        rig.stop()
        for school in schools:
            school.stop()
