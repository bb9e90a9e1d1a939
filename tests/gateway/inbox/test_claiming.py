"""The order in which records leave the inbox, leases, and what a dead letter holds up."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from gateway.database import reading, writing
from gateway.errors import UsageError
from gateway.inbox import letters
from gateway.inbox.claiming import (
    LEASE_MS,
    MAX_WAIT_MS,
    WAITS_FOR_RECORD,
    Claimed,
    Dependence,
    Settlement,
    dependences,
    holders,
    park,
    put_off,
    release,
    renew,
    settle,
)
from gateway.inbox.tables import State, inbox
from gateway.roster.model import Kind
from tests.gateway.inbox.returned import BOARD, deletion, line_item, result, take_in, take_out

YEAR_MS = 365 * 86_400_000


def seqs(claims: list[Claimed]) -> list[int]:
    return [claimed.seq for claimed in claims]


def settled(engine: Engine, claims: list[Claimed], state: State = State.DELIVERED) -> frozenset[int]:
    with writing(engine) as connection:
        return settle(connection, claims, Settlement(state, "r"), now_ms=2_000_000)


def depends(engine: Engine, claimed: Claimed) -> Dependence | None:
    with reading(engine) as connection:
        return dependences(connection, [claimed]).get(claimed.seq)


def state_of(engine: Engine, seq: int) -> str:
    with reading(engine) as connection:
        return connection.execute(select(inbox.c.state).where(inbox.c.seq == seq)).scalar_one()


def test_a_result_waits_for_its_line_item_and_that_for_its_category(front: Engine) -> None:
    take_in(front, line_item("li-1", category="cat-1"))
    take_in(front, result("r-1"))
    take_in(front, result("r-2"))
    first = take_out(front)
    assert seqs(first) == [1]
    assert take_out(front) == []
    settled(front, first)
    assert seqs(take_out(front)) == [2, 3]


def test_versions_of_one_object_go_one_after_another(front: Engine) -> None:
    for score in (5, 6, 7):
        take_in(front, result("r-1", fields={"score": score}))
    order = []
    for _ in range(3):
        claims = take_out(front)
        order.append(seqs(claims))
        settled(front, claims)
    assert order == [[1], [2], [3]]


def test_a_deletion_waits_for_what_refers_to_what_it_deletes(front: Engine) -> None:
    take_in(front, result("r-1", line_item="li-1"))
    take_in(front, deletion(Kind.LINE_ITEM, "li-1"))
    claims = take_out(front)
    assert seqs(claims) == [1]
    settled(front, claims)
    assert seqs(take_out(front)) == [2]


def test_two_workers_never_hold_the_same_record(front: Engine) -> None:
    for number in range(20):
        take_in(front, result(f"r-{number}"))
    one = seqs(take_out(front, token="one", limit=10))
    two = seqs(take_out(front, token="two", limit=20))
    assert sorted(one + two) == list(range(1, 21))


def test_a_record_of_a_worker_that_died_is_taken_over_when_its_lease_ends(front: Engine) -> None:
    take_in(front, result("r-1"))
    (dead,) = take_out(front, token="one", now_ms=1_000_000)
    assert take_out(front, token="two", now_ms=1_000_000 + LEASE_MS) == []
    (taken,) = take_out(front, token="two", now_ms=1_000_000 + LEASE_MS + 1)
    assert settled(front, [dead]) == frozenset()
    assert settled(front, [taken]) == {taken.seq}


def test_what_a_dead_worker_held_is_taken_over_at_once_and_newer_versions_wait_for_its_lease(
    front: Engine,
) -> None:
    take_in(front, result("r-1", fields={"score": 5}))
    take_in(front, result("r-1", fields={"score": 6}))
    take_in(front, result("r-2"))
    (dead, other) = take_out(front, token="one", now_ms=1_000_000)
    assert seqs([dead, other]) == [1, 3]
    with writing(front) as connection:
        assert holders(connection, board_id=BOARD) == ["one"]
        assert release(connection, ["one"], board_id=BOARD) == 2
        assert holders(connection, board_id=BOARD) == []
    taken = take_out(front, token="two", now_ms=1_000_001)
    assert seqs(taken) == [1, 3]
    assert settled(front, [dead]) == frozenset()
    assert settled(front, taken) == {1, 3}
    # A request of the dead one may still be on its way: with the 5, after the 6 were written.
    assert take_out(front, token="three", now_ms=1_000_000 + LEASE_MS - 1) == []
    assert seqs(take_out(front, token="three", now_ms=1_000_000 + LEASE_MS)) == [2]


def test_what_a_dead_worker_held_is_not_deleted_before_its_lease_has_ended(front: Engine) -> None:
    take_in(front, result("r-1", line_item="li-1"))
    take_in(front, deletion(Kind.LINE_ITEM, "li-1"))
    take_out(front, token="one", now_ms=1_000_000)
    with writing(front) as connection:
        release(connection, ["one"], board_id=BOARD)
    settled(front, take_out(front, token="two", now_ms=1_000_001))
    assert take_out(front, token="three", now_ms=1_000_000 + LEASE_MS - 1) == []
    assert seqs(take_out(front, token="three", now_ms=1_000_000 + LEASE_MS)) == [2]


def test_a_clock_set_back_after_a_worker_died_holds_up_nothing(front: Engine) -> None:
    take_in(front, result("r-1", fields={"score": 5}))
    take_in(front, result("r-1", fields={"score": 6}))
    take_out(front, token="one", now_ms=YEAR_MS)
    with writing(front) as connection:
        release(connection, ["one"], board_id=BOARD)
    settled(front, take_out(front, token="two", now_ms=1_000_000))
    assert seqs(take_out(front, token="three", now_ms=1_000_001)) == [2]


def test_a_renewed_lease_is_not_taken_over(front: Engine) -> None:
    take_in(front, result("r-1"))
    claims = take_out(front, token="one", now_ms=1_000_000)
    with writing(front) as connection:
        assert renew(connection, claims, now_ms=1_100_000) == {1}
    assert take_out(front, token="two", now_ms=1_100_000 + LEASE_MS) == []


@pytest.mark.parametrize("jump_ms", [YEAR_MS, -YEAR_MS])
def test_a_clock_that_jumps_a_year_loses_no_record(front: Engine, jump_ms: int) -> None:
    start = 2 * YEAR_MS
    take_in(front, result("r-1"), now_ms=start)
    take_in(front, result("r-2"), now_ms=start)
    (held, waiting) = take_out(front, token="one", now_ms=start)
    with writing(front) as connection:
        put_off(connection, waiting, not_before_ms=start + MAX_WAIT_MS, reason="school_down")
    assert seqs(take_out(front, token="two", now_ms=start + jump_ms)) == [held.seq, waiting.seq]


def test_a_record_that_waits_is_not_due_before_its_time(front: Engine) -> None:
    take_in(front, result("r-1"))
    (claimed,) = take_out(front, now_ms=1_000)
    with writing(front) as connection:
        put_off(connection, claimed, not_before_ms=5_000, reason="school_down", source="las1")
    assert take_out(front, now_ms=4_999) == []
    assert take_out(front, now_ms=5_000, except_sources=["las1"]) == []
    (again,) = take_out(front, now_ms=5_000)
    assert again.attempts == 1


def test_a_dead_letter_parks_what_depends_on_it_and_nothing_else(front: Engine) -> None:
    take_in(front, line_item("li-1"))
    take_in(front, result("r-1", line_item="li-1"))
    take_in(front, result("r-2", line_item="li-2"))
    claims = take_out(front)
    assert seqs(claims) == [1, 3]
    settled(front, claims[:1], State.DEAD)
    (child,) = take_out(front)
    assert depends(front, child) == Dependence(dead=1)
    with writing(front) as connection:
        park(connection, child, under=1)
        (letter,) = letters.dead_letters(connection, board_id=BOARD)
    assert (letter.id, letter.parked, letter.reason) == (1, 1, "r")
    assert take_out(front) == []


def test_a_retried_dead_letter_brings_back_what_was_parked_under_it(front: Engine) -> None:
    test_a_dead_letter_parks_what_depends_on_it_and_nothing_else(front)
    with writing(front) as connection:
        assert letters.retry(connection, board_id=BOARD, letter_id=1) == 2
    claims = take_out(front)
    assert seqs(claims) == [1]
    settled(front, claims)
    assert seqs(take_out(front)) == [2]


def test_a_dead_letter_older_than_what_was_delivered_cannot_be_retried(front: Engine) -> None:
    take_in(front, result("r-1", fields={"score": 5}))
    settled(front, take_out(front), State.DEAD)
    take_in(front, result("r-1", fields={"score": 6}))
    settled(front, take_out(front))
    with pytest.raises(UsageError) as refused, writing(front) as connection:
        letters.retry(connection, board_id=BOARD, letter_id=1)
    assert refused.value.code == "no_such_dead_letter"
    assert state_of(front, 1) == "superseded"


def test_a_newer_line_item_frees_what_an_older_dead_one_held_up(front: Engine) -> None:
    test_a_dead_letter_parks_what_depends_on_it_and_nothing_else(front)
    take_in(front, line_item("li-1", title="Verbeterd"))
    claims = take_out(front)
    settled(front, claims)
    assert seqs(take_out(front)) == [2]


def test_a_result_that_came_before_its_line_item_wakes_when_that_is_delivered(front: Engine) -> None:
    take_in(front, result("r-1", line_item="li-1"))
    (early,) = take_out(front)
    assert depends(front, early) == Dependence(missing=True)
    with writing(front) as connection:
        put_off(
            connection, early, not_before_ms=1_000_000 + MAX_WAIT_MS, reason=WAITS_FOR_RECORD, counts=False
        )
    take_in(front, line_item("li-1"))
    settled(front, take_out(front))
    (again,) = take_out(front)
    assert again.seq == early.seq
    assert depends(front, again) is None


def test_a_body_is_dropped_after_the_retention_and_its_row_stays(front: Engine) -> None:
    take_in(front, result("r-1"))
    take_in(front, result("r-2"))
    claims = take_out(front)
    settled(front, claims[:1])
    with writing(front) as connection:
        assert letters.drop_bodies(connection, board_id=BOARD, settled_before_ms=1_999_999) == 0
        assert letters.drop_bodies(connection, board_id=BOARD, settled_before_ms=2_000_001) == 1
        assert letters.counts(connection, board_id=BOARD) == {State.DELIVERED: 1, State.CLAIMED: 1}
