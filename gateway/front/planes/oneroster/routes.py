"""The routes of OneRoster 1.2 that this plane serves: 41 rostering reads, and the gradebook's own three
kinds.

A route is data: what it reads, whose existence it presupposes, and which scopes open it. Nested routes ask
for their parents first, so that an unknown class and a class outside the agreement give the same answer.

Source: the official OpenAPI files of OneRoster 1.2, counted operation by operation in the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from gateway.front.planes.oneroster.fields import PLURAL, SINGULAR
from gateway.holdings.selection import Collection
from gateway.roster.model import Kind

ROSTERING_PATH: Final = "/ims/oneroster/rostering/v1p2"
GRADEBOOK_PATH: Final = "/ims/oneroster/gradebook/v1p2"
SCOPE_PREFIX: Final = "https://purl.imsglobal.org/spec/or/v1p2/scope/"


class OneRosterScope(StrEnum):
    """Scopes of the standard that this gateway can grant. Source: OneRoster 1.2 REST binding, security."""

    ROSTER = SCOPE_PREFIX + "roster.readonly"
    ROSTER_CORE = SCOPE_PREFIX + "roster-core.readonly"
    DEMOGRAPHICS = SCOPE_PREFIX + "roster-demographics.readonly"
    GRADEBOOK = SCOPE_PREFIX + "gradebook.readonly"
    GRADEBOOK_CORE = SCOPE_PREFIX + "gradebook-core.readonly"
    PUT = SCOPE_PREFIX + "gradebook.createput"
    DELETE = SCOPE_PREFIX + "gradebook.delete"


@dataclass(frozen=True, slots=True)
class Route:
    """One readable path."""

    service: str
    """`roster` or `gradebook`: what a walk is pinned to."""
    path: str
    """Below the service's path; ids as `<name>`."""
    collection: Collection
    """What it reads; an id in angle brackets stands for the part of the path with that name."""
    scopes: frozenset[OneRosterScope]
    parents: tuple[Collection, ...] = ()
    """Records that must be visible to this vendor for the path to exist."""
    single: bool = False

    @property
    def template(self) -> str:
        """The whole path as a pattern, for the register and the discovery document."""
        return (ROSTERING_PATH if self.service == "roster" else GRADEBOOK_PATH) + self.path

    @property
    def member(self) -> str:
        """The member that wraps the answer."""
        return (SINGULAR if self.single else PLURAL)[self.collection.kind]

    def bind(self, ids: Mapping[str, str]) -> tuple[Collection, tuple[Collection, ...]]:
        """The collection and its parents with the ids of one request."""
        return _bound(self.collection, ids), tuple(_bound(parent, ids) for parent in self.parents)


def _bound(collection: Collection, ids: Mapping[str, str]) -> Collection:
    def part(value: str | None) -> str | None:
        return ids[value[1:-1]] if value is not None and value.startswith("<") else value

    return replace(
        collection,
        id=part(collection.id),
        in_class=part(collection.in_class),
        in_school=part(collection.in_school),
        of_course=part(collection.of_course),
        of_term=part(collection.of_term),
        of_user=part(collection.of_user),
        of_line_item=part(collection.of_line_item),
    )


_STUDENT: Final = ("student",)
_TEACHER: Final = ("teacher",)
_SCHOOL: Final = Collection(Kind.ORG, roles=("school",), id="<school>")
_CLASS: Final = Collection(Kind.CLASS, id="<class>")
_CLASS_IN_SCHOOL: Final = Collection(Kind.CLASS, id="<class>", in_school="<school>")
_COURSE: Final = Collection(Kind.COURSE, id="<course>")
_TERM: Final = Collection(Kind.ACADEMIC_SESSION, roles=("term",), id="<term>")
_A_STUDENT: Final = Collection(Kind.USER, roles=_STUDENT, id="<student>")
_A_TEACHER: Final = Collection(Kind.USER, roles=_TEACHER, id="<teacher>")
_A_USER: Final = Collection(Kind.USER, id="<user>")
_A_LINE_ITEM: Final = Collection(Kind.LINE_ITEM, id="<lineItem>", in_class="<class>")

