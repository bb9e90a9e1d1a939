"""Every answer against the official OpenAPI files of OneRoster 1.2."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft4Validator, FormatChecker

from contracts.vocabulary import Groups, Service, SubjectCategory
from gateway.front.planes.oneroster.routes import GRADEBOOK_ROUTES, ROSTERING_ROUTES, UNSUPPORTED
from gateway.holdings.withdrawal import withdraw
from gateway.roster.model import Kind
from tests.gateway.front.test_returning import CATEGORY, LINE_ITEM, RESULT, line_item, put, result
from tests.gateway.front.world import BOARD, GRADEBOOK, PRODUCT, ROSTER, Vendor, World, agreement, pseudonym
from tests.shared import shared_path

IDS = {
    "academicSession": pseudonym(Kind.ACADEMIC_SESSION, 1),
    "class": pseudonym(Kind.CLASS, 1),
    "course": pseudonym(Kind.COURSE, 1),
    "demographics": pseudonym(Kind.USER, 1),
    "enrollment": pseudonym(Kind.ENROLLMENT, 1),
    "gradingPeriod": pseudonym(Kind.ACADEMIC_SESSION, 3),
    "org": pseudonym(Kind.ORG, 2),
    "school": pseudonym(Kind.ORG, 1),
    "student": pseudonym(Kind.USER, 1),
    "teacher": pseudonym(Kind.USER, 101),
    "term": pseudonym(Kind.ACADEMIC_SESSION, 2),
    "user": pseudonym(Kind.USER, 2),
    "category": CATEGORY,
    "lineItem": LINE_ITEM,
    "result": RESULT,
}
SINGULARS = {"classes": "class", "categories": "category", "demographics": "demographics"}


@cache
def official(service: str) -> dict[str, Any]:
    path = shared_path("oneroster-openapi", f"onerosterv1p2{service}service_openapi3_v1p0.json")
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document


@cache
def validator(service: str, reference: str) -> Draft4Validator:
    schema = {"$ref": reference, "components": official(service)["components"]}
    return Draft4Validator(schema, format_checker=FormatChecker())


def faults(service: str, path: str, method: str, answer: Any) -> list[str]:
    responses = official(service)["paths"][path][method]["responses"]
    response = responses.get(str(answer.status_code), responses["default"])
    if "content" not in response:
        return [] if not answer.content else ["a body where none is"]
    check = validator(service, response["content"]["application/json"]["schema"]["$ref"])
    return [f"{list(error.path)}: {error.message[:120]}" for error in check.iter_errors(answer.json())]


def concrete(path: str) -> str:
    """An official path with ids that this vendor holds."""
    segments = path.split("/")
    for place, segment in enumerate(segments):
        if segment.startswith("{"):
            plural = segments[place - 1]
            segments[place] = IDS[SINGULARS.get(plural, plural.removesuffix("s"))]
    return "/".join(segments)


def gets(service: str) -> list[str]:
    return sorted(path for path, methods in official(service)["paths"].items() if "get" in methods)


@pytest.fixture
def filled(vendor: Vendor) -> Vendor:
    put(vendor, "categories", CATEGORY, {"title": "Toetsen"})
    put(vendor, "lineItems", LINE_ITEM, line_item())
    put(vendor, "results", RESULT, result(score=7.50, comment="netjes"))
    return vendor


def test_all_41_rostering_reads_answer_as_the_official_file_says(filled: Vendor) -> None:
    paths = gets("rosters")
    assert len(paths) == len(ROSTERING_ROUTES) == 41
    for path in paths:
        answer = filled.get(ROSTER + concrete(path))
        assert answer.status_code == 200, path
        assert faults("rosters", path, "get", answer) == [], path
        member = next(iter(answer.json().values()))
        assert member, f"{path} is empty, so it proves nothing"


def test_the_gradebook_reads_answer_as_the_official_file_says(filled: Vendor) -> None:
    served = {re.sub("<[A-Za-z]+>", "{}", route.path) for route in GRADEBOOK_ROUTES}
    checked = 0
    for path in gets("gradebook"):
        if re.sub("{[A-Za-z]+}", "{}", path) not in served:
            continue
        answer = filled.get(GRADEBOOK + concrete(path))
        assert answer.status_code == 200, path
        assert faults("gradebook", path, "get", answer) == [], path
        assert next(iter(answer.json().values())), path
        checked += 1
    assert checked == len(GRADEBOOK_ROUTES) == 11


def test_every_operation_of_the_official_files_is_served_or_unsupported(filled: Vendor) -> None:
    unsupported = {(method, re.sub("<[A-Za-z]+>", "{}", path)) for method, path in UNSUPPORTED}
    for path, methods in official("gradebook")["paths"].items():
        for method in set(methods) & {"get", "put", "post", "delete"}:
            plain = (method.upper(), re.sub("{[A-Za-z]+}", "{}", GRADEBOOK + path))
            if plain not in unsupported:
                continue
            unsupported.discard(plain)
            answer = filled.ask(method.upper(), GRADEBOOK + re.sub("{[A-Za-z]+}", "x", path))
            assert answer.status_code == 501, plain
            assert answer.json()["imsx_codeMajor"] == "unsupported"
            assert faults("gradebook", path, method, answer) == []
    assert unsupported == set()


def test_withheld_fields_leave_valid_answers(bare: World) -> None:
    bare.refresh(
        bare.publish_agreement(
            agreement(
                entries=(), subjects=(SubjectCategory.PUPIL, SubjectCategory.STAFF), groups=Groups.EXACT
            )
        )
    )
    vendor = Vendor(bare, bare.issue())
    vendor.ask_token()
    for path in gets("rosters"):
        if "demographics" in path:
            continue
        answer = vendor.get(ROSTER + concrete(path))
        assert answer.status_code == 200, path
        assert faults("rosters", path, "get", answer) == [], path


def test_tombstones_are_valid_records_that_tell_nothing(filled: Vendor, world: World) -> None:
    gone = [
        (kind, pseudonym(kind, 1))
        for kind in Kind
        if kind not in (Kind.CATEGORY, Kind.LINE_ITEM, Kind.RESULT)
    ]
    world.pass_time(minutes=1)
    withdraw(world.engine, board_id=BOARD, product=PRODUCT, records=gone, now_ms=world.now_ms)
    for segment in ("orgs", "academicSessions", "enrollments", "demographics", "users", "classes", "courses"):
        answer = filled.get(f"{ROSTER}/{segment}", params={"filter": "status='tobedeleted'"})
        assert answer.status_code == 200
        assert faults("rosters", f"/{segment}", "get", answer) == [], segment
        [tombstone] = answer.json()[segment]
        assert tombstone["status"] == "tobedeleted"
        assert "Leerling" not in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [("/users/x", 404), ("/users?limit=x", 400), ("/users?filter=x", 400), ("/nothing", 404)],
)
def test_errors_are_valid_status_info(filled: Vendor, path: str, status: int) -> None:
    answer = filled.get(ROSTER + path)
    assert answer.status_code == status
    check = validator("rosters", "#/components/schemas/imsx_StatusInfoDType")
    assert list(check.iter_errors(answer.json())) == []


def test_with_the_service_gradebook_the_schools_records_come_too(bare: World) -> None:
    compiled = agreement(services=(Service.ROSTER, Service.RESULTS, Service.GRADEBOOK))
    bare.refresh(bare.publish_agreement(compiled))
    vendor = Vendor(bare, bare.issue())
    vendor.ask_token()
    answer = vendor.get(f"{GRADEBOOK}/categories")
    assert answer.status_code == 200
