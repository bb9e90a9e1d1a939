"""A set of ids that keeps eight bytes of each."""

from __future__ import annotations

import tracemalloc
import uuid

from hypothesis import given
from hypothesis import strategies as st

from gateway.roster.seen_ids import SeenIds

STEPS = st.lists(st.tuples(st.sampled_from(["add", "extend", "ask"]), st.text(max_size=2)), max_size=60)


@given(STEPS)
def test_it_answers_as_a_set_does(steps: list[tuple[str, str]]) -> None:
    seen, expected = SeenIds(), set[str]()
    for what, identifier in steps:
        if what == "add":
            assert seen.add(identifier) is (identifier not in expected)
            expected.add(identifier)
        elif what == "extend":
            seen.extend([identifier])
            expected.add(identifier)
        else:
            assert (identifier in seen) is (identifier in expected)
    assert all(identifier in seen for identifier in expected)


def test_added_one_by_one_they_are_counted_once() -> None:
    seen = SeenIds()
    assert [seen.add(each) for each in ("17", "18", "17")] == [True, True, False]
    assert len(seen) == 2


def test_one_that_was_added_twice_among_many_is_noticed() -> None:
    seen = SeenIds()
    seen.extend(map(str, range(1_000)))
    assert not seen.has_doubles()
    seen.extend(["17"])
    assert seen.has_doubles()


def test_an_id_takes_few_bytes() -> None:
    tracemalloc.start()
    seen = SeenIds()
    for _ in range(50_000):
        seen.add(str(uuid.uuid4()))
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Eight each and what arrays keep in reserve; as strings in a set they take about 120.
    assert taken < 50_000 * 12
