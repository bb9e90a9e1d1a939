"""What a vendor returns by PUT, read into a neutral body. Pure: whether ids were issued is asked by the
caller.

Liberal where real platforms are (a reference without `href`, a moment where a day is asked, a score above the
maximum, a boolean instead of "true"), strict where it matters: one record, one id, known fields, bare
references.

Ordered rules:
1. strict JSON, one member with the kind's name, its `sourcedId` absent or equal to the path's (attack: two
   ids, one checked and one stored);
2. a field that the agreement does not list for the way back is dropped and named; so is one that never
   travels; what the standard requires of the kind goes with it, because no school system takes the record
   without;
3. a value of another shape is refused, and the error names the field, never the value.

Source: OneRoster 1.2 gradebook binding; docs/decisions/0016.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from contracts.instants import from_ms, local_day
from gateway import strict_json
from gateway.errors import CallerError
from gateway.front.planes.oneroster.fields import (
    REFERENCE_TARGETS,
    SINGULAR,
    WIRE_FIELDS,
    Shape,
    Treatment,
    WireField,
)
from gateway.front.planes.oneroster.objectives import is_number, is_text, rebuilt
from gateway.front.planes.oneroster.query import milliseconds
from gateway.roster.model import Kind
from gateway.strict_json import NumberText

Returnable = Callable[[str], bool]
"""Says of a field whether the agreement lists it for the way back."""

MAX_TEXT_LENGTH: Final = 10_000
MAX_ID_LENGTH: Final = 255
_ID: Final = re.compile(r"[\x21-\x7e]{1,255}\Z")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?\Z")
_MAX_NUMBER_LENGTH: Final = 64
_SCORE_STATUS: Final = re.compile(
    r"(?:exempt|fully graded|not submitted|partially graded|submitted|ext:[A-Za-z0-9._-]+)\Z"
)
_NEEDED: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.CATEGORY: (),
    # A school is completed from the class.
    Kind.LINE_ITEM: ("class", "category"),
    Kind.RESULT: ("lineItem", "student"),
}


@dataclass(frozen=True, slots=True)
class Incoming:
    """One returned record, as it is stored and sealed: references as bare ids."""

    body: dict[str, object] = field(repr=False)
    references: Mapping[str, str] = field(repr=False)
    """By field; the kinds are in `REFERENCE_TARGETS`."""
    dropped: tuple[str, ...]
    """Names of the table that were given and do not travel; `other` for names that the standard does not
    have."""
    changed_at_ms: int | None


def _invalid(code: str, message: str) -> CallerError:
    return CallerError(message, code=code, status=422)


def may_be_minted(identifier: str) -> bool:
    """Whether an id of the path has a form that the standard and every school system can carry.

    Not `.` or `..`: what lies between may take an address that ends in one for another address.
    """
    return _ID.match(identifier) is not None and identifier not in (".", "..")


def read_body(
    content: bytes, *, kind: Kind, identifier: str, max_bytes: int, returnable: Returnable
) -> Incoming:
    """Read the body of a PUT.

    Raises:
        CallerError: 422 for everything that is not a record of this kind, 413 for a body above `max_bytes`.
    """
    given = _record(content, kind=kind, max_bytes=max_bytes)
    if given.get("sourcedId", identifier) != identifier:
        raise _invalid("two_ids", "The sourcedId of the body is not the one of the path.")
    if given.get("status", "active") != "active":
        raise _invalid("status", "A record is removed with DELETE.")
    body: dict[str, object] = {}
    references: dict[str, str] = {}
    dropped: list[str] = []
    for name, value in given.items():
        line = WIRE_FIELDS[kind].get(name)
        if name in ("sourcedId", "status", "dateLastModified") or value is None:
            continue
        if line is None:
            dropped.append("other")
        elif not _travels(line, returnable):
            dropped.append(name)
        elif line.shape is Shape.REFERENCE:
            body[name] = references[name] = _reference(name, value)
        else:
            body[name] = _value(kind, line, value)
    for name in _NEEDED[kind]:
        if name not in references:
            raise _invalid("reference_missing", f"The standard requires {name}.")
    return Incoming(body, references, tuple(dict.fromkeys(dropped)), _changed(given.get("dateLastModified")))


def _record(content: bytes, *, kind: Kind, max_bytes: int) -> dict[str, object]:
    try:
        document = strict_json.loads(content, max_bytes=max_bytes)
    except strict_json.NotStrictJson as refused:
        if refused.reason == "too_large":
            raise CallerError("The body is too large.", code="body_size", status=413) from None
        raise _invalid(f"json_{refused.reason}", "The body is not acceptable as JSON.") from None
    wrapped = document.get(SINGULAR[kind]) if isinstance(document, dict) else None
    if not isinstance(wrapped, dict) or len(document) != 1:  # type: ignore[arg-type]
        raise _invalid("record_missing", f"The body holds one member, {SINGULAR[kind]}, with the record.")
    return wrapped


def _travels(line: WireField, returnable: Returnable) -> bool:
    if line.treatment is Treatment.STRUCTURAL:
        return True
    return line.treatment is not Treatment.WITHHELD and returnable(line.name)


def _reference(name: str, value: object) -> str:
    identifier = value.get("sourcedId") if isinstance(value, Mapping) else None
    if not isinstance(identifier, str) or not may_be_minted(identifier):
        raise _invalid("reference_shape", f"{name} is a reference with a sourcedId.")
    return identifier


def _value(kind: Kind, line: WireField, value: object) -> object:
    shaped = _shaped(kind, line, value)
    if shaped is None:
        raise _invalid("field_shape", f"{line.name} has not the shape that the standard gives it.")
    return shaped


def _shaped(kind: Kind, line: WireField, value: object) -> object | None:
    match line.shape:
        case Shape.TEXT:
            # No system keeps a NUL: what it would make of the rest of the text is anybody's guess.
            if not is_text(value) or len(str(value)) > MAX_TEXT_LENGTH or "\0" in str(value):
                return None
            return value if line.name != "scoreStatus" or _SCORE_STATUS.match(str(value)) else None
        case Shape.DATE:
            return _day(value) if isinstance(value, str) else None
        case Shape.DATE_TIME:
            if not isinstance(value, str) or not _is_moment(value):
                return None
            return f"{value}T00:00:00Z" if len(value) == 10 else value
        case Shape.TRUTH:
            if isinstance(value, bool):
                return "true" if value else "false"
            return value if value in ("true", "false") else None
        case Shape.NUMBER:
            if is_number(value):
                return value
            return NumberText(value) if isinstance(value, str) and _is_number_text(value) else None
        case Shape.OBJECTIVES:
            return rebuilt(kind, value)
        case _:
            return None


def _is_number_text(text: str) -> bool:
    # Attack: digits of another script, or a thousand of them. As a number in JSON nobody could read it back.
    return len(text) <= _MAX_NUMBER_LENGTH and _NUMBER.match(text) is not None


def _day(text: str) -> str | None:
    # Platforms send a moment where the standard asks for a day: the school's day, not that of UTC.
    if not _is_moment(text):
        return None
    return text if len(text) == 10 else local_day(from_ms(milliseconds(text))).isoformat()


def _is_moment(text: str) -> bool:
    try:
        milliseconds(text)
    except CallerError:
        return False
    return True


def _changed(value: object) -> int | None:
    if not isinstance(value, str):
        return None
    try:
        return milliseconds(value)
    except CallerError:
        return None


def targets(kind: Kind, references: Mapping[str, str]) -> dict[Kind, list[str]]:
    """The ids that a record refers to, by the kind that they must be of."""
    found: dict[Kind, list[str]] = {}
    for name, identifier in references.items():
        found.setdefault(REFERENCE_TARGETS[kind][name], []).append(identifier)
    return found
