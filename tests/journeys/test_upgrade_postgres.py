"""`db upgrade` on PostgreSQL from a stored earlier schema: by its owner; the gateway's accounts keep their rights."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, LargeBinary, MetaData, make_url, text

from gateway.cli.places import SIDES, Places, make_places, store_addresses, upgrade_both
from gateway.cli.postgres import grant_tables, postgres_address
from gateway.database import open_engine
from gateway.migrations.current import head
from gateway.registers.tables import APPEND_ONLY
from gateway.settings import load_front_settings, load_settings
from tests.journeys.earlier import STORED, Earlier, assert_same_pupils, earlier_home

pytestmark = pytest.mark.postgres


@pytest.fixture
def server() -> Iterator[str]:
    """A database of its own."""
    address = os.environ.get("SCHUILNAAM_TEST_POSTGRES")
    if not address:
        pytest.skip("SCHUILNAAM_TEST_POSTGRES is not set")
    name = f"upgrade_{secrets.token_hex(6)}"
    owner = open_engine(address).execution_options(isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield make_url(address).set(database=name).render_as_string(hide_password=False)
    with owner.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    owner.dispose()


@pytest.fixture(params=STORED, ids=[path.name for path in STORED])
def earlier(request: pytest.FixtureRequest, tmp_path: Path, server: str) -> Iterator[Earlier]:
    """The stored home with its rows in the tables that the version of then made on a server."""
    with earlier_home(request.param, tmp_path) as earlier:
        settings = load_settings(earlier.home)
        places = make_places(settings, postgres_address(server))
        rows = {side: sqlite3.connect(earlier.home / "data" / f"{side}.sqlite") for side in SIDES}
        revisions = {side: _one(rows[side], "SELECT version_num FROM alembic_version") for side in SIDES}
        upgrade_both(places, front=revisions["front"], school=revisions["school"])
        for side in SIDES:
            engine = places.owner_engine(side)
            _copy(rows[side], engine)
            _grant_as_then(engine, side, places)
            engine.dispose()
            rows[side].close()
            (earlier.home / "data" / f"{side}.sqlite").unlink()
        key = bytes.fromhex(load_front_settings(earlier.home).intake_public_key)
        store_addresses(settings, places, intake_public_key=key)
        try:
            yield earlier
        finally:
            _drop_roles(server, settings.board_id[:12])


def _one(database: sqlite3.Connection, query: str) -> Any:
    return database.execute(query).fetchone()[0]


def _copy(rows: sqlite3.Connection, engine: Engine) -> None:
    metadata = MetaData()
    metadata.reflect(engine)
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            if table.name == "alembic_version":
                continue
            names = [column.name for column in table.columns]
            found = rows.execute(f"SELECT {', '.join(names)} FROM {table.name}").fetchall()
            if not found:
                continue
            binary = {column.name for column in table.columns if isinstance(column.type, LargeBinary)}
            assert all(isinstance(row[names.index(name)], bytes | None) for row in found for name in binary)
            connection.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in found])
            number = next(iter(table.primary_key.columns))
            sequence = connection.execute(
                text("SELECT pg_get_serial_sequence(:name, :number)"),
                {"name": table.name, "number": number.name},
            ).scalar()
            if sequence:
                connection.execute(
                    text(f"SELECT setval('{sequence}', (SELECT max({number.name}) FROM {table.name}))")
                )


def _grant_as_then(engine: Engine, side: str, places: Places) -> None:
    there = MetaData()
    there.reflect(engine)
    registers = [table.name for table in APPEND_ONLY if table.name in there.tables]
    assert places.suffix is not None
    grant_tables(
        engine,
        side=side,
        suffix=places.suffix,
        register_tables=registers,
        roles=SIDES if side == "front" else ("school",),
    )


def _drop_roles(server: str, suffix: str) -> None:
    engine = open_engine(postgres_address(server))
    with engine.begin() as connection:
        for side in SIDES:
            connection.exec_driver_sql(f"DROP OWNED BY schuilnaam_{side}_{suffix}")
            connection.exec_driver_sql(f"DROP ROLE schuilnaam_{side}_{suffix}")
    engine.dispose()


def _may(server: str, suffix: str, side: str, table: str, right: str, of: str) -> bool:
    engine = open_engine(postgres_address(server))
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT has_table_privilege(:role, :name, :right)"),
            {
                "role": f"schuilnaam_{side}_{suffix}",
                "name": f"schuilnaam_{of}_{suffix}.{table}",
                "right": right,
            },
        ).scalar()
    engine.dispose()
    return bool(found)


def test_earlier_schema_on_a_server_is_upgraded_by_its_owner_and_knows_the_same_pupils(
    earlier: Earlier, server: str, tmp_path: Path
) -> None:
    suffix = load_settings(earlier.home).board_id[:12]

    refused = earlier.command("refresh")
    ownerless = earlier.command("db", "upgrade")
    too_early = earlier.command("db", "upgrade", "--database", server)
    assert earlier.command("backup", "-o", str(tmp_path / "backup")).status == 0
    upgraded = earlier.command("db", "upgrade", "--database", server)
    again = earlier.command("db", "upgrade", "--database", server)

    assert (refused.status, refused.code) == (5, "schema_differs")
    assert (ownerless.status, ownerless.code) == (2, "owner_address_missing")
    assert (too_early.status, too_early.code) == (5, "backup_too_old")
    assert (upgraded.status, upgraded.json()["databases"]) == (0, ["front", "school"]), upgraded.stderr
    assert again.json()["upgraded"] is False
    engine = open_engine(postgres_address(server))
    with engine.connect() as connection:
        for side in SIDES:
            schema = f"schuilnaam_{side}_{suffix}"
            found = connection.exec_driver_sql(f"SELECT version_num FROM {schema}.alembic_version").scalar()
            assert found == head(side)
    engine.dispose()
    assert earlier.command("refresh").status == 0
    assert_same_pupils(earlier)


def test_tables_that_an_upgrade_brings_to_a_server_get_the_rights_of_their_kind(
    earlier: Earlier, server: str
) -> None:
    suffix = load_settings(earlier.home).board_id[:12]

    assert earlier.command("db", "upgrade", "--database", server, "--no-backup-needed").status == 0

    for table, right, allowed in (
        ("consent_statements", "INSERT", True),
        ("consent_statements", "UPDATE", False),
        ("agreement_advice", "INSERT", True),
        ("agreement_advice", "DELETE", False),
        ("audit_school", "UPDATE", False),
        ("staff_accounts", "UPDATE", True),
    ):
        assert _may(server, suffix, "school", table, right, "school") is allowed, (table, right)
        assert not _may(server, suffix, "front", table, "SELECT", "school"), table
    assert _may(server, suffix, "front", "inbox_owed", "UPDATE", "front")
    assert not _may(server, suffix, "front", "disclosures", "UPDATE", "front")
