"""Databases as earlier versions stored them: upgraded on purpose, after a backup, and still the same pupils."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.demo.board import made_up_board
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.stage import write_private
from gateway.demo.vendors import SimulatedVendor
from gateway.front import schema_watch
from tests.journeys.desk import Outcome, changes, state_of, typed
from tests.journeys.rig import Rig
from tests.stored.store import PUPILS, SCHOOLS, SEED

STORED = sorted((Path(__file__).parents[1] / "stored").glob("schema_*"))


@dataclass(frozen=True, slots=True)
class Earlier:
    """A home folder as an earlier version left it, and the school's system of that time."""

    home: Path
    passphrase_file: Path
    facts: dict[str, object]
    school: SimulatedSchool

    def command(self, *arguments: str) -> Outcome:
        where = ("--home", str(self.home), "--passphrase-file", str(self.passphrase_file), "--json")
        return typed([*arguments, *where])


@pytest.fixture(params=STORED, ids=[path.name for path in STORED])
def earlier(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Earlier]:
    stored: Path = request.param
    facts = json.loads((stored / "facts.json").read_text())
    home = tmp_path / "home"
    for name in ("keys", "storage", "secrets", "data"):
        (home / name).mkdir(parents=True, mode=0o700)
    home.chmod(0o700)
    for name, place in (
        ("ring", "keys/ring"), ("storage.key", "storage/storage.key"), ("source-las-1", "secrets/source-las-1"),
        ("settings.toml", "settings.toml"),
    ):  # fmt: skip
        write_private(home / place, (stored / name).read_bytes())
    write_private(tmp_path / "passphrase", (stored / "passphrase").read_bytes())
    address = f"sqlite:///{home}/data"
    write_private(
        home / "front.toml",
        (stored / "front.toml").read_bytes().replace(b"sqlite:///HOME/data", address.encode()),
    )
    write_private(
        home / "school.toml",
        f'database = "{address}/school.sqlite"\nfront_database = "{address}/front.sqlite"\n'.encode(),
    )
    with SimulatedSchool(made_up_board(SEED, schools=SCHOOLS, pupils=PUPILS)) as school:
        for side in ("front", "school"):
            database = sqlite3.connect(home / "data" / f"{side}.sqlite")
            # The school's system has another port today, and other credentials.
            script = (stored / f"{side}.sql").read_text().replace(facts["source_url"], school.base_url)
            database.executescript(script)
            database.close()
            (home / "data" / f"{side}.sqlite").chmod(0o600)
        write_private(home / "secrets" / "source-las-1", school.client_secret.encode())
        with sqlite3.connect(home / "data" / "school.sqlite") as database:
            database.execute("UPDATE sources SET client_id = ?", (school.client_id,))
        database.close()
        yield Earlier(home, tmp_path / "passphrase", facts, school)


def test_earlier_schema_is_refused_with_the_command_that_upgrades_it(earlier: Earlier) -> None:
    before = state_of(earlier.home)

    refused = earlier.command("refresh")
    doctor = earlier.command("doctor", "--no-network")

    assert (refused.status, refused.code) == (5, "schema_differs")
    assert "schuilnaam db upgrade" in refused.stderr
    assert doctor.status == 2
    commands = [each["command"] for each in doctor.json()["checks"]]  # type: ignore[attr-defined]
    assert "schuilnaam backup -o FILE && schuilnaam db upgrade" in commands
    assert changes(before, state_of(earlier.home)) == []


def test_upgrade_without_a_fresh_backup_changes_nothing(earlier: Earlier) -> None:
    before = state_of(earlier.home)

    outcome = earlier.command("db", "upgrade")

    assert (outcome.status, outcome.code) == (5, "backup_too_old")
    assert changes(before, state_of(earlier.home)) == []


