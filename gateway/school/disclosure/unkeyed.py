"""Pseudonyms of made-up people: drawn at random, alike in shape, of no key and kept nowhere.

Attack: somebody who may preview made-up people, and no pupil, types the id of a real one. Under the product's own
key the answer would be that pupil's pseudonym.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Final

from gateway.roster.model import Kind, ProductId, Pseudonym, Subject
from gateway.school.disclosure import aliases
from gateway.school.disclosure.aliases import Style
from gateway.school.disclosure.identify import RECORD_KINDS, texts
from gateway.school.disclosure.release import AllocateAliases
from gateway.school.disclosure.releasing import AliasAtDomain
from gateway.school.disclosure.treatments import AliasOf
from keys.scope import IdentifierSpace, RecordKind

_SEALED_BYTES: Final = 38
"""As long as the pseudonym of a short identifier (`keys.pseudonyms`)."""


class UnkeyedIdentifier:
    """Makes pseudonyms for one preview: the same identifier has the same one, until this is forgotten."""

    def __init__(self) -> None:
        self._drawn: dict[tuple[RecordKind, int, object], bytes] = {}

    def __repr__(self) -> str:
        return "<UnkeyedIdentifier>"

    def pseudonyms(
        self, product: ProductId, kind: Kind, space: IdentifierSpace, identifiers: Sequence[str]
    ) -> list[Pseudonym]:
        """Pseudonyms of identifiers of one list, in the same order."""
        return texts([self._draw(kind, space, each) for each in identifiers])

    def sealed(
        self, product: ProductId, kind: Kind, space: IdentifierSpace, packed: Sequence[bytes]
    ) -> list[bytes]:
        """As `pseudonyms`, of packed identifiers and not in text form yet."""
        return [self._draw(kind, space, each) for each in packed]

    def _draw(self, kind: Kind, space: IdentifierSpace, identifier: object) -> bytes:
        key = (RECORD_KINDS[kind], space.number, identifier)
        return self._drawn.setdefault(key, secrets.token_bytes(_SEALED_BYTES))


def drawn_aliases(domain: str, style: Style) -> AllocateAliases:
    """What gives made-up people aliases that look like those of a product and are allocated to nobody."""

    def draw(product: ProductId, people: Sequence[tuple[Pseudonym, Subject]]) -> Mapping[Pseudonym, AliasOf]:
        return {
            pseudonym: AliasAtDomain(aliases.unallocated(subject, style), domain)
            for pseudonym, subject in people
        }

    return draw
