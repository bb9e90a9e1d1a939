"""Strangers at the door: every answer is legal by the official OpenAPI files, over a real server, and clients that
nobody here wrote find their way.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft4Validator, FormatChecker

from gateway.demo import papers
from gateway.demo.board import MadeUpBoard, made_up_board, role_of, sourced_id
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import Exchange, SimulatedVendor
from gateway.front.planes.oneroster.routes import GRADEBOOK_ROUTES, ROSTERING_ROUTES
from tests.journeys.rig import Rig
from tests.shared import shared_path

pytestmark = pytest.mark.shared

ROSTERING, GRADEBOOK = "/ims/oneroster/rostering/v1p2", "/ims/oneroster/gradebook/v1p2"
PRODUCTS = ("rekenwijs", "leesmeter")


@pytest.fixture(scope="module")
def board() -> MadeUpBoard:
    return made_up_board(31, schools=2, pupils=40)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory, board: MadeUpBoard) -> Iterator[Rig]:
    with SimulatedSchool(board) as school:
        rig = Rig(tmp_path_factory.mktemp("openapi"), [school])
        try:
            rig.agree("rekenwijs", services=["roster", "results", "gradebook"])
            rig.agree("leesmeter", data=papers.nameless_terms(), services=["roster"])
            rig.refresh()
            rig.serve(workers=2)
            yield rig
        finally:
            rig.stop()


@pytest.fixture(scope="module")
def vendors(rig: Rig) -> dict[str, SimulatedVendor]:
    """One with a rich agreement, which has returned a result, and one that gets numbers only."""
    vendors = {product: rig.vendor(product) for product in PRODUCTS}
    rich = vendors["rekenwijs"]
    enrolment = next(each for each in rich.pull("enrollments").records if each["role"] == "student")
    category, line_item = {"sourcedId": "cat-1"}, {"sourcedId": "li-1"}
    assert rich.put("categories", "cat-1", {"title": "Toetsen", "weight": 2}).status == 201
    item = {"title": "Toets", "assignDate": "2026-10-01T08:00:00Z", "dueDate": "2026-10-08T08:00:00Z"}
    item |= {"class": enrolment["class"], "category": category}  # type: ignore[dict-item]
    assert rich.put("lineItems", "li-1", item).status == 201
    result = {"lineItem": line_item, "student": enrolment["user"], "score": 7.5, "scoreDate": "2026-10-09"}
    assert (
        rich.put("results", "r-1", result | {"scoreStatus": "fully graded", "comment": "netjes"}).status
        == 201
    )
    return vendors


# -- the official files -----------------------------------------------------------------------------------------


@cache
def official(service: str) -> dict[str, Any]:
    path = shared_path("oneroster-openapi", f"onerosterv1p2{service}service_openapi3_v1p0.json")
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document


@cache
def validator(service: str, reference: str) -> Draft4Validator:
    schema = {"$ref": reference, "components": official(service)["components"]}
    return Draft4Validator(schema, format_checker=FormatChecker())


def faults(service: str, path: str, method: str, answer: Exchange) -> list[str]:
    """What is wrong with an answer by the official file."""
    responses = official(service)["paths"][path][method]["responses"]
    response = responses.get(str(answer.status), responses["default"])
    if "content" not in response:
        return [] if not answer.body else ["a body where none is"]
    if "application/json" not in str(answer.header("Content-Type")):
        return ["no JSON"]
    check = validator(service, response["content"]["application/json"]["schema"]["$ref"])
    return [f"{list(error.path)}: {error.message[:150]}" for error in check.iter_errors(answer.json())]


def served(service: str) -> list[str]:
    """Paths of the official file that this gateway serves."""
    routes = ROSTERING_ROUTES if service == "rosters" else GRADEBOOK_ROUTES
    ours = {re.sub("<[A-Za-z]+>", "{}", route.path) for route in routes}
    return sorted(
        path
        for path, methods in official(service)["paths"].items()
        if "get" in methods and re.sub("{[A-Za-z]+}", "{}", path) in ours
    )


class Ids:
    """Ids for the official paths, taken from what the vendor itself was given."""

    _NAMES = {"classes": "class", "categories": "category", "demographics": "demographics"}  # noqa: RUF012

    def __init__(self, vendor: SimulatedVendor) -> None:
        self._vendor = vendor
        rows = vendor.pull("enrollments", limit=1000).records
        student = next(each for each in rows if each["role"] == "student")
        teacher = next(
            each for each in rows if each["role"] == "teacher" and each["class"] == student["class"]
        )
        group = vendor.get(f"classes/{sourced_id(student['class'])}").records()[0]
        terms = group["terms"]
        assert isinstance(terms, list)
        self._ids = {
            "class": sourced_id(student["class"]),
            "school": sourced_id(group["school"]),
            "course": sourced_id(group["course"]),
            "student": sourced_id(student["user"]),
            "user": sourced_id(student["user"]),
            "demographics": sourced_id(student["user"]),
            "teacher": sourced_id(teacher["user"]),
            "term": sourced_id(terms[0]),
            "enrollment": str(student["sourcedId"]),
            "category": "cat-1",
            "lineItem": "li-1",
            "result": "r-1",
        }
        for name, collection in (
            ("org", "orgs"), ("academicSession", "academicSessions"), ("gradingPeriod", "gradingPeriods"),
        ):  # fmt: skip
            found = vendor.pull(collection).records
            self._ids[name] = str(found[0]["sourcedId"]) if found else "geen"

    def concrete(self, path: str, *, unknown: bool = False) -> str:
        parts = path.split("/")
        for place, part in enumerate(parts):
            if part.startswith("{"):
                plural = parts[place - 1]
                parts[place] = "onbekend" if unknown else self._ids[self._NAMES.get(plural, plural[:-1])]
        return "/".join(parts)


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_read_of_the_standard_is_legal_by_the_official_files(
    vendors: dict[str, SimulatedVendor], product: str
) -> None:
    vendor, rich = vendors[product], product == "rekenwijs"
    ids = Ids(vendor)
    empty, checked = [], 0
    for service, prefix in (("rosters", ROSTERING), ("gradebook", GRADEBOOK)):
        for path in served(service):
            query = {} if path.endswith("}") else {"limit": 50}
            answer = vendor.get(prefix + ids.concrete(path), **query)
            assert faults(service, path, "get", answer) == [], (path, answer.status)
            allowed = rich or (service == "rosters" and "demographics" not in path)
            assert answer.status == (200 if allowed else 403), (path, answer.body[:300])
            if answer.status == 200 and not answer.records():
                empty.append(path)
            checked += 1
    assert checked == 41 + 11
    assert empty == [], "an empty answer proves nothing"


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_whole_collection_is_legal_record_by_record(
    vendors: dict[str, SimulatedVendor], product: str
) -> None:
    vendor = vendors[product]
    records = 0
    for name in ("orgs", "academicSessions", "courses", "classes", "users", "enrollments", "demographics"):
        answer = vendor.get(name, limit=10_000)
        assert faults("rosters", f"/{name}", "get", answer) == [], name
        records += len(answer.records()) if answer.status == 200 else 0
    assert records > 100


BAD_REQUESTS: tuple[tuple[str, int], ...] = (
    ("?limit=-1", 400),
    ("?limit=veel", 400),
    ("?limit=5&limit=6", 400),
    ("?offset=1.5", 400),
    ("?filter=status", 400),
    ("?filter=identifier%3D%27123456782%27", 400),
    ("?filter=bestaatniet%3D%27x%27", 400),
    ("?filter=" + "a" * 3000, 400),
    ("?sort=familienaam", 400),
    ("?orderBy=omhoog", 400),
    ("?fields=sourcedId,schoenmaat", 400),
    ("?filter=%ff", 400),
)


@pytest.mark.parametrize("service", ["rosters", "gradebook"])
def test_every_error_of_every_route_is_legal(vendors: dict[str, SimulatedVendor], service: str) -> None:
    vendor = vendors["rekenwijs"]
    ids = Ids(vendor)
    prefix = ROSTERING if service == "rosters" else GRADEBOOK
    stranger = SimulatedVendor(vendor.base_url, vendor.token_url, "niemand", "niets")
    stranger.access_token = "verlopen"
    for path in served(service):
        single = path.endswith("}")
        if "{" in path:
            answer = vendor.get(prefix + ids.concrete(path, unknown=True))
            assert answer.status == 404, path
            assert faults(service, path, "get", answer) == [], path
        refused = stranger.get(prefix + ids.concrete(path))
        assert refused.status == 401, path
        assert faults(service, path, "get", refused) == [], path
        for query, status in () if single else BAD_REQUESTS:
            answer = vendor.get(prefix + ids.concrete(path) + query)
            assert answer.status == status, (path, query, answer.status)
            assert faults(service, path, "get", answer) == [], (path, query)
    stranger.close()


def test_writes_and_their_refusals_are_legal(vendors: dict[str, SimulatedVendor]) -> None:
    rich, poor = vendors["rekenwijs"], vendors["leesmeter"]
    cases: list[tuple[str, Exchange, int]] = []
    for name, record in (
        ("categories", {"title": "T"}),
        ("lineItems", {"title": "T"}),
        ("results", {"score": 1}),
    ):
        cases += [
            (name, rich.put(name, "x" * 300, record), 404),
            (name, rich.put(name, "half", record), 201 if name == "categories" else 422),
            (
                name,
                rich.send("PUT", rich.url(f"{name}/x"), body=b"{", headers={"Content-Type": "text/plain"}),
                422,
            ),
            (name, poor.put(name, "x", record), 403),
        ]
    for name, answer, status in cases:
        path = f"/{name}/{{sourcedId}}"
        assert answer.status == status, (name, answer.status, answer.body)
        assert faults("gradebook", path, "put", answer) == [], (name, status, answer.body)
    for name in ("categories", "lineItems", "results"):
        answer = rich.delete(name, "bestaat-niet")
        assert answer.status == 404
        assert faults("gradebook", f"/{name}/{{sourcedId}}", "delete", answer) == []


# -- a client from the standard's prose only ----------------------------------------------------------------------


@dataclass(slots=True)
class Prose:
    """A client that somebody wrote after reading the standard, with what the language brings."""

    url: str
    client_id: str
    client_secret: str
    token: str = ""
    seen: list[int] = field(default_factory=list)

    def ask_token(self, way: str, *scopes: str) -> tuple[int, Any]:
        form = {"grant_type": "client_credentials", "scope": " ".join(scopes)}
        headers = {}
        if way == "basic":
            pair = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        else:
            form |= {"client_id": self.client_id, "client_secret": self.client_secret}
        body = urllib.parse.urlencode(form).encode()
        status, _, content = self.ask("POST", "/oauth2/token", body=body, headers=headers)
        document = json.loads(content)
        self.token = str(document.get("access_token", ""))
        return status, document

    def ask(
        self, method: str, target: str, *, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        sent = dict(headers or {})
        if self.token and "Authorization" not in sent:
            sent["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.url + target, data=body, headers=sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.headers, refused.read()

    def users(self, query: str = "") -> list[dict[str, Any]]:
        status, _, content = self.ask("GET", f"{ROSTERING}/users{query}")
        assert status == 200, content
        found: list[dict[str, Any]] = json.loads(content)["users"]
        return found


@pytest.fixture
def prose(rig: Rig) -> Prose:
    issued = rig.command("client", "issue", "rekenwijs")
    return Prose(rig.url, str(issued["client_id"]), str(issued["client_secret"]))


CORE = "https://purl.imsglobal.org/spec/or/v1p2/scope/roster-core.readonly"


@pytest.mark.parametrize("way", ["basic", "form"])
def test_credentials_in_the_header_and_in_the_form_both_work(prose: Prose, way: str) -> None:
    status, document = prose.ask_token(way, CORE)

    assert status == 200
    assert document["token_type"].lower() == "bearer"
    assert document["scope"] == CORE
    assert document["expires_in"] > 60
    assert prose.users("?limit=3")
    # A scope that was not asked for was not given.
    assert prose.ask("GET", f"{ROSTERING}/demographics")[0] == 403


def test_wrong_secret_unknown_grant_and_foreign_scope_are_told_as_oauth_says(prose: Prose) -> None:
    good = prose.client_secret
    prose.client_secret = "fout"
    assert [prose.ask_token(way, CORE)[0] for way in ("basic", "form")] == [401, 401]
    prose.client_secret = good
    status, document = prose.ask_token("basic", "https://elders.example/scope")
    assert (status, document["error"]) == (400, "invalid_scope")
    body = urllib.parse.urlencode({"grant_type": "password", "username": "x", "password": "y"}).encode()
    status, _, content = prose.ask("POST", "/oauth2/token", body=body)
    assert status in (400, 401)
    assert json.loads(content)["error"] in ("unsupported_grant_type", "invalid_client")


def test_filters_without_encoding_work(prose: Prose, rig: Rig) -> None:
    prose.ask_token("basic", CORE)
    everyone = prose.users("?limit=10000")
    user = everyone[0]["sourcedId"]
    # As consumers in the field build them: the quotes, and a plus sign or a space, as they are.
    for written, count in (
        ("filter=status='active'", len(everyone)),
        (f"filter=sourcedId='{user}'", 1),
        ("filter=roles.role='student'+AND+status='active'", sum(role_of(u) == "student" for u in everyone)),
        ("filter=dateLastModified>'2020-01-01T00:00:00+01:00'", len(everyone)),
        ("filter=dateLastModified>='2020-01-01'", len(everyone)),
    ):
        assert len(prose.users(f"?limit=10000&{written}")) == count, written


def test_limits_that_consumers_send(prose: Prose) -> None:
    prose.ask_token("form", CORE)
    total = len(prose.users("?limit=10000"))
    assert len(prose.users("?limit=1000000")) == total
    status, headers, content = prose.ask("GET", f"{ROSTERING}/users?limit=0")
    assert status == 200
    assert json.loads(content) == {"users": []}
    assert int(str(headers["X-Total-Count"])) == total
    assert prose.users(f"?limit=10&offset={total + 100}") == []
    assert len(prose.users()) == min(100, total)
    assert prose.ask("GET", f"{ROSTERING}/users?limit=10&limit=10")[0] == 400


def test_a_body_on_a_get_is_ignored_and_does_not_confuse_the_next_request(prose: Prose, rig: Rig) -> None:
    prose.ask_token("basic", CORE)
    expected = prose.users("?limit=5")
    host, port = rig.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    headers = {"Authorization": f"Bearer {prose.token}", "Content-Type": "application/json"}
    for body in (b'{"user":{"sourcedId":"x"}}', b"grant_type=client_credentials", b"x" * 50_000, None):
        connection.request("GET", f"{ROSTERING}/users?limit=5", body=body, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status == 200, body
        assert json.loads(content)["users"] == expected
    connection.close()


def test_head_and_other_methods_and_unknown_paths_are_answered_clearly(prose: Prose) -> None:
    prose.ask_token("basic", CORE)
    for method, target, status in (
        ("GET", "/ims/oneroster/rostering/v1p2/niets", 404),
        ("GET", "/ims/oneroster/v1p1/users", 404),
        ("GET", "/wat", 404),
        ("POST", f"{ROSTERING}/users", 405),
        ("DELETE", f"{ROSTERING}/users", 405),
        ("PATCH", f"{ROSTERING}/users", 405),
    ):
        got, headers, content = prose.ask(method, target, body=b"{}" if method != "GET" else None)
        assert got == status, (method, target, got)
        assert headers["Cache-Control"] == "no-store"
        assert content == b"" or json.loads(content)
    assert prose.ask("HEAD", f"{ROSTERING}/users?limit=1")[0] in (200, 405)


# -- a client that nobody here wrote --------------------------------------------------------------------------------


@pytest.fixture
def stranger(rig: Rig) -> Callable[[str], Any]:
    """The OneRoster 1.1 client of a school in the United States, with a static bearer and our 1.2 addresses."""
    client = pytest.importorskip("oneroster_client")
    vendor = rig.vendor("rekenwijs")
    vendor.token()

    def opened(service: str) -> Any:
        configuration = client.Configuration()
        configuration.host = rig.url + (ROSTERING if service == "rostering" else GRADEBOOK)
        configuration.access_token = vendor.access_token
        return client.ApiClient(configuration)

    return opened


READS = (
    ("OrgsManagementApi", "get_orgs", "orgs"),
    ("SchoolsManagementApi", "get_schools", "orgs"),
    ("AcademicSessionsManagementApi", "get_academic_sessions", "academic_sessions"),
    ("TermsManagementApi", "get_terms", "academic_sessions"),
    ("CoursesManagementApi", "get_courses", "courses"),
    ("ClassesManagementApi", "get_classes", "classes"),
    ("EnrollmentsManagementApi", "get_enrollments", "enrollments"),
    ("DemographicsManagementApi", "get_demographics", "demographics"),
)


def test_a_client_of_version_1_1_reads_what_both_versions_share(
    stranger: Callable[[str], Any], vendors: dict[str, SimulatedVendor]
) -> None:
    import oneroster_client

    api = stranger("rostering")
    for group, call, member in READS:
        given = getattr(getattr(oneroster_client, group)(api), call)(limit=100, offset=0)
        assert getattr(given, member), call


def test_a_client_of_version_1_1_writes_and_removes_a_result(
    stranger: Callable[[str], Any], vendors: dict[str, SimulatedVendor], board: MadeUpBoard
) -> None:
    import oneroster_client

    api = stranger("gradebook")
    enrolment = next(e for e in vendors["rekenwijs"].pull("enrollments").records if e["role"] == "student")
    results = oneroster_client.ResultsManagementApi(api)
    pupil = sourced_id(enrolment["user"])
    body = {
        "result": {
            "sourcedId": "vreemd-1",
            "status": "active",
            "dateLastModified": "2026-11-01T10:00:00Z",
            "lineItem": {"href": "https://elders.example/li-1", "sourcedId": "li-1", "type": "lineItem"},
            "student": {"href": "https://elders.example/x", "sourcedId": pupil, "type": "student"},
            "scoreStatus": "fully graded", "score": 9.5, "scoreDate": "2026-11-01", "comment": "",
        }
    }  # fmt: skip
    results.put_result(body, "vreemd-1")

    assert results.get_result("vreemd-1").result.score == 9.5
    # Not the whole collection: the school's own results have a status that is not given (`ext:`), which the
    # closed list of version 1.1 does not know.
    own = results.get_results(limit=100, filter="sourcedId='vreemd-1'").results
    assert [each.sourced_id for each in own] == ["vreemd-1"]
    results.delete_result("vreemd-1")
    assert vendors["rekenwijs"].get("results/vreemd-1").status == 404
