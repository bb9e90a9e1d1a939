"""The demo as a story: a school, four vendors, what each got or why it was refused, and a result that comes home.

Everything happens as for a real school: the same commands, a served gateway, real HTTP. The school systems, the vendors
and their people are made up. What is told stands in `telling`, what is asserted in `checking`.
"""

from __future__ import annotations

import contextlib
import csv
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.demo import telling
from gateway.demo.board import MadeUpBoard, made_up_board, role_of, sourced_id
from gateway.demo.population import IdStyle
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.shelf import Record
from gateway.demo.stage import BOARD, Part, Run, Stage
from gateway.demo.vendors import Exchange, SimulatedVendor

DELIVERY_SECONDS: Final = 20
COLLECTIONS: Final = (
    "users",
    "orgs",
    "academicSessions",
    "courses",
    "classes",
    "enrollments",
    "demographics",
)

PARTS: Final = (
    Part("A", "Rekenwijs B.V.", "87654321", "rekenwijs", "VO-2026-014"),
    Part("B", "Taalplezier B.V.", "87654322", "taalplezier", "VO-2026-015"),
    Part("C", "Flitsquiz Ltd", "87654323", "flitsquiz", None),
    Part("D", "Leesmeter B.V.", "87654324", "leesmeter", "VO-2026-017"),
)


@dataclass(slots=True)
class Scene:
    """Everything that happened, for telling it and for checking it: boards, and bytes on both sides."""

    home: Path
    boards: tuple[MadeUpBoard, ...]
    schools: tuple[SimulatedSchool, ...]
    vendors: dict[str, SimulatedVendor] = field(default_factory=dict)
    pulls: dict[str, dict[str, list[Record]]] = field(default_factory=dict)
    refusals: dict[str, Exchange] = field(default_factory=dict)
    asked_for_refused: int = 0
    """Requests that the school systems received because of vendors who were refused."""
    preview: dict[str, object] = field(default_factory=dict)
    """What the school sees of one pupil at vendor A."""
    relinked: list[dict[str, str]] = field(default_factory=list)
    """Vendor A's download after `relink`: its rows with names in front."""
    results: list[tuple[str, str]] = field(default_factory=list)
    """(school name, pseudonym) of each result that vendor A returned."""
    answers: list[Exchange] = field(default_factory=list)
    """What the gateway answered to everything that vendor A returned."""
    unregistered: Exchange | None = None
    """What vendor A got while the register could not be written."""
    disclosures: list[dict[str, object]] = field(default_factory=list)
    of_one_pupil: list[dict[str, object]] = field(default_factory=list)

    @property
    def shown_pupil(self) -> Record:
        """The pupil of the first school whom the story follows."""
        return self.boards[0].pupils()[9]


@contextlib.contextmanager
def performed(run: Run, *, keep: Path | None, say: Callable[[str], None]) -> Iterator[Scene]:
    """Play the story; the scene is there while the school systems still answer."""
    with contextlib.ExitStack() as stack:
        if keep is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="schuilnaam-demo-")))
        else:
            folder = keep
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A system per school: equal pupil numbers, different pupils.
        boards = tuple(
            made_up_board(2026 + index, schools=1, pupils=20, ids=IdStyle.NUMBER, first_school=index)
            for index in range(2)
        )
        schools = tuple(stack.enter_context(SimulatedSchool(board)) for board in boards)
        stage = Stage(run, folder.absolute() / "home")
        stack.callback(stage.stop)
        scene = Scene(stage.home, boards, schools)
        stack.callback(_hang_up, scene)
        _play(stage, scene, say)
        yield scene


def _hang_up(scene: Scene) -> None:
    for vendor in scene.vendors.values():
        vendor.close()


def _play(stage: Stage, scene: Scene, say: Callable[[str], None]) -> None:
    say(telling.school(BOARD, scene.boards))
    stage.set_up(scene.schools)
    stage.map_schools(len(scene.schools))
    for part in PARTS:
        if part.agreement is not None:
            stage.agree(part)
    stage.command("agreement", "end", "VO-2026-015")
    stage.start()
    # The refused first: no school system may hear of them.
    for school in scene.schools:
        school.forget()
    for letter in "BCAD":
        part = next(each for each in PARTS if each.letter == letter)
        scene.vendors[letter] = stage.vendor(part)
        _pull(scene, part)
        if letter == "C":
            scene.asked_for_refused = sum(len(school.requests) for school in scene.schools)
    say(telling.vendors(PARTS, scene.pulls, scene.refusals, asked=scene.asked_for_refused))
    _look(stage, scene)
    if scene.preview:
        say(telling.preview(scene.preview))
    say(telling.relinked(scene.relinked, scene.shown_pupil))
    _return_results(scene)
    say(telling.results(scene.boards, scene.schools, scene.results))
    _block_register(scene)
    _read_register(stage, scene)
    say(telling.register(scene.unregistered, scene.disclosures, scene.of_one_pupil, scene.shown_pupil))


