"""Asking by id: what this vendor may not know looks the same, whatever the reason."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from gateway.holdings.withdrawal import withdraw
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import Kind
from tests.gateway.front.world import (
    BOARD,
    PRODUCT,
    ROSTER,
    Vendor,
    World,
    agreement,
    masked,
    pseudonym,
    roster,
)


@pytest.fixture
def ids(vendor: Vendor, world: World) -> dict[str, str]:
    erased = pseudonym(Kind.USER, 2)
    withdraw(
        world.engine, board_id=BOARD, product=PRODUCT, records=[(Kind.USER, erased)], now_ms=world.now_ms
    )
    world.refresh(world.publish_agreement(agreement("taalwijs-vo")))
    return {
        "erased": erased,
        "of another vendor": pseudonym(Kind.USER, 1, "taalwijs-vo"),
        "out of scope": pseudonym(Kind.USER, 999),
        "of another kind": pseudonym(Kind.CLASS, 1),
        "no pseudonym": "leerling-17",
        "very long": "x" * 1_000,
        "with a quote": "' OR '1'='1",
    }


@pytest.mark.parametrize("path", ["/users/{}", "/students/{}", "/users/{}/classes", "/students/{}/classes"])
def test_unknown_out_of_scope_erased_and_forged_ids_look_alike(
    vendor: Vendor, world: World, ids: dict[str, str], path: str
) -> None:
    answers = {masked(vendor.get(ROSTER + path.format(id))) for id in ids.values()}
    assert len(answers) == 1
    [(status, body, _)] = answers
    assert status == 404
    assert b"unknownobject" in body
    assert world.disclosures() == []
    rows = world.audited(AuditEvent.REQUEST_REFUSED)
    assert [row.details["reason"] for row in rows] == ["unknown_object"] * len(ids)
    assert not any(id in str(row) for row in rows for id in ids.values())


def test_every_refused_id_costs_the_same_questions_to_the_database(
    vendor: Vendor, world: World, ids: dict[str, str]
) -> None:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    per_id: dict[str, list[str]] = {}
    event.listen(world.engine, "before_cursor_execute", note)
    for name, id in ids.items():
        vendor.get(f"{ROSTER}/users/{id}")
        asked.clear()
        vendor.get(f"{ROSTER}/users/{id}")
        per_id[name] = list(asked)
    event.remove(world.engine, "before_cursor_execute", note)
    assert len({tuple(statements) for statements in per_id.values()}) == 1


def test_a_teacher_is_no_student(vendor: Vendor) -> None:
    teacher = pseudonym(Kind.USER, 101)
    assert vendor.get(f"{ROSTER}/teachers/{teacher}").status_code == 200
    assert vendor.get(f"{ROSTER}/students/{teacher}").status_code == 404


def test_a_class_of_another_school_is_unknown_in_this_one(vendor: Vendor) -> None:
    board, class_ = pseudonym(Kind.ORG, 2), pseudonym(Kind.CLASS, 1)
    assert vendor.get(f"{ROSTER}/schools/{board}/classes/{class_}/students").status_code == 404


def test_a_pseudonym_in_capitals_is_accepted_and_written_small(vendor: Vendor) -> None:
    id = pseudonym(Kind.USER, 1)
    assert vendor.get(f"{ROSTER}/users/{id.upper()}").json()["user"]["sourcedId"] == id


def test_demographics_have_the_id_of_their_person(vendor: Vendor) -> None:
    id = pseudonym(Kind.USER, 1)
    record = vendor.get(f"{ROSTER}/demographics/{id}").json()["demographics"]
    assert (record["sourcedId"], record["birthDate"]) == (id, "2016-01-01")


def test_a_class_lists_its_pupils_and_its_teachers(vendor: Vendor) -> None:
    class_ = pseudonym(Kind.CLASS, 1)
    students = vendor.get(f"{ROSTER}/classes/{class_}/students").json()["users"]
    assert {each["sourcedId"] for each in students} == {pseudonym(Kind.USER, n) for n in (1, 3, 5, 7)}
    teachers = vendor.get(f"{ROSTER}/classes/{class_}/teachers").json()["users"]
    assert {each["sourcedId"] for each in teachers} == {pseudonym(Kind.USER, 101)}


def test_two_vendors_share_no_value_of_any_id_order_or_link(vendor: Vendor, world: World) -> None:
    world.pass_time(seconds=7)
    world.refresh(world.publish_agreement(agreement("taalwijs-vo", agreement_id="VO-2026-015")))
    other = Vendor(world, world.issue("taalwijs-vo"))
    other.ask_token()
    mine = vendor.pull(f"{ROSTER}/users", "users")
    theirs = other.pull(f"{ROSTER}/users", "users")
    assert len(mine) == len(theirs) == len({r.pseudonym for r in roster() if r.kind is Kind.USER})
    assert {user["sourcedId"] for user in mine}.isdisjoint(user["sourcedId"] for user in theirs)
    assert {user["dateLastModified"] for user in mine}.isdisjoint(user["dateLastModified"] for user in theirs)
