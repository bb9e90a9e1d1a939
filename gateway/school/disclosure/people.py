"""Reading who a source record is about: roles, schools, grades. Source-shaped in, plain values out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from contracts.decisions import PersonFacts
from contracts.vocabulary import SubjectCategory
from gateway.roster.model import SourceRecord
from gateway.school.disclosure.field_table import OTHER_WORD, USER_ROLES

_PUPIL_ROLES: Final = frozenset({"student"})
_GUARDIAN_ROLES: Final = frozenset({"guardian", "parent", "relative"})


@dataclass(frozen=True, slots=True)
class RoleRow:
    """One role of a user."""

    role: str
    primary: bool
    org: int
    """Number of the organisation."""


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """One user of the source with what decisions ask about the person; prepared once for all products."""

    number: int
    source: int
    record: SourceRecord = field(repr=False)
    subjects: frozenset[SubjectCategory]
    roles: tuple[RoleRow, ...]
    schools: frozenset[str]
    """BRIN of each mapped school in which the person has a role or an enrolment."""
    grades: frozenset[str]
    classes: frozenset[str]
    facts: PersonFacts = field(repr=False)


def known_word(word: str, vocabulary: frozenset[str]) -> str:
    """A word as it may leave: one of the standard's, or `ext:other`."""
    return word if word in vocabulary else OTHER_WORD


def role_word(role: str) -> str:
    """The role of a user as it may leave."""
    return known_word(role, USER_ROLES)


def subject_of_role(role: str) -> SubjectCategory:
    """Pupil, guardian or staff; an unknown role (legal as `ext:...`) counts as pupil, the stronger protection."""
    if role in _PUPIL_ROLES:
        return SubjectCategory.PUPIL
    if role in _GUARDIAN_ROLES:
        return SubjectCategory.GUARDIAN
    if role in _STAFF_ROLES:
        return SubjectCategory.STAFF
    return SubjectCategory.PUPIL


def subjects_of_roles(roles: Iterable[RoleRow]) -> frozenset[SubjectCategory]:
    """Whom somebody with these roles is; who has none counts as pupil, the stronger protection."""
    return frozenset(subject_of_role(row.role) for row in roles) or frozenset({SubjectCategory.PUPIL})


def role_rows(fields: Mapping[str, object], number: Callable[[str], int]) -> tuple[RoleRow, ...]:
    """The roles of a user as the source delivers them; one without a word or an organisation says nothing.

    Args:
        number: of an organisation, by its identifier.
    """
    found = fields.get("roles")
    if not isinstance(found, list):
        return ()
    rows: list[RoleRow] = []
    for item in found:
        if not isinstance(item, Mapping):
            continue
        role, org = text(item.get("role")), reference_id(item.get("org"))
        if role is not None and org is not None:
            rows.append(RoleRow(role, item.get("roleType") == "primary", number(org)))
    return tuple(rows)


_STAFF_ROLES: Final = frozenset(
    {
        "teacher",
        "administrator",
        "aide",
        "counselor",
        "districtAdministrator",
        "principal",
        "proctor",
        "siteAdministrator",
        "systemAdministrator",
    }
)
"""OneRoster 1.2 role vocabulary, the staff half."""


def reference_id(value: object) -> str | None:
    """The `sourcedId` of a reference, however partial; None where there is none."""
    # A dictionary nearly always: asked three times for each of a million records.
    if type(value) is dict or isinstance(value, Mapping):
        value = value.get("sourcedId")
    return value if isinstance(value, str) and value else None


def reference_ids(value: object) -> tuple[str, ...]:
    """The ids of a list of references."""
    if not isinstance(value, list):
        return ()
    return tuple(found for item in value if (found := reference_id(item)) is not None)


def text(value: object) -> str | None:
    """A non-empty text, or None."""
    return value if isinstance(value, str) and value else None


def texts(value: object) -> tuple[str, ...]:
    """The texts of a list; a single text counts as a list of one."""
    if isinstance(value, str):
        return (value,) if value else ()
    if not isinstance(value, list):
        return ()
    return tuple(item for item in value if isinstance(item, str) and item)
