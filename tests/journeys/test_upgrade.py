"""Databases as earlier versions stored them: upgraded on purpose, after a backup, and still the same pupils."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.demo.vendors import SimulatedVendor
from gateway.front import schema_watch
from tests.journeys.desk import changes, state_of, typed
from tests.journeys.earlier import STORED, Earlier, assert_same_pupils, earlier_home
from tests.journeys.rig import Rig


@pytest.fixture(params=STORED, ids=[path.name for path in STORED])
def earlier(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Earlier]:
    with earlier_home(request.param, tmp_path) as earlier:
        yield earlier


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
    assert_same_pupils(earlier)


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
