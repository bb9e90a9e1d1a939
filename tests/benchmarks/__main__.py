"""`./run bench [--quick] [--json]`: speed and memory of a whole gateway on this machine, on SQLite.

The school system, the gateway and every client are processes of their own. Ratios come from one run in which both
sides took turns; processor times say little about other machines, ratios do.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from tests.benchmarks import single_costs
from tests.benchmarks.clients import Client
from tests.benchmarks.figures import Figure, cpu_seconds, peak_mib, percentile, table
from tests.benchmarks.town import Town, finished, pages

ROSTER = ("orgs", "academicSessions", "enrollments", "demographics", "classes", "users", "courses")
PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Size:
    """How large a run is."""

    pupils: int
    enrolments_per_pupil: int
    served: tuple[tuple[int, int], ...]
    """(limit, records at most) of each measured walk."""
    rounds: int
    alone_seconds: float
    """How long the clients ask before the refresh begins."""


QUICK = Size(
    pupils=400, enrolments_per_pupil=12, served=((100, 3_000), (1_000, 5_000)), rounds=15, alone_seconds=4
)
FULL = Size(
    pupils=20_000,
    enrolments_per_pupil=12,
    served=((100, 10_000), (1_000, 50_000), (10_000, 1_000_000)),
    rounds=41,
    alone_seconds=20,
)
FIRST, LATER = ("alfa", "bravo", "charlie"), ("delta", "echo", "foxtrot")
"""Products that are refreshed before vendors come, and those whose first refresh vendors meet."""


def json_seconds(town: Town) -> tuple[float, int]:
    """Processor time of orjson's loads and dumps over every page that a refresh reads, and their bytes."""
    seconds, size = 0.0, 0
    for page in pages(town, ROSTER, limit=PAGE):
        began = time.thread_time()
        orjson.dumps(orjson.loads(page))
        seconds += time.thread_time() - began
        size += len(page)
    return seconds, size


class Bench:
    """One run; figures as they come."""

    def __init__(self, town: Town, size: Size, *, say: Any) -> None:
        self._town = town
        self._size = size
        self._say = say
        self.details: dict[str, Any] = {}

    def run(self) -> Iterator[Figure]:
        town = self._town
        self._say("starting the school system")
        town.start_source()
        town.set_up()
        for number, product in enumerate((*FIRST, *LATER)):
            town.agree(product, number=number)
        yield from self._refreshes()
        yield from single_costs.keys(town, FIRST[0], rounds=self._size.rounds)
        yield from single_costs.rate_limit(rounds=self._size.rounds)
        yield from single_costs.register(town.folder, rounds=self._size.rounds * 4)
        town.serve()
        yield from self._served()
        yield from self._refresh_among_clients()

    # -- refresh --------------------------------------------------------------------------------------------------

    def _refreshes(self) -> Iterator[Figure]:
        town = self._town
        bare = [json_seconds(town)]
        self._say("first refresh of three products")
        first = town.refresh(FIRST)
        bare.append(json_seconds(town))
        self._say("second refresh, nothing changed")
        second = town.refresh(FIRST)
        bare.append(json_seconds(town))
        seconds, size = statistics.median(each for each, _ in bare), bare[0][1]
        read = sum(first["read"].values())
        yield Figure("records read", read, "records", f"{size / 1e6:.1f} MB of JSON, {len(FIRST)} products")
        for name, refresh in (("first refresh", first), ("refresh, nothing changed", second)):
            self.details[name] = refresh
            self._require_published(refresh)
            released = sum(_counted(each) for each in refresh["outcomes"])
            cpu = refresh["cpu_seconds"]
            ratio = f"{cpu / seconds:.1f} x orjson loads+dumps of the same bytes"
            yield Figure(f"{name}: read", read / refresh["seconds"], "records/s", "by the clock")
            yield Figure(f"{name}: read", read / cpu, "records/cpu-s", ratio)
            yield Figure(f"{name}: released", released / cpu, "records/cpu-s", f"{released} records")
            yield Figure(f"{name}: peak memory", refresh["peak_mib"], "MiB", "VmHWM")
            locks = refresh["locks"]
            yield Figure(
                f"{name}: longest write transaction",
                locks["longest_ms"],
                "ms",
                f"p99 {locks['p99_ms']:.1f} ms of {locks['transactions']}; {locks['over_50_ms']} over 50 ms; "
                f"longest by processor {locks['longest_cpu_ms']:.1f} ms",
            )

    @staticmethod
    def _require_published(refresh: Any) -> None:
        held = [each for each in refresh["outcomes"] if each["status"] != "published"]
        if held or not refresh["outcomes"]:
            raise SystemExit(f"not published: {[(each['product'], each['reason']) for each in held]}")

    # -- serving --------------------------------------------------------------------------------------------------

    def _client(self, product: str) -> str:
        issued = self._town.command("client", "issue", product)
        return f"{issued['client_id']}:{issued['client_secret']}"

    def _served(self) -> Iterator[Figure]:
        place = self._town.url.removeprefix("http://")
        client = Client(place, *self._client(FIRST[0]).split(":", 1))
        front = self._town.front_processes()
        for _ in client.walk("enrollments", limit=100, most=1_000):
            pass
        for limit, most in self._size.served:
            self._say(f"serving pages of {limit}")
            client.records, began, clock = 0, cpu_seconds(front), time.perf_counter()
            client.took_ms.clear()
            while client.records < min(most, 3_000):
                for _ in client.walk("enrollments", limit=limit, most=most):
                    pass
            cpu, wall = cpu_seconds(front) - began, time.perf_counter() - clock
            yield Figure(
                f"served pages of {limit}: processor per record",
                cpu / client.records * 1e6,
                "us",
                f"{client.records} records in {len(client.took_ms)} pages; {client.records / wall:,.0f} records/s "
                f"to one client; longest page {max(client.took_ms):.0f} ms",
            )
        if client.faults:
            raise SystemExit(f"pages were refused: {client.faults}")

    # -- everything together --------------------------------------------------------------------------------------

    def _refresh_among_clients(self) -> Iterator[Figure]:
        self._say("first refresh of three more products among four clients")
        town, place = self._town, self._town.url.removeprefix("http://")
        asked = (
            ("pull 100", FIRST[0], 100),
            ("pull 1000", FIRST[1], 1_000),
            ("post", FIRST[0], None),
            ("post", FIRST[1], None),
        )
        clients = [
            (what, town.python(
                "-m", "tests.benchmarks.clients", "--place", place, "--client", self._client(product),
                "--name", str(number), "--pause", "0.02", *([] if limit is None else ["--limit", str(limit)]),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            ))
            for number, (what, product, limit) in enumerate(asked)
        ]  # fmt: skip
        time.sleep(self._size.alone_seconds)
        # The same clients beside a process that only computes: what a refresh costs them beyond its processor.
        computing_from = time.monotonic()
        computing = town.python("-c", "while True: pass")
        time.sleep(self._size.alone_seconds)
        computing.kill()
        computing.wait()
        wal = _Watched(town.home)
        begun = time.monotonic()
        refresh = finished(town.start_refresh(LATER))
        largest_wal = wal.end()
        self._require_published(refresh)
        self.details["refresh among clients"] = refresh
        took: dict[str, list[float]] = {}
        alone: dict[str, list[float]] = {}
        beside: dict[str, list[float]] = {}
        faults: dict[str, int] = {}
        for what, process in clients:
            answer = finished(process)
            for ms, ended_at in zip(answer["took_ms"], answer["ended_at"], strict=True):
                phase = took if ended_at > begun else beside if ended_at > computing_from else alone
                phase.setdefault(what, []).append(ms)
            for status, count in answer["faults"].items():
                faults[f"{what} {status}"] = faults.get(f"{what} {status}", 0) + count
        for what, taken in took.items():
            yield Figure(
                f"{what} during a refresh: p99",
                percentile(taken, 99),
                "ms",
                f"{len(taken)} requests, median {percentile(taken, 50):.0f}, longest {max(taken):.0f} ms; p99 without "
                f"a refresh {percentile(alone.get(what, []), 99):.0f}, beside a process that only computes "
                f"{percentile(beside.get(what, []), 99):.0f} ms",
            )
        yield Figure(
            "requests not answered as they should be", sum(faults.values()), "requests", str(faults or "")
        )
        locks = refresh["locks"]
        yield Figure(
            "refresh among clients: longest write transaction", locks["longest_ms"], "ms",
            f"p99 {locks['p99_ms']:.1f} ms of {locks['transactions']}; {locks['over_50_ms']} over 50 ms; "
            f"refresh took {refresh['seconds']:.0f} s",
        )  # fmt: skip
        yield Figure("write-ahead log, largest", largest_wal, "MiB")
        school = {"refresh": refresh["peak_mib"]} | {
            f"serve {pid}": peak_mib(pid) for pid in town.school_processes()
        }
        yield Figure(
            "peak memory of the school processes", sum(school.values()), "MiB",
            "VmHWM, added up: " + " + ".join(f"{peak:.0f}" for peak in school.values()),
        )  # fmt: skip
        front = [peak_mib(pid) for pid in town.front_processes()]
        yield Figure("peak memory of a front process", max(front), "MiB", f"largest of {len(front)}")


