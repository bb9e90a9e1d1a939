"""Reading what a product holds. No key ring: the storage key opens bodies that were released already.

One generation of one product is immutable, except that a withdrawn record shows nothing any more but keeps
its place. So counts and positions that were found once stay true, and are remembered per process.

`product` is a required argument of every question: nothing is ever looked up by id alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, and_, false, func, or_, select

from gateway.database import reading
from gateway.holdings.errors import HoldingsStopped, HoldingsTooOld
from gateway.holdings.matching import matches, sort_key, values_at
from gateway.holdings.narrowing import (
    REFERENCE_FIELDS,
    Sight,
    StampBounds,
    collection_condition,
    comparison_condition,
)
from gateway.holdings.pointer import STRIDE, Holder, read_pointer
from gateway.holdings.remembered import Remembered
from gateway.holdings.rows import BodySeal
from gateway.holdings.selection import (
    Collection,
    Comparison,
    Generation,
    HeldRecord,
    Logic,
    Operator,
    Page,
    Selection,
)
from gateway.holdings.storage_key import StorageKey
from gateway.holdings.tables import generations, holdings
from gateway.holdings.walks import Pin, delta_floor, find_walk, read_asked, record_served
from gateway.roster.model import Kind, ProductId

MAX_AGE_MS: Final = 14 * 24 * 3_600_000
CHUNK: Final = 500
"""Rows opened at a time where a filter must look into bodies."""
OWN_KINDS: Final = frozenset({Kind.CATEGORY, Kind.LINE_ITEM, Kind.RESULT})
"""Kinds of which a vendor can make records itself."""

_ROW: Final = (
    holdings.c.id,
    holdings.c.from_generation,
    holdings.c.active,
    holdings.c.vendor_made,
    holdings.c.withdrawn_at_generation,
    holdings.c.subject,
    holdings.c.body,
)


FUTURE_MS: Final = 5 * 60_000
"""A vendor's clock may run this far ahead of ours."""


@dataclass(frozen=True, slots=True)
class _Stamps:
    stamp_ms: int
    roster_generation: int


@dataclass(frozen=True, slots=True)
class _Question:
    """A selection, ready to ask: what SQL says and what only opened bodies say."""

    holder: Holder
    kind: Kind
    sight: Sight
    where: ColumnElement[bool]
    unsaid: tuple[Comparison, ...]
    """Comparisons on fields inside bodies."""
    logic: Logic
    said: ColumnElement[bool] | None
    """With OR: what SQL says per row, beside `unsaid`."""
    key: tuple[object, ...]
    """The same for all pages of the same question."""


