"""Is this word in this text a person, or the ordinary word that it also is?

"Roos" is a pupil and a flower, "de Boer" a teacher and a trade, "Frans" a pupil and a subject. A name that is no
ordinary word needs none of this. For the others the order of the rules is the order of certainty:

1. an article or a date before it: the thing ("de roos", "begin mei", "12 mei");
2. a title, an initial, a possessive, another name beside it, a greeting, a person's verb: the person;
3. a capital in the middle of a sentence that has small letters: the person, unless the word before names a subject
   of lessons ("thema Storm");
4. else the thing; in comments, which are about pupils, the person when it is a given name with a capital.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from gateway.school.disclosure.folding import Folded, Token
from gateway.school.disclosure.names import PARTICLES
from gateway.school.disclosure.ordinary_words import (
    ADDRESS_CUES,
    DETERMINERS,
    HONORIFICS,
    MONTH_WORDS,
    ORDINARY_WORDS,
    PERSON_VERBS,
    PREPOSITIONS,
    SUBJECT_WORDS,
    SUPPORT_CUES,
    THEME_CUES,
    THEME_WORDS,
)

_OLD_PARTICLES: Final = frozenset("der den ter ten te von zu du del da dos el al ben bin ait vd vdr".split())
"""Particles that do not occur in ordinary Dutch sentences: "van der meer" is a name in small letters too."""
_BREAKS: Final = frozenset(".!?:;\n•|")
_DATE_CUES: Final = frozenset("in begin eind einde half medio tot vanaf sinds tm per t m".split())


class TextKind(Enum):
    """What a text is, which decides what is looked for in it."""

    TITLE = "title"
    """Titles and short names of classes, line items and categories: few words, often no sentence."""
    PROSE = "prose"
    """Comments and descriptions."""
    STRUCTURAL = "structural"
    """Titles of organisations, courses and periods: full names and unique identifiers only."""


@dataclass(frozen=True, slots=True)
class SingleName:
    """A word that is a name of a member of the class, and as what."""

    given: bool
    family: bool
    particles: frozenset[str] = frozenset()
    """Particle words of the people who have it as family name."""
    initials: frozenset[str] = frozenset()
    """First letters of the family names and particles of the people who have it as given name."""


class Sentence:
    """One text with its words, and the questions that the rules ask about a word in it."""

    __slots__ = ("_capitals_tell", "_folded", "_kind", "_singles", "tokens")

    def __init__(
        self, folded: Folded, tokens: list[Token], singles: dict[int, SingleName], kind: TextKind
    ) -> None:
        self.tokens = tokens
        self._folded = folded
        self._singles = singles
        self._kind = kind
        self._capitals_tell: bool | None = None

    def first_particle(self, position: int) -> int:
        """Where the particles of the family name at `position` begin; `position` where it has none here."""
        single = self._singles[position]
        begin = position
        while begin > 0 and single.particles and not self._broken(begin - 1):
            text = self.tokens[begin - 1].text
            short = len(text) <= 2 and text in PARTICLES and any(p[0] == text[0] for p in single.particles)
            if text not in single.particles and not short and text not in ("vd", "vdr"):
                break
            begin -= 1
        return begin

    def is_person(self, position: int) -> bool:
        """Whether the single name at `position` stands for a person here."""
        token = self.tokens[position]
        single = self._singles[position]
        capital = self._capital(position)
        begin = self.first_particle(position) if single.family else position
        before = self._word(begin - 1) if begin > 0 and not self._broken(begin - 1) else ""
        own_particle = self._own_particle(begin, position)
        if token.text not in ORDINARY_WORDS and len(token.text) > 2:
            return capital or own_particle or single.given or before not in DETERMINERS
        if own_particle and (capital or own_particle_is_old(self.tokens, begin, position)):
            return (
                capital is False
                or self._shouted()
                or self._tells()
                or not self._is_article_only(begin, position)
            )
        if self._is_thing(position, before, capital, begin):
            return before in HONORIFICS
        if self._named(position, begin, before, capital):
            return True
        if token.text in SUBJECT_WORDS:
            return False
        return self._capital_says_so(position, before, capital, single)

    # Rule 1

    def _is_thing(self, position: int, before: str, capital: bool, begin: int) -> bool:
        text = self.tokens[position].text
        if begin < position and not capital:
            return True
        if before in DETERMINERS:
            return not capital or self._kind is TextKind.TITLE or before not in ("de", "het")
        if text in MONTH_WORDS:
            after = self._word(position + 1)
            return before.isdigit() or after.isdigit() or before in _DATE_CUES or after in MONTH_WORDS
        return False

    # Rule 2

    def _named(self, position: int, begin: int, before: str, capital: bool) -> bool:
        text = self.tokens[position].text
        single = self._singles[position]
        after = self._word(position + 1) if not self._broken(position) else ""
        if before in HONORIFICS:
            return True
        if capital and self._is_possessive(position):
            return True
        if self._initial_beside(position, begin, single, capital):
            return True
        if self._beside_another_name(position, capital):
            return True
        if text in SUBJECT_WORDS:
            return self._kind is TextKind.PROSE and capital and after in PERSON_VERBS
        if not single.given:
            return capital and (
                before in SUPPORT_CUES
                or (before in PREPOSITIONS and self._tells() and text not in THEME_WORDS)
            )
        return self._given_named(position, before, after, capital)

    def _given_named(self, position: int, before: str, after: str, capital: bool) -> bool:
        """Rule 2 for given names: people are helped, spoken to and do things by their given names."""
        text = self.tokens[position].text
        if before in SUPPORT_CUES or (before in ADDRESS_CUES and (capital or self._closes(position))):
            return True
        if self._bracketed(position) and (capital or self._shouted()):
            return text not in THEME_WORDS or not self._kind is TextKind.TITLE
        if self._called(position):
            return True
        if before in PREPOSITIONS:
            if capital and self._tells():
                return text not in MONTH_WORDS
            if self._kind is TextKind.PROSE and text not in THEME_WORDS and text not in PERSON_VERBS:
                return True
        if after in PERSON_VERBS and text not in PERSON_VERBS:
            return capital or (self._kind is TextKind.PROSE and before not in DETERMINERS)
        return False

    def _is_possessive(self, position: int) -> bool:
        end = self.tokens[position].end
        rest = self._folded.text[end : end + 2]
        text = self.tokens[position].text
        return rest == "'s" or (rest[:1] == "'" and text[-1] in "sxz")

    def _initial_beside(self, position: int, begin: int, single: SingleName, capital: bool) -> bool:
        if not (capital or self._shouted()):
            return False
        if single.family and begin > 0:
            left = self.tokens[begin - 1]
            dotted = self._folded.text[left.end : self.tokens[begin].start].startswith(".")
            if len(left.text) == 1 and left.text.isalpha() and dotted:
                return True
        if single.given and position + 1 < len(self.tokens):
            right = self.tokens[position + 1]
            return len(right.text) == 1 and right.text in single.initials and self._capital(position + 1)
        return False

    def _beside_another_name(self, position: int, capital: bool) -> bool:
        for neighbour, joiners in ((position - 2, position - 1), (position + 2, position + 1)):
            if self._certain(neighbour) and self._word(joiners) in ("en", "and", "et", "of"):
                return True
        for neighbour in (position - 1, position + 1):
            if not self._certain(neighbour):
                continue
            left, right = sorted((neighbour, position))
            join = self._folded.text[self.tokens[left].end : self.tokens[right].start]
            if set(join) <= set(" ,&+/-_\n"):
                return True
        return False

    def _called(self, position: int) -> bool:
        """ "..., roos!" and "Roos, ...": spoken to."""
        token = self.tokens[position]
        ahead = self._folded.text[: token.start].rstrip()
        behind = self._folded.text[token.end :].lstrip()
        if self._kind is TextKind.TITLE:
            return False
        if ahead.endswith((",", "!")) and (not behind or behind[0] in "!?.,"):
            return True
        return (
            position == 0 and behind.startswith((",", "!")) and self.tokens[position].text not in MONTH_WORDS
        )

    # Rules 3 and 4

    def _capital_says_so(self, position: int, before: str, capital: bool, single: SingleName) -> bool:
        text = self.tokens[position].text
        if not capital:
            return False
        short = len(text) <= 2 and text not in ORDINARY_WORDS
        if short:
            return not self._shouted() and self._folded.written(self.tokens[position])[1:].islower()
        if self._opens(position):
            return self._opening_given(position, single) if single.given else False
        if before in THEME_CUES:
            return False
        if self._tells():
            return single.given or text not in THEME_WORDS
        return single.given and (text not in THEME_WORDS or self._kind is TextKind.PROSE)

    def _opening_given(self, position: int, single: SingleName) -> bool:
        if self._kind is TextKind.PROSE:
            return not self._shouted()
        text = self.tokens[position].text
        behind = self._folded.text[self.tokens[position].end :].lstrip()
        after = self._word(position + 1)
        if text in THEME_WORDS:
            return behind.startswith(":") and text not in MONTH_WORDS
        return not behind or behind[0] in ":-(" or after in SUPPORT_CUES

    # What the rules look at

    def _word(self, position: int) -> str:
        return self.tokens[position].text if 0 <= position < len(self.tokens) else ""

    def _certain(self, position: int) -> bool:
        """Whether there is a name of the class here that is no ordinary word."""
        single = self._singles.get(position)
        text = self._word(position)
        return single is not None and len(text) > 2 and text not in ORDINARY_WORDS

    def _own_particle(self, begin: int, position: int) -> bool:
        return begin < position

    def _is_article_only(self, begin: int, position: int) -> bool:
        return all(self.tokens[at].text in ("de", "het", "den") for at in range(begin, position))

    def _capital(self, position: int) -> bool:
        start, _ = self._folded.original_span(self.tokens[position].start, self.tokens[position].end)
        return self._folded.original[start].isupper()

    def _broken(self, position: int) -> bool:
        """Whether a sentence ends between the word at `position` and the next."""
        if position + 1 >= len(self.tokens):
            return True
        join = self._folded.text[self.tokens[position].end : self.tokens[position + 1].start]
        if join.startswith(".") and len(self.tokens[position].text) <= 4:
            return False
        return not _BREAKS.isdisjoint(join)

    def _opens(self, position: int) -> bool:
        return position == 0 or self._broken(position - 1)

    def _closes(self, position: int) -> bool:
        return self._broken(position)

    def _bracketed(self, position: int) -> bool:
        token = self.tokens[position]
        return self._folded.text[: token.start].rstrip().endswith(("(", "[", "/")) and self._folded.text[
            token.end :
        ].lstrip()[:1] in (")", "]", "/")

    def _shouted(self) -> bool:
        return self._folded.original.isupper()

    def _tells(self) -> bool:
        """Whether a capital means something: not where all words have one."""
        if self._capitals_tell is None:
            others = [
                at
                for at in range(1, len(self.tokens))
                if at not in self._singles and self._word(at).isalpha()
            ]
            self._capitals_tell = not self._shouted() and (
                not others or not all(self._capital(at) for at in others)
            )
        return self._capitals_tell


def own_particle_is_old(tokens: list[Token], begin: int, position: int) -> bool:
    """Whether the particles before a family name occur in names only."""
    return any(tokens[at].text in _OLD_PARTICLES for at in range(begin, position))
