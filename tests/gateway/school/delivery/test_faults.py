"""A school system that is down, slow, refusing or confused: nothing is lost, doubled or wrong."""

from __future__ import annotations

import os
import random
import threading

import pytest

from gateway.connections.source_settings import ResultsMode
from gateway.database import writing
from gateway.demo.wire import Asked
from gateway.errors import UsageError
from gateway.inbox import letters
from gateway.inbox.tables import State
from gateway.registers import audit
from gateway.registers.tables import Log
from gateway.roster.model import Kind
from gateway.school.delivery.worker import Worker
from gateway.school.relink.recovering import Recoverer
from tests.gateway.school.delivery.rig import BOARD, REKENEN, TAAL, World, ref
from tests.gateway.school.delivery.steps import (
    category,
    enrolments,
    lesson,
    line_item,
    pupil,
    result,
    scores,
    wanted_scores,
)

HOUR_MS = 3_600_000
THOROUGH = bool(os.environ.get("SCHUILNAAM_TEST_THOROUGH"))
RESULTS = 1_000 if THOROUGH else 40


def school_id(world: World, kind: Kind, identifier: str) -> str:
    (found,) = Recoverer(world.ring).school_ids(REKENEN, kind, identifier)
    return found


def letter_ids(world: World) -> list[int]:
    with writing(world.front) as connection:
        return [letter.id for letter in letters.dead_letters(connection, board_id=BOARD)]


def test_a_school_system_that_is_down_gets_everything_when_it_is_back(world: World) -> None:
    lesson(world, 30)
    world.systems["las1"].faults.reset("")
    worker = world.worker()
    for _ in range(5):
        worker.once()
        world.now_ms += HOUR_MS
    assert world.at_school("las1", "results") == {}
    world.systems["las1"].faults.clear()
    world.deliver_until_quiet(worker)
    assert scores(world) == wanted_scores(world, 30)


def test_a_day_of_outage_costs_few_tries(sqlite_world: World) -> None:
    world = sqlite_world
    lesson(world, 30)
    system = world.systems["las1"]
    system.faults.status("", 503)
    worker = world.worker()
    for _ in range(24 * 12):
        worker.once()
        world.now_ms += 300_000
    assert system.asked() <= 24 * 12
    system.faults.clear()
    world.deliver_until_quiet(worker)
    assert scores(world) == wanted_scores(world, 30)


def test_a_school_system_that_answers_too_late_gets_the_same_once(world: World) -> None:
    lesson(world, 3)
    world.systems["las1"].faults.slow("results", 1.5, times=1)
    world.deliver_until_quiet(world.worker())
    assert scores(world) == wanted_scores(world, 3)


def test_a_500_after_writing_doubles_nothing(world: World) -> None:
    lesson(world, 10)
    world.systems["las1"].faults.status("results", 500, once_written=True, times=4)
    world.systems["las1"].faults.status("lineItems", 500, once_written=True, times=1)
    world.deliver_until_quiet(world.worker())
    assert scores(world) == wanted_scores(world, 10)
    assert world.counts() == {State.DELIVERED: 12}


def test_too_many_requests_are_tried_again_later(world: World) -> None:
    lesson(world, 3)
    world.systems["las1"].faults.status("", 429, times=2)
    world.deliver_until_quiet(world.worker())
    assert scores(world) == wanted_scores(world, 3)


def test_a_token_that_was_taken_back_is_renewed(world: World) -> None:
    lesson(world, 3)
    worker = world.worker()
    worker.round()
    world.systems["las1"].expire_tokens()
    world.deliver_until_quiet(worker)
    assert scores(world) == wanted_scores(world, 3)


def test_results_before_their_line_item_wait_for_it(world: World) -> None:
    for number in range(5):
        result(world, f"r-{number}", number=number, score=number)
    worker = world.worker()
    worker.once()
    assert world.systems["las1"].writes == []
    category(world)
    line_item(world)
    world.deliver_until_quiet(worker, step_ms=0)
    assert scores(world) == wanted_scores(world, 5)


