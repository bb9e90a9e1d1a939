"""Every command as a school's IT runs it: what is printed, the exit status, and what it did.

Wrong inputs stand in `test_wrong_inputs`; running without the `run` function, as a program, at the end of this file.
"""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
import os
import stat
import sys
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from gateway.demo.board import role_of
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.stage import free_port, write_private
from gateway.demo.vendors import SimulatedVendor
from gateway.settings import load_settings, store_settings
from keys.shares import read as share_of
from tests.journeys.desk import Outcome, changes, started, state_of, typed
from tests.journeys.grading import Grader, landed, marked_board, until
from tests.journeys.rig import PASSPHRASE, Rig
from tests.journeys.saying import today
from tests.simulators.mail_server import MailServer


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


def test_a_renewed_secret_is_in_use_at_once_and_results_that_waited_for_it_arrive(tmp_path: Path) -> None:
    with SimulatedSchool(marked_board(0, pupils=12)) as school:
        rig = Rig(tmp_path, [school])
        try:
            rig.agree("rekenwijs")
            rig.refresh()
            rig.serve()
            grader = Grader(rig.vendor("rekenwijs"))
            grader.meet()
            school.tokens.client_secret = "een-nieuw-geheim"
            school.expire_tokens()
            grader.prepare("x")
            assert grader.grade("x", "r-1", grader.targets[0], "7.5").status == 201
            assert until(lambda: school.counts["POST token"] > 4, seconds=20)
            assert rig.refused("refresh") == (4, "source_unauthorised")
            assert school.writes == []
            renewed = tmp_path / "renewed"
            write_private(renewed, b"een-nieuw-geheim\n")

            answer = rig.command("source", "secret", "las-1", "--client-secret-file", str(renewed))

            assert answer["renewed"] is True
            assert until(lambda: [each.score for each in landed([school])] == ["7.5"], seconds=15)
            rig.refresh()
            before = state_of(rig.home)
            again = rig.command("source", "secret", "las-1", "--client-secret-file", str(renewed))
            assert again["renewed"] is False
            assert changes(before, state_of(rig.home)) == []
            # Set up as before: the very same source, whatever file its secret is in by now.
            line = [
                "source", "add", "las-1", "--standard", "oneroster-1.2", "--url", school.base_url, "--token-url",
                school.token_url, "--client-id", school.client_id, "--client-secret-file", str(renewed),
            ]  # fmt: skip
            assert rig.command(*line)["added"] is False
            kept = list((rig.home / "secrets").iterdir())
            assert [path.stat().st_mode & 0o777 for path in kept] == [0o600]
            changed = [entry for entry in rig.audited() if entry["event"] == "person:source:changed"]
            assert [entry["object"] for entry in changed] == ["las-1"]
            assert "geheim" not in json.dumps(rig.audited())
        finally:
            rig.stop()


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


def test_a_key_that_two_products_use_is_renewed_and_retired_for_both_and_said_so(
    rig: Rig, tmp_path: Path
) -> None:
    rig.agree("rekenwijs", kvk="87654321")
    paper = tmp_path / "next.json"
    paper.write_text(json.dumps(rig.record("rekenwijs-plus", kvk="87654321"), ensure_ascii=False))
    rig.command("agreement", "register", str(paper), "--by", "x", "--continues", "rekenwijs")
    rig.refresh()

    added = rig.command("key", "add-version", "rekenwijs-plus")
    retired = rig.command("key", "retire", "rekenwijs-plus")

    assert (added["versions"], added["also"]) == (2, ["rekenwijs"])
    assert retired["retired"] == 1
    assert retired["products"] == {"rekenwijs-plus": 1, "rekenwijs": 1}
    for event in ("person:key:version_added", "person:key:version_retired"):
        registered = [each["product"] for each in rig.audited() if each["event"] == event]
        assert sorted(map(str, registered)) == ["rekenwijs", "rekenwijs-plus"]
    assert "rekenwijs uses the same key" in _typed(rig, "key add-version rekenwijs-plus").stdout


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


def test_vendor_is_listed_stopped_and_resumed_by_number_or_product(rig: Rig) -> None:
    rig.agree("rekenwijs", kvk="87654321")
    who = ("--by", "privacy officer", "--reason", "datalek gemeld")

    stopped = _typed(rig, "vendor stop rekenwijs", *who).stdout
    listed = _typed(rig, "vendor list").stdout
    again = _typed(rig, "vendor stop 87654321", *who).stdout
    resumed = _typed(rig, "vendor resume rekenwijs", *who).stdout

    assert "Rekenwijs B.V. (87654321) is stopped: rekenwijs." in stopped
    assert "STOPPED since" in listed
    assert "last pull never" in listed
    assert "was stopped already" in again
    assert "no longer stopped" in resumed
    assert "STOPPED" not in _typed(rig, "vendor list").stdout


