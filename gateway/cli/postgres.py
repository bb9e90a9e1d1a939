"""PostgreSQL set-up: two schemas, two roles, and registers that the application cannot rewrite.

The address given to `init` is the owner's and is used there only; it is not stored. The front's role sees the front
schema and nothing else, so a break-in at the vendors' door has no credentials for the school's tables.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from gateway.database import open_engine
from gateway.errors import GatewayUnready, SettingsError, UsageError

_READ_WRITE: Final = "SELECT, INSERT, UPDATE, DELETE"


@dataclass(frozen=True, slots=True)
class PostgresAddresses:
    """Addresses of the two databases: the owner's for migrations, the application's for work."""

    owner_front: str
    owner_school: str
    front: str
    school: str
    school_to_front: str


def postgres_address(text: str) -> str:
    """The address with our driver; raises `UsageError` for anything that is not PostgreSQL."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise UsageError("--database is not an address.", code="database_address_invalid") from None
    if url.get_backend_name() != "postgresql":
        raise UsageError(
            "--database must be a PostgreSQL address; without it the embedded database is used.",
            code="database_address_invalid",
        )
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _with_schema(url: str, schema: str, user: str | None = None, password: str | None = None) -> str:
    address = make_url(url).update_query_dict({"options": f"-csearch_path={schema}"})
    if user is not None:
        address = address.set(username=user, password=password)
    return address.render_as_string(hide_password=False)


def create_schemas(owner_url: str, *, suffix: str) -> PostgresAddresses:
    """Make both schemas and both roles; `suffix` keeps several boards on one server apart.

    Raises:
        GatewayUnready: the server does not answer or the address may not create roles.
    """
    names = {side: f"schuilnaam_{side}_{suffix}" for side in ("front", "school")}
    passwords = {side: secrets.token_urlsafe(32) for side in names}
    engine = open_engine(owner_url)
    try:
        with engine.begin() as connection:
            for side, name in names.items():
                # Names are made of fixed text and hexadecimal; passwords of URL-safe base64: no quoting is needed.
                connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {name}")
                connection.exec_driver_sql(
                    f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') "
                    f"THEN CREATE ROLE {name} LOGIN; END IF; END $$"
                )
                connection.exec_driver_sql(f"ALTER ROLE {name} PASSWORD '{passwords[side]}'")
            connection.exec_driver_sql(
                f"GRANT USAGE ON SCHEMA {names['front']} TO {names['front']}, {names['school']}"
            )
            connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {names['school']} TO {names['school']}")
    except DBAPIError:
        raise GatewayUnready(
            "The PostgreSQL server does not answer, or this account may not create schemas and roles.",
            code="database_unavailable",
            remedy="Start it, or give the address of an account with CREATEROLE that owns the database.",
        ) from None
    finally:
        engine.dispose()
    return PostgresAddresses(
        owner_front=_with_schema(owner_url, names["front"]),
        owner_school=_with_schema(owner_url, names["school"]),
        front=_with_schema(owner_url, names["front"], names["front"], passwords["front"]),
        school=_with_schema(owner_url, names["school"], names["school"], passwords["school"]),
        school_to_front=_with_schema(owner_url, names["front"], names["school"], passwords["school"]),
    )


def require_no_tables(owner_url: str, *, suffix: str) -> None:
    """Raise `SettingsError` when a server holds tables of this board already; nothing is changed there.

    Raises:
        SettingsError: `database_not_empty`.
        GatewayUnready: the server does not answer.
    """
    engine = open_engine(owner_url)
    try:
        with engine.connect() as connection:
            found = connection.execute(
                text("SELECT 1 FROM information_schema.tables WHERE table_schema = ANY(:names) LIMIT 1"),
                {"names": [f"schuilnaam_{side}_{suffix}" for side in ("front", "school")]},
            ).first()
    except DBAPIError:
        raise GatewayUnready(
            "The PostgreSQL server does not answer.", code="database_unavailable", remedy="Start it."
        ) from None
    finally:
        engine.dispose()
    if found is not None:
        raise SettingsError(
            "This server has tables of this board already.",
            code="database_not_empty",
            remedy="Drop its two schemas, or give another database.",
        )


def grant_tables(
    engine: Engine, *, side: str, suffix: str, register_tables: Iterable[str], roles: Iterable[str]
) -> None:
    """Give the application its rights on the tables of one schema; registers get INSERT and SELECT only."""
    schema = f"schuilnaam_{side}_{suffix}"
    with engine.begin() as connection:
        for role_side in roles:
            role = f"schuilnaam_{role_side}_{suffix}"
            connection.exec_driver_sql(f"GRANT {_READ_WRITE} ON ALL TABLES IN SCHEMA {schema} TO {role}")
            connection.exec_driver_sql(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}")
            for table in register_tables:
                connection.exec_driver_sql(f"REVOKE UPDATE, DELETE, TRUNCATE ON {schema}.{table} FROM {role}")
