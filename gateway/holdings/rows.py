"""From a released record to a stored row, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway import strict_json
from gateway.holdings.storage_key import StorageKey
from gateway.holdings.tables import RELATION_SCHOOL, RELATION_TERM
from gateway.roster.model import Kind, Relations

_FORMAT: Final = b"holding 1"
_MARKED: Final = "holding mark 1"

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
SCHOOL: Final = REFERENCE_COLUMNS.index("ref_school")
USER: Final = REFERENCE_COLUMNS.index("ref_user")

References = tuple[str | None, ...]
"""Values of `REFERENCE_COLUMNS`, in their order."""


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
        return self.storage_key.seal(strict_json.dumps(_written(body)), ad=self._associated(kind, record_id))

    def fingerprint(
        self,
        kind: Kind,
        record_id: str,
        body: Mapping[str, object],
        subject: str,
        references: References,
        targets: Sequence[tuple[str, str]] = (),
    ) -> bytes:
        """Equal exactly where record, body, subject and relations are equal (128 bits).

        Attack: a stolen database, and somebody who tries birth years until one fits. So it is keyed, and the record is
        part of it: equal bodies of two records look different.
        """
        # One JSON document of everything: no two records are written alike.
        named = (_MARKED, self.board_id, self.product, kind.value, record_id)
        return self.storage_key.mark(strict_json.dumps((named, subject, references, targets, _written(body))))

    def open(self, kind: Kind, record_id: str, sealed: bytes) -> dict[str, object]:
        """The fields again; empty for a tombstone."""
        if not sealed:
            return {}
        body = strict_json.loads_own(self.storage_key.open(sealed, ad=self._associated(kind, record_id)))
        assert isinstance(body, dict)
        return body


def _written(body: Mapping[str, object]) -> dict[str, object]:
    return body if type(body) is dict else dict(body)


def reference_values(relations: Relations | VendorRelations) -> References:
    """The columns of `holdings` for these relations. A person counts for the first school that lists it."""
    if isinstance(relations, VendorRelations):
        of_vendor = relations
        return (
            of_vendor.user,
            of_vendor.class_,
            of_vendor.school,
            None,
            None,
            of_vendor.line_item,
            of_vendor.category,
            None,
        )
    return (
        relations.user,
        relations.class_,
        relations.school or (relations.schools[0] if relations.schools else None),
        relations.course,
        relations.parent,
        relations.line_item,
        relations.category,
        relations.role,
    )


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
