"""What the simulated school system answers is legal by the official OpenAPI files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft4Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT4

from gateway.demo.board import MadeUpBoard, made_up_board, role_of, sourced_id, split_boards
from gateway.demo.canaries import canary_board
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor
from tests.shared import shared_path

pytestmark = pytest.mark.shared

BOARDS: dict[str, Callable[[], MadeUpBoard]] = {
    "demo": lambda: made_up_board(7),
    "numbers": lambda: split_boards(7)[1],
    "canaries": lambda: canary_board(7).board,
}


def routes() -> Iterator[tuple[str, str]]:
    for service in ("rosters", "gradebook"):
        name = f"onerosterv1p2{service}service_openapi3_v1p0.json"
        for path, operations in official(name)["paths"].items():
            if "get" in operations and not any(word in path for word in ("coreScale", "assessment")):
                yield name, path


@cache
def official(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(shared_path("oneroster-openapi", name).read_text())
    return document


@cache
def validator(name: str, path: str, status: str) -> Draft4Validator:
    place = "/".join(
        quote(part.replace("~", "~0").replace("/", "~1"), safe="~")
        for part in ("paths", path, "get", "responses", status, "content", "application/json", "schema")
    )
    registry = Registry().with_resource("urn:oneroster", DRAFT4.create_resource(official(name)))
    schema = {"$ref": f"urn:oneroster#/{place}"}
    return Draft4Validator(schema, registry=registry, format_checker=FormatChecker())


@pytest.mark.parametrize("kind", sorted(BOARDS))
def test_every_read_is_legal(kind: str, start_vendor: Callable[..., SimulatedVendor]) -> None:
    board = BOARDS[kind]()
    counts = dict.fromkeys(("checked", "records"), 0)
    with SimulatedSchool(board) as school:
        vendor = start_vendor(school.base_url, school.token_url, school.client_id, school.client_secret)
        for name, path in routes():
            place = fill(path, board)
            answer = vendor.get(place.lstrip("/"), **({} if path.endswith("}") else {"limit": 500}))
            assert answer.status == 200, path
            errors = [error.message for error in validator(name, path, "200").iter_errors(answer.json())]
            assert errors == [], path
            counts["checked"] += 1
            counts["records"] += len(answer.records())
    assert counts["checked"] == 41 + 11
    assert counts["records"] > 300


def fill(path: str, board: MadeUpBoard) -> str:
    """The path with ids of records that are there; those of a class belong together."""
    enrolment = next(one for one in board.records("enrollments") if one["role"] == "student")
    teacher = next(user for user in board.records("users") if role_of(user) == "teacher")
    wanted = {
        "schools": sourced_id(enrolment["school"]),
        "classes": sourced_id(enrolment["class"]),
        "students": sourced_id(enrolment["user"]),
        "users": sourced_id(enrolment["user"]),
        "teachers": teacher["sourcedId"],
        "terms": next(s for s in board.records("academicSessions") if s["type"] == "term")["sourcedId"],
        "gradingPeriods": board.records("academicSessions")[-1]["sourcedId"],
    }
    parts = path.strip("/").split("/")
    for place in range(1, len(parts), 2):
        collection = parts[place - 1]
        parts[place] = str(wanted.get(collection) or board.records(collection)[0]["sourcedId"])
    return "/".join(parts)


def test_errors_are_legal_in_the_standard_style(
    school: SimulatedSchool, start_vendor: Callable[..., SimulatedVendor]
) -> None:
    vendor = start_vendor(school.base_url, school.token_url, school.client_id, school.client_secret)
    name = "onerosterv1p2rostersservice_openapi3_v1p0.json"
    for path, answer in (
        ("/users/{sourcedId}", vendor.get("users/x")),
        ("/users", vendor.get("users", filter="x")),
    ):
        check = validator(name, path, str(answer.status))
        assert [error.message for error in check.iter_errors(answer.json())] == []