def _pull(scene: Scene, part: Part) -> None:
    vendor = scene.vendors[part.letter]
    answer = vendor.token()
    if answer.status != 200:
        scene.refusals[part.letter] = answer
        return
    pulled: dict[str, list[Record]] = {}
    for collection in COLLECTIONS:
        pull = vendor.pull(collection, limit=10)
        if pull.refused is None:
            pulled[collection] = pull.records
        else:
            scene.refusals[f"{part.letter}:{collection}"] = pull.refused
            if pull.refused.status == 503:
                break
    if "users" in pulled:
        scene.pulls[part.letter] = pulled
    else:
        # An ended agreement still takes results back for a while: a token, and no pupil.
        scene.refusals[part.letter] = scene.refusals[f"{part.letter}:users"]


def _look(stage: Stage, scene: Scene) -> None:
    """The school looks: one pupil real and sent, and a vendor's download with names in front."""
    pupil = f"las-1:{scene.shown_pupil['sourcedId']}"
    who = ("--product", "rekenwijs", "--as", "intern begeleider", "--reason", "demonstratie")
    scene.preview = stage.attempt("preview", "--pupil", pupil, *who) or {}
    pulled = scene.pulls.get("A")
    if pulled is None:
        return
    download, named = stage.home.parent / "rekenwijs.csv", stage.home.parent / "rekenwijs-met-namen.csv"
    schools = {str(org["sourcedId"]): str(org["name"]) for org in pulled["orgs"]}
    with download.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["account", "naam", "school", "niveau"])
        for number, user in enumerate(each for each in pulled["users"] if role_of(each) == "student"):
            alias = f"{user['givenName']} {user['familyName']}"
            school = schools[sourced_id(user["primaryOrg"])]
            writer.writerow([user["sourcedId"], alias, school, "ABCD"[number % 4]])
    named.unlink(missing_ok=True)
    if stage.attempt("relink", str(download), "-o", str(named), *who) is None:
        return
    with named.open(encoding="utf-8-sig", newline="") as file:
        scene.relinked = [dict(row) for row in csv.DictReader(file, delimiter=";")]


def _return_results(scene: Scene) -> None:
    """Vendor A returns a result for the pupil in each school who is in two groups."""
    vendor, pulled = scene.vendors["A"], scene.pulls.get("A")
    if pulled is None:
        return
    for number, (pseudonym, school, group) in enumerate(pupils_in_two_groups(pulled)):
        scene.results.append((school, pseudonym))
        records: list[tuple[str, str, Record]] = [
            ("categories", f"soort-{number}", {"title": "Toetsen"}),
            (
                "lineItems",
                f"toets-{number}",
                {
                    "title": "Toets blok 3 breuken",
                    "assignDate": "2026-11-02",
                    "dueDate": "2026-11-09",
                    "class": {"sourcedId": group},
                    "category": {"sourcedId": f"soort-{number}"},
                },
            ),
            (
                "results",
                f"resultaat-{number}",
                {
                    "lineItem": {"sourcedId": f"toets-{number}"},
                    "student": {"sourcedId": pseudonym},
                    "score": 7.50 + number,
                    "scoreStatus": "fully graded",
                    "scoreDate": "2026-11-09T10:00:00Z",
                    "comment": "Goed gewerkt aan de breuken.",
                },
            ),
        ]
        # All three at once: the school's system must still get them in this order.
        for collection, identifier, record in records:
            scene.answers.append(vendor.put(collection, identifier, record))
    _await_results(scene, sum(answer.status == 201 for answer in scene.answers[2::3]))


def pupils_in_two_groups(pulled: dict[str, list[Record]]) -> Iterator[tuple[str, str, str]]:
    """(pseudonym, school, group) of the one pupil per school who is in two groups: seen in what a vendor got."""
    schools = {str(org["sourcedId"]): str(org["name"]) for org in pulled["orgs"]}
    groups: dict[tuple[str, str], list[str]] = {}
    for enrolment in pulled["enrollments"]:
        if enrolment["role"] == "student":
            key = (sourced_id(enrolment["user"]), sourced_id(enrolment["school"]))
            groups.setdefault(key, []).append(sourced_id(enrolment["class"]))
    for (user, school), classes in sorted(groups.items(), key=lambda item: schools[item[0][1]]):
        if len(classes) == 2:
            yield user, schools[school], classes[0]


def _await_results(scene: Scene, count: int) -> None:
    deadline = time.monotonic() + DELIVERY_SECONDS
    while time.monotonic() < deadline:
        arrived = sum(write.collection == "results" for school in scene.schools for write in school.writes)
        if arrived >= count:
            return
        time.sleep(0.1)


def _block_register(scene: Scene) -> None:
    """Make the register of disclosures unwritable for one request: then nothing may leave."""
    database = sqlite3.connect(scene.home / "data" / "front.sqlite", timeout=30)
    try:
        database.execute(
            "CREATE TRIGGER demo_block BEFORE INSERT ON disclosures BEGIN SELECT RAISE(ABORT, 'blocked'); END"
        )
        database.commit()
        scene.unregistered = scene.vendors["A"].get("users", limit=5)
    finally:
        database.execute("DROP TRIGGER IF EXISTS demo_block")
        database.commit()
        database.close()


def _read_register(stage: Stage, scene: Scene) -> None:
    scene.disclosures = _listed(stage.command("register", "disclosures"))
    pupil = f"las-1:{scene.shown_pupil['sourcedId']}"
    scene.of_one_pupil = _listed(stage.command("register", "disclosures", "--pupil", pupil))


def _listed(answer: dict[str, object]) -> list[dict[str, object]]:
    listed = answer["disclosures"]
    assert isinstance(listed, list)
    return listed
