"""Sealing under keys of the ring: what the front took in, rows of the school's database, checkpoints.

Opening the inbox is HPKE (RFC 9180) in mode base: the front has the public half only. Whoever has that half
can seal, so an opened record proves nothing about who wrote it. Stored forms start with a suite byte: 0005.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from keys.errors import CannotOpen
from keys.keyring import KeyRing, content_of
from keys.scope import RecordKind

INTAKE_X25519_SHA256_AES256GCM: Final = 0x01
"""Suite byte of the inbox; `gateway.inbox.sealing` writes the same. Stored; never reused."""
ROW_AES256GCM: Final = 0x01
"""Suite byte of rows of the school's database. Stored; never reused."""

_INTAKE: Final = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_NONCE: Final = 12


def open_intake(ring: KeyRing, sealed: bytes, *, context: bytes) -> bytes:
    """Open what the front sealed to the intake key.

    Args:
        sealed: suite byte, encapsulated key, ciphertext.
        context: the HPKE `info` of sealing (board, product, kind, operation): a body moved to another row
        fails.

    Raises:
        CannotOpen: altered, moved, or sealed to another key.
    """
    if sealed[:1] != bytes((INTAKE_X25519_SHA256_AES256GCM,)):
        raise CannotOpen("A sealed result has an unknown form.")
    key = X25519PrivateKey.from_private_bytes(content_of(ring).intake_key)
    try:
        return _INTAKE.decrypt(sealed[1:], key, info=context)
    except (InvalidTag, ValueError):
        raise CannotOpen("A sealed result does not open with this key ring.") from None


def sign_checkpoint(ring: KeyRing, message: bytes) -> bytes:
    """Ed25519 signature (64 bytes) over a checkpoint's text. This key signs nothing else."""
    return Ed25519PrivateKey.from_private_bytes(content_of(ring).checkpoint_key).sign(message)


def seal_school_row(ring: KeyRing, purpose: str, plaintext: bytes) -> bytes:
    """Seal a value of the school's database; `purpose` names table and column, and is needed to open it.

    Equal values give different bytes. Every purpose has its own key, so random nonces suffice for 2^32 rows
    each.
    """
    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(_derived(ring, "row", purpose)).encrypt(nonce, plaintext, None)
    return bytes((ROW_AES256GCM,)) + nonce + sealed


def open_school_row(ring: KeyRing, purpose: str, sealed: bytes) -> bytes:
    """Raises CannotOpen: altered, sealed for another purpose or by another ring."""
    if sealed[:1] != bytes((ROW_AES256GCM,)) or len(sealed) < 1 + _NONCE + 16:
        raise CannotOpen("A sealed row has an unknown form.")
    key = AESGCM(_derived(ring, "row", purpose))
    try:
        return key.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], None)
    except InvalidTag:
        raise CannotOpen("A sealed row does not open with this key ring.") from None


def vendor_id_mac(
    ring: KeyRing, product: str, kind: RecordKind, vendor_id: str, *, continued_by: str | None = None
) -> bytes:
    """32 bytes that stand for an id which a vendor minted, per product and kind; HMAC-SHA-256.

    Two products with the same id get unrelated bytes, and no vendor can choose an id that the school's system
    uses already. Ids of any text; also of a destroyed product, so that what it wrote keeps its place.

    Args:
        continued_by: slug of a product that uses the keys of `product` because it continues it; it has no random
            id of its own in the ring, and a slug belongs to one recipient for ever.
    """
    entry = content_of(ring).keys_of(product)
    # A list of four begins with the list of three of no other id: every part stands after its length.
    more = () if continued_by is None else (continued_by.encode(),)
    parts = (entry.product.id, kind.value.encode(), vendor_id.encode("utf-8", "surrogatepass"), *more)
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.digest(_derived(ring, "mac", "vendor id"), message, hashlib.sha256)


def _derived(ring: KeyRing, use: str, purpose: str) -> bytes:
    label = f"schuilnaam school {use} 1 {purpose}".encode()
    return HKDF(hashes.SHA256(), 32, None, label).derive(content_of(ring).school_row_key)
