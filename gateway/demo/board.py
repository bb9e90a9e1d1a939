"""The made-up school board, and the changes that a school year brings to it.

Deterministic: the same seed and sizes give the same records, byte for byte. Records are made when a
collection is first asked for and kept as wire bytes; `gateway.demo.school_system` serves them.

Example:
    board = made_up_board(7)
    board.counts()                              how many records of each collection
    board.cast.namesakes_in_one_class           two pupils called Mei Visser
    new = board.add_pupil(given="Roos", family="Mei", school=board.schools[0])
    board.rename(new, given="Rosa")             the record changes and gets a new dateLastModified
"""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Iterator, Mapping

from gateway.demo.drawing import draw_population
from gateway.demo.gradebook import Gradebook, PlantedRemark
from gateway.demo.names import ascii_letters
from gateway.demo.population import Cast, IdStyle, Population, is_nobodys
from gateway.demo.records import COLLECTIONS, Pen, ref, stamp
from gateway.demo.rostering import Roster
from gateway.demo.shelf import Record, Shelf


class MadeUpBoard:
    """All records of one school system. Safe to change while it is being served.

    `write` gives the records of a collection as the school system lists them, each time the same.
    """

    def __init__(
        self,
        write: Callable[[str], Iterator[Record]],
        *,
        year: int,
        population: Population | None = None,
        planted: Callable[[], Iterator[PlantedRemark]] = lambda: iter(()),
    ) -> None:
        self._write = write
        self._shelves: dict[str, Shelf] = {}
        self._clock = datetime.datetime(year, 9, 1, 6, 0, tzinfo=datetime.UTC)
        self._added = 0
        self.lock = threading.RLock()
        self.year = year
        self.population = population
        self.planted = planted
        """Every text that a person typed with what it gives away."""

    # -- reading

    def shelf(self, collection: str) -> Shelf:
        """The records of one collection; made at the first call."""
        with self.lock:
            shelf = self._shelves.get(collection)
            if shelf is None:
                if collection not in COLLECTIONS:
                    raise KeyError(collection)
                shelf = self._shelves[collection] = Shelf(self._write(collection))
            return shelf

    def records(self, collection: str) -> list[Record]:
        """All records of one collection, decoded; an href holds `@` for the address of the system."""
        with self.lock:
            return list(self.shelf(collection).records())

    def get(self, collection: str, identifier: str) -> Record:
        with self.lock:
            record = self.shelf(collection).get(identifier)
        if record is None:
            raise KeyError(identifier)
        return record

    def counts(self) -> dict[str, int]:
        return {collection: len(self.shelf(collection)) for collection in COLLECTIONS}

    @property
    def cast(self) -> Cast:
        """Ids of the people of the story."""
        return self.population.cast if self.population else Cast()

    @property
    def schools(self) -> list[str]:
        """sourcedIds of the schools."""
        return [str(org["sourcedId"]) for org in self.records("orgs") if org["type"] == "school"]

    def pupils(self) -> list[Record]:
        return [user for user in self.records("users") if role_of(user) == "student"]

    # -- changing

    def put(self, collection: str, record: Mapping[str, object], *, position: int | None = None) -> bool:
        """Store a record as it is given; True when it is new."""
        with self.lock:
            return self.shelf(collection).put(dict(record), position=position)

    def remove(self, collection: str, identifier: str, *, tombstone: bool = False) -> bool:
        """Take a record away, or mark it `tobedeleted`."""
        with self.lock:
            if not tombstone:
                return self.shelf(collection).remove(identifier)
            if identifier not in self.shelf(collection):
                return False
            self.change(collection, identifier, status="tobedeleted")
            return True

    def change(self, collection: str, identifier: str, *, at: str | None = None, **fields: object) -> Record:
        """Set fields of a record; None takes a field away. The change gets a new `dateLastModified`."""
        with self.lock:
            record = self.get(collection, identifier) | fields
            record = {name: value for name, value in record.items() if value is not None}
            record["dateLastModified"] = at or self.tick()
            self.put(collection, record)
            return record

    def touch(self, collection: str, identifier: str, *, at: str | None = None) -> Record:
        """Only `dateLastModified` moves."""
        return self.change(collection, identifier, at=at)

    def rename(
        self, pupil: str, *, given: str | None = None, family: str | None = None, at: str | None = None
    ) -> Record:
        names = {"givenName": given, "familyName": family}
        return self.change("users", pupil, at=at, **{name: value for name, value in names.items() if value})

    def tick(self) -> str:
        """The next moment of this board's own clock, a second after the last."""
        with self.lock:
            self._clock += datetime.timedelta(seconds=1)
            return stamp(self._clock)

    def add_pupil(
        self,
        *,
        given: str,
        family: str,
        school: str,
        group: str | None = None,
        identifier: str | None = None,
        number: str = "",
        grade: str = "",
        born: str | None = None,
    ) -> str:
        """A new pupil with demographics and, where a class is named, an enrolment. Returns the sourcedId."""
        with self.lock:
            self._added += 1
            pupil = identifier or f"new-pupil-{self._added}"
            begun = {"status": "active", "dateLastModified": self.tick()}
            while not number or not is_nobodys(number):
                number = str(int(number or 5000 + self._added) + 1)
            login = f"{ascii_letters(given)}{ascii_letters(family)[:6]}{number}"
            self.put(
                "users",
                {"sourcedId": pupil}
                | begun
                | {
                    "enabledUser": "true",
                    "givenName": given,
                    "familyName": family,
                    "roles": [{"roleType": "primary", "role": "student", "org": ref("orgs", school)}],
                    "primaryOrg": ref("orgs", school),
                    "identifier": number,
                    "username": login,
                    "email": f"{login}@leerling.school.example",
                }
                | ({"grades": [grade]} if grade else {}),
            )
            birth = born or f"{self.year - 9}-05-05"
            self.put("demographics", {"sourcedId": pupil} | begun | {"birthDate": birth})
            if group is not None:
                self.enrol(pupil, group)
            return pupil

    def enrol(self, user: str, group: str, *, role: str = "student") -> str:
        """Put a person in a class. Returns the sourcedId of the enrolment."""
        with self.lock:
            self._added += 1
            enrolment = f"new-enrolment-{self._added}"
            school = self.get("classes", group)["school"]
            self.put(
                "enrollments",
                {
                    "sourcedId": enrolment,
                    "status": "active",
                    "dateLastModified": self.tick(),
                    "user": ref("users", user),
                    "class": ref("classes", group),
                    "school": school,
                    "role": role,
                },
            )
            return enrolment

    def remove_pupil(self, pupil: str, *, tombstone: bool = False) -> None:
        """A pupil leaves the system with everything that hangs on them."""
        with self.lock:
            for collection, field in (("enrollments", "user"), ("results", "student")):
                for record in self.records(collection):
                    if sourced_id(record[field]) == pupil:
                        self.remove(collection, str(record["sourcedId"]), tombstone=tombstone)
            for collection in ("demographics", "users"):
                self.remove(collection, pupil, tombstone=tombstone)

    def move(self, pupil: str, *, school: str, group: str | None = None) -> None:
        """A pupil goes to another school of the board: enrolments end, the number stays."""
        with self.lock:
            for record in self.records("enrollments"):
                if sourced_id(record["user"]) == pupil:
                    self.remove("enrollments", str(record["sourcedId"]))
            org = ref("orgs", school)
            self.change(
                "users",
                pupil,
                primaryOrg=org,
                roles=[{"roleType": "primary", "role": "student", "org": org}],
            )
            if group is not None:
                self.enrol(pupil, group)


