"""Beginning a product's release: what a refresh and a preview do alike, so that a preview shows what a refresh does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Engine

from contracts.instants import to_ms
from contracts.vocabulary import Groups, LegalBasis
from gateway.database import reading, writing
from gateway.roster.model import Kind, ProductId, Pseudonym, Subject
from gateway.school.disclosure import aliases
from gateway.school.disclosure.aliases import Alias
from gateway.school.disclosure.identify import MakesPseudonyms
from gateway.school.disclosure.plan import ReleasePlan
from gateway.school.disclosure.release import AllocateAliases, ProductRelease
from gateway.school.disclosure.structure import Structure
from gateway.school.disclosure.treatments import AliasOf
from keys.scope import IdentifierSpace


class AliasAtDomain:
    """An alias with its e-mail address at the board's reserved domain."""

    __slots__ = ("_alias", "email_address")

    def __init__(self, alias: Alias, domain: str) -> None:
        self._alias = alias
        self.email_address = alias.email(domain)

    @property
    def given_name(self) -> str:
        return self._alias.given_name

    @property
    def family_name(self) -> str:
        return self._alias.family_name

    @property
    def user_name(self) -> str:
        return self._alias.user_name


def allocating(school: Engine, *, board_id: str, domain: str, now: datetime) -> AllocateAliases:
    """What gives people the aliases that they have, and makes them for those who have none yet."""

    def allocate(
        product: ProductId, people: Sequence[tuple[Pseudonym, Subject]]
    ) -> Mapping[Pseudonym, AliasOf]:
        with writing(school) as connection:
            made = aliases.allocate(
                connection, board_id=board_id, product=product, people=dict(people), now_ms=to_ms(now)
            )
        return {pseudonym: AliasAtDomain(alias, domain) for pseudonym, alias in made.items()}

    return allocate


def imagining(school: Engine, *, board_id: str, domain: str) -> AllocateAliases:
    """The aliases that people have; for those who have none yet one that nobody keeps. For what publishes nothing."""

    def imagine(
        product: ProductId, people: Sequence[tuple[Pseudonym, Subject]]
    ) -> Mapping[Pseudonym, AliasOf]:
        with reading(school) as connection:
            found = aliases.imagine(connection, board_id=board_id, product=product, people=dict(people))
        return {pseudonym: AliasAtDomain(alias, domain) for pseudonym, alias in found.items()}

    return imagine


def demographic_fields(plans: Sequence[ReleasePlan]) -> frozenset[str]:
    """Fields of demographics that some plan lists; nothing else of them is kept while users are read."""
    wanted: set[str] = set()
    for plan in plans:
        if Kind.DEMOGRAPHICS in plan.kinds:
            for entry in plan.agreement.entries:
                wanted |= {
                    name.partition(".")[2]
                    for name in entry.fields
                    if name.startswith(f"{Kind.DEMOGRAPHICS.value}.")
                }
    return frozenset(wanted)


def births_decide(plans: Sequence[ReleasePlan]) -> bool:
    """Whether birth dates are asked for: who may consent depends on age."""
    return any(plan.agreement.legal_basis is LegalBasis.CONSENT for plan in plans)


def open_release(
    plan: ReleasePlan,
    structure: Structure,
    *,
    spaces: Sequence[IdentifierSpace],
    identifier: MakesPseudonyms,
    allocate: AllocateAliases,
    coarse_space: Callable[[], IdentifierSpace],
    now: datetime,
    of: type[ProductRelease] = ProductRelease,
) -> ProductRelease:
    """One product's release, ready for persons; call it when the structure has been read.

    Args:
        spaces: of each source, by number.
    """
    coarse = plan.agreement.groups is Groups.COARSE and Kind.CLASS in plan.kinds
    release = of(
        plan,
        graph=structure.graph,
        identifier=identifier,
        spaces=spaces,
        terms=structure.terms(),
        org_brins=structure.org_brins,
        aliases=allocate,
        now=now,
        made_up=(structure.coarse_groups(), coarse_space()) if coarse else None,
    )
    release.admit_orgs(structure.org_rows())
    return release
