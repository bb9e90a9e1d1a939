"""Tables of agreements that are still being written (school database). What is registered stands in `contracts.tables`.

No pupil is in them: a draft is an agreement record with gaps, a leaflet is a vendor's own file.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import DDL, BigInteger, Column, Index, Integer, LargeBinary, String, Table, event
from sqlalchemy.schema import ExecutableDDLElement

from gateway.database import school_metadata
from gateway.registers.tables import trigger_statements

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

agreement_advice: Final = Table(
    "agreement_advice",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("agreement_id", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    # JSON of docs/decisions/0040; its digest stands in the audit log.
    Column("content", LargeBinary, nullable=False),
    Column("advised_at_ms", BigInteger, nullable=False),
)
"""What the data protection officer advised. Append-only: who thinks otherwise later, advises again."""

Index(
    "ix_agreement_advice_agreement",
    agreement_advice.c.board_id,
    agreement_advice.c.agreement_id,
    agreement_advice.c.version,
)

APPEND_ONLY: Final = (agreement_advice,)

for _statement in trigger_statements(agreement_advice):
    _trigger: ExecutableDDLElement = DDL(_statement)  # type: ignore[no-untyped-call]
    event.listen(agreement_advice, "after_create", _trigger.execute_if(dialect="sqlite"))
