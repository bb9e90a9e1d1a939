"""Layouts, styles of aliases, planned changes of school years, switch-overs.

Revision: school_0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "school_0008"
down_revision = "school_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "alias_styles",
        sa.Column("board_id", sa.String(length=64), nullable=False),
        sa.Column("product", sa.String(length=64), nullable=False),
        sa.Column("style", sa.String(length=16), nullable=False),
        sa.Column("chosen_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("board_id", "product", name=op.f("pk_alias_styles")),
    )
    op.create_table(
        "layouts",
        sa.Column("board_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("board_id", "name", "number", name=op.f("pk_layouts")),
    )
    op.create_table(
        "school_year_plans",
        sa.Column("board_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_on", sa.String(length=10), nullable=False),
        sa.Column("last_on", sa.String(length=10), nullable=False),
        sa.Column("planned_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("dropped_at_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("board_id", "number", name=op.f("pk_school_year_plans")),
    )
    op.create_table(
        "school_year_expectations",
        sa.Column("board_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("product", sa.String(length=64), nullable=False),
        sa.Column("school", sa.String(length=255), nullable=False),
        sa.Column("leaving", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "board_id", "number", "product", "school", name=op.f("pk_school_year_expectations")
        ),
    )
    op.create_table(
        "switchovers",
        sa.Column("board_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("product", sa.String(length=64), nullable=False),
        sa.Column("agreement_id", sa.String(length=64), nullable=False),
        sa.Column("agreement_version", sa.Integer(), nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.Column("unmatched", sa.Integer(), nullable=False),
        sa.Column("list_sha256", sa.String(length=64), nullable=False),
        sa.Column("order_sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_on", sa.String(length=10), nullable=True),
        sa.Column("confirmed_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("document_sha256", sa.String(length=64), nullable=True),
        sa.Column("document_file", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("board_id", "number", name=op.f("pk_switchovers")),
    )
