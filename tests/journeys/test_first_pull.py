"""The first pull of a vendor, as its platform and the school's IT see it."""

from __future__ import annotations

from gateway.demo.board import role_of
from gateway.demo.school_system import SimulatedSchool
from tests.journeys.rig import Rig


def test_first_pull_before_any_refresh_asks_the_school_side_and_gets_pupils(
    rig: Rig, school: SimulatedSchool
) -> None:
    rig.agree("rekenwijs")
    vendor = rig.vendor("rekenwijs")
    rig.serve()
    school.forget()

    pull = vendor.pull("users", limit=7)

    assert pull.refused is None
    active = [user for user in school.board.pupils() if user["status"] == "active"]
    assert sum(role_of(user) == "student" for user in pull.records) == len(active)
    assert school.asked("users") > 0
    pages = [row for row in rig.disclosures() if row["kind"] == "user"]
    assert len(pages) == pull.pages


def test_pull_without_agreement_is_refused_and_reads_nothing(rig: Rig, school: SimulatedSchool) -> None:
    vendor = rig.vendor("rekenwijs")
    rig.serve()
    school.forget()

    answer = vendor.token()

    assert answer.status == 400
    assert b"agreement_missing" in answer.body
    assert school.requests == []
    assert rig.disclosures() == []
    refused = [entry for entry in rig.audited("front") if str(entry["event"]).endswith(":refused")]
    assert [entry["details"]["reason"] for entry in refused] == ["agreement_missing"]  # type: ignore[index]


def test_pull_after_agreement_ended_is_refused_and_reads_nothing(rig: Rig, school: SimulatedSchool) -> None:
    reference = rig.agree("rekenwijs")
    vendor = rig.vendor("rekenwijs")
    rig.refresh()
    rig.serve()
    assert vendor.pull("users").refused is None
    rig.command("agreement", "end", reference)
    school.forget()
    before = len(rig.disclosures())

    pull = vendor.pull("users")

    assert pull.refused is not None
    assert pull.refused.status == 403
    assert b"agreement_ended" in pull.refused.body
    assert b"sourcedId" not in pull.refused.body
    assert school.requests == []
    assert len(rig.disclosures()) == before
