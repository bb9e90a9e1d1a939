"""A school system that fails in every way it can, and speaks in canaries while it does: none of them gets anywhere.

Acceptance checks S1, S7 and T17. Each fault is met by the command `refresh` and by a vendor's first pull, while another
vendor goes on with what was released before. The guardians of this board are a listed subject.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from sqlalchemy import update

import gateway.egress
from gateway.database import writing
from gateway.demo import papers
from gateway.demo.canaries import CanaryBoard, canary_board
from gateway.demo.faults import Faults
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import Exchange, SimulatedVendor
from gateway.demo.wire import Answer, Asked
from gateway.holdings.requests import refresh_request
from gateway.holdings.tables import refresh_requests
from gateway.roster.model import ProductId
from tests.canaries import Oracle
from tests.journeys.allowed import allowed, forbidden_days
from tests.journeys.watched import REPOSITORY, WatchedRig
from tests.sabotage import impatience

Break = Callable[[Faults, Callable[[], str]], object]
"""Plants one fault; the second argument makes a new canary for it."""
SLOWLY = 2 * impatience.READ_SECONDS


def _answering(status: int, *, at: str = "users", content_type: str = "application/json") -> Break:
    """An error page with canaries in its body and in every header that it could have."""

    def plant(faults: Faults, canary: Callable[[], str]) -> object:
        names = (
            "Link",
            "Location",
            "Set-Cookie",
            "WWW-Authenticate",
            "X-Total-Count",
            "X-Error",
            "Warning",
            "Retry-After",
        )
        headers = tuple((name, canary()) for name in names)
        document = {"imsx_description": canary(), canary(): [canary()], "error_description": canary()}
        answer = Answer(status, json.dumps(document).encode(), headers, content_type=content_type)
        return faults.add(at, instead=lambda _: answer)

    return plant


def _exactly(body: Callable[[Callable[[], str]], bytes], *, at: str = "users", **more: str) -> Break:
    def plant(faults: Faults, canary: Callable[[], str]) -> object:
        return faults.body(at, body(canary), content_type=more.get("content_type", canary()))

    return plant


def _altering(alter: Callable[[dict[str, object], Callable[[], str]], object], *, at: str = "users") -> Break:
    """The right page, its first record altered."""

    def plant(faults: Faults, canary: Callable[[], str]) -> object:
        def altered(_: Asked, answer: Answer) -> Answer:
            document = json.loads(answer.body)
            for records in document.values():
                if records:
                    alter(records[0], canary)
            return answer.altered(body=json.dumps(document).encode())

        return faults.add(at, afterwards=altered)

    return plant


def _leading_elsewhere(faults: Faults, canary: Callable[[], str]) -> object:
    """A next page at somebody else's."""
    link = f'<http://{canary()}.example/ims/oneroster/rostering/v1p2/users?offset={canary()}>; rel="next"'

    def elsewhere(_: Asked, answer: Answer) -> Answer:
        kept = tuple(pair for pair in answer.headers if pair[0] != "Link")
        return answer.altered(headers=(*kept, ("Link", link)))

    return faults.add("users", afterwards=elsewhere)


def _counting_wrongly(faults: Faults, canary: Callable[[], str]) -> object:
    def more(_: Asked, answer: Answer) -> Answer:
        kept = tuple(pair for pair in answer.headers if pair[0] != "X-Total-Count")
        return answer.altered(headers=(*kept, ("X-Total-Count", "99999"), ("X-Error", canary())))

    return faults.add("users", afterwards=more)


def _packed_wrongly(faults: Faults, canary: Callable[[], str]) -> object:
    packed = gzip.compress(canary().encode() * 50)[:-20]
    answer = Answer(200, packed, (("Content-Encoding", "gzip"),))
    return faults.add("users", instead=lambda _: answer)


