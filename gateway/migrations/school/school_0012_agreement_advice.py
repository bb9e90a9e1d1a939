"""Advice of the data protection officer (FG) about a version of an agreement.

Revision: school_0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "school_0012"
down_revision = "school_0008"
branch_labels = None
depends_on = None

_TABLE = "agreement_advice"
_REFUSE = f"BEGIN SELECT RAISE(ABORT, '{_TABLE} is append-only'); END"


def upgrade() -> None:
    """Go one version up."""
    op.create_table(
        _TABLE,
        sa.Column("board_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("agreement_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("advised_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("board_id", "number", name=op.f("pk_agreement_advice")),
    )
    op.create_index(
        "ix_agreement_advice_agreement", _TABLE, ["board_id", "agreement_id", "version"], unique=False
    )
    if op.get_bind().dialect.name == "sqlite":
        taken = f"SELECT 1 FROM {_TABLE} WHERE board_id = NEW.board_id AND number = NEW.number"  # noqa: S608
        op.execute(f"CREATE TRIGGER {_TABLE}_no_update BEFORE UPDATE ON {_TABLE} {_REFUSE}")
        op.execute(f"CREATE TRIGGER {_TABLE}_no_delete BEFORE DELETE ON {_TABLE} {_REFUSE}")
        op.execute(
            f"CREATE TRIGGER {_TABLE}_no_replace BEFORE INSERT ON {_TABLE} WHEN EXISTS ({taken}) {_REFUSE}"
        )


def downgrade() -> None:
    """Refuse: what an officer advised is not taken away."""
    raise RuntimeError("restore a backup instead: advice is never taken away")
