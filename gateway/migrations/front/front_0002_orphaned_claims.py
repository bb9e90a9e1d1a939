"""Until when a request of a worker that died may still reach a school's system.

Revision: front_0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "front_0002"
down_revision = "front_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one version up."""
    op.add_column(
        "inbox", sa.Column("orphaned_until_ms", sa.BigInteger(), nullable=False, server_default="0")
    )


def downgrade() -> None:
    """Refuse: what was acknowledged is not put at risk."""
    raise RuntimeError("restore a backup instead: the inbox is never migrated backwards")
