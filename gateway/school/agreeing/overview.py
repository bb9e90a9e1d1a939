"""Agreements as one looks at them: where each stands today, what is missing, what every vendor gets.

Reads only. Dates decide before states, as in `contracts.decisions`: a version whose last day passed is shown as ended
whether or not anybody has recorded its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from contracts.comparison import Difference, compare
from contracts.instants import local_day
from contracts.reading import AgreementReader
from contracts.regulation import Outside
from contracts.summaries import Summary, summarise
from contracts.transitions import PENDING, RUNNING, OpenFinding, Version
from contracts.vocabulary import AgreementState as State
from gateway.database import reading
from gateway.school import agreements
from gateway.school.regulations import enforcement
from gateway.school.regulations import recording as regulations
from gateway.school.services import SchoolServices

SOON_DAYS: Final = 60
"""From this many days before its end an agreement is shown as ending."""


class Standing(StrEnum):
    """Where an agreement stands, as a chip says it."""

    WAITS_FOR_APPROVAL = "waits_for_approval"
    APPROVED = "approved"
    STARTS = "starts"
    ACTIVE = "active"
    ENDING = "ending"
    SUSPENDED = "suspended"
    ENDED = "ended"
    CLOSED = "closed"
    REPLACED = "replaced"


_OF_STATE: Final = {
    State.REGISTERED: Standing.WAITS_FOR_APPROVAL,
    State.APPROVED: Standing.APPROVED,
    State.ENDED: Standing.ENDED,
    State.CLOSED: Standing.CLOSED,
    State.REPLACED: Standing.REPLACED,
}
PAST: Final = frozenset({Standing.ENDED, Standing.CLOSED, Standing.REPLACED})


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRow:
    """One version in the list."""

    version: Version
    standing: Standing
    days: int | None
    """Until its end or its start, where the chip tells it; the last day itself counts as one."""
    last_day: date | None
    """Inclusive, brought forward by a planned end; None: until a party ends it."""
    missing: tuple[str, ...]
    """Codes of findings that nobody accepted, then `approval` or `activation`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One thing that happened to a version."""

    version: int
    kind: str
    to_state: str
    claimed_by: str
    os_account: str
    at_ms: int
    finding: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementView:
    """One version with everything that a page shows of it."""

    row: AgreementRow
    findings: tuple[OpenFinding, ...]
    history: tuple[HistoryLine, ...]
    running: Version | None
    """The version that is in force or suspended now, where that is another one of the same agreement."""
    summary: Summary | None
    """Against `running`."""
    difference: Difference | None
    beyond: tuple[Outside, ...]
    """What it gives beyond the privacy regulation of today; empty for what has ended or was replaced."""
    beyond_refused: bool
    """Whether activating it would be refused because of `beyond`; resuming what ran before is not."""


def last_day_of(version: Version) -> date | None:
    """The last day, inclusive; None where it is not known yet."""
    return version.compiled(version.products[0]).last_day


def standing_of(version: Version, *, now: datetime) -> tuple[Standing, int | None]:
    """Where a version stands at this instant, and the days that its chip tells."""
    if version.state not in RUNNING:
        return _OF_STATE[version.state], None
    today, last = local_day(now), last_day_of(version)
    if last is not None and last < today:
        return Standing.ENDED, None
    if version.state is State.SUSPENDED:
        return Standing.SUSPENDED, None
    first = version.agreement.term.in_force_from
    if first > today:
        return Standing.STARTS, (first - today).days
    if last is not None and last - today <= timedelta(days=SOON_DAYS):
        return Standing.ENDING, (last - today).days + 1
    return Standing.ACTIVE, None


def _row(book: AgreementReader, version: Version, now: datetime) -> AgreementRow:
    standing, days = standing_of(version, now=now)
    missing: list[str] = []
    if standing not in PAST:
        missing = [
            found.finding.code.value
            for found in book.open_findings(version, now=now)
            if found.accepted_by is None
        ]
        if version.state is State.REGISTERED:
            missing.append("approval")
        if version.state in PENDING:
            missing.append("activation")
    return AgreementRow(
        version=version,
        standing=standing,
        days=days,
        last_day=last_day_of(version),
        missing=tuple(dict.fromkeys(missing)),
    )


def listed(
    services: SchoolServices, *, now: datetime, past: bool = False
) -> tuple[list[AgreementRow], list[str]]:
    """Every version, newest of each agreement first, and the references of altered ones.

    Args:
        past: with ended, closed and replaced versions.
    """
    with agreements.reading_agreements(services) as book:
        rows = [_row(book, version, now) for version in book.listing()]
        altered = book.altered()
    shown = [row for row in rows if past or row.standing not in PAST]
    shown.sort(key=lambda row: (row.version.agreement_id, -row.version.version))
    return shown, altered


def view(services: SchoolServices, reference: str, *, now: datetime) -> AgreementView:
    """One version. Raises `NotFound`, `AgreementAltered`."""
    with agreements.reading_agreements(services) as book:
        version = book.show(reference)
        row = _row(book, version, now)
        findings = tuple(book.open_findings(version, now=now))
        history = tuple(
            HistoryLine(
                version=_number(line["version"]),
                kind=str(line["kind"]),
                to_state=str(line["to"]),
                claimed_by=str(line["claimed_by"]),
                os_account=str(line["os_account"]),
                at_ms=_number(line["at_ms"]),
                finding=None if line["finding"] is None else str(line["finding"]),
                reason=None if line["reason"] is None else str(line["reason"]),
            )
            for line in book.history(reference)
        )
        others = [
            other
            for other in book.listing()
            if other.agreement_id == version.agreement_id
            and other.version != version.version
            and other.state in RUNNING
        ]
    running = others[0] if others and version.state in PENDING else None
    beyond: tuple[Outside, ...] = ()
    with reading(services.school) as connection:
        if row.standing not in PAST:
            beyond = regulations.beyond(connection, version.agreement, board_id=services.board_id, now=now)
        blocks = enforcement.chosen(services, connection).blocks
    return AgreementView(
        row=row,
        findings=findings,
        history=history,
        running=running,
        summary=None if running is None else summarise(running.agreement, version.agreement),
        difference=None if running is None else compare(running.agreement, version.agreement),
        beyond=beyond,
        beyond_refused=bool(beyond) and blocks and version.state in PENDING,
    )


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("the register gives whole numbers here")
    return value
