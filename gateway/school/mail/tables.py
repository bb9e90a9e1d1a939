"""The outbox of mails, in the school database."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, UniqueConstraint

from gateway.database import school_metadata

# An alias of the row id on SQLite: it counts by itself only when it is an INTEGER.
_SEQ: Final = BigInteger().with_variant(Integer(), "sqlite")

mails: Final = Table(
    "mails",
    school_metadata,
    Column("seq", _SEQ, primary_key=True, autoincrement=True),
    Column("board_id", String(64), nullable=False),
    # What it tells, for ever: the same thing is told once, whoever finds it due and how often.
    Column("mail_key", String(255), nullable=False),
    Column("occasion", String(32), nullable=False),
    # Roles, not addresses: who holds them is looked up when the mail is sent.
    Column("roles", String(255), nullable=False),
    Column("agreement", String(80)),
    Column("product", String(64)),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    # The receipt that goes with it.
    Column("receipt", BigInteger),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at_ms", BigInteger, nullable=False),
    Column("lease_until_ms", BigInteger, nullable=False),
    Column("sent_at_ms", BigInteger),
    Column("sent_to", Text),
    # Addresses that the mail server would not take, where it took others.
    Column("refused_for", Text),
    Column("failure", String(64)),
    UniqueConstraint("board_id", "mail_key"),
)
"""One row per mail. It is sent to every address of its roles at once."""

Index("ix_mails_due", mails.c.board_id, mails.c.state, mails.c.due_at_ms)
