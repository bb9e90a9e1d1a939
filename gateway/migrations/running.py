"""Bring a database to the schema of this version."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from gateway.migrations.current import DatabaseName


def alembic_config(which: DatabaseName) -> Config:
    """Where the migrations of one database are."""
    folder = Path(__file__).parent
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("version_locations", str(folder / which).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return config


def upgrade(engine: Engine, which: DatabaseName, revision: str = "head") -> None:
    """Apply all migrations that the database does not have yet, or those up to `revision`."""
    config = alembic_config(which)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
