"""An agreement or client that ends while the vendor is at it: from that instant nothing leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from contracts.vocabulary import AgreementState, Form, LegalBasis, Service
from gateway.holdings.withdrawal import withdraw_persons
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import Kind, Relations, ReleasedRecord, Subject
from tests.gateway.front.test_returning import CATEGORY, RESULT, put, result
from tests.gateway.front.world import (
    BOARD,
    ENTRIES,
    GRADEBOOK,
    PRODUCT,
    ROSTER,
    Vendor,
    World,
    agreement,
    masked,
    minor,
    pseudonym,
    roster,
    without,
)


def suspend(world: World, vendor: Vendor) -> None:
    world.publish_agreement(agreement(state=AgreementState.SUSPENDED))


def end(world: World, vendor: Vendor) -> None:
    world.pass_time(seconds=1)
    world.publish_agreement(agreement(state=AgreementState.ENDED, ended_at_ms=world.now_ms))


def last_day_passes(world: World, vendor: Vendor) -> None:
    world.publish_agreement(agreement(in_force_until=world.now.date()))
    world.pass_time(hours=13)


def revoke(world: World, vendor: Vendor) -> None:
    world.revoke(vendor.client.client_id)


STOPS: dict[Callable[[World, Vendor], None], tuple[int, str]] = {
    suspend: (403, "agreement_suspended"),
    end: (403, "agreement_ended"),
    last_day_passes: (401, "token_invalid"),
    revoke: (401, "token_invalid"),
}


def assert_no_record(answer: Any) -> None:
    assert set(answer.json()) <= {"imsx_codeMajor", "imsx_severity", "imsx_description", "imsx_CodeMinor"}


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.__name__)
def test_stopped_between_two_pages_the_next_page_is_refused(
    vendor: Vendor, world: World, stop: Callable[[World, Vendor], None]
) -> None:
    assert vendor.get(f"{ROSTER}/users?limit=3").status_code == 200
    stop(world, vendor)
    answer = vendor.get(f"{ROSTER}/users?limit=3&offset=3")
    status, code = STOPS[stop]
    assert answer.status_code == status
    assert code in answer.text
    assert_no_record(answer)
    assert len(world.disclosures()) == 1


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.__name__)
def test_stopped_between_authentication_and_answer_nothing_is_sent(
    vendor: Vendor, world: World, stop: Callable[[World, Vendor], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = world.holdings.page

    def stopped_meanwhile(*given: Any, **options: Any) -> Any:
        page = real(*given, **options)
        stop(world, vendor)
        return page

    monkeypatch.setattr(world.holdings, "page", stopped_meanwhile)
    answer = vendor.get(f"{ROSTER}/users?limit=3")
    status, code = STOPS[stop]
    assert answer.status_code == status
    assert code in answer.text
    assert_no_record(answer)
    [row] = world.disclosures()
    [unsent] = world.audited(AuditEvent.DISCLOSURE_NOT_SENT)
    assert unsent.details["disclosure"] == row["seq"]
    assert unsent.details["reason"] == code


def take(world: World, number: int) -> None:
    """A pupil's consent is withdrawn, or an objection recorded."""
    persons = [pseudonym(Kind.USER, number)]
    withdraw_persons(world.engine, board_id=BOARD, product=PRODUCT, persons=persons, stamp_ms=world.now_ms)


def taking_after(world: World, number: int, real: Callable[..., Any]) -> Callable[..., Any]:
    """Reads as before; after the first time a person is withdrawn."""
    left = [number]

    def meanwhile(*given: Any, **options: Any) -> Any:
        page = real(*given, **options)
        while left:
            take(world, left.pop())
        return page

    return meanwhile