class Holdings:
    """What the products of one board hold; one object per process."""

    def __init__(
        self, engine: Engine, storage_key: StorageKey, *, board_id: str, max_age_ms: int = MAX_AGE_MS
    ) -> None:
        self._engine = engine
        self._storage_key = storage_key
        self._board_id = board_id
        self._max_age_ms = max_age_ms
        self._remembered = Remembered()
        self._stamps: dict[tuple[str, int], _Stamps] = {}

    # -- which generation ------------------------------------------------------------------------------------

    def current(self, product: ProductId, *, now_ms: int) -> Generation | None:
        """The newest generation; None before the first refresh.

        Raises:
            HoldingsTooOld: the last refresh is longer ago than `max_age`.
            HoldingsStopped: the product was stopped.
        """
        with reading(self._engine) as connection:
            return self._current(connection, Holder(self._board_id, product), now_ms)

    def _current(self, connection: Connection, holder: Holder, now_ms: int) -> Generation | None:
        pointer = read_pointer(connection, holder)
        if pointer is None or pointer.current < STRIDE:
            return None
        if pointer.stopped:
            raise HoldingsStopped
        generation = self._generation(connection, holder, pointer.current)
        if now_ms - generation.refreshed_at_ms > self._max_age_ms:
            raise HoldingsTooOld
        return generation

    def _generation(self, connection: Connection, holder: Holder, number: int) -> Generation:
        refresh = connection.execute(
            select(generations.c.plan_digest, generations.c.refreshed_at_ms).where(
                generations.c.board_id == holder.board_id,
                generations.c.product == holder.product,
                generations.c.number == number // STRIDE * STRIDE,
            )
        ).one()
        stamps = self._stamps_of(connection, holder, {number})[number]
        return Generation(number, stamps.stamp_ms, refresh.plan_digest, refresh.refreshed_at_ms)

    def pin(
        self,
        product: ProductId,
        *,
        client_id: str,
        token_id: str,
        route: str,
        selection: Selection,
        now_ms: int,
    ) -> Pin | None:
        """The generation for this page. Reads only: `served` writes.

        A request with offset 0 begins a walk in the newest generation; the others go on where theirs began,
        also under a next token of the same client.
        """
        holder = Holder(self._board_id, product)
        asked = read_asked(route, selection)
        with reading(self._engine) as connection:
            current = self._current(connection, holder, now_ms)
            if current is None:
                return None
            first_page = selection.offset == 0
            if not first_page:
                found = find_walk(
                    connection, holder, client_id=client_id, token_id=token_id, walk=asked.walk, now_ms=now_ms
                )
                if found is not None:
                    return Pin(
                        client_id=client_id,
                        token_id=token_id,
                        generation=self._generation(connection, holder, found.generation),
                        floor=found.floor,
                        walk=asked.walk,
                        route=asked.route,
                        base_route=asked.base_route,
                        asked_ms=asked.asked_ms,
                        started_at_ms=found.started_at_ms,
                        first_page=False,
                        adopted_token_id=None if found.token_id == token_id else found.token_id,
                    )
            return Pin(
                client_id=client_id,
                token_id=token_id,
                generation=current,
                # A moment that has not come yet is nobody's stamp of an earlier pull, so it is taken at its word.
                floor=None
                if asked.asked_ms > max(now_ms, current.stamp_ms) + FUTURE_MS
                else delta_floor(connection, holder, client_id, asked),
                walk=asked.walk,
                route=asked.route,
                base_route=asked.base_route,
                asked_ms=asked.asked_ms,
                started_at_ms=now_ms,
                first_page=first_page,
            )

    def served(
        self, connection: Connection, product: ProductId, pin: Pin, *, offset: int, page: Page, now_ms: int
    ) -> None:
        """Note that this page goes to the client; in the transaction that registers the disclosure."""
        record_served(
            connection, Holder(self._board_id, product), pin, offset=offset, page=page, now_ms=now_ms
        )

    # -- records ---------------------------------------------------------------------------------------------

    def page(
        self,
        product: ProductId,
        generation: Generation,
        selection: Selection,
        *,
        floor: int | None = None,
        positions: bool = True,
    ) -> Page:
        """One page of a collection as this generation sees it.

        Tombstones are in it only where the filter asks for `dateLastModified` or `status`. A record that was
        withdrawn after the generation was pinned keeps its place (in filter, sort and count) and is empty.

        Raises:
            HoldingsStopped: the product was stopped, at this instant too.
        """
        holder = Holder(self._board_id, product)
        with reading(self._engine) as connection:
            pointer = read_pointer(connection, holder)
            if pointer is None or pointer.stopped:
                raise HoldingsStopped
            question = self._question(connection, holder, generation, selection, floor)
            total = self._total(connection, question)
            if selection.limit < 1 or selection.offset >= total:
                rows: list[Any] = []
            elif selection.sort is None or selection.sort == ("sourcedId",):
                rows = self._by_id(connection, question, selection)
            else:
                rows = self._sorted(connection, question, selection)
            contiguous = _is_whole_kind(selection)
            return Page(
                records=self._records(connection, question, rows),
                total=total,
                contiguous=contiguous,
                positions=()
                if contiguous or not positions
                else self._positions(connection, question, [row.id for row in rows]),
            )

    def withdrawals(self, product: ProductId) -> int:
        """How many times something was taken back so far: tells whether it happened between two moments."""
        with reading(self._engine) as connection:
            pointer = read_pointer(connection, Holder(self._board_id, product))
        return 0 if pointer is None else pointer.withdrawals

    def one(self, product: ProductId, generation: Generation, collection: Collection) -> HeldRecord | None:
        """The one record of a collection with an id; None where not held, gone or withdrawn: alike."""
        page = self.page(product, generation, Selection(collection, limit=1), positions=False)
        return next((record for record in page.records if record.active), None)

    def ever_issued(self, product: ProductId, kind: Kind, ids: Sequence[str]) -> frozenset[str]:
        """Which of these ids this product was ever given, or made itself; whatever became of them."""
        holder = Holder(self._board_id, product)
        found: set[str] = set()
        with reading(self._engine) as connection:
            pointer = read_pointer(connection, holder)
            for start in range(0, len(ids) if pointer else 0, CHUNK):
                assert pointer is not None
                found |= set(
                    connection.scalars(
                        select(holdings.c.id).where(
                            holdings.c.board_id == holder.board_id,
                            holdings.c.product == holder.product,
                            holdings.c.kind == kind.value,
                            holdings.c.id.in_(ids[start : start + CHUNK]),
                            # What a refresh has staged was not issued yet.
                            holdings.c.from_generation <= pointer.current,
                        )
                    )
                )
        return frozenset(found)

    # -- asking ----------------------------------------------------------------------------------------------

    def _question(
        self,
        connection: Connection,
        holder: Holder,
        generation: Generation,
        selection: Selection,
        floor: int | None,
    ) -> _Question:
        kind = selection.collection.kind
        number = generation.number
        if kind not in OWN_KINDS:
            # The vendor's own writes do not touch these kinds: what was remembered stays of use.
            number = self._stamps_of(connection, holder, {number})[number].roster_generation
        sight = Sight(holder, number)
        where = [collection_condition(sight, selection.collection)]
        bounds = StampBounds(lambda stamp_ms: _newest_upto(connection, holder, stamp_ms))
        comparisons = selection.filter.comparisons if selection.filter else ()
        logic = selection.filter.logic if selection.filter else Logic.AND
        if not any(c.path in (("status",), ("dateLastModified",)) for c in comparisons):
            where.append(holdings.c.active.is_(True))
        conditions = {c: comparison_condition(kind, c, bounds, floor) for c in comparisons}
        said = [condition for condition in conditions.values() if condition is not None]
        unsaid = tuple(c for c, condition in conditions.items() if condition is None)
        per_row = None
        if logic is Logic.AND:
            where.extend(said)
        elif unsaid:
            per_row = or_(false(), *said)
        else:
            where.append(or_(*said))
        key = (holder, number, selection.collection, selection.filter, floor)
        return _Question(holder, kind, sight, and_(*where), unsaid, logic, per_row, key)

    def _stamps_of(self, connection: Connection, holder: Holder, numbers: set[int]) -> dict[int, _Stamps]:
        absent = [number for number in numbers if (holder.product, number) not in self._stamps]
        for start in range(0, len(absent), CHUNK):
            for number, stamp_ms, roster in connection.execute(
                select(generations.c.number, generations.c.stamp_ms, generations.c.roster_generation).where(
                    generations.c.board_id == holder.board_id,
                    generations.c.product == holder.product,
                    generations.c.number.in_(absent[start : start + CHUNK]),
                )
            ):
                if len(self._stamps) > 100_000:
                    self._stamps.clear()
                self._stamps[holder.product, number] = _Stamps(stamp_ms, roster)
        found = {number: self._stamps.get((holder.product, number)) for number in numbers}
        return {number: stamps for number, stamps in found.items() if stamps is not None}

    def _records(
        self, connection: Connection, question: _Question, rows: Sequence[Any]
    ) -> tuple[HeldRecord, ...]:
        stamps = self._stamps_of(connection, question.holder, {row.from_generation for row in rows})
        seal = self._seal(question.holder)
        records = []
        for row in rows:
            shown = row.active and row.withdrawn_at_generation is None
            records.append(
                HeldRecord(
                    kind=question.kind,
                    id=row.id,
                    subject=row.subject,
                    active=shown,
                    stamp_ms=stamps[row.from_generation].stamp_ms,
                    body=seal.open(question.kind, row.id, row.body) if shown else {},
                    vendor_made=row.vendor_made,
                )
            )
        return tuple(records)

    def _seal(self, holder: Holder) -> BodySeal:
        return BodySeal(self._storage_key, holder.board_id, holder.product)

    def _total(self, connection: Connection, question: _Question) -> int:
        total = self._remembered.total(question.key)
        if total is None:
            if question.unsaid:
                total = 0
                for total, row in enumerate(self._matching(connection, question, after=None), start=1):
                    if total % 100 == 0:
                        self._remembered.place(question.key, total, row.id)
            else:
                total = (
                    connection.scalar(select(func.count()).select_from(holdings).where(question.where)) or 0
                )
            self._remembered.set_total(question.key, total)
        return total

    def _by_id(self, connection: Connection, question: _Question, selection: Selection) -> list[Any]:
        key = (*question.key, selection.descending)
        place, last = self._remembered.nearest(key, selection.offset)
        skip = selection.offset - place
        if question.unsaid:
            rows = []
            for row in self._matching(connection, question, after=last, descending=selection.descending):
                if skip:
                    skip -= 1
                    continue
                rows.append(row)
                if len(rows) == selection.limit:
                    break
        else:
            rows = self._chunk(
                connection,
                question,
                after=last,
                descending=selection.descending,
                skip=skip,
                limit=selection.limit,
            )
        if rows:
            self._remembered.place(key, selection.offset + len(rows), rows[-1].id)
        return rows

    def _chunk(
        self,
        connection: Connection,
        question: _Question,
        *,
        after: str | None,
        descending: bool = False,
        skip: int = 0,
        limit: int,
    ) -> list[Any]:
        columns = (*_ROW, question.said.label("said")) if question.said is not None else _ROW
        statement = select(*columns).where(question.where)
        if after is not None:
            statement = statement.where(holdings.c.id < after if descending else holdings.c.id > after)
        statement = statement.order_by(holdings.c.id.desc() if descending else holdings.c.id).limit(limit)
        if skip:
            statement = statement.offset(skip)
        return list(connection.execute(statement).all())

    def _matching(
        self, connection: Connection, question: _Question, *, after: str | None, descending: bool = False
    ) -> Iterator[Any]:
        """Rows that meet the whole filter, bodies opened a chunk at a time."""
        while True:
            rows = self._chunk(connection, question, after=after, descending=descending, limit=CHUNK)
            for row in rows:
                if not question.unsaid or self._meets(question, row):
                    yield row
            if len(rows) < CHUNK:
                return
            after = rows[-1].id

    def _meets(self, question: _Question, row: Any) -> bool:
        body = self._seal(question.holder).open(question.kind, row.id, row.body)
        verdicts = (matches(values_at(body, c.path), c.operator, c.value) for c in question.unsaid)
        if question.logic is Logic.OR:
            return bool(row.said) or any(verdicts)
        return all(verdicts)

    def _sorted(self, connection: Connection, question: _Question, selection: Selection) -> list[Any]:
        assert selection.sort is not None
        order = _order_column(question.kind, selection.sort)
        if order is not None and not question.unsaid:
            ids = connection.scalars(
                select(holdings.c.id)
                .where(question.where)
                .order_by(order.desc() if selection.descending else order, holdings.c.id)
                .limit(selection.limit)
                .offset(selection.offset)
            ).all()
        else:
            ids = self._sorted_ids(connection, question, selection)[
                selection.offset : selection.offset + selection.limit
            ]
        by_id: dict[str, Any] = {}
        for start in range(0, len(ids), CHUNK):
            some = ids[start : start + CHUNK]
            for row in connection.execute(select(*_ROW).where(question.where, holdings.c.id.in_(some))):
                by_id[row.id] = row
        return [by_id[record_id] for record_id in ids]

    def _sorted_ids(self, connection: Connection, question: _Question, selection: Selection) -> list[str]:
        assert selection.sort is not None
        key = (*question.key, selection.sort, selection.descending)
        ids = self._remembered.order(key)
        if ids is None:
            seal = self._seal(question.holder)
            keyed = [
                (
                    sort_key(
                        values_at(
                            {**seal.open(question.kind, row.id, row.body), **_columns_as_fields(row)},
                            selection.sort,
                        )
                    ),
                    row.id,
                )
                for row in self._matching(connection, question, after=None)
            ]
            # Rows come by id and the sort is stable, so ties stay in id order, whichever way the sort goes.
            keyed.sort(key=lambda pair: pair[0], reverse=selection.descending)
            ids = [record_id for _, record_id in keyed]
            self._remembered.set_order(key, ids)
        return ids

    # -- positions -------------------------------------------------------------------------------------------

    def _positions(self, connection: Connection, question: _Question, ids: list[str]) -> tuple[int, ...]:
        """Where the records stand in the generation's order of the kind, tombstones and own records too."""
        if not ids:
            return ()
        sees = question.sight.of_kind(holdings, question.kind)
        key = (question.holder, question.sight.generation, question.kind)
        marks = self._remembered.marks(key)
        if marks is None:
            marks = self._remembered.set_marks(
                key,
                connection.execution_options(yield_per=5_000).scalars(
                    select(holdings.c.id).where(sees).order_by(holdings.c.id)
                ),
            )
        ranks: dict[str, int] = {}
        for first, low, high in marks.stretches(sorted(ids)):
            statement = select(holdings.c.id).where(sees, holdings.c.id >= low).order_by(holdings.c.id)
            if high is not None:
                statement = statement.where(holdings.c.id < high)
            for position, record_id in enumerate(connection.scalars(statement), start=first):
                ranks[record_id] = position
        return tuple(ranks[record_id] for record_id in ids)


