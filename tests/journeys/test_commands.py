"""Every command as a school's IT runs it: what is printed, the exit status, and what it did.

Wrong inputs stand in `test_wrong_inputs`; running without the `run` function, as a program, at the end of this file.
"""

from __future__ import annotations

import csv
import json
import os
import stat
from itertools import pairwise
from pathlib import Path

import pytest

from gateway.demo.board import role_of
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.stage import free_port, write_private
from keys.shares import read as share_of
from tests.journeys.desk import Outcome, changes, started, state_of, typed
from tests.journeys.rig import PASSPHRASE, Rig


def _typed(rig: Rig, line: str, *more: str) -> Outcome:
    """A command as a person types it, without --json; must succeed and keep standard error silent."""
    outcome = typed(
        [*line.split(), *more, "--home", str(rig.home), "--passphrase-file", str(rig.passphrase_file)]
    )
    assert (outcome.status, outcome.stderr) == (0, ""), line
    assert outcome.stdout.strip(), line
    return outcome


# -- init ---------------------------------------------------------------------------------------------------------


def test_init_makes_a_private_home_and_twice_changes_nothing(tmp_path: Path) -> None:
    secret, home = tmp_path / "passphrase", tmp_path / "home"
    write_private(secret, PASSPHRASE)
    line = ["init", "--board", "Stichting Toets", "--brin", "99ZZ", "--home", str(home), "--json"]

    first = typed([*line, "--passphrase-file", str(secret)])
    before = state_of(home)
    second = typed([*line, "--passphrase-file", str(secret)])

    assert first.status == second.status == 0
    assert first.json()["created"] is True
    assert second.json()["created"] is False
    assert first.json()["check_value"] == second.json()["check_value"]
    assert changes(before, state_of(home)) == []
    loose = [path for path in home.rglob("*") if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    assert [path for path in loose if path.name != "settings.toml"] == []
    assert home.stat().st_mode & 0o777 == 0o700


def test_init_with_a_short_passphrase_or_an_unreachable_server_makes_nothing(tmp_path: Path) -> None:
    write_private(tmp_path / "short", b"kort\n")
    write_private(tmp_path / "long", PASSPHRASE)
    line = ["init", "--board", "Stichting Toets", "--home", str(tmp_path / "home"), "--json"]

    short = typed([*line, "--passphrase-file", str(tmp_path / "short")])
    server = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    down = typed([*line, "--passphrase-file", str(tmp_path / "long"), "--database", server])

    assert (short.status, short.code) == (2, "passphrase_refused")
    assert (down.status, down.code) == (5, "database_unavailable")
    assert not (tmp_path / "home").exists()


def test_init_in_a_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    write_private(tmp_path / "long", PASSPHRASE)
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o755)

    outcome = typed(
        ["init", "--board", "X", "--home", str(home), "--passphrase-file", str(tmp_path / "long"), "--json"]
    )

    assert (outcome.status, outcome.code) == (5, "home_mode")
    assert list(home.iterdir()) == []


# -- key ----------------------------------------------------------------------------------------------------------


