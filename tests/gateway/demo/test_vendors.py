"""The simulated vendor keeps every byte that it gets, and follows pages as the standard has it."""

from __future__ import annotations

from collections.abc import Callable

from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor


def test_raw_bytes_are_status_line_headers_and_body(
    school: SimulatedSchool, start_vendor: Callable[..., SimulatedVendor]
) -> None:
    vendor = start_vendor(school.base_url, school.token_url, school.client_id, school.client_secret)
    answer = vendor.get("orgs", limit=1)
    assert answer.raw.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.raw.endswith(b"\r\n\r\n" + answer.body)
    assert answer.target == "/ims/oneroster/rostering/v1p2/orgs?limit=1"
    assert [exchange.method for exchange in vendor.received] == ["POST", "GET"]
    assert answer.raw in vendor.received_bytes()


def test_a_refused_token_is_the_answer_and_nothing_else_is_asked(
    school: SimulatedSchool, start_vendor: Callable[..., SimulatedVendor]
) -> None:
    vendor = start_vendor(school.base_url, school.token_url, "nobody", "nothing")
    pull = vendor.pull("users")
    assert pull.records == []
    assert pull.refused is not None
    assert pull.refused.status == 401
    assert school.asked("users") == 0


def test_an_idle_connection_that_was_closed_is_opened_again(
    school: SimulatedSchool, start_vendor: Callable[..., SimulatedVendor]
) -> None:
    vendor = start_vendor(school.base_url, school.token_url, school.client_id, school.client_secret)
    assert vendor.get("orgs").status == 200
    school.faults.reset("orgs", times=1)
    assert vendor.get("orgs").status == 200


def test_paths_are_found_in_their_service(school: SimulatedSchool) -> None:
    vendor = SimulatedVendor("http://127.0.0.1:1", "http://127.0.0.1:1/oauth2/token", "a", "b")
    assert vendor.url("users/a b") == "http://127.0.0.1:1/ims/oneroster/rostering/v1p2/users/a%20b"
    assert (
        vendor.url("classes/1/results") == "http://127.0.0.1:1/ims/oneroster/gradebook/v1p2/classes/1/results"
    )
    assert vendor.url("classes/1/students/2/results").endswith("gradebook/v1p2/classes/1/students/2/results")
    assert vendor.url("results/1").endswith("gradebook/v1p2/results/1")
    assert vendor.url("/me") == "http://127.0.0.1:1/me"
