"""Recording what was said: consent given, refused, withdrawn.

Ordered rules, for one statement and for a file of them alike:
 (1) what is wrong with it whoever it is about is told (`checking`)
 (2) who records it and about whom is in the register of accesses, before anything is asked about the person
 (3) the school's system is asked who that is, and what is wrong for this person is told; a no is taken also when the
     system does not answer. With one fault nothing is recorded
 (4) under the lock: the statements are appended; a no must really come to no
 (5) what a no takes away is gone at the vendors' door (`taking_away`), and a request to delete is drafted
 (6) the audit entries, and then the commit
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from contracts.consents import ConsentState, ConsentStep, Standing, Statement, standing
from contracts.instants import local_day, to_ms
from contracts.vocabulary import RefusalReason, SubjectCategory
from gateway.database import reading, writing
from gateway.errors import DisclosureRefused, SourceError, UsageError
from gateway.registers import accesses, audit
from gateway.registers.accesses import AccessEntry, Operation
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.school.consents import taking_away
from gateway.school.consents.checking import (
    Said,
    SaidFault,
    faults_of_person,
    faults_of_statement,
    shown_text,
)
from gateway.school.consents.facts import statements_of
from gateway.school.consents.people import AskedPerson, ask, space_of, subjects_of
from gateway.school.consents.products import AskedProduct, asked_product, named_text
from gateway.school.consents.rows import (
    ABOUT_CONSENTS,
    ConsentRows,
    DeletionRequest,
    RecordedStatement,
    RegisteredText,
    Whom,
)
from gateway.school.consents.taking_away import Taken, TakingAway, register_drafts
from gateway.school.services import SchoolServices

_EVENTS: Final = {
    ConsentStep.GIVEN: AuditEvent.CONSENT_GIVEN,
    ConsentStep.REFUSED: AuditEvent.CONSENT_REFUSED,
    ConsentStep.WITHDRAWN: AuditEvent.CONSENT_WITHDRAWN,
}
_CAUSES: Final = {
    ConsentStep.REFUSED: taking_away.REFUSED,
    ConsentStep.WITHDRAWN: taking_away.WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one statement."""

    numbers: tuple[int, ...]
    """Of the rows, one per purpose."""
    standings: Mapping[str, Standing]
    """By purpose: what everything that was said comes to now."""
    records_taken: int
    """How many records the vendor was served until now."""
    request: DeletionRequest | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Checked:
    """One statement without faults, ready to be appended."""

    said: Said
    whom: Whom
    subjects: tuple[str, ...]
    person: AskedPerson | None
    product: AskedProduct
    text: RegisteredText | None

    @property
    def purposes(self) -> tuple[str, ...]:
        every = self.product.purposes if self.said.step is ConsentStep.GIVEN else self.product.every_purpose
        return self.said.purposes or every


def record(services: SchoolServices, actor: Actor, said: Said, *, now: datetime) -> Outcome:
    """Record what one person said; a withdrawal acts at once.

    Raises:
        UsageError, DisclosureRefused: see `checking`; `consent_given_later` for a no that changes nothing.
        SourceError: the school's system does not answer, and it is no no about somebody known.
    """
    with reading(services.school) as connection:
        product = asked_product(services, connection, said.product, now=now)
    _refuse(faults_of_statement(said, product, today=local_day(now)))  # (1)
    whom = Whom(space_of(services, said.source).number, said.identifier)
    subjects = subjects_of(services, whom)
    register_access(services, actor, [subjects[0]], product=said.product, now=now)  # (2)
    with reading(services.school) as connection:
        rows = ConsentRows(connection, services.ring, board_id=services.board_id)
        known_before = bool(rows.statements_of(subjects))
    person = _asked(services, said, known_before=known_before)  # (3)
    told = person is not _NO_ANSWER
    if told:
        _refuse(faults_of_person(said, person, known_before=known_before))
    checked = checked_of(said, whom, subjects, person if told else None, product)
    with writing(services.school) as connection:
        (outcome,) = append(services, connection, actor, [checked], now=now)
        register_statements(services, connection, actor, checked, outcome, now=now)  # (6)
    return outcome


def _refuse(faults: Sequence[SaidFault]) -> None:
    if faults:
        raise faults[0].error()


_NO_ANSWER: Final = AskedPerson(SubjectCategory.PUPIL, None)
"""Who is not told: no birth date, so whoever says no is heard."""


def _asked(services: SchoolServices, said: Said, *, known_before: bool) -> AskedPerson | None:
    try:
        return ask(services, said.source, [said.identifier]).get(said.identifier)
    except SourceError:
        # Withdrawing is as easy as giving (art. 7(3)): it does not wait for a system to come back.
        if said.step is ConsentStep.GIVEN or not known_before:
            raise
        return _NO_ANSWER


def checked_of(
    said: Said,
    whom: Whom,
    subjects: tuple[str, ...],
    person: AskedPerson | None,
    product: AskedProduct,
) -> Checked:
    """A statement that has no faults with the text that it refers to."""
    text: RegisteredText | None = None
    if said.step is ConsentStep.GIVEN:
        found = shown_text(said, product)
        assert not isinstance(found, SaidFault)
        text = found
    elif said.text is not None:
        named = named_text(product.texts, said.text)
        text = named[0] if len(named) == 1 else None
    return Checked(said, whom, subjects, person, product, text)


