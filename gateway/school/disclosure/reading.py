"""Reading every source once, for all products together, and releasing as it goes: the second half of a refresh.

Order of reading (all sources per kind, so that the names of the whole board are known before any free text is
scrubbed): organisations, academic sessions, enrolments, demographics, classes, users, courses, gradebook. Only ids,
memberships, the few facts that decisions ask, packed classes and the name index are kept, in memory; identified
records are never spooled.

Sources that share an identifier space are read as one list (`shared_spaces`): what is called `source` from here on,
in the graph and in releases, is the number of the list.

Source: ARCHITECTURE section 6, "OUT, refresh".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from gateway.roster.model import Kind, ProductId, Pseudonym, Relations, ReleasedRecord, SourceRecord
from gateway.school.disclosure.chunks import chunks
from gateway.school.disclosure.field_table import FIELDS
from gateway.school.disclosure.graph import NONE
from gateway.school.disclosure.guarding import FreeText, names_are_known
from gateway.school.disclosure.people import (
    PersonRecord,
    known_word,
    reference_id,
    reference_ids,
    text,
)
from gateway.school.disclosure.release import ProductRelease
from gateway.school.disclosure.shared_spaces import DeliveredPerson, Deliveries
from gateway.school.disclosure.structure import Structure


class Names(Protocol):
    """Collects everyone's names and unique identifiers while users are read."""

    def add_user(self, number: int, record: SourceRecord) -> None: ...

    def free_text(self) -> FreeText: ...


class Target(Protocol):
    """Where one product's released records go."""

    def put(self, records: Sequence[ReleasedRecord]) -> None: ...


Overlooked = Callable[[], Iterable[DeliveredPerson]]
"""Persons whom products hold and the pages did not bring, but who are still there when asked for one by one."""