def test_key_show_needs_no_passphrase_and_shows_no_key(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCHUILNAAM_PASSPHRASE_FILE", raising=False)
    rig.agree("rekenwijs")
    rig.refresh()

    public = typed(["key", "show", "--home", str(rig.home), "--json"])
    unlocked = rig.command("key", "show")

    assert public.status == 0
    assert public.json()["sheet_confirmed"] is False
    assert "products" not in public.json()
    assert unlocked["products"] == {"rekenwijs": ["live"]}
    assert unlocked["spaces"] == ["las-1"]
    assert "Check value:" in _typed(rig, "key show").stdout


def test_ring_comes_back_from_sheet_and_backup(rig: Rig, tmp_path: Path) -> None:
    sheet, backup = tmp_path / "sheet.txt", tmp_path / "ring.backup"
    printed = rig.command("key", "sheet", "-o", str(sheet))
    check_value = str(printed["check_value"])
    assert check_value in sheet.read_text()
    assert sheet.stat().st_mode & 0o777 == 0o600
    assert rig.command("key", "sheet", "--confirm", check_value.lower())["sheet_confirmed"] is True
    rig.command("key", "backup", str(backup))
    (rig.home / "keys" / "ring").unlink()
    assert rig.refused("refresh") == (5, "ring_missing")

    recovered = rig.command("key", "recover", "--sheet-file", str(sheet), "--copy", str(backup))

    assert recovered == {"check_value": check_value, "recovered": True}
    assert rig.refused("key", "recover", "--sheet-file", str(sheet), "--copy", str(backup)) == (
        3,
        "ring_exists",
    )
    events = [entry["event"] for entry in rig.audited()]
    assert {"person:ring:sheet_printed", "person:ring:backed_up", "person:ring:recovered"} <= set(events)


def test_ring_comes_back_from_two_shares_that_officers_confirmed(rig: Rig, tmp_path: Path) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    folder, backup = tmp_path / "shares", tmp_path / "ring.backup"
    printed = rig.command("key", "shares", "-o", str(folder))
    paths = sorted(folder.iterdir())
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in paths} == {0o600}
    told = [rig.command("key", "confirm-share", "--share", str(path)) for path in paths]
    assert [each["complete"] for each in told] == [False, False, True]
    assert rig.command("key", "show")["sheet_confirmed"] is True
    rig.command("key", "backup", str(backup))
    (rig.home / "keys" / "ring").unlink()

    one = rig.refused("key", "recover", "--copy", str(backup), "--share", str(paths[0]))
    both = rig.command(
        "key", "recover", "--copy", str(backup), "--share", str(paths[2]), "--share", str(paths[0])
    )

    assert one == (2, "sheet_refused")
    assert both == {"check_value": printed["check_value"], "recovered": True}
    rig.refresh()
    audited = json.dumps(rig.audited())
    written = [share_of(path.read_text()).words.split() for path in paths]
    pairs = [f"{one} {next_one}" for words in written for one, next_one in pairwise(words)]
    assert len(pairs) == 96
    assert [pair for pair in pairs if pair in audited] == []


def test_share_of_an_older_set_is_not_confirmed(rig: Rig, tmp_path: Path) -> None:
    rig.command("key", "shares", "-o", str(tmp_path / "first"))
    rig.command("key", "shares", "-o", str(tmp_path / "second"))

    older = rig.refused("key", "confirm-share", "--share", str(tmp_path / "first" / "share-1.txt"))
    newer = rig.command("key", "confirm-share", "--share", str(tmp_path / "second" / "share-1.txt"))

    assert older == (2, "sheet_refused")
    assert newer["confirmed"] == [1]


def test_passphrase_changes_and_the_old_one_opens_no_longer(rig: Rig, tmp_path: Path) -> None:
    new = tmp_path / "new-passphrase"
    write_private(new, b"een nieuwe lange wachtzin\n")

    rig.command("key", "passphrase", "--new-passphrase-file", str(new))

    assert rig.refused("refresh") == (5, "ring_wrong_passphrase")
    rig.passphrase_file = new
    rig.refresh()


def test_versions_are_added_and_retired_for_one_product_or_for_all(rig: Rig) -> None:
    for product in ("rekenwijs", "taalplezier"):
        rig.agree(product)
    rig.refresh()
    assert rig.command("key", "add-version", "rekenwijs")["versions"] == 2
    rig.command("key", "add-version", "taalplezier")

    one = rig.command("key", "retire", "rekenwijs")
    rest = rig.command("key", "retire")
    none = rig.command("key", "retire")

    assert one["retired"] == 1
    assert rest["products"] == {"rekenwijs": 0, "taalplezier": 1}
    assert none["retired"] == 0
    states = rig.command("key", "show")["products"]
    assert states == {product: ["retired", "live"] for product in ("rekenwijs", "taalplezier")}
    assert "no older version" in _typed(rig, "key retire").stdout


