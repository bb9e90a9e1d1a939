"""What was received is judged by the version that was in force then, whatever happened since."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.receiving import received_under
from contracts.tables import contract_metadata
from gateway.database import open_engine
from tests.contracts.records import IN_TERM, agreement, day
from tests.contracts.test_register import NUMBER, OTHER, Book

HOUR = timedelta(hours=1)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    engine = open_engine(f"sqlite:///{tmp_path}/school.db")
    contract_metadata.create_all(engine)
    yield Book(engine)
    engine.dispose()


def under(book: Book, hours: float) -> str | None:
    """The version that counts for what came so many hours after the first step."""
    with book.open() as register:
        found = received_under(register.served("leesvlot"), "leesvlot", IN_TERM + hours * HOUR)
    return None if found is None else found.reference


def test_nothing_was_received_before_a_version_was_activated(book: Book) -> None:
    book.register()
    book.approve()
    assert under(book, 1) is None
    book.now += 2 * HOUR
    book.step("activate")
    assert under(book, 1) is None
    assert under(book, 2) == f"{NUMBER}/1"


def test_what_came_before_a_narrower_version_is_judged_by_the_earlier_one(book: Book) -> None:
    book.running()
    book.now += 2 * HOUR
    book.register(agreement(products__0__data__5__fields=["lineItem.title", "result.score"]))
    book.now += HOUR
    assert under(book, 1) == f"{NUMBER}/1"
    assert under(book, 2) == f"{NUMBER}/2"


def test_a_version_that_was_replaced_before_it_ran_never_received_anything(book: Book) -> None:
    book.running()
    book.register(agreement(products__0__data__0__form="clear"))
    book.now += 2 * HOUR
    book.register(agreement(products__0__groups="none"))
    assert under(book, 1) == f"{NUMBER}/1"
    assert under(book, 3) == f"{NUMBER}/3"


@pytest.mark.parametrize("last", ["2026-11-24", "2026-08-10"])
def test_an_end_that_was_given_afterwards_does_not_count_for_what_came_before_it(
    book: Book, last: str
) -> None:
    book.running()
    book.now += 2 * HOUR
    book.step("end", on=day(last))
    book.now += timedelta(days=90)
    with book.open() as register:
        register.advance(book.now)
    assert under(book, 1) == f"{NUMBER}/1"


def test_what_came_before_the_next_agreement_began_is_judged_by_the_one_before(book: Book) -> None:
    book.running(agreement(term__until="2026-11-30"))
    next_one = agreement(agreement_id=OTHER, term__from="2026-12-01", products__0__groups="none")
    book.running(next_one)
    book.now += timedelta(days=20)
    assert under(book, 1) == f"{NUMBER}/1"
    assert under(book, 24 * 8) == f"{OTHER}/1"


def test_terms_of_then_hold_without_end(book: Book) -> None:
    book.running()
    book.step("end")
    with book.open() as register:
        found = received_under(register.served("leesvlot"), "leesvlot", IN_TERM)
    assert found is not None
    assert found.outbound_until is None
