"""What vendors ask the sandbox to let happen; filled in the databases of a sandbox alone.

Revision: front_0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "front_0004"
down_revision = "front_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one version up."""
    op.create_table(
        "sandbox_presses",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("board_id", sa.String(length=64), nullable=False),
        sa.Column("product", sa.String(length=64), nullable=False),
        sa.Column("happening", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("asked_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("settled_at_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_sandbox_presses")),
    )
    op.create_index("ix_sandbox_presses_state", "sandbox_presses", ["board_id", "state", "number"])
    op.create_index("ix_sandbox_presses_product", "sandbox_presses", ["board_id", "product", "number"])


def downgrade() -> None:
    """Go one version down."""
    op.drop_table("sandbox_presses")
