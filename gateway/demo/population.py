"""Who is at the made-up board: schools, people and classes, before anything is written as a record.

Everything follows from the seed: the same seed and sizes give the same people. What is drawn is kept small, for
20,000 pupils must fit; records are written from it one at a time (`gateway.demo.records`).

On purpose among them: namesakes in two schools and in one class, brother and sister with one guardian, a pupil in
two classes, a teacher who is also a guardian, a pupil who left, one who turns sixteen during the school year, a
combination class, classes named after a teacher or a pupil, and the same pupil numbers in every school.
"""

from __future__ import annotations

import datetime
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from stdnum.nl import bsn, onderwijsnummer

from gateway.demo.names import PersonName, ascii_letters, draw_family, draw_name, named

BRINS: Final = ("99ZZ", "98YY", "97XX", "96WW", "95VV", "94UU", "93TT", "92SS")
_PRIMARY: Final = ("De Regenboog", "De Wilgenhoek", "'t Zonnetje", "De Vuurvogel")
_SECONDARY: Final = (
    "Het Baken College",
    "Lyceum Oosterhout",
    "Scholengemeenschap De Waard",
    "Kompas College",
)
_PRIMARY_SUBJECTS: Final = (
    "rekenen",
    "taal",
    "spelling",
    "lezen",
    "wereldoriëntatie",
    "gym",
    "muziek",
    "verkeer",
)
_SECONDARY_SUBJECTS: Final = (
    "wiskunde",
    "Nederlands",
    "Engels",
    "Frans",
    "Duits",
    "biologie",
    "geschiedenis",
    "aardrijkskunde",
    "natuurkunde",
    "scheikunde",
    "economie",
    "muziek",
    "lichamelijke opvoeding",
    "kunst",
    "informatica",
)


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
    """OneRoster role: student, teacher, administrator, guardian."""
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


def draw_population(
    seed: int,
    *,
    schools: int,
    pupils: int,
    enrolments_per_pupil: int,
    groups_per_school: int | None,
    staff_per_school: int | None,
    guardians: bool,
    ids: IdStyle,
    year: int,
    first_school: int,
) -> Population:
    """Draw everybody. `first_school` shifts names and BRINs, for a board whose schools have a system each."""
    dice = random.Random(f"schuilnaam/{seed}/{first_school}/people")
    maker = Ids(ids, dice)
    drawn = Population(board_id=maker.next("org"), board_name="Stichting Voorbeeldscholen", year=year)
    for index in range(schools):
        drawn.schools.append(_school(index + first_school, maker))
    for index, school in enumerate(drawn.schools):
        size = pupils // schools + (1 if index < pupils % schools else 0)
        groups = groups_per_school or max(2, round(size / 24))
        _fill_school(
            drawn,
            school,
            dice=dice,
            maker=maker,
            size=size,
            groups=groups,
            staff=staff_per_school or groups + 2,
            classes_per_group=enrolments_per_pupil,
        )
    _stage(drawn, dice, maker)
    if guardians:
        _draw_guardians(drawn, dice, maker)
    return drawn


def _school(index: int, maker: Ids) -> School:
    secondary = index % 2 == 1
    names = _SECONDARY if secondary else _PRIMARY
    place = index // 2
    name = names[place % len(names)] + (f" {place // len(names) + 1}" if place >= len(names) else "")
    brin = BRINS[index] if index < len(BRINS) else f"{index:02d}QQ"
    return School(index, maker.next("org"), name, brin, secondary, f"{ascii_letters(name)}.example")