def test_destroyed_key_is_gone_and_says_from_when_it_is_final(rig: Rig) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    before = rig.command("key", "show")["check_value"]

    done = rig.command("key", "destroy", "rekenwijs")

    assert done["check_value"] != before
    assert "final" in str(done["statement"])
    assert rig.refused("key", "add-version", "rekenwijs") == (3, "product_destroyed")
    assert rig.command("key", "show")["products"] == {}


# -- source -------------------------------------------------------------------------------------------------------


def test_source_is_added_once_checked_and_its_schools_map_themselves(
    rig: Rig, school: SimulatedSchool
) -> None:
    line = [
        "source", "add", "las-1", "--standard", "oneroster-1.2", "--url", school.base_url, "--token-url",
        school.token_url, "--client-id", school.client_id, "--client-secret-file", str(rig.folder / "secret-las-1"),
    ]  # fmt: skip
    before = state_of(rig.home)
    assert rig.command(*line)["added"] is False
    assert changes(before, state_of(rig.home)) == []

    checked = rig.command("source", "check", "las-1")
    listed = rig.command("source", "schools", "las-1")["schools"]

    assert checked["token"] is True
    assert checked["counts"]["user"] == len(school.board.records("users"))  # type: ignore[index]
    assert {row["brin"] for row in listed if row["brin"]} == {"99ZZ", "98YY"}  # type: ignore[union-attr]
    assert "The source can be used." in _typed(rig, "source check las-1").stdout
    assert "99ZZ" in _typed(rig, "source schools las-1").stdout


def test_school_is_mapped_by_hand_to_a_location(rig: Rig) -> None:
    listed = rig.command("source", "schools", "las-1")["schools"]
    org = next(row["org"] for row in listed if row["brin"] == "98YY")  # type: ignore[union-attr]

    after = rig.command("source", "schools", "las-1", "--map", f"{org}=98yy02")["schools"]

    assert {row["org"]: row["brin"] for row in after}[org] == "98YY02"  # type: ignore[union-attr]


# -- agreement ----------------------------------------------------------------------------------------------------


def test_agreement_goes_from_paper_to_its_end(rig: Rig, tmp_path: Path) -> None:
    paper = tmp_path / "VO.json"
    paper.write_text(json.dumps(rig.record("rekenwijs"), ensure_ascii=False))

    linted = rig.command("agreement", "lint", str(paper))
    registered = rig.command("agreement", "register", str(paper), "--by", "applicatiebeheerder")
    approved = rig.command("agreement", "approve", "VO-rekenwijs", "--by", "bestuurder")
    accepted = rig.command(
        "agreement",
        "accept-finding",
        "VO-rekenwijs",
        "no_document",
        "--reason",
        "toets",
        "--by",
        "bestuurder",
    )
    active = rig.command("agreement", "activate", "VO-rekenwijs")
    suspended = rig.command("agreement", "suspend", "VO-rekenwijs")
    resumed = rig.command("agreement", "activate", "VO-rekenwijs")
    planned = rig.command("agreement", "end", "VO-rekenwijs", "--on", "2099-07-31")
    ended = rig.command("agreement", "end", "VO-rekenwijs")

    assert [finding["code"] for finding in linted["findings"]] == ["no_document"]  # type: ignore[attr-defined]
    states = [
        each["state"] for each in (registered, approved, accepted, active, suspended, resumed, planned, ended)
    ]
    assert states == [
        "registered", "approved", "approved", "active", "suspended", "active", "active", "ended",
    ]  # fmt: skip
    assert planned["until"] == "2099-07-31"
    shown = rig.command("agreement", "show", "VO-rekenwijs")
    assert shown["record"]["agreement_id"] == "VO-rekenwijs"  # type: ignore[index]
    assert len(shown["history"]) == 8  # type: ignore[arg-type]
    assert [each["id"] for each in rig.command("agreement", "list")["agreements"]] == ["VO-rekenwijs/1"]  # type: ignore[attr-defined]
    assert "VO-rekenwijs/1" in _typed(rig, "agreement list").stdout
    assert "VO-rekenwijs/1" in _typed(rig, "agreement show VO-rekenwijs").stdout


