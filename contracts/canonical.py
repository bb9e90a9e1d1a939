"""One byte form for a record, so that a digest means one record and one record has one digest.

Rules, for ever: JSON, UTF-8, keys sorted, no spaces; a field that equals its default is left out, so that a
field added later does not change the digest of records registered before; sets are sorted; dates as ISO
text. Reading needs only the dataclass: no validation library on this path.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import types
import typing
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, cast

T = TypeVar("T")


class NotCanonical(ValueError):
    """Stored bytes do not hold the record that is asked for."""


def named(wire: str) -> dict[str, str]:
    """Field metadata: the name in the document where Python does not allow it (`from`)."""
    return {"wire": wire}


def _wire(field: dataclasses.Field[Any]) -> str:
    return str(field.metadata.get("wire", field.name))


def to_plain(value: object) -> Any:
    """A record as JSON types."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            _wire(field): to_plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.default is dataclasses.MISSING or getattr(value, field.name) != field.default
        }
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(to_plain(member) for member in value)
    if isinstance(value, tuple):
        return [to_plain(member) for member in value]
    return value


def to_bytes(value: object) -> bytes:
    """The canonical bytes of a record."""
    text = json.dumps(
        to_plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    return text.encode()


def digest(content: bytes) -> str:
    """SHA-256 of canonical bytes, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def from_bytes(expected: type[T], content: bytes) -> T:
    """Read a record back.

    Raises:
        NotCanonical: when a field is missing, unknown or of another type.
    """
    try:
        plain = json.loads(content)
    except ValueError:
        raise NotCanonical("not JSON") from None
    return from_plain(expected, plain)


def from_plain(expected: type[T], plain: object) -> T:
    """Build a record from JSON types; strict about types and names."""
    return cast(T, _read(expected, plain, expected.__name__))


@cache
def _hints(record: type) -> dict[str, Any]:
    return typing.get_type_hints(record)


def _read(expected: Any, plain: object, where: str) -> object:
    origin = typing.get_origin(expected)
    if origin in (types.UnionType, typing.Union):
        return _read_optional(expected, plain, where)
    if origin in (tuple, frozenset):
        if not isinstance(plain, list):
            raise NotCanonical(f"{where}: a list is expected")
        member = typing.get_args(expected)[0]
        return origin(_read(member, value, f"{where}[{index}]") for index, value in enumerate(plain))
    if dataclasses.is_dataclass(expected):
        return _read_record(cast(type, expected), plain, where)
    if not isinstance(expected, type):
        raise TypeError(f"{where}: no rule to read {expected}")
    return _read_scalar(expected, plain, where)


def _read_optional(expected: Any, plain: object, where: str) -> object:
    if plain is None:
        return None
    (member,) = (arg for arg in typing.get_args(expected) if arg is not types.NoneType)
    return _read(member, plain, where)


def _read_scalar(expected: type, plain: object, where: str) -> object:
    try:
        if issubclass(expected, StrEnum) and isinstance(plain, str):
            return expected(plain)
        if expected is date and isinstance(plain, str):
            return date.fromisoformat(plain)
    except ValueError:
        raise NotCanonical(f"{where}: not a {expected.__name__}") from None
    # `type(...) is`: a bool is an int to isinstance.
    if type(plain) is expected:
        return plain
    raise NotCanonical(f"{where}: not a {expected.__name__}")


def _read_record(record: type, plain: object, where: str) -> object:
    if not isinstance(plain, Mapping):
        raise NotCanonical(f"{where}: an object is expected")
    hints = _hints(record)
    values: dict[str, object] = {}
    known = set()
    for field in dataclasses.fields(record):
        wire = _wire(field)
        known.add(wire)
        if wire in plain:
            values[field.name] = _read(hints[field.name], plain[wire], f"{where}.{wire}")
        elif field.default is dataclasses.MISSING:
            raise NotCanonical(f"{where}.{wire} is missing")
    if unknown := sorted(map(str, plain.keys() - known)):
        raise NotCanonical(f"{where}: unknown {unknown[0]}")
    return cast(object, record(**values))
