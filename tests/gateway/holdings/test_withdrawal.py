"""What is taken back is gone at once, and nothing shifts."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from gateway.holdings.errors import HoldingsStopped, PublicationLost
from gateway.holdings.evidence import Evidence
from gateway.holdings.reading import Holdings
from gateway.holdings.selection import Collection, Comparison, Filter, Operator, Selection
from gateway.holdings.storage_key import StorageKey
from gateway.holdings.withdrawal import records_of_person, withdraw, withdraw_product
from gateway.roster.model import Kind
from tests.gateway.holdings.conftest import BOARD, NOW, OTHER, PRODUCT, Refresher
from tests.gateway.holdings.released import enrollment, pseudonym, pupil

USERS = Selection(Collection(Kind.USER))


def take(engine: Engine, number: int, *, now_ms: int = NOW + 10) -> int:
    return withdraw(
        engine,
        board_id=BOARD,
        product=PRODUCT,
        records=[(Kind.USER, pseudonym(Kind.USER, number))],
        now_ms=now_ms,
    )


def test_a_withdrawn_record_leaves_the_served_generation_at_once(
    engine: Engine, held: Holdings, refresh: Refresher
) -> None:
    refresh(*(pupil(number) for number in range(4)))
    assert take(engine, 2) == 1
    generation = held.current(PRODUCT, now_ms=NOW)
    assert generation is not None
    assert generation.stamp_ms == NOW + 10
    page = held.page(PRODUCT, generation, USERS)
    assert pseudonym(Kind.USER, 2) not in [record.id for record in page.records]
    assert page.total == 3
    assert held.one(PRODUCT, generation, Collection(Kind.USER, id=pseudonym(Kind.USER, 2))) is None


def test_a_walk_under_way_gets_an_empty_stub_in_its_place(
    engine: Engine, held: Holdings, refresh: Refresher
) -> None:
    old = refresh(*(pupil(number, name="Anna") for number in range(6)))
    before = held.page(PRODUCT, old, USERS)
    take(engine, 2)
    for selection in (
        USERS,
        Selection(
            Collection(Kind.USER), filter=Filter((Comparison(("givenName",), Operator.EQUAL, "Anna"),))
        ),
        Selection(Collection(Kind.USER, roles=("student",)), sort=("sourcedId",)),
    ):
        after = held.page(PRODUCT, old, selection)
        assert [record.id for record in after.records] == [record.id for record in before.records]
        stub = next(record for record in after.records if record.id == pseudonym(Kind.USER, 2))
        assert (stub.active, stub.body, stub.stamp_ms) == (False, {}, old.stamp_ms)


def test_a_delta_reports_the_withdrawal_with_a_fresh_stamp(
    engine: Engine, held: Holdings, refresh: Refresher
) -> None:
    old = refresh(*(pupil(number) for number in range(4)))
    take(engine, 2)
    generation = held.current(PRODUCT, now_ms=NOW)
    assert generation is not None
    since = Filter((Comparison(("dateLastModified",), Operator.GREATER, str(old.stamp_ms)),))
    page = held.page(PRODUCT, generation, Selection(Collection(Kind.USER, roles=("student",)), filter=since))
    assert [(r.id, r.active, r.body, r.stamp_ms) for r in page.records] == [
        (pseudonym(Kind.USER, 2), False, {}, NOW + 10)
    ]


def test_a_refresh_under_way_does_not_bring_a_withdrawn_record_back(
    engine: Engine, held: Holdings, refresh: Refresher
) -> None:
    refresh(pupil(1, name="Anna"))
    publication = refresh.begin(now_ms=NOW + 1)
    publication.put([pupil(1, name="Anne"), pupil(2)])
    take(engine, 1)
    take(engine, 2)
    publication.put([pupil(1, name="Anke")])
    new = publication.publish(NOW + 20)
    assert held.page(PRODUCT, new, USERS).records == ()
    again = refresh(pupil(1), now_ms=NOW + 30)
    assert held.page(PRODUCT, again, USERS).total == 1


def test_the_very_values_stay_for_the_register(
    engine: Engine, storage_key: StorageKey, refresh: Refresher
) -> None:
    old = refresh(pupil(1, name="Anna"))
    take(engine, 1)
    evidence = Evidence(engine, storage_key, board_id=BOARD)
    one = pseudonym(Kind.USER, 1)
    versions = evidence.held_by_subject(PRODUCT, Kind.USER, one)
    assert [(v.first_generation, v.last_generation, v.active) for v in versions] == [
        (old.number, old.number, True),
        (old.number + 1, None, False),
    ]
    assert evidence.read_again(PRODUCT, old.number, Kind.USER, [one])[one]["givenName"] == "Anna"
    assert evidence.position(PRODUCT, old.number, Kind.USER, one) == 0
    assert evidence.ids_at(PRODUCT, old.number, Kind.USER, [0]) == {0: one}
    assert evidence.held_by_subject(OTHER, Kind.USER, one) == ()


def test_all_records_of_a_person_are_found(engine: Engine, refresh: Refresher) -> None:
    refresh(pupil(1), pupil(2), enrollment(7, user=1, in_class=0), enrollment(8, user=2, in_class=0))
    found = records_of_person(engine, board_id=BOARD, product=PRODUCT, person=pseudonym(Kind.USER, 1))
    assert set(found) == {
        (Kind.USER, pseudonym(Kind.USER, 1)),
        (Kind.ENROLLMENT, pseudonym(Kind.ENROLLMENT, 7)),
    }


def test_a_stopped_product_serves_nothing_and_a_refresh_under_way_cannot_publish(
    engine: Engine, held: Holdings, refresh: Refresher
) -> None:
    old = refresh(pupil(1))
    publication = refresh.begin(now_ms=NOW + 1)
    publication.put([pupil(1), pupil(2)])
    withdraw_product(engine, board_id=BOARD, product=PRODUCT, now_ms=NOW + 2)
    with pytest.raises(HoldingsStopped):
        held.current(PRODUCT, now_ms=NOW + 3)
    with pytest.raises(HoldingsStopped):
        held.page(PRODUCT, old, USERS)
    with pytest.raises(PublicationLost):
        publication.publish(NOW + 3)
    new = refresh(pupil(1), now_ms=NOW + 4)
    assert held.page(PRODUCT, new, USERS).total == 1