FAULTS: dict[str, tuple[Break, frozenset[str]]] = {
    "500": (_answering(500), frozenset({"source_failing"})),
    "502 as a page of a proxy": (_answering(502, content_type="text/html"), frozenset({"source_failing"})),
    "503 at the last collection": (_answering(503, at="courses"), frozenset({"source_failing"})),
    "504": (_answering(504, at="enrollments"), frozenset({"source_failing"})),
    "429": (_answering(429, at="classes"), frozenset({"source_busy"})),
    "400": (_answering(400), frozenset({"source_refused"})),
    "403": (_answering(403), frozenset({"source_unauthorised"})),
    "418": (_answering(418, at="orgs"), frozenset({"source_refused"})),
    "302": (_answering(302), frozenset({"source_redirects"})),
    "token 500": (_answering(500, at="/oauth2/token"), frozenset({"source_failing"})),
    "token 401": (_answering(401, at="/oauth2/token"), frozenset({"source_unauthorised"})),
    "token of another shape": (
        _exactly(lambda new: json.dumps({"access_token": [new()], new(): new()}).encode(), at="/oauth2/token"),
        frozenset({"source_unauthorised"}),
    ),
    "timeout": (lambda faults, _: faults.slow("users", SLOWLY), frozenset({"source_timeout"})),
    "timeout on the third page": (
        lambda faults, _: faults.slow("users", SLOWLY, after=2), frozenset({"source_timeout"}),
    ),
    "token timeout": (lambda faults, _: faults.slow("/oauth2/token", SLOWLY), frozenset({"source_timeout"})),
    "reset": (lambda faults, _: faults.reset("users", after=1), frozenset({"source_unreachable"})),
    "truncated page": (lambda faults, _: faults.truncate("users"), frozenset({"source_unreachable"})),
    "truncated third page": (
        lambda faults, _: faults.truncate("users", share=0.9, after=2), frozenset({"source_unreachable"}),
    ),
    "half a document": (lambda faults, _: faults.cut_json("users", after=1), frozenset({"source_malformed"})),
    "two ids": (lambda faults, _: faults.duplicate_keys("users"), frozenset({"source_malformed"})),
    "no JSON": (
        _exactly(lambda new: f"<html>{new()}: Traceback {new()}</html>".encode()), frozenset({"source_malformed"}),
    ),
    "another document": (
        _exactly(lambda new: json.dumps({new(): {new(): new()}}).encode()), frozenset({"source_malformed"}),
    ),
    "no text": (
        _exactly(lambda new: b'{"users":[{"sourcedId":"\xff\xfe' + new().encode() + b'"}]}'),
        frozenset({"source_malformed"}),
    ),
    "broken gzip": (_packed_wrongly, frozenset({"source_malformed"})),
    "miscounted": (_counting_wrongly, frozenset({"source_moving"})),
    "a record that is a text": (
        _exactly(lambda new: json.dumps({"users": [new(), {"sourcedId": new()}]}).encode()),
        frozenset({"source_malformed"}),
    ),
    "an id that is a list": (
        _altering(lambda record, new: record.update(sourcedId=[new()])), frozenset({"source_malformed"}),
    ),
    "an endless id": (
        _altering(lambda record, new: record.update(sourcedId=new() * 40)), frozenset({"source_malformed"}),
    ),
    "a name that is an object": (
        _altering(lambda record, new: record.update(givenName={new(): new()}, email=[new()], grades=new())),
        frozenset(),
    ),
    "roles that are texts": (_altering(lambda record, new: record.update(roles=[new(), new()])), frozenset()),
    "a day that is none": (
        _altering(lambda record, new: record.update(beginDate=new(), endDate=[new()]), at="enrollments"),
        frozenset(),
    ),
    "a stamp that is none": (
        _altering(lambda record, new: record.update(dateLastModified=new(), status=new())), frozenset(),
    ),
    "references to nobody": (
        _altering(
            lambda record, new: record.update(
                user={"sourcedId": new(), "href": new(), "type": new()}, **{"class": {"sourcedId": new()}}
            ),
            at="enrollments",
        ),
        frozenset(),
    ),
    "a page at somebody else's": (_leading_elsewhere, frozenset()),
}  # fmt: skip
"""Fault, and the codes of which the refresh must answer one; none given: it may also succeed without the record."""

TOLERATED = frozenset({"", "source_malformed", "source_moving", "source_refused", "held_back"})


def guardian_terms() -> list[papers.Record]:
    """Guardians in clear, pupils as numbers."""
    listed = {
        "category": "contactgegevens", "fields": ["user.givenName", "user.familyName", "user.email"],
        "form": "clear", "direction": "out", "subjects": ["wettelijk_vertegenwoordiger"],
        "necessity": "ouders krijgen bericht", "clause": "bijlage 1",
    }  # fmt: skip
    return [*papers.nameless_terms(), listed]


