"""Tables of the way back, in the school database: ids that vendors minted, and what could not be joined."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table

from gateway.database import school_metadata

vendor_made_ids: Final = Table(
    "vendor_made_ids",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("school_id", String(36), primary_key=True),
    Column("product", String(64), nullable=False),
    Column("source", String(64)),
    Column("vendor_id_sealed", LargeBinary, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
)
"""Which record of the school's system a vendor made (docs/decisions/0018). `source` is empty where the record
goes to every source of the board. The id itself is computed; the row is for tracing it back.
"""

quarantine: Final = Table(
    "quarantine",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    # The number of the inbox row: it stays the same when a crash repeats the step.
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("product", String(64), nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("operation", String(8), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("lengths", String(255), nullable=False),
    Column("received_at_ms", BigInteger, nullable=False),
    Column("quarantined_at_ms", BigInteger, nullable=False),
    Column("bytes_sealed", Integer, nullable=False),
    Column("sealed", LargeBinary),
)
"""Returned records that were joined to nobody. Holds no identity: a reason, lengths, and the body as the front
sealed it, for 30 days.
"""

Index("ix_quarantine_time", quarantine.c.board_id, quarantine.c.quarantined_at_ms)
