"""Particles of family names: "van der", "de", "El", and the ways in which they are typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.school.disclosure.folding import fold
from gateway.school.disclosure.ordinary_words import word_set

PARTICLES: Final = word_set(
    """
    van de der den het t ter ten te von und zu zum zur vom du la le les lo del della di da das do dos el
    al ben bin ibn bint abu ou ait op in uit over onder aan bij s d v vd vdr vdn vn vande vander vanden
    onze voor tot y e af
    """
)
"""Folded words between given and family name, and the abbreviations of them that people type."""


GLUED_PARTICLES: Final = tuple(sorted({*(p for p in PARTICLES if len(p) > 1), "vant", "int", "opt"}))


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
        for particle in GLUED_PARTICLES:
            if (
                rest.startswith(particle)
                and len(rest) - len(particle) >= 2
                and rest[len(particle) :] not in rests
            ):
                rests[rest[len(particle) :]] = None
                waiting.append(rest[len(particle) :])
    return list(rests)


def glued_particles(particles: Sequence[str]) -> tuple[str, ...]:
    """Particle words as one word, in full and by their first letters: "vanden" and "vd"."""
    joined = "".join(particles)
    short = "".join(word[0] for word in particles)
    return (joined, short) if len(particles) > 1 else (joined,)


def part_trailing_particles(words: list[str]) -> tuple[str, str]:
    first = len(words)
    while first > 0 and _is_particle(words[first - 1]):
        first -= 1
    return " ".join(words[:first]), " ".join(words[first:])


def _is_particle(word: str) -> bool:
    if word.isascii() and word.isalpha():
        # Nearly all: nothing to fold but case.
        return word.lower() in PARTICLES
    parts = [token.text for token in fold(word).tokens()]
    return bool(parts) and all(part in PARTICLES for part in parts)
