"""Agreements on the school side: the register of `contracts`, the audit log, and what the vendors' door may believe.

Two databases cannot commit as one, so the order is chosen by what a crash in between would leave: what takes
something away (suspend, end, narrow, replace) reaches the door before the school's own row is committed; what gives
something (activate, resume) after it. `publish_current` repairs whatever a crash left, at every start and every minute,
and lets a day that begins or ends act on rows that nobody touched. Whoever publishes holds the lock of the register
meanwhile, so that nothing is published on the strength of what was read before a suspension or a stop.

A vendor that the board stopped (`gateway.school.vendors`) is published as stopped, whatever its agreements say.

A row that was changed behind the program's back: at the door it is refused at the next request (the door compares it
with its own audit log), in the school's database at the next thing that the school side does. `as_it_stands` lets the
school side see within a second that either was touched; then `publish_current` tells the door to stop, or puts back at
the door what the register says. Why not at the next request of a vendor as well: the door would have to see the
school's database, or ask the school side at every request and stop whenever that is away (SECURITY.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy import Connection

from contracts.agreements import CompiledAgreement
from contracts.errors import AgreementAltered
from contracts.instants import to_ms
from contracts.reading import AgreementReader
from contracts.receiving import Served
from contracts.register import AgreementRegister
from contracts.transitions import GATEWAY, Transition, Version
from contracts.vocabulary import AgreementState, TransitionKind
from gateway.connections import compiled as door
from gateway.database import reading, writing
from gateway.errors import DisclosureRefused
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit import DetailValue
from gateway.registers.audit_events import AuditEvent
from gateway.registers.log import Where
from gateway.roster.model import ProductId
from gateway.school.regulations import enforcement
from gateway.school.regulations import recording as regulations
from gateway.school.services import SchoolServices, clock
from gateway.school.terms.follow import follow
from gateway.school.vendors.stops import stop_of

_Answer = TypeVar("_Answer")

EVENTS: Final = {
    TransitionKind.REGISTERED: AuditEvent.AGREEMENT_REGISTERED,
    TransitionKind.FINDING_ACCEPTED: AuditEvent.AGREEMENT_FINDING_ACCEPTED,
    TransitionKind.APPROVED: AuditEvent.AGREEMENT_APPROVED,
    TransitionKind.ACTIVATED: AuditEvent.AGREEMENT_ACTIVATED,
    TransitionKind.SUSPENDED: AuditEvent.AGREEMENT_SUSPENDED,
    TransitionKind.RESUMED: AuditEvent.AGREEMENT_RESUMED,
    TransitionKind.END_PLANNED: AuditEvent.AGREEMENT_END_PLANNED,
    TransitionKind.ENDED: AuditEvent.AGREEMENT_ENDED,
    TransitionKind.CLOSED: AuditEvent.AGREEMENT_CLOSED,
    TransitionKind.REPLACED: AuditEvent.AGREEMENT_REPLACED,
}
"""The audit event of each transition."""


def _details(transition: Transition) -> dict[str, DetailValue]:
    details: dict[str, DetailValue] = {
        "digest": transition.digest,
        "version": transition.version,
        "standing": transition.standing_digest,
    }
    if transition.finding is not None:
        details["finding"] = transition.finding.value
    if transition.reason:
        details["explanation"] = transition.reason[:1_000]
    return details


def _audited(services: SchoolServices, connection: Connection) -> Callable[[str, int], str | None]:
    """Looks up what the audit log last said about a version: a row that gives another digest was changed."""
    events = frozenset(EVENTS.values())

    def newest(agreement_id: str, version: int) -> str | None:
        found = audit.newest_of(
            connection, events, board_id=services.board_id, object_id=f"{agreement_id}/{version}"
        )
        standing = None if found is None else found.details.get("standing")
        return standing if isinstance(standing, str) else None

    return newest


@contextmanager
def reading_agreements(services: SchoolServices) -> Iterator[AgreementReader]:
    """The register of agreements, for asking."""
    with reading(services.school) as connection:
        yield AgreementReader(connection, board_id=services.board_id, audited=_audited(services, connection))


def change(
    services: SchoolServices,
    step: Callable[[AgreementRegister], _Answer],
    *,
    now: datetime,
    gives: bool = False,
    beside: Callable[[Connection, _Answer], None] | None = None,
) -> _Answer:
    """Carry out one step on the register with its audit entries and what follows from it, and let the door know.

    Args:
        gives: the step lets more go than before (activate, resume): the door hears of it after the commit.
        beside: what else belongs to the step, in its transaction; when it raises, nothing of it happened.
    """
    done: list[Transition] = []
    with writing(services.school) as connection:

        def record(transition: Transition) -> None:
            done.append(transition)
            actor = (
                services.gateway()
                if transition.actor == GATEWAY
                else Actor.person(transition.actor.name, os_account=transition.actor.os_account)
            )
            audit.record(
                connection,
                EVENTS[transition.kind],
                board_id=services.board_id,
                actor=actor,
                now_ms=to_ms(now),
                product=transition.products[0] if len(transition.products) == 1 else None,
                object_id=f"{transition.agreement_id}/{transition.version}",
                details=_details(transition),
            )
            if _begins(transition):
                reference = f"{transition.agreement_id}/{transition.version}"
                _look_at_regulation(services, connection, register.show(reference), actor, now=now)

        register = AgreementRegister(
            connection,
            board_id=services.board_id,
            on_transition=record,
            audited=_audited(services, connection),
        )
        answer = step(register)
        if beside is not None:
            beside(connection, answer)
        follow(services, connection, register, done, now=now)
        if not gives:
            touched = {product for transition in done for product in transition.products}
            _publish_within(services, connection, register, touched, now=now)
    if gives:
        publish_current(services, now=now)
    return answer


@contextmanager
def standing_still(services: SchoolServices) -> Iterator[tuple[Connection, AgreementRegister]]:
    """A transaction in which nobody else changes the register of agreements, for what acts beside it."""

    def never(transition: Transition) -> None:
        raise ValueError("agreements are changed with `change`")

    with writing(services.school) as connection:
        register = AgreementRegister(
            connection,
            board_id=services.board_id,
            on_transition=never,
            audited=_audited(services, connection),
        )
        register.lock()
        yield connection, register


def publish_before_commit(
    services: SchoolServices,
    connection: Connection,
    register: AgreementReader,
    products: Iterable[str],
    *,
    now: datetime,
) -> None:
    """Tell the door of what this transaction takes away, before it is committed (`standing_still`)."""
    _publish_within(services, connection, register, products, now=now)


def _begins(transition: Transition) -> bool:
    """Whether a version is activated that somebody approved; one that only narrows asks no council."""
    return transition.kind is TransitionKind.ACTIVATED and transition.from_state is AgreementState.APPROVED


def _look_at_regulation(
    services: SchoolServices, connection: Connection, version: Version, actor: Actor, *, now: datetime
) -> None:
    """What goes beyond the privacy regulation is registered, or refused where the board chose so.

    Raises:
        DisclosureRefused: code `outside_regulation`; nothing is activated.
    """
    found = regulations.beyond(connection, version.agreement, board_id=services.board_id, now=now)
    if not found:
        return
    codes = tuple(dict.fromkeys(each.code for each in found))
    if enforcement.chosen(services, connection).blocks:
        raise DisclosureRefused(
            f"Agreement {version.reference} goes beyond the privacy regulation: {', '.join(codes)}.",
            code="outside_regulation",
            remedy="Record a version of the regulation with the council's consent: schuilnaam regulation add.",
        )
    audit.record(
        connection,
        AuditEvent.REGULATION_EXCEEDED,
        board_id=services.board_id,
        actor=actor,
        now_ms=to_ms(now),
        object_id=version.reference,
        details={"codes": codes, "version": version.version},
    )


def publish_current(services: SchoolServices, *, now: datetime) -> list[ProductId]:
    """Make the door believe what the register says now, for every product; returns what changed there."""
    with reading(services.school) as connection:
        register = AgreementReader(
            connection, board_id=services.board_id, audited=_audited(services, connection)
        )
        known = {owner.product for owner in register.products()}
        with reading(services.front) as at_door:
            known |= door.products(at_door, board_id=services.board_id)
        differing = [
            product
            for product in known
            if _differs(services, _current(services, connection, register, product, now=now))
        ]
    if not differing:
        return []
    # What was just read may be out of date: between it and the publication somebody suspends an agreement or stops a
    # vendor, the door hears of that first, and would then be told what was read before.
    with standing_still(services) as (connection, locked):
        return _publish_within(services, connection, locked, differing, now=now)


def as_it_stands(services: SchoolServices) -> bytes:
    """Another value whenever an agreement was changed, at the door or in the register, by whomever."""
    with reading_agreements(services) as register:
        ours = register.fingerprint()
    with reading(services.front) as connection:
        return ours + door.fingerprint(connection, board_id=services.board_id)


def _publish_within(
    services: SchoolServices,
    connection: Connection,
    register: AgreementReader,
    products: Iterable[str],
    *,
    now: datetime,
) -> list[ProductId]:
    found = (_current(services, connection, register, product, now=now) for product in sorted(set(products)))
    return [
        ProductId(each.product) for each in found if each is not None and _publish(services, each, now=now)
    ]


def _current(
    services: SchoolServices,
    connection: Connection,
    register: AgreementReader,
    product: str,
    *,
    now: datetime,
) -> CompiledAgreement | None:
    """What the door must believe about a product now; None where it need not be told anything."""
    found: CompiledAgreement | None
    try:
        found = register.compiled(product, now=now)
    except AgreementAltered:
        found = None
    # Attack: a row of the school database is changed or taken away behind the program's back. The door's own row is
    # not, so it would go on; it is told to stop until the row is again what people approved.
    found = found or _suspended(services, ProductId(product))
    return None if found is None else _with_stop(services, connection, found)


def _with_stop(services: SchoolServices, where: Where, found: CompiledAgreement) -> CompiledAgreement:
    stop = stop_of(where, board_id=services.board_id, kvk=found.recipient_kvk)
    return replace(found, stopped=stop is not None)


def _suspended(services: SchoolServices, product: ProductId) -> CompiledAgreement | None:
    known = at_the_door(services, product)
    if known.agreement is None or known.altered:
        return None
    if known.agreement.state is AgreementState.ACTIVE:
        return replace(known.agreement, state=AgreementState.SUSPENDED)
    return known.agreement


def _differs(services: SchoolServices, found: CompiledAgreement | None) -> bool:
    if found is None:
        return False
    known = at_the_door(services, ProductId(found.product))
    return known.altered or known.agreement is None or known.agreement.digest != found.digest


def _publish(services: SchoolServices, found: CompiledAgreement, *, now: datetime) -> bool:
    with writing(services.front) as connection:
        known = _at_the_door(connection, services.board_id, ProductId(found.product))
        if not known.altered and known.agreement is not None and known.agreement.digest == found.digest:
            return False
        if known.altered:
            # What stands there is not what was published: it is put right, and the log says that it had to be.
            _audit(services, connection, AuditEvent.AGREEMENT_FOUND_ALTERED, found, now, _seen(known))
        door.publish_compiled(connection, found, board_id=services.board_id, now_ms=to_ms(now))
        given = {"services": tuple(service.value for service in found.services)}
        _audit(services, connection, AuditEvent.AGREEMENT_COMPILED, found, now, given)
    return True


def _seen(known: door.Loaded) -> dict[str, DetailValue]:
    return {} if known.agreement is None else {"previous_digest": known.agreement.digest}


def _audit(
    services: SchoolServices,
    connection: Connection,
    event: AuditEvent,
    found: CompiledAgreement,
    now: datetime,
    details: Mapping[str, DetailValue],
) -> None:
    audit.record(
        connection,
        event,
        board_id=services.board_id,
        actor=services.gateway(),
        now_ms=to_ms(now),
        product=found.product,
        object_id=found.product,
        details={"digest": found.digest, "version": found.version, **details},
    )


def _recorded_digest(connection: Connection, board_id: str, product: str) -> str | None:
    newest = audit.newest(connection, AuditEvent.AGREEMENT_COMPILED, board_id=board_id, object_id=product)
    digest = None if newest is None else newest.details.get("digest")
    return digest if isinstance(digest, str) else None


def at_the_door(services: SchoolServices, product: ProductId) -> door.Loaded:
    """What the door believes about a product, compared with the audit log, as the door itself does."""
    with reading(services.front) as connection:
        return _at_the_door(connection, services.board_id, product)


def at_the_door_within(connection: Connection, board_id: str, product: ProductId) -> door.Loaded:
    """As `at_the_door`, in the caller's transaction of the front database."""
    return _at_the_door(connection, board_id, product)


