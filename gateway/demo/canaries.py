"""A board in which every string is a canary: found outside the school, it tells where it came from.

Everything that a school system may deliver is filled in, also what hardly any does (credentials with extra
keys, pronouns, resources, nested metadata). Each string value, each identifier, each href and each key of
metadata is unique and in a table. What the standard restricts cannot be a canary: words of a fixed list
stay what they are; moments and numbers are legal and each used once; days of a field are different ones as
far as a year reaches.

Example:
    canaries = canary_board(7)
    with SimulatedSchool(canaries.board) as school:
        canaries.arm(school)                            canaries in headers as well
        ...
    for canary in canaries.found_in(everything_the_vendor_got):
        print(canary.kind, canary.field, canary.record)
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from gateway.demo.board import MadeUpBoard, made_up_board
from gateway.demo.names import ascii_letters
from gateway.demo.records import COLLECTIONS, singular, stamp
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.shelf import Record

CANARY: Final = re.compile(r"canary[a-z]+x[a-f]{16}")
"""One word in small letters: of parts, thousands would share one, and every text would seem to hold a name."""

_WORDS: Final = frozenset(
    "status type role roleType enabledUser classType sex scoreStatus primary inProgress incomplete late "
    "missing americanIndianOrAlaskaNative asian blackOrAfricanAmerican nativeHawaiianOrOtherPacificIslander "
    "white demographicRaceTwoOrMoreRaces hispanicOrLatinoEthnicity schoolYear source".split()
)
"""Fields whose values come from a fixed list, or are a year."""
_DAYS: Final = frozenset(("birthDate", "beginDate", "endDate", "startDate", "scoreDate"))
_MOMENTS: Final = frozenset(("dateLastModified", "assignDate", "dueDate"))
_REFERRED: Final = {singular(collection): collection for collection in COLLECTIONS}


@dataclass(frozen=True, slots=True)
class Canary:
    """One planted value and where it is."""

    text: str
    kind: str
    """Wire name of the record: `user`."""
    field: str
    """Dotted path in the record: `userProfiles.credentials.password`; a key of metadata ends in `#key`."""
    record: str
    """sourcedId of the record, itself a canary."""


@dataclass(slots=True)
class CanaryBoard:
    """The board and the table of what is planted in it."""

    board: MadeUpBoard
    table: dict[str, Canary] = field(repr=False)
    dates: dict[str, Canary] = field(repr=False)
    """Days and moments that were used once; a day alone proves little, many of them do."""
    header_canaries: tuple[str, ...] = ()

    def arm(self, school: SimulatedSchool) -> None:
        """Plant canaries in headers of every answer of the school system."""
        school.faults.headers("", dict(zip(_HEADERS, self.header_canaries, strict=True)))

    def found_in(self, content: bytes) -> list[Canary]:
        """The canaries that stand in these bytes as they are. (Other encodings: the leak oracle.)"""
        texts = set(CANARY.findall(content.decode("utf-8", "replace")))
        return [self.table[text] for text in sorted(texts) if text in self.table]


_HEADERS: Final = ("Server", "Set-Cookie", "X-Request-Id", "ETag", "X-Powered-By", "Content-Location", "Via")


def canary_board(
    seed: int = 1, *, schools: int = 2, pupils: int = 40, keep_brins: bool = False, year: int = 2026
) -> CanaryBoard:
    """A legal OneRoster 1.2 board of canaries.

    Args:
        keep_brins: leave the BRIN in `org.identifier`, so that schools map themselves; it is no canary then.
    """
    model = made_up_board(seed, schools=schools, pupils=pupils, year=year)
    planter = _Planter(seed, year=year, keep_brins=keep_brins)
    records = {collection: list(planter.collection(model, collection)) for collection in COLLECTIONS}
    board = MadeUpBoard(lambda collection: iter(records[collection]), year=year)
    headers = tuple(planter.plant("header", name, "") for name in _HEADERS)
    return CanaryBoard(board, planter.table, planter.dates, headers)


class _Planter:
    """Replaces the strings of records by canaries, identifiers consistently."""

    def __init__(self, seed: int, *, year: int, keep_brins: bool) -> None:
        self._seed = seed
        self._year = year
        self._keep_brins = keep_brins
        self._ids: dict[tuple[str, str], str] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        self._days: dict[str, int] = {}
        self._moments = 0
        self._pieces: set[str] = set()
        self.table: dict[str, Canary] = {}
        self.dates: dict[str, Canary] = {}

    def collection(self, model: MadeUpBoard, collection: str) -> Iterator[Record]:
        kind = singular(collection)
        for number, record in enumerate(model.records(collection)):
            full = _with_every_field(collection, record, number)
            identifier = self._id(collection, str(record["sourcedId"]))
            planted = {
                name: self._value(value, kind, number, name, identifier)
                for name, value in full.items()
                if name != "sourcedId"
            }
            if self._keep_brins and collection == "orgs":
                planted["identifier"] = record["identifier"]
            yield {"sourcedId": identifier} | planted

    def plant(self, kind: str, path: str, record: str) -> str:
        """A new canary, entered in the table."""
        count = self._numbers.get((kind, path), 0)
        self._numbers[kind, path] = count + 1
        mark = self._mark(f"{self._seed}/{kind}/{path}/{count}")
        last = re.sub("[^a-z]", "", path.rpartition(".")[2].lower())
        text = f"canary{kind.lower()}{last}x{mark}"
        self.table[text] = Canary(text, kind, path, record)
        return text

    def _mark(self, seed: str) -> str:
        """16 hexadecimal characters that share no 8 in a row with another canary, read either way.

        Letters only: digits would part them into words, and those into names and numbers that scrubbing and the
        leak guard rightly look for.
        """
        while True:
            seed = hashlib.blake2b(seed.encode(), digest_size=16).hexdigest()
            mark = "".join("abcdef"[byte % 6] for byte in bytes.fromhex(seed))
            pieces = {text[start : start + 8] for text in (mark, mark[::-1]) for start in range(9)}
            if len(pieces) == 18 and self._pieces.isdisjoint(pieces):
                self._pieces |= pieces
                return mark

    def _id(self, collection: str, identifier: str) -> str:
        """The canary in place of a sourcedId; demographics share their user's."""
        key = ("users" if collection == "demographics" else collection, identifier)
        known = self._ids.get(key)
        if known is None:
            known = self._ids[key] = self.plant(singular(key[0]), "sourcedId", "")
            self.table[known] = Canary(known, singular(key[0]), "sourcedId", known)
        return known

    def _value(self, value: object, kind: str, number: int, path: str, record: str) -> object:
        name = path.rpartition(".")[2]
        if isinstance(value, dict):
            if set(value) == {"href", "sourcedId", "type"}:
                return self._reference(value, kind, number, path, record)
            return self._members(value, kind, number, path, record)
        if isinstance(value, list):
            return [self._value(one, kind, number, path, record) for one in value]
        if name in _DAYS or name in _MOMENTS:
            return self._date(name, kind, path, record)
        if isinstance(value, bool) or not isinstance(value, str):
            return value
        if name in _WORDS and not path.startswith(("userIds.", "userProfiles.", "metadata")):
            return value
        text = self.plant(kind, path, record)
        return f"https://{text}.example/{number}" if value.startswith("uri:") else text

    def _members(
        self, value: dict[str, object], kind: str, number: int, path: str, record: str
    ) -> dict[str, object]:
        """The members of an object; keys of metadata and extra keys of credentials are canaries too."""
        open_map = path.startswith("metadata")
        members: dict[str, object] = {}
        for key, inner in value.items():
            opened = open_map or key.startswith("extra")
            name = self.plant(kind, f"{path}.{ascii_letters(key)}#key", record) if opened else key
            members[name] = self._value(inner, kind, number, f"{path}.{key}", record)
        return members

    def _reference(
        self, value: dict[str, object], kind: str, number: int, path: str, record: str
    ) -> dict[str, object]:
        target = _REFERRED.get(str(value["type"]))
        wanted = str(value["sourcedId"])
        href = self.plant(kind, f"{path}.href", record)
        identifier = self._id(target, wanted) if target else self.plant(kind, f"{path}.sourcedId", record)
        return {"href": f"https://{href}.example/{number}", "sourcedId": identifier, "type": value["type"]}

    def _date(self, name: str, kind: str, path: str, record: str) -> str:
        if name in _MOMENTS:
            self._moments += 1
            first = datetime.datetime(self._year, 7, 1, 5, 0, tzinfo=datetime.UTC)
            text = stamp(first + datetime.timedelta(milliseconds=7919 * self._moments))
        else:
            count = self._days[name] = self._days.get(name, -1) + 1
            text = (_first_day(name, self._year) + datetime.timedelta(days=count % 360)).isoformat()
        self.dates.setdefault(text, Canary(text, kind, path, record))
        return text


