"""Bring a database to the schema of this version, and tell whether it is there."""

from __future__ import annotations

from enum import StrEnum
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


class SchemaState(StrEnum):
    """How the schema of a database stands to the one of this program."""

    CURRENT = "current"
    OLDER = "older"
    NEWER = "newer"
    """A revision that this program does not know: a newer program was here."""
    NONE = "none"
    """No schema of ours at all."""


def head(which: DatabaseName) -> str:
    """The revision of this program."""
    found = ScriptDirectory.from_config(_config(which)).get_current_head()
    assert found is not None
    return found


def known_revisions(which: DatabaseName) -> tuple[str, ...]:
    """Every revision that this program knows, oldest first."""
    walked = ScriptDirectory.from_config(_config(which)).walk_revisions()
    return tuple(reversed([each.revision for each in walked]))


def revision_of(engine: Engine, which: DatabaseName) -> str | None:
    """The revision that a database has; None where it has none.

    Raises:
        GatewayUnready: `database_unavailable`.
    """
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except DBAPIError:
        raise GatewayUnready(
            f"The {which} database does not answer.",
            code="database_unavailable",
            remedy="Start it, or check its address in the home folder.",
        ) from None


def schema_state(engine: Engine, which: DatabaseName) -> SchemaState:
    """Whether the database has the schema of this program. Raises as `revision_of`."""
    found = revision_of(engine, which)
    if found is None:
        return SchemaState.NONE
    known = known_revisions(which)
    if found not in known:
        return SchemaState.NEWER
    return SchemaState.CURRENT if found == known[-1] else SchemaState.OLDER


def upgrade(engine: Engine, which: DatabaseName, revision: str = "head") -> None:
    """Apply all migrations that the database does not have yet, or those up to `revision`."""
    config = _config(which)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


def require_current(engine: Engine, which: DatabaseName, *, older_allowed: bool = False) -> None:
    """Raise `GatewayUnready` unless the database has exactly the schema of this version.

    Args:
        older_allowed: an older schema passes as well.
    """
    state = schema_state(engine, which)
    if state is SchemaState.CURRENT or (older_allowed and state is SchemaState.OLDER):
        return
    if state is SchemaState.NEWER:
        raise GatewayUnready(
            f"A newer version of this program changed the schema of the {which} database.",
            code="schema_newer",
            remedy="Install that version again, or restore the backup that was made before its upgrade.",
        )
    raise GatewayUnready(
        f"The {which} database has the schema of an older version.",
        code="schema_differs",
        remedy="Make a backup (`schuilnaam backup -o FILE`) and run `schuilnaam db upgrade`.",
    )
