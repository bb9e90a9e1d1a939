"""Ending an agreement, with what becomes of the pseudonyms: one act, one transaction."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection

from contracts.transitions import Version
from gateway.registers.actors import Actor
from gateway.school import agreements
from gateway.school.services import SchoolServices
from gateway.school.terms import shredding


def end(
    services: SchoolServices,
    actor: Actor,
    agreement: str,
    *,
    on: date | None,
    shred_on: date | None,
    now: datetime,
    reason: str | None = None,
) -> Version:
    """End an agreement at once, or after a last day.

    Args:
        on: the last day, inclusive; None: at once.
        shred_on: from which day its pseudonyms may be destroyed; None: they are kept.

    Raises:
        ContractError: as `AgreementRegister.end` and `shredding.plan`; nothing was changed.
    """

    def beside(connection: Connection, version: Version) -> None:
        shredding.plan(services, connection, version, actor, shred_on, now=now)

    return agreements.change(
        services,
        lambda book: book.end(
            agreement, by=actor.claim, os_account=actor.os_account or "-", now=now, on=on, reason=reason
        ),
        now=now,
        beside=beside,
    )
