"""The query parameters of OneRoster 1.2: limit, offset, sort, orderBy, filter, fields.

Ordered rules:
1. A parameter given twice is refused (attack: one copy is checked, the other one used).
2. Over-long input is refused before anything is parsed.
3. `filter` and `sort` know the fields that this vendor may have, and no others: a withheld field is refused
   with the same bytes as a misspelt one, because the difference would be an answer
   (`identifier='123456782'`).
4. Only `fields` tells withheld names from unknown ones, because its names are the standard's, not a pupil's.

No error here repeats what the vendor sent.

Source: OneRoster 1.2 REST binding, sections 3.4 and 4.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from gateway.errors import CallerError
from gateway.front.planes.oneroster.fields import (
    REFERENCE_TARGETS,
    ROLE_DATES,
    WIRE_FIELDS,
    Shape,
    Treatment,
)
from gateway.holdings.selection import Comparison, Filter, Logic, Operator
from gateway.roster.model import Kind

Visible = Callable[[str], bool]
"""Says of `<field>` of the kind at hand whether this vendor may have it about anybody; nested as
`roles.beginDate`."""

DEFAULT_LIMIT: Final = 100
MAX_FILTER_LENGTH: Final = 2_000
MAX_COMPARISONS: Final = 20
MAX_FIELDS_LENGTH: Final = 2_000
_LARGEST: Final = 2**31 - 1
_INTEGER: Final = re.compile(r"[0-9]{1,10}\Z")
_PATH: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9]*){0,3}\Z")
_COMPARISON: Final = re.compile(
    r"\s*(?P<path>[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9]*){0,3})\s*"
    r"(?P<operator>!=|>=|<=|=|>|<|~)\s*"
    r"'(?P<value>(?:[^']|'')*)'(?!')"
)
_LOGIC: Final = re.compile(r"\s+(AND|OR)\s+", re.IGNORECASE)
_TIME: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,9}))?)?(Z|[+\- ]\d{2}:?\d{2})?\Z",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """What `fields` asked for: the names that may go, and those that exist but are withheld."""

    allowed: frozenset[str] | None
    """None: the parameter was not given."""
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """One request's parameters, checked."""

    limit: int
    offset: int
    filter: Filter | None
    sort: tuple[str, ...] | None
    descending: bool
    fields: FieldChoice

    def used(self) -> frozenset[str]:
        """The fields on which filter and sort depend, as named in an agreement."""
        comparisons = self.filter.comparisons if self.filter else ()
        paths = [comparison.path for comparison in comparisons] + ([self.sort] if self.sort else [])
        return frozenset(_listed_name(path) for path in paths)


def _bad_selection(code: str, message: str) -> CallerError:
    return CallerError(message, code=code, status=400)


def _bad_filter() -> CallerError:
    # One error for a withheld field, a misspelt field and a field of another kind: byte for byte the same.
    return CallerError(
        "The filter names a field that cannot be filtered on.", code="filter_field", status=400
    )


def _unreadable_filter() -> CallerError:
    return CallerError(
        "The filter cannot be read: field operator 'value', joined by AND or by OR.",
        code="filter_syntax",
        status=400,
    )


def parse_query(
    arguments: Sequence[tuple[str, str]], *, kind: Kind, max_limit: int, visible: Visible
) -> Query:
    """Read the parameters of a collection request.

    A `limit` above `max_limit` is lowered; the `Link` header leads on. `limit=0` gives an empty page with
    `X-Total-Count`: below the schema's minimum, but real consumers ask it.

    Raises:
        CallerError: 400 for every parameter that cannot be used, with a code for each reason.
    """
    given = _once_each(arguments)
    limit = _number(given.get("limit"), default=DEFAULT_LIMIT)
    return Query(
        limit=min(limit, max_limit),
        offset=_number(given.get("offset"), default=0),
        filter=_filter(given.get("filter"), kind=kind, visible=visible),
        sort=_sort(given.get("sort"), kind=kind, visible=visible),
        descending=_descending(given.get("orderBy")),
        fields=_fields(given.get("fields"), kind=kind, visible=visible),
    )


def parse_single_query(arguments: Sequence[tuple[str, str]], *, kind: Kind, visible: Visible) -> FieldChoice:
    """Read the parameters of a request for one record: `fields` only."""
    return _fields(_once_each(arguments).get("fields"), kind=kind, visible=visible)


def _once_each(arguments: Sequence[tuple[str, str]]) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in arguments:
        if name in given:
            raise _bad_selection("repeated_parameter", "A parameter may be given once.")
        given[name] = value
    return given


def _number(text: str | None, *, default: int) -> int:
    if text is None:
        return default
    if not _INTEGER.match(text) or int(text) > _LARGEST:
        raise _bad_selection("paging", "limit and offset are whole numbers from 0 upward.")
    return int(text)


def _descending(text: str | None) -> bool:
    if text is None or text == "asc":
        return False
    if text == "desc":
        return True
    raise _bad_selection("order_by", "orderBy is asc or desc.")


