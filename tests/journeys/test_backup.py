"""A backup while everything runs, put back elsewhere: the same pupils, and nothing that was stopped since goes on."""

from __future__ import annotations

import gzip
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gateway.cli import backup as backup_command
from gateway.database import writing
from gateway.demo.board import MadeUpBoard, made_up_board, role_of
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.stage import write_private
from gateway.demo.vendors import SimulatedVendor
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.registers.tables import audit as audit_front
from gateway.registers.tables import audit_school
from gateway.school import documents
from gateway.school.backup.taking import one_instant
from gateway.school.delivery.running import DeliveryRun
from gateway.school.services import open_services
from gateway.settings import load_settings
from tests.journeys.desk import Outcome, changes, state_of, typed
from tests.journeys.rig import PASSPHRASE, Rig
from tests.journeys.saying import PRODUCT, Desk, students, years_ago


@dataclass(frozen=True, slots=True)
class Kept:
    """What a careful school keeps, in two places."""

    file: Path
    ring: Path


def _kept(rig: Rig, name: str = "kept") -> Kept:
    kept = Kept(rig.folder / f"{name}.backup", rig.folder / f"{name}.ring")
    rig.command("key", "backup", str(kept.ring))
    rig.command("backup", "-o", str(kept.file))
    return kept


def _restore(rig: Rig, kept: Kept, home: Path, *more: str) -> Outcome:
    return typed(
        ["restore", str(kept.file), "--ring", str(kept.ring), "--home", str(home), "--json",
         "--passphrase-file", str(rig.passphrase_file), *more]
    )  # fmt: skip


def _restored(rig: Rig, kept: Kept, *more: str) -> dict[str, object]:
    """Restore to a new home and go on with that one."""
    home = rig.folder / f"home-{secrets.token_hex(4)}"
    outcome = _restore(rig, kept, home, *more)
    assert (outcome.status, outcome.stderr) == (0, "")
    rig.move_to(home)
    return outcome.json()


def _pupils(vendor: SimulatedVendor) -> dict[str, str]:
    """Pseudonym to alias of every pupil."""
    return {
        str(user["sourcedId"]): str(user["familyName"])
        for user in vendor.pull("users").records
        if role_of(user) == "student"
    }


def _grade(vendor: SimulatedVendor, pupil: str, score: int, *, result: str) -> None:
    group = str(vendor.pull("classes").records[0]["sourcedId"])
    records = {
        "categories/c": {"title": "Toetsen"},
        "lineItems/l": {
            "title": "Toets", "assignDate": "2026-11-02", "dueDate": "2026-11-09",
            "class": {"sourcedId": group}, "category": {"sourcedId": "c"},
        },
        f"results/{result}": {
            "lineItem": {"sourcedId": "l"}, "student": {"sourcedId": pupil}, "score": score,
            "scoreStatus": "fully graded", "scoreDate": "2026-11-09",
        },
    }  # fmt: skip
    for path, record in records.items():
        collection, _, identifier = path.partition("/")
        assert vendor.put(collection, identifier, record).status in (200, 201)


def _graded(school: SimulatedSchool) -> list[tuple[str, object]]:
    """(pupil of the school, score) in the order in which they were written."""
    found = []
    for write in school.writes:
        if write.collection == "results":
            student = write.document["student"]
            assert isinstance(student, dict)
            found.append((str(student["sourcedId"]), write.document["score"]))
    return found


def _titles(school: SimulatedSchool) -> list[str]:
    """Titles of categories in the order in which they were written."""
    return [str(write.document["title"]) for write in school.writes if write.collection == "categories"]


def _deliver_as_of(rig: Rig, moment: datetime) -> None:
    """Everything that is due by then."""
    services = open_services(rig.home).unlock(PASSPHRASE.strip())
    run = DeliveryRun(services, now=lambda: moment)
    try:
        run.tally()
    finally:
        run.close()
        services.front.dispose()
        services.school.dispose()


