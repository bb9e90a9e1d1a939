"""A product that moves to a new key version: the old pseudonyms go in the same refresh, and only those."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.holdings.reading import Holdings
from gateway.holdings.selection import Collection, Comparison, Filter, Operator, Selection
from gateway.roster.model import Kind
from gateway.school.disclosure.absentees import MAX_ASKED
from keys import ceremony
from keys.custody import open_ring
from tests.gateway.school.delivery.rig import BOARD, REKENEN
from tests.gateway.school.disclosure.refreshing_rig import SmallBoard, entry, pupil, ref, terms

MANY = MAX_ASKED + 5
TERMS = terms(entry("user.givenName", "user.familyName"))


class Rotating(SmallBoard):
    """A board of its own ring, whose product can be moved to a new key version."""

    def __init__(self, folder: Path, ring_path: Path) -> None:
        folder.chmod(0o700)
        self.ring_path = folder / "ring"
        shutil.copy(ring_path, self.ring_path)
        super().__init__(folder, open_ring(self.ring_path, b"een lange wachtzin"))
        for number in range(MANY):
            self.source.add(Kind.USER, str(number), **pupil("Roos", f"Vermeulen{number}"))

    def move(self) -> None:
        ceremony.add_version(self.ring_path, self.ring, REKENEN)

    def ids(self) -> set[str]:
        return {each.id for each in self.held(Kind.USER)}

    def tombstones(self) -> set[str]:
        holdings = Holdings(self.front, self.storage_key, board_id=BOARD)
        generation = holdings.current(REKENEN, now_ms=int(self.now.timestamp() * 1_000))
        assert generation is not None
        gone = Filter((Comparison(("status",), Operator.EQUAL, "tobedeleted"),))
        selection = Selection(Collection(Kind.USER), limit=1_000, filter=gone)
        return {each.id for each in holdings.page(REKENEN, generation, selection).records}


@pytest.fixture
def rotating(tmp_path: Path, ring_path: Path) -> Iterator[Rotating]:
    board = Rotating(tmp_path, ring_path)
    yield board
    board.close()


def test_more_persons_than_may_be_asked_for_are_not_held_under_two_key_versions(rotating: Rotating) -> None:
    rotating.refresh(TERMS)
    before = rotating.ids()
    rotating.move()

    (outcome,) = rotating.refresh(TERMS, threshold=0)

    assert outcome.status == "published"
    assert len(before) == len(rotating.ids()) == MANY
    assert not before & rotating.ids()
    assert rotating.tombstones() == before


def test_old_pseudonyms_of_retired_versions_go_in_the_same_refresh_as_well(rotating: Rotating) -> None:
    rotating.refresh(TERMS)
    before = rotating.ids()
    rotating.move()
    ceremony.retire_version(rotating.ring_path, rotating.ring, REKENEN)

    (outcome,) = rotating.refresh(TERMS, threshold=0)

    assert outcome.status == "published"
    assert rotating.tombstones() == before


def test_who_is_missed_by_the_pages_while_the_key_moves_is_asked_for_and_held_once(
    rotating: Rotating,
) -> None:
    rotating.refresh(TERMS)
    before = rotating.ids()
    rotating.move()
    rotating.source.skipped.update({"1", "2"})

    (outcome,) = rotating.refresh(TERMS, threshold=0)

    assert outcome.status == "published"
    assert sorted(rotating.source.asked) == ["1", "2"]
    assert len(rotating.ids()) == MANY
    assert not before & rotating.ids()


def test_nobody_is_kept_under_an_old_version_whatever_the_source_does_not_say(rotating: Rotating) -> None:
    rotating.refresh(TERMS)
    before = rotating.ids()
    rotating.move()
    rotating.source.hidden.update({"1", "2"})

    rotating.refresh(TERMS)

    assert not before & rotating.ids()
    assert len(rotating.ids()) == MANY - 2


def test_whom_the_source_drops_while_the_key_moves_counts_for_the_removal_threshold(
    rotating: Rotating,
) -> None:
    rotating.refresh(TERMS)
    before = rotating.ids()
    rotating.move()
    for number in range(MANY // 2):
        del rotating.source.records[Kind.USER][str(number)]

    (outcome,) = rotating.refresh(TERMS, threshold=30)

    assert (outcome.status, outcome.reason) == ("held_back", "removal_threshold")
    assert rotating.ids() == before


def test_who_has_no_role_in_scope_any_more_is_neither_asked_for_nor_kept(rotating: Rotating) -> None:
    add = rotating.source.add
    add(Kind.ORG, "school-2", name="Elders", type="school")
    add(Kind.CLASS, "5a", title="Groep 5a", school=ref("school-1"), terms=[])
    for number in range(MANY):
        enrolled = {"user": ref(str(number)), "class": ref("5a"), "school": ref("school-1")}
        add(Kind.ENROLLMENT, f"{number}-5a", role="teacher", **enrolled)
    rotating.refresh(TERMS)
    assert len(rotating.ids()) == MANY
    elsewhere = {"roleType": "primary", "role": "student", "org": ref("school-2")}
    for number in range(MANY):
        add(Kind.USER, str(number), **{**pupil("Roos", f"Vermeulen{number}"), "roles": [elsewhere]})

    rotating.refresh(TERMS)

    assert rotating.source.asked == []
    assert rotating.ids() == set()
