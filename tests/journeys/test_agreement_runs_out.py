"""An agreement runs out, day by day: warnings by mail, refusal at the instant, results for a while, deletion confirmed.

Over real HTTP with a clock that the test sets, and with a real mail server; the last test is `serve` as it runs.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from contracts.instants import ends_at, starts_at
from gateway.demo.board import made_up_board, role_of
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor
from gateway.school.agreeing import steps
from gateway.school.documents import Paper
from gateway.school.mail import sending
from gateway.school.services import SchoolServices
from gateway.school.terms import deletions, running
from gateway.settings import load_settings, store_settings
from tests.journeys.door import Clock, opened
from tests.journeys.rig import Rig
from tests.simulators.mail_server import MailServer

PRODUCT, NUMBER = "rekenwijs", "VO-rekenwijs"
PRIVACY, FG, BOARD = "privacy@school.example", "fg@school.example", "bestuur@school.example"


@dataclass
class Scene:
    """A vendor that has pulled, an agreement with a last day, and a clock for everybody."""

    rig: Rig
    school: SimulatedSchool
    vendor: SimulatedVendor
    mail: MailServer
    clock: Clock
    services: SchoolServices
    last_day: date

    def at(self, instant: datetime) -> None:
        """Let it be then, and let the calendar's minute pass: once more than needed."""
        self.clock.fixed = instant
        for _ in range(2):
            running.run(self.services, now=instant)
            sending.send_due(self.services, now=lambda: instant)

    def noon(self, days: int) -> None:
        """Noon of a day so many days after the last day."""
        self.at(starts_at(self.last_day + timedelta(days=days)) + timedelta(hours=12))

    def pull(self) -> tuple[int, str]:
        answer = self.vendor.get("users", limit=2)
        code = (
            ""
            if answer.status == 200
            else str(answer.document().get("imsx_description", "")).partition(":")[0]
        )
        return answer.status, code

    def deletion(self) -> str:
        (found,) = deletions.deletions(self.services)
        now = self.clock.fixed
        assert now is not None
        return found.clock.state(now.astimezone().date()).value


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    board = made_up_board(11, schools=2, pupils=16, guardians=False)
    last_day = datetime.now(UTC).date() + timedelta(days=70)
    folder = tmp_path / "mail"
    folder.mkdir()
    with SimulatedSchool(board) as school, MailServer(folder) as mail:
        rig = Rig(tmp_path, [school])
        try:
            # Holdings of today are served for the whole journey: refreshes are not what it is about.
            store_settings(replace(load_settings(rig.home), max_age_days=400))
            mail.write(rig.home)
            rig.agree(PRODUCT, term={"until": last_day.isoformat(), "review_by": None})
            vendor = rig.vendor(PRODUCT)
            rig.refresh()
            clock = Clock()
            with opened(rig, clock):
                yield Scene(rig, school, vendor, mail, clock, rig.services(), last_day)
        finally:
            rig.stop()


