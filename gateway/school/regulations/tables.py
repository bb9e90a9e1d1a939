"""The table of privacy regulations, in the school database. About nobody."""

from __future__ import annotations

from typing import Final

from sqlalchemy import DDL, BigInteger, Column, Integer, LargeBinary, String, Table, UniqueConstraint, event
from sqlalchemy.schema import ExecutableDDLElement

from gateway.database import school_metadata
from gateway.registers.tables import trigger_statements

privacy_regulations: Final = Table(
    "privacy_regulations",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("version", String(64), nullable=False),
    # `contracts.regulation.Regulation` as canonical bytes; its digest stands in the audit log.
    Column("content", LargeBinary, nullable=False),
    Column("recorded_at_ms", BigInteger, nullable=False),
    UniqueConstraint("board_id", "version"),
)
"""Append-only: another council's consent is another version."""

APPEND_ONLY: Final = (privacy_regulations,)

for _statement in trigger_statements(privacy_regulations):
    _trigger: ExecutableDDLElement = DDL(_statement)  # type: ignore[no-untyped-call]
    event.listen(privacy_regulations, "after_create", _trigger.execute_if(dialect="sqlite"))
