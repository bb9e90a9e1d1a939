"""Nobody's loop takes the door from the others: what counts for whom, and what a refusal says and leaves behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from gateway.database import writing
from gateway.errors import SettingsError
from gateway.front.counting import COUNTED_FOR_MS, SharedCounts
from gateway.front.planes.oneroster.discovery import DOCUMENTS
from gateway.front.rate_limit import MINUTE, RateLimited, RateLimiter, RateLimits, address_of
from gateway.front.redis_counts import RedisCounts
from gateway.registers.audit_events import AuditEvent
from gateway.settings import Settings
from tests.gateway.front.world import GRADEBOOK, PRODUCT, ROSTER, Vendor, World, minor

USERS = f"{ROSTER}/users?limit=1"


class Fixed:
    """The monotonic clock of the counts, as the test sets it."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Fixed:
    return Fixed()


def limit(world: World, *, clock: Callable[[], float] = time.monotonic, **limits: int) -> None:
    """The same door with other limits and nothing counted yet."""
    limiter = RateLimiter(SharedCounts(clock=clock), RateLimits(**limits))
    world.services = replace(world.services, counts=SharedCounts(), limiter=limiter)


def admitted(counts: SharedCounts, key: str, *, of: int, limit: int) -> int:
    return sum(counts.take(key, limit=limit, seconds=MINUTE) == 0.0 for _ in range(of))


def limited_rows(world: World) -> list[dict[str, Any]]:
    rows = world.audited(AuditEvent.REQUEST_REFUSED)
    return [dict(row.details) for row in rows if row.details["reason"] == "rate_limited"]


# -- what a vendor sees -----------------------------------------------------------------------------------------------


def test_ten_times_too_much_is_429_and_another_vendor_is_unaffected(world: World, vendor: Vendor) -> None:
    other = Vendor(world, world.issue())
    other.ask_token()
    limit(world, requests=5)

    answers = [vendor.get(USERS) for _ in range(50)]
    others = [other.get(USERS) for _ in range(5)]

    assert [answer.status_code for answer in answers[:5]] == [200] * 5
    # A window may begin anew while the test runs; it lets 5 more in.
    assert sum(answer.status_code == 200 for answer in answers) <= 10
    assert [answer.status_code for answer in others] == [200] * 5
    refused = next(answer for answer in answers if answer.status_code != 200)
    assert (refused.status_code, minor(refused)) == (429, "server_busy")
    assert refused.json()["imsx_description"].startswith("rate_limited: ")
    assert refused.json()["imsx_codeMajor"] == "failure"
    assert 1 <= int(refused.headers["Retry-After"]) <= 2 * MINUTE
    assert refused.headers["Cache-Control"] == "no-store"
    always = {"Content-Type", "Content-Length", "Cache-Control", "X-Content-Type-Options", "X-Request-Id"}
    assert set(refused.headers) - {"Date", "Server", "Connection"} == always | {"Retry-After"}


def test_a_refusal_reads_nothing_and_registers_no_disclosure(world: World, vendor: Vendor) -> None:
    limit(world, requests=1)
    vendor.get(USERS)
    before = len(world.disclosures())

    refused = vendor.get(f"{ROSTER}/users")

    assert refused.status_code == 429
    assert b"sourcedId" not in refused.content
    assert len(world.disclosures()) == before


def test_a_write_beyond_the_limit_is_not_taken_in(world: World, vendor: Vendor) -> None:
    limit(world, requests=1)
    vendor.get(USERS)

    refused = vendor.ask("PUT", f"{GRADEBOOK}/categories/soort", json={"category": {"title": "Toetsen"}})

    assert (refused.status_code, minor(refused)) == (429, "server_busy")
    assert world.audited(AuditEvent.RESULT_ACCEPTED) == []


def test_every_token_of_a_client_counts_together(world: World, vendor: Vendor) -> None:
    limit(world, requests=4)
    again = Vendor(world, vendor.client)
    again.ask_token()

    statuses = [each.get(USERS).status_code for each in (vendor, again) * 4]

    assert statuses.count(200) in (4, 8)
    assert 429 in statuses


def test_who_waits_as_long_as_it_is_told_is_let_in(world: World, vendor: Vendor, clock: Fixed) -> None:
    limit(world, clock=clock, requests=3)
    statuses = [vendor.get(USERS).status_code for _ in range(3)]
    refused = vendor.get(USERS)

    clock.now += int(refused.headers["Retry-After"])

    assert statuses == [200, 200, 200]
    assert refused.status_code == 429
    assert vendor.get(USERS).status_code == 200


