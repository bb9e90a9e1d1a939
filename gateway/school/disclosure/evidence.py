"""Is this word in this text a person, or the ordinary word that it also is?

"Roos" is a pupil and a flower, "de Boer" a teacher and a trade, "Frans" a pupil and a subject. A name that is
no ordinary word needs none of this. For the others the order of the rules is the order of certainty:

1. the thing: an article, a date, a compound ("Mei-toets"), a list of things, a law ("stelling van Thales");
2. the person: a title, an initial, a genitive, another name beside it, a greeting, a person's verb, grammar that
   a word would break ("de groot", "spreekuur van dijk");
3. capitals, where they tell (`Capitals`): one in the middle of a sentence is the person's, unless the word before
   names things ("thema Storm"); none is the thing's;
4. where they do not, position: after an activity stands whom it is for ("weektaak roos");
5. else the thing in a title; in a comment, which is about pupils, the person when it is a given name and no
   word that sentences cannot do without.

Given names that are words of few titles (`NAMES_FIRST`) are the person unless rule 1 or a small letter says no.
Names of one or two letters ("Bo", "Li") count with a capital of their own or by rule 2.
"""

from __future__ import annotations

from typing import Final

from gateway.school.disclosure.cue_words import (
    ACTION_CUES,
    ADDRESS_CUES,
    COLOURS,
    DETERMINERS,
    LINKING_WORDS,
    MONTH_ABBREVIATIONS,
    PERSON_VERBS,
    PREPOSITIONS,
    SEASON_WORDS,
    STATE_CUES,
    SUBJECT_CUES,
    THEME_CUES,
    WORK_CUES,
    announces,
    supports,
)
from gateway.school.disclosure.family_evidence import class_of_teacher, family_named, family_with_particles
from gateway.school.disclosure.free_text import TextKind
from gateway.school.disclosure.ordinary_words import (
    FUNCTION_WORDS,
    MONTH_WORDS,
    NAMES_FIRST,
    ORDINARY_WORDS,
    PLACE_WORDS,
    SUBJECT_WORDS,
    THEME_WORDS,
    word_set,
)
from gateway.school.disclosure.particles import PARTICLES
from gateway.school.disclosure.sentence import Capitals, Look, Sentence
from gateway.school.disclosure.things import (
    MASS_WORDS,
    THINGS,
    is_date,
    is_law,
    is_ruler,
    is_thing,
    listed_with_things,
    needs_no_article,
)

_STRICT_STATES: Final = word_set("ziek jarig afwezig absent")


def is_person(sentence: Sentence, position: int) -> bool:
    """Whether the single name at `position` stands for a person here."""
    look = sentence.look(position)
    text, single = look.text, look.single
    if _beside_companion(sentence, look):
        return True
    if text in MONTH_ABBREVIATIONS and is_date(sentence, look):
        return False
    if sentence.kind is TextKind.TITLE and (is_ruler(sentence, look) or is_law(sentence, look)):
        return False
    if text not in ORDINARY_WORDS and len(text) > 2:
        if single.given or look.begin < position:
            return True
        if sentence.opens(position) and listed_with_things(sentence, look):
            return False
        return look.before not in DETERMINERS or (look.capital and sentence.capitals is not Capitals.ALL)
    if announces(look.before) or family_with_particles(sentence, look):
        return True
    if is_thing(sentence, look):
        return False
    return (
        _named(sentence, look)
        or _capital_says_so(sentence, look)
        or _position_says_so(sentence, look)
        or _comment_says_so(sentence, look)
    )


# Rule 2


def _named(sentence: Sentence, look: Look) -> bool:
    if (
        _is_possessive(sentence, look)
        or _initial_beside(sentence, look)
        or _beside_another_name(sentence, look)
    ):
        return True
    if look.single.given:
        return _given_named(sentence, look)
    return family_named(sentence, look)


def _given_named(sentence: Sentence, look: Look) -> bool:
    """Rule 2 for given names: people are helped, spoken to and do things by their given names."""
    if _called(sentence, look):
        return True
    if look.before in ADDRESS_CUES and (look.capital or sentence.closes(look.position)):
        return True
    if look.text in SUBJECT_WORDS:
        return _subject_named(sentence, look)
    if supports(look.before):
        return look.capital or look.text not in FUNCTION_WORDS | MONTH_WORDS
    shouted = sentence.capitals is Capitals.ALL
    if sentence.bracketed(look.position) and (look.capital or sentence.silent):
        return True
    if look.before in PREPOSITIONS:
        if look.capital and sentence.telling:
            return look.text not in MONTH_WORDS
        if sentence.silent and look.before in ("met", "van", "voor", "door"):
            return look.text not in MONTH_WORDS | FUNCTION_WORDS | MASS_WORDS
        return look.text not in FUNCTION_WORDS and look.text not in THEME_WORDS
    if _is_numbered(sentence, look):
        return True
    beside = sentence.join(look.position)[:1] == " "
    clause = (
        sentence.kind is TextKind.PROSE and sentence.silent and sentence.ahead(look.position).endswith(",")
    )
    if clause and beside and look.after in PERSON_VERBS:
        return True
    late = look.after == "te" and sentence.word(look.position + 2) == "laat"
    if beside and (late or look.after in _STRICT_STATES):
        return True
    if not beside or look.text in SEASON_WORDS or look.text in FUNCTION_WORDS:
        return look.capital and beside and look.after in PERSON_VERBS and not shouted
    if look.after in STATE_CUES and (look.text not in THEME_WORDS or look.after not in ("ook", "al", "vrij")):
        return True
    return look.capital and look.after in PERSON_VERBS and not shouted


