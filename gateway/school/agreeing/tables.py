"""Tables of agreements that are still being written (school database). What is registered stands in `contracts.tables`.

No pupil is in them: a draft is an agreement record with gaps, a leaflet is a vendor's own file.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table

from gateway.database import school_metadata

agreement_drafts: Final = Table(
    "agreement_drafts",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("draft_id", String(32), primary_key=True),
    # Whose draft it is: nobody else sees it.
    Column("account_id", String(32), nullable=False),
    # JSON of `gateway.school.agreeing.drafts.Draft`.
    Column("content", LargeBinary, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("updated_at_ms", BigInteger, nullable=False),
)
"""What somebody is filling in."""

Index("ix_agreement_drafts_account", agreement_drafts.c.board_id, agreement_drafts.c.account_id)

vendor_leaflets: Final = Table(
    "vendor_leaflets",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    # SHA-256 of the canonical bytes.
    Column("digest", String(64), primary_key=True),
    Column("recipient_kvk", String(8), nullable=False),
    Column("version", String(200), nullable=False),
    # Canonical bytes of `contracts.leaflets.LeafletFile`.
    Column("content", LargeBinary, nullable=False),
    Column("imported_by", String(120), nullable=False),
    Column("imported_at_ms", BigInteger, nullable=False),
)
"""Privacy leaflets that vendors wrote, as they were imported."""
