"""Whole walks over real HTTP while the school changes underneath: nobody is skipped, nobody is doubled."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from gateway.demo.board import MadeUpBoard, made_up_board
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import Exchange, Record, SimulatedVendor
from gateway.holdings.withdrawal import records_of_person, withdraw
from gateway.roster.model import ProductId, Pseudonym
from tests.journeys.rig import Rig

COLLECTIONS = ("users", "enrollments", "classes", "demographics")
SEEDS = range(20 if os.environ.get("SCHUILNAAM_TEST_THOROUGH") else 2)
ROUNDS = 8


@pytest.fixture(scope="module")
def board() -> MadeUpBoard:
    return made_up_board(23, schools=2, pupils=60)


@pytest.fixture(scope="module")
def school(board: MadeUpBoard) -> Iterator[SimulatedSchool]:
    with SimulatedSchool(board) as school:
        yield school


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory, school: SimulatedSchool) -> Iterator[Rig]:
    rig = Rig(tmp_path_factory.mktemp("walks"), [school])
    try:
        for product in ("rekenwijs", "taalplezier"):
            rig.agree(product)
        rig.refresh()
        rig.serve(workers=2)
        yield rig
    finally:
        rig.stop()


@pytest.fixture(scope="module")
def vendor(rig: Rig) -> SimulatedVendor:
    return rig.vendor("rekenwijs")


# -- a school year in fast motion -------------------------------------------------------------------------------


class SchoolYear:
    """Changes of a school, drawn from a seed."""

    def __init__(self, board: MadeUpBoard, dice: random.Random) -> None:
        self._board = board
        self._dice = dice
        self._added: list[str] = []

    def change(self) -> None:
        """One thing happens at school."""
        self._dice.choice((self._arrive, self._leave, self._move_up, self._join_group, self._touch))()

    def _arrive(self) -> None:
        number = self._dice.randrange(10**9)
        self._added.append(
            self._board.add_pupil(
                given="Nora", family=f"Zijlstra{number}", school=self._dice.choice(self._board.schools),
                group=self._dice.choice(self._groups()), identifier=f"nieuw-{number}",
            )
        )  # fmt: skip

    def _leave(self) -> None:
        if self._added:
            self._board.remove_pupil(self._added.pop(0), tombstone=self._dice.random() < 0.5)

    def _move_up(self) -> None:
        pupil = self._dice.choice(self._board.pupils())
        self._board.change("users", str(pupil["sourcedId"]), grades=[str(self._dice.randrange(1, 9))])

    def _join_group(self) -> None:
        if self._added:
            self._board.enrol(self._dice.choice(self._added), self._dice.choice(self._groups()))

    def _touch(self) -> None:
        # Nothing that a vendor may see.
        self._board.touch("users", str(self._dice.choice(self._board.pupils())["sourcedId"]))

    def _groups(self) -> list[str]:
        return [str(group["sourcedId"]) for group in self._board.records("classes")]


# -- clients ----------------------------------------------------------------------------------------------------


def by_link(vendor: SimulatedVendor, answer: Exchange, seen: int, **_: object) -> Exchange | None:
    found = re.search(r'<([^>]*)>\s*;\s*rel="next"', answer.header("Link") or "")
    return None if found is None else vendor.send("GET", found[1])


def by_count(
    vendor: SimulatedVendor, answer: Exchange, seen: int, *, collection: str, **query: object
) -> Exchange | None:
    total = int(answer.header("X-Total-Count") or "0")
    return None if seen >= total else vendor.get(collection, offset=seen, **query)


def until_empty(
    vendor: SimulatedVendor, answer: Exchange, seen: int, *, collection: str, **query: object
) -> Exchange | None:
    return vendor.get(collection, offset=seen, **query) if answer.records() else None


WAYS: dict[str, Callable[..., Exchange | None]] = {
    "Link": by_link,
    "X-Total-Count": by_count,
    "until an empty page": until_empty,
}


def walk(
    vendor: SimulatedVendor,
    collection: str,
    *,
    way: str = "Link",
    between: Callable[[], None] = lambda: None,
    **query: object,
) -> list[Record]:
    """All records of a collection, in the order in which they came."""
    query.setdefault("limit", 17)
    answer: Exchange | None = vendor.get(collection, **query)
    records: list[Record] = []
    while answer is not None:
        assert answer.status == 200, answer.body
        records += answer.records()
        between()
        answer = WAYS[way](vendor, answer, len(records), collection=collection, **query)
    return records


def present(records: list[Record]) -> dict[str, Record]:
    """What a client holds after a full pull."""
    return {str(each["sourcedId"]): each for each in records if each["status"] == "active"}


@dataclass(slots=True)
class Mirror:
    """A client that pulls once and then asks for what changed after a moment that it kept."""

    vendor: SimulatedVendor
    collection: str
    keeps: str
    """`start` or `end` of its last walk by its own clock, or the `greatest` stamp that it saw."""
    held: dict[str, Record] = field(default_factory=dict)
    mark: str = ""

    def sync(self, *, way: str, limit: int, between: Callable[[], None]) -> None:
        """A full pull the first time, afterwards what changed."""
        query = {"filter": f"dateLastModified>'{self.mark}'"} if self.mark else {}
        started = moment()
        records = walk(self.vendor, self.collection, way=way, limit=limit, between=between, **query)
        for each in records:
            if each["status"] == "active":
                self.held[str(each["sourcedId"])] = each
            else:
                self.held.pop(str(each["sourcedId"]), None)
        stamps = [str(each["dateLastModified"]) for each in records]
        self.mark = {
            "start": started,
            "end": moment(),
            "greatest": max([*stamps, self.mark] if self.mark else stamps),
        }[self.keeps]


def moment() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# -- journeys ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_a_client_that_applies_deltas_ends_with_what_a_full_pull_gives(
    rig: Rig, board: MadeUpBoard, seed: int
) -> None:
    dice = random.Random(seed)
    year = SchoolYear(board, dice)
    mirrors = [
        Mirror(rig.vendor("rekenwijs"), collection, keeps)
        for keeps in ("start", "end", "greatest")
        for collection in ("users", "enrollments")
    ]

    def meanwhile() -> None:
        # A school that changes, and a refresh that is published, between two pages of somebody's walk.
        if dice.random() < 0.5:
            year.change()
        if dice.random() < 0.12:
            rig.refresh("--accept")
        if dice.random() < 0.15:
            dice.choice((walking, dice.choice(mirrors))).vendor.token()

    for _ in range(ROUNDS):
        for mirror in dice.sample(mirrors, 3):
            walking = mirror
            mirror.sync(way=dice.choice(list(WAYS)), limit=dice.choice((7, 23, 1000)), between=meanwhile)

    rig.refresh("--accept")
    for mirror in mirrors:
        mirror.sync(way="Link", limit=100, between=lambda: None)
        mirror.vendor.token()
        full = present(walk(mirror.vendor, mirror.collection, limit=1000))
        assert mirror.held.keys() == full.keys(), (mirror.keeps, mirror.collection)
        assert mirror.held == full, (mirror.keeps, mirror.collection)


class Marking:
    """A vendor's other server, which writes, changes and removes results while the first one walks."""

    def __init__(self, vendor: SimulatedVendor, dice: random.Random) -> None:
        self._vendor = vendor
        self._dice = dice
        self._written: list[str] = []
        self._mark = f"{dice.randrange(10**9)}"
        rows = [each for each in vendor.pull("enrollments").records if each["role"] == "student"]
        self._rows = [each for each in rows if each["class"] == rows[0]["class"]]
        vendor.put("categories", "c-1", {"title": "Toetsen"})
        vendor.put(
            "lineItems",
            "li-1",
            {"title": "Toets", "class": rows[0]["class"], "category": {"sourcedId": "c-1"}},
        )
        for _ in range(12):
            self._write()

    def act(self) -> None:
        """One write."""
        self._dice.choice((self._write, self._change, self._remove))()

    def _put(self, identifier: str) -> None:
        record = {
            "lineItem": {"sourcedId": "li-1"}, "student": self._dice.choice(self._rows)["user"],
            "score": self._dice.randrange(100) / 10, "scoreDate": "2026-10-01", "scoreStatus": "fully graded",
        }  # fmt: skip
        assert self._vendor.put("results", identifier, record).status in (200, 201)

    def _write(self) -> None:
        self._written.append(f"r-{self._mark}-{len(self._written)}-{self._dice.randrange(10**6)}")
        self._put(self._written[-1])

    def _change(self) -> None:
        if self._written:
            self._put(self._dice.choice(self._written))

    def _remove(self) -> None:
        if len(self._written) > 4:
            gone = self._written.pop(self._dice.randrange(len(self._written)))
            assert self._vendor.delete("results", gone).status == 204


