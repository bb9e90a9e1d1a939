"""Finding full names and unique identifiers of anyone of the board in one folded text.

Used by the scrubber, which replaces what is found, and by the leak guard, which reports it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.school.disclosure.folding import Folded, Token
from gateway.school.disclosure.names import MINIMAL_IDENTIFIER, PARTICLES, NameIndex, NameWords
from gateway.school.disclosure.ordinary_words import ROYAL_NAMES, RULER_WORDS

_JOIN: Final = re.compile(r"[\s_.,'\-/()\"&*+|\\]{0,5}")
"""What may stand between two words of one name: "vries, sem", "sem_de.vries", "sem\\n de vries"."""
_CLOSE_JOIN: Final = re.compile(r"[\s_.\-]{0,3}")
_FURTHEST: Final = 7
_CHUNK: Final = re.compile(rf"[\w.@+\-]{{{MINIMAL_IDENTIFIER},}}")
_SEPARATOR: Final = re.compile(r"[.@+\-_]+")
_DIGITS: Final = re.compile(rf"\d{{{MINIMAL_IDENTIFIER},}}")
_MOST_PIECES: Final = 12
_MOST_NAMESAKES: Final = 64


@dataclass(frozen=True, slots=True)
class Found:
    """A place in the folded text and the people it may be about."""

    start: int
    end: int
    owners: tuple[int, ...]


def find_full_names(folded: Folded, tokens: Sequence[Token], index: NameIndex) -> list[Found]:
    """Every full name, in either order, with or without particles, initials and middle names; also joined."""
    number_of = index.number_of
    numbers = [number_of(token.text) for token in tokens]
    found: list[Found] = []
    named = [position for position, number in enumerate(numbers) if number is not None]
    if len(named) > 1:
        for first in named[:-1]:
            for second in _partners(folded, tokens, numbers, first):
                one, other = numbers[first], numbers[second]
                if one is None or other is None:
                    continue
                owners = index.owners_of_pair(one, other)
                if owners:
                    place = _whole_name(folded, tokens, index, owners, first, second)
                    if place is not None:
                        found.append(Found(*place, owners))
    found.extend(_joined_names(folded, tokens, numbers, index))
    return found


def _joined_names(
    folded: Folded, tokens: Sequence[Token], numbers: Sequence[int | None], index: NameIndex
) -> Iterator[Found]:
    """Full names written as one word, also with an apostrophe in it: "semdevries", "semin'tveld"."""
    for first, token in enumerate(tokens):
        last = first
        owners = index.owners_of_joined(token.text) if numbers[first] is None else ()
        if not owners and first + 1 < len(tokens) and folded.text.startswith("'", token.end):
            last = first + 1
            if tokens[last].start == token.end + 1:
                owners = _owners_around_apostrophe(token.text, tokens[last].text, index)
        if owners:
            yield Found(*_grown(folded, tokens, _all_words(index, owners), first, last), owners)


def _owners_around_apostrophe(before: str, after: str, index: NameIndex) -> tuple[int, ...]:
    """ "louised'heripon", "semin'tveld", "sam" and "o'neill"."""
    readings = [before + after]
    if before[-1] in "dlo":
        readings.append(before[:-1] + after)
    if after[0] in "ts" and len(after) > 1:
        readings.append(before + after[1:])
    for reading in readings:
        owners = index.owners_of_joined(reading)
        if owners:
            return owners
    return ()


def _partners(
    folded: Folded, tokens: Sequence[Token], numbers: Sequence[int | None], first: int
) -> Iterator[int]:
    """Positions of words that may form one name with the word at `first`."""
    middles = 0
    for second in range(first + 1, min(first + _FURTHEST, len(tokens))):
        join = folded.text[tokens[second - 1].end : tokens[second].start]
        if not _JOIN.fullmatch(join):
            return
        if numbers[second] is not None:
            yield second
        text = tokens[second].text
        if text in PARTICLES or len(text) == 1:
            continue
        # A middle name may stand between; a list ("Sem, Daan, Bakker") may not.
        middles += 1
        called = '"' in join or "(" in join
        if (numbers[second] is None and not called) or middles > 2 or "," in join:
            return


def _whole_name(
    folded: Folded, tokens: Sequence[Token], index: NameIndex, owners: Sequence[int], first: int, second: int
) -> tuple[int, int] | None:
    """Where the name begins and ends around its two decisive words; None where it is a ruler's title."""
    name = _all_words(index, owners)
    one, other = tokens[first].text, tokens[second].text
    family_first = other in name.given and one in name.family and one not in name.given
    between = folded.text[tokens[first].end : tokens[second].start]
    titled = one in RULER_WORDS and other in ROYAL_NAMES and "," not in between
    if family_first and titled and not (first > 0 and tokens[first - 1].text in name.particle):
        return None
    return _grown(folded, tokens, name, first, second, particles=family_first)


