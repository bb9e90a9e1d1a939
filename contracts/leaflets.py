"""A vendor's privacy leaflet (privacybijsluiter) as a file: written once by the vendor, imported by every board.

It is a proposal, never a term: what a vendor says that it needs, in its own words beside our categories and fields.
Only a record that a board registers decides.

Source: `docs/examples/leaflet.yaml`; the leaflet of the Dutch covenant;
`docs/decisions/0029-drafts-roles-and-leaflets.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from contracts import canonical
from contracts.agreements import Retention, Security, Subprocessor, Transfer
from contracts.checks import faults_of_rules
from contracts.faults import DocumentRefused, Fault, sort_faults
from contracts.leaflet_schema import LeafletFileSchema
from contracts.parsing import parse
from contracts.schemas import faults_of_shape
from contracts.vendors import Recipient
from contracts.vocabulary import (
    DataCategory,
    Direction,
    Form,
    Groups,
    IdentifierScope,
    Service,
    SpecialGround,
    SubjectCategory,
)


@dataclass(frozen=True, slots=True)
class LeafletLine:
    """One category in the vendor's own words, with the fields and the form that it proposes."""

    words: str
    category: DataCategory
    fields: tuple[str, ...]
    form: Form
    direction: Direction
    subjects: tuple[SubjectCategory, ...] | None = None
    necessity: str | None = None
    clause: str | None = None
    art9_ground: SpecialGround | None = None


@dataclass(frozen=True, slots=True)
class LeafletProduct:
    """What the vendor says of one product."""

    product_id: str
    name: str
    version: str
    date: date
    purposes: tuple[str, ...]
    services: tuple[Service, ...]
    subjects: tuple[SubjectCategory, ...]
    groups: Groups
    categories: tuple[LeafletLine, ...]
    retention: Retention
    storage_countries: tuple[str, ...]
    identifier: IdentifierScope = IdentifierScope.RELATIONSHIP
    transfers: tuple[Transfer, ...] = ()
    subprocessors: tuple[Subprocessor, ...] = ()
    ai: str | None = None


@dataclass(frozen=True, slots=True)
class LeafletFile:
    """The whole file."""

    leaflet_version: str
    vendor: Recipient
    products: tuple[LeafletProduct, ...]
    security: Security | None = None

    def canonical(self) -> bytes:
        """The bytes that are kept."""
        return canonical.to_bytes(self)

    @property
    def digest(self) -> str:
        return canonical.digest(self.canonical())

    @classmethod
    def from_canonical(cls, content: bytes) -> LeafletFile:
        """Read a kept leaflet. Raises `canonical.NotCanonical`."""
        return canonical.from_bytes(cls, content)

    def product(self, slug: str) -> LeafletProduct | None:
        """What it says of one product."""
        return next((product for product in self.products if product.product_id == slug), None)


def load(content: str | bytes, *, name: str = "") -> LeafletFile:
    """Read a leaflet.

    Raises:
        DocumentRefused: with all faults.
    """
    plain = parse(content, name=name)
    if not isinstance(plain, dict):
        raise DocumentRefused(
            [Fault("", "The leaflet is not an object with keys.", "Follow the example.", "not_an_object")]
        )
    sound, shape = faults_of_shape(plain, LeafletFileSchema())
    faults = [*shape, *_rules(sound, plain)]
    if faults:
        raise DocumentRefused(sort_faults(faults))
    return canonical.from_plain(LeafletFile, sound)


_FOR_THE_BOARD: Final = frozenset({"special_without_ground", "eckid_without_basis"})
"""Faults of an agreement that a vendor cannot mend: ground and basis are the board's."""


def _rules(sound: Mapping[str, Any], raw: Mapping[str, Any]) -> Iterator[Fault]:
    """The rules of a record over what the leaflet proposes."""
    for fault in faults_of_rules(_as_record(sound), _as_record(raw)):
        if fault.code not in _FOR_THE_BOARD:
            path = fault.path.replace(".data[", ".categories[").replace("processor.", "vendor.")
            yield Fault(path, fault.message, fault.remedy, fault.code)


def _as_record(plain: Mapping[str, Any]) -> dict[str, Any]:
    products = plain.get("products")
    return {
        "processor": plain.get("vendor") if isinstance(plain.get("vendor"), Mapping) else {},
        "products": [
            {
                **{key: value for key, value in product.items() if key not in ("categories", "identifier")},
                "data": _lines(product.get("categories")),
            }
            for product in (products if isinstance(products, list) else [])
            if isinstance(product, Mapping)
        ],
    }


def _lines(lines: Any) -> list[Any]:
    # Without the vendor's own words: they may well say that no BSN is asked for.
    return [
        {key: value for key, value in line.items() if key != "words"} if isinstance(line, Mapping) else line
        for line in (lines if isinstance(lines, list) else [])
    ]


def proposed(product: LeafletProduct) -> dict[str, Any]:
    """The product as a record would have it; legal basis and scope are the board's and left open."""
    plain: dict[str, Any] = canonical.to_plain(product)
    lines = [
        {key: value for key, value in line.items() if key != "words"} for line in plain.pop("categories")
    ]
    version, day = plain.pop("version"), plain.pop("date")
    plain.pop("identifier", None)
    return {
        **plain,
        "bijsluiter": {"version": version, "date": day},
        "scope": {"schools": None},
        "identifier": {"scope": product.identifier.value},
        "data": lines,
    }
