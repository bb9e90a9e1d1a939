"""From pseudonyms back to identifiers: the one guarded module. Only `gateway.school.relink` may import it.

For each text, in this order:
(1) its shape: ASCII letters and digits of base32, one of the few lengths, wholly lower or wholly upper case;
(2) base32 decodes, and encodes to the same text again;
(3) the key id is one of this product's;
(4) the SIV tag verifies under that key and this scope;
(5) the header's space is registered in this ring, and the packing is the one that `pack` makes.
Whatever fails, the answer is the same `NotMade`. Nothing is looked up outside the ring and nothing is raised,
so a vendor that sends rubbish learns nothing and stops nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from keys.identifiers import PACKED_SIZES, pseudonym_characters, sealed_size, unpack
from keys.keyring import KeyRing, VersionState, content_of
from keys.pseudonyms import ALPHABET, encode_all, product_keys
from keys.scope import IdentifierSpace, Scope


@dataclass(frozen=True, slots=True)
class Recovered:
    """The pseudonym is of this scope."""

    space: IdentifierSpace
    identifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RetiredVersion:
    """Of this scope, but under a key version that the school retired. For the school, never the vendor."""

    space: IdentifierSpace
    identifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotMade:
    """Made up, altered, of another product, kind or board, or its key was destroyed."""


Outcome = Recovered | RetiredVersion | NotMade
_NOT_MADE: Final = NotMade()
_SIZES: Final = {pseudonym_characters(size): sealed_size(size) for size in PACKED_SIZES}
"""Characters of a pseudonym -> bytes that it stands for."""
_DIGITS: Final = bytes.maketrans(
    ALPHABET + ALPHABET.upper()[:26], b"0123456789abcdefghijklmnopqrstuv0123456789abcdefghijklmnop"
)
# Mixed case is refused: clients fold the whole text or nothing, and two spellings more mean nobody's mistake.
_SHAPE: Final = re.compile(r"p[a-z2-7]+|P[A-Z2-7]+", re.ASCII)


def recover(ring: KeyRing, scope: Scope, pseudonyms: Sequence[str]) -> list[Outcome]:
    """What each text stands for under this scope, in the same order.

    Raises:
        UnknownProduct: the scope is not of this ring. Never because of a pseudonym.
    """
    versions = {
        version.key_id: (AESSIV(version.key), version.state)
        for version in product_keys(ring, scope).versions
        if version.state is not VersionState.DESTROYED
    }
    spaces = {space.number: space for space in content_of(ring).spaces}
    associated = scope.associated()
    outcomes: list[Outcome] = []
    for sealed in decode_all(pseudonyms):  # (1) (2)
        outcome: Outcome = _NOT_MADE
        if sealed and sealed[:2] in versions:  # (3)
            cipher, state = versions[sealed[:2]]
            try:
                found = unpack(cipher.decrypt(sealed[2:], associated))  # (4) (5)
            except InvalidTag:
                found = None
            if found and found[0] in spaces:
                kind = Recovered if state is VersionState.LIVE else RetiredVersion
                outcome = kind(spaces[found[0]], found[1])
        outcomes.append(outcome)
    return outcomes


def decode_all(texts: Sequence[str]) -> list[bytes | None]:
    """The bytes of every text that has the form of a pseudonym; None for anything else, whatever it is."""
    decoded = [_decode(text) for text in texts]
    again = iter(encode_all([sealed for sealed in decoded if sealed]))
    # Attack: spare bits. Two texts that decode to the same bytes would be two pseudonyms of one pupil.
    return [
        sealed if sealed and next(again) == text.lower() else None
        for text, sealed in zip(texts, decoded, strict=True)
    ]


def _decode(text: str) -> bytes | None:
    if not isinstance(text, str) or len(text) not in _SIZES or not _SHAPE.fullmatch(text):
        return None
    size, digits = _SIZES[len(text)], len(text) - 1
    number = int(text[1:].encode().translate(_DIGITS), 32) >> (5 * digits - 8 * size)
    return number.to_bytes(size, "big")
