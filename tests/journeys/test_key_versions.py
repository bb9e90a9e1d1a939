"""A product that moves to a new key version: what went out before is still found, and said when it cannot be."""

from __future__ import annotations

from pathlib import Path

from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor
from gateway.school.disclosure.absentees import MAX_ASKED
from tests.journeys.grading import Grader, landed, marked_board, until
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
    rig.refresh()
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


def pupils_of(vendor: SimulatedVendor) -> set[str]:
    return set(vendor.pull("students").ids())


def test_a_large_school_moves_to_a_new_key_in_one_refresh_and_results_on_old_pseudonyms_are_joined(
    tmp_path: Path,
) -> None:
    with SimulatedSchool(marked_board(0, pupils=MAX_ASKED + 10)) as school:
        rig = Rig(tmp_path, [school])
        try:
            rig.agree("rekenwijs")
            rig.refresh()
            rig.serve()
            grader = Grader(rig.vendor("rekenwijs"))
            grader.meet()
            before = pupils_of(grader.vendor)
            assert len(before) > MAX_ASKED

            rig.command("key", "add-version", "rekenwijs")
            rig.refresh()

            after = pupils_of(grader.vendor)
            assert len(after) == len(before)
            assert not after & before
            gone = grader.vendor.delta("students", "1970-01-01T00:00:00.000Z").records
            assert {each["sourcedId"] for each in gone if each["status"] == "tobedeleted"} == before
            # The vendor's teachers had a test open: it returns what it has, under the pseudonyms that it knew.
            grader.prepare("x")
            target = grader.targets[0]
            assert grader.grade("x", "r-1", target, "7.5").status == 201
            assert until(lambda: len(landed([school])) == 1)
            assert landed([school])[0].pupil == target.pupil
        finally:
            rig.stop()


def test_a_product_whose_key_was_destroyed_holds_back_no_other(rig: Rig, school: SimulatedSchool) -> None:
    for product in ("rekenwijs", "taalplezier"):
        rig.agree(product)
    rig.refresh()
    rig.command("key", "destroy", "rekenwijs")
    pupil = str(school.board.pupils()[0]["sourcedId"])
    school.board.remove_pupil(pupil, tombstone=True)

    assert rig.refused("refresh") == (3, "no_key_for_product")

    published = [each for each in rig.audited() if each["event"] == "gateway:refresh:finished"]
    assert [each["product"] for each in published[-2:]] == ["taalplezier", "taalplezier"]
    held_back = [each for each in rig.audited() if each["event"] == "gateway:refresh:held_back"]
    assert [(each["product"], each["details"]["reason"]) for each in held_back] == [  # type: ignore[index]
        ("rekenwijs", "no_key_for_product")
    ]
