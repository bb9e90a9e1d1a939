"""The recipient of data, and who owns a product."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

EEA = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split()  # noqa: SIM905
)
"""European Economic Area, ISO 3166-1 codes; other countries need a mechanism (GDPR art. 44-49)."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """The vendor as a legal person. It is identified by its KvK number, never by its name."""

    name: str
    kvk: str
    """Eight digits of the Chamber of Commerce."""
    country: str
    """ISO 3166-1, two letters."""
    breach_contact: str
    convenant_status: str | None = None
    """`deelnemer`, `medestander` or `geen`."""
    convenant_checked_on: date | None = None


@dataclass(frozen=True, slots=True)
class ProductOwner:
    """Which recipient a product slug belongs to, for ever: the slug is the pseudonymisation domain's name."""

    product: str
    kvk: str
    name: str
    continues: str | None = None
    """The product of the same recipient whose pseudonyms it keeps."""


def outside_eea(country: str) -> bool:
    """Whether data in this country needs a transfer mechanism."""
    return country.upper() not in EEA


def names_mechanism(mechanism: str | None) -> bool:
    """Whether a text names a mechanism at all; which one is valid is for the board's lawyer."""
    return (mechanism or "").strip().lower() not in {"", "-", "none", "geen", "no", "n/a", "nvt", "n.v.t."}
