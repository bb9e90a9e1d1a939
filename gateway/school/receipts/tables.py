"""Receipts as they were made, in the school database."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table

from gateway.database import school_metadata

receipts: Final = Table(
    "receipts",
    school_metadata,
    # An alias of the row id on SQLite: it counts by itself only when it is an INTEGER.
    Column("seq", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True),
    Column("board_id", String(64), nullable=False),
    Column("agreement_id", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("made_at_ms", BigInteger, nullable=False),
    # SHA-256 of `content`; stands in the audit log as well, which tells of a page that was changed.
    Column("digest", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
)

Index("ix_receipts_agreement", receipts.c.board_id, receipts.c.agreement_id)
