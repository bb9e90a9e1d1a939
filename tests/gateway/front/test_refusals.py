"""Every refusal: what is answered, that nothing left, and what was registered."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, update

from contracts.agreements import CompiledAgreement
from contracts.vocabulary import AgreementState, Service
from gateway.connections.tables import compiled_agreements
from gateway.database import writing
from gateway.front.planes.oneroster.routes import GRADEBOOK_ROUTES, ROSTERING_ROUTES
from gateway.registers.audit_events import AuditEvent
from tests.gateway.front.world import CONTACT, GRADEBOOK, ROSTER, Vendor, World, agreement, masked, minor

NAMES = ("Leerling", "Fatima", "de Vries", "@school.example", "De Wegwijzer", "Groep 1")


def assert_nothing_left(vendor: Vendor, world: World, *, since: int = 0) -> None:
    """No record in any answer, and no disclosure registered."""
    for answer in vendor.received[since:]:
        assert not any(name in answer.text for name in NAMES)
    assert world.disclosures() == []


def reasons(world: World) -> list[Any]:
    return [entry.details["reason"] for entry in world.audited(AuditEvent.REQUEST_REFUSED)]


def test_without_a_token_no_route_answers(world: World) -> None:
    for route in (*ROSTERING_ROUTES, *GRADEBOOK_ROUTES):
        answer = world.http.get(world.url + route.template.replace("<", "").replace(">", ""), timeout=30)
        assert (answer.status_code, minor(answer)) == (401, "unauthorisedrequest"), route.template
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="schuilnaam"'
    assert world.disclosures() == []
    rows = world.audited(AuditEvent.CLIENT_REFUSED)
    assert {(row.details["reason"], row.details["status"]) for row in rows} == {("token_missing", 401)}
    assert len(rows) == len(ROSTERING_ROUTES) + len(GRADEBOOK_ROUTES)


SUSPENDED = {"state": AgreementState.SUSPENDED}
ENDED = {
    "state": AgreementState.ENDED,
    "in_force_until": date(2026, 8, 31),
    "in_force_from": date(2026, 8, 1),
}
CASES: dict[str, dict[str, Any]] = {
    "agreement_suspended": SUSPENDED,
    "agreement_ended": ENDED,
    "agreement_not_started": {"in_force_from": date(2026, 9, 2)},
    "agreement_not_activated": {"state": AgreementState.APPROVED},
    "agreement_not_approved": {"state": AgreementState.REGISTERED},
}


@pytest.mark.parametrize("code", CASES)
def test_out_of_force_no_route_gives_anything(vendor: Vendor, world: World, code: str) -> None:
    world.publish_agreement(agreement(**CASES[code]))
    since = len(vendor.received)
    for route in ROSTERING_ROUTES:
        answer = vendor.get(route.template.replace("<", "").replace(">", ""))
        assert (answer.status_code, minor(answer)) == (403, "forbidden"), route.template
        description = answer.json()["imsx_description"]
        assert description.startswith(f"{code}: ")
        assert "VO-2026-014" in description
        assert CONTACT in description
    assert_nothing_left(vendor, world, since=since)
    assert reasons(world) == [code] * len(ROSTERING_ROUTES)


@pytest.mark.parametrize("code", CASES)
def test_out_of_force_no_token_is_issued(world: World, code: str) -> None:
    world.publish_agreement(agreement(**CASES[code]))
    vendor = Vendor(world, world.issue())
    answer = vendor.ask_token()
    if code == "agreement_ended":  # Results may still come back.
        assert "readonly" not in answer.json()["scope"]
        return
    assert answer.status_code == 400
    assert answer.json()["error"] == "unauthorized_client"
    assert answer.json()["error_description"].startswith(f"{code}: ")
    assert CONTACT in answer.json()["error_description"]
    assert reasons(world) == [code]


def test_a_client_may_be_issued_before_the_agreement_and_is_refused_until_then(bare: World) -> None:
    vendor = Vendor(bare, bare.issue())
    answer = vendor.ask_token()
    assert answer.status_code == 400
    assert "agreement_missing" in answer.json()["error_description"]
    bare.refresh(bare.publish_agreement(agreement()))
    assert vendor.ask_token().status_code == 200


def test_a_clock_set_back_refuses_everything(vendor: Vendor, world: World) -> None:
    vendor.get(f"{ROSTER}/users?limit=1")
    assert len(world.disclosures()) == 1
    world.pass_time(minutes=-6)
    answer = vendor.get(f"{ROSTER}/users")
    assert answer.status_code == 403
    assert "clock_set_back" in answer.text
    assert len(world.disclosures()) == 1


def test_a_clock_a_little_behind_is_borne(vendor: Vendor, world: World) -> None:
    world.pass_time(minutes=-4)
    assert vendor.get(f"{ROSTER}/users").status_code == 200


def _edit(world: World, compiled: CompiledAgreement) -> None:
    with writing(world.engine) as connection:
        connection.execute(update(compiled_agreements).values(content=compiled.to_json()))


def _edit_with_digest(world: World, compiled: CompiledAgreement) -> None:
    with writing(world.engine) as connection:
        connection.execute(
            update(compiled_agreements).values(content=compiled.to_json(), digest=compiled.digest)
        )


def _add(world: World, compiled: CompiledAgreement) -> None:
    row = {
        "board_id": "b0a4d1",
        "product": compiled.product,
        "publication": 99,
        "digest": compiled.digest,
        "content": compiled.to_json(),
        "published_at_ms": 1,
    }
    with writing(world.engine) as connection:
        connection.execute(compiled_agreements.insert(), row)


@pytest.mark.parametrize("change", [_edit, _edit_with_digest, _add])
def test_an_agreement_changed_behind_the_programs_back_is_refused_at_the_next_request(
    vendor: Vendor, world: World, change: Any
) -> None:
    change(world, agreement(schools=("99ZZ", "98YY")))
    answer = vendor.get(f"{ROSTER}/users")
    assert (answer.status_code, minor(answer)) == (403, "forbidden")
    assert "agreement_altered" in answer.text
    assert_nothing_left(vendor, world)
    assert reasons(world) == ["agreement_altered"]
    me = vendor.get("/me").json()
    assert (me["in_force"], me["agreement"]) == (False, None)


def test_an_old_row_that_comes_back_after_the_end_is_refused(vendor: Vendor, world: World) -> None:
    world.publish_agreement(agreement(**ENDED))
    with writing(world.engine) as connection:
        connection.execute(delete(compiled_agreements).where(compiled_agreements.c.publication == 2))
    answer = vendor.get(f"{ROSTER}/users")
    assert answer.status_code == 403
    assert "agreement_altered" in answer.text


def test_unreadable_bytes_in_place_of_the_agreement_are_refused(vendor: Vendor, world: World) -> None:
    with writing(world.engine) as connection:
        connection.execute(update(compiled_agreements).values(content=b"{}"))
    answer = vendor.get(f"{ROSTER}/users")
    assert answer.status_code == 403
    assert_nothing_left(vendor, world)


def test_a_revoked_client_is_out_at_once(vendor: Vendor, world: World) -> None:
    assert vendor.get(f"{ROSTER}/users").status_code == 200
    world.revoke(vendor.client.client_id)
    answer = vendor.get(f"{ROSTER}/users")
    assert (answer.status_code, minor(answer)) == (401, "unauthorisedrequest")
    assert vendor.ask_token().status_code == 401
    assert len(world.disclosures()) == 1


def test_a_token_ends_after_an_hour(vendor: Vendor, world: World) -> None:
    world.pass_time(seconds=3_599)
    assert vendor.get(f"{ROSTER}/users").status_code == 200
    world.pass_time(seconds=1)
    assert vendor.get(f"{ROSTER}/users").status_code == 401


def test_a_token_without_the_scope_is_refused(world: World) -> None:
    vendor = Vendor(world, world.issue())
    prefix = "https://purl.imsglobal.org/spec/or/v1p2/scope/"
    granted = vendor.ask_token(scope=f"{prefix}roster-core.readonly {prefix}resource.readonly").json()
    assert granted["scope"] == f"{prefix}roster-core.readonly"
    assert vendor.get(f"{ROSTER}/users").status_code == 200
    for path in (f"{ROSTER}/demographics", f"{GRADEBOOK}/results", f"{ROSTER}/classes/x/students"):
        answer = vendor.get(path)
        assert (answer.status_code, minor(answer)) == (403, "forbidden")
        assert "scope_missing" in answer.text
    assert reasons(world) == ["scope_missing"] * 3


def test_demographics_that_are_not_listed_are_no_scope_and_no_route(vendor: Vendor, world: World) -> None:
    entries = tuple(each for each in agreement().entries if "demographics.birthDate" not in each.fields)
    world.publish_agreement(agreement(entries=entries))
    answer = vendor.get(f"{ROSTER}/demographics")
    assert (answer.status_code, minor(answer)) == (403, "forbidden")
    assert "field_not_in_agreement" in answer.text
    assert "demographics" not in Vendor(world, world.issue()).ask_token().json()["scope"]
    assert_nothing_left(vendor, world)


def test_a_product_without_the_service_roster_gets_no_roster(vendor: Vendor, world: World) -> None:
    world.publish_agreement(agreement(services=(Service.RESULTS,)))
    answer = vendor.get(f"{ROSTER}/users")
    assert answer.status_code == 403
    assert "service_not_in_agreement" in answer.text
    assert_nothing_left(vendor, world)


def test_unknown_paths_and_methods_are_clear_and_registered(vendor: Vendor, world: World) -> None:
    unknown = vendor.get(f"{ROSTER}/pupils")
    assert (unknown.status_code, minor(unknown)) == (404, "unknownobject")
    assert "unknown_path" in unknown.text
    assert vendor.get(f"{ROSTER}//users").status_code == 404
    wrong = vendor.ask("POST", f"{ROSTER}/users")
    assert wrong.status_code == 405
    assert wrong.json()["imsx_codeMajor"] == "unsupported"
    assert wrong.headers["Allow"] == "GET, HEAD"
    assert reasons(world) == ["unknown_path", "unknown_path", "method"]


def test_paths_are_not_told_to_strangers(world: World) -> None:
    answers = {
        masked(world.http.get(world.url + path, timeout=30))
        for path in (f"{ROSTER}/users", f"{ROSTER}/pupils")
    }
    assert len(answers) == 1


def test_a_bug_shows_nothing_of_its_text(
    vendor: Vendor, world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("Jan Jansen 123456782")

    monkeypatch.setattr(world.holdings, "page", fail)
    answer = vendor.get(f"{ROSTER}/users")
    assert (answer.status_code, minor(answer)) == (500, "internal_server_error")
    assert "Jan" not in answer.text
    assert "Jan" not in caplog.text
    assert "RuntimeError" in caplog.text
    assert reasons(world) == ["gateway_error"]


def test_when_the_register_cannot_be_written_nothing_leaves(vendor: Vendor, world: World) -> None:
    with writing(world.engine) as connection:
        connection.exec_driver_sql("ALTER TABLE disclosures RENAME TO elsewhere")
    answer = vendor.get(f"{ROSTER}/users")
    assert (answer.status_code, minor(answer)) == (503, "server_busy")
    assert answer.headers["Retry-After"]
    assert not any(name in answer.text for name in NAMES)


def test_strangers_cannot_flood_the_log_and_are_counted(world: World) -> None:
    for _ in range(50):
        world.http.get(f"{world.url}{ROSTER}/users", timeout=30)
    assert [row.details["count"] for row in world.audited(AuditEvent.CLIENT_REFUSED)] == [1]
    world.pass_time(seconds=61)
    world.http.get(f"{world.url}{ROSTER}/users", timeout=30)
    assert [row.details["count"] for row in world.audited(AuditEvent.CLIENT_REFUSED)] == [1, 50]


def test_a_body_on_a_get_is_ignored(vendor: Vendor) -> None:
    answer = vendor.get(f"{ROSTER}/users?limit=1", data=b'{"lineItem": {"title": "' + b"x" * 5_000 + b'"}}')
    assert answer.status_code == 200


def test_answers_have_these_headers_and_no_others(vendor: Vendor) -> None:
    always = {"Content-Type", "Content-Length", "Cache-Control", "X-Content-Type-Options", "X-Request-Id"}
    of_the_server = {"Date", "Server", "Connection"}
    page = vendor.get(f"{ROSTER}/users")
    assert set(page.headers) - of_the_server == always | {"X-Total-Count", "Link"}
    assert page.headers["Cache-Control"] == "no-store"
    assert set(vendor.get(f"{ROSTER}/users/x").headers) - of_the_server == always


def test_own_addresses_never_come_from_the_request(vendor: Vendor) -> None:
    answer = vendor.get(
        f"{ROSTER}/users?limit=1",
        headers={
            "Host": "evil.example",
            "X-Forwarded-Host": "evil.example",
            "Forwarded": "host=evil.example",
        },
    )
    assert answer.status_code == 200
    assert "evil" not in answer.text + str(answer.headers)


def test_a_head_request_gives_the_headers_alone(vendor: Vendor) -> None:
    answer = vendor.ask("HEAD", f"{ROSTER}/users?limit=0")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["X-Total-Count"] == "10"


def test_an_agreement_of_another_product_opens_nothing(world: World) -> None:
    stranger = Vendor(world, world.issue("taalwijs-vo"))
    assert "agreement_missing" in stranger.ask_token().json()["error_description"]
    moved = replace(agreement(), product="taalwijs-vo")
    _add(world, moved)
    assert "agreement_altered" in stranger.ask_token().json()["error_description"]
