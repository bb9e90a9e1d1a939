from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.strict_json import MAX_DEPTH, NotStrictJson, loads


def refusal(content: bytes) -> str:
    with pytest.raises(NotStrictJson) as refused:
        loads(content, max_bytes=1_000_000)
    return refused.value.reason


@pytest.mark.parametrize("start", ["[", '{"a":', '[{"a":'])
def test_deepest_allowed_nesting_is_read_and_one_deeper_is_refused(start: str) -> None:
    levels = MAX_DEPTH // len(start.replace('"a":', ""))
    end = start.replace('"a":', "")[::-1].translate({ord("["): "]", ord("{"): "}"})
    loads((start * levels + "1" + end * levels).encode(), max_bytes=1_000_000)
    assert refusal(f"[{start * levels}1{end * levels}]".encode()) == "too_deep"


@pytest.mark.parametrize(
    "text", ["[" * 100, "]" * 100, '\\"' + "[" * 50, "\\\\" + '"' + "[" * 40, "\\", "{\n" * 60]
)
def test_bracket_inside_a_text_does_not_count(text: str) -> None:
    document = [[text], {text: "[" * 90}]
    assert loads(json.dumps(document).encode(), max_bytes=1_000_000) == document


@pytest.mark.parametrize("closing", ['"]]]]]]]]"', '"\\\\"', '"\\"]"'])
def test_text_with_closing_brackets_hides_no_depth(closing: str) -> None:
    """Attack: brackets in texts that a careless count takes off."""
    content = f"{closing},[" * 40 + "1" + "]" * 40
    assert refusal(f"[{content}]".encode()) == "too_deep"


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"a":' * 100_000, b'["' + b"[" * 100, b'"\\'])
def test_broken_nesting_is_refused_and_does_not_crash(content: bytes) -> None:
    assert refusal(content) in ("too_deep", "not_json")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(alphabet='[]{}"\\a\né', max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('[{"\\x', max_size=3), inner, max_size=3)
    ),
    max_leaves=60,
)


def depth(document: object) -> int:
    members = (
        document.values() if isinstance(document, dict) else document if isinstance(document, list) else None
    )
    return 0 if members is None else 1 + max(map(depth, members), default=0)


@given(json_values, st.integers(0, 40), st.booleans())
def test_exactly_what_is_deeper_is_refused(inner: object, wraps: int, escaped: bool) -> None:
    document = inner
    for _ in range(wraps):
        document = [document]
    content = json.dumps(document, ensure_ascii=escaped).encode()
    if depth(document) > MAX_DEPTH:
        assert refusal(content) == "too_deep"
    else:
        assert loads(content, max_bytes=1_000_000) == document
