"""The token endpoint: what it issues, and that its refusals tell a stranger nothing."""

from __future__ import annotations

import pytest
import requests
from sqlalchemy import select

from contracts.vocabulary import Service
from gateway.connections.tables import access_tokens, vendor_clients
from gateway.registers.audit_events import AuditEvent
from tests.gateway.front.world import ROSTER, Vendor, World, agreement, masked

PREFIX = "https://purl.imsglobal.org/spec/or/v1p2/scope/"


def ask(world: World, form: object, **options: object) -> requests.Response:
    return world.http.post(f"{world.url}/oauth2/token", data=form, timeout=30, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("basic", [True, False])
def test_unknown_wrong_and_revoked_look_alike(world: World, basic: bool) -> None:
    known, revoked = world.issue(), world.issue()
    world.revoke(revoked.client_id)
    tries = [("nobody", "x"), (known.client_id, "wrong"), (revoked.client_id, revoked.client_secret)]
    answers = set()
    for id, secret in tries:
        form = {"grant_type": "client_credentials"}
        if not basic:
            form |= {"client_id": id, "client_secret": secret}
        answers.add(masked(ask(world, form, auth=(id, secret) if basic else None)))
    assert len(answers) == 1
    [(status, body, _)] = answers
    assert status == 401
    assert b"invalid_client" in body
    [row] = world.audited(AuditEvent.CLIENT_REFUSED)
    assert row.actor == {"kind": "vendor"}


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({}, "unsupported_grant_type"),
        ("grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        ({"grant_type": "client_credentials", "scope": "everything"}, "invalid_scope"),
    ],
)
def test_a_malformed_request_is_refused_as_the_standard_says(world: World, form: object, error: str) -> None:
    client = world.issue()
    answer = ask(world, form, auth=(client.client_id, client.client_secret))
    assert answer.status_code == 400
    assert answer.json()["error"] == error
    assert answer.headers["Cache-Control"] == "no-store"
    assert "access_token" not in answer.text


def test_scopes_follow_the_services(world: World) -> None:
    vendor = Vendor(world, world.issue())
    assert {scope.removeprefix(PREFIX) for scope in vendor.ask_token().json()["scope"].split()} == {
        "roster.readonly",
        "roster-core.readonly",
        "roster-demographics.readonly",
        "gradebook.readonly",
        "gradebook-core.readonly",
        "gradebook.createput",
        "gradebook.delete",
    }
    world.publish_agreement(agreement(services=(Service.GRADEBOOK,)))
    assert {scope.removeprefix(PREFIX) for scope in vendor.ask_token().json()["scope"].split()} == {
        "gradebook.readonly",
        "gradebook-core.readonly",
    }


def test_an_agreement_without_services_gets_no_token(world: World) -> None:
    world.publish_agreement(agreement(services=()))
    answer = Vendor(world, world.issue()).ask_token()
    assert answer.status_code == 400
    assert answer.json()["error"] == "unauthorized_client"


def test_secrets_and_tokens_are_stored_as_hashes_only(vendor: Vendor, world: World) -> None:
    with world.engine.connect() as connection:
        rows = [*connection.execute(select(vendor_clients)), *connection.execute(select(access_tokens))]
    assert vendor.token
    assert vendor.token not in str(rows)
    assert vendor.client.client_secret not in str(rows)
    content = b"".join(path.read_bytes() for path in world.folder.glob("front.db*"))
    assert vendor.token.encode() not in content
    assert vendor.client.client_secret.encode() not in content


def test_the_secret_is_in_no_representation(world: World) -> None:
    client = world.issue()
    assert client.client_secret not in repr(client)


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer x y", f"Bearer {'x' * 500}", "x"]
)
def test_anything_but_a_valid_bearer_token_is_refused(world: World, header: str) -> None:
    answer = world.http.get(
        f"{world.url}{ROSTER}/users", headers={"Authorization": header} if header else {}, timeout=30
    )
    assert answer.status_code == 401
    assert world.disclosures() == []


def test_a_get_on_the_token_endpoint_gives_no_token(world: World) -> None:
    client = world.issue()
    answer = world.http.get(
        f"{world.url}/oauth2/token?grant_type=client_credentials",
        auth=(client.client_id, client.client_secret),
        timeout=30,
    )
    assert answer.status_code == 405
