"""Is this word in this text a person, or the ordinary word that it also is?

"Roos" is a pupil and a flower, "de Boer" a teacher and a trade, "Frans" a pupil and a subject. A name that is
no ordinary word needs none of this. For the others the order of the rules is the order of certainty:

1. an article or a date before it: the thing ("de roos", "begin mei", "12 mei");
2. a title, an initial, a possessive, another name beside it, a greeting, a person's verb: the person;
3. a capital in the middle of a sentence that has small letters: the person, unless the word before names a
   subject of lessons ("thema Storm");
4. else the thing in a title; in a comment, which is about pupils, the person when it is a given name and no
   word that sentences cannot do without.

Names of one or two letters ("Bo", "Li") count with a capital of their own or by rule 2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from gateway.school.disclosure.folding import Folded, Token
from gateway.school.disclosure.free_text import TextKind
from gateway.school.disclosure.names import PARTICLES
from gateway.school.disclosure.ordinary_words import (
    ACTION_CUES,
    ADDRESS_CUES,
    ARTICLES,
    COLOURS,
    DETERMINERS,
    FUNCTION_WORDS,
    GROUP_WORDS,
    HONORIFICS,
    MONTH_ABBREVIATIONS,
    MONTH_WORDS,
    ORDINARY_WORDS,
    PERSON_VERBS,
    PLACE_WORDS,
    PREPOSITIONS,
    ROYAL_NAMES,
    RULER_WORDS,
    SUBJECT_CUES,
    SUBJECT_WORDS,
    SUPPORT_CUES,
    THEME_CUES,
    THEME_WORDS,
    WORK_CUES,
)
from gateway.school.disclosure.single_names import SingleName

_OLD_PARTICLES: Final = frozenset(
    {
        "der",
        "den",
        "ter",
        "ten",
        "te",
        "von",
        "zu",
        "du",
        "del",
        "da",
        "dos",
        "el",
        "al",
        "bin",
        "ait",
        "vd",
        "vdr",
    }
)
"""Particles that do not occur in ordinary Dutch sentences: "van der meer" is a name in small letters too."""
_BREAKS: Final = frozenset(".!?:;\n•|")
_TIGHT: Final = (" ", "-", "/", " - ")
_NUMBERED: Final = frozenset(
    {"groep", "klas", "hoofdstuk", "les", "week", "blok", "unit", "periode", "toets", "niveau"}
)
_SUBJECTS_OF_PLACES: Final = frozenset(
    {"aardrijkskunde", "geschiedenis", "topo", "topografie", "wereldorientatie"}
)
_DATE_CUES: Final = frozenset(
    {"in", "begin", "eind", "einde", "half", "medio", "tot", "vanaf", "sinds", "tm", "per", "m"}
)


@dataclass(frozen=True, slots=True)
class _Look:
    """What the rules look at around one single name."""

    position: int
    text: str = field(repr=False)
    single: SingleName
    capital: bool
    begin: int
    """Where its particles begin."""
    before: str = field(repr=False)
    """The word before it in the same sentence."""
    after: str = field(repr=False)


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
        single = self._singles[position]
        text = self.tokens[position].text
        capital = self._capital(position)
        begin = self.first_particle(position) if single.family else position
        before = self._word(begin - 1) if begin > 0 and not self._broken(begin - 1) else ""
        if not before:
            before = self._label(begin)
        after = self._word(position + 1) if not self._broken(position) else ""
        look = _Look(position, text, single, capital, begin, before, after)
        if text in MONTH_ABBREVIATIONS and self._is_date(look):
            return False
        if before in RULER_WORDS and text in ROYAL_NAMES and self._kind is TextKind.TITLE:
            return False
        if text not in ORDINARY_WORDS and len(text) > 2:
            return capital or begin < position or single.given or before not in DETERMINERS
        if begin < position and (capital or self._particle_is_old(look)) and text not in PLACE_WORDS:
            return True
        if before in HONORIFICS:
            return True
        if self._is_thing(look):
            return False
        return self._named(look) or self._capital_says_so(look) or self._comment_says_so(look)

    # Rule 1

    def _is_thing(self, look: _Look) -> bool:
        if look.begin < look.position and not look.capital:
            return True
        if look.before in DETERMINERS:
            if look.capital:
                return look.before in ARTICLES
            # "ik vind dat bas ...": a conjunction more often than not.
            if look.before != "dat" or not look.single.given or look.text in THEME_WORDS:
                return True
        if look.text in MONTH_WORDS:
            months = look.before in MONTH_WORDS or look.after in MONTH_WORDS
            return months or look.before in _DATE_CUES or self._is_date(look)
        if look.text == "max" and look.after.isdigit() and (not look.capital or self._opens(look.position)):
            return True
        if look.before not in GROUP_WORDS:
            return False
        # "groep Vos" is a group's name; "groep Storm" may be the pupil's.
        family_only = not look.single.given and self._kind is TextKind.TITLE
        return look.text in COLOURS or (look.text in THEME_WORDS and family_only)

    def _is_date(self, look: _Look) -> bool:
        """Whether a number stands right beside the word: "12 jan", "jan 2026", "jan '26"."""
        token = self.tokens[look.position]
        if (
            look.before.isdigit()
            and self._folded.text[self.tokens[look.position - 1].end : token.start] in _TIGHT
        ):
            return self._word(look.position - 2) not in _NUMBERED
        year = len(look.after) == 4 or self._folded.text[token.end : token.end + 2] == " '"
        return look.after.isdigit() and year

    # Rule 2

    def _named(self, look: _Look) -> bool:
        if self._is_possessive(look) or self._initial_beside(look) or self._beside_another_name(look):
            return True
        if look.single.given:
            return self._given_named(look)
        if look.text in PLACE_WORDS:
            return look.capital and self._place_is_person(look)
        if look.text in SUBJECT_WORDS:
            return False
        if look.before in SUPPORT_CUES - SUBJECT_CUES and look.text not in THEME_WORDS:
            return True
        if not look.capital:
            return False
        if look.before in PREPOSITIONS:
            return self._tells() and look.text not in THEME_WORDS
        return look.before in SUPPORT_CUES

    def _place_is_person(self, look: _Look) -> bool:
        """ "Wiskunde van Limburg", "H3b - Maas"; but not "kaart van Limburg" or "Aardrijkskunde Rijn"."""
        if look.before in SUPPORT_CUES or look.before in GROUP_WORDS:
            return True
        if look.before in SUBJECT_WORDS - _SUBJECTS_OF_PLACES:
            return True
        ahead = self._word(look.begin - 1)
        return ahead.isdigit() or (len(ahead) == 1 and self._word(look.begin - 2).isdigit())

    def _given_named(self, look: _Look) -> bool:
        """Rule 2 for given names: people are helped, spoken to and do things by their given names."""
        if self._called(look):
            return True
        if look.before in ADDRESS_CUES and (look.capital or self._closes(look.position)):
            return True
        if look.text in SUBJECT_WORDS:
            if self._kind is TextKind.PROSE and look.capital and look.after in PERSON_VERBS:
                return True
            if look.before in ("met", "van", "door"):
                return look.capital or self._kind is TextKind.PROSE
            if look.before in ("aan", "naast", "tegen"):
                return look.capital
            if look.before in SUPPORT_CUES and look.before not in SUBJECT_CUES:
                return look.capital
            return look.capital and self._bracketed(look.position)
        if look.before in SUPPORT_CUES:
            return look.capital or look.text not in FUNCTION_WORDS
        if self._bracketed(look.position) and (look.capital or self._shouted()):
            return True
        if look.before in PREPOSITIONS:
            if look.capital and self._tells():
                return look.text not in MONTH_WORDS
            return look.text not in FUNCTION_WORDS and look.text not in THEME_WORDS
        beside = self._folded.text.startswith(" ", self.tokens[look.position].end)
        return look.capital and beside and look.after in PERSON_VERBS and not self._shouted()

    def _is_possessive(self, look: _Look) -> bool:
        end = self.tokens[look.position].end
        rest = self._folded.text[end : end + 2]
        if rest == "'s":
            # "foto's", "oma's" are plurals: after a vowel a capital is needed.
            return look.capital or (look.single.given and look.text[-1] not in "aeiouy")
        return look.capital and rest[:1] == "'" and look.text[-1] in "sxz"

    def _initial_beside(self, look: _Look) -> bool:
        if not look.capital:
            return False
        if look.single.family and look.begin > 0:
            left = self.tokens[look.begin - 1]
            dotted = self._folded.text[left.end : self.tokens[look.begin].start].startswith(".")
            if len(left.text) == 1 and left.text.isalpha() and dotted:
                return True
        if look.single.given and look.position + 1 < len(self.tokens):
            right = self.tokens[look.position + 1]
            return right.text in look.single.initials and self._capital(look.position + 1)
        return False

    def _beside_another_name(self, look: _Look) -> bool:
        if self._word(look.position - 1) in look.single.companions or look.after in look.single.companions:
            return True
        if not (look.capital or look.single.given):
            return False
        for neighbour, joiner in (
            (look.position - 2, look.position - 1),
            (look.position + 2, look.position + 1),
        ):
            joined = self._word(joiner) in ("en", "and", "et", "of", "met")
            if joined and (self._certain(neighbour) or self._both_given(look, neighbour)):
                return True
        for neighbour in (look.position - 1, look.position + 1):
            certain = self._certain(neighbour)
            if certain or self._both_given(look, neighbour):
                left, right = sorted((neighbour, look.position))
                join = self._folded.text[self.tokens[left].end : self.tokens[right].start]
                if set(join) <= set(" ,&+/-_\n") and (certain or join.strip()):
                    return True
        return False

    def _both_given(self, look: _Look, neighbour: int) -> bool:
        """Whether two given names of the class stand together, with capitals: "Mark & Bas"."""
        single = self._singles.get(neighbour)
        return (
            single is not None
            and single.given
            and look.single.given
            and look.capital
            and self._capital(neighbour)
        )

    def _called(self, look: _Look) -> bool:
        """ "..., roos!" and "Roos, ...": spoken to."""
        if self._kind is TextKind.TITLE:
            return False
        token = self.tokens[look.position]
        ahead = self._folded.text[: token.start].rstrip()
        behind = self._folded.text[token.end :].lstrip()
        if ahead.endswith((",", "!")) and (not behind or behind[0] in "!?.,"):
            return True
        return look.position == 0 and behind.startswith((",", "!")) and look.text not in MONTH_WORDS

    # Rules 3 and 4

    def _capital_says_so(self, look: _Look) -> bool:
        if not look.capital or look.text in SUBJECT_WORDS:
            return False
        if len(look.text) <= 2 and look.text not in ORDINARY_WORDS:
            return not self._shouted() and self._folded.written(self.tokens[look.position])[1:].islower()
        if self._opens(look.position):
            return look.single.given and self._given_opens(look)
        made = look.single.given and look.text not in THEME_WORDS and look.before in WORK_CUES
        if (look.before in THEME_CUES and not made) or (look.text in PLACE_WORDS and not look.single.given):
            return False
        if self._shouted():
            return look.single.given and look.text not in THEME_WORDS and look.text not in FUNCTION_WORDS
        if self._tells():
            return True
        return look.single.given and (look.text not in THEME_WORDS or self._kind is TextKind.PROSE)

    def _given_opens(self, look: _Look) -> bool:
        if self._kind is TextKind.PROSE:
            return not self._shouted()
        if look.after in ACTION_CUES or self._after_colon(look):
            return True
        behind = self._folded.text[self.tokens[look.position].end :].lstrip()
        if look.text in THEME_WORDS:
            return behind.startswith(":") and look.text not in MONTH_WORDS
        return not behind or behind[0] in ":-("

    def _after_colon(self, look: _Look) -> bool:
        """ "Inhalen: Roos", but not "Thema: Roos" or "Tekenen: Roos"."""
        ahead = self._folded.text[: self.tokens[look.position].start].rstrip()
        label = self._word(look.position - 1)
        ends = look.position == len(self.tokens) - 1
        return ends and ahead.endswith(":") and label not in THEME_CUES and label not in SUBJECT_WORDS

    def _comment_says_so(self, look: _Look) -> bool:
        """Comments are about pupils: a given name of the class is one, in small letters too."""
        if self._kind is not TextKind.PROSE or not look.single.given:
            return False
        if look.text in FUNCTION_WORDS or look.text in SUBJECT_WORDS or look.text in MONTH_WORDS:
            return look.after in PERSON_VERBS and look.text not in PERSON_VERBS and self._opens(look.position)
        # An adjective before it makes it a thing: "een mooie roos", "rode storm".
        described = look.before.endswith("e") and look.before not in ADDRESS_CUES | PERSON_VERBS
        return not described and look.before not in THEME_CUES

    # What the rules look at

    def _word(self, position: int) -> str:
        return self.tokens[position].text if 0 <= position < len(self.tokens) else ""

    def _label(self, begin: int) -> str:
        """The word before a colon, where it announces a person: "Mentor: de Wit"."""
        word = self._word(begin - 1)
        if word in HONORIFICS or word in SUPPORT_CUES:
            join = self._folded.text[self.tokens[begin - 1].end : self.tokens[begin].start]
            return word if join.strip() == ":" else ""
        return ""

    def _certain(self, position: int) -> bool:
        """Whether there is a name of the class here that is no ordinary word."""
        single = self._singles.get(position)
        text = self._word(position)
        return single is not None and len(text) > 2 and text not in ORDINARY_WORDS

    def _particle_is_old(self, look: _Look) -> bool:
        """Whether the particles before the family name occur in names only."""
        return any(self.tokens[at].text in _OLD_PARTICLES for at in range(look.begin, look.position))

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
        return self._broken(position) or self._folded.text[self.tokens[position].end] == ","

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
                if at not in self._singles and self._word(at).isalpha() and len(self._word(at)) > 1
            ]
            self._capitals_tell = not self._shouted() and (
                not others or not all(self._capital(at) for at in others)
            )
        return self._capitals_tell
