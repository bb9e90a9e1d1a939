"""From pseudonyms back to identifiers: the one guarded module. Only `gateway.school.relink` may import it.

For each text, in this order:
(1) its shape: ASCII letters and digits of base32, one of the few lengths, wholly lower or wholly upper case;
(2) base32 decodes, and encodes to the same text again;
(3) the key id is one of this product's;
(4) the SIV tag verifies under that key and this scope;
(5) the header's space is registered in this ring, and the packing is the one that `pack` makes.
Whatever fails, the answer is the same `NotMade`. Nothing is looked up outside the ring and nothing is raised, so a
vendor that sends rubbish learns nothing and stops nothing.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from keys.identifiers import PACKED_SIZES, pseudonym_characters, unpack
from keys.keyring import KeyRing, VersionState, content_of
from keys.pseudonyms import encode, product_keys
from keys.scope import IdentifierSpace, Scope


@dataclass(frozen=True, slots=True)
class Recovered:
    """The pseudonym is of this scope."""

    space: IdentifierSpace
    identifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RetiredVersion:
    """Of this scope, but made under a key version that the school has retired. Told to the school, never the vendor."""

    space: IdentifierSpace
    identifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotMade:
    """Not made for this scope: made up, altered, of another product, kind or board, or its key was destroyed."""


Outcome = Recovered | RetiredVersion | NotMade
_NOT_MADE: Final = NotMade()
_LENGTHS: Final = frozenset(pseudonym_characters(size) for size in PACKED_SIZES)
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
    for pseudonym in pseudonyms:
        sealed = decode(pseudonym)  # (1) (2)
        cipher, state = versions.get(sealed[:2], (None, None)) if sealed else (None, None)  # (3)
        outcome: Outcome = _NOT_MADE
        if sealed and cipher:
            try:
                found = unpack(cipher.decrypt(sealed[2:], associated))  # (4) (5)
            except InvalidTag:
                found = None
            if found and found[0] in spaces:
                kind = Recovered if state is VersionState.LIVE else RetiredVersion
                outcome = kind(spaces[found[0]], found[1])
        outcomes.append(outcome)
    return outcomes


def decode(pseudonym: str) -> bytes | None:
    """The bytes of a text that has the form of a pseudonym; None for anything else, whatever it is."""
    if not isinstance(pseudonym, str) or len(pseudonym) not in _LENGTHS or not _SHAPE.fullmatch(pseudonym):
        return None
    upper = pseudonym.upper()
    # The letters are checked above, so this cannot fail; the spare bits of the last one are checked below.
    sealed = base64.b32decode(upper[1:] + "=" * (-len(upper[1:]) % 8))
    # Attack: spare bits. Two texts that decode to the same bytes would be two pseudonyms of one pupil.
    return sealed if encode(sealed) == pseudonym.lower() else None
