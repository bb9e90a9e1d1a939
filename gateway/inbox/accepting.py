"""Take in one record that a vendor returned, in the caller's write transaction; 2xx only after its commit.

Ordered rules:
1. One object's records are accepted one after another, so that the order of `seq` is the order of commits.
2. The same content as the newest version of that object is a duplicate: nothing is stored, the answer is the same.
   Only the newest counts: 5, 6 and again 5 are three versions, and the pupil ends with a 5.
3. A version that the vendor itself dated before the newest accepted one is stale: stored as superseded, so that
   it is registered, and never delivered. Attack: an old result replayed after a newer one.
4. Sealed to the school, with keyed hashes of its id and of the gradebook records that it refers to.

Not checked here because the plane did so before: that the ids were issued to this product, that the agreement
lets results come back, and that the body is strict JSON of the right shape.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Final, Protocol

from sqlalchemy import Connection, Row, insert, select, text

from gateway.inbox.sealing import intake_context, length_prefixed, pad_json, seal_for_school
from gateway.inbox.tables import Operation, State, inbox, inbox_references
from gateway.roster.model import PSEUDONYM_PATTERN, Kind, ProductId
from gateway.strict_json import dumps, loads_own

ENVELOPE_VERSION: Final = 1
_INDEX_LABEL: Final = b"schuilnaam/inbox-object-index/1"
CLOCK_TOLERANCE_MS: Final = 5 * 60 * 1_000
"""How far a vendor's clock may be ahead of ours before its `dateLastModified` is left out of account."""
RETURNABLE: Final = (Kind.CATEGORY, Kind.LINE_ITEM, Kind.RESULT)
"""Kinds that a vendor may make, in the order in which they refer to one another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedRecord:
    """What one vendor returned, as the plane read it: still with pseudonyms, never identified."""

    product: ProductId
    client_id: str
    request_id: str
    kind: Kind
    operation: Operation
    id: str = field(repr=False)
    """As the vendor minted it (or, for a POST, as the front allocated it)."""
    body: bytes = field(default=b"{}", repr=False)
    """A JSON object, OneRoster 1.2 names, as `strict_json.dumps` wrote it; `{}` for a deletion."""
    references: tuple[tuple[Kind, str], ...] = field(default=(), repr=False)
    """What it refers to. Only categories and line items matter here; others may be given."""
    changed_at_ms: int | None = None
    """The vendor's own `dateLastModified`, where it gives one."""

    def __post_init__(self) -> None:
        if self.kind not in RETURNABLE:
            raise ValueError("a vendor returns categories, line items and results only")


class Outcome(StrEnum):
    """What became of it. The vendor gets the same answer for all three."""

    NEW = "new"
    """Stored; the vendor's own copy must be stored in the same transaction."""
    DUPLICATE = "duplicate"
    """The newest version again; nothing to store."""
    STALE = "stale"
    """Older than the newest version; the vendor's own copy must stay as it is."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Where it stands in the inbox; of a duplicate, where the first one stands."""

    seq: int
    outcome: Outcome


class Seals(Protocol):
    """Seals deterministically: the storage key, which is not known here."""

    def __call__(self, body: bytes, *, ad: list[bytes]) -> bytes: ...


class ObjectIndex:
    """Keyed hashes by which the inbox knows objects without knowing their ids.

    Not a plain hash, because a vendor's ids could hold anything, also what can be guessed.

    Args:
        key: 32 bytes that only the front has; derived from the storage key.
    """

    __slots__ = ("_board", "_key")

    def __init__(self, key: bytes, *, board_id: str) -> None:
        if len(key) != 32:
            raise ValueError("the key of the object index has 32 bytes")
        self._key = key
        self._board = board_id.encode()

    @classmethod
    def derived(cls, seal: Seals, *, board_id: str) -> ObjectIndex:
        """The index of a board, for ever the same for one storage key: what came by file and by PUT is one object."""
        sealed = seal(_INDEX_LABEL, ad=[_INDEX_LABEL, board_id.encode()])
        return cls(hashlib.sha256(sealed).digest(), board_id=board_id)

    def __repr__(self) -> str:
        return "<ObjectIndex>"

    @property
    def board_id(self) -> str:
        """Whose inbox."""
        return self._board.decode()

    def of_object(self, product: ProductId, kind: Kind, identifier: str) -> bytes:
        """The hash of one object of one product; two products' equal ids differ."""
        return self._mac(b"object", product.encode(), kind.value.encode(), identifier.encode())

    def of_content(self, record: ReturnedRecord) -> bytes:
        """The hash of what is asked for."""
        return self._mac(b"content", record.product.encode(), record.operation.value.encode(), record.body)

    def _mac(self, *parts: bytes) -> bytes:
        return hmac.digest(self._key, length_prefixed(self._board, *parts), sha256)


