"""Attacks that once worked, one test each."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import pytest
import requests

from gateway.front.services import FIRST_PULLS_WAITING, Limits
from gateway.holdings.requests import AGAIN_MS, ask_refresh, claim_refresh_requests, finish_refresh_request
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import Kind, ProductId
from tests.gateway.front.test_returning import LINE_ITEM, put, result, stored
from tests.gateway.front.world import (
    BACK,
    BOARD,
    ENTRIES,
    GRADEBOOK,
    PRODUCT,
    ROSTER,
    Vendor,
    World,
    agreement,
    entry,
    masked,
    minor,
    pseudonym,
)

KELVIN = "\u212a"
"""A letter that `str.lower` turns into an ASCII k."""


def test_an_id_with_a_kelvin_sign_for_a_k_is_unknown(vendor: Vendor) -> None:
    """Two texts would mean one pupil."""
    id = next(each for each in (pseudonym(Kind.USER, number) for number in range(1, 9)) if "k" in each[1:])
    written = id[0] + id[1:].replace("k", KELVIN, 1)
    assert vendor.get(f"{ROSTER}/users/{id}").status_code == 200
    assert vendor.get(f"{ROSTER}/users/{id.upper()}").status_code == 200

    refused = vendor.get(f"{ROSTER}/users/{written}")

    assert refused.status_code == 404
    assert masked(refused) == masked(vendor.get(f"{ROSTER}/users/{'p' + 'a' * 61}"))


@pytest.mark.parametrize("score", ["1\u0663", "1.\u0665", "\uff11", "1" * 400, "0." + "1" * 100])
def test_a_score_in_digits_that_json_does_not_have_is_refused_and_not_stored(
    vendor: Vendor, world: World, score: str
) -> None:
    """Once an answer of 500; and as a number in the sealed record nobody could have read it."""
    put(vendor, "categories", "soort", {"title": "Toetsen"})
    before = len(stored(world))

    refused = put(vendor, "results", "uitslag", result(score=score, lineItem={"sourcedId": LINE_ITEM}))

    assert (refused.status_code, minor(refused)) == (422, "invaliddata")
    assert "field_shape" in refused.text
    assert len(stored(world)) == before


@pytest.mark.parametrize("name", ["assignDate", "dueDate"])
def test_a_moment_in_digits_of_another_script_is_refused(vendor: Vendor, world: World, name: str) -> None:
    world.publish_agreement(
        agreement(entries=(*ENTRIES, entry("lineItem.assignDate", "lineItem.dueDate", direction=BACK)))
    )
    put(vendor, "categories", "soort", {"title": "Toetsen"})
    record: dict[str, Any] = {
        "title": "Toets",
        "class": {"sourcedId": pseudonym(Kind.CLASS, 1)},
        "category": {"sourcedId": "soort"},
        name: "2026-09-01T08:00:00.\u0661\u0662\u0663Z",
    }

    refused = put(vendor, "lineItems", "toets", record)

    assert (refused.status_code, minor(refused)) == (422, "invaliddata")
    assert f"{name} has not the shape" in refused.text
    record[name] = "2026-09-01T08:00:00.123Z"
    assert put(vendor, "lineItems", "toets", record).status_code == 201


def test_a_filter_by_a_moment_in_digits_of_another_script_is_refused(vendor: Vendor) -> None:
    answer = vendor.get(f"{ROSTER}/users?filter=dateLastModified>'2026-09-01T08:00:00.\u0661Z'")
    assert answer.status_code == 400
    assert "filter_time" in answer.text


def test_a_text_with_a_nul_is_refused(vendor: Vendor, world: World) -> None:
    before = len(stored(world))
    refused = put(vendor, "results", "uitslag", result(comment="goed\0 en meer"))
    assert (refused.status_code, minor(refused)) == (422, "invaliddata")
    assert len(stored(world)) == before


@pytest.mark.parametrize("id", [".", "..", "%2e", "%2e%2e"])
def test_an_id_that_is_a_step_in_a_path_is_unknown(vendor: Vendor, world: World, id: str) -> None:
    session = world.http
    # The client must not resolve the step by itself.
    request = session.prepare_request(
        requests.Request(
            "PUT",
            f"{world.url}{GRADEBOOK}/categories/x",
            json={"category": {"title": "Toetsen"}},
            headers={"Authorization": f"Bearer {vendor.token}"},
        )
    )
    request.url = f"{world.url}{GRADEBOOK}/categories/{id}"

    assert session.send(request, timeout=30).status_code == 404
    assert stored(world) == []


def test_first_pulls_of_one_vendor_do_not_wait_in_every_thread(bare: World) -> None:
    bare.publish_agreement(agreement())
    bare.services = replace(
        bare.services, limits=Limits(first_pull_wait_seconds=3, first_pull_poll_seconds=0.05)
    )
    vendor = Vendor(bare, bare.issue())
    vendor.ask_token()
    taken: list[float] = []

    def ask() -> None:
        own = Vendor(bare, vendor.client, vendor.token)
        own.http = requests.Session()
        began = time.monotonic()
        assert own.get(f"{ROSTER}/users").status_code == 503
        taken.append(time.monotonic() - began)
        own.http.close()

    threads = [threading.Thread(target=ask) for _ in range(FIRST_PULLS_WAITING + 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(seconds > 2.5 for seconds in taken) == FIRST_PULLS_WAITING
    assert sum(seconds < 2.5 for seconds in taken) == 6


def test_a_vendor_that_asks_without_a_pause_does_not_have_a_failing_system_read_without_one(
    bare: World,
) -> None:
    engine, product = bare.engine, ProductId(PRODUCT)

    def claimed(now_ms: int, *, at_once: bool = False) -> bool:
        ask_refresh(engine, board_id=BOARD, product=product, now_ms=now_ms, at_once=at_once)
        return claim_refresh_requests(engine, board_id=BOARD, now_ms=now_ms) == [product]

    def fail(now_ms: int) -> None:
        finish_refresh_request(
            engine, board_id=BOARD, product=product, now_ms=now_ms, failure="source_failing"
        )

    assert claimed(1_000_000)
    fail(1_001_000)
    assert not claimed(1_001_100)
    assert not claimed(1_001_000 + AGAIN_MS - 1)
    # Somebody at the school may.
    assert claimed(1_001_200, at_once=True)
    fail(1_002_000)
    assert claimed(1_002_000 + AGAIN_MS)
    fail(1_040_000)
    # A clock that was set back.
    assert claimed(900_000)
    assert bare.audited(AuditEvent.REFRESH_ASKED) == []
