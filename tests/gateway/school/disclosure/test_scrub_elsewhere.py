"""Recall and false hits on boards with names and texts of another style (`elsewhere`); the documentation gives them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import chain

import pytest

from .elsewhere import Elsewhere, Material, Text
from .elsewhere_hard import HARD
from .elsewhere_held_out import HELD_OUT
from .elsewhere_tuned import TUNED
from .elsewhere_tuned_too import TUNED_TOO

THOROUGH = bool(os.environ.get("SCHUILNAAM_TEST_THOROUGH"))
COUNT = 5_000 if THOROUGH else 1_000
SEEDS = range(31, 41) if THOROUGH else (31, 32)
MATERIALS = {"tuned": TUNED, "tuned too": TUNED_TOO, "held out": HELD_OUT}


@pytest.fixture(scope="module", params=[(name, seed) for name in MATERIALS for seed in SEEDS], ids=str)
def board(request: pytest.FixtureRequest) -> Elsewhere:
    name, seed = request.param
    return Elsewhere(MATERIALS[name], seed)


def _scrubbed(board: Elsewhere, text: Text) -> str:
    return board.scrubber.scrub(text.text, kind=text.kind, members=text.members).text


def _missed(board: Elsewhere, texts: Iterable[Text]) -> list[Text]:
    return [text for text in texts if text.left(_scrubbed(board, text))]


def _singles(board: Elsewhere, count: int) -> list[Text]:
    return list(chain(board.titles(count), board.staff_titles(count), board.comments(count)))


def test_single_names_are_found_in_99_of_100_texts(board: Elsewhere) -> None:
    planted = _singles(board, COUNT)
    assert len(_missed(board, planted)) <= len(planted) / 100


def test_full_names_are_always_found(board: Elsewhere) -> None:
    assert _missed(board, board.full_names(3 * COUNT)) == []


def test_at_most_one_clean_title_in_a_thousand_loses_a_word(board: Elsewhere) -> None:
    titles = list(board.clean_titles(4 * COUNT))
    assert sum(_scrubbed(board, text) != text.text for text in titles) <= len(titles) / 1_000


def test_where_half_of_the_names_are_words_98_of_100_single_names_and_every_full_name_are_found() -> None:
    board = Elsewhere(HARD, 31)
    planted = _singles(board, COUNT)
    assert len(_missed(board, planted)) <= len(planted) / 50
    assert _missed(board, board.full_names(3 * COUNT)) == []


@pytest.mark.parametrize("material", [TUNED, TUNED_TOO, HELD_OUT, HARD])
def test_the_texts_are_what_they_claim_to_be(material: Material) -> None:
    board = Elsewhere(material, 1, pupils=500)
    planted = _singles(board, 200)
    assert all(text.gone for text in planted)
    # But for names that are particles too ("Do", "Al"), whose words nobody can look for.
    assert sum(not text.left(text.text) for text in planted) <= len(planted) / 50
    assert not any(text.gone for text in board.clean_titles(50))
    assert len({text.shape for text in board.full_names(500)}) > 20
