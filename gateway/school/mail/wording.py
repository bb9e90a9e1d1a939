"""What mails say, in Dutch and English: fixed sentences, filled with names of agreements, products, vendors and dates.

Nothing that somebody typed as a reason, and nothing of a record, can be filled in: `Facts` has no place for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from contracts.calendar import Occasion
from gateway.school.mail import wording_en, wording_nl
from gateway.school.mail.phrases import Phrase

Fact = str | date | Phrase | tuple[str, ...] | None
Facts = Mapping[str, Fact]

_MONTHS: Final = {
    "nl": (
        "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober",
        "november", "december",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December",
    ),
}  # fmt: skip
_NEVER: Final = {"nl": "onbekend", "en": "unknown"}
_FOOT: Final = {
    "nl": "Verzonden door Schuilnaam van {board}. Dit bericht bevat geen gegevens van leerlingen.",
    "en": "Sent by Schuilnaam of {board}. This message holds no data of pupils.",
}

TEXTS: Final[Mapping[str, Mapping[Occasion, tuple[str, str]]]] = {
    "nl": wording_nl.TEXTS,
    "en": wording_en.TEXTS,
}
"""Subject and body by language and occasion."""
PHRASES: Final[Mapping[str, Mapping[Phrase, str]]] = {
    "nl": wording_nl.PHRASES,
    "en": wording_en.PHRASES,
}


def worded(
    occasion: Occasion, facts: Facts, *, language: str, board: str, today: date | None = None
) -> tuple[str, str]:
    """Subject and body of a mail.

    Args:
        facts: what the sentences name; `on` with `today` also gives `when`.

    Raises:
        KeyError: a fact is missing.
    """
    filled = {name: _shown(fact, language) for name, fact in facts.items() if not isinstance(fact, Phrase)}
    on = facts.get("on")
    if isinstance(on, date) and today is not None:
        filled["when"] = when((on - today).days, language)
    filled["board"] = _shown(board, language)
    for name, fact in facts.items():
        if isinstance(fact, Phrase):
            filled[name] = PHRASES[language][fact].format_map(filled)
    subject, body = TEXTS[language][occasion]
    foot = _FOOT[language].format_map(filled)
    return subject.format_map(filled), f"{body.format_map(filled)}\n\n-- \n{foot}\n"


def when(days: int, language: str) -> str:
    """`over 30 dagen`, `vandaag`, `3 days ago`."""
    if language == "nl":
        near = {0: "vandaag", 1: "morgen", -1: "gisteren"}
        return near.get(days) or (f"over {days} dagen" if days > 0 else f"{-days} dagen geleden")
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}
    return near.get(days) or (f"in {days} days" if days > 0 else f"{-days} days ago")


def spelled(day: date | None, language: str) -> str:
    """`31 juli 2027`."""
    if day is None:
        return _NEVER[language]
    return f"{day.day} {_MONTHS[language][day.month - 1]} {day.year}"


def _shown(fact: str | date | tuple[str, ...] | None, language: str) -> str:
    if fact is None or isinstance(fact, date):
        return spelled(fact, language)
    text = fact if isinstance(fact, str) else ", ".join(fact)
    # Attack: a vendor's name with a line break writes a header of the mail, or a second message below the first.
    plain = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(plain.split())[:300]
