"""What forms about one person have in common: whom it is about comes in the body and is never in an address.

Attack: an address stands in the browser's history, in the log of a proxy, and in the referrer of the next page.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar

from flask import request

from gateway.connections import source_settings
from gateway.errors import UsageError
from gateway.school.pages.context import context

_Word = TypeVar("_Word", bound=StrEnum)
MAX_IDENTIFIER: Final = 255


def source_names() -> list[str]:
    """Names of the board's school systems, to choose from."""
    services = context().services
    return [each.slug for each in source_settings.listed(services.school, board_id=services.board_id)]


def asked_person() -> tuple[str, str]:
    """Source and id of the form. Raises `UsageError`, code `pupil_invalid`; the id is not in it."""
    source, identifier = typed("source"), typed("identifier")
    if not sound_identifier(source) or not sound_identifier(identifier):
        raise UsageError(
            "The pupil is not named by source and id.",
            code="pupil_invalid",
            remedy="Give the id of the school's system.",
        )
    return source, identifier


def sound_identifier(identifier: str) -> bool:
    """Whether it can be an id of a school's system at all."""
    return 0 < len(identifier) <= MAX_IDENTIFIER and identifier.isprintable()


def typed(name: str) -> str:
    """One field of the form, without white space around it."""
    return request.form.get(name, "").strip()


def chosen(kind: type[_Word], name: str) -> _Word:
    """A choice of a closed list. Raises `UsageError`, code `choice_missing`."""
    try:
        return kind(request.form.get(name, ""))
    except ValueError:
        raise UsageError(
            "One of the choices is missing.", code="choice_missing", remedy="Choose one of those shown."
        ) from None


def day_of(name: str) -> date | None:
    """A day of the form; None where none was typed. Raises `UsageError`, code `date_invalid`."""
    text = typed(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError("This is not a day, such as 2026-11-24.", code="date_invalid") from None


def ticked(name: str) -> Sequence[str]:
    """Every value that was ticked, each once."""
    return tuple(dict.fromkeys(request.form.getlist(name)))
