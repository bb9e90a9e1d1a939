"""Recall and false hits on made-up boards of 6,000 pupils; the figures that the documentation gives."""

from __future__ import annotations

import os

import pytest

from gateway.school.disclosure.folding import fold
from gateway.school.disclosure.free_text import TextKind
from gateway.school.disclosure.leak_guard import LeakGuard
from gateway.school.disclosure.particles import PARTICLES
from gateway.school.disclosure.scrub import Scrubber

from .planted import PROSE, TITLES, Planted, PlantedBoard

COUNT = 20_000 if os.environ.get("SCHUILNAAM_TEST_THOROUGH") else 3_000
SEEDS = range(11, 31) if os.environ.get("SCHUILNAAM_TEST_THOROUGH") else range(11, 16)


def _left(planted: Planted, scrubbed: str) -> bool:
    """Whether a word of a planted name is still there."""
    words = {token.text for token in fold(scrubbed).tokens()}
    planted_words = {t.text for name in planted.gone for t in fold(name).tokens() if len(t.text) > 1}
    return not words.isdisjoint(planted_words - PARTICLES)


@pytest.fixture(scope="module", params=SEEDS)
def board(request: pytest.FixtureRequest) -> PlantedBoard:
    return PlantedBoard(request.param)


def test_single_names_are_found_in_99_of_100_texts(board: PlantedBoard) -> None:
    scrubber = Scrubber(board.index)
    planted = list(board.single_names(COUNT))
    missed = [p for p in planted if _left(p, scrubber.scrub(p.text, kind=p.kind, members=p.members).text)]
    assert len(missed) <= len(planted) / 100


def test_full_names_are_always_found(board: PlantedBoard) -> None:
    scrubber = Scrubber(board.index)
    for planted in board.full_names(COUNT):
        scrubbed = scrubber.scrub(planted.text, kind=planted.kind, members=planted.members)
        assert not _left(planted, scrubbed.text)


def test_at_most_one_clean_title_in_a_thousand_loses_a_word(board: PlantedBoard) -> None:
    scrubber = Scrubber(board.index)
    titles = list(board.clean_titles(3 * COUNT))
    hit = [p for p in titles if scrubber.scrub(p.text, kind=p.kind, members=p.members).hits]
    assert len(hit) <= len(titles) / 1_000


def test_the_leak_guard_sees_every_full_name_before_scrubbing_and_none_after(board: PlantedBoard) -> None:
    guard, scrubber = LeakGuard(board.index), Scrubber(board.index)
    for planted in board.full_names(COUNT // 3):
        assert guard.inspect([("lineItem.title", planted.text)])
        scrubbed = scrubber.scrub(planted.text, kind=planted.kind, members=planted.members)
        assert not guard.inspect([("lineItem.title", scrubbed.text)])


def test_the_planted_texts_are_what_they_claim_to_be() -> None:
    board = PlantedBoard(1, pupils=500)
    assert len({p.text for p in board.single_names(500)}) > 300
    assert all(p.kind is not TextKind.STRUCTURAL for p in board.single_names(200))
    assert len(TITLES) > 90
    assert PROSE
