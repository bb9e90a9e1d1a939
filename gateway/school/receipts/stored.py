"""The rows of receipts. The only module here that queries; callers own the transactions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Connection, insert, select, update

from contracts.canonical import digest
from gateway.school.receipts.tables import receipts


class ReceiptKind(StrEnum):
    """What a receipt is of. Stored; values never change."""

    ACTIVATED = "activated"
    CHANGED = "changed"
    """Another version took the place of the one in force."""
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    END_PLANNED = "end_planned"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One receipt, without its page."""

    number: int
    agreement: str
    """`VO-2026-014/2`."""
    kind: ReceiptKind
    made_at_ms: int
    digest: str


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """One receipt with its page."""

    receipt: Receipt
    content: bytes = field(repr=False)
    """HTML as it was made."""


def add(
    connection: Connection,
    render: Callable[[int], bytes],
    *,
    board_id: str,
    agreement: str,
    kind: ReceiptKind,
    now_ms: int,
) -> Receipt:
    """Make a receipt; the page holds its own number."""
    agreement_id, _, version = agreement.rpartition("/")
    number = connection.execute(
        insert(receipts)
        .values(
            board_id=board_id,
            agreement_id=agreement_id,
            version=int(version),
            kind=kind.value,
            made_at_ms=now_ms,
            digest="",
            content=b"",
        )
        .returning(receipts.c.seq)
    ).scalar_one()
    content = render(int(number))
    connection.execute(
        update(receipts).where(receipts.c.seq == number).values(content=content, digest=digest(content))
    )
    return Receipt(
        number=int(number), agreement=agreement, kind=kind, made_at_ms=now_ms, digest=digest(content)
    )


def listed(connection: Connection, *, board_id: str, agreement_id: str | None = None) -> list[Receipt]:
    """Every receipt of the board or of one agreement, newest first."""
    columns = [column for column in receipts.c if column.name != "content"]
    statement = select(*columns).where(receipts.c.board_id == board_id)
    if agreement_id is not None:
        statement = statement.where(receipts.c.agreement_id == agreement_id)
    return [
        Receipt(
            number=row.seq,
            agreement=f"{row.agreement_id}/{row.version}",
            kind=ReceiptKind(row.kind),
            made_at_ms=row.made_at_ms,
            digest=row.digest,
        )
        for row in connection.execute(statement.order_by(receipts.c.seq.desc()))
    ]


def page(connection: Connection, number: int, *, board_id: str) -> ReceiptPage | None:
    """One receipt with its page as it stands in the row; None when there is none of this number."""
    row = connection.execute(
        select(receipts).where(receipts.c.board_id == board_id, receipts.c.seq == number)
    ).one_or_none()
    if row is None:
        return None
    found = Receipt(
        number=row.seq,
        agreement=f"{row.agreement_id}/{row.version}",
        kind=ReceiptKind(row.kind),
        made_at_ms=row.made_at_ms,
        digest=row.digest,
    )
    return ReceiptPage(found, row.content)
