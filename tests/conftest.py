"""For all tests: a database of its own for each process that runs PostgreSQL tests."""

from __future__ import annotations

import functools
import os
import secrets

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from keys import custody

POSTGRES = "SCHUILNAAM_TEST_POSTGRES"
JOURNEYS = "SCHUILNAAM_TEST_JOURNEYS_ON"
"""Set by this program alone: the database of every rig, where it is not the embedded one."""
_made: list[tuple[str, str]] = []


@pytest.fixture(scope="session", autouse=True)
def _each_passphrase_stretched_once() -> None:
    """Argon2id costs a quarter of a second for every command that opens a ring, and gives the same key each time.

    What commands in this process derive is remembered; served processes and `keys/stretching` itself are as ever.
    """
    setattr(custody, "stretch", functools.cache(custody.stretch))  # noqa: B010 (a cached function is another type)


def _owner(address: str) -> psycopg.Connection:
    url = make_url(address).set(drivername="postgresql")
    return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)


def _roles_in(address: str) -> list[str]:
    """Roles that rigs made: they belong to the server, and are called as their schema is."""
    with _owner(address) as connection:
        rows = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'schuilnaam\\_%'"
        ).fetchall()
    return [str(name) for (name,) in rows]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Longer runs of tests that throw dice; the defaults are what every run does."""
    group = parser.getgroup("schuilnaam")
    group.addoption(
        "--kills", type=int, default=3, help="processes killed in test_kills (200 is a thorough run)"
    )
    group.addoption("--thorough", action="store_true", help="also the cases that are not of every run")
    group.addoption(
        "--journeys-on",
        choices=("sqlite", "postgres"),
        default="sqlite",
        help="database of every rig (postgres needs SCHUILNAAM_TEST_POSTGRES)",
    )
    group.addoption("--dice", type=int, default=1, help="seed of the tests that throw dice")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Cases marked `thorough` are left out unless asked for."""
    if config.getoption("--thorough"):
        return
    left_out = [item for item in items if item.get_closest_marker("thorough")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_configure(config: pytest.Config) -> None:
    """Tests of two processes (pytest-xdist) in one database would drop each other's tables."""
    address = os.environ.get(POSTGRES)
    controls_workers = getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput")
    if not address or controls_workers:
        return
    name = f"schuilnaam_test_{secrets.token_hex(6)}"
    with _owner(address) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    _made.append((address, name))
    os.environ[POSTGRES] = make_url(address).set(database=name).render_as_string(hide_password=False)
    if config.getoption("--journeys-on") == "postgres":
        os.environ[JOURNEYS] = os.environ[POSTGRES]


def pytest_unconfigure(config: pytest.Config) -> None:
    for address, name in _made:
        roles = _roles_in(os.environ[POSTGRES])
        os.environ[POSTGRES] = address
        os.environ.pop(JOURNEYS, None)
        with _owner(address) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            for role in roles:
                connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
    _made.clear()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI nothing that needs a database or the reference material may be skipped."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get("CI") or reporter is None:
        return
    skipped = [str(report.longrepr) for report in reporter.stats.get("skipped", [])]
    if any(POSTGRES in reason or "reference material" in reason for reason in skipped):
        reporter.write_line("FAILED: a test was skipped that CI must run", red=True)
        session.exitstatus = 1
