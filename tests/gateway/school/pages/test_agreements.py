"""The pages of agreements over real HTTP: what they show, what they let people do, and what they refuse."""

from __future__ import annotations

from datetime import timedelta

from contracts.instants import local_day
from contracts.vocabulary import AgreementState
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import ProductId
from gateway.school import agreements
from gateway.school.staff import accounts
from tests.contracts import records
from tests.gateway.school.pages import papers
from tests.gateway.school.pages.office import Office, visible


def test_list_tells_state_last_day_and_what_is_missing(office: Office) -> None:
    plain = papers.record(office, "lijst", products__0__dpia=records.DROP)
    papers.register(office, plain, paper=False)
    reader = office.employ("lijstlezer", "auditor")

    page = visible(reader.get("/agreements/").text)

    assert "VO-lijst/1" in page
    assert "waits for approval" in page
    assert "impact assessment (DPIA) signed document approval by a second person activation" in page


def test_two_people_bring_an_agreement_into_force_by_the_pages(office: Office) -> None:
    enterer = office.employ("enterer", "application_manager")
    approver = office.employ("tweede", "approver")
    papers.register(office, papers.record(office, "samen"), by="enterer")

    approved = approver.post("/agreements/VO-samen/1/approve", page="/agreements/VO-samen/1")
    active = enterer.post("/agreements/VO-samen/1/activate", page="/agreements/VO-samen/1")

    assert approved.status_code == active.status_code == 200
    assert "The agreement is active." in visible(active.text)
    assert papers.version(office, "VO-samen").state is AgreementState.ACTIVE
    assert agreements.active_digest(office.services, ProductId("samen")) is not None
    entry = next(
        each for each in office.events(AuditEvent.AGREEMENT_APPROVED) if each.object_id == "VO-samen/1"
    )
    [account] = [
        each for each in accounts.listed(office.services, now=office.clock()) if each.name == "tweede"
    ]
    assert entry.actor["claim"] == "tweede"
    assert entry.actor["os_account"] == f"page:{account.account_id}"


def test_who_entered_an_agreement_cannot_approve_it_and_reads_the_sentence_of_the_command_line(
    office: Office,
) -> None:
    both = office.employ("beide", "application_manager", "approver")
    papers.register(office, papers.record(office, "alleen"), by="beide")

    refused = both.post("/agreements/VO-alleen/1/approve", page="/agreements/VO-alleen/1")

    assert refused.status_code == 409
    sentence = (
        "Agreement VO-alleen/1 was registered by the same person. Another person approves it. four_eyes"
    )
    assert sentence in visible(refused.text)
    assert papers.version(office, "VO-alleen").state is AgreementState.REGISTERED
    assert agreements.active_digest(office.services, ProductId("alleen")) is None
    assert not [
        each for each in office.events(AuditEvent.AGREEMENT_APPROVED) if each.object_id == "VO-alleen/1"
    ]


def test_activation_waits_for_a_finding_to_be_accepted_with_a_reason(office: Office) -> None:
    plain = papers.record(office, "bevinding", breach__notify=records.DROP)
    papers.register(office, plain)
    approver = office.employ("aannemer", "approver")
    page = "/agreements/VO-bevinding/1"
    approver.post(f"{page}/approve", page=page)

    early = approver.post(f"{page}/activate", page=page)
    silent = approver.post(f"{page}/findings/breach_without_hours", {"reason": "  "}, page=page)
    accepted = approver.post(
        f"{page}/findings/breach_without_hours", {"reason": "staat in de brief van 1 mei"}, page=page
    )
    active = approver.post(f"{page}/activate", page=page)

    assert (early.status_code, silent.status_code) == (409, 409)
    assert "findings_open" in early.text
    assert "reason_missing" in silent.text
    assert "Accepted by aannemer: staat in de brief van 1 mei" in visible(accepted.text)
    assert active.status_code == 200
    assert papers.version(office, "VO-bevinding").state is AgreementState.ACTIVE


def _active(office: Office, name: str, **bent: object) -> str:
    papers.register(office, papers.record(office, name, **bent))
    person = office.employ(f"start-{name}", "approver")
    page = f"/agreements/VO-{name}/1"
    person.post(f"{page}/approve", page=page)
    person.post(f"{page}/activate", page=page)
    assert papers.version(office, f"VO-{name}").state is AgreementState.ACTIVE
    return page


def test_suspending_stops_the_door_at_once_and_resuming_opens_it(office: Office) -> None:
    page = _active(office, "schors")
    officer, manager = office.employ("wacht", "privacy_officer"), office.employ("weer", "application_manager")

    stopped = officer.post(f"{page}/suspend", {"reason": "vraag bij de leverancier"}, page=page)

    assert stopped.status_code == 200
    assert agreements.active_digest(office.services, ProductId("schors")) is None
    assert "vraag bij de leverancier" in visible(stopped.text)
    assert officer.post(f"{page}/activate", page=page).status_code == 403
    assert agreements.active_digest(office.services, ProductId("schors")) is None

    assert manager.post(f"{page}/activate", page=page).status_code == 200
    assert agreements.active_digest(office.services, ProductId("schors")) is not None


