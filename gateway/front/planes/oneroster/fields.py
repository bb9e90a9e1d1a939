"""Every wire field of OneRoster 1.2 that this plane knows, and how it may leave. Reviewed line by line.

Anything that is not in this table does not exist: a vendor that asks for it gets the answer of a misspelt
name, and a body that holds it goes out without it. Copy this file first when adding a plane.

Treatments:
- STRUCTURAL goes with its kind: ids, status, role, references. Without it the record is no record.
- PLACEHOLDER is required by the standard. It goes as the agreement lists it; where it is not listed, a
  constant without meaning takes its place.
- LISTED goes as the agreement lists it, or not at all.
- WITHHELD exists in the standard and is never sent by this plane, whatever an agreement says.

Source: OneRoster 1.2 rostering and gradebook information models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contracts.vocabulary import DataCategory
from gateway.roster.model import REFERENCES, Kind


class Treatment(StrEnum):
    """How a wire field may leave; see the module's docstring."""

    STRUCTURAL = "structural"
    PLACEHOLDER = "placeholder"
    LISTED = "listed"
    WITHHELD = "withheld"


class Shape(StrEnum):
    """What a value of the field looks like on the wire."""

    TEXT = "text"
    TEXTS = "texts"
    DATE = "date"
    DATE_TIME = "date-time"
    TRUTH = "truth"
    """The strings "true" and "false"; OneRoster has no booleans."""
    NUMBER = "number"
    REFERENCE = "reference"
    REFERENCES = "references"
    ROLES = "roles"
    OBJECTIVES = "learningObjectiveSet"
    OPAQUE = "opaque"
    """Never read nor written here."""


OWN_ID: Final = "\0own-id"
"""Placeholder that stands for the record's own pseudonym, where consumers take the field for unique."""

WITHDRAWN: Final = "ext:withdrawn"
"""Role or type of a tombstone: the enumerations of the standard are extensible by `ext:`."""

UNTOLD_DAY: Final = "1970-01-01"


@dataclass(frozen=True, slots=True)
class WireField:
    """One line of the table."""

    name: str
    shape: Shape
    treatment: Treatment
    category: DataCategory | None
    """Category of the privacy leaflet under which an agreement lists it; None where no agreement can."""
    required: bool = False
    """Required by the official schema, so that an answer without it is invalid."""
    placeholder: object = None
    """What goes out in place of a required value that may not."""


def _structural(
    name: str, shape: Shape = Shape.TEXT, *, required: bool = False, placeholder: object = None
) -> WireField:
    return WireField(name, shape, Treatment.STRUCTURAL, None, required, placeholder)


def _placeholder(name: str, constant: object, category: DataCategory, shape: Shape = Shape.TEXT) -> WireField:
    return WireField(name, shape, Treatment.PLACEHOLDER, category, True, constant)


def _listed(name: str, category: DataCategory, shape: Shape = Shape.TEXT) -> WireField:
    return WireField(name, shape, Treatment.LISTED, category)


def _withheld(name: str) -> WireField:
    return WireField(name, Shape.OPAQUE, Treatment.WITHHELD, None)


_CONTACT: Final = DataCategory.CONTACT
_EDUCATION: Final = DataCategory.ORGANISATION
_PROGRESS: Final = DataCategory.PROGRESS
_ORIGIN: Final = DataCategory.NATIONALITY

_EVERY_KIND: Final = (
    _structural("sourcedId", required=True),
    _structural("status", required=True),
    _structural("dateLastModified", Shape.DATE_TIME, required=True),
    _withheld("metadata"),
)

