"""Reading a processor agreement: from a file to an `Agreement`, or to all that is wrong with it.

`lint` tells everything at once: faults (it cannot be registered) and findings (the board must accept them
with a written reason before it can be activated). `load` gives the agreement or raises with all faults.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice
from typing import Final

from contracts import canonical
from contracts.agreements import Agreement
from contracts.checks import faults_of_rules
from contracts.faults import DocumentRefused, Fault, Finding, sort_faults
from contracts.findings import findings
from contracts.parsing import MAX_BYTES, parse
from contracts.schemas import faults_of_shape

MAX_RECORD_BYTES: Final = MAX_BYTES
"""Of a record file; the signed paper is another file."""

MAX_FAULTS: Final = 500
"""More are not told: such a file is no record with mistakes but another kind of file."""


@dataclass(frozen=True, slots=True)
class LintResult:
    """What a reading of a document gave."""

    agreement: Agreement | None
    """None when there are faults."""
    faults: tuple[Fault, ...]
    findings: tuple[Finding, ...]


def load(content: str | bytes, *, name: str = "", paper: bytes | None = None) -> Agreement:
    """Read a record.

    Args:
        content: YAML or JSON.
        name: file name; its ending tells the form.
        paper: the bytes of the signed document, when given; must match the hash in the record.

    Raises:
        DocumentRefused: with all faults.
    """
    plain = parse(content, name=name)
    if not isinstance(plain, dict):
        raise DocumentRefused(
            [Fault("", "The record is not an object with keys.", "Follow the example.", "not_an_object")]
        )
    sound, shape = faults_of_shape(plain)
    every = chain(shape, faults_of_rules(sound, plain), _paper_faults(sound, paper))
    faults = list(islice(every, MAX_FAULTS))
    if faults:
        raise DocumentRefused(sort_faults(faults))
    return canonical.from_plain(Agreement, sound)


def lint(content: str | bytes, *, name: str = "", paper: bytes | None = None, today: date) -> LintResult:
    """Read a record and tell everything: faults or, without faults, findings."""
    try:
        agreement = load(content, name=name, paper=paper)
    except DocumentRefused as refused:
        return LintResult(None, refused.faults, ())
    return LintResult(agreement, (), findings(agreement, today=today, paper_given=paper is not None))


def _paper_faults(record: dict[str, object], paper: bytes | None) -> Iterator[Fault]:
    document = record.get("document")
    if paper is None:
        return
    named = document.get("sha256") if isinstance(document, dict) else None
    if named is None:
        yield Fault(
            "document.sha256",
            "A document is given, but the record names no hash of it.",
            "Write the SHA-256 of the signed file.",
            "document_mismatch",
        )
    elif named != hashlib.sha256(paper).hexdigest():
        yield Fault(
            "document.sha256",
            "The document is not the one that this record is about: the hash differs.",
            "Give the signed file, or correct the hash.",
            "document_mismatch",
        )
