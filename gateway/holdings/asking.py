"""One selection made a question, and answered: what SQL says, and what only opened bodies say.

One generation of one product is immutable, so counts and positions that were found once stay true, and are remembered
per process.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, false, func, or_, select

from gateway.holdings.matching import matches, sort_key, values_at
from gateway.holdings.narrowing import (
    REFERENCE_FIELDS,
    Sight,
    StampBounds,
    collection_condition,
    comparison_condition,
)
from gateway.holdings.pointer import Holder
from gateway.holdings.remembered import Remembered
from gateway.holdings.rows import BodySeal
from gateway.holdings.selection import Comparison, Generation, Logic, Selection
from gateway.holdings.stamps import Stamps, newest_upto
from gateway.holdings.storage_key import StorageKey
from gateway.holdings.tables import holdings
from gateway.roster.model import Kind

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


@dataclass(frozen=True, slots=True)
class Question:
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


class Asking:
    """Answers questions about the products of one board; one object per process."""

    def __init__(self, storage_key: StorageKey, stamps: Stamps) -> None:
        self._storage_key = storage_key
        self._stamps = stamps
        self._remembered = Remembered()

    def question(
        self,
        connection: Connection,
        holder: Holder,
        generation: Generation,
        selection: Selection,
        floor: int | None,
    ) -> Question:
        """Make a selection ready to ask of one generation.

        Args:
            floor: the lower bound of a delta, lowered to what the client is known to have; None where it was not.
        """
        kind = selection.collection.kind
        number = generation.number
        if kind not in OWN_KINDS:
            # The vendor's own writes do not touch these kinds: what was remembered stays of use.
            number = self._stamps.of(connection, holder, {number})[number].roster_generation
        sight = Sight(holder, number)
        where = [collection_condition(sight, selection.collection)]
        bounds = StampBounds(lambda stamp_ms: newest_upto(connection, holder, stamp_ms))
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
        return Question(holder, kind, sight, and_(*where), unsaid, logic, per_row, key)

    def total(self, connection: Connection, question: Question) -> int:
        """How many records answer the question."""
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

    def by_id(self, connection: Connection, question: Question, selection: Selection) -> list[Any]:
        """Rows of one page in the holdings' own order."""
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
        question: Question,
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
        self, connection: Connection, question: Question, *, after: str | None, descending: bool = False
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

    def _meets(self, question: Question, row: Any) -> bool:
        body = self._seal(question.holder).open(question.kind, row.id, row.body)
        verdicts = (matches(values_at(body, c.path), c.operator, c.value) for c in question.unsaid)
        if question.logic is Logic.OR:
            return bool(row.said) or any(verdicts)
        return all(verdicts)

    def by_field(self, connection: Connection, question: Question, selection: Selection) -> list[Any]:
        """Rows of one page in the order of a field."""
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

    def _sorted_ids(self, connection: Connection, question: Question, selection: Selection) -> list[str]:
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

    def positions(self, connection: Connection, question: Question, ids: list[str]) -> tuple[int, ...]:
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

    def _seal(self, holder: Holder) -> BodySeal:
        return BodySeal(self._storage_key, holder.board_id, holder.product)


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
