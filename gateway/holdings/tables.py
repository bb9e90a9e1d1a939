"""Tables of the holdings; all in the `front` database.

Every change to what a product holds is one *generation*: a refresh, a withdrawal, or a write of the vendor
itself. A row of `holdings` is one version of one record: it is seen by every generation from
`from_generation` up to but not including `until_generation`. So a past page can be read again, and a walk
that is pinned to a generation never shifts. Rows that a refresh stages carry a number that the pointer has
not reached yet.

Stored for ever: see docs/decisions/0012. Values of `cause`, `relation` and `kind` never change.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, Table, Text
from sqlalchemy.dialects import postgresql

from gateway.database import front_metadata

CAUSE_REFRESH: Final = "refresh"
CAUSE_WITHDRAWAL: Final = "withdrawal"
CAUSE_OWN: Final = "own"
"""The vendor's own write of a gradebook record."""

RELATION_TERM: Final = "term"
RELATION_SCHOOL: Final = "school"

_TEXT: Final = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Ordered by code point on both databases: the holdings' order must not depend on a server's language."""

pointers: Final = Table(
    "holding_pointers",
    front_metadata,
    Column("board_id", _TEXT, primary_key=True),
    Column("product", _TEXT, primary_key=True),
    # The newest generation, whatever its cause; 0 before the first.
    Column("current_generation", BigInteger, nullable=False),
    # The newest stamp ever given out; a stamp never repeats and never goes back, whatever the clock does.
    Column("last_stamp_ms", BigInteger, nullable=False),
    # Number of withdrawals so far: a refresh that compared before one compares again.
    Column("withdrawals", BigInteger, nullable=False),
    Column("stopped_at_ms", BigInteger),
    # The refresh that is being staged, and the lease of the one who stages it.
    Column("staged_generation", BigInteger),
    Column("lease_owner", _TEXT),
    Column("lease_until_ms", BigInteger),
)

generations: Final = Table(
    "holding_generations",
    front_metadata,
    Column("board_id", _TEXT, primary_key=True),
    Column("product", _TEXT, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("stamp_ms", BigInteger, nullable=False),
    Column("cause", _TEXT, nullable=False),
    # The newest generation up to this one that is not a vendor's own write: what the roster looks like.
    Column("roster_generation", BigInteger, nullable=False),
    # Only where the cause is a refresh.
    Column("plan_digest", _TEXT),
    Column("refreshed_at_ms", BigInteger),
    Index("ix_holding_generations_stamp", "board_id", "product", "stamp_ms", unique=True),
    sqlite_with_rowid=False,
)

holdings: Final = Table(
    "holdings",
    front_metadata,
    Column("board_id", _TEXT, primary_key=True),
    Column("product", _TEXT, primary_key=True),
    Column("kind", _TEXT, primary_key=True),
    Column("id", _TEXT, primary_key=True),
    Column("from_generation", BigInteger, primary_key=True, autoincrement=False),
    Column("until_generation", BigInteger),
    # False: a tombstone. It keeps its relations, so that the routes that listed the record report that it
    # went.
    Column("active", Boolean, nullable=False),
    Column("vendor_made", Boolean, nullable=False),
    # Set when the record was withdrawn while this version could still be asked for: it keeps its place in
    # walks that are under way and shows nothing any more.
    Column("withdrawn_at_generation", BigInteger),
    Column("subject", _TEXT, nullable=False),
    # Equal where body, subject and relations are equal; see `rows.BodySeal.fingerprint`.
    Column("fingerprint", LargeBinary, nullable=False),
    Column("ref_user", _TEXT),
    Column("ref_class", _TEXT),
    Column("ref_school", _TEXT),
    Column("ref_course", _TEXT),
    Column("ref_parent", _TEXT),
    Column("ref_line_item", _TEXT),
    Column("ref_category", _TEXT),
    Column("role", _TEXT),
    # Sealed under the storage key; empty for a tombstone. Last, because long bodies spill to other pages.
    Column("body", LargeBinary, nullable=False),
    # One tree ordered by the primary key: a walk in the holdings' order reads neighbours.
    sqlite_with_rowid=False,
)

for _reference in ("ref_user", "ref_class", "ref_line_item"):
    # Only these pick few rows out of many; the others are met while walking in order.
    Index(
        f"ix_holdings_{_reference}",
        holdings.c.board_id,
        holdings.c.product,
        holdings.c[_reference],
        holdings.c.kind,
        sqlite_where=holdings.c[_reference].is_not(None),
        postgresql_where=holdings.c[_reference].is_not(None),
    )

links: Final = Table(
    "holding_links",
    front_metadata,
    Column("board_id", _TEXT, primary_key=True),
    Column("product", _TEXT, primary_key=True),
    Column("relation", _TEXT, primary_key=True),
    Column("target", _TEXT, primary_key=True),
    Column("kind", _TEXT, primary_key=True),
    Column("id", _TEXT, primary_key=True),
    # Belongs to the version of the record with this number, and is seen when that version is.
    Column("from_generation", BigInteger, primary_key=True, autoincrement=False),
    Index("ix_holding_links_version", "board_id", "product", "kind", "id", "from_generation"),
    sqlite_with_rowid=False,
)

withdrawn: Final = Table(
    "holding_withdrawn",
    front_metadata,
    # Records withdrawn while a refresh was being staged: that refresh may not bring them back.
    Column("board_id", _TEXT, primary_key=True),
    Column("product", _TEXT, primary_key=True),
    Column("generation", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", _TEXT, primary_key=True),
    Column("id", _TEXT, primary_key=True),
    sqlite_with_rowid=False,
)

walks: Final = Table(
    "holding_walks",
    front_metadata,
    # A client's walk over one route under one access token, pinned to one generation.
    Column("board_id", _TEXT, primary_key=True),
    Column("product", _TEXT, primary_key=True),
    Column("token_id", _TEXT, primary_key=True),
    Column("walk", _TEXT, primary_key=True),
    Column("client_id", _TEXT, nullable=False),
    Column("generation", BigInteger, nullable=False),
    # How far the lower bound of a delta was lowered (a generation number); NULL where it was not.
    Column("floor_generation", BigInteger),
    Column("started_at_ms", BigInteger, nullable=False),
    Column("served_at_ms", BigInteger, nullable=False),
    # Which offsets were served, as `0-500,600-700`.
    Column("seen", _TEXT, nullable=False),
    Column("ended", Boolean, nullable=False),
    Index("ix_holding_walks_client", "board_id", "product", "client_id", "walk"),
)

floors: Final = Table(
    "holding_floors",
    front_metadata,
    # Walks that a client took to their end: what it is known to have.
    Column("board_id", _TEXT, primary_key=True),
    Column("product", _TEXT, primary_key=True),
    Column("client_id", _TEXT, primary_key=True),
    Column("route", _TEXT, primary_key=True),
    Column("generation", BigInteger, primary_key=True, autoincrement=False),
    Column("started_at_ms", BigInteger, primary_key=True, autoincrement=False),
    # The route without its filter.
    Column("base_route", _TEXT, nullable=False),
    # Proves the generation to a client that asks for changes since a later moment than this; -1: since any.
    Column("asked_ms", BigInteger, nullable=False),
    # The generation; 0 once the client's copy may have been made anew from less (a stop, a broken full pull).
    Column("proved_generation", BigInteger, nullable=False),
    Column("ended_at_ms", BigInteger, nullable=False),
)

refresh_requests: Final = Table(
    "refresh_requests",
    front_metadata,
    # The front asks the school side for a first refresh; one open request per product.
    Column("board_id", _TEXT, primary_key=True),
    Column("product", _TEXT, primary_key=True),
    Column("asked_at_ms", BigInteger, nullable=False),
    Column("claimed_at_ms", BigInteger),
    Column("finished_at_ms", BigInteger),
    # A stable code where the refresh failed; never text from a source.
    Column("failure", _TEXT),
)