@pytest.mark.parametrize("seed", SEEDS)
def test_a_client_that_mirrors_its_own_results_by_deltas_misses_none(
    rig: Rig, board: MadeUpBoard, seed: int
) -> None:
    dice = random.Random(1_000 + seed)
    marking = Marking(rig.vendor("rekenwijs"), dice)
    mirrors = [Mirror(rig.vendor("rekenwijs"), "results", keeps) for keeps in ("start", "end", "greatest")]

    def meanwhile() -> None:
        if dice.random() < 0.6:
            marking.act()
        if dice.random() < 0.05:
            rig.refresh("--accept")
        if dice.random() < 0.1:
            dice.choice(mirrors).vendor.token()

    for _ in range(ROUNDS):
        for mirror in mirrors:
            mirror.sync(way=dice.choice(list(WAYS)), limit=dice.choice((2, 5, 100)), between=meanwhile)

    for mirror in mirrors:
        mirror.sync(way="Link", limit=100, between=lambda: None)
        mirror.vendor.token()
        full = present(walk(mirror.vendor, "results", limit=1000))
        assert mirror.held == full, mirror.keeps


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_three_ways_of_paging_and_every_limit_give_the_same_set(
    vendor: SimulatedVendor, collection: str
) -> None:
    vendor.token()
    once = walk(vendor, collection, limit=1000)
    total = len(once)
    ids = [str(each["sourcedId"]) for each in once]
    assert len(set(ids)) == total > 0

    for way in WAYS:
        for limit in (5, total - 1, total, total + 1):
            assert walk(vendor, collection, way=way, limit=limit) == once, (way, limit)


