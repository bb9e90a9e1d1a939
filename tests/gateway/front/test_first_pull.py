"""A vendor's first steps: token, /me, and one collection."""

from __future__ import annotations

from gateway.registers.audit_events import AuditEvent
from tests.gateway.front.world import ROSTER, Vendor, World


def test_users_come_in_order_of_pseudonym_with_count_and_links(vendor: Vendor) -> None:
    answer = vendor.get(f"{ROSTER}/users?limit=4")
    assert answer.status_code == 200
    ids = [user["sourcedId"] for user in answer.json()["users"]]
    assert ids == sorted(ids)
    assert len(ids) == 4
    assert answer.headers["X-Total-Count"] == "10"
    assert answer.links["next"]["url"] == f"https://schuilnaam.example{ROSTER}/users?limit=4&offset=4"
    assert answer.links["last"]["url"].endswith("offset=8")


def test_a_page_is_registered_with_its_range_and_fields(vendor: Vendor, world: World) -> None:
    answer = vendor.get(f"{ROSTER}/users?limit=4")
    ids = [user["sourcedId"] for user in answer.json()["users"]]
    [row] = world.disclosures()
    assert (row["first"], row["last"], row["count"]) == (ids[0], ids[-1], 4)
    assert row["operation"] == f"GET {ROSTER}/users"
    assert row["client_id"] == vendor.client.client_id
    assert row["request_id"] == answer.headers["X-Request-Id"]
    assert row["agreement"]["id"] == "VO-2026-014"


def test_a_walk_gets_every_record_once(vendor: Vendor) -> None:
    users = vendor.pull(f"{ROSTER}/users", "users", limit=3)
    assert len(users) == len({user["sourcedId"] for user in users}) == 10


def test_me_tells_agreement_state_fields_and_generation(vendor: Vendor) -> None:
    me = vendor.get("/me").json()
    assert (me["agreement"], me["version"], me["state"], me["in_force"]) == ("VO-2026-014", 1, "active", True)
    assert me["services"] == ["roster", "results"]
    email = {"field": "user.email", "form": "clear", "direction": "out", "subjects": ["medewerker"]}
    assert email in me["fields"]
    assert me["refreshed_at"] == "2026-09-01T10:00:00Z"


def test_a_token_is_issued_by_basic_and_by_form_and_registered(world: World) -> None:
    vendor = Vendor(world, world.issue())
    for basic in (True, False):
        answer = vendor.ask_token(basic=basic)
        assert answer.status_code == 200
        assert answer.json()["token_type"] == "Bearer"
        assert answer.json()["expires_in"] == 3600
        assert "roster.readonly" in answer.json()["scope"]
    assert len(world.audited(AuditEvent.TOKEN_ISSUED)) == 2
