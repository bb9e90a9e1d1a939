"""What the school's systems say about persons, for who may say what: who is there, in which role, and how old."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from contracts.vocabulary import SubjectCategory, strongest
from gateway.connections import source_settings
from gateway.errors import UsageError
from gateway.roster.model import Kind, SourceRecord
from gateway.school import refreshing
from gateway.school.consents.rows import Whom
from gateway.school.disclosure.identify import REGISTER_PRODUCT, Identifier
from gateway.school.disclosure.previewing import born_on, person_of
from gateway.school.services import SchoolServices
from gateway.school.sources.contract import Source
from keys.scope import IdentifierSpace

ONE_BY_ONE: Final = 25
"""So many persons are asked for one by one; for more, the lists are read."""


@dataclass(frozen=True, slots=True)
class AskedPerson:
    """One person as the school's system has it now."""

    subject: SubjectCategory
    """The most protected of the person's roles."""
    born_on: date | None = field(repr=False)


def ask(services: SchoolServices, source: str, identifiers: Sequence[str]) -> dict[str, AskedPerson]:
    """Who of these is there; the others are left out.

    Raises:
        UsageError: code `source_unknown`.
        SourceError: the school's system does not answer.
    """
    settings = source_settings.get(services.school, source, board_id=services.board_id)
    opened = refreshing.open_one(services, settings)
    wanted = frozenset(identifiers)
    try:
        users = {each.identifier: each for each in _records(opened, Kind.USER, wanted) if each.active}
        facts = {each.identifier: each for each in _records(opened, Kind.DEMOGRAPHICS, frozenset(users))}
    finally:
        opened.close()
    return {
        identifier: AskedPerson(strongest(person_of(record, {}).subjects), born_on(facts.get(identifier)))
        for identifier, record in users.items()
    }


def _records(source: Source, kind: Kind, wanted: frozenset[str]) -> Iterable[SourceRecord]:
    if len(wanted) > ONE_BY_ONE:
        return (record for record in source.read(kind) if record.identifier in wanted)
    found = (source.one(kind, identifier) for identifier in sorted(wanted))
    return (record for record in found if record is not None)


def space_of(services: SchoolServices, source: str) -> IdentifierSpace:
    """The identifier space of a source. Raises `UsageError`, code `source_unknown`."""
    return refreshing.space_of(services, source)


def space_numbered(services: SchoolServices, number: int) -> IdentifierSpace:
    """The space with this number. Raises `UsageError`, code `space_unknown`: it is of another ring."""
    for space in services.ring.spaces():
        if space.number == number:
            return space
    raise UsageError(
        "A person is of a source that this key ring does not know.",
        code="space_unknown",
        remedy="Use the key ring under which it was recorded.",
    )


def sources_by_space(services: SchoolServices) -> dict[int, str]:
    """Which source has which identifier space; a source that was taken away is not among them."""
    known = {space.name: space.number for space in services.ring.spaces()}
    return {
        known[settings.space]: settings.slug
        for settings in source_settings.listed(services.school, board_id=services.board_id)
        if settings.space in known
    }


def subjects_of(services: SchoolServices, whom: Whom) -> tuple[str, ...]:
    """Every register pseudonym of a person, the newest first: rows keep the one of their day."""
    space = space_numbered(services, whom.space)
    return Identifier(services.ring).every_pseudonym(REGISTER_PRODUCT, space, whom.identifier).pseudonyms
