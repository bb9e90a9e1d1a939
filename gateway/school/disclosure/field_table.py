"""How each field of the neutral roster may be treated: one reviewed table, an allow-list.

A field that is not in the table never leaves, whatever an agreement or a school's system says. Three handlings:
*structural* goes with its kind (it says how records hang together), *placeholder* is demanded by the standard and is
filled without meaning unless the agreement lists it, *listed* goes only as the agreement says. References are not
here: they are rebuilt from `gateway.roster.model.REFERENCES`.

Never in the table: `password`, `userIds`, `userMasterIdentifier`, `user.identifier`, `userProfiles` (credentials),
`resources`, `metadata` of every kind. Attack: a system that puts the national number in one of them.

Source: OneRoster 1.2 information models; leak map of the reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.roster.model import Kind


class Handling(StrEnum):
    """Whether the agreement decides about a field."""

    STRUCTURAL = "structural"
    PLACEHOLDER = "placeholder"
    LISTED = "listed"


class Value(StrEnum):
    """What a field's value is; decides what each form of the agreement makes of it."""

    WORD = "word"
    """One of few technical words: type, role, class type."""
    YEAR = "year"
    """A calendar year, such as the one in which a school year ends."""
    FLAG = "flag"
    """`"true"` or `"false"`, as the wire writes it."""
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    OTHER_NAME = "other_name"
    """A further part of a name; there is no alias for it."""
    USER_NAME = "user_name"
    EMAIL = "email"
    CONTACT = "contact"
    """Telephone numbers and the like."""
    BIRTH_DATE = "birth_date"
    JOIN_DATE = "join_date"
    """When a person joined or left: singles out who moves mid-year, so it is generalised to the term."""
    DATE = "date"
    MOMENT = "moment"
    """A day that the standard writes as a moment; the time of day does not leave."""
    STRUCTURAL_TITLE = "structural_title"
    """Of an organisation, course or period: full names and unique identifiers are scrubbed."""
    TITLE = "title"
    """Of a class, line item or category, and other short texts: single names of the class are scrubbed too."""
    PROSE = "prose"
    """Comments and descriptions."""
    CODES = "codes"
    """A list of short words, such as grades or subjects."""
    NUMBER = "number"
    FACT = "fact"
    """A short value about a person, such as sex or country of birth."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one field is treated."""

    value: Value
    handling: Handling = Handling.LISTED
    placeholder: object = None
    """What the standard gets where it demands the field and the agreement does not list it."""
    words: frozenset[str] | None = None
    """For a word: the vocabulary of the standard. Anything else leaves as `OTHER_WORD`: an `ext:` value is legal,
    and a person at a keyboard can put a name in it."""


OTHER_WORD: Final = "ext:other"
"""What leaves instead of a word that is not in the standard's vocabulary."""

ENROLMENT_ROLES: Final = frozenset({"administrator", "proctor", "student", "teacher"})
USER_ROLES: Final = frozenset(
    {
        "administrator",
        "aide",
        "counselor",
        "districtAdministrator",
        "guardian",
        "parent",
        "principal",
        "proctor",
        "relative",
        "siteAdministrator",
        "student",
        "systemAdministrator",
        "teacher",
    }
)
_ORG_TYPES: Final = frozenset({"department", "district", "local", "national", "school", "state"})
_SESSION_TYPES: Final = frozenset({"gradingPeriod", "schoolYear", "semester", "term"})
_CLASS_TYPES: Final = frozenset({"homeroom", "scheduled"})
_SCORE_STATUSES: Final = frozenset(
    {"exempt", "fully graded", "not submitted", "partially graded", "submitted"}
)

_S: Final = Handling.STRUCTURAL
_P: Final = Handling.PLACEHOLDER