def test_what_follows_from_an_end_is_listed_confirmed_and_shown(rig: Rig, tmp_path: Path) -> None:
    rig.agree("rekenwijs")
    end = date.today() + timedelta(days=5)
    rig.command("agreement", "end", "VO-rekenwijs", "--on", end.isoformat(), "--by", "bestuurder")

    coming = rig.command("terms", "list")["terms"]
    ran = rig.command("terms", "run")
    again = rig.command("terms", "run")
    rig.command("agreement", "end", "VO-rekenwijs", "--keep-pseudonyms")
    due = rig.command("deletion", "list")["deletions"]

    assert [(each["matter"], each["days_left"]) for each in coming] == [("end", 5)]  # type: ignore[attr-defined]
    assert (ran["told"], again["told"]) == (1, 0)
    assert [(each["product"], each["state"]) for each in due] == [("rekenwijs", "due")]  # type: ignore[attr-defined]
    assert "days left" in _typed(rig, "deletion list").stdout
    assert "deletion" in _typed(rig, "terms list --days 90").stdout

    paper = tmp_path / "bevestiging.pdf"
    paper.write_bytes(b"%PDF wij hebben alles verwijderd")
    said = _typed(
        rig, "deletion confirm VO-rekenwijs rekenwijs --by", "privacy officer", "--document", str(paper)
    )
    assert "confirmed. Kept as documents/" in said.stdout
    assert rig.refused(
        "deletion", "confirm", "VO-rekenwijs", "rekenwijs", "--document", str(paper), "--by", "x"
    ) == (3, "deletion_confirmed")
    assert rig.command("deletion", "list", "--state", "due") == {"deletions": []}

    receipts = rig.command("receipt", "list", "--agreement", "VO-rekenwijs")["receipts"]
    assert [each["kind"] for each in receipts] == ["ended", "end_planned", "activated"]  # type: ignore[attr-defined]
    page = tmp_path / "bewijs.html"
    shown = rig.command("receipt", "show", str(receipts[0]["id"]), "-o", str(page))  # type: ignore[index]
    assert hashlib.sha256(page.read_bytes()).hexdigest() == shown["sha256"]
    assert page.stat().st_mode & 0o777 == 0o600
    assert "VO-rekenwijs/1" in _typed(rig, "receipt list").stdout
    assert "waiting" in _typed(rig, "mail outbox").stdout
    assert {each["state"] for each in rig.command("mail", "outbox")["mails"]} == {"waiting"}  # type: ignore[attr-defined]


def test_subprocessor_is_announced_objected_to_and_accepted(rig: Rig) -> None:
    rig.agree("rekenwijs")
    line = (
        "subprocessor notice VO-rekenwijs",
        "Rekencentrum Zuid",
        "--country",
        "NL",
        "--service",
        "hosting",
    )

    first = _typed(rig, *line, "--by", "privacy officer").stdout
    _typed(rig, *line, "--by", "privacy officer", "--on", "2026-01-02")
    objected = rig.command("subprocessor", "object", "1", "--reason", "buiten de EER", "--by", "bestuurder")
    accepted = rig.command("subprocessor", "accept", "2", "--by", "bestuurder")

    assert "open" in first
    assert (objected["state"], objected["late"]) == ("objected", False)
    assert (accepted["state"], accepted["late"]) == ("accepted", True)
    assert "Rekencentrum Zuid" in _typed(rig, "subprocessor list").stdout


def test_pseudonyms_are_chosen_for_destruction_and_kept_after_all_or_destroyed(rig: Rig) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    far = (date.today() + timedelta(days=400)).isoformat()
    rig.command("agreement", "end", "VO-rekenwijs", "--shred-on", far)

    kept = _typed(rig, "agreement shredding VO-rekenwijs --keep-pseudonyms --by", "bestuurder").stdout
    planned = rig.command("agreement", "shredding", "VO-rekenwijs", "--shred-on", far, "--by", "bestuurder")
    rig.command("key", "destroy", "rekenwijs")
    after = rig.command("terms", "list", "--days", "500")["terms"]

    assert "rekenwijs: dropped" in kept
    assert planned["plans"][0]["state"] == "planned"  # type: ignore[index]
    assert [each["matter"] for each in after] == ["deletion"]  # type: ignore[attr-defined]


