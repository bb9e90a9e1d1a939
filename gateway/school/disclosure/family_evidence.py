"""Rule 2 of `evidence` for family names: grammar that a word would break, and classes that have a teacher's name."""

from __future__ import annotations

from typing import Final

from gateway.school.disclosure.cue_words import (
    ADDRESS_CUES,
    BARE_ADJECTIVES,
    GROUP_WORDS,
    NUMBERED_WORDS,
    PERSON_VERBS,
    PREPOSITIONS,
    STATE_CUES,
    SUBJECT_CODES,
    SUBJECT_CUES,
    THEME_CUES,
    supports,
)
from gateway.school.disclosure.free_text import TextKind
from gateway.school.disclosure.ordinary_words import (
    FUNCTION_WORDS,
    PLACE_WORDS,
    SUBJECT_WORDS,
    THEME_WORDS,
    word_set,
)
from gateway.school.disclosure.sentence import Capitals, Look, Sentence
from gateway.school.disclosure.things import THINGS, needs_no_article

_OLD_PARTICLES: Final = word_set(
    """
    der den ter ten te von zu du del da dos el al bin ait vd vdr vande vander vanden
    """
)
"""Particles that do not occur in ordinary Dutch sentences: "van der meer" is a name in small letters too."""
_PREPOSITION_PARTICLES: Final = word_set("van in op aan uit ter ten te onder over")
_SUBJECTS_OF_PLACES: Final = word_set("aardrijkskunde geschiedenis topo topografie wereldorientatie")
_GROUPS_OF_TEACHERS: Final = word_set("klas groep gr team")
_PLACES_AND_TIMES: Final = word_set("lok lokaal ma di wo do vr maandag dinsdag woensdag donderdag vrijdag")
_TEACHING: Final = SUBJECT_WORDS | SUBJECT_CODES


def family_named(sentence: Sentence, look: Look) -> bool:
    """Rule 2 for family names without particles: classes have their teacher's, comments a pupil's."""
    if look.text in PLACE_WORDS:
        return (look.capital or sentence.silent) and _place_is_person(sentence, look)
    if look.text in SUBJECT_WORDS:
        return False
    cued = supports(look.before) and look.before not in SUBJECT_CUES
    if cued and (look.text not in THEME_WORDS or (sentence.silent and sentence.ends_part(look.position))):
        return True
    if _class_named_by_teacher(sentence, look):
        return True
    if sentence.silent and sentence.kind is TextKind.PROSE and _family_in_comment(sentence, look):
        return True
    if not look.capital:
        return False
    if look.before in PREPOSITIONS:
        return sentence.telling and look.text not in THEME_WORDS
    return supports(look.before)


def family_with_particles(sentence: Sentence, look: Look) -> bool:
    """ "de Wit", "van der meer"; in small letters also "van dijk" without an article and "de groot" without an e."""
    if look.begin == look.position:
        return False
    if look.text in PLACE_WORDS:
        acts = sentence.kind is TextKind.PROSE and look.after in PERSON_VERBS
        return acts and sentence.opens(look.begin)
    particles = [sentence.word(at) for at in range(look.begin, look.position)]
    written = look.capital and sentence.capitals is not Capitals.ALL
    if written or not _OLD_PARTICLES.isdisjoint(particles):
        return True
    if look.before in PREPOSITIONS and particles[0] in _PREPOSITION_PARTICLES:
        # "bij van leeuwen": two prepositions are one too many for a word.
        return True
    if not sentence.silent:
        return False
    if (supports(look.before) and look.before not in SUBJECT_CUES) or class_of_teacher(sentence, look):
        return True
    if _class_named_by_teacher(sentence, look):
        return True
    if sentence.kind is TextKind.PROSE and particles != ["de"] and sentence.opens(look.begin):
        return look.after in PERSON_VERBS or look.after in STATE_CUES
    if look.text in BARE_ADJECTIVES:
        return particles == ["de"] and sentence.behind(look.position)[:1] != "-"
    if particles != ["van"] or look.begin == 0 or look.before in THEME_CUES:
        return False
    return not needs_no_article(look.text) and sentence.ends_part(look.position)


