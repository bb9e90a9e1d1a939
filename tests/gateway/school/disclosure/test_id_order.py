"""Positions in about the order of pseudonyms."""

from __future__ import annotations

import secrets

from gateway.roster.model import Pseudonym
from gateway.school.disclosure.id_order import IdOrder

_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"


def _pseudonyms(count: int) -> list[Pseudonym]:
    # Of one product: the same key id in front.
    return [Pseudonym("pmfrg" + "".join(secrets.choice(_DIGITS) for _ in range(57))) for _ in range(count)]


def test_shelves_follow_one_another_in_the_order_of_the_holdings() -> None:
    pseudonyms = _pseudonyms(5_000)
    order = IdOrder(len(pseudonyms), shelf_size=100)
    for position, pseudonym in enumerate(pseudonyms):
        order.add(position, pseudonym)
    in_order = [
        pseudonym for shelf in order for pseudonym in sorted(pseudonyms[position] for position in shelf)
    ]
    assert in_order == sorted(pseudonyms)


def test_every_position_stands_on_one_shelf() -> None:
    pseudonyms = _pseudonyms(300)
    order = IdOrder(3, shelf_size=100)
    for position, pseudonym in enumerate(pseudonyms):
        order.add(position, pseudonym)
    assert sorted(position for shelf in order for position in shelf) == list(range(300))
