"""A front that takes results in, a school side that delivers them, and simulated school systems over real HTTP.

with rig(tmp_path, ring, boards) as world:
    world.vendor_puts(TAAL, Kind.LINE_ITEM, "li-1", {...})
    world.worker().once()
    world.at_school("las1", "results")
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, select

from gateway.connections.source_settings import ResultsMode, SourceSettings
from gateway.database import front_metadata, open_engine, reading, school_metadata, writing
from gateway.demo.board import MadeUpBoard
from gateway.demo.school_system import SimulatedSchool
from gateway.egress import Limits
from gateway.inbox import letters
from gateway.inbox.accepting import Accepted, ObjectIndex, ReturnedRecord, accept
from gateway.inbox.claiming import LEASE_MS
from gateway.inbox.tables import Operation, State, inbox, inbox_owed, inbox_references
from gateway.registers import audit
from gateway.registers.tables import Log
from gateway.registers.tables import audit_school as audit_table
from gateway.roster.model import REFERENCES, Kind, ProductId
from gateway.school.delivery.joining import School, Terms
from gateway.school.delivery.outbox import Taker
from gateway.school.delivery.worker import Worker
from gateway.school.disclosure.identify import Identifier
from gateway.school.relink.bodies import FIELDS
from gateway.school.relink.recovering import Recoverer
from gateway.school.relink.tables import quarantine, vendor_made_ids
from gateway.school.sources.oneroster_rest.source import open_oneroster_rest
from gateway.strict_json import dumps
from keys.keyring import KeyRing

BOARD = "board-1"
REKENEN = ProductId("rekenwijs-po")
TAAL = ProductId("taalzee-po")
TOETS = ProductId("toetsweb-po")
PRODUCTS = (REKENEN, TAAL, TOETS)
VERVOLG = ProductId("rekenwijs-vo")
"""Continues REKENEN: it uses the same keys."""
FRONT_TABLES = [inbox, inbox_references, inbox_owed]
SCHOOL_TABLES = [quarantine, vendor_made_ids, audit_table]
LIMITS = Limits(connect_seconds=2, read_seconds=1, total_seconds=2, attempts=1)
EVERYTHING = frozenset(f"{kind.value}.{name}" for kind, names in FIELDS.items() for name in names)


def space_of(source: str) -> str:
    return f"{source}/all"


def intake_public_key(ring: KeyRing) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    from keys.keyring import content_of

    private = X25519PrivateKey.from_private_bytes(content_of(ring).intake_key)
    return private.public_key().public_bytes_raw()


@dataclass
class World:
    """Everything that a test needs, and a clock that it can set."""

    ring: KeyRing
    front: Engine
    school: Engine
    systems: Mapping[str, SimulatedSchool]
    results: ResultsMode = ResultsMode.SOURCE
    now_ms: int | None = None
    lease_ms: int = LEASE_MS
    index: ObjectIndex = field(default_factory=lambda: ObjectIndex(b"x" * 32, board_id=BOARD))

    def __post_init__(self) -> None:
        self.public_key = intake_public_key(self.ring)
        self.identifier = Identifier(self.ring, key_of_product={VERVOLG: REKENEN})
        self._takers: list[Taker] = []
        self.altered: set[ProductId] = set()

    def terms(self, product: ProductId) -> Terms | None:
        return None if product in self.altered else lambda kind, at_ms: EVERYTHING

    def recoverer(self) -> Recoverer:
        return Recoverer(self.ring, key_of_product={VERVOLG: REKENEN})

    def clock(self) -> int:
        return int(time.time() * 1_000) if self.now_ms is None else self.now_ms

    def pseudonym(self, product: ProductId, kind: Kind, identifier: str, *, source: str = "las1") -> str:
        space = self.ring.space(space_of(source))
        return self.identifier.pseudonyms(product, kind, space, [identifier])[0]

    def vendor_puts(
        self, product: ProductId, kind: Kind, identifier: str, body: Mapping[str, object], **more: int
    ) -> Accepted:
        names = {reference.field: reference.target for reference in REFERENCES[kind]}
        references = tuple(
            (names[name], str(value["sourcedId"]))
            for name, value in body.items()
            if name in names and isinstance(value, dict)
        )
        return self._take_in(product, kind, Operation.PUT, identifier, dumps(dict(body)), references, **more)

    def vendor_deletes(self, product: ProductId, kind: Kind, identifier: str) -> Accepted:
        return self._take_in(product, kind, Operation.DELETE, identifier, b"{}", ())

    def _take_in(
        self,
        product: ProductId,
        kind: Kind,
        operation: Operation,
        identifier: str,
        body: bytes,
        references: tuple[tuple[Kind, str], ...],
        changed_at_ms: int | None = None,
    ) -> Accepted:
        record = ReturnedRecord(
            product=product,
            client_id=f"client-{product}",
            request_id="request-1",
            kind=kind,
            operation=operation,
            id=identifier,
            body=body,
            references=references,
            changed_at_ms=changed_at_ms,
        )
        with writing(self.front) as connection:
            return accept(
                connection,
                record,
                index=self.index,
                intake_public_key=self.public_key,
                now_ms=self.clock(),
            )

    def worker(self) -> Worker:
        """A worker with connections of its own: a source is not for several threads."""
        takers = {slug: self._taker(slug) for slug in self.systems}
        self._takers.extend(takers.values())
        school = School(
            board_id=BOARD,
            recoverer=self.recoverer(),
            takers=takers,
            source_of_space={space_of(slug): slug for slug in self.systems},
            terms=self.terms,
        )
        return Worker(
            self.front,
            self.school,
            school,
            clock=self.clock,
            lease_ms=self.lease_ms,
            # A busy machine must not make a worker with a clock of the test's own look less often.
            monotonic=lambda: 0.0,
        )

    def _taker(self, slug: str) -> Taker:
        system = self.systems[slug]
        settings = SourceSettings(
            slug=slug,
            standard="oneroster-1.2",
            base_url=system.base_url,
            token_url=system.token_url,
            client_id=system.client_id,
            secret_file="secret",
            space=space_of(slug),
            results=self.results,
        )
        source = open_oneroster_rest(settings, client_secret=system.client_secret, limits=LIMITS)
        return Taker(source, lambda kind, identifier: f"{system.base_url}/{kind.value}/{identifier}")

    def deliver_until_quiet(self, worker: Worker, *, step_ms: int = 3_600_000, rounds: int = 40) -> None:
        """Deliver, and let time pass, until nothing is open any more."""
        assert self.now_ms is not None
        for _ in range(rounds):
            worker.once()
            if not self.open():
                return
            self.now_ms += step_ms
        raise AssertionError(f"still open: {self.counts()}")

    def open(self) -> int:
        return sum(self.counts().get(state, 0) for state in (State.RECEIVED, State.CLAIMED, State.WAITING))

    def counts(self) -> dict[State, int]:
        with reading(self.front) as connection:
            return letters.counts(connection, board_id=BOARD)

    def reasons(self) -> list[str | None]:
        with reading(self.front) as connection:
            return list(connection.execute(select(inbox.c.reason).order_by(inbox.c.seq)).scalars())

    def audited(self) -> list[str]:
        return [entry.event for entry in audit.listed(self.school, Log.AUDIT_SCHOOL, board_id=BOARD)]

    def at_school(self, source: str, collection: str) -> dict[str, dict[str, object]]:
        """What the school's system holds in a gradebook collection that a vendor made."""
        made = {write.identifier for write in self.systems[source].writes if write.collection == collection}
        board = self.systems[source].board
        return {
            record["sourcedId"]: record for record in board.records(collection) if record["sourcedId"] in made
        }

    def close(self) -> None:
        for taker in self._takers:
            taker.source.close()  # type: ignore[attr-defined]


@contextmanager
def rig(
    urls: tuple[str, str], ring: KeyRing, boards: Sequence[MadeUpBoard], **more: object
) -> Iterator[World]:
    """Two databases, one simulated system per board (`las1`, `las2`), nothing delivered yet."""
    front, school = (open_engine(url) for url in urls)
    for engine, metadata, tables in (
        (front, front_metadata, FRONT_TABLES),
        (school, school_metadata, SCHOOL_TABLES),
    ):
        metadata.drop_all(engine, tables=tables)
        metadata.create_all(engine, tables=tables)
    systems = {f"las{number}": SimulatedSchool(board).start() for number, board in enumerate(boards, 1)}
    world = World(ring, front, school, systems, **more)  # type: ignore[arg-type]
    try:
        yield world
    finally:
        world.close()
        for system in systems.values():
            system.stop()
        front.dispose()
        school.dispose()


def sqlite_urls(folder: Path) -> tuple[str, str]:
    return f"sqlite:///{folder / 'front.sqlite'}", f"sqlite:///{folder / 'school.sqlite'}"


def ref(identifier: str) -> dict[str, object]:
    """A reference as vendors in the field send it: no href, no type."""
    return {"sourcedId": identifier}
