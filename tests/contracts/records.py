"""Records for the tests: one made-up agreement and ways to bend it."""

from __future__ import annotations

import copy
import dataclasses
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from contracts import documents, parsing
from contracts.agreements import Agreement, CompiledAgreement, DataEntry, compile_terms
from contracts.canonical import from_plain
from contracts.decisions import FieldQuestion, Person, PersonFacts
from contracts.vocabulary import AgreementState, SubjectCategory
from contracts.vocabulary import Service as Service

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
LEESVLOT = Path(__file__).parent / "agreements" / "leesvlot.yaml"
PAPER = b"test"
"""The signed document of the record; its hash stands in it."""

_PLAIN = parsing.parse(LEESVLOT.read_bytes(), name=LEESVLOT.name)

IN_TERM = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def plain(**bent: Any) -> dict[str, Any]:
    """The record as plain values; `products__0__groups="none"` bends a place, `...=DROP` removes it."""
    record: dict[str, Any] = copy.deepcopy(_PLAIN)  # type: ignore[arg-type]
    for path, value in bent.items():
        *steps, last = [int(step) if step.isdigit() else step for step in path.split("__")]
        place: Any = record
        for step in steps:
            place = place[step]
        if value is DROP:
            del place[last]
        else:
            place[last] = value
    return record


DROP = object()


def agreement(**bent: Any) -> Agreement:
    """The record as an agreement, checked as `register` would."""
    import json

    return documents.load(json.dumps(plain(**bent)), name="record.json")


def unchecked(**bent: Any) -> Agreement:
    """The record as an agreement without the checks, for what must be refused a second time."""
    return from_plain(Agreement, plain(**bent))


def compiled(
    record: Agreement | None = None, *, state: AgreementState = AgreementState.ACTIVE, **changes: Any
) -> CompiledAgreement:
    """The one product of a record, compiled; `changes` replace fields afterwards."""
    record = agreement() if record is None else record
    terms = compile_terms(
        record, record.products[0].product_id, version=1, state=state, record_digest=record.digest
    )
    return dataclasses.replace(terms, **changes)


def local(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=AMSTERDAM)


def day(text: str) -> date:
    return date.fromisoformat(text)


PUPIL = Person(
    subjects=frozenset({SubjectCategory.PUPIL}),
    schools=frozenset({"31PQ"}),
    grades=frozenset({"5"}),
    classes=frozenset({"5A"}),
)
TEACHER = dataclasses.replace(PUPIL, subjects=frozenset({SubjectCategory.STAFF}))
NO_FACTS = PersonFacts()


def question(field: str = "user.givenName", **changes: Any) -> FieldQuestion:
    """May the name of a pupil go to the roster?"""
    asked = FieldQuestion(product="leesvlot", service=Service.ROSTER, field=field, person=PUPIL)
    return dataclasses.replace(asked, **changes)


def with_entry(terms: CompiledAgreement, entry: DataEntry) -> CompiledAgreement:
    return dataclasses.replace(terms, entries=(*terms.entries, entry))
