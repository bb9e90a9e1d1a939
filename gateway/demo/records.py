"""The made-up population written down as OneRoster 1.2 records, one at a time.

Source: OneRoster 1.2 rostering and gradebook information models.
"""

from __future__ import annotations

import datetime
import hashlib
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gateway.demo.names import ascii_letters
from gateway.demo.population import ClassGroup, IdStyle, Person, Population, School, nobodys_number
from gateway.demo.shelf import OWN, Record
from gateway.demo.titles import DESCRIPTIONS, TITLES, Remark, remark

COLLECTIONS: Final = (
    "orgs",
    "academicSessions",
    "courses",
    "classes",
    "users",
    "enrollments",
    "demographics",
    "categories",
    "lineItems",
    "results",
)
"""Collections of the school system, by their wire names."""

_CATEGORIES: Final = ("Toetsen", "Werkstukken", "Huiswerk")
_CITIES: Final = ("Utrecht", "Zwolle", "Leeuwarden", "Rotterdam", "Tilburg", "Paramaribo", "Ankara", "Gdańsk")


@dataclass(frozen=True, slots=True)
class PlantedRemark:
    """Where a remark stands, and what it gives away."""

    kind: str
    id: str
    field: str
    pupil: str
    """sourcedId of the pupil whom the record is about."""
    remark: Remark