def test_second_product_of_a_recipient_asks_for_new_or_continues(rig: Rig, tmp_path: Path) -> None:
    rig.agree("rekenwijs", kvk="87654321")
    rig.refresh()
    rig.command("agreement", "end", "VO-rekenwijs")
    paper = tmp_path / "next.json"
    paper.write_text(json.dumps(rig.record("rekenwijs-plus", kvk="87654321"), ensure_ascii=False))

    status, code = rig.refused("agreement", "register", str(paper), "--by", "applicatiebeheerder")
    taken = rig.command("agreement", "register", str(paper), "--by", "x", "--continues", "rekenwijs")

    assert status == 3, code
    assert taken["state"] == "registered"


# -- client, refresh, preview, export, relink ----------------------------------------------------------------


def test_client_is_issued_before_activation_refused_until_then_and_revoked(rig: Rig) -> None:
    issued = rig.command("client", "issue", "rekenwijs")
    assert issued["token_url"] == f"{rig.url}/oauth2/token"
    assert issued["base_url"] == rig.url
    assert issued["agreement"] is None
    shown = _typed(rig, "client issue rekenwijs").stdout

    assert shown.count("shown this once") == 1
    revoked = rig.command("client", "revoke", str(issued["client_id"]))
    assert revoked["revoked"] is True
    everything = "".join(path.read_text(errors="replace") for path in rig.home.rglob("*") if path.is_file())
    assert str(issued["client_secret"]) not in everything


def test_refresh_counts_first_publishes_then_and_is_unchanged_after(
    rig: Rig, school: SimulatedSchool
) -> None:
    rig.agree("rekenwijs")

    counted = rig.refresh("--dry-run")["products"][0]  # type: ignore[index]
    published = rig.refresh("--product", "rekenwijs")["products"][0]  # type: ignore[index]
    again = rig.refresh()["products"][0]  # type: ignore[index]

    assert counted["status"] == "dry_run"
    assert published["status"] == "published"
    people = published["counts"]["user"]["added"]
    assert people == counted["counts"]["user"]["added"] > 0
    assert again["counts"]["user"]["added"] == 0
    assert again["counts"]["user"]["unchanged"] == people
    text = _typed(rig, "refresh").stdout
    assert "rekenwijs: published" in text
    assert "withheld" in text


def test_refresh_without_a_third_of_the_pupils_is_held_back_until_accepted(
    rig: Rig, school: SimulatedSchool
) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    for pupil in school.board.pupils()[:30]:
        school.board.remove_pupil(str(pupil["sourcedId"]))
    line = ["refresh", "--home", str(rig.home), "--passphrase-file", str(rig.passphrase_file), "--json"]

    held = typed(line)
    accepted = typed([*line, "--accept"])

    assert (held.status, held.code) == (3, "removal_threshold")
    assert held.json()["products"][0]["status"] == "held_back"  # type: ignore[index]
    assert held.json()["error"]["code"] == "removal_threshold"  # type: ignore[index]
    assert accepted.json()["products"][0]["status"] == "published"  # type: ignore[index]


def test_preview_export_and_relink_tell_the_same_person(
    rig: Rig, school: SimulatedSchool, tmp_path: Path
) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    pupil = next(each for each in school.board.pupils() if each["status"] == "active")
    who = ("--product", "rekenwijs", "--as", "intern begeleider", "--reason", "zaak 17")
    exported, named = tmp_path / "uit.csv", tmp_path / "met-namen.csv"

    previewed = rig.command("preview", "--pupil", f"las-1:{pupil['sourcedId']}", *who)
    rig.command("export", "rekenwijs", "-o", str(exported))
    counts = rig.command("relink", str(exported), "-o", str(named), *who)

    sent = {row["field"]: row["sent"] for row in previewed["fields"]}  # type: ignore[attr-defined]
    with named.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    row = next(each for each in rows if each["pseudonym"] == sent["user.sourcedId"])
    assert row["achternaam"] == pupil["familyName"]
    assert row["familyName"] == sent["user.familyName"] != pupil["familyName"]
    assert counts["joined"] == counts["rows"] == len(rows)
    assert exported.stat().st_mode & 0o777 == named.stat().st_mode & 0o777 == 0o600
    assert str(pupil["familyName"]) not in exported.read_text()
    going = rig.disclosures()
    assert {each["client_id"] for each in going} == {"export"}
    about = rig.command("register", "disclosures", "--pupil", f"las-1:{pupil['sourcedId']}")["disclosures"]
    assert {each["kind"] for each in about} >= {"user"}  # type: ignore[attr-defined]
    assert "rekenwijs" in _typed(rig, "register disclosures").stdout
    shown = _typed(rig, f"preview --pupil las-1:{pupil['sourcedId']}", *who).stdout
    assert "user.familyName" in shown


