"""Results back: stored, sealed and registered before the answer; only on what the vendor made itself."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import hpke
from sqlalchemy import select

from contracts.vocabulary import AgreementState, Service
from gateway.holdings.withdrawal import withdraw_product
from gateway.inbox.sealing import intake_context
from gateway.inbox.tables import inbox
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import Kind
from tests.gateway.front.world import (
    BOARD,
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
)

CATEGORY, LINE_ITEM, RESULT = (str(uuid.UUID(int=number)) for number in (1, 2, 3))
PUPIL = pseudonym(Kind.USER, 1)
CLASS = pseudonym(Kind.CLASS, 1)


def put(vendor: Vendor, segment: str, id: str, record: dict[str, Any] | bytes) -> requests.Response:
    """PUT as a platform does."""
    member = {"categories": "category", "lineItems": "lineItem", "results": "result"}[segment]
    content = record if isinstance(record, bytes) else json.dumps({member: record}).encode()
    return vendor.ask(
        "PUT", f"{GRADEBOOK}/{segment}/{id}", data=content, headers={"Content-Type": "application/json"}
    )


def line_item(**changes: Any) -> dict[str, Any]:
    return {
        "title": "Toets 1",
        "assignDate": "2026-09-01T08:00:00Z",
        "dueDate": "2026-09-01T09:00:00Z",
        "class": {"sourcedId": CLASS},
        "category": {"sourcedId": CATEGORY},
        **changes,
    }


def result(**changes: Any) -> dict[str, Any]:
    return {
        "score": 8,
        "scoreStatus": "fully graded",
        "scoreDate": "2026-09-01",
        "lineItem": {"sourcedId": LINE_ITEM},
        "student": {"sourcedId": PUPIL},
        **changes,
    }


def stored(world: World) -> list[Any]:
    with world.engine.connect() as connection:
        return list(connection.execute(select(inbox).order_by(inbox.c.seq)))


@pytest.fixture
def returning(vendor: Vendor) -> Vendor:
    """A vendor with a category and a line item of its own."""
    assert put(vendor, "categories", CATEGORY, {"title": "Toetsen"}).status_code == 201
    assert put(vendor, "lineItems", LINE_ITEM, line_item()).status_code == 201
    return vendor


def test_a_result_is_sealed_registered_and_read_back_at_once(returning: Vendor, world: World) -> None:
    assert put(returning, "results", RESULT, result(score=7.50)).status_code == 201
    assert len(stored(world)) == 3
    assert all(row.sealed and b"fully graded" not in row.sealed for row in stored(world))
    assert [entry.details["kind"] for entry in world.audited(AuditEvent.RESULT_ACCEPTED)] == [
        "category",
        "lineItem",
        "result",
    ]
    got = returning.get(f"{GRADEBOOK}/results/{RESULT}").json()["result"]
    assert got["sourcedId"] == RESULT
    assert got["student"] == {
        "href": f"https://schuilnaam.example/ims/oneroster/rostering/v1p2/users/{PUPIL}",
        "sourcedId": PUPIL,
        "type": "user",
    }
    assert got["score"] == 7.5


def test_a_grade_keeps_its_text(returning: Vendor) -> None:
    body = json.dumps({"result": result()}).replace('"score": 8', '"score": 7.50').encode()
    put(returning, "results", RESULT, body)
    assert b'"score":7.50,' in returning.get(f"{GRADEBOOK}/results/{RESULT}").content


def test_a_second_put_changes_and_answers_200(returning: Vendor, world: World) -> None:
    assert put(returning, "results", RESULT, result()).status_code == 201
    assert put(returning, "results", RESULT, result(score=300)).status_code == 200
    assert returning.get(f"{GRADEBOOK}/results/{RESULT}").json()["result"]["score"] == 300
    assert len(stored(world)) == 4


def test_a_moment_in_a_day_field_becomes_the_day_at_school(returning: Vendor) -> None:
    put(returning, "results", RESULT, result(scoreDate="2026-10-05T23:30:00.000Z"))
    assert returning.get(f"{GRADEBOOK}/results/{RESULT}").json()["result"]["scoreDate"] == "2026-10-06"


def test_a_line_item_without_school_gets_that_of_its_class(returning: Vendor) -> None:
    item = returning.get(f"{GRADEBOOK}/lineItems/{LINE_ITEM}").json()["lineItem"]
    assert item["school"]["sourcedId"] == pseudonym(Kind.ORG, 1)


def test_a_field_that_may_not_come_back_is_dropped_and_named(returning: Vendor, world: World) -> None:
    answer = put(
        returning,
        "results",
        RESULT,
        result(textScore="goed", metadata={"a": 1}, comment="netjes", geheim="Jan Jansen"),
    )
    assert answer.status_code == 201
    assert answer.headers["Schuilnaam-Dropped"] == "textScore, metadata, other"
    got = returning.get(f"{GRADEBOOK}/results/{RESULT}").json()["result"]
    assert "textScore" not in got
    assert "metadata" not in got
    assert got["comment"] == "netjes"


def test_nested_reads_find_the_vendors_own_records(returning: Vendor) -> None:
    put(returning, "results", RESULT, result())
    of_line_item = f"{GRADEBOOK}/classes/{CLASS}/lineitems/{LINE_ITEM}/results"
    assert [each["sourcedId"] for each in returning.get(of_line_item).json()["results"]] == [RESULT]
    assert (
        returning.get(f"{GRADEBOOK}/classes/{CLASS}/lineItems").json()["lineItems"][0]["title"] == "Toets 1"
    )
    categories = returning.get(f"{GRADEBOOK}/classes/{CLASS}/categories").json()["categories"]
    assert [each["sourcedId"] for each in categories] == [CATEGORY]


def test_a_deleted_result_is_gone_and_deleting_it_again_is_unknown(returning: Vendor, world: World) -> None:
    put(returning, "results", RESULT, result())
    assert returning.ask("DELETE", f"{GRADEBOOK}/results/{RESULT}").status_code == 204
    assert returning.get(f"{GRADEBOOK}/results").json()["results"] == []
    assert returning.get(f"{GRADEBOOK}/results/{RESULT}").status_code == 404
    again = returning.ask("DELETE", f"{GRADEBOOK}/results/{RESULT}")
    assert (again.status_code, minor(again)) == (404, "unknownobject")
    assert [row.operation for row in stored(world)] == ["put", "put", "put", "delete"]


@pytest.mark.parametrize(
    "reference",
    [
        {"student": {"sourcedId": pseudonym(Kind.USER, 1, "taalwijs-vo")}},
        {"student": {"sourcedId": pseudonym(Kind.USER, 999)}},
        {"student": {"sourcedId": pseudonym(Kind.USER, 101)}},
        {"student": {"sourcedId": CLASS}},
        {"lineItem": {"sourcedId": str(uuid.UUID(int=99))}},
        {"class": {"sourcedId": pseudonym(Kind.CLASS, 99)}},
    ],
    ids=[
        "of-another-vendor",
        "made-up",
        "a-teacher",
        "of-another-kind",
        "no-such-line-item",
        "no-such-class",
    ],
)
def test_a_reference_never_given_is_refused_with_one_answer(
    returning: Vendor, world: World, reference: dict[str, Any]
) -> None:
    before = len(stored(world))
    answer = put(returning, "results", RESULT, result(**reference))
    assert (answer.status_code, minor(answer)) == (422, "invaliddata")
    assert "unknown_reference" in answer.text
    assert len(stored(world)) == before
    [refusal] = world.audited(AuditEvent.RESULT_REFUSED)
    assert refusal.details["reason"] == "unknown_reference"


def test_ids_that_are_not_the_vendors_own_look_alike(returning: Vendor, world: World) -> None:
    issued = pseudonym(Kind.USER, 1)
    forged = pseudonym(Kind.RESULT, 77)
    foreign = pseudonym(Kind.RESULT, 1, "taalwijs-vo")
    before = len(stored(world))
    answers = {
        masked(put(returning, "results", id, result())) for id in (issued, forged, foreign, forged.upper())
    }
    assert len(answers) == 1
    assert next(iter(answers))[0] == 404
    assert len(stored(world)) == before
    assert len(world.audited(AuditEvent.RESULT_REFUSED)) == 4


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"result":{"score":1,"score":2}}', "json_duplicate_key"),
        (b'{"result":{"score":NaN}}', "json_not_a_number"),
        (b'{"result":', "json_not_json"),
        (b"[]", "record_missing"),
        (b'{"lineItem":{}}', "record_missing"),
        (b'{"result":{"sourcedId":"other"}}', "two_ids"),
        (b'{"result":{"status":"tobedeleted"}}', "status"),
        (b'{"result":{"score":{"a":1}}}', "field_shape"),
        (b'{"result":{"scoreStatus":"Jan Jansen"}}', "field_shape"),
        (b'{"result":{"student":"x"}}', "reference_shape"),
        (b'{"result":{}}', "reference_missing"),
    ],
)
def test_a_body_that_is_no_record_is_refused_and_not_repeated(
    returning: Vendor, world: World, body: bytes, code: str
) -> None:
    before = len(stored(world))
    answer = put(returning, "results", RESULT, body)
    assert (answer.status_code, minor(answer)) == (422, "invaliddata")
    assert answer.json()["imsx_description"].startswith(f"{code}: ")
    assert "Jan" not in answer.text
    assert len(stored(world)) == before


def test_a_body_above_one_mebibyte_is_refused(returning: Vendor) -> None:
    answer = put(returning, "results", RESULT, b" " * (1024 * 1024 + 1))
    assert answer.status_code == 413
    assert minor(answer) == "invaliddata"


def test_without_the_service_results_nothing_comes_back(bare: World) -> None:
    bare.refresh(bare.publish_agreement(agreement(services=(Service.ROSTER,))))
    vendor = Vendor(bare, bare.issue())
    vendor.ask_token()
    answer = put(vendor, "categories", CATEGORY, {"title": "Toetsen"})
    assert (answer.status_code, minor(answer)) == (403, "forbidden")
    assert stored(bare) == []
    assert [entry.details["reason"] for entry in bare.audited(AuditEvent.RESULT_REFUSED)] == [
        "service_not_in_agreement"
    ]


def test_results_may_come_back_until_the_inbound_term(returning: Vendor, world: World) -> None:
    world.pass_time(minutes=1)
    ended = replace(agreement(), state=AgreementState.ENDED, in_force_until=world.now.date())
    world.publish_agreement(ended)
    world.pass_time(days=1)
    late = Vendor(world, returning.client)
    token = late.ask_token().json()
    assert token["scope"].split() == [
        "https://purl.imsglobal.org/spec/or/v1p2/scope/gradebook.createput",
        "https://purl.imsglobal.org/spec/or/v1p2/scope/gradebook.delete",
    ]
    assert put(late, "results", RESULT, result()).status_code == 201
    assert late.get(f"{GRADEBOOK}/results").status_code == 403
    world.pass_time(days=31)
    refused = Vendor(world, returning.client).ask_token()
    assert refused.status_code == 400
    assert refused.json()["error"] == "unauthorized_client"
    assert "agreement_ended" in refused.json()["error_description"]


def test_an_agreement_suspended_while_a_result_is_stored_stores_nothing(
    returning: Vendor, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(stored(world))
    real = world.services.vendor_made.is_of_school

    def suspend(*given: Any) -> bool:
        world.publish_agreement(agreement(state=AgreementState.SUSPENDED))
        return real(*given)

    monkeypatch.setattr(world.services.vendor_made, "is_of_school", suspend)
    answer = put(returning, "results", RESULT, result())
    assert answer.status_code == 403
    assert "agreement_suspended" in answer.text
    assert len(stored(world)) == before
    assert [entry.details["reason"] for entry in world.audited(AuditEvent.RESULT_REFUSED)] == [
        "agreement_suspended"
    ]


def test_two_vendors_may_mint_the_same_id_and_never_see_each_others(returning: Vendor, world: World) -> None:
    world.refresh(world.publish_agreement(agreement("taalwijs-vo", agreement_id="VO-2026-015")))
    other = Vendor(world, world.issue("taalwijs-vo"))
    other.ask_token()
    assert other.get(f"{GRADEBOOK}/lineItems/{LINE_ITEM}").status_code == 404
    assert put(other, "categories", CATEGORY, {"title": "Anders"}).status_code == 201
    assert other.ask("DELETE", f"{GRADEBOOK}/lineItems/{LINE_ITEM}").status_code == 404
    assert returning.get(f"{GRADEBOOK}/lineItems/{LINE_ITEM}").status_code == 200
    assert PRODUCT != "taalwijs-vo"


def test_a_vendor_reads_its_own_results_through_a_refresh(returning: Vendor, world: World) -> None:
    put(returning, "results", RESULT, result())
    world.pass_time(hours=1)
    world.refresh(agreement())
    returning.ask_token()
    assert [each["sourcedId"] for each in returning.get(f"{GRADEBOOK}/results").json()["results"]] == [RESULT]


def test_of_a_stopped_product_nothing_is_read_and_results_still_come_back(
    returning: Vendor, world: World
) -> None:
    withdraw_product(world.engine, board_id=BOARD, product=PRODUCT, now_ms=world.now_ms)
    disclosed = len(world.disclosures())
    for path in (f"{ROSTER}/users", f"{GRADEBOOK}/results"):
        answer = returning.get(path)
        assert (answer.status_code, minor(answer)) == (403, "forbidden")
        assert "product_stopped" in answer.text
    assert len(world.disclosures()) == disclosed
    assert returning.get("/me").json()["generation"] is None
    before = len(stored(world))
    assert put(returning, "results", RESULT, result()).status_code == 201
    assert returning.ask("DELETE", f"{GRADEBOOK}/lineItems/{LINE_ITEM}").status_code == 204
    assert len(stored(world)) == before + 2


def test_a_result_about_a_pupil_who_left_is_taken_in(returning: Vendor, world: World) -> None:
    world.pass_time(minutes=5)
    world.refresh(agreement(), [record for record in roster() if record.pseudonym != PUPIL])
    assert returning.get(f"{ROSTER}/users/{PUPIL}").status_code == 404
    assert put(returning, "results", RESULT, result()).status_code == 201


def test_the_same_record_again_is_stored_once(returning: Vendor, world: World) -> None:
    answers = [put(returning, "results", RESULT, result()).status_code for _ in range(3)]
    assert answers == [201, 200, 200]
    assert len(stored(world)) == 3


def test_an_older_version_is_answered_alike_and_changes_nothing(returning: Vendor) -> None:
    newer = result(score=9, dateLastModified="2026-09-01T09:30:00Z")
    older = result(score=4, dateLastModified="2026-09-01T09:00:00Z")
    assert put(returning, "results", RESULT, newer).status_code == 201
    assert put(returning, "results", RESULT, older).status_code == 200
    assert returning.get(f"{GRADEBOOK}/results/{RESULT}").json()["result"]["score"] == 9


def test_what_is_sealed_opens_for_the_school_with_references_in_the_standards_shape(
    returning: Vendor, world: World
) -> None:
    put(
        returning,
        "results",
        RESULT,
        result(student={"sourcedId": PUPIL.upper(), "href": "https://evil.example"}),
    )
    row = stored(world)[-1]
    context = intake_context(board_id=BOARD, product=PRODUCT, kind=Kind.RESULT, operation=row.operation)
    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    opened = json.loads(suite.decrypt(row.sealed[1:], world.intake_key, info=context))
    assert opened["id"] == RESULT
    assert opened["body"]["student"] == {"sourcedId": PUPIL}
    assert opened["body"]["lineItem"] == {"sourcedId": LINE_ITEM}
    assert "evil" not in json.dumps(opened)


def test_an_id_that_no_system_could_carry_is_unknown(returning: Vendor, world: World) -> None:
    before = len(stored(world))
    for id in ("x" * 256, "a%20b", "%C3%A9"):
        assert put(returning, "results", id, result()).status_code == 404
    assert len(stored(world)) == before
