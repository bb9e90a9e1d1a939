"""Draws the people of a made-up board from a seed.

The same seed and sizes give the same people. What is drawn is kept small, for 20,000 pupils must fit;
records are written from it one at a time (`gateway.demo.records`). Every school has the same pupil numbers.
"""

from __future__ import annotations

import datetime
import random  # noqa: TID251 (seeded: made-up people, no secrets)
from typing import Final

from gateway.demo.names import ascii_letters, draw_family, draw_name
from gateway.demo.population import (
    ClassGroup,
    Ids,
    IdStyle,
    Person,
    Population,
    School,
    is_nobodys,
    nobodys_phone,
)
from gateway.demo.staging import stage
from gateway.demo.titles import Remark

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
        team = [
            _staff_member(school, number, dice, maker, last=number == (staff_per_school or groups + 2) - 1)
            for number in range(staff_per_school or groups + 2)
        ]
        drawn.staff += team
        filler = _Filler(drawn, school, dice, maker, teaching=team[:-1] or team)
        for group in range(groups):
            count = size // groups + (1 if group < size % groups else 0)
            filler.add_group(group, count, subject_classes=enrolments_per_pupil - 1)
    stage(drawn, maker)
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


class _Filler:
    """Adds the home groups of one school, with their pupils and subject classes."""

    def __init__(
        self, drawn: Population, school: School, dice: random.Random, maker: Ids, *, teaching: list[Person]
    ) -> None:
        self._drawn = drawn
        self._school = school
        self._dice = dice
        self._maker = maker
        self._teaching = teaching
        self._number = 1000

    def add_group(self, group: int, count: int, *, subject_classes: int) -> None:
        first = self._teacher(group)
        grades, title, code = _group_name(self._school, group, first)
        pupils = tuple(self._pupil(grades[seat * len(grades) // max(1, count)]) for seat in range(count))
        self._drawn.pupils += pupils
        # Two teachers who share a job have one class in three.
        teachers = (first,) if group % 3 else tuple(dict.fromkeys((first, self._teacher(group + 1))))
        home = ClassGroup(
            self._maker.next("class"), self._school, title, code, "", grades, True, teachers, pupils
        )
        if title.endswith(first.name.given):
            home.named_after = Remark(title, singles=(first.name.given,))
        self._drawn.classes.append(home)
        subjects = _SECONDARY_SUBJECTS if self._school.secondary else _PRIMARY_SUBJECTS
        for extra in range(subject_classes):
            subject = subjects[extra % len(subjects)]
            self._drawn.classes.append(
                ClassGroup(
                    self._maker.next("class"),
                    self._school,
                    f"{code} {subject}",
                    f"{code}-{ascii_letters(subject)[:4]}{extra // len(subjects) or ''}",
                    subject,
                    grades,
                    False,
                    (self._teacher(group + extra),),
                    pupils,
                )
            )

    def _teacher(self, turn: int) -> Person:
        return self._teaching[turn % len(self._teaching)]

    def _pupil(self, grade: str) -> Person:
        self._number += 1
        while not is_nobodys(str(self._number)):
            self._number += 1
        return _pupil(self._school, str(self._number), grade, self._drawn.year, self._dice, self._maker)


def _group_name(school: School, group: int, teacher: Person) -> tuple[tuple[str, ...], str, str]:
    """Grades, title and code of a home group. The first two of a primary school are special."""
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
    role = "siteAdministrator" if last else "teacher"
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
