"""A client's walk over one route: pinned to one generation, and what it proves the client to have.

A client keeps some stamp of its last pull (its start, its end, or the greatest `dateLastModified` it saw) and
later asks for what changed after that stamp, X. A refresh that was published during the walk is stamped
before the end but was not in the walk, and a client's clock is not ours. So X is lowered to the generation
of a walk that the client took to its end on that route: the newest one whose own X was before this X. A
client that lost the result of a walk asks with the same X again, and is answered from the walk before.

A full pull has no X of its own. The first one counts for any X; a later one counts as asked when it started,
so that a client that lost its result and still has the X of before is answered from before.

A walk that was not served whole from one generation (it stood still for a day, pages left out) proves
nothing; a full pull that ends so voids earlier proofs too, because the client replaced its copy by what it
got. With no proof X is lowered to the beginning. Too much is sent again rather than too little.

Guarantees: on a route of one kind, a client that takes its pulls to the end and applies them in order ends
with exactly what a full pull gives. Does not guarantee it for two consumers that share one client, nor for a
route narrowed by another record (pupils of a class): a record that joins such a list does not change itself.

Source: ARCHITECTURE section 6, docs/decisions/0012.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, update

from gateway import strict_json
from gateway.holdings.pointer import Holder
from gateway.holdings.selection import Comparison, Filter, Generation, Logic, Operator, Page, Selection
from gateway.holdings.tables import floors, walks

WALK_MS: Final = 24 * 3_600_000
"""A walk that stood still for this long is forgotten."""
KEPT_FLOORS: Final = 12
"""Walks remembered per client and route; forgetting an old one can only cause sending too much."""
_LOWER: Final = (Operator.GREATER, Operator.GREATER_OR_EQUAL)
_STAMP_PATH: Final = ("dateLastModified",)
_ACTIVE_ONLY: Final = Comparison(("status",), Operator.EQUAL, "active")


@dataclass(frozen=True, slots=True)
class Pin:
    """The generation that this page and the rest of its walk are read from."""

    client_id: str
    token_id: str
    generation: Generation
    floor: int | None
    """Generation number to which the lower bound of a delta is lowered; None where it is not."""
    walk: str
    route: str
    base_route: str
    asked_ms: int
    started_at_ms: int
    first_page: bool
    adopted_token_id: str | None = None
    """The walk began under this earlier token of the client."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request's route and filter mean for walks."""

    walk: str
    """The same for all pages of a walk."""
    route: str
    """The same for all walks of which one can stand for another."""
    base_route: str
    """`route` without filter: a full pull of it stands for a full pull of every part of it."""
    asked_ms: int
    """Lower bound of a delta, exclusive; -1 for a full pull."""


def read_asked(route: str, selection: Selection) -> Asked:
    """Sort a request: which walk, which route, full or delta."""
    comparisons = selection.filter.comparisons if selection.filter else ()
    joined_by_and = selection.filter is None or selection.filter.logic is Logic.AND or len(comparisons) == 1
    bounds = [_lower_bound(c) for c in comparisons if _is_lower_bound(c)] if joined_by_and else []
    rest = tuple(c for c in comparisons if not (joined_by_and and _is_lower_bound(c)))
    if not bounds and rest == (_ACTIVE_ONLY,):
        rest = ()  # A full pull without tombstones is what a full pull is.
    return Asked(
        walk=_digest(
            route,
            _words(selection.filter),
            list(selection.sort or ()),
            selection.descending,
        ),
        route=_digest(route, sorted(_words(Filter(rest)) if rest else []), joined_by_and),
        base_route=_digest(route, [], True),
        asked_ms=max(bounds, default=-1),
    )


def _is_lower_bound(comparison: Comparison) -> bool:
    return comparison.path == _STAMP_PATH and comparison.operator in _LOWER