_TABLE: Final[Mapping[Kind, tuple[WireField, ...]]] = {
    Kind.ORG: (
        _placeholder("name", "-", _EDUCATION),
        _structural("type", required=True, placeholder=WITHDRAWN),
        _placeholder("identifier", OWN_ID, _EDUCATION),
        _structural("parent", Shape.REFERENCE),
        _structural("children", Shape.REFERENCES),
    ),
    Kind.ACADEMIC_SESSION: (
        _placeholder("title", "-", _EDUCATION),
        _placeholder("startDate", UNTOLD_DAY, _EDUCATION, Shape.DATE),
        _placeholder("endDate", UNTOLD_DAY, _EDUCATION, Shape.DATE),
        _structural("type", required=True, placeholder=WITHDRAWN),
        _structural("parent", Shape.REFERENCE),
        _structural("children", Shape.REFERENCES),
        _placeholder("schoolYear", "1970", _EDUCATION),
    ),
    Kind.ENROLLMENT: (
        _structural("user", Shape.REFERENCE, required=True),
        _structural("class", Shape.REFERENCE, required=True),
        _structural("school", Shape.REFERENCE, required=True),
        _structural("role", required=True, placeholder=WITHDRAWN),
        _listed("primary", _EDUCATION, Shape.TRUTH),
        _listed("beginDate", _EDUCATION, Shape.DATE),
        _listed("endDate", _EDUCATION, Shape.DATE),
    ),
    Kind.DEMOGRAPHICS: (
        _listed("birthDate", _CONTACT, Shape.DATE),
        _listed("sex", _CONTACT),
        _listed("americanIndianOrAlaskaNative", _ORIGIN, Shape.TRUTH),
        _listed("asian", _ORIGIN, Shape.TRUTH),
        _listed("blackOrAfricanAmerican", _ORIGIN, Shape.TRUTH),
        _listed("nativeHawaiianOrOtherPacificIslander", _ORIGIN, Shape.TRUTH),
        _listed("white", _ORIGIN, Shape.TRUTH),
        _listed("demographicRaceTwoOrMoreRaces", _ORIGIN, Shape.TRUTH),
        _listed("hispanicOrLatinoEthnicity", _ORIGIN, Shape.TRUTH),
        _listed("countryOfBirthCode", _ORIGIN),
        _listed("stateOfBirthAbbreviation", _ORIGIN),
        _listed("cityOfBirth", _ORIGIN),
        _listed("publicSchoolResidenceStatus", _CONTACT),
    ),
    Kind.USER: (
        # userMasterIdentifier, userIds, identifier: where sources put national numbers and the chain
        # identifier.
        _withheld("userMasterIdentifier"),
        WireField("username", Shape.TEXT, Treatment.LISTED, _CONTACT),
        _withheld("userIds"),
        _placeholder("enabledUser", "true", _EDUCATION, Shape.TRUTH),
        _placeholder("givenName", "-", _CONTACT),
        _placeholder("familyName", "-", _CONTACT),
        _listed("middleName", _CONTACT),
        _listed("preferredFirstName", _CONTACT),
        _listed("preferredMiddleName", _CONTACT),
        _listed("preferredLastName", _CONTACT),
        _listed("pronouns", DataCategory.OTHER),
        _structural("roles", Shape.ROLES, required=True),
        _withheld("userProfiles"),
        _structural("primaryOrg", Shape.REFERENCE),
        _withheld("identifier"),
        _listed("email", _CONTACT),
        _listed("sms", _CONTACT),
        _listed("phone", _CONTACT),
        _structural("agents", Shape.REFERENCES),
        _listed("grades", _EDUCATION, Shape.TEXTS),
        _withheld("password"),
        _withheld("resources"),
    ),
    Kind.CLASS: (
        _placeholder("title", "-", _EDUCATION),
        _listed("classCode", _EDUCATION),
        _listed("classType", _EDUCATION),
        _listed("location", _EDUCATION),
        _listed("grades", _EDUCATION, Shape.TEXTS),
        _listed("subjects", _EDUCATION, Shape.TEXTS),
        _structural("course", Shape.REFERENCE, required=True),
        _structural("school", Shape.REFERENCE, required=True),
        _structural("terms", Shape.REFERENCES, required=True),
        _listed("subjectCodes", _EDUCATION, Shape.TEXTS),
        _listed("periods", _EDUCATION, Shape.TEXTS),
        _withheld("resources"),
    ),
    Kind.COURSE: (
        _placeholder("title", "-", _EDUCATION),
        _structural("schoolYear", Shape.REFERENCE),
        _placeholder("courseCode", OWN_ID, _EDUCATION),
        _listed("grades", _EDUCATION, Shape.TEXTS),
        _listed("subjects", _EDUCATION, Shape.TEXTS),
        _structural("org", Shape.REFERENCE),
        _listed("subjectCodes", _EDUCATION, Shape.TEXTS),
        _withheld("resources"),
    ),
    Kind.CATEGORY: (
        _placeholder("title", "-", _PROGRESS),
        _listed("weight", _PROGRESS, Shape.NUMBER),
    ),
    Kind.LINE_ITEM: (
        _placeholder("title", "-", _PROGRESS),
        _listed("description", _PROGRESS),
        _placeholder("assignDate", UNTOLD_DAY + "T00:00:00Z", _PROGRESS, Shape.DATE_TIME),
        _placeholder("dueDate", UNTOLD_DAY + "T00:00:00Z", _PROGRESS, Shape.DATE_TIME),
        _structural("class", Shape.REFERENCE, required=True),
        _structural("school", Shape.REFERENCE, required=True),
        _structural("category", Shape.REFERENCE, required=True),
        _structural("gradingPeriod", Shape.REFERENCE),
        _structural("academicSession", Shape.REFERENCE),
        _withheld("scoreScale"),
        _listed("resultValueMin", _PROGRESS, Shape.NUMBER),
        _listed("resultValueMax", _PROGRESS, Shape.NUMBER),
        _listed("learningObjectiveSet", _PROGRESS, Shape.OBJECTIVES),
    ),
    Kind.RESULT: (
        _structural("lineItem", Shape.REFERENCE, required=True),
        _structural("student", Shape.REFERENCE, required=True),
        _structural("class", Shape.REFERENCE),
        _withheld("scoreScale"),
        _placeholder("scoreStatus", "ext:withheld", _PROGRESS),
        _listed("score", _PROGRESS, Shape.NUMBER),
        _listed("textScore", _PROGRESS),
        _placeholder("scoreDate", UNTOLD_DAY, _PROGRESS, Shape.DATE),
        _listed("comment", _PROGRESS),
        _listed("learningObjectiveSet", _PROGRESS, Shape.OBJECTIVES),
        _listed("inProgress", _PROGRESS, Shape.TRUTH),
        _listed("incomplete", _PROGRESS, Shape.TRUTH),
        _listed("late", _PROGRESS, Shape.TRUTH),
        _listed("missing", _PROGRESS, Shape.TRUTH),
    ),
}

