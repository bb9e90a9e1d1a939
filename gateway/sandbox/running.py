"""The school side of the sandbox as a program of its own: it never sees the real ring, passphrase or databases.

It makes the sandbox where there is none, serves the made-up school system on this machine's loopback, runs the same
loops as the real school side over the sandbox's home folder, and carries out what vendors press. It makes everything
anew when a week has passed, when all places have been taken for a day, when a database has grown too large, or when
somebody says so (`schuilnaam sandbox reset`).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.instants import to_ms
from gateway.connections import sandbox_place, sandbox_presses
from gateway.connections.sandbox_place import FOLDER, MAX_PLACES, Place
from gateway.database import reading
from gateway.demo.school_system import SimulatedSchool
from gateway.errors import GatewayError, GatewayUnready
from gateway.roster.model import ProductId
from gateway.sandbox.board import new_school_year, sandbox_board
from gateway.sandbox.happenings import SOURCE, Happenings
from gateway.school import source_setup
from gateway.school.main import SchoolSide
from gateway.school.services import SchoolServices, clock, open_services
from keys.errors import KeysError

LOOK_SECONDS: Final = 10.0
FULL_PLACES_KEPT_MS: Final = 86_400_000
LEAST_BETWEEN_RESETS_MS: Final = 600_000
"""Attack: whoever fills the sandbox again and again would keep the machine busy with making it."""
_STATE: Final = "sandbox.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceremonies:
    """What only the command line may do to a key ring."""

    make: Callable[[Path], Place]
    """Makes another sandbox below a home folder and makes it the current one."""
    new_version: Callable[[SchoolServices, ProductId], None]


@dataclass(slots=True, kw_only=True)
class _Board:
    """What must be known of the made-up board to have it again after a restart."""

    port: int
    client_secret: str
    years: int

    @classmethod
    def load(cls, place: Place) -> _Board | None:
        try:
            said = json.loads(place.folder.joinpath(_STATE).read_text(encoding="utf-8"))
            return cls(port=int(said["port"]), client_secret=str(said["secret"]), years=int(said["years"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def store(self, place: Place) -> None:
        path = place.folder / _STATE
        draft = path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"port": self.port, "secret": self.client_secret, "years": self.years}, file)
        draft.replace(path)


class SandboxRun:
    """Drives the sandbox of one home folder until `stop` is set.

    Args:
        home: of the real board; only `sandbox/` below it is touched.
    """

    def __init__(self, home: Path, ceremonies: Ceremonies) -> None:
        self._home = home
        self._ceremonies = ceremonies
        self._side: SchoolSide | None = None
        self._looked_at = 0.0
        self._said = False
        self._started_by = os.getppid()
        self.stop = threading.Event()

    def run(self, *, at_work: Callable[[], None] = lambda: None) -> None:
        """Work until stopped.

        Args:
            at_work: called when the made-up board can be pulled for the first time.

        Raises:
            GatewayUnready: `sandbox_running`: another process drives it.
        """
        with _only_one(self._home):
            known = sandbox_place.current(self._home)
            # What a try left that did not come to its end, such as on a full disk.
            self._remove_others(known)
            place = known or self._ceremonies.make(self._home)
            while not self._is_over():
                self._remove_others(place)
                place = self._drive(place, at_work)

    def end(self) -> None:
        """Stop soon; from another thread or a signal."""
        self.stop.set()
        if self._side is not None:
            self._side.stop.set()

    def _is_over(self) -> bool:
        return self.stop.is_set() or os.getppid() != self._started_by

    def _drive(self, place: Place, at_work: Callable[[], None]) -> Place:
        """Until it must be another place, which is returned, or the end."""
        try:
            with _opened(place) as (services, board, school):
                happenings = Happenings(
                    services,
                    school.board,
                    new_version=self._ceremonies.new_version,
                    new_school_year=lambda: _another_year(place, board, school),
                )
                following: list[Place] = []

                def also() -> None:
                    happenings.carry_out_waiting(clock)
                    school.writes.clear()
                    following.extend(self._followed_by(place, services))

                self._side = SchoolSide(services, also=also)
                if self.stop.is_set():
                    return place
                if not self._said:
                    self._said = True
                    at_work()
                self._side.run()
        except (GatewayError, KeysError, OSError) as error:
            # Made-up: what cannot be opened is worth less than another one.
            code = getattr(error, "code", type(error).__name__)
            print(f"schuilnaam: The sandbox is made anew. [{code}]", file=sys.stderr, flush=True)
            return self._ceremonies.make(self._home)
        return following[-1] if following else place

    def _followed_by(self, place: Place, services: SchoolServices) -> list[Place]:
        if time.monotonic() - self._looked_at < LOOK_SECONDS:
            return []
        self._looked_at = time.monotonic()
        found = sandbox_place.current(self._home)
        if found == place:
            if not _is_due(place, services):
                return []
            found = None
        found = found or self._ceremonies.make(self._home)
        if self._side is not None:
            self._side.stop.set()
        return [found]

    def _remove_others(self, place: Place | None) -> None:
        # A worker of the door may still have one open; what is removed stays readable for it until it looks again.
        for folder in self._home.joinpath(FOLDER).glob("g-*"):
            if place is None or folder != place.folder:
                shutil.rmtree(folder, ignore_errors=True)


def _is_due(place: Place, services: SchoolServices) -> bool:
    now_ms = to_ms(clock())
    if now_ms - place.made_at_ms < LEAST_BETWEEN_RESETS_MS:
        return False
    if now_ms >= place.resets_at_ms or place.is_full():
        return True
    return now_ms - place.made_at_ms >= FULL_PLACES_KEPT_MS and _places_taken(services) >= MAX_PLACES


def _places_taken(services: SchoolServices) -> int:
    with reading(services.front) as connection:
        return sandbox_presses.places(connection, board_id=services.board_id)


def _another_year(place: Place, board: _Board, school: SimulatedSchool) -> None:
    new_school_year(school.board, board.years)
    board.years += 1
    board.store(place)


@contextmanager
def _opened(place: Place) -> Iterator[tuple[SchoolServices, _Board, SimulatedSchool]]:
    """The sandbox's services with its ring, and the made-up school system that its source reads."""
    passphrase = place.folder.joinpath("passphrase").read_bytes().strip()
    services = open_services(place.folder).unlock(passphrase)
    known = _Board.load(place)
    board = known or _Board(port=0, client_secret=secrets.token_urlsafe(32), years=0)
    try:
        school = SimulatedSchool(
            sandbox_board(board.years),
            port=board.port,
            client_secret=board.client_secret,
            keep_requests=False,
        )
        with school:
            if known is None:
                _add_source(services, school)
                board.port = int(school.host.rpartition(":")[2])
                board.store(place)
            yield services, board, school
    finally:
        services.front.dispose()
        services.school.dispose()


def _add_source(services: SchoolServices, school: SimulatedSchool) -> None:
    settings = source_setup.settings_of(
        slug=SOURCE,
        standard="oneroster-1.2",
        url=school.base_url,
        token_url=school.token_url,
        client_id=school.client_id,
    )
    actor = services.gateway()
    source_setup.add(services, settings, school.client_secret.encode(), actor=actor, now=clock())
    source_setup.schools(services, SOURCE, {}, actor=actor, now=clock())


@contextmanager
def _only_one(home: Path) -> Iterator[None]:
    folder = home / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder / "run.lock", os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
            return
        raise GatewayUnready(
            "Another process drives the sandbox of this home folder.", code="sandbox_running"
        )
    finally:
        os.close(descriptor)