@dataclass(slots=True)
class Failing:
    """What happened."""

    canaries: CanaryBoard
    school: SimulatedSchool
    rig: WatchedRig
    texts: dict[str, str] = field(default_factory=dict)
    """Canaries of faults, and of which."""
    codes: dict[str, str] = field(default_factory=dict)
    """What `refresh` answered under each fault; empty where it succeeded."""
    firsts: dict[str, list[Exchange]] = field(default_factory=dict)
    settled: dict[str, list[Exchange]] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    """Requests that the school system got from the vendor's first pull."""
    vendors: dict[str, SimulatedVendor] = field(default_factory=dict)
    may: dict[str, frozenset[str]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    newcomer: SimulatedVendor | None = None
    """A vendor for whom nothing was released yet."""

    def canary(self, fault: str) -> str:
        mark = hashlib.blake2b(f"failing {len(self.texts)}".encode(), digest_size=8).hexdigest()
        text = f"canaryfault{len(self.texts)}x{mark}"
        self.texts[text] = fault
        return text

    def agree(self, product: str, data: list[papers.Record], **changes: object) -> None:
        more = {"data": data, "services": ["roster", "results"], **changes}
        self.rig.agree(product, **more)
        self.may[product] = allowed(self.canaries, self.rig.record(product, **more))
        self.vendors[product] = self.rig.vendor(product)


SUBJECTS = ["leerling", "medewerker", "wettelijk_vertegenwoordiger"]


pytestmark = pytest.mark.thorough
"""Plays every fault against a served gateway: minutes, so not of every run (`./run test --thorough`)."""


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failing]:
    before = gateway.egress.Limits.__init__.__defaults__
    impatience.hurry(gateway.egress)
    canaries = canary_board(5, schools=1, pupils=14, keep_brins=True)
    environment = {"PYTHONPATH": str(REPOSITORY / "tests" / "sabotage"), "SCHUILNAAM_SABOTAGE": "impatient"}
    folder = tmp_path_factory.mktemp("failing")
    try:
        with SimulatedSchool(canaries.board, page_cap=7) as school:
            canaries.arm(school)
            failing = Failing(canaries, school, WatchedRig(folder, [school], environment=environment))
            try:
                _play(failing)
                failing.files |= {f"{name} (served)": each for name, each in failing.rig.kept().items()}
            finally:
                failing.rig.stop()
            failing.files |= {f"{name} (stopped)": each for name, each in failing.rig.kept().items()}
            print(json.dumps(failing.codes), len(failing.texts), len(failing.vendors))
            yield failing
    finally:
        gateway.egress.Limits.__init__.__defaults__ = before


def _play(failing: Failing) -> None:
    rig = failing.rig
    rig.configure(first_pull_wait_seconds=0)
    failing.agree("ouderbericht", guardian_terms(), subjects=SUBJECTS)
    rig.refresh()
    rig.serve()
    failing.vendors["ouderbericht"].token()
    for name, (break_it, _) in FAULTS.items():
        break_it(failing.school.faults, lambda name=name: failing.canary(name))
        failing.codes[name] = _refresh(failing)
        failing.firsts[name] = _pull_first(failing, name)
        failing.settled[name] = [failing.vendors["ouderbericht"].get("users", limit=3)]
        _mend(failing)
    _fail_deliveries(failing)
    for arguments in (
        ("source", "check", "las-1"), ("dead-letters", "list"), ("quarantine", "list"), ("register", "verify"),
        ("register", "disclosures"), ("refresh", "--dry-run"), ("refresh",),
    ):  # fmt: skip
        rig.attempt(*arguments)
    for vendor in failing.vendors.values():
        vendor.token()
        for collection in ("users", "enrollments", "classes", "orgs", "demographics"):
            vendor.pull(collection)


def _mend(failing: Failing) -> None:
    failing.school.faults.clear()
    failing.canaries.arm(failing.school)


def _refresh(failing: Failing) -> str:
    """By command, for the product that holds something already."""
    status, output = failing.rig._with_passphrase(
        ["refresh", "--product", "ouderbericht", "--home", str(failing.rig.home), "--json"]
    )
    answer = json.loads(output)
    if "error" in answer:
        return str(answer["error"]["code"])
    [outcome] = answer["products"]
    return (
        ""
        if status == 0 and outcome["status"] == "published"
        else str(outcome.get("code") or outcome["status"])
    )


def _pull_first(failing: Failing, name: str) -> list[Exchange]:
    """As a vendor for whom nothing was released yet: the school side asks the school system now."""
    product = f"eersteling-{len(failing.vendors)}"
    if failing.newcomer is None:
        failing.agree(product, papers.nameless_terms())
        failing.newcomer = failing.vendors[product]
        failing.newcomer.token()
    vendor = failing.newcomer
    before = failing.school.asked()
    answers = []
    for _ in range(2):
        _let_pass(failing)
        answers.append(vendor.get("users", limit=3))
        # Else the next fault would meet the request of this one, which is still on its way on a busy machine.
        deadline = time.monotonic() + 120
        while _asked_for(failing, vendor.name):
            assert time.monotonic() < deadline, f"{name}: the school side never answered a first pull"
            time.sleep(0.02)
    failing.asked[name] = failing.school.asked() - before
    if answers[-1].status == 200:
        failing.newcomer = None
    return answers


def _let_pass(failing: Failing) -> None:
    """A minute, for the door: what failed just now may be asked again."""
    with writing(failing.rig.services().front) as connection:
        finished = refresh_requests.c.finished_at_ms
        connection.execute(update(refresh_requests).where(finished.is_not(None)).values(finished_at_ms=1))


