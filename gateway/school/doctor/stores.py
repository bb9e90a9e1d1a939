"""Checks of ring, databases and clock: do they belong together, and are they of this version?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine, text

from contracts.decisions import CLOCK_TOLERANCE
from contracts.instants import from_ms, to_ms
from gateway.connections.clock import high_water
from gateway.database import reading
from gateway.migrations.current import DatabaseName, SchemaState, schema_state
from gateway.registers.tables import APPEND_ONLY
from gateway.school.backup.record import registered_check_values
from gateway.school.doctor.finding import Finding
from gateway.settings import FrontSettings, Settings
from keys.custody import read_public
from keys.errors import KeysError


def ring(settings: Settings) -> Finding:
    """The ring file is there, private, whole."""
    try:
        found = read_public(settings.ring_path)
    except KeysError as error:
        return Finding.fail(
            "ring",
            str(error),
            error.remedy or "schuilnaam key recover --sheet-file SHEET --copy COPY",
            code=error.code,
        )
    return Finding.ok(
        "ring",
        f"The key ring {found.check_value} is readable, private and whole.",
        dutch=f"De sleutelring {found.check_value} is leesbaar, afgeschermd en heel.",
    )


def ring_matches(settings: Settings, front_settings: FrontSettings, school: Engine) -> Finding:
    """The ring is the one with which this home was made, and the newest of it."""
    check = "ring_matches"
    try:
        found = read_public(settings.ring_path)
    except KeysError:
        return Finding.fail(
            check,
            "There is no ring to compare with the databases.",
            "See the check `ring`.",
            dutch="Er is geen ring om met de databases te vergelijken.",
        )
    if found.intake_public_key.hex() != front_settings.intake_public_key:
        return Finding.fail(
            check,
            f"The key ring {found.check_value} is of another home: every pupil would get another pseudonym.",
            f"Put the right ring in {settings.ring_path}, from its own backup.",
            dutch=f"Sleutelring {found.check_value} hoort bij een andere thuismap: elk pseudoniem zou anders zijn.",
        )
    known = registered_check_values(school, board_id=settings.board_id)
    if known and known[-1] != found.check_value:
        if found.check_value in known:
            return Finding.fail(
                check,
                f"The key ring {found.check_value} is older than the databases: a key that was destroyed is back.",
                f"Put the ring with check value {known[-1]} in {settings.ring_path}.",
                dutch=f"Sleutelring {found.check_value} is ouder dan de databases: een vernietigde sleutel is terug.",
            )
        return Finding.warn(
            check,
            f"The databases know the ring {known[-1]}, and this one is {found.check_value}: it was re-keyed since.",
            "Normal after restoring a backup from before a key was destroyed; else find out who did it.",
            dutch=f"De databases kennen ring {known[-1]}, en dit is {found.check_value}: hij is sindsdien vernieuwd.",
        )
    return Finding.ok(
        check,
        f"Ring and databases belong together ({found.check_value}).",
        dutch=f"Ring en databases horen bij elkaar ({found.check_value}).",
    )


def sheet(settings: Settings) -> Finding:
    """Somebody printed the recovery sheet, or the officers have their shares."""
    check = "recovery_sheet"
    try:
        found = read_public(settings.ring_path)
    except KeysError:
        return Finding.fail(
            check,
            "There is no ring to recover.",
            "See the check `ring`.",
            dutch="Er is geen ring om te herstellen.",
        )
    if found.sheet_confirmed:
        return Finding.ok(
            check,
            "The recovery sheet or the officers' shares are confirmed.",
            dutch="Het herstelblad of de delen van de functionarissen zijn bevestigd.",
        )
    return Finding.warn(
        check,
        "Nobody confirmed the recovery sheet: a forgotten passphrase would be the end of every pseudonym.",
        "schuilnaam key sheet -o FILE; print it; schuilnaam key sheet --confirm CHECK_VALUE",
        dutch="Niemand bevestigde het herstelblad: een vergeten wachtzin zou het einde van elk pseudoniem zijn.",
    )


def schema(engine: Engine, which: DatabaseName) -> Finding:
    """The database has the schema of this program."""
    check = f"schema_{which}"
    state = schema_state(engine, which)
    if state is SchemaState.CURRENT:
        return Finding.ok(
            check,
            f"The {which} database has the schema of this version.",
            dutch=f"De database ({which}) hoort bij deze versie.",
        )
    if state is SchemaState.NEWER:
        return Finding.fail(
            check,
            f"A newer version changed the {which} database.",
            "Install that version again, or restore.",
            dutch=f"Een nieuwere versie heeft de database ({which}) gewijzigd.",
        )
    return Finding.fail(
        check,
        f"The {which} database has {'no' if state is SchemaState.NONE else 'an older'} schema.",
        "schuilnaam backup -o FILE && schuilnaam db upgrade",
        dutch=f"De database ({which}) heeft {'geen' if state is SchemaState.NONE else 'een ouder'} schema.",
    )


def clock_runs_on(front: Engine, *, board_id: str, now: datetime) -> Finding:
    """The clock is not behind the greatest moment that this gateway has seen."""
    mark = from_ms(high_water(front, board_id=board_id, now_ms=to_ms(now), keep=False))
    behind = mark - now
    if behind > CLOCK_TOLERANCE:
        return Finding.fail(
            "clock",
            f"The clock is {int(behind.total_seconds() // 60)} minutes behind what was seen: everything is refused.",
            "timedatectl set-ntp true",
            dutch=f"De klok loopt {int(behind.total_seconds() // 60)} minuten achter: alles wordt geweigerd.",
        )
    return Finding.ok("clock", "The clock has not been set back.", dutch="De klok is niet teruggezet.")


def database_roles(front_of_door: Engine, school: Engine) -> Finding:
    """PostgreSQL: the door's role has nothing of the school's, and nobody may rewrite a register."""
    check = "database_roles"
    if school.dialect.name != "postgresql":
        return Finding.ok(
            check,
            "Embedded databases have no roles: file modes and two system users separate them.",
            dutch="Ingebouwde databases hebben geen rollen: bestandsrechten en twee systeemgebruikers scheiden ze.",
        )
    remedy = "schuilnaam db upgrade --database OWNER_ADDRESS"
    registers = [table.name for table in APPEND_ONLY]
    with reading(school) as connection:
        school_schema = str(connection.execute(text("SELECT current_schema()")).scalar())
        rewriting = _may_rewrite(connection, registers)
    with reading(front_of_door) as connection:
        rewriting |= _may_rewrite(connection, registers)
        entered = connection.execute(
            text(
                "SELECT has_schema_privilege(current_user, oid, 'USAGE') FROM pg_namespace WHERE nspname = :name"
            ),
            {"name": school_schema},
        ).scalar()
    if entered:
        return Finding.fail(
            check,
            "The door's role can enter the school's schema.",
            "REVOKE USAGE ON SCHEMA from it",
            dutch="De rol van de deur kan in het schema van de school.",
        )
    if rewriting:
        return Finding.fail(
            check,
            f"A role may rewrite {', '.join(sorted(rewriting))}.",
            remedy,
            dutch=f"Een rol mag herschrijven: {', '.join(sorted(rewriting))}.",
        )
    return Finding.ok(
        check,
        "The door's role has nothing of the school's; registers can only be added to.",
        dutch="De rol van de deur heeft niets van de school; aan registers kan alleen worden toegevoegd.",
    )


def _may_rewrite(connection: Connection, registers: list[str]) -> set[str]:
    rows = connection.execute(
        text(
            "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(:names)"
            " AND (has_table_privilege(current_user, oid, 'UPDATE') OR has_table_privilege(current_user, oid, 'DELETE')"
            " OR has_table_privilege(current_user, oid, 'TRUNCATE'))"
        ),
        {"names": registers},
    )
    return {str(row.relname) for row in rows}