def role_of(user: Mapping[str, object]) -> str:
    """The first role of a user record."""
    roles = user.get("roles")
    if not isinstance(roles, list) or not roles:
        return ""
    return str(roles[0].get("role", ""))


def sourced_id(reference: object) -> str:
    """The id that a reference points at; empty for what is no reference."""
    return str(reference.get("sourcedId", "")) if isinstance(reference, dict) else ""


def giveaways(user: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Field and value of all that tells who a user is, except single names (some are words as well)."""
    yield "sourcedId", str(user["sourcedId"])
    yield "fullName", f"{user['givenName']} {user['familyName']}"
    for field in ("username", "email", "phone", "sms", "userMasterIdentifier"):
        if field in user:
            yield field, str(user[field])
    metadata = user.get("metadata")
    if isinstance(metadata, dict) and "onderwijsnummer" in metadata:
        yield "metadata.onderwijsnummer", str(metadata["onderwijsnummer"])


def made_up_board(
    seed: int = 1,
    *,
    schools: int = 2,
    pupils: int = 40,
    enrolments_per_pupil: int = 1,
    groups_per_school: int | None = None,
    staff_per_school: int | None = None,
    guardians: bool = True,
    line_items_per_class: int = 2,
    results_per_pupil: int = 2,
    ids: IdStyle = IdStyle.UUID,
    year: int = 2026,
    first_school: int = 0,
) -> MadeUpBoard:
    """A board whose schools share one school system.

    Args:
        pupils: of the whole board, spread evenly.
        enrolments_per_pupil: the home group and subject classes; one pupil of the story has one more.
        groups_per_school: home groups; without it, groups of about 24, at least two.
        staff_per_school: without it, two more than home groups.
        year: calendar year in which the school year begins.
        first_school: shifts names and BRINs of the schools.
    """
    drawn = draw_population(
        seed,
        schools=schools,
        pupils=pupils,
        enrolments_per_pupil=enrolments_per_pupil,
        groups_per_school=groups_per_school,
        staff_per_school=staff_per_school,
        guardians=guardians,
        ids=ids,
        year=year,
        first_school=first_school,
    )
    pen = Pen(drawn, seed=seed, ids=ids)
    roster = Roster(pen)
    gradebook = Gradebook(pen, line_items_per_class=line_items_per_class, results_per_pupil=results_per_pupil)
    writers: dict[str, Callable[[], Iterator[Record]]] = {
        "orgs": roster.orgs,
        "academicSessions": roster.sessions,
        "courses": roster.courses,
        "classes": roster.classes,
        "users": roster.users,
        "enrollments": roster.enrollments,
        "demographics": roster.demographics,
        "categories": gradebook.categories,
        "lineItems": gradebook.line_items,
        "results": gradebook.results,
    }
    return MadeUpBoard(
        lambda collection: writers[collection](), year=year, population=drawn, planted=gradebook.planted
    )


def split_boards(
    seed: int = 1, *, schools: int = 2, pupils: int = 40, year: int = 2026
) -> tuple[MadeUpBoard, ...]:
    """One board whose schools have a system each, in which user 17 is somebody else every time."""
    size = pupils // schools
    return tuple(
        made_up_board(seed, schools=1, pupils=size, ids=IdStyle.NUMBER, year=year, first_school=index)
        for index in range(schools)
    )
