"""Parts of sentences in mails that depend on what happened; each language has its own words for them."""

from __future__ import annotations

from enum import Enum, auto


class Phrase(Enum):
    """One part of a sentence. Not stored: a mail is stored as it was worded."""

    TERM = auto()
    NO_TERM = auto()
    SILENCE_GENERAL = auto()
    SILENCE_SPECIFIC = auto()
    BACKUPS = auto()
    NO_BACKUPS = auto()
    OBJECTED = auto()
    OBJECTED_LATE = auto()
    ACCEPTED = auto()
    ACTIVATED = auto()
    CHANGED = auto()
    SUSPENDED = auto()
    RESUMED = auto()
    END_PLANNED = auto()
    ENDED = auto()
