"""One person as commands name them, `SOURCE:ID`, and under which ids a product holds what is about that person."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from gateway.database import reading
from gateway.errors import UsageError
from gateway.holdings.evidence import Evidence
from gateway.holdings.tables import holdings
from gateway.registers.disclosures import Locate
from gateway.roster.model import Kind, ProductId
from gateway.school import refreshing
from gateway.school.disclosure.identify import Identifier
from gateway.school.services import SchoolServices
from keys.errors import ProductDestroyed, UnknownProduct
from keys.scope import IdentifierSpace


def parse_pupil(text: str) -> tuple[str, str]:
    """`SOURCE:ID` to slug and identifier; raises `UsageError`. The identifier is not shown in the error."""
    slug, colon, identifier = text.partition(":")
    if not colon or not slug or not identifier:
        raise UsageError("A person is SOURCE:ID, with the id of the school's system.", code="pupil_invalid")
    return slug, identifier


@dataclass(frozen=True, slots=True)
class HeldIds:
    """Under which ids a product held what is about one person."""

    ids: dict[Kind, list[str]]
    complete: bool
    """False where a key was destroyed: what went out under it cannot be told from anybody else's any more."""


def ids_at(services: SchoolServices, product: ProductId, space: IdentifierSpace, identifier: str) -> HeldIds:
    """Ids of everything about one person that a product ever held, under every key version that is left."""
    names = Identifier(services.ring, key_of_product=refreshing.key_of_product(services))
    try:
        every = names.every_pseudonym(product, space, identifier)
    except ProductDestroyed:
        return HeldIds({}, complete=False)
    except UnknownProduct:
        # No refresh has ever given it a key, so nothing ever went out.
        return HeldIds({}, complete=True)
    persons = list(every.pseudonyms)
    found: dict[Kind, list[str]] = {Kind.USER: persons, Kind.DEMOGRAPHICS: persons}
    with reading(services.front) as connection:
        for row in connection.execute(
            select(holdings.c.kind, holdings.c.id)
            .where(
                holdings.c.board_id == services.board_id,
                holdings.c.product == product,
                holdings.c.ref_user.in_(persons),
            )
            .distinct()
        ):
            found.setdefault(Kind(row.kind), []).append(row.id)
    return HeldIds(found, complete=every.complete)


def locator(services: SchoolServices, product: ProductId) -> Locate:
    """Where a record stood in a generation of a product."""
    held = Evidence(services.front, services.storage_key, board_id=services.board_id)

    def locate(generation: int, kind: Kind, id: str) -> int | None:
        return held.position(product, generation, kind, id)

    return locate
