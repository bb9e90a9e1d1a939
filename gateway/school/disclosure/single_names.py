"""The words by which the members of one class are named singly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from gateway.school.disclosure.names import NameIndex
from gateway.school.disclosure.ordinary_words import ORDINARY_WORDS


@dataclass(frozen=True, slots=True)
class SingleName:
    """A word that is a name of a member of the class, and as what."""

    given: bool
    family: bool
    particles: frozenset[str] = field(default=frozenset(), repr=False)
    """Particle words of the people who have it as family name."""
    initials: frozenset[str] = field(default=frozenset(), repr=False)
    """First letters of the family names and particles of the people who have it as given name."""
    companions: frozenset[str] = field(default=frozenset(), repr=False)
    """Other words of the same compound name: "Jan" for "Willem", "Bont" for "Die"."""


_NONE: Final[frozenset[str]] = frozenset()


def _kept(words: set[str] | None) -> frozenset[str]:
    # One empty set for all: each would take 200 bytes, and a class has a hundred of them.
    return frozenset(words) if words else _NONE


def single_names_of(index: NameIndex, members: Iterable[int]) -> dict[str, SingleName]:
    """By folded word; words of one letter are no names."""
    given: dict[str, set[str]] = {}
    family: dict[str, set[str]] = {}
    companions: dict[str, set[str]] = {}
    for person in members:
        words = index.words_of(person)
        if words is None:
            continue
        initials = {word[0] for word in (*words.family, *words.particle)}
        for word in words.given:
            given.setdefault(word, set()).update(initials)
        for together in (words.given, words.family):
            for word in together if len(together) > 1 else ():
                companions.setdefault(word, set()).update(set(together) - {word})
        for word in words.middle:
            if word not in ORDINARY_WORDS:
                given.setdefault(word, set()).update(initials)
        for word in words.family:
            family.setdefault(word, set()).update(words.particle)
            if words.particle:
                # "deVries", "vanderBerg" as one word.
                family.setdefault("".join((*words.particle, word)), set())
    return {
        word: SingleName(
            given=word in given,
            family=word in family,
            particles=_kept(family.get(word)),
            initials=_kept(given.get(word)),
            companions=_kept(companions.get(word)),
        )
        for word in given.keys() | family.keys()
        if len(word) > 1
    }
