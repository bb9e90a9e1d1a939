"""Tables of the inbox, in the front database: what vendors returned, in order, sealed to the school.

In clear: product, kind, operation, times, states and keyed hashes. Not in clear: the record, its id and the ids
that it refers to. The whole stored form, and why, is in docs/decisions/0007.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from gateway.database import front_metadata


class Operation(StrEnum):
    """What the vendor asked for. Stored; values never change."""

    PUT = "put"
    DELETE = "delete"


class State(StrEnum):
    """Where a returned record stands. Stored; values never change, are never reused."""

    RECEIVED = "received"
    """Committed and acknowledged; nobody looked at it yet."""
    CLAIMED = "claimed"
    """A worker has it until `lease_until_ms`; after that another one may take it."""
    WAITING = "waiting"
    """Tried, or waits for a record that has not come yet; again after `not_before_ms`."""
    PARKED = "parked"
    """What it refers to is a dead letter (`parked_under`); moves when that one moves."""
    DELIVERED = "delivered"
    """Written to the school's system and confirmed by it."""
    KEPT = "kept"
    """The source takes no results (`results: keep`); stays readable for the school side."""
    SUPERSEDED = "superseded"
    """An older version than one that was delivered; never to be written any more."""
    DEAD = "dead"
    """Refused for good by the school's system; a person decides."""
    QUARANTINED = "quarantined"
    """Could not be joined to anybody; never forwarded."""


OPEN: Final = (State.RECEIVED, State.CLAIMED, State.WAITING)
"""States in which a record still has its turn: what comes after it waits."""

BODY_NO_LONGER_NEEDED: Final = (State.DELIVERED, State.SUPERSEDED)
"""States whose sealed body is dropped after the retention. A quarantined body moves to the school database."""

# An alias of the row id on SQLite: it counts by itself only when it is an INTEGER.
_SEQ: Final = BigInteger().with_variant(Integer(), "sqlite")

inbox: Final = Table(
    "inbox",
    front_metadata,
    Column("seq", _SEQ, primary_key=True, autoincrement=True),
    Column("board_id", String(64), nullable=False),
    Column("product", String(64), nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("operation", String(8), nullable=False),
    Column("object_key", LargeBinary(32), nullable=False),
    Column("content_key", LargeBinary(32), nullable=False),
    Column("changed_at_ms", BigInteger),
    Column("received_at_ms", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(64)),
    Column("source", String(64)),
    Column("claimed_by", String(64)),
    Column("lease_until_ms", BigInteger, nullable=False, default=0),
    # The end of the lease of a worker that died while it held the record: until then a request of its may still be on
    # its way, so nothing that changes the same record again may overtake it. 0: nobody died.
    Column("orphaned_until_ms", BigInteger, nullable=False, default=0, server_default="0"),
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before_ms", BigInteger, nullable=False, default=0),
    Column("settled_at_ms", BigInteger),
    Column("parked_under", BigInteger),
    Column("sealed", LargeBinary),
    # A seq that was removed is never given out again: dead letters are named by it.
    sqlite_autoincrement=True,
)

inbox_references: Final = Table(
    "inbox_references",
    front_metadata,
    Column("board_id", String(64), nullable=False),
    Column("seq", _SEQ, ForeignKey("inbox.seq", ondelete="CASCADE"), primary_key=True),
    Column("object_key", LargeBinary(32), primary_key=True),
)
"""Keyed hashes of the gradebook records that a row refers to, so that order is kept without opening."""

inbox_owed: Final = Table(
    "inbox_owed",
    front_metadata,
    Column("board_id", String(64), nullable=False),
    Column("seq", _SEQ, ForeignKey("inbox.seq", ondelete="CASCADE"), primary_key=True),
    Column("source", String(64), primary_key=True),
    # Of the row in the inbox, so that order is kept per system without looking there.
    Column("object_key", LargeBinary(32), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("claimed_by", String(64)),
    Column("lease_until_ms", BigInteger, nullable=False, default=0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before_ms", BigInteger, nullable=False, default=0),
)
"""A record that goes to every system of the school (a category) and that one of them, which was down, still has to get.
The record itself counts as delivered: what refers to it goes on at the others. A row goes when that system has it.
"""

Index("ix_inbox_owed_object", inbox_owed.c.board_id, inbox_owed.c.object_key)
Index("ix_inbox_object", inbox.c.board_id, inbox.c.object_key, inbox.c.seq)
Index("ix_inbox_state", inbox.c.board_id, inbox.c.state, inbox.c.not_before_ms, inbox.c.seq)
Index("ix_inbox_references_object", inbox_references.c.board_id, inbox_references.c.object_key)
