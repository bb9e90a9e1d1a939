"""A vendor's own records: seen at once, by it alone, and never replaced."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from gateway.database import writing
from gateway.holdings.errors import IdIsIssued
from gateway.holdings.reading import Holdings
from gateway.holdings.rows import VendorRelations
from gateway.holdings.selection import Collection, Comparison, Filter, Operator, Selection
from gateway.holdings.storage_key import StorageKey
from gateway.holdings.vendor_made import VendorMade
from gateway.roster.model import Kind, ProductId
from tests.gateway.holdings.conftest import BOARD, NOW, OTHER, PRODUCT, Refresher
from tests.gateway.holdings.released import line_item, pseudonym, pupil

LINE_ITEMS = Selection(Collection(Kind.LINE_ITEM))


@pytest.fixture
def vendor_made(storage_key: StorageKey) -> VendorMade:
    return VendorMade(storage_key, board_id=BOARD)


def write(
    engine: Engine, own: VendorMade, title: str, *, product: ProductId = PRODUCT, now_ms: int = NOW + 5
) -> int:
    with writing(engine) as connection:
        return own.put(
            connection,
            product,
            Kind.LINE_ITEM,
            "own-1",
            {"title": title},
            VendorRelations(class_=pseudonym(Kind.CLASS, 0)),
            now_ms=now_ms,
        )


def titles(held: Holdings, product: ProductId = PRODUCT) -> list[object]:
    generation = held.current(product, now_ms=NOW)
    assert generation is not None
    return sorted(str(record.body["title"]) for record in held.page(product, generation, LINE_ITEMS).records)


def test_it_is_read_back_at_once_and_through_a_refresh(
    engine: Engine, held: Holdings, refresh: Refresher, vendor_made: VendorMade
) -> None:
    refresh(line_item(1))
    write(engine, vendor_made, "Quiz")
    assert titles(held) == ["Quiz", "Toets 1"]
    publication = refresh.begin(now_ms=NOW + 6)
    publication.put([line_item(2)])
    write(engine, vendor_made, "Quiz 2")
    publication.publish(NOW + 7)
    assert titles(held) == ["Quiz 2", "Toets 2"]
    with writing(engine) as connection:
        assert vendor_made.delete(connection, PRODUCT, Kind.LINE_ITEM, "own-1", now_ms=NOW + 8)
        assert not vendor_made.delete(connection, PRODUCT, Kind.LINE_ITEM, "own-1", now_ms=NOW + 8)
    assert titles(held) == ["Toets 2"]


def test_another_product_never_sees_it(
    engine: Engine, held: Holdings, refresh: Refresher, vendor_made: VendorMade
) -> None:
    refresh(line_item(1))
    refresh(line_item(1, product=OTHER), product=OTHER)
    write(engine, vendor_made, "Quiz")
    assert titles(held, OTHER) == ["Toets 1"]
    assert held.ever_issued(PRODUCT, Kind.LINE_ITEM, ["own-1"]) == {"own-1"}
    assert held.ever_issued(OTHER, Kind.LINE_ITEM, ["own-1", pseudonym(Kind.LINE_ITEM, 1)]) == frozenset()
    with writing(engine) as connection:
        assert vendor_made.get(connection, OTHER, Kind.LINE_ITEM, "own-1") is None


def test_the_id_of_a_record_of_the_school_is_refused(
    engine: Engine, refresh: Refresher, vendor_made: VendorMade
) -> None:
    refresh(line_item(1))
    issued = pseudonym(Kind.LINE_ITEM, 1)
    with writing(engine) as connection:
        assert vendor_made.is_of_school(connection, PRODUCT, Kind.LINE_ITEM, issued)
        assert not vendor_made.is_of_school(connection, PRODUCT, Kind.LINE_ITEM, "own-1")
        assert not vendor_made.delete(connection, PRODUCT, Kind.LINE_ITEM, issued, now_ms=NOW)
        with pytest.raises(IdIsIssued):
            vendor_made.put(
                connection, PRODUCT, Kind.LINE_ITEM, issued, {"title": "x"}, VendorRelations(), now_ms=NOW
            )


def test_a_write_that_is_rolled_back_leaves_nothing(
    engine: Engine, held: Holdings, refresh: Refresher, vendor_made: VendorMade
) -> None:
    before = refresh(line_item(1))
    with pytest.raises(RuntimeError), writing(engine) as connection:  # noqa: PT012
        vendor_made.put(
            connection, PRODUCT, Kind.LINE_ITEM, "own-1", {"title": "x"}, VendorRelations(), now_ms=NOW
        )
        raise RuntimeError
    assert held.current(PRODUCT, now_ms=NOW) == before


def test_the_same_record_again_changes_nothing_and_stamps_always_rise(
    engine: Engine, refresh: Refresher, vendor_made: VendorMade
) -> None:
    refresh(pupil(1))
    first = write(engine, vendor_made, "Quiz", now_ms=NOW - 60_000)
    assert first == NOW + 1
    assert write(engine, vendor_made, "Quiz") == first
    assert write(engine, vendor_made, "Quiz 2", now_ms=NOW - 60_000) == NOW + 2


def test_a_walk_under_way_does_not_shift_by_own_writes_and_a_delta_has_them(
    engine: Engine, held: Holdings, refresh: Refresher, vendor_made: VendorMade
) -> None:
    old = refresh(line_item(1), line_item(2))
    before = held.page(PRODUCT, old, LINE_ITEMS)
    write(engine, vendor_made, "Quiz")
    assert held.page(PRODUCT, old, LINE_ITEMS) == before
    new = held.current(PRODUCT, now_ms=NOW)
    assert new is not None
    since = Filter((Comparison(("dateLastModified",), Operator.GREATER, str(old.stamp_ms)),))
    delta = held.page(PRODUCT, new, Selection(Collection(Kind.LINE_ITEM), filter=since))
    assert [record.id for record in delta.records] == ["own-1"]
    of_class = Selection(Collection(Kind.LINE_ITEM, in_class=pseudonym(Kind.CLASS, 0)))
    assert held.page(PRODUCT, new, of_class).total == 3
