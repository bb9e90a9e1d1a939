"""What a refresh leaves in the holdings of a product, whatever the school's system and the agreement did meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.vocabulary import Form
from gateway.roster.model import Kind
from keys.keyring import KeyRing
from tests.gateway.school.disclosure.refreshing_rig import SmallBoard, entry, pupil, terms

NAMES = ("user.givenName", "user.familyName")


@pytest.fixture
def small(tmp_path: Path, ring: KeyRing) -> Iterator[SmallBoard]:
    board = SmallBoard(tmp_path, ring)
    board.source.add(Kind.USER, "1", **pupil("Roos", "Vermeulen", email="roos@school.example"))
    board.source.add(Kind.USER, "2", **pupil("Daan", "Kuiper", email="daan@school.example"))
    yield board
    board.close()


def test_a_person_of_whom_a_refresh_is_not_sure_stays(small: SmallBoard) -> None:
    agreement = terms(entry(*NAMES))
    small.refresh(agreement)
    small.source.hidden.add("1")
    assert [each.status for each in small.refresh(agreement)] == ["published"]
    assert "Vermeulen" in small.told()


def test_nobody_stays_as_an_agreement_of_before_released_them(small: SmallBoard) -> None:
    small.refresh(terms(entry(*NAMES, "user.email")))
    small.source.hidden.add("1")
    small.refresh(terms(entry(*NAMES, form=Form.ALIAS)))
    assert len(small.held(Kind.USER)) == 1
    for real in ("Roos", "Vermeulen", "Daan", "Kuiper", "school.example"):
        assert real not in small.told()