def test_upgraded_home_knows_the_same_pupils_and_delivers_what_waited(
    earlier: Earlier, tmp_path: Path
) -> None:
    assert earlier.command("backup", "-o", str(tmp_path / "backup")).status == 0
    upgraded = earlier.command("db", "upgrade")
    again = earlier.command("db", "upgrade")

    assert (upgraded.status, upgraded.json()["upgraded"]) == (0, True)
    assert again.json()["upgraded"] is False
    assert earlier.command("refresh").status == 0
    known = earlier.facts["pseudonym_and_alias"]
    assert isinstance(known, dict)
    for identifier, stored in known.items():
        shown = earlier.command(
            "preview",
            "--pupil",
            f"las-1:{identifier}",
            "--product",
            "rekenwijs",
            "--as",
            "toets",
            "--reason",
            "toets",
        )
        sent = {row["field"]: row["sent"] for row in shown.json()["fields"]}  # type: ignore[attr-defined]
        assert [sent["user.sourcedId"], sent["user.familyName"]] == stored
    assert earlier.command("deliver", "--once").status == 0
    results = [write for write in earlier.school.writes if write.collection == "results"]
    assert [write.document["student"]["sourcedId"] for write in results] == [  # type: ignore[index]
        earlier.facts["waiting_result_is_about"]
    ]
    assert earlier.command("register", "verify").json()["intact"] is True


def test_backup_of_an_earlier_schema_is_restored_and_upgraded_on_the_way(
    earlier: Earlier, tmp_path: Path
) -> None:
    file, ring, home = tmp_path / "backup", tmp_path / "ring", tmp_path / "new"
    assert earlier.command("backup", "-o", str(file)).status == 0
    ring.write_bytes((earlier.home / "keys" / "ring").read_bytes())

    where = ("--home", str(home), "--passphrase-file", str(earlier.passphrase_file), "--json")
    restored = typed(["restore", str(file), "--ring", str(ring), "--moved", *where])
    delivered = typed(["deliver", "--once", *where])

    assert (restored.status, delivered.status) == (0, 0), restored.stderr
    assert [write.collection for write in earlier.school.writes] == ["categories", "lineItems", "results"]


def test_upgrade_without_a_backup_on_purpose_is_registered_as_that(earlier: Earlier) -> None:
    outcome = earlier.command("db", "upgrade", "--no-backup-needed")

    assert outcome.status == 0
    database = sqlite3.connect(earlier.home / "data" / "school.sqlite")
    (entry,) = database.execute(
        "SELECT entry FROM audit_school WHERE event = 'person:database:upgraded'"
    ).fetchone()
    database.close()
    assert json.loads(entry)["details"]["reason"] == "without_backup"


def test_a_newer_schema_makes_the_door_not_ready_and_serves_nothing(rig: Rig) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    vendor = rig.vendor("rekenwijs")
    rig.serve_front()
    assert vendor.pull("users").records
    assert typed(["health", "--bind", rig.url.removeprefix("http://")]).status == 0
    before = len(rig.disclosures())
    with sqlite3.connect(rig.home / "data" / "front.sqlite") as database:
        (ours,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
        database.execute("UPDATE alembic_version SET version_num = 'front_9999'")
    database.close()
    probe = SimulatedVendor(rig.url, rig.url, "", "")

    ready = probe.send("GET", f"{rig.url}/readyz", with_token=False)
    time.sleep(schema_watch.LOOK_EVERY_SECONDS)
    pulled = vendor.get("users")
    probe.close()
    health = typed(["health", "--bind", rig.url.removeprefix("http://"), "--home", str(rig.home)])

    assert ready.status == 503
    assert ready.document()["code"] == "schema_newer"
    assert "newer version" in str(ready.document()["message"])
    assert pulled.status == 503
    assert (health.status, health.code) == (5, "not_ready")
    assert rig.refused("db", "upgrade") == (5, "schema_newer")
    with sqlite3.connect(rig.home / "data" / "front.sqlite") as database:
        database.execute("UPDATE alembic_version SET version_num = ?", (ours,))
    database.close()
    assert len(rig.disclosures()) == before
