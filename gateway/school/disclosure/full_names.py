"""Finding full names and unique identifiers of anyone of the board in one folded text.

Used by the scrubber, which replaces what is found, and by the leak guard, which reports it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.school.disclosure.famous_names import ROYAL_NAMES, RULER_WORDS, RULERS_WITHOUT_NUMBER
from gateway.school.disclosure.folding import Folded, Token
from gateway.school.disclosure.names import MINIMAL_IDENTIFIER, NameIndex, NameWords
from gateway.school.disclosure.ordinary_words import ORDINARY_WORDS
from gateway.school.disclosure.particles import GLUED_PARTICLES, PARTICLES, glued_particles

_JOIN: Final = re.compile(r"(?:[^\w!?:@]|_){0,8}")
"""What may stand between two words of one name: "vries, sem", "sem_de.vries", "sem\\n de vries", "vries;sem"."""
_CLOSE_JOIN: Final = re.compile(r"[\s_.\-]{0,3}")
_RULERS_NUMBER: Final = re.compile(r" (?:[ivx]{1,4}|\d|van|de)\b|-[a-z]")
"""What follows a ruler's name: "Koning Willem II", "Prins Willem-Alexander"."""
_FURTHEST: Final = 7
_CHUNK: Final = re.compile(rf"[\w.@+\-]{{{MINIMAL_IDENTIFIER},}}")
_SEPARATOR: Final = re.compile(r"[.@+\-_]+")
_DIGITS: Final = re.compile(rf"\d{{{MINIMAL_IDENTIFIER},}}")
_SPACED_DIGITS: Final = re.compile(r"\d(?:[\s./\-]{0,2}\d){7,15}(?!\d)")
"""A number of eight digits or more that is typed in groups: "2013 0042 17"."""
_NO_DIGITS: Final = re.compile(r"\D")
_MOST_PIECES: Final = 12
_MOST_NAMESAKES: Final = 64


@dataclass(frozen=True, slots=True)
class Found:
    """A place in the folded text and the people it may be about."""

    start: int
    end: int
    owners: tuple[int, ...]


def find_full_names(
    folded: Folded, tokens: Sequence[Token], numbers: Sequence[int | None], index: NameIndex
) -> list[Found]:
    """Every full name, in either order, with or without particles, initials and middle names; also joined.

    `numbers` are those of the words (`numbers_of`).
    """
    found: list[Found] = []
    named = [position for position, number in enumerate(numbers) if number is not None]
    if len(named) > 1:
        for first in named[:-1]:
            for second in _partners(folded, tokens, numbers, first, index):
                one, other = numbers[first], numbers[second]
                if one is None or other is None:
                    continue
                owners = index.owners_of_pair(one, other)
                if not owners and tokens[second].text[-1] == "s":
                    # "Isa Kuipers werk", where Kuipers is somebody else's name.
                    other = index.number_of(tokens[second].text[:-1])
                    owners = () if other is None else index.owners_of_pair(one, other)
                if owners:
                    place = _whole_name(folded, tokens, index, owners, first, second)
                    if place is not None:
                        found.append(Found(*place, owners))
    found.extend(_joined_names(folded, tokens, numbers, index))
    return found


def numbers_of(folded: Folded, tokens: Sequence[Token], index: NameIndex) -> list[int | None]:
    """The number of each word that occurs in a name, also in the genitive ("Sem Bakkers werk")."""
    number_of = index.number_of
    numbers = [number_of(token.text) for token in tokens]
    elided = "'" in folded.text
    for position, number in enumerate(numbers):
        if number is not None:
            continue
        token = tokens[position]
        if token.text[-1] == "s":
            stem = number_of(token.text[:-1])
            if stem is not None and (token.text not in ORDINARY_WORDS or _capital(folded, token)):
                numbers[position] = stem
        elif elided and token.text[0] == "t" and folded.text.endswith("'", 0, token.start):
            # "in'tveld": the particle's letter has stayed with the name.
            numbers[position] = number_of(token.text[1:])
    return numbers


