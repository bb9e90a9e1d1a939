"""Everything that can happen at a gateway whose school is all canaries; the leak oracle searches what is left."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.demo import papers
from gateway.demo.canaries import CanaryBoard, canary_board
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor
from tests.journeys.allowed import allowed
from tests.journeys.driving import Driver
from tests.journeys.watched import WatchedRig

NOTHING: frozenset[str] = frozenset()
_CLAUSE = "bijlage 1"


def gradebook_terms() -> list[papers.Record]:
    """Results of the school with comments; aliases and no group titles."""

    def entry(fields: list[str], form: str, direction: str, category: str) -> papers.Record:
        return {
            "category": category, "fields": fields, "form": form, "direction": direction,
            "necessity": "terugkoppeling", "clause": _CLAUSE,
        }  # fmt: skip

    clear = ["category.title", "lineItem.title", "result.score", "result.scoreStatus", "result.scoreDate"]
    return [
        entry(["user.givenName", "user.familyName", "user.email"], "alias", "out", "contactgegevens")
        | {"subjects": ["leerling"]},
        entry(clear, "clear", "both", "studievoortgang"),
        entry(["lineItem.description", "result.comment"], "scrubbed", "both", "studievoortgang"),
        entry(["enrollment.beginDate", "enrollment.endDate"], "generalised", "out", "onderwijsorganisatie"),
    ]


@dataclass(slots=True)
class Part:
    """One vendor: what it may have, and all that it received."""

    product: str
    vendor: SimulatedVendor
    allowed: frozenset[str]
    requests: int = 0
    later: bytes = b""
    """Received after its agreement was suspended."""


@dataclass(slots=True)
class LeakScene:
    """What happened."""

    canaries: CanaryBoard
    school: SimulatedSchool
    rig: WatchedRig
    parts: dict[str, Part] = field(default_factory=dict)
    fault_texts: list[str] = field(default_factory=list)
    """Canaries that are in no field of text: in errors of the school system, and in words of its own."""
    refreshes: dict[str, int] = field(default_factory=dict)
    """Exit status of a refresh under each fault."""
    files: dict[str, bytes] = field(default_factory=dict)
    outputs: dict[str, bytes] = field(default_factory=dict)
    export: bytes = b""
    delivered: int = 0
    dead_letters: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def figures(self) -> str:
        """What a report of the run gives."""
        received = {name: len(part.vendor.received_bytes()) for name, part in self.parts.items()}
        return json.dumps(
            {
                "canaries": len(self.canaries.table) + len(self.fault_texts),
                "requests": sum(len(part.vendor.received) for part in self.parts.values()),
                "bytes received": received,
                "bytes of files": sum(map(len, self.files.values())),
                "bytes of output": sum(map(len, self.outputs.values())),
                "refreshes": self.refreshes,
                "seconds": self.seconds,
            }
        )

    @contextlib.contextmanager
    def timed(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - began, 1)


@contextlib.contextmanager
def played(folder: Path) -> Iterator[LeakScene]:
    """Play it; everything is stopped and collected when the scene is handed out."""
    canaries = canary_board(7, keep_brins=True)
    with SimulatedSchool(canaries.board) as school:
        canaries.arm(school)
        scene = LeakScene(canaries, school, WatchedRig(folder, [school]))
        _words_of_its_own(scene)
        try:
            _play(scene)
            _collect(scene, "served")
        finally:
            scene.rig.stop()
        _collect(scene, "stopped")
        yield scene


def _words_of_its_own(scene: LeakScene) -> None:
    """Where the standard has a list of words, the school system has one more, and it is a canary."""
    board = scene.canaries.board
    changes: tuple[tuple[str, str], ...] = (
        ("academicSessions", "type"), ("classes", "classType"), ("enrollments", "role"), ("results", "scoreStatus"),
    )  # fmt: skip
    for collection, name in changes:
        last = board.records(collection)[-1]
        board.change(collection, str(last["sourcedId"]), **{name: f"ext:{_fault_text(scene, name)}"})
    pupil = board.pupils()[3]
    roles = [{**role, "role": f"ext:{_fault_text(scene, 'role')}"} for role in pupil["roles"]]  # type: ignore[attr-defined]
    board.change("users", str(pupil["sourcedId"]), roles=roles)


def _play(scene: LeakScene) -> None:
    rig = scene.rig
    rig.configure(first_pull_wait_seconds=1)
    with scene.timed("set-up"):
        _agree(scene)
        rig.refresh()
        rig.serve()
    with scene.timed("drive"):
        _drive(scene)
    with scene.timed("return"):
        _return(scene)
    with scene.timed("faults"):
        _break_the_source(scene)
    with scene.timed("suspend"):
        _suspend(scene)
        _block_the_register(scene)
    with scene.timed("commands"):
        _commands(scene)


def _agree(scene: LeakScene) -> None:
    gradebook = {"data": gradebook_terms(), "services": ["roster", "results", "gradebook"]}
    nameless = {"data": papers.nameless_terms(), "services": ["roster"]}
    terms: dict[str, Mapping[str, object]] = {
        "rekenwijs": {}, "leesmeter": nameless, "toetsblik": gradebook, "wisselmaat": nameless, "oudleer": {},
    }  # fmt: skip
    for product, changes in terms.items():
        reference = scene.rig.agree(product, **changes)
        may = allowed(scene.canaries, scene.rig.record(product, **changes))
        if product == "oudleer":
            scene.rig.command("agreement", "end", reference)
            may = NOTHING
        scene.parts[product] = Part(product, scene.rig.vendor(product), may)
    scene.parts["nieuwkomer"] = Part("nieuwkomer", scene.rig.vendor("nieuwkomer"), NOTHING)


def _drive(scene: LeakScene) -> None:
    failures: list[BaseException] = []

    def drive(part: Part) -> None:
        try:
            driver = Driver(part.vendor)
            if part.vendor.token().status == 200:
                driver.learn()
            part.requests += driver.everything(deep=part.product == "rekenwijs")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=drive, args=(part,)) for part in scene.parts.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for failure in failures:
        raise failure


def _return(scene: LeakScene) -> None:
    """Results come back and are delivered; one is refused by a school system that repeats what it was sent."""
    school = scene.school
    text = _fault_text(scene, "refusal")
    school.faults.status("results", 422, method="PUT", times=1, text=text)
    school.faults.status("lineItems", 503, method="PUT", times=1, text=text)
    scene.parts["rekenwijs"].vendor.token()
    scene.parts["toetsblik"].vendor.token()
    taken = Driver(scene.parts["rekenwijs"].vendor).return_results(comment="goed gewerkt")
    taken += Driver(scene.parts["toetsblik"].vendor).return_results(comment="mooi zo")
    assert taken >= 6, taken
    _wait(lambda: len(school.writes) >= taken - 3, seconds=30)
    scene.delivered = len(school.writes)


def _fault_text(scene: LeakScene, name: str) -> str:
    number = len(scene.fault_texts)
    mark = hashlib.blake2b(f"error {number}".encode(), digest_size=8).hexdigest()
    text = f"canary-error-{number}-{name.replace(' ', '')}-{mark}"
    scene.fault_texts.append(text)
    return text


def _break_the_source(scene: LeakScene) -> None:
    """Refreshes that fail, by command and as a first pull; each fault speaks in canaries of its own."""
    rig, faults = scene.rig, scene.school.faults
    breaks: dict[str, Callable[[str], object]] = {
        "refused": lambda text: faults.status("users", 400, text=text),
        "redirect": lambda text: faults.redirect("enrollments", f"https://{text}.example/"),
        "malformed": lambda text: faults.body("classes", b'{"classes":[{"sourcedId":"' + text.encode()),
        "not json": lambda text: faults.body("users", text.encode(), content_type="text/html"),
        "duplicate": lambda _: faults.duplicate_keys("users"),
        "half": lambda _: faults.cut_json("results"),
        "misshapen": lambda text: faults.body(
            "demographics", json.dumps({"demographics": [{"sourcedId": [text], text: {}}, text]}).encode()
        ),
        "token": lambda text: faults.status("/oauth2/token", 401, text=text),
    }
    for name, break_it in breaks.items():
        break_it(_fault_text(scene, name))
        scene.refreshes[name] = rig.attempt("refresh")
        faults.clear()
        scene.canaries.arm(scene.school)
    rig.agree("eersteling", data=papers.nameless_terms(), services=["roster"])
    part = scene.parts["eersteling"] = Part("eersteling", rig.vendor("eersteling"), NOTHING)
    part.vendor.token()
    faults.status("", 400, text=_fault_text(scene, "first pull"))
    answers = [part.vendor.get("users"), part.vendor.get("orgs")]
    assert [answer.status for answer in answers] == [503, 503]
    part.requests += 2
    _wait(lambda: scene.school.asked("orgs") > 0, seconds=5)
    faults.clear()
    scene.canaries.arm(scene.school)


def _suspend(scene: LeakScene) -> None:
    """An agreement suspended between two pages: from then on nothing at all."""
    part = scene.parts["wisselmaat"]
    part.vendor.token()
    assert part.vendor.get("users", limit=5).status == 200
    scene.rig.command("agreement", "suspend", "VO-wisselmaat")
    before = len(part.vendor.received)
    assert part.vendor.get("users", limit=5, offset=5).status == 403
    part.requests += Driver(part.vendor).everything(deep=False)
    part.later = b"\n".join(exchange.raw for exchange in part.vendor.received[before:])


def _block_the_register(scene: LeakScene) -> None:
    """While the register of disclosures cannot be written, nothing leaves."""
    vendor = scene.parts["rekenwijs"].vendor
    vendor.token()
    database = scene.rig.home / "data" / "front.sqlite"
    with contextlib.closing(sqlite3.connect(database, timeout=20)) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON disclosures BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        connection.commit()
        try:
            answers = [vendor.get("users", limit=3), vendor.get("classes")]
        finally:
            connection.execute("DROP TRIGGER full")
            connection.commit()
    assert [answer.status for answer in answers] == [503, 503]
    assert all(b"sourcedId" not in answer.body for answer in answers)


def _commands(scene: LeakScene) -> None:
    rig = scene.rig
    rig.command("deliver", "--once")
    listed = rig.command("dead-letters", "list")["dead_letters"]
    assert isinstance(listed, list)
    scene.dead_letters = len(listed)
    rig.command("quarantine", "list")
    rig.command("agreement", "list")
    rig.command("register", "disclosures", "--product", "rekenwijs")
    rig.command("register", "checkpoint", "-o", str(rig.folder / "checkpoint"))
    rig.command("register", "verify", "--checkpoint", str(rig.folder / "checkpoint"))
    rig.command("refresh", "--dry-run")
    rig.refresh()
    rig.command("export", "leesmeter", "-o", str(rig.folder / "leesmeter.csv"))
    scene.export = (rig.folder / "leesmeter.csv").read_bytes()


def _collect(scene: LeakScene, when: str) -> None:
    for name, content in scene.rig.kept().items():
        scene.files[f"{name} ({when})"] = content
    scene.outputs["served processes"] = scene.rig.logged()
    for number, (command, said) in enumerate(scene.rig.said):
        scene.outputs[f"{number} {command}"] = said


def _wait(until: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not until() and time.monotonic() < deadline:
        time.sleep(0.1)
