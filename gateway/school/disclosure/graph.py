"""Who is in which class and school: ids and memberships of one refresh, in memory only.

Kinds are read one after another, but whether an enrolment may go depends on its pupil and its class, which are read
later. Identified records are never spooled, so what is kept between kinds is this: identifiers, memberships and the
few dates of enrolments, packed in arrays (about 50 bytes an enrolment instead of about 1,500 as a record).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from gateway import strict_json

NONE: Final = -1
"""No person, class or school with that number."""


class Numbering:
    """Numbers for identifiers of one kind, over all sources; an identifier is unique within its source only."""

    __slots__ = ("_numbers", "identifiers", "sources")

    def __init__(self) -> None:
        self._numbers: dict[int, dict[str, int]] = {}
        self.identifiers: list[str] = []
        self.sources = array("H")

    def __len__(self) -> int:
        return len(self.identifiers)

    def number(self, source: int, identifier: str) -> int:
        """The number of an identifier; a new one when it is seen for the first time."""
        of_source = self._numbers.get(source)
        if of_source is None:
            of_source = self._numbers[source] = {}
        number = of_source.get(identifier)
        if number is None:
            number = len(self.identifiers)
            of_source[identifier] = number
            self.identifiers.append(identifier)
            self.sources.append(source)
        return number

    def find(self, source: int, identifier: str) -> int:
        """The number of an identifier, or `NONE`."""
        return self._numbers.get(source, {}).get(identifier, NONE)


class Alike(NamedTuple):
    """What decides the fields of an enrolment; a board of 250,000 enrolments has a few dozen of these."""

    source: int
    role: str
    primary: str | None
    begin_on: str | None
    end_on: str | None


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class, held until everyone's name is known: its title can be scrubbed only then."""

    number: int
    source: int
    identifier: str
    school: int
    course: str | None
    terms: tuple[str, ...]
    grades: frozenset[str]
    names: tuple[str, ...]
    """Under which an agreement may list it: identifier, code, title."""
    packed: bytes = field(repr=False)
    """The fields as JSON: a tenth of what they take as objects."""

    def fields(self) -> dict[str, object]:
        """The fields as the source delivered them."""
        read = strict_json.loads_own(self.packed)
        assert isinstance(read, dict)
        return read


class Grouping:
    """Members by owner, packed: `grouping[owner]` is the array slice of its members."""

    __slots__ = ("_members", "_starts")

    def __init__(self, owners: array[int], members: array[int], count: int) -> None:
        starts = array("i", bytes(4 * (count + 1)))
        for owner in owners:
            if owner >= 0:
                starts[owner + 1] += 1
        for owner in range(count):
            starts[owner + 1] += starts[owner]
        filled = array("i", starts)
        packed = array("i", bytes(4 * starts[count]))
        for owner, member in zip(owners, members, strict=True):
            if owner >= 0:
                packed[filled[owner]] = member
                filled[owner] += 1
        self._starts = starts
        self._members = packed

    def __getitem__(self, owner: int) -> array[int]:
        if owner < 0 or owner + 1 >= len(self._starts):
            return array("i")
        return self._members[self._starts[owner] : self._starts[owner + 1]]


class Enrolments:
    """The enrolments of one refresh in columns, by position in the order read."""

    __slots__ = ("_alike_numbers", "_id_ends", "_ids", "alike", "alikes", "classes", "persons", "schools")

    def __init__(self) -> None:
        self.alike = array("i")
        """Place in `alikes`."""
        self.alikes: list[Alike] = []
        self.persons = array("i")
        self.classes = array("i")
        self.schools = array("i")
        """`NONE` where the enrolment names none."""
        self._alike_numbers: dict[Alike, int] = {}
        self._ids = bytearray()
        self._id_ends = array("I")

    def __len__(self) -> int:
        return len(self.alike)

    def append(self, packed_id: bytes, *, alike: Alike, person: int, class_: int, school: int) -> None:
        """One more; `packed_id` as `identify.pack_id` makes it."""
        number = self._alike_numbers.get(alike)
        if number is None:
            number = self._alike_numbers[alike] = len(self.alikes)
            self.alikes.append(alike)
        self.alike.append(number)
        self.persons.append(person)
        self.classes.append(class_)
        self.schools.append(school)
        self._ids += packed_id
        self._id_ends.append(len(self._ids))

    def packed_ids(self, positions: Iterable[int]) -> list[bytes]:
        """The identifiers, packed."""
        ends = self._id_ends
        with memoryview(self._ids) as ids:
            return [bytes(ids[ends[at - 1] if at else 0 : ends[at]]) for at in positions]


class RosterGraph:
    """Persons, classes, schools and enrolments of one refresh."""

    def __init__(self) -> None:
        self.persons = Numbering()
        self.classes = Numbering()
        self.orgs = Numbering()
        self.enrolments = Enrolments()
        self.members_of_class: Grouping = Grouping(array("i"), array("i"), 0)
        self._of_person: Grouping = self.members_of_class

    def __repr__(self) -> str:
        return f"<RosterGraph {len(self.persons)} persons {len(self.enrolments)} enrolments>"

    def add_enrolment(
        self,
        source: int,
        packed_id: bytes,
        *,
        user: str,
        class_: str,
        school: str | None,
        role: str,
        primary: str | None,
        begin_on: str | None,
        end_on: str | None,
    ) -> None:
        """Keep one enrolment; the person and class get numbers even if they are never delivered."""
        self.enrolments.append(
            packed_id,
            alike=Alike(source, role, primary, begin_on, end_on),
            person=self.persons.number(source, user),
            class_=self.classes.number(source, class_),
            school=NONE if school is None else self.orgs.number(source, school),
        )

    def close_enrolments(self) -> None:
        """Group memberships; call once, after the last enrolment."""
        rows = self.enrolments
        self.members_of_class = Grouping(rows.classes, rows.persons, len(self.classes))
        self._of_person = Grouping(rows.persons, array("i", range(len(rows))), len(self.persons))

    def classes_of_person(self, person: int) -> list[int]:
        """The class of each enrolment of a person."""
        return [self.enrolments.classes[at] for at in self._of_person[person]]

    def enrolments_of(self, person: int) -> list[int]:
        """The position of each enrolment of a person."""
        return list(self._of_person[person])

    def places_of(self, person: int) -> list[tuple[int, str]]:
        """School and role of each enrolment of a person."""
        rows = self.enrolments
        return [(rows.schools[at], rows.alikes[rows.alike[at]].role) for at in self._of_person[person]]
