"""Tables of the four registers, and what the database itself does to keep them append-only.

`disclosures` and `audit` stand in the front database, `accesses` and `audit_school` in the school database.
One shape for all four: the entry bytes are the record, `leaf_hash` proves them, every other column is a copy
out of the entry for searching, which `gateway.registers.verify` compares with the entry.

Guarantees: on PostgreSQL the application's role may add and read, nothing else (`revoke_statements`).
Does not guarantee: anything against who owns the database, nor on SQLite, where triggers stop accidents only.
The proof is in the chain, and against its owner in checkpoints that are kept elsewhere (docs/decisions/0006).
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from sqlalchemy import DDL, BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, event
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.types import TypeEngine

from gateway.database import front_metadata, school_metadata


class Log(StrEnum):
    """The four logs. Stored in every entry and in checkpoints; values never change."""

    DISCLOSURES = "disclosures"
    """What went to which vendor under which agreement. Front database."""
    AUDIT = "audit"
    """What happened at the vendors' door. Front database."""
    ACCESSES = "accesses"
    """Who at the school looked at identified data, and why. School database."""
    AUDIT_SCHOOL = "audit_school"
    """What happened at the school side: keys, agreements, refreshes, deliveries. School database."""


# Ids are compared as bytes: a locale's order would put an id outside the range that it was served in.
_ID: Final[TypeEngine[str]] = String(255).with_variant(String(255, collation="C"), "postgresql")


def _register(log: Log, metadata: MetaData, *index_columns: Column[str] | Column[int]) -> Table:
    """One register: a gapless sequence per board, its proof, and columns to search by."""
    return Table(
        log.value,
        metadata,
        Column("board_id", String(64), primary_key=True),
        Column("seq", BigInteger, primary_key=True, autoincrement=False),
        Column("at_ms", BigInteger, nullable=False),
        *index_columns,
        Column("entry", LargeBinary, nullable=False),
        Column("leaf_hash", LargeBinary(32), nullable=False),
    )


disclosures: Final = _register(
    Log.DISCLOSURES,
    front_metadata,
    Column("product", String(64), nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("agreement_id", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("first_id", _ID),
    Column("last_id", _ID),
    Column("record_count", Integer, nullable=False),
    Column("request_id", String(64), nullable=False),
)

audit: Final = _register(
    Log.AUDIT,
    front_metadata,
    Column("event", String(64), nullable=False),
    Column("product", String(64)),
    Column("client_id", String(64)),
    Column("object_id", String(255)),
)

accesses: Final = _register(
    Log.ACCESSES,
    school_metadata,
    Column("operation", String(32), nullable=False),
    Column("product", String(64)),
    Column("actor", String(255), nullable=False),
    Column("access_seq", BigInteger, nullable=False),
)

audit_school: Final = _register(
    Log.AUDIT_SCHOOL,
    school_metadata,
    Column("event", String(64), nullable=False),
    Column("product", String(64)),
    Column("client_id", String(64)),
    Column("object_id", String(255)),
)

field_sets: Final = Table(
    "field_sets",
    front_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
"""Which fields in which form, stored once by SHA-256; a disclosure names the digest, so the content is proved
too.
"""

Index("ix_disclosures_product", disclosures.c.board_id, disclosures.c.product, disclosures.c.kind)
Index("ix_audit_object", audit.c.board_id, audit.c.object_id, audit.c.event)
Index("ix_audit_school_object", audit_school.c.board_id, audit_school.c.object_id, audit_school.c.event)

TABLES: Final = {
    Log.DISCLOSURES: disclosures,
    Log.AUDIT: audit,
    Log.ACCESSES: accesses,
    Log.AUDIT_SCHOOL: audit_school,
}

APPEND_ONLY: Final = (disclosures, field_sets, audit, accesses, audit_school)


def trigger_statements(table: Table) -> tuple[str, ...]:
    """SQLite only: refuse to change, remove or replace a row by accident."""
    name = table.name
    same_key = " AND ".join(f"{column.name} = NEW.{column.name}" for column in table.primary_key)
    taken = f"SELECT 1 FROM {name} WHERE {same_key}"  # noqa: S608 (names of our own tables)
    refuse = f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
    return (
        f"CREATE TRIGGER {name}_no_update BEFORE UPDATE ON {name} {refuse}",
        f"CREATE TRIGGER {name}_no_delete BEFORE DELETE ON {name} {refuse}",
        # INSERT OR REPLACE removes the old row without firing the trigger on DELETE.
        f"CREATE TRIGGER {name}_no_replace BEFORE INSERT ON {name} WHEN EXISTS ({taken}) {refuse}",
    )


for _table in APPEND_ONLY:
    for _statement in trigger_statements(_table):
        # `%` is a format character for DDL; there is none in these statements.
        _trigger: ExecutableDDLElement = DDL(_statement)  # type: ignore[no-untyped-call]
        event.listen(_table, "after_create", _trigger.execute_if(dialect="sqlite"))


_ROLE: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}\Z")


def revoke_statements(role: str, metadata: MetaData) -> tuple[str, ...]:
    """PostgreSQL: leave `role` INSERT and SELECT on the registers of one database, and nothing else.

    Run by the owner of the tables, who must be another role than `role`: an owner can grant itself anything.

    Raises:
        ValueError: `role` is not a plain lower-case name.
    """
    if not _ROLE.match(role):
        raise ValueError("the role's name must be lower-case letters, digits and underscores")
    statements: list[str] = []
    for table in APPEND_ONLY:
        if table.metadata is metadata:
            statements.append(f'REVOKE ALL ON "{table.name}" FROM PUBLIC')
            statements.append(f'REVOKE ALL ON "{table.name}" FROM "{role}"')
            statements.append(f'GRANT INSERT, SELECT ON "{table.name}" TO "{role}"')
    return tuple(statements)
