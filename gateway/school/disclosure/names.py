"""Who the people of a board are, as far as it is needed to find them in free text.

Built during a refresh, while users are read; in memory only. It answers two questions: whose full name is
this pair of words, and whose unique identifier is this string. A full name is kept as pairs of (given,
family) words, so that order, particles ("van der"), middle names and joins need no entries of their own.

Guarantees: no pickle, no copy, no JSON; `repr` shows counts. Identifiers are kept as hashes of this process.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn

from gateway.school.disclosure.folding import Token, fold, fold_word
from gateway.school.disclosure.ordinary_words import ORDINARY_WORDS, word_set
from gateway.school.disclosure.owners import Owners

PARTICLES: Final = word_set(
    """
    van de der den het t ter ten te von und zu zum zur vom du la le les lo del della di da das do dos el
    al ben bin ibn bint abu ou ait op in uit over onder aan bij s d v vd vdr vdn vn vande vander vanden
    onze voor tot y e af
    """
)
"""Folded words between given and family name, and the abbreviations of them that people type."""

MINIMAL_IDENTIFIER: Final = 6
"""Shorter identifiers are too often a word, a year or a room."""

_LONG_PART: Final = 16
_MOST_OWNERS: Final = 4
"""An identifier of more people than this is not unique (a school's number, a family name as user name)."""

_LONGEST_JOINED: Final = 48
_JOINED_KEPT: Final = 20_000
_GLUED_PARTICLES: Final = tuple(sorted({*(p for p in PARTICLES if len(p) > 1), "vant", "int", "opt"}))

_GERMAN: Final = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ø": "oe",
        "å": "aa",
        "Ä": "Ae",
        "Ö": "Oe",
        "Ü": "Ue",
        "Ø": "Oe",
        "Å": "Aa",
    }
)


@dataclass(frozen=True, slots=True)
class PersonName:
    """The names under which one person is known at school."""

    given: tuple[str, ...] = field(repr=False)
    """Given name, preferred first name and nicknames, each as written."""
    family: str = field(repr=False)
    """Without particle."""
    particle: str = field(default="", repr=False)
    """"van der"; empty where there is none."""
    middle: str = field(default="", repr=False)
    """Further given names."""
    other_families: tuple[str, ...] = field(default=(), repr=False)
    """Preferred last name and the like, without particle."""

    @classmethod
    def of_user(cls, fields: Mapping[str, object], *, nicknames: Iterable[str] = ()) -> PersonName:
        """Read the names of a OneRoster user.

        Dutch particles stand in `familyName` ("van der Berg", "Berg, van der") at one school system and in
        `middleName` at the next; both are understood.
        """
        middle, particle = _part_trailing_particles(_text(fields, "middleName").split())
        leading, family = part_particle(_text(fields, "familyName"))
        _, preferred_family = part_particle(_text(fields, "preferredLastName"))
        given = (_text(fields, "givenName"), _text(fields, "preferredFirstName"), *nicknames)
        further = " ".join(part for part in (middle, _text(fields, "preferredMiddleName")) if part)
        return cls(
            given=tuple(dict.fromkeys(name for name in given if name)),
            family=family,
            particle=leading or particle,
            middle=further,
            other_families=(preferred_family,) if preferred_family and preferred_family != family else (),
        )


@dataclass(frozen=True, slots=True)
class NameWords:
    """The folded words of a person's names. Equal tuples are shared between people."""

    given: tuple[str, ...] = field(repr=False)
    family: tuple[str, ...] = field(repr=False)
    middle: tuple[str, ...] = field(repr=False)
    particle: tuple[str, ...] = field(repr=False)


