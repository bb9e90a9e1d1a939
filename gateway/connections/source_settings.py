"""Which school systems are read, and which of their schools are which of the board's. School database.

A client secret is not stored here but in a file of its own; the row names the file. Organisations are no
persons, so their identifiers stand here in clear.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    ForeignKeyConstraint,
    Integer,
    String,
    Table,
    select,
)

from gateway.database import reading, school_metadata, writing
from gateway.errors import UsageError

sources: Final = Table(
    "sources",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("slug", String(40), primary_key=True),
    Column("standard", String(32), nullable=False),
    Column("base_url", String(500), nullable=False),
    Column("token_url", String(500), nullable=False),
    Column("client_id", String(255), nullable=False),
    Column("secret_file", String(255), nullable=False),
    Column("space", String(100), nullable=False),
    Column("results", String(16), nullable=False),
    Column("data_version", String(8), nullable=False),
    Column("path_version", String(8), nullable=False),
    Column("page_size", Integer, nullable=False),
    Column("added_at_ms", BigInteger, nullable=False),
    Column("changed_at_ms", BigInteger, nullable=False),
)

source_schools: Final = Table(
    "source_schools",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("source", String(40), primary_key=True),
    Column("org", String(255), primary_key=True),
    Column("brin", String(6), nullable=False),
    Column("mapped_at_ms", BigInteger, nullable=False),
    ForeignKeyConstraint(["board_id", "source"], ["sources.board_id", "sources.slug"]),
)


class ResultsMode(StrEnum):
    """What becomes of a result that a vendor returned. Stored; values never change."""

    SOURCE = "source"
    """It is written into the school's system."""
    KEEP = "keep"
    """It stays with us; the system takes none."""


