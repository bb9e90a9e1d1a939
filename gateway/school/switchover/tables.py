"""That a product was switched over, in the `school` database: counts, hashes and days. About nobody."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, String, Table

from gateway.database import school_metadata

switchovers: Final = Table(
    "switchovers",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("product", String(64), nullable=False),
    Column("agreement_id", String(64), nullable=False),
    Column("agreement_version", Integer, nullable=False),
    Column("matched", Integer, nullable=False),
    # Rows of the vendor's list that got no pseudonym, which it must delete.
    Column("unmatched", Integer, nullable=False),
    Column("list_sha256", String(64), nullable=False),
    Column("order_sha256", String(64), nullable=False),
    Column("made_at_ms", BigInteger, nullable=False),
    Column("confirmed_on", String(10)),
    Column("confirmed_at_ms", BigInteger),
    Column("document_sha256", String(64)),
    Column("document_file", String(80)),
)
"""The lists themselves are nowhere: they were worked in memory."""
