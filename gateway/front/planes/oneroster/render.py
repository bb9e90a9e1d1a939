"""From a held record to what OneRoster 1.2 puts on the wire. Pure: no database, no network, no clock.

The answer is built new, field by field, from the table in `fields.py`; nothing is copied because it happens
to be in a body. A value that has not the shape of its field stays behind, so that a body which went wrong on
the school's side can leave a gap here, but never a surprise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Protocol

from gateway.front.planes.oneroster.fields import (
    OWN_ID,
    PLURAL,
    REFERENCE_TARGETS,
    ROLE_DATES,
    SINGULAR,
    WIRE_FIELDS,
    WITHDRAWN,
    Shape,
    Treatment,
    WireField,
)
from gateway.front.planes.oneroster.objectives import is_number, is_text, rebuilt
from gateway.front.planes.oneroster.routes import GRADEBOOK_PATH, ROSTERING_PATH
from gateway.holdings.selection import HeldRecord
from gateway.roster.model import Kind

GRADEBOOK_KINDS: Final = frozenset({Kind.CATEGORY, Kind.LINE_ITEM, Kind.RESULT})


class Serves(Protocol):
    """Says whether the value that is held of a field may go under today's agreement."""

    def __call__(self, subject: str, name: str, *, stands_in: bool) -> bool: ...


_OMITTED: Final = object()
_OWN_COLUMNS: Final = frozenset({"sourcedId", "status", "dateLastModified"})
_TRUTHS: Final[Mapping[bool | str, str]] = {True: "true", False: "false", "true": "true", "false": "false"}


@dataclass(slots=True)
class Lens:
    """How the records of one request are shown."""

    kind: Kind
    public_url: str
    serves: Serves
    chosen: frozenset[str] | None = None
    """Names that the parameter `fields` asked for; None: all."""
    _shown: dict[tuple[bool, str], tuple[tuple[WireField, bool], ...]] = field(default_factory=dict)
    _starts: dict[Kind, str] = field(default_factory=dict)

    def record(self, held: HeldRecord) -> dict[str, object]:
        """One record on the wire."""
        shown: dict[str, object] = {}
        for line, may in self._lines(held):
            value = self._value(held, line) if may else _OMITTED
            if value is _OMITTED:
                value = self._stand_in(held, line)
            if value is not _OMITTED:
                shown[line.name] = value
        return shown

    def _lines(self, held: HeldRecord) -> tuple[tuple[WireField, bool], ...]:
        # One decision per subject and request, not per record. What a vendor made itself it may read back.
        key = (held.active, "\0made" if held.vendor_made else held.subject)
        lines = self._shown.get(key)
        if lines is None:
            decided = [
                (line, self._may(held, line))
                for line in WIRE_FIELDS[self.kind].values()
                if self.chosen is None or line.name in self.chosen
            ]
            lines = tuple(
                (line, may) for line, may in decided if may or self._stand_in(held, line) is not _OMITTED
            )
            self._shown[key] = lines
        return lines

    def _may(self, held: HeldRecord, line: WireField) -> bool:
        if line.treatment is Treatment.WITHHELD:
            return False
        if line.treatment is Treatment.STRUCTURAL or held.vendor_made:
            return True
        return self.serves(held.subject, line.name, stands_in=line.treatment is Treatment.PLACEHOLDER)

    def _value(self, held: HeldRecord, line: WireField) -> object:
        if line.name in _OWN_COLUMNS:
            # Never from a body, whatever it holds.
            return self._own_column(held, line.name)
        value = held.body.get(line.name, _OMITTED)
        if value is _OMITTED:
            return _OMITTED
        match line.shape:
            case Shape.TEXT | Shape.DATE | Shape.DATE_TIME:
                return value if is_text(value) else _OMITTED
            case Shape.TRUTH:
                return _TRUTHS.get(value, _OMITTED) if isinstance(value, bool | str) else _OMITTED
            case Shape.REFERENCE:
                return self._reference(line, value)
            case Shape.REFERENCES:
                return self._references(line, value)
            case Shape.ROLES:
                return self._roles(held, value)
            case Shape.TEXTS:
                fits = isinstance(value, list) and all(isinstance(each, str) for each in value)
                return value if fits else _OMITTED
            case Shape.NUMBER:
                return value if is_number(value) else _OMITTED
            case Shape.OBJECTIVES:
                sets = rebuilt(self.kind, value)
                return _OMITTED if sets is None else sets
            case Shape.OPAQUE:
                return _OMITTED

    def _own_column(self, held: HeldRecord, name: str) -> object:
        match name:
            case "sourcedId":
                return held.id
            case "status":
                return "active" if held.active else "tobedeleted"
            case _:
                return wire_time(held.stamp_ms)

    def _stand_in(self, held: HeldRecord, line: WireField) -> object:
        """What keeps the answer valid where a value is missing or may not go."""
        if line.treatment is Treatment.PLACEHOLDER:
            return held.id if line.placeholder == OWN_ID else line.placeholder
        if held.active or not line.required:
            return _OMITTED
        # A tombstone tells nothing any more; where the standard requires a reference it names itself.
        match line.shape:
            case Shape.REFERENCE:
                return self._reference(line, held.id)
            case Shape.REFERENCES:
                return self._references(line, [held.id])
            case Shape.ROLES:
                return [{"roleType": "primary", "role": WITHDRAWN, "org": self._to(Kind.ORG, held.id)}]
            case _:
                return line.placeholder if line.placeholder is not None else _OMITTED

    def _reference(self, line: WireField, value: object) -> object:
        return (
            self._to(REFERENCE_TARGETS[self.kind][line.name], value) if isinstance(value, str) else _OMITTED
        )

    def _references(self, line: WireField, value: object) -> object:
        if not isinstance(value, list):
            return _OMITTED
        target = REFERENCE_TARGETS[self.kind][line.name]
        return [self._to(target, each) for each in value if isinstance(each, str)]

    def _to(self, target: Kind, id: str) -> dict[str, str]:
        start = self._starts.get(target)
        if start is None:
            path = GRADEBOOK_PATH if target in GRADEBOOK_KINDS else ROSTERING_PATH
            start = self._starts[target] = f"{self.public_url}{path}/{PLURAL[target]}/"
        return {"href": start + id, "sourcedId": id, "type": SINGULAR[target]}

    def _roles(self, held: HeldRecord, value: object) -> object:
        if not isinstance(value, list):
            return _OMITTED
        roles: list[dict[str, object]] = []
        for given in value:
            if not isinstance(given, Mapping):
                continue
            kind, role, org = given.get("roleType"), given.get("role"), given.get("org")
            if not (isinstance(kind, str) and isinstance(role, str) and isinstance(org, str)):
                continue
            shown: dict[str, object] = {"roleType": kind, "role": role, "org": self._to(Kind.ORG, org)}
            for name in ROLE_DATES:
                if isinstance(given.get(name), str) and self.serves(
                    held.subject, f"roles.{name}", stands_in=False
                ):
                    shown[name] = given[name]
            roles.append(shown)
        return roles


@lru_cache(maxsize=4_096)
def wire_time(stamp_ms: int) -> str:
    """Milliseconds UTC as the standard writes a moment: `2026-09-01T12:34:56.789Z`."""
    seconds, milliseconds = divmod(stamp_ms, 1_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{milliseconds:03d}Z"