def _joined_names(
    folded: Folded, tokens: Sequence[Token], numbers: Sequence[int | None], index: NameIndex
) -> Iterator[Found]:
    """Full names written as one word, also with an apostrophe in it: "semdevries", "semin'tveld"."""
    for first, token in enumerate(tokens):
        last = first
        if numbers[first] is None and len(token.text) >= MINIMAL_IDENTIFIER:
            owners = index.owners_of_joined(token.text)
        else:
            owners = ()
        if not owners and first + 1 < len(tokens) and folded.text.startswith("'", token.end):
            last = first + 1
            if tokens[last].start == token.end + 1:
                owners = _owners_around_apostrophe(token.text, tokens[last].text, index)
        if owners:
            yield Found(*grown(folded, tokens, all_words(index, owners), first, last), owners)


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
    folded: Folded, tokens: Sequence[Token], numbers: Sequence[int | None], first: int, index: NameIndex
) -> Iterator[int]:
    """Positions of words that may form one name with the word at `first`."""
    middles = unknown = 0
    for second in range(first + 1, min(first + _FURTHEST, len(tokens))):
        join = folded.text[tokens[second - 1].end : tokens[second].start]
        text = tokens[second].text
        if not _JOIN.fullmatch(join):
            return
        if numbers[second] is not None and (not unknown or _capital(folded, tokens[second])):
            yield second
        if len(text) == 1 or index.is_particle(text):
            continue
        # A middle name may stand between, also one that the source does not know ("Sem Maria Bakker"); a list
        # ("Sem, Daan, Bakker") may not.
        middles += 1
        called = '"' in join or "(" in join
        if numbers[second] is None and not called:
            if text in ORDINARY_WORDS or not _capital(folded, tokens[second]) or folded.original.isupper():
                return
            unknown += 1
        if middles > 2 or "," in join or ";" in join:
            return


def _capital(folded: Folded, token: Token) -> bool:
    """Whether a word begins with a capital."""
    return folded.written(token)[0].isupper()


def _written_as_name(folded: Folded, token: Token) -> bool:
    return _capital(folded, token) and not folded.original.isupper()


def _whole_name(
    folded: Folded, tokens: Sequence[Token], index: NameIndex, owners: Sequence[int], first: int, second: int
) -> tuple[int, int] | None:
    """Where the name begins and ends around its two decisive words; None where it is no name after all."""
    name = all_words(index, owners)
    one, other = tokens[first].text, tokens[second].text
    family_first = other in name.given and one in name.family and one not in name.given
    if family_first:
        if not (first > 0 and tokens[first - 1].text in name.particle) and _is_ruler(
            folded, tokens, first, second
        ):
            return None
    elif second - first > 1 and other in ORDINARY_WORDS and not _written_as_name(folded, tokens[second]):
        # "Bas op de post" is not Bas Post.
        between = {token.text for token in tokens[first + 1 : second]}
        strange = between & PARTICLES - {word for part in name.particle for word in (part, part[0])}
        if any(len(word) > 1 and word not in glued_particles(name.particle) for word in strange):
            return None
    return grown(folded, tokens, name, first, second, particles=family_first)


def _is_ruler(folded: Folded, tokens: Sequence[Token], first: int, second: int) -> bool:
    """ "Koning Willem I", "Prins Willem-Alexander", "koning David": a ruler, not Willem Koning."""
    title, name = tokens[first], tokens[second]
    if title.text not in RULER_WORDS or folded.text[title.end : name.start] != " ":
        return False
    if name.text in RULERS_WITHOUT_NUMBER:
        return True
    after = folded.text[name.end : name.end + 4]
    return name.text in ROYAL_NAMES and _RULERS_NUMBER.match(after) is not None


def grown(
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
        text = tokens[position].text
        if text in name.family or _glued_family(text, name):
            furthest = position
        elif text not in PARTICLES and text != "en":
            break
    return furthest


def _glued_family(text: str, name: NameWords) -> bool:
    """ "devries" of "Smit-de Vries"."""
    return any(
        text.endswith(word) and text[: -len(word)] in GLUED_PARTICLES for word in name.family if text != word
    )


def all_words(index: NameIndex, owners: Sequence[int]) -> NameWords:
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
    for digits in _SPACED_DIGITS.finditer(folded.text):
        owners = index.owners_of_identifier(_NO_DIGITS.sub("", digits.group()))
        if owners:
            found.append(Found(digits.start(), digits.end(), owners))
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
    pieces = [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end]
    pieces = pieces[:_MOST_PIECES]
    if len(edges) > 2:
        for first in range(len(pieces)):
            for last in range(len(pieces) - 1, first - 1, -1):
                start, end = pieces[first][0], pieces[last][1]
                written = chunk[start:end]
                owners = index.owners_of_identifier(written)
                if not owners and last > first:
                    owners = index.owners_of_identifier(_SEPARATOR.sub("", written))
                if owners:
                    yield Found(offset + start, offset + end, owners)
                    break
    for digits in _DIGITS.finditer(chunk):
        written = digits.group()
        owners = index.owners_of_identifier(written) or index.owners_of_identifier(written.lstrip("0"))
        if owners:
            yield Found(offset + digits.start(), offset + digits.end(), owners)
