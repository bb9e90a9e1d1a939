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
from gateway.school.disclosure.graph import NONE
from gateway.school.disclosure.identify import REGISTER_PRODUCT, Identifier
from gateway.school.disclosure.people import role_rows, subjects_of_roles
from gateway.school.disclosure.refresh import AskableSource
from gateway.school.disclosure.shared_spaces import agreed_birth, combined
from gateway.school.services import SchoolServices
from keys.scope import IdentifierSpace

ONE_BY_ONE: Final = 25
"""So many persons are asked for one by one; for more, the lists are read."""


@dataclass(frozen=True, slots=True)
class AskedPerson:
    """One person as the school's system has it now."""

    subject: SubjectCategory
    """The most protected of the person's roles."""
    born_on: date | None = field(repr=False)
    name: str | None = field(default=None, repr=False)
    """As a person at the school knows the pupil; shown to who may see it, to know that it is the right one."""


def ask(services: SchoolServices, source: str, identifiers: Sequence[str]) -> dict[str, AskedPerson]:
    """Who of these is there; the others are left out.

    As in a refresh, every source of the same identifier space is asked, and what they say counts together.

    Raises:
        UsageError: code `source_unknown`.
        SourceError: a school's system does not answer.
    """
    space = space_of(services, source)
    users: dict[str, list[SourceRecord]] = {}
    facts: dict[str, list[SourceRecord]] = {}
    with refreshing.opened_sources(services, space=space.name) as sources:
        for each in sources:
            _gather(each.source, Kind.USER, frozenset(identifiers), users)
        for each in sources:
            _gather(each.source, Kind.DEMOGRAPHICS, frozenset(users), facts)
    return {
        identifier: AskedPerson(
            strongest(subjects_of_roles(role_rows(combined(records).fields, lambda org: NONE))),
            agreed_birth(facts.get(identifier, ())),
            _name(records[0]),
        )
        for identifier, records in users.items()
    }


def _name(record: SourceRecord) -> str | None:
    parts = (record.fields.get("givenName"), record.fields.get("familyName"))
    return " ".join(part.strip() for part in parts if isinstance(part, str) and part.strip()) or None


def _gather(
    source: AskableSource, kind: Kind, wanted: frozenset[str], found: dict[str, list[SourceRecord]]
) -> None:
    records: Iterable[SourceRecord | None]
    if len(wanted) > ONE_BY_ONE:
        records = (record for record in source.read(kind) if record.identifier in wanted)
    else:
        records = (source.one(kind, identifier) for identifier in sorted(wanted))
    for record in records:
        if record is not None and record.active:
            found.setdefault(record.identifier, []).append(record)


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
