"""Tables of any-vendor mode, in the `school` database: layouts, and which aliases a product gets. About nobody."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table

from gateway.database import school_metadata

layouts: Final = Table(
    "layouts",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("name", String(64), primary_key=True),
    # A layout that is added again under its name is a new row: what an export of last year looked like stays known.
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sha256", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("added_at_ms", BigInteger, nullable=False),
)
"""Layouts as they were given, byte for byte; the newest number of a name counts."""
