"""What changes between two versions, counted and named for a person who has to judge it.

`contracts.comparison` decides whether a change widens; this says what one would tell a colleague: two fields more, one
sub-processor more. Nothing here decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from contracts.agreements import Agreement, ProductTerms
from contracts.comparison import FieldLine, lines_of
from contracts.vocabulary import Form

TERMS_OF_PRODUCT = (
    "legal_basis",
    "purposes",
    "services",
    "scope",
    "subjects",
    "groups",
    "identifier",
    "retention",
    "transfers",
    "dpia",
    "ai",
)
TERMS_OF_RECORD = (
    "role",
    "controller",
    "processor",
    "term",
    "art28",
    "breach",
    "security",
    "document",
    "sharing",
)
"""Parts that are told by name only; their values stand side by side on the page."""


@dataclass(frozen=True, slots=True)
class FormChange:
    """A field that goes in another form than before."""

    product: str
    line: FieldLine
    before: Form
    after: Form


@dataclass(frozen=True, slots=True)
class Summary:
    """What is more, what is less and what is otherwise; names are of the record, never of a pupil."""

    products_added: tuple[str, ...] = ()
    products_removed: tuple[str, ...] = ()
    fields_added: tuple[tuple[str, str], ...] = ()
    """Product and field, each pair once whatever the persons and directions."""
    fields_removed: tuple[tuple[str, str], ...] = ()
    forms_changed: tuple[FormChange, ...] = ()
    subprocessors_added: tuple[str, ...] = ()
    subprocessors_removed: tuple[str, ...] = ()
    countries_added: tuple[str, ...] = ()
    countries_removed: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    """`TERMS_OF_PRODUCT` and `TERMS_OF_RECORD` that differ."""

    @property
    def empty(self) -> bool:
        """Whether nothing at all differs."""
        return self == Summary()


def summarise(old: Agreement, new: Agreement) -> Summary:
    """What the new version changes."""
    before = {terms.product_id: terms for terms in old.products}
    after = {terms.product_id: terms for terms in new.products}
    both = [slug for slug in after if slug in before]
    told = [name for name in TERMS_OF_RECORD if getattr(old, name) != getattr(new, name)]
    told += [
        name
        for name in TERMS_OF_PRODUCT
        if any(getattr(before[slug], name) != getattr(after[slug], name) for slug in both)
    ]
    fields_before = {pair for slug in before for pair in _fields(before[slug])}
    fields_after = {pair for slug in after for pair in _fields(after[slug])}
    thirds_before, thirds_after = _thirds(before.values()), _thirds(after.values())
    places_before, places_after = _places(before.values()), _places(after.values())
    return Summary(
        products_added=tuple(slug for slug in after if slug not in before),
        products_removed=tuple(slug for slug in before if slug not in after),
        fields_added=tuple(sorted(fields_after - fields_before)),
        fields_removed=tuple(sorted(fields_before - fields_after)),
        forms_changed=tuple(change for slug in both for change in _forms(before[slug], after[slug])),
        subprocessors_added=tuple(sorted(thirds_after - thirds_before)),
        subprocessors_removed=tuple(sorted(thirds_before - thirds_after)),
        countries_added=tuple(sorted(places_after - places_before)),
        countries_removed=tuple(sorted(places_before - places_after)),
        terms=tuple(told),
    )


def _fields(terms: ProductTerms) -> set[tuple[str, str]]:
    return {(terms.product_id, line.field) for line in lines_of(terms)}


def _thirds(products: Iterable[ProductTerms]) -> set[str]:
    return {third.name for terms in products for third in terms.subprocessors}


def _places(products: Iterable[ProductTerms]) -> set[str]:
    """Where the data is, with those who help included."""
    found: set[str] = set()
    for terms in products:
        found.update(terms.storage_countries)
        found.update(third.country for third in terms.subprocessors)
    return found


def _forms(old: ProductTerms, new: ProductTerms) -> list[FormChange]:
    before, after = lines_of(old), lines_of(new)
    return [
        FormChange(new.product_id, line, before[line].form, after[line].form)
        for line in sorted(after, key=str)
        if line in before and before[line].form is not after[line].form
    ]