def test_an_agreement_runs_out(scene: Scene) -> None:
    mail, school = scene.mail, scene.school
    # Warned 60, 30 and 7 days before and on the day; the receipt of the activation came first.
    for days in (-69, -61, -60, -59, -30, -7, 0):
        scene.noon(days)
    name = f"{NUMBER}/1 met Rekenwijs B.V."
    assert mail.told(PRIVACY) == [
        f"Bewijs 1: Overeenkomst {name} is in werking",
        f"Overeenkomst {name} loopt over 60 dagen af",
        f"Overeenkomst {name} loopt over 30 dagen af",
        f"Overeenkomst {name} loopt over 7 dagen af",
        f"Overeenkomst {name} loopt vandaag af",
    ]
    assert mail.told(BOARD) == [f"Bewijs 1: Overeenkomst {name} is in werking"]

    # The last second of the last day, and the first instant after it; the calendar has not looked yet.
    school.forget()
    scene.clock.fixed = ends_at(scene.last_day) - timedelta(seconds=1)
    group = scene.vendor.pull("classes").records[0]
    pupil = next(user for user in scene.vendor.pull("users").records if role_of(user) == "student")
    before = len(scene.rig.disclosures())
    scene.clock.fixed = ends_at(scene.last_day)
    assert scene.pull() == (403, "agreement_ended")
    assert len(scene.rig.disclosures()) == before
    assert school.asked() == 0

    # The calendar records the end: a receipt, and the deletion term begins.
    scene.at(ends_at(scene.last_day))
    assert mail.told(PRIVACY)[-1] == f"Bewijs 2: Overeenkomst {name} is geëindigd"
    assert "verwijderd uiterlijk" in mail.mails[-1].pages[0]
    assert scene.deletion() == "due"

    # Results still come back, until the inbound term is over to the instant.
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
    scene.noon(29)
    assert scene.vendor.token().status == 200
    assert scene.pull()[0] == 403
    for path, record in records.items():
        assert scene.vendor.put(*path.split("/"), record).status == 201
    inbound_until = ends_at(scene.last_day + timedelta(days=30))
    scene.clock.fixed = inbound_until - timedelta(seconds=1)
    assert scene.vendor.token().status == 200
    assert scene.vendor.put("results", "r", {**records["results/r"], "score": 9}).status == 200
    scene.clock.fixed = inbound_until
    refused = scene.vendor.put("results", "r", {**records["results/r"], "score": 1})
    assert (refused.status, b"agreement_ended" in refused.body) == (403, True)

    # Deletion: 30 days to fetch and 30 to delete; told before and on its day, overdue after it, every week.
    so_far = len(mail.told(PRIVACY))
    for days in (45, 46, 57, 60):
        scene.noon(days)
    assert scene.deletion() == "due"
    assert mail.told(PRIVACY)[so_far:] == [
        f"Rekenwijs B.V. moet {when} de gegevens van rekenwijs hebben verwijderd"
        for when in ("over 14 dagen", "over 3 dagen", "vandaag")
    ]
    assert mail.told(FG) == []
    for days in (61, 62, 68):
        scene.noon(days)
    assert scene.deletion() == "overdue"
    assert mail.told(FG) == ["TE LAAT: Rekenwijs B.V. heeft de verwijdering van rekenwijs niet bevestigd"] * 2

    # Confirmed in writing: the alarm is over.
    now = scene.clock.fixed
    assert now is not None
    deletions.confirm(
        scene.services, scene.services.person("privacy officer"), NUMBER, PRODUCT,
        paper=Paper(b"%PDF alles is weg", "bevestiging.pdf"), now=now,
    )  # fmt: skip
    scene.noon(75)
    assert scene.deletion() == "confirmed"
    assert mail.told(FG)[2:] == []
    assert mail.told(PRIVACY)[-1] == "Rekenwijs B.V. heeft de verwijdering van rekenwijs bevestigd"

    # No mail and no receipt holds anything of anybody; every mail went out once, encrypted.
    told = " ".join("\n".join((each.subject, each.text, *each.pages)) for each in mail.mails)
    names = {
        str(person[field])
        for person in school.board.records("users")
        for field in ("givenName", "familyName", "username", "sourcedId")
    }
    assert len(names) > 20
    assert [name for name in names if re.search(rf"\b{re.escape(name)}\b", told)] == []
    ids = [each.message["Message-ID"] for each in mail.mails]
    assert len(set(ids)) == len(ids)
    assert all(each.encrypted for each in mail.mails)
    assert scene.rig.command("register", "verify")["intact"] is True


def test_an_end_that_is_brought_forward_acts_at_its_own_instant(scene: Scene) -> None:
    today = datetime.now(UTC)
    nearer = today.date() + timedelta(days=10)
    steps.end(
        scene.services, NUMBER, actor=scene.services.person("bestuurder"), now=today, on=nearer,
        shred_on=nearer + timedelta(days=31),
    )  # fmt: skip
    scene.clock.fixed = ends_at(nearer) - timedelta(seconds=1)
    assert scene.pull() == (200, "")
    scene.clock.fixed = ends_at(nearer)
    assert scene.pull() == (403, "agreement_ended")

    scene.at(ends_at(nearer + timedelta(days=30)) - timedelta(seconds=1))
    assert not any("vernietigd" in subject for subject in scene.mail.told(PRIVACY))
    scene.at(ends_at(nearer + timedelta(days=30)))
    assert scene.mail.told(PRIVACY)[-1] == "De pseudoniemen van rekenwijs kunnen worden vernietigd"
    assert scene.rig.command("key", "show")["products"] == {PRODUCT: ["live"]}


def test_served_gateway_warns_by_mail_by_itself_and_terms_run_repeats_nothing(tmp_path: Path) -> None:
    board = made_up_board(11, schools=2, pupils=10, guardians=False)
    folder = tmp_path / "mail"
    folder.mkdir()
    with SimulatedSchool(board) as school, MailServer(folder) as mail:
        rig = Rig(tmp_path, [school])
        try:
            mail.write(rig.home)
            last = datetime.now(UTC).date() + timedelta(days=5)
            rig.agree(PRODUCT, term={"until": last.isoformat(), "review_by": None})
            rig.serve()
            deadline = time.monotonic() + 60
            while len(mail.told(PRIVACY)) < 2:
                assert time.monotonic() < deadline, mail.told(PRIVACY)
                time.sleep(0.2)
            ran = rig.command("terms", "run")
        finally:
            rig.stop()
    assert sorted(mail.told(PRIVACY)) == [
        f"Bewijs 1: Overeenkomst {NUMBER}/1 met Rekenwijs B.V. is in werking",
        f"Overeenkomst {NUMBER}/1 met Rekenwijs B.V. loopt over 5 dagen af",
    ]
    assert (ran["told"], ran["mails"]) == (0, {"sent": 0, "again": 0, "failed": 0})
