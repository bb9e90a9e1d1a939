"""Consents, objections, texts, requests to delete, and versions of the privacy regulation.

Revision: school_0003
After: school_0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "school_0003"
down_revision = "school_0002"
branch_labels = None
depends_on = None

_KEYS = {
    "consent_texts": ("board_id", "product", "version", "language"),
    "consent_statements": ("board_id", "number"),
    "objection_statements": ("board_id", "number"),
    "deletion_requests": ("board_id", "number"),
    "privacy_regulations": ("board_id", "number"),
}
"""Tables whose rows are never changed or removed, and their keys."""


def _append_only(table: str, key: tuple[str, ...]) -> tuple[str, ...]:
    """SQLite: not by accident. On PostgreSQL roles see to that."""
    same = " AND ".join(f"{column} = NEW.{column}" for column in key)
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    taken = f"SELECT 1 FROM {table} WHERE {same}"  # noqa: S608 (names of our own tables)
    return (
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS ({taken}) {refuse}",
    )


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "consent_registers",
        sa.Column("board_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("board_id", name=op.f("pk_consent_registers")),
    )
    op.create_table(
        "consent_statements",
        sa.Column("board_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("product", sa.String(length=64), nullable=False),
        sa.Column("expires_on", sa.String(length=10), nullable=True),
        sa.Column("recorded_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("board_id", "number", name=op.f("pk_consent_statements")),
    )
    op.create_index(
        "ix_consent_statements_product", "consent_statements", ["board_id", "product"], unique=False
    )
    op.create_index(
        "ix_consent_statements_subject", "consent_statements", ["board_id", "subject"], unique=False
    )
    op.create_table(
        "consent_texts",
        sa.Column("board_id", sa.String(length=64), nullable=False),
        sa.Column("product", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("told", sa.LargeBinary(), nullable=False),
        sa.Column("agreement_id", sa.String(length=64), nullable=False),
        sa.Column("agreement_version", sa.Integer(), nullable=False),
        sa.Column("registered_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("board_id", "product", "version", "language", name=op.f("pk_consent_texts")),
    )
    op.create_table(
        "deletion_requests",
        sa.Column("board_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("product", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("agreement_id", sa.String(length=64), nullable=False),
        sa.Column("agreement_version", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.String(length=10), nullable=False),
        sa.Column("drafted_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("board_id", "number", name=op.f("pk_deletion_requests")),
    )
    op.create_index("ix_deletion_requests_due", "deletion_requests", ["board_id", "due_on"], unique=False)
    op.create_index(
        "ix_deletion_requests_subject", "deletion_requests", ["board_id", "subject"], unique=False
    )
    op.create_table(
        "objection_statements",
        sa.Column("board_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("product", sa.String(length=64), nullable=True),
        sa.Column("recorded_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("board_id", "number", name=op.f("pk_objection_statements")),
    )
    op.create_index(
        "ix_objection_statements_subject", "objection_statements", ["board_id", "subject"], unique=False
    )
    op.create_table(
        "privacy_regulations",
        sa.Column("board_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("board_id", "number", name=op.f("pk_privacy_regulations")),
        sa.UniqueConstraint("board_id", "version", name=op.f("uq_privacy_regulations_board_id_version")),
    )
    if op.get_bind().dialect.name == "sqlite":
        for table, key in _KEYS.items():
            for statement in _append_only(table, key):
                op.execute(statement)


def downgrade() -> None:
    """Refuse: a register cannot be taken back."""
    raise RuntimeError("restore a backup instead: registers and holdings are never migrated backwards")
