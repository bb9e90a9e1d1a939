"""How a sandbox lives: made from nothing of the board, driven beside the gateway, restarted, reset, and bounded."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from werkzeug.test import Client

from gateway.cli import serve
from gateway.cli.sandbox import make_sandbox
from gateway.connections import sandbox_place
from gateway.connections.sandbox_place import Place
from gateway.front import main as front_main
from gateway.front.counting import SharedCounts
from gateway.front.main import services_of
from gateway.front.sandbox import views
from gateway.front.sandbox.mount import SandboxDoor
from gateway.sandbox import running
from gateway.school.doctor import machine
from gateway.settings import Settings, load_settings, store_settings
from tests import initialised
from tests.journeys.desk import typed
from tests.journeys.rig import Rig
from tests.journeys.sandboxed import sandbox_at_work, switch_on

JSON = {"Accept": "application/json"}


class Door:
    """The door of a home folder that has nothing but its settings, without a real board behind it."""

    def __init__(self, home: Path) -> None:
        self.door = SandboxDoor(
            lambda *_: pytest.fail("the real door was asked"),
            home,
            lambda folder: services_of(folder, public_url="http://127.0.0.1:9/sandbox"),
            counts=SharedCounts(),
        )
        self.http = Client(self.door)

    def start(self) -> dict[str, Any]:
        answer = self.http.post("/sandbox/start", headers=JSON)
        return {"status": answer.status_code, **(answer.json or {})}

    def press(self, place: dict[str, Any], happening: str = "") -> Any:
        form = {
            "client_id": place["client_id"],
            "client_secret": place["client_secret"],
            "happening": happening,
        }
        return self.http.post("/sandbox/press", data=form, headers=JSON)

    def pull(self, place: dict[str, Any]) -> Any:
        token = self.http.post(
            "/sandbox/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(place["client_id"], place["client_secret"]),
        )
        if token.status_code != 200:
            return token
        return self.http.get(
            "/sandbox/ims/oneroster/rostering/v1p2/users?limit=1000",
            headers={"Authorization": f"Bearer {token.json['access_token']}"},
        )

    def until(self, found: Any) -> None:
        deadline = time.monotonic() + 30
        while not found():
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    store_settings(Settings(home=tmp_path, board_id="echt", board_name="Echt bestuur", sandbox=True))
    return tmp_path


@pytest.fixture
def door(home: Path) -> Iterator[Door]:
    door = Door(home)
    yield door
    door.door.close()


def test_sandbox_is_made_from_the_settings_alone_goes_on_after_a_restart_and_is_gone_after_a_reset(
    home: Path, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr("gateway.front.sandbox.mount.LOOK_EVERY_SECONDS", 0.0)
    assert door.start() == {"status": 503, "code": "sandbox_not_ready",
                            "message": "The sandbox is being made. Come back after Retry-After."}  # fmt: skip
    with sandbox_at_work(home):
        place = door.start()
        first = sandbox_place.current(home)
        door.until(lambda: door.pull(place).status_code == 200)
        before = {each["sourcedId"] for each in door.pull(place).json["users"]}
        assert door.press(place, "new_school_year").json["happened"][0]["state"] == "done"
        later = {each["sourcedId"] for each in door.pull(place).json["users"]}
        assert before != later
    with sandbox_at_work(home):
        assert sandbox_place.current(home) == first
        # What happened before is as it was: the year that passed too.
        assert door.press(place, "pupil_leaves_out").json["happened"][0]["state"] == "done"
        left = {each["sourcedId"] for each in door.pull(place).json["users"]}
        assert left < later
        assert len(later - left) == 1

        second = running_reset(home)
        door.until(lambda: first is not None and not first.folder.exists())
        assert sandbox_place.current(home) == second
        assert door.press(place).status_code == 401
        assert door.pull(place).status_code == 401
        other = door.start()
        assert other["status"] == 201
        door.until(lambda: door.pull(other).status_code == 200)
        assert not later & {each["sourcedId"] for each in door.pull(other).json["users"]}
    made = sorted(path.name for path in home.iterdir())
    assert made == ["sandbox", "settings.toml"]


def test_sandbox_that_cannot_be_opened_is_made_anew_and_halves_of_others_are_removed(
    home: Path, door: Door, capfd: pytest.CaptureFixture[str]
) -> None:
    broken = make_sandbox(home)
    (broken.folder / "keys" / "ring").write_bytes(b"no ring")
    half = home / "sandbox" / "g-00000000dead"
    half.mkdir()

    with sandbox_at_work(home):
        found = sandbox_place.current(home)
        assert found is not None
        assert found != broken
        assert sorted(home.glob("sandbox/g-*")) == [found.folder]
        assert door.start()["status"] == 201
    assert "The sandbox is made anew." in capfd.readouterr().err


def running_reset(home: Path) -> Place:
    """As `schuilnaam sandbox reset`, from another process than the one that drives it."""
    outcome = typed(["sandbox", "reset", "--home", str(home), "--json"])
    assert outcome.status == 0, outcome.stderr
    found = sandbox_place.current(home)
    assert found is not None
    assert found.name == outcome.json()["sandbox"]
    return found


def test_commands_tell_what_there_is_and_refuse_where_it_is_off(home: Path) -> None:
    where = ("--home", str(home), "--json")
    assert typed(["sandbox", "show", *where]).json()["sandbox"] is None
    assert typed(["sandbox", "create", *where]).json()["created"] is True
    assert typed(["sandbox", "create", *where]).json()["created"] is False
    shown = typed(["sandbox", "show", *where]).json()
    assert (shown["switched_on"], shown["places"], shown["waiting"]) == (True, 0, 0)

    store_settings(Settings(home=home, board_id="echt", board_name="Echt bestuur"))
    for command in ("create", "reset", "run"):
        refused = typed(["sandbox", command, *where])
        assert (refused.status, refused.code) == (2, "sandbox_off")


def test_places_presses_and_school_years_are_few(
    home: Path, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sandbox_at_work(home):
        place = door.start()
        monkeypatch.setattr(views, "MAX_PLACES", 1)
        full = door.start()
        monkeypatch.setattr(views, "SCHOOL_YEARS", 0)
        year = door.press(place, "new_school_year")
        monkeypatch.setattr(views, "PRESSES_A_MINUTE", 1)
        second = door.press(place, "vendor_stopped")

    assert (full["status"], full["code"]) == (503, "sandbox_places_full")
    assert (year.status_code, year.json["code"]) == (429, "rate_limited")
    assert second.status_code == 429
    assert int(second.headers["Retry-After"]) > 0
    # Looking is no press, and nothing was carried out.
    assert [each["happening"] for each in door.press(place).json["happened"]] == ["agreement_begins"]


@pytest.mark.parametrize(
    ("age_minutes", "bytes_", "due"),
    [
        (5, 200, False),
        (11, 200, True),
        (11, 10, False),
        (7 * 24 * 60 + 1, 10, True),
    ],
)
def test_sandbox_is_made_anew_when_it_is_old_or_too_full_but_not_all_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age_minutes: int, bytes_: int, due: bool
) -> None:
    monkeypatch.setattr(sandbox_place, "MAX_BYTES", 100)
    monkeypatch.setattr(running, "_places_taken", lambda services: 0)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "front.sqlite").write_bytes(b"x" * bytes_)
    (tmp_path / "settings.toml").touch()
    then = time.time() - age_minutes * 60
    os.utime(tmp_path / "settings.toml", (then, then))

    assert running._is_due(Place(tmp_path), None) is due  # type: ignore[arg-type]


def test_sandbox_gives_way_before_the_door_does(
    home: Path, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.front.sandbox.mount.ALL_REQUESTS_PER_MINUTE", 2)

    answers = [door.http.get("/sandbox/") for _ in range(3)]

    assert [each.status_code for each in answers] == [503, 503, 429]
    assert answers[2].json["code"] == "rate_limited"
    assert answers[2].headers["Retry-After"] == "60"


def test_home_that_init_makes_has_the_sandbox_on_unless_told_otherwise(tmp_path: Path) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_bytes(initialised.PASSPHRASE)
    for option, on in (((), True), (("--no-sandbox",), False)):
        home = tmp_path / str(on)
        made = ["init", "--board", "X", *option, "--home", str(home), "--passphrase-file", str(passphrase)]
        assert typed(made).status == 0
        assert load_settings(home).sandbox is on


def test_doctor_says_whether_vendors_can_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    initialised.new_home(home)
    found = [machine.sandbox(load_settings(home))]
    switch_on(home)
    found.append(machine.sandbox(load_settings(home)))
    make_sandbox(home)
    found.append(machine.sandbox(load_settings(home)))
    monkeypatch.setattr(sandbox_place, "MAX_BYTES", 10)
    found.append(machine.sandbox(load_settings(home)))

    assert [each.verdict.value for each in found] == ["ok", "ok", "ok", "warn"]
    assert found[3].command == "schuilnaam sandbox reset"
    assert machine.modes(load_settings(home)).verdict.value == "ok"


@pytest.mark.parametrize("name", ["../home", "g-../../..", "g-0123456789ab/..", "", "g-0123456789AB"])
def test_pointer_that_leads_elsewhere_is_not_followed(tmp_path: Path, name: str) -> None:
    (tmp_path / "sandbox").mkdir()
    (tmp_path / "sandbox" / "current").write_text(name)
    assert sandbox_place.current(tmp_path) is None


def test_door_program_has_a_sandbox_only_where_it_is_on(home: Path) -> None:
    for on in (True, False):
        folder = home / str(on)
        initialised.new_home(folder)
        if on:
            switch_on(folder)
        app = front_main._Server({}, folder, "http://127.0.0.1:9").load()
        http = Client(app)  # type: ignore[arg-type]
        found = http.get("/sandbox/")
        docs = http.get("/docs").text

        assert (found.status_code, found.json["code"]) == (
            (503, "sandbox_not_ready") if on else (404, "unknown_path")
        )
        assert ("/sandbox/" in docs) is on
        assert http.get("/healthz").status_code == 200


def test_serve_drives_the_sandbox_beside_the_gateway_and_outlives_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serve, "SANDBOX_AFTER_SECONDS", 0.2)
    started: list[subprocess.Popen[bytes]] = []
    processes = serve.Processes()

    def start(module: str, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        assert options == {"quiet": True}
        assert (module, *arguments) == ("gateway.cli.main", "sandbox", "run", "--home", str(home))
        process = subprocess.Popen(["/bin/sh", "-c", "exit 3" if not started else "sleep 60"])
        started.append(process)
        processes._running.append(process)
        if len(started) == 2:
            processes._stopping = True
        return process

    monkeypatch.setattr(processes, "start", start)

    status = processes.supervise(sandbox_of=str(home))
    processes.stop()

    assert status == 0
    assert [each.poll() for each in started] == [3, -15]
    assert "sandbox_ended" in capsys.readouterr().err


@pytest.mark.thorough
def test_served_gateway_has_its_sandbox_after_a_while(tmp_path: Path) -> None:
    rig = Rig(tmp_path, [])
    try:
        switch_on(rig.home)
        rig.serve()
        deadline = time.monotonic() + 120
        while requests.get(f"{rig.url}/sandbox/", timeout=10).status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(1)
        assert requests.post(f"{rig.url}/sandbox/start", timeout=30).status_code == 201
    finally:
        rig.stop()