class Writer:
    """Writes the records of each collection. Asking for a collection twice gives the same records."""

    def __init__(
        self, drawn: Population, *, seed: int, ids: IdStyle, line_items_per_class: int, results_per_pupil: int
    ) -> None:
        self._drawn = drawn
        self._seed = f"schuilnaam/{seed}/{drawn.board_id}"
        self._ids = ids
        self._line_items = max(line_items_per_class, results_per_pupil)
        self._results = results_per_pupil
        self._term_start = datetime.date(drawn.year, 8, 1)

    def write(self, collection: str) -> Iterator[Record]:
        writers = {
            "orgs": self._orgs,
            "academicSessions": self._sessions,
            "courses": self._courses,
            "classes": self._classes,
            "users": self._users,
            "enrollments": self._enrollments,
            "demographics": self._demographics,
            "categories": self._categories,
            "lineItems": self._lines,
            "results": self._result_records,
        }
        return writers[collection]()

    # -- shared by all -----------------------------------------------------------------------------------------

    def _dice(self, subject: str) -> random.Random:
        return random.Random(f"{self._seed}/{subject}")

    def _id(self, kind: str, number: int) -> str:
        """The id of record `number` of a kind that is not kept in the population."""
        if self._ids is IdStyle.NUMBER:
            return str(number + 1)
        digest = hashlib.blake2b(f"{self._seed}/{kind}/{number}".encode(), digest_size=16).digest()
        return str(uuid.UUID(bytes=digest, version=4))

    def _start(self, identifier: str, dice: random.Random, *, active: bool = True) -> Record:
        moment = datetime.datetime(self._drawn.year, 7, 1, tzinfo=datetime.UTC) + datetime.timedelta(
            milliseconds=dice.randrange(60 * 86_400_000)
        )
        return {
            "sourcedId": identifier,
            "status": "active" if active else "tobedeleted",
            "dateLastModified": stamp(moment),
        }

    def _year_id(self) -> str:
        return self._id("session", 0)

    # -- rostering ---------------------------------------------------------------------------------------------

    def _orgs(self) -> Iterator[Record]:
        dice = self._dice("orgs")
        drawn = self._drawn
        yield self._start(drawn.board_id, dice) | {
            "name": drawn.board_name,
            "type": "district",
            "identifier": "99999",
            "children": [ref("orgs", school.id) for school in drawn.schools],
            "metadata": {"website": "https://voorbeeldscholen.example"},
        }
        for school in drawn.schools:
            yield self._start(school.id, dice) | {
                "name": school.name,
                "type": "school",
                "identifier": school.brin,
                "parent": ref("orgs", drawn.board_id),
                "metadata": {
                    "onderwijssoort": "vo" if school.secondary else "po",
                    "vestiging": f"{school.brin}00",
                },
            }

    def _sessions(self) -> Iterator[Record]:
        dice = self._dice("sessions")
        year = self._drawn.year
        halves = ((f"{year}-08-01", f"{year + 1}-01-31"), (f"{year + 1}-02-01", f"{year + 1}-07-31"))
        quarters = (
            (f"{year}-08-01", f"{year}-10-31"),
            (f"{year}-11-01", f"{year + 1}-01-31"),
            (f"{year + 1}-02-01", f"{year + 1}-04-30"),
            (f"{year + 1}-05-01", f"{year + 1}-07-31"),
        )

        def session(
            number: int, title: str, kind: str, span: tuple[str, str], up: int | None, below: range
        ) -> Record:
            record = self._start(self._id("session", number), dice) | {
                "title": title,
                "startDate": span[0],
                "endDate": span[1],
                "type": kind,
                "schoolYear": str(year + 1),
            }
            if up is not None:
                record["parent"] = ref("academicSessions", self._id("session", up))
            if below:
                record["children"] = [ref("academicSessions", self._id("session", child)) for child in below]
            return record

        whole = (halves[0][0], halves[1][1])
        yield session(0, f"Schooljaar {year}-{year + 1}", "schoolYear", whole, None, range(1, 3))
        for number, span in enumerate(halves):
            below = range(3 + 2 * number, 5 + 2 * number)
            yield session(1 + number, f"Semester {number + 1}", "term", span, 0, below)
        for number, span in enumerate(quarters):
            yield session(
                3 + number, f"Periode {number + 1}", "gradingPeriod", span, 1 + number // 2, range(0)
            )

    def _course_keys(self) -> dict[tuple[str, str], tuple[int, School, str]]:
        keys: dict[tuple[str, str], tuple[int, School, str]] = {}
        for group in self._drawn.classes:
            subject = group.subject or ("mentorles" if group.school.secondary else "basisonderwijs")
            keys.setdefault((group.school.id, subject), (len(keys), group.school, subject))
        return keys

    def _courses(self) -> Iterator[Record]:
        dice = self._dice("courses")
        for number, school, subject in self._course_keys().values():
            yield self._start(self._id("course", number), dice) | {
                "title": subject.capitalize(),
                "courseCode": ascii_letters(subject)[:6].upper(),
                "subjects": [subject],
                "schoolYear": ref("academicSessions", self._year_id()),
                "org": ref("orgs", school.id),
            }

    def _classes(self) -> Iterator[Record]:
        dice = self._dice("classes")
        courses = self._course_keys()
        for number, group in enumerate(self._drawn.classes):
            subject = group.subject or ("mentorles" if group.school.secondary else "basisonderwijs")
            record = self._start(group.id, dice) | {
                "title": group.title,
                "classCode": group.code,
                "classType": "homeroom" if group.home else "scheduled",
                "location": f"lokaal {number % 40 + 1}",
                "grades": list(group.grades),
                "subjects": [subject],
                "course": ref("courses", self._id("course", courses[group.school.id, subject][0])),
                "school": ref("orgs", group.school.id),
                "terms": [ref("academicSessions", self._id("session", term)) for term in (1, 2)],
            }
            if group.home:
                record["metadata"] = {"mentor": group.teachers[0].name.full, "pupilCount": len(group.pupils)}
            else:
                record["periods"] = [str(number % 8 + 1)]
            yield record

    def _users(self) -> Iterator[Record]:
        dice = self._dice("users")
        for person in self._drawn.people():
            yield self._user(person, dice)

    def _user(self, person: Person, dice: random.Random) -> Record:
        name, school = person.name, person.school
        active = not person.left
        record = self._start(person.id, dice, active=active) | {
            "enabledUser": "true" if active else "false",
            "givenName": name.given,
            "familyName": name.family,
            "roles": self._roles(person),
            "primaryOrg": ref("orgs", school.id),
        }
        if name.call:
            record["preferredFirstName"] = name.call
        if dice.random() < 0.2:
            record["middleName"] = f"{dice.choice('ABCDEFGHJKLMNPRSTW')}."
        if person.phone:
            record["sms" if person.role == "guardian" else "phone"] = person.phone
        if person.role == "student":
            self._pupil_fields(record, person, dice)
        elif person.role == "guardian":
            record["username"] = record["email"] = person.mail
        else:
            login = f"{ascii_letters(name.given)[0]}.{ascii_letters(name.family)}.{person.number}"
            record |= {
                "username": login,
                "email": f"{login}@{school.domain}",
                "identifier": person.number,
                "userIds": [{"type": "personeelsnummer", "identifier": person.number}],
            }
        return record

    def _pupil_fields(self, record: Record, person: Person, dice: random.Random) -> None:
        login = f"{ascii_letters(person.name.given)}{ascii_letters(person.name.family)[:6]}{person.number}"
        record |= {
            "userMasterIdentifier": eck_id(dice),
            "username": login,
            "email": f"{login}@leerling.{person.school.domain}",
            "identifier": person.number,
            "grades": [person.grade],
            "agents": [ref("users", guardian.id) for guardian in person.guardians],
            "metadata": {
                "onderwijsnummer": nobodys_number(dice, 100_000_000, 999_999_999),
                "tussenvoegsel": person.name.particle,
                "zorg": {"dyslexie": dice.random() < 0.1, "contact": person.name.full},
            },
        }
        record["userIds"] = [
            {"type": "ECKiD", "identifier": record["userMasterIdentifier"]},
            {"type": "leerlingnummer", "identifier": person.number},
            {"type": "inlog", "identifier": login},
        ]

    def _roles(self, person: Person) -> list[Record]:
        begin = f"{self._drawn.year}-08-01"
        first: Record = {
            "roleType": "primary",
            "role": person.role,
            "org": ref("orgs", person.school.id),
            "beginDate": begin,
        }
        if person.left:
            first["endDate"] = f"{self._drawn.year}-10-15"
        roles = [first]
        if person.guardian_at is not None:
            roles.append(
                {"roleType": "secondary", "role": "guardian", "org": ref("orgs", person.guardian_at.id)}
            )
        return roles

    def _enrollments(self) -> Iterator[Record]:
        dice = self._dice("enrollments")
        number = 0
        for group in self._drawn.classes:
            for person in (*group.teachers, *group.pupils):
                yield self._enrollment(number, group, person, dice)
                number += 1

    def _enrollment(self, number: int, group: ClassGroup, person: Person, dice: random.Random) -> Record:
        teaches = person in group.teachers
        record = self._start(self._id("enrollment", number), dice, active=not person.left) | {
            "user": ref("users", person.id),
            "class": ref("classes", group.id),
            "school": ref("orgs", group.school.id),
            "role": "teacher" if teaches else "student",
            "beginDate": (self._term_start + datetime.timedelta(days=dice.randrange(30))).isoformat(),
        }
        if teaches:
            record["primary"] = "true" if person is group.teachers[0] else "false"
        if person.left:
            record["endDate"] = f"{self._drawn.year}-10-15"
        return record

    def _demographics(self) -> Iterator[Record]:
        dice = self._dice("demographics")
        for pupil in self._drawn.pupils:
            if pupil.born is None:
                continue
            yield self._start(pupil.id, dice, active=not pupil.left) | {
                "birthDate": pupil.born.isoformat(),
                "sex": pupil.name.sex,
                "countryOfBirthCode": "NL",
                "cityOfBirth": dice.choice(_CITIES),
            }

    # -- gradebook ---------------------------------------------------------------------------------------------

    def _categories(self) -> Iterator[Record]:
        dice = self._dice("categories")
        for number, title in enumerate(_CATEGORIES):
            yield self._start(self._id("category", number), dice) | {
                "title": title,
                "weight": float(3 - number),
            }

    def _homes(self) -> Iterator[tuple[int, ClassGroup]]:
        """Home groups with the number of their first line item."""
        number = 0
        for group in self._drawn.classes:
            if group.home:
                yield number, group
                number += self._line_items

    def _lines(self) -> Iterator[Record]:
        dice = self._dice("lineItems")
        for first, group in self._homes():
            for number in range(first, first + self._line_items):
                day = self._term_start + datetime.timedelta(days=30 + dice.randrange(200))
                record = self._start(self._id("lineItem", number), dice) | {
                    "title": TITLES[dice.randrange(len(TITLES))],
                    "assignDate": f"{day}T08:00:00Z",
                    "dueDate": f"{day + datetime.timedelta(days=7)}T15:00:00Z",
                    "class": ref("classes", group.id),
                    "school": ref("orgs", group.school.id),
                    "category": ref("categories", self._id("category", number % len(_CATEGORIES))),
                    "gradingPeriod": ref("academicSessions", self._id("session", 3 + number % 4)),
                    "resultValueMin": 1.0,
                    "resultValueMax": 10.0,
                }
                if dice.random() < 0.5:
                    record["description"] = dice.choice(DESCRIPTIONS)
                yield record

    def _remarks(self) -> Iterator[tuple[int, int, ClassGroup, Person, Remark]]:
        dice = self._dice("remarks")
        number = 0
        for first, group in self._homes():
            for pupil in group.pupils:
                for line in range(first, first + self._results):
                    mate = dice.choice(group.pupils)
                    spoken = remark(
                        dice,
                        pupil=pupil.name,
                        classmate=mate.name,
                        teacher=group.teachers[0].name,
                        phone=(pupil.guardians[0].phone if pupil.guardians else "") or "06-90000000",
                        mail=(pupil.guardians[0].mail if pupil.guardians else "") or "thuis@post.example",
                    )
                    yield number, line, group, pupil, spoken
                    number += 1

    def _result_records(self) -> Iterator[Record]:
        dice = self._dice("results")
        for number, line, group, pupil, spoken in self._remarks():
            day = self._term_start + datetime.timedelta(days=40 + dice.randrange(200))
            yield self._start(self._id("result", number), dice) | {
                "lineItem": ref("lineItems", self._id("lineItem", line)),
                "student": ref("users", pupil.id),
                "class": ref("classes", group.id),
                "scoreStatus": "fully graded",
                "score": dice.randint(10, 100) / 10,
                "scoreDate": day.isoformat(),
                "comment": spoken.text,
            }

    def planted(self) -> Iterator[PlantedRemark]:
        """Every remark about a result with what it gives away."""
        for number, _, _, pupil, spoken in self._remarks():
            yield PlantedRemark("results", self._id("result", number), "comment", pupil.id, spoken)


_SINGULAR: Final = {
    "orgs": "org",
    "academicSessions": "academicSession",
    "courses": "course",
    "classes": "class",
    "users": "user",
    "enrollments": "enrollment",
    "demographics": "demographics",
    "categories": "category",
    "lineItems": "lineItem",
    "results": "result",
}


def singular(collection: str) -> str:
    """The wire name of one record: `class` of `classes`."""
    return _SINGULAR[collection]


def ref(collection: str, identifier: str) -> Record:
    """A reference; `@` stands for the address of the school system."""
    return {
        "href": f"{OWN}/{collection}/{identifier}",
        "sourcedId": identifier,
        "type": _SINGULAR[collection],
    }


def stamp(moment: datetime.datetime) -> str:
    """A moment as OneRoster writes it, in milliseconds UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def eck_id(dice: random.Random) -> str:
    """Looks like a chain identifier (ECK iD) and is nobody's."""
    return f"https://ketenid.nl/201703/{dice.getrandbits(512):0128x}"
