"""A year passes: rehearsed in June, planned by a person, and seen by a vendor as exactly what changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor
from tests.journeys.door import Clock, opened
from tests.journeys.rig import Rig
from tests.journeys.years import PassingYear, passing_year

COLLECTIONS = ("users", "demographics", "classes", "enrollments", "academicSessions", "orgs", "courses")
TODAY = date.today()
WINDOW = ("--from", TODAY.isoformat(), "--until", (TODAY + timedelta(days=60)).isoformat())


@dataclass
class Summer:
    """One school at the end of a year, and a vendor that pulled everything."""

    year: PassingYear
    rig: Rig
    vendor: SimulatedVendor

    def all(self) -> dict[str, dict[str, Any]]:
        """A full pull."""
        found: dict[str, dict[str, Any]] = {}
        for collection in COLLECTIONS:
            pull = self.vendor.pull(collection)
            assert pull.refused is None
            found[collection] = {str(each["sourcedId"]): each for each in pull.records}
        return found


@pytest.fixture
def summer(tmp_path: Path) -> Iterator[Summer]:
    year = passing_year()
    with ExitStack() as stack:
        school = stack.enter_context(SimulatedSchool(year.board))
        rig = Rig(tmp_path, [school])
        stack.callback(rig.stop)
        rig.agree("rekenwijs")
        rig.refresh()
        stack.enter_context(opened(rig, Clock()))
        yield Summer(year, rig, rig.vendor("rekenwijs"))


def stamp(found: dict[str, dict[str, Any]]) -> str:
    return max(str(each["dateLastModified"]) for records in found.values() for each in records.values())


def test_a_whole_change_of_school_years(summer: Summer) -> None:
    before = summer.all()
    groups = {title: summer.year.groups[title] for title in summer.year.groups}
    assert len(groups) == 3

    # June: a rehearsal says what will change, and changes nothing.
    summer.year.open_coming_year()
    generation = len(summer.rig.audited("front"))
    rehearsal = summer.rig.command("school-year", "plan")
    (school,) = rehearsal["schools"].values()  # type: ignore[attr-defined]
    (product,) = rehearsal["products"]  # type: ignore[misc]
    assert (school["staying"], school["leaving"], school["joining"], school["same_grade"]) == (16, 14, 4, 1)
    assert school["moved"] == 16
    assert [each["title"] for each in school["old"]] == ["Groep 3", "Groep 4/5", "Groep 8"]
    assert [(each["title"], each["pupils"]) for each in school["new"]] == [
        ("Groep 3", 5),
        ("Groep 4/5", 11),
        ("Groep 6", 4),
    ]
    assert school["combination_groups"] == {"old": 1, "new": 1}
    assert (product["persons"]["leaving"], product["persons"]["new"], product["leaving"]) == (14, 4, 14)
    assert product["counts"]["class"]["added"] == 3
    assert product["counts"]["class"]["gone"] == 3
    assert summer.all() == before
    assert rehearsal["plan"] is None
    assert summer.rig.command("alias", "style", "rekenwijs")["given_out"] == 30
    assert [each["event"] for each in summer.rig.audited("front")[generation:]].count(
        "gateway:generation:published"
    ) == 0

    # A person plans it; in August the system changes over.
    planned = summer.rig.command("school-year", "expect", *WINDOW)["plan"]
    assert planned["leaving"] == {"rekenwijs": 14}  # type: ignore[index]
    noted = [each for each in summer.rig.audited() if each["event"] == "person:school_year:planned"]
    assert noted[0]["details"]["counts"] == {"rekenwijs": 14}  # type: ignore[index]
    summer.year.begin()
    summer.rig.refresh()

    # The vendor's delta is exactly what a full pull says.
    deltas = {name: summer.vendor.delta(name, stamp(before)).records for name in COLLECTIONS}
    after = summer.all()
    for name in COLLECTIONS:
        known = dict(before[name])
        for record in deltas[name]:
            if record["status"] == "tobedeleted":
                known.pop(str(record["sourcedId"]), None)
            else:
                known[str(record["sourcedId"])] = record
        assert known == after[name], name

    # Who stays keeps the pseudonym and the alias; who left is a tombstone with all that hung on it.
    stayed = before["users"].keys() & after["users"].keys()
    gone = {str(each["sourcedId"]) for each in deltas["users"] if each["status"] == "tobedeleted"}
    assert len(gone) == 14
    assert gone == before["users"].keys() - after["users"].keys()
    assert gone <= {
        str(each["sourcedId"]) for each in deltas["demographics"] if each["status"] == "tobedeleted"
    }
    assert len(after["users"].keys() - before["users"].keys()) == 4
    for each in stayed:
        assert before["users"][each].get("familyName") == after["users"][each].get("familyName")
    moved = sum(before["users"][each].get("grades") != after["users"][each].get("grades") for each in stayed)
    assert moved == 15
    assert {str(each["title"]) for each in after["classes"].values()} == {"Groep 3", "Groep 4/5", "Groep 6"}
    assert len(after["enrollments"]) == 20
    left = summer.rig.command("school-year", "plan")["plan"]
    assert left["gone"] == {"rekenwijs": 14}  # type: ignore[index]

    # The window excused one summer: a source that now fails to deliver stops the refresh.
    for pupil in [each for each, _ in summer.year.coming["Groep 4/5"][1]]:
        summer.year.board.remove_pupil(pupil)
    assert summer.rig.refused("refresh") == (3, "removal_threshold")
    assert summer.all()["users"].keys() == after["users"].keys()


def test_without_a_plan_a_summer_stops_the_refresh(summer: Summer) -> None:
    before = summer.all()
    summer.year.open_coming_year()
    summer.year.begin()

    assert summer.rig.refused("refresh") == (3, "removal_threshold")
    assert summer.all() == before


def test_a_group_that_is_called_after_its_pupil_is_shown_without_the_name(summer: Summer) -> None:
    board = summer.year.board
    summer.year.open_coming_year()
    child = board.get("users", summer.year.groups["Groep 3"][1])
    board.change(
        "classes", "class-Groep-4-5-term-2", title=f"Groep 4/5 {child['givenName']} {child['familyName']}"
    )

    told = str(summer.rig.command("school-year", "plan")["schools"])

    assert "Groep 4/5" in told
    assert str(child["familyName"]) not in told


def test_a_plan_that_was_dropped_or_whose_window_is_not_open_excuses_nobody(summer: Summer) -> None:
    summer.year.open_coming_year()
    later = (TODAY + timedelta(days=20)).isoformat(), (TODAY + timedelta(days=40)).isoformat()
    summer.rig.command("school-year", "expect", "--from", later[0], "--until", later[1])
    summer.year.begin()
    assert summer.rig.refused("refresh") == (3, "removal_threshold")

    assert summer.rig.command("school-year", "drop")["plan"] is None

    assert summer.rig.refused("refresh") == (3, "removal_threshold")
    assert summer.rig.refused("school-year", "drop") == (2, "plan_missing")
    assert summer.rig.audited()[-1]["event"] in ("person:school_year:dropped", "gateway:refresh:held_back")


def test_a_window_is_bounded_and_a_source_must_be_a_year_ahead(summer: Summer) -> None:
    for first, last in ((0, 93), (5, 4), (-20, -10), (300, 367)):
        days = [(TODAY + timedelta(days=each)).isoformat() for each in (first, last)]
        refused = summer.rig.refused("school-year", "expect", "--from", days[0], "--until", days[1])
        assert refused == (2, "window_invalid")

    assert summer.rig.refused("school-year", "plan") == (2, "coming_year_missing")
    assert summer.rig.refused("school-year", "expect", *WINDOW) == (2, "coming_year_missing")
