"""The made-up population written down as OneRoster 1.2 rostering records, one at a time.

Source: OneRoster 1.2 rostering information model.
"""

from __future__ import annotations

import datetime
import random  # noqa: TID251 (seeded: made-up people, no secrets)
from collections.abc import Iterator
from typing import Final

from gateway.demo.names import ascii_letters
from gateway.demo.population import ClassGroup, Person, School, nobodys_number
from gateway.demo.records import Pen, eck_id, ref
from gateway.demo.shelf import Record

_CITIES: Final = ("Utrecht", "Zwolle", "Leeuwarden", "Rotterdam", "Tilburg", "Paramaribo", "Ankara", "Gdańsk")


class Roster:
    """Writes the rostering collections. Asking for one twice gives the same records."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen
        days = (pen.year_begins + datetime.timedelta(days=day) for day in range(30))
        self._first_days = [day.isoformat() for day in days]

    def orgs(self) -> Iterator[Record]:
        dice = self._pen.dice("orgs")
        drawn = self._pen.drawn
        yield self._pen.start(drawn.board_id, dice) | {
            "name": drawn.board_name,
            "type": "district",
            "identifier": "99999",
            "children": [ref("orgs", school.id) for school in drawn.schools],
            "metadata": {"website": "https://voorbeeldscholen.example"},
        }
        for school in drawn.schools:
            yield self._pen.start(school.id, dice) | {
                "name": school.name,
                "type": "school",
                "identifier": school.brin,
                "parent": ref("orgs", drawn.board_id),
                "metadata": {
                    "onderwijssoort": "vo" if school.secondary else "po",
                    "vestiging": f"{school.brin}00",
                },
            }

    def sessions(self) -> Iterator[Record]:
        dice = self._pen.dice("sessions")
        year = self._pen.drawn.year
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
            record = self._pen.start(self._pen.id("session", number), dice) | {
                "title": title,
                "startDate": span[0],
                "endDate": span[1],
                "type": kind,
                "schoolYear": str(year + 1),
            }
            if up is not None:
                record["parent"] = ref("academicSessions", self._pen.id("session", up))
            if below:
                record["children"] = [
                    ref("academicSessions", self._pen.id("session", child)) for child in below
                ]
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
        for group in self._pen.drawn.classes:
            subject = group.subject or ("mentorles" if group.school.secondary else "basisonderwijs")
            keys.setdefault((group.school.id, subject), (len(keys), group.school, subject))
        return keys

    def courses(self) -> Iterator[Record]:
        dice = self._pen.dice("courses")
        for number, school, subject in self._course_keys().values():
            yield self._pen.start(self._pen.id("course", number), dice) | {
                "title": subject.capitalize(),
                "courseCode": ascii_letters(subject)[:6].upper(),
                "subjects": [subject],
                "schoolYear": ref("academicSessions", self._pen.id("session", 0)),
                "org": ref("orgs", school.id),
            }

    def classes(self) -> Iterator[Record]:
        dice = self._pen.dice("classes")
        courses = self._course_keys()
        for number, group in enumerate(self._pen.drawn.classes):
            subject = group.subject or ("mentorles" if group.school.secondary else "basisonderwijs")
            record = self._pen.start(group.id, dice) | {
                "title": group.title,
                "classCode": group.code,
                "classType": "homeroom" if group.home else "scheduled",
                "location": f"lokaal {number % 40 + 1}",
                "grades": list(group.grades),
                "subjects": [subject],
                "course": ref("courses", self._pen.id("course", courses[group.school.id, subject][0])),
                "school": ref("orgs", group.school.id),
                "terms": [ref("academicSessions", self._pen.id("session", term)) for term in (1, 2)],
            }
            if group.home:
                record["metadata"] = {"mentor": group.teachers[0].name.full, "pupilCount": len(group.pupils)}
            else:
                record["periods"] = [str(number % 8 + 1)]
            yield record

    def users(self) -> Iterator[Record]:
        dice = self._pen.dice("users")
        for person in self._pen.drawn.people():
            yield self._user(person, dice)

    def _user(self, person: Person, dice: random.Random) -> Record:
        name, school = person.name, person.school
        active = not person.left
        record = self._pen.start(person.id, dice, active=active) | {
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
        begin = f"{self._pen.drawn.year}-08-01"
        first: Record = {
            "roleType": "primary",
            "role": person.role,
            "org": ref("orgs", person.school.id),
            "beginDate": begin,
        }
        if person.left:
            first["endDate"] = f"{self._pen.drawn.year}-10-15"
        roles = [first]
        if person.guardian_at is not None:
            roles.append(
                {"roleType": "secondary", "role": "guardian", "org": ref("orgs", person.guardian_at.id)}
            )
        return roles

    def enrollments(self) -> Iterator[Record]:
        dice = self._pen.dice("enrollments")
        number = 0
        for group in self._pen.drawn.classes:
            for person in (*group.teachers, *group.pupils):
                yield self._enrollment(number, group, person, dice)
                number += 1

    def _enrollment(self, number: int, group: ClassGroup, person: Person, dice: random.Random) -> Record:
        teaches = person in group.teachers
        record = self._pen.start(self._pen.id("enrollment", number), dice, active=not person.left) | {
            "user": ref("users", person.id),
            "class": ref("classes", group.id),
            "school": ref("orgs", group.school.id),
            "role": "teacher" if teaches else "student",
            "beginDate": self._first_days[dice.randrange(30)],
        }
        if teaches:
            record["primary"] = "true" if person is group.teachers[0] else "false"
        if person.left:
            record["endDate"] = f"{self._pen.drawn.year}-10-15"
        return record

    def demographics(self) -> Iterator[Record]:
        dice = self._pen.dice("demographics")
        for pupil in self._pen.drawn.pupils:
            if pupil.born is None:
                continue
            yield self._pen.start(pupil.id, dice, active=not pupil.left) | {
                "birthDate": pupil.born.isoformat(),
                "sex": pupil.name.sex,
                "countryOfBirthCode": "NL",
                "cityOfBirth": dice.choice(_CITIES),
            }