class _Watched:
    """How large the write-ahead log becomes."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._largest = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._stop.wait(0.2):
            for path in self._home.rglob("front.sqlite-wal"):
                self._largest = max(self._largest, path.stat().st_size)

    def end(self) -> float:
        self._stop.set()
        self._thread.join()
        return self._largest / 2**20


def _counted(outcome: Any) -> int:
    return sum(
        counts[what] for counts in outcome["counts"].values() for what in ("added", "changed", "unchanged")
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run bench")
    parser.add_argument("--quick", action="store_true", help="a small board, under a minute")
    parser.add_argument("--json", action="store_true", help="one JSON value on standard output")
    parser.add_argument("--pupils", type=int, help="another size of board")
    given = parser.parse_args()
    size = QUICK if given.quick else FULL
    pupils = given.pupils or size.pupils
    began, load = time.perf_counter(), os.getloadavg()
    figures: list[Figure] = []

    def say(text: str) -> None:
        print(f"[{time.perf_counter() - began:6.1f} s] {text}", file=sys.stderr, flush=True)

    with (
        tempfile.TemporaryDirectory(prefix="schuilnaam-bench-") as folder,
        Town(Path(folder), pupils=pupils, enrolments_per_pupil=size.enrolments_per_pupil) as town,
    ):
        bench = Bench(town, size, say=say)
        for figure in bench.run():
            say(table([figure]))
            figures.append(figure)
        counts = town.counts
    conditions = {
        "pupils": pupils,
        "enrolments": counts["enrollments"],
        "users": counts["users"],
        "classes": counts["classes"],
        "database": "SQLite on disk",
        "processors": os.cpu_count(),
        "python": sys.version.split()[0],
        "load_before": [round(each, 1) for each in load],
        "load_after": [round(each, 1) for each in os.getloadavg()],
        "seconds": round(time.perf_counter() - began, 1),
    }
    if given.json:
        document = {
            "conditions": conditions,
            "figures": [figure.as_json() for figure in figures],
            "refreshes": bench.details,
        }
        print(json.dumps(document))
    else:
        print(", ".join(f"{name} {value}" for name, value in conditions.items()))
        print(table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
