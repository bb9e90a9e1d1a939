"""The simulated school system speaks OneRoster 1.2, remembers what it was asked, and misbehaves on demand."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from gateway.demo.board import MadeUpBoard, made_up_board, sourced_id
from gateway.demo.records import COLLECTIONS
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor
from tests.shared import ROOT

StartVendor = Callable[..., SimulatedVendor]
StartSchool = Callable[..., SimulatedSchool]


@pytest.fixture
def client(school: SimulatedSchool, start_vendor: StartVendor) -> SimulatedVendor:
    return consumer(school, start_vendor)


def consumer(school: SimulatedSchool, start_vendor: StartVendor, **switches: object) -> SimulatedVendor:
    return start_vendor(school.base_url, school.token_url, school.client_id, school.client_secret, **switches)


def a_result(board: MadeUpBoard, **fields: object) -> dict[str, object]:
    known = board.records("results")[0]
    return {name: known[name] for name in ("lineItem", "student", "scoreStatus", "scoreDate")} | fields


# Reading


@pytest.mark.parametrize("link", [True, False])
@pytest.mark.parametrize("total", [True, False])
def test_every_collection_is_delivered_whole_however_pages_are_announced(
    small_board: MadeUpBoard, start_school: StartSchool, start_vendor: StartVendor, link: bool, total: bool
) -> None:
    school = start_school(small_board, link_header=link, total_count=total, page_cap=7)
    client = consumer(school, start_vendor)
    for collection in COLLECTIONS:
        pull = client.pull(collection, limit=10)
        assert pull.ids() == small_board.shelf(collection).ids()
        assert pull.total == (len(pull.records) if total else None)


def test_hrefs_name_the_school_system_and_lead_to_the_record(client: SimulatedVendor) -> None:
    result = client.pull("results").records[0]
    for name, kind in (("lineItem", "lineItem"), ("student", "user"), ("class", "class")):
        answer = client.get(result[name]["href"])  # type: ignore[index]
        assert answer.status == 200
        assert answer.document()[kind]["sourcedId"] == sourced_id(result[name])  # type: ignore[index]


def test_parts_of_collections_hold_the_right_records(
    client: SimulatedVendor, small_board: MadeUpBoard
) -> None:
    cast = small_board.cast
    first, second = small_board.schools
    pupils = {
        school: {str(user["sourcedId"]) for user in client.pull(f"schools/{school}/students").records}
        for school in (first, second)
    }
    assert [len(ids) for ids in pupils.values()] == [20, 20]
    assert not pupils[first] & pupils[second]
    assert set(client.pull("students").ids()) == pupils[first] | pupils[second]
    assert set(client.pull("schools").ids()) == {first, second}
    assert client.pull("terms").total == 2
    assert client.pull("gradingPeriods").total == 4
    assert client.pull(f"classes/{cast.class_named_after_pupil}/students").ids() == [cast.in_two_classes]
    assert client.pull(f"classes/{cast.class_named_after_pupil}/teachers").ids() == [cast.staff_and_guardian]
    assert set(client.pull(f"students/{cast.in_two_classes}/classes").ids()) == {
        cast.combination_class,
        cast.class_named_after_pupil,
    }
    assert client.pull(f"classes/{cast.combination_class}/students/{cast.in_two_classes}/results").total == 2
    assert client.get(f"schools/{first}/classes/{cast.combination_class}/enrollments").status == 200


@pytest.mark.parametrize(
    "path",
    ["users/unknown", "nothing", "classes/unknown/students", "users/1/2/3", "teachers/unknown"],
)
def test_what_is_not_there_is_404_with_the_path_echoed(client: SimulatedVendor, path: str) -> None:
    answer = client.get(path)
    assert answer.status == 404
    assert answer.document()["imsx_codeMajor"] == "failure"
    assert path.split("/")[-1] in str(answer.document()["imsx_description"])


def test_a_pupil_is_no_teacher_and_a_service_has_its_own_collections(
    client: SimulatedVendor, school: SimulatedSchool, small_board: MadeUpBoard
) -> None:
    assert client.get(f"teachers/{small_board.cast.left}").status == 404
    assert client.get(f"students/{small_board.cast.left}").status == 200
    assert client.get(f"{school.rostering_path}/results").status == 404
    assert client.get(f"{school.gradebook_path}/users").status == 404


def test_filters_sort_and_deltas(client: SimulatedVendor, small_board: MadeUpBoard) -> None:
    left = small_board.cast.left
    assert client.pull("users", filter="status='tobedeleted'").ids() == [left]
    assert client.pull("users", filter=f"sourcedId='{left}' AND status='active'").ids() == []
    assert client.pull("users", filter="familyName~'BERG' OR familyName='Visser'").total >= 4  # type: ignore[operator]
    assert client.pull("users", filter="familyName='''t Hart'").total >= 1  # type: ignore[operator]
    names = [
        str(user["familyName"]) for user in client.pull("users", sort="familyName", orderBy="desc").records
    ]
    assert names == sorted(names, reverse=True)
    since = small_board.tick()
    small_board.rename(left, given="Stormy")
    assert client.delta("users", since).ids() == [left]
    assert client.get("users", filter="nonsense").status == 400
    assert client.get("users", filter="a='1' AND b='2' OR c='3'").status == 400
    assert client.get("users", limit="many").status == 400


def test_fields_are_ignored_as_some_providers_do(client: SimulatedVendor) -> None:
    assert "familyName" in client.get("users", fields="sourcedId", limit=1).records()[0]


def test_a_limit_of_zero_still_counts(client: SimulatedVendor) -> None:
    answer = client.get("users", limit=0)
    assert answer.records() == []
    assert answer.header("X-Total-Count") == "94"


# Tokens


@pytest.mark.parametrize("credentials", ["basic", "form"])
def test_a_token_is_given_for_the_right_secret_only(
    school: SimulatedSchool, start_vendor: StartVendor, credentials: str
) -> None:
    assert consumer(school, start_vendor, credentials=credentials).token().status == 200
    wrong = start_vendor(
        school.base_url, school.token_url, school.client_id, "guessed", credentials=credentials
    )
    assert wrong.token().status == 401
    assert wrong.get("users").status == 401
    assert school.asked("users") == 0


def test_nothing_is_read_without_a_token(school: SimulatedSchool, client: SimulatedVendor) -> None:
    client.access_token = "made-up"
    assert client.get("users").status == 401


def test_a_token_ends_by_its_lifetime_and_by_the_school_system(
    small_board: MadeUpBoard, start_school: StartSchool, start_vendor: StartVendor
) -> None:
    school = start_school(small_board, token_lifetime_seconds=0.05)
    client = consumer(school, start_vendor)
    assert client.get("orgs").status == 200
    time.sleep(0.1)
    assert client.get("orgs").status == 401
    school.tokens.lifetime_seconds = 60
    client.token()
    assert client.get("orgs").status == 200
    school.expire_tokens()
    assert client.get("orgs").status == 401


# Writing


def test_a_result_is_stored_read_replaced_and_deleted(
    client: SimulatedVendor, school: SimulatedSchool, small_board: MadeUpBoard
) -> None:
    record = a_result(small_board, score=7.5)
    assert client.put("results", "r-1", record).status == 201
    assert client.get("results/r-1").document()["result"]["score"] == 7.5  # type: ignore[index]
    assert client.put("results", "r-1", record | {"score": 8}).status == 200
    assert client.delete("results", "r-1").status == 204
    assert client.delete("results", "r-1").status == 404
    assert [(write.method, write.identifier, write.created) for write in school.writes] == [
        ("PUT", "r-1", True),
        ("PUT", "r-1", False),
        ("DELETE", "r-1", False),
    ]
    assert school.writes[1].document["score"] == 8
    assert b'"score":8' in school.writes[1].body


def test_a_result_needs_its_line_item_and_pupil_unless_told_otherwise(
    client: SimulatedVendor, school: SimulatedSchool, small_board: MadeUpBoard
) -> None:
    orphan = a_result(small_board, lineItem={"sourcedId": "later"})
    assert client.put("results", "r-1", orphan).status == 422
    assert client.put("results", "r-1", a_result(small_board, student={"sourcedId": "x"})).status == 422
    assert school.writes == []
    line = small_board.records("lineItems")[0]
    assert (
        client.put("lineItems", "later", {name: line[name] for name in ("title", "class", "category")}).status
        == 201
    )
    assert client.put("results", "r-1", orphan).status == 201
    school.strict_references = False
    assert client.put("results", "r-2", a_result(small_board, lineItem={"sourcedId": "y"})).status == 201


def test_writes_that_are_no_record_are_refused(client: SimulatedVendor, school: SimulatedSchool) -> None:
    place = client.url("results/r-1")
    assert client.send("PUT", place, body=b"{").status == 400
    assert client.send("PUT", place, body=b'{"results": {}}').status == 422
    assert client.send("PUT", place, body=b'{"result": {"sourcedId": "other"}}').status == 422
    assert client.put("users", "u-1", {}).status == 405
    assert client.send("POST", client.url("results"), body=b"{}").status == 405
    assert school.writes == []


# What it remembers


def test_every_byte_that_was_asked_is_kept(client: SimulatedVendor, school: SimulatedSchool) -> None:
    client.get("users", filter="familyName='Çelik'")
    client.put("results", "r-1", {"comment": "blijft hangen"})
    assert b"familyName%3D%27%C3%87elik%27" in school.received()
    assert b"blijft hangen" in school.received()
    assert school.requests[1].parameter("filter") == "familyName='Çelik'"
    assert (school.asked("users"), school.asked("results", method="PUT"), school.asked()) == (1, 1, 3)
    school.forget()
    assert (school.asked(), school.received()) == (0, b"")


def test_a_body_in_chunks_is_read(
    school: SimulatedSchool, client: SimulatedVendor, small_board: MadeUpBoard
) -> None:
    client.token()
    body = json.dumps({"result": a_result(small_board)}).encode()
    connection = http.client.HTTPConnection(school.host)
    connection.request(
        "PUT",
        f"{school.gradebook_path}/results/r-9",
        body=iter([body[:20], body[20:]]),
        headers={"Authorization": f"Bearer {client.access_token}"},
        encode_chunked=True,
    )
    assert connection.getresponse().status == 201
    connection.close()
    assert school.requests[-1].body == body


# Other systems


def test_path_version_and_data_version_are_separate(
    small_board: MadeUpBoard, start_school: StartSchool, start_vendor: StartVendor
) -> None:
    school = start_school(small_board, path_version="v1p1", data_version="1.2", prefix="/api")
    client = consumer(school, start_vendor)
    assert school.base_url.endswith("/api")
    user = client.get("/ims/oneroster/v1p1/users", limit=1).records()[0]
    assert "roles" in user
    assert client.get("/ims/oneroster/v1p1/results").status == 200
    older = start_school(made_up_board(7), path_version="v1p1", data_version="1.1")
    user = consumer(older, start_vendor).get("/ims/oneroster/v1p1/users", limit=1).records()[0]
    assert user["role"] == "student"
    assert "roles" not in user
    assert user["orgs"][0]["href"].startswith(older.base_url)  # type: ignore[index]


def test_flat_errors_echo_the_id(
    small_board: MadeUpBoard, start_school: StartSchool, start_vendor: StartVendor
) -> None:
    client = consumer(start_school(small_board, errors="flat"), start_vendor)
    document = client.get("users/1234567").document()
    assert document["imsx_codeMinor"] == "invalid_data"
    assert "1234567" in str(document["imsx_description"])


# By itself


def test_it_serves_a_board_of_the_size_asked_for_in_a_process_of_its_own(start_vendor: StartVendor) -> None:
    sizes = ["--pupils", "60", "--enrolments-per-pupil", "3", "--page-cap", "50"]
    secrets = ["--client-id", "a", "--client-secret", "b"]
    with subprocess.Popen(
        [sys.executable, "-m", "gateway.demo.school_system", *sizes, *secrets],
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as serving:
        try:
            assert serving.stdout is not None
            ready = json.loads(serving.stdout.readline())
            pull = start_vendor(ready["base_url"], ready["token_url"], "a", "b").pull("enrollments")
        finally:
            serving.terminate()
    assert len(pull.records) == ready["counts"]["enrollments"] > 180
    assert serving.returncode == 0
