"""Rule 1 of `evidence`: what makes a word that is also a name the thing."""

from __future__ import annotations

from typing import Final

from gateway.school.disclosure.cue_words import (
    ACTION_CUES,
    ARTICLES,
    COLOURS,
    DATE_CUES,
    DETERMINERS,
    GROUP_WORDS,
    HONORIFICS,
    IMPERSONAL_VERBS,
    LAW_CUES,
    MONTH_NAMERS,
    NUMBERED_WORDS,
    PERSON_VERBS,
    SEASON_WORDS,
    STATE_CUES,
    SUPPORT_CUES,
)
from gateway.school.disclosure.famous_names import ROYAL_NAMES, RULER_WORDS
from gateway.school.disclosure.free_text import TextKind
from gateway.school.disclosure.ordinary_words import (
    FUNCTION_WORDS,
    MONTH_WORDS,
    NAMES_FIRST,
    ORDINARY_WORDS,
    RIVERS,
    THEME_WORDS,
    word_set,
)
from gateway.school.disclosure.sentence import Capitals, Look, Sentence

_TIGHT: Final = (" ", "-", "/", " - ")
"""Between the day and the month of a date."""
_SUBJECTS_OF_PLACES: Final = word_set("aardrijkskunde geschiedenis topo topografie wereldorientatie")
_ROMAN_NUMERALS: Final = word_set("ii iii iv vi vii viii ix xiv xv xvi")
MASS_WORDS: Final = word_set(
    """
    water hout goud zilver steen glas zand klei ijzer staal koper brons ijs vuur wind regen sneeuw
    mist zon post
    """
)
_BESIDE_PEOPLE: Final = (
    HONORIFICS | SUPPORT_CUES | FUNCTION_WORDS | ACTION_CUES | STATE_CUES | PERSON_VERBS | {"rest", "klas"}
)
THINGS: Final = THEME_WORDS | COLOURS | word_set("roos iris jasmijn merel linde madelief mees")
"""Things of lessons that stand in lists of their like."""


def is_thing(sentence: Sentence, look: Look) -> bool:
    """Whether something beside the word, or the lack of it, makes it a thing."""
    if look.begin < look.position and (not look.capital or sentence.capitals is Capitals.ALL):
        return True
    if look.before in DETERMINERS and _has_article(sentence, look):
        return True
    if look.text in MONTH_WORDS:
        months = look.before in MONTH_WORDS or look.after in MONTH_WORDS
        cued = look.before in DATE_CUES and sentence.join(look.position - 2)[-1:] != "-"
        named = cued or look.before in MONTH_NAMERS
        return months or named or is_date(sentence, look)
    if _is_compound(sentence, look) or listed_with_things(sentence, look):
        return True
    if look.text in RIVERS and (look.before in _SUBJECTS_OF_PLACES or look.before in ("rivier", "rivieren")):
        return True
    if look.text in NAMES_FIRST and sentence.kind is TextKind.TITLE and _has_complement(sentence, look):
        return True
    if look.text == "max" and look.after.isdigit() and (not look.capital or sentence.opens(look.position)):
        return True
    if look.before not in GROUP_WORDS:
        return False
    # "groep Vos" is a group's name; "groep Storm" may be the pupil's.
    family_only = not look.single.given and sentence.kind is TextKind.TITLE
    return look.text in COLOURS or (look.text in THEME_WORDS and family_only)


def _has_complement(sentence: Sentence, look: Look) -> bool:
    """ "Lot van de vluchteling", "Joy to the world": what opens a title and is of something is no person."""
    if not sentence.opens(look.position) or look.after not in ("van", "to", "of", "in", "uit", "op", "for"):
        return False
    article = sentence.word(look.position + 2) in ("de", "het", "een", "the", "a")
    noun = look.position + 3 < len(sentence.tokens) and not (
        sentence.telling and sentence.capital(look.position + 3)
    )
    return article and noun