class Reader:
    """Releases, to each product, what it may have of the sources of one refresh."""

    def __init__(self, deliveries: Deliveries, structure: Structure, *, names: Names) -> None:
        """Open over a structure that was read from the same deliveries."""
        self._deliveries = deliveries
        self._records = deliveries.records
        self._names = names
        self.structure = structure

    def release(self, releases: Sequence[tuple[ProductRelease, Target]], *, overlooked: Overlooked) -> None:
        """Stream the users once for all products, then release what refers to them."""
        self._release_users(releases)
        self._release_overlooked(releases, overlooked)
        free_text = self._names.free_text()
        names_are_known([release.guarding for release, _ in releases], free_text)
        self._release_classes(releases)
        for release, target in releases:
            self._release_groups(release, target)
        real = [pair for pair in releases if pair[0].wants(Kind.COURSE) and pair[0].made_up is None]
        if real:
            self._release_courses(real)

    def _release_users(self, releases: Sequence[tuple[ProductRelease, Target]]) -> None:
        pending: dict[ProductId, list[PersonRecord]] = {}
        for batch in chunks(self._deliveries.persons()):
            people = [self._met(delivered) for delivered in batch]
            for release, target in releases:
                admitted = release.admit_persons(people) if release.wants(Kind.USER) else []
                if release.plan.gives_guardians:
                    # A guardian may be read after the pupil: references to one are made when all are decided.
                    pending.setdefault(release.plan.product, []).extend(admitted)
                else:
                    self._put_users(release, target, admitted)
        for release, target in releases:
            for people in chunks(pending.get(release.plan.product, [])):
                self._put_users(release, target, people)

    def _release_overlooked(
        self, releases: Sequence[tuple[ProductRelease, Target]], overlooked: Overlooked
    ) -> None:
        """A source that moves while it is paged skips people: who was missed is asked for and released after all."""
        for delivered in overlooked():
            person = self._met(delivered)
            for release, target in releases:
                if release.wants(Kind.USER):
                    self._put_users(release, target, release.admit_persons([person]))

    def _met(self, delivered: DeliveredPerson) -> PersonRecord:
        person = self.structure.person(delivered.list, delivered.record)
        for record in delivered.as_delivered:
            self._names.add_user(person.number, record)
        return person

    def _put_users(self, release: ProductRelease, target: Target, people: Sequence[PersonRecord]) -> None:
        def agents(person: PersonRecord) -> list[Pseudonym]:
            if not release.plan.gives_guardians:
                return []
            numbers = (
                self.structure.graph.persons.find(person.source, identifier)
                for identifier in reference_ids(person.record.fields.get("agents"))
            )
            # Attack: a system that lists a sibling or a care coordinator among them; that bond was agreed by nobody.
            return [
                release.persons[number]
                for number in numbers
                if number in release.guardians and number in release.persons
            ]

        users, facts = release.users(people, self.structure.demographics, agents=agents)
        for records in (users, facts):
            if records:
                target.put(records)

    def _release_made_up(self, release: ProductRelease, target: Target) -> None:
        years = self.structure.school_years(release.today)
        sources = self.structure.graph.orgs.sources

        def year_of(org: int) -> tuple[int, str] | None:
            year = years.get(sources[org])
            return None if year is None else (sources[org], year)

        for records in release.made_up_records(year_of):
            for batch in chunks(records):
                target.put(batch)

    def _release_classes(self, releases: Sequence[tuple[ProductRelease, Target]]) -> None:
        """Chunk by chunk for all products: a title is looked through once for all of them."""
        real = [pair for pair in releases if pair[0].wants(Kind.CLASS) and pair[0].made_up is None]
        for batch in chunks(self.structure.classes):
            for release, target in real:
                if records := release.class_records(batch):
                    target.put(records)

    def _release_groups(self, release: ProductRelease, target: Target) -> None:
        if release.made_up is not None:
            self._release_made_up(release, target)
            self._release_orgs(release, target)
            self._release_sessions(release, target)
            return
        if release.wants(Kind.ENROLLMENT):
            for records in release.enrolments():
                target.put(records)
        self._release_orgs(release, target)
        self._release_sessions(release, target)

    def _release_orgs(self, release: ProductRelease, target: Target) -> None:
        if not release.wants(Kind.ORG):
            return
        records = [
            release.simple(
                Kind.ORG,
                source,
                release.orgs[number],
                record.fields,
                references={},
                relations=Relations(role=_type_of(record)),
            )
            for number, source, record in self.structure.orgs
            if number in release.orgs
        ]
        for batch in chunks(records):
            target.put(batch)

    def _release_sessions(self, release: ProductRelease, target: Target) -> None:
        """Sessions of released classes, and those above them."""
        if not release.wants(Kind.ACADEMIC_SESSION):
            return
        by_id = {(source, record.identifier): record for source, record in self.structure.sessions}
        self._ask_for_parents(release, by_id)
        for batch in chunks(by_id.items()):
            records: list[ReleasedRecord] = []
            for (source, identifier), record in batch:
                pseudonym = release.referenced_session(source, identifier)
                if pseudonym is None:
                    continue
                above = reference_id(record.fields.get("parent"))
                parent = None if above is None else release.referenced_session(source, above)
                records.append(
                    release.simple(
                        Kind.ACADEMIC_SESSION,
                        source,
                        pseudonym,
                        record.fields,
                        references={} if parent is None else {"parent": parent},
                        relations=Relations(role=_type_of(record), parent=parent),
                    )
                )
            if records:
                target.put(records)

    @staticmethod
    def _ask_for_parents(release: ProductRelease, by_id: Mapping[tuple[int, str], SourceRecord]) -> None:
        for source, identifier in list(by_id):
            seen: set[str] = set()
            current: str | None = identifier
            if release.referenced_session(source, identifier) is None:
                continue
            while current is not None and current not in seen and (source, current) in by_id:
                seen.add(current)
                release.session(source, current)
                current = reference_id(by_id[source, current].fields.get("parent"))
        # Grading periods below a released term are part of it.
        for (source, identifier), record in by_id.items():
            above = reference_id(record.fields.get("parent"))
            if above is not None and release.referenced_session(source, above) is not None:
                release.session(source, identifier)

    def _release_courses(self, releases: Sequence[tuple[ProductRelease, Target]]) -> None:
        for batch in chunks(self._records(Kind.COURSE)):
            for release, target in releases:
                records: list[ReleasedRecord] = []
                for source, record in batch:
                    pseudonym = release.referenced_course(source, record.identifier)
                    if pseudonym is None:
                        continue
                    references: dict[str, object] = {}
                    year = reference_id(record.fields.get("schoolYear"))
                    session = None if year is None else release.referenced_session(source, year)
                    if session is not None:
                        references["schoolYear"] = session
                    owner = reference_id(record.fields.get("org"))
                    number = NONE if owner is None else self.structure.graph.orgs.find(source, owner)
                    school = release.orgs.get(number)
                    if school is not None:
                        references["org"] = school
                    records.append(
                        release.simple(
                            Kind.COURSE,
                            source,
                            pseudonym,
                            record.fields,
                            references=references,
                            relations=Relations(school=school),
                        )
                    )
                if records:
                    target.put(records)

    def gradebook_records(self, kind: Kind) -> Iterator[tuple[int, SourceRecord]]:
        """Stream one gradebook kind of all sources."""
        return self._records(kind)


def _type_of(record: SourceRecord) -> str | None:
    found = text(record.fields.get("type"))
    words = FIELDS[record.kind]["type"].words or frozenset()
    return None if found is None else known_word(found, words)