def test_limit_of_one_walks_the_whole_collection(vendor: SimulatedVendor) -> None:
    once = walk(vendor, "classes", limit=1000)

    for way in WAYS:
        assert walk(vendor, "classes", way=way, limit=1) == once


def test_a_refresh_in_the_middle_of_a_walk_skips_and_doubles_nobody(
    rig: Rig, board: MadeUpBoard, vendor: SimulatedVendor
) -> None:
    vendor.token()
    before = walk(vendor, "users", limit=1000)
    year = SchoolYear(board, random.Random(5))

    def refresh_between() -> None:
        year.change()
        board.add_pupil(given="Nora", family="Zijlstra", school=board.schools[0])
        rig.refresh("--accept")

    middle = walk(vendor, "users", way="X-Total-Count", limit=len(before) // 3 + 1, between=refresh_between)

    assert [each["sourcedId"] for each in middle] == [each["sourcedId"] for each in before]
    assert middle == before, "a walk is one generation from its first page to its last"
    vendor.token()
    assert walk(vendor, "users", limit=1000) != before, "the next walk sees the changes"


def test_a_token_renewed_in_the_middle_skips_nobody_who_was_there_all_along(
    rig: Rig, board: MadeUpBoard, vendor: SimulatedVendor
) -> None:
    vendor.token()
    before = present(walk(vendor, "users", limit=1000))

    seen = walk(vendor, "users", way="X-Total-Count", limit=11, between=lambda: void(vendor.token()))

    assert present(seen) == before
    assert len(seen) == len({each["sourcedId"] for each in seen})


def void(_: object) -> None:
    """Drop an answer."""


def test_a_walk_of_another_vendor_does_not_move_mine(
    rig: Rig, board: MadeUpBoard, vendor: SimulatedVendor
) -> None:
    other = rig.vendor("taalplezier")
    vendor.token()
    before = walk(vendor, "users", limit=1000)
    year = SchoolYear(board, random.Random(6))

    def the_other_walks() -> None:
        year.change()
        rig.refresh("--accept", "--product", "taalplezier")
        walk(other, "users", limit=50)

    mine = walk(vendor, "users", limit=30, between=the_other_walks)

    assert mine == before
    theirs = {str(each["sourcedId"]) for each in walk(other, "users", limit=1000)}
    assert not theirs & {str(each["sourcedId"]) for each in mine}


def test_a_page_link_of_one_vendor_gives_another_nothing_of_it(rig: Rig, vendor: SimulatedVendor) -> None:
    other = rig.vendor("taalplezier")
    answer = vendor.get("users", limit=10)
    found = re.search(r'<([^>]*)>\s*;\s*rel="next"', answer.header("Link") or "")
    assert found is not None

    theirs = other.send("GET", found[1])

    assert theirs.status == 200
    mine = vendor.send("GET", found[1])
    ids = [{str(each["sourcedId"]) for each in page.records()} for page in (mine, theirs)]
    assert ids[0]
    assert ids[1]
    assert not ids[0] & ids[1]


def test_pupils_withdrawn_in_the_middle_become_tombstones_and_no_page_gets_shorter(
    rig: Rig, vendor: SimulatedVendor
) -> None:
    services, product = rig.services(), ProductId("rekenwijs")
    before = walk(vendor, "users", limit=1000)
    late = [str(each["sourcedId"]) for each in before[-15:] if each["status"] == "active"]
    pages: list[list[Record]] = []

    answer: Exchange | None = vendor.get("users", limit=10)
    while answer is not None:
        assert answer.status == 200
        pages.append(answer.records())
        if len(pages) == 1:
            for person in late:
                records = records_of_person(
                    services.front, board_id=services.board_id, product=product, person=Pseudonym(person)
                )
                withdraw(
                    services.front,
                    board_id=services.board_id,
                    product=product,
                    records=list(records),
                    now_ms=int(time.time() * 1000),
                )
        answer = by_link(vendor, answer, 0)

    walked = [each for page in pages for each in page]
    assert [each["sourcedId"] for each in walked] == [each["sourcedId"] for each in before]
    assert {len(page) for page in pages[:-1]} == {10}
    shown = {str(each["sourcedId"]): each for each in walked if each["sourcedId"] in late}
    assert {each["status"] for each in shown.values()} == {"tobedeleted"}
    names = {str(each["givenName"]) for each in before if each["sourcedId"] in late}
    assert not names & {str(each.get("givenName")) for each in shown.values()}
    # And in the next full pull they are gone, in a delta they are reported.
    vendor.token()
    assert not set(late) & set(present(walk(vendor, "users", limit=1000)))
