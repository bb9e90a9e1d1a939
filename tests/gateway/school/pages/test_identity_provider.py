"""Signing in by the school's identity provider, over real HTTP with a simulated one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from gateway.registers.audit_events import AuditEvent
from gateway.school.staff.oidc import KEYS_AGAIN_SECONDS, role_map
from gateway.school.staff.roles import Role, RoleGrant
from tests.gateway.school.pages.office import Browser, Office, visible
from tests.simulators.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProviderSimulator


@pytest.fixture
def provider(office: Office) -> Iterator[IdentityProviderSimulator]:
    provider = IdentityProviderSimulator()
    path = office.services.settings.oidc_secret_path
    path.touch(mode=0o600)
    path.write_text(CLIENT_SECRET)
    office.with_settings(
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT_ID,
        oidc_name="het schoolaccount",
        oidc_roles=(
            "Beheer=application_manager",
            "Leiding 99ZZ=school_leader/99ZZ",
            "FG=data_protection_officer",
        ),
        oidc_groups_url=f"{provider.issuer}/groups",
    )
    # The provider signs with the real clock; earlier tests of this module's office may have moved ours.
    office.clock.ahead = timedelta()
    yield provider
    provider.close()


def _sign_in(office: Office) -> tuple[Browser, requests.Response]:
    browser = Browser(office)
    return browser, browser.get("/oidc/begin?next=/staff/")


def test_group_of_the_provider_gives_the_role_that_the_board_mapped(
    office: Office, provider: IdentityProviderSimulator
) -> None:
    provider.claims = {
        "sub": "s-beheer",
        "roles": ["Beheer", "Onbekend"],
        "preferred_username": "Beheer@School.example",
    }

    browser, landed = _sign_in(office)

    assert landed.url == office.url + "/staff/"
    assert "het schoolaccount" in visible(Browser(office).get("/sign-in").text)
    asked = next(query for _, path, query, _ in provider.asked if path == "/authorize")
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["redirect_uri"] == office.url + "/oidc/callback"
    event = office.events(AuditEvent.STAFF_SIGNED_IN)[-1]
    assert (event.object_id, event.details["codes"]) == ("beheer@school.example", ["application_manager"])
    assert browser.get("/sources/").status_code == 200


def test_account_is_known_by_issuer_and_subject_and_not_by_its_name(
    office: Office, provider: IdentityProviderSimulator
) -> None:
    provider.claims = {"sub": "s-eerste", "roles": ["Beheer"], "preferred_username": "zelfde@school.example"}
    _, landed = _sign_in(office)
    provider.claims["sub"] = "s-tweede"
    _, refused = _sign_in(office)

    assert landed.status_code == 200
    assert refused.status_code == 409
    assert "staff_name_taken" in refused.text


def test_school_leader_reaches_the_mapped_school_only() -> None:
    assert role_map(["Leiding 99ZZ=school_leader/99ZZ"]) == {
        "Leiding 99ZZ": RoleGrant(Role.SCHOOL_LEADER, "99ZZ")
    }


def test_person_without_a_mapped_role_gets_in_nowhere(
    office: Office, provider: IdentityProviderSimulator
) -> None:
    provider.claims = {"sub": "s-niets", "roles": ["Leerling"]}
    browser, refused = _sign_in(office)
    assert (refused.status_code, "oidc_no_role" in refused.text) == (409, True)
    assert browser.get("/", allow_redirects=False).status_code == 303


def test_person_in_too_many_groups_is_asked_for_at_the_configured_address(
    office: Office, provider: IdentityProviderSimulator
) -> None:
    provider.claims = {
        "sub": "s-veel",
        "preferred_username": "veel@school.example",
        "_claim_names": {"roles": "src1"},
        "_claim_sources": {"src1": {"endpoint": "http://127.0.0.1:9/elders"}},
    }
    provider.groups = ["Iets", "Beheer"]

    _, landed = _sign_in(office)

    assert landed.status_code == 200
    assert [authorization for _, path, _, authorization in provider.asked if path == "/groups"] == [
        "Bearer toegang"
    ]


def test_person_in_too_many_groups_is_refused_where_no_address_is_configured(
    office: Office, provider: IdentityProviderSimulator
) -> None:
    office.with_settings(oidc_groups_url=None)
    provider.claims = {"sub": "s-veel", "_claim_names": {"roles": "src1"}}
    _, refused = _sign_in(office)
    assert (refused.status_code, "oidc_groups_overage" in refused.text) == (409, True)


def test_role_that_the_provider_takes_away_is_gone_at_the_next_sign_in(
    office: Office, provider: IdentityProviderSimulator
) -> None:
    provider.claims = {"sub": "s-wissel", "roles": ["Beheer"], "preferred_username": "wissel@school.example"}
    _sign_in(office)
    provider.claims["roles"] = ["FG"]
    browser, _ = _sign_in(office)
    assert browser.post("/staff/invite", {"name": "x"}, page="/staff/").status_code == 403


def test_keys_that_the_provider_changed_are_fetched_again(
    office: Office, provider: IdentityProviderSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.claims = {
        "sub": "s-sleutel",
        "roles": ["Beheer"],
        "preferred_username": "sleutel@school.example",
    }
    _sign_in(office)
    provider.new_key()
    identity = office.app.extensions["schuilnaam"].identity_provider
    _, too_soon = _sign_in(office)
    monkeypatch.setattr(identity, "_monotonic", lambda: identity._kept.keys_at + KEYS_AGAIN_SECONDS + 1)

    _, landed = _sign_in(office)

    assert too_soon.status_code == 409
    assert landed.status_code == 200


def _set(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda claims: claims.update({name: value})


def _drop(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda claims: claims.pop(name)


@pytest.mark.parametrize(
    "bend",
    [
        _set("iss", "https://elders.example"),
        _drop("iss"),
        _set("aud", "een-ander"),
        _set("aud", [CLIENT_ID, "een-ander"]),
        _drop("aud"),
        _set("azp", "een-ander"),
        _set("exp", 1_000_000_000),
        _drop("exp"),
        _set("iat", 4_000_000_000),
        _set("nonce", "een andere vraag"),
        _drop("nonce"),
        _drop("sub"),
        _set("sub", 17),
        _set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"),
    ],
    ids=range(14),
)
def test_token_that_is_not_the_answer_to_our_question_is_refused(
    office: Office, provider: IdentityProviderSimulator, bend: Callable[[dict[str, Any]], None]
) -> None:
    provider.claims = {"roles": ["Beheer"], "sub": "s-1"}
    provider.bend = bend
    before = len(office.events(AuditEvent.STAFF_SIGNED_IN))

    browser, refused = _sign_in(office)

    assert (refused.status_code, "oidc_answer_refused" in refused.text) == (409, True)
    assert browser.get("/", allow_redirects=False).status_code == 303
    assert len(office.events(AuditEvent.STAFF_SIGNED_IN)) == before


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_token_without_a_real_signature_is_refused(
    office: Office, provider: IdentityProviderSimulator, algorithm: str
) -> None:
    provider.claims = {"roles": ["Beheer"]}
    provider.algorithm = algorithm
    _, refused = _sign_in(office)
    assert (refused.status_code, "oidc_answer_refused" in refused.text) == (409, True)


def test_answer_put_into_another_browser_is_refused(
    office: Office, provider: IdentityProviderSimulator
) -> None:
    provider.claims = {"roles": ["Beheer"]}
    mine, other = Browser(office), Browser(office)
    to_provider = mine.get("/oidc/begin", allow_redirects=False).headers["Location"]
    back = requests.get(to_provider, allow_redirects=False, timeout=10).headers["Location"]
    other.get("/oidc/begin", allow_redirects=False)

    refused = other.get(back.removeprefix(office.url))
    nobody = Browser(office).get(back.removeprefix(office.url))

    assert "oidc_answer_refused" in refused.text
    assert "oidc_question_unknown" in nobody.text


def test_answer_of_another_provider_is_refused(office: Office, provider: IdentityProviderSimulator) -> None:
    provider.claims = {"roles": ["Beheer"]}
    provider.answer_more = {"iss": "https://elders.example"}
    _, refused = _sign_in(office)
    assert "oidc_answer_refused" in refused.text


def test_provider_that_promises_to_name_itself_and_does_not_is_refused(
    office: Office, provider: IdentityProviderSimulator
) -> None:
    provider.claims = {"roles": ["Beheer"]}
    provider.discovery = {"authorization_response_iss_parameter_supported": True}
    _, refused = _sign_in(office)
    assert "oidc_answer_refused" in refused.text


def test_description_that_speaks_for_another_issuer_is_refused(
    office: Office, provider: IdentityProviderSimulator
) -> None:
    provider.discovery = {"issuer": "https://elders.example"}
    answer = Browser(office).get("/oidc/begin")
    assert (answer.status_code, "oidc_discovery" in answer.text) == (503, True)


def test_provider_that_is_down_leaves_the_accounts_of_the_gateway(
    office: Office, provider: IdentityProviderSimulator
) -> None:
    provider.close()
    answer = Browser(office).get("/oidc/begin")
    assert (answer.status_code, "oidc_unreachable" in answer.text) == (503, True)
    assert office.employ("nood", "auditor").get("/").status_code == 200
