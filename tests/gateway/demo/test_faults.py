"""Each way in which a school system misbehaves, seen from the other side of the wire."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable

import pytest

from gateway.demo.board import MadeUpBoard
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor


@pytest.fixture
def client(school: SimulatedSchool, start_vendor: Callable[..., SimulatedVendor]) -> SimulatedVendor:
    vendor = start_vendor(
        school.base_url, school.token_url, school.client_id, school.client_secret, timeout_seconds=0.5
    )
    vendor.token()
    return vendor


def test_a_status_strikes_so_many_times_after_so_many_requests(
    school: SimulatedSchool, client: SimulatedVendor
) -> None:
    fault = school.faults.status("users", 500, times=2, after=1)
    assert [client.get("users").status for _ in range(5)] == [200, 500, 500, 200, 200]
    assert fault.hits == 2
    assert client.get("orgs").status == 200


def test_too_many_requests_come_with_retry_after(school: SimulatedSchool, client: SimulatedVendor) -> None:
    school.faults.status("users", 429, times=1, retry_after=3)
    answer = client.get("users")
    assert (answer.status, answer.header("Retry-After")) == (429, "3")


def test_a_write_can_take_place_and_be_answered_with_500(
    school: SimulatedSchool, client: SimulatedVendor
) -> None:
    school.faults.status("categories", 500, times=1, once_written=True, method="PUT")
    assert client.put("categories", "c-1", {"title": "Extra"}).status == 500
    assert [write.identifier for write in school.writes] == ["c-1"]
    assert client.put("categories", "c-1", {"title": "Extra"}).status == 200


def test_a_write_can_be_refused_for_good(school: SimulatedSchool, client: SimulatedVendor) -> None:
    school.faults.refuse("categories", 403)
    answer = client.put("categories", "c-1", {"title": "Sem de Vries"})
    assert answer.status == 403
    assert "Sem de Vries" in str(answer.document()["imsx_description"])
    assert school.writes == []
    assert client.get("categories").status == 200


def test_a_slow_answer_is_a_time_out_after_the_write(
    school: SimulatedSchool, client: SimulatedVendor
) -> None:
    school.faults.slow("categories", 5, times=1)
    with pytest.raises(TimeoutError):
        client.put("categories", "c-1", {"title": "Extra"})
    assert len(school.writes) == 1


def test_a_connection_can_be_reset(school: SimulatedSchool, client: SimulatedVendor) -> None:
    school.faults.reset("categories", times=2, once_written=True)
    with pytest.raises(ConnectionError):
        client.put("categories", "c-1", {"title": "Extra"})
    assert [write.created for write in school.writes] == [True, False]
    assert client.get("categories").status == 200


def test_a_body_can_stop_half_way(school: SimulatedSchool, client: SimulatedVendor) -> None:
    school.faults.truncate("users", times=1)
    with pytest.raises(http.client.IncompleteRead):
        client.get("users")
    # The half that came has reached the caller.
    assert client.received[-1].status == 0
    assert b'"givenName"' in client.received[-1].raw
    assert client.get("users").status == 200


def test_a_document_can_be_cut_replaced_or_blown_up(school: SimulatedSchool, client: SimulatedVendor) -> None:
    school.faults.cut_json("users", times=1)
    with pytest.raises(json.JSONDecodeError):
        client.get("users").json()
    school.faults.body("users", b"<html>login</html>", content_type="text/html", times=1)
    assert client.get("users").body == b"<html>login</html>"
    school.faults.huge("orgs", 1_000_000, times=1)
    assert len(client.get("orgs").body) == 1_000_000


def test_the_first_record_can_have_a_key_twice(school: SimulatedSchool, client: SimulatedVendor) -> None:
    school.faults.duplicate_keys("users", times=1)
    keys: list[str] = []

    def collect(pairs: list[tuple[str, object]]) -> object:
        keys.extend(key for key, _ in pairs)
        return dict(pairs)

    json.loads(client.get("users", limit=1).body, object_pairs_hook=collect)
    assert keys.count("sourcedId") > json.dumps(client.get("users", limit=1).json()).count('"sourcedId"')


def test_a_redirect_leads_elsewhere(school: SimulatedSchool, client: SimulatedVendor) -> None:
    school.faults.redirect("users", "http://127.0.0.1:9/elsewhere", times=1)
    answer = client.get("users")
    assert (answer.status, answer.header("Location")) == (302, "http://127.0.0.1:9/elsewhere")


def test_headers_can_be_hostile(school: SimulatedSchool, client: SimulatedVendor) -> None:
    school.faults.headers("", {"Set-Cookie": "pupil=17", "Server": "las/1"})
    answer = client.get("users")
    assert (answer.header("Set-Cookie"), answer.header("Server")) == ("pupil=17", "las/1")


def test_a_token_can_end_between_two_pages(school: SimulatedSchool, client: SimulatedVendor) -> None:
    school.faults.calls("users", school.expire_tokens, after=1)
    pull = client.pull("users", limit=40)
    assert pull.pages == 1
    assert pull.refused is not None
    assert pull.refused.status == 401


def test_records_can_move_while_they_are_paged(
    school: SimulatedSchool, client: SimulatedVendor, small_board: MadeUpBoard
) -> None:
    order = small_board.shelf("users").ids()
    school.faults.calls("users", lambda: small_board.remove("users", order[0]), after=1)
    pull = client.pull("users", limit=40)
    # One record slipped over the edge of a page and was never delivered.
    assert pull.ids() == order[:40] + order[41:]


def test_the_token_endpoint_can_fail_and_faults_can_be_cleared(
    school: SimulatedSchool, client: SimulatedVendor
) -> None:
    school.faults.status(school.token_path, 503)
    assert client.token().status == 503
    school.faults.clear()
    assert client.token().status == 200
