"""Tables of the way out, in the `school` database."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, String, Table, UniqueConstraint

from gateway.database import school_metadata

aliases: Final = Table(
    "aliases",
    school_metadata,
    Column("board_id", String(64), nullable=False),
    Column("product", String(128), nullable=False),
    Column("pseudonym", String(255), nullable=False),
    Column("code", String(16), nullable=False),
    Column("allocated_at_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("board_id", "product", "pseudonym"),
    UniqueConstraint("board_id", "product", "code"),
)
"""What a person is called at a product that must not have the name. Rows are never changed or reused."""

absent_persons: Final = Table(
    "absent_persons",
    school_metadata,
    Column("board_id", String(64), nullable=False),
    Column("product", String(128), nullable=False),
    Column("pseudonym", String(255), nullable=False),
    Column("first_absent_at_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("board_id", "product", "pseudonym"),
)
"""Persons whom a source did not bring and about whom it gave no clear answer: gone when a second refresh agrees."""

alias_styles: Final = Table(
    "alias_styles",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("product", String(64), primary_key=True),
    Column("style", String(16), nullable=False),
    Column("chosen_at_ms", BigInteger, nullable=False),
)
"""How a product's new aliases look where that was chosen; no row: codes. Who chose it is in the audit log."""