def _subject_named(sentence: Sentence, look: Look) -> bool:
    if sentence.kind is TextKind.PROSE and look.capital:
        acts = look.after in PERSON_VERBS or look.before in PERSON_VERBS
        if acts and sentence.capitals is not Capitals.ALL:
            return True
    if look.before in ("met", "van", "door"):
        return look.capital or sentence.kind is TextKind.PROSE
    if look.before in ("aan", "naast", "tegen"):
        return look.capital
    if supports(look.before) and look.before not in SUBJECT_CUES:
        return look.capital
    return look.capital and sentence.bracketed(look.position)


def _is_numbered(sentence: Sentence, look: Look) -> bool:
    """ "Roos2", "storm3": the second version of a pupil's work; not "mei2026" or "do1"."""
    glued = look.after.isdigit() and sentence.join(look.position) == ""
    return glued and len(look.after) == 1 and look.text not in FUNCTION_WORDS | SEASON_WORDS | SUBJECT_WORDS


def _is_possessive(sentence: Sentence, look: Look) -> bool:
    end = sentence.tokens[look.position].end
    rest = sentence.folded.text[end : end + 2]
    if rest == "'s":
        # "foto's", "oma's" are plurals: after a vowel a capital is needed.
        return look.capital or (look.single.given and (sentence.silent or look.text[-1] not in "aeiouy"))
    owner = look.capital or (sentence.silent and look.single.given)
    return owner and rest[:1] == "'" and look.text[-1] in "sxz"


def is_genitive(sentence: Sentence, position: int) -> bool:
    """Whether a name that is a word, with an s, is somebody's: "Storms motivatie"; not "storms and floods"."""
    after = "" if sentence.broken(position) else sentence.word(position + 1)
    if not after.isalpha() or after in LINKING_WORDS or not sentence.singles[position].given:
        return False
    before = sentence.word(position - 1) if not sentence.opens(position) else ""
    if before in DETERMINERS or before in THEME_CUES:
        return False
    return sentence.capital(position) or sentence.kind is TextKind.PROSE or sentence.silent


def _initial_beside(sentence: Sentence, look: Look) -> bool:
    if not look.capital:
        return False
    if look.single.family and look.begin > 0:
        left = sentence.word(look.begin - 1)
        if len(left) == 1 and left.isalpha() and sentence.join(look.begin - 1)[:1] == ".":
            return True
    if look.single.given and look.position + 1 < len(sentence.tokens):
        right = look.position + 1
        return sentence.word(right) in look.single.initials and sentence.capital(right)
    return False


def _beside_another_name(sentence: Sentence, look: Look) -> bool:
    position = look.position
    if not (look.capital or look.single.given):
        return False
    for neighbour, joiner in ((position - 2, position - 1), (position + 2, position + 1)):
        joined = sentence.word(joiner) in ("en", "and", "et", "of", "met")
        if joined and (sentence.certain(neighbour) or _both_given(sentence, look, neighbour)):
            return True
    for neighbour in (position - 1, position + 1):
        certain = sentence.certain(neighbour)
        if certain or _both_given(sentence, look, neighbour):
            join = sentence.join(min(neighbour, position))
            if set(join) <= set(" ,;&+/-_\n") and (certain or join.strip()):
                return True
    return False


def _beside_companion(sentence: Sentence, look: Look) -> bool:
    """Whether another word of the same compound name is beside it: "Brink-Visser", "Jan Willem", "Smit-de Vries"."""
    if not look.single.companions:
        return False
    for step in (-1, 1):
        near = look.position
        while True:
            near += step
            if not 0 <= near < len(sentence.tokens) or sentence.join(min(near, near - step)).strip(
                " \r\n-_'"
            ):
                break
            if sentence.word(near) in look.single.companions:
                return True
            if sentence.word(near) not in PARTICLES:
                break
    return False


def _both_given(sentence: Sentence, look: Look, neighbour: int) -> bool:
    """Whether two given names of the class stand together: "Mark & Bas", "jack en robin"; not "mees en merel"."""
    single = sentence.singles.get(neighbour)
    if single is None or not single.given or not look.single.given:
        return False
    if sentence.silent:
        return look.text not in THINGS or sentence.word(neighbour) not in THINGS
    return look.capital and sentence.capital(neighbour)


