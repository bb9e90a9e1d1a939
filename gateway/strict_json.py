"""One strict JSON reader for all that comes in, and the writer for all that goes out.

Refused: duplicate keys (attack: two `sourcedId`s, one checked and one forwarded), NaN and Infinity, lone
surrogates, nesting deeper than `MAX_DEPTH`, bodies above the caller's size limit, a byte order mark, anything that
is not UTF-8. A number that is not a plain integer keeps its text (`NumberText`): a grade of 7.50 must not become
7.5, nor 0.1 become 0.1000000000000000055. Source: RFC 8259, RFC 7493 (I-JSON).
"""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import Final

import orjson

MAX_DEPTH: Final = 32
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_INTEGER_LIMIT: Final = 2**53
_ESCAPE: Final = re.compile(rb"\\.", re.DOTALL)
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_STEPS: Final = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


class NotStrictJson(ValueError):
    """The text is refused. `reason` is one fixed word; no part of the text is quoted."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"not acceptable as JSON: {reason}")
        self.reason = reason


class NumberText(str):
    """A JSON number as it was written. Goes out again as a number, with the same text."""

    __slots__ = ()


def _constant(_: str) -> object:
    raise NotStrictJson("not_a_number")


def _float(text: str) -> object:
    if float(text) in (float("inf"), float("-inf")):
        raise NotStrictJson("number_too_large")
    return NumberText(text)


def _int(text: str) -> object:
    # "-0" and integers beyond 2**53 keep their text too: other readers would change them.
    if len(text) > 16 or text == "-0":
        if len(text) > 309:
            raise NotStrictJson("number_too_large")
        return NumberText(text)
    number = int(text)
    return number if -_INTEGER_LIMIT < number < _INTEGER_LIMIT else NumberText(text)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotStrictJson("duplicate_key")
    return members


def _outside_texts(content: bytes) -> bytes:
    # What stands between quotes is dropped, so that a bracket in a text does not count. In bytes and without a loop
    # over characters: for a page of records this was more than half of the reading.
    if b"\\" in content:
        content = _ESCAPE.sub(b"", content)
    return b"".join(content.split(b'"')[::2])


def _is_too_deep(outside: bytes) -> bool:
    brackets = outside.translate(None, _NO_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > MAX_DEPTH


_PLAIN: Final = b"[]{}:, \t\r\ntruefalsn-0123456789"
"""All that stands outside texts in a document with no number but integers."""
_KEEPS_TEXT: Final = re.compile(rb"-0|\de|\d{16}")
"""Numbers that keep their text, as `_int` and `_float` say, though they are written with these characters."""
_NOT_SURE: Final = object()


def _read_quickly(content: bytes) -> object:
    """The document, three times as fast, where that cannot make a difference; else `_NOT_SURE`.

    The quick reader is as strict about form, encoding and surrogates. It differs in two things: it keeps the last of
    two equal keys, and it makes a number of every number's text. So there must be no number but small integers, and as
    many members in what was read as there are in the text.
    """
    outside = _outside_texts(content)
    if outside.translate(None, _PLAIN) or _KEEPS_TEXT.search(outside) or _is_too_deep(outside):
        return _NOT_SURE
    try:
        document: object = orjson.loads(content)
    except orjson.JSONDecodeError:
        return _NOT_SURE
    again = orjson.dumps(document)
    if again != content and _outside_texts(again).count(b":") != outside.count(b":"):
        return _NOT_SURE
    return document


def loads(content: bytes, *, max_bytes: int) -> object:
    """Read JSON that someone else wrote.

    Raises:
        NotStrictJson: for every refusal named in the module's docstring, and for text that is not JSON.
    """
    if len(content) > max_bytes:
        raise NotStrictJson("too_large")
    # Attack: deep nesting exhausts the parser's stack; so depth is counted before parsing. A level opens with a
    # bracket, so a text with few brackets needs no count. Many brackets are many records, of which few hold a number.
    is_large = content.count(b"[") + content.count(b"{") > MAX_DEPTH
    if is_large and (quick := _read_quickly(content)) is not _NOT_SURE:
        return quick
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise NotStrictJson("not_utf8") from None
    if text.startswith("\ufeff"):
        raise NotStrictJson("byte_order_mark")
    if is_large and _is_too_deep(_outside_texts(content)):
        raise NotStrictJson("too_deep")
    try:
        document: object = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except NotStrictJson:
        raise
    except (ValueError, RecursionError):
        raise NotStrictJson("not_json") from None
    # Only an escape can bring a lone surrogate in: UTF-8 decoding has refused raw ones.
    if "\\u" in text and _holds_surrogate(document):
        raise NotStrictJson("lone_surrogate")
    return document


def _holds_surrogate(document: object) -> bool:
    if isinstance(document, str):
        return _SURROGATE.search(document) is not None
    if isinstance(document, dict):
        return any(
            _SURROGATE.search(key) is not None or _holds_surrogate(value) for key, value in document.items()
        )
    if isinstance(document, list):
        return any(_holds_surrogate(value) for value in document)
    return False


# Made once: making a decoder costs more than reading a record.
_OWN: Final = json.JSONDecoder(parse_float=NumberText, parse_int=_int)


def loads_own(content: bytes | str) -> object:
    """Read back what `dumps` wrote: no checks, numbers keep their text."""
    return _OWN.decode(content if isinstance(content, str) else content.decode())


def _default(value: object) -> object:
    if isinstance(value, NumberText):
        return orjson.Fragment(str.encode(value))
    raise TypeError("not a JSON value")


def dumps(document: object) -> bytes:
    """Write JSON as UTF-8 bytes without spaces; a `NumberText` goes out as the number it was."""
    return orjson.dumps(document, default=_default, option=orjson.OPT_PASSTHROUGH_SUBCLASS)