def _sort(text: str | None, *, kind: Kind, visible: Visible) -> tuple[str, ...] | None:
    if text is None:
        return None
    path = tuple(text.split(".")) if _PATH.match(text) else ()
    if not path or not _may_use(path, kind=kind, visible=visible):
        raise _bad_selection("sort_field", "The answer cannot be sorted by that field.")
    return path


def _filter(text: str | None, *, kind: Kind, visible: Visible) -> Filter | None:
    if text is None:
        return None
    if len(text) > MAX_FILTER_LENGTH:
        raise CallerError("The filter is too long.", code="filter_length", status=400)
    if "\0" in text:
        # No value holds one, and PostgreSQL would not compare it.
        raise _unreadable_filter()
    comparisons: list[Comparison] = []
    logics: set[str] = set()
    position = 0
    while True:
        match = _COMPARISON.match(text, position)
        if match is None or len(comparisons) == MAX_COMPARISONS:
            raise _unreadable_filter()
        comparisons.append(_comparison(match, kind=kind, visible=visible))
        position = match.end()
        if not text[position:].strip():
            break
        logic = _LOGIC.match(text, position)
        if logic is None:
            raise _unreadable_filter()
        logics.add(logic.group(1).upper())
        position = logic.end()
    if len(logics) > 1:
        # OneRoster 1.2 REST binding 3.4.3 knows no precedence: a mixed chain has no one meaning.
        raise _unreadable_filter()
    return Filter(tuple(comparisons), Logic(logics.pop()) if logics else Logic.AND)


def _comparison(match: re.Match[str], *, kind: Kind, visible: Visible) -> Comparison:
    path = tuple(match["path"].split("."))
    if not _may_use(path, kind=kind, visible=visible):
        raise _bad_filter()
    operator = Operator(match["operator"])
    value = match["value"].replace("''", "'")
    if path == ("dateLastModified",):
        if operator is Operator.CONTAINS:
            raise _bad_filter()
        value = str(milliseconds(value))
    return Comparison(path, operator, value)


def milliseconds(text: str) -> int:
    """A moment in ISO 8601 as milliseconds UTC, rounded down; without a zone it is UTC.

    A space is read as the plus sign that an unencoded URL turned into it.

    Raises:
        CallerError: 400 for text that is no moment.
    """
    match = _TIME.match(text)
    if match is None:
        raise CallerError("The filter needs an ISO 8601 moment.", code="filter_time", status=400)
    day, clock, fraction, zone = match.groups()
    zone = "+00:00" if zone in (None, "Z") else zone.replace(" ", "+")
    if ":" not in zone:
        zone = f"{zone[:3]}:{zone[3:]}"
    try:
        moment = datetime.fromisoformat(f"{day}T{clock or '00:00'}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise CallerError("The filter needs an ISO 8601 moment.", code="filter_time", status=400) from None
    seconds = int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    return seconds * 1000 + int((fraction or "0")[:3].ljust(3, "0"))


def _listed_name(path: tuple[str, ...]) -> str:
    return ".".join(path[:2]) if path[0] == "roles" and path[1:2] and path[1] in ROLE_DATES else path[0]


def _may_use(path: tuple[str, ...], *, kind: Kind, visible: Visible) -> bool:
    """True where `path` names one value that this vendor may have, so that comparing it tells nothing new."""
    line = WIRE_FIELDS[kind].get(path[0])
    if line is None or line.treatment is Treatment.WITHHELD:
        return False
    if line.treatment is not Treatment.STRUCTURAL and not visible(line.name):
        return False
    match line.shape:
        case Shape.REFERENCE | Shape.REFERENCES:
            return path[1:] == ("sourcedId",) and path[0] in REFERENCE_TARGETS[kind]
        case Shape.ROLES:
            if path[1:2] and path[1] in ROLE_DATES:
                return len(path) == 2 and visible(f"roles.{path[1]}")
            return path[1:] in (("role",), ("roleType",), ("org", "sourcedId"))
        case Shape.OBJECTIVES | Shape.OPAQUE:
            return False
        case _:
            return len(path) == 1


def _fields(text: str | None, *, kind: Kind, visible: Visible) -> FieldChoice:
    if text is None:
        return FieldChoice(None)
    if len(text) > MAX_FIELDS_LENGTH:
        raise _bad_selection("fields_length", "The list of fields is too long.")
    allowed: set[str] = set()
    withheld: list[str] = []
    for name in (part.strip() for part in text.split(",")):
        line = WIRE_FIELDS[kind].get(name)
        if line is None:
            raise _bad_selection("unknown_field", "fields names something that the standard does not have.")
        if line.treatment is Treatment.STRUCTURAL or (
            line.treatment is not Treatment.WITHHELD and visible(name)
        ):
            allowed.add(name)
        elif name not in withheld:
            withheld.append(name)
    return FieldChoice(frozenset(allowed), tuple(withheld))
