"""What one system of the school still has to get of a record that another one has.

Revision: front_0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "front_0003"
down_revision = "front_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one version up."""
    op.create_table(
        "inbox_owed",
        sa.Column("board_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("object_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("lease_until_ms", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["inbox.seq"], name=op.f("fk_inbox_owed_seq"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("seq", "source", name=op.f("pk_inbox_owed")),
    )
    op.create_index("ix_inbox_owed_object", "inbox_owed", ["board_id", "object_key"], unique=False)


def downgrade() -> None:
    """Refuse: what was acknowledged is not put at risk."""
    raise RuntimeError("restore a backup instead: the inbox is never migrated backwards")
