"""Consents that were given on paper or in the parent portal, taken in from a CSV file: all of it, or nothing.

One row is one answer of one person about one purpose, or with an empty purpose about all of a product. Columns, in any
order: `pupil` (SOURCE:ID), `product`, `purpose`, `answer` (given, refused, withdrawn; empty where nobody answered),
`by` (self, representative-1, representative-2), `on` (YYYY-MM-DD), `method`, `evidence`, `text` (`2/nl`, or the hash
on the form), and, if wanted, `expires`.

A row without an answer is counted and records nothing: silence is never consent. A row that was recorded before is
known and left out, so that the portal's whole file may be taken in again. Every fault is told with the number of its
row, and never with a value: the file is about pupils.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

from contracts.consents import ConsentMethod, ConsentStep, Speaker
from contracts.instants import local_day, to_ms
from gateway.database import reading, writing
from gateway.errors import DisclosureRefused, GatewayError, UsageError
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.school.consents.checking import Said, SaidFault, faults_of_person, faults_of_statement
from gateway.school.consents.people import AskedPerson, ask, space_of, subjects_of
from gateway.school.consents.products import AskedProduct, asked_product
from gateway.school.consents.recording import (
    Checked,
    Outcome,
    append,
    checked_of,
    register_access,
)
from gateway.school.consents.rows import ABOUT_CONSENTS, ConsentRows, RecordedStatement, Whom
from gateway.school.consents.taking_away import Taken, register_drafts
from gateway.school.relink.spreadsheet import Sheet, read_sheet
from gateway.school.services import SchoolServices

COLUMNS: Final = ("pupil", "product", "purpose", "answer", "by", "on", "method", "evidence", "text")
OPTIONAL: Final = ("expires",)
MAX_ROWS: Final = 20_000

_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class RowFault:
    """One thing that is wrong with one row; row 1 is the heading."""

    row: int
    code: str
    message: str
    remedy: str


class ImportRefused(DisclosureRefused):
    """The file has faults; nothing of it was recorded. `faults` holds all of them."""

    def __init__(self, faults: Sequence[RowFault]) -> None:
        super().__init__(
            f"{len(faults)} fault{'' if len(faults) == 1 else 's'} in the file; nothing was recorded.",
            code="import_faults",
            remedy="Mend them and take the whole file in again.",
        )
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file."""

    recorded: Mapping[str, int]
    """Rows by answer."""
    silent: int
    """Rows without an answer: nothing was recorded."""
    known: int
    """Rows that had been recorded before."""
    records_taken: int
    requests: int
    """Requests to delete that were drafted."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One row that was read without a fault of form."""

    number: int
    said: Said = field(repr=False)


def import_file(services: SchoolServices, actor: Actor, path: Path, *, now: datetime) -> Imported:
    """As `import_sheet`, of a file on disk; raises `UsageError` as well where it cannot be read."""
    return import_sheet(services, actor, read_sheet(path), now=now)


def import_sheet(services: SchoolServices, actor: Actor, sheet: Sheet, *, now: datetime) -> Imported:
    """Record every answer of a file; what is withdrawn in it acts at once.

    Raises:
        ImportRefused: some rows cannot be recorded; none was.
        UsageError: `columns_wrong`, `file_too_long`.
        SourceError: a school's system does not answer.
    """
    rows, silent, faults = _read(sheet)
    whoms, more = _whoms(services, rows)
    faults += more
    subjects = {whom: subjects_of(services, whom) for whom in dict.fromkeys(whoms.values())}
    if subjects:
        newest = [each[0] for each in subjects.values()]
        register_access(services, actor, newest, product=None, now=now, reason="taking in a file of answers")
    products, more = _products(services, rows, now=now)
    faults += more
    people = _people(services, rows, whoms)
    with reading(services.school) as connection:
        stored = ConsentRows(connection, services.ring, board_id=services.board_id)
        before = _by_person(stored.statements_of([each for many in subjects.values() for each in many]))
    checked: list[tuple[int, Checked]] = []
    known = 0
    seen: dict[tuple[object, ...], int] = {}
    for row in rows:
        whom, product = whoms.get(row.number), products.get(row.said.product)
        if whom is None or product is None:
            continue
        person = people.get(whom)
        wrong = [
            *faults_of_statement(row.said, product, today=local_day(now)),
            *faults_of_person(row.said, person, known_before=bool(before.get(whom))),
            *_twice(row, whom, product, seen),
        ]
        faults += [_of_row(row.number, each) for each in wrong]
        if wrong:
            continue
        one = checked_of(row.said, whom, subjects[whom], person, product)
        if _is_known(one, before.get(whom, [])):
            known += 1
        else:
            checked.append((row.number, one))
    if faults:
        raise ImportRefused(sorted(faults, key=lambda each: (each.row, each.code)))
    return _record(services, actor, checked, silent=silent, known=known, now=now)


