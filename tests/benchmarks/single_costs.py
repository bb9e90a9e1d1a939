"""What one identifier and one registered page cost, by themselves."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from gateway.database import open_engine, writing
from gateway.front.counting import SharedCounts
from gateway.registers import disclosures
from gateway.registers.disclosures import DisclosureEntry
from gateway.registers.tables import TABLES, field_sets
from gateway.roster.model import Kind
from gateway.school.services import open_services
from keys.pseudonyms import pseudonymise
from keys.recovery import recover
from keys.scope import RecordKind
from tests.benchmarks.figures import Figure, interleaved
from tests.benchmarks.town import Town

BATCH = 1_000


def keys(town: Town, product: str, *, rounds: int) -> Iterator[Figure]:
    """Sealing and recovering in batches of 1,000, beside the bare cipher over the same bytes."""
    services = open_services(town.home).unlock(town.passphrase_file.read_bytes().rstrip(b"\n"))
    ring = services.ring
    scope, space = ring.scope(product, RecordKind.PERSON), next(iter(ring.spaces()))
    identifiers = [str(uuid.uuid4()) for _ in range(BATCH)]
    pseudonyms = pseudonymise(ring, scope, space, identifiers)
    cipher, associated = AESSIV(AESSIV.generate_key(512)), scope.associated()
    packed = [os.urandom(20) for _ in range(BATCH)]
    sealed = [cipher.encrypt(each, associated) for each in packed]
    seal, bare_seal, back, bare_back = interleaved(
        rounds,
        _timed(lambda: pseudonymise(ring, scope, space, identifiers)),
        _timed(lambda: [cipher.encrypt(each, associated) for each in packed]),
        _timed(lambda: recover(ring, scope, pseudonyms)),
        _timed(lambda: [cipher.decrypt(each, associated) for each in sealed]),
    )
    services.front.dispose()
    services.school.dispose()
    each = 1e6 / BATCH
    yield Figure("seal per identifier", seal * each, "us", f"{seal / bare_seal:.2f} x bare AES-SIV")
    yield Figure("recover per identifier", back * each, "us", f"{back / bare_back:.2f} x bare AES-SIV")


def _timed(work: Callable[[], object]) -> Callable[[], float]:
    def measure() -> float:
        began = time.thread_time()
        work()
        return time.thread_time() - began

    return measure


def rate_limit(*, rounds: int) -> Iterator[Figure]:
    """Counting one request of one client, by one process."""
    counts = SharedCounts()

    def count() -> float:
        began = time.thread_time()
        for _ in range(BATCH):
            counts.take("client/c-0123456789abcdef", limit=10**9, seconds=60)
        return time.thread_time() - began

    (each,) = interleaved(rounds, count)
    yield Figure("rate limit per request", each / BATCH * 1e6, "us")


def register(folder: Path, *, rounds: int) -> Iterator[Figure]:
    """Registering one served page on disk, beside an empty durable transaction."""
    with _database(folder / "register.sqlite") as engine:
        entry = DisclosureEntry(
            board_id="meting", agreement_id="VO-1", agreement_version=1, agreement_digest="0" * 64,
            product="a", client_id="c", operation="GET /enrollments", service="roster",
            purposes=("leveren_gebruik",), kind=Kind.ENROLLMENT, generation=10**9, first="p" + "a" * 61,
            last="p" + "b" * 61, count=100, fields={"enrollment.beginDate": "generalised"}, request_id="r",
        )  # fmt: skip
        cpu: list[float] = []
        now = iter(range(10**6))

        def page() -> float:
            began, used = time.perf_counter(), time.thread_time()
            disclosures.record(engine, entry, now_ms=next(now))
            cpu.append(time.thread_time() - used)
            return time.perf_counter() - began

        def commit() -> float:
            began = time.perf_counter()
            with writing(engine) as connection:
                connection.exec_driver_sql("UPDATE mark SET n = n + 1")
            return time.perf_counter() - began

        whole, bare = interleaved(rounds, page, commit)
    median_cpu = sorted(cpu)[len(cpu) // 2]
    yield Figure("register one page, processor", median_cpu * 1e6, "us")
    yield Figure(
        "register one page, to disk", whole * 1e3, "ms", f"{whole / bare:.2f} x a bare commit with fsync"
    )


@contextmanager
def _database(path: Path) -> Iterator:  # type: ignore[type-arg]
    engine = open_engine(f"sqlite:///{path}")
    for table in (*TABLES.values(), field_sets):
        table.create(engine, checkfirst=True)
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE mark (n INTEGER)")
        connection.exec_driver_sql("INSERT INTO mark VALUES (0)")
    yield engine
    engine.dispose()