_SLUG: Final = re.compile(r"[a-z][a-z0-9-]{0,39}\Z")
_SPACE: Final = re.compile(r"[a-z0-9][a-z0-9._/-]{0,99}\Z")
_BRIN: Final = re.compile(r"[0-9]{2}[A-Z]{2}([0-9]{2})?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """One school system, as it is set up."""

    slug: str
    standard: str
    """`oneroster-1.2`; see `gateway.school.sources.standards`."""
    base_url: str
    """What stands before `/ims/oneroster/...`."""
    token_url: str
    client_id: str
    secret_file: str
    """Name of the file with the client secret, in the home folder's `secrets`."""
    space: str
    """Name of the identifier space; outlives these settings."""
    results: ResultsMode = ResultsMode.SOURCE
    data_version: str = "1.2"
    """How records look. Some systems serve 1.2 records under a 1.1 path."""
    path_version: str = "v1p2"
    page_size: int = 1_000

    def __post_init__(self) -> None:
        if not _SLUG.match(self.slug):
            raise _wrong("slug", "lower-case letters, digits and dashes, at most 40, a letter first")
        if not _SPACE.match(self.space) or self.space.startswith("schuilnaam/"):
            raise _wrong(
                "space",
                "lower-case letters, digits, dot, dash, underscore, slash, at most 100; `schuilnaam/` is ours",
            )
        if self.data_version not in ("1.1", "1.2"):
            raise _wrong("data version", "1.1 or 1.2")
        if self.path_version not in ("v1p1", "v1p2"):
            raise _wrong("path version", "v1p1 or v1p2")
        if not 1 <= self.page_size <= 10_000:
            raise _wrong("page size", "1 to 10,000")


def _wrong(what: str, rule: str) -> UsageError:
    return UsageError(
        f"The {what} of the source is not acceptable.", code="source_setting_refused", remedy=f"Give {rule}."
    )


def add(where: Engine, settings: SourceSettings, *, board_id: str, now_ms: int) -> bool:
    """Add a source; returns False when the same one is there already, so that doing it twice changes nothing.

    Raises:
        UsageError: code `source_exists`; another source has this slug.
    """
    with writing(where) as connection:
        known = _get(connection, settings.slug, board_id=board_id)
        if known == settings:
            return False
        if known is not None:
            raise UsageError(
                "There is another source of this name.",
                code="source_exists",
                remedy="Choose another name, or change that source.",
            )
        row = {"board_id": board_id, "added_at_ms": now_ms, "changed_at_ms": now_ms, **_columns(settings)}
        connection.execute(sources.insert(), row)
        return True


def change(connection: Connection, settings: SourceSettings, *, board_id: str, now_ms: int) -> None:
    """Replace the settings of a source, in the caller's transaction; its identifier space stays what it is.

    Raises:
        UsageError: `source_unknown`, or `source_space_fixed`: other identifiers would be the same pupils.
    """
    known = _get(connection, settings.slug, board_id=board_id)
    if known is None:
        raise _unknown()
    if known.space != settings.space:
        raise UsageError(
            "The identifier space of a source cannot be changed.",
            code="source_space_fixed",
            remedy="Add a new source for another system.",
        )
    connection.execute(
        sources.update()
        .where(sources.c.board_id == board_id, sources.c.slug == settings.slug)
        .values({**_columns(settings), "changed_at_ms": now_ms})
    )


def get(where: Engine, slug: str, *, board_id: str) -> SourceSettings:
    """The settings of one source.

    Raises:
        UsageError: code `source_unknown`.
    """
    with reading(where) as connection:
        found = _get(connection, slug, board_id=board_id)
    if found is None:
        raise _unknown()
    return found


def listed(where: Engine, *, board_id: str) -> tuple[SourceSettings, ...]:
    """Every source of the board, by slug."""
    with reading(where) as connection:
        rows = connection.execute(
            select(sources).where(sources.c.board_id == board_id).order_by(sources.c.slug)
        ).mappings()
        return tuple(_settings(dict(row)) for row in rows)


def map_schools(where: Engine, slug: str, mapping: Mapping[str, str], *, board_id: str, now_ms: int) -> int:
    """Say which BRIN an organisation of the source is; returns how many changed.

    Args:
        mapping: identifier of the organisation in the source, to BRIN (4) or BRIN with location (6).

    Raises:
        UsageError: `source_unknown`, or `brin_malformed`; then nothing is changed.
    """
    if any(not _BRIN.match(brin) for brin in mapping.values()):
        raise UsageError(
            "A BRIN has two digits and two capitals, and two digits more for a location.",
            code="brin_malformed",
            remedy="Give for example 99ZZ or 99ZZ01.",
        )
    with writing(where) as connection:
        if _get(connection, slug, board_id=board_id) is None:
            raise _unknown()
        known = _schools(connection, slug, board_id=board_id)
        changed = 0
        for org, brin in mapping.items():
            if known.get(org) == brin:
                continue
            key = {"board_id": board_id, "source": slug, "org": org}
            connection.execute(
                source_schools.delete().where(
                    source_schools.c.board_id == board_id,
                    source_schools.c.source == slug,
                    source_schools.c.org == org,
                )
            )
            connection.execute(source_schools.insert(), {**key, "brin": brin, "mapped_at_ms": now_ms})
            changed += 1
        return changed


def schools(where: Engine, slug: str, *, board_id: str) -> dict[str, str]:
    """Identifier of an organisation in the source, to BRIN; one that is not in it is in nobody's scope."""
    with reading(where) as connection:
        return _schools(connection, slug, board_id=board_id)


def self_mapping(numbers: Mapping[str, str], *, brins: frozenset[str]) -> dict[str, str]:
    """Organisations that map themselves: whose number is a BRIN of the board, or a location of one.

    Args:
        numbers: identifier of an organisation in the source, to the number that the source gives for it.
    """
    found: dict[str, str] = {}
    for org, number in numbers.items():
        brin = number.strip().upper()
        if _BRIN.match(brin) and (brin in brins or brin[:4] in brins):
            found[org] = brin
    return found


def _schools(connection: Connection, slug: str, *, board_id: str) -> dict[str, str]:
    rows = connection.execute(
        select(source_schools.c.org, source_schools.c.brin).where(
            source_schools.c.board_id == board_id, source_schools.c.source == slug
        )
    )
    return {row.org: row.brin for row in rows}


def _get(connection: Connection, slug: str, *, board_id: str) -> SourceSettings | None:
    row = connection.execute(
        select(sources).where(sources.c.board_id == board_id, sources.c.slug == slug)
    ).mappings().first()  # fmt: skip
    return None if row is None else _settings(dict(row))


def _columns(settings: SourceSettings) -> dict[str, Any]:
    return {
        "slug": settings.slug,
        "standard": settings.standard,
        "base_url": settings.base_url,
        "token_url": settings.token_url,
        "client_id": settings.client_id,
        "secret_file": settings.secret_file,
        "space": settings.space,
        "results": settings.results.value,
        "data_version": settings.data_version,
        "path_version": settings.path_version,
        "page_size": settings.page_size,
    }


def _settings(row: dict[str, Any]) -> SourceSettings:
    for name in ("board_id", "added_at_ms", "changed_at_ms"):
        del row[name]
    return SourceSettings(**{**row, "results": ResultsMode(row["results"])})


def _unknown() -> UsageError:
    return UsageError(
        "There is no source of this name.",
        code="source_unknown",
        remedy="See `schuilnaam source add`.",
    )
