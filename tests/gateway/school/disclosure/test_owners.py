"""Who has an identifier, in few bytes."""

from __future__ import annotations

import tracemalloc
import uuid

from hypothesis import given
from hypothesis import strategies as st

from gateway.school.disclosure.owners import Owners

STEPS = st.lists(
    st.tuples(
        st.booleans(), st.integers(min_value=-300, max_value=300), st.integers(min_value=0, max_value=4)
    ),
    max_size=80,
)


@given(STEPS)
def test_the_first_who_were_added_are_found_once_and_in_order(steps: list[tuple[bool, int, int]]) -> None:
    owners, expected = Owners(most=3), dict[int, list[int]]()
    for is_question, hashed, person in steps:
        if is_question:
            assert owners.of(hashed) == tuple(expected.get(hashed, ()))[:3]
        else:
            owners.add(hashed, person)
            if person not in expected.setdefault(hashed, []):
                expected[hashed].append(person)
    assert {hashed: owners.of(hashed) for hashed in expected} == {
        hashed: tuple(people)[:3] for hashed, people in expected.items()
    }


def test_an_identifier_takes_few_bytes() -> None:
    tracemalloc.start()
    owners = Owners(most=5)
    for person in range(50_000):
        owners.add(hash(uuid.uuid4().hex), person)
    assert owners.of(0) == ()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Twelve each and what arrays keep in reserve; as a dictionary they take about 90.
    assert taken < 50_000 * 18
