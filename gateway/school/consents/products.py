"""What a product asks consent for: purposes, texts, and the terms that a text must have told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from contracts.legal_bases import needs_consent
from contracts.transitions import PENDING, RUNNING, Version
from gateway.database import reading
from gateway.errors import DisclosureRefused, UsageError
from gateway.school.agreements import reading_agreements
from gateway.school.consents.facts import texts_in_force
from gateway.school.consents.rows import ConsentRows, RegisteredText
from gateway.school.services import SchoolServices


@dataclass(frozen=True, slots=True)
class AskedProduct:
    """One product that rests on consent, or did."""

    product: str
    version: Version
    """In force, or else the one that comes next, or else the last that was."""
    purposes: tuple[str, ...]
    """Of `version`: each needs a consent."""
    every_purpose: tuple[str, ...]
    """Of every version that rests on consent: a no without a purpose is about all of them."""
    texts: tuple[RegisteredText, ...]
    covering: frozenset[str]
    """SHA-256 of the texts that tell all that `version` gives."""

    @property
    def is_current(self) -> bool:
        """Whether it rests on consent now, or will when its agreement is activated."""
        return self.version.state in (*PENDING, *RUNNING)

    @property
    def newest_covering(self) -> tuple[RegisteredText, ...]:
        """The newest text that tells all, in every language in which there is one."""
        fitting = [text for text in self.texts if text.sha256 in self.covering]
        newest = max((text.version for text in fitting), default=None)
        return tuple(text for text in fitting if text.version == newest)


def versions_of(services: SchoolServices, product: str, *, now: datetime) -> list[Version]:
    """Every version that names the product: the one in force first, then those that wait, then those that were."""
    if not product.isprintable():
        # A NUL is text that PostgreSQL does not take.
        return []
    with reading_agreements(services) as register:
        in_force = register.in_force(product, now=now)
        named = [version for version in register.listing() if product in version.products]
    named.sort(key=lambda version: _rank(version, in_force))
    return named


def _rank(version: Version, in_force: Version | None) -> tuple[int, float]:
    if in_force is not None and version.reference == in_force.reference:
        rank = 0
    elif version.state in PENDING:
        rank = 1
    else:
        rank = 2 if version.state in RUNNING else 3
    return rank, -version.registered_at.timestamp()


def require_known(services: SchoolServices, product: str, *, now: datetime) -> list[Version]:
    """As `versions_of`. Raises `UsageError`, code `product_unknown`, where no agreement names the product."""
    versions = versions_of(services, product, now=now)
    if not versions:
        raise UsageError("There is no such product.", code="product_unknown", remedy="See agreement list.")
    return versions


def asked_product(
    services: SchoolServices, connection: Connection, product: str, *, now: datetime
) -> AskedProduct:
    """What a product asks consent for.

    Raises:
        UsageError: code `product_unknown`.
        DisclosureRefused: code `consent_not_asked`; it rests on another basis, and consent decides nothing there.
    """
    versions = [
        version
        for version in require_known(services, product, now=now)
        if needs_consent(version.compiled(product).legal_basis)
    ]
    if not versions:
        raise DisclosureRefused(
            "This product does not rest on consent, so none is asked and none is recorded.",
            code="consent_not_asked",
            remedy="To leave one person out of it, see `schuilnaam objection add`.",
        )
    version = versions[0]
    texts = ConsentRows(connection, services.ring, board_id=services.board_id).texts(product)
    return AskedProduct(
        product=product,
        version=version,
        purposes=version.compiled(product).purposes,
        every_purpose=tuple(
            dict.fromkeys(purpose for each in versions for purpose in each.compiled(product).purposes)
        ),
        texts=tuple(texts),
        covering=texts_in_force(version.agreement, product, texts),
    )


def consent_products(services: SchoolServices, *, now: datetime) -> list[AskedProduct]:
    """Every product that rests on consent, or did, by name; empty at a board that asks nobody."""
    with reading_agreements(services) as register:
        asking = {
            product
            for version in register.listing()
            for product in version.products
            if needs_consent(version.compiled(product).legal_basis)
        }
    with reading(services.school) as connection:
        return [asked_product(services, connection, product, now=now) for product in sorted(asking)]


def named_text(texts: Sequence[RegisteredText], name: str) -> tuple[RegisteredText, ...]:
    """The texts that a name means: `2`, `2/nl`, or the SHA-256 that stands on the form."""
    wanted = name.strip().lower()
    return tuple(text for text in texts if wanted in (str(text.version), text.reference, text.sha256))
