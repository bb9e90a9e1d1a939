"""A refresh is published whole, and only what differs is written."""

from __future__ import annotations

from gateway.holdings.reading import Holdings
from gateway.holdings.selection import Collection, Selection
from gateway.roster.model import Kind
from tests.gateway.holdings.conftest import NOW, OTHER, PRODUCT, Refresher
from tests.gateway.holdings.released import pupil

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
