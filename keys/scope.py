"""For whom a pseudonym is: board, product and kind of record; and of which list the identifier is.

Objects and not loose strings, so that a product cannot be passed where a space is meant. All of them come
from a
`KeyRing`; what decides are the random ids in them, never names that people type (two vendors both call a
product "taal"; a typo at renewal would change every pupil).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

SCOPE_FORMAT: Final = b"\x01"
"""First item of the associated data. Another value makes every pseudonym another: never change it."""

REGISTER_SLUG: Final = "_register"
"""The product that every ring has from the start: data subjects in the registers, unlinkable to vendors."""


class RecordKind(StrEnum):
    """Kinds of record. The values are in every pseudonym ever issued: never change one, never reuse one.

    `person` is for pupils, staff and guardians alike: the kind must not tell a vendor more than the record
    does, and somebody who is both must not get two pseudonyms.
    """

    PERSON = "person"
    ORG = "org"
    ACADEMIC_SESSION = "academic_session"
    COURSE = "course"
    CLASS = "class"
    ENROLLMENT = "enrollment"
    CATEGORY = "category"
    LINE_ITEM = "line_item"
    RESULT = "result"
    SCORE_SCALE = "score_scale"
    RESOURCE = "resource"


@dataclass(frozen=True, slots=True)
class Board:
    """The controller (bevoegd gezag) whose ring this is."""

    name: str
    id: bytes = field(repr=False)
    """16 random bytes."""


@dataclass(frozen=True, slots=True)
class Product:
    """What a recipient offers: a pseudonymisation domain (EDPB 01/2025). Same product, same pseudonyms."""

    slug: str
    id: bytes = field(repr=False)
    """16 random bytes."""


@dataclass(frozen=True, slots=True)
class IdentifierSpace:
    """One list in which identifiers are unique, e.g. `las1/leerling`: pupil 17 and teacher 17 never meet."""

    name: str
    number: int
    """24 random bits, registered in the ring, never reused."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Within one, the same identifier has the same pseudonym; over two, unrelated ones."""

    board: Board
    product: Product
    kind: RecordKind

    def associated(self) -> list[bytes]:
        """The vector of associated data of AES-SIV.

        Attack: a joined string. Joined with a separator, "a|b" + "c" and "a" + "b|c" would be one scope; the
        vector of RFC 5297 section 2.4 keeps the items apart.
        """
        return [SCOPE_FORMAT, self.board.id, self.product.id, self.kind.value.encode()]
