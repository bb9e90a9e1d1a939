"""The register of disclosures: what a vendor was given, committed before the first byte of it leaves.

One row per page, not per pupil: a page names its generation and either the range of ids that it holds without
a gap, or the positions of its records in the generation's order. Together with the holdings, which are kept
as long as this register, that answers per pupil (`of_pseudonyms`), and shows the very values.

Source: AVG art. 5(2), 15(1)(c) and 30; ARCHITECTURE section 6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import func, select

from gateway import strict_json
from gateway.database import reading
from gateway.registers import log as register_log
from gateway.registers import positions as position_text
from gateway.registers.entries import canonical
from gateway.registers.log import Database, Transaction, Where
from gateway.registers.tables import Log
from gateway.registers.tables import disclosures as disclosures_table
from gateway.roster.model import Kind

EXPORT: Final = "export"
"""In the place of a client: a file that the school made for a product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureEntry:
    """One page, one record or one exported file that is about to go to one vendor."""

    board_id: str
    agreement_id: str
    agreement_version: int
    agreement_digest: str
    product: str
    client_id: str
    """Of the vendor; `export` for a file that the school makes for it."""
    operation: str
    """Template of the route, never with ids: `GET /users/{sourcedId}`."""
    service: str
    purposes: tuple[str, ...]
    kind: Kind
    generation: int
    first: str | None
    """Smallest id on the page by code point; None on an empty page."""
    last: str | None
    """Greatest id on the page."""
    count: int
    """Records, tombstones included."""
    positions: tuple[int, ...] | None = None
    """None: the page holds every record of this kind between `first` and `last`. Else which ones it holds."""
    vendor_made: int = 0
    """How many of `count` this vendor made itself; these have no position."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Form of each field that goes: `{"user.givenName": "alias"}`."""
    request_id: str = ""

    def __post_init__(self) -> None:
        if (self.count == 0) != (self.first is None) or (self.first is None) != (self.last is None):
            raise ValueError("a page that is not empty has a first and a last id")
        if self.first is not None and self.last is not None and self.first > self.last:
            raise ValueError("first is the smallest id of the page")
        if not 0 <= self.vendor_made <= self.count:
            raise ValueError("a page holds at least the records that the vendor made itself")
        if self.positions is not None and len(self.positions) != self.count - self.vendor_made:
            raise ValueError("every record on the page has its position")
        if "?" in self.operation:
            raise ValueError("an operation is a template of a route, without a query")


@dataclass(frozen=True, slots=True)
class Disclosed:
    """That one of the asked ids was in a page which went to a vendor."""

    seq: int
    at: str
    product: str
    client_id: str
    agreement_id: str
    agreement_version: int
    operation: str
    service: str
    purposes: tuple[str, ...]
    kind: Kind
    generation: int
    ids: tuple[str, ...]
    """Of the asked ids, those in this page."""
    fields: Mapping[str, str] = field(repr=False)
    request_id: str = ""


def record(where: Where, disclosure: DisclosureEntry, *, now_ms: int) -> int:
    """Register a disclosure; returns its `seq`.

    Given an engine it is committed on return; given a connection, it is when the caller commits. Either way:
    only after the commit may the first byte leave.

    Raises:
        GatewayUnready: code `register_unwritable`.
    """
    return register_log.within(where, lambda connection: _record(connection, disclosure, now_ms=now_ms))


def _record(connection: Transaction, disclosure: DisclosureEntry, *, now_ms: int) -> int:
    register_log.serialise(connection, Log.DISCLOSURES, board_id=disclosure.board_id)
    digest = register_log.keep_field_set(
        connection, board_id=disclosure.board_id, content=canonical(dict(disclosure.fields))
    )
    fields: dict[str, object] = {
        "agreement": {
            "id": disclosure.agreement_id,
            "version": disclosure.agreement_version,
            "digest": disclosure.agreement_digest,
        },
        "product": disclosure.product,
        "client_id": disclosure.client_id,
        "operation": disclosure.operation,
        "service": disclosure.service,
        "purposes": list(disclosure.purposes),
        "kind": disclosure.kind.value,
        "generation": disclosure.generation,
        "first": disclosure.first,
        "last": disclosure.last,
        "count": disclosure.count,
        "vendor_made": disclosure.vendor_made,
        "fields": digest,
        "request_id": disclosure.request_id,
    }
    if disclosure.positions is not None:
        fields["positions"] = position_text.encode(disclosure.positions)
    return register_log.append(
        connection, Log.DISCLOSURES, board_id=disclosure.board_id, now_ms=now_ms, fields=fields
    )


Locate = Callable[[int, Kind, str], int | None]
"""(generation, kind, id) to the zero-based position in that generation's order; None when not held in it."""


