from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.registers import positions


@pytest.mark.parametrize(
    ("given_positions", "text"),
    [((), ""), ((0,), "0"), ((3, 4, 5, 6, 7, 8, 9, 12), "3-9,12"), ((2, 1), "1-2"), ((0, 2, 4), "0,2,4")],
)
def test_text_of_a_set_of_positions_is_frozen(given_positions: tuple[int, ...], text: str) -> None:
    assert positions.encode(given_positions) == text


@given(st.sets(st.integers(0, 300)))
def test_set_comes_back_from_its_text(held: set[int]) -> None:
    text = positions.encode(list(held))
    assert {n for first, last in positions.runs(text) for n in range(first, last + 1)} == held
    assert all(positions.contains(text, n) == (n in held) for n in range(302))


@pytest.mark.parametrize("wrong", [(-1,), (4, 4)])
def test_negative_and_double_positions_are_refused(wrong: tuple[int, ...]) -> None:
    with pytest.raises(ValueError):
        positions.encode(wrong)