def append(
    services: SchoolServices,
    connection: Connection,
    actor: Actor,
    several: Sequence[Checked],
    *,
    now: datetime,
    history: bool = False,
) -> list[Outcome]:
    """(4) and (5) for statements without faults, in their order; the caller registers and commits.

    Args:
        history: they are what was said over time, so a no may be followed by a yes; then it takes nothing away.

    Raises:
        DisclosureRefused: `consent_given_later`.
        ConsentsDamaged: nothing is recorded upon rows that were changed.
    """
    rows = ConsentRows(connection, services.ring, board_id=services.board_id)
    rows.lock()
    rows.require_whole()
    added = [_append(rows, actor, checked, now=now) for checked in several]
    every = [subject for checked in several for subject in checked.subjects]
    said_by: dict[Whom, list[RecordedStatement]] = {}
    for recorded in rows.statements_of(list(dict.fromkeys(every))):
        said_by.setdefault(recorded.whom, []).append(recorded)
    taking = TakingAway(services, now=now)
    outcomes: list[Outcome] = []
    for checked, numbers in zip(several, added, strict=True):
        standings = _standings(said_by[checked.whom], checked, now=now)
        taken = Taken(checked.said.product, 0)
        cause = _cause(checked.said.step, standings, history=history)
        if cause is not None:
            taken = taking.take(
                rows, checked.whom, checked.said.product, cause=cause, subjects=checked.subjects
            )
        outcomes.append(Outcome(tuple(numbers), standings, taken.records, taken.request))
    return outcomes


def _append(rows: ConsentRows, actor: Actor, checked: Checked, *, now: datetime) -> list[int]:
    said, text = checked.said, checked.text
    numbers: list[int] = []
    for purpose in checked.purposes:
        statement = Statement(
            product=said.product,
            purpose=purpose,
            step=said.step,
            speaker=said.speaker,
            said_on=said.said_on,
            text_sha256=None if text is None else text.sha256,
            expires_on=said.expires_on,
        )
        recorded = RecordedStatement(
            number=0,
            whom=checked.whom,
            statement=statement,
            method=said.method,
            evidence=said.evidence.strip(),
            evidence_sha256=said.evidence_sha256,
            text_version=None if text is None else text.version,
            language=None if text is None else text.language,
            categories=() if text is None else text.told.categories,
            recorded_by=actor.claim or "",
            os_account=actor.os_account or "",
            recorded_at_ms=to_ms(now),
        )
        numbers.append(rows.add_statement(recorded, subject=checked.subjects[0]).number)
    return numbers


def _standings(
    recorded: Sequence[RecordedStatement], checked: Checked, *, now: datetime
) -> dict[str, Standing]:
    person = checked.person or _NO_ANSWER
    return {
        purpose: standing(
            statements_of(recorded, product=checked.said.product, purpose=purpose),
            subject=person.subject,
            born_on=person.born_on,
            texts=checked.product.covering,
            today=local_day(now),
        )
        for purpose in checked.purposes
    }


def _cause(step: ConsentStep, standings: Mapping[str, Standing], *, history: bool) -> str | None:
    """Why the person is taken out of the product now; None where nothing is."""
    if step is ConsentStep.GIVEN:
        ended = any(found.reason is RefusalReason.CONSENT_EXPIRED for found in standings.values())
        return taking_away.EXPIRED if ended else None
    if any(found.state is ConsentState.GIVEN for found in standings.values()):
        if history:
            return None
        raise DisclosureRefused(
            "Consent was given after that day, so this would change nothing.",
            code="consent_given_later",
            remedy="Give the day on which it was taken back.",
        )
    return _CAUSES[step]


def require_reason(reason: str) -> str:
    """A reason as the register of accesses takes it. Raises `UsageError`, code `reason_missing`."""
    if not reason.strip() or len(reason) > accesses.MAX_REASON:
        raise UsageError(
            f"A reason says why you look, in at most {accesses.MAX_REASON} characters.",
            code="reason_missing",
            remedy="A case number is better than a name.",
        )
    return reason.strip()


def register_access(
    services: SchoolServices,
    actor: Actor,
    subjects: Sequence[str],
    *,
    product: str | None,
    now: datetime,
    reason: str = "recording what was said",
) -> None:
    """Who looks at, or records, what persons said; committed on return."""
    accesses.record(
        services.school,
        AccessEntry(
            board_id=services.board_id,
            actor=actor,
            operation=Operation.CONSENT,
            reason=reason,
            product=product,
            subjects=list(dict.fromkeys(subjects)),
        ),
        now_ms=to_ms(now),
    )


def register_statements(
    services: SchoolServices,
    connection: Connection,
    actor: Actor,
    checked: Checked,
    outcome: Outcome,
    *,
    now: datetime,
) -> None:
    """The audit entries of one statement: what and when, never about whom."""
    said = checked.said
    details: dict[str, audit.DetailValue] = {
        "count": len(outcome.numbers),
        "codes": checked.purposes,
        "operation": said.method.value,
        "newest": outcome.numbers[-1],
    }
    if said.step is ConsentStep.GIVEN and checked.text is not None:
        details["version"] = checked.text.version
    audit.record(
        connection,
        _EVENTS[said.step],
        board_id=services.board_id,
        actor=actor,
        now_ms=to_ms(now),
        product=said.product,
        object_id=ABOUT_CONSENTS,
        details=details,
    )
    taken = Taken(said.product, outcome.records_taken, outcome.request)
    register_drafts(services, connection, [taken], now=now)