# -- the way back -------------------------------------------------------------------------------------------------


def test_result_that_the_school_refuses_is_a_dead_letter_until_retried(
    rig: Rig, school: SimulatedSchool
) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    vendor = rig.vendor("rekenwijs")
    rig.serve()
    group = vendor.pull("classes").records[0]
    pupil = next(user for user in vendor.pull("users").records if role_of(user) == "student")
    rig.stop()
    assert rig.command("deliver", "--once")["moved"] == {}
    assert rig.command("quarantine", "list") == {"quarantine": [], "alarms": {}}
    assert rig.command("dead-letters", "list") == {"dead_letters": []}
    assert "Nothing was due." in _typed(rig, "deliver --once").stdout
    assert "empty" in _typed(rig, "quarantine list").stdout
    assert "no dead letters" in _typed(rig, "dead-letters list").stdout
    rig.serve_front()
    school.faults.status("categories", 400)
    records = {
        "categories/c": {"title": "Toetsen"},
        "lineItems/l": {
            "title": "Toets", "assignDate": "2026-11-02", "dueDate": "2026-11-09",
            "class": {"sourcedId": group["sourcedId"]}, "category": {"sourcedId": "c"},
        },
        "results/r": {
            "lineItem": {"sourcedId": "l"}, "student": {"sourcedId": pupil["sourcedId"]}, "score": 8,
            "scoreStatus": "fully graded", "scoreDate": "2026-11-09",
        },
    }  # fmt: skip
    for path, record in records.items():
        collection, _, identifier = path.partition("/")
        assert vendor.put(collection, identifier, record).status == 201
    rig.command("deliver", "--once")

    [letter] = rig.command("dead-letters", "list")["dead_letters"]  # type: ignore[misc]
    assert letter["kind"] == "category"
    assert letter["parked"] == 2
    assert str(letter["id"]) in _typed(rig, "dead-letters list").stdout
    school.faults.clear()
    retried = rig.command("dead-letters", "retry", str(letter["id"]))
    assert retried["retried"] == 3
    rig.command("deliver", "--once")

    assert [write.collection for write in school.writes] == ["categories", "lineItems", "results"]
    assert rig.command("dead-letters", "list") == {"dead_letters": []}


# -- registers ----------------------------------------------------------------------------------------------------


def test_register_is_proved_whole_and_a_changed_row_is_found(rig: Rig, tmp_path: Path) -> None:
    rig.agree("rekenwijs")
    checkpoint = tmp_path / "checkpoint"
    signed = rig.command("register", "checkpoint", "-o", str(checkpoint))

    alone = rig.command("register", "verify")
    against = rig.command(
        "register", "verify", "--checkpoint", str(checkpoint), "--public-key", str(signed["public_key"])
    )
    assert alone["intact"] is against["intact"] is True
    proofs = [{log["proof"] for log in found["logs"]} for found in (alone, against)]  # type: ignore[attr-defined]
    assert proofs[0] != proofs[1]
    text = _typed(rig, "register verify --checkpoint", str(checkpoint)).stdout
    assert "unchanged since" in text

    import sqlite3

    database = sqlite3.connect(rig.home / "data" / "school.sqlite")
    database.execute("DROP TRIGGER audit_school_no_delete")
    database.execute("DELETE FROM audit_school WHERE seq = (SELECT max(seq) FROM audit_school) - 2")
    database.commit()
    database.close()
    found = typed(["register", "verify", "--home", str(rig.home), "--json"])

    assert (found.status, found.code) == (3, "register_damaged")
    assert found.json()["intact"] is False


