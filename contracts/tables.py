"""Tables of the agreement register (school database).

Rows of `agreement_versions` hold the record as canonical bytes beside its digest; nothing of the record is
copied into columns that decide, so that there is one truth to check. Transitions are appended and never
changed.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

contract_metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

agreement_registers: Final = Table(
    "agreement_registers",
    contract_metadata,
    Column("board_id", String(64), nullable=False),
    PrimaryKeyConstraint("board_id"),
)
"""One row per board: whoever changes its register locks it, so that two changes never cross."""

vendor_products: Final = Table(
    "vendor_products",
    contract_metadata,
    Column("board_id", String(64), nullable=False),
    Column("product", String(64), nullable=False),
    Column("recipient_kvk", String(8), nullable=False),
    Column("recipient_name", Text, nullable=False),
    # The product whose pseudonyms this one keeps, where the board said that it continues it.
    Column("continues", String(64)),
    Column("registered_at_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("board_id", "product"),
)
"""Whose a product is, for ever."""

agreement_versions: Final = Table(
    "agreement_versions",
    contract_metadata,
    Column("board_id", String(64), nullable=False),
    Column("agreement_id", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("record", LargeBinary, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("paper_given", Boolean, nullable=False),
    Column("registered_by", Text, nullable=False),
    Column("registered_at_ms", BigInteger, nullable=False),
    # Last day, when an end was planned before the record's own.
    Column("ended_on", String(10)),
    Column("ended_at_ms", BigInteger),
    # Suspended, or was when it ended.
    Column("suspended", Boolean, nullable=False),
    PrimaryKeyConstraint("board_id", "agreement_id", "version"),
)
"""One row per version of an agreement."""

agreement_version_products: Final = Table(
    "agreement_version_products",
    contract_metadata,
    Column("board_id", String(64), nullable=False),
    Column("agreement_id", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("product", String(64), nullable=False),
    PrimaryKeyConstraint("board_id", "agreement_id", "version", "product"),
    ForeignKeyConstraint(
        ["board_id", "agreement_id", "version"],
        ["agreement_versions.board_id", "agreement_versions.agreement_id", "agreement_versions.version"],
    ),
    ForeignKeyConstraint(["board_id", "product"], ["vendor_products.board_id", "vendor_products.product"]),
)
"""Which products a version is about; an index, the record decides."""

agreement_transitions: Final = Table(
    "agreement_transitions",
    contract_metadata,
    # SQLite counts up by itself only with exactly INTEGER.
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("board_id", String(64), nullable=False),
    Column("agreement_id", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("from_state", String(16)),
    Column("to_state", String(16), nullable=False),
    # A name given on a command line is a claim; the account beside it is what the system saw.
    Column("claimed_by", Text, nullable=False),
    Column("os_account", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("finding", String(64)),
    Column("reason", Text),
    Column("digest", String(64), nullable=False),
    Column("standing_digest", String(64), nullable=False),
    ForeignKeyConstraint(
        ["board_id", "agreement_id", "version"],
        ["agreement_versions.board_id", "agreement_versions.agreement_id", "agreement_versions.version"],
    ),
)
"""What happened to every version, in order."""
