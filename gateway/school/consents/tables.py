"""Tables of consents and objections, in the school database.

Append-only: a withdrawal is a new row. Persons stand in them as register pseudonyms, as in the register of accesses,
so that what was said about one person is found; whom it is about and what was said is sealed under the ring, with the
row's own number, so that no row can be read, altered, moved or invented without the key. Numbers have no gaps, and
the audit log knows the newest one, so that no row can be taken away unseen.

Stored for ever: docs/decisions/0027.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import DDL, BigInteger, Column, Index, Integer, LargeBinary, String, Table, event
from sqlalchemy.schema import ExecutableDDLElement

from gateway.database import school_metadata
from gateway.registers.tables import trigger_statements

consent_registers: Final = Table(
    "consent_registers",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
)
"""One row per board: whoever records something locks it, and a refresh reads behind the lock (docs/decisions/0027)."""

consent_texts: Final = Table(
    "consent_texts",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("product", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("language", String(2), primary_key=True),
    Column("sha256", String(64), nullable=False),
    # The words themselves: a hash alone could not show years later what was said.
    Column("content", LargeBinary, nullable=False),
    # The terms that it was made from; see contracts.consent_texts.
    Column("told", LargeBinary, nullable=False),
    Column("agreement_id", String(64), nullable=False),
    Column("agreement_version", Integer, nullable=False),
    Column("registered_at_ms", BigInteger, nullable=False),
)
"""Every text with which consent was asked. About nobody."""

consent_statements: Final = Table(
    "consent_statements",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", String(255), nullable=False),
    Column("product", String(64), nullable=False),
    # So that a day which ends a consent can act without opening every row.
    Column("expires_on", String(10)),
    Column("recorded_at_ms", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

objection_statements: Final = Table(
    "objection_statements",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", String(255), nullable=False),
    # Empty: every product.
    Column("product", String(64)),
    Column("recorded_at_ms", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

deletion_requests: Final = Table(
    "deletion_requests",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", String(255), nullable=False),
    Column("product", String(64), nullable=False),
    Column("cause", String(32), nullable=False),
    Column("agreement_id", String(64), nullable=False),
    Column("agreement_version", Integer, nullable=False),
    Column("due_on", String(10), nullable=False),
    Column("drafted_at_ms", BigInteger, nullable=False),
    # The vendor's own pseudonyms of the person: beside the register pseudonym they would join the two.
    Column("sealed", LargeBinary, nullable=False),
)
"""Requests to a vendor to delete what it has about one person, drafted when something takes the person away."""

Index("ix_consent_statements_subject", consent_statements.c.board_id, consent_statements.c.subject)
Index("ix_consent_statements_product", consent_statements.c.board_id, consent_statements.c.product)
Index("ix_objection_statements_subject", objection_statements.c.board_id, objection_statements.c.subject)
Index("ix_deletion_requests_subject", deletion_requests.c.board_id, deletion_requests.c.subject)
Index("ix_deletion_requests_due", deletion_requests.c.board_id, deletion_requests.c.due_on)

APPEND_ONLY: Final = (consent_texts, consent_statements, objection_statements, deletion_requests)

for _table in APPEND_ONLY:
    for _statement in trigger_statements(_table):
        _trigger: ExecutableDDLElement = DDL(_statement)  # type: ignore[no-untyped-call]
        event.listen(_table, "after_create", _trigger.execute_if(dialect="sqlite"))