def _pseudonym_of(rig: Rig, identifier: str) -> str:
    shown = rig.command(
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
    sent = {row["field"]: row["sent"] for row in shown["fields"]}  # type: ignore[attr-defined]
    return str(sent["user.sourcedId"])


def test_results_still_reach_the_right_pupil_after_a_restore_on_another_home(
    rig: Rig, school: SimulatedSchool
) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    vendor = rig.vendor("rekenwijs")
    rig.serve()
    before = _pupils(vendor)
    kept = _kept(rig)
    rig.stop()

    answer = _restored(rig, kept)
    assert answer["suspended"] == ["VO-rekenwijs/1"]
    assert list(answer["revoked"].values()) == ["rekenwijs"]  # type: ignore[attr-defined]
    rig.command("agreement", "activate", "VO-rekenwijs")
    rig.serve()
    renewed = rig.vendor("rekenwijs")
    after = _pupils(renewed)
    identifier = str(next(each for each in school.board.pupils() if each["status"] == "active")["sourcedId"])
    pseudonym = _pseudonym_of(rig, identifier)
    _grade(renewed, pseudonym, 8, result="r")
    rig.stop()
    rig.command("deliver", "--once")

    assert after == before
    assert pseudonym in before
    assert _graded(school) == [(identifier, 8)]
    assert rig.command("register", "verify")["intact"] is True


def test_nothing_goes_out_after_a_restore_until_somebody_looked(rig: Rig) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    vendor = rig.vendor("rekenwijs")
    kept = _kept(rig)
    rig.command("agreement", "end", "VO-rekenwijs")
    _restored(rig, kept)
    before = len(rig.disclosures())
    rig.serve()

    old = vendor.get("users")
    renewed = rig.vendor("rekenwijs")
    refused = renewed.get("users")

    # Both at the token endpoint: the client is unknown, the agreement is suspended.
    assert (old.status, refused.status) == (401, 400)
    assert len(rig.disclosures()) == before
    assert rig.command("agreement", "show", "VO-rekenwijs")["state"] == "suspended"


def test_sentence_12_what_was_withdrawn_after_the_backup_is_recorded_again_before_anything_is_resumed(
    rig: Rig, school: SimulatedSchool
) -> None:
    rig.agree(PRODUCT, legal_basis="6-1-a")
    desk = Desk(rig)
    desk.form()
    withdrawn, stays = (
        school.board.add_pupil(
            given=name, family="Voorbeeldsma", school=school.board.schools[0], born=years_ago(11)
        )
        for name in ("Noor", "Sem")
    )
    desk.say("give", withdrawn)
    desk.say("give", stays)
    rig.refresh()
    kept = _kept(rig)
    desk.say("withdraw", withdrawn, method="telephone")

    answer = _restored(rig, kept)

    # The trap: the backup knows of the consent, and not that it was taken back. So nothing runs yet.
    assert answer["suspended"] == [f"VO-{PRODUCT}/1"]
    assert desk.states(withdrawn) == {"given"}
    desk.say("withdraw", withdrawn, method="telephone")
    rig.command("agreement", "activate", f"VO-{PRODUCT}")
    rig.refresh()
    rig.serve()
    assert students(rig.vendor(PRODUCT)) == {desk.pseudonym(stays)}


def test_a_client_that_was_revoked_after_the_backup_stays_revoked(rig: Rig) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    vendor = rig.vendor("rekenwijs")
    kept = _kept(rig)
    rig.command("client", "revoke", vendor.client_id)
    _restored(rig, kept)
    rig.command("agreement", "activate", "VO-rekenwijs")
    rig.serve()

    answer = vendor.get("users")

    assert answer.status == 401
    reasons = [each["details"] for each in rig.audited("front") if each["event"] == "person:client:revoked"]
    assert reasons == [{"reason": "restored"}]


def test_an_alias_that_was_given_out_after_the_backup_is_given_to_nobody_else(
    rig: Rig, school: SimulatedSchool
) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    kept = _kept(rig)
    _restored(rig, kept)
    rig.command("agreement", "activate", "VO-rekenwijs")
    rig.serve()
    known = set(_pupils(rig.vendor("rekenwijs")).values())
    rig.stop()

    school.board.add_pupil(given="Nieuwe", family="Leerling", school=school.board.schools[0])
    rig.refresh()
    rig.serve()
    fresh = set(_pupils(rig.vendor("rekenwijs")).values()) - known

    assert {len(code) for code in known} == {6}
    assert [len(code) for code in fresh] == [8]


def test_results_that_waited_at_the_backup_are_held_for_a_person(rig: Rig, school: SimulatedSchool) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    vendor = rig.vendor("rekenwijs")
    rig.serve_front()
    pupil = next(iter(_pupils(vendor)))
    _grade(vendor, pupil, 6, result="r")
    kept = _kept(rig)
    rig.stop()
    rig.command("deliver", "--once")
    assert [score for _, score in _graded(school)] == [6]

    answer = _restored(rig, kept)
    rig.command("agreement", "activate", "VO-rekenwijs")
    rig.command("deliver", "--once")

    assert answer["held_letters"] == 3
    assert [score for _, score in _graded(school)] == [6]
    letters = rig.command("dead-letters", "list")["dead_letters"]
    assert {letter["reason"] for letter in letters} == {"restored"}  # type: ignore[attr-defined]


def test_what_one_system_was_owed_at_the_backup_overwrites_nothing_after_it(
    tmp_path: Path, board: MadeUpBoard
) -> None:
    with SimulatedSchool(board) as up, SimulatedSchool(made_up_board(12, schools=1, pupils=8)) as down:
        rig = Rig(tmp_path, [up])
        try:
            rig.add_source("las-2", down)
            rig.agree("rekenwijs")
            rig.refresh()
            vendor = rig.vendor("rekenwijs")
            rig.serve_front()
            assert vendor.put("categories", "c", {"title": "Toetsen"}).status == 201
            down.faults.reset("")
            rig.command("deliver", "--once")
            kept = _kept(rig)
            down.faults.clear()
            assert vendor.put("categories", "c", {"title": "Nieuwe toetsen"}).status == 200
            rig.stop()
            tomorrow = datetime.now(UTC) + timedelta(days=1)
            for hours in range(3):
                _deliver_as_of(rig, tomorrow + timedelta(hours=hours))
            assert _titles(down) == ["Toetsen", "Nieuwe toetsen"]

            answer = _restored(rig, kept)
            rig.command("agreement", "activate", "VO-rekenwijs")
            _deliver_as_of(rig, tomorrow + timedelta(days=1))

            assert answer["held_letters"] == 1
            assert _titles(down) == ["Toetsen", "Nieuwe toetsen"]
            (letter,) = rig.command("dead-letters", "list")["dead_letters"]  # type: ignore[attr-defined]
            assert letter["reason"] == "restored"
        finally:
            rig.stop()


def test_a_gateway_that_was_stopped_and_moved_goes_on_where_it_was(rig: Rig, school: SimulatedSchool) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    vendor = rig.vendor("rekenwijs")
    rig.serve_front()
    identifier = str(next(each for each in school.board.pupils() if each["status"] == "active")["sourcedId"])
    _grade(vendor, _pseudonym_of(rig, identifier), 7, result="r")
    rig.stop()
    kept = _kept(rig)

    answer = _restored(rig, kept, "--moved")
    rig.serve()
    assert _pupils(vendor)
    rig.stop()
    rig.command("deliver", "--once")

    assert (answer["suspended"], answer["revoked"], answer["held_letters"]) == ([], {}, 0)
    assert _graded(school) == [(identifier, 7)]


def test_ring_that_came_back_from_the_sheet_restores_as_well(rig: Rig) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    kept = _kept(rig)
    sheet, home = rig.folder / "sheet", rig.folder / "from-the-sheet"
    rig.command("key", "sheet", "-o", str(sheet))
    where = ["--home", str(home), "--json", "--passphrase-file", str(rig.passphrase_file)]

    recovered = typed(["key", "recover", "--sheet-file", str(sheet), "--copy", str(kept.ring), *where])
    restored = typed(["restore", str(kept.file), *where])

    assert (recovered.status, restored.status) == (0, 0), restored.stderr
    assert restored.json()["check_value"] == recovered.json()["check_value"]


def test_kept_papers_and_mail_settings_come_back_and_are_sealed_in_the_file(rig: Rig) -> None:
    paper = documents.keep(
        load_settings(rig.home), documents.Paper(b"een bevestiging van de leverancier", "brief.pdf")
    )
    mail = b'host = "127.0.0.1"\nsender = "a@b.example"\n'
    write_private(rig.home / "mail.toml", mail)
    kept = _kept(rig)
    content = kept.file.read_bytes()

    _restored(rig, kept)

    place = rig.home / "documents" / paper.file
    assert place.read_bytes() == b"een bevestiging van de leverancier"
    assert place.stat().st_mode & 0o777 == 0o600
    assert (rig.home / "mail.toml").read_bytes() == mail
    assert b"bevestiging" not in gzip.decompress(content[content.index(b"\n") + 1 : -65])


def test_dry_run_says_what_there_is_and_makes_nothing(rig: Rig) -> None:
    rig.agree("rekenwijs")
    kept, home = _kept(rig), rig.folder / "elsewhere"

    outcome = _restore(rig, kept, home, "--dry-run")

    assert outcome.json()["restored"] is False
    assert outcome.json()["rows"] == rig.command("backup", "-o", str(rig.folder / "again"))["rows"] - 1  # type: ignore[operator]
    assert not home.exists()


def _changed(change: Callable[[bytes], bytes]) -> Callable[[Rig, Kept], None]:
    def spoil(_rig: Rig, kept: Kept) -> None:
        kept.file.write_bytes(change(kept.file.read_bytes()))

    return spoil


def _other_ring(rig: Rig, kept: Kept) -> None:
    other = rig.folder / "other"
    made = typed(
        ["init", "--board", "B", "--home", str(other), "--passphrase-file", str(rig.passphrase_file)]
    )
    assert made.status == 0
    kept.ring.write_bytes((other / "keys" / "ring").read_bytes())


def _ring_of_before_a_destruction(rig: Rig, kept: Kept) -> None:
    rig.command("key", "destroy", "rekenwijs")
    kept.file.unlink()
    rig.command("backup", "-o", str(kept.file))


REFUSALS = {
    "a byte of it is another": (
        _changed(lambda content: content[:900] + bytes([content[900] ^ 1]) + content[901:]), 5, "backup_damaged",
    ),
    "it is cut off": (_changed(lambda content: content[:-200]), 5, "backup_damaged"),
    "it is empty": (_changed(lambda _: b""), 2, "backup_foreign"),
    "it is something else": (_changed(lambda _: b"naam;cijfer\n"), 2, "backup_foreign"),
    "a newer program wrote it": (
        _changed(lambda content: content.replace(b"schuilnaam-backup 1", b"schuilnaam-backup 2", 1)), 5, "backup_newer",
    ),
    "it belongs to another ring": (_other_ring, 5, "ring_foreign"),
    "the ring is from before a key was destroyed": (_ring_of_before_a_destruction, 5, "ring_older_than_backup"),
    "the ring is not there": (lambda _, kept: kept.ring.unlink(), 2, "ring_copy_unreadable"),
}  # fmt: skip


@pytest.mark.parametrize("why", REFUSALS)
def test_backup_is_refused_and_nothing_is_made_because(why: str, rig: Rig) -> None:
    spoil, status, code = REFUSALS[why]
    rig.agree("rekenwijs")
    rig.refresh()
    kept, home = _kept(rig), rig.folder / "elsewhere"
    spoil(rig, kept)

    outcome = _restore(rig, kept, home)

    assert (outcome.status, outcome.code) == (status, code)
    assert not home.exists()


def test_restore_into_a_home_that_has_something_is_refused(rig: Rig) -> None:
    kept = _kept(rig)
    before = state_of(rig.home)

    outcome = _restore(rig, kept, rig.home)

    assert (outcome.status, outcome.code) == (2, "home_not_empty")
    assert changes(before, state_of(rig.home)) == []


def test_restore_with_a_wrong_passphrase_makes_nothing(rig: Rig) -> None:
    kept, home = _kept(rig), rig.folder / "elsewhere"
    rig.passphrase_file.write_bytes(b"een heel andere wachtzin\n")

    outcome = _restore(rig, kept, home)
    rig.passphrase_file.write_bytes(PASSPHRASE)

    assert (outcome.status, outcome.code) == (5, "ring_wrong_passphrase")
    assert not home.exists()


def test_restore_on_a_machine_whose_clock_is_before_the_backup_is_refused(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, home = _kept(rig), rig.folder / "elsewhere"
    monkeypatch.setattr(backup_command, "clock", lambda: datetime.now(UTC) - timedelta(hours=1))

    outcome = _restore(rig, kept, home)

    assert (outcome.status, outcome.code) == (5, "clock_behind_backup")
    assert not home.exists()


def test_stolen_backup_shows_no_name_no_identifier_and_no_secret(rig: Rig, school: SimulatedSchool) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    kept = _kept(rig)
    content = kept.file.read_bytes()
    unpacked = gzip.decompress(content[content.index(b"\n") + 1 : -65])
    storage = (rig.home / "storage" / "storage.key").read_bytes()

    people = [each for each in school.board.pupils() if len(str(each["familyName"])) > 3]
    values = {str(each[name]) for each in people for name in ("sourcedId", "familyName", "email")}
    identifying = {value for value in values if len(value) > 5}
    assert identifying
    assert [value for value in identifying if re.search(rf"\b{re.escape(value)}\b".encode(), unpacked)] == []
    assert school.client_secret.encode() not in unpacked
    assert storage.split(b"\n")[1] not in unpacked
    assert (rig.home / "keys" / "ring").read_bytes()[-96:-32] not in unpacked
    assert kept.file.stat().st_mode & 0o777 == 0o600
    assert unpacked.count(b'"table"') > 20


def test_backup_is_one_instant_of_both_databases_while_both_are_written(rig: Rig) -> None:
    """A writer as `gateway.school.agreements.change` is: the front commits inside the school's transaction."""
    services = rig.services()
    stop = threading.Event()

    def write() -> None:
        more = {"board_id": "toets", "actor": Actor.gateway(), "now_ms": 1_800_000_000_000}
        while not stop.is_set():
            with writing(services.school) as in_school:
                audit.record(in_school, AuditEvent.RING_UNLOCKED, **more)  # type: ignore[arg-type]
                with writing(services.front) as in_front:
                    audit.record(in_front, AuditEvent.REFRESH_ASKED, **more)  # type: ignore[arg-type]

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen = []
        for _ in range(40):
            with one_instant(services.front, services.school) as (front, school):
                counted = [
                    connection.execute(select(func.count()).where(table.c.board_id == "toets")).scalar_one()
                    for connection, table in ((school, audit_school), (front, audit_front))
                ]
            seen.append(counted)
    finally:
        stop.set()
        writer.join()

    # Never inside the writer's transaction: the front's row is there exactly when the school's is.
    assert [pair for pair in seen if pair[0] != pair[1]] == []
    assert seen[-1][0] > seen[0][0]


def test_backup_that_cannot_be_written_leaves_nothing_and_is_not_registered(rig: Rig) -> None:
    outcome = typed(["backup", "-o", "/proc/no-such-place/x", "--home", str(rig.home), "--json"])

    assert (outcome.status, outcome.code) == (2, "file_unwritable")
    assert "person:backup:written" not in [each["event"] for each in rig.audited()]


def test_sequence_of_the_inbox_goes_on_behind_the_last_number_given_out(rig: Rig) -> None:
    rig.agree("rekenwijs")
    rig.refresh()
    vendor = rig.vendor("rekenwijs")
    rig.serve_front()
    _grade(vendor, next(iter(_pupils(vendor))), 6, result="r")
    rig.stop()
    import sqlite3

    with sqlite3.connect(rig.home / "data" / "front.sqlite") as database:
        database.execute("DELETE FROM inbox_references")
        database.execute("DELETE FROM inbox WHERE seq > 1")
    database.close()
    kept = _kept(rig)
    _restored(rig, kept, "--moved")

    with sqlite3.connect(rig.home / "data" / "front.sqlite") as database:
        (last,) = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'inbox'").fetchone()
    database.close()

    assert last == 3