def _first_day(name: str, year: int) -> datetime.date:
    years = {"birthDate": year - 10, "beginDate": year - 1, "endDate": year + 1, "startDate": year}
    return datetime.date(years.get(name, year), 8, 1)


def _with_every_field(collection: str, record: Record, number: int) -> Record:
    full = record | _every_field(collection, number)
    roles = full.get("roles")
    if isinstance(roles, list):
        full["roles"] = [{"endDate": "x"} | role | {"userProfile": "uri:"} for role in roles]
    if "gradingPeriod" in full:
        full["academicSession"] = full["gradingPeriod"]
    return full


def _every_field(collection: str, number: int) -> Record:
    """Optional fields that the made-up board leaves out; `x` becomes a canary, `uri:` an address with one."""
    resource = {"href": "x", "sourcedId": "x", "type": "resource"}
    metadata = {"plain": "x", "nested": {"deeper": {"deepest": "x"}, "list": ["x", "x"]}, "number": number}
    fields: dict[str, Record] = {
        "users": {
            "middleName": "x",
            "preferredFirstName": "x",
            "preferredMiddleName": "x",
            "preferredLastName": "x",
            "pronouns": "x",
            "username": "x",
            "userMasterIdentifier": "x",
            "identifier": "x",
            "email": "x",
            "sms": "x",
            "phone": "x",
            "password": "x",
            "grades": ["x"],
            "userIds": [{"type": "x", "identifier": "x"}, {"type": "x", "identifier": "x"}],
            "userProfiles": [
                {
                    "profileId": "uri:",
                    "profileType": "x",
                    "vendorId": "x",
                    "applicationId": "x",
                    "description": "x",
                    "credentials": [{"type": "x", "username": "x", "password": "x", "extra": "x"}],
                }
            ],
            "resources": [resource],
        },
        "demographics": {
            "countryOfBirthCode": "x",
            "stateOfBirthAbbreviation": "x",
            "cityOfBirth": "x",
            "publicSchoolResidenceStatus": "x",
            "asian": "false",
            "white": "true",
            "hispanicOrLatinoEthnicity": "false",
        },
        "enrollments": {"primary": "false", "endDate": "x"},
        "classes": {
            "classCode": "x",
            "location": "x",
            "subjects": ["x"],
            "subjectCodes": ["x"],
            "periods": ["x", "x"],
            "resources": [resource],
        },
        "courses": {"grades": ["x"], "subjects": ["x"], "subjectCodes": ["x"], "resources": [resource]},
        "lineItems": {
            "description": "x",
            "scoreScale": {"href": "x", "sourcedId": "x", "type": "scoreScale"},
            "learningObjectiveSet": [{"source": "case", "learningObjectiveIds": ["x", "x"]}],
        },
        "results": {
            "comment": "x",
            "textScore": "x",
            "score": 1 + number / 1000,
            "scoreScale": {"href": "x", "sourcedId": "x", "type": "scoreScale"},
            "learningObjectiveSet": [
                {
                    "source": "case",
                    "learningObjectiveResults": [
                        {"learningObjectiveId": "x", "score": 2 + number / 1000, "textScore": "x"}
                    ],
                }
            ],
            "late": "false",
        },
        "categories": {"weight": 1 + number / 1000},
    }
    return {"metadata": metadata} | fields.get(collection, {})
