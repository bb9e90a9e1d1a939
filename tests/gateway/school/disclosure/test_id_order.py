"""Positions in about the order of pseudonyms."""

from __future__ import annotations

import secrets

from gateway.school.disclosure.id_order import IdOrder
from gateway.school.disclosure.identify import texts


def _sealed(count: int) -> list[bytes]:
    # Of one product: the same key id in front. Of two sizes, as a list of UUIDs and longer texts has.
    key_id = secrets.token_bytes(2)
    return [key_id + secrets.token_bytes(secrets.choice((36, 52))) for _ in range(count)]


def _ordered(sealed: list[bytes], *, shelf_size: int) -> IdOrder:
    order = IdOrder(len(sealed), shelf_size=shelf_size)
    for position, each in enumerate(sealed):
        order.add(position, each)
    return order


def test_shelves_follow_one_another_in_the_order_of_the_holdings() -> None:
    sealed = _sealed(5_000)
    in_order = [
        text
        for shelf in _ordered(sealed, shelf_size=100)
        for text in sorted(texts([each for _, each in shelf]))
    ]
    assert in_order == sorted(texts(sealed))


def test_every_position_stands_on_one_shelf_with_its_own_id() -> None:
    sealed = _sealed(300)
    found = [pair for shelf in _ordered(sealed, shelf_size=10) for pair in shelf]
    assert sorted(found) == list(enumerate(sealed))


def test_what_was_taken_from_the_shelves_is_gone() -> None:
    order = _ordered(_sealed(10), shelf_size=100)
    assert len(list(order)) == 1
    assert list(order) == []
