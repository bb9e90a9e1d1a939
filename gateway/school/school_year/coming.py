"""A source as it will be in the coming school year: what a refresh would read then, from what the source says today.

A system that is a year ahead has the sessions, classes and enrolments of the coming year beside those of this one. The
view shows these only: classes that run in the coming year, enrolments in them, pupils who have one, in the grade of
their new class. Everything else is as it is today. So a rehearsal is a refresh, through the same rules, of this view.

Does not guarantee: that the school will do what its system says in June. A pupil who is not placed yet looks like a
leaver, and is counted as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from gateway.errors import UsageError
from gateway.roster.model import Kind, SourceRecord
from gateway.school.disclosure.board_names import BoardNames
from gateway.school.disclosure.free_text import TextKind
from gateway.school.disclosure.people import reference_id, reference_ids, text, texts
from gateway.school.disclosure.refresh import AskableSource
from gateway.school.disclosure.treatments import valid_day

LONGEST_AHEAD: Final = timedelta(days=400)
_PUPIL: Final = "student"


@dataclass(frozen=True, slots=True)
class SchoolYear:
    """One school year of a source."""

    title: str
    starts_on: date
    ends_on: date
    sessions: frozenset[str] = field(repr=False)
    """Ids of the year and of everything below it."""


@dataclass(slots=True)
class ClassCount:
    """One class of a year. Not about a person."""

    title: str
    grades: tuple[str, ...]
    pupils: int = 0


@dataclass(slots=True)
class SchoolCounts:
    """What changes at one school, by the source's own word."""

    old: list[ClassCount] = field(default_factory=list)
    new: list[ClassCount] = field(default_factory=list)
    staying: int = 0
    leaving: int = 0
    joining: int = 0
    """Pupils who have a class in the coming year and none now."""
    moved: int = 0
    """Staying, in other groups than now; where a system keeps a group's id over the summer, who stays in it is not."""
    same_grade: int = 0
    """Staying, in a class of the grade that they are in now and of no higher one."""


