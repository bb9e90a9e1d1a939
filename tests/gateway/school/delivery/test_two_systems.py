"""A board with two school systems: one that is down holds up nothing at the other, and gets all in order afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from gateway.database import reading, writing
from gateway.demo.board import split_boards
from gateway.inbox import letters, owed
from gateway.inbox.tables import State, inbox
from gateway.roster.model import Kind
from keys.keyring import KeyRing
from tests.gateway.school.delivery.conftest import START_MS
from tests.gateway.school.delivery.rig import BOARD, REKENEN, World, ref, rig
from tests.gateway.school.delivery.steps import category, enrolments

HOUR_MS = 3_600_000


@pytest.fixture
def two(urls: tuple[str, str], ring: KeyRing) -> Iterator[World]:
    with rig(urls, ring, split_boards(7), now_ms=START_MS) as made:
        yield made


def lesson_at(world: World, source: str, results: int) -> None:
    """A line item and results at one system, under the category that both get."""
    pairs = enrolments(world, source)
    group = ref(world.pseudonym(REKENEN, Kind.CLASS, pairs[0][1], source=source))
    body = {"title": "Blok 3", "class": group, "category": ref("cat-1")}
    world.vendor_puts(REKENEN, Kind.LINE_ITEM, f"li-{source}", body)
    for number in range(results):
        pupil = ref(world.pseudonym(REKENEN, Kind.USER, pairs[number % len(pairs)][0], source=source))
        body = {"lineItem": ref(f"li-{source}"), "student": pupil, "score": number}
        world.vendor_puts(REKENEN, Kind.RESULT, f"r-{source}-{number}", body)


def owes(world: World) -> dict[str, int]:
    with reading(world.front) as connection:
        return owed.counts(connection, board_id=BOARD)


def written(world: World, source: str, collection: str = "") -> list[str]:
    return [
        write.collection
        for write in world.systems[source].writes
        if not collection or write.collection == collection
    ]


def test_a_system_that_is_down_holds_up_nothing_new_at_the_other(two: World) -> None:
    two.systems["las1"].faults.reset("")
    category(two)
    for source in ("las1", "las2"):
        lesson_at(two, source, 5)
    worker = two.worker()
    for _ in range(4):
        worker.once()
        two.now_ms += 20_000  # type: ignore[operator]
    assert len(two.at_school("las2", "results")) == 5
    assert written(two, "las1") == []
    assert owes(two) == {"las1": 1}

    two.systems["las1"].faults.clear()
    two.deliver_until_quiet(worker)

    assert written(two, "las1")[:2] == ["categories", "lineItems"]
    assert len(two.at_school("las1", "results")) == 5
    assert owes(two) == {}
    assert set(two.counts()) == {State.DELIVERED}
    assert written(two, "las2").count("categories") == 1
    delivered = [entry for entry in two.audited() if entry == "gateway:result:delivered"]
    # Every record once, and the category once more: at the system that got it later.
    assert len(delivered) == 1 + 2 + 10 + 1


def test_a_system_that_is_down_slows_the_other_no_more_than_a_try_now_and_then(two: World) -> None:
    category(two)
    two.deliver_until_quiet(two.worker())
    two.systems["las1"].faults.reset("")
    lesson_at(two, "las1", 5)
    worker = two.worker()
    worker.once()
    two.now_ms += HOUR_MS  # type: ignore[operator]
    lesson_at(two, "las2", 40)
    sizes = []
    while verdicts := worker.round():
        sizes.append(len(verdicts))
    assert len(two.at_school("las2", "results")) == 40
    assert len(sizes) <= 4


def test_versions_that_one_system_missed_reach_it_in_order_and_a_deletion_last(two: World) -> None:
    two.systems["las1"].faults.status("", 503)
    worker = two.worker()
    for title in ("Een", "Twee", "Drie"):
        two.vendor_puts(REKENEN, Kind.CATEGORY, "cat-1", {"title": title})
        worker.once()
    (there,) = two.at_school("las2", "categories").values()
    assert there["title"] == "Drie"
    assert owes(two) == {"las1": 3}
    two.vendor_deletes(REKENEN, Kind.CATEGORY, "cat-1")
    worker.once()
    assert two.at_school("las2", "categories") == {}

    two.systems["las1"].faults.clear()
    for _ in range(5):
        two.now_ms += HOUR_MS  # type: ignore[operator]
        worker.once()

    assert owes(two) == {}
    titles = [write.document.get("title") for write in two.systems["las1"].writes if write.method == "PUT"]
    assert titles == ["Een", "Twee", "Drie"]
    assert [write.method for write in two.systems["las1"].writes] == ["PUT", "PUT", "PUT", "DELETE"]


def test_when_all_systems_are_down_the_record_waits_as_ever(two: World) -> None:
    for system in two.systems.values():
        system.faults.reset("")
    category(two)
    worker = two.worker()
    worker.once()
    assert owes(two) == {}
    assert two.open() == 1
    for system in two.systems.values():
        system.faults.clear()
    two.deliver_until_quiet(worker)
    assert [written(two, source) for source in ("las1", "las2")] == [["categories"], ["categories"]]


def test_a_system_that_refuses_what_it_missed_holds_up_nobody(two: World) -> None:
    two.systems["las1"].faults.reset("")
    category(two)
    lesson_at(two, "las2", 1)
    worker = two.worker()
    worker.once()
    two.systems["las1"].faults.clear()
    two.systems["las1"].faults.refuse("categories", 422)
    for _ in range(3):
        two.now_ms += HOUR_MS  # type: ignore[operator]
        worker.once()
    assert owes(two) == {}
    assert set(two.counts()) == {State.DELIVERED}
    assert two.reasons()[0] == "refused_by_some"
    assert len(two.at_school("las2", "results")) == 1


def test_what_is_owed_keeps_its_body_however_long_the_system_is_down(two: World) -> None:
    two.systems["las1"].faults.reset("")
    category(two)
    worker = two.worker()
    worker.once()
    two.now_ms += 40 * 24 * HOUR_MS  # type: ignore[operator]
    worker.drop_old_bodies()
    two.systems["las1"].faults.clear()
    worker.once()
    assert written(two, "las1") == ["categories"]
    with writing(two.front) as connection:
        assert letters.drop_bodies(connection, board_id=BOARD, settled_before_ms=two.now_ms) == 1  # type: ignore[arg-type]
        assert connection.execute(select(inbox.c.sealed)).scalars().all() == [None]


def test_what_a_dead_worker_was_bringing_to_one_system_is_taken_over(two: World) -> None:
    two.systems["las1"].faults.reset("")
    for title in ("Een", "Twee"):
        two.vendor_puts(REKENEN, Kind.CATEGORY, "cat-1", {"title": title})
        two.worker().once()
    assert owes(two) == {"las1": 2}

    def claim(token: str, now_ms: int) -> owed.Owed | None:
        with writing(two.front) as connection:
            return owed.claim_next(connection, board_id=BOARD, token=token, now_ms=now_ms)

    start = START_MS + HOUR_MS
    dead = claim("one", start)
    assert dead is not None
    assert claim("two", start) is None
    with writing(two.front) as connection:
        assert owed.holders(connection, board_id=BOARD) == ["one"]
        assert owed.release(connection, ["one"], board_id=BOARD) == 1
    again = claim("two", start + 1)
    assert again is not None
    assert again.claimed.seq == dead.claimed.seq
    with writing(two.front) as connection:
        assert not owed.settle(connection, dead)
        assert owed.settle(connection, again)
    # The dead one's request may still be on its way: the next version waits until its lease would have ended.
    assert claim("two", start + 2) is None
    later = claim("two", start + two.lease_ms)
    assert later is not None
    assert later.claimed.seq == dead.claimed.seq + 1
