"""From a released record to a stored row, and back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gateway import strict_json
from gateway.holdings.storage_key import StorageKey
from gateway.holdings.tables import RELATION_SCHOOL, RELATION_TERM
from gateway.roster.model import Kind, Relations

_FORMAT: Final = b"holding 1"

REFERENCE_COLUMNS: Final = (
    "ref_user",
    "ref_class",
    "ref_school",
    "ref_course",
    "ref_parent",
    "ref_line_item",
    "ref_category",
    "role",
)


@dataclass(frozen=True, slots=True)
class VendorRelations:
    """References of a record that a vendor made: pseudonyms issued to it, or ids of its own records."""

    user: str | None = None
    class_: str | None = None
    school: str | None = None
    line_item: str | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True)
class BodySeal:
    """Seals and opens bodies of one product; a body opens only as the record that it was sealed for."""

    storage_key: StorageKey
    board_id: str
    product: str
    _holder: tuple[bytes, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_holder", (_FORMAT, self.board_id.encode(), self.product.encode()))

    def _associated(self, kind: Kind, record_id: str) -> list[bytes]:
        return [*self._holder, kind.encode(), record_id.encode()]

    def seal(self, kind: Kind, record_id: str, body: Mapping[str, object]) -> bytes:
        """Seal the allowed fields of one record."""
        plain = strict_json.dumps(body if type(body) is dict else dict(body))
        return self.storage_key.seal(plain, ad=self._associated(kind, record_id))

    def open(self, kind: Kind, record_id: str, sealed: bytes) -> dict[str, object]:
        """The fields again; empty for a tombstone."""
        if not sealed:
            return {}
        body = strict_json.loads_own(self.storage_key.open(sealed, ad=self._associated(kind, record_id)))
        assert isinstance(body, dict)
        return body


def reference_values(relations: Relations | VendorRelations) -> dict[str, str | None]:
    """The columns of `holdings` for these relations. A person counts for the first school that lists it."""
    if isinstance(relations, VendorRelations):
        return {
            "ref_user": relations.user,
            "ref_class": relations.class_,
            "ref_school": relations.school,
            "ref_course": None,
            "ref_parent": None,
            "ref_line_item": relations.line_item,
            "ref_category": relations.category,
            "role": None,
        }
    first_school = relations.schools[0] if relations.schools else None
    return {
        "ref_user": relations.user,
        "ref_class": relations.class_,
        "ref_school": relations.school or first_school,
        "ref_course": relations.course,
        "ref_parent": relations.parent,
        "ref_line_item": relations.line_item,
        "ref_category": relations.category,
        "role": relations.role,
    }


def link_targets(relations: Relations | VendorRelations) -> list[tuple[str, str]]:
    """(relation, target) of the relations that can be many."""
    if isinstance(relations, VendorRelations):
        return []
    if not relations.terms and not relations.schools:
        return []
    return [
        *((RELATION_TERM, term) for term in sorted(set(relations.terms))),
        *((RELATION_SCHOOL, school) for school in sorted(set(relations.schools))),
    ]


def fingerprint(
    sealed: bytes, subject: str, references: Mapping[str, Any], targets: list[tuple[str, str]]
) -> bytes:
    """Equal exactly where sealed body, subject and relations are equal (128 bits).

    Holds nothing that the row does not show: the body goes in sealed.
    """
    parts = [subject, *[references[column] or "" for column in REFERENCE_COLUMNS]]
    for target in targets:
        parts += target
    # NUL joins without ambiguity: no pseudonym, id or role holds one, and every single column has its place.
    return hashlib.blake2b("\0".join(parts).encode() + b"\0\0" + sealed, digest_size=16).digest()