def _grown(
    folded: Folded, tokens: Sequence[Token], name: NameWords, begin: int, end: int, *, particles: bool = False
) -> tuple[int, int]:
    """Where the name begins and ends that stands at `begin` to `end`, with the further words of it beside."""
    while begin > 0 and _belongs(folded, tokens, begin - 1, begin, name, particles=particles):
        begin -= 1
    while end + 1 < len(tokens) and _belongs(folded, tokens, end + 1, end, name, particles=particles):
        end += 1
    end = _rest_of_family(tokens, name, range(end + 1, min(end + 6, len(tokens)))) or end
    before = _rest_of_family(tokens, name, range(begin - 1, max(begin - 6, -1), -1))
    begin = begin if before is None else before
    return tokens[begin].start, tokens[end].end


def _rest_of_family(tokens: Sequence[Token], name: NameWords, positions: range) -> int | None:
    """The furthest word of the family name beyond its particles: "Van Hoevel en van Zwindrecht"."""
    furthest = None
    for position in positions:
        if tokens[position].text in name.family:
            furthest = position
        elif tokens[position].text not in PARTICLES and tokens[position].text != "en":
            break
    return furthest


def _all_words(index: NameIndex, owners: Sequence[int]) -> NameWords:
    """The words of everyone who has this name: "Jan Pieter Hoekstra" beside "Jan Hoekstra"."""
    names = [name for name in map(index.words_of, owners[:_MOST_NAMESAKES]) if name is not None]
    if len(names) == 1:
        return names[0]
    return NameWords(
        given=tuple(word for name in names for word in name.given),
        family=tuple(word for name in names for word in name.family),
        middle=tuple(word for name in names for word in name.middle),
        particle=tuple(word for name in names for word in name.particle),
    )


def _belongs(
    folded: Folded,
    tokens: Sequence[Token],
    candidate: int,
    neighbour: int,
    name: NameWords,
    *,
    particles: bool,
) -> bool:
    text = tokens[candidate].text
    left, right = sorted((candidate, neighbour))
    join = folded.text[tokens[left].end : tokens[right].start]
    if text in name.given or text in name.family or text in name.middle:
        return _JOIN.fullmatch(join) is not None
    # "de Vries, Sem" and "Vries, Sem van der": particles outside the two decisive words.
    if particles and text in PARTICLES and (text in name.particle or len(text) <= 2 or text == "vdr"):
        return bool(name.particle) and _CLOSE_JOIN.fullmatch(join) is not None
    return False


def find_identifiers(folded: Folded, index: NameIndex) -> list[Found]:
    """Every user name, e-mail address, number or id of a person of the board, also inside a longer string."""
    found: list[Found] = []
    for chunk in _CHUNK.finditer(folded.text):
        found.extend(_identifiers_in(chunk.group(), chunk.start(), index))
    return found


def _identifiers_in(chunk: str, offset: int, index: NameIndex) -> Iterator[Found]:
    owners = index.owners_of_identifier(chunk)
    if owners:
        yield Found(offset, offset + len(chunk), owners)
        return
    edges = [0]
    for separator in _SEPARATOR.finditer(chunk):
        edges.extend((separator.start(), separator.end()))
    edges.append(len(chunk))
    pieces = list(zip(edges[::2], edges[1::2], strict=True))[:_MOST_PIECES]
    if len(pieces) > 1:
        for first in range(len(pieces)):
            for last in range(len(pieces) - 1, first - 1, -1):
                start, end = pieces[first][0], pieces[last][1]
                owners = index.owners_of_identifier(chunk[start:end])
                if owners:
                    yield Found(offset + start, offset + end, owners)
                    break
    for digits in _DIGITS.finditer(chunk):
        owners = index.owners_of_identifier(digits.group())
        if owners:
            yield Found(offset + digits.start(), offset + digits.end(), owners)
