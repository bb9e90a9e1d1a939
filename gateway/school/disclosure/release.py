"""The one way out: from a source record to what one vendor may hold. Nothing else makes a `ReleasedRecord`.

Ordered rules; the numbers stand at the code and in the names of the tests:

 (1) the plan releases this kind at all, and the source says the record is there (`tobedeleted` is not released)
 (2) every identifier becomes a pseudonym within this product; the source's own ids go no further
 (3) the person, class or organisation is in scope and nothing of the person's own say forbids it (`decide_person`)
 (4) references are rebuilt from what was itself released; one that was not is left out, and where the standard
     demands it the record is withheld
 (5) fields are built from the plan's allow-list; everything else, and all `metadata`, never gets here
 (6) free text is scrubbed, whatever the agreement says
 (7) the leak guard looks at what is about to be published: in free text the field is withheld and reported,
     elsewhere the product's generation is held back
 (8) only then the `ReleasedRecord` is made

Left to others: reading (`sources`), the order of kinds and publishing (`refresh`), stamps and tombstones (`holdings`).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from contracts.decisions import Person, decide_person
from contracts.instants import local_day
from contracts.refusals import Refused
from contracts.vocabulary import SubjectCategory
from gateway.roster.model import Kind, ProductId, Pseudonym, Relations, ReleasedRecord, Subject
from gateway.roster.seen_ids import SeenIds
from gateway.school.disclosure import coarse
from gateway.school.disclosure.chunks import chunks
from gateway.school.disclosure.coarse import CoarseGroups
from gateway.school.disclosure.enrolments import EnrolmentRelease
from gateway.school.disclosure.generalise import TermCalendar
from gateway.school.disclosure.graph import ClassRow, RosterGraph
from gateway.school.disclosure.guarding import Guarding
from gateway.school.disclosure.identify import MakesPseudonyms
from gateway.school.disclosure.people import PersonRecord, RoleRow, role_word, subject_of_role
from gateway.school.disclosure.plan import KindPlan, ReleasePlan
from gateway.school.disclosure.tally import Tally
from gateway.school.disclosure.treatments import AliasOf, Surroundings, apply
from keys.scope import IdentifierSpace

AllocateAliases = Callable[[ProductId, Sequence[tuple[Pseudonym, Subject]]], Mapping[Pseudonym, AliasOf]]


class ProductRelease:
    """Releases for one product during one refresh."""

    def __init__(
        self,
        plan: ReleasePlan,
        *,
        graph: RosterGraph,
        identifier: MakesPseudonyms,
        spaces: Sequence[IdentifierSpace],
        terms: Sequence[TermCalendar],
        org_brins: Sequence[str | None],
        aliases: AllocateAliases,
        now: datetime,
        made_up: tuple[CoarseGroups, IdentifierSpace] | None = None,
    ) -> None:
        """Open.

        Args:
            made_up: collects made-up groups in place of the real ones, which then stay behind; and their space.
        """
        self.plan = plan
        self.made_up = made_up
        self.tally = Tally()
        self.persons: dict[int, Pseudonym] = {}
        self.guardians: set[int] = set()
        self.classes: dict[int, Pseudonym] = {}
        self.orgs: dict[int, Pseudonym] = {}
        self.guarding = Guarding(self.tally)
        self._refused = array("i")
        self._refused_ids: SeenIds | None = None
        self._sessions: dict[tuple[int, str], Pseudonym] = {}
        self._courses: dict[tuple[int, str], Pseudonym] = {}
        self._graph = graph
        self._identifier = identifier
        self._spaces = spaces
        self._terms = terms
        self._org_brins = org_brins
        self._aliases = aliases
        self._now = now

    def __repr__(self) -> str:
        return f"<ProductRelease {self.plan.product}>"

    @property
    def today(self) -> str:
        """The school's day of this refresh."""
        return local_day(self._now).isoformat()

    def wants(self, kind: Kind) -> bool:
        """(1) Whether the plan releases this kind."""
        return kind in self.plan.kinds

    # -- (2) identifiers --------------------------------------------------------------------------------------

    def _pseudonyms(self, kind: Kind, source: int, identifiers: Sequence[str]) -> list[Pseudonym]:
        return self._identifier.pseudonyms(self.plan.product, kind, self._spaces[source], identifiers)

    def session(self, source: int, identifier: str) -> Pseudonym:
        """The pseudonym of an academic session; asking for it makes it part of what is released."""
        known = self._sessions.get((source, identifier))
        if known is None:
            known = self._pseudonyms(Kind.ACADEMIC_SESSION, source, [identifier])[0]
            self._sessions[source, identifier] = known
        return known

    def referenced_session(self, source: int, identifier: str) -> Pseudonym | None:
        """The pseudonym of a session that something released refers to."""
        return self._sessions.get((source, identifier))

    def referenced_course(self, source: int, identifier: str) -> Pseudonym | None:
        """The pseudonym of a course to which a released class belongs."""
        return self._courses.get((source, identifier))

    def pseudonyms_of(self, kind: Kind, source: int, identifiers: Sequence[str]) -> list[Pseudonym]:
        """Pseudonyms of a batch of records of one kind; nothing is released by asking."""
        return self._pseudonyms(kind, source, identifiers)

    # -- (3) scope --------------------------------------------------------------------------------------------

    def admits_school(self, org: int) -> bool:
        """Whether an organisation is a school of the agreement; an unmapped one is in nobody's scope."""
        brin = self._org_brins[org] if 0 <= org < len(self._org_brins) else None
        if brin is None:
            return False
        return any(
            brin == listed or (len(listed) == 4 and brin[:4] == listed)
            for listed in self.plan.agreement.schools
        )

    def admit_orgs(self, orgs: Iterable[tuple[int, int, str]]) -> None:
        """Decide once which organisations are released; (number, source, identifier) of each."""
        for number, source, identifier in orgs:
            if self.admits_school(number):
                self.orgs[number] = self._pseudonyms(Kind.ORG, source, [identifier])[0]

    def refusal(self, person: PersonRecord) -> Refused | None:
        """Why nothing of a person goes; None where the agreement and the person's own say let the person go."""
        asked = Person(person.subjects, person.schools, person.grades, person.classes)
        answer = decide_person(self.plan.agreement, asked, person.facts, now=self._now)
        return answer if isinstance(answer, Refused) else None

    def admit_persons(self, batch: Sequence[PersonRecord]) -> list[PersonRecord]:
        """Decide about persons and give the admitted ones their pseudonyms; returns the admitted."""
        admitted: list[PersonRecord] = []
        for person in batch:
            refusal = self.refusal(person)
            if refusal is None:
                admitted.append(person)
            else:
                self._refused.append(person.number)
                self._refused_ids = None
                self.tally.withheld[Kind.USER, refusal.reason.value] += 1
        for source in {person.source for person in admitted}:
            of_source = [person for person in admitted if person.source == source]
            made = self._pseudonyms(Kind.USER, source, [person.record.identifier for person in of_source])
            self.persons.update(
                (person.number, pseudonym) for person, pseudonym in zip(of_source, made, strict=True)
            )
            self.guardians.update(
                person.number for person in of_source if SubjectCategory.GUARDIAN in person.subjects
            )
        return admitted

    def refused(self, pseudonym: Pseudonym) -> bool:
        """Whether agreement, consent or objection keeps this person out: the removal is not the source's doing.

        Asked about the few who are absent, so nobody else's pseudonym is made or kept before. Two who share a mark:
        one who is absent is let go without being asked for.
        """
        if self._refused_ids is None:
            self._refused_ids = SeenIds()
            for numbers in chunks(self._refused):
                identifiers = self._graph.persons.identifiers
                for source in {self._graph.persons.sources[number] for number in numbers}:
                    of_source = [identifiers[n] for n in numbers if self._graph.persons.sources[n] == source]
                    self._refused_ids.extend(self._pseudonyms(Kind.USER, source, of_source))
        return pseudonym in self._refused_ids

    # -- (5) to (8) -------------------------------------------------------------------------------------------

    def make(
        self,
        kind: Kind,
        pseudonym: Pseudonym,
        plan: KindPlan,
        fields: Mapping[str, object],
        *,
        subject: Subject,
        references: Mapping[str, object],
        relations: Relations,
        source: int,
        members: Sequence[int] = (),
        alias: AliasOf | None = None,
        person: int | None = None,
    ) -> ReleasedRecord:
        """Build one record: (5) allow-list, (6) scrub, (7) guard, (8) make."""
        surroundings = Surroundings(
            pseudonym=pseudonym,
            alias=alias,
            scrub=lambda text, kind_of_text: self.guarding.scrub(text, kind_of_text, members),
            term_of=lambda day, beginning: self.term_bound(source, day, beginning),
        )
        body = apply(plan.steps, fields, surroundings)
        self.guarding.look(kind, body, person)
        body.update((name, _in_own_order(value)) for name, value in references.items())
        self.tally.released[kind] += 1
        return ReleasedRecord(kind, pseudonym, subject, body, relations)

    def term_bound(self, source: int, day: str, beginning: bool) -> str | None:
        """The begin or end of the term that holds a day; None where no term does."""
        calendar = self._terms[source]
        return calendar.snap(day, None)[0] if beginning else calendar.snap(None, day)[1]

    # -- kinds ------------------------------------------------------------------------------------------------

    def users(
        self,
        batch: Sequence[PersonRecord],
        demographics: Mapping[int, Mapping[str, object]],
        *,
        agents: Callable[[PersonRecord], Sequence[Pseudonym]],
    ) -> tuple[list[ReleasedRecord], list[ReleasedRecord]]:
        """Release admitted persons, and their demographics where the plan has any."""
        plans = [self.plan.of(Kind.USER, person.subjects) for person in batch]
        aliases = self._aliases_for(batch, plans)
        users: list[ReleasedRecord] = []
        facts: list[ReleasedRecord] = []
        for person, plan in zip(batch, plans, strict=True):
            pseudonym = self.persons[person.number]
            subject = self.plan.label(person.subjects)
            roles = self._roles(person)
            if not roles:
                # The standard demands a role; a person without one in scope has no place at this vendor.
                self.tally.withheld[Kind.USER, "role_out_of_scope"] += 1
                self.tally.persons_without_role.add(self.persons.pop(person.number))
                continue
            if self.made_up is not None:
                self.made_up[0].add(person, released=[(row.role, row.org) for row in self._rows(person)])
            schools = tuple(dict.fromkeys(role["org"] for role in roles))
            references: dict[str, object] = {"roles": roles, "primaryOrg": schools[0]}
            guardians = agents(person)
            if guardians:
                references["agents"] = sorted(guardians)
            users.append(
                self.make(
                    Kind.USER,
                    pseudonym,
                    plan,
                    person.record.fields,
                    subject=subject,
                    references=references,
                    relations=Relations(
                        role=roles[0]["role"],
                        school=Pseudonym(schools[0]),
                        schools=tuple(Pseudonym(school) for school in schools),
                    ),
                    source=person.source,
                    alias=aliases.get(pseudonym),
                    person=person.number,
                )
            )
            if self.wants(Kind.DEMOGRAPHICS) and person.number in demographics:
                facts.append(self._demographics(person, pseudonym, subject, demographics[person.number]))
        self.guarding.close_chunk()
        return users, facts

    def _aliases_for(
        self, batch: Sequence[PersonRecord], plans: Sequence[KindPlan]
    ) -> Mapping[Pseudonym, AliasOf]:
        wanted = [
            (self.persons[person.number], self.plan.called(person.subjects))
            for person, plan in zip(batch, plans, strict=True)
            if plan.uses_alias
        ]
        return self._aliases(self.plan.product, wanted) if wanted else {}

    def _rows(self, person: PersonRecord) -> list[RoleRow]:
        """The person's roles of a listed subject at a released organisation."""
        listed = [row for row in person.roles if subject_of_role(row.role) in self.plan.agreement.subjects]
        rows = [row for row in listed if row.org in self.orgs]
        if rows or not listed:
            return rows
        # Some systems give roles at the board and say by enrolments only at which school: then those count.
        words: dict[SubjectCategory, str] = {}
        for row in listed:
            words.setdefault(subject_of_role(row.role), row.role)
        found: dict[RoleRow, None] = {}
        for school, role in self._graph.places_of(person.number):
            # Attack: a teacher here who is somebody's pupil elsewhere, and would be released as a pupil of this school.
            word = words.get(subject_of_role(role))
            if school in self.orgs and word is not None:
                found[RoleRow(word, True, school)] = None
        return list(found)

    def _roles(self, person: PersonRecord) -> list[dict[str, str]]:
        roles = [
            {
                "roleType": "primary" if row.primary else "secondary",
                "role": role_word(row.role),
                "org": self.orgs[row.org],
            }
            for row in self._rows(person)
        ]
        # Primary first: `primaryOrg` and the index are taken from it. Then by pseudonym, as every list of references.
        # Attack: two vendors tell a pupil's two guardians apart by the order in which the school's system lists them.
        return sorted(roles, key=lambda role: (role["roleType"], role["org"], role["role"]))

    def _demographics(
        self, person: PersonRecord, pseudonym: Pseudonym, subject: Subject, fields: Mapping[str, object]
    ) -> ReleasedRecord:
        return self.make(
            Kind.DEMOGRAPHICS,
            pseudonym,
            self.plan.of(Kind.DEMOGRAPHICS, person.subjects),
            fields,
            subject=subject,
            references={},
            relations=Relations(),
            source=person.source,
            person=person.number,
        )

    def enrolments(self) -> Iterator[list[ReleasedRecord]]:
        """Release enrolments whose person and class are both released, in a school of the agreement."""
        return self.enrolment_release().records()

    def enrolment_release(self) -> EnrolmentRelease:
        """What decides about enrolments; ready when persons and classes are."""
        return EnrolmentRelease(
            self.plan,
            self._graph.enrolments,
            persons=self.persons,
            classes=self.classes,
            schools=self.orgs,
            seal=lambda source, packed: self._identifier.sealed(
                self.plan.product, Kind.ENROLLMENT, self._spaces[source], packed
            ),
            term_bound=self.term_bound,
            tally=self.tally,
        )

    def class_refusal(self, row: ClassRow) -> str | None:
        """(3) Why a class stays; None: its school is released, groups are agreed, and somebody released is in it."""
        if row.school not in self.orgs:
            return "school_out_of_scope"
        agreement = self.plan.agreement
        if agreement.classes is not None and frozenset(row.names).isdisjoint(agreement.classes):
            return "class_out_of_scope"
        limited = agreement.grades is not None or agreement.classes is not None
        if limited and not any(member in self.persons for member in self._graph.members_of_class[row.number]):
            return "class_out_of_scope"
        return None

    def admits_class(self, row: ClassRow) -> bool:
        """(3) Whether a class goes; one that does not is counted."""
        reason = self.class_refusal(row)
        if reason is not None:
            self.tally.withheld[Kind.CLASS, reason] += 1
        return reason is None

    def class_records(self, batch: Sequence[ClassRow]) -> list[ReleasedRecord]:
        """Release classes; their terms and courses become part of what is released."""
        kept = [row for row in batch if self.admits_class(row)]
        for source in {row.source for row in kept}:
            rows = [row for row in kept if row.source == source]
            made = self._pseudonyms(Kind.CLASS, source, [row.identifier for row in rows])
            self.classes.update((row.number, pseudonym) for row, pseudonym in zip(rows, made, strict=True))
        return [self._class(row) for row in kept]

    def _class(self, row: ClassRow) -> ReleasedRecord:
        school = self.orgs[row.school]
        course = None if row.course is None else self.course(row.source, row.course)
        terms = tuple(sorted(self.session(row.source, term) for term in row.terms))
        references: dict[str, object] = {"school": school, "terms": list(terms)}
        if course is not None:
            references["course"] = course
        return self.make(
            Kind.CLASS,
            self.classes[row.number],
            self.plan.of(Kind.CLASS),
            row.fields(),
            subject=Subject.NONE,
            references=references,
            relations=Relations(school=school, course=course, terms=terms),
            source=row.source,
            members=self._graph.members_of_class[row.number],
        )

    def made_up_records(
        self, year_of: Callable[[int], tuple[int, str] | None]
    ) -> Iterator[list[ReleasedRecord]]:
        """Release made-up courses, classes and enrolments; `year_of` gives the school year of an organisation."""
        if self.made_up is None:
            return
        groups, space = self.made_up
        orgs, persons, spaces = self._graph.orgs, self._graph.persons, self._spaces

        def year(org: int) -> Pseudonym | None:
            found = year_of(org)
            return None if found is None else self.session(*found)

        made = coarse.Made(
            pseudonyms=lambda kind, ids: self._identifier.pseudonyms(self.plan.product, kind, space, ids),
            make=lambda kind, pseudonym, fields, **more: self.simple(kind, 0, pseudonym, fields, **more),
            label=lambda category: self.plan.label(frozenset({category})),
            person=self.persons.__getitem__,
            school=self.orgs.__getitem__,
            key_of_school=lambda org: (spaces[orgs.sources[org]].number, orgs.identifiers[org]),
            key_of_person=lambda person: (
                spaces[persons.sources[person]].number,
                persons.identifiers[person],
            ),
            year=year,
        )
        yield from coarse.records(groups, made)

    def simple(
        self,
        kind: Kind,
        source: int,
        pseudonym: Pseudonym,
        fields: Mapping[str, object],
        *,
        references: Mapping[str, object],
        relations: Relations,
        members: Sequence[int] = (),
        subject: Subject = Subject.NONE,
        subjects: frozenset[SubjectCategory] = frozenset(),
    ) -> ReleasedRecord:
        """Release a record whose scope and references were decided by the caller."""
        return self.make(
            kind,
            pseudonym,
            self.plan.of(kind, subjects),
            fields,
            subject=subject,
            references=references,
            relations=relations,
            source=source,
            members=members,
        )

    def course(self, source: int, identifier: str) -> Pseudonym:
        """The pseudonym of a course; asking for it makes it part of what is released."""
        known = self._courses.get((source, identifier))
        if known is None:
            known = self._pseudonyms(Kind.COURSE, source, [identifier])[0]
            self._courses[source, identifier] = known
        return known


def _in_own_order(reference: object) -> object:
    """References of one field by pseudonym. Attack: the source's order of two parents is the same at every vendor."""
    if isinstance(reference, list) and all(isinstance(each, str) for each in reference):
        return sorted(reference)
    return reference