def _columns_as_fields(row: Any) -> dict[str, object]:
    return {"status": "active" if row.active else "tobedeleted", "dateLastModified": str(row.from_generation)}


def _order_column(kind: Kind, path: tuple[str, ...]) -> ColumnElement[Any] | None:
    if path == ("dateLastModified",):
        return holdings.c.from_generation
    if path == ("status",):
        # "active" comes before "tobedeleted".
        return or_(holdings.c.active.is_(False), false())
    if len(path) == 2 and path[1] == "sourcedId" and path[0] in REFERENCE_FIELDS.get(kind, {}):
        return holdings.c[REFERENCE_FIELDS[kind][path[0]]]
    return None


def _is_whole_kind(selection: Selection) -> bool:
    """Whether pages are every held record between their first and last id."""
    whole = selection.collection == Collection(selection.collection.kind)
    active_only = selection.filter is None or all(
        c == Comparison(("status",), Operator.EQUAL, "active") for c in selection.filter.comparisons
    )
    return whole and active_only and selection.sort in (None, ("sourcedId",))


def _newest_upto(connection: Connection, holder: Holder, stamp_ms: int) -> int:
    return (
        connection.scalar(
            select(generations.c.number)
            .where(
                generations.c.board_id == holder.board_id,
                generations.c.product == holder.product,
                generations.c.stamp_ms <= stamp_ms,
            )
            .order_by(generations.c.stamp_ms.desc())
            .limit(1)
        )
        or 0
    )
