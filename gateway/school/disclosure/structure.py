"""The first half of a refresh: who is there and where, of all sources, before anybody is released.

Organisations, academic sessions, enrolments, demographics and classes are read in this order. Only ids, memberships,
the few facts that decisions ask and packed classes are kept, in memory; identified records are never spooled.

Source: ARCHITECTURE section 6, "OUT, refresh".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from contracts.decisions import PersonFacts
from gateway import strict_json
from gateway.roster.model import Kind, SourceRecord
from gateway.school.disclosure.coarse import CoarseGroups
from gateway.school.disclosure.field_table import FIELDS
from gateway.school.disclosure.generalise import TermCalendar
from gateway.school.disclosure.graph import NONE, ClassRow, RosterGraph
from gateway.school.disclosure.identify import pack_id
from gateway.school.disclosure.people import (
    PersonRecord,
    reference_id,
    reference_ids,
    role_rows,
    subjects_of_roles,
    text,
    texts,
)
from gateway.school.disclosure.shared_spaces import Deliveries
from gateway.school.disclosure.treatments import valid_day

_Value = TypeVar("_Value")


FactsOf = Callable[[int, str, date | None], PersonFacts]
"""(source, identifier, birth date) -> the person's own say."""


class Structure:
    """What is kept of all sources between the kinds, and how it is read."""

    def __init__(
        self,
        deliveries: Deliveries,
        *,
        brin_of_org: Mapping[tuple[int, str], str],
        facts_of: FactsOf,
    ) -> None:
        """Open; nothing is read yet.

        Args:
            brin_of_org: by list and identifier of the organisation (`shared_spaces.brin_of_org`).
        """
        self._deliveries = deliveries
        self._records = deliveries.records
        self._brin_of_org = brin_of_org
        self._facts_of = facts_of
        self._shared: dict[Any, Any] = {}
        self._grades_of_class: dict[int, frozenset[str]] = {}
        self._names_of_class: dict[int, tuple[str, ...]] = {}
        self.graph = RosterGraph()
        self.orgs: list[tuple[int, int, SourceRecord]] = []
        """(number, source, record)."""
        self.org_brins: list[str | None] = []
        """By number of the organisation."""
        self.sessions: list[tuple[int, SourceRecord]] = []
        self.classes: list[ClassRow] = []
        self.demographics: dict[int, dict[str, object]] = {}
        """By number of the person; only the fields that some plan lists."""
        self.births: dict[int, date] = {}
        """Only where consent decides, since who may give it depends on age."""

    def read(self, *, demographic_fields: frozenset[str], births: bool) -> None:
        """Organisations, sessions, enrolments, demographics and classes."""
        self._read_orgs()
        self.sessions = list(self._records(Kind.ACADEMIC_SESSION))
        self._read_enrolments()
        if demographic_fields or births:
            self._read_demographics(demographic_fields, births=births)
        self._read_classes()
        self._grades_of_class = {row.number: row.grades for row in self.classes}
        self._names_of_class = {row.number: row.names for row in self.classes}
        self.graph.close_enrolments()
        orgs = self.graph.orgs
        self.org_brins = [
            self._brin_of_org.get((orgs.sources[number], orgs.identifiers[number]))
            for number in range(len(orgs))
        ]

    def _read_orgs(self) -> None:
        for source, record in self._records(Kind.ORG):
            number = self.graph.orgs.number(source, record.identifier)
            self.orgs.append((number, source, record))

    def _read_enrolments(self) -> None:
        for source, record in self._records(Kind.ENROLLMENT):
            fields = record.fields
            user, class_ = reference_id(fields.get("user")), reference_id(fields.get("class"))
            role = text(fields.get("role"))
            if user is None or class_ is None or role is None:
                continue
            primary = fields.get("primary")
            self.graph.add_enrolment(
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
            number = self.graph.persons.number(source, record.identifier)
            kept = {name: value for name, value in record.fields.items() if name in wanted}
            if kept and not again:
                self.demographics[number] = kept
            day = valid_day(record.fields.get("birthDate"))
            if births and day is not None:
                born_on = date.fromisoformat(day)
                if self.births.setdefault(number, born_on) != born_on:
                    disputed.add(number)
        for number in disputed:
            del self.births[number]

    def _read_classes(self) -> None:
        graph = self.graph
        allowed = FIELDS[Kind.CLASS]
        for source, record in self._records(Kind.CLASS):
            fields = record.fields
            school = reference_id(fields.get("school"))
            named = (record.identifier, *texts(fields.get("classCode")), *texts(fields.get("title")))
            self.classes.append(
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
        number = self.graph.persons.find(source, identifier)
        return self._facts_of(source, identifier, self.births.get(number))

    def terms(self) -> list[TermCalendar]:
        """The terms of each source; grading periods are too short to hide a newcomer in."""
        found: list[list[tuple[object, object]]] = [[] for _ in range(self._deliveries.count)]
        for source, record in self.sessions:
            if record.fields.get("type") in ("term", "semester", "schoolYear"):
                found[source].append((record.fields.get("startDate"), record.fields.get("endDate")))
        return [TermCalendar.of_sessions(sessions) for sessions in found]

    def org_rows(self) -> list[tuple[int, int, str]]:
        """(number, source, identifier) of every organisation delivered."""
        return [(number, source, record.identifier) for number, source, record in self.orgs]

    def person(self, source: int, record: SourceRecord) -> PersonRecord:
        """Somebody of a source with everything that decides about them."""
        graph = self.graph
        number = graph.persons.number(source, record.identifier)
        roles = role_rows(record.fields, lambda org: graph.orgs.number(source, org))
        classes = graph.classes_of_person(number)
        orgs = {row.org for row in roles} | {school for school, _ in graph.places_of(number)}
        brins = self.org_brins
        schools = {brins[org] for org in orgs if 0 <= org < len(brins)}
        grades = frozenset(texts(record.fields.get("grades")))
        if not grades:
            grades = frozenset().union(
                *(self._grades_of_class.get(class_, frozenset()) for class_ in classes)
            )
        return PersonRecord(
            number=number,
            source=source,
            record=record,
            subjects=subjects_of_roles(roles),
            roles=roles,
            schools=frozenset(brin for brin in schools if brin is not None),
            grades=grades,
            classes=frozenset().union(*(self._names_of_class.get(class_, ()) for class_ in classes)),
            facts=self._facts_of(source, record.identifier, self.births.get(number)),
        )

    def coarse_groups(self) -> CoarseGroups:
        """An empty collection of made-up groups; the real classes serve for grades alone."""
        return CoarseGroups(self.graph, {row.number: row for row in self.classes})

    def school_years(self, today: str) -> dict[int, str]:
        """Of each source the session for made-up classes: the school year of today, else the latest one."""
        found: dict[int, tuple[bool, bool, str, str]] = {}
        for source, record in self.sessions:
            start, end = valid_day(record.fields.get("startDate")), valid_day(record.fields.get("endDate"))
            if start is None or end is None:
                continue
            whole = record.fields.get("type") == "schoolYear"
            found[source] = max(
                found.get(source, (False, False, "", "")),
                (whole, start <= today <= end, start, record.identifier),
            )
        return {source: identifier for source, (_, _, _, identifier) in found.items()}
