"""A refresh is published whole, and only what differs is written."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest
from sqlalchemy import Engine, event

from gateway.holdings.errors import PublicationLost, RefreshUnderWay
from gateway.holdings.missing import Difference
from gateway.holdings.publishing import LEASE_MS
from gateway.holdings.reading import Holdings
from gateway.holdings.rows import BodySeal
from gateway.holdings.selection import Collection, Comparison, Filter, Operator, Selection
from gateway.holdings.withdrawal import withdraw
from gateway.roster.model import Kind
from tests.gateway.holdings.conftest import BOARD, NOW, OTHER, PRODUCT, Refresher
from tests.gateway.holdings.released import pseudonym, pupil

USERS = Selection(Collection(Kind.USER))


def names(held: Holdings, selection: Selection = USERS, *, product=PRODUCT) -> list[object]:
    generation = held.current(product, now_ms=NOW)
    assert generation is not None
    return [record.body.get("givenName") for record in held.page(product, generation, selection).records]


def test_before_the_first_refresh_there_is_nothing(held: Holdings) -> None:
    assert held.current(PRODUCT, now_ms=NOW) is None


def test_a_refresh_is_invisible_until_it_is_published(held: Holdings, refresh: Refresher) -> None:
    refresh(pupil(1, name="Anna"), pupil(2, name="Bram"))
    publication = refresh.begin(now_ms=NOW + 1)
    publication.put([pupil(1, name="Anne"), pupil(3, name="Cato")])
    assert sorted(names(held)) == ["Anna", "Bram"]
    publication.publish(NOW + 2)
    assert sorted(names(held)) == ["Anne", "Cato"]


def test_records_come_in_the_order_of_their_pseudonyms(held: Holdings, refresh: Refresher) -> None:
    refresh(*(pupil(number) for number in range(20)))
    generation = held.current(PRODUCT, now_ms=NOW)
    assert generation is not None
    page = held.page(PRODUCT, generation, USERS)
    ids = [record.id for record in page.records]
    assert ids == sorted(ids)
    assert (page.total, page.contiguous, page.positions) == (20, True, ())


def test_another_product_sees_nothing_of_it(held: Holdings, refresh: Refresher) -> None:
    refresh(pupil(1, name="Anna"))
    refresh(pupil(1, name="Bram", product=OTHER), product=OTHER)
    assert names(held, product=OTHER) == ["Bram"]
    assert names(held) == ["Anna"]


def test_the_difference_is_told_per_kind_and_school_before_anything_is_published(refresh: Refresher) -> None:
    refresh(pupil(1), pupil(2), pupil(3, school=1), pupil(4, school=1))
    publication = refresh.begin(now_ms=NOW + 1)
    publication.put([pupil(1), pupil(2, name="Ander"), pupil(9)])
    first, second = pseudonym(Kind.ORG, 0), pseudonym(Kind.ORG, 1)
    assert publication.preview() == {
        (Kind.USER, first): Difference(added=1, changed=1, unchanged=1, gone=0),
        (Kind.USER, second): Difference(gone=2),
    }
    assert [missing.school for missing in publication.missing()] == [second]
    publication.keep(Kind.USER, [pseudonym(Kind.USER, 3)])
    assert [missing.ids for missing in publication.missing()] == [(pseudonym(Kind.USER, 4),)]


def test_an_abandoned_refresh_leaves_everything_as_it_was(held: Holdings, refresh: Refresher) -> None:
    before = refresh(pupil(1, name="Anna"), pupil(2, name="Bram"))
    publication = refresh.begin(now_ms=NOW + 1)
    publication.put([pupil(1, name="Anne"), pupil(3)])
    publication.abandon()
    assert held.current(PRODUCT, now_ms=NOW) == before
    assert sorted(names(held)) == ["Anna", "Bram"]
    refresh(pupil(1, name="Anna"), now_ms=NOW + 2)
    assert names(held) == ["Anna"]


def test_a_second_refresh_is_refused_and_a_crashed_one_is_taken_over(
    held: Holdings, refresh: Refresher
) -> None:
    refresh(pupil(1, name="Anna"))
    crashed = refresh.begin(now_ms=NOW + 1)
    crashed.put([pupil(1, name="Half"), pupil(2)])
    with pytest.raises(RefreshUnderWay):
        refresh.begin(now_ms=NOW + 2)
    taken_over = refresh.begin(now_ms=NOW + LEASE_MS + 2)
    taken_over.put([pupil(1, name="Anke")])
    for attempt in (lambda: crashed.put([pupil(5)]), lambda: crashed.publish(NOW), crashed.abandon):
        with pytest.raises(PublicationLost):
            attempt()
    taken_over.publish(NOW + 3)
    assert names(held) == ["Anke"]


def test_unchanged_records_cost_no_write(engine: Engine, refresh: Refresher) -> None:
    refresh(*(pupil(number) for number in range(50)))
    publication = refresh.begin(now_ms=NOW + 1)
    written: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *call: written.append(call[2]))
    publication.put([pupil(number) for number in range(50)])
    assert {statement.split()[0] for statement in written} <= {"SELECT", "BEGIN"}
    assert "BEGIN IMMEDIATE" not in written


def test_unchanged_records_are_not_sealed_again(refresh: Refresher, monkeypatch: pytest.MonkeyPatch) -> None:
    refresh(*(pupil(number) for number in range(5)))
    publication = refresh.begin(now_ms=NOW + 1)
    sealed: list[str] = []
    seal = BodySeal.seal

    def watched(self: BodySeal, kind: Kind, record_id: str, body: Mapping[str, object]) -> bytes:
        sealed.append(record_id)
        return seal(self, kind, record_id, body)

    monkeypatch.setattr(BodySeal, "seal", watched)
    publication.put([*(pupil(number) for number in range(4)), pupil(4, name="Ander")])
    assert sealed == [pseudonym(Kind.USER, 4)]


def test_that_nothing_is_missing_is_told_without_looking_at_each(engine: Engine, refresh: Refresher) -> None:
    refresh(*(pupil(number) for number in range(50)))
    publication = refresh.begin(now_ms=NOW + 1)
    publication.put([pupil(number) for number in range(49)] + [pupil(49, name="Ander")])
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    assert list(publication.missing()) == []
    publication.publish(NOW + 2)
    assert not [each for each in asked if each.startswith("SELECT holdings.id")]


@pytest.mark.parametrize("size", [60, 300])
def test_neighbours_are_compared_like_strangers(held: Holdings, refresh: Refresher, size: int) -> None:
    # Put in the order of ids they are read by one walk; spread over all ids, one by one.
    refresh(*(pupil(number) for number in range(600)))
    publication = refresh.begin(now_ms=NOW + 1)
    rest = sorted((pupil(number) for number in range(600)), key=lambda each: each.pseudonym)
    spread, neighbours = rest[::7], [each for at, each in enumerate(rest) if at % 7]
    for some in (spread, *(neighbours[at : at + size] for at in range(0, len(neighbours), size))):
        publication.put(some)
    school = pseudonym(Kind.ORG, 0)
    assert publication.preview() == {(Kind.USER, school): Difference(unchanged=600)}
    publication.publish(NOW + 2)
    assert len(names(held, Selection(Collection(Kind.USER), limit=1_000))) == 600


def test_who_is_missing_is_found_though_a_withdrawal_makes_up_for_the_number(
    engine: Engine, held: Holdings, refresh: Refresher
) -> None:
    refresh(pupil(1, name="Anna"), pupil(2, name="Bram"), pupil(3, name="Cato"))
    publication = refresh.begin(now_ms=NOW + 1)
    publication.put([pupil(1, name="Anna"), pupil(2, name="Bram")])
    taken = [(Kind.USER, pseudonym(Kind.USER, 1))]
    withdraw(engine, board_id=BOARD, product=PRODUCT, records=taken, now_ms=NOW + 2)
    assert [missing.ids for missing in publication.missing()] == [(pseudonym(Kind.USER, 3),)]
    publication.publish(NOW + 3)
    assert names(held) == ["Bram"]


def test_who_is_missing_is_found_though_another_was_put_twice(held: Holdings, refresh: Refresher) -> None:
    refresh(pupil(1, name="Anna"), pupil(2, name="Bram"))
    publication = refresh.begin(now_ms=NOW + 1)
    publication.put([pupil(1, name="Anna")])
    publication.put([pupil(1, name="Anne")])
    assert [missing.ids for missing in publication.missing()] == [(pseudonym(Kind.USER, 2),)]
    publication.publish(NOW + 2)
    assert names(held) == ["Anne"]


def test_a_record_put_twice_counts_as_it_was_put_last(held: Holdings, refresh: Refresher) -> None:
    refresh(pupil(1, name="Anna"))
    publication = refresh.begin(now_ms=NOW + 1)
    for name in ("Bram", "Cato", "Anna", "Dirk", "Anna"):
        publication.put([pupil(1, name=name)])
    new = publication.publish(NOW + 1)
    assert names(held) == ["Anna"]
    since = Filter((Comparison(("dateLastModified",), Operator.GREATER, str(NOW)),))
    assert held.page(PRODUCT, new, Selection(Collection(Kind.USER), filter=since)).total == 0


def test_stamps_rise_when_the_clock_stands_still_or_goes_back(refresh: Refresher) -> None:
    stamps = [refresh(pupil(1), now_ms=now).stamp_ms for now in (NOW, NOW, NOW - 3_600_000, NOW + 10)]
    assert stamps == [NOW, NOW + 1, NOW + 2, NOW + 10]


def test_readers_see_one_generation_whole_while_refreshes_are_published(
    held: Holdings, refresh: Refresher
) -> None:
    refresh(*(pupil(number, name="0") for number in range(60)))
    failures: list[BaseException] = []
    done = threading.Event()
    pages = 0

    def read() -> None:
        nonlocal pages
        try:
            while not done.is_set():
                seen: set[object] = set()
                generation = held.current(PRODUCT, now_ms=NOW)
                assert generation is not None
                for offset in range(0, 60, 20):
                    page = held.page(
                        PRODUCT, generation, Selection(Collection(Kind.USER), offset=offset, limit=20)
                    )
                    assert (page.total, len(page.records)) == (60, 20)
                    seen |= {record.body["givenName"] for record in page.records}
                    pages += 1
                assert len(seen) == 1
        except BaseException as failure:
            failures.append(failure)

    reader = threading.Thread(target=read)
    reader.start()
    for round_ in range(1, 11):
        refresh(*(pupil(number, name=str(round_)) for number in range(60)), now_ms=NOW + round_)
    done.set()
    reader.join()
    assert failures == []
    assert pages > 0
