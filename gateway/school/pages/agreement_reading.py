"""A registered record as rows for a page: values at the places of the questions, and the field matrix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from contracts import canonical
from contracts.agreements import Agreement, ProductTerms
from contracts.comparison import lines_of
from contracts.vocabulary import Direction, Form
from gateway.school.pages.agreement_questions import (
    PRODUCT_SECTIONS,
    PRODUCT_SECTIONS_AFTER,
    SECTIONS,
    Question,
    Section,
    Widget,
)
from gateway.school.pages.agreement_words import SUBJECTS, day, word_of

NOTHING: Final = "–"


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A part of the paper with what the record says; questions that it leaves open are left out."""

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One field in the matrix of a product."""

    field: str
    subject: str
    out: Form | None
    back: Form | None
    necessity: str
    clause: str


@dataclass(frozen=True, slots=True)
class ShownProduct:
    """A product with its matrix."""

    terms: ProductTerms
    before: tuple[ShownSection, ...]
    matrix: tuple[MatrixRow, ...]
    after: tuple[ShownSection, ...]


def at(plain: Any, path: str) -> Any:
    """What stands at `a.b.c`; None where nothing does."""
    for step in path.split("."):
        plain = plain.get(step) if isinstance(plain, Mapping) else None
    return plain


def shown_value(question: Question, value: Any) -> str:
    """A value as a person reads it."""
    if value is None or value == []:
        return NOTHING
    if isinstance(value, list):
        return ", ".join(word_of(question.choices, each) for each in value)
    if question.widget is Widget.DAY:
        return day(str(value))
    return word_of(question.choices, value)


def _shown(sections: tuple[Section, ...], plain: Any) -> tuple[ShownSection, ...]:
    found = []
    for section in sections:
        rows = tuple(
            (str(question.label), shown_value(question, value))
            for question in section.questions
            if (value := at(plain, question.path)) is not None or question.path == "term.until"
        )
        if rows:
            found.append(ShownSection(str(section.title), rows))
    return tuple(found)


def shown_record(agreement: Agreement) -> tuple[ShownSection, ...]:
    """The parts before the products."""
    return _shown(SECTIONS, canonical.to_plain(agreement))


def shown_products(agreement: Agreement) -> tuple[ShownProduct, ...]:
    """Every product."""
    return tuple(
        ShownProduct(
            terms,
            _shown(PRODUCT_SECTIONS, plain),
            matrix_of(terms),
            _shown(PRODUCT_SECTIONS_AFTER, plain),
        )
        for terms in agreement.products
        for plain in (canonical.to_plain(terms),)
    )


def matrix_of(terms: ProductTerms) -> tuple[MatrixRow, ...]:
    """Field by field: for whom, in which form, each way, and where the agreement says so."""
    lines = lines_of(terms)
    rows = []
    for field, subject in dict.fromkeys((line.field, line.subject) for line in lines):
        entries = {line.way: entry for line, entry in lines.items() if line[:2] == (field, subject)}
        out, back = entries.get(Direction.OUT), entries.get(Direction.BACK)
        texts = [entry for entry in (out, back) if entry is not None]
        rows.append(
            MatrixRow(
                field=field,
                subject=NOTHING if subject is None else word_of(SUBJECTS, subject),
                out=None if out is None else out.form,
                back=None if back is None else back.form,
                necessity=_joined([entry.necessity for entry in texts]),
                clause=_joined([entry.clause for entry in texts]),
            )
        )
    return tuple(rows)


def _joined(texts: list[str | None]) -> str:
    return "; ".join(dict.fromkeys(text for text in texts if text)) or NOTHING
