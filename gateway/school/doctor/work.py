"""Checks of the work: what ends soon, waits, is old, or was put aside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from contracts.transitions import RUNNING
from gateway.connections import source_settings
from gateway.database import reading
from gateway.egress import Limits
from gateway.errors import GatewayError
from gateway.inbox import letters
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.registers.tables import Log
from gateway.school import agreements, refreshing
from gateway.school.backup.record import newest_backup
from gateway.school.doctor.finding import Finding
from gateway.school.relink import quarantine as kept_apart
from gateway.school.services import SchoolServices

ENDING_DAYS: Final = 60
BACKUP_OLD: Final = timedelta(hours=48)
CHECKPOINT_OLD: Final = timedelta(days=31)
_ASKED_NOW: Final = Limits(attempts=1, connect_seconds=5, read_seconds=10, total_seconds=15)

Check = Callable[[SchoolServices, datetime], Finding]


def backup(services: SchoolServices, now: datetime) -> Finding:
    """When the databases were last backed up."""
    command = "schuilnaam backup -o FILE; keep it on another machine, and run it every night"
    made_at = newest_backup(services.school, board_id=services.board_id)
    if made_at is None:
        return Finding.warn(
            "backup", "There has never been a backup.", command, dutch="Er is nog nooit een back-up gemaakt."
        )
    hours = int((now - made_at).total_seconds() // 3_600)
    if now - made_at > BACKUP_OLD:
        return Finding.warn(
            "backup",
            f"The last backup is {hours} hours old.",
            command,
            dutch=f"De laatste back-up is {hours} uur oud.",
        )
    return Finding.ok(
        "backup", f"The last backup is {hours} hours old.", dutch=f"De laatste back-up is {hours} uur oud."
    )


def agreements_ending(services: SchoolServices, now: datetime) -> Finding:
    """Agreements that run and end within sixty days."""
    soon = now + timedelta(days=ENDING_DAYS)
    ending: dict[str, str] = {}
    with agreements.reading_agreements(services) as register:
        altered = register.altered()
        for owner in [] if altered else register.products():
            compiled = register.compiled(owner.product, now=now)
            if compiled is None or compiled.state not in RUNNING:
                continue
            if compiled.outbound_until is not None and now < compiled.outbound_until <= soon:
                ending[compiled.agreement_id] = f"{compiled.agreement_id} (last day {compiled.last_day})"
    if altered:
        return Finding.fail(
            "agreements",
            f"{len(altered)} agreements were altered behind the program's back, and are refused everywhere.",
            "schuilnaam agreement list; compare with a backup",
            dutch=f"{len(altered)} overeenkomsten zijn buiten het programma om gewijzigd en worden overal geweigerd.",
        )
    if ending:
        return Finding.warn(
            "agreements",
            f"Ends within {ENDING_DAYS} days: {', '.join(sorted(ending.values()))}.",
            "Register its successor (schuilnaam agreement register), or tell the vendor and the teachers.",
            dutch=f"Eindigt binnen {ENDING_DAYS} dagen: {', '.join(sorted(ending.values()))}.",
        )
    return Finding.ok(
        "agreements",
        f"No agreement ends within {ENDING_DAYS} days.",
        dutch=f"Geen overeenkomst eindigt binnen {ENDING_DAYS} dagen.",
    )


def dead_letters(services: SchoolServices, _now: datetime) -> Finding:
    """Results that the school's system refused for good."""
    with reading(services.front) as connection:
        count = len(letters.dead_letters(connection, board_id=services.board_id))
    if count:
        return Finding.warn(
            "dead_letters",
            f"{count} results wait for a person.",
            "schuilnaam dead-letters list",
            dutch=f"{count} resultaten wachten op iemand.",
        )
    return Finding.ok(
        "dead_letters", "There are no dead letters.", dutch="Er zijn geen onbestelbare resultaten."
    )


def quarantine(services: SchoolServices, now: datetime) -> Finding:
    """Results that were joined to nobody."""
    with reading(services.school) as connection:
        count = len(kept_apart.listed(connection, board_id=services.board_id))
        alarms = kept_apart.alarms(
            connection, board_id=services.board_id, now_ms=int(now.timestamp() * 1_000)
        )
    if alarms:
        return Finding.fail(
            "quarantine",
            f"Today many results could be joined to nobody: {', '.join(sorted(alarms))}.",
            "schuilnaam quarantine list; ask the vendor what it sends",
            dutch=f"Vandaag waren veel resultaten tot niemand te herleiden: {', '.join(sorted(alarms))}.",
        )
    if count:
        return Finding.warn(
            "quarantine",
            f"{count} results were joined to nobody.",
            "schuilnaam quarantine list",
            dutch=f"{count} resultaten zijn tot niemand herleid.",
        )
    return Finding.ok("quarantine", "The quarantine is empty.", dutch="De quarantaine is leeg.")


