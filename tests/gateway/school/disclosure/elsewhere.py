"""A second made-up board, written apart from `planted` and in another style: other names, other texts, other spellings.

One generator, two sets of material: `elsewhere_tuned`, to which rules may be adjusted, and `elsewhere_held_out`,
which is only measured on. Names are spelt as people type them: diacritics dropped or decomposed, typographic
apostrophes and hyphens, double names with a space or a line break, small letters, capitals, sloppy genitives.
Seeded; nobody here exists.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.school.disclosure.folding import fold
from gateway.school.disclosure.free_text import TextKind
from gateway.school.disclosure.names import NameIndex, PersonName
from gateway.school.disclosure.particles import PARTICLES
from gateway.school.disclosure.scrub import Scrubber


def words(text: str) -> tuple[str, ...]:
    """The words of a block."""
    return tuple(text.split())


def lines(text: str) -> tuple[str, ...]:
    """The lines of a block."""
    return tuple(line.strip() for line in text.strip().splitlines())


@dataclass(frozen=True, slots=True)
class Material:
    """What a board is made from."""

    given: Sequence[str]
    common_family: Sequence[str]
    """`particle|Name`, with `_` for a space; four in ten people have one of these."""
    rare_family: Sequence[str]
    single_titles: Sequence[str]
    staff_titles: Sequence[str]
    single_prose: Sequence[str]
    clean_titles: Sequence[str]
    full_texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody as the source and as people at school name them."""

    given: str
    call: str
    particle: str
    family: str

    @property
    def surname(self) -> str:
        return f"{self.particle} {self.family}".strip()

    @property
    def full(self) -> str:
        return f"{self.call} {self.surname}"


@dataclass(frozen=True, slots=True)
class Text:
    """A text with what must not be left of it."""

    text: str
    kind: TextKind
    members: Sequence[int]
    gone: tuple[str, ...]
    shape: str
    """Which spelling or template, to see where misses come from."""

    def left(self, scrubbed: str) -> bool:
        """Whether a word of a planted name is still there."""
        present = {token.text for token in fold(scrubbed).tokens()}
        names = {token.text for name in self.gone for token in fold(name).tokens() if len(token.text) > 1}
        names -= PARTICLES
        return any(name in present or f"{name}s" in present for name in names)


_FORMAL = words(
    "Johannes Maria Cornelis Wilhelmina Petrus Johanna Hendrikus Elisabeth Muhammed Antonia Jacobus"
)


