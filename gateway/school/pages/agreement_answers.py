"""From a sent form to a draft's record and back: names of fields are places of the record.

What cannot be read stays in the draft as it was typed, so that it is shown again beside its fault. The order of a list
that is ticked is kept from the draft: opening a record in the form and sending it changes no byte of it.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from gateway.school.agreeing.drafts import at, put
from gateway.school.pages.agreement_questions import (
    LINE_QUESTIONS,
    PRODUCT_SECTIONS,
    PRODUCT_SECTIONS_AFTER,
    SECTIONS,
    THIRD_QUESTIONS,
    TRANSFER_QUESTIONS,
    Question,
    Widget,
)

_SPLIT: Final = re.compile(r"[\s,;]+")
_WORDS: Final = frozenset({"controller.brins", "purposes", "scope.schools", "storage_countries"})
"""Lists whose members hold no space: one may type them in one line."""
_PARTS: Final = ("controller", "processor", "term", "security.biv")
"""Parts that must be there, so that a fault names the place that is missing and not the whole part."""
_PARTS_OF_PROCESSOR: Final = (
    "art28.a_instructions", "art28.b_confidentiality", "art28.c_security", "art28.d_subprocessors", "art28.e_rights",
    "art28.f_assistance", "art28.g_end", "art28.h_audit", "breach",
)  # fmt: skip
_PRODUCT_PARTS: Final = ("scope", "identifier", "retention")
ROWS: Final[Mapping[str, Sequence[Question]]] = {
    "data": LINE_QUESTIONS,
    "transfers": TRANSFER_QUESTIONS,
    "subprocessors": THIRD_QUESTIONS,
}
"""Lists of a product whose members are asked row by row."""

Sent = Callable[[str], list[str]]
"""All values that were sent under a name; empty when none was."""


def read(sent: Sent, names: Iterable[str], before: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a sent form.

    Args:
        names: every name that was sent.
        before: the draft's record, for parts that were not on the page and for the order of lists.
    """
    known = set(names)
    record: dict[str, Any] = copy.deepcopy(dict(before))
    record["schema_version"] = "1"
    for section in SECTIONS:
        _answers(section.questions, "", sent, known, record)
    processor = record.get("role") in ("processor", None)
    for part in (*_PARTS, *(_PARTS_OF_PROCESSOR if processor else ("sharing",))):
        if at(record, part) is None:
            put(record, part, {})
    if record.get("document") in ({}, {"deviations": []}):
        del record["document"]
    record["term"].setdefault("until", None)
    if (record.get("breach") or {}).get("notify") == {}:
        del record["breach"]["notify"]
    record["products"] = [
        _product(sent, known, f"products[{index}]", at(before, f"products[{index}]") or {})
        for index in _indexes(known, "products")
    ]
    return record


def _indexes(names: set[str], rows: str) -> list[int]:
    pattern = re.compile(re.escape(rows) + r"\[(\d{1,4})\]\.")
    return sorted({int(found[1]) for name in names if (found := pattern.match(name))})


def _product(sent: Sent, known: set[str], path: str, before: Mapping[str, Any]) -> dict[str, Any]:
    product: dict[str, Any] = copy.deepcopy(dict(before))
    for section in (*PRODUCT_SECTIONS, *PRODUCT_SECTIONS_AFTER):
        _answers(section.questions, path, sent, known, product)
    for part in _PRODUCT_PARTS:
        product.setdefault(part, {})
    product["scope"].setdefault("schools", None)
    product.setdefault("services", [])
    for part in ("bijsluiter", "dpia"):
        if not product.get(part):
            product.pop(part, None)
    for rows, questions in ROWS.items():
        product[rows] = [
            _row(sent, known, f"{path}.{rows}[{index}]", questions, at(before, f"{rows}[{index}]") or {})
            for index in _indexes(known, f"{path}.{rows}")
        ]
    return product


def _row(
    sent: Sent, known: set[str], path: str, questions: Sequence[Question], before: Mapping[str, Any]
) -> dict[str, Any]:
    row: dict[str, Any] = copy.deepcopy(dict(before))
    _answers(questions, path, sent, known, row)
    if questions is LINE_QUESTIONS:
        row["fields"] = ticked(sent(f"{path}.fields"), before.get("fields") or [])
    return row


def _answers(
    questions: Sequence[Question], path: str, sent: Sent, known: set[str], into: dict[str, Any]
) -> None:
    for question in questions:
        name = f"{path}.{question.path}" if path else question.path
        if question.widget is Widget.CHOICES:
            # Nothing ticked sends nothing: a hidden field tells that it was on the page.
            if f"{name}.asked" not in known:
                continue
            value: Any = ticked(sent(name), at(into, question.path) or []) or None
        elif name not in known:
            continue
        else:
            value = _value(question, sent(name)[0])
        if value is not None:
            put(into, question.path, value)
        else:
            _take_out(into, question.path)


def _take_out(record: dict[str, Any], path: str) -> None:
    *parts, last = path.split(".")
    place: Any = record
    for part in parts:
        place = place.get(part)
        if not isinstance(place, dict):
            return
    place.pop(last, None)


def _value(question: Question, text: str) -> Any:
    if question.widget is Widget.LINES:
        lines = text.splitlines() if question.path not in _WORDS else _SPLIT.split(text)
        return [line.strip() for line in lines if line.strip()] or None
    text = text.strip()
    if question.widget is Widget.NUMBER and re.fullmatch(r"[0-9]{1,9}", text):
        return int(text)
    return text or None


def ticked(sent: list[str], before: Sequence[Any]) -> list[str]:
    """What is ticked: what stood there keeps its order, what is new comes behind."""
    kept = [each for each in before if each in sent]
    return [*kept, *(each for each in dict.fromkeys(sent) if each not in kept)]


def shown(value: Any) -> str:
    """A value as it stands in its field."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(str(each) for each in value)
    return str(value)


def fitting(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record as it is read: without the parts of another role (which stay in the draft, should the role change
    back) and without empty lists that a file would leave out as well.
    """
    taken = copy.deepcopy(dict(record))
    for part in ("sharing",) if taken.get("role") in ("processor", None) else ("art28", "breach"):
        taken.pop(part, None)
    for product in taken.get("products", []):
        for rows in ("transfers", "subprocessors"):
            if not product.get(rows):
                product.pop(rows, None)
    return taken
