"""What follows at once from a transition of an agreement, in its transaction.

- of every activation, change and end: a receipt, and a mail with it
- of an end: for each product the deletion term begins, or it is written down under which agreement the product goes on
- of a version that another one replaced: likewise for the products that the new one no longer has
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from contracts.instants import to_ms
from contracts.reading import AgreementReader
from contracts.terms import DeletionClock, deletion_term, goes_on
from contracts.transitions import RUNNING, Transition, Version
from contracts.vocabulary import AgreementState, TransitionKind
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.school.receipts import making
from gateway.school.services import SchoolServices
from gateway.school.terms import stored


def follow(
    services: SchoolServices,
    connection: Connection,
    register: AgreementReader,
    transitions: Sequence[Transition],
    *,
    now: datetime,
) -> None:
    """Do what follows from the transitions of one transaction, in their order."""
    replaced: dict[str, Version] = {}
    registered: set[tuple[str, int]] = set()
    for transition in transitions:
        this = (transition.agreement_id, transition.version)
        if transition.kind is TransitionKind.REGISTERED:
            registered.add(this)
        elif transition.kind is TransitionKind.REPLACED and transition.from_state in RUNNING:
            replaced[transition.agreement_id] = register.show(f"{this[0]}/{this[1]}")
        elif transition.kind is TransitionKind.ENDED and transition.from_state in RUNNING:
            ended = register.show(f"{this[0]}/{this[1]}")
            start_deletions(services, connection, register, ended, ended.products, now=now)
        if transition.kind is TransitionKind.ENDED and transition.from_state not in RUNNING:
            # It was never in force: there is nothing to give a receipt of.
            continue
        old = replaced.get(transition.agreement_id) if transition.kind is TransitionKind.ACTIVATED else None
        making.make(services, connection, register, transition, replaced=old, narrowing=this in registered)
        if old is not None:
            gone = [product for product in old.products if product not in transition.products]
            start_deletions(services, connection, register, old, gone, now=now)


def start_deletions(
    services: SchoolServices,
    connection: Connection,
    register: AgreementReader,
    version: Version,
    products: Iterable[str],
    *,
    now: datetime,
) -> int:
    """Begin the deletion term of products of a version that ended; returns how many began now."""
    until, last_day = version.outbound_until(), version.compiled(version.products[0]).last_day
    if until is None or last_day is None:
        return 0
    others = [other for other in register.listing() if other.reference != version.reference]
    begun = 0
    for product in products:
        term = deletion_term(version.agreement, product, last_day=last_day)
        if term is None:
            continue
        under = goes_on(product, others, at=until)
        clock = DeletionClock(
            agreement=version.reference,
            product=product,
            ended_on=last_day,
            due_on=term.due_on,
            backups_on=term.backups_on,
            clause=term.clause,
            continued_under=under,
        )
        if not stored.start_deletion(connection, clock, board_id=services.board_id, now_ms=to_ms(now)):
            continue
        begun += under is None
        audit.record(
            connection,
            AuditEvent.DELETION_STARTED if under is None else AuditEvent.DELETION_CONTINUED,
            board_id=services.board_id,
            actor=services.gateway(),
            now_ms=to_ms(now),
            product=product,
            object_id=version.reference,
            details={"on": term.due_on.isoformat()} if under is None else {"codes": (under,)},
        )
    return begun


def start_missing(
    services: SchoolServices, connection: Connection, register: AgreementReader, *, now: datetime
) -> int:
    """Begin the deletion terms of agreements that ended before this program knew of them; returns how many."""
    known = {
        (each.clock.agreement, each.clock.product)
        for each in stored.deletions_of(connection, board_id=services.board_id)
    }
    begun = 0
    for version in register.listing():
        if version.state not in (AgreementState.ENDED, AgreementState.CLOSED):
            continue
        missing = [product for product in version.products if (version.reference, product) not in known]
        if missing and _was_running(register, version):
            begun += start_deletions(services, connection, register, version, missing, now=now)
    return begun


def _was_running(register: AgreementReader, version: Version) -> bool:
    running = [state.value for state in RUNNING]
    return any(
        row["version"] == version.version
        and row["kind"] == TransitionKind.ENDED.value
        and row["from"] in running
        for row in register.history(version.reference)
    )
