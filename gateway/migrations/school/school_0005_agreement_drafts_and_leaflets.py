"""Drafts of agreements and vendors' privacy leaflets.

Revision: school_0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "school_0005"
down_revision = "school_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "agreement_drafts",
        sa.Column("board_id", sa.String(length=64), nullable=False),
        sa.Column("draft_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("board_id", "draft_id", name=op.f("pk_agreement_drafts")),
    )
    op.create_index(
        "ix_agreement_drafts_account", "agreement_drafts", ["board_id", "account_id"], unique=False
    )
    op.create_table(
        "vendor_leaflets",
        sa.Column("board_id", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("recipient_kvk", sa.String(length=8), nullable=False),
        sa.Column("version", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("imported_by", sa.String(length=120), nullable=False),
        sa.Column("imported_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("board_id", "digest", name=op.f("pk_vendor_leaflets")),
    )