# -- as programs --------------------------------------------------------------------------------------------------


def _environment(rig: Rig, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SCHUILNAAM")}
    return {**kept, **more}


def test_home_and_passphrase_file_come_from_the_environment(rig: Rig) -> None:
    named = _environment(
        rig, SCHUILNAAM_HOME=str(rig.home), SCHUILNAAM_PASSPHRASE_FILE=str(rig.passphrase_file)
    )

    with_both = started(["refresh", "--json"], environment=named)
    with_neither = started(["refresh", "--json"], environment=_environment(rig))
    without_passphrase = started(
        ["refresh", "--json"], environment=_environment(rig, SCHUILNAAM_HOME=str(rig.home))
    )

    assert (with_both.status, with_both.stderr) == (0, "")
    assert with_both.json() == {"products": []}
    assert (with_neither.status, with_neither.code) == (2, "home_missing")
    assert (without_passphrase.status, without_passphrase.code) == (2, "passphrase_missing")


def test_served_gateway_answers_health_and_readiness_and_prints_one_value(rig: Rig) -> None:
    import subprocess
    import sys
    import urllib.request

    serving = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli.main", "serve", "--bind", rig.url.removeprefix("http://"),
         "--workers", "1", "--home", str(rig.home), "--json", "--passphrase-file", str(rig.passphrase_file)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert serving.stdout is not None
        said = json.loads(serving.stdout.readline())
        statuses = [
            urllib.request.urlopen(f"{rig.url}/{path}", timeout=10).status for path in ("healthz", "readyz")
        ]
    finally:
        serving.terminate()
        rest, _ = serving.communicate(timeout=60)

    assert said == {"serving": rig.url, "front": True, "school": True}
    assert statuses == [200, 200]
    assert rest == ""
    assert serving.returncode == 0


def test_staff_are_invited_listed_changed_and_closed(rig: Rig) -> None:
    invited = rig.command(
        "staff", "invite", "Beheer@School.example", "--display-name", "Beheer", "--role", "auditor"
    )
    rig.command("staff", "roles", "beheer@school.example", "--role", "approver", "--by", "bestuurder")
    (listed,) = _rows(rig, "staff", "list")
    ended = rig.command("staff", "end-sessions", "--all")
    rig.command("staff", "close", "beheer@school.example", "--by", "bestuurder")
    (closed,) = _rows(rig, "staff", "list")

    assert str(invited["link"]).startswith("/invitation/")
    assert (invited["name"], invited["warnings"]) == ("beheer@school.example", [])
    assert (listed["roles"], listed["ready"], listed["closed"]) == (["approver"], False, False)
    assert ended == {"ended": 0}
    assert closed["closed"] is True


def _rows(rig: Rig, *line: str) -> list[dict[str, object]]:
    outcome = typed([*line, "--json", "--home", str(rig.home), "--passphrase-file", str(rig.passphrase_file)])
    rows = json.loads(outcome.stdout)
    assert isinstance(rows, list)
    return rows


def test_every_command_has_the_three_options_and_a_help_text() -> None:
    import click

    from gateway.cli.main import cli

    def walk(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
        found: list[tuple[tuple[str, ...], click.Command]] = []
        for name, command in group.commands.items():
            if isinstance(command, click.Group):
                found += walk(command, (*path, name))
            else:
                found.append(((*path, name), command))
        return found

    for path, command in walk(cli):
        options = {option for each in command.params for option in each.opts}
        assert {"--home", "--json", "--passphrase-file"} <= options, path
        assert command.help, path
        assert command.help.strip().endswith("."), path
        helped = typed([*path, "--help"])
        assert (helped.status, helped.stderr) == (0, ""), path
        undescribed = [
            each.opts[0] for each in command.params if isinstance(each, click.Option) and not each.help
        ]
        assert undescribed == [], path
