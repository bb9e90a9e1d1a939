"""What changes while a vendor is at it counts from that instant. A refusal leaves the source untouched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from contracts.tables import agreement_versions
from gateway.connections.tables import compiled_agreements
from gateway.database import writing
from gateway.demo import papers
from gateway.demo.board import MadeUpBoard, made_up_board
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import Exchange, SimulatedVendor
from gateway.front.services import FrontServices
from tests.journeys.door import Clock, opened
from tests.journeys.rig import Rig

PRODUCT = "rekenwijs"


@dataclass
class Scene:
    """A board whose vendor has pulled before, and the door in this process."""

    rig: Rig
    school: SimulatedSchool
    board: MadeUpBoard
    vendor: SimulatedVendor
    agreement: str
    door: FrontServices
    clock: Clock

    def first_page(self) -> Exchange:
        """One page of three; the walk has more."""
        answer = self.vendor.get("users", limit=3)
        assert answer.status == 200
        return answer

    def second_page(self) -> Exchange:
        return self.vendor.get("users", limit=3, offset=3)

    def version(self, **changes: Any) -> str:
        """Register the next version of the agreement; a narrowing one acts at once."""
        return self.rig.register(PRODUCT, agreement_id=f"VO-{PRODUCT}", **changes)

    def refused_events(self) -> list[dict[str, Any]]:
        return [entry for entry in self.rig.audited("front") if str(entry["event"]).endswith(":refused")]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    board = made_up_board(11, schools=2, pupils=16, guardians=False)
    with SimulatedSchool(board) as school:
        rig = Rig(tmp_path, [school])
        clock = Clock()
        try:
            agreement = rig.agree(PRODUCT)
            vendor = rig.vendor(PRODUCT)
            rig.refresh()
            with opened(rig, clock) as door:
                school.forget()
                yield Scene(rig, school, board, vendor, agreement, door, clock)
        finally:
            rig.stop()


def suspend(scene: Scene) -> None:
    scene.rig.command("agreement", "suspend", scene.agreement)


def end(scene: Scene) -> None:
    scene.rig.command("agreement", "end", scene.agreement)


def revoke(scene: Scene) -> None:
    scene.rig.command("client", "revoke", scene.vendor.client_id)


def stop_vendor(scene: Scene) -> None:
    scene.rig.command("vendor", "stop", PRODUCT, "--by", "privacy officer", "--reason", "datalek gemeld")


STOPS: dict[Callable[[Scene], None], tuple[int, bytes]] = {
    suspend: (403, b"agreement_suspended"),
    end: (403, b"agreement_ended"),
    revoke: (401, b"token_invalid"),
    stop_vendor: (403, b"vendor_stopped"),
}
stops = pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.__name__)


def assert_refused(scene: Scene, answer: Exchange, status: int, code: bytes, *, disclosures: int) -> None:
    """The answer, what left, and what was registered; and nothing was asked of the school."""
    assert answer.status == status, answer.body
    assert code in answer.body
    assert b"sourcedId" not in answer.body
    assert len(scene.rig.disclosures()) == disclosures
    assert scene.refused_events()[-1]["details"]["reason"] == code.decode()
    assert scene.school.asked() == 0


@stops
def test_stopped_between_two_pages_the_next_page_is_refused(
    scene: Scene, stop: Callable[[Scene], None]
) -> None:
    scene.first_page()
    stop(scene)
    answer = scene.second_page()
    assert_refused(scene, answer, *STOPS[stop], disclosures=1)


@stops
def test_stopped_between_authentication_and_answer_nothing_leaves(
    scene: Scene, stop: Callable[[Scene], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = scene.door.holdings.page

    def stopped_meanwhile(*given: Any, **options: Any) -> Any:
        page = real(*given, **options)
        stop(scene)
        return page

    scene.vendor.token()
    monkeypatch.setattr(scene.door.holdings, "page", stopped_meanwhile)
    answer = scene.vendor.get("users", limit=3)

    status, code = STOPS[stop]
    # The page had been registered, before its first byte; that it did not leave is registered too.
    assert_refused(scene, answer, status, code, disclosures=1)
    unsent = [entry for entry in scene.rig.audited("front") if "not_sent" in str(entry["event"])]
    assert [entry["details"]["reason"] for entry in unsent] == [code.decode()]  # type: ignore[index]


@pytest.mark.parametrize("stop", [suspend, end, stop_vendor], ids=lambda stop: stop.__name__)
def test_stopped_while_a_refresh_runs_nothing_of_it_is_published(
    scene: Scene, stop: Callable[[Scene], None]
) -> None:
    before = scene.rig.disclosures()
    scene.board.add_pupil(given="Nieuw", family="Gekomen", school=scene.board.schools[0])
    scene.school.faults.calls("classes", lambda: stop(scene))
    outcome = scene.rig.refused("refresh")
    assert outcome == (3, "agreement_changed")

    answer = scene.vendor.get("users", limit=3)
    assert answer.status in (400, 403)
    assert STOPS[stop][1] in answer.body
    assert scene.rig.disclosures() == before
    held_back = [entry for entry in scene.rig.audited() if "held_back" in str(entry["event"])]
    assert [entry["details"]["reason"] for entry in held_back] == ["agreement_changed"]  # type: ignore[index]


def test_narrowed_while_a_refresh_runs_the_next_refresh_releases_the_narrower(scene: Scene) -> None:
    scene.school.faults.calls("classes", lambda: scene.version(brins=["99ZZ"]))
    assert scene.rig.refused("refresh") == (3, "agreement_changed")
    assert scene.vendor.get("users", limit=3).status == 503
    scene.rig.refresh()
    pull = scene.vendor.pull("orgs")
    assert len(pull.records) == 1


def without(*names: str) -> list[dict[str, object]]:
    kept = []
    for entry in papers.full_terms():
        fields = [name for name in entry["fields"] if name not in names]  # type: ignore[attr-defined]
        if fields:
            kept.append({**entry, "fields": fields})
    return kept


def test_narrowed_in_a_field_between_two_pages_the_field_is_gone_from_the_next(scene: Scene) -> None:
    pupils = "roles.role='student'"
    first = scene.vendor.get("students", limit=3).records()
    assert all("grades" in record for record in first)
    scene.version(data=without("user.grades"))
    second = scene.vendor.get("students", limit=3, offset=3).records()
    assert second
    assert all("grades" not in record for record in second), pupils
    shown = [row["fields"] for row in scene.rig.disclosures()]
    assert "user.grades" in str(shown[0])
    assert "user.grades" not in str(shown[1])
    assert scene.school.asked() == 0


def test_narrowed_in_scope_between_two_pages_waits_for_a_refresh(scene: Scene) -> None:
    before = {str(record["sourcedId"]) for record in scene.vendor.pull("users").records}
    scene.first_page()
    disclosures = len(scene.rig.disclosures())
    scene.version(brins=["99ZZ"])
    answer = scene.second_page()
    assert answer.status == 503
    assert answer.header("Retry-After") is not None
    assert b"sourcedId" not in answer.body
    assert len(scene.rig.disclosures()) == disclosures
    assert scene.school.asked() == 0

    scene.rig.refresh()
    left = scene.vendor.pull("users")
    assert {str(record["sourcedId"]) for record in left.records} < before
    delta = scene.vendor.delta("users", "1970-01-01T00:00:00.000Z").records
    gone = {str(record["sourcedId"]) for record in delta if record["status"] == "tobedeleted"}
    assert gone == before - {str(record["sourcedId"]) for record in left.records}
    assert not any("grades" in record for record in delta if record["status"] == "tobedeleted")


def test_a_wider_version_gives_nothing_before_it_is_active_and_refreshed(scene: Scene) -> None:
    wider = [
        *papers.full_terms(),
        papers._entry("contactgegevens", ["user.email"], "alias", "out", subjects=["leerling"]),
    ]
    scene.first_page()
    reference = scene.version(data=wider)
    assert scene.rig.command("agreement", "show", reference)["state"] == "approved"
    assert not any("email" in record for record in scene.vendor.pull("students").records)
    scene.rig.command("agreement", "end", scene.agreement)
    scene.rig.command("agreement", "activate", reference)
    assert not any("email" in record for record in scene.vendor.pull("students").records)
    scene.rig.refresh()
    pupils = scene.vendor.pull("students").records
    assert all(str(record.get("email")).endswith(".invalid") for record in pupils)


def test_resumed_after_suspension_the_walk_goes_on_where_it_was(scene: Scene) -> None:
    whole = scene.vendor.pull("users", limit=1_000).ids()
    first = scene.first_page().records()
    suspend(scene)
    assert scene.second_page().status == 403
    scene.rig.command("agreement", "activate", scene.agreement)
    second = scene.second_page().records()
    assert [str(record["sourcedId"]) for record in (*first, *second)] == whole[:6]
    assert scene.school.asked() == 0


def test_a_clock_set_back_refuses_everything_until_it_is_right_again(scene: Scene) -> None:
    scene.first_page()
    now = datetime.now(UTC)
    scene.clock.fixed = now + timedelta(minutes=20)
    assert scene.second_page().status == 200
    scene.clock.fixed = now
    answer = scene.second_page()
    assert_refused(scene, answer, 403, b"clock_set_back", disclosures=2)
    scene.clock.fixed = now + timedelta(minutes=21)
    assert scene.second_page().status == 200


def test_a_row_changed_at_the_door_is_refused_at_the_next_request(scene: Scene) -> None:
    scene.first_page()
    with writing(scene.door.engine) as connection:
        newest = compiled_agreements.c.publication.desc()
        row = connection.execute(compiled_agreements.select().order_by(newest)).first()
        assert row is not None
        wider = row.content.replace(b'"generalised"', b'"clear"')
        assert wider != row.content
        connection.execute(update(compiled_agreements).values(content=wider))
    assert_refused(scene, scene.second_page(), 403, b"agreement_altered", disclosures=1)


def test_a_row_changed_at_the_school_releases_nothing_more(scene: Scene) -> None:
    scene.first_page()
    with writing(scene.rig.services().school) as connection:
        found = connection.execute(agreement_versions.select()).one()
        column = next(
            name
            for name, value in found._mapping.items()
            if isinstance(value, bytes) and b"generalised" in value
        )
        connection.execute(
            update(agreement_versions).values(
                {column: getattr(found, column).replace(b'"generalised"', b'"clear"')}
            )
        )
    scene.board.add_pupil(given="Nieuw", family="Gekomen", school=scene.board.schools[0])
    disclosures = len(scene.rig.disclosures())
    assert scene.rig.command("refresh")["products"] == []
    assert scene.school.asked() == 0
    assert scene.rig.command("agreement", "list")["altered"] != []
    # The door hears of it with the next thing that the school side does, and stops.
    assert_refused(scene, scene.second_page(), 403, b"agreement_suspended", disclosures=disclosures)


def test_an_agreement_cannot_be_approved_by_a_row_in_the_table(scene: Scene) -> None:
    reference = scene.rig.register("vreemd", kvk="99999999", brins=["99ZZ"])
    with writing(scene.rig.services().school) as connection:
        connection.execute(
            text("update agreement_versions set state = 'active' where agreement_id = 'VO-vreemd'")
        )
    scene.rig.refused("agreement", "activate", reference)
    vendor = scene.rig.vendor("vreemd")
    assert vendor.token().status == 400
    assert scene.school.asked() == 0
