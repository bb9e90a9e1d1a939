"""Large documents are read by another reader where that makes no difference: the same values, the same refusals."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import strict_json
from gateway.strict_json import MAX_DEPTH, NotStrictJson, loads

PADDING = "[" + ",".join("[]" for _ in range(MAX_DEPTH + 1)) + "]"
"""Brackets enough for a document to count as large."""

TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('":,\\[]{}e.1'), max_size=8)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | TEXTS | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


def outcome(content: bytes) -> object:
    try:
        return loads(content, max_bytes=1_000_000)
    except NotStrictJson as refused:
        return refused.reason


def both(content: bytes) -> tuple[object, object]:
    """What is said with the quick reader, and without."""
    with_it = outcome(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strict_json, "_read_quickly", lambda _: strict_json._NOT_SURE)
        return with_it, outcome(content)


@given(VALUES, st.sampled_from([{}, {"indent": 1}, {"ensure_ascii": False}, {"separators": (",", ":")}]))
def test_both_readers_say_the_same_of_documents(value: object, written: dict[str, Any]) -> None:
    quick, slow = both(f"[{PADDING},{json.dumps(value, **written)}]".encode())
    assert quick == slow
    assert repr(quick) == repr(slow)  # 1 and True, a number and its text


@given(st.binary(max_size=12), st.integers(min_value=0, max_value=60))
def test_both_readers_say_the_same_of_what_is_no_document(broken: bytes, at: int) -> None:
    whole = f'{{"a":{PADDING},"b":["x","y\\u00e9",null,true,{{"c":"d"}}]}}'.encode()
    place = len(whole) - at
    quick, slow = both(whole[:place] + broken + whole[place:])
    assert repr(quick) == repr(slow)


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ('{"sourcedId":"17","sourcedId":"18"}', "duplicate_key"),
        # Attack: the same key in another spelling.
        ('{"sourcedId":"17","sourced\\u0049d":"18"}', "duplicate_key"),
        # Attack: one member less by a double, one more by a colon in a text.
        ('{"a":"x","a":"y","b":":"}', "duplicate_key"),
        ('{"a":{"b":"x","b":"y"},"c":"\\":"}', "duplicate_key"),
        ('"\\ud800"', "lone_surrogate"),
        ("NaN", "not_a_number"),
        ("1e999", "number_too_large"),
        ("[" * MAX_DEPTH + "]" * MAX_DEPTH, "too_deep"),
    ],
)
def test_a_large_document_is_refused_as_a_small_one(inside: str, reason: str) -> None:
    assert outcome(f"[{PADDING},{inside}]".encode()) == reason


@pytest.mark.parametrize(
    "number",
    ["0", "-1", "999999999999999", "1000000000000000", "9007199254740993", "-0", "1e5", "7.50", "1E2"],
)
def test_a_number_is_read_as_in_a_small_document(number: str) -> None:
    small = loads(f"[{number}]".encode(), max_bytes=1_000)
    large = loads(f"[{PADDING},{number}]".encode(), max_bytes=1_000)
    assert isinstance(small, list)
    assert isinstance(large, list)
    assert (type(large[-1]), large[-1]) == (type(small[0]), small[0])


def test_a_page_of_records_is_read_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []
    parse = orjson.loads
    monkeypatch.setattr(orjson, "loads", lambda content: read.append(content) or parse(content))
    page = json.dumps(
        {"users": [{"sourcedId": str(n), "givenName": "Zoë", "number": n} for n in range(40)]}
    ).encode()
    assert loads(page, max_bytes=1_000_000) == json.loads(page)
    assert read == [page]
