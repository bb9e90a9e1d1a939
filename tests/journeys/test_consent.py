"""A product that rests on consent, over real HTTP: who appears, who is gone with the next byte, and who decides.

Sentences are those of the seed page, as numbered in the reference notes.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from gateway.cli import refresh
from gateway.demo import papers
from gateway.demo.board import MadeUpBoard, made_up_board
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor
from gateway.holdings.reading import Holdings
from gateway.holdings.tables import pointers
from gateway.registers import accesses
from gateway.school.consents import recording
from gateway.school.consents.expiring import end_consents
from gateway.school.layouts import exporting
from gateway.school.services import clock
from tests.journeys.door import Clock, opened
from tests.journeys.rig import PASSPHRASE, Rig
from tests.journeys.saying import PRODUCT, Desk, students, today, tombstones, years_ago

ONE, TWO, SELF = "representative-1", "representative-2", "self"


@dataclass
class Scene:
    """A board with a product on the basis of consent, refreshed once, and the door in this process."""

    rig: Rig
    school: SimulatedSchool
    board: MadeUpBoard
    vendor: SimulatedVendor
    desk: Desk
    pupils: list[str]

    def let_in(self, *pupils: str) -> list[str]:
        """A parent gives consent, and a refresh lets them appear; what the vendor calls them."""
        before = students(self.vendor)
        for pupil in pupils:
            self.desk.say("give", pupil)
        self.rig.refresh()
        assert len(students(self.vendor) - before) == len(pupils)
        return [self.desk.pseudonym(pupil) for pupil in pupils]

    def family_name(self, pupil: str) -> bytes:
        return str(self.board.get("users", pupil)["familyName"]).encode()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    board = made_up_board(11, schools=2, pupils=16, guardians=False)
    with SimulatedSchool(board) as school:
        rig = Rig(tmp_path, [school])
        try:
            rig.agree(PRODUCT, legal_basis="6-1-a")
            vendor = rig.vendor(PRODUCT)
            rig.refresh()
            desk = Desk(rig)
            desk.form()
            pupils = [str(user["sourcedId"]) for user in board.pupils() if user["status"] == "active"]
            with opened(rig, Clock()):
                yield Scene(rig, school, board, vendor, desk, pupils)
        finally:
            rig.stop()


# -- nobody without -----------------------------------------------------------------------------------------------


def test_sentence_01_without_consent_nobody_is_in_any_list_and_the_audit_log_counts_why(scene: Scene) -> None:
    assert students(scene.vendor) == set()
    assert scene.vendor.pull("demographics").ids() == []
    assert scene.vendor.pull("enrollments").ids() == []
    for pupil in scene.pupils:
        assert scene.family_name(pupil) not in scene.vendor.received_bytes()
    [finished] = [entry for entry in scene.rig.audited() if entry["event"] == "gateway:refresh:finished"]
    assert finished["details"]["withheld"]["user:consent_missing"] >= len(scene.pupils)  # type: ignore[index]


def test_sentence_09_a_form_that_was_handed_out_and_not_returned_changes_nothing(scene: Scene) -> None:
    scene.desk.form(language="en")
    scene.rig.refresh()
    assert students(scene.vendor) == set()
    assert scene.desk.show(scene.pupils[0])["products"] == []


def test_sentence_06_a_consent_lets_the_pupil_appear_at_the_next_refresh_under_an_alias(scene: Scene) -> None:
    pupil = scene.pupils[0]
    said = scene.desk.say("give", pupil)
    assert {each["state"] for each in said["standings"].values()} == {"given"}
    assert students(scene.vendor) == set()

    scene.rig.refresh()

    [user] = scene.vendor.pull("students").records
    assert user["givenName"] == "Leerling"
    assert students(scene.vendor) == {scene.desk.pseudonym(pupil)}
    assert scene.vendor.pull("demographics").ids() == [user["sourcedId"]]
    assert scene.family_name(pupil) not in scene.vendor.received_bytes()


def test_sentence_11_consent_for_one_purpose_of_three_lets_nobody_appear(scene: Scene) -> None:
    said = scene.desk.say("give", scene.pupils[0], ONE, "--purpose", "leveren_gebruik")
    assert list(said["standings"]) == ["leveren_gebruik"]
    scene.rig.refresh()
    assert students(scene.vendor) == set()
    scene.desk.say(
        "give",
        scene.pupils[0],
        ONE,
        "--purpose",
        "leerresultaten_opslaan",
        "--purpose",
        "leerresultaten_terug",
    )
    scene.rig.refresh()
    assert len(students(scene.vendor)) == 1


def test_sentence_11_consent_for_one_product_is_none_for_another(scene: Scene) -> None:
    scene.rig.agree("fotoboek", legal_basis="6-1-a")
    other = scene.rig.vendor("fotoboek")
    scene.let_in(scene.pupils[0])
    assert students(other) == set()


def test_sentence_08_refusing_changes_nothing_at_a_product_that_rests_on_another_basis(scene: Scene) -> None:
    scene.rig.agree("rekenwijs")
    lessons = scene.rig.vendor("rekenwijs")
    scene.rig.refresh()
    before = lessons.pull("students").records
    scene.desk.say("refuse", scene.pupils[0])
    scene.rig.refresh()
    assert lessons.pull("students").records == before
    assert students(scene.vendor) == set()


# -- the next byte ------------------------------------------------------------------------------------------------


def test_sentence_12_withdrawn_the_next_answer_is_without_and_a_request_to_delete_is_drafted(
    scene: Scene,
) -> None:
    gone, stays = scene.let_in(*scene.pupils[:2])
    before = len(scene.rig.disclosures())
    scene.school.forget()

    said = scene.desk.say("withdraw", scene.pupils[0], method="telephone")

    assert students(scene.vendor) == {stays}
    for path in (f"users/{gone}", f"students/{gone}", f"demographics/{gone}", f"students/{gone}/classes"):
        assert scene.vendor.get(path).status == 404
    for collection in ("users", "demographics"):
        assert set(tombstones(scene.vendor, collection)) == {gone}
    assert said["records_taken"] >= 3
    # No refresh was needed for it: the school's system was asked who that is, and nothing else.
    assert {asked.path.rsplit("/", 2)[-2] for asked in scene.school.requests if "oneroster" in asked.path} <= {
        "users", "demographics",
    }  # fmt: skip
    assert len(scene.rig.disclosures()) > before
    request = said["deletion_request"]
    assert request["pseudonyms"] == [gone]
    assert request["due_on"] == (today() + timedelta(days=30)).isoformat()
    for words in request["text"].values():
        assert gone in words
        assert scene.family_name(scene.pupils[0]).decode() not in words
        assert scene.pupils[0] not in words
        assert "toestemming" not in words.lower()
        assert "consent" not in words.lower()
    scene.rig.refresh()
    assert students(scene.vendor) == {stays}


def test_sentence_12_withdrawn_in_the_middle_of_a_walk_the_page_keeps_its_length_and_shows_nothing(
    scene: Scene,
) -> None:
    scene.let_in(*scene.pupils[:6])
    whole = scene.vendor.pull("students", limit=100).ids()
    first = scene.vendor.get("students", limit=3)
    gone = next(pupil for pupil in scene.pupils[:6] if scene.desk.pseudonym(pupil) == whole[4])

    scene.desk.say("withdraw", gone)
    second = scene.vendor.get("students", limit=3, offset=3)

    ids = [str(each["sourcedId"]) for each in (*first.records(), *second.records())]
    assert ids == whole[:6]
    stub = second.records()[1]
    assert stub["status"] == "tobedeleted"
    assert stub["givenName"] == "-"
    assert "grades" not in stub
    assert second.header("X-Total-Count") == first.header("X-Total-Count")
    assert whole[4] not in students(scene.vendor)


def test_sentence_12_a_page_read_a_moment_before_the_withdrawal_is_sent_without_the_pupil(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    (gone,) = scene.let_in(scene.pupils[0])
    real, done = Holdings.page, []

    def withdrawn_meanwhile(self: Holdings, *given: Any, **options: Any) -> Any:
        page = real(self, *given, **options)
        if not done:
            done.append(True)
            scene.desk.say("withdraw", scene.pupils[0])
        return page

    scene.vendor.token()
    monkeypatch.setattr(Holdings, "page", withdrawn_meanwhile)
    answer = scene.vendor.get("students")
    monkeypatch.undo()

    [stub] = answer.records()
    assert (stub["sourcedId"], stub["status"], stub["givenName"]) == (gone, "tobedeleted", "-")


def test_sentence_12_withdrawn_while_a_file_is_made_the_file_is_without_the_pupil(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, stays = scene.let_in(*scene.pupils[:2])
    real, done = exporting.write_rows, []

    def withdrawn_meanwhile(*arguments: Any, **more: Any) -> None:
        real(*arguments, **more)
        if not done:
            done.append(True)
            scene.desk.say("withdraw", scene.pupils[0])

    monkeypatch.setattr(exporting, "write_rows", withdrawn_meanwhile)
    output = scene.rig.folder / "uit.csv"
    assert scene.rig.command("export", PRODUCT, "-o", str(output))["persons"] >= 1  # type: ignore[operator]
    assert done
    assert stays in output.read_text()
    assert gone not in output.read_text()


@pytest.mark.parametrize("where", ["orgs", "enrollments", "users", "classes", "courses"])
def test_sentence_12_withdrawn_while_a_refresh_runs_that_refresh_does_not_bring_the_pupil(
    scene: Scene, where: str
) -> None:
    new, old = scene.pupils[0], scene.pupils[1]
    (gone,) = scene.let_in(old)
    # One whom the vendor has, and one who would appear with this very refresh.
    scene.desk.say("give", new)
    done: list[str] = []

    def withdraw() -> None:
        if not done:
            for pupil in (new, old):
                done.append(pupil)
                scene.desk.say("withdraw", pupil)

    scene.school.faults.calls(where, withdraw)
    scene.rig.refresh()

    assert done == [new, old]
    assert students(scene.vendor) == set()
    assert scene.vendor.pull("enrollments").ids() == []
    assert scene.vendor.pull("demographics").ids() == []
    assert set(tombstones(scene.vendor)) == {gone}


def test_sentence_12_a_tombstone_does_not_tell_whether_somebody_left_or_withdrew(scene: Scene) -> None:
    withdrawn, left = scene.let_in(*scene.pupils[:2])
    scene.desk.say("withdraw", scene.pupils[0])
    scene.board.remove_pupil(scene.pupils[1], tombstone=True)
    scene.rig.refresh("--accept")

    found = tombstones(scene.vendor)

    def shape(id: str) -> str:
        return str({**found[id], "dateLastModified": ""}).replace(id, "-")

    assert set(found) == {withdrawn, left}
    assert shape(withdrawn) == shape(left)
    answers = {
        scene.vendor.get(f"users/{id}").body.replace(id.encode(), b"-")
        for id in (withdrawn, left, "p" + "a" * 61)
    }
    assert len(answers) == 1


def test_sentence_12_given_again_after_a_withdrawal_the_pupil_is_back_under_the_same_pseudonym(
    scene: Scene,
) -> None:
    (first,) = scene.let_in(scene.pupils[0])
    scene.desk.say("withdraw", scene.pupils[0])
    assert scene.let_in(scene.pupils[0]) == [first]
    requests = scene.desk.show(scene.pupils[0])["deletion_requests"]
    assert [each["pseudonyms"] for each in requests] == [[first]]


def test_sentence_12_a_second_withdrawal_drafts_no_second_request(scene: Scene) -> None:
    scene.let_in(scene.pupils[0])
    assert scene.desk.say("withdraw", scene.pupils[0])["deletion_request"] is not None
    assert scene.desk.say("withdraw", scene.pupils[0])["deletion_request"] is None
    # Nothing ever went out about this one.
    assert scene.desk.say("withdraw", scene.pupils[1])["deletion_request"] is None


def test_withdrawn_under_a_new_key_the_pupil_is_found_under_the_old_pseudonym(scene: Scene) -> None:
    (old,) = scene.let_in(scene.pupils[0])
    scene.rig.command("key", "add-version", PRODUCT)
    said = scene.desk.say("withdraw", scene.pupils[0])
    assert students(scene.vendor) == set()
    assert said["deletion_request"]["pseudonyms"] == [old]


def test_withdrawn_while_the_schools_system_is_down_acts_all_the_same(scene: Scene) -> None:
    scene.let_in(scene.pupils[0])
    scene.school.faults.status("users", 404)
    scene.school.faults.status("demographics", 404)
    scene.school.faults.status("", 403)
    scene.desk.say("withdraw", scene.pupils[0])
    assert students(scene.vendor) == set()
    # Giving waits: nobody can tell who might.
    status, _ = scene.desk.refused("give", scene.pupils[0])
    assert status == 4


# -- who decides --------------------------------------------------------------------------------------------------


def test_sentence_07_of_two_parents_one_objects_and_the_pupil_is_gone_until_that_one_agrees(
    scene: Scene,
) -> None:
    pupil = scene.pupils[0]
    (pseudonym,) = scene.let_in(pupil)

    said = scene.desk.say("refuse", pupil, TWO)

    assert {each["state"] for each in said["standings"].values()} == {"refused"}
    assert students(scene.vendor) == set()
    # The one who gave gives again: the other's no is still there.
    scene.desk.say("give", pupil, ONE)
    scene.rig.refresh()
    assert students(scene.vendor) == set()
    scene.desk.say("give", pupil, TWO)
    scene.rig.refresh()
    assert students(scene.vendor) == {pseudonym}


def test_sentence_07_a_pupil_of_15_cannot_give_and_can_withdraw(scene: Scene) -> None:
    pupil = scene.board.add_pupil(
        given="Vijf", family="Tien", school=scene.board.schools[0], born=years_ago(16, days=1)
    )
    assert scene.desk.refused("give", pupil, SELF) == (3, "speaker_not_entitled")
    (pseudonym,) = scene.let_in(pupil)
    scene.desk.say("withdraw", pupil, SELF)
    assert pseudonym not in students(scene.vendor)


def test_sentence_07_from_the_16th_birthday_the_pupil_decides_and_no_longer_a_parent(scene: Scene) -> None:
    pupil = scene.board.add_pupil(
        given="Zes", family="Tien", school=scene.board.schools[0], born=years_ago(16)
    )
    assert scene.desk.refused("give", pupil, ONE) == (3, "speaker_not_entitled")
    assert students(scene.vendor) == set()
    scene.desk.say("give", pupil, SELF)
    scene.rig.refresh()
    assert len(students(scene.vendor)) == 1
    for step in ("withdraw", "refuse"):
        assert scene.desk.refused(step, pupil, ONE) == (3, "speaker_not_entitled")
    assert len(students(scene.vendor)) == 1
    scene.desk.say("withdraw", pupil, SELF)
    assert students(scene.vendor) == set()


def test_sentence_07_a_parents_consent_of_before_16_goes_on_and_is_to_be_confirmed(scene: Scene) -> None:
    pupil = scene.board.add_pupil(
        given="Net", family="Zestien", school=scene.board.schools[0], born=years_ago(16)
    )
    scene.desk.say("give", pupil, ONE, "--on", (today() - timedelta(days=1)).isoformat())
    scene.rig.refresh()
    assert len(students(scene.vendor)) == 1
    listed = scene.rig.command(
        "consent", "list", "--product", PRODUCT, "--reconfirm", "--as", "ik", "--reason", "jaarlijkse ronde"
    )
    assert [each["pupil"] for each in listed["persons"]] == [f"las-1:{pupil}"]  # type: ignore[attr-defined]
    scene.desk.say("give", pupil, SELF)
    again = scene.rig.command(
        "consent", "list", "--product", PRODUCT, "--reconfirm", "--as", "ik", "--reason", "jaarlijkse ronde"
    )
    assert again["persons"] == []


def test_sentence_07_without_a_birth_date_nobody_can_give(scene: Scene) -> None:
    scene.board.remove("demographics", scene.pupils[0])
    assert scene.desk.refused("give", scene.pupils[0]) == (3, "birth_date_unknown")
    # One whose birth date was taken away later does not leave either.
    scene.let_in(scene.pupils[1])
    scene.board.remove("demographics", scene.pupils[1])
    scene.rig.refresh()
    assert students(scene.vendor) == set()


# -- what was told ------------------------------------------------------------------------------------------------


def wider() -> list[dict[str, Any]]:
    return [
        *papers.full_terms(),
        papers._entry("contactgegevens", ["user.email"], "alias", "out", subjects=["leerling"]),
    ]


def replace_agreement(scene: Scene, **changes: Any) -> None:
    reference = scene.rig.register(PRODUCT, agreement_id=f"VO-{PRODUCT}", legal_basis="6-1-a", **changes)
    if scene.rig.command("agreement", "show", reference)["state"] == "approved":
        scene.rig.command("agreement", "activate", reference)


def test_sentence_10_a_wider_agreement_is_not_covered_by_the_text_that_was_shown(scene: Scene) -> None:
    pupil = scene.pupils[0]
    (pseudonym,) = scene.let_in(pupil)
    replace_agreement(scene, data=wider())
    scene.rig.refresh()
    assert students(scene.vendor) == set()
    assert scene.desk.states(pupil) == {"unknown"}
    assert scene.desk.refused("give", pupil, ONE, "--text", "1") == (3, "text_changed")

    form = scene.desk.form()
    assert form["version"] == 2
    scene.desk.say("give", pupil, ONE, "--text", "2")
    scene.rig.refresh()
    assert students(scene.vendor) == {pseudonym}


def test_sentence_10_a_narrower_agreement_is_covered_and_the_form_tells_less(scene: Scene) -> None:
    (pseudonym,) = scene.let_in(scene.pupils[0])
    fewer = [
        entry
        for entry in papers.full_terms()
        if "demographics.birthDate" not in entry["fields"]  # type: ignore[operator]
    ]
    replace_agreement(scene, data=fewer)
    scene.rig.refresh()
    assert students(scene.vendor) == {pseudonym}
    first, second = (scene.rig.folder / "form-0.html").read_text(), scene.desk.form()
    assert second["version"] == 2
    assert "geboortedatum" in first
    assert "geboortedatum" not in (scene.rig.folder / "form-1.html").read_text()


def test_sentence_10_the_same_form_is_printed_again_as_it_was_and_both_languages_share_a_version(
    scene: Scene,
) -> None:
    first, again, english = scene.desk.form(), scene.desk.form(), scene.desk.form(language="en")
    assert first["sha256"] == again["sha256"] != english["sha256"]
    assert first["version"] == again["version"] == english["version"] == 1
    # With two languages the one that was shown is named.
    assert scene.desk.refused("give", scene.pupils[0]) == (2, "text_ambiguous")
    scene.desk.say("give", scene.pupils[0], ONE, "--text", "1/en")
    scene.desk.say("give", scene.pupils[1], ONE, "--text", str(first["sha256"]))


def test_sentence_10_without_a_registered_text_no_consent_is_recorded(scene: Scene) -> None:
    scene.rig.agree("fotoboek", legal_basis="6-1-a")
    other = Desk(scene.rig, "fotoboek")
    assert other.refused("give", scene.pupils[0]) == (3, "text_missing")


def test_a_consent_ends_with_its_last_day_without_a_refresh(scene: Scene) -> None:
    ends, goes_on = scene.pupils[:2]
    last = today()
    scene.desk.say("give", ends, ONE, "--expires", last.isoformat())
    scene.desk.say("give", goes_on, ONE)
    scene.rig.refresh()
    assert len(students(scene.vendor)) == 2
    services = scene.rig.services().unlock(PASSPHRASE.strip())
    since = last - timedelta(days=3)
    assert end_consents(services, since=since, now=clock()) == 0
    assert len(students(scene.vendor)) == 2

    tomorrow = clock() + timedelta(days=1)
    assert end_consents(services, since=since, now=tomorrow) == 1
    assert end_consents(services, since=since, now=tomorrow) == 0

    assert len(students(scene.vendor)) == 1
    requests = scene.desk.show(ends)["deletion_requests"]
    assert len(requests) == 1
    assert "gateway:consent:expired" in [entry["event"] for entry in scene.rig.audited()]


# -- objections ---------------------------------------------------------------------------------------------------


@dataclass
class Lessons:
    """A product on the basis of the public task, with everybody in it."""

    scene: Scene
    vendor: SimulatedVendor

    def object(self, pupil: str, *more: str, until: str | None = None) -> dict[str, Any]:
        end = ["--without-end"] if until is None else ["--until", until]
        against = more or ("--product", "rekenwijs")
        return self.scene.rig.command(
            "objection", "add", "--pupil", f"las-1:{pupil}", *against, *end, "--reason", "geheim adres",
            "--as", "schoolleider",
        )  # fmt: skip


@pytest.fixture
def lessons(scene: Scene) -> Lessons:
    scene.rig.agree("rekenwijs")
    vendor = scene.rig.vendor("rekenwijs")
    scene.rig.refresh()
    return Lessons(scene, vendor)


def test_an_objection_leaves_one_pupil_out_at_once_and_lifted_brings_the_same_pseudonym_back(
    lessons: Lessons,
) -> None:
    scene, vendor = lessons.scene, lessons.vendor
    before = students(vendor)

    added = lessons.object(scene.pupils[0])

    (gone,) = before - students(vendor)
    assert vendor.get(f"users/{gone}").status == 404
    assert set(tombstones(vendor)) == {gone}
    assert [each["due_on"] for each in added["deletion_requests"]] == [
        (today() + timedelta(days=30)).isoformat()
    ]
    scene.rig.refresh()
    assert students(vendor) == before - {gone}
    scene.rig.command("objection", "lift", str(added["number"]), "--as", "schoolleider")
    assert students(vendor) == before - {gone}
    scene.rig.refresh()
    assert students(vendor) == before
    assert scene.rig.refused("objection", "lift", str(added["number"]), "--as", "x") == (
        3,
        "objection_lifted",
    )


def test_an_objection_lifts_by_itself_after_its_last_day(
    lessons: Lessons, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, vendor = lessons.scene, lessons.vendor
    before = students(vendor)
    lessons.object(scene.pupils[0], until=today().isoformat())
    scene.rig.refresh()
    assert len(before - students(vendor)) == 1

    monkeypatch.setattr(refresh, "clock", lambda: clock() + timedelta(days=1))
    scene.rig.refresh()

    assert students(vendor) == before


def test_an_objection_made_while_a_refresh_runs_acts_on_it(lessons: Lessons) -> None:
    scene, vendor = lessons.scene, lessons.vendor
    before = students(vendor)
    done: list[bool] = []

    def object_once() -> None:
        if not done:
            done.append(True)
            lessons.object(scene.pupils[0])

    scene.school.faults.calls("users", object_once)
    scene.rig.refresh()
    assert len(before - students(vendor)) == 1
    scene.rig.refresh()
    assert len(before - students(vendor)) == 1


def test_an_objection_against_every_product_holds_for_those_to_come_and_those_on_consent(
    lessons: Lessons,
) -> None:
    scene, vendor = lessons.scene, lessons.vendor
    scene.let_in(scene.pupils[0])
    before = students(vendor)
    added = lessons.object(scene.pupils[0], "--every-product")
    assert set(added["records_taken"]) == {PRODUCT, "rekenwijs"}
    assert all(added["records_taken"].values())
    assert students(scene.vendor) == set()
    assert len(before - students(vendor)) == 1
    scene.rig.agree("taalwijs")
    later = scene.rig.vendor("taalwijs")
    scene.rig.refresh()
    assert len(students(later)) == len(before) - 1
    assert students(scene.vendor) == set()


def test_an_objection_against_a_product_on_consent_is_a_withdrawal_instead(scene: Scene) -> None:
    refused = scene.rig.refused(
        "objection", "add", "--pupil", f"las-1:{scene.pupils[0]}", "--product", PRODUCT, "--without-end",
        "--reason", "x", "--as", "x",
    )  # fmt: skip
    assert refused == (3, "objection_on_consent")
    assert not any("objection" in str(entry["event"]) for entry in scene.rig.audited())


# -- what is left behind ------------------------------------------------------------------------------------------


def test_sentence_04_who_recorded_and_who_looked_is_registered_and_nobody_is_named(scene: Scene) -> None:
    pupil = scene.pupils[0]
    scene.let_in(pupil)
    scene.desk.say("withdraw", pupil)
    scene.desk.show(pupil)
    scene.rig.command("consent", "list", "--product", PRODUCT, "--as", "ik", "--reason", "zaak 9")

    services = scene.rig.services()
    found = list(accesses.listed(services.school, board_id=services.board_id))
    consents = [each for each in found if each.operation == "consent"]
    assert [each.reason for each in consents] == ["recording what was said"] * 2 + ["zaak 9"] * 2
    assert {each.count for each in consents} == {1}
    assert scene.rig.command("register", "verify")["intact"] is True
    audited = str(scene.rig.audited()) + str(scene.rig.audited("front"))
    assert pupil not in audited
    assert scene.family_name(pupil).decode() not in audited


def test_nobody_is_named_in_either_database_however_it_is_searched(scene: Scene) -> None:
    pupil = scene.pupils[0]
    (pseudonym,) = scene.let_in(pupil)
    scene.desk.say("give", pupil, TWO, "--evidence", "blad van mevrouw Kenmerkend")
    scene.desk.say("withdraw", pupil)
    scene.rig.command(
        "objection", "add", "--pupil", f"las-1:{pupil}", "--every-product", "--without-end",
        "--reason", "geheim adres Kenmerkend", "--as", "schoolleider",
    )  # fmt: skip
    school = b"".join(path.read_bytes() for path in sorted((scene.rig.home / "data").glob("school.sqlite*")))
    front = b"".join(path.read_bytes() for path in sorted((scene.rig.home / "data").glob("front.sqlite*")))
    for place in (school, front):
        assert pupil.encode() not in place
        assert b"Kenmerkend" not in place
    # The vendor's own pseudonym stands with its alias, and beside no consent, objection or request.
    tables = ("consent_statements", "objection_statements", "deletion_requests")
    with scene.rig.services().school.connect() as connection:
        for table in tables:
            rows = str(connection.execute(text(f"SELECT * FROM {table}")).all())
            assert rows != "[]"
            assert pseudonym not in rows


def test_a_withdrawal_that_was_taken_out_of_the_database_stops_every_refresh(scene: Scene) -> None:
    scene.let_in(scene.pupils[0])
    scene.desk.say("withdraw", scene.pupils[0])
    database = sqlite3.connect(scene.rig.home / "data" / "school.sqlite")
    database.execute("DROP TRIGGER consent_statements_no_delete")
    database.execute("DELETE FROM consent_statements WHERE number > 3")
    database.commit()
    database.close()

    assert scene.rig.refused("refresh") == (5, "consents_damaged")
    assert scene.desk.refused("give", scene.pupils[1]) == (5, "consents_damaged")
    assert students(scene.vendor) == set()


def test_a_crash_between_the_door_and_the_record_leaves_the_vendor_without_the_pupil(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.let_in(scene.pupils[0])
    monkeypatch.setattr(recording, "register_statements", _crash)
    status, code = scene.desk.refused("withdraw", scene.pupils[0])
    monkeypatch.undo()

    assert (status, code) == (1, "unexpected")
    assert students(scene.vendor) == set()
    assert scene.desk.states(scene.pupils[0]) == {"given"}
    # Repeated, it is recorded.
    scene.desk.say("withdraw", scene.pupils[0])
    assert scene.desk.states(scene.pupils[0]) == {"withdrawn"}


def _crash(*given: Any, **options: Any) -> None:
    raise RuntimeError("the power fails")


def staged(scene: Scene) -> bool:
    """Whether a refresh of the product has begun."""
    with scene.rig.services().front.connect() as connection:
        return connection.scalar(select(pointers.c.staged_generation)) is not None


def test_a_refresh_that_begins_while_a_withdrawal_is_being_recorded_waits_for_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.let_in(scene.pupils[0])
    real = recording.register_statements
    started: list[subprocess.Popen[bytes]] = []

    def refresh_now(*given: Any, **options: Any) -> None:
        # The door has been told, the row is not committed: a refresh that read the facts now would see consent.
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "gateway.cli.main", "refresh", "--home", str(scene.rig.home),
                 "--passphrase-file", str(scene.rig.passphrase_file)],
                stdout=subprocess.DEVNULL,
            )
        )  # fmt: skip
        while not staged(scene):
            time.sleep(0.02)
        # The publication was begun; the facts are what it asks for next.
        time.sleep(0.3)
        real(*given, **options)

    monkeypatch.setattr(recording, "register_statements", refresh_now)
    scene.desk.say("withdraw", scene.pupils[0])

    assert started[0].wait(timeout=60) == 0
    assert students(scene.vendor) == set()
    assert scene.vendor.pull("demographics").ids() == []
