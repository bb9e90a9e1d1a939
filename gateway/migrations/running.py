"""Bring a database to the schema of this version, and tell whether it is there."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from gateway.errors import GatewayUnready

DatabaseName = Literal["front", "school"]


def _config(which: DatabaseName) -> Config:
    folder = Path(__file__).parent
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("version_locations", str(folder / which).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return config


def upgrade(engine: Engine, which: DatabaseName) -> None:
    """Apply all migrations that the database does not have yet."""
    config = _config(which)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def require_current(engine: Engine, which: DatabaseName) -> None:
    """Raise `GatewayUnready` unless the database has exactly the schema of this version."""
    head = ScriptDirectory.from_config(_config(which)).get_current_head()
    try:
        with engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
    except DBAPIError:
        raise GatewayUnready(
            f"The {which} database does not answer.",
            code="database_unavailable",
            remedy="Start it, or check its address in the home folder.",
        ) from None
    if found != head:
        raise GatewayUnready(
            f"The {which} database has another schema than this version.",
            code="schema_differs",
            remedy="Make a backup and run `schuilnaam init` again in the same home folder: it upgrades and keeps all.",
        )
