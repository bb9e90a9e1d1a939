"""`doctor` and `config show`: what is wrong is named with the command that mends it, and nothing is changed."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from contracts.instants import to_ms
from gateway.demo.school_system import SimulatedSchool
from tests.journeys.desk import changes, state_of, typed
from tests.journeys.rig import Rig


def _checks(rig: Rig, *more: str) -> tuple[int, dict[str, dict[str, str]]]:
    outcome = typed(["doctor", "--home", str(rig.home), "--json", *more])
    found = outcome.json()["checks"]
    assert isinstance(found, list)
    return outcome.status, {each["check"]: each for each in found}


def _well(rig: Rig) -> None:
    """Everything that a careful school does; its address stays plain http on this machine."""
    value = str(rig.command("key", "sheet")["check_value"])
    rig.command("key", "sheet", "--confirm", value)
    rig.command("register", "checkpoint", "-o", str(rig.folder / "checkpoint"))


def test_doctor_tells_what_a_new_home_misses_and_changes_nothing(rig: Rig) -> None:
    before = state_of(rig.home)

    status, found = _checks(rig)

    assert changes(before, state_of(rig.home)) == []
    assert status == 1
    wanting = {name for name, each in found.items() if each["verdict"] != "ok"}
    assert wanting == {"recovery_sheet", "backup", "checkpoint", "public_url"}
    assert all(found[name]["command"] for name in wanting)
    assert found["source_las-1"]["verdict"] == "ok"
    text = typed(["doctor", "--home", str(rig.home)]).stdout
    assert "-> schuilnaam backup -o FILE" in text


def test_doctor_asks_no_source_without_network(rig: Rig, school: SimulatedSchool) -> None:
    before = len(school.requests)

    status, found = _checks(rig, "--no-network")

    assert len(school.requests) == before
    assert status == 1
    assert "not asked" in found["sources"]["sentence"]


def test_doctor_fails_on_a_source_that_does_not_answer(rig: Rig, school: SimulatedSchool) -> None:
    school.stop()

    status, found = _checks(rig)

    assert status == 2
    assert found["source_las-1"]["verdict"] == "fail"
    assert found["source_las-1"]["command"] == "schuilnaam source check las-1"


def test_doctor_fails_on_loose_modes_and_names_the_chmod(rig: Rig) -> None:
    (rig.home / "secrets" / "source-las-1").chmod(0o644)

    status, found = _checks(rig, "--no-network")

    assert status == 2
    assert found["modes"]["command"] == f"chmod 600 '{rig.home}/secrets/source-las-1'"


def test_doctor_fails_on_the_ring_of_another_home_and_the_gateway_refuses_it(rig: Rig) -> None:
    other = rig.folder / "other"
    outcome = typed(
        ["init", "--board", "Andere", "--home", str(other), "--passphrase-file", str(rig.passphrase_file)]
    )
    assert outcome.status == 0
    (rig.home / "keys" / "ring").write_bytes((other / "keys" / "ring").read_bytes())

    status, found = _checks(rig, "--no-network")

    assert status == 2
    assert found["ring_matches"]["verdict"] == "fail"
    assert rig.refused("refresh") == (5, "ring_foreign")


def test_doctor_fails_on_a_ring_from_before_a_key_was_destroyed(rig: Rig) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    older = (rig.home / "keys" / "ring").read_bytes()
    rig.command("key", "destroy", "rekenwijs")
    assert _checks(rig, "--no-network")[1]["ring_matches"]["verdict"] == "ok"
    (rig.home / "keys" / "ring").write_bytes(older)

    status, found = _checks(rig, "--no-network")

    assert status == 2
    assert "a key that was destroyed is back" in found["ring_matches"]["sentence"]


def test_doctor_fails_on_a_clock_that_was_set_back(rig: Rig) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    ahead = to_ms(datetime.now(UTC) + timedelta(hours=2))
    with sqlite3.connect(rig.home / "data" / "front.sqlite") as database:
        database.execute("DELETE FROM clock_marks")
        board = rig.services().board_id
        database.execute("INSERT INTO clock_marks (board_id, high_water_at_ms) VALUES (?, ?)", (board, ahead))
    database.close()

    status, found = _checks(rig, "--no-network")

    assert status == 2
    assert "behind what was seen" in found["clock"]["sentence"]


def test_doctor_warns_of_an_agreement_that_ends_soon(rig: Rig) -> None:
    soon = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    rig.agree("rekenwijs", term={"until": soon})

    _, found = _checks(rig, "--no-network")

    assert found["agreements"]["verdict"] == "warn"
    assert f"VO-rekenwijs (last day {soon})" in found["agreements"]["sentence"]


def test_doctor_fails_on_a_certificate_that_is_not_accepted(rig: Rig) -> None:
    # Nothing listens there with TLS.
    settings = rig.home / "settings.toml"
    settings.write_text(settings.read_text().replace(rig.url, rig.url.replace("http:", "https:")))

    status, found = _checks(rig)

    assert status == 2
    assert found["public_url"]["verdict"] == "fail"
    assert "does not answer with TLS" in found["public_url"]["sentence"]


def test_doctor_of_a_folder_that_is_no_home_fails_with_the_command(rig: Rig) -> None:
    outcome = typed(["doctor", "--home", str(rig.folder / "nothing"), "--json"])

    assert outcome.status == 2
    assert outcome.json()["checks"][0]["check"] == "settings"  # type: ignore[index]


def test_doctor_shows_no_value_of_a_record(rig: Rig, school: SimulatedSchool) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    _well(rig)

    text = typed(["doctor", "--home", str(rig.home)]).stdout + json.dumps(_checks(rig)[1])

    people = [pupil for pupil in school.board.pupils() if pupil["status"] == "active"]
    shown = {str(pupil["familyName"]) for pupil in people} | {str(pupil["sourcedId"]) for pupil in people}
    assert [each for each in shown if each in text] == []
    assert found_ok(rig) >= {"recovery_sheet", "checkpoint", "refresh", "ring_matches", "modes"}


def found_ok(rig: Rig) -> set[str]:
    return {name for name, each in _checks(rig, "--no-network")[1].items() if each["verdict"] == "ok"}


def test_config_show_names_the_source_of_each_setting_and_hides_passwords(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    school = rig.home / "school.toml"
    school.write_text(
        f'database = "postgresql+psycopg://u:geheim@h/db"\nfront_database = "sqlite:///{rig.home}/x"\n'
    )
    monkeypatch.setenv("SCHUILNAAM_PASSPHRASE_FILE", str(rig.passphrase_file))

    outcome = typed(["config", "show", "--home", str(rig.home), "--json"])

    shown = {each["name"]: each for each in outcome.json()["settings"]}  # type: ignore[attr-defined]
    assert outcome.status == 0
    assert shown["home"]["source"] == "option"
    assert shown["public_url"] == {"name": "public_url", "value": rig.url, "source": "settings.toml"}
    assert shown["max_age_days"]["source"] == "default"
    assert shown["SCHUILNAAM_PASSPHRASE_FILE"]["source"] == "environment"
    assert shown["school.database"]["value"] == "postgresql+psycopg://u:***@h/db"
    assert "geheim" not in outcome.stdout


def test_config_show_says_that_the_home_came_from_the_environment(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHUILNAAM_HOME", str(rig.home))

    text = typed(["config", "show"]).stdout

    assert f"{rig.home}  (environment)" in text
