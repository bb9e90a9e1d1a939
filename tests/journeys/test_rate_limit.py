"""The rate limit of the real door: two worker processes that count as one, over HTTP from more than one address."""

from __future__ import annotations

import json
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from gateway.demo.board import made_up_board
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor
from tests.journeys.watched import WatchedRig

LIMIT = 40
STRANGERS = 20
USERS = "/ims/oneroster/rostering/v1p2/users?limit=1"


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchedRig]:
    with SimulatedSchool(made_up_board(11, schools=1, pupils=10)) as school:
        rig = WatchedRig(tmp_path_factory.mktemp("limited"), [school])
        rig.configure(vendor_requests_per_minute=LIMIT, stranger_requests_per_minute=STRANGERS)
        for product in ("rekenwijs", "leesmeter"):
            rig.agree(product, brins=["99ZZ"])
        rig.refresh()
        rig.serve(workers=2)
        try:
            yield rig
        finally:
            rig.stop()


def burst(rig: WatchedRig, token: str, *, requests: int, connections: int) -> Counter[int]:
    """Many at once over connections of their own, which the workers divide among themselves; statuses."""
    statuses: Counter[int] = Counter()
    lock = threading.Lock()

    def ask(number: int) -> None:
        vendor = SimulatedVendor(rig.url, f"{rig.url}/oauth2/token", "", "", name=f"burst-{number}")
        vendor.access_token = token
        for _ in range(requests // connections):
            status = vendor.send("GET", rig.url + USERS).status
            with lock:
                statuses[status] += 1
        vendor.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def stranger(rig: WatchedRig, address: str) -> int:
    """One request without a token, from another address of this machine."""
    door = urlsplit(rig.url)
    with socket.create_connection(
        (door.hostname, door.port), timeout=20, source_address=(address, 0)
    ) as connection:
        connection.sendall(f"GET {USERS} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while chunk := connection.recv(65_536):
            answer += chunk
    return int(answer.split(b" ", 2)[1])


def test_a_burst_of_ten_times_the_limit_is_stopped_by_two_workers_as_by_one(limited: WatchedRig) -> None:
    greedy, quiet = limited.vendor("rekenwijs"), limited.vendor("leesmeter")
    assert (greedy.token().status, quiet.token().status) == (200, 200)
    assert greedy.access_token is not None

    statuses = burst(limited, greedy.access_token, requests=10 * LIMIT, connections=8)
    others = [quiet.get("users", limit=1).status for _ in range(10)]

    # Counted by each worker alone it would be twice the limit. A window may begin anew meanwhile: hence not exactly it.
    assert LIMIT <= statuses[200] < 2 * LIMIT
    assert statuses[200] + statuses[429] == 10 * LIMIT
    assert others == [200] * 10
    pulled = sum(each["product"] == "rekenwijs" for each in limited.disclosures())
    assert pulled == statuses[200]
    rows = [
        each for each in limited.audited("front")
        if each["event"] == "vendor:request:refused" and each["details"]["reason"] == "rate_limited"  # type: ignore[index]
    ]  # fmt: skip
    assert 1 <= len(rows) <= 2
    assert {each["object"] for each in rows} == {greedy.client_id}
    assert limited.command("register", "verify")["intact"] is True


def test_a_stranger_is_slowed_at_its_own_address_and_nowhere_else(limited: WatchedRig) -> None:
    vendor = limited.vendor("rekenwijs")

    statuses = Counter(stranger(limited, "127.0.0.7") for _ in range(10 * STRANGERS))

    assert STRANGERS <= statuses[401] < 2 * STRANGERS
    assert statuses[401] + statuses[429] == 10 * STRANGERS
    assert stranger(limited, "127.0.0.8") == 401
    assert vendor.token().status == 200
    assert vendor.get("users", limit=1).status == 200
    rows = [each for each in limited.audited("front") if each["event"] == "vendor:client:refused"]
    assert len(rows) <= 4, json.dumps([each["details"] for each in rows])
