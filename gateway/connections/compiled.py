"""Compiled agreements, as the vendors' door reads them at every request.

The school side publishes one row whenever an agreement of a product is activated, suspended, resumed,
narrowed, ended or closed, and in the same transaction records the digest in the audit log
(`AGREEMENT_COMPILED`, object: the product). The door believes the newest row only when the newest such entry
names its digest: a row that was changed, added or removed behind the program's back is refused, and so is an
old row that comes back after its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from sqlalchemy import ColumnClause, Connection, func, literal_column, select

from contracts.agreements import CompiledAgreement
from contracts.canonical import NotCanonical
from gateway.connections.tables import compiled_agreements
from gateway.roster.model import ProductId

_LATER: Final = compiled_agreements.alias("later")
_MOST_ALIKE: Final = 16
"""Rows of one digest that are looked at."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What stands in the table for a product."""

    agreement: CompiledAgreement | None
    """None: nothing was ever published for this product, or what stands there cannot be read."""
    altered: bool = False
    """It is not what the audit log says was published: good for naming in a refusal, and for nothing else."""


def publish_compiled(
    connection: Connection, compiled: CompiledAgreement, *, board_id: str, now_ms: int
) -> None:
    """Put `compiled` in force at the door, from this transaction's commit on.

    The caller records `AuditEvent.AGREEMENT_COMPILED` with `object_id=compiled.product` and
    `details={"digest": compiled.digest, ...}` in the same transaction.
    """
    mine = (compiled_agreements.c.board_id == board_id, compiled_agreements.c.product == compiled.product)
    newest = connection.execute(select(func.max(compiled_agreements.c.publication)).where(*mine)).scalar()
    connection.execute(
        compiled_agreements.insert(),
        {
            "board_id": board_id,
            "product": compiled.product,
            "publication": (newest or 0) + 1,
            "digest": compiled.digest,
            "content": compiled.to_json(),
            "published_at_ms": now_ms,
        },
    )


def load(connection: Connection, *, board_id: str, product: ProductId, recorded_digest: str | None) -> Loaded:
    """The agreement that counts now.

    Args:
        recorded_digest: of the newest `AGREEMENT_COMPILED` entry about the product; None when there is none.
    """
    query = (
        select(compiled_agreements.c.content)
        .where(compiled_agreements.c.board_id == board_id, compiled_agreements.c.product == product)
        .order_by(compiled_agreements.c.publication.desc())
        .limit(1)
    )
    try:
        row = connection.execute(query).first()
    except (TypeError, ValueError):
        # Attack: the column holds another type than bytes (SQLite lets it).
        return Loaded(None, altered=True)
    if row is None:
        # Attack: the row is deleted, so that the product looks never agreed. No data flows either way.
        return Loaded(None, altered=recorded_digest is not None)
    compiled = _read(row.content, product)
    return Loaded(compiled, altered=compiled is None or compiled.digest != recorded_digest)


def by_digest(
    connection: Connection, *, board_id: str, product: ProductId, digest: str
) -> CompiledAgreement | None:
    """The agreement under which a generation was released; None when it is not there or was altered."""
    # More than one row where one was altered and the school side published it again: any that is whole will do.
    query = (
        select(compiled_agreements.c.content)
        .where(
            compiled_agreements.c.board_id == board_id,
            compiled_agreements.c.product == product,
            compiled_agreements.c.digest == digest,
        )
        .order_by(compiled_agreements.c.publication.desc())
        .limit(_MOST_ALIKE)
    )
    try:
        contents = connection.execute(query).scalars().all()
    except (TypeError, ValueError):
        return None
    for content in contents:
        compiled = _read(content, product)
        if compiled is not None and compiled.digest == digest:
            return compiled
    return None


def products(connection: Connection, *, board_id: str) -> frozenset[ProductId]:
    """Every product of which something was ever published."""
    query = select(compiled_agreements.c.product).where(compiled_agreements.c.board_id == board_id).distinct()
    return frozenset(ProductId(product) for product in connection.execute(query).scalars())


def fingerprint(connection: Connection, *, board_id: str) -> bytes:
    """SHA-256 over the rows that count now: another one when one was changed, by whomever."""
    newest = (
        select(func.max(_LATER.c.publication))
        .where(
            _LATER.c.board_id == compiled_agreements.c.board_id,
            _LATER.c.product == compiled_agreements.c.product,
        )
        .scalar_subquery()
    )
    # Without the columns' types: a value of another type is looked at and not tripped over.
    columns: list[ColumnClause[object]] = [
        literal_column(f"compiled_agreements.{name}")
        for name in ("product", "publication", "digest", "content")
    ]
    query = (
        select(*columns)
        .select_from(compiled_agreements)
        .where(compiled_agreements.c.board_id == board_id, compiled_agreements.c.publication == newest)
        .order_by(compiled_agreements.c.product)
    )
    state = sha256()
    for row in connection.execute(query):
        state.update(repr(tuple(row)).encode())
    return state.digest()


# The same bytes give the same agreement and digest, so they are read once per process; other bytes are not
# the same.
@lru_cache(maxsize=256)
def _read(content: bytes, product: ProductId) -> CompiledAgreement | None:
    try:
        compiled = CompiledAgreement.from_json(content)
    except (NotCanonical, ValueError, TypeError, RecursionError):
        return None
    return compiled if compiled.product == product else None