def test_a_result_whose_line_item_never_comes_is_a_dead_letter_after_a_week(world: World) -> None:
    result(world, "r-0")
    worker = world.worker()
    worker.once()
    world.now_ms += 7 * 24 * HOUR_MS + 1
    worker.once()
    assert world.reasons() == ["record_never_came"]
    assert world.systems["las1"].writes == []


def test_a_refused_result_is_a_dead_letter_and_the_others_are_delivered(world: World) -> None:
    lesson(world, 10)
    world.systems["las1"].faults.refuse(f"results/{school_id(world, Kind.RESULT, 'r-4')}", 422)
    world.deliver_until_quiet(world.worker())
    assert world.counts() == {State.DELIVERED: 11, State.DEAD: 1}
    dead = [
        entry
        for entry in audit.listed(world.school, Log.AUDIT_SCHOOL, board_id=BOARD)
        if entry.event == "gateway:result:dead_lettered"
    ]
    assert [(entry.details["reason"], entry.details["source"]) for entry in dead] == [
        ("delivery_refused", "las1")
    ]


def test_the_text_with_which_a_school_system_refuses_is_kept_nowhere(world: World) -> None:
    lesson(world, 1)
    world.systems["las1"].faults.status("results", 422, method="PUT", text="GEHEIM-NAAM is unknown")
    world.deliver_until_quiet(world.worker())
    for engine in (world.front, world.school):
        with engine.connect() as connection:
            for table in ("inbox", "audit_school", "quarantine", "vendor_made_ids"):
                try:
                    rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()
                except Exception:
                    connection.rollback()
                    continue
                assert "GEHEIM-NAAM" not in repr(rows)


def test_a_worker_that_is_stopped_leaves_its_backlog_for_the_next(world: World) -> None:
    lesson(world, 120)
    stop = threading.Event()

    def stopped(_: Asked) -> None:
        stop.set()

    fault = world.systems["las1"].faults.add("results", instead=stopped)
    world.worker().once(stop)
    assert 0 < fault.hits < 120
    assert world.open() > 0
    world.systems["las1"].faults.clear()
    world.deliver_until_quiet(world.worker())
    assert world.open() == 0
    assert len(world.at_school("las1", "results")) == 120


def test_a_refused_line_item_parks_its_results_and_a_retry_brings_all(world: World) -> None:
    lesson(world, 5)
    fault = world.systems["las1"].faults.refuse("lineItems", 422)
    worker = world.worker()
    world.deliver_until_quiet(worker)
    assert world.counts() == {State.DELIVERED: 1, State.DEAD: 1, State.PARKED: 5}
    assert fault.hits == 1
    world.systems["las1"].faults.clear()
    (letter,) = letter_ids(world)
    with writing(world.front) as connection:
        assert letters.retry(connection, board_id=BOARD, letter_id=letter) == 6
    world.deliver_until_quiet(worker)
    assert scores(world) == wanted_scores(world, 5)


def test_a_dead_letter_cannot_overwrite_the_newer_result(world: World) -> None:
    lesson(world, 0)
    result(world, "r-0", score=3)
    world.systems["las1"].faults.refuse("results", 422, times=1)
    worker = world.worker()
    world.deliver_until_quiet(worker)
    (letter,) = letter_ids(world)
    result(world, "r-0", score=9)
    world.deliver_until_quiet(worker)
    with pytest.raises(UsageError), writing(world.front) as connection:
        letters.retry(connection, board_id=BOARD, letter_id=letter)
    assert list(scores(world).values()) == [[9]]


def test_versions_arrive_in_order_and_a_deletion_last(world: World) -> None:
    lesson(world, 0)
    for score in (5, 6, 5, 8):
        result(world, "r-0", score=score)
    world.vendor_deletes(REKENEN, Kind.RESULT, "r-0")
    world.deliver_until_quiet(world.worker())
    puts = [w.document.get("score") for w in world.systems["las1"].writes if w.collection == "results"]
    assert puts == [5, 6, 5, 8, None]
    assert world.at_school("las1", "results") == {}


