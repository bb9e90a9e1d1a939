"""Made-up groups: one class per school and grade, for agreements that say `groups: coarse`.

A real class joins two vendors' pupils: 23 members, two teachers, a timetable. A whole grade does so far less.

 1. the grades of a pupil are those of the pupil, else of the pupil's real classes; of a teacher, those of the real
    classes that the teacher has in that school; who has no grade is in the class without one
 2. a class is made for each school and grade in which a pupil is released; a teacher joins classes that exist
 3. nothing of a real class, course or enrolment is read for it: no title, no subject, no date, no id
 4. ids are pseudonyms of an own identifier space, so that what a vendor returns about a made-up class is known for
    what it is and joined to no real class

Source: ARCHITECTURE section 7; docs/decisions/0019.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from contracts.vocabulary import SubjectCategory
from gateway import strict_json
from gateway.roster.model import Kind, Pseudonym, Relations, ReleasedRecord, Subject
from gateway.school.disclosure.graph import ClassRow, RosterGraph
from gateway.school.disclosure.people import PersonRecord, subject_of_role

SPACE: Final = "schuilnaam/coarse"
"""Identifier space of made-up classes, courses and enrolments. In pseudonyms for ever: never changes."""

NO_GRADE: Final = ""
_TEACHER: Final = "teacher"
_STUDENT: Final = "student"


@dataclass(frozen=True, slots=True, order=True)
class MadeUpClass:
    """One school and one grade."""

    org: int
    """Number of the organisation."""
    grade: str


@dataclass(slots=True)
class CoarseGroups:
    """Who is in which made-up class at one product; filled while people are released."""

    graph: RosterGraph
    classes: Mapping[int, ClassRow]
    """Real classes by number, for the grades of those who have none of their own."""
    _members: dict[MadeUpClass, list[tuple[int, SubjectCategory]]] = field(default_factory=dict)
    _teachers: list[tuple[MadeUpClass, int]] = field(default_factory=list)

    def add(self, person: PersonRecord, *, released: Sequence[tuple[str, int]]) -> None:
        """Place a person who is released with these (role, organisation)."""
        for role, org in dict.fromkeys(released):
            match subject_of_role(role):
                case SubjectCategory.PUPIL:
                    for grade in person.grades or {NO_GRADE}:
                        self._members.setdefault(MadeUpClass(org, grade), []).append(
                            (person.number, SubjectCategory.PUPIL)
                        )
                case SubjectCategory.STAFF:
                    self._teachers += [
                        (MadeUpClass(org, grade), person.number) for grade in self._taught(person.number, org)
                    ]
                case SubjectCategory.GUARDIAN:
                    pass

    def _taught(self, person: int, org: int) -> set[str]:
        rows = (self.classes.get(class_) for class_ in self.graph.classes_of_person(person))
        taught = [row for row in rows if row is not None and row.school == org]
        return {grade for row in taught for grade in row.grades or {NO_GRADE}}

    def made(self) -> list[tuple[MadeUpClass, list[tuple[int, SubjectCategory]]]]:
        """Every made-up class with its members: (number of the person, as what)."""
        staffed = {group: list(members) for group, members in self._members.items()}
        for group, person in self._teachers:
            if group in staffed:
                staffed[group].append((person, SubjectCategory.STAFF))
        return sorted(staffed.items())


def identifier(*parts: str | int) -> str:
    """The identifier of something made up: the same every time, of one length whatever it is made of."""
    digest = hashlib.sha256(strict_json.dumps(list(parts))).digest()
    return str(uuid.UUID(bytes=digest[:16]))


def title(grade: str) -> str | None:
    """What a made-up class is called; None leaves the placeholder."""
    if not grade:
        return None
    return (
        f"Groep {int(grade)}" if grade.isascii() and grade.isdigit() and len(grade) < 4 else f"Groep {grade}"
    )


def fields(grade: str) -> dict[str, object]:
    """The fields of a made-up class; which of them go, the plan says."""
    if not grade:
        return {}
    return {"title": title(grade), "grades": [grade]}


@dataclass(frozen=True, slots=True)
class Made:
    """What is needed of a product's release to make the records."""

    pseudonyms: Callable[[Kind, Sequence[str]], list[Pseudonym]]
    """In the space of what is made up."""
    make: Callable[..., ReleasedRecord]
    """`ProductRelease.simple` without its source."""
    label: Callable[[SubjectCategory], Subject]
    person: Callable[[int], Pseudonym]
    school: Callable[[int], Pseudonym]
    key_of_school: Callable[[int], tuple[int, str]]
    """Number of the source's identifier space, identifier of the organisation."""
    key_of_person: Callable[[int], tuple[int, str]]
    year: Callable[[int], Pseudonym | None]
    """The school year of the source that the organisation is in."""


def records(groups: CoarseGroups, made: Made) -> Iterable[list[ReleasedRecord]]:
    """Courses, classes and enrolments, in lists of one kind."""
    found = groups.made()
    schools = sorted({group.org for group, _ in found})
    courses = dict(
        zip(
            schools,
            made.pseudonyms(Kind.COURSE, [identifier("course", *made.key_of_school(org)) for org in schools]),
            strict=True,
        )
    )
    classes = made.pseudonyms(
        Kind.CLASS, [identifier("class", *made.key_of_school(group.org), group.grade) for group, _ in found]
    )
    yield [_course(made, org, course) for org, course in courses.items()]
    yield [
        _class(made, group, class_, courses[group.org])
        for (group, _), class_ in zip(found, classes, strict=True)
    ]
    for (group, members), class_ in zip(found, classes, strict=True):
        yield _enrolments(made, group, class_, members)


def _course(made: Made, org: int, course: Pseudonym) -> ReleasedRecord:
    school, year = made.school(org), made.year(org)
    references: dict[str, object] = {"org": school}
    if year is not None:
        references["schoolYear"] = year
    return made.make(Kind.COURSE, course, {}, references=references, relations=Relations(school=school))


def _class(made: Made, group: MadeUpClass, class_: Pseudonym, course: Pseudonym) -> ReleasedRecord:
    school, year = made.school(group.org), made.year(group.org)
    terms = () if year is None else (year,)
    return made.make(
        Kind.CLASS,
        class_,
        fields(group.grade),
        references={"school": school, "course": course, "terms": list(terms)},
        relations=Relations(school=school, course=course, terms=terms),
    )


def _enrolments(
    made: Made, group: MadeUpClass, class_: Pseudonym, members: Sequence[tuple[int, SubjectCategory]]
) -> list[ReleasedRecord]:
    school = made.school(group.org)
    place = (*made.key_of_school(group.org), group.grade)
    ids = made.pseudonyms(
        Kind.ENROLLMENT,
        [
            identifier("enrollment", *place, *made.key_of_person(person), category)
            for person, category in members
        ],
    )
    released: list[ReleasedRecord] = []
    for (person, category), pseudonym in zip(members, ids, strict=True):
        user = made.person(person)
        role = _STUDENT if category is SubjectCategory.PUPIL else _TEACHER
        released.append(
            made.make(
                Kind.ENROLLMENT,
                pseudonym,
                {"role": role},
                references={"user": user, "class": class_, "school": school},
                relations=Relations(user=user, class_=class_, school=school, role=role),
                subject=made.label(category),
                subjects=frozenset({category}),
            )
        )
    return released