def test_end_after_a_last_day_is_planned_and_end_at_once_acts_at_once(office: Office) -> None:
    page, other = _active(office, "gepland"), _active(office, "direct")
    manager = office.employ("einde", "application_manager")
    on = (local_day(office.clock()) + timedelta(days=9)).isoformat()

    planned = manager.post(f"{page}/end", {"when": "day", "on": on, "pseudonyms": "keep"}, page=page)
    now = manager.post(f"{other}/end", {"when": "now", "reason": "gestopt", "pseudonyms": "keep"}, page=other)

    assert planned.status_code == 200
    assert "ends in 10 days" in visible(manager.get(page).text)
    assert papers.version(office, "VO-gepland").state is AgreementState.ACTIVE
    assert now.status_code == 200
    assert papers.version(office, "VO-direct").state is AgreementState.ENDED
    assert agreements.active_digest(office.services, ProductId("direct")) is None


def test_end_without_a_day_that_can_be_read_ends_nothing(office: Office) -> None:
    page = _active(office, "dagloos")
    manager = office.employ("dagloze", "application_manager")

    for fields in ({"when": "day", "on": ""}, {"when": "day", "on": "31-07-2027"}, {}):
        refused = manager.post(f"{page}/end", fields, page=page)
        assert refused.status_code == 422
        assert "date_invalid" in refused.text
    assert papers.version(office, "VO-dagloos").outbound_until() is not None
    assert papers.version(office, "VO-dagloos").ended_on is None


def test_approver_reads_what_changes_against_the_running_version(office: Office) -> None:
    plain = papers.record(office, "verschil")
    papers.register(office, plain)
    person = office.employ("vergelijker", "approver")
    page = "/agreements/VO-verschil/1"
    person.post(f"{page}/approve", page=page)
    person.post(f"{page}/activate", page=page)
    product = plain["products"][0]
    product["data"].append(
        {
            "category": "contactgegevens",
            "subjects": ["leerling"],
            "fields": ["user.phone", "user.sms"],
            "form": "clear",
            "direction": "out",
        }
    )
    product["subprocessors"] = [
        *product.get("subprocessors", []),
        {"name": "Wolkhuis B.V.", "country": "NL", "service": "hosting"},
    ]
    papers.register(office, plain)

    shown = visible(person.get("/agreements/VO-verschil/2").text)

    assert "What changes against VO-verschil/1, which is running" in shown
    assert "2 more fields: user.phone, user.sms" in shown
    assert "1 new sub-processor: Wolkhuis B.V." in shown
    assert "so a second person approves it" in shown


def test_page_shows_the_record_in_the_order_of_the_paper_with_letters_and_clauses(office: Office) -> None:
    papers.register(office, papers.record(office, "volgorde"))
    reader = office.employ("volgordelezer", "auditor")

    page = reader.get("/agreements/VO-volgorde/1").text
    text = visible(page)

    titles = [
        "The board",
        "The recipient",
        "The signed document",
        "Term",
        "What art. 28(3) asks",
        "Data breaches",
    ]
    titles += ["Security", "Product: Volgorde", "Data", "Impact assessment and AI", "What happened"]
    places = [page.index(f">{title}</h") for title in titles]
    assert places == sorted(places)
    assert 'class="form form-alias" title="alias">A</abbr>' in page
    for clause in {entry.get("clause") for entry in records.plain()["products"][0]["data"]} - {None}:
        assert str(clause) in text
    assert "schuilnaam agreement show VO-volgorde/1" in text
    assert "style=" not in page


def test_agreement_that_was_changed_in_the_database_is_shown_by_number_only(office: Office) -> None:
    from sqlalchemy import update

    from contracts.tables import agreement_versions
    from gateway.database import writing

    papers.register(office, papers.record(office, "vervalst"))
    reader = office.employ("speurder", "auditor")
    row = agreement_versions.c.agreement_id == "VO-vervalst"
    with writing(office.services.school) as connection:
        connection.execute(update(agreement_versions).where(row).values(state="active"))

    listed, shown = reader.get("/agreements/"), reader.get("/agreements/VO-vervalst/1")

    assert "VO-vervalst/1 was changed in the database" in visible(listed.text)
    assert shown.status_code == 409
    assert "agreement_altered" in shown.text
    with writing(office.services.school) as connection:
        connection.execute(update(agreement_versions).where(row).values(state="registered"))


def test_reader_sees_no_button_and_every_step_is_refused(office: Office) -> None:
    papers.register(office, papers.record(office, "lezen"))
    reader = office.employ("lezer", "auditor")
    page = "/agreements/VO-lezen/1"

    assert f'action="{page}' not in reader.get(page).text
    for step in ("approve", "activate", "suspend", "end", "findings/no_dpia"):
        assert reader.post(f"{page}/{step}", page=page).status_code == 403
    assert papers.version(office, "VO-lezen").state is AgreementState.REGISTERED
