"""Finding anyone of the board by initials and family name: "S. de Vries", "Vries, S.J. de", "s.devries".

A family name that is no ordinary word needs no more than a letter of its own beside it that begins one of the
person's given names. A family name that is a word ("Bakker", "de Wit") needs in addition a full stop or capitals,
because "groep A bakker" names nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from gateway.school.disclosure.cue_words import GROUP_WORDS
from gateway.school.disclosure.folding import Folded, Token
from gateway.school.disclosure.full_names import Found, all_words, grown
from gateway.school.disclosure.names import NameIndex
from gateway.school.disclosure.ordinary_words import ORDINARY_WORDS, SUBJECT_WORDS, word_set

_MANY_LETTERS: Final = frozenset({"ch", "chr", "fr", "ij", "joh", "ph", "st", "th"})
"""Initials of more than one letter; they count with a full stop: "Th. de Vries"."""
_INITIAL_JOIN: Final = re.compile(r"\.?-?|\. |[ _]")
"""Between two initials: "S.J.", "J.-P.", "S. J.", "S J"."""
_NAME_JOIN: Final = re.compile(r"[\s._'/\-]{0,4}")
"""Between initials, particles and family name."""
_AFTER_FAMILY: Final = re.compile(r"[\s_]{0,3},[\s_]{0,3}|[ _.]")
_MOST_INITIALS: Final = 5
_MOST_PARTICLES: Final = 4

_ABBREVIATIONS: Final = word_set(
    """
    oa ivm tbv nav mbv dmv adhv mbt tav tov ed ea dwz mi zsm bv nv svp aub ipv iom tgv tw ihkv nvt io uva zoz maw ism
    pw as jl lo rk ac pc ca nl tz ihb ivb po so se
    """
)
"""Letters with full stops that are no initials: "o.a.", "i.v.m."."""

_SERIES: Final = (
    GROUP_WORDS
    | SUBJECT_WORDS
    | word_set(
        "wisk versie vitamine hepatitis lokaal domein onderdeel kolom thema blok unit cluster hoofdstuk deel"
    )
)
"""Words after which a letter stands that is no initial: "groep A", "Wiskunde B"."""
_SERIES_LETTERS: Final = frozenset("abcdef")


def find_initialled_names(
    folded: Folded, tokens: Sequence[Token], numbers: Sequence[int | None], index: NameIndex
) -> list[Found]:
    """Every name of initials and family name, in either order, with or without particles."""
    found: list[Found] = []
    position = 0
    for first, token in enumerate(tokens):
        if first < position or (len(token.text) > 1 and token.text not in _MANY_LETTERS):
            continue
        position = first
        last = _last_initial(folded, tokens, position)
        if last is None:
            continue
        reading = _Initials(folded, tokens, numbers, index, position, last)
        for owners, first, end in reading.names():
            found.append(
                Found(*grown(folded, tokens, all_words(index, owners), first, end, particles=True), owners)
            )
        position = last + 1
    return found


def _is_letter(folded: Folded, token: Token) -> bool:
    """Whether a word is an initial by its shape: no part of "3A", "'s" or "A4"."""
    if len(token.text) > 1 and not (token.text in _MANY_LETTERS and folded.text.startswith(".", token.end)):
        return False
    if not token.text.isalpha():
        return False
    before, after = folded.text[token.start - 1 : token.start], folded.text[token.end : token.end + 1]
    return not (before.isalnum() or before == "'" or after.isalnum() or after == "'")


def _last_initial(folded: Folded, tokens: Sequence[Token], first: int) -> int | None:
    """The last of the initials that begin at `first`; None where none does."""
    if not _is_letter(folded, tokens[first]):
        return None
    last = first
    while last + 1 < min(len(tokens), first + _MOST_INITIALS) and _is_letter(folded, tokens[last + 1]):
        if not _INITIAL_JOIN.fullmatch(folded.text[tokens[last].end : tokens[last + 1].start]):
            break
        last += 1
    return last


class _Initials:
    """The initials `first` to `last`, and the family names that may stand after or before them."""

    __slots__ = (
        "_capital",
        "_dotted",
        "_first",
        "_folded",
        "_index",
        "_last",
        "_letters",
        "_numbers",
        "_tokens",
    )

    def __init__(
        self,
        folded: Folded,
        tokens: Sequence[Token],
        numbers: Sequence[int | None],
        index: NameIndex,
        first: int,
        last: int,
    ) -> None:
        self._folded, self._tokens, self._numbers, self._index = folded, tokens, numbers, index
        self._first, self._last = first, last
        self._letters = [token.text for token in tokens[first : last + 1]]
        self._dotted = folded.text.startswith(".", tokens[first].end)
        self._capital = folded.written(tokens[first])[0].isupper()

    def names(self) -> Iterator[tuple[tuple[int, ...], int, int]]:
        """Owners, first and last word of each name that these initials are part of."""
        after = self._family_after()
        if after is not None and (owners := self._owners(after)) and self._counts_before(after):
            yield owners, self._first, after
        before = self._first - 1
        if before >= 0 and self._numbers[before] is not None:
            owners = self._owners(before)
            if owners and self._counts_after(before):
                yield owners, before, self._last

    def _owners(self, position: int) -> tuple[int, ...]:
        number = self._numbers[position]
        if number is None:
            return ()
        # Everyone whom one of the letters fits: "t.a.v. I. de Haan-Vink" is not about T. de Haan alone.
        found: dict[int, None] = {}
        for letter in self._letters:
            found.update(dict.fromkeys(self._index.owners_of_initial(letter[0], number)))
        return tuple(found)

    def _family_after(self) -> int | None:
        """The family name right after the initials and particles."""
        for position in range(self._last + 1, min(len(self._tokens), self._last + 2 + _MOST_PARTICLES)):
            join = self._folded.text[self._tokens[position - 1].end : self._tokens[position].start]
            if not _NAME_JOIN.fullmatch(join):
                return None
            if self._numbers[position] is not None:
                return position
            # "O'Connor", "D'Arcy": the letter is a part of the family name.
            elided = self._folded.text.startswith("'", self._tokens[position].end)
            if not elided and not self._index.is_particle(self._tokens[position].text):
                return None
        return None

    def _counts_before(self, family: int) -> bool:
        """Whether initials before a family name make it a person: "S. de Vries", "A. Bakker"; not "o.a. bakker"."""
        token = self._tokens[family]
        if token.text not in ORDINARY_WORDS:
            return True
        capital = self._folded.written(token)[0].isupper()
        if self._dotted:
            return (self._capital and capital) or "".join(self._letters) not in _ABBREVIATIONS
        if family > self._last + 1 or self._folded.text.startswith("_", self._tokens[self._last].end):
            return True
        before = self._tokens[self._first - 1].text if self._first else ""
        series = self._letters[0] in _SERIES_LETTERS and (before in _SERIES or before.isdigit())
        return self._capital and capital and not series

    def _counts_after(self, family: int) -> bool:
        """Whether initials after a family name make it a person: "Bakker, S.", "de Vries S."; not "kok, a"."""
        token = self._tokens[family]
        join = self._folded.text[token.end : self._tokens[self._first].start]
        if not _AFTER_FAMILY.fullmatch(join):
            return False
        if "," in join:
            return self._capital or self._dotted
        capital = self._folded.written(token)[0].isupper()
        return self._capital and capital and (self._dotted or token.text not in ORDINARY_WORDS)
