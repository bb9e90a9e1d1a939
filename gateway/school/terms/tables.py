"""Tables of what follows from agreements, in the school database. Days are local, `YYYY-MM-DD`.

Rows hold what was decided and counted; in which state that is on a day is computed (`contracts.terms`).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from gateway.database import school_metadata

# An alias of the row id on SQLite: it counts by itself only when it is an INTEGER.
_SEQ: Final = BigInteger().with_variant(Integer(), "sqlite")

deletions: Final = Table(
    "deletions",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("agreement_id", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("product", String(64), primary_key=True),
    # As it was counted when the agreement ended, so that nothing moves it afterwards.
    Column("ended_on", String(10), nullable=False),
    Column("due_on", String(10), nullable=False),
    Column("backups_on", String(10)),
    Column("clause", Text, nullable=False),
    Column("started_at_ms", BigInteger, nullable=False),
    Column("continued_under", String(80)),
    Column("confirmed_on", String(10)),
    Column("confirmed_by", Text),
    Column("confirmed_account", Text),
    Column("document_sha256", String(64)),
    Column("document_file", String(80)),
)
"""What a vendor must delete: one row per product of an agreement version that ended."""

subprocessor_notices: Final = Table(
    "subprocessor_notices",
    school_metadata,
    Column("seq", _SEQ, primary_key=True, autoincrement=True),
    Column("board_id", String(64), nullable=False),
    Column("agreement_id", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("country", String(2), nullable=False),
    Column("service", Text, nullable=False),
    Column("announced_on", String(10), nullable=False),
    Column("object_by", String(10)),
    Column("specific", Boolean, nullable=False),
    Column("clause", Text, nullable=False),
    Column("registered_at_ms", BigInteger, nullable=False),
    Column("registered_by", Text, nullable=False),
    Column("registered_account", Text, nullable=False),
    Column("document_sha256", String(64)),
    Column("document_file", String(80)),
    Column("answer", String(16)),
    Column("answered_on", String(10)),
    Column("answered_by", Text),
    Column("answered_account", Text),
    Column("reason", Text),
)
"""What vendors said about new sub-processors, and what the board answered."""

Index("ix_subprocessor_notices_board", subprocessor_notices.c.board_id)

shredding_plans: Final = Table(
    "shredding_plans",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("agreement_id", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("product", String(64), primary_key=True),
    Column("shred_on", String(10), nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_account", Text, nullable=False),
    Column("decided_at_ms", BigInteger, nullable=False),
    Column("proposed_at_ms", BigInteger),
    Column("closed", String(16)),
    Column("closed_at_ms", BigInteger),
)
"""Pseudonyms that are to be joined to nobody any more from a day. A plan destroys nothing: a person does."""
