"""Where the two databases of a home folder are: made by `init` and `restore`, upgraded by `db upgrade`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine

from gateway.cli.postgres import create_schemas, grant_tables
from gateway.database import front_metadata, open_engine, school_metadata
from gateway.errors import UsageError
from gateway.migrations.current import DatabaseName
from gateway.migrations.running import upgrade
from gateway.registers.tables import APPEND_ONLY
from gateway.school.agreeing import tables as agreeing
from gateway.school.consents import tables as consents
from gateway.school.regulations import tables as regulations
from gateway.settings import FRONT_FILE, SCHOOL_FILE, Settings, load_school_settings, write_toml

SIDES: Final[tuple[DatabaseName, ...]] = ("front", "school")
HEAD: Final = "head"


@dataclass(frozen=True, slots=True)
class Places:
    """Addresses of both databases: of the application, and of who may change their schema."""

    front: str
    school: str
    school_to_front: str
    owner_front: str
    owner_school: str
    suffix: str | None
    """Of schemas and roles on PostgreSQL; None for embedded databases."""

    def owner_engine(self, side: DatabaseName) -> Engine:
        """The database of one side, as who may change its schema."""
        return open_engine(self.owner_front if side == "front" else self.owner_school)


def make_places(settings: Settings, owner: str | None) -> Places:
    """Make the folder of embedded databases, or the schemas and roles on a server. Raises as `create_schemas`."""
    if owner is None:
        (settings.home / "data").mkdir(mode=0o700, exist_ok=True)
        return _embedded(settings)
    suffix = settings.board_id[:12]
    made = create_schemas(owner, suffix=suffix)
    return Places(made.front, made.school, made.school_to_front, made.owner_front, made.owner_school, suffix)


def known_places(settings: Settings, owner: str | None) -> Places:
    """Where the databases of a home are that has them, for changing their schema.

    Raises:
        UsageError: `owner_address_missing`: on a server only the owner changes tables.
    """
    known = load_school_settings(settings.home)
    if owner is None:
        if not known.database.startswith("sqlite"):
            raise UsageError(
                "The databases stand on a server: the gateway's own accounts may not change tables there.",
                code="owner_address_missing",
                remedy="Give the owner's address with --database; it is not stored.",
            )
        front, school = known.front_database, known.database
        return Places(front, school, front, front, school, None)
    suffix, joiner = settings.board_id[:12], "&" if "?" in owner else "?"
    front, school = (f"{owner}{joiner}options=-csearch_path%3Dschuilnaam_{side}_{suffix}" for side in SIDES)
    return Places(front, school, front, front, school, suffix)


def _embedded(settings: Settings) -> Places:
    folder = settings.home / "data"
    front, school = f"sqlite:///{folder}/front.sqlite", f"sqlite:///{folder}/school.sqlite"
    return Places(front, school, front, front, school, None)


def upgrade_both(places: Places, *, front: str = HEAD, school: str = HEAD) -> None:
    """Bring both schemas to a revision, and give the application its rights on the tables."""
    old_mask = os.umask(0o077)
    try:
        for side, revision in (("front", front), ("school", school)):
            _upgrade_one(places, "front" if side == "front" else "school", revision)
    finally:
        os.umask(old_mask)


def _upgrade_one(places: Places, side: DatabaseName, revision: str) -> None:
    engine = places.owner_engine(side)
    try:
        upgrade(engine, side, revision)
        if places.suffix is not None and revision == HEAD:
            grant_tables(
                engine,
                side=side,
                suffix=places.suffix,
                register_tables=_append_only(side),
                roles=SIDES if side == "front" else ("school",),
            )
    finally:
        engine.dispose()


def _append_only(side: DatabaseName) -> list[str]:
    metadata = front_metadata if side == "front" else school_metadata
    every = (*APPEND_ONLY, *consents.APPEND_ONLY, *regulations.APPEND_ONLY, *agreeing.APPEND_ONLY)
    return [table.name for table in every if table.metadata is metadata]


def store_addresses(settings: Settings, places: Places, *, intake_public_key: bytes) -> None:
    """Write `front.toml` and `school.toml`."""
    write_toml(
        settings.home / FRONT_FILE, {"database": places.front, "intake_public_key": intake_public_key.hex()}
    )
    write_toml(
        settings.home / SCHOOL_FILE, {"database": places.school, "front_database": places.school_to_front}
    )