class Elsewhere:
    """A board of pupils and staff in classes of 18 to 30 with two teachers, and texts about them."""

    def __init__(self, material: Material, seed: int, *, pupils: int = 6_000) -> None:
        self.material = material
        self.random = random.Random(seed)
        order = list(material.given)
        self.random.shuffle(order)
        # Which names are frequent differs from board to board.
        self._given = order
        self._given_weights = [1 / (place + 8) for place in range(len(order))]
        self.people = [self._known() for _ in range(pupils + pupils // 15)]
        self.index = NameIndex()
        for number, person in enumerate(self.people):
            self.index.add(
                number, self._record(number, person), [f"{number + 100_000}", f"l{number}@bord.example"]
            )
        staff = range(pupils, len(self.people))
        self.classes: list[tuple[list[int], list[int]]] = []
        first = 0
        while first < pupils:
            size = self.random.randint(18, 30)
            self.classes.append((list(range(first, min(first + size, pupils))), self.random.sample(staff, 2)))
            first += size
        self.scrubber = Scrubber(self.index)

    def _known(self) -> Known:
        call = self.random.choices(self._given, self._given_weights)[0]
        families = self.material.common_family if self.random.random() < 0.4 else self.material.rare_family
        particle, _, family = self.random.choice(families).replace("_", " ").rpartition("|")
        given = self.random.choice(_FORMAL) if self.random.random() < 0.08 else call
        return Known(given, call, particle, family)

    def _record(self, number: int, person: Known) -> PersonName:
        fields = {"givenName": person.given}
        if person.call != person.given:
            fields["preferredFirstName"] = person.call
        if number % 3 == 0:
            fields |= {"middleName": person.particle, "familyName": person.family}
        elif number % 3 == 1:
            fields["familyName"] = person.surname
        else:
            fields["familyName"] = f"{person.family}, {person.particle}" if person.particle else person.family
        return PersonName.of_user(fields)

    def _class(self) -> tuple[list[int], list[int]]:
        return self.random.choice(self.classes)

    # Texts

    def clean_titles(self, count: int) -> Iterator[Text]:
        """Titles that name nobody of the board, as typed, some in small letters or capitals."""
        for _ in range(count):
            pupils, teachers = self._class()
            title = self.random.choice(self.material.clean_titles)
            chance = self.random.random()
            title = title.lower() if chance < 0.05 else title.upper() if chance < 0.08 else title
            yield Text(title, TextKind.TITLE, [*pupils, *teachers], (), "clean")

    def titles(self, count: int) -> Iterator[Text]:
        """Titles that name a pupil singly."""
        yield from (self._single(self.material.single_titles, TextKind.TITLE) for _ in range(count))

    def staff_titles(self, count: int) -> Iterator[Text]:
        """Titles that name a teacher singly."""
        yield from (self._single(self.material.staff_titles, TextKind.TITLE) for _ in range(count))

    def comments(self, count: int) -> Iterator[Text]:
        """Comments that name a pupil or teacher singly."""
        yield from (self._single(self.material.single_prose, TextKind.PROSE) for _ in range(count))

    def _single(self, templates: Sequence[str], kind: TextKind) -> Text:
        pupils, teachers = self._class()
        template = self.random.choice(templates)
        one, other = (self.people[number] for number in self.random.sample(pupils, 2))
        teacher = self.people[self.random.choice(teachers)]
        slots = {
            "n": one.call, "m": other.call, "g": one.call, "t": teacher.call, "f": teacher.surname, "p": one.surname,
        }  # fmt: skip
        used = {slot: name for slot, name in slots.items() if "{" + slot + "}" in template}
        written = {slot: self._spelt(name) for slot, name in used.items()}
        if "g" in written:
            written["g"] = self._genitive(written["g"])
        text = template.format(**written)
        chance = self.random.random()
        if chance < (0.15 if kind is TextKind.PROSE else 0.08):
            text = text.lower()
        elif chance > 0.95:
            text = text.upper()
        return Text(text, kind, [*pupils, *teachers], tuple(used.values()), template)

    def full_names(self, count: int) -> Iterator[Text]:
        """The full name of anyone of the board in anyone's class, in the spellings of school life."""
        for _ in range(count):
            person = self.random.choice(self.people)
            shape, name = self.random.choice(list(self._fulls(person)))
            kind = self.random.choice(list(TextKind))
            text = self.random.choice(self.material.full_texts).format(x=name)
            pupils, teachers = self._class()
            gone = (person.family,) if shape.startswith("initial") else (person.call, person.family)
            yield Text(text, kind, [*pupils, *teachers], gone, shape)

    # Spellings

    def _spelt(self, name: str) -> str:
        chance = self.random.random()
        if "-" in name and chance < 0.3:
            return name.replace("-", self.random.choice((" ", "", "\u2011", "\u2013", "-\n", "\n")))
        if "'" in name and chance < 0.3:
            return name.replace("'", self.random.choice(("\u2019", "\u02bc", "`", "\u00b4")))
        if " " in name and chance < 0.3:
            return name.replace(" ", self.random.choice(("\u00a0", "  ", "\n", "_")))
        if not name.isascii():
            if chance < 0.4:
                return _plain(name)
            if chance < 0.6:
                return unicodedata.normalize("NFD", name)
        return name

    def _genitive(self, name: str) -> str:
        if self.random.random() < 0.15:
            return name + self.random.choice(("s", "'s", "\u2019s"))
        if name[-1].lower() in "sxzşśß":
            return name + self.random.choice(("'", "\u2019"))
        if _plain(name[-1].lower()) in "aiouy" and name[-1].isascii():
            return name + self.random.choice(("'s", "\u2019s"))
        return name + "s"

    def _fulls(self, person: Known) -> Iterator[tuple[str, str]]:
        call, particle, family = person.call, person.particle, person.family
        yield "full", person.full
        yield "spelt", f"{self._spelt(call)} {self._spelt(person.surname)}"
        yield "caps", person.full.upper()
        yield "small", person.full.lower()
        yield "comma", f"{person.surname}, {call}"
        yield "family first", f"{person.surname} {call}"
        yield "family caps", f"{person.surname.upper()} {call}"
        yield "underscores", person.full.replace(" ", "_")
        yield "dots", person.full.replace(" ", ".").lower()
        yield "line break", person.full.replace(" ", "\n")
        yield "initial between", f"{call} {self.random.choice('ABCDEFGHJKM')}. {person.surname}"
        yield "plain", _plain(person.full)
        yield "decomposed", unicodedata.normalize("NFD", person.full)
        yield "camel", f"{call}{''.join(part[:1].upper() + part[1:] for part in person.surname.split())}"
        yield "initial", f"{call[0]}. {person.surname}"
        yield "initials", f"{call[0]}.{self.random.choice('ABCDEJMP')}. {person.surname}"
        yield "initials of given", f"{person.given[0]}.{self.random.choice('ABCDEJMP')}.{person.surname}"
        yield "initial after", f"{person.surname}, {call[0]}."
        if particle:
            short = "".join(f"{word[0]}." for word in particle.replace("'", "").split())
            yield "particle short", f"{call} {short} {family}"
            yield "particle slash", f"{call} {short.rstrip('.').replace('.', '/')} {family}"
            yield "particle bare", f"{call} {short.replace('.', '')} {family}"
            yield "particle dropped", f"{call} {family}"
            yield "particle capital", f"{call} {particle.title()} {family}"
            yield "particle after", f"{family}, {call} {particle}"
            yield "particle joined", f"{call} {particle.replace(' ', '').capitalize()}{family}"
            yield "initial particle after", f"{family}, {call[0]}. {particle}"


def _plain(name: str) -> str:
    name = name.translate(str.maketrans("øØłŁıđ", "oOlLid")).replace("ß", "ss")
    return "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
