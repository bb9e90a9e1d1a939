"""A client that keeps some stamp of its pulls and applies deltas ends with exactly what a full pull gives.

Whatever happens in between: refreshes published in the middle of walks, withdrawals, people who may go again, own
writes, tokens that end in mid-walk, results of a walk that the client lost, clocks that stand still or go back.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, delete

from gateway.database import front_metadata, open_engine, writing
from gateway.holdings.errors import RefreshUnderWay
from gateway.holdings.publishing import Publication
from gateway.holdings.reading import Holdings
from gateway.holdings.rows import VendorRelations
from gateway.holdings.selection import Collection, Comparison, Filter, Operator, Selection
from gateway.holdings.storage_key import StorageKey
from gateway.holdings.vendor_made import VendorMade
from gateway.holdings.walks import Pin
from gateway.holdings.withdrawal import withdraw
from gateway.roster.model import Kind, ReleasedRecord
from tests.gateway.holdings.conftest import BOARD, NOW, PRODUCT, TABLES
from tests.gateway.holdings.released import line_item, pseudonym, pupil

THOROUGH = bool(os.environ.get("SCHUILNAAM_TEST_THOROUGH"))
KINDS = (Kind.USER, Kind.LINE_ITEM)
MAKE = {
    Kind.USER: lambda number, text: pupil(number, name=text),
    Kind.LINE_ITEM: lambda n, text: line_item(n, title=text),
}
numbers = st.integers(0, 7)
names = st.sampled_from(["Anna", "Bram", "Cato"])
kinds = st.sampled_from(KINDS)
_storage_key = StorageKey(bytes(range(64)))


@dataclass
class Client:
    """One consumer: its copy, the stamp that it keeps, and the pull that it is in."""

    keeps: str
    kind: Kind
    limit: int
    at_least: bool
    """Asks `>=` instead of `>`."""
    active_only: bool
    """Its full pulls filter on status='active'."""
    copy: dict[str, dict[str, object]] = field(default_factory=dict)
    since: int | None = None
    token: int = 0
    # The pull under way:
    offset: int | None = None
    started: int = 0
    seen: list[tuple[str, bool, int, dict[str, object]]] = field(default_factory=list)
    asked: int | None = None

    def selection(self, offset: int) -> Selection:
        filter_ = None
        if self.asked is not None:
            operator = Operator.GREATER_OR_EQUAL if self.at_least else Operator.GREATER
            filter_ = Filter((Comparison(("dateLastModified",), operator, str(self.asked)),))
        elif self.active_only:
            filter_ = Filter((Comparison(("status",), Operator.EQUAL, "active"),))
        return Selection(Collection(self.kind), offset=offset, limit=self.limit, filter=filter_)

    def apply(self, ended: int) -> None:
        if self.asked is None:
            self.copy = {}
        for record_id, active, _, body in self.seen:
            if active:
                self.copy[record_id] = body
            else:
                self.copy.pop(record_id, None)
        greatest = max((stamp for _, _, stamp, _ in self.seen), default=-1)
        kept = {"start": self.started, "end": ended, "greatest": max(greatest, self.since or 0)}
        self.since = kept[self.keeps]


class Deltas(RuleBasedStateMachine):
    """The machine; one database for all examples, emptied before each."""

    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        with writing(self.engine) as connection:
            for table in TABLES:
                connection.execute(delete(table))
        self.now = NOW
        self.held = Holdings(self.engine, _storage_key, board_id=BOARD)
        self.vendor_made = VendorMade(_storage_key, board_id=BOARD)
        self.source: dict[tuple[Kind, int], str] = {}
        self.refused: set[tuple[Kind, int]] = set()
        self.publication: Publication | None = None
        self.clients: list[Client] = []

    @initialize(keeps=st.permutations(["start", "end", "greatest"]), data=st.data())
    def clients_and_a_first_refresh(self, keeps: list[str], data: st.DataObject) -> None:
        self.source = {(kind, number): "Anna" for kind in KINDS for number in range(5)}
        self._publish_all()
        for kept in keeps:
            self.clients.append(
                Client(
                    keeps=kept,
                    kind=data.draw(kinds),
                    limit=data.draw(st.integers(1, 4)),
                    at_least=data.draw(st.booleans()),
                    active_only=data.draw(st.booleans()),
                )
            )

    # -- the school ----------------------------------------------------------------------------------------------

    def _releasable(self) -> list[ReleasedRecord]:
        return [
            MAKE[kind](n, text) for (kind, n), text in self.source.items() if (kind, n) not in self.refused
        ]

    def _begin(self) -> Publication:
        return Publication.begin(
            self.engine, _storage_key, board_id=BOARD, product=PRODUCT, plan_digest="plan", now_ms=self.now
        )

    def _put_all(self, publication: Publication) -> None:
        for kind in KINDS:
            publication.put([record for record in self._releasable() if record.kind is kind])

    def _publish_all(self) -> None:
        publication = self._begin()
        self._put_all(publication)
        publication.publish(self.now)

    @rule(kind=kinds, number=numbers, name=names)
    def the_source_changes(self, kind: Kind, number: int, name: str) -> None:
        self.source[kind, number] = name

    @rule(kind=kinds, number=numbers)
    def the_source_loses_one(self, kind: Kind, number: int) -> None:
        self.source.pop((kind, number), None)

    @precondition(lambda self: self.publication is None)
    @rule()
    def refresh(self) -> None:
        self._publish_all()

    @precondition(lambda self: self.publication is None)
    @rule()
    def refresh_begins(self) -> None:
        self.publication = self._begin()
        self._put_all(self.publication)
        with pytest.raises(RefreshUnderWay):
            self._begin()

    @precondition(lambda self: self.publication is not None)
    @rule(ends=st.sampled_from(["publish", "publish", "abandon", "crash"]), again=st.booleans())
    def refresh_ends(self, ends: str, again: bool) -> None:
        publication, self.publication = self.publication, None
        assert publication is not None
        if again:
            self._put_all(publication)
        if ends == "publish":
            publication.publish(self.now)
        elif ends == "abandon":
            publication.abandon()
        else:
            self.now += 10 * 60_000

    @rule(kind=kinds, number=numbers)
    def one_is_withdrawn(self, kind: Kind, number: int) -> None:
        self.refused.add((kind, number))
        withdraw(
            self.engine,
            board_id=BOARD,
            product=PRODUCT,
            records=[(kind, pseudonym(kind, number))],
            now_ms=self.now,
        )

    @rule(kind=kinds, number=numbers)
    def one_is_allowed_again(self, kind: Kind, number: int) -> None:
        self.refused.discard((kind, number))

    @rule(number=st.integers(0, 3), title=names)
    def the_vendor_writes(self, number: int, title: str) -> None:
        with writing(self.engine) as connection:
            self.vendor_made.put(
                connection,
                PRODUCT,
                Kind.LINE_ITEM,
                f"own-{number}",
                {"title": title},
                VendorRelations(),
                now_ms=self.now,
            )

    @rule(number=st.integers(0, 3))
    def the_vendor_deletes(self, number: int) -> None:
        with writing(self.engine) as connection:
            self.vendor_made.delete(connection, PRODUCT, Kind.LINE_ITEM, f"own-{number}", now_ms=self.now)

    @rule(step=st.sampled_from([1, 700, 5_000, 60_000, -30_000, 25 * 3_600_000]))
    def the_clock_moves(self, step: int) -> None:
        self.now += step

    # -- the clients ---------------------------------------------------------------------------------------------

    @rule(which=st.integers(0, 2), full=st.sampled_from([True, False, False, False]))
    def a_pull_begins(self, which: int, full: bool) -> None:
        client = self.clients[which]
        client.asked = None if full else client.since
        client.offset, client.started, client.seen = 0, self.now, []
        self._next_page(client)

    @rule(which=st.integers(0, 2))
    def a_next_page(self, which: int) -> None:
        if self.clients[which].offset is not None:
            self._next_page(self.clients[which])

    @rule(which=st.integers(0, 2))
    def a_token_ends(self, which: int) -> None:
        self.clients[which].token += 1

    @rule(which=st.integers(0, 2))
    def a_client_loses_what_it_pulled(self, which: int) -> None:
        """To the end, as far as the gateway sees; but it is never applied."""
        client = self.clients[which]
        while client.offset is not None:
            self._next_page(client, lost=True)

    @rule(which=st.integers(0, 2))
    def a_client_catches_up(self, which: int) -> None:
        self._catch_up(self.clients[which])

    def _catch_up(self, client: Client) -> None:
        while client.offset is not None:
            self._next_page(client)
        client.asked = client.since
        client.offset, client.started, client.seen = 0, self.now, []
        while client.offset is not None:
            self._next_page(client)
        assert client.copy == self._full(client.kind)

    def _next_page(self, client: Client, *, lost: bool = False) -> None:
        assert client.offset is not None
        selection = client.selection(client.offset)
        pin = self.held.pin(
            PRODUCT,
            client_id=client.keeps,
            token_id=f"{client.keeps}-{client.token}",
            route=client.kind,
            selection=selection,
            now_ms=self.now,
        )
        assert isinstance(pin, Pin)
        page = self.held.page(PRODUCT, pin.generation, selection, floor=pin.floor)
        with writing(self.engine) as connection:
            self.held.served(connection, PRODUCT, pin, offset=client.offset, page=page, now_ms=self.now)
        client.seen += [(r.id, r.active, r.stamp_ms, r.body) for r in page.records]
        client.offset += len(page.records)
        if len(page.records) < client.limit or client.offset >= page.total:
            client.offset = None
            if not lost:
                client.apply(self.now)

    def _full(self, kind: Kind) -> dict[str, dict[str, object]]:
        generation = self.held.current(PRODUCT, now_ms=self.now)
        assert generation is not None
        page = self.held.page(PRODUCT, generation, Selection(Collection(kind), limit=1_000))
        return {record.id: record.body for record in page.records}

    @invariant()
    def nothing_refused_is_held(self) -> None:
        for kind, number in self.refused:
            assert pseudonym(kind, number) not in self._full(kind)

    def teardown(self) -> None:
        for client in self.clients:
            self._catch_up(client)


def _run(engine: Engine, *, examples: int, steps: int) -> None:
    class Machine(Deltas):
        pass

    Machine.engine = engine
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_deltas_end_with_what_a_full_pull_gives_on_sqlite() -> None:
    folder = Path(tempfile.mkdtemp())
    engine = open_engine(f"sqlite:///{folder / 'front.db'}")
    front_metadata.create_all(engine, tables=TABLES)
    try:
        _run(engine, examples=2_000 if THOROUGH else 20, steps=50)
    finally:
        engine.dispose()
        shutil.rmtree(folder)


@pytest.mark.postgres
def test_deltas_end_with_what_a_full_pull_gives_on_postgresql() -> None:
    url = os.environ.get("SCHUILNAAM_TEST_POSTGRES")
    if not url:
        pytest.skip("SCHUILNAAM_TEST_POSTGRES is not set")
    engine = open_engine(url)
    front_metadata.drop_all(engine, tables=TABLES)
    front_metadata.create_all(engine, tables=TABLES)
    try:
        _run(engine, examples=300 if THOROUGH else 5, steps=40)
    finally:
        engine.dispose()