def _lower_bound(comparison: Comparison) -> int:
    return int(comparison.value) - (comparison.operator is Operator.GREATER_OR_EQUAL)


def _words(filter_: Filter | None) -> list[list[str]]:
    if filter_ is None:
        return []
    return [[".".join(c.path), c.operator.value, c.value] for c in filter_.comparisons]


def _digest(*parts: object) -> str:
    return hashlib.sha256(strict_json.dumps(list(parts))).hexdigest()[:32]


# -- pinning -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FoundWalk:
    """A walk of this client that a page can go on with."""

    token_id: str
    generation: int
    floor: int | None
    started_at_ms: int


def find_walk(
    connection: Connection, holder: Holder, *, client_id: str, token_id: str, walk: str, now_ms: int
) -> FoundWalk | None:
    """The walk under this token, else the client's newest unfinished one: a token may end in mid-walk."""
    rows = connection.execute(
        select(
            walks.c.token_id,
            walks.c.generation,
            walks.c.floor_generation,
            walks.c.started_at_ms,
            walks.c.ended,
        )
        .where(
            walks.c.board_id == holder.board_id,
            walks.c.product == holder.product,
            walks.c.client_id == client_id,
            walks.c.walk == walk,
            # Also bounds for how long a generation can be held on to.
            walks.c.started_at_ms > now_ms - WALK_MS,
        )
        # By generation first: generations only rise, and the clock may have been set back since.
        .order_by(walks.c.generation.desc(), walks.c.served_at_ms.desc())
    ).all()
    own = [row for row in rows if row.token_id == token_id]
    open_ = [row for row in rows if not row.ended]
    for row in (*own, *open_):
        return FoundWalk(row.token_id, row.generation, row.floor_generation, row.started_at_ms)
    return None


def delta_floor(connection: Connection, holder: Holder, client_id: str, asked: Asked) -> int | None:
    """How far a lower bound must be lowered for this client; None for a full pull."""
    if asked.asked_ms < 0:
        return None
    return connection.scalar(
        select(func.coalesce(func.max(floors.c.proved_generation), 0)).where(
            floors.c.board_id == holder.board_id,
            floors.c.product == holder.product,
            floors.c.client_id == client_id,
            floors.c.route.in_({asked.route, asked.base_route}),
            floors.c.asked_ms < asked.asked_ms,
        )
    )


# -- what was served -----------------------------------------------------------------------------------------


def record_served(
    connection: Connection, holder: Holder, pin: Pin, *, offset: int, page: Page, now_ms: int
) -> None:
    """Note a page, in the caller's write transaction (that of the disclosure). At the end of a walk, its
    proof.

    A page from another generation than the pages before it makes the walk broken: it never covers all.
    """
    seen = add_range("", offset, offset + len(page.records))
    row = None if pin.first_page else _walk_row(connection, holder, pin, pin.token_id)
    if row is None and pin.adopted_token_id is not None:
        row = _walk_row(connection, holder, pin, pin.adopted_token_id)
    if row is not None and row.generation == pin.generation.number:
        seen = add_range(row.seen, offset, offset + len(page.records))
    ended = covers(seen, page.total)
    values = {
        "client_id": pin.client_id,
        "generation": pin.generation.number,
        "floor_generation": pin.floor,
        "started_at_ms": pin.started_at_ms,
        "served_at_ms": now_ms,
        "seen": seen,
        "ended": ended,
    }
    key = {**holder.values(), "token_id": pin.token_id, "walk": pin.walk}
    written = connection.execute(update(walks).where(_key(holder, pin, pin.token_id)).values(**values))
    if written.rowcount == 0:
        connection.execute(insert(walks).values(**key, **values))
        _forget_old_walks(connection, holder, pin.client_id, now_ms)
    if pin.asked_ms < 0 and not ended and offset + len(page.records) >= page.total:
        connection.execute(
            update(floors)
            .where(
                floors.c.board_id == holder.board_id,
                floors.c.product == holder.product,
                floors.c.client_id == pin.client_id,
                floors.c.base_route == pin.base_route,
            )
            .values(proved_generation=0)
        )
        # It is remembered that the client may have kept a stamp of this pull: the next full pull, whose result may get
        # lost, is then not taken for its first one, which would count for any X.
        _keep_floor(connection, holder, pin, proved_generation=0, now_ms=now_ms)
    if ended:
        _keep_floor(connection, holder, pin, proved_generation=pin.generation.number, now_ms=now_ms)


