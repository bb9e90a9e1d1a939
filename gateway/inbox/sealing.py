"""Seal what a vendor returned to the school's intake key; the front can lock this box and not open it.

Guarantees: only who holds the private half (in the key ring, school side) reads the record; a sealed body moved
to a row of another board, product, kind or operation does not open; its length tells the record's length in
steps of 256 bytes only.
Does not guarantee: who wrote it. Anyone with the public key can seal, so whoever controls the front can make up
records (not read any). What is made up still has to hold pseudonyms that the ring made for this product.

Source: RFC 9180 (HPKE), mode base. The stored form is final: docs/decisions/0007.
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from gateway.errors import GatewayUnready
from gateway.roster.model import Kind, ProductId

SUITE_X25519_SHA256_AES256GCM: Final = 0x01
"""First byte of a sealed body: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. Stored; never reused."""

PADDING_BYTES: Final = 256
_SUITE: Final = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_LABEL: Final = b"schuilnaam/inbox/1"


def length_prefixed(*parts: bytes) -> bytes:
    """Join parts so that no two different lists give the same bytes.

    Attack: joined with a separator, ("a|b", "c") and ("a", "b|c") would be one.
    """
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def intake_context(*, board_id: str, product: ProductId, kind: Kind, operation: str) -> bytes:
    """What a sealed body is bound to; front and school side must build the same."""
    return length_prefixed(
        _LABEL, board_id.encode(), product.encode(), kind.value.encode(), str(operation).encode()
    )


def seal_for_school(public_key: bytes, plaintext: bytes, *, context: bytes) -> bytes:
    """Seal `plaintext` to the intake key: suite byte, then encapsulated key and ciphertext.

    Args:
        public_key: 32 bytes, X25519, from the ring's public part.
        context: HPKE `info`; must be the same at opening.

    Raises:
        GatewayUnready: code `intake_key_unusable`: the public key is not an X25519 key.
    """
    try:
        key = X25519PublicKey.from_public_bytes(public_key)
    except ValueError:
        raise GatewayUnready(
            "The intake key is damaged, so nothing can be taken in.",
            code="intake_key_unusable",
            remedy="Restore the public part of the key ring in the front's settings.",
        ) from None
    sealed: bytes = _SUITE.encrypt(plaintext, key, info=context)
    return bytes([SUITE_X25519_SHA256_AES256GCM]) + sealed


def pad_json(document: bytes) -> bytes:
    """Fill a JSON text with spaces to a multiple of 256 bytes; the text means the same.

    Attack: a stolen front database would tell short comments from long ones.
    """
    return document + b" " * (-len(document) % PADDING_BYTES)
