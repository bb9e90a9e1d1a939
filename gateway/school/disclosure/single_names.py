"""The words by which the members of one class are named singly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.school.disclosure.names import NameIndex
from gateway.school.disclosure.ordinary_words import ORDINARY_WORDS
from gateway.school.disclosure.particles import glued_particles


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


def _kept(words: set[str] | None) -> frozenset[str]:
    return frozenset(words or ())


def single_names_of(index: NameIndex, members: Iterable[int], words: frozenset[str]) -> dict[str, SingleName]:
    """Those of `words`, folded, that are a single name of a member; words of one letter are no names.

    Only the words of one text are asked: a class has a hundred names, and a title seldom one of them.
    """
    given: dict[str, set[str]] = {}
    family: dict[str, set[str]] = {}
    companions: dict[str, set[str]] = {}
    for names in index.named_by(words, members):
        initials = {word[0] for word in (*names.family, *names.particle)}
        forms = glued_particles(names.particle) if names.particle else ()
        # "Sanne dV", "Tim vdB"
        initials.update("".join(part[0] for part in names.particle) + word[0] for word in names.family)
        for word in words.intersection(names.given):
            given.setdefault(word, set()).update(initials)
        for together in (names.given, names.family):
            if len(together) > 1:
                for word in words.intersection(together):
                    companions.setdefault(word, set()).update(set(together) - {word})
        for word in words.intersection(names.middle):
            if word not in ORDINARY_WORDS:
                given.setdefault(word, set()).update(initials)
        for word in names.family:
            if word in words:
                family.setdefault(word, set()).update(names.particle, forms)
            # "deVries", "vdBerg" as one word.
            for form in forms:
                if form + word in words:
                    family.setdefault(form + word, set())
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