FIELDS: Final[Mapping[Kind, Mapping[str, FieldRule]]] = {
    Kind.ORG: {
        "name": FieldRule(Value.STRUCTURAL_TITLE, _P, "School"),
        "type": FieldRule(Value.WORD, _S, words=_ORG_TYPES),
        "identifier": FieldRule(Value.FACT),
    },
    Kind.ACADEMIC_SESSION: {
        "title": FieldRule(Value.STRUCTURAL_TITLE, _P, "Periode"),
        "startDate": FieldRule(Value.DATE, _S),
        "endDate": FieldRule(Value.DATE, _S),
        "type": FieldRule(Value.WORD, _S, words=_SESSION_TYPES),
        "schoolYear": FieldRule(Value.YEAR, _S),
    },
    Kind.ENROLLMENT: {
        "role": FieldRule(Value.WORD, _S, words=ENROLMENT_ROLES),
        "primary": FieldRule(Value.FLAG),
        "beginDate": FieldRule(Value.JOIN_DATE),
        "endDate": FieldRule(Value.JOIN_DATE),
    },
    Kind.DEMOGRAPHICS: {
        "birthDate": FieldRule(Value.BIRTH_DATE),
        "sex": FieldRule(Value.FACT),
        "countryOfBirthCode": FieldRule(Value.FACT),
        "cityOfBirth": FieldRule(Value.FACT),
        "stateOfBirthAbbreviation": FieldRule(Value.FACT),
        "publicSchoolResidenceStatus": FieldRule(Value.FACT),
    },
    Kind.USER: {
        "enabledUser": FieldRule(Value.FLAG, _P, "true"),
        "givenName": FieldRule(Value.GIVEN_NAME, _P, "Naam"),
        "familyName": FieldRule(Value.FAMILY_NAME, _P, "niet verstrekt"),
        "middleName": FieldRule(Value.OTHER_NAME),
        "preferredFirstName": FieldRule(Value.OTHER_NAME),
        "preferredMiddleName": FieldRule(Value.OTHER_NAME),
        "preferredLastName": FieldRule(Value.OTHER_NAME),
        "pronouns": FieldRule(Value.FACT),
        "username": FieldRule(Value.USER_NAME),
        "email": FieldRule(Value.EMAIL),
        "sms": FieldRule(Value.CONTACT),
        "phone": FieldRule(Value.CONTACT),
        "grades": FieldRule(Value.CODES),
    },
    Kind.CLASS: {
        "title": FieldRule(Value.TITLE, _P, "Groep"),
        "classCode": FieldRule(Value.TITLE),
        "classType": FieldRule(Value.WORD, words=_CLASS_TYPES),
        "location": FieldRule(Value.TITLE),
        "grades": FieldRule(Value.CODES),
        "subjects": FieldRule(Value.CODES),
        "subjectCodes": FieldRule(Value.CODES),
        "periods": FieldRule(Value.CODES),
    },
    Kind.COURSE: {
        "title": FieldRule(Value.STRUCTURAL_TITLE, _P, "Vak"),
        "courseCode": FieldRule(Value.STRUCTURAL_TITLE, _P, "-"),
        "grades": FieldRule(Value.CODES),
        "subjects": FieldRule(Value.CODES),
        "subjectCodes": FieldRule(Value.CODES),
    },
    Kind.CATEGORY: {
        "title": FieldRule(Value.TITLE, _P, "Categorie"),
        "weight": FieldRule(Value.NUMBER),
    },
    Kind.LINE_ITEM: {
        "title": FieldRule(Value.TITLE, _P, "Toets"),
        "description": FieldRule(Value.PROSE),
        "assignDate": FieldRule(Value.MOMENT, _P, "1970-01-01T00:00:00Z"),
        "dueDate": FieldRule(Value.MOMENT, _P, "1970-01-01T00:00:00Z"),
        "resultValueMin": FieldRule(Value.NUMBER),
        "resultValueMax": FieldRule(Value.NUMBER),
    },
    Kind.RESULT: {
        "score": FieldRule(Value.NUMBER),
        "textScore": FieldRule(Value.PROSE),
        "scoreStatus": FieldRule(Value.WORD, _P, "ext:withheld", words=_SCORE_STATUSES),
        "scoreDate": FieldRule(Value.DATE, _P, "1970-01-01"),
        "comment": FieldRule(Value.PROSE),
        "inProgress": FieldRule(Value.FLAG),
        "incomplete": FieldRule(Value.FLAG),
        "late": FieldRule(Value.FLAG),
        "missing": FieldRule(Value.FLAG),
    },
}
"""Every field that can leave at all."""

TEXT_VALUES: Final = frozenset({Value.STRUCTURAL_TITLE, Value.TITLE, Value.PROSE})
"""Values in which a name may have been typed."""
