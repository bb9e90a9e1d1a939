"""On PostgreSQL the application's role may add and read, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import ProgrammingError

from gateway.database import front_metadata, school_metadata
from gateway.registers import disclosures
from gateway.registers.tables import APPEND_ONLY, revoke_statements
from tests.gateway.registers.examples import NOW, disclosure

ROLE = "schuilnaam_register_test"


@pytest.fixture
def as_application(engine: Engine) -> Iterator[Engine]:
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no roles")
    with engine.begin() as connection:
        if _exists(engine):
            connection.exec_driver_sql(f"DROP OWNED BY {ROLE}")
        connection.exec_driver_sql(f"DROP ROLE IF EXISTS {ROLE}")
        connection.exec_driver_sql(f"CREATE ROLE {ROLE}")
        connection.exec_driver_sql(f"GRANT {ROLE} TO CURRENT_USER")
        for table in APPEND_ONLY:
            connection.exec_driver_sql(f'GRANT ALL ON "{table.name}" TO {ROLE}')
        for metadata in (front_metadata, school_metadata):
            for statement in revoke_statements(ROLE, metadata):
                connection.exec_driver_sql(statement)
    yield engine
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {ROLE}")
        connection.exec_driver_sql(f"DROP ROLE {ROLE}")


def _exists(engine: Engine) -> bool:
    with engine.connect() as connection:
        return bool(
            connection.exec_driver_sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'").first()
        )  # fmt: skip


@pytest.mark.postgres
def test_role_of_the_application_may_register(as_application: Engine) -> None:
    with as_application.begin() as connection:
        connection.exec_driver_sql(f"SET LOCAL ROLE {ROLE}")
        assert disclosures.record(connection, disclosure(), now_ms=NOW) == 1


@pytest.mark.postgres
@pytest.mark.parametrize("table", [table.name for table in APPEND_ONLY])
@pytest.mark.parametrize(
    "verb",
    [
        "UPDATE {} SET board_id = 'x'",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "DROP TABLE {}",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
    ],
)
def test_role_of_the_application_may_not(as_application: Engine, verb: str, table: str) -> None:
    with as_application.connect() as connection:
        connection.exec_driver_sql(f"SET LOCAL ROLE {ROLE}")
        with pytest.raises(ProgrammingError, match="InsufficientPrivilege"):
            connection.exec_driver_sql(verb.format(table))


@pytest.mark.parametrize("role", ["", "Robert", 'a"; DROP TABLE audit; --', "a b", "1a"])
def test_role_with_another_name_than_a_plain_one_is_refused(role: str) -> None:
    with pytest.raises(ValueError):
        revoke_statements(role, front_metadata)