class NameIndex:
    """Names and unique identifiers of everyone of a board.

    `person` is any number the refresh chose; class membership is given in the same numbers.
    """

    __slots__ = (
        "_identifiers",
        "_joined",
        "_pairs",
        "_people",
        "_shared",
        "_shared_tuples",
        "_singles",
        "_words",
    )

    def __init__(self) -> None:
        self._words: dict[str, int] = {}
        self._pairs: dict[int, int] = {}
        self._identifiers = Owners(most=_MOST_OWNERS + 1)
        self._people: dict[int, NameWords] = {}
        # Every word by which somebody may be named singly.
        self._singles: set[str] = set()
        # Owners of a pair that more than one person has, found at -(position + 1).
        self._shared: list[tuple[int, ...]] = []
        # Owners of a name written as one word, by word: texts repeat their words.
        self._joined: dict[str, tuple[int, ...]] = {}
        self._shared_tuples: dict[tuple[str, ...], tuple[str, ...]] = {}

    def add(self, person: int, name: PersonName, identifiers: Iterable[str] = ()) -> None:
        """Add a person; `identifiers` are user names, e-mail addresses, numbers and ids of any length.

        Somebody who is added again is known under both names: two systems may write one person differently.
        """
        self._joined.clear()
        words = self._words_of(name)
        known = self._people.get(person)
        self._people[person] = words if known is None else self._both(known, words)
        self._singles.update(words.given, words.middle, words.family)
        if words.particle:
            self._singles.update("".join((*words.particle, family)) for family in words.family)
        for given in words.given:
            for family in words.family:
                self._own(self._pair_key(self._number(given), self._number(family)), person)
        for middle in words.middle:
            self._number(middle)
        for identifier in identifiers:
            for form in _identifier_forms(fold_word(identifier).strip()):
                self._identifiers.add(hash(form), person)

    def words_of(self, person: int) -> NameWords | None:
        """The folded words of a person's names; None for a person never added."""
        return self._people.get(person)

    def is_single_name(self, word: str) -> bool:
        """Whether a folded word is a single name of anyone of the board."""
        return word in self._singles

    def number_of(self, word: str) -> int | None:
        """The number of a folded word that occurs in anyone's name."""
        return self._words.get(word)

    def owners_of_pair(self, one: int, other: int) -> tuple[int, ...]:
        """Everyone who has one of these words as given and the other as family name."""
        return self._owners(self._pairs.get(self._pair_key(one, other)))

    def owners_of_joined(self, word: str) -> tuple[int, ...]:
        """Everyone whose full name this is, written as one word: "semdevries", "devriessem"."""
        known = self._joined.get(word)
        if known is None:
            if len(self._joined) >= _JOINED_KEPT:
                self._joined.clear()
            known = self._joined[word] = self._find_joined(word)
        return known

    def _find_joined(self, word: str) -> tuple[int, ...]:
        if not MINIMAL_IDENTIFIER <= len(word) <= _LONGEST_JOINED or not word.isalpha():
            return ()
        for begin in without_particles(word):
            for cut in range(2, len(begin) - 1):
                head = self._words.get(begin[:cut])
                if head is None:
                    continue
                for rest in without_particles(begin[cut:]):
                    tail = self._words.get(rest)
                    owners = self.owners_of_pair(head, tail) if tail is not None else ()
                    if owners and not self._is_compound(word, begin[:cut], rest, owners):
                        return owners
        return ()

    def _is_compound(self, word: str, head: str, rest: str, owners: Sequence[int]) -> bool:
        """ "blokken" is not Ken Blok: two words that are ordinary, in the order family, given."""
        if head + rest != word or head not in ORDINARY_WORDS or rest not in ORDINARY_WORDS:
            return False
        return not any(head in self._people[owner].given for owner in owners)

    def owners_of_identifier(self, folded: str) -> tuple[int, ...]:
        """Everyone who has this folded string as an identifier, when it is nearly unique and no word."""
        if len(folded) < MINIMAL_IDENTIFIER:
            return ()
        owners = self._identifiers.of(hash(folded))
        if not owners or len(owners) > _MOST_OWNERS:
            return ()
        # A user name such as "thomas" or "bakker" is a single name or a word, and treated as that.
        if folded.isalpha() and (folded in self._words or folded in ORDINARY_WORDS):
            return ()
        return owners

    def __len__(self) -> int:
        return len(self._people)

    def __repr__(self) -> str:
        return f"<NameIndex of {len(self._people)} people>"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("the name index is not stored")

    def __copy__(self) -> NoReturn:
        raise TypeError("the name index is not copied")

    def __deepcopy__(self, memo: object) -> NoReturn:
        raise TypeError("the name index is not copied")

    def _number(self, word: str) -> int:
        return self._words.setdefault(word, len(self._words))

    @staticmethod
    def _pair_key(one: int, other: int) -> int:
        return one << 30 | other if one < other else other << 30 | one

    def _own(self, key: int, person: int) -> None:
        owners = self._pairs
        present = owners.setdefault(key, person)
        if present == person:
            return
        if present >= 0:
            self._shared.append((present, person))
            owners[key] = -len(self._shared)
        else:
            shared = self._shared[-present - 1]
            if person not in shared:
                self._shared[-present - 1] = (*shared, person)

    def _owners(self, found: int | None) -> tuple[int, ...]:
        if found is None:
            return ()
        return (found,) if found >= 0 else self._shared[-found - 1]

    def _words_of(self, name: PersonName) -> NameWords:
        given = [word for text in name.given for word in _name_words(text, joined=True)]
        family = [word for text in (name.family, *name.other_families) for word in _family_words(text)]
        if not family:
            family = _name_words(name.particle)
        return NameWords(
            given=self._share(given),
            family=self._share(family),
            middle=self._share([word for word in _name_words(name.middle) if word not in given]),
            particle=self._share([token.text for token in _tokens(name.particle)]),
        )

    def _both(self, one: NameWords, other: NameWords) -> NameWords:
        return NameWords(
            given=self._share((*one.given, *other.given)),
            family=self._share((*one.family, *other.family)),
            middle=self._share((*one.middle, *other.middle)),
            particle=self._share((*one.particle, *other.particle)),
        )

    def _share(self, words: Sequence[str]) -> tuple[str, ...]:
        unique = tuple(self._interned(word) for word in dict.fromkeys(words))
        return self._shared_tuples.setdefault(unique, unique)

    def _interned(self, word: str) -> str:
        # One string object per word: a board repeats its given names by the thousand.
        return self._shared_tuples.setdefault((word,), (word,))[0]


