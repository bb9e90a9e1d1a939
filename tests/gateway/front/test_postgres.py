"""The same door on PostgreSQL: a pull, a result, a narrowing, a stop, and vendors that do all of it at
once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from contracts.vocabulary import AgreementState
from gateway.registers.audit_events import AuditEvent
from tests.gateway.front.test_returning import CATEGORY, LINE_ITEM, RESULT, line_item, put, result, stored
from tests.gateway.front.world import GRADEBOOK, ROSTER, Vendor, World, agreement, home, masked, without


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    database = os.environ.get("SCHUILNAAM_TEST_POSTGRES") if request.param == "postgresql" else None
    if request.param == "postgresql" and not database:
        pytest.skip("SCHUILNAAM_TEST_POSTGRES is not set")
    world = home(tmp_path, database=database)
    world.refresh(world.publish_agreement(agreement()))
    yield world
    world.close()


def test_a_vendors_day(vendor: Vendor, world: World) -> None:
    assert len(vendor.pull(f"{ROSTER}/users", "users")) == 10
    put(vendor, "categories", CATEGORY, {"title": "Toetsen"})
    put(vendor, "lineItems", LINE_ITEM, line_item())
    assert put(vendor, "results", RESULT, result()).status_code == 201
    assert [each["sourcedId"] for each in vendor.get(f"{GRADEBOOK}/results").json()["results"]] == [RESULT]
    assert vendor.ask("DELETE", f"{GRADEBOOK}/results/{RESULT}").status_code == 204
    assert len(stored(world)) == 4
    world.publish_agreement(agreement(entries=without("user.email"), version=2))
    assert not any("email" in each for each in vendor.get(f"{ROSTER}/teachers").json()["users"])
    world.publish_agreement(agreement(state=AgreementState.SUSPENDED))
    assert vendor.get(f"{ROSTER}/users").status_code == 403


def test_vendors_that_pull_and_return_at_once_meet_no_lock_error(vendor: Vendor, world: World) -> None:
    put(vendor, "categories", CATEGORY, {"title": "Toetsen"})
    put(vendor, "lineItems", LINE_ITEM, line_item())

    def one(number: int) -> list[int]:
        with requests.Session() as session:
            session.trust_env = False
            mine = Vendor(world, vendor.client, vendor.token, http=session)
            statuses = [mine.get(f"{ROSTER}/users?limit=5").status_code]
            statuses.append(put(mine, "results", f"r-{number}", result(score=number)).status_code)
            statuses.append(mine.get(f"{GRADEBOOK}/results/r-{number}").status_code)
        return statuses

    with ThreadPoolExecutor(4) as workers:
        answers = list(workers.map(one, range(24)))
    assert answers == [[200, 201, 200]] * 24
    assert len(world.audited(AuditEvent.RESULT_ACCEPTED)) == 26
    assert len(world.disclosures()) == 48


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{ROSTER}/users/%00", 404),
        (f"{ROSTER}/users/a%00b", 404),
        (f"{ROSTER}/classes/%00/students", 404),
        (f"{GRADEBOOK}/results/%00", 404),
        (f"{ROSTER}/users?filter=sourcedId='%00'", 400),
        (f"{GRADEBOOK}/results?filter=student.sourcedId~'%00'", 400),
    ],
)
def test_a_nul_is_answered_as_what_it_is_on_every_database(vendor: Vendor, path: str, status: int) -> None:
    """Once PostgreSQL's refusal of it was an answer of 503, unlike that to any other unknown id."""
    answer = vendor.get(path)
    assert answer.status_code == status
    if status == 404:
        assert masked(answer) == masked(vendor.get(path.replace("%00", "zzz")))


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_nul_in_the_id_of_a_write_is_an_unknown_id(vendor: Vendor, world: World, method: str) -> None:
    answer = vendor.ask(method, f"{GRADEBOOK}/categories/a%00b", json={"category": {"title": "Toetsen"}})
    assert answer.status_code == 404
    assert stored(world) == []


@pytest.mark.parametrize("basic", [True, False])
def test_a_nul_in_the_id_of_a_client_is_an_unknown_client(world: World, basic: bool) -> None:
    form = {"grant_type": "client_credentials"}
    more = {} if basic else {"client_id": "a\0b", "client_secret": "x"}
    auth = ("a\0b", "x") if basic else None

    answer = world.http.post(f"{world.url}/oauth2/token", data=form | more, auth=auth, timeout=30)

    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"
