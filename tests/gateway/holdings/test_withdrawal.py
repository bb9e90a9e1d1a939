"""What is taken back is gone at once, and nothing shifts."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from gateway.holdings.errors import HoldingsStopped, PublicationLost
from gateway.holdings.evidence import Evidence
from gateway.holdings.reading import Holdings
from gateway.holdings.selection import Collection, Comparison, Filter, Operator, Selection
from gateway.holdings.storage_key import StorageKey
from gateway.holdings.withdrawal import (
    PERSONS_AT_ONCE,
    records_of_person,
    withdraw,
    withdraw_persons,
    withdraw_product,
)
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


def take_person(engine: Engine, *numbers: int, now_ms: int = NOW + 10) -> int:
    persons = [pseudonym(Kind.USER, number) for number in numbers]
    return withdraw_persons(engine, board_id=BOARD, product=PRODUCT, persons=persons, stamp_ms=now_ms)


def shown(held: Holdings, kind: Kind) -> list[str]:
    generation = held.current(PRODUCT, now_ms=NOW)
    assert generation is not None
    return [record.id for record in held.page(PRODUCT, generation, Selection(Collection(kind))).records]


def test_a_withdrawn_person_goes_with_all_that_refers_to_the_person_in_one_generation(
    engine: Engine, held: Holdings, refresh: Refresher
) -> None:
    old = refresh(
        pupil(1), pupil(2), *(enrollment(number, user=1, in_class=number) for number in range(150)),
        enrollment(900, user=2, in_class=0),
    )  # fmt: skip
    told: list[int] = []
    persons = [pseudonym(Kind.USER, 1)]

    count = withdraw_persons(
        engine,
        board_id=BOARD,
        product=PRODUCT,
        persons=persons,
        stamp_ms=NOW + 10,
        on_taken=lambda connection, count: told.append(count),
    )

    assert count == 151
    assert told == [151]
    assert shown(held, Kind.USER) == [pseudonym(Kind.USER, 2)]
    assert shown(held, Kind.ENROLLMENT) == [pseudonym(Kind.ENROLLMENT, 900)]
    generation = held.current(PRODUCT, now_ms=NOW)
    assert generation is not None
    assert generation.number == old.number + 1
    assert take_person(engine, 1) == 0


def test_more_persons_than_one_transaction_takes_all_go(
    engine: Engine, held: Holdings, refresh: Refresher
) -> None:
    many = range(PERSONS_AT_ONCE * 2 + 1)
    refresh(*(pupil(number) for number in many), pupil(100))
    assert take_person(engine, *many) == len(many)
    assert shown(held, Kind.USER) == [pseudonym(Kind.USER, 100)]


def test_a_person_whom_a_refresh_under_way_has_not_come_to_yet_is_not_published_by_it(
    engine: Engine, held: Holdings, refresh: Refresher
) -> None:
    refresh(pupil(1))
    publication = refresh.begin(now_ms=NOW + 1)
    take_person(engine, 1, 2)
    publication.put([pupil(1, name="Anne"), pupil(2), pupil(3)])
    publication.put([enrollment(number, user=number, in_class=0) for number in (1, 2, 3)])
    publication.publish(NOW + 20)
    assert shown(held, Kind.USER) == [pseudonym(Kind.USER, 3)]
    assert shown(held, Kind.ENROLLMENT) == [pseudonym(Kind.ENROLLMENT, 3)]


def test_what_a_refresh_under_way_stages_later_about_a_withdrawn_person_is_not_published(
    engine: Engine, held: Holdings, refresh: Refresher
) -> None:
    refresh(pupil(1), enrollment(7, user=1, in_class=0))
    publication = refresh.begin(now_ms=NOW + 1)
    publication.put([pupil(1), pupil(2), pupil(3)])
    take_person(engine, 1, 2)
    # A class that is new to the vendor: nothing of it was held when the person was withdrawn.
    publication.put(
        [
            enrollment(8, user=1, in_class=1),
            enrollment(9, user=2, in_class=1),
            enrollment(10, user=3, in_class=1),
        ]
    )
    publication.publish(NOW + 20)
    assert shown(held, Kind.ENROLLMENT) == [pseudonym(Kind.ENROLLMENT, 10)]
    assert shown(held, Kind.USER) == [pseudonym(Kind.USER, 3)]
    # The refresh after it decides anew, and the person comes back under the same pseudonym.
    refresh(pupil(1), enrollment(8, user=1, in_class=1), now_ms=NOW + 30)
    assert shown(held, Kind.ENROLLMENT) == [pseudonym(Kind.ENROLLMENT, 8)]


def test_who_had_left_before_is_empty_in_walks_that_began_earlier(
    engine: Engine, held: Holdings, refresh: Refresher
) -> None:
    old = refresh(pupil(1), pupil(2))
    new = refresh(pupil(1), now_ms=NOW + 5)
    assert take_person(engine, 2) == 0
    assert held.current(PRODUCT, now_ms=NOW) == new
    bodies = {record.id: record.body for record in held.page(PRODUCT, old, USERS).records}
    assert bodies[pseudonym(Kind.USER, 2)] == {}
    assert bodies[pseudonym(Kind.USER, 1)]


def test_how_often_something_was_taken_back_is_counted(
    engine: Engine, held: Holdings, refresh: Refresher
) -> None:
    assert held.withdrawals(PRODUCT) == 0
    refresh(pupil(1))
    assert held.withdrawals(PRODUCT) == 0
    take_person(engine, 1)
    take_person(engine, 1)
    assert held.withdrawals(PRODUCT) == 2
    assert held.withdrawals(OTHER) == 0


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