_ROSTER_CORE: Final = frozenset({OneRosterScope.ROSTER, OneRosterScope.ROSTER_CORE})
_ROSTER: Final = frozenset({OneRosterScope.ROSTER})
_DEMOGRAPHICS: Final = frozenset({OneRosterScope.DEMOGRAPHICS})
_GRADEBOOK_CORE: Final = frozenset({OneRosterScope.GRADEBOOK, OneRosterScope.GRADEBOOK_CORE})
_GRADEBOOK: Final = frozenset({OneRosterScope.GRADEBOOK})


def _pair(
    service: str, name: str, kind: Kind, scopes: frozenset[OneRosterScope], *roles: str
) -> tuple[Route, Route]:
    return (
        Route(service, f"/{name}", Collection(kind, roles=roles), scopes),
        Route(service, f"/{name}/<id>", Collection(kind, roles=roles, id="<id>"), scopes, single=True),
    )


def _roster(path: str, collection: Collection, *parents: Collection) -> Route:
    return Route("roster", path, collection, _ROSTER, parents)


def _gradebook(path: str, collection: Collection, *parents: Collection) -> Route:
    return Route("gradebook", path, collection, _GRADEBOOK, parents)


ROSTERING_ROUTES: Final[tuple[Route, ...]] = (
    *_pair("roster", "academicSessions", Kind.ACADEMIC_SESSION, _ROSTER_CORE),
    *_pair("roster", "classes", Kind.CLASS, _ROSTER_CORE),
    *_pair("roster", "courses", Kind.COURSE, _ROSTER_CORE),
    *_pair("roster", "demographics", Kind.DEMOGRAPHICS, _DEMOGRAPHICS),
    *_pair("roster", "enrollments", Kind.ENROLLMENT, _ROSTER_CORE),
    *_pair("roster", "gradingPeriods", Kind.ACADEMIC_SESSION, _ROSTER_CORE, "gradingPeriod"),
    *_pair("roster", "orgs", Kind.ORG, _ROSTER_CORE),
    *_pair("roster", "schools", Kind.ORG, _ROSTER_CORE, "school"),
    *_pair("roster", "students", Kind.USER, _ROSTER_CORE, "student"),
    *_pair("roster", "teachers", Kind.USER, _ROSTER_CORE, "teacher"),
    *_pair("roster", "terms", Kind.ACADEMIC_SESSION, _ROSTER_CORE, "term"),
    *_pair("roster", "users", Kind.USER, _ROSTER_CORE),
    _roster("/classes/<class>/students", Collection(Kind.USER, _STUDENT, in_class="<class>"), _CLASS),
    _roster("/classes/<class>/teachers", Collection(Kind.USER, _TEACHER, in_class="<class>"), _CLASS),
    _roster("/courses/<course>/classes", Collection(Kind.CLASS, of_course="<course>"), _COURSE),
    _roster("/schools/<school>/classes", Collection(Kind.CLASS, in_school="<school>"), _SCHOOL),
    _roster(
        "/schools/<school>/classes/<class>/enrollments",
        Collection(Kind.ENROLLMENT, in_class="<class>", in_school="<school>"),
        _SCHOOL,
        _CLASS_IN_SCHOOL,
    ),
    # The class is of the school already; its people need no role in the school itself (a teacher of the
    # board).
    _roster(
        "/schools/<school>/classes/<class>/students",
        Collection(Kind.USER, _STUDENT, in_class="<class>"),
        _SCHOOL,
        _CLASS_IN_SCHOOL,
    ),
    _roster(
        "/schools/<school>/classes/<class>/teachers",
        Collection(Kind.USER, _TEACHER, in_class="<class>"),
        _SCHOOL,
        _CLASS_IN_SCHOOL,
    ),
    _roster("/schools/<school>/courses", Collection(Kind.COURSE, in_school="<school>"), _SCHOOL),
    _roster("/schools/<school>/enrollments", Collection(Kind.ENROLLMENT, in_school="<school>"), _SCHOOL),
    _roster("/schools/<school>/students", Collection(Kind.USER, _STUDENT, in_school="<school>"), _SCHOOL),
    _roster("/schools/<school>/teachers", Collection(Kind.USER, _TEACHER, in_school="<school>"), _SCHOOL),
    _roster(
        "/schools/<school>/terms",
        Collection(Kind.ACADEMIC_SESSION, ("term",), in_school="<school>"),
        _SCHOOL,
    ),
    _roster("/students/<student>/classes", Collection(Kind.CLASS, _STUDENT, of_user="<student>"), _A_STUDENT),
    _roster("/teachers/<teacher>/classes", Collection(Kind.CLASS, _TEACHER, of_user="<teacher>"), _A_TEACHER),
    _roster("/users/<user>/classes", Collection(Kind.CLASS, of_user="<user>"), _A_USER),
    _roster("/terms/<term>/classes", Collection(Kind.CLASS, of_term="<term>"), _TERM),
    _roster(
        "/terms/<term>/gradingPeriods",
        Collection(Kind.ACADEMIC_SESSION, ("gradingPeriod",), of_term="<term>"),
        _TERM,
    ),
)

