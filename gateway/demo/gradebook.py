"""The gradebook of the made-up board: categories, line items and results, and what their texts give away.

Source: OneRoster 1.2 gradebook information model.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gateway.demo.population import ClassGroup, Person
from gateway.demo.records import Pen, ref
from gateway.demo.shelf import Record
from gateway.demo.titles import DESCRIPTIONS, Remark, remark, title

_CATEGORIES: Final = ("Toetsen", "Werkstukken", "Huiswerk")


@dataclass(frozen=True, slots=True)
class PlantedRemark:
    """Where a text stands that a person typed, and what it gives away."""

    collection: str
    id: str
    field: str
    group: str
    """sourcedId of the class that it belongs to."""
    pupil: str
    """sourcedId of the pupil whom the record is about, empty for a title."""
    remark: Remark


class Gradebook:
    """Writes the gradebook collections. Asking for one twice gives the same records."""

    def __init__(self, pen: Pen, *, line_items_per_class: int, results_per_pupil: int) -> None:
        self._pen = pen
        self._line_items = max(line_items_per_class, results_per_pupil)
        self._results = results_per_pupil

    def categories(self) -> Iterator[Record]:
        dice = self._pen.dice("categories")
        for number, name in enumerate(_CATEGORIES):
            yield self._pen.start(self._pen.id("category", number), dice) | {
                "title": name,
                "weight": float(3 - number),
            }

    def _homes(self) -> Iterator[tuple[int, ClassGroup]]:
        """Home groups with the number of their first line item."""
        number = 0
        for group in self._pen.drawn.classes:
            if group.home:
                yield number, group
                number += self._line_items

    def _titles(self) -> Iterator[tuple[int, ClassGroup, Remark]]:
        dice = self._pen.dice("titles")
        for first, group in self._homes():
            for number in range(first, first + self._line_items):
                pupil = dice.choice(group.pupils).name if group.pupils else group.teachers[0].name
                yield number, group, title(dice, pupil=pupil, teacher=group.teachers[0].name)

    def line_items(self) -> Iterator[Record]:
        dice = self._pen.dice("lineItems")
        for number, group, titled in self._titles():
            day = self._pen.year_begins + datetime.timedelta(days=30 + dice.randrange(200))
            record = self._pen.start(self._pen.id("lineItem", number), dice) | {
                "title": titled.text,
                "assignDate": f"{day}T08:00:00Z",
                "dueDate": f"{day + datetime.timedelta(days=7)}T15:00:00Z",
                "class": ref("classes", group.id),
                "school": ref("orgs", group.school.id),
                "category": ref("categories", self._pen.id("category", number % len(_CATEGORIES))),
                "gradingPeriod": ref("academicSessions", self._pen.id("session", 3 + number % 4)),
                "resultValueMin": 1.0,
                "resultValueMax": 10.0,
            }
            if dice.random() < 0.5:
                record["description"] = dice.choice(DESCRIPTIONS)
            yield record

    def _remarks(self) -> Iterator[tuple[int, int, ClassGroup, Person, Remark]]:
        dice = self._pen.dice("remarks")
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

    def results(self) -> Iterator[Record]:
        dice = self._pen.dice("results")
        for number, line, group, pupil, spoken in self._remarks():
            day = self._pen.year_begins + datetime.timedelta(days=40 + dice.randrange(200))
            yield self._pen.start(self._pen.id("result", number), dice) | {
                "lineItem": ref("lineItems", self._pen.id("lineItem", line)),
                "student": ref("users", pupil.id),
                "class": ref("classes", group.id),
                "scoreStatus": "fully graded",
                "score": dice.randint(10, 100) / 10,
                "scoreDate": day.isoformat(),
                "comment": spoken.text,
            }

    def planted(self) -> Iterator[PlantedRemark]:
        """Every title and comment with what it gives away; most titles give away nothing."""
        for group in self._pen.drawn.classes:
            named = group.named_after or Remark(group.title)
            yield PlantedRemark("classes", group.id, "title", group.id, "", named)
        for number, group, titled in self._titles():
            identifier = self._pen.id("lineItem", number)
            yield PlantedRemark("lineItems", identifier, "title", group.id, "", titled)
        for number, _, group, pupil, spoken in self._remarks():
            identifier = self._pen.id("result", number)
            yield PlantedRemark("results", identifier, "comment", group.id, pupil.id, spoken)
