"""Who the people of a board are, as far as it is needed to find them in free text.

Built during a refresh, while users are read; in memory only. It answers two questions: whose full name is
this pair of words, and whose unique identifier is this string. A full name is kept as pairs of (given,
family) words, so that order, particles ("van der"), middle names and joins need no entries of their own.

Guarantees: no pickle, no copy, no JSON; `repr` shows counts. Identifiers are kept as hashes of this process.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn

from gateway.school.disclosure.folding import Token, fold, fold_word
from gateway.school.disclosure.ordinary_words import ORDINARY_WORDS
from gateway.school.disclosure.owners import Owners
from gateway.school.disclosure.particles import (
    PARTICLES,
    glued_particles,
    part_particle,
    part_trailing_particles,
    without_particles,
)

MINIMAL_IDENTIFIER: Final = 6
"""Shorter identifiers are too often a word, a year or a room."""

_LONG_PART: Final = 16
_MOST_OWNERS: Final = 4
"""An identifier of more people than this is not unique (a school's number, a family name as user name)."""

_LONGEST_JOINED: Final = 48
_JOINED_KEPT: Final = 20_000
_PARTS_KEPT: Final = 4_096

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
        middle, particle = part_trailing_particles(_text(fields, "middleName").split())
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
        "_initials",
        "_joined",
        "_pairs",
        "_particle_forms",
        "_particle_starts",
        "_parts",
        "_people",
        "_shared",
        "_shared_tuples",
        "_words",
    )

    def __init__(self) -> None:
        self._words: dict[str, int] = {}
        self._pairs: dict[int, int] = {}
        # Owners of a family name by the first letter of a given name.
        self._initials: dict[int, int] = {}
        # The particles of this board as one word and by their first letters: "uitden", "ud".
        self._particle_forms: set[str] = set()
        self._particle_starts: tuple[str, ...] = ()
        self._identifiers = Owners(most=_MOST_OWNERS + 1)
        self._people: dict[int, NameWords] = {}
        # Owners of a pair or initial that more than one person has, found at -(position + 1).
        self._shared: list[tuple[int, ...]] = []
        # Owners of a name written as one word, by word: texts repeat their words.
        self._joined: dict[str, tuple[int, ...]] = {}
        self._shared_tuples: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._parts: dict[tuple[str, Callable[[str], list[str]]], list[str]] = {}

    def add(self, person: int, name: PersonName, identifiers: Iterable[str] = ()) -> None:
        """Add a person; `identifiers` are user names, e-mail addresses, numbers and ids of any length.

        Somebody who is added again is known under both names: two systems may write one person differently.
        """
        self._joined.clear()
        words = self._words_of(name)
        known = self._people.get(person)
        self._people[person] = words if known is None else self._both(known, words)
        if words.particle:
            self._add_particles(words)
        letters = {word[0] for word in (*words.given, *words.middle)}
        for family in words.family:
            number = self._number(family)
            for given in words.given:
                self._own(self._pairs, self._pair_key(self._number(given), number), person)
            for letter in letters:
                self._own(self._initials, self._initial_key(letter, number), person)
        for middle in words.middle:
            self._number(middle)
        for identifier in identifiers:
            for form in _identifier_forms(fold_word(identifier).strip()):
                self._identifiers.add(hash(form), person)

    def _add_particles(self, words: NameWords) -> None:
        forms = glued_particles(words.particle)
        if not self._particle_forms.issuperset(forms):
            self._particle_forms.update(forms)
            self._particle_starts = tuple(self._particle_forms)
        for family in words.family:
            number = self._number(family)
            for form in forms:
                # "uitdenBoogaard", "vdBerg": the same name as "Boogaard" and "Berg".
                self._words.setdefault(form + family, number)

    def words_of(self, person: int) -> NameWords | None:
        """The folded words of a person's names; None for a person never added."""
        return self._people.get(person)

    def number_of(self, word: str) -> int | None:
        """The number of a folded word that occurs in anyone's name."""
        return self._words.get(word)

    def owners_of_pair(self, one: int, other: int) -> tuple[int, ...]:
        """Everyone who has one of these words as given and the other as family name."""
        return self._owners(self._pairs.get(self._pair_key(one, other)))

    def owners_of_initial(self, letter: str, family: int) -> tuple[int, ...]:
        """Everyone who has this family name and a given name that begins with this letter."""
        return self._owners(self._initials.get(self._initial_key(letter, family)))

    def is_particle(self, word: str) -> bool:
        """Whether a folded word is a particle, or how this board's particles are written as one word."""
        return word in PARTICLES or word in self._particle_forms

    def named_by(self, words: frozenset[str], members: Iterable[int]) -> list[NameWords]:
        """The names of those members whom one of these folded words may name singly."""
        people = self._people.get
        none_of = words.isdisjoint
        glued = any(word.startswith(self._particle_starts) for word in words)
        return [
            names
            for person in members
            if (names := people(person)) is not None
            and not (
                none_of(names.given)
                and none_of(names.family)
                and (not names.middle or none_of(names.middle))
                and not (glued and names.particle)
            )
        ]

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

    @staticmethod
    def _initial_key(letter: str, family: int) -> int:
        return family << 21 | ord(letter)

    def _own(self, owners: dict[int, int], key: int, person: int) -> None:
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
        given = [word for text in name.given for word in self._parted(text, _given_words)]
        families = (name.family, *name.other_families)
        family = [word for text in families for word in self._parted(text, _family_words)]
        if not family:
            family = _name_words(name.particle)
        return NameWords(
            given=self._share(given),
            family=self._share(family),
            middle=self._share([word for word in _name_words(name.middle) if word not in given]),
            particle=self._share(self._parted(name.particle, _particle_words)),
        )

    def _both(self, one: NameWords, other: NameWords) -> NameWords:
        return NameWords(
            given=self._share((*one.given, *other.given)),
            family=self._share((*one.family, *other.family)),
            middle=self._share((*one.middle, *other.middle)),
            particle=self._share((*one.particle, *other.particle)),
        )

    def _parted(self, text: str, part: Callable[[str], list[str]]) -> list[str]:
        """The words of a part of a name; boards repeat their names, so those of the last few thousand are kept."""
        known = self._parts.get((text, part))
        if known is None:
            if len(self._parts) >= _PARTS_KEPT:
                self._parts.clear()
            known = self._parts[text, part] = part(text)
        return known

    def _share(self, words: Sequence[str]) -> tuple[str, ...]:
        unique = tuple(self._interned(word) for word in dict.fromkeys(words))
        return self._shared_tuples.setdefault(unique, unique)

    def _interned(self, word: str) -> str:
        # One string object per word: a board repeats its given names by the thousand.
        return self._shared_tuples.setdefault((word,), (word,))[0]


def _identifier_forms(folded: str) -> Iterator[str]:
    """The identifier, also without separators; the local part of an e-mail address; the long parts of a URI."""
    if len(folded) >= MINIMAL_IDENTIFIER:
        yield folded
    local, at, _ = folded.partition("@")
    if at and len(local) >= MINIMAL_IDENTIFIER and not local.isalpha():
        yield local
    bare = folded.replace("-", "").replace(".", "").replace("_", "")
    if bare != folded and not at and len(bare) >= MINIMAL_IDENTIFIER:
        # "2013-0042", also where it is typed "20130042".
        yield bare
    if "/" in folded or ":" in folded:
        yield from (part for part in re.split(r"[/:?=&#]", folded) if len(part) >= _LONG_PART)


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


def _given_words(text: str) -> list[str]:
    return _name_words(text, joined=True)


def _particle_words(text: str) -> list[str]:
    return [token.text for token in _tokens(text)]


def _family_words(text: str) -> list[str]:
    """Words of a family name without particles ("Jansen van Doorn"), unless nothing would be left."""
    words = _name_words(text, joined=True)
    core = [word for word in words if word not in PARTICLES]
    return core or words


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    return value.strip() if isinstance(value, str) else ""
