"""A vendor that pulls before anything was released."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.front.services import Limits
from gateway.holdings.requests import claim_refresh_requests, refresh_request
from gateway.registers.audit_events import AuditEvent
from tests.gateway.front.world import BOARD, PRODUCT, ROSTER, Vendor, World, agreement, home, minor


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[World]:
    world = home(tmp_path, limits=Limits(first_pull_wait_seconds=10, first_pull_poll_seconds=0.02))
    yield world
    world.close()


def test_nothing_released_in_time_is_told_with_retry_after(bare: World) -> None:
    bare.publish_agreement(agreement())
    vendor = Vendor(bare, bare.issue())
    vendor.ask_token()
    answer = vendor.get(f"{ROSTER}/users")
    assert (answer.status_code, minor(answer)) == (503, "server_busy")
    assert "first_refresh_pending" in answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert bare.disclosures() == []
    assert refresh_request(bare.engine, board_id=BOARD, product=PRODUCT) is not None
    assert [row.details["reason"] for row in bare.audited(AuditEvent.REQUEST_REFUSED)] == [
        "first_refresh_pending"
    ]


def test_a_first_pull_waits_for_the_refresh_that_it_asked_for(patient: World) -> None:
    compiled = patient.publish_agreement(agreement())
    vendor = Vendor(patient, patient.issue())
    vendor.ask_token()

    def school_side() -> None:
        while not claim_refresh_requests(patient.engine, board_id=BOARD, now_ms=patient.now_ms):
            time.sleep(0.02)
        patient.refresh(compiled)

    school = threading.Thread(target=school_side)
    school.start()
    answer = vendor.get(f"{ROSTER}/users")
    school.join()
    assert answer.status_code == 200
    assert answer.headers["X-Total-Count"] == "10"


def test_suspended_while_waiting_nothing_is_sent(patient: World) -> None:
    compiled = patient.publish_agreement(agreement())
    vendor = Vendor(patient, patient.issue())
    vendor.ask_token()

    def school_side() -> None:
        while not claim_refresh_requests(patient.engine, board_id=BOARD, now_ms=patient.now_ms):
            time.sleep(0.02)
        patient.publish_agreement(agreement(state="suspended"))
        patient.refresh(compiled)

    school = threading.Thread(target=school_side)
    school.start()
    answer = vendor.get(f"{ROSTER}/users")
    school.join()
    assert answer.status_code == 403
    assert "agreement_suspended" in answer.text


def test_holdings_that_are_too_old_are_not_served(vendor: Vendor, world: World) -> None:
    world.pass_time(days=14, seconds=1)
    vendor.ask_token()
    answer = vendor.get(f"{ROSTER}/users")
    assert answer.status_code == 503
    assert "holdings_too_old" in answer.text
    assert world.disclosures() == []
    me = vendor.get("/me").json()
    assert (me["in_force"], me["generation"]) == (True, None)
