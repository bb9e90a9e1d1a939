"""Who is in which class and school: ids and memberships of one refresh, in memory only.

Kinds are read one after another, but whether an enrolment may go depends on its pupil and its class, which are read
later. Identified records are never spooled, so what is kept between kinds is this: identifiers, memberships and the
few dates of enrolments, packed in arrays (about 40 bytes an enrolment instead of about 1,500 as a record).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

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
        of_source = self._numbers.setdefault(source, {})
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


@dataclass(frozen=True, slots=True)
class EnrolmentRow:
    """One enrolment as far as it is kept."""

    identifier: str
    source: int
    person: int
    class_: int
    school: int
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


class RosterGraph:
    """Persons, classes, schools and enrolments of one refresh."""

    def __init__(self) -> None:
        self.persons = Numbering()
        self.classes = Numbering()
        self.orgs = Numbering()
        self._words: dict[str | None, int] = {None: 0}
        self._word_list: list[str | None] = [None]
        self._ids = bytearray()
        self._id_ends = array("q")
        self._sources = array("H")
        self._persons = array("i")
        self._classes = array("i")
        self._schools = array("i")
        self._roles = array("i")
        self._primaries = array("i")
        self._begins = array("i")
        self._ends = array("i")
        self.members_of_class: Grouping = Grouping(array("i"), array("i"), 0)
        self.classes_of_person: Grouping = self.members_of_class
        self.schools_of_person: Grouping = self.members_of_class
        self._roles_of_person: Grouping = self.members_of_class

    def __repr__(self) -> str:
        return f"<RosterGraph {len(self.persons)} persons {len(self._persons)} enrolments>"

    def _word(self, word: str | None) -> int:
        number = self._words.get(word)
        if number is None:
            number = len(self._word_list)
            self._words[word] = number
            self._word_list.append(word)
        return number

    def add_enrolment(
        self,
        source: int,
        identifier: str,
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
        self._ids += identifier.encode()
        self._id_ends.append(len(self._ids))
        self._sources.append(source)
        self._persons.append(self.persons.number(source, user))
        self._classes.append(self.classes.number(source, class_))
        self._schools.append(NONE if school is None else self.orgs.number(source, school))
        self._roles.append(self._word(role))
        self._primaries.append(self._word(primary))
        self._begins.append(self._word(begin_on))
        self._ends.append(self._word(end_on))

    def close_enrolments(self) -> None:
        """Group memberships; call once, after the last enrolment."""
        self.members_of_class = Grouping(self._classes, self._persons, len(self.classes))
        self.classes_of_person = Grouping(self._persons, self._classes, len(self.persons))
        self.schools_of_person = Grouping(self._persons, self._schools, len(self.persons))
        self._roles_of_person = Grouping(self._persons, self._roles, len(self.persons))

    def places_of(self, person: int) -> Iterator[tuple[int, str]]:
        """School and role of each enrolment of a person."""
        for school, role in zip(self.schools_of_person[person], self._roles_of_person[person], strict=True):
            yield school, self._word_list[role] or ""

    def enrolment_count(self) -> int:
        """How many enrolments were kept."""
        return len(self._persons)

    def enrolments(self, positions: Iterable[int] | None = None) -> Iterator[EnrolmentRow]:
        """Enrolments by position; without positions all, in the order read."""
        words = self._word_list
        for position in range(len(self._persons)) if positions is None else positions:
            start = self._id_ends[position - 1] if position else 0
            yield EnrolmentRow(
                identifier=self._ids[start : self._id_ends[position]].decode(),
                source=self._sources[position],
                person=self._persons[position],
                class_=self._classes[position],
                school=self._schools[position],
                role=words[self._roles[position]] or "",
                primary=words[self._primaries[position]],
                begin_on=words[self._begins[position]],
                end_on=words[self._ends[position]],
            )
