"""Looking at what was said: one person with all of it, or everybody who said something about a product.

Who looks, at whom and why is in the register of accesses before anything is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from contracts.consents import ConsentGiver, ConsentState, Standing, consent_giver, objects, standing
from contracts.instants import local_day
from contracts.vocabulary import SubjectCategory
from gateway.database import reading
from gateway.errors import UsageError
from gateway.registers.actors import Actor
from gateway.school.consents.facts import as_objections, statements_of
from gateway.school.consents.people import AskedPerson, ask, sources_by_space, space_of, subjects_of
from gateway.school.consents.products import AskedProduct, asked_product
from gateway.school.consents.recording import register_access, require_reason
from gateway.school.consents.rows import (
    ConsentRows,
    DeletionRequest,
    RecordedObjection,
    RecordedStatement,
    Whom,
)
from gateway.school.services import SchoolServices


@dataclass(frozen=True, slots=True)
class ProductSay:
    """What one person said about one product."""

    product: str
    standings: Mapping[str, Standing]
    """By purpose."""
    statements: tuple[RecordedStatement, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PersonSay:
    """All that one person said."""

    source: str | None
    """None where the source was taken away."""
    identifier: str = field(repr=False)
    there: bool
    """Whether the school's system still has the person."""
    products: tuple[ProductSay, ...]
    name: str | None = field(default=None, repr=False)
    """None where who looks does not see names."""
    giver: ConsentGiver | None = None
    """Who gives consent today; None for who is no pupil, has no birth date, or is not there."""
    objections: tuple[tuple[RecordedObjection, bool], ...] = field(default=(), repr=False)
    """With whether it holds now."""
    requests: tuple[DeletionRequest, ...] = field(default=(), repr=False)


def show(
    services: SchoolServices,
    actor: Actor,
    *,
    source: str,
    identifier: str,
    reason: str,
    now: datetime,
    product: str | None = None,
    named: bool = False,
) -> PersonSay:
    """One person: every product that was spoken about, objections, and what vendors were asked to delete.

    Args:
        product: shown also where nothing was said about it.
        named: with the name, for who may see it.

    Raises:
        UsageError: `source_unknown`, `reason_missing`; `pupil_unknown` for somebody of whom nobody knows anything.
        UsageError, DisclosureRefused: of `product`, as `products.asked_product`.
        SourceError: the school's system does not answer.
    """
    reason = require_reason(reason)
    if product is not None:
        with reading(services.school) as connection:
            asked_product(services, connection, product, now=now)
    whom = Whom(space_of(services, source).number, identifier)
    subjects = subjects_of(services, whom)
    register_access(services, actor, [subjects[0]], product=product, now=now, reason=reason)
    person = ask(services, source, [identifier]).get(identifier)
    with reading(services.school) as connection:
        rows = ConsentRows(connection, services.ring, board_id=services.board_id)
        said = [each for each in rows.statements() if each.whom == whom]
        objections = [each for each in as_objections(rows.objections()) if each[0].whom == whom]
        requests = rows.requests(subjects=subjects)
        spoken = [each.statement.product for each in said]
        products = [
            _say(asked_product(services, connection, each, now=now), said, person, now=now)
            for each in dict.fromkeys(spoken if product is None else [product, *spoken])
        ]
    if person is None and not said and not objections:
        raise UsageError("The school's system has nobody of this id.", code="pupil_unknown")
    return PersonSay(
        source=source,
        identifier=identifier,
        there=person is not None,
        products=tuple(products),
        name=person.name if named and person is not None else None,
        giver=_giver(person, now),
        objections=tuple(
            (recorded, objects([held], product=recorded.product or "", now=now))
            for recorded, held in objections
        ),
        requests=tuple(requests),
    )


def _giver(person: AskedPerson | None, now: datetime) -> ConsentGiver | None:
    if person is None or person.born_on is None or person.subject is not SubjectCategory.PUPIL:
        return None
    return consent_giver(person.born_on, local_day(now))


def listed(
    services: SchoolServices,
    actor: Actor,
    *,
    product: str,
    reason: str,
    states: frozenset[ConsentState] = frozenset(),
    reconfirm: bool = False,
    named: bool = False,
    now: datetime,
) -> list[PersonSay]:
    """Everybody who said something about a product.

    Who said nothing is not in it: that is unknown, and no.

    Args:
        states: only persons of whom some purpose stands so; empty: everybody.
        reconfirm: only those whose consent is to be confirmed by the pupil, who has become 16.

    Raises:
        UsageError, DisclosureRefused: as `products.asked_product`. SourceError.
    """
    reason = require_reason(reason)
    with reading(services.school) as connection:
        asked = asked_product(services, connection, product, now=now)
        rows = ConsentRows(connection, services.ring, board_id=services.board_id)
        said: dict[Whom, list[RecordedStatement]] = {}
        for each in rows.statements():
            if each.statement.product == product:
                said.setdefault(each.whom, []).append(each)
    register_access(
        services,
        actor,
        [subjects_of(services, whom)[0] for whom in said],
        product=product,
        now=now,
        reason=reason,
    )
    sources = sources_by_space(services)
    there = _asked(services, sources, said)
    people = [
        PersonSay(
            source=sources.get(whom.space),
            identifier=whom.identifier,
            there=whom in there,
            products=(_say(asked, statements, there.get(whom), now=now),),
            name=there[whom].name if named and whom in there else None,
        )
        for whom, statements in said.items()
    ]
    return [each for each in people if _wanted(each.products[0].standings.values(), states, reconfirm)]


def _wanted(standings: Iterable[Standing], states: frozenset[ConsentState], reconfirm: bool) -> bool:
    found = list(standings)
    fits = not states or any(each.state in states for each in found)
    return fits and (not reconfirm or any(each.reconfirm for each in found))


def _asked(
    services: SchoolServices, sources: Mapping[int, str], whoms: Iterable[Whom]
) -> dict[Whom, AskedPerson]:
    by_space: dict[int, list[str]] = {}
    for whom in whoms:
        by_space.setdefault(whom.space, []).append(whom.identifier)
    there: dict[Whom, AskedPerson] = {}
    for space, identifiers in by_space.items():
        if space in sources:
            found = ask(services, sources[space], identifiers)
            there.update((Whom(space, identifier), person) for identifier, person in found.items())
    return there


def _say(
    asked: AskedProduct, said: Sequence[RecordedStatement], person: AskedPerson | None, *, now: datetime
) -> ProductSay:
    mine = [each for each in said if each.statement.product == asked.product]
    purposes = dict.fromkeys((*asked.purposes, *(each.statement.purpose for each in mine)))
    return ProductSay(
        product=asked.product,
        standings={
            purpose: standing(
                statements_of(mine, product=asked.product, purpose=purpose),
                subject=SubjectCategory.PUPIL if person is None else person.subject,
                born_on=None if person is None else person.born_on,
                texts=asked.covering,
                today=local_day(now),
            )
            for purpose in purposes
        },
        statements=tuple(mine),
    )
