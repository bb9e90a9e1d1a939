"""A school's system of which only what decides about one person is read.

A release asks for every user and every enrolment. For one person that would read a whole school's names, so here the
person is asked for by id, enrolments are let through for that person alone, and classes are asked for by the ids that
those enrolments name. What a release makes of it is the same, but for texts that may hold somebody else's name
(`rehearsing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from gateway.roster.model import Kind, SourceRecord
from gateway.school.disclosure.people import reference_id
from gateway.school.disclosure.refresh import AskableSource

_SHORT: Final = frozenset({Kind.ORG, Kind.ACADEMIC_SESSION})
"""Read whole: about nobody, and a few dozen of each."""


class OnePersonSource:
    """One source, narrowed to a few persons. Read in the order of `gateway.school.disclosure.structure`."""

    def __init__(
        self, source: AskableSource, people: Mapping[str, SourceRecord | None], classes: set[str]
    ) -> None:
        """Open.

        Args:
            people: by identifier; who was asked for already, with None for whom this source does not have.
            classes: in which enrolments of these persons are found; one set for all sources of an identifier space,
                because an enrolment of the one may name a class of the other.
        """
        self._source = source
        self._people = people
        self._classes = classes

    @property
    def slug(self) -> str:
        """The name under which the board knows the source."""
        return self._source.slug

    def read(self, kind: Kind) -> Iterator[SourceRecord]:
        """What this source has of a kind and of these persons; nothing of a gradebook, and no courses."""
        if kind in _SHORT:
            yield from self._source.read(kind)
        elif kind is Kind.ENROLLMENT:
            yield from self._enrolments()
        elif kind is Kind.USER:
            yield from (record for record in self._people.values() if record is not None)
        elif kind is Kind.DEMOGRAPHICS:
            yield from self._asked(kind, self._people)
        elif kind is Kind.CLASS:
            yield from self._asked(kind, sorted(self._classes))

    def one(self, kind: Kind, identifier: str) -> SourceRecord | None:
        """As the source itself."""
        return self._source.one(kind, identifier)

    def enrolments_of(self, person: str) -> Sequence[SourceRecord] | None:
        """As the source itself."""
        return self._source.enrolments_of(person)

    def _enrolments(self) -> Iterator[SourceRecord]:
        asked = self._asked_by_person()
        for record in self._source.read(Kind.ENROLLMENT) if asked is None else asked:
            if reference_id(record.fields.get("user")) in self._people:
                class_ = reference_id(record.fields.get("class"))
                if class_ is not None:
                    self._classes.add(class_)
                yield record

    def _asked_by_person(self) -> list[SourceRecord] | None:
        """Enrolments as the source gives them person by person; None where all must be read.

        Attack by accident: a system that takes a filter it does not know and finds nothing would make a preview say
        "not in this class" of a pupil whom the next refresh releases. So nothing is believed of a system before it has
        found something.
        """
        found: list[SourceRecord] = []
        for person in self._people:
            of_person = self._source.enrolments_of(person)
            if of_person is None or not (found or of_person):
                return None
            found += of_person
        return found

    def _asked(self, kind: Kind, identifiers: Iterable[str]) -> Iterator[SourceRecord]:
        for identifier in identifiers:
            record = self._source.one(kind, identifier)
            if record is not None:
                yield record


class WholeSource:
    """A source read whole, with one person who was asked for in case its pages do not bring that person."""

    def __init__(self, source: AskableSource, people: Mapping[str, SourceRecord | None]) -> None:
        self._source = source
        self._people = people

    @property
    def slug(self) -> str:
        """The name under which the board knows the source."""
        return self._source.slug

    def read(self, kind: Kind) -> Iterator[SourceRecord]:
        """Everything; gradebook kinds are not asked for by a preview."""
        missing = dict(self._people) if kind is Kind.USER else {}
        for record in self._source.read(kind):
            missing.pop(record.identifier, None)
            yield record
        yield from (record for record in missing.values() if record is not None)

    def one(self, kind: Kind, identifier: str) -> SourceRecord | None:
        """As the source itself."""
        return self._source.one(kind, identifier)

    def enrolments_of(self, person: str) -> Sequence[SourceRecord] | None:
        """As the source itself."""
        return self._source.enrolments_of(person)
