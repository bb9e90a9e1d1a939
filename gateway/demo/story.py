"""The demo as a story: a school, four vendors, what each got or why it was refused, and a result that comes home.

Everything happens as for a real school: the same commands, a served gateway, real HTTP. The school systems, the vendors
and their people are made up.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gateway.demo import papers
from gateway.demo.board import MadeUpBoard, made_up_board, role_of
from gateway.demo.population import IdStyle
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.shelf import Record
from gateway.demo.vendors import Exchange, SimulatedVendor
from gateway.errors import GatewayUnready

BOARD: Final = "Stichting Voorbeeldscholen"
START_SECONDS: Final = 60
DELIVERY_SECONDS: Final = 40

Run = Callable[[Sequence[str]], tuple[int, str]]
"""Carries out one `schuilnaam` command; (exit status, standard output)."""


@dataclass(frozen=True, slots=True)
class Part:
    """One vendor of the story."""

    letter: str
    vendor: str
    kvk: str
    product: str
    agreement: str | None


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
    asked_before_agreement: int = 0
    """Requests that the school systems had received when no agreement was in force yet."""
    results: list[tuple[str, str]] = field(default_factory=list)
    """(school name, pseudonym) of each result that vendor A returned."""
    unregistered: Exchange | None = None
    """What vendor A got while the register could not be written."""
    disclosures: list[dict[str, object]] = field(default_factory=list)


class Stage:
    """Sets up the home folder, starts and stops the gateway."""

    def __init__(self, run: Run, home: Path) -> None:
        self._run = run
        self.home = home
        self.passphrase_file = home.parent / "passphrase"
        self._gateway: subprocess.Popen[bytes] | None = None
        self.url = ""

    def command(self, *arguments: str) -> dict[str, object]:
        """One command of ours; its JSON answer. Raises `GatewayUnready` when it fails."""
        status, output = self._run([*arguments, "--home", str(self.home), "--json"])
        if status:
            raise GatewayUnready(
                f"The demo stopped: `schuilnaam {' '.join(arguments[:2])}` answered {status}.",
                code="demo_failed",
                remedy="The command's own message is above.",
            )
        answer = json.loads(output)
        assert isinstance(answer, dict)
        return answer

    def choose_address(self) -> None:
        """An address of this machine for the gateway."""
        self.url = f"http://127.0.0.1:{free_port()}"

    @property
    def process_id(self) -> int:
        """Of `schuilnaam serve`."""
        assert self._gateway is not None
        return self._gateway.pid

    def set_up(self, schools: Sequence[SimulatedSchool]) -> None:
        """Home folder and both school systems."""
        write_private(self.passphrase_file, b"alleen voor de demo\n")
        self.choose_address()
        passphrase = ("--passphrase-file", str(self.passphrase_file))
        self.command(
            "init",
            "--board",
            BOARD,
            "--brin",
            "99ZZ",
            "--brin",
            "98YY",
            "--public-url",
            self.url,
            *passphrase,
        )
        for number, school in enumerate(schools, 1):
            secret = self.home.parent / f"secret-{number}"
            write_private(secret, school.client_secret.encode())
            address = (
                "--url",
                school.base_url,
                "--token-url",
                school.token_url,
                "--client-id",
                school.client_id,
            )
            self.command(
                "source", "add", f"las-{number}", "--standard", "oneroster-1.2", *address,
                "--client-secret-file", str(secret),
            )  # fmt: skip

    def map_schools(self, count: int) -> None:
        """Tie what the sources deliver to BRIN; they map themselves."""
        for number in range(1, count + 1):
            self.command("source", "schools", f"las-{number}")

    def agree(self, part: Part) -> None:
        """Register, approve by somebody else, accept the missing paper, activate."""
        assert part.agreement is not None
        nameless = part.letter == "D"
        record = papers.agreement(
            part.agreement,
            vendor=part.vendor,
            kvk=part.kvk,
            product=part.product,
            board=BOARD,
            brins=["99ZZ", "98YY"],
            data=papers.nameless_terms() if nameless else papers.full_terms(),
            services=["roster"] if nameless else ["roster", "results"],
            today=datetime.now(UTC).date(),  # noqa: TID251 (the demo plays today)
        )
        path = self.home.parent / f"{part.agreement}.json"
        path.write_text(json.dumps(record, ensure_ascii=False, indent=2), encoding="utf-8")
        self.command("agreement", "register", str(path), "--by", "applicatiebeheerder")
        self.command("agreement", "approve", part.agreement, "--by", "bestuurder")
        self.command(
            "agreement", "accept-finding", part.agreement, "no_document",
            "--reason", "demonstratie zonder papieren document", "--by", "bestuurder",
        )  # fmt: skip
        self.command("agreement", "activate", part.agreement)

    def vendor(self, part: Part) -> SimulatedVendor:
        """A vendor's platform with credentials, whatever its agreement."""
        issued = self.command("client", "issue", part.product)
        return SimulatedVendor(
            self.url,
            f"{self.url}/oauth2/token",
            str(issued["client_id"]),
            str(issued["client_secret"]),
            name=part.vendor,
        )

    def start(self, *, workers: int = 1) -> None:
        """`schuilnaam serve`, until it answers."""
        arguments = ["serve", "--bind", self.url.removeprefix("http://"), "--workers", str(workers)]
        self._gateway = subprocess.Popen(  # noqa: S603 (our own program)
            [
                sys.executable, "-m", "gateway.cli.main", *arguments,
                "--home", str(self.home), "--passphrase-file", str(self.passphrase_file),
            ],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        probe = SimulatedVendor(self.url, self.url, "", "")
        for _ in range(START_SECONDS * 10):
            if self._gateway.poll() is not None:
                break
            with contextlib.suppress(OSError):
                if probe.send("GET", f"{self.url}/readyz", with_token=False).status == 200:
                    probe.close()
                    return
            probe.close()
            time.sleep(0.1)
        raise GatewayUnready("The gateway of the demo did not start.", code="demo_failed")

    def stop(self) -> None:
        """Stop the gateway."""
        if self._gateway is not None and self._gateway.poll() is None:
            self._gateway.send_signal(signal.SIGTERM)
            try:
                self._gateway.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(self._gateway.pid, signal.SIGKILL)


def write_private(path: Path, content: bytes) -> None:
    """A file that only this user can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        assert isinstance(port, int)
        return port


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
        stage = Stage(run, folder / "home")
        stack.callback(stage.stop)
        yield _play(stage, boards, schools, say)


def _play(
    stage: Stage,
    boards: tuple[MadeUpBoard, ...],
    schools: tuple[SimulatedSchool, ...],
    say: Callable[[str], None],
) -> Scene:
    scene = Scene(stage.home, boards, schools)
    _tell_school(boards, say)
    stage.set_up(schools)
    stage.map_schools(len(schools))
    for part in PARTS:
        if part.agreement is not None:
            stage.agree(part)
    stage.command("agreement", "end", "VO-2026-015")
    stage.start()
    for part in PARTS:
        scene.vendors[part.letter] = stage.vendor(part)
        _pull(scene, part, say)
    _return_results(scene, say)
    _block_register(scene, say)
    scene.disclosures = _disclosures(stage)
    _tell_register(scene, say)
    return scene


def _tell_school(boards: Sequence[MadeUpBoard], say: Callable[[str], None]) -> None:
    say(f"\n1. What the school has: {BOARD}, two schools, each with its own school system.")
    for board in boards:
        name = next(str(org["name"]) for org in board.records("orgs") if org["type"] == "school")
        pupils = board.pupils()
        say(f"   {name}: {len(pupils)} pupils, three of them:")
        for pupil in pupils[9:12]:
            say(
                f"     {pupil['sourcedId']:>8}  {pupil['givenName']} {pupil['familyName']}  {pupil.get('email', '')}"
            )
    say("   The two systems use the same pupil numbers, for different pupils.")


def _pull(scene: Scene, part: Part, say: Callable[[str], None]) -> None:
    vendor = scene.vendors[part.letter]
    say(f"\n2{part.letter.lower()}. {part.vendor} (vendor {part.letter}) asks for pupils.")
    answer = vendor.token()
    if answer.status != 200:
        scene.refusals[part.letter] = answer
        say(f"   Refused: {answer.document()['error_description']}")
        return
    pulled: dict[str, list[Record]] = {}
    for collection in (
        "orgs",
        "academicSessions",
        "courses",
        "classes",
        "users",
        "enrollments",
        "demographics",
    ):
        pull = vendor.pull(collection, limit=10)
        if pull.refused is None:
            pulled[collection] = pull.records
        else:
            scene.refusals[f"{part.letter}:{collection}"] = pull.refused
    if "users" not in pulled:
        # An ended agreement still takes results back for a while: a token, and no pupil.
        answer = scene.refusals[part.letter] = scene.refusals[f"{part.letter}:users"]
        say(f"   Refused: {answer.document()['imsx_description']}")
        return
    scene.pulls[part.letter] = pulled
    pupils = [user for user in pulled["users"] if role_of(user) == "student"]
    say(f"   It got {len(pupils)} pupils, {len(pulled['classes'])} groups. The first three:")
    for pupil in pupils[:3]:
        say(f"     {str(pupil['sourcedId'])[:20]}...  {pupil['givenName']} {pupil['familyName']}")
    titles = sorted(str(group["title"]) for group in pulled["classes"])
    say(f"   Groups as it sees them: {', '.join(titles)}")


def _return_results(scene: Scene, say: Callable[[str], None]) -> None:
    say("\n3. Vendor A returns two results: for the pupil in each school who is in two groups.")
    vendor, pulled = scene.vendors["A"], scene.pulls.get("A")
    if pulled is None:
        return
    for number, (pseudonym, school, group) in enumerate(_pupils_in_two_groups(pulled)):
        line_item, category = f"toets-{number}", "categorie-1"
        vendor.put("categories", category, {"sourcedId": category, "title": "Toetsen"})
        vendor.put(
            "lineItems",
            line_item,
            {
                "sourcedId": line_item,
                "title": "Toets blok 3 breuken",
                "assignDate": "2026-11-02",
                "dueDate": "2026-11-09",
                "class": {"sourcedId": group},
                "category": {"sourcedId": category},
            },
        )
        answer = vendor.put(
            "results",
            f"resultaat-{number}",
            {
                "sourcedId": f"resultaat-{number}",
                "lineItem": {"sourcedId": line_item},
                "student": {"sourcedId": pseudonym},
                "score": 7.50 + number,
                "scoreStatus": "fully graded",
                "scoreDate": "2026-11-09T10:00:00Z",
                "comment": "Goed gewerkt aan de breuken.",
            },
        )
        scene.results.append((school, pseudonym))
        say(f"   {pseudonym[:20]}... at {school}: {7.5 + number}. The gateway answered {answer.status}.")
    _await_results(scene, len(scene.results))
    for board, system in zip(scene.boards, scene.schools, strict=True):
        for write in system.writes:
            if write.collection == "results":
                pupil = _pupil_of(board, write.body)
                say(f"   In the school's system: {pupil}, in words of the school, not of the vendor.")


def _pupil_of(board: MadeUpBoard, body: bytes) -> str:
    record = json.loads(body)["result"]
    pupil = board.get("users", record["student"]["sourcedId"])
    return f"{pupil['givenName']} {pupil['familyName']} ({pupil['sourcedId']}) has {record.get('score')}"


def _pupils_in_two_groups(pulled: dict[str, list[Record]]) -> Iterator[tuple[str, str, str]]:
    """(pseudonym, school, group) of the one pupil per school who is in two groups: seen in what vendor A got."""
    schools = {str(org["sourcedId"]): str(org["name"]) for org in pulled["orgs"]}
    groups: dict[tuple[str, str], list[str]] = {}
    for enrolment in pulled["enrollments"]:
        if enrolment["role"] == "student":
            key = (_ref(enrolment["user"]), _ref(enrolment["school"]))
            groups.setdefault(key, []).append(_ref(enrolment["class"]))
    for (user, school), classes in sorted(groups.items(), key=lambda item: schools[item[0][1]]):
        if len(classes) == 2:
            yield user, schools[school], classes[0]


def _ref(reference: object) -> str:
    assert isinstance(reference, dict)
    return str(reference["sourcedId"])


def _await_results(scene: Scene, count: int) -> None:
    deadline = time.monotonic() + DELIVERY_SECONDS
    while time.monotonic() < deadline:
        arrived = sum(write.collection == "results" for school in scene.schools for write in school.writes)
        if arrived >= count:
            return
        time.sleep(0.1)


def _block_register(scene: Scene, say: Callable[[str], None]) -> None:
    """Make the register of disclosures unwritable for one request: then nothing may leave."""
    import sqlite3

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
    say(f"\n4. While the register cannot be written, vendor A gets nothing: {scene.unregistered.status}.")


def _disclosures(stage: Stage) -> list[dict[str, object]]:
    listed = stage.command("register", "disclosures")["disclosures"]
    assert isinstance(listed, list)
    return listed


def _tell_register(scene: Scene, say: Callable[[str], None]) -> None:
    say(
        f"\n5. The register: {len(scene.disclosures)} disclosures, each written before its first byte left. The last three:"
    )
    for row in scene.disclosures[-3:]:
        fields = row["fields"]
        assert isinstance(fields, dict)
        shown = (
            ", ".join(f"{name.partition('.')[2]} ({form})" for name, form in fields.items())
            or "structure only"
        )
        say(f"     {row['at']} {row['product']} {row['agreement']} {row['operation']}: {shown}")
