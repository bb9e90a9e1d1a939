"""One function per thing that a person can do to an agreement; command line, pages and API only translate to these.

Each checks, changes the register and writes the audit log in one transaction (`gateway.school.agreements`). Roles are
checked by pages and API; that two different people enter and approve is checked by the register, whoever calls.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import Connection

from contracts.agreements import Agreement
from contracts.register import AgreementRegister, Registered
from contracts.transitions import Version
from gateway.errors import UsageError
from gateway.registers.actors import Actor
from gateway.school import agreements
from gateway.school.services import SchoolServices
from gateway.school.terms import shredding


def require_own_schools(services: SchoolServices, record: Agreement) -> None:
    """Raises `UsageError` where a record names a school that is not the board's."""
    outside = sorted(set(record.controller.brins) - set(services.settings.brins))
    if outside:
        raise UsageError(
            f"The agreement names a school that is not the board's: {', '.join(outside)}.",
            code="brin_not_of_board",
            remedy="Add it to `brins` in settings.toml, or mend the record.",
        )


def register(
    services: SchoolServices,
    record: Agreement,
    *,
    actor: Actor,
    now: datetime,
    paper_given: bool,
    new: bool = False,
    continues: str | None = None,
) -> Registered:
    """Take a sound record into the register; it acts when somebody else approved it and it was activated.

    Args:
        paper_given: the signed document was there and gave the hash that the record names.
        new, continues: what the board says about a product that its recipient did not have before.

    Raises:
        UsageError: a school of another board.
        RegistrationRefused: see `contracts.register`.
    """
    require_own_schools(services, record)
    by, account = _who(actor)
    return agreements.change(
        services,
        lambda book: book.register(
            record,
            by=by or account,
            os_account=account,
            now=now,
            paper_given=paper_given,
            new=new,
            continues=continues,
        ),
        now=now,
    )


def accept_finding(
    services: SchoolServices, reference: str, code: str, *, reason: str, actor: Actor, now: datetime
) -> Version:
    """Accept a finding for the board, with a written reason."""
    by, account = _who(actor)
    return _change(
        services,
        lambda book: book.accept_finding(
            reference, code, reason=reason, by=by or account, os_account=account, now=now
        ),
        now,
    )


def approve(services: SchoolServices, reference: str, *, actor: Actor, now: datetime) -> Version:
    """Approve a registered version. Four eyes: another person than who registered it."""
    by, account = _who(actor)
    return _change(
        services, lambda book: book.approve(reference, by=by or account, os_account=account, now=now), now
    )


def activate(services: SchoolServices, reference: str, *, actor: Actor, now: datetime) -> Version:
    """Let data go under an approved version, or resume a suspended one."""
    by, account = _who(actor)
    return agreements.change(
        services,
        lambda book: book.activate(reference, os_account=account, now=now, by=by),
        now=now,
        gives=True,
    )


def suspend(
    services: SchoolServices, reference: str, *, actor: Actor, now: datetime, reason: str | None = None
) -> Version:
    """Stop everything under an agreement at once, both ways."""
    by, account = _who(actor)
    return _change(
        services,
        lambda book: book.suspend(reference, os_account=account, now=now, by=by, reason=reason),
        now,
    )


def end(
    services: SchoolServices,
    reference: str,
    *,
    actor: Actor,
    now: datetime,
    on: date | None = None,
    reason: str | None = None,
    shred_on: date | None = None,
) -> Version:
    """End an agreement at once, or after a last day (inclusive); in one transaction with what becomes of pseudonyms.

    Args:
        shred_on: from which day it is proposed to destroy its pseudonyms; None: they are kept.

    Raises:
        TransitionRefused: as `AgreementRegister.end` and `shredding.plan`; nothing was changed.
    """
    by, account = _who(actor)

    def beside(connection: Connection, version: Version) -> None:
        shredding.plan(services, connection, version, actor, shred_on, now=now)

    return agreements.change(
        services,
        lambda book: book.end(reference, os_account=account, now=now, on=on, by=by, reason=reason),
        now=now,
        beside=beside,
    )


def _change(services: SchoolServices, step: Callable[[AgreementRegister], Version], now: datetime) -> Version:
    return agreements.change(services, step, now=now)


def _who(actor: Actor) -> tuple[str | None, str]:
    """Name and account; no name where the account is all that is known (`SchoolServices.operator`)."""
    account = actor.os_account or ""
    return (None if actor.claim == account else actor.claim), account