def test_own_state_is_told_outside_the_standard_in_its_own_shape(world: World, vendor: Vendor) -> None:
    limit(world, requests=1)
    assert vendor.get("/me").status_code == 200

    refused = vendor.get("/me")

    assert refused.status_code == 429
    assert refused.json()["code"] == "rate_limited"
    assert int(refused.headers["Retry-After"]) >= 1


def test_zero_is_no_limit(world: World, vendor: Vendor) -> None:
    limit(world, requests=0, tokens=0, strangers=0)
    assert {vendor.get(USERS).status_code for _ in range(20)} == {200}


# -- the token endpoint and strangers ---------------------------------------------------------------------------------


def test_a_client_that_takes_a_token_for_every_request_is_told_to_keep_one(world: World) -> None:
    limit(world, tokens=3)
    vendor, other = Vendor(world, world.issue()), Vendor(world, world.issue())

    answers = [vendor.ask_token() for _ in range(8)]

    assert [answer.status_code for answer in answers[:3]] == [200] * 3
    refused = answers[-1]
    assert refused.status_code == 429
    assert refused.json()["error"] == "rate_limited"
    assert "Retry-After" in refused.json()["error_description"]
    assert refused.headers["Cache-Control"] == "no-store"
    assert int(refused.headers["Retry-After"]) >= 1
    assert other.ask_token().status_code == 200
    assert len(world.audited(AuditEvent.TOKEN_ISSUED)) <= 7
    # The token that it has goes on working.
    assert vendor.get(USERS).status_code == 200


def _wrong_secret(world: World) -> requests.Response:
    auth = (world.issue().client_id, "wrong")
    form = {"grant_type": "client_credentials"}
    return world.http.post(f"{world.url}/oauth2/token", data=form, auth=auth, timeout=30)


def _unknown_client(world: World) -> requests.Response:
    form = {"grant_type": "client_credentials"}
    return world.http.post(f"{world.url}/oauth2/token", data=form, auth=("c-0", "wrong"), timeout=30)


def _repeated(world: World) -> requests.Response:
    form = [("grant_type", "client_credentials")] * 2
    return world.http.post(f"{world.url}/oauth2/token", data=form, timeout=30)


def _wrong_token(world: World) -> requests.Response:
    return world.http.get(world.url + USERS, headers={"Authorization": "Bearer wrong"}, timeout=30)


def _no_token(world: World) -> requests.Response:
    return world.http.get(world.url + USERS, timeout=30)


def _unknown_path(world: World) -> requests.Response:
    return world.http.get(f"{world.url}{ROSTER}/pupils", timeout=30)


def _discovery(world: World) -> requests.Response:
    return world.http.get(world.url + next(iter(DOCUMENTS)), timeout=30)


@pytest.mark.parametrize(
    "ask", [_wrong_secret, _unknown_client, _repeated, _wrong_token, _no_token, _unknown_path, _discovery]
)
def test_an_address_that_proves_nothing_is_slowed_and_a_vendor_behind_it_is_not(
    world: World, vendor: Vendor, ask: Callable[[World], requests.Response]
) -> None:
    limit(world, strangers=4)

    answers = [ask(world) for _ in range(10)]

    assert 429 not in [answer.status_code for answer in answers[:4]]
    assert answers[-1].status_code == 429
    assert "rate_limited" in answers[-1].text
    assert answers[-1].headers["Cache-Control"] == "no-store"
    assert int(answers[-1].headers["Retry-After"]) >= 1
    # From the same address, with proof.
    assert vendor.get(USERS).status_code == 200
    assert vendor.ask_token().status_code == 200


def test_unknown_revoked_and_wrong_stay_alike_beyond_the_limit(world: World) -> None:
    limit(world, strangers=1)
    revoked = world.issue()
    world.revoke(revoked.client_id)
    clients = [
        ("c-0000000000000000", "x"),
        (revoked.client_id, revoked.client_secret),
        (world.issue().client_id, "x"),
    ]
    form = {"grant_type": "client_credentials"}

    answers = [
        world.http.post(f"{world.url}/oauth2/token", data=form, auth=auth, timeout=30) for auth in clients * 2
    ]

    told = {(answer.status_code, answer.content) for answer in answers[-3:]}
    assert len(told) == 1
    assert answers[-1].status_code == 429


