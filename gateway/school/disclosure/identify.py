"""The one wrapper around `keys.pseudonyms`: which space, which scope, and rebinding before sealing.

Everything on the school side that needs a pseudonym comes here (release, registers, withdrawal, preview), so that the
same person gets the same pseudonym wherever it is needed and a search for `pseudonymise` finds one caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol, cast

from gateway.roster.model import Kind, ProductId, Pseudonym
from keys.errors import IdentifierRefused
from keys.identifiers import in_space, pack, unpack
from keys.keyring import KeyRing
from keys.pseudonyms import EveryPseudonym, encode_all, every_pseudonym, pseudonymise, seal
from keys.scope import IdentifierSpace, RecordKind, Scope

_REFUSED: Final = b"\0"
"""In front of a kept identifier that could not be packed; no packed form begins so."""

REGISTER_PRODUCT: Final = ProductId("_register")
"""The scope of register pseudonyms: data subjects in the registers are unlinkable to what any vendor holds."""

RECORD_KINDS: Final[Mapping[Kind, RecordKind]] = {
    Kind.ORG: RecordKind.ORG,
    Kind.ACADEMIC_SESSION: RecordKind.ACADEMIC_SESSION,
    Kind.ENROLLMENT: RecordKind.ENROLLMENT,
    # demographics.sourcedId equals its person's, or the vendor's join breaks.
    Kind.DEMOGRAPHICS: RecordKind.PERSON,
    Kind.USER: RecordKind.PERSON,
    Kind.CLASS: RecordKind.CLASS,
    Kind.COURSE: RecordKind.COURSE,
    Kind.CATEGORY: RecordKind.CATEGORY,
    Kind.LINE_ITEM: RecordKind.LINE_ITEM,
    Kind.RESULT: RecordKind.RESULT,
}

Rebinding = Mapping[tuple[IdentifierSpace, RecordKind, str], tuple[IdentifierSpace, str]]
"""(space, kind, identifier of today) -> (space, first identifier); empty until a school system is replaced."""


def pack_id(identifier: str) -> bytes:
    """An identifier as many of one space are kept; one that no pseudonym can carry is refused when it would leave."""
    try:
        return pack(identifier)
    except IdentifierRefused:
        return _REFUSED + identifier.encode("utf-8", "surrogatepass")


def unpack_id(packed: bytes) -> str:
    """The identifier again."""
    if packed[:1] == _REFUSED:
        return packed[1:].decode("utf-8", "surrogatepass")
    found = unpack(in_space(packed, bytes(3)))
    assert found is not None
    return found[1]


def texts(sealed: Sequence[bytes]) -> list[Pseudonym]:
    """The text forms of sealed identifiers, in the same order."""
    return cast(list[Pseudonym], encode_all(sealed))


class MakesPseudonyms(Protocol):
    """What a release asks for pseudonyms; see `Identifier`."""

    def pseudonyms(
        self, product: ProductId, kind: Kind, space: IdentifierSpace, identifiers: Sequence[str]
    ) -> list[Pseudonym]: ...

    def sealed(
        self, product: ProductId, kind: Kind, space: IdentifierSpace, packed: Sequence[bytes]
    ) -> list[bytes]: ...


class Identifier:
    """Makes pseudonyms for one ring; batches of one kind, product and identifier space."""

    def __init__(
        self,
        ring: KeyRing,
        *,
        key_of_product: Mapping[str, str] | None = None,
        rebinding: Rebinding | None = None,
    ) -> None:
        """Open.

        Args:
            key_of_product: product to the product whose keys it uses, where one continues another; else its own.
        """
        self._ring = ring
        self._key_of_product = key_of_product or {}
        self._rebinding = rebinding or {}
        self._scopes: dict[tuple[ProductId, RecordKind], Scope] = {}

    def __repr__(self) -> str:
        return "<Identifier>"

    def _scope(self, product: ProductId, kind: RecordKind) -> Scope:
        scope = self._scopes.get((product, kind))
        if scope is None:
            scope = self._scopes[product, kind] = self._ring.scope(
                self._key_of_product.get(product, product), kind
            )
        return scope

    def pseudonyms(
        self, product: ProductId, kind: Kind, space: IdentifierSpace, identifiers: Sequence[str]
    ) -> list[Pseudonym]:
        """Pseudonyms of identifiers of one list, in the same order."""
        record_kind = RECORD_KINDS[kind]
        scope = self._scope(product, record_kind)
        if not self._rebinding:
            return cast(list[Pseudonym], pseudonymise(self._ring, scope, space, identifiers))
        bound = [self._rebinding.get((space, record_kind, text), (space, text)) for text in identifiers]
        made: dict[tuple[IdentifierSpace, str], str] = {}
        for first_space in {first_space for first_space, _ in bound}:
            first = [text for each, text in bound if each == first_space]
            pseudonyms = pseudonymise(self._ring, scope, first_space, first)
            made.update(
                ((first_space, text), pseudonym) for text, pseudonym in zip(first, pseudonyms, strict=True)
            )
        return [Pseudonym(made[pair]) for pair in bound]

    def sealed(
        self, product: ProductId, kind: Kind, space: IdentifierSpace, packed: Sequence[bytes]
    ) -> list[bytes]:
        """As `pseudonyms`, of identifiers kept by `pack_id` and not in text form yet: see `texts`.

        Raises:
            IdentifierRefused: no pseudonym can carry one of them.
        """
        record_kind = RECORD_KINDS[kind]
        scope = self._scope(product, record_kind)
        if packed and min(packed)[:1] == _REFUSED:
            pack(unpack_id(min(packed)))
        if not self._rebinding:
            return seal(self._ring, scope, space, packed)
        bound = [self._first(space, record_kind, each) for each in packed]
        made: dict[tuple[IdentifierSpace, bytes], bytes] = {}
        for first_space in {first_space for first_space, _ in bound}:
            first = [each for of_space, each in bound if of_space == first_space]
            sealed = seal(self._ring, scope, first_space, first)
            made.update(((first_space, each), one) for each, one in zip(first, sealed, strict=True))
        return [made[pair] for pair in bound]

    def _first(
        self, space: IdentifierSpace, kind: RecordKind, packed: bytes
    ) -> tuple[IdentifierSpace, bytes]:
        found = self._rebinding.get((space, kind, unpack_id(packed)))
        return (space, packed) if found is None else (found[0], pack(found[1]))

    def every_pseudonym(self, product: ProductId, space: IdentifierSpace, identifier: str) -> EveryPseudonym:
        """All pseudonyms that one person can have had at a product, for the registers.

        Raises:
            UnknownProduct: the ring has no such product, or its keys were destroyed altogether.
        """
        record_kind = RECORD_KINDS[Kind.USER]
        bound = self._rebinding.get((space, record_kind, identifier), (space, identifier))
        return every_pseudonym(self._ring, self._scope(product, record_kind), bound[0], bound[1])

    def register_subject(self, space: IdentifierSpace, identifier: str) -> Pseudonym:
        """The register pseudonym of one person."""
        return self.pseudonyms(REGISTER_PRODUCT, Kind.USER, space, [identifier])[0]
