"""Whether a database has the schema of this version: asked at every start, so without alembic and its 8 MB."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from gateway.errors import GatewayUnready

DatabaseName = Literal["front", "school"]

_REVISION: Final = re.compile(r'^(revision|down_revision)\b[^=\n]*= (?:"(\w+)"|None)', re.MULTILINE)


class SchemaState(StrEnum):
    """How the schema of a database stands to the one of this program."""

    CURRENT = "current"
    OLDER = "older"
    NEWER = "newer"
    """A revision that this program does not know: a newer program was here."""
    NONE = "none"
    """No schema of ours at all."""


def known_revisions(which: DatabaseName) -> tuple[str, ...]:
    """Every revision that this program knows, oldest first; as alembic finds them."""
    after: dict[str, str] = {}
    for file in (Path(__file__).parent / which).glob("*.py"):
        said = dict(_REVISION.findall(file.read_text(encoding="utf-8")))
        after[said["down_revision"]] = said["revision"]
    found: list[str] = []
    at = ""
    while at in after:
        at = after[at]
        found.append(at)
    return tuple(found)


def head(which: DatabaseName) -> str:
    """The revision of this program."""
    return known_revisions(which)[-1]


def revision_of(engine: Engine, which: DatabaseName) -> str | None:
    """The revision that a database has; None where it has none.

    Raises:
        GatewayUnready: `database_unavailable`.
    """
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found = connection.scalars(text("SELECT version_num FROM alembic_version")).all()
    except DBAPIError:
        raise GatewayUnready(
            f"The {which} database does not answer.",
            code="database_unavailable",
            remedy="Start it, or check its address in the home folder.",
        ) from None
    # Two at once is of no program of ours; the first is then as foreign as both.
    return str(found[0]) if found else None


def schema_state(engine: Engine, which: DatabaseName) -> SchemaState:
    """Whether the database has the schema of this program. Raises as `revision_of`."""
    found = revision_of(engine, which)
    if found is None:
        return SchemaState.NONE
    known = known_revisions(which)
    if found not in known:
        return SchemaState.NEWER
    return SchemaState.CURRENT if found == known[-1] else SchemaState.OLDER


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
