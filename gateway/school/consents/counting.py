"""How many pupils said what about each product on consent: numbers, and nobody by name.

Counting reads what each of them said and how old each is, so it is in the register of accesses like looking is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contracts.consents import ConsentState, Standing
from gateway.registers.actors import Actor
from gateway.school.consents import looking
from gateway.school.consents.products import AskedProduct
from gateway.school.services import SchoolServices

REASON: Final = "counting answers; nobody was shown"


@dataclass(frozen=True, slots=True)
class ProductCounts:
    """Persons who said something about one product, by what it comes to."""

    product: str
    given: int
    """For every purpose."""
    refused: int
    withdrawn: int
    unknown: int
    """Something was said and does not count (any more), or not about every purpose: no."""
    reconfirm: int
    """Of those given: the pupil has become 16 and may confirm."""
    left: int
    """Of all: the school's system does not have them any more."""


def counts(
    services: SchoolServices, actor: Actor, products: Iterable[AskedProduct], *, now: datetime
) -> list[ProductCounts]:
    """Count per product. Who said nothing is in no number: unknown, and no.

    Raises:
        SourceError: the school's system does not answer, so nobody knows who may say what.
    """
    return [_counted(services, actor, each.product, now=now) for each in products]


def _counted(services: SchoolServices, actor: Actor, product: str, *, now: datetime) -> ProductCounts:
    people = looking.listed(services, actor, product=product, reason=REASON, now=now)
    standings = [list(each.products[0].standings.values()) for each in people]
    states = Counter(map(comes_to, standings))
    return ProductCounts(
        product=product,
        given=states[ConsentState.GIVEN],
        refused=states[ConsentState.REFUSED],
        withdrawn=states[ConsentState.WITHDRAWN],
        unknown=states[ConsentState.UNKNOWN],
        reconfirm=sum(any(each.reconfirm for each in found) for found in standings),
        left=sum(not each.there for each in people),
    )


def comes_to(standings: Iterable[Standing]) -> ConsentState:
    """What the purposes of one product come to together: whoever is not given for all of them does not appear."""
    found = {each.state for each in standings}
    for state in (ConsentState.WITHDRAWN, ConsentState.REFUSED, ConsentState.UNKNOWN):
        if state in found:
            return state
    return ConsentState.GIVEN if found else ConsentState.UNKNOWN
