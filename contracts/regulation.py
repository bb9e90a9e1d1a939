"""The board's privacy regulation (privacyreglement), its versions, and what agreements go beyond.

The participation council has a right of consent (instemming) on it: another thing than a person's consent, and always
called the council's here. A version counts for pupils where the parents' or the pupils' part consented, for staff
where the staff part did.

Source: Wet medezeggenschap op scholen, art. 12, 13 and 14.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from contracts import canonical
from contracts.agreements import Agreement, ProductTerms
from contracts.vocabulary import DataCategory, SubjectCategory


class CouncilPart(StrEnum):
    """Which part of the (joint) participation council. Stored; values never change."""

    PARENTS = "parents"
    PUPILS = "pupils"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class CouncilConsent:
    """That a part of the council consented."""

    part: CouncilPart
    on: date
    reference: str
    """Where it is written: minutes, letter."""


@dataclass(frozen=True, slots=True)
class Regulation:
    """One version. Stored as canonical bytes; never changed; fields are only ever added, with a default."""

    version: str
    in_force_from: date
    categories: tuple[DataCategory, ...]
    purposes: tuple[str, ...]
    council: tuple[CouncilConsent, ...] = ()
    document_sha256: str | None = None
    """Of the regulation itself, where it was handed in."""

    def to_bytes(self) -> bytes:
        return canonical.to_bytes(self)

    @classmethod
    def from_bytes(cls, content: bytes) -> Regulation:
        """Read what `to_bytes` wrote. Raises `canonical.NotCanonical`."""
        return canonical.from_bytes(cls, content)

    def consented(self, parts: frozenset[CouncilPart], on: date) -> bool:
        """Whether one of these parts had consented on that day."""
        return any(each.part in parts and each.on <= on for each in self.council)


class Beyond(StrEnum):
    """In what an agreement goes beyond the regulation. Stored in the audit log; values never change."""

    COUNCIL = "council"
    """No version in force has the consent of the part that speaks for these persons."""
    CATEGORY = "category"
    PURPOSE = "purpose"


@dataclass(frozen=True, slots=True)
class Outside:
    """One thing of one product that no version with the council's consent holds."""

    product: str
    what: Beyond
    word: str

    @property
    def code(self) -> str:
        """`category:medisch`, for lists and the audit log."""
        return f"{self.what.value}:{self.word}"


_SPEAKS_FOR = (
    (
        "pupils",
        frozenset({SubjectCategory.PUPIL, SubjectCategory.GUARDIAN}),
        frozenset({CouncilPart.PARENTS, CouncilPart.PUPILS}),
    ),
    ("staff", frozenset({SubjectCategory.STAFF}), frozenset({CouncilPart.STAFF})),
)


def outside(agreement: Agreement, regulations: Sequence[Regulation], *, on: date) -> tuple[Outside, ...]:
    """What the agreement gives beyond the regulation on a day, each thing once; empty: nothing.

    Args:
        regulations: every version that was ever recorded.
    """
    found: dict[Outside, None] = {}
    for product in agreement.products:
        for each in _outside(product, regulations, on):
            found[each] = None
    return tuple(found)


def _outside(product: ProductTerms, regulations: Sequence[Regulation], on: date) -> Iterator[Outside]:
    for name, subjects, parts in _SPEAKS_FOR:
        concerned = subjects.intersection(product.subjects)
        if not concerned:
            continue
        in_force = in_force_for(regulations, parts, on=on)
        if in_force is None:
            yield Outside(product.product_id, Beyond.COUNCIL, name)
            continue
        for entry in product.data:
            about = entry.subjects is None or not concerned.isdisjoint(entry.subjects)
            if about and entry.category not in in_force.categories:
                yield Outside(product.product_id, Beyond.CATEGORY, entry.category.value)
        for purpose in product.purposes:
            if purpose not in in_force.purposes:
                yield Outside(product.product_id, Beyond.PURPOSE, purpose)


def speaking_for(regulations: Sequence[Regulation], *, on: date) -> dict[str, Regulation | None]:
    """Which version is in force for `pupils` and for `staff` on a day; None: none has the consent that it needs."""
    return {name: in_force_for(regulations, parts, on=on) for name, _, parts in _SPEAKS_FOR}


def in_force_for(
    regulations: Sequence[Regulation], parts: frozenset[CouncilPart], *, on: date
) -> Regulation | None:
    """The newest version that had begun and had the consent of one of these parts; of two that began on one day the
    one that was recorded last.
    """
    fitting = [each for each in regulations if each.in_force_from <= on and each.consented(parts, on)]
    return max(enumerate(fitting), key=lambda pair: (pair[1].in_force_from, pair[0]))[1] if fitting else None