def test_withdrawn_between_reading_and_sending_the_page_is_without_the_person(
    vendor: Vendor, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [user["sourcedId"] for user in vendor.get(f"{ROSTER}/users").json()["users"]]
    monkeypatch.setattr(world.holdings, "page", taking_after(world, 2, world.holdings.page))

    answer = vendor.get(f"{ROSTER}/users")

    users = answer.json()["users"]
    assert [user["sourcedId"] for user in users] == before
    stub = next(user for user in users if user["sourcedId"] == pseudonym(Kind.USER, 2))
    assert stub["status"] == "tobedeleted"
    assert '"K2"' not in answer.text
    assert '"k2"' not in answer.text
    # The page was registered with the same ids in the same places before; nothing was refused.
    assert [row["count"] for row in world.disclosures()] == [len(before)] * 2
    assert world.audited(AuditEvent.DISCLOSURE_NOT_SENT) == []


@pytest.mark.parametrize("path", ["/users/{}", "/students/{}", "/demographics/{}", "/students/{}/classes"])
def test_withdrawn_between_reading_and_sending_one_person_is_as_unknown_as_ever(
    vendor: Vendor, world: World, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    unknown = vendor.get(ROSTER + path.format(pseudonym(Kind.USER, 999)))
    monkeypatch.setattr(world.holdings, "page", taking_after(world, 2, world.holdings.page))

    answer = vendor.get(ROSTER + path.format(pseudonym(Kind.USER, 2)))

    assert masked(answer) == masked(unknown)
    assert answer.status_code == 404
    unsent = world.audited(AuditEvent.DISCLOSURE_NOT_SENT)
    assert [row.details["disclosure"] for row in unsent] == [row["seq"] for row in world.disclosures()]


def test_narrowed_between_two_pages_the_next_page_is_narrower(vendor: Vendor, world: World) -> None:
    first = vendor.get(f"{ROSTER}/teachers?limit=1").json()["users"][0]
    assert first["email"].endswith("@school.example")
    world.publish_agreement(agreement(entries=without("user.email"), version=2))
    second = vendor.get(f"{ROSTER}/teachers?limit=1&offset=1").json()["users"][0]
    assert "email" not in second
    assert second["givenName"] == "Fatima"


def test_narrowed_while_the_answer_is_made_nothing_is_sent(
    vendor: Vendor, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = world.holdings.page

    def narrowed_meanwhile(*given: Any, **options: Any) -> Any:
        world.publish_agreement(agreement(entries=without("user.email"), version=2))
        return real(*given, **options)

    monkeypatch.setattr(world.holdings, "page", narrowed_meanwhile)
    answer = vendor.get(f"{ROSTER}/teachers")
    assert (answer.status_code, minor(answer)) == (503, "server_busy")
    assert "agreement_changed" in answer.text
    assert "@school.example" not in answer.text
    assert len(world.audited(AuditEvent.DISCLOSURE_NOT_SENT)) == 1


def test_a_field_no_longer_listed_is_dropped_at_once_and_not_registered(vendor: Vendor, world: World) -> None:
    world.publish_agreement(agreement(entries=without("user.givenName", "user.grades"), version=2))
    users = vendor.get(f"{ROSTER}/users").json()["users"]
    assert {user["givenName"] for user in users} == {"-"}
    assert not any("grades" in user for user in users)
    [row] = world.disclosures()
    assert row["agreement"]["version"] == 2


def test_a_stronger_form_drops_what_is_held_in_a_weaker_one(vendor: Vendor, world: World) -> None:
    stronger = tuple(
        replace(each, form=Form.ALIAS) if "user.email" in each.fields else each for each in ENTRIES
    )
    world.publish_agreement(agreement(entries=stronger, version=2))
    teachers = vendor.get(f"{ROSTER}/teachers").json()["users"]
    assert {teacher["givenName"] for teacher in teachers} == {"-"}
    assert not any("email" in teacher for teacher in teachers)


@pytest.mark.parametrize(
    "narrower",
    [
        {"schools": ("98YY",)},
        {"schools": ("99ZZ01",)},
        {"grades": ("05",)},
        {"classes": ("1A",)},
        {"subjects": agreement().subjects[:1]},
        {"groups": "none"},
        {"legal_basis": "6-1-a"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_scope_narrower_than_what_is_held_waits_for_a_refresh(
    vendor: Vendor, world: World, narrower: dict[str, Any]
) -> None:
    changed = agreement(version=2)
    for name, value in narrower.items():
        kind = type(getattr(changed, name)) if isinstance(value, str) else tuple
        changed = replace(changed, **{name: kind(value)})
    world.publish_agreement(changed)
    answer = vendor.get(f"{ROSTER}/users")
    assert (answer.status_code, minor(answer)) == (503, "server_busy")
    assert "refresh_pending" in answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert world.disclosures() == []
    world.pass_time(minutes=1)
    world.refresh(changed)
    assert vendor.get(f"{ROSTER}/users").status_code == 200


def test_a_purpose_to_which_nobody_consented_yet_waits_for_a_refresh(vendor: Vendor, world: World) -> None:
    on_consent = agreement(version=2, legal_basis=LegalBasis.CONSENT)
    world.publish_agreement(on_consent)
    world.refresh(on_consent)
    assert vendor.get(f"{ROSTER}/users").status_code == 200
    further = replace(on_consent, version=3, purposes=(*on_consent.purposes, "verbeteren"))
    world.publish_agreement(further)
    answer = vendor.get(f"{ROSTER}/users")
    assert (answer.status_code, minor(answer)) == (503, "server_busy")
    world.pass_time(minutes=1)
    world.refresh(further)
    assert vendor.get(f"{ROSTER}/users").status_code == 200


def test_filter_and_sort_on_a_narrowed_field_wait_for_a_refresh(vendor: Vendor, world: World) -> None:
    only_staff_alias = tuple(
        replace(each, form=Form.ALIAS) if "user.email" in each.fields else each for each in ENTRIES
    )
    world.publish_agreement(agreement(entries=only_staff_alias, version=2))
    for query in ("filter=familyName~'a'", "sort=familyName"):
        answer = vendor.get(f"{ROSTER}/users?{query}")
        assert answer.status_code == 503
        assert "refresh_pending" in answer.text
    assert world.disclosures() == []


def test_a_generation_of_an_unknown_agreement_is_not_served(vendor: Vendor, world: World) -> None:
    world.pass_time(minutes=1)
    world.refresh(agreement(version=77))
    answer = vendor.get(f"{ROSTER}/users")
    assert answer.status_code == 503
    assert world.disclosures() == []


def test_widening_adds_nothing_before_the_next_refresh(vendor: Vendor, world: World) -> None:
    world.publish_agreement(agreement(schools=("99ZZ", "98YY"), version=2))
    assert vendor.get(f"{ROSTER}/users").headers["X-Total-Count"] == "10"


def test_when_the_service_gradebook_ends_the_vendor_still_reads_its_own(bare: World) -> None:
    both = agreement(services=(Service.ROSTER, Service.RESULTS, Service.GRADEBOOK))
    bare.refresh(bare.publish_agreement(both))
    vendor = Vendor(bare, bare.issue())
    vendor.ask_token()
    put(vendor, "categories", CATEGORY, {"title": "Toetsen"})
    bare.publish_agreement(agreement(services=(Service.ROSTER, Service.RESULTS), version=2))
    own = vendor.get(f"{GRADEBOOK}/categories").json()["categories"]
    assert [each["sourcedId"] for each in own] == [CATEGORY]
    bare.publish_agreement(agreement(services=(Service.GRADEBOOK,), version=3))
    assert vendor.get(f"{GRADEBOOK}/categories").status_code == 200
    bare.publish_agreement(agreement(services=(Service.ROSTER,), version=4))
    assert vendor.get(f"{GRADEBOOK}/categories").status_code == 403


def teachers_work() -> list[ReleasedRecord]:
    category = pseudonym(Kind.CATEGORY, 1)
    item = pseudonym(Kind.LINE_ITEM, 1)
    class_, school, pupil = pseudonym(Kind.CLASS, 1), pseudonym(Kind.ORG, 1), pseudonym(Kind.USER, 1)
    return [
        *roster(),
        ReleasedRecord(Kind.CATEGORY, category, Subject.NONE, {"title": "Van de juf"}),
        ReleasedRecord(
            Kind.LINE_ITEM,
            item,
            Subject.NONE,
            {"class": class_, "school": school, "category": category},
            Relations(class_=class_, school=school, category=category),
        ),
        ReleasedRecord(
            Kind.RESULT,
            pseudonym(Kind.RESULT, 1),
            Subject.PUPIL,
            {"lineItem": item, "student": pupil},
            Relations(user=pupil, class_=class_, line_item=item),
        ),
    ]


def test_with_the_service_results_alone_a_teachers_records_are_not_seen(bare: World) -> None:
    both = agreement(services=(Service.ROSTER, Service.RESULTS, Service.GRADEBOOK))
    bare.refresh(bare.publish_agreement(both), teachers_work())
    vendor = Vendor(bare, bare.issue())
    vendor.ask_token()
    for segment in ("categories", "lineItems", "results"):
        assert len(vendor.get(f"{GRADEBOOK}/{segment}").json()[segment]) == 1
    bare.publish_agreement(agreement(services=(Service.ROSTER, Service.RESULTS), version=2))
    class_, item, pupil = pseudonym(Kind.CLASS, 1), pseudonym(Kind.LINE_ITEM, 1), pseudonym(Kind.USER, 1)
    for path in ("categories", "lineItems", "results", f"classes/{class_}/results"):
        answer = vendor.get(f"{GRADEBOOK}/{path}")
        assert list(answer.json().values()) == [[]]
        assert answer.headers["X-Total-Count"] == "0"
    assert vendor.get(f"{GRADEBOOK}/results/{pseudonym(Kind.RESULT, 1)}").status_code == 404
    assert vendor.get(f"{GRADEBOOK}/classes/{class_}/lineItems/{item}/results").status_code == 404
    assert vendor.get(f"{GRADEBOOK}/classes/{class_}/students/{pupil}/results").json() == {"results": []}


def test_a_vendor_cannot_write_on_a_teachers_record(bare: World) -> None:
    both = agreement(services=(Service.ROSTER, Service.RESULTS, Service.GRADEBOOK))
    bare.refresh(bare.publish_agreement(both), teachers_work())
    vendor = Vendor(bare, bare.issue())
    vendor.ask_token()
    issued = pseudonym(Kind.RESULT, 1)
    assert put(vendor, "results", issued, result()).status_code == 404
    assert vendor.ask("DELETE", f"{GRADEBOOK}/results/{issued}").status_code == 404
    own = result(lineItem={"sourcedId": pseudonym(Kind.LINE_ITEM, 1)})
    assert put(vendor, "results", RESULT, own).status_code == 201
    assert len(vendor.get(f"{GRADEBOOK}/results").json()["results"]) == 2
