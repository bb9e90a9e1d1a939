"""The pages of terms that act, over HTTP: stopping a vendor, ending, deletions, sub-processors, receipts, mails."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from contracts.instants import local_day, to_ms
from contracts.vocabulary import AgreementState
from gateway.database import writing
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import ProductId
from gateway.school import agreements
from gateway.school.agreeing import steps
from gateway.school.mail import sending, stored
from gateway.school.mail.stored import MailState
from gateway.school.receipts import making
from gateway.school.terms import deletions, running, shredding
from gateway.school.vendors.stops import stop_of
from tests.gateway.school.pages import papers
from tests.gateway.school.pages.office import Office, Person, visible


def _agree(office: Office, name: str, **bent: object) -> str:
    """An agreement in force; returns the address of its page."""
    papers.register(office, papers.record(office, name, **bent))
    actor, now = Actor.person("goedkeurder", os_account="page:1"), office.clock()
    steps.approve(office.services, f"VO-{name}/1", actor=actor, now=now)
    steps.activate(office.services, f"VO-{name}/1", actor=actor, now=now)
    assert papers.version(office, f"VO-{name}").state is AgreementState.ACTIVE
    return f"/agreements/VO-{name}/1"


@pytest.fixture(scope="module")
def staff(office: Office) -> dict[str, Person]:
    """One person per role: making an account takes a second on purpose."""
    roles = ("application_manager", "approver", "privacy_officer", "data_protection_officer", "auditor")
    return {role: office.employ(role.replace("_", "-"), role) for role in roles}


# -- stopping ---------------------------------------------------------------------------------------------------------


def test_vendor_is_stopped_at_once_with_a_reason_and_the_stop_is_lifted_by_another_role(
    office: Office, staff: dict[str, Person]
) -> None:
    _agree(office, "noodstop")
    kvk = papers.version(office, "VO-noodstop").agreement.processor.kvk
    manager, officer = staff["application_manager"], staff["privacy_officer"]
    page = "/vendors/noodstop"

    silent = manager.post(f"{page}/stop", {"reason": "  "}, page=page)
    assert silent.status_code == 422
    assert "reason_missing" in silent.text
    assert agreements.active_digest(office.services, ProductId("noodstop")) is not None
    stopped = manager.post(f"{page}/stop", {"reason": "datalek gemeld"}, page=page)
    start = visible(manager.get("/").text)

    assert "Noodstop B.V. is stopped: nothing goes out and nothing comes in." in visible(stopped.text)
    assert "Reason: datalek gemeld" in visible(stopped.text)
    assert "Noodstop B.V. is stopped since" in start
    assert agreements.active_digest(office.services, ProductId("noodstop")) is None
    assert manager.post(f"{page}/resume", {"reason": "klaar"}, page=page).status_code == 403
    stop = stop_of(office.services.school, board_id=office.services.board_id, kvk=kvk)
    assert stop is not None
    assert (stop.by, stop.reason) == ("application-manager", "datalek gemeld")

    lifted = officer.post(f"{page}/resume", {"reason": "lek gedicht"}, page=page)
    twice = officer.post(f"{page}/resume", {"reason": "nog eens"}, page=page)

    assert "no longer stopped" in visible(lifted.text)
    assert (twice.status_code, "vendor_not_stopped" in twice.text) == (409, True)
    assert agreements.active_digest(office.services, ProductId("noodstop")) is not None
    events = [each.event for each in office.events(AuditEvent.VENDOR_STOPPED) if each.object_id == kvk]
    assert len(events) == 1


def test_reason_of_a_stop_is_in_no_mail(office: Office, staff: dict[str, Person]) -> None:
    _agree(office, "discreet")
    manager = staff["application_manager"]
    manager.post("/vendors/discreet/stop", {"reason": "klacht van ouder X"}, page="/vendors/discreet")
    assert not [each for each in sending.outbox(office.services) if "ouder X" in each.body + each.subject]


# -- credentials ------------------------------------------------------------------------------------------------------


def test_card_of_issued_credentials_holds_everything_for_the_vendor_but_the_secret(
    office: Office, staff: dict[str, Person]
) -> None:
    _agree(office, "kaart")
    manager = staff["application_manager"]
    issued = manager.post("/vendors/kaart/clients", {"as": "card"}, page="/vendors/kaart")
    with_secret = issued.json()
    client_id = with_secret["credentials"]["client_id"]

    later = manager.get(f"/vendors/kaart/clients/{client_id}/card.json")

    assert with_secret["credentials"]["client_secret"]
    assert "attachment" in later.headers["Content-Disposition"]
    assert later.json()["credentials"] == {"client_id": client_id}
    assert later.json()["fields"]
    assert manager.get("/vendors/kaart/clients/verzonnen/card.json").status_code == 404
    assert "secret" not in later.text


# -- ending -----------------------------------------------------------------------------------------------------------


def test_ending_shows_what_follows_and_asks_about_the_pseudonyms_before_it_ends_anything(
    office: Office, staff: dict[str, Person]
) -> None:
    page = _agree(office, "afloop")
    manager = staff["application_manager"]
    on = local_day(office.clock()) + timedelta(days=9)
    asked = f"{page}/ending?when=day&on={on.isoformat()}"

    shown = visible(manager.get(asked).text)
    mute = manager.post(f"{page}/end", {"when": "day", "on": on.isoformat()}, page=asked)
    early = manager.post(
        f"{page}/end",
        {"when": "day", "on": on.isoformat(), "pseudonyms": "shred", "shred_on": on.isoformat()},
        page=asked,
    )

    assert "Results come back until" in shown
    assert "afloop deleted by" in shown
    assert (mute.status_code, "shredding_unanswered" in mute.text) == (422, True)
    assert (early.status_code, "shredding_too_early" in early.text) == (409, True)
    assert papers.version(office, "VO-afloop").ended_on is None

    shred_on = on + timedelta(days=60)
    done = manager.post(
        f"{page}/end",
        {"when": "day", "on": on.isoformat(), "pseudonyms": "shred", "shred_on": shred_on.isoformat()},
        page=asked,
    )

    assert done.status_code == 200
    assert "planned" in visible(done.text)
    (plan,) = [each for each in shredding.plans(office.services) if each.plan.agreement == "VO-afloop/1"]
    assert (plan.plan.shred_on, plan.decided_by) == (shred_on, "application-manager")
    kept = manager.post(f"{page}/pseudonyms", {"pseudonyms": "keep"}, page=f"{page}/ending")
    assert kept.status_code == 200
    (plan,) = [each for each in shredding.plans(office.services) if each.plan.agreement == "VO-afloop/1"]
    assert plan.plan.closed is not None


def test_agreement_that_never_ran_ends_without_a_question_about_pseudonyms(
    office: Office, staff: dict[str, Person]
) -> None:
    papers.register(office, papers.record(office, "nooit"))
    page, manager = "/agreements/VO-nooit/1", staff["application_manager"]
    asked = visible(manager.get(f"{page}/ending?when=now").text)
    done = manager.post(f"{page}/end", {"when": "now"}, page=f"{page}/ending?when=now")
    assert "The pseudonyms afterwards" not in asked
    assert "deleted by" not in asked
    assert done.status_code == 200
    assert papers.version(office, "VO-nooit").state is AgreementState.CLOSED
    assert not [each for each in deletions.deletions(office.services) if each.clock.product == "nooit"]


# -- deletions --------------------------------------------------------------------------------------------------------


def test_deletion_clock_runs_late_and_a_written_confirmation_stops_it(
    office: Office, staff: dict[str, Person]
) -> None:
    _agree(office, "wissen")
    ender = Actor.person("eindiger", os_account="page:2")
    steps.end(office.services, "VO-wissen/1", actor=ender, now=office.clock())
    assert "days left" in visible(staff["auditor"].get("/deletions/").text)
    office.clock.ahead += timedelta(days=120)
    running.run(office.services, now=office.clock())
    officer, reader = office.employ("wisser", "privacy_officer"), office.employ("kijker", "auditor")
    late = visible(reader.get("/deletions/").text)
    start = visible(reader.get("/").text)
    fields = {"agreement": "VO-wissen/1", "product": "wissen"}
    paper = b"%PDF-1.7 alles is verwijderd"

    empty = officer.post("/deletions/", fields, page="/deletions/", files={"paper": ("leeg.pdf", b"")})
    none = officer.post("/deletions/", fields, page="/deletions/")
    forbidden = reader.post("/deletions/", fields, page="/deletions/", files={"paper": ("a.pdf", paper)})
    done = officer.post(
        "/deletions/", fields, page="/deletions/", files={"paper": ("van Sem de Vries.pdf", paper)}
    )
    kept = reader.get("/deletions/VO-wissen/1/wissen/paper")
    office.clock.ahead -= timedelta(days=120)

    assert "days late" in late
    assert "vendor must have deleted" in start
    assert (empty.status_code, "file_empty" in empty.text) == (422, True)
    assert (none.status_code, "file_missing" in none.text) == (422, True)
    assert forbidden.status_code == 403
    assert done.status_code == 200
    assert "confirmed in writing" in visible(done.text)
    assert "Sem" not in done.text
    assert kept.content == paper
    assert "attachment" in kept.headers["Content-Disposition"]
    (found,) = [each for each in deletions.deletions(office.services) if each.clock.product == "wissen"]
    assert found.document is not None
    assert found.document.sha256 == hashlib.sha256(paper).hexdigest()
    assert found.confirmed_by == "wisser"


# -- sub-processors ---------------------------------------------------------------------------------------------------


def test_notice_of_a_sub_processor_runs_its_term_and_is_objected_to_with_a_reason(
    office: Office, staff: dict[str, Person]
) -> None:
    _agree(office, "keten")
    recorder, board = staff["application_manager"], staff["approver"]
    page = "/subprocessors/"
    fields: dict[str, object] = {
        "agreement": "VO-keten/1", "name": "Wolkenpakhuis B.V.", "country": "ie", "service": "hosting",
        "on": local_day(office.clock()).isoformat(),
    }  # fmt: skip

    wrong = recorder.post(page, {**fields, "country": "Ierland"}, page=page)
    recorded = recorder.post(page, fields, page=page, files={"paper": ("brief.pdf", b"%PDF-1.7 brief")})
    number = visible(recorded.text).partition("Number ")[2].split()[0]
    by_recorder = recorder.post(f"{page}{number}/object", {"reason": "nee"}, page=page)
    silent = board.post(f"{page}{number}/object", {}, page=page)
    objected = board.post(f"{page}{number}/object", {"reason": "buiten de EU"}, page=page)
    twice = board.post(f"{page}{number}/accept", {}, page=page)

    assert (wrong.status_code, "subprocessor_invalid" in wrong.text) == (422, True)
    assert "days left" in visible(recorded.text)
    assert by_recorder.status_code == 403
    assert (silent.status_code, "reason_missing" in silent.text) == (422, True)
    assert "buiten de EU" in visible(objected.text)
    assert (twice.status_code, "notice_answered" in twice.text) == (409, True)
    assert board.get(f"{page}{number}/paper").content == b"%PDF-1.7 brief"
    (event,) = office.events(AuditEvent.SUBPROCESSOR_OBJECTED)
    assert event.actor["claim"] == "approver"


# -- receipts ---------------------------------------------------------------------------------------------------------


def test_receipt_opens_within_the_pages_and_its_file_is_the_one_that_was_made(
    office: Office, staff: dict[str, Person]
) -> None:
    _agree(office, "bewijs")
    reader = staff["auditor"]
    (receipt,) = making.receipts(office.services, agreement="VO-bewijs/1")

    listed = visible(reader.get("/receipts/?agreement=VO-bewijs/1").text)
    shown = reader.get(f"/receipts/{receipt.number}")
    file = reader.get(f"/receipts/{receipt.number}/file")

    assert "put in force" in listed
    assert "Overeenkomst in werking gesteld" in shown.text
    # The policy of pages allows no style inside a page; the file keeps its own.
    assert "<style" not in shown.text
    assert "<style>" in file.text
    assert hashlib.sha256(file.content).hexdigest() == receipt.digest
    assert reader.get("/receipts/999999").status_code == 422


# -- mails ------------------------------------------------------------------------------------------------------------


def test_mail_that_could_not_be_sent_tells_why_and_is_sent_again_once(
    office: Office, staff: dict[str, Person]
) -> None:
    _agree(office, "post")
    manager, reader = (
        staff["application_manager"],
        staff["data_protection_officer"],
    )
    newest = sending.outbox(office.services)[0]
    with writing(office.services.school) as connection:
        stored.settle(connection, newest, now_ms=to_ms(office.clock()), failure="mail_nobody")

    failed = visible(reader.get("/mail/?state=failed").text)
    forbidden = reader.post(f"/mail/{newest.number}/resend", page="/mail/")
    done = manager.post(f"/mail/{newest.number}/resend", page="/mail/?state=failed")
    twice = manager.post(f"/mail/{newest.number}/resend", page="/mail/")
    unknown = manager.post("/mail/999999/resend", page="/mail/")

    assert "None of these roles has an address in mail.toml." in failed
    assert "No mail server is set up" in failed
    assert forbidden.status_code == 403
    assert done.status_code == 200
    assert (twice.status_code, "mail_not_failed" in twice.text) == (409, True)
    assert (unknown.status_code, "mail_unknown" in unknown.text) == (422, True)
    assert sending.outbox(office.services)[0].state is MailState.WAITING
    (event,) = office.events(AuditEvent.MAIL_RESENT)
    assert event.object_id == f"mail/{newest.number}"


def test_agenda_tells_what_comes_within_the_days_that_are_asked(
    office: Office, staff: dict[str, Person]
) -> None:
    _agree(office, "agenda")
    reader = staff["auditor"]
    near, far = visible(reader.get("/coming/?days=30").text), visible(reader.get("/coming/?days=365").text)
    assert "VO-agenda/1" not in near
    assert "VO-agenda/1" in far
    assert "agreement to be reviewed" in far