def _class_named_by_teacher(sentence: Sentence, look: Look) -> bool:
    """ "bandgroep Maas", "A2a.EN.Molenaar", "Visser - Wiskunde B", "Sectie DU: Vogel"."""
    ends = sentence.ends_part(look.position)
    if look.before.endswith(("groep", "klas")) and look.before not in GROUP_WORDS | THEME_CUES:
        return look.capital or ends or look.text not in THEME_WORDS
    if look.begin and sentence.join(look.begin - 1) in (".", "_") and ends:
        return any(sentence.word(at).isdigit() for at in range(max(look.begin - 4, 0), look.begin))
    label = sentence.word(look.begin - 1)
    if sentence.ahead(look.begin).endswith(":"):
        return label in SUBJECT_CODES or (look.capital and sentence.telling and label.isdigit())
    if not sentence.opens(look.begin) or not look.capital or not sentence.telling:
        return False
    dashed = sentence.join(look.position).strip() == "-" and sentence.join(look.position) != "-"
    return dashed and sentence.word(look.position + 1) in _TEACHING


def class_of_teacher(sentence: Sentence, look: Look) -> bool:
    """ "3v1 wi blok", "gs4 kok", "duits van vos": a class code or subject, then who teaches it, and no more."""
    if look.text in PLACE_WORDS:
        return False
    # "ned molenaar 2hv3", but "ne blok 2".
    coded = (
        look.after.isdigit()
        and sentence.word(look.position + 2) != ""
        and sentence.join(look.position + 1) == ""
    )
    if coded:
        return look.before != "" and look.text not in NUMBERED_WORDS
    if look.after.isdigit() or not (sentence.ends_part(look.position) or look.after in _PLACES_AND_TIMES):
        return False
    if look.before in ("bij", "door", "van"):
        return not needs_no_article(look.text)
    coder = sentence.word(look.begin - 2)
    coded = look.before.isdigit() and coder not in NUMBERED_WORDS
    lettered = len(look.before) == 1 and (coder.isdigit() or coder in SUBJECT_WORDS or coder == "wisk")
    grouped = look.before in _GROUPS_OF_TEACHERS and look.text not in THINGS
    if coded or lettered or grouped or look.before in _TEACHING or look.before.endswith("klas"):
        return True
    # "project burgerschap kuiper": after what is taught or done stands who does it.
    apart = look.text not in THEME_WORDS and look.begin == look.position and look.before.isalpha()
    apart = apart and not sentence.join(look.begin - 1).strip() and sentence.join(look.position)[:1] != ","
    return apart and look.before not in THEME_CUES | FUNCTION_WORDS | THINGS and not look.before.endswith("e")


def _family_in_comment(sentence: Sentence, look: Look) -> bool:
    """In a comment without telling capitals: "met koning besproken", "prins weer te laat", "goede inbreng, kok."."""
    if look.text in FUNCTION_WORDS or needs_no_article(look.text):
        return False
    if look.before in PREPOSITIONS:
        return True
    if look.before in ADDRESS_CUES:
        return sentence.broken(look.position)
    if sentence.opens(look.begin):
        past = len(look.after) > 4 and look.after.endswith(("de", "te"))
        return past or look.after in STATE_CUES or look.after in PERSON_VERBS
    return sentence.ahead(look.begin).endswith(",") and sentence.broken(look.position)


def _place_is_person(sentence: Sentence, look: Look) -> bool:
    """ "Wiskunde van Limburg", "H3b - Maas"; but not "kaart van Limburg" or "Aardrijkskunde Rijn"."""
    if supports(look.before) or look.before in GROUP_WORDS or look.before in ("bij", "door", "met", "klas"):
        return True
    if look.before == "van" and sentence.word(look.begin - 2) in ("les", "klas", "lesgroep", "groep", "uur"):
        return True
    if look.before in SUBJECT_WORDS - _SUBJECTS_OF_PLACES:
        return True
    ahead = sentence.word(look.begin - 1)
    return ahead.isdigit() or (len(ahead) == 1 and sentence.word(look.begin - 2).isdigit())
