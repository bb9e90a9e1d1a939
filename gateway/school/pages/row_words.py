"""Rows of files that vendors give, in words: what is wrong and what to do, by the code of the row."""

from __future__ import annotations

from typing import Final

from flask import Flask
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

ROWS: Final[dict[str, LazyString]] = {
    # Results.
    "no_pupil": _l("The cell names nobody by pseudonym or alias. Ask the vendor which pupil is meant."),
    "several_pupils": _l("The cell names more than one pupil. Ask the vendor for a row each."),
    "not_a_pupil": _l("The person is no pupil. Ask the vendor which pupil is meant."),
    "class_unclear": _l("The pupil has more than one group, or none now. Add a column with the group."),
    "class_unknown": _l("The pupil has no such group. Correct the group in the row."),
    "score_not_number": _l("The score is no number. Correct it, or use a column for scores in words."),
    "date_unreadable": _l("The day is not written as the layout says. Correct it."),
    "text_unusable": _l("The text is too long or cannot be kept. Shorten it."),
    "nothing_said": _l("The row has neither score nor comment. Complete it or leave it out."),
    "title_missing": _l("The row does not say which test it is. Complete it."),
    "row_twice": _l("An earlier row is about the same pupil, test and day. Keep the right one."),
    # Both.
    "formula": _l("A formula stands in the row. Save the values and not the formulas."),
    # Switch-overs.
    "several_persons": _l("An identifier belongs to several people. Decide who is meant."),
    "identifiers_differ": _l("The identifiers in the row lead to different people. Decide who is meant."),
    "same_person_twice": _l("Another row leads to the same person. Decide which is right."),
    "own_id_twice": _l("Another row has the same id of the vendor. Correct the list."),
    "own_id_missing": _l("The vendor’s own id is missing. Correct the list."),
}


def row_told(code: str | None) -> str:
    """What is wrong with a row and what to do; the code itself where there are no words for it."""
    return str(ROWS[code]) if code in ROWS else str(code)


def install(app: Flask) -> None:
    """Make it known to templates."""
    app.jinja_env.globals["row_told"] = row_told
