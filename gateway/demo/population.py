"""Who is at a made-up board: schools, people and classes, before anything is written as a record."""

from __future__ import annotations

import datetime
import random  # noqa: TID251 (seeded: made-up people, no secrets)
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from stdnum.nl import bsn, onderwijsnummer

from gateway.demo.names import PersonName
from gateway.demo.titles import Remark


class IdStyle(StrEnum):
    """How the school system makes its sourcedIds."""

    UUID = "uuid"
    NUMBER = "number"
    """1, 2, 3 per kind, from 1 in every system: two systems have the same ids for other people."""


@dataclass(slots=True, eq=False)
class School:
    """One school of the board."""

    index: int
    id: str
    name: str
    brin: str
    secondary: bool
    domain: str


@dataclass(slots=True, eq=False)
class Person:
    """A pupil, member of staff or guardian."""

    id: str
    role: str
    """OneRoster role: student, teacher, siteAdministrator, guardian."""
    name: PersonName
    school: School
    number: str
    """Pupil or staff number of the school, empty for a guardian."""
    grade: str = ""
    born: datetime.date | None = None
    guardians: tuple[Person, ...] = ()
    guardian_at: School | None = None
    """A member of staff who is a guardian as well, and where."""
    left: bool = False
    phone: str = ""
    mail: str = ""


@dataclass(slots=True, eq=False)
class ClassGroup:
    """A home group or a subject class."""

    id: str
    school: School
    title: str
    code: str
    subject: str
    grades: tuple[str, ...]
    home: bool
    teachers: tuple[Person, ...]
    pupils: tuple[Person, ...]
    named_after: Remark | None = None
    """Whom the title gives away, where it does."""


@dataclass(slots=True)
class Cast:
    """Ids of the people about whom the story is told, so that nobody has to search for them."""

    namesakes_in_two_schools: tuple[str, str] = ("", "")
    namesakes_in_one_class: tuple[str, str] = ("", "")
    siblings: tuple[str, str] = ("", "")
    shared_guardian: str = ""
    turns_sixteen: str = ""
    in_two_classes: str = ""
    staff_and_guardian: str = ""
    child_of_staff: str = ""
    left: str = ""
    class_named_after_pupil: str = ""
    class_named_after_teacher: str = ""
    combination_class: str = ""


@dataclass(slots=True)
class Population:
    """Everybody, in the order in which the school system lists them."""

    board_id: str
    board_name: str
    year: int
    schools: list[School] = field(default_factory=list)
    pupils: list[Person] = field(default_factory=list)
    staff: list[Person] = field(default_factory=list)
    guardians: list[Person] = field(default_factory=list)
    classes: list[ClassGroup] = field(default_factory=list)
    cast: Cast = field(default_factory=Cast)

    def people(self) -> Iterator[Person]:
        yield from self.pupils
        yield from self.staff
        yield from self.guardians


class Ids:
    """Makes sourcedIds: the next one of a kind."""

    def __init__(self, style: IdStyle, dice: random.Random) -> None:
        self._style = style
        self._dice = dice
        self._last: dict[str, int] = {}

    def next(self, kind: str) -> str:
        if self._style is IdStyle.UUID:
            return str(uuid.UUID(int=self._dice.getrandbits(128), version=4))
        number = self._last.get(kind, 0) + 1
        self._last[kind] = number
        return str(number)


def is_nobodys(number: str) -> bool:
    """True for a number that is no citizen service number and no education number, also not when padded."""
    digits = "".join(character for character in number if character.isdigit())
    tries = (digits, digits.lstrip("0"), digits.lstrip("0").zfill(9))
    return not any(bsn.is_valid(attempt) or onderwijsnummer.is_valid(attempt) for attempt in tries)


def nobodys_number(dice: random.Random, first: int, last: int) -> str:
    """A number in that range that can be nobody's. About ten in eleven are."""
    while True:
        number = str(dice.randint(first, last))
        if is_nobodys(number):
            return number


def nobodys_phone(dice: random.Random) -> str:
    """A mobile number in a range (06 9) that is not given out."""
    while True:
        number = f"069{dice.randint(0, 9_999_999):07d}"
        if is_nobodys(number):
            return (
                f"{number[:2]}-{number[2:]}"
                if dice.random() < 0.5
                else f"{number[:2]} {number[2:6]} {number[6:]}"
            )