class ComingYear:
    """One source, seen a year ahead. Ids, titles and memberships are kept; names are not."""

    def __init__(self, source: AskableSource, *, today: date) -> None:
        """Read sessions, classes and enrolments.

        Raises:
            UsageError: `coming_year_missing`, `coming_year_empty`.
            SourceError: the source failed.
        """
        self._source = source
        self.year = _coming(source, today)
        self._classes: dict[str, SourceRecord] = {}
        self._old_classes: dict[str, SourceRecord] = {}
        for record in source.read(Kind.CLASS):
            if not record.active:
                continue
            terms = set(reference_ids(record.fields.get("terms")))
            if terms & self.year.sessions:
                self._classes[record.identifier] = record
            if not terms or terms - self.year.sessions:
                self._old_classes[record.identifier] = record
        self._new: dict[str, set[str]] = {}
        self._old: dict[str, set[str]] = {}
        self._members: dict[str, set[str]] = {}
        """By class: everybody in it, teachers too; whose names its title may hold."""
        for record in source.read(Kind.ENROLLMENT):
            user, of_class = reference_id(record.fields.get("user")), reference_id(record.fields.get("class"))
            if not record.active or user is None or of_class is None:
                continue
            self._members.setdefault(of_class, set()).add(user)
            if record.fields.get("role") != _PUPIL:
                continue
            if of_class in self._classes:
                self._new.setdefault(user, set()).add(of_class)
            if of_class in self._old_classes:
                self._old.setdefault(user, set()).add(of_class)
        if not self._new:
            raise UsageError(
                "The source has no pupils in classes of the coming school year yet.",
                code="coming_year_empty",
                remedy="Place pupils in the school's own system first.",
            )

    @property
    def slug(self) -> str:
        return self._source.slug

    def read(self, kind: Kind) -> Iterator[SourceRecord]:
        """Records of a kind as they will be."""
        for record in self._source.read(kind):
            seen = self._as_seen(record)
            if seen is not None:
                yield seen

    def one(self, kind: Kind, identifier: str) -> SourceRecord | None:
        """One record as it will be; None for who leaves."""
        record = self._source.one(kind, identifier)
        return None if record is None else self._as_seen(record)

    def enrolments_of(self, person: str) -> Sequence[SourceRecord] | None:
        """Of one person, as they will be."""
        found = self._source.enrolments_of(person)
        if found is None:
            return None
        return [seen for record in found if (seen := self._as_seen(record)) is not None]

    def _as_seen(self, record: SourceRecord) -> SourceRecord | None:
        match record.kind:
            case Kind.CLASS:
                return record if record.identifier in self._classes else None
            case Kind.ENROLLMENT:
                return record if reference_id(record.fields.get("class")) in self._classes else None
            case Kind.USER:
                if not _is_pupil(record):
                    return record
                if record.identifier not in self._new:
                    return None
                return replace(record, fields={**record.fields, "grades": list(self._grades(record))})
            case Kind.DEMOGRAPHICS:
                known_pupil = record.identifier in self._old or record.identifier in self._new
                return None if known_pupil and record.identifier not in self._new else record
            case _:
                return record

    def _grades(self, record: SourceRecord) -> tuple[str, ...]:
        """The grade of the new class; of a combination group, the one that follows, or else the one of now."""
        now = texts(record.fields.get("grades"))
        classes = (self._classes[each] for each in self._new[record.identifier])
        offered = sorted({grade for each in classes for grade in texts(each.fields.get("grades"))})
        if len(offered) <= 1:
            return tuple(offered) or now
        following = [grade for grade in offered if any(_follows(each, grade) for each in now)]
        return tuple(following or [grade for grade in offered if grade in now] or offered)

    def counts(
        self, brin_of_org: Mapping[str, str], *, words_that_are_no_names: Sequence[str] = ()
    ) -> dict[str, SchoolCounts]:
        """Old and new year side by side, per school that is mapped.

        Attack by accident: a group that is called after its pupil or teacher, shown to somebody who sees no pupil. So
        titles are scrubbed as on the way out.
        """
        found: dict[str, SchoolCounts] = {}
        names, numbers = BoardNames(words_that_are_no_names=words_that_are_no_names), dict[str, int]()
        pupils: list[SourceRecord] = []
        for number, record in enumerate(self._source.read(Kind.USER)):
            numbers[record.identifier] = number
            names.add_user(number, record)
            if record.active and _is_pupil(record):
                # What is counted of a pupil; the rest of the record is not kept.
                pupils.append(replace(record, fields={"grades": record.fields.get("grades")}))
        free = names.free_text()
        for records, members, is_new in (
            (self._old_classes, self._old, False),
            (self._classes, self._new, True),
        ):
            sizes: dict[str, int] = {}
            for classes in members.values():
                for each in classes:
                    sizes[each] = sizes.get(each, 0) + 1
            for identifier, record in sorted(
                records.items(), key=lambda pair: str(pair[1].fields.get("title"))
            ):
                brin = brin_of_org.get(reference_id(record.fields.get("school")) or "")
                if brin is None:
                    continue
                counts = found.setdefault(brin, SchoolCounts())
                (counts.new if is_new else counts.old).append(
                    ClassCount(
                        free.scrub(
                            text(record.fields.get("title")) or "",
                            TextKind.TITLE,
                            [numbers[each] for each in self._members.get(identifier, ()) if each in numbers],
                        ),
                        texts(record.fields.get("grades")),
                        sizes.get(identifier, 0),
                    )
                )
        for record in pupils:
            self._count(record, found, brin_of_org)
        return found

    def _count(
        self, record: SourceRecord, found: Mapping[str, SchoolCounts], brin_of_org: Mapping[str, str]
    ) -> None:
        identifier = record.identifier
        before, after = (
            self._schools(identifier, self._old, brin_of_org),
            self._schools(identifier, self._new, brin_of_org),
        )
        for brin in before | after:
            counts = found[brin]
            if brin not in after:
                counts.leaving += 1
            elif brin not in before:
                counts.joining += 1
            else:
                counts.staying += 1
                counts.moved += self._old[identifier] != self._new[identifier]
                grades = self._grades(record)
                counts.same_grade += bool(grades) and set(grades) <= set(texts(record.fields.get("grades")))

    def _schools(
        self, identifier: str, members: Mapping[str, set[str]], brin_of_org: Mapping[str, str]
    ) -> set[str]:
        known = {**self._old_classes, **self._classes}
        orgs = (reference_id(known[each].fields.get("school")) or "" for each in members.get(identifier, ()))
        return {brin for org in orgs if (brin := brin_of_org.get(org)) is not None}


def _is_pupil(record: SourceRecord) -> bool:
    roles = record.fields.get("roles")
    rows = [role for role in roles if isinstance(role, Mapping)] if isinstance(roles, list) else []
    found = {text(role.get("role")) for role in rows} or {text(record.fields.get("role"))}
    return found == {_PUPIL}


def _follows(grade: str, other: str) -> bool:
    head, tail = grade.rstrip("0123456789"), other.rstrip("0123456789")
    number, next_number = grade[len(head) :], other[len(tail) :]
    return (
        head == tail
        and number.isdecimal()
        and next_number.isdecimal()
        and int(next_number) == int(number) + 1
    )


def _coming(source: AskableSource, today: date) -> SchoolYear:
    sessions = [record for record in source.read(Kind.ACADEMIC_SESSION) if record.active]
    years: list[tuple[date, date, SourceRecord]] = []
    for record in sessions:
        starts, ends = valid_day(record.fields.get("startDate")), valid_day(record.fields.get("endDate"))
        if record.fields.get("type") == "schoolYear" and starts is not None and ends is not None:
            years.append((date.fromisoformat(starts), date.fromisoformat(ends), record))
    ahead = sorted(
        (each for each in years if today < each[0] <= today + LONGEST_AHEAD), key=lambda each: each[0]
    )
    if not ahead:
        raise UsageError(
            "The source has no school year that begins after today.",
            code="coming_year_missing",
            remedy="Open the coming school year in the school's own system first.",
        )
    starts_on, ends_on, year = ahead[0]
    below = {year.identifier}
    while True:
        more = {
            record.identifier
            for record in sessions
            if reference_id(record.fields.get("parent")) in below and record.identifier not in below
        }
        if not more:
            break
        below |= more
    return SchoolYear(text(year.fields.get("title")) or "", starts_on, ends_on, frozenset(below))
