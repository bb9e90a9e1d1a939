"""Records as a vendor returns them, and an inbox to put them in."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import Engine

from gateway.database import reading, writing
from gateway.inbox.accepting import Accepted, ObjectIndex, ReturnedRecord, accept
from gateway.inbox.claiming import Claimed, candidates, claim
from gateway.inbox.tables import Operation
from gateway.roster.model import Kind, ProductId
from gateway.strict_json import dumps

BOARD = "board-1"
REKENEN = ProductId("rekenwijs-po")
INDEX = ObjectIndex(b"i" * 32, board_id=BOARD)
INTAKE = X25519PrivateKey.generate()
INTAKE_PUBLIC = INTAKE.public_key().public_bytes_raw()


def result(
    identifier: str, *, line_item: str = "li-1", product: ProductId = REKENEN, **more
) -> ReturnedRecord:
    body = {"lineItem": {"sourcedId": line_item}, **more.pop("fields", {"score": 7})}
    return ReturnedRecord(
        product=product,
        client_id="client-1",
        request_id="request-1",
        kind=Kind.RESULT,
        operation=Operation.PUT,
        id=identifier,
        body=dumps(body),
        references=((Kind.LINE_ITEM, line_item),),
        **more,
    )


def line_item(identifier: str = "li-1", *, title: str = "Toets", category: str = "cat-1") -> ReturnedRecord:
    return ReturnedRecord(
        product=REKENEN,
        client_id="client-1",
        request_id="request-1",
        kind=Kind.LINE_ITEM,
        operation=Operation.PUT,
        id=identifier,
        body=dumps({"title": title}),
        references=((Kind.CATEGORY, category),),
    )


def deletion(kind: Kind, identifier: str) -> ReturnedRecord:
    return ReturnedRecord(
        product=REKENEN,
        client_id="client-1",
        request_id="request-1",
        kind=kind,
        operation=Operation.DELETE,
        id=identifier,
    )


def take_in(engine: Engine, record: ReturnedRecord, *, now_ms: int = 1_000_000) -> Accepted:
    with writing(engine) as connection:
        return accept(connection, record, index=INDEX, intake_public_key=INTAKE_PUBLIC, now_ms=now_ms)


def take_out(
    engine: Engine,
    *,
    now_ms: int = 1_000_000,
    token: str = "t",
    limit: int = 50,
    except_sources: Sequence[str] = (),
) -> list[Claimed]:
    with reading(engine) as connection:
        seqs = candidates(
            connection, board_id=BOARD, now_ms=now_ms, limit=limit, except_sources=except_sources
        )
    with writing(engine) as connection:
        return claim(connection, seqs, board_id=BOARD, token=token, now_ms=now_ms)
