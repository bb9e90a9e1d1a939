"""Reading every source once, for all products together, and releasing as it goes.

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
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol, TypeVar

from contracts.decisions import PersonFacts
from gateway import strict_json
from gateway.roster.model import Kind, ProductId, Pseudonym, Relations, ReleasedRecord, SourceRecord
from gateway.school.disclosure.chunks import chunks
from gateway.school.disclosure.coarse import CoarseGroups
from gateway.school.disclosure.field_table import FIELDS
from gateway.school.disclosure.generalise import TermCalendar
from gateway.school.disclosure.graph import NONE, ClassRow, RosterGraph
from gateway.school.disclosure.guarding import FreeText, names_are_known
from gateway.school.disclosure.identify import pack_id
from gateway.school.disclosure.people import (
    PersonRecord,
    known_word,
    reference_id,
    reference_ids,
    role_rows,
    subjects_of_roles,
    text,
    texts,
)
from gateway.school.disclosure.release import ProductRelease
from gateway.school.disclosure.shared_spaces import DeliveredPerson, Deliveries
from gateway.school.disclosure.treatments import valid_day

_Value = TypeVar("_Value")


class Names(Protocol):
    """Collects everyone's names and unique identifiers while users are read."""

    def add_user(self, number: int, record: SourceRecord) -> None: ...

    def free_text(self) -> FreeText: ...


class Target(Protocol):
    """Where one product's released records go."""

    def put(self, records: Sequence[ReleasedRecord]) -> None: ...


Overlooked = Callable[[], Iterable[DeliveredPerson]]
"""Persons whom products hold and the pages did not bring, but who are still there when asked for one by one."""

FactsOf = Callable[[int, str, date | None], PersonFacts]
"""(source, identifier, birth date) -> the person's own say."""


@dataclass(slots=True)
class ReadState:
    """What is kept between kinds."""

    graph: RosterGraph = field(default_factory=RosterGraph)
    orgs: list[tuple[int, int, SourceRecord]] = field(default_factory=list)
    """(number, source, record)."""
    org_brins: list[str | None] = field(default_factory=list)
    """By number of the organisation."""
    sessions: list[tuple[int, SourceRecord]] = field(default_factory=list)
    classes: list[ClassRow] = field(default_factory=list)
    demographics: dict[int, dict[str, object]] = field(default_factory=dict)
    """By number of the person; only the fields that some plan lists."""
    births: dict[int, date] = field(default_factory=dict)
    """Only where consent decides, since who may give it depends on age."""


