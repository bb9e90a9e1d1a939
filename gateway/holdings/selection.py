"""What a plane asks of the holdings: one collection, narrowed, filtered, sorted and paged.

The plane translates its standard's words into these; `gateway.holdings.reading` evaluates them on released records
only, so that no filter, order or count can answer a question about a withheld field.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.roster.model import Kind


class Operator(StrEnum):
    """Comparison of the OneRoster filter grammar. Source: OneRoster 1.2 REST binding, section 3.4.3."""

    EQUAL = "="
    NOT_EQUAL = "!="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    CONTAINS = "~"


class Logic(StrEnum):
    """How comparisons are joined; the grammar has one kind per filter."""

    AND = "AND"
    OR = "OR"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field operator value`; the field is known to be visible to this vendor before this is made."""

    path: tuple[str, ...]
    """`("status",)`, `("class", "sourcedId")`, `("dateLastModified",)`; names of the wire."""
    operator: Operator
    value: str
    """As text; `dateLastModified` values are parsed by the plane to milliseconds text."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Comparisons joined by one logic; at least one."""

    comparisons: tuple[Comparison, ...]
    logic: Logic = Logic.AND


@dataclass(frozen=True, slots=True)
class Collection:
    """Which records a route is about. All conditions hold together; values are ids as the vendor knows them."""

    kind: Kind
    roles: tuple[str, ...] = ()
    """Accepted `Relations.role`s: `("student",)` for /students, `("school",)` for /schools, `("term",)` ..."""
    id: str | None = None
    in_class: str | None = None
    """Users enrolled in this class (with `roles` as enrolment role), or records whose class is this."""
    in_school: str | None = None
    """Records whose school is this; users that have a role in it; terms of its classes."""
    of_course: str | None = None
    of_term: str | None = None
    """Classes that run in this term; grading periods whose parent is this term."""
    of_user: str | None = None
    """Classes in which this user is enrolled (with `roles` as enrolment role of the user), results of a student."""
    of_line_item: str | None = None
    own_only: bool = False
    """Only records that the vendor made itself: the service `results` without `gradebook`."""


@dataclass(frozen=True, slots=True)
class Selection:
    """One page of a collection."""

    collection: Collection
    offset: int = 0
    limit: int = 100
    filter: Filter | None = None
    sort: tuple[str, ...] | None = None
    """Path of a visible field; None is the holdings' own order: by id."""
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Generation:
    """One consistent refresh of one product."""

    number: int
    stamp_ms: int
    """Wire `dateLastModified` of all that changed in it; strictly increasing per product; UTC milliseconds."""
    plan_digest: str
    """Digest of the compiled agreement under which it was released."""
    refreshed_at_ms: int


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """One record of a page, opened."""

    kind: Kind
    id: str
    """Pseudonym, or the vendor's own id for a record that it made."""
    subject: str
    active: bool
    stamp_ms: int
    body: dict[str, object]
    """Allowed fields, references as bare ids; empty for a tombstone."""
    vendor_made: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Records in order, and how many there are in all."""

    records: tuple[HeldRecord, ...]
    total: int
    contiguous: bool
    """True where the page is every held record between its first and last id, so that the register needs the
    range only; else the register gets the ids' positions in the generation."""
    positions: tuple[int, ...] = ()
    """Zero-based positions of the records in the generation's order of this kind; filled where not contiguous."""
