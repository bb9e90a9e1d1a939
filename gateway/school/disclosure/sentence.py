"""One text of a class as the rules of `evidence` look at it: its words, what stands between them, its capitals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from gateway.school.disclosure.cue_words import announces, supports
from gateway.school.disclosure.folding import Folded, Token
from gateway.school.disclosure.free_text import TextKind
from gateway.school.disclosure.ordinary_words import ORDINARY_WORDS, PLACE_WORDS, SUBJECT_WORDS
from gateway.school.disclosure.particles import PARTICLES
from gateway.school.disclosure.single_names import SingleName

_BREAKS: Final = frozenset(".!?:;\n•|")
_NEAR: Final = 64
"""Characters around a word that are looked at: a long text is read once."""
_LONGEST_ACRONYM: Final = 4
_LONGEST_ABBREVIATION: Final = 6


class Capitals(Enum):
    """What capitals tell in a text."""

    TELLING = "telling"
    """Names have them and ordinary words have none."""
    NONE = "none"
    """The writer used none, but for codes such as "3V1" or "TLV"."""
    ALL = "all"
    """Everything is in capitals."""
    EVERY_WORD = "every word"
    """Every word begins with one."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the rules look at around one single name."""

    position: int
    text: str = field(repr=False)
    single: SingleName
    capital: bool
    begin: int
    """Where its particles begin."""
    before: str = field(repr=False)
    """The word before it in the same sentence, or the label before a colon."""
    after: str = field(repr=False)


class Sentence:
    """The words of one text, and the single names of the class among them by position."""

    __slots__ = ("_capitals", "folded", "kind", "singles", "tokens")

    def __init__(
        self, folded: Folded, tokens: list[Token], singles: Mapping[int, SingleName], kind: TextKind
    ) -> None:
        self.tokens = tokens
        self.folded = folded
        self.singles = singles
        self.kind = kind
        self._capitals: Capitals | None = None

    def look(self, position: int) -> Look:
        """What stands around the single name at `position`; "Mentor: de Wit" counts as "mentor de Wit"."""
        single = self.singles[position]
        begin = self.first_particle(position) if single.family else position
        before = self.word(begin - 1) if begin > 0 and not self.broken(begin - 1) else ""
        if not before and begin > 0 and self.join(begin - 1).strip() == ":":
            label = self.word(begin - 1)
            before = label if announces(label) or supports(label) else ""
        after = self.word(position + 1) if not self.broken(position) else ""
        return Look(position, self.word(position), single, self.capital(position), begin, before, after)

    def first_particle(self, position: int) -> int:
        """Where the particles of the family name at `position` begin; `position` where it has none here."""
        single = self.singles[position]
        begin = position
        # "les van van Dijk": the first is no part of the name.
        seen: list[str] = []
        while begin > 0 and single.particles:
            join = self.join(begin - 1)
            if join.strip(" \r\n.'-/_") or "- " in join:
                break
            text = self.tokens[begin - 1].text
            short = len(text) <= 2 and text in PARTICLES and any(p[0] == text[0] for p in single.particles)
            if (text not in single.particles and not short) or text in seen:
                break
            seen.append(text)
            begin -= 1
        return begin

    def word(self, position: int) -> str:
        """The folded word at a position; empty outside the text."""
        return self.tokens[position].text if 0 <= position < len(self.tokens) else ""

    def join(self, position: int) -> str:
        """What stands between the word at `position` and the next; what remains after the last word."""
        end = self.tokens[position].end
        return self.folded.text[
            end : self.tokens[position + 1].start if position + 1 < len(self.tokens) else None
        ]

    def ahead(self, position: int) -> str:
        """What stands before the word at `position`, without the spaces between."""
        start = self.tokens[position].start
        return self.folded.text[max(start - _NEAR, 0) : start].rstrip()

    def behind(self, position: int) -> str:
        """What stands after the word at `position`, without the spaces between."""
        end = self.tokens[position].end
        return self.folded.text[end : end + _NEAR].lstrip()

    def capital(self, position: int) -> bool:
        """Whether the word at `position` begins with a capital."""
        start, _ = self.folded.original_span(self.tokens[position].start, self.tokens[position].end)
        return self.folded.original[start].isupper()

    def broken(self, position: int) -> bool:
        """Whether a sentence ends between the word at `position` and the next."""
        if position + 1 >= len(self.tokens):
            return True
        join = self.join(position)
        # "afspr. Storm", "mevr. Bos": titles abbreviate and seldom have a second sentence.
        longest = _LONGEST_ABBREVIATION if self.kind is TextKind.TITLE else _LONGEST_ACRONYM
        if join[:1] == "." and len(self.tokens[position].text) <= longest:
            return False
        return not _BREAKS.isdisjoint(join)

    def opens(self, position: int) -> bool:
        """Whether a sentence begins with the word at `position`."""
        return position == 0 or self.broken(position - 1)

    def closes(self, position: int) -> bool:
        """Whether a sentence or a part of it ends with the word at `position`."""
        return self.broken(position) or self.join(position)[:1] == ","

    def ends_part(self, position: int) -> bool:
        """Whether nothing follows the word at `position`, or only something apart: "blok/vervanger", "blok (di)"."""
        return self.closes(position) or self.join(position).strip()[:1] in ("/", "(", "-", "+")

    def bracketed(self, position: int) -> bool:
        """Whether the word at `position` stands between brackets or slashes."""
        return self.ahead(position).endswith(("(", "[", "/")) and self.behind(position)[:1] in (")", "]", "/")

    def certain(self, position: int) -> bool:
        """Whether there is a name of the class at `position` that is no ordinary word."""
        text = self.word(position)
        return position in self.singles and len(text) > 2 and text not in ORDINARY_WORDS

    @property
    def capitals(self) -> Capitals:
        """What capitals tell in this text."""
        if self._capitals is None:
            self._capitals = self._read_capitals()
        return self._capitals

    @property
    def telling(self) -> bool:
        """Whether a capital means a name."""
        return self.capitals is Capitals.TELLING

    @property
    def silent(self) -> bool:
        """Whether the presence or lack of a capital means nothing, because all words are alike."""
        return self.capitals in (Capitals.NONE, Capitals.ALL)

    def _read_capitals(self) -> Capitals:
        if self.folded.original.isupper():
            return Capitals.ALL
        some = False
        others: list[bool] = []
        for position, token in enumerate(self.tokens):
            if not token.text.isalpha() or len(token.text) < 2:
                continue
            capital = self.capital(position)
            written = self.folded.written(token)
            if capital and len(written) <= _LONGEST_ACRONYM and written.isupper():
                continue
            some = some or capital
            if token.text in SUBJECT_WORDS or token.text in PLACE_WORDS:
                # "Frans" and "Utrecht" have a capital in any sentence.
                continue
            if position and position not in self.singles and (capital or len(token.text) > 3):
                others.append(capital)
        if not some:
            return Capitals.NONE
        return Capitals.EVERY_WORD if others and all(others) else Capitals.TELLING