def refresh_age(services: SchoolServices, now: datetime) -> Finding:
    """How old what vendors get is, per product with an agreement that runs."""
    every = services.settings.refresh_every_hours
    late = timedelta(hours=2 * every) if every else timedelta(days=services.settings.max_age_days)
    old: list[str] = []
    unread: list[str] = []
    running = agreements.active_agreements(services, now=now)
    for agreement in running:
        found = audit.newest(
            services.school,
            AuditEvent.REFRESH_FINISHED,
            board_id=services.board_id,
            object_id=agreement.product,
        )
        if found is None:
            unread.append(agreement.product)
        elif now - datetime.fromisoformat(found.at) > late:
            old.append(agreement.product)
    if old:
        return Finding.warn(
            "refresh",
            f"Not refreshed for too long: {', '.join(sorted(old))}.",
            "schuilnaam refresh",
            dutch=f"Te lang niet ververst: {', '.join(sorted(old))}.",
        )
    if unread:
        return Finding.ok(
            "refresh",
            f"Waits for a first pull: {', '.join(sorted(unread))}.",
            dutch=f"Wacht op de eerste keer ophalen: {', '.join(sorted(unread))}.",
        )
    return Finding.ok(
        "refresh",
        f"All {len(running)} products were refreshed on time.",
        dutch=f"Alle {len(running)} producten zijn op tijd ververst.",
    )


def checkpoint(services: SchoolServices, now: datetime) -> Finding:
    """When somebody last signed where the registers stood."""
    command = "schuilnaam register checkpoint -o FILE; keep it where no operator can change it"
    signed = [
        each.at
        for each in audit.listed(
            services.school,
            Log.AUDIT_SCHOOL,
            board_id=services.board_id,
            event=AuditEvent.REGISTER_CHECKPOINTED,
        )
    ]
    if not signed:
        return Finding.warn(
            "checkpoint",
            "The registers have never been checkpointed.",
            command,
            dutch="Van de registers is nog nooit een controlepunt gemaakt.",
        )
    age = now - datetime.fromisoformat(signed[-1])
    if age > CHECKPOINT_OLD:
        return Finding.warn(
            "checkpoint",
            f"The last checkpoint is {age.days} days old.",
            command,
            dutch=f"Het laatste controlepunt is {age.days} dagen oud.",
        )
    return Finding.ok(
        "checkpoint",
        f"The last checkpoint is {age.days} days old.",
        dutch=f"Het laatste controlepunt is {age.days} dagen oud.",
    )


def sources(services: SchoolServices, *, network: bool) -> list[Finding]:
    """Every school system: reachable, and it gives us access. No record is asked for."""
    settings = source_settings.listed(services.school, board_id=services.board_id)
    if not settings:
        return [
            Finding.warn(
                "sources",
                "There is no source yet.",
                "schuilnaam source add SLUG ...",
                dutch="Er is nog geen bron.",
            )
        ]
    if not network:
        return [
            Finding.ok(
                "sources",
                f"{len(settings)} sources, not asked.",
                dutch=f"{len(settings)} bronnen, niet bevraagd.",
            )
        ]
    found = []
    for each in settings:
        check, command = f"source_{each.slug}", f"schuilnaam source check {each.slug}"
        try:
            opened = refreshing.open_one(services, each, limits=_ASKED_NOW)
        except GatewayError as error:
            found.append(Finding.fail(check, str(error), error.remedy or command, code=error.code))
            continue
        try:
            answered = opened.check(())
        finally:
            opened.close()
        if answered.usable:
            found.append(
                Finding.ok(
                    check,
                    f"{each.slug} answers and gives access.",
                    dutch=f"{each.slug} antwoordt en geeft toegang.",
                )
            )
        else:
            found.append(
                Finding.fail(check, f"{each.slug}: {answered.sentence}", command, code=answered.code or "")
            )
    return found


CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("backup", backup),
    ("agreements", agreements_ending),
    ("refresh", refresh_age),
    ("dead_letters", dead_letters),
    ("quarantine", quarantine),
    ("checkpoint", checkpoint),
)
"""Every check of this module that needs both databases and nothing else."""
