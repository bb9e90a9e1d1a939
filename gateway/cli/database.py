"""`schuilnaam db upgrade`: bring both databases to the schema of this version."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import click

from contracts.instants import to_ms
from gateway.cli.console import Console, standard_options
from gateway.cli.places import SIDES, Places, known_places, upgrade_both
from gateway.cli.postgres import postgres_address
from gateway.errors import GatewayUnready
from gateway.migrations.current import SchemaState, head, schema_state
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.school.backup.record import DATABASES, newest_backup
from gateway.school.services import clock
from gateway.settings import load_settings

FRESH: Final = timedelta(hours=24)
"""How old the backup before an upgrade may be."""


@click.group("db")
def db() -> None:
    """The schema of the two databases."""


@db.command("upgrade")
@click.option("--database", help="PostgreSQL address of the owner, when the databases stand on a server.")
@click.option(
    "--no-backup-needed", is_flag=True, help="Upgrade although no backup of the last 24 hours is known."
)
@standard_options
def upgrade(console: Console, database: str | None, no_backup_needed: bool) -> None:
    """Bring both databases to the schema of this version; stop the gateway first. Refused without a fresh backup."""
    settings, now = load_settings(console.home), clock()
    places = known_places(settings, None if database is None else postgres_address(database))
    waiting = _waiting(places)
    if not waiting:
        console.answer(
            {"upgraded": False, "databases": []}, "Both databases have the schema of this version."
        )
        return
    services = console.services_of_any_schema()
    if not no_backup_needed:
        _require_backup(newest_backup(services.school, board_id=services.board_id), now)
    upgrade_both(places)
    audit.record(
        services.school,
        AuditEvent.DATABASE_UPGRADED,
        board_id=services.board_id,
        actor=services.operator(),
        now_ms=to_ms(now),
        object_id=DATABASES,
        details={
            "codes": tuple(head(side) for side in SIDES),
            "reason": "without_backup" if no_backup_needed else "after_backup",
        },
    )
    console.answer(
        {"upgraded": True, "databases": waiting},
        f"Upgraded: {', '.join(waiting)}. Start the gateway again, and look at schuilnaam doctor.",
    )


def _waiting(places: Places) -> list[str]:
    """Which of the databases have an older schema. Raises `GatewayUnready` for one that a newer program changed."""
    waiting: list[str] = []
    for side in SIDES:
        engine = places.owner_engine(side)
        try:
            state = schema_state(engine, side)
        finally:
            engine.dispose()
        if state is SchemaState.NEWER:
            raise GatewayUnready(
                f"A newer version of this program changed the schema of the {side} database; nothing was changed.",
                code="schema_newer",
                remedy="Install that version again, or restore the backup that was made before its upgrade.",
            )
        if state is not SchemaState.CURRENT:
            waiting.append(side)
    return waiting


def _require_backup(made_at: datetime | None, now: datetime) -> None:
    if made_at is None or now - made_at > FRESH:
        raise GatewayUnready(
            "There is no backup of the last 24 hours, and an upgrade cannot be taken back.",
            code="backup_too_old",
            remedy="Run `schuilnaam backup -o FILE` first, or give --no-backup-needed.",
        )
