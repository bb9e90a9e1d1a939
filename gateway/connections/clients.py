"""Vendor clients and their access tokens: who may knock at the vendors' door.

A client belongs to one product. Issuing one opens nothing by itself: without an agreement in force it is
refused. Secrets and tokens are shown once and stored as hashes.

Source: RFC 6749 section 4.4 (client credentials), RFC 6750 (bearer tokens).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, delete, select, update

from gateway.connections.tables import access_tokens, vendor_clients
from gateway.roster.model import ProductId

TOKEN_LIFETIME_SECONDS: Final = 3_600
_SECRET_BYTES: Final = 32
_NO_HASH: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class VendorClient:
    """A client that proved who it is, or an entry of the list of clients."""

    client_id: str
    product: ProductId
    issued_at_ms: int
    revoked_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class IssuedClient:
    """What is shown once, at issue."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Session:
    """What a valid access token stands for."""

    client_id: str
    product: ProductId
    scopes: frozenset[str]
    token_id: str
    """Names the token without opening anything; a walk through the holdings is pinned to it."""
    expires_at_ms: int


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def issue(connection: Connection, *, board_id: str, product: ProductId, now_ms: int) -> IssuedClient:
    """Make a client for a product. The caller registers it in the same transaction."""
    issued = IssuedClient(
        client_id=f"c-{secrets.token_hex(8)}", client_secret=secrets.token_urlsafe(_SECRET_BYTES)
    )
    connection.execute(
        vendor_clients.insert(),
        {
            "client_id": issued.client_id,
            "board_id": board_id,
            "product": product,
            "secret_hash": _hash(issued.client_secret),
            "issued_at_ms": now_ms,
        },
    )
    return issued


def revoke(connection: Connection, *, board_id: str, client_id: str, now_ms: int) -> VendorClient | None:
    """End a client and every token of it, from this transaction's commit on; None when there is no such
    client.

    Revoking twice keeps the first moment.
    """
    mine = (vendor_clients.c.board_id == board_id, vendor_clients.c.client_id == client_id)
    connection.execute(
        update(vendor_clients)
        .where(*mine, vendor_clients.c.revoked_at_ms.is_(None))
        .values(revoked_at_ms=now_ms)
    )
    connection.execute(
        delete(access_tokens).where(
            access_tokens.c.board_id == board_id, access_tokens.c.client_id == client_id
        )
    )
    row = connection.execute(select(vendor_clients).where(*mine)).first()
    return None if row is None else VendorClient(client_id, row.product, row.issued_at_ms, row.revoked_at_ms)


def listed(connection: Connection, *, board_id: str, product: ProductId | None = None) -> list[VendorClient]:
    """Clients, revoked ones included, oldest first."""
    statement = select(vendor_clients).where(vendor_clients.c.board_id == board_id)
    if product is not None:
        statement = statement.where(vendor_clients.c.product == product)
    rows = connection.execute(statement.order_by(vendor_clients.c.issued_at_ms, vendor_clients.c.client_id))
    return [VendorClient(row.client_id, row.product, row.issued_at_ms, row.revoked_at_ms) for row in rows]


def authenticate(
    connection: Connection, *, board_id: str, client_id: str, secret: str
) -> VendorClient | None:
    """The client, when id and secret belong together and it is not revoked.

    Attack: asking which clients exist. An unknown client, a wrong secret and a revoked client do the same
    work and give the same answer.
    """
    row = connection.execute(
        select(vendor_clients).where(
            vendor_clients.c.board_id == board_id, vendor_clients.c.client_id == client_id
        )
    ).first()
    fits = hmac.compare_digest(_NO_HASH if row is None else row.secret_hash, _hash(secret))
    if row is None or not fits or row.revoked_at_ms is not None:
        return None
    return VendorClient(row.client_id, row.product, row.issued_at_ms)


def issue_token(
    connection: Connection, client: VendorClient, *, board_id: str, scopes: Iterable[str], now_ms: int
) -> str:
    """Make an access token: opaque, random, valid for `TOKEN_LIFETIME_SECONDS`."""
    token = secrets.token_urlsafe(_SECRET_BYTES)
    connection.execute(
        delete(access_tokens).where(
            access_tokens.c.board_id == board_id, access_tokens.c.expires_at_ms <= now_ms
        )
    )
    connection.execute(
        access_tokens.insert(),
        {
            "token_hash": _hash(token),
            "token_id": f"t-{secrets.token_hex(8)}",
            "board_id": board_id,
            "client_id": client.client_id,
            "scopes": " ".join(sorted(scopes)),
            "issued_at_ms": now_ms,
            "expires_at_ms": now_ms + TOKEN_LIFETIME_SECONDS * 1_000,
        },
    )
    return token


def resolve_token(connection: Connection, *, board_id: str, token: str, now_ms: int) -> Session | None:
    """What a token stands for; None when unknown, expired, or its client revoked."""
    row = connection.execute(
        select(access_tokens, vendor_clients.c.product)
        .join(vendor_clients, vendor_clients.c.client_id == access_tokens.c.client_id)
        .where(
            access_tokens.c.token_hash == _hash(token),
            access_tokens.c.board_id == board_id,
            access_tokens.c.expires_at_ms > now_ms,
            vendor_clients.c.board_id == board_id,
            vendor_clients.c.revoked_at_ms.is_(None),
        )
    ).first()
    if row is None:
        return None
    return Session(row.client_id, row.product, frozenset(row.scopes.split()), row.token_id, row.expires_at_ms)