def _has_article(sentence: Sentence, look: Look) -> bool:
    """Whether the determiner before the word makes it a thing: "de roos"; not "lukt het Roos", "exposé de Iris"."""
    impersonal = look.before == "het" and sentence.word(look.begin - 2) in IMPERSONAL_VERBS
    if impersonal and look.single.given and (look.capital or look.text not in THEME_WORDS):
        return False
    if look.capital and sentence.telling:
        if look.before not in ARTICLES:
            return False
        if len(look.text) <= 2 and look.text not in ORDINARY_WORDS:
            return False
        opens = sentence.opens(look.begin - 1)
        return opens or not look.single.given or look.text not in NAMES_FIRST
    # "ik vind dat bas ...": a conjunction more often than not.
    month = look.text in MONTH_WORDS and sentence.kind is TextKind.PROSE
    if look.before == "dat" and look.single.given and (month or not needs_no_article(look.text)):
        return False
    return look.before in ARTICLES or not look.capital


def is_date(sentence: Sentence, look: Look) -> bool:
    """Whether a number or month stands right beside the word: "12 jan", "jan 2026", "jan '26", "jan t/m mrt"."""
    position = look.position
    if look.before.isdigit() and sentence.join(position - 1) in _TIGHT:
        first = position - 1
        while sentence.word(first - 1).isdigit() and sentence.join(first - 1) in _TIGHT:
            first -= 1
        coded = first > 0 and sentence.join(first - 1) in ("", "-")
        return not coded and sentence.word(first - 1) not in NUMBERED_WORDS
    ranged = [sentence.word(position + step) for step in (-3, 3)]
    between = [sentence.word(position + step) for step in (-1, 1)]
    if any(word in MONTH_WORDS and near in ("t", "m") for word, near in zip(ranged, between, strict=True)):
        return True
    year = len(look.after) == 4 or sentence.join(position)[:2] == " '"
    return look.after.isdigit() and year


def is_ruler(sentence: Sentence, look: Look) -> bool:
    """ "Koning Arthur", "Willem II": neither the king nor his title is anybody's of the class."""
    if look.text in RULER_WORDS and look.after in ROYAL_NAMES:
        return True
    return look.text in ROYAL_NAMES and (look.before in RULER_WORDS or look.after in _ROMAN_NUMERALS)


def is_law(sentence: Sentence, look: Look) -> bool:
    """ "stelling van Thales", "wet van Henry"."""
    return look.before in ("van", "of") and sentence.word(look.begin - 2) in LAW_CUES


def _is_compound(sentence: Sentence, look: Look) -> bool:
    """ "Mei-toets", "bas- en vioolsleutel", "mini-roos"; not "Roos-Bakker" or "Bas - inhalen"."""
    if sentence.join(look.position)[:1] == "-":
        after = look.position + 1
        stump = sentence.join(look.position)[1:2] in (" ", ",")
        return stump or not (
            after >= len(sentence.tokens) or after in sentence.singles or sentence.capital(after)
        )
    glued = look.position > 0 and sentence.join(look.position - 1) == "-"
    return glued and not look.capital and look.position - 1 not in sentence.singles


def listed_with_things(sentence: Sentence, look: Look) -> bool:
    """ "Mees en merel", "roos, tulp, narcis", "Bas en melodie": beside another thing, and no name of the class."""
    if look.begin < look.position:
        return False
    for step in (-1, 1):
        near = look.position + step
        coordinated = sentence.word(near) in ("en", "of", "and", "or")
        if coordinated:
            near += step
        elif (
            sentence.kind is TextKind.PROSE
            or near < 0
            or sentence.join(min(near, look.position)).strip() not in (",", "-", "/")
        ):
            continue
        word = sentence.word(near)
        if not word or near in sentence.singles or (sentence.telling and _inner_capital(sentence, near)):
            continue
        if word in THINGS:
            return True
        # People stand beside people: what has a small letter where capitals tell is none.
        noun = word.isalpha() and len(word) > 3 and word not in _BESIDE_PEOPLE and not sentence.capital(near)
        if coordinated and noun and sentence.telling and sentence.kind is TextKind.TITLE:
            return True
    return False


def _inner_capital(sentence: Sentence, position: int) -> bool:
    return sentence.capital(position) and not sentence.opens(position)


def needs_no_article(word: str) -> bool:
    """Plurals, materials and seasons stand without article; "van dijk" is a name."""
    return word.endswith("en") or word in MASS_WORDS or word in SEASON_WORDS
