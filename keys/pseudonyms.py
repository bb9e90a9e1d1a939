"""From identifiers to pseudonyms.

A pseudonym is AES-SIV (RFC 5297) over header and packed identifier (`keys.identifiers`) under the product's
own random key, with the scope as associated data:

    "p" + lower-case base32, unpadded, of: key id (2), SIV tag (16), ciphertext (4 + 16, 32, 64, 72 or 128)

Guarantees: within a scope the same (space, identifier) gives the same pseudonym; over two scopes unrelated
ones. Without the key nobody can link, reverse or make one: a made-up or altered text verifies with a chance
of 2^-128, and no two of 10^6 pupils share one (collision bound about 2^-88). 62 characters for UUIDs and
short identifiers
(61 of base32 and the letter). Starts with a letter, survives clients that fold case, holds nothing that a
URL, XML name, file name or spreadsheet treats specially.
Does not guarantee: that equal stays hidden. Deterministic on purpose, so who holds the key and a roster can
find everybody in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from keys.errors import ProductDestroyed, UnknownProduct, UnknownSpace
from keys.identifiers import in_space, pack
from keys.keyring import KeyRing, KeyVersion, ProductKeys, VersionState, content_of
from keys.scope import IdentifierSpace, Scope

LETTER: Final = "p"
ALPHABET: Final = b"abcdefghijklmnopqrstuvwxyz234567"
_LETTERS: Final = ALPHABET.ljust(256, b"?")
_SPREAD: Final = tuple(
    (bytes.fromhex(stay), bytes.fromhex(move), shift)
    for stay, move, shift in (
        ("00000000000fffff", "000000fffff00000", 12),
        ("000003ff000003ff", "000ffc00000ffc00", 6),
        ("001f001f001f001f", "03e003e003e003e0", 3),
    )
)


def pseudonymise(
    ring: KeyRing, scope: Scope, space: IdentifierSpace, identifiers: Sequence[str]
) -> list[str]:
    """Pseudonyms of identifiers of one space, in the same order, under the newest live key version.

    Raises:
        UnknownProduct, ProductDestroyed: the scope is not of this ring, or its keys are gone.
        UnknownSpace: the space is not registered in this ring.
        IdentifierRefused: an identifier is empty, no Unicode text, or too long.
    """
    return encode_all(seal(ring, scope, space, [pack(text) for text in identifiers]))


def seal(ring: KeyRing, scope: Scope, space: IdentifierSpace, packed: Sequence[bytes]) -> list[bytes]:
    """Pseudonyms as bytes, in the same order; `encode_all` gives their text.

    Args:
        packed: identifiers of one space, as `keys.identifiers.pack` makes them without one.

    Raises:
        UnknownProduct, ProductDestroyed, UnknownSpace: as `pseudonymise`.
    """
    version = _newest_live(product_keys(ring, scope))
    if space not in content_of(ring).spaces:
        raise UnknownSpace("This identifier space is not registered in this key ring.")
    number, key_id = space.number.to_bytes(3, "big"), version.key_id
    encrypt, associated = AESSIV(version.key).encrypt, scope.associated()
    return [key_id + encrypt(in_space(each, number), associated) for each in packed]


@dataclass(frozen=True, slots=True)
class EveryPseudonym:
    """All pseudonyms under which one identifier can have been given out."""

    pseudonyms: tuple[str, ...]
    """Newest first; retired versions included."""
    complete: bool
    """False where a version was destroyed: what was given out under it cannot be told any more."""


def every_pseudonym(ring: KeyRing, scope: Scope, space: IdentifierSpace, identifier: str) -> EveryPseudonym:
    """For the registers: what went out about a person, also before the product moved to a new key version.

    Raises:
        UnknownProduct: the scope is not of this ring.
        UnknownSpace, IdentifierRefused: as `pseudonymise`.
    """
    content = content_of(ring)
    if space not in content.spaces:
        raise UnknownSpace("This identifier space is not registered in this key ring.")
    entry = next((each for each in content.products if each.product == scope.product), None)
    if entry is None or content.board.id != scope.board.id:
        raise UnknownProduct("This scope is of another key ring.")
    packed, associated = pack(identifier, space.number.to_bytes(3, "big")), scope.associated()
    kept = [version for version in reversed(entry.versions) if version.state is not VersionState.DESTROYED]
    sealed = [version.key_id + AESSIV(version.key).encrypt(packed, associated) for version in kept]
    return EveryPseudonym(tuple(encode_all(sealed)), complete=len(kept) == len(entry.versions))


def product_keys(ring: KeyRing, scope: Scope) -> ProductKeys:
    """The keys of a scope's product.

    Raises:
        UnknownProduct: board or product are not those of this ring.
    """
    content = content_of(ring)
    entry = content.keys_of(scope.product.slug)
    # Attack: a scope of another board, or one made by hand. The ids decide, not the slug.
    if entry.product.id != scope.product.id or content.board.id != scope.board.id:
        raise UnknownProduct("This scope is of another key ring.")
    return entry


def _newest_live(entry: ProductKeys) -> KeyVersion:
    for version in reversed(entry.versions):
        if version.state is VersionState.LIVE:
            return version
    raise ProductDestroyed("The keys of this product were destroyed; no pseudonyms can be made.")


def encode_all(sealed: Sequence[bytes]) -> list[str]:
    """The text forms, in the same order."""
    padded = [item + bytes(-len(item) % 5) for item in sealed]
    digits = _base32(b"".join(padded))
    texts, at = [], 0
    for item, whole in zip(sealed, padded, strict=True):
        texts.append(LETTER + digits[at : at + -(-8 * len(item) // 5)])
        at += len(whole) // 5 * 8
    return texts


def _base32(octets: bytes) -> str:
    """RFC 4648 base32, lower case, of a multiple of 5 bytes; as `base64.b32encode`, which takes five times as
    long.

    Every 5 bytes become a lane of 8 bytes, of which the 40 bits are spread in three steps: 2 x 20, 4 x 10, 8
    x 5.
    """
    lanes = bytearray(len(octets) // 5 * 8)
    for place in range(5):
        lanes[3 + place :: 8] = octets[place::5]
    bits = int.from_bytes(lanes, "big")
    for stay, move, shift in _SPREAD:
        count = len(lanes) // 8
        bits = (
            bits & int.from_bytes(stay * count, "big") | (bits & int.from_bytes(move * count, "big")) << shift
        )
    return bits.to_bytes(len(lanes), "big").translate(_LETTERS).decode()