def _at_the_door(connection: Connection, board_id: str, product: ProductId) -> door.Loaded:
    recorded = _recorded_digest(connection, board_id, product)
    return door.load(connection, board_id=board_id, product=product, recorded_digest=recorded)


def _trusted(
    services: SchoolServices, register: AgreementReader, product: ProductId, *, now: datetime
) -> CompiledAgreement | None:
    """The agreement of a product on which register and door agree, in whatever state; None where one was altered.

    Just after a step, or after a crash in the middle of one, they may differ for a moment: then it is None as well.
    """
    # Attack: who holds the front's database writes wider terms into it, with an entry in its audit log; the door
    # cannot tell, and a refresh that believed the door would put every name within reach.
    try:
        ours = register.compiled(product, now=now)
    except AgreementAltered:
        return None
    if ours is None:
        return None
    ours = _with_stop(services, services.school, ours)
    known = at_the_door(services, product)
    agree = not known.altered and known.agreement is not None and known.agreement.digest == ours.digest
    return ours if agree else None


def served(services: SchoolServices, product: ProductId, *, now: datetime) -> list[Served] | None:
    """By which versions results of a product were taken in; None where register and door do not agree now."""
    with reading_agreements(services) as register:
        if _trusted(services, register, product, now=now) is None:
            return None
        return register.served(product)


def active_agreements(services: SchoolServices, *, now: datetime | None = None) -> list[CompiledAgreement]:
    """The agreement of every product on which register and door agree; dates are decided later.

    Guarantees: what is released is in the school's own register. One that was altered, one of which the door believes
    something else, and those of a stopped vendor are left out.
    """
    now = clock() if now is None else now
    with reading_agreements(services) as register:
        found = [
            _trusted(services, register, ProductId(owner.product), now=now) for owner in register.products()
        ]
    return [
        each
        for each in found
        if each is not None and each.state is AgreementState.ACTIVE and not each.stopped
    ]


def active_digest(services: SchoolServices, product: ProductId) -> str | None:
    """Of the agreement that the door believes now; None where it believes none, or none that is active."""
    found = at_the_door(services, product)
    if found.agreement is None or found.altered or found.agreement.state is not AgreementState.ACTIVE:
        return None
    return None if found.agreement.stopped else found.agreement.digest
