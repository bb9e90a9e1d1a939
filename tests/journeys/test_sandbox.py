"""The sandbox: made-up pupils behind the real program, and nothing of a real board within its reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from werkzeug.test import Client

from gateway.connections import sandbox_place
from gateway.demo.canaries import CanaryBoard, canary_board
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor
from gateway.front.counting import SharedCounts
from gateway.front.sandbox.mount import SandboxDoor
from gateway.front.services import FrontServices
from tests.journeys.rig import Rig
from tests.journeys.sandboxed import Builder, door_with_sandbox, sandbox_at_work


@dataclass
class Scene:
    """A real board full of canaries with a vendor that pulls, and a sandbox beside it."""

    rig: Rig
    school: SimulatedSchool
    canaries: CanaryBoard
    real: SimulatedVendor


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    canaries = canary_board(5, pupils=12, keep_brins=True)
    with SimulatedSchool(canaries.board) as school:
        rig = Rig(tmp_path_factory.mktemp("sandbox"), [school])
        try:
            rig.agree("rekenwijs")
            real = rig.vendor("rekenwijs")
            rig.refresh()
            with door_with_sandbox(rig), sandbox_at_work(rig.home):
                yield Scene(rig, school, canaries, real)
        finally:
            rig.stop()


@pytest.fixture
def builder(scene: Scene, request: pytest.FixtureRequest) -> Iterator[Builder]:
    # An address of its own for each test: places are few for one.
    builder = Builder(scene.rig.url, address=f"192.0.2.{sum(map(ord, request.node.name)) % 250}")
    assert builder.start().status == 201
    builder.until(lambda told: told["happened"][0]["state"] == "done")  # type: ignore[index]
    yield builder
    builder.close()


def code(vendor: SimulatedVendor) -> tuple[int, str]:
    answer = vendor.get("users", limit=2)
    return answer.status, str(answer.document().get("imsx_description", "")).partition(":")[0]


def since(vendor: SimulatedVendor) -> str:
    """The newest stamp that a vendor holds."""
    return max(str(record["dateLastModified"]) for record in vendor.pull("users").records)


def pupils(records: list[dict[str, object]]) -> list[dict[str, object]]:
    return [each for each in records if "student" in str(each.get("roles"))]


def test_vendor_without_any_agreement_pulls_made_up_pupils_with_a_plain_client(
    scene: Scene, builder: Builder
) -> None:
    users = builder.vendor.pull("users", limit=10)

    assert users.refused is None
    assert users.pages > 1
    assert len(pupils(users.records)) >= 35
    assert builder.vendor.get("/me").status == 200
    links = [each.header("Link") for each in builder.vendor.received if each.header("Link")]
    assert links
    assert all(f"<{scene.rig.url}/sandbox/ims/" in str(link) for link in links)


def test_what_happens_one_day_shows_in_the_next_delta(builder: Builder) -> None:
    vendor = builder.vendor
    assert all("birthDate" in each for each in vendor.pull("demographics").records)
    before = since(vendor)

    builder.happens("pupil_leaves_out")
    gone = vendor.delta("users", before).records
    assert [each["status"] for each in gone] == ["tobedeleted"]

    builder.happens("field_lost")
    assert not any("birthDate" in each for each in vendor.pull("demographics").records)

    before = since(vendor)
    builder.happens("pseudonyms_change")
    changed = vendor.delta("users", before).records
    statuses = {str(each["status"]) for each in changed}
    assert statuses == {"active", "tobedeleted"}
    assert len(changed) > 70

    before = since(vendor)
    builder.happens("new_school_year")
    later = vendor.delta("users", before).records
    assert sum(each["status"] == "tobedeleted" for each in later) == 4
    assert len(pupils([each for each in later if each["status"] == "active"])) >= 4


def test_consent_that_is_withdrawn_takes_one_pupil_and_newcomers_are_asked(scene: Scene) -> None:
    builder = Builder(scene.rig.url, address="198.51.100.9")
    assert builder.start("consent").status == 201
    builder.until(lambda told: told["happened"][0]["state"] == "done")  # type: ignore[index]
    vendor = builder.vendor
    assert len(pupils(vendor.pull("users").records)) >= 35
    before = since(vendor)

    builder.happens("pupil_leaves_out")
    builder.happens("pupil_leaves_out")
    gone = vendor.delta("users", before).records
    assert [each["status"] for each in gone] == ["tobedeleted"] * 2
    builder.happens("field_lost")
    # What was consented to told more than is given now, so it holds.
    assert len(pupils(vendor.pull("users").records)) >= 33

    before = since(vendor)
    builder.happens("new_school_year")
    later = pupils(vendor.delta("users", before).records)
    assert sum(each["status"] == "active" for each in later) >= 4
    builder.close()


def test_basis_that_is_none_gives_no_place(scene: Scene) -> None:
    builder = Builder(scene.rig.url, address="198.51.100.10")
    answer = builder.start("gewoon")
    assert (answer.status, answer.document()["code"]) == (400, "basis_unknown")
    builder.close()


def test_agreement_that_ends_refuses_at_once_and_a_new_one_keeps_the_pseudonyms(builder: Builder) -> None:
    before = {each["sourcedId"] for each in builder.vendor.pull("users").records}

    builder.happens("agreement_ends")
    assert code(builder.vendor) == (403, "agreement_ended")
    assert "roster" not in str(builder.vendor.token().document().get("scope"))

    builder.happens("agreement_begins")
    assert "roster" in str(builder.vendor.token().document()["scope"])
    assert {each["sourcedId"] for each in builder.vendor.pull("users").records} >= before


def test_vendor_that_the_board_stops_is_refused_until_the_stop_is_lifted(builder: Builder) -> None:
    builder.vendor.token()
    builder.happens("vendor_stopped")
    assert code(builder.vendor) == (403, "vendor_stopped")

    builder.happens("vendor_resumed")
    assert code(builder.vendor)[0] == 200


def test_what_cannot_happen_now_says_why_and_changes_nothing(builder: Builder) -> None:
    builder.press("vendor_resumed")
    told = builder.until(lambda told: told["happened"][0]["state"] != "waiting")  # type: ignore[index]

    assert told["happened"][0]["code"] == "vendor_not_stopped"  # type: ignore[index]
    assert code(builder.vendor)[0] == 200


def test_result_that_is_returned_is_told_to_have_arrived_in_the_made_up_school(builder: Builder) -> None:
    vendor = builder.vendor
    group = vendor.pull("classes").records[0]
    pupil = next(
        each["user"]
        for each in vendor.pull("enrollments").records
        if each["role"] == "student" and each["class"]["sourcedId"] == group["sourcedId"]  # type: ignore[index]
    )
    reference = {"sourcedId": group["sourcedId"], "type": "class", "href": ""}
    answers = [
        vendor.put("categories", "k-1", {"title": "Toetsen"}),
        vendor.put(
            "lineItems",
            "t-1",
            {"title": "Breuken", "class": reference, "category": {"sourcedId": "k-1", "type": "category"},
             "assignDate": "2026-11-01T00:00:00.000Z", "dueDate": "2026-11-02T00:00:00.000Z"},
        ),
        vendor.put(
            "results",
            "r-1",
            {"lineItem": {"sourcedId": "t-1", "type": "lineItem"}, "student": pupil, "score": 8.0,
             "scoreDate": "2026-11-02", "scoreStatus": "fully graded"},
        ),
    ]  # fmt: skip
    assert [each.status // 100 for each in answers] == [2, 2, 2], [each.body for each in answers]

    told = builder.until(lambda told: told["returned"].get("delivered") == 3)  # type: ignore[attr-defined]

    assert told["returned"] == {"delivered": 3}


def test_nothing_that_opens_the_one_door_opens_the_other(scene: Scene, builder: Builder) -> None:
    real, made_up = scene.real, builder.vendor
    assert real.get("users", limit=1).status == 200
    assert made_up.get("users", limit=1).status == 200
    asked = scene.school.counts.total()

    crossed = SimulatedVendor(f"{scene.rig.url}/sandbox", f"{scene.rig.url}/sandbox/oauth2/token",
                              real.client_id, real.client_secret)  # fmt: skip
    crossed.access_token = real.access_token
    assert crossed.get("users", limit=1).status == 401
    assert crossed.token().status == 401
    back = SimulatedVendor(scene.rig.url, f"{scene.rig.url}/oauth2/token",
                           made_up.client_id, made_up.client_secret)  # fmt: skip
    back.access_token = made_up.access_token
    assert back.get("users", limit=1).status == 401
    assert back.token().status == 401
    builder.said |= {"client_id": real.client_id, "client_secret": real.client_secret}
    assert builder.press("vendor_stopped").status == 401

    assert scene.school.counts.total() == asked
    assert real.get("users", limit=1).status == 200
    for vendor in (crossed, back):
        vendor.close()


def test_no_byte_of_the_real_board_is_ever_at_the_sandbox(scene: Scene, builder: Builder) -> None:
    vendor = builder.vendor
    for collection in (
        "orgs",
        "users",
        "classes",
        "enrollments",
        "demographics",
        "academicSessions",
        "courses",
    ):
        assert vendor.pull(collection).refused is None
    real_ids = [str(each["sourcedId"]) for each in scene.real.pull("users").records]
    assert vendor.get(f"users/{real_ids[0]}").status == 404
    for path in ("/", "/docs", "/me", "/start", "/../me", "/%2e%2e/me", "//me", "/sandbox/me"):
        builder.vendor.send("GET", f"{scene.rig.url}/sandbox{path}")

    seen = builder.received_bytes()
    assert scene.canaries.found_in(seen) == []
    real = scene.rig.services().settings
    for secret in (real.board_id, real.board_name, "rekenwijs", *real_ids):
        assert secret.encode() not in seen


def test_doors_of_both_have_other_keys_ids_and_registers(scene: Scene, builder: Builder) -> None:
    place = sandbox_place.current(scene.rig.home)
    assert place is not None
    before = len(scene.rig.disclosures())
    audited = len(scene.rig.audited("front"))

    builder.vendor.pull("users")
    builder.happens("agreement_ends")

    assert len(scene.rig.disclosures()) == before
    assert len(scene.rig.audited("front")) == audited
    for name in ("keys/ring", "storage/storage.key", "board_id", "data/front.sqlite"):
        assert (place.folder / name).read_bytes() != (scene.rig.home / name).read_bytes()


def test_one_address_gets_few_places_and_is_told_so(scene: Scene) -> None:
    builder = Builder(scene.rig.url, address="198.51.100.7")
    statuses = [builder.start().status for _ in range(4)]
    builder.close()

    assert statuses == [201, 201, 201, 429]


def test_sandbox_that_has_grown_too_large_answers_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox_place, "MAX_BYTES", 10)
    door = SandboxDoor(
        lambda *_: pytest.fail("not the real door"), scene.rig.home, _never, counts=SharedCounts()
    )

    answer = Client(door).post("/sandbox/start")

    assert (answer.status_code, answer.json["code"]) == (503, "sandbox_not_ready")


def _never(folder: Path) -> FrontServices:
    raise AssertionError("a sandbox that is too large is not opened")
