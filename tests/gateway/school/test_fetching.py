"""Fetch now: what was asked while a refresh runs is answered by the next one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.instants import to_ms
from gateway.errors import DisclosureRefused, UsageError
from gateway.holdings.requests import ask_refresh, claim_refresh_requests, finish_refresh_request
from gateway.roster.model import ProductId
from gateway.school import fetching
from tests.gateway.school.terms.world import BOARD, TermsWorld

PRODUCT = ProductId("leesvlot")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TermsWorld]:
    world = TermsWorld(tmp_path)
    world.agree()
    yield world
    world.close()


def claim(world: TermsWorld) -> list[ProductId]:
    return claim_refresh_requests(world.services.front, board_id=BOARD, now_ms=world.now_ms)


def finish(world: TermsWorld, began_ms: int, failure: str | None = None) -> None:
    finish_refresh_request(
        world.services.front, board_id=BOARD, product=PRODUCT, now_ms=began_ms, failure=failure
    )


def state(world: TermsWorld, since: object) -> tuple[bool, str | None]:
    (found,) = fetching.fetched(world.services, [PRODUCT], since=since)  # type: ignore[arg-type]
    return found.finished, found.failure


def test_refresh_that_began_before_the_question_does_not_answer_it(world: TermsWorld) -> None:
    began, since = world.now_ms - 1, world.now
    fetching.ask(world.services, world.person(), [PRODUCT], school=None, now=since)
    finish(world, began)
    assert state(world, since) == (False, None)
    assert claim(world) == [PRODUCT]
    finish(world, world.now_ms, failure="leak_suspected")
    assert state(world, since) == (True, "leak_suspected")


def test_question_of_a_vendor_that_is_under_way_is_followed_by_ours(world: TermsWorld) -> None:
    ask_refresh(world.services.front, board_id=BOARD, product=PRODUCT, now_ms=world.now_ms)
    assert claim(world) == [PRODUCT]
    world.now += timedelta(seconds=5)
    since = world.now
    fetching.ask(world.services, world.person(), [PRODUCT], school=None, now=since)
    assert claim(world) == []
    finish(world, to_ms(since) - 4_000)
    assert state(world, since) == (False, None)
    assert claim(world) == [PRODUCT]
    finish(world, to_ms(since) + 1)
    assert state(world, since) == (True, None)


@pytest.mark.parametrize(
    ("school", "found"),
    [("31PQ", True), ("31PQ04", True), ("32RS", True), ("32RS01", True), ("32RS02", False)],
)
def test_school_narrows_to_products_that_have_it_or_a_location_of_it(
    world: TermsWorld, school: str, found: bool
) -> None:
    # The agreement lists 31PQ and the location 32RS01.
    if found:
        assert fetching.products_for(world.services, product=None, school=school, now=world.now) == [PRODUCT]
        return
    with pytest.raises(DisclosureRefused) as refused:
        fetching.products_for(world.services, product=None, school=school, now=world.now)
    assert refused.value.code == "agreement_missing"


def test_stopped_vendor_is_not_fetched_for(world: TermsWorld) -> None:
    from gateway.school.vendors import switch

    switch.stop(world.services, world.person(), PRODUCT, reason="datalek", now=world.now)
    assert fetching.products_for(world.services, product=None, school=None, now=world.now) == []
    with pytest.raises(DisclosureRefused) as refused:
        fetching.products_for(world.services, product=PRODUCT, school=None, now=world.now)
    assert refused.value.code == "vendor_stopped"
    with pytest.raises(UsageError):
        fetching.products_for(world.services, product=None, school="31pq", now=world.now)
