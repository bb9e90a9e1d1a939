"""Reading what a product holds. No key ring: the storage key opens bodies that were released already.

One generation of one product is immutable, except that a withdrawn record shows nothing any more but keeps
its place. So counts and positions that were found once stay true, and are remembered per process.

`product` is a required argument of every question: nothing is ever looked up by id alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Engine, select

from gateway.database import reading
from gateway.holdings.asking import CHUNK, Asking, Question
from gateway.holdings.errors import HoldingsStopped, HoldingsTooOld
from gateway.holdings.pointer import STRIDE, Holder, read_pointer
from gateway.holdings.rows import BodySeal
from gateway.holdings.selection import (
    Collection,
    Comparison,
    Generation,
    HeldRecord,
    Operator,
    Page,
    Selection,
)
from gateway.holdings.stamps import Stamps
from gateway.holdings.storage_key import StorageKey
from gateway.holdings.tables import generations, holdings
from gateway.holdings.walks import Pin, delta_floor, find_walk, read_asked, record_served
from gateway.roster.model import Kind, ProductId

MAX_AGE_MS: Final = 14 * 24 * 3_600_000
FUTURE_MS: Final = 5 * 60_000
"""A vendor's clock may run this far ahead of ours."""


class Holdings:
    """What the products of one board hold; one object per process."""

    def __init__(
        self, engine: Engine, storage_key: StorageKey, *, board_id: str, max_age_ms: int = MAX_AGE_MS
    ) -> None:
        self._engine = engine
        self._storage_key = storage_key
        self._board_id = board_id
        self._max_age_ms = max_age_ms
        self._stamps = Stamps()
        self._asking = Asking(storage_key, self._stamps)

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
        stamps = self._stamps.of(connection, holder, {number})[number]
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
            question = self._asking.question(connection, holder, generation, selection, floor)
            total = self._asking.total(connection, question)
            if selection.limit < 1 or selection.offset >= total:
                rows: list[Any] = []
            elif selection.sort is None or selection.sort == ("sourcedId",):
                rows = self._asking.by_id(connection, question, selection)
            else:
                rows = self._asking.by_field(connection, question, selection)
            contiguous = _is_whole_kind(selection)
            return Page(
                records=self._records(connection, question, rows),
                total=total,
                contiguous=contiguous,
                positions=()
                if contiguous or not positions
                else self._asking.positions(connection, question, [row.id for row in rows]),
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

    def positions(
        self, product: ProductId, generation: Generation, kind: Kind, ids: Sequence[str]
    ) -> tuple[int, ...]:
        """Where records stand in the generation's order of their kind, for the register of disclosures.

        Args:
            ids: records that the generation holds, in order.
        """
        holder = Holder(self._board_id, product)
        with reading(self._engine) as connection:
            question = self._asking.question(
                connection, holder, generation, Selection(Collection(kind)), None
            )
            return self._asking.positions(connection, question, list(ids))

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

    def _records(
        self, connection: Connection, question: Question, rows: Sequence[Any]
    ) -> tuple[HeldRecord, ...]:
        stamps = self._stamps.of(connection, question.holder, {row.from_generation for row in rows})
        seal = BodySeal(self._storage_key, question.holder.board_id, question.holder.product)
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


def _is_whole_kind(selection: Selection) -> bool:
    """Whether pages are every held record between their first and last id."""
    whole = selection.collection == Collection(selection.collection.kind)
    active_only = selection.filter is None or all(
        c == Comparison(("status",), Operator.EQUAL, "active") for c in selection.filter.comparisons
    )
    return whole and active_only and selection.sort in (None, ("sourcedId",))
