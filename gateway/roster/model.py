"""The neutral roster: record kinds, subjects, references, and the four record types on the two ways.

Kinds and fields carry OneRoster 1.2 names, because a field name in an agreement (`user.givenName`) must mean
the same whatever standard the school's system or the vendor speaks.

A `SourceRecord` is about an identified person and never leaves the school side. A `ReleasedRecord` is what a
vendor may hold. They are different types on purpose: handing the wrong one to the wrong way fails the type
check, and `ReleasedRecord` refuses at run time any reference that is not a pseudonym.

Source: OneRoster 1.2 rostering and gradebook information models.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NewType

Pseudonym = NewType("Pseudonym", str)
"""What a vendor gets instead of an identifier; text form of `keys.pseudonyms`."""

ProductId = NewType("ProductId", str)
"""The slug under which agreements, clients and holdings know a product, e.g. `rekenwijs-po`."""

PSEUDONYM_PATTERN: Final = re.compile(r"p[a-z2-7]{40,250}\Z")
"""Shape only. That a string has it proves nothing: only the key verifies."""
_looks_like_one: Final = PSEUDONYM_PATTERN.match
"""Bound once: asked five times for each of a million records."""


class Kind(StrEnum):
    """Kinds of record. Stored; values never change. For the order in which a refresh reads them see ADR 0020."""

    ORG = "org"
    ACADEMIC_SESSION = "academicSession"
    ENROLLMENT = "enrollment"
    DEMOGRAPHICS = "demographics"
    USER = "user"
    CLASS = "class"
    COURSE = "course"
    CATEGORY = "category"
    LINE_ITEM = "lineItem"
    RESULT = "result"


class Subject(StrEnum):
    """Whom a record is about; the words of the agreement. Stored; values never change.

    Somebody with several roles is about all of them: a field goes only where it may for each.
    """

    PUPIL = "leerling"
    STAFF = "medewerker"
    GUARDIAN = "wettelijk_vertegenwoordiger"
    PUPIL_STAFF = "leerling+medewerker"
    PUPIL_GUARDIAN = "leerling+wettelijk_vertegenwoordiger"
    STAFF_GUARDIAN = "medewerker+wettelijk_vertegenwoordiger"
    PUPIL_STAFF_GUARDIAN = "leerling+medewerker+wettelijk_vertegenwoordiger"
    NONE = "geen"

    @property
    def words(self) -> frozenset[str]:
        """The single words of the agreement that it is made of; none for a record about nobody."""
        return frozenset() if self is Subject.NONE else frozenset(self.value.split("+"))


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference field of a kind."""

    field: str
    """Wire name in OneRoster 1.2."""
    target: Kind
    many: bool = False


REFERENCES: Final[Mapping[Kind, tuple[Reference, ...]]] = {
    Kind.ORG: (Reference("parent", Kind.ORG), Reference("children", Kind.ORG, many=True)),
    Kind.ACADEMIC_SESSION: (
        Reference("parent", Kind.ACADEMIC_SESSION),
        Reference("children", Kind.ACADEMIC_SESSION, many=True),
    ),
    Kind.ENROLLMENT: (
        Reference("user", Kind.USER),
        Reference("class", Kind.CLASS),
        Reference("school", Kind.ORG),
    ),
    Kind.DEMOGRAPHICS: (),
    Kind.USER: (Reference("primaryOrg", Kind.ORG), Reference("agents", Kind.USER, many=True)),
    Kind.CLASS: (
        Reference("course", Kind.COURSE),
        Reference("school", Kind.ORG),
        Reference("terms", Kind.ACADEMIC_SESSION, many=True),
    ),
    Kind.COURSE: (Reference("schoolYear", Kind.ACADEMIC_SESSION), Reference("org", Kind.ORG)),
    Kind.CATEGORY: (),
    Kind.LINE_ITEM: (
        Reference("class", Kind.CLASS),
        Reference("school", Kind.ORG),
        Reference("category", Kind.CATEGORY),
        Reference("gradingPeriod", Kind.ACADEMIC_SESSION),
        Reference("academicSession", Kind.ACADEMIC_SESSION),
    ),
    Kind.RESULT: (
        Reference("lineItem", Kind.LINE_ITEM),
        Reference("student", Kind.USER),
        Reference("class", Kind.CLASS),
    ),
}
"""Every reference that a record of a kind may carry. `user.roles[].org` is the one nested reference."""


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One record as the school's system delivers it: identified, never stored, never sent.

    `str` and `repr` show the kind only, so that a stray log line or traceback holds no pupil.
    """

    source: str
    """Slug of the source."""
    kind: Kind
    identifier: str
    """`sourcedId` in the school's system."""
    fields: Mapping[str, object] = field(repr=False)
    """The record without `sourcedId`, `status`, `dateLastModified`; values as `gateway.strict_json` reads them."""
    active: bool = True
    """False where the source says `tobedeleted`."""

    def __repr__(self) -> str:
        return f"<SourceRecord {self.kind}>"

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class Relations:
    """The references of a released record that the front needs as an index, in clear (they are pseudonyms)."""

    user: Pseudonym | None = None
    class_: Pseudonym | None = None
    school: Pseudonym | None = None
    course: Pseudonym | None = None
    parent: Pseudonym | None = None
    line_item: Pseudonym | None = None
    category: Pseudonym | None = None
    role: str | None = None
    """Role of an enrolment or user (`student`, `teacher`, ...), type of an org or academic session."""
    terms: tuple[Pseudonym, ...] = ()
    """Academic sessions of a class."""
    schools: tuple[Pseudonym, ...] = ()
    """Orgs in which a user has a role (students/teachers of a school)."""

    def __post_init__(self) -> None:
        # Attack: an identified record handed to the holdings by mistake. Vendor-minted ids are let in by the set of
        # vendor-made records, which does not use this type.
        for pseudonym in (
            self.user,
            self.class_,
            self.school,
            self.course,
            self.parent,
            self.line_item,
            self.category,
            *self.terms,
            *self.schools,
        ):
            if pseudonym is not None and not _looks_like_one(pseudonym):
                raise TypeError("a relation of a released record must be a pseudonym")


@dataclass(frozen=True, slots=True)
class ReleasedRecord:
    """One record that one vendor may hold.

    `body` holds the allowed fields only, under OneRoster 1.2 names, without `sourcedId`, `status` and
    `dateLastModified` (these are columns of the holdings). A reference in it is the bare pseudonym of its target
    (a list of them where many); `roles[].org` likewise. A plane builds hrefs and types from `REFERENCES`.
    """

    kind: Kind
    pseudonym: Pseudonym
    subject: Subject
    body: Mapping[str, object] = field(repr=False)
    relations: Relations = Relations()

    def __post_init__(self) -> None:
        if not _looks_like_one(self.pseudonym):
            raise TypeError("a released record is identified by a pseudonym")

    def __repr__(self) -> str:
        return f"<ReleasedRecord {self.kind}>"

    __str__ = __repr__
