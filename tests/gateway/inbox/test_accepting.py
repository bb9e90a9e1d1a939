"""What is stored of a returned record, and what is not stored again."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from sqlalchemy import Engine, select

from gateway.database import reading, writing
from gateway.errors import GatewayUnready
from gateway.inbox.accepting import Outcome, accept
from gateway.inbox.claiming import Settlement, settle
from gateway.inbox.sealing import intake_context, pad_json, seal_for_school
from gateway.inbox.tables import Operation, State, inbox
from gateway.roster.model import Kind, ProductId
from gateway.strict_json import loads_own
from tests.gateway.inbox.returned import (
    BOARD,
    INDEX,
    INTAKE,
    INTAKE_PUBLIC,
    REKENEN,
    deletion,
    line_item,
    result,
    take_in,
    take_out,
)

SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


def opened(sealed: bytes, **changed: str) -> object:
    bound = {
        "board_id": BOARD,
        "product": REKENEN,
        "kind": Kind.RESULT,
        "operation": Operation.PUT,
        **changed,
    }
    assert sealed[0] == 1
    return loads_own(SUITE.decrypt(sealed[1:], INTAKE, info=intake_context(**bound)))


def states(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.execute(select(inbox.c.state).order_by(inbox.c.seq)).scalars())


def test_a_result_is_stored_sealed_and_opens_with_the_private_half_only(front: Engine) -> None:
    take_in(front, result("r-1", fields={"score": 7, "comment": "GEHEIM-COMMENTAAR"}))
    with reading(front) as connection:
        row = connection.execute(select(inbox)).one()
    everything = repr(row).encode()
    assert b"GEHEIM-COMMENTAAR" not in everything
    assert b"r-1" not in everything
    assert b"li-1" not in everything
    assert opened(row.sealed)["id"] == "r-1"


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"board_id": "board-2"},
        {"product": "taalzee-po"},
        {"kind": Kind.LINE_ITEM},
        {"operation": Operation.DELETE},
    ],
)
def test_a_sealed_body_moved_to_another_row_does_not_open(front: Engine, elsewhere: dict[str, str]) -> None:
    take_in(front, result("r-1"))
    with reading(front) as connection:
        sealed = connection.execute(select(inbox.c.sealed)).scalar_one()
    with pytest.raises(InvalidTag):
        opened(sealed, **elsewhere)


def test_the_parts_of_a_context_cannot_be_shifted() -> None:
    one = intake_context(board_id="a", product=ProductId("bc"), kind=Kind.RESULT, operation="put")
    other = intake_context(board_id="ab", product=ProductId("c"), kind=Kind.RESULT, operation="put")
    assert one != other


def test_a_sealed_body_tells_its_length_in_steps_only() -> None:
    assert {len(pad_json(b"x" * length)) for length in range(1, 257)} == {256}


def test_a_damaged_intake_key_takes_nothing_in() -> None:
    with pytest.raises(GatewayUnready) as refused:
        seal_for_school(b"short", b"{}", context=b"c")
    assert refused.value.code == "intake_key_unusable"


def test_the_newest_version_sent_again_is_stored_once(front: Engine) -> None:
    first = take_in(front, result("r-1"))
    again = take_in(front, result("r-1"))
    assert (first.outcome, again.outcome) == (Outcome.NEW, Outcome.DUPLICATE)
    assert again.seq == first.seq
    assert states(front) == ["received"]


def test_a_score_that_is_put_back_is_a_version_of_its_own(front: Engine) -> None:
    outcomes = [take_in(front, result("r-1", fields={"score": score})).outcome for score in (5, 6, 5)]
    assert outcomes == [Outcome.NEW] * 3


def test_an_older_version_after_a_newer_one_is_registered_and_never_delivered(front: Engine) -> None:
    take_in(front, result("r-1", fields={"score": 8}, changed_at_ms=900_000))
    old = take_in(front, result("r-1", fields={"score": 4}, changed_at_ms=800_000))
    assert old.outcome is Outcome.STALE
    assert states(front) == ["received", "superseded"]
    assert [claimed.seq for claimed in take_out(front)] == [old.seq - 1]


def test_a_version_dated_in_a_far_future_does_not_make_later_ones_stale(front: Engine) -> None:
    take_in(front, result("r-1", fields={"score": 8}, changed_at_ms=4_000_000_000_000))
    assert take_in(front, result("r-1", fields={"score": 4}, changed_at_ms=900_000)).outcome is Outcome.NEW


def test_a_refused_version_may_be_sent_again(front: Engine) -> None:
    take_in(front, result("r-1"))
    (claimed,) = take_out(front)
    with writing(front) as connection:
        settle(connection, [claimed], Settlement(State.DEAD, "school_422"), now_ms=1)
    assert take_in(front, result("r-1")).outcome is Outcome.NEW


def test_equal_ids_of_two_products_are_two_objects(front: Engine) -> None:
    take_in(front, result("r-1"))
    assert take_in(front, result("r-1", product=ProductId("taalzee-po"))).outcome is Outcome.NEW


def accept_and_fail(engine: Engine) -> None:
    with writing(engine) as connection:
        accept(connection, result("r-1"), index=INDEX, intake_public_key=INTAKE_PUBLIC, now_ms=1)
        raise ConnectionAbortedError


def test_a_rolled_back_transaction_leaves_nothing(front: Engine) -> None:
    with pytest.raises(ConnectionAbortedError):
        accept_and_fail(front)
    assert states(front) == []


def test_a_user_cannot_be_returned() -> None:
    with pytest.raises(ValueError, match="categories, line items and results"):
        deletion(Kind.USER, "u-1")


def test_records_do_not_show_what_they_hold() -> None:
    assert "li-7" not in repr(line_item("li-7"))
