"""A preview says of every person what a refresh of that moment publishes: field by field, group by group."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from gateway.demo import papers
from gateway.demo.board import MadeUpBoard, made_up_board
from gateway.demo.records import ref as full_ref
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor
from gateway.demo.wire import Answer, Asked
from gateway.errors import GatewayUnready, SourceError
from gateway.registers import accesses
from gateway.school.previewing import asking
from gateway.school.previewing.shown import PersonPreview
from gateway.school.services import SchoolServices, clock, open_services
from tests.journeys.door import Clock, opened
from tests.journeys.rig import PASSPHRASE, Rig
from tests.journeys.saying import Desk

BOTH = ["99ZZ", "98YY"]
WIRE_ONLY = {"status", "dateLastModified"}
"""Columns that the door writes itself."""
FILLED_BY_THE_DOOR = {"user": {"username"}, "enrollment": set(), "demographics": set(), "class": set()}
"""Fields that the standard requires: the door fills them with the pseudonym where they are withheld."""

GUARDIANS = papers._entry(
    "contactgegevens",
    ["user.givenName", "user.familyName"],
    "alias",
    "out",
    subjects=["wettelijk_vertegenwoordiger"],
)


def agreements(board: MadeUpBoard) -> dict[str, dict[str, Any]]:
    """Products by what limits them."""
    group = board.records("classes")[1]
    terms = [
        {**entry, "subjects": entry.get("subjects", ["leerling", "medewerker"])}
        for entry in papers.full_terms()
    ]

    def scope(**limits: object) -> dict[str, object]:
        return {"scope": {"schools": BOTH, "grades": None, "classes": None, **limits}, "services": ["roster"]}

    return {
        "alles": {},
        "een-klas": scope(classes=[str(group["title"])]),
        "een-leerjaar": scope(grades=[str(board.pupils()[0]["grades"][0])]),  # type: ignore[index]
        "onderzoek": {"legal_basis": "6-1-a"},
        "grof": {"groups": "coarse", "services": ["roster"]},
        "zonder-groepen": {"groups": "none", "services": ["roster"]},
        "ouders": {
            "services": ["roster"],
            "subjects": ["leerling", "medewerker", "wettelijk_vertegenwoordiger"],
            "data": [*terms, GUARDIANS],
        },
        "vernauwd": {},
    }


@dataclass
class Scene:
    """A refreshed board, its vendors over HTTP, and the service that previews."""

    rig: Rig
    board: MadeUpBoard
    school: SimulatedSchool
    services: SchoolServices
    vendors: dict[str, SimulatedVendor]

    def preview(self, product: str, identifier: str) -> PersonPreview:
        return asking.preview(
            self.services,
            product=product,
            source="las-1",
            identifier=identifier,
            actor=self.services.operator(),
            reason="toets",
            now=clock(),
        )


def bend(board: MadeUpBoard) -> None:
    """People whom their own record alone would put elsewhere than a refresh does."""
    pupils = [user for user in board.pupils() if user["status"] == "active"]
    here = board.schools[0]
    above = next(str(org["sourcedId"]) for org in board.records("orgs") if org["type"] != "school")
    at_board = full_ref("orgs", above)
    # Roles at the board; only enrolments say at which school.
    by_enrolment = [{"roleType": "primary", "role": "student", "org": at_board}]
    board.change("users", str(pupils[0]["sourcedId"]), roles=by_enrolment)
    # No grade of one's own: the classes say which.
    board.change("users", str(pupils[1]["sourcedId"]), grades=[])
    # A pupil who assists: two roles by enrolment, and two in the record.
    both = [
        {"roleType": "primary", "role": "student", "org": full_ref("orgs", here)},
        {"roleType": "secondary", "role": "teacher", "org": full_ref("orgs", here)},
    ]
    board.change("users", str(pupils[2]["sourcedId"]), roles=both)
    board.enrol(str(pupils[2]["sourcedId"]), str(board.records("classes")[0]["sourcedId"]), role="teacher")
    # A role at the board alone, and enrolled as something else than that role: in scope, and nowhere to be put.
    lost = str(pupils[3]["sourcedId"])
    board.change("users", lost, roles=by_enrolment)
    for row in board.records("enrollments"):
        if row["user"]["sourcedId"] == lost:  # type: ignore[index]
            board.change("enrollments", str(row["sourcedId"]), role="teacher")
    # Enrolled at the other school too.
    other = next(
        each
        for each in board.records("classes")
        if each["school"]["sourcedId"] != pupils[4]["primaryOrg"]["sourcedId"]  # type: ignore[index]
    )
    board.enrol(str(pupils[4]["sourcedId"]), str(other["sourcedId"]))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    board = made_up_board(11, schools=2, pupils=8)
    bend(board)
    with ExitStack() as stack:
        school = stack.enter_context(SimulatedSchool(board))
        rig = Rig(tmp_path_factory.mktemp("preview"), [school])
        stack.callback(rig.stop)
        products = agreements(board)
        for product, changes in products.items():
            rig.agree(product, **changes)
        active = [str(user["sourcedId"]) for user in board.pupils() if user["status"] == "active"]
        desk = Desk(rig)
        desk.form()
        for pupil in active[::3]:
            desk.say("give", pupil)
        desk.say("withdraw", active[0])
        rig.command(
            "objection", "add", "--without-end", "--pupil", f"las-1:{active[5]}", "--product", "alles",
            "--reason", "zaak 4", "--as", "functionaris",
        )  # fmt: skip
        rig.register("vernauwd", data=papers.full_terms()[2:], brins=["98YY"])
        rig.refresh()
        stack.enter_context(opened(rig, Clock()))
        services = open_services(rig.home).unlock(PASSPHRASE.strip())
        stack.callback(services.front.dispose)
        stack.callback(services.school.dispose)
        yield Scene(rig, board, school, services, {product: rig.vendor(product) for product in products})


def bare(value: object) -> object:
    """A wire value with references as bare ids."""
    if isinstance(value, Mapping):
        return (
            value["sourcedId"]
            if "sourcedId" in value and "href" in value
            else {k: bare(v) for k, v in value.items()}
        )
    return [bare(each) for each in value] if isinstance(value, list) else value


def pulled(vendor: SimulatedVendor, collection: str) -> dict[str, dict[str, Any]]:
    found = vendor.pull(collection, limit=500)
    assert found.refused is None, found.refused
    return {str(each["sourcedId"]): dict(each) for each in found.records if each["status"] == "active"}


def same(kind: str, sent: Mapping[str, object], wire: Mapping[str, object]) -> None:
    """What is shown as sent is what the vendor received, and nothing else."""
    received = {name: bare(value) for name, value in wire.items() if name not in WIRE_ONLY}
    for name in FILLED_BY_THE_DOOR[kind] - set(sent):
        if received.get(name) == received["sourcedId"]:
            del received[name]
    assert dict(sent) == received


def everybody(scene: Scene, product: str) -> list[dict[str, Any]]:
    """Everyone; of those who are guardians and nothing else two, where no guardian can go (all in a thorough run)."""
    active = [user for user in scene.board.records("users") if user["status"] == "active"]
    if product == "ouders" or os.environ.get("SCHUILNAAM_TEST_THOROUGH"):
        return active
    guardians = [user for user in active if {role["role"] for role in user["roles"]} == {"guardian"}]  # type: ignore[attr-defined]
    return [user for user in active if user not in guardians[2:]]


@pytest.mark.parametrize(
    "product",
    [
        "alles",
        "een-klas",
        "een-leerjaar",
        "onderzoek",
        "grof",
        "zonder-groepen",
        "ouders",
        "vernauwd",
    ],
)
def test_preview_of_every_person_is_what_the_vendor_pulls(scene: Scene, product: str) -> None:
    vendor = scene.vendors[product]
    users, facts = pulled(vendor, "users"), pulled(vendor, "demographics")
    classes, enrolments = pulled(vendor, "classes"), pulled(vendor, "enrollments")
    shown: dict[str, PersonPreview] = {}
    for user in everybody(scene, product):
        found = scene.preview(product, str(user["sourcedId"]))
        if not found.released:
            assert found.reason
            assert not any(each.sent is not None for each in found.fields)
            assert not any(each.sent is not None for each in found.groups)
            assert found.held is False
            continue
        assert found.held is True
        sent = {each.field: each.sent for each in found.fields if each.sent is not None}
        pseudonym = str(sent["user.sourcedId"])
        shown[pseudonym] = found
        of_kind = {
            kind: {
                name.partition(".")[2]: value for name, value in sent.items() if name.startswith(f"{kind}.")
            }
            for kind in ("user", "demographics")
        }
        same("user", of_kind["user"], users[pseudonym])
        if pseudonym in facts:
            same("demographics", {"sourcedId": pseudonym, **of_kind["demographics"]}, facts[pseudonym])
        else:
            assert of_kind["demographics"] == {}
        groups = [each for each in found.groups if each.sent is not None]
        assert {str(each.sent["sourcedId"]) for each in groups if each.sent} == {
            identifier for identifier, each in enrolments.items() if each["user"]["sourcedId"] == pseudonym
        }
        for group in groups:
            assert group.sent is not None
            assert group.sent_class is not None
            assert group.texts_known
            same("enrollment", group.sent, enrolments[str(group.sent["sourcedId"])])
            same("class", group.sent_class, classes[str(group.sent_class["sourcedId"])])
            members = [
                each
                for each in enrolments.values()
                if each["class"]["sourcedId"] == group.sent_class["sourcedId"] and each["role"] == "student"
            ]
            assert group.size == len(members)
            assert group.small == (len(members) < 5)
    assert set(shown) == set(users)
    assert 0 < len(shown) < len(scene.board.records("users"))


def looked(scene: Scene) -> int:
    """How many accesses are registered."""
    return len(list(accesses.listed(scene.services.school, board_id=scene.services.board_id)))


def test_access_is_registered_before_the_school_is_asked_and_when_it_does_not_answer(scene: Scene) -> None:
    pupil = str(scene.board.pupils()[0]["sourcedId"])
    before = looked(scene)
    scene.school.faults.status(f"users/{pupil}", 403)
    try:
        with pytest.raises(SourceError):
            scene.preview("alles", pupil)
    finally:
        scene.school.faults.clear()
    assert looked(scene) == before + 1


def test_without_a_register_nobody_is_asked_for(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> int:
        raise GatewayUnready("The register cannot be written.", code="register_unwritable")

    monkeypatch.setattr(accesses, "record", full)
    scene.school.forget()
    with pytest.raises(GatewayUnready):
        scene.preview("alles", str(scene.board.pupils()[0]["sourcedId"]))
    assert scene.school.requests == []


def test_nobody_is_read_of_whom_nothing_is_asked(scene: Scene) -> None:
    pupils = [str(user["sourcedId"]) for user in scene.board.pupils() if user["status"] == "active"]
    scene.school.forget()
    assert scene.preview("alles", pupils[0]).released
    asked = [each.path for each in scene.school.requests]
    assert not any(path.endswith(("/users", "/demographics", "/classes")) for path in asked)
    assert not any(other in path for path in asked for other in pupils[1:])


@pytest.mark.parametrize("answer", ["refuses", "finds-nothing", "gives-everybody", "miscounts", "garbles"])
def test_a_system_that_cannot_filter_changes_nothing(scene: Scene, answer: str) -> None:
    pupil = next(str(user["sourcedId"]) for user in scene.board.pupils() if user["status"] == "active")
    right = scene.preview("alles", pupil)
    assert right.groups

    def bent(asked: Asked, given: Answer) -> Answer:
        if asked.parameter("filter") is None:
            return given
        if answer == "refuses":
            return given.altered(status=400, body=b"{}", headers=())
        if answer == "garbles":
            return given.altered(body=b"<html>")
        if answer == "miscounts":
            return given.altered(headers=(("Content-Type", "application/json"), ("X-Total-Count", "7")))
        rows = scene.board.records("enrollments") if answer == "gives-everybody" else []
        total = (("Content-Type", "application/json"), ("X-Total-Count", str(len(rows))))
        return given.altered(body=orjson.dumps({"enrollments": rows}), headers=total)

    scene.school.faults.add("enrollments", afterwards=bent)
    try:
        assert scene.preview("alles", pupil) == right
    finally:
        scene.school.faults.clear()


def test_person_without_a_role_that_goes_is_told_apart_from_one_out_of_scope(scene: Scene) -> None:
    active = [user for user in scene.board.pupils() if user["status"] == "active"]
    found = scene.preview("alles", str(active[3]["sourcedId"]))
    assert found.reason == "role_out_of_scope"
    assert found.message
    assert found.remedy


def test_texts_of_a_group_that_no_refresh_published_are_not_guessed(scene: Scene) -> None:
    board = scene.board
    new = board.add_pupil(given="Nieuw", family="Gekomen", school=board.schools[0])
    group = dict(board.records("classes")[0])
    title = "Leesclub van Roos Vermeulen"
    board.put("classes", {**group, "sourcedId": "nieuwe-groep", "title": title})
    board.enrol(new, "nieuwe-groep")
    try:
        (found,) = [
            each
            for each in scene.preview("alles", new).groups
            if each.real and each.real["class"] == "nieuwe-groep"
        ]
    finally:
        board.remove_pupil(new)
        board.remove("classes", "nieuwe-groep")
    assert found.sent is not None
    assert found.sent_class is not None
    assert found.texts_known is False
    assert title not in repr(found.sent_class)
    assert "title" not in found.sent_class
    assert found.size is None
    assert not found.small