class Reader:
    """Reads the sources of one refresh and releases what each product may have."""

    def __init__(
        self,
        deliveries: Deliveries,
        *,
        brin_of_org: Mapping[tuple[int, str], str],
        names: Names,
        facts_of: FactsOf,
    ) -> None:
        """Open.

        Args:
            brin_of_org: by list and identifier of the organisation (`shared_spaces.brin_of_org`).
        """
        self._deliveries = deliveries
        self._records = deliveries.records
        self._brin_of_org = brin_of_org
        self._names = names
        self._facts_of = facts_of
        self.state = ReadState()
        self._grades_of_class: dict[int, frozenset[str]] = {}
        self._names_of_class: dict[int, tuple[str, ...]] = {}
        self._shared: dict[Any, Any] = {}

    # -- first half: who and where, before anybody is released ----------------------------------------------------

    def read_structure(self, *, demographic_fields: frozenset[str], births: bool) -> None:
        """Organisations, sessions, enrolments, demographics and classes."""
        self._read_orgs()
        self.state.sessions = list(self._records(Kind.ACADEMIC_SESSION))
        self._read_enrolments()
        if demographic_fields or births:
            self._read_demographics(demographic_fields, births=births)
        self._read_classes()
        self.state.graph.close_enrolments()
        orgs = self.state.graph.orgs
        self.state.org_brins = [
            self._brin_of_org.get((orgs.sources[number], orgs.identifiers[number]))
            for number in range(len(orgs))
        ]

    def _read_orgs(self) -> None:
        for source, record in self._records(Kind.ORG):
            number = self.state.graph.orgs.number(source, record.identifier)
            self.state.orgs.append((number, source, record))

    def _read_enrolments(self) -> None:
        for source, record in self._records(Kind.ENROLLMENT):
            fields = record.fields
            user, class_ = reference_id(fields.get("user")), reference_id(fields.get("class"))
            role = text(fields.get("role"))
            if user is None or class_ is None or role is None:
                continue
            primary = fields.get("primary")
            self.state.graph.add_enrolment(
                source,
                pack_id(record.identifier),
                user=user,
                class_=class_,
                school=reference_id(fields.get("school")),
                role=role,
                primary=None if primary is None else ("true" if primary in (True, "true") else "false"),
                begin_on=valid_day(fields.get("beginDate")),
                end_on=valid_day(fields.get("endDate")),
            )

    def _read_demographics(self, wanted: frozenset[str], *, births: bool) -> None:
        disputed: set[int] = set()
        for source, record, again in self._deliveries.every(Kind.DEMOGRAPHICS):
            number = self.state.graph.persons.number(source, record.identifier)
            kept = {name: value for name, value in record.fields.items() if name in wanted}
            if kept and not again:
                self.state.demographics[number] = kept
            day = valid_day(record.fields.get("birthDate"))
            if births and day is not None:
                born_on = date.fromisoformat(day)
                if self.state.births.setdefault(number, born_on) != born_on:
                    disputed.add(number)
        for number in disputed:
            del self.state.births[number]

    def _read_classes(self) -> None:
        graph = self.state.graph
        allowed = FIELDS[Kind.CLASS]
        for source, record in self._records(Kind.CLASS):
            fields = record.fields
            school = reference_id(fields.get("school"))
            named = (record.identifier, *texts(fields.get("classCode")), *texts(fields.get("title")))
            self.state.classes.append(
                ClassRow(
                    number=graph.classes.number(source, record.identifier),
                    source=source,
                    identifier=record.identifier,
                    school=NONE if school is None else graph.orgs.number(source, school),
                    course=self._same(reference_id(fields.get("course"))),
                    terms=self._same(reference_ids(fields.get("terms"))),
                    grades=self._same(frozenset(texts(fields.get("grades")))),
                    names=tuple(dict.fromkeys(named)),
                    # Copied: the bytes that the writer hands out keep the room in which they were written.
                    packed=bytes(
                        memoryview(
                            strict_json.dumps({name: fields[name] for name in allowed if name in fields})
                        )
                    ),
                )
            )

    def _same(self, value: _Value) -> _Value:
        """One object for all that are equal: classes share courses, terms and grades."""
        same: _Value = self._shared.setdefault(value, value)
        return same

    def facts_about(self, source: int, identifier: str) -> PersonFacts:
        """What one person said, also of one who was not delivered; with the birth date where it was read."""
        number = self.state.graph.persons.find(source, identifier)
        return self._facts_of(source, identifier, self.state.births.get(number))

    def terms(self) -> list[TermCalendar]:
        """The terms of each source; grading periods are too short to hide a newcomer in."""
        found: list[list[tuple[object, object]]] = [[] for _ in range(self._deliveries.count)]
        for source, record in self.state.sessions:
            if record.fields.get("type") in ("term", "semester", "schoolYear"):
                found[source].append((record.fields.get("startDate"), record.fields.get("endDate")))
        return [TermCalendar.of_sessions(sessions) for sessions in found]

    def org_rows(self) -> list[tuple[int, int, str]]:
        """(number, source, identifier) of every organisation delivered."""
        return [(number, source, record.identifier) for number, source, record in self.state.orgs]

    # -- second half: users, then everything that holds text --------------------------------------------------------

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
        self._grades_of_class = {row.number: row.grades for row in self.state.classes}
        self._names_of_class = {row.number: row.names for row in self.state.classes}
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
        person = self._person(delivered.list, delivered.record, self._grades_of_class, self._names_of_class)
        for record in delivered.as_delivered:
            self._names.add_user(person.number, record)
        return person

    def _put_users(self, release: ProductRelease, target: Target, people: Sequence[PersonRecord]) -> None:
        def agents(person: PersonRecord) -> list[Pseudonym]:
            if not release.plan.gives_guardians:
                return []
            numbers = (
                self.state.graph.persons.find(person.source, identifier)
                for identifier in reference_ids(person.record.fields.get("agents"))
            )
            # Attack: a system that lists a sibling or a care coordinator among them; that bond was agreed by nobody.
            return [
                release.persons[number]
                for number in numbers
                if number in release.guardians and number in release.persons
            ]

        users, facts = release.users(people, self.state.demographics, agents=agents)
        for records in (users, facts):
            if records:
                target.put(records)

    def _person(
        self,
        source: int,
        record: SourceRecord,
        grades_of_class: Mapping[int, frozenset[str]],
        names_of_class: Mapping[int, tuple[str, ...]],
    ) -> PersonRecord:
        graph = self.state.graph
        number = graph.persons.number(source, record.identifier)
        roles = role_rows(record.fields, lambda org: graph.orgs.number(source, org))
        classes = graph.classes_of_person(number)
        orgs = {row.org for row in roles} | {school for school, _ in graph.places_of(number)}
        brins = self.state.org_brins
        schools = {brins[org] for org in orgs if 0 <= org < len(brins)}
        grades = frozenset(texts(record.fields.get("grades")))
        if not grades:
            grades = frozenset().union(*(grades_of_class.get(class_, frozenset()) for class_ in classes))
        return PersonRecord(
            number=number,
            source=source,
            record=record,
            subjects=subjects_of_roles(roles),
            roles=roles,
            schools=frozenset(brin for brin in schools if brin is not None),
            grades=grades,
            classes=frozenset().union(*(names_of_class.get(class_, ()) for class_ in classes)),
            facts=self._facts_of(source, record.identifier, self.state.births.get(number)),
        )

    def coarse_groups(self) -> CoarseGroups:
        """An empty collection of made-up groups; the real classes serve for grades alone."""
        return CoarseGroups(self.state.graph, {row.number: row for row in self.state.classes})

    def _school_years(self, today: str) -> dict[int, str]:
        """Of each source the session for made-up classes: the school year of today, else the latest one."""
        found: dict[int, tuple[bool, bool, str, str]] = {}
        for source, record in self.state.sessions:
            start, end = valid_day(record.fields.get("startDate")), valid_day(record.fields.get("endDate"))
            if start is None or end is None:
                continue
            whole = record.fields.get("type") == "schoolYear"
            found[source] = max(
                found.get(source, (False, False, "", "")),
                (whole, start <= today <= end, start, record.identifier),
            )
        return {source: identifier for source, (_, _, _, identifier) in found.items()}

    def _release_made_up(self, release: ProductRelease, target: Target) -> None:
        years = self._school_years(release.today)
        sources = self.state.graph.orgs.sources

        def year_of(org: int) -> tuple[int, str] | None:
            year = years.get(sources[org])
            return None if year is None else (sources[org], year)

        for records in release.made_up_records(year_of):
            for batch in chunks(records):
                target.put(batch)

    def _release_classes(self, releases: Sequence[tuple[ProductRelease, Target]]) -> None:
        """Chunk by chunk for all products: a title is looked through once for all of them."""
        real = [pair for pair in releases if pair[0].wants(Kind.CLASS) and pair[0].made_up is None]
        for batch in chunks(self.state.classes):
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
            for number, source, record in self.state.orgs
            if number in release.orgs
        ]
        for batch in chunks(records):
            target.put(batch)

    def _release_sessions(self, release: ProductRelease, target: Target) -> None:
        """Sessions of released classes, and those above them."""
        if not release.wants(Kind.ACADEMIC_SESSION):
            return
        by_id = {(source, record.identifier): record for source, record in self.state.sessions}
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
                    number = NONE if owner is None else self.state.graph.orgs.find(source, owner)
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