def _identifier_forms(folded: str) -> Iterator[str]:
    """The identifier; the local part of an e-mail address; the long parts of an id that is a URI."""
    if len(folded) >= MINIMAL_IDENTIFIER:
        yield folded
    local, at, _ = folded.partition("@")
    if at and len(local) >= MINIMAL_IDENTIFIER and not local.isalpha():
        yield local
    if "/" in folded or ":" in folded:
        yield from (part for part in re.split(r"[/:?=&#]", folded) if len(part) >= _LONG_PART)


def part_particle(family: str) -> tuple[str, str]:
    """Part "van der Berg" or "Berg, van der" into particle and name; a name of particles only stays whole."""
    before, comma, after = family.partition(",")
    if comma and after.strip() and all(_is_particle(word) for word in after.split()):
        return after.strip(), before.strip()
    words = family.split()
    leading = 0
    while leading < len(words) - 1 and _is_particle(words[leading]):
        leading += 1
    name = " ".join(words[leading:])
    if leading == 0 and name[:2] in ("'t", "’t", "'s", "’s") and name[2:3] not in (" ", ""):
        return name[:2], name[2:]
    return " ".join(words[:leading]), name


def without_particles(word: str) -> list[str]:
    """The word, and what is left of it after the particles it may begin with: "vandeven", "deven", "ven"."""
    rests = {word: None}
    waiting = [word]
    while waiting:
        rest = waiting.pop()
        for particle in _GLUED_PARTICLES:
            if (
                rest.startswith(particle)
                and len(rest) - len(particle) >= 2
                and rest[len(particle) :] not in rests
            ):
                rests[rest[len(particle) :]] = None
                waiting.append(rest[len(particle) :])
    return list(rests)


def _part_trailing_particles(words: list[str]) -> tuple[str, str]:
    first = len(words)
    while first > 0 and _is_particle(words[first - 1]):
        first -= 1
    return " ".join(words[:first]), " ".join(words[first:])


def _is_particle(word: str) -> bool:
    parts = [token.text for token in _tokens(word)]
    return bool(parts) and all(part in PARTICLES for part in parts)


def _tokens(text: str) -> list[Token]:
    return fold(text).tokens()


def _name_words(text: str, *, joined: bool = False) -> list[str]:
    """Folded words of a name, also in the spelling with "ue" for "ü"; `joined` adds "annefleur"."""
    spellings = {text: None, text.translate(_GERMAN): None}
    words: dict[str, None] = {}
    for spelling in spellings:
        parts = [token.text for token in _tokens(spelling) if not token.text.isdigit()]
        # "O'Neil", "D'Angelo": the letter alone is no name.
        words.update(dict.fromkeys([part for part in parts if len(part) > 1] or parts))
        if joined and len(parts) > 1:
            words["".join(parts)] = None
    return list(words)


def _family_words(text: str) -> list[str]:
    """Words of a family name without particles ("Jansen van Doorn"), unless nothing would be left."""
    words = _name_words(text, joined=True)
    core = [word for word in words if word not in PARTICLES]
    return core or words


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    return value.strip() if isinstance(value, str) else ""
