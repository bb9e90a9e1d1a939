"""One strict reader for all that comes in, and numbers that keep their text."""

from __future__ import annotations

import pytest

from gateway.strict_json import NotStrictJson, NumberText, dumps, loads, loads_own
from tests.shared import shared_path

# Legal JSON, and refused on purpose: two members of one name are two records for two readers.
DUPLICATES = {"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"}


def accepts(content: bytes) -> bool:
    try:
        loads(content, max_bytes=10_000_000)
    except NotStrictJson:
        return False
    return True


def test_the_json_test_suite_is_accepted_and_refused_as_it_says() -> None:
    files = sorted(shared_path("corpora", "JSONTestSuite").glob("*.json"))
    assert len(files) == 318
    verdicts = {path.name: accepts(path.read_bytes()) for path in files}

    assert [name for name, good in verdicts.items() if name.startswith("n_") and good] == []
    refused = {name for name, good in verdicts.items() if name.startswith("y_") and not good}
    assert refused == DUPLICATES


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"sourcedId": "a", "sourcedId": "b"}', "duplicate_key"),
        (b'{"a": {"b": 1, "b": 2}}', "duplicate_key"),
        (b"[NaN]", "not_a_number"),
        (b"[-Infinity]", "not_a_number"),
        (b"[1e999]", "number_too_large"),
        (b'["\\ud800"]', "lone_surrogate"),
        (b'{"\\udc00": 1}', "lone_surrogate"),
        (b"[" * 33 + b"]" * 33, "too_deep"),
        (b"\xef\xbb\xbf[]", "byte_order_mark"),
        (b'["\xff"]', "not_utf8"),
        (b"[1,]", "not_json"),
        (b"", "not_json"),
        (b'"' + b"a" * 100 + b'"', "too_large"),
    ],
)
def test_what_is_refused_has_one_fixed_reason_and_quotes_nothing(content: bytes, reason: str) -> None:
    with pytest.raises(NotStrictJson) as refused:
        loads(content, max_bytes=100)
    assert refused.value.reason == reason
    assert str(refused.value) == f"not acceptable as JSON: {reason}"


@pytest.mark.parametrize(
    "text", ["7.50", "0.10", "1e2", "-0", "12345678901234567890", "0.1000000000000000055"]
)
def test_number_goes_out_with_the_text_it_came_with(text: str) -> None:
    content = b'{"score":' + text.encode() + b"}"
    read = loads(content, max_bytes=100)
    assert isinstance(read, dict)
    assert isinstance(read["score"], NumberText)
    assert dumps(read) == content
    assert dumps(loads_own(dumps(read))) == content


def test_plain_integer_is_a_number() -> None:
    assert loads(b"[7, -3, 0]", max_bytes=100) == [7, -3, 0]