def _key(holder: Holder, pin: Pin, token_id: str) -> ColumnElement[bool]:
    return and_(
        walks.c.board_id == holder.board_id,
        walks.c.product == holder.product,
        walks.c.token_id == token_id,
        walks.c.walk == pin.walk,
        walks.c.client_id == pin.client_id,
    )


def _walk_row(connection: Connection, holder: Holder, pin: Pin, token_id: str) -> Any:
    return connection.execute(select(walks).where(_key(holder, pin, token_id)).with_for_update()).first()


def _forget_old_walks(connection: Connection, holder: Holder, client_id: str, now_ms: int) -> None:
    connection.execute(
        delete(walks).where(
            walks.c.board_id == holder.board_id,
            walks.c.product == holder.product,
            walks.c.client_id == client_id,
            walks.c.started_at_ms <= now_ms - WALK_MS,
        )
    )


def _keep_floor(
    connection: Connection, holder: Holder, pin: Pin, *, proved_generation: int, now_ms: int
) -> None:
    mine = and_(
        floors.c.board_id == holder.board_id,
        floors.c.product == holder.product,
        floors.c.client_id == pin.client_id,
        floors.c.route == pin.route,
    )
    same = and_(floors.c.generation == pin.generation.number, floors.c.started_at_ms == pin.started_at_ms)
    connection.execute(delete(floors).where(mine, same))
    asked_ms = pin.asked_ms
    if asked_ms < 0:
        # Clients cut the milliseconds of a start off.
        last_ended = connection.scalar(select(func.max(floors.c.ended_at_ms)).where(mine))
        asked_ms = -1 if last_ended is None else max(last_ended, pin.started_at_ms // 1000 * 1000 - 1)
    connection.execute(
        insert(floors).values(
            **holder.values(),
            client_id=pin.client_id,
            route=pin.route,
            base_route=pin.base_route,
            generation=pin.generation.number,
            started_at_ms=pin.started_at_ms,
            asked_ms=asked_ms,
            proved_generation=proved_generation,
            ended_at_ms=now_ms,
        )
    )
    oldest_kept = connection.execute(
        select(floors.c.generation, floors.c.started_at_ms)
        .where(mine)
        .order_by(floors.c.generation.desc(), floors.c.started_at_ms.desc())
        .offset(KEPT_FLOORS - 1)
        .limit(1)
    ).first()
    if oldest_kept is not None:
        generation, started_at_ms = oldest_kept
        older = or_(
            floors.c.generation < generation,
            and_(floors.c.generation == generation, floors.c.started_at_ms < started_at_ms),
        )
        connection.execute(delete(floors).where(mine, older))


def add_range(seen: str, start: int, end: int) -> str:
    """Add [start, end) to ranges written as `0-500,600-700`; pages may be fetched in any order."""
    ranges = [(start, end)] if end > start else []
    for text in filter(None, seen.split(",")):
        low, _, high = text.partition("-")
        ranges.append((int(low), int(high)))
    merged: list[tuple[int, int]] = []
    for begin, stop in sorted(ranges):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
        else:
            merged.append((begin, stop))
    return ",".join(f"{low}-{high}" for low, high in merged)


def covers(seen: str, total: int) -> bool:
    """Whether every offset below `total` was served."""
    return total == 0 or (seen.startswith("0-") and "," not in seen and int(seen[2:]) >= total)
