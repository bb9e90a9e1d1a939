"""One refresh in a process of its own, as `schuilnaam refresh` does it, watched from outside the product's code.

Prints one JSON line: time, processor time, peak memory, outcomes, and how long write transactions held the lock.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
import tracemalloc
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from gateway.roster.model import Kind, ProductId
from gateway.school import refreshing
from gateway.school.services import clock, open_services
from tests.benchmarks.figures import peak_mib, percentile


@dataclass(slots=True)
class LockWatch:
    """How long each write transaction of an engine held the lock: from the lock taken to the commit on disk."""

    held_ms: list[float] = field(default_factory=list)
    held_cpu_ms: list[float] = field(default_factory=list)
    waited_ms: list[float] = field(default_factory=list)
    _since: tuple[float, float] | None = None

    def watch(self, engine: Engine) -> None:
        """Begin. Commits are timed by the dialect, since SQLAlchemy's own event comes before the commit."""
        event.listen(engine, "begin", self._begun)
        dialect: Any = engine.dialect
        for name in ("do_commit", "do_rollback"):
            setattr(dialect, name, self._timed(getattr(dialect, name)))

    def _begun(self, connection: Connection) -> None:
        # After the listener of gateway.database, which has the lock by now.
        if connection.get_execution_options().get("schuilnaam_write", False):
            self._since = (time.perf_counter(), time.thread_time())

    def _timed(self, end: Any) -> Any:
        def ended(connection: Any) -> None:
            end(connection)
            if self._since is not None:
                began, cpu = self._since
                self._since = None
                self.held_ms.append((time.perf_counter() - began) * 1000)
                self.held_cpu_ms.append((time.thread_time() - cpu) * 1000)

        return ended

    def summary(self) -> dict[str, float]:
        return {
            "transactions": len(self.held_ms),
            "longest_ms": max(self.held_ms, default=0.0),
            "p99_ms": percentile(self.held_ms, 99),
            "over_50_ms": sum(held > 50 for held in self.held_ms),
            "longest_cpu_ms": max(self.held_cpu_ms, default=0.0),
            "seconds": sum(self.held_ms) / 1000,
        }


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--passphrase-file", type=Path, required=True)
    parser.add_argument("--product", action="append")
    parser.add_argument("--profile", type=Path, help="write a cProfile of the refresh there")
    parser.add_argument("--trace", action="store_true", help="count the memory that Python objects take")
    given = parser.parse_args()
    services = open_services(given.home).unlock(given.passphrase_file.read_bytes().rstrip(b"\n"))
    watch = LockWatch()
    watch.watch(services.front)
    watch.watch(services.school)
    read: dict[str, int] = {}
    at_kind: dict[str, tuple[float, float]] = {}
    """Processor seconds and peak memory when the last record of a kind was read."""

    def progress(kind: Kind, count: int) -> None:
        read[kind.value] = count
        if count % 1_000 or kind.value not in at_kind:
            at_kind[kind.value] = (round(time.process_time() - cpu, 2), round(peak_mib("self"), 1))

    began, cpu = time.perf_counter(), time.process_time()

    def work() -> list[dict[str, object]]:
        outcomes = refreshing.refresh(
            services,
            now=clock(),
            products=None if given.product is None else [ProductId(each) for each in given.product],
            progress=progress,
        )
        return [
            {
                "product": each.product,
                "status": each.status,
                "reason": each.reason,
                "counts": each.counts,
                "withheld": each.withheld,
                "leaks": each.leaks,
            }
            for each in outcomes
        ]

    if given.trace:
        tracemalloc.start()
    if given.profile:
        import cProfile

        profile = cProfile.Profile()
        outcomes = profile.runcall(work)
        profile.dump_stats(given.profile)
    else:
        outcomes = work()
    seconds, cpu_taken = time.perf_counter() - began, time.process_time() - cpu
    usage = resource.getrusage(resource.RUSAGE_SELF)
    answer = {
        "seconds": seconds,
        "cpu_seconds": cpu_taken,
        "system_seconds": usage.ru_stime,
        "read": read,
        "at_kind": at_kind,
        "outcomes": outcomes,
        "locks": watch.summary(),
        "peak_mib": peak_mib("self"),
        "traced_peak": tracemalloc.get_traced_memory()[1],
    }
    print(json.dumps(answer), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