GRADEBOOK_ROUTES: Final[tuple[Route, ...]] = (
    *_pair("gradebook", "categories", Kind.CATEGORY, _GRADEBOOK_CORE),
    *_pair("gradebook", "lineItems", Kind.LINE_ITEM, _GRADEBOOK_CORE),
    *_pair("gradebook", "results", Kind.RESULT, _GRADEBOOK_CORE),
    _gradebook("/classes/<class>/categories", Collection(Kind.CATEGORY, in_class="<class>"), _CLASS),
    _gradebook("/classes/<class>/lineItems", Collection(Kind.LINE_ITEM, in_class="<class>"), _CLASS),
    _gradebook("/classes/<class>/results", Collection(Kind.RESULT, in_class="<class>"), _CLASS),
    _gradebook(
        "/classes/<class>/lineItems/<lineItem>/results",
        Collection(Kind.RESULT, in_class="<class>", of_line_item="<lineItem>"),
        _CLASS,
        _A_LINE_ITEM,
    ),
    _gradebook(
        "/classes/<class>/students/<student>/results",
        Collection(Kind.RESULT, in_class="<class>", of_user="<student>"),
        _CLASS,
        _A_STUDENT,
    ),
)

WRITABLE: Final[Mapping[str, Kind]] = {
    PLURAL[kind]: kind for kind in (Kind.CATEGORY, Kind.LINE_ITEM, Kind.RESULT)
}
"""Path segments of the gradebook that take PUT and DELETE."""

UNSUPPORTED: Final[tuple[tuple[str, str], ...]] = (
    *(
        (method, f"{GRADEBOOK_PATH}/{name}{rest}")
        for name in ("assessmentLineItems", "assessmentResults", "scoreScales")
        for method, rest in (("GET", ""), ("GET", "/<id>"), ("PUT", "/<id>"), ("DELETE", "/<id>"))
    ),
    ("GET", f"{GRADEBOOK_PATH}/classes/<class>/scoreScales"),
    ("GET", f"{GRADEBOOK_PATH}/schools/<school>/scoreScales"),
    ("POST", f"{GRADEBOOK_PATH}/classes/<class>/lineItems"),
    ("POST", f"{GRADEBOOK_PATH}/schools/<school>/lineItems"),
    ("POST", f"{GRADEBOOK_PATH}/lineItems/<lineItem>/results"),
    ("POST", f"{GRADEBOOK_PATH}/classes/<class>/academicSessions/<session>/results"),
)
"""Operations of the standard that this gateway does not offer; it says so instead of answering an unknown
path."""
