"""Tables of planned changes of school years, in the `school` database. Counts only: about nobody."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, String, Table

from gateway.database import school_metadata

school_year_plans: Final = Table(
    "school_year_plans",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    # Local days, both inclusive.
    Column("first_on", String(10), nullable=False),
    Column("last_on", String(10), nullable=False),
    Column("planned_at_ms", BigInteger, nullable=False),
    Column("dropped_at_ms", BigInteger),
)
"""In which days which removals are expected; the newest one that was not dropped counts."""

school_year_expectations: Final = Table(
    "school_year_expectations",
    school_metadata,
    Column("board_id", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("product", String(64), primary_key=True),
    # The product's own pseudonym of the school: by which a refresh counts what it would remove.
    Column("school", String(255), primary_key=True),
    Column("leaving", Integer, nullable=False),
    # Of these, who went in a refresh since.
    Column("gone", Integer, nullable=False),
)
"""How many persons of a school a product was expected to lose when a person looked."""
