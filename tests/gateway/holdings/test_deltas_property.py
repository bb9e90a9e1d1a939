"""A client that keeps some stamp of its pulls and applies deltas ends with exactly what a full pull gives.

Whatever happens in between: refreshes published in the middle of walks, withdrawals, people who may go
again, own writes, tokens that end in mid-walk, results of a walk that the client lost, clocks that stand
still or go back.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
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


class World:
    """A school, a vendor and its three clients. What happens next is drawn, weighted toward being mid-walk.

    A random walk from a drawn seed finds the planted faults (no floor, no guard, a walk counted by its last
    page) within some tens of examples; a rule-based machine of the same steps did not within hundreds.
    """

    def __init__(self, engine: Engine, seed: int) -> None:
        self.engine = engine
        self.draw = random.Random(seed)
        with writing(engine) as connection:
            for table in TABLES:
                connection.execute(delete(table))
        self.now = NOW
        self.held = Holdings(engine, _storage_key, board_id=BOARD)
        self.vendor_made = VendorMade(_storage_key, board_id=BOARD)
        self.source: dict[tuple[Kind, int], str] = {(kind, n): "Anna" for kind in KINDS for n in range(5)}
        self.refused: set[tuple[Kind, int]] = set()
        self.publication: Publication | None = None
        self._publish_all()
        self.clients = [
            Client(
                keeps=keeps,
                kind=self.draw.choice(KINDS),
                limit=self.draw.randint(1, 3),
                at_least=self.draw.random() < 0.5,
                active_only=self.draw.random() < 0.5,
            )
            for keeps in ("start", "end", "greatest")
        ]

    def live(self, steps: int) -> None:
        happenings = {
            self.a_page: 50,
            self.refresh: 14,
            self.refresh_begins_or_ends: 8,
            self.one_is_withdrawn: 6,
            self.all_are_allowed_again: 3,
            self.the_vendor_writes: 6,
            self.the_vendor_deletes: 3,
            self.a_token_ends: 5,
            self.a_client_loses_what_it_pulled: 5,
            self.a_client_catches_up: 6,
            self.the_clock_moves: 6,
        }
        for happening in self.draw.choices(list(happenings), list(happenings.values()), k=steps):
            happening()
            self.now += self.draw.randint(0, 2)
        for kind, number in self.refused:
            assert pseudonym(kind, number) not in self._full(kind)
        for client in self.clients:
            self._catch_up(client)

    def _one(self) -> tuple[Kind, int]:
        return self.draw.choice(KINDS), self.draw.randrange(8)

    def _client(self) -> Client:
        return self.draw.choice(self.clients)

    # -- the school
    # ----------------------------------------------------------------------------------------------

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
        publication.publish(self.now, stamp_ms=self.now - self.draw.choice([0, self.draw.randrange(60_000)]))

    def _change_source(self) -> None:
        for _ in range(self.draw.randint(0, 3)):
            name = self.draw.choice(["Anna", "Bram", "Cato", None])
            if name is None:
                self.source.pop(self._one(), None)
            else:
                self.source[self._one()] = name

    def refresh(self) -> None:
        self._change_source()
        if self.publication is None:
            self._publish_all()

    def refresh_begins_or_ends(self) -> None:
        if self.publication is None:
            self._change_source()
            self.publication = self._begin()
            self._put_all(self.publication)
            with pytest.raises(RefreshUnderWay):
                self._begin()
            return
        publication, self.publication = self.publication, None
        ends = self.draw.choice(["publish", "publish", "put again", "abandon", "crash"])
        if ends == "put again":
            self._put_all(publication)
        if ends == "abandon":
            publication.abandon()
        elif ends == "crash":
            self.now += 10 * 60_000
        else:
            publication.publish(
                self.now, stamp_ms=self.now - self.draw.choice([0, self.draw.randrange(60_000)])
            )

    def one_is_withdrawn(self) -> None:
        kind, number = self._one()
        self.refused.add((kind, number))
        withdraw(
            self.engine,
            board_id=BOARD,
            product=PRODUCT,
            records=[(kind, pseudonym(kind, number))],
            now_ms=self.now - self.draw.choice([0, self.draw.randrange(60_000)]),
        )
        assert pseudonym(kind, number) not in self._full(kind)

    def all_are_allowed_again(self) -> None:
        self.refused.clear()

    def the_vendor_writes(self) -> None:
        record_id, title = f"own-{self.draw.randrange(4)}", self.draw.choice(["Anna", "Bram"])
        with writing(self.engine) as connection:
            self.vendor_made.put(
                connection,
                PRODUCT,
                Kind.LINE_ITEM,
                record_id,
                {"title": title},
                VendorRelations(),
                now_ms=self.now,
            )
        assert self._full(Kind.LINE_ITEM)[record_id] == {"title": title}

    def the_vendor_deletes(self) -> None:
        record_id = f"own-{self.draw.randrange(4)}"
        with writing(self.engine) as connection:
            self.vendor_made.delete(connection, PRODUCT, Kind.LINE_ITEM, record_id, now_ms=self.now)
        assert record_id not in self._full(Kind.LINE_ITEM)

    def the_clock_moves(self) -> None:
        self.now += self.draw.choice([1, 700, 5_000, 60_000, -30_000, 25 * 3_600_000])

    # -- the clients -------------------------------------------------------------------------------------

    def a_page(self) -> None:
        client = self._client()
        if client.offset is None:
            self._begin_pull(client, full=self.draw.random() < 0.15)
        self._next_page(client)

    def _begin_pull(self, client: Client, *, full: bool) -> None:
        client.asked = None if full else client.since
        client.offset, client.started, client.seen = 0, self.now, []

    def a_token_ends(self) -> None:
        self._client().token += 1

    def a_client_loses_what_it_pulled(self) -> None:
        """To the end, as far as the gateway sees; but it is never applied."""
        client = self._client()
        while client.offset is not None:
            self._next_page(client, lost=True)

    def a_client_catches_up(self) -> None:
        self._catch_up(self._client())

    def _catch_up(self, client: Client) -> None:
        while client.offset is not None:
            self._next_page(client)
        self._begin_pull(client, full=False)
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


FOUND: tuple[int, ...] = (494, 790)
"""Seeds that once failed: a broken first full pull whose repetition was lost; a clock set back between two tokens."""


def _live_many(engine: Engine, examples: int) -> None:
    for seed in FOUND:
        World(engine, seed).live(60)

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(seed=st.integers(0, 2**32))
    def every_client_ends_with_a_full_pull(seed: int) -> None:
        World(engine, seed).live(60)

    every_client_ends_with_a_full_pull()


def test_deltas_end_with_what_a_full_pull_gives_on_sqlite() -> None:
    folder = Path(tempfile.mkdtemp())
    engine = open_engine(f"sqlite:///{folder / 'front.db'}")
    front_metadata.create_all(engine, tables=TABLES)
    try:
        _live_many(engine, 2_000 if THOROUGH else 12)
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
        _live_many(engine, 300 if THOROUGH else 4)
    finally:
        engine.dispose()
