"""A receipt as a page: one file, printable, no script, nothing from elsewhere. Pure: facts in, bytes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import jinja2

from contracts.agreements import Agreement
from contracts.comparison import Difference
from contracts.instants import AMSTERDAM, in_utc
from contracts.transitions import Version
from gateway.school.mail.wording import spelled
from gateway.school.receipts.stored import ReceiptKind
from gateway.school.receipts.words import WORDS

_TEMPLATES: Final = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What a receipt is of."""

    kind: ReceiptKind
    version: Version
    at: datetime
    by: str | None
    """The claimed name; None: nobody, the calendar."""
    os_account: str
    approved_by: str | None
    command: str | None
    """The command line that does this."""
    replaced: Version | None = None
    difference: Difference | None = None
    deletions: Mapping[str, tuple[date, str]] | None = None
    """By product, of an end: the last day for deletion and the clause."""
    going_on: Mapping[str, str] | None = None
    """Products of an end that go on, and under which agreement."""
    shred_on: Mapping[str, date] | None = None
    """By product, of an end: from when its pseudonyms can be destroyed; others are kept."""


def render(happening: Happening, number: int, *, language: str) -> bytes:
    """The page in UTF-8."""
    version, words = happening.version, WORDS[language]
    compiled = version.compiled(version.products[0])
    until = compiled.inbound_until
    text = _TEMPLATES.get_template("receipt.html").render(
        w=words,
        language=language,
        number=number,
        kind=happening.kind.value,
        said=words[f"what_{happening.kind.value}"].format(
            replaced="" if happening.replaced is None else happening.replaced.reference
        ),
        happened=_moment(happening.at, language),
        by=happening.by,
        account=happening.os_account,
        approved_by=happening.approved_by,
        command=happening.command,
        version=version,
        record=version.agreement,
        day=lambda day: spelled(day, language),
        last_day=compiled.last_day,
        results_until=None if until is None else _last_day_before(until),
        difference=happening.difference,
        deletions=_deletions(happening, words, language),
        pseudonyms=_pseudonyms(happening, words, language),
        articles=_articles(version.agreement),
    )
    return text.encode()


def _articles(agreement: Agreement) -> list[tuple[str, str]]:
    articles = agreement.art28
    if articles is None:
        return []
    return [
        ("a", articles.a_instructions.clause),
        ("b", articles.b_confidentiality.clause),
        ("c", articles.c_security.clause),
        ("d", articles.d_subprocessors.clause),
        ("e", articles.e_rights.clause),
        ("f", articles.f_assistance.clause),
        ("g", articles.g_end.clause),
        ("h", articles.h_audit.clause),
    ]


def _deletions(happening: Happening, words: Mapping[str, str], language: str) -> list[tuple[str, str]]:
    shown = []
    for product in happening.version.products:
        if happening.deletions is not None and product in happening.deletions:
            on, clause = happening.deletions[product]
            text = words["deletion_by"].format(on=spelled(on, language), clause=clause)
        elif happening.going_on is not None and product in happening.going_on:
            text = words["deletion_going_on"].format(under=happening.going_on[product])
        else:
            continue
        shown.append((product, text))
    return shown


def _pseudonyms(happening: Happening, words: Mapping[str, str], language: str) -> list[tuple[str, str]]:
    if happening.shred_on is None:
        return []
    return [
        (
            product,
            words["pseudonyms_until"].format(on=spelled(happening.shred_on[product], language))
            if product in happening.shred_on
            else words["pseudonyms_kept"],
        )
        for product in happening.version.products
    ]


def _last_day_before(instant: datetime) -> date:
    return date.fromordinal(in_utc(instant).astimezone(AMSTERDAM).date().toordinal() - 1)


def _moment(instant: datetime, language: str) -> str:
    local = in_utc(instant).astimezone(AMSTERDAM)
    return f"{spelled(local.date(), language)}, {local:%H:%M:%S} (Europe/Amsterdam)"