def _called(sentence: Sentence, look: Look) -> bool:
    """ "..., roos!" and "Roos, ...": spoken to."""
    if sentence.kind is TextKind.TITLE:
        return False
    ahead, behind = sentence.ahead(look.position), sentence.behind(look.position)
    if ahead.endswith((",", "!")) and (not behind or behind[0] in "!?.,"):
        return True
    if look.position and behind.startswith((",", "!")) and look.text not in THEME_WORDS:
        return True
    return look.position == 0 and behind.startswith((",", "!")) and look.text not in MONTH_WORDS


# Rules 3 to 5


def _capital_says_so(sentence: Sentence, look: Look) -> bool:
    if not look.capital or look.text in SUBJECT_WORDS:
        return False
    shouted = sentence.capitals is Capitals.ALL
    if len(look.text) <= 2 and look.text not in ORDINARY_WORDS:
        return not shouted and sentence.folded.written(sentence.tokens[look.position])[1:].islower()
    if sentence.opens(look.position):
        return _opens_with_person(sentence, look)
    given = look.single.given
    made = given and look.before in WORK_CUES and (sentence.telling or look.text not in THEME_WORDS)
    if (look.before in THEME_CUES and not made) or (look.text in PLACE_WORDS and not given):
        return False
    if shouted:
        return given and look.text not in THEME_WORDS and look.text not in FUNCTION_WORDS
    if sentence.telling:
        return True
    return given and (look.text not in THEME_WORDS or sentence.kind is TextKind.PROSE)


def _opens_with_person(sentence: Sentence, look: Look) -> bool:
    shouted = sentence.capitals is Capitals.ALL
    if sentence.kind is TextKind.PROSE:
        if look.single.given:
            return not shouted
        # "Visser weer te laat": a trade would have its article.
        if shouted or look.text in FUNCTION_WORDS or look.text in PLACE_WORDS:
            return False
        bare = look.after.isalpha() and look.after not in LINKING_WORDS and not needs_no_article(look.text)
        return look.after in STATE_CUES or (bare and look.text not in COLOURS)
    if not look.single.given:
        return False
    if _after_colon(sentence, look):
        return True
    if look.text in MONTH_WORDS:
        return False
    if look.after in ACTION_CUES:
        return True
    if look.text in NAMES_FIRST:
        return True
    behind = sentence.behind(look.position)
    if look.text in THEME_WORDS:
        return (
            look.text not in SEASON_WORDS
            and behind[:1] in (":", "-")
            and sentence.join(look.position)[:1] != "-"
        )
    return not behind or behind[0] in ":-("


def _after_colon(sentence: Sentence, look: Look) -> bool:
    """ "Inhalen: Roos", "Gesprek 1: Storm 8.30"; but not "Thema: Roos", "Tekenen: Roos" or "Seizoenen: Lente"."""
    position = look.position
    if not sentence.ahead(position).endswith(":"):
        return False
    if position < len(sentence.tokens) - 1 and not sentence.word(position + 1).isdigit():
        return False
    first = position - 1
    while first > 0 and sentence.word(first).isdigit():
        first -= 1
    label = sentence.word(first)
    thing = label in THEME_CUES or (label in SUBJECT_WORDS and first == 0)
    return not thing and not (
        label.endswith("en")
        and not (announces(label) or supports(label))
        and look.text in THINGS
        and first == 0
    )


def _position_says_so(sentence: Sentence, look: Look) -> bool:
    """In a title whose capitals say nothing: "weektaak roos", "3v1 wi blok", "duits van vos"."""
    if (
        sentence.kind is not TextKind.TITLE
        or not sentence.silent
        or look.text in SUBJECT_WORDS | FUNCTION_WORDS
    ):
        return False
    before = look.before
    if not look.single.given:
        return class_of_teacher(sentence, look)
    if sentence.opens(look.position):
        return _opens_with_person(sentence, look)
    if look.text in SEASON_WORDS:
        return False
    described = len(before) > 3 and before[-1] == "e" and before[-2] not in "ij" and not supports(before)
    cued = before in THEME_CUES and before not in WORK_CUES
    return (
        bool(before) and not described and not cued and before not in THINGS and before not in FUNCTION_WORDS
    )


def _comment_says_so(sentence: Sentence, look: Look) -> bool:
    """Comments are about pupils: a given name of the class is one, in small letters too."""
    if sentence.kind is not TextKind.PROSE or not look.single.given:
        return False
    if look.text in MONTH_WORDS:
        return look.before not in THEME_CUES and look.before not in PREPOSITIONS - {
            "met",
            "door",
            "van",
            "voor",
        }
    if look.text in FUNCTION_WORDS or look.text in SUBJECT_WORDS:
        return look.after in PERSON_VERBS and look.text not in PERSON_VERBS and sentence.opens(look.position)
    # An adjective before it makes it a thing: "een mooie roos", "rode storm".
    described = (
        len(look.before) > 3 and look.before[-1] == "e" and look.before not in ADDRESS_CUES | PERSON_VERBS
    )
    return not described and (look.before not in THEME_CUES or look.before in WORK_CUES)