def test_health_and_readiness_are_not_limited(world: World) -> None:
    limit(world, strangers=1)
    for path in ("/healthz", "/readyz"):
        assert {world.http.get(world.url + path, timeout=30).status_code for _ in range(5)} == {200}


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", None, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.9", "192.0.2.1"),
        ("127.0.0.1", "198.51.100.9", "198.51.100.9"),
        ("127.0.0.1", "203.0.113.5, 198.51.100.9", "198.51.100.9"),
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "no address", "unknown"),
        (None, None, "unknown"),
        ("2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::"),
        ("2001:db8:1:2::ffff", None, "2001:db8:1:2::"),
        ("::ffff:192.0.2.1", None, "192.0.2.1"),
    ],
)
def test_a_stranger_counts_for_its_own_address(peer: str | None, forwarded: str | None, address: str) -> None:
    assert address_of(peer, forwarded, proxies=("127.0.0.1",)) == address


def test_strangers_behind_a_proxy_that_is_named_are_told_apart(world: World) -> None:
    limit(world, strangers=1)
    world.services = replace(world.services, trusted_proxies=("127.0.0.1",))

    def ask(forwarded: str) -> int:
        headers = {"X-Forwarded-For": forwarded}
        return world.http.get(world.url + USERS, headers=headers, timeout=30).status_code

    assert [ask("203.0.113.1"), ask("203.0.113.1"), ask("203.0.113.2")] == [401, 429, 401]


# -- what is registered -----------------------------------------------------------------------------------------------


def test_a_burst_is_one_row_per_client_and_minute(world: World, vendor: Vendor) -> None:
    limit(world, requests=2, tokens=1)
    for _ in range(30):
        vendor.get(USERS)
    for _ in range(5):
        vendor.ask_token()

    first = limited_rows(world)
    world.pass_time(milliseconds=COUNTED_FOR_MS)
    vendor.get(USERS)
    vendor.get("/me")

    assert len(first) == 1
    assert first[0]["count"] == 1
    assert first[0]["status"] == 429
    assert first[0]["operation"] == f"GET {ROSTER}/users"
    rows = limited_rows(world)
    assert len(rows) == 2
    assert 25 <= rows[1]["count"] <= 33
    entry = world.audited(AuditEvent.REQUEST_REFUSED)[-1]
    assert (entry.product, entry.object_id) == (PRODUCT, vendor.client.client_id)


def test_each_client_that_asks_too_much_has_its_own_row(world: World, vendor: Vendor) -> None:
    other = Vendor(world, world.issue())
    other.ask_token()
    limit(world, requests=1)
    for _ in range(4):
        vendor.get(USERS)
        other.get(USERS)

    rows = world.audited(AuditEvent.REQUEST_REFUSED)
    assert {row.object_id for row in rows} == {vendor.client.client_id, other.client.client_id}
    assert len(rows) == 2


def test_when_the_register_cannot_be_written_a_refusal_is_503(world: World, vendor: Vendor) -> None:
    limit(world, requests=1)
    vendor.get(USERS)
    with writing(world.engine) as connection:
        connection.exec_driver_sql("ALTER TABLE audit RENAME TO elsewhere")

    refused = vendor.get(USERS)

    assert (refused.status_code, minor(refused)) == (503, "server_busy")
    assert b"sourcedId" not in refused.content


# -- the counts -------------------------------------------------------------------------------------------------------


