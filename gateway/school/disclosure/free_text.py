"""The kinds of free text that a school's system delivers."""

from __future__ import annotations

from enum import Enum


class TextKind(Enum):
    """What a text is, which decides what is looked for in it."""

    TITLE = "title"
    """Titles and short names of classes, line items and categories: few words, often no sentence."""
    PROSE = "prose"
    """Comments and descriptions."""
    STRUCTURAL = "structural"
    """Titles of organisations, courses and periods: full names and unique identifiers only."""
