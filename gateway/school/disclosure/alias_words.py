"""Aliases of words, for children who cannot read codes: an adjective, an animal, a number ("Blauwe Uil 12").

The words are Dutch, decent, and nobody's name as far as that can be had: no animal that many families are called after
(Vos, De Wolf, De Haan), none that is a given name (Merel), none that is a word of abuse, no colour of a skin, no word
that judges a child. Every animal takes "de", so that the adjective is always the inflected one, and all aliases have
one shape. What is drawn is random, so that nothing of it tells a name, an order or a class.

Stored is the place of the words in the lists, so the lists only grow at the end: docs/decisions/0037.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from typing import Final

_ADJECTIVES = """
    blauwe groene gele rode paarse oranje roze gouden zilveren gestreepte gestippelde geruite glimmende
    stralende fonkelende vrolijke blije grappige dappere frisse zonnige zachte vriendelijke nieuwsgierige
    wakkere feestelijke muzikale kleurige fluitende zingende dansende springende zwemmende rennende vliegende
    tekenende lezende lachende zwaaiende spelende dromende reizende wandelende bouwende
"""
ADJECTIVES: Final = tuple(_ADJECTIVES.split())
"""At most 1,000. Only ever added to."""

_ANIMALS = """
    uil tijger panda koala egel eekhoorn hamster cavia giraf zebra dolfijn zeehond schildpad kikker salamander
    kameleon papegaai ooievaar zwaluw flamingo toekan kolibrie lama alpaca bizon eland gazelle antilope marmot
    vlinder hommel krekel libel krab inktvis wasbeer poema jaguar lynx luipaard kangoeroe wombat ijsbeer
    zeeleeuw zeester orka forel zalm goudvis pelikaan parkiet kanarie leguaan gekko hermelijn okapi impala tapir
    steenbok kraanvogel ijsvogel nachtegaal kievit grutto lepelaar kwartel
"""
ANIMALS: Final = tuple(_ANIMALS.split())
"""At most 1,000. Only ever added to. All of them with "de"."""

SHORTEST: Final = 2
"""Digits of the number; one length for all until an eighth of its aliases is taken, as with codes."""
LONGEST: Final = 6

_CODE: Final = re.compile(r"w([0-9]{3})-([0-9]{3})-([1-9][0-9]{1,5})\Z")
_MARKS: Final = ("<super>", "<sub>", "<circle>", "<square>", "<fraction>", "<compat>")
"""Kinds of characters (Unicode Standard Annex 44) that only look like the letters and digits that they stand for."""
_ADJECTIVE: Final = {word: number for number, word in enumerate(ADJECTIVES)}
_ANIMAL: Final = {word: number for number, word in enumerate(ANIMALS)}


def _any_of(words: tuple[str, ...]) -> str:
    # The longest first: one word may be the beginning of another.
    return "|".join(sorted(words, key=len, reverse=True))


_ALIAS_TEXT: Final = re.compile(
    rf"(?:leerling[\s,_-]*)?({_any_of(ADJECTIVES)})[\s_.-]*({_any_of(ANIMALS)})[\s_.-]*([1-9][0-9]{{1,5}})"
    r"(?:[\s,_-]*leerling|@\S+)?"
)


def space(digits: int) -> int:
    """How many aliases there are with numbers of so many digits."""
    return len(ADJECTIVES) * len(ANIMALS) * 9 * int(10 ** (digits - 1))


def draw(digits: int) -> str:
    """A code of an alias of words: places in the lists, and a number; at most 15 characters."""
    adjective, animal = secrets.randbelow(len(ADJECTIVES)), secrets.randbelow(len(ANIMALS))
    number = 10 ** (digits - 1) + secrets.randbelow(9 * 10 ** (digits - 1))
    return f"w{adjective:03d}-{animal:03d}-{number}"


def words_of(code: str) -> str | None:
    """`w000-000-12` as "Blauwe Uil 12"; None for a code that is none of words."""
    found = _CODE.match(code)
    if found is None:
        return None
    adjective, animal = ADJECTIVES[int(found[1])], ANIMALS[int(found[2])]
    return f"{adjective.capitalize()} {animal.capitalize()} {found[3]}"


def code_in(text: str) -> str | None:
    """The code of "Blauwe Uil 12", "BLAUWE UIL 12", "blauwe-uil-12@..." and the like; else None.

    Upper case, accents, and what stands between the words do not count: a child or a platform typed it.
    """
    if any(unicodedata.decomposition(each).startswith(_MARKS) for each in text):
        # A footnote's mark would become a digit of the number, and name another pupil.
        return None
    plain = unicodedata.normalize("NFKD", text.strip()).casefold()
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    found = _ALIAS_TEXT.fullmatch(plain)
    if found is None:
        return None
    return f"w{_ADJECTIVE[found[1]]:03d}-{_ANIMAL[found[2]]:03d}-{found[3]}"
