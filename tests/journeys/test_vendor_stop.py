"""The switch that stops a vendor: from its very next request, both ways, apart from every agreement."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from gateway.database import writing
from gateway.demo.board import made_up_board
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor
from gateway.school import agreements
from gateway.school.vendors import switch
from tests.journeys.door import Clock, opened
from tests.journeys.rig import Rig

KVK = "87654321"
WHO = ("--by", "privacy officer", "--reason", "datalek gemeld")


@dataclass
class Scene:
    """Two products of one vendor and one of another, all pulled before."""

    rig: Rig
    school: SimulatedSchool
    one: SimulatedVendor
    two: SimulatedVendor
    other: SimulatedVendor

    def code(self, vendor: SimulatedVendor) -> tuple[int, str]:
        """Status of a pull, and the stable code of its refusal."""
        answer = vendor.get("users", limit=2)
        if answer.status == 200:
            return 200, ""
        return answer.status, str(answer.document()["imsx_description"]).partition(":")[0]

    def stop(self, vendor: str = KVK) -> dict[str, object]:
        return self.rig.command("vendor", "stop", vendor, *WHO)

    def resume(self) -> dict[str, object]:
        return self.rig.command("vendor", "resume", KVK, *WHO)

    def switches(self) -> list[str]:
        return [str(entry["event"]) for entry in self.rig.audited() if ":vendor:" in str(entry["event"])]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    board = made_up_board(11, schools=2, pupils=16, guardians=False)
    with SimulatedSchool(board) as school:
        rig = Rig(tmp_path, [school])
        try:
            rig.agree("rekenwijs", kvk=KVK)
            rig.command("agreement", "end", "VO-rekenwijs", "--on", "2099-07-31")
            paper = rig.record("rekenwijs-plus", kvk=KVK)
            _register_second(rig, paper)
            rig.agree("taalplezier", kvk="12348765")
            vendors = [rig.vendor(product) for product in ("rekenwijs", "rekenwijs-plus", "taalplezier")]
            rig.refresh()
            with opened(rig, Clock()):
                for vendor in vendors:
                    assert vendor.get("users", limit=2).status == 200
                school.forget()
                yield Scene(rig, school, *vendors)
        finally:
            rig.stop()


def _register_second(rig: Rig, record: dict[str, object]) -> None:
    import json

    path = rig.folder / "second.json"
    path.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    who = ("--by", "bestuurder")
    rig.command("agreement", "register", str(path), "--by", "applicatiebeheerder", "--new")
    rig.command("agreement", "approve", "VO-rekenwijs-plus", *who)
    rig.command("agreement", "accept-finding", "VO-rekenwijs-plus", "no_document", "--reason", "toets", *who)
    rig.command("agreement", "activate", "VO-rekenwijs-plus")


def test_stopping_a_vendor_stops_all_its_products_and_no_other(scene: Scene) -> None:
    before = len(scene.rig.disclosures())

    done = scene.stop()

    assert done["products"] == ["rekenwijs", "rekenwijs-plus"]
    assert [scene.code(vendor) for vendor in (scene.one, scene.two)] == [(403, "vendor_stopped")] * 2
    assert scene.code(scene.other) == (200, "")
    assert len(scene.rig.disclosures()) == before + 1
    refused = [
        entry for entry in scene.rig.audited("front") if str(entry["event"]).endswith("request:refused")
    ]
    assert [entry["details"]["reason"] for entry in refused] == ["vendor_stopped"] * 2  # type: ignore[index]
    assert scene.switches() == ["person:vendor:stopped"]
    assert scene.school.asked() == 0


def test_a_stopped_vendor_is_told_why_whom_to_ask_and_gets_no_token(scene: Scene) -> None:
    scene.stop("rekenwijs-plus")

    asked = scene.one.get("users", limit=2).body
    told = scene.one.send("GET", scene.one.url("/me")).document()
    token = scene.one.token()

    assert b"fg@voorbeeldscholen.example" in asked
    assert b"datalek gemeld" not in asked
    assert told["in_force"] is False
    assert told["refusal"]["code"] == "vendor_stopped"  # type: ignore[index]
    assert token.status == 400
    assert "vendor_stopped" in str(token.document()["error_description"])


def test_a_stopped_vendor_returns_nothing_and_what_it_returned_before_arrives(scene: Scene) -> None:
    assert scene.one.put("categories", "voor", {"title": "Toetsen"}).status == 201

    scene.stop()
    refused = scene.one.put("categories", "na", {"title": "Toetsen"})
    scene.rig.command("deliver", "--once")

    assert refused.status == 403
    assert b"vendor_stopped" in refused.body
    titles = [write.collection for write in scene.school.writes]
    assert titles == ["categories"]


def test_a_stopped_vendor_is_neither_read_for_nor_exported_nor_previewed(
    scene: Scene, tmp_path: Path
) -> None:
    scene.stop()

    assert scene.rig.refused("refresh", "--product", "rekenwijs") == (3, "vendor_stopped")
    assert scene.rig.refused("export", "rekenwijs", "-o", str(tmp_path / "x.csv")) == (3, "vendor_stopped")
    assert scene.rig.refused(
        "preview", "--product", "rekenwijs", "--pupil", "las-1:5", "--as", "ik", "--reason", "toets"
    ) == (3, "vendor_stopped")
    assert scene.school.asked() == 0
    refreshed = scene.rig.refresh()["products"]
    assert [each["product"] for each in refreshed] == ["taalplezier"]  # type: ignore[attr-defined]


def test_resuming_gives_what_the_agreements_allow_as_before(scene: Scene) -> None:
    whole = scene.one.pull("users").ids()
    scene.stop()
    assert scene.code(scene.one) == (403, "vendor_stopped")

    scene.resume()

    assert scene.one.pull("users").ids() == whole
    assert scene.school.asked() == 0
    assert scene.switches() == ["person:vendor:stopped", "person:vendor:resumed"]


def test_resuming_an_agreement_does_not_undo_a_stop_nor_the_other_way_round(scene: Scene) -> None:
    scene.stop()
    scene.rig.command("agreement", "suspend", "VO-rekenwijs")
    scene.rig.command("agreement", "activate", "VO-rekenwijs")
    assert scene.code(scene.one) == (403, "vendor_stopped")

    scene.rig.command("agreement", "suspend", "VO-rekenwijs")
    scene.resume()
    assert scene.code(scene.one) == (403, "agreement_suspended")
    assert scene.code(scene.two) == (200, "")

    scene.rig.command("agreement", "activate", "VO-rekenwijs")
    assert scene.code(scene.one) == (200, "")


def test_an_agreement_that_is_activated_under_a_stop_gives_nothing(scene: Scene) -> None:
    scene.rig.command("agreement", "end", "VO-rekenwijs")
    scene.stop()
    scene.rig.agree("rekenwijs", agreement_id="VO-nieuw", kvk=KVK)

    assert scene.code(scene.one) == (403, "vendor_stopped")
    scene.resume()
    assert scene.code(scene.one) == (200, "")


def test_stopping_twice_is_one_stop_and_lifting_none_is_refused(scene: Scene) -> None:
    first, second = scene.stop(), scene.stop()

    assert (first["changed"], second["changed"]) == (True, False)
    assert first["since"] == second["since"]
    assert scene.switches() == ["person:vendor:stopped"]
    scene.resume()
    assert scene.rig.refused("vendor", "resume", KVK, *WHO) == (3, "vendor_not_stopped")


def test_a_row_of_the_door_made_before_the_stop_does_not_lift_it(scene: Scene) -> None:
    scene.stop()
    with writing(scene.rig.services().front) as connection:
        connection.execute(
            text(
                "INSERT INTO compiled_agreements SELECT board_id, product, publication + 100, digest, content, "
                "published_at_ms FROM compiled_agreements WHERE product = 'rekenwijs' AND publication = 1"
            )
        )
    assert scene.code(scene.one) == (403, "agreement_altered")


def test_a_publication_that_began_before_the_stop_does_not_lift_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The calendar's minute has read that the agreement goes again, and has not told the door yet.
    services = scene.rig.services()
    scene.rig.command("agreement", "suspend", "VO-rekenwijs")
    real, publish = agreements.publish_current, agreements._publish
    monkeypatch.setattr(agreements, "publish_current", lambda *_, **__: [])
    scene.rig.command("agreement", "activate", "VO-rekenwijs")
    has_read, may_tell = threading.Event(), threading.Event()

    def slow(*given: Any, **options: Any) -> bool:
        if threading.current_thread().name == "calendar":
            has_read.set()
            may_tell.wait(5)
        return publish(*given, **options)

    monkeypatch.setattr(agreements, "_publish", slow)
    now = datetime.now(UTC)
    calendar = threading.Thread(target=real, args=(services,), kwargs={"now": now}, name="calendar")
    stopping = threading.Thread(
        target=switch.stop, args=(services, services.person("privacy officer"), KVK),
        kwargs={"reason": "datalek", "now": now},
    )  # fmt: skip
    calendar.start()
    assert has_read.wait(10)
    stopping.start()
    stopping.join(0.5)
    may_tell.set()
    calendar.join()
    stopping.join()

    assert scene.code(scene.one) == (403, "vendor_stopped")


def test_the_list_of_vendors_tells_state_last_pull_end_and_clients(scene: Scene) -> None:
    scene.rig.command("agreement", "suspend", "VO-rekenwijs-plus")

    before = scene.rig.command("vendor", "list")["vendors"]
    scene.stop()
    after = scene.rig.command("vendor", "list")["vendors"]

    theirs = next(each for each in before if each["kvk"] == KVK)  # type: ignore[attr-defined]
    first, second = theirs["products"]
    assert theirs["stopped"] is None
    assert (first["product"], first["state"], first["agreement"]) == (
        "rekenwijs",
        "in_force",
        "VO-rekenwijs/1",
    )
    assert first["until"] == "2099-07-31"
    assert first["days_left"] > 20_000
    assert first["clients"] == [scene.one.client_id]
    assert str(first["last_pull"]).endswith("Z")
    assert (second["state"], second["until"], second["days_left"]) == ("suspended", None, None)
    stopped = next(each for each in after if each["kvk"] == KVK)  # type: ignore[attr-defined]
    assert stopped["stopped"]["by"] == "privacy officer"
    assert stopped["stopped"]["reason"] == "datalek gemeld"
    assert {each["state"] for each in stopped["products"]} == {"stopped"}
