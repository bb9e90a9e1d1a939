"""A made-up school of one class, as a school's system would deliver it: with everything that must not leave, too.

Nobody in it exists: the names are of the list below, no number passes as a citizen service number (BSN), and addresses
are at a reserved domain (RFC 2606).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from gateway.roster.model import Kind, SourceRecord

SLUG: Final = "voorbeeld"
PERSON: Final = "leerling-1"
"""Identifier of the person who is previewed."""
ORG: Final = "school-1"
_CLASSMATES: Final = (
    ("Noor", "de Wit"),
    ("Yusuf", "Aydın"),
    ("Femke", "Hoekstra"),
    ("Daan", "van den Berg"),
    ("Amina", "El Amrani"),
    ("Siem", "Mulder"),
    ("Zoë", "Jansen"),
)
_DOMAIN: Final = "voorbeeldschool.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUpPerson:
    """Who is made up, as far as an agreement may ask."""

    role: str = "student"
    """`student`, `teacher` or `guardian`."""
    brin: str = ""
    """Of which school."""
    grade: str = "6"
    group: str = "Groep 6"
    """Title of the class."""
    age: int = 10
    """In whole years; of staff and guardians it is not asked."""
    consents: bool = True
    """Whether everything was consented to that the agreement needs consent for."""
    objects: bool = False
    """Whether an objection is recorded."""

    @property
    def identifier(self) -> str:
        """In the made-up school."""
        return {"student": PERSON, "teacher": "medewerker-1", "guardian": "ouder-1"}[self.role]


class MadeUpSchool:
    """A source that holds the class of one made-up person."""

    def __init__(self, person: MadeUpPerson, *, today: date) -> None:
        self._records = dict(_written(person, today))

    @property
    def slug(self) -> str:
        """Of no source of the board."""
        return SLUG

    def read(self, kind: Kind) -> Iterator[SourceRecord]:
        """Everything of a kind."""
        for identifier, fields in self._records.get(kind, {}).items():
            yield SourceRecord(SLUG, kind, identifier, fields)

    def one(self, kind: Kind, identifier: str) -> SourceRecord | None:
        """One record."""
        fields = self._records.get(kind, {}).get(identifier)
        return None if fields is None else SourceRecord(SLUG, kind, identifier, fields)

    def enrolments_of(self, person: str) -> Sequence[SourceRecord] | None:
        """Never asked: it is read whole."""
        return None


def _to(identifier: str) -> dict[str, str]:
    return {"sourcedId": identifier}


def born_on(person: MadeUpPerson, today: date) -> date:
    """The birth date of somebody of that age; half a year from the birthday."""
    day = today - timedelta(days=182)
    return date(day.year - person.age, day.month, min(day.day, 28))


_Written = Iterator[tuple[Kind, Mapping[str, Mapping[str, object]]]]


def _written(person: MadeUpPerson, today: date) -> _Written:
    year = today.year if today.month >= 8 else today.year - 1
    yield Kind.ORG, {ORG: {"name": "Voorbeeldschool", "type": "school", "identifier": person.brin}}
    yield (
        Kind.ACADEMIC_SESSION,
        {
            "jaar": {
                "title": f"Schooljaar {year}-{year + 1}",
                "type": "schoolYear",
                "schoolYear": str(year + 1),
                "startDate": f"{year}-08-01",
                "endDate": f"{year + 1}-07-31",
            }
        },
    )
    yield (
        Kind.CLASS,
        {
            "groep-1": {
                "title": person.group,
                "classCode": person.group,
                "classType": "homeroom",
                "location": "lokaal 4",
                "grades": [person.grade],
                "subjects": ["basisonderwijs"],
                "school": _to(ORG),
                "course": _to("vak-1"),
                "terms": [_to("jaar")],
            }
        },
    )
    yield Kind.COURSE, {"vak-1": {"title": "Basisonderwijs", "courseCode": "BO", "org": _to(ORG)}}
    pupils = {PERSON: ("Roos", "Vermeulen")} | {
        f"leerling-{number}": name for number, name in enumerate(_CLASSMATES, 2)
    }
    yield Kind.USER, _users(pupils, person)
    yield Kind.ENROLLMENT, _enrolments(pupils, year)
    yield (
        Kind.DEMOGRAPHICS,
        {
            PERSON: {
                "birthDate": born_on(person, today).isoformat(),
                "sex": "female",
                "countryOfBirthCode": "NL",
                "cityOfBirth": "Voorbeeldstad",
            }
        },
    )


def _enrolments(pupils: Mapping[str, object], year: int) -> dict[str, dict[str, object]]:
    members = dict.fromkeys(pupils, "student") | {"medewerker-1": "teacher"}
    return {
        f"inschrijving-{identifier}": {
            "user": _to(identifier),
            "class": _to("groep-1"),
            "school": _to(ORG),
            "role": role,
            "primary": "true",
            "beginDate": f"{year}-08-24",
            "endDate": f"{year + 1}-07-31",
        }
        for identifier, role in members.items()
    }


def _users(pupils: Mapping[str, tuple[str, str]], person: MadeUpPerson) -> dict[str, dict[str, object]]:
    users = {
        identifier: {
            **_user("student", *name),
            "middleName": "A.",
            "preferredFirstName": name[0],
            "grades": [person.grade],
            "identifier": f"9990{number:05}",
            "userMasterIdentifier": f"https://ketenid.example/{number:016}",
            "userIds": [{"type": "leerlingnummer", "identifier": f"9990{number:05}"}],
            "agents": [_to("ouder-1")] if identifier == PERSON else [],
            "metadata": {"zorg": "dyslexieverklaring"},
        }
        for number, (identifier, name) in enumerate(pupils.items(), 1)
    }
    users["medewerker-1"] = {**_user("teacher", "Karin", "Postma"), "phone": "+31 6 00000001"}
    users["ouder-1"] = {**_user("guardian", "Peter", "Vermeulen"), "sms": "+31 6 00000002"}
    return users


def _user(role: str, given: str, family: str) -> dict[str, object]:
    login = f"{given}.{family.split()[-1]}".lower()
    return {
        "givenName": given,
        "familyName": family,
        "username": login,
        "email": f"{login}@{_DOMAIN}",
        "enabledUser": "true",
        "roles": [{"roleType": "primary", "role": role, "org": _to(ORG)}],
        "primaryOrg": _to(ORG),
    }