def test_a_full_walk_fits_the_default_however_fast_it_is(clock: Fixed) -> None:
    home = Settings(home=Path("/"), board_id="b", board_name="b")
    limiter = RateLimiter(SharedCounts(clock=clock), RateLimits(requests=home.vendor_requests_per_minute))
    walk = 250_000 // 100

    def ask(times: int) -> None:
        for _ in range(times):
            limiter.count_request("c-1")

    ask(walk + walk // 2)
    clock.now += 1
    with pytest.raises(RateLimited):
        ask(10 * walk)


def test_settings_and_limits_have_the_same_defaults() -> None:
    home = Settings(home=Path("/"), board_id="b", board_name="b")
    of_settings = RateLimits(
        requests=home.vendor_requests_per_minute,
        tokens=home.vendor_tokens_per_minute,
        strangers=home.stranger_requests_per_minute,
    )
    assert of_settings == RateLimits()


def test_the_window_slides(clock: Fixed) -> None:
    counts = SharedCounts(clock=clock)
    clock.now = 6_000_000.0
    assert admitted(counts, "a", of=100, limit=60) == 60
    clock.now += 59
    assert admitted(counts, "a", of=100, limit=60) == 0
    # Half a window later half of what was asked a window ago still counts.
    clock.now += 31
    assert admitted(counts, "a", of=100, limit=60) == 30
    clock.now += 120
    assert admitted(counts, "a", of=100, limit=60) == 60


@pytest.mark.parametrize("passed", [0, 1, 29.5, 59, 61, 75.25, 100, 119])
def test_the_wait_that_is_told_is_long_enough_and_not_much_longer(clock: Fixed, passed: float) -> None:
    counts = SharedCounts(clock=clock)
    clock.now = 6_000_000.0
    admitted(counts, "a", of=200, limit=40)
    clock.now += passed
    admitted(counts, "a", of=200, limit=40)

    wait = counts.take("a", limit=40, seconds=MINUTE)
    assert 0 < wait <= MINUTE + 1
    clock.now += wait * 0.9
    assert counts.take("a", limit=40, seconds=MINUTE) > 0
    clock.now += wait * 0.1 + 1e-6
    assert counts.take("a", limit=40, seconds=MINUTE) == 0.0


def test_processes_count_together() -> None:
    counts = SharedCounts()
    children, each, limit = 4, 500, 700
    results = []
    for _ in range(children):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            taken = admitted(counts, "a", of=each, limit=limit)
            os.write(writing, f"{taken} {sum(counts.due('r', now_ms=1) for _ in range(each))}".encode())
            os._exit(0)
        os.close(writing)
        results.append((child, reading))
    answers = []
    for child, reading in results:
        os.waitpid(child, 0)
        answers.append([int(each) for each in os.read(reading, 100).decode().split()])
        os.close(reading)

    # Twice the limit at most: a window may begin anew while they count.
    assert limit <= sum(taken for taken, _ in answers) < 2 * limit
    assert sum(due for _, due in answers) == 1
    assert counts.due("r", now_ms=1 + COUNTED_FOR_MS) == children * each


def test_threads_count_together() -> None:
    counts = SharedCounts()
    taken: list[int] = []

    def take() -> None:
        taken.append(admitted(counts, "a", of=300, limit=400))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 400 <= sum(taken) < 800


def test_a_worker_killed_while_it_counts_blocks_nobody() -> None:
    counts = SharedCounts()
    for _ in range(3):
        child = os.fork()
        if child == 0:
            while True:
                counts.take("a", limit=10**9, seconds=MINUTE)
        time.sleep(0.05)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert counts.take("b", limit=10, seconds=MINUTE) == 0.0
    assert counts.take("a", limit=1, seconds=MINUTE) > 0


def test_thousands_of_addresses_make_the_table_forget_and_lock_nobody_out() -> None:
    counts = SharedCounts(places=64)
    for number in range(10_000):
        assert counts.take(f"address/{number}", limit=5, seconds=MINUTE) == 0.0
    assert counts.take("client/c-1", limit=5, seconds=MINUTE) == 0.0


def test_callers_of_one_table_do_not_share_a_count() -> None:
    counts = SharedCounts(places=64)
    keys = [f"client/{number}" for number in range(16)]
    taken = {key: admitted(counts, key, of=3, limit=3) for key in keys}
    assert set(taken.values()) == {3}


# -- several machines -------------------------------------------------------------------------------------------------


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[str]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("needs redis-server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(timeout=20)


def test_doors_on_two_machines_count_together_in_redis(redis: str) -> None:
    doors = [RedisCounts(redis, SharedCounts(), board_id="b") for _ in range(2)]

    waits = [door.take("client/c-1", limit=6, seconds=MINUTE) for door in doors * 10]

    assert waits.count(0.0) in range(6, 13)
    assert all(0 < wait <= 2 * MINUTE for wait in waits if wait)
    assert doors[0].take("client/c-2", limit=6, seconds=MINUTE) == 0.0


def test_without_the_store_each_door_counts_alone_and_nobody_waits_for_it() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"redis://127.0.0.1:{probe.getsockname()[1]}/0"
    counts = RedisCounts(address, SharedCounts(), board_id="b")

    began = time.monotonic()
    waits = [counts.take("client/c-1", limit=5, seconds=MINUTE) for _ in range(50)]

    assert 5 <= waits.count(0.0) <= 10
    assert any(waits)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("address", ["memory://", "http://127.0.0.1", "redis//x", "async+redis://127.0.0.1"])
def test_a_store_that_is_no_redis_does_not_start(address: str) -> None:
    with pytest.raises(SettingsError) as caught:
        RedisCounts(address, SharedCounts(), board_id="b")
    assert caught.value.code == "settings_invalid"
    assert address not in str(caught.value)
