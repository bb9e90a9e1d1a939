"""Tables of staff (school database): accounts, their roles, how they sign in, and sessions.

Guarantees: no secret in clear. Passwords are Argon2id hashes; tokens (sessions, invitations) and recovery codes are
hashes; TOTP seeds are sealed with the pages' key, which is a file and no part of a backup of the databases.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from gateway.database import school_metadata

staff_accounts: Final = Table(
    "staff_accounts",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("account_id", String(32), primary_key=True),
    # How the registers name this person; unique at the board, never given to another.
    Column("name", String(120), nullable=False),
    Column("display_name", String(200), nullable=False),
    Column("email", String(254)),
    Column("language", String(8)),
    # `local` or `oidc`; who came by the school's own identity provider has no password here.
    Column("kind", String(16), nullable=False),
    Column("issuer", String(512)),
    Column("subject", String(255)),
    Column("password_hash", Text),
    Column("totp_sealed", LargeBinary),
    # The last time step (30 s) that was accepted: a code is used once (RFC 6238 section 5.2).
    Column("totp_step", BigInteger),
    Column("failures", Integer, nullable=False),
    Column("locked_until_ms", BigInteger),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("closed_at_ms", BigInteger),
)

Index("uq_staff_accounts_name", staff_accounts.c.board_id, staff_accounts.c.name, unique=True)
Index(
    "uq_staff_accounts_subject",
    staff_accounts.c.board_id,
    staff_accounts.c.issuer,
    staff_accounts.c.subject,
    unique=True,
)


def _of_account() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["board_id", "account_id"], ["staff_accounts.board_id", "staff_accounts.account_id"]
    )


staff_roles: Final = Table(
    "staff_roles",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("account_id", String(32), primary_key=True),
    Column("role", String(32), primary_key=True),
    # BRIN; empty for the whole board, because a primary key has no null.
    Column("school", String(6), primary_key=True),
    _of_account(),
)
"""Roles given here. Who signs in by an identity provider has those of the session instead."""

staff_invitations: Final = Table(
    "staff_invitations",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("account_id", String(32), nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("used_at_ms", BigInteger),
    _of_account(),
)
"""One-time links with which somebody chooses a password and a second factor."""

staff_recovery_codes: Final = Table(
    "staff_recovery_codes",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("account_id", String(32), primary_key=True),
    Column("code_hash", LargeBinary(32), primary_key=True),
    Column("used_at_ms", BigInteger),
    _of_account(),
)

staff_passkeys: Final = Table(
    "staff_passkeys",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("credential_id", LargeBinary(1023), primary_key=True),
    Column("account_id", String(32), nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("label", String(64), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    _of_account(),
)

staff_sessions: Final = Table(
    "staff_sessions",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("account_id", String(32), nullable=False),
    # What an identity provider said at sign-in, as canonical JSON; null where `staff_roles` counts.
    Column("grants", Text),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("seen_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("ended_at_ms", BigInteger),
    _of_account(),
)

Index("ix_staff_sessions_account", staff_sessions.c.board_id, staff_sessions.c.account_id)

staff_api_tokens: Final = Table(
    "staff_api_tokens",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("token_id", String(32), primary_key=True),
    Column("token_hash", LargeBinary(32), nullable=False),
    Column("account_id", String(32), nullable=False),
    Column("label", String(100), nullable=False),
    # The roles that this token carries, as canonical JSON; never more than the account holds.
    Column("grants", Text, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("revoked_at_ms", BigInteger),
    _of_account(),
)
"""Tokens with which a program acts for somebody at the admin API."""

Index(
    "uq_staff_api_tokens_hash",
    staff_api_tokens.c.board_id,
    staff_api_tokens.c.token_hash,
    unique=True,
)
