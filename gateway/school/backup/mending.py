"""What an older state would do wrong if it simply went on, and what is done about each (docs/decisions/0030).

Between the backup and now, unknown here: agreements were stopped, clients were revoked, people left, aliases were given
out, results were taken in and delivered, vendors pulled. So:

1. every agreement that was running is suspended: nothing goes out until somebody looked (`agreement activate`);
2. every client is revoked; access tokens, sessions and tokens of staff, and second factors of local accounts are
   removed: one that was ended since must not work again;
3. codes of aliases that are drawn from now on are longer: one given out since is not given to another;
4. results that still waited become dead letters, and so does what one of several systems was still owed: one that was
   delivered since must not overwrite what came after it;
5. walks of vendors are forgotten, so that each next delta begins at the beginning;
6. the clock's greatest moment is at least the present.

`moved` says that the gateway was stopped before the backup and has not run since: then only 6 is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select, update

from contracts.errors import AgreementAltered
from contracts.instants import to_ms
from contracts.vocabulary import AgreementState
from gateway.connections import clients, clock
from gateway.connections.tables import access_tokens
from gateway.database import writing
from gateway.holdings.tables import floors, walks
from gateway.inbox import owed
from gateway.inbox.tables import OPEN, State, inbox
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.school import agreements
from gateway.school.backup.record import DATABASES, restores
from gateway.school.services import SchoolServices, os_account
from gateway.school.staff.tables import (
    staff_api_tokens,
    staff_invitations,
    staff_passkeys,
    staff_recovery_codes,
    staff_sessions,
)

REASON = "restored"
"""Why a client was revoked or a letter is dead. Stored; never changes."""


@dataclass(frozen=True, slots=True)
class Mended:
    """What was stopped, for the person who must start it again."""

    agreements: tuple[str, ...]
    clients: Mapping[str, str]
    """Client id to product."""
    letters: int


def mend(services: SchoolServices, *, moved: bool, now: datetime) -> Mended:
    """Carry out the list above on a home that was just restored."""
    clock.high_water(services.front, board_id=services.board_id, now_ms=to_ms(now))
    if moved:
        return Mended((), {}, 0)
    suspended = _suspend(services, now)
    revoked = _close_the_door(services, now)
    letters = _hold_letters(services, now)
    with writing(services.school) as connection:
        for table in (
            staff_sessions,
            staff_invitations,
            staff_passkeys,
            staff_recovery_codes,
            staff_api_tokens,
        ):
            connection.execute(delete(table).where(table.c.board_id == services.board_id))
    return Mended(suspended, revoked, letters)


def _suspend(services: SchoolServices, now: datetime) -> tuple[str, ...]:
    with agreements.reading_agreements(services) as register:
        running = [each.reference for each in register.listing() if each.state is AgreementState.ACTIVE]
    done = []
    for reference in running:
        try:
            agreements.change(
                services,
                lambda book, reference=reference: book.suspend(  # type: ignore[misc]
                    reference, os_account=os_account(), now=now, reason="restored from an older backup"
                ),
                now=now,
            )
        except AgreementAltered:
            # Refused everywhere as it is.
            continue
        done.append(reference)
    return tuple(done)


def _close_the_door(services: SchoolServices, now: datetime) -> dict[str, str]:
    board_id, now_ms = services.board_id, to_ms(now)
    with writing(services.front) as connection:
        current = [
            each for each in clients.listed(connection, board_id=board_id) if each.revoked_at_ms is None
        ]
        for each in current:
            clients.revoke(connection, board_id=board_id, client_id=each.client_id, now_ms=now_ms)
            audit.record(
                connection,
                AuditEvent.CLIENT_REVOKED,
                board_id=board_id,
                actor=services.operator(),
                now_ms=now_ms,
                product=each.product,
                object_id=each.client_id,
                details={"reason": REASON},
            )
        for table in (access_tokens, walks, floors):
            connection.execute(delete(table).where(table.c.board_id == board_id))
    return {each.client_id: each.product for each in current}


def _hold_letters(services: SchoolServices, now: datetime) -> int:
    waiting = [state.value for state in OPEN]
    with writing(services.front) as connection:
        held = owed.give_up(connection, board_id=services.board_id)
        mine = (
            inbox.c.board_id == services.board_id,
            or_(inbox.c.state.in_(waiting), inbox.c.seq.in_(held)),
        )
        count = len(connection.execute(select(inbox.c.seq).where(*mine)).all())
        connection.execute(
            update(inbox)
            .where(*mine)
            .values(
                state=State.DEAD.value,
                reason=REASON,
                settled_at_ms=to_ms(now),
                claimed_by=None,
                lease_until_ms=0,
            )
        )
    return count


def register_restore(
    services: SchoolServices,
    *,
    digest: str,
    made_at: str,
    check_value: str,
    moved: bool,
    mended: Mended,
    now: datetime,
) -> None:
    """Write down that the state is older than the registers of elsewhere may say, and count it."""
    before = restores(services.school, board_id=services.board_id)
    audit.record(
        services.school,
        AuditEvent.BACKUP_RESTORED,
        board_id=services.board_id,
        actor=services.operator(),
        now_ms=to_ms(now),
        object_id=DATABASES,
        details={
            "digest": digest,
            "on": made_at,
            "check_value": check_value,
            "version": before if moved else before + 1,
            "reason": "moved" if moved else REASON,
            "counts": {
                "agreements": len(mended.agreements),
                "clients": len(mended.clients),
                "letters": mended.letters,
            },
        },
    )