WIRE_FIELDS: Final[Mapping[Kind, Mapping[str, WireField]]] = {
    kind: {line.name: line for line in (*_EVERY_KIND, *lines)} for kind, lines in _TABLE.items()
}
"""The table: per kind, every field of the standard by its wire name, in the order of the standard."""

ROLE_DATES: Final = ("beginDate", "endDate")
"""Members of `user.roles[]` that are listed as `user.roles.beginDate` and `user.roles.endDate`."""

REFERENCE_TARGETS: Final[Mapping[Kind, Mapping[str, Kind]]] = {
    kind: {reference.field: reference.target for reference in references}
    for kind, references in REFERENCES.items()
}

SINGULAR: Final[Mapping[Kind, str]] = {
    Kind.ORG: "org",
    Kind.ACADEMIC_SESSION: "academicSession",
    Kind.ENROLLMENT: "enrollment",
    Kind.DEMOGRAPHICS: "demographics",
    Kind.USER: "user",
    Kind.CLASS: "class",
    Kind.COURSE: "course",
    Kind.CATEGORY: "category",
    Kind.LINE_ITEM: "lineItem",
    Kind.RESULT: "result",
}
"""Member that wraps one record, and `type` of a reference to it."""

PLURAL: Final[Mapping[Kind, str]] = {
    Kind.ORG: "orgs",
    Kind.ACADEMIC_SESSION: "academicSessions",
    Kind.ENROLLMENT: "enrollments",
    Kind.DEMOGRAPHICS: "demographics",
    Kind.USER: "users",
    Kind.CLASS: "classes",
    Kind.COURSE: "courses",
    Kind.CATEGORY: "categories",
    Kind.LINE_ITEM: "lineItems",
    Kind.RESULT: "results",
}
"""Member that wraps a collection, and the path segment of the kind."""