def _asked_for(failing: Failing, product: str) -> bool:
    """Whether the school side has still to answer this product's first pull."""
    services = failing.rig.services()
    request = refresh_request(services.front, board_id=services.board_id, product=ProductId(product))
    return request is not None and request.finished_at_ms is None


def _fail_deliveries(failing: Failing) -> None:
    """Results that the school system refuses, in canaries; then it takes them."""
    vendor, faults = failing.vendors["ouderbericht"], failing.school.faults
    for number, status in enumerate((500, 503, 422, 409, 400)):
        name = f"delivery {status}"
        _answering(status, at="categories")(faults, lambda name=name: failing.canary(name))
        vendor.put("categories", f"soort-{number}", {"title": "Toetsen"})
        deadline = time.monotonic() + 10
        before = failing.school.asked("categories", method="PUT")
        while failing.school.asked("categories", method="PUT") == before and time.monotonic() < deadline:
            time.sleep(0.02)
        _mend(failing)


@pytest.fixture(scope="module")
def oracle(failing: Failing) -> Oracle:
    return Oracle([*failing.canaries.table, *failing.texts])


def found(
    failing: Failing, oracle: Oracle, content: bytes, may: frozenset[str] = frozenset(), fields: str = ""
) -> list[str]:
    """What stands in these bytes and may not, and where it came from."""
    leaks = []
    for finding in oracle.search(content):
        canary = failing.canaries.table.get(finding.canary)
        place = failing.texts.get(finding.canary, "") if canary is None else f"{canary.kind}.{canary.field}"
        if finding.canary not in may and place not in fields.split():
            leaks.append(f"{place} ({finding.how})")
    return sorted(leaks)


@pytest.mark.parametrize("name", FAULTS)
def test_a_refresh_says_which_fault_it_was_and_nothing_else(failing: Failing, name: str) -> None:
    _, codes = FAULTS[name]
    assert failing.codes[name] in (codes or TOLERATED)


@pytest.mark.parametrize("name", FAULTS)
def test_a_first_pull_meets_the_fault_and_gets_nothing_or_everything(failing: Failing, name: str) -> None:
    assert failing.asked[name] > 0
    for answer in failing.firsts[name]:
        assert answer.status in (200, 503)
        if answer.status == 503:
            assert b"sourcedId" not in answer.body
            assert answer.header("Retry-After")


@pytest.mark.parametrize("name", FAULTS)
def test_who_holds_a_generation_goes_on_with_it(failing: Failing, name: str) -> None:
    [answer] = failing.settled[name]
    assert (answer.status, len(answer.records())) == (200, 3)


def test_no_vendor_receives_what_a_failing_system_said(failing: Failing, oracle: Oracle) -> None:
    assert len(failing.vendors) > 2
    for product, vendor in failing.vendors.items():
        received = vendor.received_bytes()
        assert found(failing, oracle, received, failing.may[product]) == [], product
        assert [day for day in forbidden_days(failing.canaries) if day in received] == [], product


def test_guardians_that_are_listed_arrive_and_nobody_else_does(failing: Failing) -> None:
    """Else nothing would be found because nothing was sent."""
    arrived = {
        each.text for each in failing.canaries.found_in(failing.vendors["ouderbericht"].received_bytes())
    }
    names = {
        text for text in arrived if failing.canaries.table[text].field in ("givenName", "familyName", "email")
    }
    assert names == {
        text for text in failing.may["ouderbericht"]
        if failing.canaries.table[text].field in ("givenName", "familyName", "email")
    }  # fmt: skip
    assert len(names) > 20


def test_no_process_prints_or_logs_what_a_failing_system_said(failing: Failing, oracle: Oracle) -> None:
    outputs = {"served processes": failing.rig.logged()}
    outputs |= {f"{number} {command}": said for number, (command, said) in enumerate(failing.rig.said)}
    leaks = {
        name: found(
            failing, oracle, said, fields="org.sourcedId org.name" if name.endswith("source schools") else ""
        )
        for name, said in outputs.items()
    }
    assert {name: each for name, each in leaks.items() if each} == {}


def test_no_file_or_database_holds_what_a_failing_system_said(failing: Failing, oracle: Oracle) -> None:
    leaks = {
        name: found(failing, oracle, each, fields="org.sourcedId" if "school.sqlite" in name else "")
        for name, each in failing.files.items()
        if not name.endswith("front.sqlite (served)")
    }
    assert any("front.sqlite" in name for name in leaks)
    assert any("school.sqlite" in name for name in leaks)
    assert {name: each for name, each in leaks.items() if each} == {}


def test_the_faults_spoke_in_canaries(failing: Failing) -> None:
    assert len(failing.texts) > 250
    assert sum(code != "" for code in failing.codes.values()) >= 24
