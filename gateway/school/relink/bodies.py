"""What of a returned record goes to the school's system: an allow-list per kind, rebuilt field by field.

Fields go only where the agreement lists them as coming back; what the standard demands besides is completed from
the record itself or from when it was received, so that a repeated delivery has the same content.
Numbers keep their text. Free text stays text: names are scrubbed on the way out only, because here it is the
school that reads it; whoever shows it escapes it.

Source: OneRoster 1.2 gradebook information model (category, lineItem, result); in the field vendors send partial
references, datetimes in date fields and scores above the maximum, and all of these are accepted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from gateway.roster.model import Kind
from gateway.strict_json import NumberText

LOCAL: Final = ZoneInfo("Europe/Amsterdam")
MAX_TEXT: Final = 10_000
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?\Z")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SCORE_STATUSES: Final = frozenset(
    {"exempt", "fully graded", "not submitted", "partially graded", "submitted"}
)


class WrongType(ValueError):
    """A field does not hold what the standard says. Names the field, never the value."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} has not the type that the standard says")
        self.field = field


class Value(StrEnum):
    """What a field must hold."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    FLAG = "flag"
    SCORE_STATUS = "score_status"


FIELDS: Final[Mapping[Kind, Mapping[str, Value]]] = {
    Kind.CATEGORY: {"title": Value.TEXT, "weight": Value.NUMBER},
    Kind.LINE_ITEM: {
        "title": Value.TEXT,
        "description": Value.TEXT,
        "assignDate": Value.DATE,
        "dueDate": Value.DATE,
        "resultValueMin": Value.NUMBER,
        "resultValueMax": Value.NUMBER,
    },
    Kind.RESULT: {
        "score": Value.NUMBER,
        "textScore": Value.TEXT,
        "scoreStatus": Value.SCORE_STATUS,
        "scoreDate": Value.DATE,
        "comment": Value.TEXT,
        "inProgress": Value.FLAG,
        "incomplete": Value.FLAG,
        "late": Value.FLAG,
        "missing": Value.FLAG,
    },
}
"""Everything that can come back besides references. `metadata`, `learningObjectiveSet` and whatever else a vendor
adds stay behind.
"""

TITLES: Final = {Kind.CATEGORY: "Categorie", Kind.LINE_ITEM: "Toets"}
"""Where the standard demands a title and the agreement does not list it."""


@dataclass(frozen=True, slots=True)
class Received:
    """When a record came in; deterministic, so that writing twice writes the same."""

    at_ms: int

    @property
    def stamp(self) -> str:
        """Wire form of `dateLastModified`."""
        moment = datetime.fromtimestamp(self.at_ms / 1_000, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    @property
    def on(self) -> str:
        """The school's local day."""
        return datetime.fromtimestamp(self.at_ms / 1_000, LOCAL).date().isoformat()


def rebuild(
    kind: Kind, given: Mapping[str, object], *, fields_back: Collection[str], received: Received
) -> dict[str, object]:
    """The fields of one record for the school's system, without `sourcedId` and references.

    Args:
        fields_back: what the agreement lets come back, as `result.score`.

    Raises:
        WrongType: a listed field holds something else than the standard says.
    """
    body: dict[str, object] = {"status": "active", "dateLastModified": received.stamp}
    for name, value in FIELDS[kind].items():
        if f"{kind.value}.{name}" in fields_back and given.get(name) is not None:
            body[name] = READERS[value](name, given[name])
    return _completed(kind, body, received)


def _completed(kind: Kind, body: dict[str, object], received: Received) -> dict[str, object]:
    if kind in TITLES:
        body.setdefault("title", TITLES[kind])
    if kind is Kind.LINE_ITEM:
        body.setdefault("assignDate", received.on)
        body.setdefault("dueDate", body["assignDate"])
    if kind is Kind.RESULT:
        graded = "score" in body or "textScore" in body
        body.setdefault("scoreStatus", "fully graded" if graded else "submitted")
        body.setdefault("scoreDate", received.on)
    return body


def _text(name: str, value: object) -> object:
    if not isinstance(value, str) or isinstance(value, NumberText) or len(value) > MAX_TEXT:
        raise WrongType(name)
    return value


def _number(name: str, value: object) -> object:
    # A grade of 7.50 stays 7.50, also where a vendor puts it between quotes.
    if isinstance(value, NumberText) or (type(value) is int):
        return value
    if isinstance(value, str) and _NUMBER.match(value):
        return NumberText(value)
    raise WrongType(name)


def _date(name: str, value: object) -> object:
    if not isinstance(value, str) or not _DATE.match(value):
        raise WrongType(name)
    try:
        if len(value) == 10:
            return date.fromisoformat(value).isoformat()
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise WrongType(name) from None
    # 23:30 UTC on 5 October is 6 October at school.
    return (moment.astimezone(LOCAL) if moment.tzinfo else moment).date().isoformat()


def _flag(name: str, value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value in ("true", "false"):
        return value
    raise WrongType(name)


def _score_status(name: str, value: object) -> object:
    # The standard's enumerations are open: `ext:` something is legal.
    if isinstance(value, str) and (value in _SCORE_STATUSES or re.fullmatch(r"ext:[\w .-]{1,60}", value)):
        return value
    raise WrongType(name)


READERS: Final[Mapping[Value, Callable[[str, object], object]]] = {
    Value.TEXT: _text,
    Value.NUMBER: _number,
    Value.DATE: _date,
    Value.FLAG: _flag,
    Value.SCORE_STATUS: _score_status,
}