def test_ending_at_a_terminal_asks_what_becomes_of_the_pseudonyms(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.cli.console import Console

    rig.agree("rekenwijs")
    monkeypatch.setattr(Console, "may_ask", property(lambda _: True))
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n\n"))
    outcome = typed(
        [
            "agreement",
            "end",
            "VO-rekenwijs",
            "--home",
            str(rig.home),
            "--passphrase-file",
            str(rig.passphrase_file),
        ]
    )
    assert outcome.status == 0
    assert "Are the pseudonyms to be destroyed later?" in outcome.stderr
    assert "proposed for destruction from" in outcome.stdout
    plans = [line for line in rig.command("terms", "list")["terms"] if line["matter"] == "shredding"]  # type: ignore[attr-defined]
    # Ended today: results come back for 30 days.
    assert [line["days_left"] for line in plans] == [31]


def test_mail_is_tried_out_and_what_was_sent_is_in_the_outbox(rig: Rig, tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    with MailServer(folder) as server:
        server.write(rig.home)
        tested = _typed(rig, "mail test").stdout
        rig.agree("rekenwijs")
        ran = _typed(rig, "terms run").stdout
        server.answers["MAIL"] = "451 later"
        rig.command("vendor", "stop", "rekenwijs", "--by", "ik", "--reason", "toets")
        failed = typed(["terms", "run", "--home", str(rig.home), "--json"])
        waiting = rig.refused("mail", "resend", "2", "--by", "ik")
        server.answers = {"DATA": "554 never"}
        rig.command("vendor", "resume", "rekenwijs", "--by", "ik", "--reason", "toets")
        typed(["terms", "run", "--home", str(rig.home), "--json"])
        server.answers.clear()
        again = rig.command("mail", "resend", "3", "--by", "ik")
        resent = rig.command("terms", "run")

    assert waiting == (3, "mail_not_failed")
    assert (again["state"], again["attempts"]) == ("waiting", 0)
    assert resent["mails"] == {"sent": 1, "again": 0, "failed": 0}
    assert "Sent to: beheer@school.example" in tested
    assert "Mails: 1 sent, 0 to be tried again, 0 failed." in ran
    assert (
        server.told("bestuur@school.example")[1]
        == "Bewijs 1: Overeenkomst VO-rekenwijs/1 met Rekenwijs B.V. is in werking"
    )
    assert (failed.status, failed.code) == (4, "mail_sender_refused")
    assert failed.json()["mails"] == {"sent": 0, "again": 1, "failed": 0}
    assert "mail_sender_refused, 1 attempts" in _typed(rig, "mail outbox --state waiting").stdout


def test_reports_are_written_as_files_and_the_yearly_check_is_ticked(rig: Rig, tmp_path: Path) -> None:
    rig.agree("rekenwijs")
    files = {name: tmp_path / f"{name}.csv" for name in ("annex", "matrix", "missing")}
    for name, path in files.items():
        rig.command("report", name, "-o", str(path))
    page, part = tmp_path / "ouders.html", tmp_path / "deel.html"
    written = _typed(rig, "report parents --school 99ZZ --name", "De Regenboog", "-o", str(page)).stdout
    rig.command("report", "parents", "--school", "99ZZ", "--language", "en", "--fragment", "-o", str(part))
    rig.command("report", "tick", "fields", "--by", "privacy officer", "--remark", "alles nodig")
    yearly = _typed(rig, "report yearly").stdout

    rows = list(csv.DictReader(io.StringIO(files["annex"].read_text(encoding="utf-8"))))
    assert {(row["product"], row["recipient"]) for row in rows} == {("rekenwijs", "Rekenwijs B.V.")}
    assert files["annex"].stat().st_mode & 0o777 == 0o600
    assert files["matrix"].read_text(encoding="utf-8").startswith("field,rekenwijs")
    assert files["missing"].read_text(encoding="utf-8").strip() == (
        "agreement,recipient,products,standing,last_day,missing"
    )
    assert "1 products" in written
    assert "Welke bedrijven krijgen gegevens van De Regenboog?" in page.read_text(encoding="utf-8")
    assert part.read_text(encoding="utf-8").startswith('<section class="schuilnaam-parents" lang="en">')
    assert [line.split()[:2] for line in yearly.splitlines()][1] == ["fields", "done"]
    assert "Nothing is missing." in _typed(rig, "report missing").stdout


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


def test_refresh_for_a_school_reads_everything_for_the_products_that_have_it(
    rig: Rig, school: SimulatedSchool
) -> None:
    rig.agree("rekenwijs", brins=["99ZZ"])
    rig.agree("taalplezier", brins=["98YY"])
    rig.agree("leesmeter", brins=["99ZZ", "98YY"])
    rig.refresh()

    done = rig.refresh("--school", "98yy")["products"]

    assert [each["product"] for each in done] == ["leesmeter", "taalplezier"]  # type: ignore[attr-defined]
    # Nobody of the other school looks gone.
    assert {each["counts"]["user"]["gone"] for each in done} == {0}  # type: ignore[attr-defined]
    assert "every other school's pupils would look gone" in _typed(rig, "refresh --school 98YY").stdout


def test_new_pupil_of_this_morning_is_fetched_by_the_running_school_side_without_a_passphrase(
    rig: Rig, school: SimulatedSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SCHUILNAAM_PASSPHRASE_FILE", raising=False)
    rig.agree("rekenwijs")
    rig.agree("taalplezier", brins=["98YY"])
    rig.refresh()
    vendor = rig.vendor("rekenwijs")
    rig.serve()
    before = vendor.pull("students").ids()
    school.board.add_pupil(given="Nieuw", family="Gekomen", school=school.board.schools[0])
    school.forget()
    line = ["refresh", "--ask", "--school", "99ZZ", "--home", str(rig.home)]

    done = typed([*line, "--json"])

    assert (done.status, done.stderr) == (0, "")
    (fetched,) = done.json()["products"]  # type: ignore[misc]
    assert (fetched["product"], fetched["status"], fetched["counts"]["gone"]) == ("rekenwijs", "published", 0)
    assert len(set(vendor.pull("students").ids()) - set(before)) == 1
    asked = [entry for entry in rig.audited() if entry["event"] == "person:refresh:requested"]
    assert [entry["details"] for entry in asked] == [{"codes": ["rekenwijs"], "brins": ["99ZZ"]}]
    assert "rekenwijs: published" in typed(line).stdout

    school.faults.status("", 503)
    failed = typed(["refresh", "--ask", "--home", str(rig.home), "--json"])
    assert (failed.status, failed.code) == (4, "source_failing")


def test_fetching_without_a_school_side_says_so_and_stays_asked(rig: Rig) -> None:
    rig.agree("rekenwijs")
    rig.refresh()

    waiting = typed(["refresh", "--ask", "--wait", "0", "--home", str(rig.home), "--json"])

    assert (waiting.status, waiting.code) == (5, "refresh_waiting")
    assert waiting.json()["products"][0]["status"] == "waiting"  # type: ignore[index]
    before = rig.command("register", "verify")
    assert before["intact"] is True


def test_card_tells_a_vendor_everything_it_needs_to_pull(rig: Rig, tmp_path: Path) -> None:
    rig.agree("rekenwijs")
    rig.command("agreement", "end", "VO-rekenwijs", "--on", "2099-07-31")
    rig.refresh()
    with_secret, without = tmp_path / "rekenwijs.json", tmp_path / "zonder.json"

    told = rig.command("client", "issue", "rekenwijs", "--card", str(with_secret), "--with-secret")
    shown = _typed(rig, "client issue rekenwijs --card", str(without)).stdout

    card, bare = json.loads(with_secret.read_text()), json.loads(without.read_text())
    assert with_secret.stat().st_mode & 0o777 == 0o600
    assert told["client_secret"] is None
    assert "client_secret" not in bare["credentials"]
    assert "shown this once" in shown
    assert card["schools"] == ["99ZZ", "98YY"]
    assert (card["agreement"]["until"], card["agreement"]["results_until"]) == ("2099-07-31", "2099-08-30")
    assert {"field": "user.givenName", "form": "alias", "direction": "out", "subjects": ["leerling"]} in card[
        "fields"
    ]
    assert card["contact"] == "fg@voorbeeldscholen.example"
    # A platform that knows nothing but the card.
    rig.serve()
    vendor = SimulatedVendor(
        card["urls"]["base"], card["urls"]["token"], card["credentials"]["client_id"],
        card["credentials"]["client_secret"],
    )  # fmt: skip
    pulled = vendor.send("GET", f"{card['urls']['rostering']}/users?limit=2")
    assert pulled.status == 200
    assert vendor.send("GET", f"{card['urls']['gradebook']}/lineItems").status == 200
    assert vendor.send("GET", card["urls"]["me"]).document()["agreement"] == "VO-rekenwijs"
    vendor.close()


def test_card_without_an_agreement_says_so(rig: Rig, tmp_path: Path) -> None:
    rig.command("client", "issue", "rekenwijs", "--card", str(tmp_path / "card.json"))
    card = json.loads((tmp_path / "card.json").read_text())
    assert (card["agreement"], card["fields"], card["schools"]) == (None, [], [])
    assert set(card["urls"]) == {"base", "token", "me"}


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


def test_somebody_made_up_and_the_ways_of_products_need_no_pupil_and_no_passphrase(
    rig: Rig, school: SimulatedSchool
) -> None:
    rig.agree("rekenwijs")
    rig.register("taalplezier")
    school.forget()

    told = rig.command("preview-made-up", "--product", "rekenwijs", "--brin", "99ZZ")
    shown = _typed(rig, "preview-made-up --product rekenwijs --brin 99ZZ --objects").stdout
    as_if = _typed(
        rig, "preview-made-up --product taalplezier --brin 99ZZ --agreement VO-taalplezier/1"
    ).stdout
    ways = {each["product"]: each["ways"] for each in rig.command("vendor", "ways")["products"]}  # type: ignore[attr-defined]
    listed = _typed(rig, "vendor ways").stdout

    assert told["released"] is True
    assert told["held"] is None
    assert "does not leave: objection" in shown
    assert "As if VO-taalplezier/1 were in force" in as_if
    assert ways == {"rekenwijs": ["not_connected"], "taalplezier": ["closed"]}
    assert "closed" in listed
    assert "(not_active)" in listed
    assert school.requests == []


# -- consent, objection, legal exceptions, regulation ---------------------------------------------------------------


def _active(school: SimulatedSchool) -> list[str]:
    return [str(each["sourcedId"]) for each in school.board.pupils() if each["status"] == "active"]


def test_consent_is_asked_given_refused_withdrawn_shown_and_listed(
    rig: Rig, school: SimulatedSchool, tmp_path: Path
) -> None:
    rig.agree("onderzoek", legal_basis="6-1-a")
    pupil, other = _active(school)[:2]
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"een handtekening")
    who = ("--as", "administratie")
    about = ("--product", "onderzoek", "--said-by", "representative-1", "--method", "paper", *who)
    look = (*who, "--reason", "zaak 9")

    form = _typed(rig, "consent form onderzoek --primary --lang en -o", str(tmp_path / "form.html")).stdout
    given = _typed(
        rig, f"consent give --pupil las-1:{pupil}", *about, "--evidence-file", str(scan), "--on", "2026-09-01"
    ).stdout
    _typed(rig, f"consent refuse --pupil las-1:{other}", *about)
    rig.refresh()
    shown = rig.command("consent", "show", "--pupil", f"las-1:{pupil}", *look)
    listed = rig.command("consent", "list", "--product", "onderzoek", "--state", "given", *look)
    withdrawn = _typed(rig, f"consent withdraw --pupil las-1:{pupil}", *about).stdout

    assert "1/en" in form
    page = (tmp_path / "form.html").read_text()
    assert '<html lang="en">' in page
    assert "16 or older" not in page
    assert (tmp_path / "form.html").stat().st_mode & 0o777 == 0o644
    assert "given since 2026-09-01" in given
    assert "schuilnaam refresh --product onderzoek" in given
    [say] = shown["products"]  # type: ignore[misc]
    assert {each["evidence_sha256"] for each in say["statements"]} == {_sha256(scan)}
    assert {each["text"] for each in say["statements"]} == {"1/en"}
    assert {each["recorded_by"] for each in say["statements"]} == {"administratie"}
    assert [each["pupil"] for each in listed["persons"]] == [f"las-1:{pupil}"]  # type: ignore[attr-defined]
    assert listed["texts"][0]["covers_today"] is True  # type: ignore[index]
    assert "records" in withdrawn
    assert "Request 1" in withdrawn
    everybody = _typed(rig, "consent list --product onderzoek", *look).stdout
    assert "withdrawn" in everybody
    assert "refused" in everybody
    assert "request 1 to delete" in _typed(rig, f"consent show --pupil las-1:{pupil}", *look).stdout
    nobody = _active(school)[5]
    assert "unknown, and that is no" in _typed(rig, f"consent show --pupil las-1:{nobody}", *look).stdout


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


HEADING = "pupil;product;purpose;answer;by;on;method;evidence;text;expires"


def test_answers_are_taken_in_whole_twice_the_same_and_silence_records_nothing(
    rig: Rig, school: SimulatedSchool, tmp_path: Path
) -> None:
    rig.agree("onderzoek", legal_basis="6-1-a")
    form = rig.command("consent", "form", "onderzoek", "-o", str(tmp_path / "form.html"))
    yes, no, silent, gone = _active(school)[:4]
    answers = tmp_path / "antwoorden.csv"
    rows = [
        HEADING,
        f"las-1:{yes};onderzoek;;given;representative-1;2026-09-01;portal;portaal 17;1/nl;",
        f"las-1:{no};onderzoek;;refused;representative-1;2026-09-01;paper;;;",
        f"las-1:{silent};onderzoek;;;representative-1;;;;;",
        f"las-1:{gone};onderzoek;;given;representative-1;2026-09-01;paper;map 3;{form['sha256']};2030-07-31",
        f"las-1:{gone};onderzoek;;withdrawn;representative-1;2026-09-02;email;;;",
    ]
    answers.write_text("\n".join(rows) + "\n")

    first = rig.command("consent", "import", str(answers), "--as", "administratie")
    before = state_of(rig.home)
    second = rig.command("consent", "import", str(answers), "--as", "administratie")
    changed = changes(before, state_of(rig.home))
    rig.refresh()
    vendor = rig.vendor("onderzoek")
    rig.serve()

    assert first["recorded"] == {"given": 2, "refused": 1, "withdrawn": 1}
    assert (first["silent"], first["known"]) == (1, 0)
    assert second["recorded"] == {}
    assert (second["silent"], second["known"]) == (1, 4)
    # Only that somebody looked.
    assert changed == ["school.accesses"]
    assert len(vendor.pull("students").ids()) == 1
    assert "Recorded: nothing." in _typed(rig, "consent import", str(answers), "--as", "ik").stdout


def test_every_fault_of_a_file_is_told_by_row_without_a_value_and_nothing_is_recorded(
    rig: Rig, school: SimulatedSchool, tmp_path: Path
) -> None:
    rig.agree("onderzoek", legal_basis="6-1-a")
    rig.agree("rekenwijs")
    rig.command("consent", "form", "onderzoek", "-o", str(tmp_path / "form.html"))
    pupil, grown = (
        _active(school)[0],
        school.board.add_pupil(
            given="Oud", family="Genoeg", school=school.board.schools[0], born="2008-05-05"
        ),
    )
    rig.refresh()
    row = "{who};{product};{purpose};{answer};{by};{on};{method};{evidence};{text};{expires}"
    fine = {
        "who": f"las-1:{pupil}", "product": "onderzoek", "purpose": "", "answer": "given",
        "by": "representative-1", "on": "2026-09-01", "method": "paper", "evidence": "map 3", "text": "1",
        "expires": "",
    }  # fmt: skip
    wrong: list[tuple[dict[str, str], set[str]]] = [
        ({}, set()),
        ({"who": "Sem de Vries"}, {"pupil_invalid"}),
        ({"who": "onbekend:5"}, {"source_unknown"}),
        ({"who": "las-1:bestaat-niet"}, {"pupil_unknown"}),
        ({"who": f"las-1:{grown}"}, {"speaker_not_entitled"}),
        ({"product": "onbekend"}, {"product_unknown"}),
        ({"product": "rekenwijs"}, {"consent_not_asked"}),
        ({"product": ""}, {"product_missing"}),
        ({"purpose": "spelletjes", "on": "2026-09-02"}, {"purpose_unknown"}),
        ({"answer": "ja", "by": "moeder", "method": "fax", "on": "1 mei"},
         {"answer_invalid", "by_invalid", "method_invalid", "on_invalid"}),
        ({"on": (today() + timedelta(days=1)).isoformat()}, {"date_in_future"}),
        ({"evidence": "", "on": "2026-09-03"}, {"evidence_missing"}),
        ({"method": "telephone", "on": "2026-09-04"}, {"method_not_written"}),
        ({"text": ""}, {"text_missing_in_row"}),
        ({"text": "9", "on": "2026-09-05"}, {"text_unknown"}),
        ({"expires": "2020-01-01", "on": "2026-09-06"}, {"expires_before"}),
        ({"expires": "ooit"}, {"expires_invalid"}),
        ({"answer": "refused"}, {"answer_twice"}),
        ({"evidence": "x" * 201, "on": "2026-09-07"}, {"evidence_invalid"}),
    ]  # fmt: skip
    lines = [HEADING, *(row.format(**{**fine, **bent}) for bent, _ in wrong)]
    lines.append(row.format(**fine) + ";te veel")
    path = tmp_path / "antwoorden.csv"
    path.write_text("\n".join(lines) + "\n")
    before = state_of(rig.home)

    outcome = typed(
        ["consent", "import", str(path), "--as", "ik", "--home", str(rig.home), "--json",
         "--passphrase-file", str(rig.passphrase_file)]
    )  # fmt: skip

    assert (outcome.status, outcome.code) == (3, "import_faults")
    told: dict[int, set[str]] = {}
    for fault in outcome.json()["error"]["faults"]:  # type: ignore[index]
        told.setdefault(fault["row"], set()).add(fault["code"])
    expected = {number: codes for number, (_, codes) in enumerate(wrong, 2) if codes}
    assert told == {**expected, len(wrong) + 2: {"too_many_cells"}}
    for value in ("Sem", "Vries", "moeder", "fax", "spelletjes", "1 mei", "bestaat-niet", pupil, grown):
        assert value not in outcome.stderr + outcome.stdout
    assert changes(before, state_of(rig.home)) == ["school.accesses"]


def test_objection_is_added_listed_and_lifted(rig: Rig, school: SimulatedSchool) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    pupil = _active(school)[0]
    who = ("--as", "schoolleider", "--reason", "geheim adres")

    added = _typed(
        rig, f"objection add --pupil las-1:{pupil} --product rekenwijs --until 2099-07-31", *who
    ).stdout
    again = rig.refused(
        "objection", "add", "--pupil", f"las-1:{pupil}", "--product", "rekenwijs", "--without-end", *who
    )
    listed = rig.command("objection", "list", "--as", "fg", "--reason", "jaarlijkse ronde")["objections"]
    lifted = _typed(rig, "objection lift 1 --as schoolleider").stdout

    assert "holds until the end of 2099-07-31" in added
    assert again == (3, "objection_known")
    [row] = listed  # type: ignore[misc]
    assert (row["pupil"], row["product"], row["until_on"]) == (f"las-1:{pupil}", "rekenwijs", "2099-07-31")
    assert row["reason"] == "geheim adres"
    assert "is lifted" in lifted
    look = ("--as", "fg", "--reason", "zaak 9")
    assert "Nobody is left out." in _typed(rig, "objection list", *look).stdout
    assert "(over)" in _typed(rig, "objection list --all", *look).stdout


def test_a_delivery_by_law_is_noted_once_and_found_with_the_pupil(rig: Rig, school: SimulatedSchool) -> None:
    pupil, other = _active(school)[:2]
    catalogue = rig.command("legal-exception", "list")["legal_exceptions"]
    assert {each["code"]: each["automatic"] for each in catalogue}["ggd"] is False  # type: ignore[attr-defined]
    assert "jeugdgezondheidszorg" in _typed(rig, "legal-exception list").stdout
    who = ("--as", "verzuimcoordinator")

    noted = rig.command(
        "legal-exception", "note", "leerplicht", "--pupil", f"las-1:{pupil}", "--field", "naam", "--field",
        "verzuim", "--on", "2026-10-01", *who,
    )  # fmt: skip
    _typed(rig, f"legal-exception note ggd --pupil las-1:{other}", *who, "--because", "uitbraak mazelen")

    assert noted["fields"] == ["naam", "verzuim"]
    about = rig.command("register", "disclosures", "--pupil", f"las-1:{pupil}")["disclosures"]
    [row] = about  # type: ignore[misc]
    assert row["agreement"] == "legal_exception/leerplicht/0"
    assert row["fields"] == {"naam": "clear", "verzuim": "clear"}
    assert "2026-10-01" in row["operation"]
    assert len(rig.disclosures()) == 2
    assert rig.command("register", "verify")["intact"] is True
    [event, _] = [each for each in rig.audited() if "legal_delivery" in str(each["event"])]
    assert pupil not in str(event)
    assert school.writes == []


def test_regulation_is_recorded_and_activation_tells_what_goes_beyond_it(rig: Rig) -> None:
    told = rig.command("agreement", "show", rig.register("rekenwijs"))
    assert told["state"] == "approved"
    warned = rig.command("agreement", "activate", "VO-rekenwijs")
    codes = [each["code"] for each in warned["beyond_regulation"]]  # type: ignore[attr-defined]
    assert codes == ["council:pupils", "council:staff"]
    exceeded = [each for each in rig.audited() if each["event"] == "person:regulation:exceeded"]
    assert [each["details"]["codes"] for each in exceeded] == [codes]  # type: ignore[index]

    categories = ("contactgegevens", "docent", "onderwijsorganisatie", "studievoortgang")
    purposes = ("leveren_gebruik", "leerresultaten_opslaan", "leerresultaten_terug")
    _typed(
        rig, "regulation add 2026 --from 2026-01-01 --as bestuurder",
        *(word for each in categories for word in ("--category", each)),
        *(word for each in purposes for word in ("--purpose", each)),
        "--parents-on", "2026-01-01", "--parents-ref", "notulen 14", "--staff-on", "2026-01-01",
        "--staff-ref", "notulen 14",
    )  # fmt: skip
    inside = rig.command("agreement", "activate", rig.register("taalwijs"))
    assert inside["beyond_regulation"] == []
    assert "notulen 14" in _typed(rig, "regulation list").stdout
    [version] = rig.command("regulation", "list")["regulations"]  # type: ignore[misc]
    assert [each["part"] for each in version["council"]] == ["parents", "staff"]


def test_a_board_may_choose_that_activation_beyond_the_regulation_is_refused(rig: Rig) -> None:
    rig.agree("taalwijs")
    settings = load_settings(rig.home)
    store_settings(dataclasses.replace(settings, regulation_blocks_activation=True))
    reference = rig.register("rekenwijs")
    before = state_of(rig.home)

    assert rig.refused("agreement", "activate", reference) == (3, "outside_regulation")

    assert changes(before, state_of(rig.home)) == []
    # An operator who refuses is not overruled by a choice.
    assert rig.refused("regulation", "enforce", "warn", "--as", "bestuurder") == (3, "set_in_settings")
    assert rig.command("agreement", "show", reference)["state"] == "approved"
    # What runs is not stopped by it: narrowed it acts at once, and suspended it is resumed.
    narrower = rig.register("taalwijs", agreement_id="VO-taalwijs", brins=["99ZZ"])
    assert rig.command("agreement", "show", narrower)["state"] == "active"
    rig.command(
        "agreement", "accept-finding", narrower, "no_document", "--reason", "toets", "--by", "bestuurder"
    )
    rig.command("agreement", "suspend", narrower)
    assert rig.command("agreement", "activate", narrower)["state"] == "active"


def test_a_board_chooses_to_refuse_and_to_warn_again_and_the_document_is_kept(rig: Rig) -> None:
    paper = rig.folder / "reglement.pdf"
    paper.write_bytes(b"%PDF het reglement")
    added = rig.command(
        "regulation", "add", "2026", "--from", "2026-01-01", "--document", str(paper), "--as", "bestuurder"
    )
    assert added["document_sha256"] == hashlib.sha256(paper.read_bytes()).hexdigest()
    reference = rig.register("rekenwijs")
    rig.command("regulation", "enforce", "block", "--as", "bestuurder")

    assert rig.refused("agreement", "activate", reference) == (3, "outside_regulation")
    assert "refused" in _typed(rig, "regulation list").stdout

    _typed(rig, "regulation enforce warn --as bestuurder")
    assert rig.command("agreement", "activate", reference)["state"] == "active"
    choices = [each["details"] for each in rig.audited() if "enforcement" in str(each["event"])]
    assert choices == [{"operation": "block"}, {"operation": "warn"}]


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


def test_key_is_not_destroyed_while_results_are_on_their_way_unless_they_may_be_lost(
    rig: Rig, school: SimulatedSchool
) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    vendor = rig.vendor("rekenwijs")
    rig.serve_front()
    assert vendor.put("categories", "c", {"title": "Toetsen"}).status == 201
    before = rig.command("key", "show")["check_value"]

    assert rig.refused("key", "destroy", "rekenwijs") == (3, "results_undelivered")
    assert rig.command("key", "show")["check_value"] == before
    school.faults.status("categories", 400)
    rig.command("deliver", "--once")
    assert rig.refused("key", "destroy", "rekenwijs") == (3, "results_undelivered")

    rig.command("key", "destroy", "rekenwijs", "--lose-results")
    assert rig.command("key", "show")["check_value"] != before


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
    issued = rig.command(
        "staff", "token", "issue", "beheer@school.example", "--label", "x", "--role", "approver"
    )
    rig.command("staff", "token", "revoke", str(issued["token_id"]))
    (token,) = _rows(rig, "staff", "token", "list")
    ended = rig.command("staff", "end-sessions", "--all")
    rig.command("staff", "close", "beheer@school.example", "--by", "bestuurder")
    (closed,) = _rows(rig, "staff", "list")

    assert str(invited["link"]).startswith("/invitation/")
    assert (invited["name"], invited["warnings"]) == ("beheer@school.example", [])
    assert (listed["roles"], listed["ready"], listed["closed"]) == (["approver"], False, False)
    assert ended == {"ended": 0}
    assert closed["closed"] is True
    assert str(issued["token"]).startswith("sn_")
    assert (token["label"], token["revoked"]) == ("x", True)


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
