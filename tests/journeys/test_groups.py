"""How much a vendor sees of groups: none, made up, or as they are."""

from __future__ import annotations

from collections import Counter

from gateway.demo import papers
from gateway.demo.board import MadeUpBoard, role_of
from gateway.demo.school_system import SimulatedSchool
from gateway.school.disclosure import coarse
from tests.journeys.linkage import ref
from tests.journeys.rig import Rig


def active(board: MadeUpBoard, collection: str) -> list[dict[str, object]]:
    return [record for record in board.records(collection) if record["status"] == "active"]


def test_groups_none_gives_no_class_course_or_enrolment(rig: Rig, school: SimulatedSchool) -> None:
    rig.agree("rekenwijs", groups="none")
    vendor = rig.vendor("rekenwijs")
    rig.refresh()
    rig.serve()

    assert vendor.pull("users").records
    for collection in ("classes", "enrollments", "courses"):
        pull = vendor.pull(collection)
        assert pull.records == []
        assert pull.refused is None
        assert pull.total == 0
    assert {row["kind"] for row in rig.disclosures() if row["fields"]} == {"user"}


def test_groups_coarse_gives_one_made_up_class_per_school_and_grade(
    rig: Rig, school: SimulatedSchool, board: MadeUpBoard
) -> None:
    rig.agree("rekenwijs", groups="coarse", services=["roster"])
    vendor = rig.vendor("rekenwijs")
    rig.refresh()
    rig.serve()
    pupils = {user["sourcedId"]: user for user in active(board, "users") if role_of(user) == "student"}
    expected = Counter(
        (ref(pupil, "primaryOrg"), grade) for pupil in pupils.values() for grade in pupil["grades"]  # type: ignore[attr-defined]
    )

    classes = {record["sourcedId"]: record for record in vendor.pull("classes").records}
    enrolments = vendor.pull("enrollments").records
    students = Counter(ref(row, "class") for row in enrolments if row["role"] == "student")

    assert sorted(students.values()) == sorted(expected.values())
    assert len(classes) == len(expected) == len(students)
    assert {record["title"] for record in classes.values()} == {coarse.title(grade) for _, grade in expected}
    assert Counter(record["grades"][0] for record in classes.values()) == Counter(grade for _, grade in expected)  # type: ignore[index]
    # References lead to what was released: one course and one school year per school.
    courses = {record["sourcedId"] for record in vendor.pull("courses").records}
    sessions = {record["sourcedId"]: record for record in vendor.pull("academicSessions").records}
    assert {ref(record, "course") for record in classes.values()} == courses
    assert len(courses) == len(board.schools)
    for record in classes.values():
        (term,) = record["terms"]  # type: ignore[misc]
        assert sessions[term["sourcedId"]]["type"] == "schoolYear"
    users = {record["sourcedId"] for record in vendor.pull("users").records}
    assert {ref(row, "user") for row in enrolments} <= users
    assert any(row["role"] == "teacher" for row in enrolments)


def test_groups_coarse_lets_nothing_of_a_real_group_out(
    rig: Rig, school: SimulatedSchool, board: MadeUpBoard
) -> None:
    rig.agree("rekenwijs", groups="coarse", services=["roster"])
    vendor = rig.vendor("rekenwijs")
    rig.refresh()
    rig.serve()
    for collection in ("users", "classes", "enrollments", "courses", "academicSessions", "orgs", "demographics"):
        assert vendor.pull(collection).refused is None

    received = vendor.received_bytes()
    for group in board.records("classes"):
        title, code = str(group["title"]), str(group.get("classCode", ""))
        assert len(title) < 9 or title.encode() not in received
        assert str(group["sourcedId"]).encode() not in received
        assert not code or f'"{code}"'.encode() not in received
    for course in board.records("courses"):
        assert str(course["title"]).encode() not in received


def test_groups_coarse_without_listed_titles_has_placeholders(rig: Rig, school: SimulatedSchool) -> None:
    rig.agree("rekenwijs", groups="coarse", services=["roster"], data=papers.full_terms()[:1])
    vendor = rig.vendor("rekenwijs")
    rig.refresh()
    rig.serve()

    classes = vendor.pull("classes").records
    assert classes
    assert {record["title"] for record in classes} == {"Groep"}
    assert all("grades" not in record for record in classes)


def test_a_pupil_who_goes_up_a_grade_changes_made_up_class(
    rig: Rig, school: SimulatedSchool, board: MadeUpBoard
) -> None:
    rig.agree("rekenwijs", groups="coarse", services=["roster"])
    vendor = rig.vendor("rekenwijs")
    rig.refresh()
    rig.serve()
    before = vendor.pull("enrollments").records
    pupil = next(user for user in active(board, "users") if role_of(user) == "student")
    board.change("users", str(pupil["sourcedId"]), grades=["2"])
    rig.refresh()

    delta = vendor.delta("enrollments", max(str(row["dateLastModified"]) for row in before)).records
    assert sorted(row["status"] for row in delta) == ["active", "tobedeleted"]
    assert len(vendor.pull("enrollments").records) == len(before)


def test_a_result_about_a_made_up_class_is_refused_and_never_reaches_the_school(
    rig: Rig, school: SimulatedSchool
) -> None:
    rig.agree("rekenwijs", groups="coarse")
    vendor = rig.vendor("rekenwijs")
    rig.refresh()
    rig.serve()
    group = vendor.pull("classes").records[0]
    assert vendor.put("categories", "cat-1", {"title": "Toets"}).status in (200, 201)
    school.forget()

    answer = vendor.put(
        "lineItems",
        "toets-1",
        {
            "title": "Toets 1",
            "assignDate": "2026-09-01",
            "dueDate": "2026-09-02",
            "class": {"sourcedId": group["sourcedId"], "type": "class", "href": "x"},
            "school": {"sourcedId": ref(group, "school"), "type": "org", "href": "x"},
            "category": {"sourcedId": "cat-1", "type": "category", "href": "x"},
            "resultValueMin": 0,
            "resultValueMax": 10,
        },
    )

    assert answer.status == 422
    assert b"made_up_class" in answer.body
    assert school.writes == []
    refused = [entry for entry in rig.audited("front") if str(entry["event"]).endswith(":refused")]
    assert refused[-1]["details"]["reason"] == "made_up_class"  # type: ignore[index]