def of_pseudonyms(
    where: Where, *, board_id: str, product: str, ids: Mapping[Kind, Sequence[str]], locate: Locate
) -> Iterator[Disclosed]:
    """Every disclosure to `product` that held one of `ids`, by kind and then in order of time.

    Args:
        ids: pseudonyms of one pupil under this product: of the person, and of enrolments and results.
        locate: asks the holdings where an id stood in a generation.
    """
    if isinstance(where, Database):
        with reading(where) as connection:
            yield from of_pseudonyms(connection, board_id=board_id, product=product, ids=ids, locate=locate)
        return
    field_sets = register_log.field_set_contents(where, board_id=board_id)
    for kind, asked in ids.items():
        if not asked:
            continue
        places: dict[tuple[int, str], int | None] = {}
        between = register_log.disclosures_between(
            where, board_id=board_id, product=product, kind=kind.value, low=min(asked), high=max(asked)
        )
        for document in between:
            held = tuple(id for id in asked if _holds(document, kind, id, locate, places))
            if held:
                yield _disclosed(document, kind, held, field_sets)


def listed(where: Where, *, board_id: str, product: str | None = None) -> Iterator[Disclosed]:
    """Every disclosure, or those to one product, in order of time; `ids` are the first and last of the page."""
    if isinstance(where, Database):
        with reading(where) as connection:
            yield from listed(connection, board_id=board_id, product=product)
        return
    field_sets = register_log.field_set_contents(where, board_id=board_id)
    matching = {} if product is None else {"product": product}
    documents: Iterator[dict[str, Any]] = register_log.documents(
        where, Log.DISCLOSURES, board_id=board_id, matching=matching
    )
    for document in documents:
        ends = tuple(dict.fromkeys(end for end in (document["first"], document["last"]) if end is not None))
        yield _disclosed(document, Kind(document["kind"]), ends, field_sets)


QUARTER_MS: Final = 15 * 60_000


@dataclass(frozen=True, slots=True)
class Quarter:
    """What went to a product in a quarter of an hour: small enough to be put together to any local day."""

    starts_at_ms: int
    pages: int
    records: int


def by_quarter(where: Where, *, board_id: str, product: str, since_ms: int, exported: bool) -> list[Quarter]:
    """Counts for pictures, from the copied columns (`gateway.registers.verify` compares those with the entries).

    Args:
        exported: files that the school made for the product, instead of pages that the product fetched.
    """
    if isinstance(where, Database):
        with reading(where) as connection:
            return by_quarter(
                connection, board_id=board_id, product=product, since_ms=since_ms, exported=exported
            )
    table = disclosures_table
    by_us = table.c.client_id == EXPORT
    # Divided in a query of its own: PostgreSQL takes the same parameter twice for two expressions.
    single = (
        select((table.c.at_ms // QUARTER_MS).label("quarter"), table.c.record_count)
        .where(
            table.c.board_id == board_id,
            table.c.product == product,
            table.c.at_ms >= since_ms,
            by_us if exported else ~by_us,
        )
        .subquery()
    )
    rows = where.execute(
        select(
            single.c.quarter, func.count().label("pages"), func.sum(single.c.record_count).label("records")
        )
        .group_by(single.c.quarter)
        .order_by(single.c.quarter)
    )
    return [Quarter(int(row.quarter) * QUARTER_MS, int(row.pages), int(row.records)) for row in rows]


def _holds(
    document: Mapping[str, Any],
    kind: Kind,
    id: str,
    locate: Locate,
    places: dict[tuple[int, str], int | None],
) -> bool:
    if not document["first"] <= id <= document["last"]:
        return False
    key = (document["generation"], id)
    if key not in places:
        places[key] = locate(document["generation"], kind, id)
    position = places[key]
    # An id inside the range that was not held in that generation was not on the page.
    if position is None:
        return False
    listed = document.get("positions")
    return listed is None or position_text.contains(listed, position)


def _disclosed(
    document: Mapping[str, Any], kind: Kind, held: tuple[str, ...], field_sets: Mapping[str, object]
) -> Disclosed:
    content = field_sets[document["fields"]]
    fields = strict_json.loads_own(content) if isinstance(content, bytes) else {}
    return Disclosed(
        seq=document["seq"],
        at=document["at"],
        product=document["product"],
        client_id=document["client_id"],
        agreement_id=document["agreement"]["id"],
        agreement_version=document["agreement"]["version"],
        operation=document["operation"],
        service=document["service"],
        purposes=tuple(document["purposes"]),
        kind=kind,
        generation=document["generation"],
        ids=held,
        fields=fields if isinstance(fields, dict) else {},
        request_id=document["request_id"],
    )
