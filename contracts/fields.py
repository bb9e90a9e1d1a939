"""The catalogue of fields: which `<kind>.<field>` exist, whom they concern, what never leaves.

A name that is not here does not exist for an agreement and never leaves (allow-list). `status` and
`dateLastModified` are the gateway's own and not listed in agreements.

Source: OneRoster 1.2 rostering and gradebook information models; leak classes as in the reference notes.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contracts.vocabulary import NATIONAL_NUMBER_WORDS, Service, SubjectCategory


class FieldNature(StrEnum):
    """What kind of thing a field is."""

    ORDINARY = "ordinary"
    IDENTIFIER = "identifier"
    """Identifies or refers to a record: leaves as a pseudonym, whatever an agreement says."""
    NEVER = "never"
    """Leaves in no form: credentials, source identifiers, national numbers, open maps."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind."""

    name: str
    """`<kind>.<field>`."""
    nature: FieldNature
    special: bool = False
    """Tells health, religion or origin (GDPR art. 9), whatever category an agreement files it under."""

    @property
    def kind(self) -> str:
        return self.name.split(".", 1)[0]


@dataclass(frozen=True, slots=True)
class KindOfRecord:
    """One kind of record."""

    name: str
    subjects: frozenset[SubjectCategory]
    """Whom a record of this kind may be about; empty: about nobody singly."""
    services: frozenset[Service]
    fields: tuple[Field, ...]


_ROSTER: Final = frozenset({Service.ROSTER})
_GRADEBOOK: Final = frozenset({Service.RESULTS, Service.GRADEBOOK})
_EVERYONE: Final = frozenset(SubjectCategory)
_PUPIL: Final = frozenset({SubjectCategory.PUPIL})
_PUPIL_STAFF: Final = frozenset({SubjectCategory.PUPIL, SubjectCategory.STAFF})
_NOBODY: Final[frozenset[SubjectCategory]] = frozenset()


def _kind(
    name: str,
    subjects: frozenset[SubjectCategory],
    services: frozenset[Service],
    *,
    ordinary: str,
    identifier: str = "",
    never: str = "",
    special: str = "",
) -> KindOfRecord:
    fields = [
        Field(f"{name}.{field}", FieldNature.IDENTIFIER) for field in ("sourcedId", *identifier.split())
    ]
    fields += [Field(f"{name}.{field}", FieldNature.ORDINARY) for field in ordinary.split()]
    fields += [Field(f"{name}.{field}", FieldNature.ORDINARY, special=True) for field in special.split()]
    # `metadata` is an open map: whatever a source puts there (a national number, for one) would pass.
    fields += [Field(f"{name}.{field}", FieldNature.NEVER) for field in ("metadata", *never.split())]
    return KindOfRecord(name, subjects, services, tuple(fields))


KINDS: Final[Mapping[str, KindOfRecord]] = {
    kind.name: kind
    for kind in (
        _kind(
            "org",
            _NOBODY,
            _ROSTER,
            ordinary="name type identifier",
            identifier="parent children",
        ),
        _kind(
            "academicSession",
            _NOBODY,
            _ROSTER,
            ordinary="title startDate endDate type schoolYear",
            identifier="parent children",
        ),
        _kind(
            "enrollment",
            _PUPIL_STAFF,
            _ROSTER,
            ordinary="role primary beginDate endDate",
            identifier="user class school",
        ),
        _kind(
            "demographics",
            _EVERYONE,
            _ROSTER,
            ordinary="birthDate sex publicSchoolResidenceStatus",
            special="americanIndianOrAlaskaNative asian blackOrAfricanAmerican "
            "nativeHawaiianOrOtherPacificIslander white demographicRaceTwoOrMoreRaces "
            "hispanicOrLatinoEthnicity countryOfBirthCode stateOfBirthAbbreviation cityOfBirth",
        ),
        _kind(
            "user",
            _EVERYONE,
            _ROSTER,
            ordinary="username enabledUser givenName familyName middleName preferredFirstName "
            "preferredMiddleName preferredLastName roles email sms phone grades",
            identifier="primaryOrg agents",
            special="pronouns",
            # `identifier`, `userIds`, `userMasterIdentifier`: where sources put national numbers, ECK iDs.
            never="userMasterIdentifier userIds identifier password userProfiles resources",
        ),
        _kind(
            "class",
            _NOBODY,
            _ROSTER,
            ordinary="title classCode classType location grades subjects subjectCodes periods",
            identifier="course school terms",
            never="resources",
        ),
        _kind(
            "course",
            _NOBODY,
            _ROSTER,
            ordinary="title courseCode grades subjects subjectCodes",
            identifier="schoolYear org",
            never="resources",
        ),
        _kind("category", _NOBODY, _GRADEBOOK, ordinary="title weight"),
        _kind(
            "lineItem",
            _NOBODY,
            _GRADEBOOK,
            ordinary="title description assignDate dueDate resultValueMin resultValueMax "
            "learningObjectiveSet",
            identifier="class school category gradingPeriod academicSession scoreScale",
        ),
        _kind(
            "result",
            _PUPIL,
            _GRADEBOOK,
            ordinary="scoreStatus score textScore scoreDate comment learningObjectiveSet "
            "inProgress incomplete late missing",
            identifier="lineItem student class scoreScale",
        ),
        _kind(
            "assessmentLineItem",
            _NOBODY,
            _GRADEBOOK,
            ordinary="title description resultValueMin resultValueMax learningObjectiveSet",
            identifier="class parentAssessmentLineItem scoreScale",
        ),
        _kind(
            "assessmentResult",
            _PUPIL,
            _GRADEBOOK,
            ordinary="score textScore scoreDate scorePercentile scoreStatus comment "
            "learningObjectiveSet inProgress incomplete late missing",
            identifier="assessmentLineItem student scoreScale",
        ),
        _kind(
            "scoreScale",
            _NOBODY,
            _GRADEBOOK,
            ordinary="title type scoreScaleValue",
            identifier="course class",
        ),
    )
}
"""Every kind an agreement can name."""

FIELDS: Final[Mapping[str, Field]] = {field.name: field for kind in KINDS.values() for field in kind.fields}
"""Every field by its full name."""


def nearest(name: str) -> str | None:
    """The field that was probably meant, for the remedy of a fault."""
    by_lower = {known.lower(): known for known in FIELDS}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def is_national_number(name: str) -> bool:
    """Whether a field or category name means a BSN, education number or PGN, however it is spelled."""
    words = [re.sub("[^a-z0-9]", "", part) for part in name.lower().split(".")]
    pieces = re.split("[^a-z0-9]+", re.sub("([a-z0-9])([A-Z])", r"\1.\2", name).lower())
    return any(word in NATIONAL_NUMBER_WORDS for word in (*words, *pieces))
