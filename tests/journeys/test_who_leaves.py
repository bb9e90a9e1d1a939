"""Who leaves and who does not: scope, movers, leavers, absent persons, two sources, roles, guardians, consent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.demo import papers
from gateway.demo.board import MadeUpBoard, made_up_board, role_of, split_boards
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor
from gateway.demo.wire import Answer, Asked
from tests.journeys.door import Clock, opened
from tests.journeys.linkage import ref
from tests.journeys.rig import Rig

EVER = "1970-01-01T00:00:00.000Z"


@dataclass
class Place:
    """A board with its systems, and the door in this process."""

    rig: Rig
    boards: Sequence[MadeUpBoard]
    schools: Sequence[SimulatedSchool]
    vendors: dict[str, SimulatedVendor] = field(default_factory=dict)

    def give(self, product: str = "rekenwijs", **changes: Any) -> SimulatedVendor:
        """Agree, refresh; the vendor."""
        self.rig.agree(product, **changes)
        self.vendors[product] = self.rig.vendor(product)
        self.rig.refresh()
        return self.vendors[product]


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    boards = getattr(request, "param", None) or (made_up_board(11, schools=2, pupils=24),)
    with ExitStack() as stack:
        schools = [stack.enter_context(SimulatedSchool(board)) for board in boards]
        rig = Rig(tmp_path, schools)
        stack.callback(rig.stop)
        stack.enter_context(opened(rig, Clock()))
        yield Place(rig, boards, schools)


def pupils(board: MadeUpBoard) -> list[str]:
    return [str(user["sourcedId"]) for user in board.pupils() if user["status"] == "active"]


def students(vendor: SimulatedVendor) -> set[str]:
    return set(vendor.pull("students").ids())


def gone(vendor: SimulatedVendor, collection: str = "users") -> set[str]:
    """Tombstones in a delta from the beginning."""
    found = vendor.delta(collection, EVER).records
    return {str(record["sourcedId"]) for record in found if record["status"] == "tobedeleted"}


def counted(vendor: SimulatedVendor) -> int:
    return len(students(vendor))


# -- scope ---------------------------------------------------------------------------------------------------


def test_a_pupil_who_leaves_the_scope_becomes_a_tombstone_with_all_that_hangs_on_it(place: Place) -> None:
    board = place.boards[0]
    pupil = board.pupils()[0]
    grade = str(pupil["grades"][0])  # type: ignore[index]
    scope = {"schools": ["99ZZ", "98YY"], "grades": [grade], "classes": None}
    vendor = place.give(scope=scope)
    before = students(vendor)
    expected = [user for user in board.pupils() if user["status"] == "active" and grade in user["grades"]]  # type: ignore[operator]
    assert len(before) == len(expected)

    board.change("users", str(pupil["sourcedId"]), grades=["other"])
    place.rig.refresh()

    left = before - students(vendor)
    assert len(left) == 1
    assert left <= gone(vendor)
    assert left <= gone(vendor, "demographics")
    enrolments = vendor.delta("enrollments", EVER).records
    assert any(record["status"] == "tobedeleted" for record in enrolments)
    assert not any(ref(record, "user") in left for record in enrolments if record["status"] == "active")


def test_a_pupil_who_moves_out_of_the_agreed_school_is_gone_and_one_who_moves_in_appears(
    place: Place,
) -> None:
    board = place.boards[0]
    here, there = board.schools
    mine = place.give(brins=["99ZZ"])
    other = place.give("taalwijs", brins=["98YY"])
    inside, outside = students(mine), students(other)
    of_first = [
        user for user in board.pupils() if user["status"] == "active" and ref(user, "primaryOrg") == here
    ]
    assert len(inside) in (len(of_first), len(pupils(board)) - len(of_first))
    start, target = (here, there) if len(inside) == len(of_first) else (there, here)
    mover = next(
        user for user in board.pupils() if user["status"] == "active" and ref(user, "primaryOrg") == start
    )

    board.move(str(mover["sourcedId"]), school=target)
    place.rig.refresh()

    assert len(inside - students(mine)) == 1
    assert inside - students(mine) <= gone(mine)
    assert len(students(other) - outside) == 1
    assert not gone(other)


def test_within_one_product_a_mover_keeps_the_pseudonym(place: Place) -> None:
    board = place.boards[0]
    vendor = place.give()
    before = students(vendor)
    mover = next(user for user in board.pupils() if ref(user, "primaryOrg") == board.schools[0])
    board.move(str(mover["sourcedId"]), school=board.schools[1])
    place.rig.refresh()
    assert students(vendor) == before


def test_class_limited_scope_gives_the_pupils_of_the_class_alone(place: Place) -> None:
    board = place.boards[0]
    group = board.records("classes")[0]
    members = {
        ref(record, "user")
        for record in board.records("enrollments")
        if ref(record, "class") == group["sourcedId"] and record["role"] == "student"
    } & set(pupils(board))
    scope = {"schools": ["99ZZ", "98YY"], "grades": None, "classes": [str(group["title"])]}
    vendor = place.give(scope=scope)
    assert counted(vendor) == len(members)
    assert len(vendor.pull("classes").records) == 1


def test_the_schools_of_an_unmapped_organisation_never_leave(tmp_path: Path) -> None:
    board = made_up_board(11, schools=2, pupils=24)
    hidden = board.schools[1]
    # No BRIN of the board: nobody mapped it, so it is in nobody's scope.
    board.put("orgs", board.get("orgs", hidden) | {"identifier": "00XX"})
    names = [str(user["familyName"]) for user in board.pupils() if ref(user, "primaryOrg") == hidden]
    with SimulatedSchool(board) as school:
        rig = Rig(tmp_path, [school])
        try:
            with opened(rig, Clock()):
                place = Place(rig, [board], [school])
                vendor = place.give()
                active = [user for user in board.pupils() if user["status"] == "active"]
                assert counted(vendor) == sum(ref(user, "primaryOrg") != hidden for user in active)
                assert len(vendor.pull("orgs").records) == 1
                assert names
                assert str(board.get("orgs", hidden)["name"]).encode() not in vendor.received_bytes()
        finally:
            rig.stop()


# -- leavers and absent persons --------------------------------------------------------------------------------


def test_a_leaver_marked_by_the_school_is_gone_at_once(place: Place) -> None:
    board = place.boards[0]
    vendor = place.give()
    before = students(vendor)
    leaver = pupils(board)[3]
    board.remove_pupil(leaver, tombstone=True)
    place.schools[0].forget()
    place.rig.refresh()
    assert len(before - students(vendor)) == 1
    assert before - students(vendor) <= gone(vendor)
    # The mark is enough: nobody is asked for one by one.
    assert not any(f"/users/{leaver}" in asked.path for asked in place.schools[0].requests)


def test_an_absent_pupil_of_whom_the_school_says_that_he_is_gone_goes_at_once(place: Place) -> None:
    board = place.boards[0]
    vendor = place.give()
    before = students(vendor)
    leaver = pupils(board)[3]
    board.remove_pupil(leaver)
    place.schools[0].forget()
    place.rig.refresh()
    assert len(before - students(vendor)) == 1
    assert any(f"/users/{leaver}" in asked.path for asked in place.schools[0].requests)


def overlook(school: SimulatedSchool, pupil: str) -> None:
    """The system skips a person while it is paged, though the person is there."""

    def without(_: Asked, answer: Answer) -> Answer:
        document = orjson.loads(answer.body)
        if "users" not in document:
            return answer
        document["users"] = [user for user in document["users"] if user["sourcedId"] != pupil]
        # The count agrees with the pages, so that the reader cannot notice by itself.
        headers = tuple(
            (name, str(len(document["users"])) if name == "X-Total-Count" else value)
            for name, value in answer.headers
        )
        return answer.altered(body=orjson.dumps(document), headers=headers)

    school.faults.add("users", afterwards=without)


def test_a_pupil_whom_the_pages_skip_but_who_is_there_stays(place: Place) -> None:
    board, school = place.boards[0], place.schools[0]
    vendor = place.give()
    before = students(vendor)
    overlook(school, pupils(board)[3])
    place.rig.refresh()
    assert students(vendor) == before
    assert not gone(vendor)


def test_an_absent_pupil_about_whom_the_school_gives_no_answer_goes_when_a_second_refresh_agrees(
    place: Place,
) -> None:
    board, school = place.boards[0], place.schools[0]
    vendor = place.give()
    before = students(vendor)
    leaver = pupils(board)[3]
    board.remove_pupil(leaver)
    school.faults.status(f"users/{leaver}", 403)
    place.rig.refresh()
    assert students(vendor) == before
    place.rig.refresh()
    assert len(before - students(vendor)) == 1


def test_too_many_leavers_hold_the_refresh_back_until_a_person_accepts(place: Place) -> None:
    board = place.boards[0]
    vendor = place.give()
    before = students(vendor)
    leavers = [
        str(user["sourcedId"]) for user in board.pupils() if ref(user, "primaryOrg") == board.schools[0]
    ][:9]
    for leaver in leavers:
        board.remove_pupil(leaver, tombstone=True)

    assert place.rig.refused("refresh") == (3, "removal_threshold")
    assert students(vendor) == before
    held_back = [entry for entry in place.rig.audited() if str(entry["event"]).endswith("held_back")]
    assert held_back[-1]["details"]["reason"] == "removal_threshold"  # type: ignore[index]

    place.rig.refresh("--accept")
    assert students(vendor) < before
    assert any("accepted" in str(entry["event"]) for entry in place.rig.audited())


def test_what_an_agreement_takes_away_is_never_held_back(place: Place) -> None:
    vendor = place.give()
    before = students(vendor)
    place.rig.register("rekenwijs", brins=["99ZZ"])
    place.rig.refresh()
    assert students(vendor) < before


@pytest.mark.parametrize("collection", ["users", "classes", "enrollments"])
def test_a_source_that_fails_in_the_middle_changes_nothing(place: Place, collection: str) -> None:
    board, school = place.boards[0], place.schools[0]
    vendor = place.give()
    before = vendor.pull("users").records
    board.add_pupil(given="Nieuw", family="Gekomen", school=board.schools[0])
    school.faults.status(collection, 404)
    status, _ = place.rig.refused("refresh")
    assert status == 4
    assert vendor.pull("users").records == before
    assert any("refresh:failed" in str(entry["event"]) for entry in place.rig.audited())
    school.faults.clear()
    place.rig.refresh()
    assert len(vendor.pull("users").records) == len(before) + 1


# -- two sources -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [split_boards(11, pupils=24)], indirect=True)
def test_two_sources_with_equal_numbers_never_mix(place: Place) -> None:
    first, second = place.boards
    assert set(pupils(first)) & set(pupils(second))
    vendor = place.give()
    users = {str(user["sourcedId"]): user for user in vendor.pull("users").records}
    expected = [board.records("users") for board in place.boards]
    assert len(users) == sum(
        user["status"] == "active" and role_of(user) not in ("guardian", "parent", "relative")
        for records in expected
        for user in records
    )
    # Every enrolment stays within one school: its user, class and school all come from one system.
    classes = {str(record["sourcedId"]): record for record in vendor.pull("classes").records}
    for row in vendor.pull("enrollments").records:
        orgs = {str(role["org"]["sourcedId"]) for role in users[ref(row, "user")]["roles"]}  # type: ignore[attr-defined]
        assert ref(row, "school") == ref(classes[ref(row, "class")], "school")
        assert ref(row, "school") in orgs


@pytest.mark.parametrize("place", [split_boards(11, pupils=24)], indirect=True)
def test_a_leaver_of_one_source_takes_nobody_of_the_other_along(place: Place) -> None:
    first, second = place.boards
    vendor = place.give()
    before = counted(vendor)
    shared = sorted(set(pupils(first)) & set(pupils(second)))[0]
    first.remove_pupil(shared)
    place.rig.refresh()
    assert counted(vendor) == before - 1


# -- roles, guardians, consent ---------------------------------------------------------------------------------


def test_a_teacher_who_is_a_guardian_too_is_protected_by_both(place: Place) -> None:
    board = place.boards[0]
    both = board.get("users", board.cast.staff_and_guardian)
    vendor = place.give()
    # The agreement names no guardian, and gives names of staff in clear: the stronger protection counts.
    assert str(both["familyName"]).encode() not in vendor.received_bytes()
    vendor.pull("users")
    found = [user for user in vendor.pull("users").records if user["familyName"] == both["familyName"]]
    assert found == []


def test_agents_leave_only_where_guardians_are_listed(place: Place) -> None:
    without = place.give()
    assert not any("agents" in user for user in without.pull("users").records)
    terms = [
        {**entry, "subjects": entry.get("subjects", ["leerling", "medewerker"])}
        for entry in papers.full_terms()
    ]
    vendor = place.give(
        "ouderwijs",
        subjects=["leerling", "medewerker", "wettelijk_vertegenwoordiger"],
        data=[
            *terms,
            papers._entry(
                "contactgegevens",
                ["user.givenName", "user.familyName"],
                "alias",
                "out",
                subjects=["wettelijk_vertegenwoordiger"],
            ),
        ],
    )
    users = {str(user["sourcedId"]): user for user in vendor.pull("users").records}
    agents = [
        [str(agent["sourcedId"]) for agent in user["agents"]]  # type: ignore[attr-defined]
        for user in users.values()
        if "agents" in user
    ]
    assert agents
    assert all(agent in users for each in agents for agent in each)
    # Not in the order of the school's system: that would tell a pupil's two guardians apart at two vendors.
    assert all(each == sorted(each) for each in agents)
    assert any(len(each) > 1 for each in agents)


def test_on_the_basis_of_consent_nobody_leaves_without_one(place: Place) -> None:
    vendor = place.give(legal_basis="6-1-a")
    assert students(vendor) == set()
    assert not any(row["fields"] for row in place.rig.disclosures() if row["kind"] == "demographics")
    for pupil in place.boards[0].pupils():
        assert str(pupil["familyName"]).encode() not in vendor.received_bytes()


# -- the gradebook ---------------------------------------------------------------------------------------------


def test_vendor_b_sees_the_schools_results_only_with_the_service_and_under_its_own_ids(place: Place) -> None:
    board = place.boards[0]
    data = [
        *papers.full_terms(),
        papers._entry(
            "studievoortgang", ["lineItem.title", "result.score", "result.scoreDate", "result.scoreStatus"],
            "clear", "out", necessity="voortgang", clause="bijlage 1",
        ),
    ]  # fmt: skip
    a = place.give("rekenwijs", services=["roster", "results", "gradebook"], data=data)
    b = place.give("taalwijs", services=["roster", "results", "gradebook"], data=data)
    c = place.give("leeswijs", services=["roster", "results"])
    seen = {
        vendor.name: {name: set(vendor.pull(name).ids()) for name in ("lineItems", "results")}
        for vendor in (a, b, c)
    }
    assert len(seen["rekenwijs"]["results"]) == len(seen["taalwijs"]["results"]) > 0
    assert len(seen["rekenwijs"]["results"]) <= sum(
        record["status"] == "active" for record in board.records("results")
    )
    assert not seen["rekenwijs"]["results"] & seen["taalwijs"]["results"]
    assert not seen["rekenwijs"]["lineItems"] & seen["taalwijs"]["lineItems"]
    assert seen["leeswijs"] == {"lineItems": set(), "results": set()}
    for result in b.pull("results").records:
        assert ref(result, "lineItem") in seen["taalwijs"]["lineItems"]

    # What vendor A makes, neither B (with the service gradebook) nor C sees; A reads it back.
    group = a.pull("classes").records[0]
    pupil = sorted(students(a))[0]
    assert a.put("categories", "van-a", {"title": "Van A"}).status == 201
    line_item = {
        "title": "Toets van A", "assignDate": "2026-09-01", "dueDate": "2026-09-02", "resultValueMin": 0,
        "resultValueMax": 10, "class": {"sourcedId": group["sourcedId"]}, "category": {"sourcedId": "van-a"},
        "school": {"sourcedId": ref(group, "school")},
    }  # fmt: skip
    assert a.put("lineItems", "toets-van-a", line_item).status == 201
    result = {
        "lineItem": {"sourcedId": "toets-van-a"}, "student": {"sourcedId": pupil}, "score": 7.5,
        "scoreDate": "2026-09-02", "scoreStatus": "fully graded",
    }  # fmt: skip
    assert a.put("results", "cijfer-van-a", result).status == 201
    place.rig.command("deliver", "--once")
    place.rig.refresh()
    assert "cijfer-van-a" in a.pull("results").ids()
    assert set(b.pull("results").ids()) == seen["taalwijs"]["results"]
    assert set(b.pull("lineItems").ids()) == seen["taalwijs"]["lineItems"]
    assert c.pull("results").ids() == []
    assert b.get("results/cijfer-van-a").status == 404
    assert b"Toets van A" not in b.received_bytes()