# -- reading ------------------------------------------------------------------------------------------------------


def _read(sheet: Sheet) -> tuple[list[_Row], int, list[RowFault]]:
    heading = [cell.strip().lower() for cell in sheet.rows[0]]
    missing = [name for name in COLUMNS if name not in heading]
    unknown = [place for place, name in enumerate(heading, 1) if name not in (*COLUMNS, *OPTIONAL)]
    if missing or unknown or len(set(heading)) != len(heading):
        # Names of columns that we know are ours to show; others could be anything, such as a row without a heading.
        raise UsageError(
            f"The first row must name the columns; missing: {', '.join(missing) or 'none'}; "
            f"not known, or twice: {', '.join(map(str, unknown)) or 'none'}.",
            code="columns_wrong",
            remedy=f"The columns are {', '.join((*COLUMNS, *OPTIONAL))}.",
        )
    if len(sheet.rows) > MAX_ROWS + 1:
        raise UsageError(
            f"The file has more than {MAX_ROWS:,} rows.", code="file_too_long", remedy="Split it."
        )
    rows: list[_Row] = []
    faults: list[RowFault] = []
    silent = 0
    for number, cells in enumerate(sheet.rows[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        values = dict(zip(heading, (cell.strip() for cell in cells), strict=False))
        if len(cells) > len(heading):
            faults.append(_fault(number, "too_many_cells", "It has more cells than there are columns."))
        elif not values.get("answer", ""):
            silent += 1
        else:
            said, wrong = _said(values)
            faults += [_of_row(number, each) for each in wrong]
            if said is not None:
                rows.append(_Row(number, said))
    return rows, silent, faults


def _said(values: Mapping[str, str]) -> tuple[Said | None, list[SaidFault]]:
    wrong: list[SaidFault] = []
    source, colon, identifier = values.get("pupil", "").partition(":")
    if not colon or not source or not identifier:
        wrong.append(
            SaidFault("pupil_invalid", "The pupil is not SOURCE:ID.", "Give the id of the school's system.")
        )
    if not values.get("product"):
        wrong.append(
            SaidFault("product_missing", "The product is missing.", "Name it as the agreement does.")
        )
    step = _word(ConsentStep, values.get("answer", ""), "answer", wrong)
    speaker = _word(Speaker, values.get("by", ""), "by", wrong)
    method = _word(ConsentMethod, values.get("method", ""), "method", wrong)
    said_on = _day(values.get("on", ""), "on", wrong)
    expires_on = _day(values["expires"], "expires", wrong) if values.get("expires") else None
    if step is ConsentStep.GIVEN and not values.get("text"):
        wrong.append(
            SaidFault(
                "text_missing_in_row",
                "The text that was shown is missing.",
                "Give the version or the hash that stands on the form.",
            )
        )
    if wrong or step is None or speaker is None or method is None or said_on is None:
        return None, wrong
    purpose = values.get("purpose", "")
    return (
        Said(
            source=source,
            identifier=identifier,
            product=values["product"],
            step=step,
            speaker=speaker,
            method=method,
            said_on=said_on,
            purposes=(purpose,) if purpose else (),
            evidence=values.get("evidence", ""),
            text=values.get("text") or None,
            expires_on=expires_on,
        ),
        wrong,
    )


def _word(kind: type[_Word], text: str, column: str, wrong: list[SaidFault]) -> _Word | None:
    try:
        return kind(text.lower())
    except ValueError:
        words = ", ".join(word.value for word in kind)
        wrong.append(
            SaidFault(f"{column}_invalid", f"The column {column} holds another word.", f"Use: {words}.")
        )
        return None


def _day(text: str, column: str, wrong: list[SaidFault]) -> date | None:
    try:
        if len(text) == len("2026-11-24"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    wrong.append(
        SaidFault(f"{column}_invalid", f"The column {column} is not a day.", "Write it as 2026-11-24.")
    )
    return None


# -- asking -------------------------------------------------------------------------------------------------------


def _whoms(services: SchoolServices, rows: Sequence[_Row]) -> tuple[dict[int, Whom], list[RowFault]]:
    spaces: dict[str, int | None] = {}
    found: dict[int, Whom] = {}
    faults: list[RowFault] = []
    for row in rows:
        source = row.said.source
        if source not in spaces:
            try:
                spaces[source] = space_of(services, source).number
            except UsageError:
                spaces[source] = None
        space = spaces[source]
        if space is None:
            faults.append(_fault(row.number, "source_unknown", "There is no source of this name."))
        else:
            found[row.number] = Whom(space, row.said.identifier)
    return found, faults


def _products(
    services: SchoolServices, rows: Sequence[_Row], *, now: datetime
) -> tuple[dict[str, AskedProduct], list[RowFault]]:
    found: dict[str, AskedProduct] = {}
    refused: dict[str, GatewayError] = {}
    with reading(services.school) as connection:
        for product in dict.fromkeys(row.said.product for row in rows):
            try:
                found[product] = asked_product(services, connection, product, now=now)
            except (UsageError, DisclosureRefused) as error:
                refused[product] = error
    faults = [
        RowFault(row.number, wrong.code, str(wrong), wrong.remedy)
        for row in rows
        if (wrong := refused.get(row.said.product)) is not None
    ]
    return found, faults


def _people(
    services: SchoolServices, rows: Sequence[_Row], whoms: Mapping[int, Whom]
) -> dict[Whom, AskedPerson]:
    by_source: dict[str, dict[str, Whom]] = {}
    for row in rows:
        whom = whoms.get(row.number)
        if whom is not None:
            by_source.setdefault(row.said.source, {})[row.said.identifier] = whom
    people: dict[Whom, AskedPerson] = {}
    for source, wanted in by_source.items():
        found = ask(services, source, list(wanted))
        people.update((wanted[identifier], person) for identifier, person in found.items())
    return people


def _by_person(recorded: Sequence[RecordedStatement]) -> dict[Whom, list[RecordedStatement]]:
    found: dict[Whom, list[RecordedStatement]] = {}
    for each in recorded:
        found.setdefault(each.whom, []).append(each)
    return found


def _twice(
    row: _Row, whom: Whom, product: AskedProduct, seen: dict[tuple[object, ...], int]
) -> list[SaidFault]:
    """One speaker has one answer on one day about one purpose: of two in a file nobody can say which is the later."""
    wrong: list[SaidFault] = []
    for purpose in row.said.purposes or product.every_purpose:
        key = (whom, row.said.product, purpose, row.said.speaker, row.said.said_on)
        first = seen.setdefault(key, row.number)
        if first != row.number and not wrong:
            wrong.append(
                SaidFault(
                    "answer_twice",
                    f"Row {first} has an answer of the same person, speaker, purpose and day.",
                    "Keep the one that holds.",
                )
            )
    return wrong


def _is_known(checked: Checked, before: Sequence[RecordedStatement]) -> bool:
    said, text = checked.said, checked.text
    sha256 = None if text is None else text.sha256
    known = {
        each.statement.purpose
        for each in before
        if (each.statement.product, each.statement.step, each.statement.speaker, each.statement.said_on)
        == (said.product, said.step, said.speaker, said.said_on)
        and (each.statement.text_sha256, each.statement.expires_on) == (sha256, said.expires_on)
    }
    return set(checked.purposes) <= known


# -- recording ----------------------------------------------------------------------------------------------------


def _record(
    services: SchoolServices,
    actor: Actor,
    checked: Sequence[tuple[int, Checked]],
    *,
    silent: int,
    known: int,
    now: datetime,
) -> Imported:
    counts = Counter(one.said.step.value for _, one in checked)
    outcomes: list[Outcome] = []
    if checked:
        with writing(services.school) as connection:
            every = [one for _, one in checked]
            outcomes = append(services, connection, actor, every, now=now, history=True)
            audit.record(
                connection,
                AuditEvent.CONSENT_IMPORTED,
                board_id=services.board_id,
                actor=actor,
                now_ms=to_ms(now),
                object_id=ABOUT_CONSENTS,
                details={
                    "counts": {**counts, "silent": silent, "known": known},
                    "newest": outcomes[-1].numbers[-1],
                },
            )
            taken = [
                Taken(one.said.product, outcome.records_taken, outcome.request)
                for (_, one), outcome in zip(checked, outcomes, strict=True)
            ]
            register_drafts(services, connection, taken, now=now)
    return Imported(
        recorded=dict(counts),
        silent=silent,
        known=known,
        records_taken=sum(outcome.records_taken for outcome in outcomes),
        requests=sum(outcome.request is not None for outcome in outcomes),
    )


def _of_row(row: int, fault: SaidFault) -> RowFault:
    return RowFault(row, fault.code, fault.message, fault.remedy)


def _fault(row: int, code: str, message: str) -> RowFault:
    return RowFault(row, code, message, "Mend the row.")
