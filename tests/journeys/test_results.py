"""Results come home: the right pupil, once, whatever happens on the way. Judged by the bytes that the schools got."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from gateway.demo.board import sourced_id
from gateway.demo.school_system import SimulatedSchool
from gateway.roster.model import PSEUDONYM_PATTERN
from tests.journeys.grading import Grader, Target, landed, marked_board, stays_quiet, until
from tests.journeys.rig import Rig

PRODUCTS = ("rekenwijs", "taalplezier", "leesmeter")
RESULTS = 1_000


@dataclass(slots=True)
class World:
    """Two schools with a system each and equal numbers, three vendors, a gateway that serves."""

    rig: Rig
    schools: list[SimulatedSchool]
    graders: list[Grader]

    def calm(self) -> None:
        """No faults, nothing recorded."""
        for school in self.schools:
            school.faults.clear()
            school.forget()

    def arrived(self, *identifying: str) -> list[str]:
        """Scores of the results that arrived and are among these, in order."""
        return [each.score for each in landed(self.schools) if each.score in identifying]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    schools = [SimulatedSchool(marked_board(index)).start() for index in range(2)]
    rig = Rig(tmp_path_factory.mktemp("results"), schools)
    try:
        for product in PRODUCTS:
            rig.agree(product)
        rig.refresh()
        rig.serve(workers=2)
        graders = [Grader(rig.vendor(product)) for product in PRODUCTS]
        for grader in graders:
            grader.meet()
        graders[0].put_text("categories", "cat-ready", '{"category":{"title":"Toetsen"}}', expect=201)
        yield World(rig, schools, graders)
    finally:
        rig.stop()
        for school in schools:
            school.stop()


@pytest.fixture(autouse=True)
def _calm(request: pytest.FixtureRequest) -> None:
    if "world" in request.fixturenames:
        world = request.getfixturevalue("world")
        world.calm()
        # What an earlier test left in the queue, or a pause that it caused.
        assert until(lambda: waiting(world.rig) == 0)
        world.calm()


# -- the right pupil --------------------------------------------------------------------------------------------


def interleaved(grader: Grader) -> list[Target]:
    """Pupils of both schools in turns, so that equal numbers and namesakes follow one another."""
    first, second = (sorted(grader.of_school(school), key=lambda each: each.pupil) for school in (0, 1))
    return [target for pair in zip(first, second, strict=False) for target in pair]


def test_a_thousand_results_of_three_vendors_reach_the_right_pupils(
    world: World, record_property: object
) -> None:
    numbers = [{target.pupil for target in world.graders[0].of_school(school)} for school in (0, 1)]
    assert len(numbers[0] & numbers[1]) >= 20, "the schools must have equal numbers"
    meant: dict[str, tuple[int, str]] = {}
    answers: Counter[int] = Counter()

    def work(number: int, grader: Grader) -> None:
        grader.prepare("many")
        targets = interleaved(grader)
        for turn in range(number, RESULTS, 3):
            target, score = targets[turn // 3 % len(targets)], f"{turn}.50"
            meant[score] = (target.school, target.pupil)
            # All three vendors mint the same ids.
            answers[grader.grade("many", f"result-{turn // 3}", target, score).status] += 1

    began = time.monotonic()
    workers = [threading.Thread(target=work, args=each) for each in enumerate(world.graders)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    taken_in = time.monotonic() - began
    assert until(lambda: len(landed(world.schools)) >= RESULTS, seconds=120)
    took = time.monotonic() - began

    print(f"{RESULTS / taken_in:.0f} results/s taken in, {RESULTS / took:.0f} results/s end to end")
    assert answers == {201: RESULTS}
    arrived = landed(world.schools)
    assert {each.score: (each.school, each.pupil) for each in arrived} == meant
    assert len(arrived) == len({(each.school, each.identifier) for each in arrived}) == RESULTS


def test_the_schools_see_no_pseudonym_and_no_id_of_a_vendor(world: World) -> None:
    grader = world.graders[0]
    grader.prepare("blind")
    for number, target in enumerate(grader.targets[:4]):
        grader.grade("blind", f"eigen-nummer-{number}", target, f"{number}.25")

    assert until(lambda: len(landed(world.schools)) == 4)
    received = b"".join(school.received() for school in world.schools)
    assert b"eigen-nummer" not in received
    assert b"li-blind" not in received
    assert b"cat-blind" not in received
    for target in grader.targets:
        assert target.pseudonym.encode() not in received
        assert target.class_id.encode() not in received


def test_numbers_keep_their_text_days_are_the_schools_and_extra_credit_arrives(world: World) -> None:
    grader = world.graders[0]
    grader.prepare("text")
    target = grader.of_school(0)[0]
    scores = ["7.50", "300", "-1", "10.0", "1e1", "6.499999999999999999"]

    statuses = [grader.grade("text", f"t-{n}", target, score).status for n, score in enumerate(scores)]

    assert statuses == [201] * len(scores)
    assert until(lambda: len(landed(world.schools)) == len(scores))
    received = world.schools[0].received()
    for score in scores:
        assert f'"score":{score},'.encode() in received or f'"score":{score}}}'.encode() in received, score
    # 23:30 UTC is half past midnight of the next day at school.
    assert received.count(b'"scoreDate":"2026-11-10"') == len(scores)
    assert b'"assignDate":"2026-11-03"' in received
    assert b"2026-11-09T23:30" not in received


def test_two_vendors_with_the_same_minted_ids_do_not_meet(world: World) -> None:
    first, second, _ = world.graders
    for grader, score in ((first, "5.10"), (second, "5.20")):
        grader.prepare("same")
        assert grader.grade("same", "r-1", grader.of_school(1)[0], score).status == 201

    assert until(lambda: len(landed(world.schools)) == 2)
    assert len({each.identifier for each in landed(world.schools)}) == 2
    own = [grader.vendor.get("results/r-1").document()["result"] for grader in (first, second)]
    assert [each["score"] for each in own] == [5.1, 5.2]  # type: ignore[index]
    assert second.vendor.delete("results", "r-1").status == 204
    assert first.vendor.get("results/r-1").status == 200
    assert until(lambda: any(write.method == "DELETE" for write in world.schools[1].writes))
    deleted = [write.identifier for write in world.schools[1].writes if write.method == "DELETE"]
    assert deleted == [each.identifier for each in landed(world.schools) if each.score == "5.20"]


def test_a_result_that_changes_ends_at_its_last_version(world: World) -> None:
    grader = world.graders[1]
    grader.prepare("again")
    target = grader.of_school(0)[3]
    statuses = [
        grader.grade("again", "r-again", target, score).status for score in ("5", "6", "5", "8.0", "8.0")
    ]

    assert statuses == [201, 200, 200, 200, 200]
    assert until(lambda: world.arrived("8.0") == ["8.0"])
    assert stays_quiet(world.schools)
    every = landed(world.schools)
    assert len({each.identifier for each in every}) == 1
    assert every[-1].score == "8.0"
    stored = world.schools[0].board.get("results", every[-1].identifier)
    assert sourced_id(stored["student"]) == target.pupil


def test_deleted_results_vanish_for_the_vendor_and_at_the_school(world: World) -> None:
    grader = world.graders[2]
    grader.prepare("gone")
    target = grader.of_school(1)[1]
    grader.grade("gone", "r-gone", target, "4.40")
    assert until(lambda: world.arrived("4.40") == ["4.40"])
    identifier = landed(world.schools)[0].identifier

    answers = [grader.vendor.delete("results", "r-gone").status for _ in range(2)]

    assert answers == [204, 404]
    assert grader.vendor.get("results/r-gone").status == 404
    assert "r-gone" not in grader.vendor.pull("results").ids()
    assert until(lambda: identifier not in world.schools[1].board.shelf("results"))
    # The same id again is a new record, and comes after the deletion.
    grader.grade("gone", "r-gone", target, "4.60")
    assert until(lambda: world.arrived("4.60") == ["4.60"])
    assert identifier in world.schools[1].board.shelf("results")


def test_a_vendor_reads_back_at_once_what_it_wrote_also_after_a_refresh(world: World) -> None:
    grader = world.graders[0]
    grader.prepare("read")
    target = grader.of_school(0)[2]
    ids = [f"read-{number}" for number in range(5)]
    for number, identifier in enumerate(ids):
        grader.grade("read", identifier, target, f"{number}.75")
        assert identifier in {str(each["sourcedId"]) for each in grader.vendor.pull("results").records}
    refreshing = threading.Thread(target=world.rig.refresh)
    refreshing.start()
    while refreshing.is_alive():
        ids.append(f"read-{len(ids)}")
        assert grader.grade("read", ids[-1], target, f"{len(ids)}.05").status == 201
        assert grader.vendor.get(f"results/{ids[-1]}").status == 200
        assert set(ids) <= set(grader.vendor.pull("results").ids())
    refreshing.join()
    before = {each["sourcedId"]: each for each in grader.vendor.pull("results").records}
    assert until(lambda: len(landed(world.schools)) == len(ids))

    world.rig.refresh()

    after = {each["sourcedId"]: each for each in grader.vendor.pull("results", limit=10).records}
    assert after == before
    assert set(ids) <= set(after)
    # What came back from the school's system is known to be the vendor's own, and comes to nobody twice.
    others = [each.vendor.pull("results").ids() for each in world.graders[1:]]
    assert not set(ids) & {identifier for each in others for identifier in each}


# -- refusals ---------------------------------------------------------------------------------------------------


def altered(pseudonym: str) -> str:
    """The same with one letter changed in the middle."""
    place = len(pseudonym) // 2
    return pseudonym[:place] + ("a" if pseudonym[place] != "a" else "b") + pseudonym[place + 1 :]


def test_forged_foreign_and_altered_pseudonyms_are_refused_and_nothing_is_forwarded(world: World) -> None:
    grader, other, _ = world.graders
    grader.prepare("forged")
    own = grader.of_school(0)[0]
    same_pupil = next(each for each in other.targets if (each.school, each.pupil) == (own.school, own.pupil))
    assert until(lambda: stays_quiet(world.schools, seconds=0.5))
    world.calm()
    wrong = {
        "altered": altered(own.pseudonym),
        "foreign": same_pupil.pseudonym,
        "forged": own.pseudonym[:5] + "a" * (len(own.pseudonym) - 5),
        "of a class": own.class_id,
        "real number": own.pupil,
    }
    assert all(PSEUDONYM_PATTERN.match(each) for name, each in wrong.items() if name != "real number")

    bodies = [
        grader.grade("forged", f"f-{n}", Target(each, own.class_id, 0, own.pupil), "9.90")
        for n, each in enumerate(wrong.values())
    ]
    paths = [
        grader.grade("forged", each, own, "9.90") for name, each in wrong.items() if name != "real number"
    ]
    deletions = [grader.vendor.delete("results", each) for each in wrong.values()]

    assert {answer.status for answer in bodies} == {422}
    assert len({answer.body for answer in bodies}) == 1, "which id it was must not be told"
    assert {answer.status for answer in (*paths, *deletions)} == {404}
    assert stays_quiet(world.schools)
    assert world.arrived("9.90") == []
    assert grader.vendor.get("results/f-0").status == 404
    refused = [
        entry["details"]["reason"]  # type: ignore[index]
        for entry in world.rig.audited("front")
        if str(entry["event"]).endswith(":refused")
    ]
    assert refused.count("unknown_reference") == len(wrong)
    assert refused.count("unknown_object") >= len(paths) + len(deletions)


def test_an_upper_case_pseudonym_still_finds_its_pupil(world: World) -> None:
    grader = world.graders[0]
    grader.prepare("upper")
    target = grader.of_school(1)[4]
    loud = Target(target.pseudonym.upper(), target.class_id, target.school, target.pupil)

    assert grader.grade("upper", "loud", loud, "6.15").status == 201

    assert until(lambda: len(landed(world.schools)) == 1)
    assert landed(world.schools)[0].pupil == target.pupil


def test_an_id_of_a_record_of_the_school_cannot_be_overwritten(world: World) -> None:
    grader = world.graders[0]
    grader.prepare("own")
    target = grader.of_school(0)[0]

    answer = grader.grade("own", target.pseudonym, target, "9.80")

    assert answer.status == 404
    assert stays_quiet(world.schools, seconds=0.7) or world.arrived("9.80") == []
    assert world.arrived("9.80") == []


def test_one_result_cannot_join_two_schools(world: World) -> None:
    grader = world.graders[0]
    grader.prepare("mixed")
    here, there = grader.of_school(0)[0], grader.of_school(1)[0]
    number = sorted({each.class_id for each in grader.targets}).index(there.class_id)

    answer = grader.grade("mixed", "r-mixed", here, "9.70", line_item=f"li-mixed-{number}")

    assert answer.status in (201, 422)
    assert until(lambda: quarantined(world.rig) == 1) or answer.status == 422
    assert world.arrived("9.70") == []
    audited = [entry for entry in world.rig.audited() if "quarantined" in str(entry["event"])]
    assert [entry["details"]["reason"] for entry in audited] == ["mixed_sources"]  # type: ignore[index]
    shown = json.dumps(world.rig.command("quarantine", "list"))
    assert here.pseudonym not in shown
    assert here.pupil not in json.loads(shown)["quarantine"][0].values()


def quarantined(rig: Rig) -> int:
    found = rig.command("quarantine", "list")["quarantine"]
    assert isinstance(found, list)
    return len(found)


# -- a school system in trouble -----------------------------------------------------------------------------------


def grade_some(world: World, mark: str, scores: list[str], *, school: int = 0) -> dict[str, str]:
    """Results for different pupils of one school; score -> number of the pupil."""
    grader = world.graders[0]
    grader.prepare(mark, school=school, category="cat-ready")
    meant = {}
    for number, score in enumerate(scores):
        target = grader.of_school(school)[number]
        assert grader.grade(mark, f"{mark}-{number}", target, score).status == 201
        meant[score] = target.pupil
    return meant


def test_a_school_system_that_answers_500_after_writing_gets_each_result_once(world: World) -> None:
    world.schools[0].faults.status("results", 500, times=2, once_written=True)
    world.schools[0].faults.reset("results", times=1, once_written=True, after=3)

    meant = grade_some(world, "after", ["1.11", "1.12", "1.13", "1.14"])

    assert until(lambda: {each.score for each in landed(world.schools)} == set(meant))
    assert until(lambda: waiting(world.rig) == 0)
    every = landed(world.schools)
    assert {each.score: each.pupil for each in every} == meant
    assert len({each.identifier for each in every}) == len(meant), "a repeated write has the same id"
    assert sum(sourced_id(each["student"]) in meant.values() and str(each["score"]) in meant
               for each in world.schools[0].board.records("results")) == len(meant)  # fmt: skip


def test_a_slow_and_stumbling_school_system_gets_everything_in_the_end(world: World) -> None:
    faults = world.schools[0].faults
    faults.slow("results", 1.0, times=2)
    faults.status("results", 429, times=1, after=1)
    faults.truncate("results", times=1, after=3)
    world.schools[0].expire_tokens()

    meant = grade_some(world, "slow", ["2.11", "2.12", "2.13"])
    other = grade_some(world, "slow2", ["2.21"], school=1)

    assert until(lambda: {each.score for each in landed(world.schools)} == {*meant, *other})
    assert until(lambda: waiting(world.rig) == 0)
    found = {each.score: each.pupil for each in landed(world.schools)}
    assert found == meant | other


def test_a_record_that_is_refused_becomes_a_dead_letter_and_a_retry_delivers_it(world: World) -> None:
    faults = world.schools[0].faults
    faults.refuse("results", 422, times=1)
    # 403 is about our own credentials: somebody repairs them, and the result goes by itself.
    faults.status("results", 403, times=1, after=1, method="PUT")

    meant = grade_some(world, "refuse", ["3.11", "3.12", "3.13"])

    assert until(lambda: len(dead(world.rig)) == 1 and len(landed(world.schools)) == 2)
    assert [(each["source"], each["reason"]) for each in dead(world.rig)] == [("las-1", "delivery_refused")]
    for each in dead(world.rig):
        world.rig.command("dead-letters", "retry", str(each["id"]))
    assert until(lambda: len(landed(world.schools)) == 3)
    assert {each.score: each.pupil for each in landed(world.schools)} == meant
    assert until(lambda: dead(world.rig) == [])


def test_a_refused_line_item_parks_its_results_until_it_is_taken(world: World) -> None:
    world.schools[0].faults.refuse("lineItems", 422)

    meant = grade_some(world, "park", ["4.11", "4.12"])

    assert until(lambda: len(dead(world.rig)) >= 1)
    assert stays_quiet(world.schools, seconds=1)
    assert landed(world.schools) == []
    world.schools[0].faults.clear()
    for each in dead(world.rig):
        world.rig.command("dead-letters", "retry", str(each["id"]))
    assert until(lambda: len(landed(world.schools)) == 2)
    assert {each.score: each.pupil for each in landed(world.schools)} == meant


def test_a_system_that_takes_no_categories_does_not_hold_up_the_other_schools_results(world: World) -> None:
    world.schools[1].faults.status("categories", 405, method="PUT")
    grader = world.graders[0]
    grader.prepare("some")
    here, there = grader.of_school(0)[6], grader.of_school(1)[6]

    assert grader.grade("some", "some-1", here, "7.71").status == 201
    assert grader.grade("some", "some-2", there, "7.72").status == 201

    assert until(lambda: world.arrived("7.71") == ["7.71"])
    assert landed(world.schools)[0].pupil == here.pupil
    # Where it is not taken, what refers to it waits for a person.
    assert until(
        lambda: [each["source"] for each in dead(world.rig)] == ["las-2"] * len(dead(world.rig)) != []
    )
    assert world.arrived("7.72") == []
    world.schools[1].faults.clear()
    world.schools[1].strict_references = False
    for each in dead(world.rig):
        world.rig.command("dead-letters", "retry", str(each["id"]))
    assert until(lambda: world.arrived("7.72") == ["7.72"])
    world.schools[1].strict_references = True


def test_results_that_come_before_their_line_item_and_category_wait_for_them(world: World) -> None:
    grader = world.graders[1]
    target = grader.of_school(0)[5]
    early = grader.grade("x", "early-r", target, "5.55", line_item="early-li")
    item = grader.line_item("early-li", target.class_id, "early-cat")
    grader.put_text("categories", "early-cat", '{"category":{"title":"Toetsen"}}', expect=201)
    if item.status == 422:
        item = grader.line_item("early-li", target.class_id, "early-cat")
    if early.status == 422:
        early = grader.grade("x", "early-r", target, "5.55", line_item="early-li")

    assert (early.status, item.status) == (201, 201)
    assert until(lambda: world.arrived("5.55") == ["5.55"])
    assert landed(world.schools)[0].pupil == target.pupil
    order = [write.collection for write in world.schools[0].writes]
    assert order == ["categories", "lineItems", "results"]


def test_a_school_system_that_is_down_and_comes_back_gets_each_result_once(world: World) -> None:
    old = world.schools[0]
    port = int(old.host.rpartition(":")[2])
    old.stop()
    meant = grade_some(world, "down", ["6.11", "6.12", "6.13"])
    other = grade_some(world, "down2", ["6.21"], school=1)
    # The other school's results do not wait for it.
    assert until(lambda: world.arrived("6.21") == ["6.21"])

    world.schools[0] = SimulatedSchool(old.board, port=port).start()

    assert until(lambda: len(landed(world.schools)) == 4)
    assert stays_quiet(world.schools, seconds=1)
    assert {each.score: each.pupil for each in landed(world.schools)} == meant | other


def dead(rig: Rig) -> list[dict[str, object]]:
    found = rig.command("dead-letters", "list")["dead_letters"]
    assert isinstance(found, list)
    return found


def waiting(rig: Rig) -> int:
    from sqlalchemy import func, select

    from gateway.database import reading
    from gateway.inbox.tables import OPEN, inbox

    with reading(rig.services().front) as connection:
        states = [state.value for state in OPEN]
        count = connection.execute(select(func.count()).where(inbox.c.state.in_(states))).scalar_one()
    return int(count)