def accept(
    connection: Connection,
    record: ReturnedRecord,
    *,
    index: ObjectIndex,
    intake_public_key: bytes,
    now_ms: int,
) -> Accepted:
    """Store `record` sealed, in the transaction of `connection`; acknowledge only after its commit.

    Raises:
        GatewayUnready: code `intake_key_unusable`.
    """
    object_key = index.of_object(record.product, record.kind, record.id)
    content_key = index.of_content(record)
    # (1)
    _lock_object(connection, object_key)
    newest = _newest(connection, index.board_id, object_key)
    # (2)
    if newest is not None and _is_duplicate(newest, content_key):
        return Accepted(newest.seq, Outcome.DUPLICATE)
    # (3)
    changed_at_ms = _believable(record.changed_at_ms, now_ms=now_ms)
    stale = record.operation is Operation.PUT and _is_stale(
        connection, index.board_id, object_key, changed_at_ms
    )
    # (4)
    values = {
        "board_id": index.board_id,
        "product": record.product,
        "client_id": record.client_id,
        "request_id": record.request_id,
        "kind": record.kind.value,
        "operation": record.operation.value,
        "object_key": object_key,
        "content_key": content_key,
        "changed_at_ms": changed_at_ms,
        "received_at_ms": now_ms,
        "state": State.SUPERSEDED.value if stale else State.RECEIVED.value,
        "reason": "older_than_accepted" if stale else None,
        "settled_at_ms": now_ms if stale else None,
        "sealed": None if stale else _sealed(record, board_id=index.board_id, public_key=intake_public_key),
    }
    seq = int(connection.execute(insert(inbox).values(values).returning(inbox.c.seq)).scalar_one())
    _store_references(connection, record, index, seq)
    return Accepted(seq, Outcome.STALE if stale else Outcome.NEW)


def is_newest(connection: Connection, record: ReturnedRecord, *, index: ObjectIndex) -> bool:
    """Whether the newest version of the object says the same, whatever became of it.

    For a file, which holds everything each time: what was joined to nobody would else come into quarantine again.
    """
    newest = _newest(connection, index.board_id, index.of_object(record.product, record.kind, record.id))
    return newest is not None and hmac.compare_digest(newest.content_key, index.of_content(record))


def _lock_object(connection: Connection, object_key: bytes) -> None:
    # SQLite has one writer at a time. On PostgreSQL a number from the sequence may be committed after a higher
    # one; the lock, held until the end of the transaction, prevents that for records of one object.
    if connection.dialect.name == "postgresql":
        lock = int.from_bytes(object_key[:8], "big", signed=True)
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})


def _newest(connection: Connection, board_id: str, object_key: bytes) -> Row[int, bytes, str] | None:
    query = (
        select(inbox.c.seq, inbox.c.content_key, inbox.c.state)
        .where(
            inbox.c.board_id == board_id,
            inbox.c.object_key == object_key,
            # A stale version is not what the vendor's own copy holds.
            inbox.c.state != State.SUPERSEDED.value,
        )
        .order_by(inbox.c.seq.desc())
        .limit(1)
    )
    return connection.execute(query).first()


def _is_duplicate(newest: Row[int, bytes, str], content_key: bytes) -> bool:
    # Not of a refused version: the vendor may send it again when the school has put right why.
    refused = newest.state in (State.DEAD.value, State.QUARANTINED.value)
    return not refused and hmac.compare_digest(newest.content_key, content_key)


def _believable(changed_at_ms: int | None, *, now_ms: int) -> int | None:
    # Attack: one record dated in 2099 would make every later version of it stale.
    if changed_at_ms is None or changed_at_ms > now_ms + CLOCK_TOLERANCE_MS:
        return None
    return changed_at_ms


def _is_stale(connection: Connection, board_id: str, object_key: bytes, changed_at_ms: int | None) -> bool:
    if changed_at_ms is None:
        return False
    query = (
        select(inbox.c.seq)
        .where(
            inbox.c.board_id == board_id,
            inbox.c.object_key == object_key,
            inbox.c.changed_at_ms > changed_at_ms,
            inbox.c.state != State.QUARANTINED.value,
        )
        .limit(1)
    )
    return connection.execute(query).first() is not None


def _sealed(record: ReturnedRecord, *, board_id: str, public_key: bytes) -> bytes:
    envelope = {"v": ENVELOPE_VERSION, "id": record.id, "body": loads_own(record.body)}
    context = intake_context(
        board_id=board_id, product=record.product, kind=record.kind, operation=record.operation
    )
    return seal_for_school(public_key, pad_json(dumps(envelope)), context=context)


def _store_references(connection: Connection, record: ReturnedRecord, index: ObjectIndex, seq: int) -> None:
    keys = {
        index.of_object(record.product, kind, identifier)
        for kind, identifier in record.references
        # What the gateway issued itself has no order in the inbox: it is in the school's system already.
        if kind in RETURNABLE and not PSEUDONYM_PATTERN.match(identifier.lower())
    }
    if keys:
        rows = [{"board_id": index.board_id, "seq": seq, "object_key": key} for key in sorted(keys)]
        connection.execute(insert(inbox_references), rows)