def test_deleting_what_is_gone_already_is_delivered(world: World) -> None:
    lesson(world, 1)
    worker = world.worker()
    worker.once()
    world.systems["las1"].board.remove("results", school_id(world, Kind.RESULT, "r-0"))
    world.vendor_deletes(REKENEN, Kind.RESULT, "r-0")
    world.vendor_deletes(REKENEN, Kind.RESULT, "r-never-there")
    world.deliver_until_quiet(worker)
    assert world.counts() == {State.DELIVERED: 5}


def test_replays_shuffled_leave_the_newest_version_of_each(sqlite_world: World) -> None:
    world = sqlite_world
    lesson(world, 0)
    pupils = len(enrolments(world))
    versions = [(number, version) for number in range(RESULTS) for version in range(3)] * 3
    random.Random(1).shuffle(versions)
    for number, version in versions:
        result(
            world,
            f"r-{number}",
            number=number,
            score=10 * number + version,
            changed_at_ms=world.clock() - 10_000 + version,
        )
    world.deliver_until_quiet(world.worker())
    wanted: dict[str, list[object]] = {}
    for number in range(RESULTS):
        wanted.setdefault(enrolments(world)[number % pupils][0], []).append(10 * number + 2)
    assert scores(world) == wanted


@pytest.mark.parametrize("jump_ms", [365 * 24 * HOUR_MS, -365 * 24 * HOUR_MS])
def test_a_clock_that_jumps_a_year_stops_nothing(world: World, jump_ms: int) -> None:
    lesson(world, 5)
    world.systems["las1"].faults.status("", 503, times=4)
    worker = world.worker()
    worker.once()
    world.now_ms += jump_ms
    system_before = world.systems["las1"].asked()
    world.deliver_until_quiet(worker, step_ms=300_000)
    assert scores(world) == wanted_scores(world, 5)
    assert world.systems["las1"].asked() - system_before < 20


def test_a_source_that_takes_no_results_keeps_them_readable(world: World) -> None:
    world.results = ResultsMode.KEEP
    lesson(world, 3)
    world.deliver_until_quiet(world.worker())
    assert world.counts() == {State.KEPT: 5}
    assert world.systems["las1"].asked() == 0
    assert world.audited() == ["gateway:result:kept"] * 5


def test_two_workers_at_once_write_everything_once(world: World) -> None:
    lesson(world, 60)

    def run(worker: Worker) -> None:
        for _ in range(10):
            worker.once()

    workers = [world.worker(), world.worker()]
    threads = [threading.Thread(target=run, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert scores(world) == wanted_scores(world, 60)
    identifiers = [write.identifier for write in world.systems["las1"].writes]
    assert len(identifiers) == len(set(identifiers))


def test_one_bad_record_in_a_thousand_holds_up_nobody(sqlite_world: World) -> None:
    world = sqlite_world
    lesson(world, 999)
    body = {"lineItem": ref("li-1"), "student": ref(pupil(world, product=TAAL)), "score": 1}
    world.vendor_puts(REKENEN, Kind.RESULT, "r-bad", body)
    world.deliver_until_quiet(world.worker())
    assert world.counts() == {State.DELIVERED: 1_001, State.QUARANTINED: 1}
    assert scores(world) == wanted_scores(world, 999)
    assert world.audited().count("gateway:result:quarantined") == 1


def test_results_wait_while_their_agreement_is_altered_and_others_go_on(world: World) -> None:
    lesson(world, 2)
    lesson(world, 3, product=TAAL)
    world.altered.add(REKENEN)
    worker = world.worker()
    for _ in range(10):
        worker.once()
        world.now_ms += HOUR_MS
    assert len(world.at_school("las1", "results")) == 3
    assert world.reasons().count("agreement_altered") == 1
    world.altered.clear()
    world.deliver_until_quiet(worker)
    assert len(world.at_school("las1", "results")) == 5
