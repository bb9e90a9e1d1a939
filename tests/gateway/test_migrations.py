"""The migrations give exactly the tables that the code names, on both kinds of database."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, make_url, text
from sqlalchemy.exc import DBAPIError

import gateway.connections.sandbox_presses
import gateway.connections.source_settings
import gateway.connections.tables
import gateway.holdings.tables
import gateway.inbox.tables
import gateway.registers.tables
import gateway.school.agreeing.tables
import gateway.school.consents.tables
import gateway.school.disclosure.tables
import gateway.school.layouts.tables
import gateway.school.mail.tables
import gateway.school.receipts.tables
import gateway.school.regulations.tables
import gateway.school.relink.tables
import gateway.school.school_year.tables
import gateway.school.staff.tables
import gateway.school.switchover.tables
import gateway.school.terms.tables  # noqa: F401 (all of these register their tables)
from contracts.tables import contract_metadata
from gateway.database import front_metadata, open_engine, school_metadata, writing
from gateway.errors import GatewayUnready
from gateway.migrations.current import DatabaseName, head, require_current
from gateway.migrations.running import alembic_config, upgrade
from tests.shared import ROOT

METADATA = {"front": [front_metadata], "school": [school_metadata, contract_metadata]}
SIDES: tuple[DatabaseName, ...] = ("front", "school")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path}/database.sqlite")
        yield engine
        engine.dispose()
        return
    server = os.environ.get("SCHUILNAAM_TEST_POSTGRES")
    if not server:
        pytest.skip("SCHUILNAAM_TEST_POSTGRES is not set")
    schema = f"migrations_{secrets.token_hex(6)}"
    owner = open_engine(server)
    with owner.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    address = make_url(server).update_query_dict({"options": f"-csearch_path={schema}"})
    engine = open_engine(address.render_as_string(hide_password=False))
    yield engine
    engine.dispose()
    with owner.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    owner.dispose()


@pytest.mark.parametrize("side", SIDES)
def test_migrated_database_has_exactly_the_tables_of_the_code(engine: Engine, side: DatabaseName) -> None:
    upgrade(engine, side)

    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), METADATA[side])

    assert differences == []


@pytest.mark.parametrize("side", SIDES)
def test_upgrading_twice_changes_nothing(engine: Engine, side: DatabaseName) -> None:
    upgrade(engine, side)
    before = sorted(inspect(engine).get_table_names())

    upgrade(engine, side)

    assert sorted(inspect(engine).get_table_names()) == before
    require_current(engine, side)


def test_database_of_another_version_is_told_apart(engine: Engine) -> None:
    upgrade(engine, "front")
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))

    with pytest.raises(GatewayUnready) as refused:
        require_current(engine, "front")

    assert refused.value.code == "schema_newer"
    assert "Install that version again" in refused.value.remedy


def test_database_of_an_older_version_names_the_command_that_upgrades_it(engine: Engine) -> None:
    upgrade(engine, "school", "school_0001")

    with pytest.raises(GatewayUnready) as refused:
        require_current(engine, "school")

    assert refused.value.code == "schema_differs"
    assert "schuilnaam db upgrade" in refused.value.remedy


def test_embedded_register_refuses_to_change_a_row(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/front.sqlite")
    upgrade(engine, "front")
    row = "INSERT INTO audit (board_id, seq, at_ms, event, entry, leaf_hash) VALUES ('b', 1, 1, 'x', x'00', x'00')"
    with writing(engine) as connection:
        connection.execute(text(row))

    for statement in ("UPDATE audit SET event = 'y'", "DELETE FROM audit", f"{row} ON CONFLICT DO NOTHING"):
        with pytest.raises(DBAPIError), writing(engine) as connection:
            connection.execute(text(statement))
    engine.dispose()


@pytest.mark.parametrize("side", SIDES)
def test_the_head_is_the_one_that_alembic_finds(side: DatabaseName) -> None:
    assert head(side) == ScriptDirectory.from_config(alembic_config(side)).get_current_head()


@pytest.mark.parametrize("side", SIDES)
def test_a_database_without_any_table_is_not_of_this_version(engine: Engine, side: DatabaseName) -> None:
    with pytest.raises(GatewayUnready) as refusal:
        require_current(engine, side)
    assert refusal.value.code == "schema_differs"


def test_a_process_that_serves_or_refreshes_does_not_load_what_migrates() -> None:
    # About 8 MB in each process of the school side, for a question that is asked once.
    program = "import sys, gateway.school.main; print(sorted({'alembic', 'mako'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["[]"]
