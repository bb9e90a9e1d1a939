"""From text to plain values: JSON or YAML, strictly.

Somebody else wrote the file. Refused: more than `MAX_BYTES`, text that is not UTF-8, duplicate keys
(attack: two `form`s, one read by a person and one by the program), anchors and aliases (attack: a small
file that unfolds to gigabytes), tags, deep nesting, several documents in one file, NaN and fractions.

YAML words keep their text: `NO` is Norway and not "false", `01234567` is a KvK number and not octal,
`2026-09-01` is checked later like every other date. Only null, true, false and whole numbers are more than
text.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import yaml

from contracts.faults import DocumentRefused, Fault

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 20
MAX_VALUES: Final = 20_000
"""A record of one product has about 300 values; reading must end in seconds whatever somebody sends."""
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def parse(content: str | bytes, *, name: str = "") -> object:
    """The plain values of a document.

    Args:
        name: file name; its ending tells the form. Without a known ending the first character does.

    Raises:
        DocumentRefused: with one fault; a text that cannot be read has no paths.
    """
    text = _text(content)
    ending = name.lower().rsplit(".", 1)[-1]
    if ending == "json" or (ending not in ("yaml", "yml") and text.lstrip().startswith("{")):
        return _json(text)
    return _yaml(text)


def _refuse(code: str, message: str, remedy: str) -> DocumentRefused:
    return DocumentRefused([Fault(path="", message=message, remedy=remedy, code=code)])


def _text(content: str | bytes) -> str:
    try:
        encoded = content.encode() if isinstance(content, str) else content
        if len(encoded) > MAX_BYTES:
            raise _refuse(
                "too_large", "The document is larger than 1 MiB.", "Give the record, not the paper."
            )
        return encoded.decode("utf-8-sig")
    except UnicodeError:
        raise _refuse("not_utf8", "The document is not UTF-8 text.", "Save it as UTF-8.") from None


def _json(text: str) -> object:
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(text)
    try:
        document: object = json.loads(
            text, object_pairs_hook=_members, parse_constant=_no_constant, parse_float=_no_fraction
        )
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise _refuse("not_json", f"The document is not JSON{where}.", "Mend the text there.") from None
    if "\\u" in text:
        _refuse_surrogates(document)
    if _count(document) > MAX_VALUES:
        raise _too_many()
    return document


def _count(document: object) -> int:
    count, waiting = 0, [document]
    while waiting:
        value = waiting.pop()
        count += 1
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return count


def _too_many() -> DocumentRefused:
    return _refuse("too_large", "The document holds too many values.", "Register the products apart.")


_BRACKETS: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def _check_depth(text: str) -> None:
    depth = 0
    for token in _BRACKETS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token.group(), 0)
        if depth > MAX_DEPTH:
            raise _refuse("too_deep", "The document is nested too deeply.", "Follow the example record.")


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _duplicate(next(key for key in keys if keys.count(key) > 1))
    return members


def _duplicate(key: object) -> DocumentRefused:
    return _refuse("duplicate_key", f"The key {str(key)[:60]!r} stands twice.", "Keep one of the two.")


def _no_constant(_: str) -> object:
    raise _refuse("not_a_number", "NaN and Infinity are no numbers.", "Write a number.")


def _no_fraction(text: str) -> object:
    # The record has no fractions; kept as text, so that the fault gets a path (and `version: 4.0` stays 4.0).
    return text


class _Loader(yaml.SafeLoader):
    """YAML without what makes it dangerous; see the module's docstring."""

    yaml_implicit_resolvers: Any = {}  # noqa: RUF012 (the library's own shape)
    depth = 0
    values = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise _refuse("yaml_alias", "The document uses a YAML alias.", "Write the text out.")
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "anchor", None) is not None:
            raise _refuse("yaml_alias", "The document uses a YAML anchor.", "Write the text out.")
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            raise _refuse(
                "yaml_tag", "The document uses a YAML tag.", "Remove the word that starts with '!'."
            )
        self.values += 1
        if self.values > 2 * MAX_VALUES:
            # Keys count here as well.
            raise _too_many()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _refuse("too_deep", "The document is nested too deeply.", "Follow the example record.")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys: set[str] = set()
        for key_node, _ in node.value:
            # Never "merge" (<<): it would bring members in that nobody reads in this place.
            if not isinstance(key_node, yaml.ScalarNode):
                raise _refuse("not_yaml", "A key is not a word.", "Follow the example record.")
            if key_node.value in keys:
                raise _duplicate(key_node.value)
            keys.add(key_node.value)
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}


for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:null", re.compile(r"(?:~|null|)\Z"), ["~", "n", ""]),
    ("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)\Z"), list("tf")),
    ("tag:yaml.org,2002:int", re.compile(r"(?:0|-?[1-9][0-9]{0,80})\Z"), list("-0123456789")),
):
    _Loader.add_implicit_resolver(_tag, _pattern, _first)


def _whole_number(loader: Any, node: Any) -> int:
    return int(loader.construct_scalar(node))


def _mapping(loader: Any, node: Any) -> dict[Any, Any]:
    mapping: dict[Any, Any] = loader.construct_mapping(node, deep=True)
    return mapping


_Loader.add_constructor("tag:yaml.org,2002:int", _whole_number)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def _yaml(text: str) -> object:
    try:
        loader = _Loader(text)
        try:
            document: object = loader.get_single_data()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" (line {mark.line + 1})" if mark else ""
        raise _refuse("not_yaml", f"The document is not YAML{where}.", "Mend the text there.") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise _refuse("not_yaml", "The document is not YAML.", "Follow the example record.") from None
    if "\\u" in text or "\\U" in text:
        _refuse_surrogates(document)
    return document


def _refuse_surrogates(document: object) -> None:
    if _SURROGATE.search(json.dumps(document, ensure_ascii=False)):
        raise _refuse("not_utf8", "The document holds half a character.", "Remove the escape.")
