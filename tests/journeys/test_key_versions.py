"""A product that moves to a new key version: what went out before is still found, and said when it cannot be."""

from __future__ import annotations

from gateway.demo.school_system import SimulatedSchool
from tests.journeys.rig import Rig


def disclosed(rig: Rig, pupil: str) -> dict[str, object]:
    return rig.command("register", "disclosures", "--pupil", f"las-1:{pupil}", "--as", "functionaris")


def test_disclosures_under_an_older_key_version_are_found_and_a_destroyed_key_is_said(
    rig: Rig, school: SimulatedSchool
) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    rig.command("export", "rekenwijs", "-o", str(rig.folder / "eerste.csv"))
    pupil = str(school.board.pupils()[0]["sourcedId"])
    before = disclosed(rig, pupil)
    assert before["disclosures"]

    rig.command("key", "add-version", "rekenwijs")
    rig.refresh("--accept")
    rig.command("export", "rekenwijs", "-o", str(rig.folder / "tweede.csv"))

    both = disclosed(rig, pupil)
    assert len(both["disclosures"]) == 2 * len(before["disclosures"])  # type: ignore[arg-type]
    assert both["cannot_be_told"] == []
    first = (rig.folder / "eerste.csv").read_text().splitlines()[1].split(",")[0]
    assert first not in (rig.folder / "tweede.csv").read_text()

    rig.command("key", "destroy", "rekenwijs")
    after = disclosed(rig, pupil)
    assert after["disclosures"] == []
    assert after["cannot_be_told"] == ["rekenwijs"]
