"""Whether a database has the schema of this version: asked at every start, so without alembic and its 8 MB."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from gateway.errors import GatewayUnready

DatabaseName = Literal["front", "school"]

_REVISION: Final = re.compile(r'^(revision|down_revision)\b[^=\n]*= "(\w+)"', re.MULTILINE)


def newest_revision(which: DatabaseName) -> str:
    """The one revision of this version that no other follows; as alembic finds it."""
    followed: set[str] = set()
    revisions: set[str] = set()
    for file in (Path(__file__).parent / which).glob("*.py"):
        for what, revision in _REVISION.findall(file.read_text(encoding="utf-8")):
            (revisions if what == "revision" else followed).add(revision)
    [newest] = revisions - followed
    return newest


def require_current(engine: Engine, which: DatabaseName) -> None:
    """Raise `GatewayUnready` unless the database has exactly the schema of this version."""
    try:
        with engine.connect() as connection:
            found = (
                connection.scalars(text("SELECT version_num FROM alembic_version")).all()
                if inspect(connection).has_table("alembic_version")
                else []
            )
    except DBAPIError:
        raise GatewayUnready(
            f"The {which} database does not answer.",
            code="database_unavailable",
            remedy="Start it, or check its address in the home folder.",
        ) from None
    if found != [newest_revision(which)]:
        raise GatewayUnready(
            f"The {which} database has another schema than this version.",
            code="schema_differs",
            remedy="Make a backup and run `schuilnaam init` again in the same home folder: it upgrades and keeps all.",
        )
