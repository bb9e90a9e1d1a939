"""What the form of a draft shows: every question with its value, its faults, and what filled it in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contracts.faults import Fault
from contracts.fields import KINDS, FieldNature
from gateway.school.agreeing.drafts import Draft, at
from gateway.school.pages.agreement_answers import ROWS, shown
from gateway.school.pages.agreement_questions import (
    PRODUCT_SECTIONS,
    PRODUCT_SECTIONS_AFTER,
    Question,
    Section,
    sections_of,
)

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class AskedField:
    """One question on the page."""

    id: str
    name: str
    question: Question
    value: str
    """As it was typed."""
    ticked: tuple[str, ...]
    faults: tuple[Fault, ...]
    filled_by: str
    """What filled it in and was not changed since; empty where somebody typed it."""


@dataclass(frozen=True, slots=True)
class AskedSection:
    key: str
    title: str
    fields: tuple[AskedField, ...]


@dataclass(frozen=True, slots=True)
class AskedRow:
    """A line of the data table, a sub-processor or a transfer."""

    path: str
    title: str
    """The letter of a line, the number of another row."""
    fields: tuple[AskedField, ...]
    words: str
    """The vendor's own words about it."""
    listed: tuple[str, ...]
    """The fields of a line."""
    faults: tuple[Fault, ...]
    """About its fields."""


@dataclass(frozen=True, slots=True)
class MatrixKind:
    """The fields of one kind of record, as rows of the matrix."""

    name: str
    fields: tuple[tuple[str, bool], ...]
    """Name, and whether it is special data."""
    ticked: int


@dataclass(frozen=True, slots=True)
class AskedProduct:
    path: str
    title: str
    before: tuple[AskedSection, ...]
    lines: tuple[AskedRow, ...]
    kinds: tuple[MatrixKind, ...]
    transfers: tuple[AskedRow, ...]
    thirds: tuple[AskedRow, ...]
    after: tuple[AskedSection, ...]


@dataclass(frozen=True, slots=True)
class AskedForm:
    sections: tuple[AskedSection, ...]
    products: tuple[AskedProduct, ...]
    summary: tuple[tuple[Fault, str, str], ...]
    """Every fault with the id and label of its field, in the order of the page; first those that belong to none."""
    unconfirmed: int
    """How many values are as they were filled in."""


def field_id(name: str) -> str:
    """The id of a field in the page."""
    return "f-" + re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")


def belongs(fault: Fault, name: str) -> bool:
    """Whether a fault is about a field: at its place, or at a member of its list."""
    return fault.path == name or fault.path.startswith(f"{name}[")


class _Asking:
    def __init__(self, draft: Draft, faults: Sequence[Fault]) -> None:
        self.draft = draft
        self.faults = faults
        self.places: dict[Fault, tuple[str, str]] = {}
        self.unconfirmed = 0

    def field(self, question: Question, path: str) -> AskedField:
        name = f"{path}.{question.path}" if path else question.path
        value = at(self.draft.record, name)
        mark = self.draft.filled.get(name)
        filled_by = mark[0] if mark is not None and mark[1] == value else ""
        self.unconfirmed += bool(filled_by)
        found = tuple(fault for fault in self.faults if belongs(fault, name))
        for fault in found:
            self.places.setdefault(fault, (field_id(name), str(question.label)))
        ticked = tuple(str(each) for each in value) if isinstance(value, list) else ()
        return AskedField(field_id(name), name, question, shown(value), ticked, found, filled_by)

    def sections(self, sections: Sequence[Section], path: str) -> tuple[AskedSection, ...]:
        return tuple(
            AskedSection(
                section.key,
                str(section.title),
                tuple(self.field(question, path) for question in section.questions),
            )
            for section in sections
        )

    def rows(self, product: str, rows: str) -> tuple[AskedRow, ...]:
        members = at(self.draft.record, f"{product}.{rows}") or []
        return tuple(self.row(f"{product}.{rows}[{index}]", rows, index) for index in range(len(members)))

    def row(self, path: str, rows: str, index: int) -> AskedRow:
        listed = at(self.draft.record, f"{path}.fields") or []
        found = tuple(fault for fault in self.faults if belongs(fault, f"{path}.fields"))
        for fault in found:
            self.places.setdefault(fault, (field_id(f"{path}.row"), fault.path))
        return AskedRow(
            path,
            LETTERS[index % len(LETTERS)] if rows == "data" else str(index + 1),
            tuple(self.field(question, path) for question in ROWS[rows]),
            self.draft.words.get(path, ""),
            tuple(str(each) for each in listed),
            found,
        )


def asked(draft: Draft, faults: Sequence[Fault]) -> AskedForm:
    """The page of a draft."""
    asking = _Asking(draft, faults)
    sections = asking.sections(sections_of(draft.record.get("role")), "")
    products = tuple(
        _product(asking, index, product) for index, product in enumerate(draft.record.get("products") or [])
    )
    lost = tuple((fault, "", "") for fault in faults if fault not in asking.places)
    summary = (*lost, *((fault, *place) for fault, place in asking.places.items()))
    return AskedForm(sections, products, summary, asking.unconfirmed)


def _product(asking: _Asking, index: int, product: Mapping[str, Any]) -> AskedProduct:
    path = f"products[{index}]"
    before = asking.sections(PRODUCT_SECTIONS, path)
    lines = asking.rows(path, "data")
    return AskedProduct(
        path,
        str(product.get("name") or index + 1),
        before,
        lines,
        _kinds(lines),
        asking.rows(path, "transfers"),
        asking.rows(path, "subprocessors"),
        asking.sections(PRODUCT_SECTIONS_AFTER, path),
    )


def _kinds(lines: Sequence[AskedRow]) -> tuple[MatrixKind, ...]:
    """Every field that an agreement can list, and whatever else a line lists already."""
    listed = [name for line in lines for name in line.listed]
    kinds = []
    known: set[str] = set()
    for kind in KINDS.values():
        fields = [
            (each.name, each.special)
            for each in kind.fields
            if each.nature is FieldNature.ORDINARY or each.name in listed
        ]
        known.update(name for name, _ in fields)
        ticked = sum(name.startswith(f"{kind.name}.") for name in set(listed))
        kinds.append(MatrixKind(kind.name, tuple(fields), ticked))
    other = tuple((name, False) for name in dict.fromkeys(listed) if name not in known)
    if other:
        kinds.append(MatrixKind("?", other, len(other)))
    return tuple(kinds)
