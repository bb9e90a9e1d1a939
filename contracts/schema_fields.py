"""What schemas of our documents are made of: one-line text, words of closed lists, days, numbers, lists, parts.

Every refusal carries its own code and remedy through the validation library (`FaultText`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Any, Final

from marshmallow import RAISE, Schema, ValidationError, fields

MAX_TEXT: Final = 2_000
MAX_LIST: Final = 1_000
_DAYS: Final = (date(1990, 1, 1), date(2199, 12, 31))
_CONTROL: Final = re.compile("[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class FaultText(str):
    """A message that carries its code and remedy through the validation library."""

    __slots__ = ("code", "remedy")
    code: str
    remedy: str


def _fault(code: str, message: str, remedy: str, valid: list[Any] | None = None) -> ValidationError:
    text = FaultText(message)
    text.code = code
    text.remedy = remedy
    return ValidationError(text, valid_data=valid)


class Text(fields.Field[str]):
    """Text of one line. A whole number is taken as the text it was written as (`kvk: 12345678`)."""

    def __init__(self, pattern: str | None = None, remedy: str = "Write text.", **settings: Any) -> None:
        super().__init__(**settings)
        self._pattern = None if pattern is None else re.compile(pattern)
        self._remedy = remedy

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise _fault("not_text", "Text is expected here.", self._remedy)
        if not value.strip() or value != value.strip():
            raise _fault("empty_text", "The text is empty or stands in spaces.", self._remedy)
        # Attack: control and direction characters make a clause or name read differently from what is stored.
        if len(value) > MAX_TEXT or _CONTROL.search(value):
            raise _fault("bad_text", "The text is too long or holds control characters.", self._remedy)
        if self._pattern is not None and not self._pattern.fullmatch(value):
            raise _fault("bad_form", "The text does not have the form that is needed here.", self._remedy)
        return value


class Word(fields.Field[str]):
    """One word of a closed list."""

    def __init__(self, words: type[StrEnum] | Iterable[str], **settings: Any) -> None:
        super().__init__(**settings)
        self._words = [str(word) for word in words]

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if isinstance(value, str) and value in self._words:
            return value
        remedy = f"Write one of: {', '.join(self._words)}."
        close = difflib.get_close_matches(value, self._words, n=1) if isinstance(value, str) else []
        if close:
            remedy = f"Did you mean {close[0]}? {remedy}"
        raise _fault("unknown_word", "This word is not in the list.", remedy)


class Day(fields.Field[str]):
    """A local day, `2026-09-01`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        # Only this form: Python also reads `20260901` and `2026-W36-2`, and a record has one form.
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            try:
                day = date.fromisoformat(value)
            except ValueError:
                day = None
            if day is not None and _DAYS[0] <= day <= _DAYS[1]:
                return value
        raise _fault("not_a_day", "A day is expected here.", "Write it as 2026-09-01.")


class Number(fields.Field[int]):
    """A whole number of a unit, within limits."""

    def __init__(self, least: int, most: int, unit: str, **settings: Any) -> None:
        super().__init__(**settings)
        self._least, self._most, self._unit = least, most, unit

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and self._least <= value <= self._most:
            return value
        raise _fault(
            "bad_number",
            f"A number of {self._unit} is expected here.",
            f"Write a whole number from {self._least} to {self._most}.",
        )


class Many(fields.List[Any]):
    """A list without doubles; may be empty only where said."""

    def __init__(self, inner: fields.Field[Any], *, empty: bool = False, **settings: Any) -> None:
        super().__init__(inner, **settings)
        self._empty = empty

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list) or len(value) > MAX_LIST:
            raise _fault(
                "not_a_list", "A list is expected here.", "Write [ ... ] or lines that start with '-'."
            )
        if not value and not self._empty:
            raise _fault("empty_list", "The list is empty.", "Name at least one.")
        members: list[Any] = super()._deserialize(value, attr, data, **kwargs)
        if len({repr(member) for member in members}) != len(members):
            raise _fault("twice", "The list names something twice.", "Keep one of them.", members)
        return members


class RecordPart(Schema):
    """Of all parts of the record: what is not known is a fault."""

    class Meta:
        unknown = RAISE


def part(schema: type[Schema], **settings: Any) -> fields.Nested:
    """A part that is an object."""
    return fields.Nested(schema, **settings)


def parts(schema: type[Schema], *, empty: bool = False, **settings: Any) -> Many:
    """A list of objects."""
    return Many(fields.Nested(schema), empty=empty, **settings)


def text(pattern: str | None = None, remedy: str = "Write text.", *, optional: bool = False) -> Text:
    """Text of one line, of a form where a pattern is given."""
    return Text(pattern, remedy, required=not optional, allow_none=optional)


def day(*, optional: bool = False) -> Day:
    """A local day."""
    return Day(required=not optional, allow_none=optional)


def number(least: int, most: int, unit: str, *, optional: bool = False) -> Number:
    """A whole number of a unit, within limits."""
    return Number(least, most, unit, required=not optional, allow_none=optional)


def word(words: type[StrEnum] | Iterable[str], *, optional: bool = False) -> Word:
    """One word of a closed list."""
    return Word(words, required=not optional, allow_none=optional)


KVK: Final = (r"\d{8}", "Write the eight digits of the Chamber of Commerce number, in quotes.")
SHA: Final = (r"[0-9a-f]{64}", "Write the SHA-256 of the file as 64 hexadecimal characters in lower case.")
COUNTRY: Final = (r"[A-Z]{2}", "Write the two capital letters of ISO 3166, such as NL.")
BRIN: Final = (r"\d\d[A-Z]{2}(\d\d)?", "Write a BRIN (99ZZ) or a BRIN with location (99ZZ01).")
SLUG: Final = (r"[a-z0-9][a-z0-9-]{0,62}", "Write lower-case letters, digits and hyphens.")
NUMBER_OF_AGREEMENT: Final = (
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}",
    "Write letters, digits, '.', '_' and '-', such as VO-2026-014.",
)
CODE: Final = (r"[a-z0-9][a-z0-9_.-]{0,99}", "Write a code such as leerresultaten_terug.")