def _fill_school(
    drawn: Population,
    school: School,
    *,
    dice: random.Random,
    maker: Ids,
    size: int,
    groups: int,
    staff: int,
    classes_per_group: int,
) -> None:
    team = [_staff_member(school, number, dice, maker, last=number == staff - 1) for number in range(staff)]
    teaching = team[:-1] or team
    drawn.staff += team
    number = 1000
    for group in range(groups):
        count = size // groups + (1 if group < size % groups else 0)
        grades, title, code = _group_name(school, group, teaching[group % len(teaching)])
        members: list[Person] = []
        for seat in range(count):
            number += 1
            while not is_nobodys(str(number)):
                number += 1
            grade = grades[seat * len(grades) // max(1, count)]
            members.append(_pupil(school, str(number), grade, drawn.year, dice, maker))
        drawn.pupils += members
        # Two teachers who share a job have one class in three.
        pair = (teaching[group % len(teaching)], teaching[(group + 1) % len(teaching)])
        teachers = pair[:1] if group % 3 else tuple(dict.fromkeys(pair))
        drawn.classes.append(
            ClassGroup(maker.next("class"), school, title, code, "", grades, True, teachers, tuple(members))
        )
        subjects = _SECONDARY_SUBJECTS if school.secondary else _PRIMARY_SUBJECTS
        for extra in range(classes_per_group - 1):
            subject = subjects[extra % len(subjects)]
            drawn.classes.append(
                ClassGroup(
                    maker.next("class"),
                    school,
                    f"{code} {subject}",
                    f"{code}-{ascii_letters(subject)[:4]}{extra // len(subjects) or ''}",
                    subject,
                    grades,
                    False,
                    (teaching[(group + extra) % len(teaching)],),
                    tuple(members),
                )
            )


def _group_name(school: School, group: int, teacher: Person) -> tuple[tuple[str, ...], str, str]:
    """Grades, title and code of a home group. The first two of a primary school are a combination and a juf's."""
    if school.secondary:
        level = (1, 4, 2, 3, 5, 6)[group % 6]
        stream = ("hv", "h", "v", "k")[group // 6 % 4]
        code = f"{level}{stream}{group // 24 + 1}"
        return (f"vo-{level}",), f"{code} mentorles", code
    if group == 0:
        return ("5", "6"), "5/6 B", "5-6B"
    grade = (7, 8, 5, 6, 4, 3)[(group - 1) % 6]
    letter = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(group - 1) // 6 % 26]
    called = "juf" if teacher.name.sex == "female" else "meester"
    title = f"Groep {grade} {called} {teacher.name.given}" if group % 2 else f"Groep {grade}{letter}"
    return (str(grade),), title, f"{grade}{letter}{(group - 1) // 156 or ''}"


def _staff_member(school: School, number: int, dice: random.Random, maker: Ids, *, last: bool) -> Person:
    role = "administrator" if last else "teacher"
    return Person(
        id=maker.next("user"),
        role=role,
        name=draw_name(dice),
        school=school,
        number=f"{ascii_letters(school.name)[:2]}{number + 1:03d}",
        born=datetime.date(dice.randint(1962, 2000), dice.randint(1, 12), dice.randint(1, 28)),
        phone=nobodys_phone(dice),
    )


def _pupil(school: School, number: str, grade: str, year: int, dice: random.Random, maker: Ids) -> Person:
    age = 11 + int(grade[3:]) if grade.startswith("vo-") else int(grade) + 3
    # Born between October and September: the usual cohort of a Dutch class.
    born = datetime.date(year - age - 1, 10, 1) + datetime.timedelta(days=dice.randrange(365))
    return Person(
        id=maker.next("user"),
        role="student",
        name=draw_name(dice),
        school=school,
        number=number,
        grade=grade,
        born=born,
        phone=nobodys_phone(dice) if grade.startswith("vo-") else "",
    )


def _stage(drawn: Population, dice: random.Random, maker: Ids) -> None:
    """Give the parts of the story to pupils and teachers of the first two schools, if they are big enough."""
    homes = [[c for c in drawn.classes if c.school is school and c.home] for school in drawn.schools[:2]]
    if any(len(groups) < 2 or min(len(group.pupils) for group in groups[:2]) < 5 for groups in homes):
        return
    cast = drawn.cast
    first = homes[0]
    last = homes[-1]
    here, there = first[0].pupils, last[1].pupils
    here[0].name = named("Sem", "de Vries", sex="male")
    if len(homes) > 1:
        there[0].name = named("Sem", "de Vries", sex="male")
        cast.namesakes_in_two_schools = (here[0].id, there[0].id)
    for seat in (1, 2):
        there[seat].name = named("Mei", "Visser", sex="female")
    cast.namesakes_in_one_class = (there[1].id, there[2].id)
    here[1].name = named("Zoë", "van den Berg", sex="female")
    younger = last[0].pupils[0] if len(homes) > 1 else here[4]
    younger.name = named("Daniël", "van den Berg", sex="male")
    cast.siblings = (here[1].id, younger.id)
    here[2].name = named("Roos", "Groen", sex="female")
    here[3].name = named("Wilhelmus", "'t Hart", sex="male", call="Wim")
    leaver = first[1].pupils[0]
    leaver.name, leaver.left = named("Storm", "Dijkstra", sex="male"), True
    cast.left = leaver.id
    if there[3].grade.startswith("vo-4"):
        there[3].name = named("Yusuf", "Çelik", sex="male")
        there[3].born = datetime.date(drawn.year + 1 - 16, 3, 14)
        cast.turns_sixteen = there[3].id
    _stage_staff(drawn, first, maker)


def _stage_staff(drawn: Population, first: list[ClassGroup], maker: Ids) -> None:
    cast = drawn.cast
    combined, marloes_class = first[0], first[1]
    cast.combination_class = combined.id
    marloes = marloes_class.teachers[0]
    marloes.name = named("Marloes", "Bakker", sex="female")
    marloes.role = "teacher"
    marloes_class.title = f"Groep {marloes_class.grades[0]} juf Marloes"
    if drawn.schools[0].secondary:
        marloes_class.title = f"{marloes_class.code} mentor Marloes Bakker"
    cast.class_named_after_teacher = marloes_class.id
    child = marloes_class.pupils[4]
    child.name = named("Fenna", "Bakker", sex="female")
    marloes.guardian_at = child.school
    child.guardians = (marloes,)
    cast.staff_and_guardian, cast.child_of_staff = marloes.id, child.id
    tutored = combined.pupils[0]
    bijles = ClassGroup(
        maker.next("class"),
        combined.school,
        f"Bijles {tutored.name.full}",
        "BIJ1",
        "rekenen",
        combined.grades[:1],
        False,
        (marloes,),
        (tutored,),
    )
    drawn.classes.append(bijles)
    cast.class_named_after_pupil = bijles.id
    cast.in_two_classes = tutored.id


def _draw_guardians(drawn: Population, dice: random.Random, maker: Ids) -> None:
    """One guardian for each pupil, two for one in four; brother and sister share theirs."""
    shared: Person | None = None
    for pupil in drawn.pupils:
        if pupil.id in drawn.cast.siblings and shared is not None:
            pupil.guardians = (shared,)
            continue
        if pupil.guardians:
            continue
        pupil.guardians = tuple(
            _guardian(pupil, seat, dice, maker) for seat in range(2 if dice.random() < 0.25 else 1)
        )
        drawn.guardians += pupil.guardians
        if pupil.id in drawn.cast.siblings:
            shared = pupil.guardians[0]
            drawn.cast.shared_guardian = shared.id


def _guardian(pupil: Person, seat: int, dice: random.Random, maker: Ids) -> Person:
    household = draw_family(dice)
    if not seat:
        household = (household[0], pupil.name.family)
    name = draw_name(dice, household)
    return Person(
        id=maker.next("user"),
        role="guardian",
        name=name,
        school=pupil.school,
        number="",
        phone=nobodys_phone(dice),
        mail=f"{ascii_letters(name.given)}.{ascii_letters(name.family)}{dice.randint(1, 99)}@post.example",
    )
