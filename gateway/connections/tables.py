"""Tables of the vendors' side of the connections: clients, tokens, compiled agreements, the clock's high
water.

All in the front database. A client's secret and a token are stored as SHA-256 only: both are 256 random bits,
so that a stolen table opens nothing and needs no slow hash.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text

from gateway.database import front_metadata

vendor_clients: Final = Table(
    "vendor_clients",
    front_metadata,
    Column("client_id", String(64), primary_key=True),
    Column("board_id", String(64), nullable=False),
    Column("product", String(64), nullable=False),
    Column("secret_hash", LargeBinary(32), nullable=False),
    Column("issued_at_ms", BigInteger, nullable=False),
    Column("revoked_at_ms", BigInteger),
)
Index("ix_vendor_clients_product", vendor_clients.c.board_id, vendor_clients.c.product)

access_tokens: Final = Table(
    "access_tokens",
    front_metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("token_id", String(64), nullable=False, unique=True),
    Column("board_id", String(64), nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("issued_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
)
Index("ix_access_tokens_expiry", access_tokens.c.board_id, access_tokens.c.expires_at_ms)

compiled_agreements: Final = Table(
    "compiled_agreements",
    front_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("product", String(64), primary_key=True),
    Column("publication", Integer, primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("published_at_ms", BigInteger, nullable=False),
)
"""Every compiled agreement that was ever in use; the greatest `publication` of a product counts, the others
say under what a generation was released."""
Index(
    "ix_compiled_agreements_digest",
    compiled_agreements.c.board_id,
    compiled_agreements.c.product,
    compiled_agreements.c.digest,
)

clock_marks: Final = Table(
    "clock_marks",
    front_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("high_water_at_ms", BigInteger, nullable=False),
)
