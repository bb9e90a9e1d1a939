"""Walks are pinned, and prove what a client has."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from gateway.database import writing
from gateway.holdings.reading import Holdings
from gateway.holdings.requests import (
    AGAIN_MS,
    ask_refresh,
    claim_refresh_requests,
    finish_refresh_request,
    refresh_request,
)
from gateway.holdings.selection import Collection, Comparison, Filter, Operator, Selection
from gateway.holdings.walks import Pin, add_range, covers
from gateway.roster.model import Kind
from tests.gateway.holdings.conftest import BOARD, NOW, PRODUCT, Refresher
from tests.gateway.holdings.released import pupil


def fetch(engine: Engine, held: Holdings, offset: int, *, token: str = "t", client: str = "c") -> Pin:
    selection = Selection(Collection(Kind.USER), offset=offset, limit=2)
    pin = held.pin(PRODUCT, client_id=client, token_id=token, route="/users", selection=selection, now_ms=NOW)
    assert pin is not None
    page = held.page(PRODUCT, pin.generation, selection, floor=pin.floor)
    with writing(engine) as connection:
        held.served(connection, PRODUCT, pin, offset=offset, page=page, now_ms=NOW)
    return pin


def test_a_walk_stays_in_its_generation_until_the_next_first_page(
    engine: Engine, held: Holdings, refresh: Refresher
) -> None:
    old = refresh(*(pupil(number) for number in range(6)))
    fetch(engine, held, 0)
    new = refresh(pupil(1), now_ms=NOW + 1)
    assert fetch(engine, held, 2).generation == old
    assert fetch(engine, held, 0).generation == new


def test_a_walk_goes_on_under_the_clients_next_token_but_not_under_another_clients(
    engine: Engine, held: Holdings, refresh: Refresher
) -> None:
    old = refresh(*(pupil(number) for number in range(6)))
    fetch(engine, held, 0)
    new = refresh(*(pupil(number) for number in range(5)), now_ms=NOW + 1)
    assert fetch(engine, held, 2, token="t2").generation == old
    assert fetch(engine, held, 2, token="t3", client="other").generation == new


@pytest.mark.parametrize(
    ("ranges", "seen", "whole"),
    [
        ([(0, 5), (5, 9)], "0-9", True),
        ([(5, 9), (0, 5)], "0-9", True),
        ([(0, 4), (5, 9)], "0-4,5-9", False),
        ([(0, 6), (3, 9), (2, 2)], "0-9", True),
        ([(1, 9)], "1-9", False),
    ],
)
def test_offsets_are_counted_in_any_order(ranges: list[tuple[int, int]], seen: str, whole: bool) -> None:
    text = ""
    for start, end in ranges:
        text = add_range(text, start, end)
    assert (text, covers(text, 9)) == (seen, whole)


def test_a_first_refresh_is_asked_for_once_and_claimed_once(engine: Engine) -> None:
    for now_ms in (NOW, NOW + 1):
        ask_refresh(engine, board_id=BOARD, product=PRODUCT, now_ms=now_ms)
    assert claim_refresh_requests(engine, board_id=BOARD, now_ms=NOW + 2) == [PRODUCT]
    assert claim_refresh_requests(engine, board_id=BOARD, now_ms=NOW + 3) == []
    finish_refresh_request(
        engine, board_id=BOARD, product=PRODUCT, now_ms=NOW + 4, failure="source_unreachable"
    )
    answered = refresh_request(engine, board_id=BOARD, product=PRODUCT)
    assert answered is not None
    assert (answered.asked_at_ms, answered.finished_at_ms, answered.failure) == (
        NOW,
        NOW + 4,
        "source_unreachable",
    )
    ask_refresh(engine, board_id=BOARD, product=PRODUCT, now_ms=NOW + 5)
    assert claim_refresh_requests(engine, board_id=BOARD, now_ms=NOW + 6) == []
    ask_refresh(engine, board_id=BOARD, product=PRODUCT, now_ms=NOW + 4 + AGAIN_MS)
    assert claim_refresh_requests(engine, board_id=BOARD, now_ms=NOW + 5 + AGAIN_MS) == [PRODUCT]


def asked_since(held: Holdings, since_ms: int, *, client: str) -> int:
    since = Filter((Comparison(("dateLastModified",), Operator.GREATER, str(since_ms)),))
    selection = Selection(Collection(Kind.USER), filter=since)
    pin = held.pin(PRODUCT, client_id=client, token_id="t", route="/users", selection=selection, now_ms=NOW)
    assert pin is not None
    return held.page(PRODUCT, pin.generation, selection, floor=pin.floor).total


def test_a_moment_that_has_not_come_is_taken_at_its_word(held: Holdings, refresh: Refresher) -> None:
    refresh(*(pupil(number) for number in range(6)))
    assert asked_since(held, NOW + 10 * 60_000, client="never-walked") == 0


def test_a_client_that_never_walked_gets_everything_rather_than_too_little(
    held: Holdings, refresh: Refresher
) -> None:
    refresh(*(pupil(number) for number in range(6)))
    assert asked_since(held, NOW + 60_000, client="never-walked") == 6
