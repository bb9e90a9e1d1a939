"""Whether a product's pseudonyms are to be destroyed after its agreement has ended, and from when.

A plan destroys nothing. From its day on it is a proposal; `schuilnaam key destroy PRODUCT` by a person carries it out
(docs/decisions/0028 says why no timer does).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection

from contracts.errors import NotFound, TransitionRefused
from contracts.instants import to_ms
from contracts.reading import AgreementReader
from contracts.terms import ShreddingClosed, earliest_shredding
from contracts.transitions import PENDING, Version, parse_reference
from contracts.vocabulary import AgreementState
from gateway.database import reading, writing
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.school import agreements
from gateway.school.services import SchoolServices
from gateway.school.terms import stored
from gateway.school.terms.stored import Plan


def plans(services: SchoolServices) -> list[Plan]:
    """Every plan, the earliest day first; ask each `plan.state(today)`."""
    with reading(services.school) as connection:
        return stored.plans_of(connection, board_id=services.board_id)


def decide(
    services: SchoolServices, actor: Actor, agreement: str, shred_on: date | None, *, now: datetime
) -> list[Plan]:
    """Choose, or choose anew, for all products of an agreement that ended or has a last day.

    Args:
        agreement: `VO-2026-014` (its newest version with an end) or `VO-2026-014/2`.
        shred_on: the first day on which it may be done; None: the pseudonyms are kept.

    Raises:
        NotFound: `agreement_unknown`.
        TransitionRefused: as `plan`.
    """
    with agreements.standing_still(services) as (connection, register):
        version = _with_end(register, agreement)
        plan(services, connection, version, actor, shred_on, now=now)
        return stored.plans_of(connection, board_id=services.board_id, agreement=version.reference)


def plan(
    services: SchoolServices,
    connection: Connection,
    version: Version,
    actor: Actor,
    shred_on: date | None,
    *,
    now: datetime,
) -> None:
    """Write down the choice within a transaction; None drops what was planned.

    Raises:
        TransitionRefused: `shredding_without_end`; `shredding_too_early`: a result could still come back that nobody
            could join any more.
    """
    if shred_on is None:
        for each in stored.plans_of(connection, board_id=services.board_id, agreement=version.reference):
            if each.plan.closed is None:
                stored.close_plan(
                    connection,
                    each.plan,
                    ShreddingClosed.DROPPED,
                    board_id=services.board_id,
                    now_ms=to_ms(now),
                )
                _record(
                    services, connection, AuditEvent.SHREDDING_DROPPED, actor, each.plan.product, version, now
                )
        return
    earliest = earliest_shredding(version)
    if earliest is None or not _was_in_force(services, connection, version):
        raise TransitionRefused(
            "shredding_without_end",
            f"Agreement {version.reference} has no end after which pseudonyms could be destroyed.",
            "End it first, or give its last day with --on.",
        )
    if shred_on < earliest:
        raise TransitionRefused(
            "shredding_too_early",
            f"Results under agreement {version.reference} may come back until the day before {earliest.isoformat()}.",
            f"Give {earliest.isoformat()} or a later day.",
        )
    stored.plan_shredding(
        connection,
        version,
        version.products,
        board_id=services.board_id,
        shred_on=shred_on,
        actor=actor,
        now_ms=to_ms(now),
    )
    for product in version.products:
        _record(services, connection, AuditEvent.SHREDDING_PLANNED, actor, product, version, now, on=shred_on)


def destroyed(services: SchoolServices, product: str, *, now: datetime) -> None:
    """A person destroyed a product's key: its plans are carried out."""
    with writing(services.school) as connection:
        for each in stored.plans_of(connection, board_id=services.board_id, product=product):
            if each.plan.closed is None:
                stored.close_plan(
                    connection,
                    each.plan,
                    ShreddingClosed.DESTROYED,
                    board_id=services.board_id,
                    now_ms=to_ms(now),
                )


def earliest(services: SchoolServices, agreement: str, *, on: date | None, now: datetime) -> date | None:
    """The first day that could be chosen if an agreement ended on a day (None: today); None where it is not known.

    For asking a person; what counts is checked when it is ended.
    """
    with agreements.reading_agreements(services) as register:
        version = register.show(agreement)
    if on is not None:
        return earliest_shredding(replace(version, ended_on=on))
    return earliest_shredding(replace(version, ended_at_ms=to_ms(now)))


def _was_in_force(services: SchoolServices, connection: Connection, version: Version) -> bool:
    if version.state is not AgreementState.CLOSED:
        return version.state not in PENDING
    # Closed before it was ever activated, nothing went under it, and no deletion term began.
    begun = stored.deletions_of(connection, board_id=services.board_id)
    return any(each.clock.agreement == version.reference for each in begun)


def _with_end(register: AgreementReader, agreement: str) -> Version:
    parts = parse_reference(agreement)
    known = [version for version in register.listing() if parts and version.agreement_id == parts[0]]
    named = [version for version in known if parts and parts[1] in (None, version.version)]
    if not named:
        raise NotFound(
            "agreement_unknown", "No agreement of this number is registered.", "See `agreement list`."
        )
    ended = [version for version in named if version.outbound_until() is not None]
    return (ended or named)[-1]


def _record(
    services: SchoolServices,
    connection: Connection,
    event: AuditEvent,
    actor: Actor,
    product: str,
    version: Version,
    now: datetime,
    *,
    on: date | None = None,
) -> None:
    audit.record(
        connection,
        event,
        board_id=services.board_id,
        actor=actor,
        now_ms=to_ms(now),
        product=product,
        object_id=version.reference,
        details={} if on is None else {"on": on.isoformat()},
    )
