"""Reports, system and registers pages over HTTP: what they tell, what they never hold, who reads them."""

from __future__ import annotations

import csv
import io
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.vocabulary import AgreementState
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.school.agreeing import steps
from gateway.school.doctor.background import Examiner
from gateway.school.doctor.finding import Finding
from gateway.school.reports.yearly import school_year
from gateway.school.vendors import switch
from tests.contracts import records
from tests.gateway.school.pages import papers
from tests.gateway.school.pages.office import Office, Person, visible


@pytest.fixture(scope="module")
def staff(office: Office) -> dict[str, Person]:
    """One person per role, and three agreements: one that runs, one stopped, one that waits."""
    for name in ("rekenmee", "leesbaar"):
        papers.register(office, papers.record(office, name))
        actor = Actor.person("goedkeurder", os_account="page:1")
        steps.approve(office.services, f"VO-{name}/1", actor=actor, now=office.clock())
        steps.activate(office.services, f"VO-{name}/1", actor=actor, now=office.clock())
        assert papers.version(office, f"VO-{name}").state is AgreementState.ACTIVE
    switch.stop(office.services, actor, "leesbaar", reason="toets", now=office.clock())
    papers.register(office, papers.record(office, "wachtend", products__0__dpia=records.DROP), paper=False)
    return {
        "manager": office.employ("manager", "application_manager"),
        "auditor": office.employ("auditor", "auditor"),
        "leader": office.employ("leider", "school_leader/99ZZ"),
    }


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_annex_tells_recipient_fields_terms_and_measures_of_what_runs_and_prints(
    office: Office, staff: dict[str, Person]
) -> None:
    page = visible(staff["leader"].get("/reports/annex").text)
    rows = _rows(staff["leader"].get("/reports/annex.csv").content.decode())

    assert "Rekenmee B.V." in page
    assert "deleted within" in page
    assert "Wachtend B.V." not in page
    assert {row["product"] for row in rows} == {"rekenmee", "leesbaar"}
    assert {row["standing"] for row in rows} == {"active", "stopped"}
    terms = papers.version(office, "VO-rekenmee").agreement.products[0]
    fields = [row["field"] for row in rows if row["product"] == "rekenmee"]
    assert fields == [field for entry in terms.data for field in entry.fields]
    assert all(row["deleted_within_days_after_end"] and row["biv"] for row in rows)


def test_name_that_begins_as_a_formula_is_no_formula_in_the_file(office: Office) -> None:
    from gateway.school.reports.table import Table

    assert Table(("a",), (("=HYPERLINK(1)",),)).as_csv() == "a\r\n'=HYPERLINK(1)\r\n"


def test_matrix_and_missing_say_on_page_and_in_file_the_same(staff: dict[str, Person]) -> None:
    reader = staff["auditor"]
    matrix = _rows(reader.get("/reports/matrix.csv").content.decode())
    missing = _rows(reader.get("/reports/missing.csv").content.decode())
    assert "rekenmee" in matrix[0]
    assert all(row["field"] in reader.get("/reports/matrix").text for row in matrix)
    assert [row["agreement"] for row in missing] == ["VO-wachtend/1"]
    assert missing[0]["missing"].startswith("no_dpia")
    assert "impact assessment (DPIA)" in visible(reader.get("/reports/missing").text)


def test_seed_24_parents_read_which_vendors_which_data_why_and_how_long_in_two_languages(
    staff: dict[str, Person],
) -> None:
    reader = staff["leader"]
    dutch = reader.get("/reports/parents?school=99ZZ&language=nl&name=De <b>Regenboog").text
    english = visible(reader.get("/reports/parents?school=99ZZ&language=en").text)
    file = reader.get("/reports/parents.html?school=99ZZ&language=nl")
    part = reader.get("/reports/parents.html?school=99ZZ&language=nl&part=fragment").text
    other = visible(reader.get("/reports/parents?school=98YY&language=nl").text)
    foreign = reader.get("/reports/parents?school=11XX")

    assert "Welke bedrijven krijgen gegevens van De <b>Regenboog?" in visible(dutch)
    assert "<b>Regenboog" not in dutch
    assert "Rekenmee B.V." in visible(dutch)
    assert "Daarna wist het bedrijf de gegevens binnen" in visible(dutch)
    assert "een code (geen naam) alleen de school weet wie erbij hoort leerlingen" in visible(dutch)
    assert "Which companies get data of 99ZZ?" in english
    assert "At the moment nothing goes to this company." in english
    assert "Wachtend" not in english
    # The agreements are about the other school alone.
    assert "Rekenmee" not in other
    assert foreign.status_code == 422
    assert "attachment" in file.headers["Content-Disposition"]
    assert file.text.startswith("<!doctype html>")
    assert "<script" not in file.text
    assert "http://" not in file.text.replace("http-equiv", "")
    assert part.startswith("<section")
    assert "<style" not in part


def test_yearly_check_is_ticked_by_name_in_the_audit_log_and_no_reader_ticks_it(
    office: Office, staff: dict[str, Person]
) -> None:
    page = "/reports/yearly"
    before = visible(staff["auditor"].get(page).text)
    forbidden = staff["auditor"].post(f"{page}/fields", {"remark": "x"}, page="/me/sessions")
    done = staff["manager"].post(f"{page}/fields", {"remark": "twee gegevens vervallen"}, page=page)
    unknown = staff["manager"].post(f"{page}/weg", {}, page=page)

    assert "0 of 13 are done." in before
    assert "The gateway finds 1 thing open here." in before
    assert forbidden.status_code == 403
    assert "1 of 13 is done." in visible(done.text)
    assert "by manager: twee gegevens vervallen" in visible(done.text)
    assert (unknown.status_code, "check_unknown" in unknown.text) == (422, True)
    (event,) = office.events(AuditEvent.YEARLY_CHECK_TICKED)
    assert event.object_id == f"{school_year(office.clock().date())}/fields"


def test_school_year_turns_on_the_first_of_august() -> None:
    assert school_year(datetime(2027, 7, 31, tzinfo=UTC).date()) == "2026-2027"
    assert school_year(datetime(2027, 8, 1, tzinfo=UTC).date()) == "2027-2028"


# -- system -----------------------------------------------------------------------------------------------------------


def test_system_page_tells_findings_settings_and_check_value_and_hides_secrets(
    office: Office, staff: dict[str, Person]
) -> None:
    page = staff["auditor"].get("/system/")
    text = visible(page.text)
    assert "Check value" in text
    assert "recovery_sheet" in text
    assert "There has never been a backup." in text
    assert "front.database" in text
    assert "settings.toml" in text
    assert staff["leader"].get("/system/").status_code == 403
    staff["auditor"].post("/language", {"language": "nl", "next": "/"}, page="/me/sessions")
    dutch = visible(staff["auditor"].get("/system/").text)
    staff["auditor"].post("/language", {"language": "en", "next": "/"}, page="/me/sessions")
    assert "Er is nog nooit een back-up gemaakt." in dutch


def test_slow_examination_does_not_hold_the_page_up_and_is_shown_when_it_is_done(tmp_path: Path) -> None:
    go_on, asked = threading.Event(), []

    def slow(home: Path, *, now: datetime, network: bool) -> list[Finding]:
        asked.append(network)
        go_on.wait(20)
        return [Finding.ok("disk", "Room.")]

    examiner, now = Examiner(tmp_path, slow, wait_seconds=0.05), datetime.now(UTC)
    first, under_way = examiner.examined(now=now)
    again, still = examiner.examined(now=now, network=True)
    assert (first, under_way, again, still) == (None, True, None, True)
    assert asked == [False]
    go_on.set()
    done = None
    while done is None:
        done, _ = examiner.examined(now=now)
    assert done.findings[0].check == "disk"


def test_examination_that_breaks_off_is_a_finding(tmp_path: Path) -> None:
    def broken(home: Path, *, now: datetime, network: bool) -> list[Finding]:
        raise ZeroDivisionError("een geheim")

    examiner, found = Examiner(tmp_path, broken), None
    while found is None:
        found, _ = examiner.examined(now=datetime.now(UTC))
    assert found.findings[0].sentence == "The examination broke off: ZeroDivisionError."


# -- registers --------------------------------------------------------------------------------------------------------


def test_audit_log_is_filtered_and_that_somebody_looked_is_registered_first(
    office: Office, staff: dict[str, Person]
) -> None:
    before = len(office.events(AuditEvent.REGISTER_READ))
    page = staff["auditor"].get("/registers/?event=person:vendor:stopped")
    door = staff["auditor"].get("/registers/?log=audit&product=rekenmee")
    wrong = staff["auditor"].get("/registers/?event=weg")
    accesses = staff["auditor"].get("/registers/?log=accesses")

    assert "person:vendor:stopped leesbaar" not in visible(page.text)
    assert "explanation: toets" in visible(page.text)
    assert "gateway:agreement:compiled" in visible(door.text)
    assert (wrong.status_code, "event_unknown" in wrong.text) == (422, True)
    # Who looked at a pupil stands in another register, which this page never opens.
    assert "At the school" in visible(accesses.text)
    entries = office.events(AuditEvent.REGISTER_READ)
    assert len(entries) == before + 3
    assert entries[before].actor["claim"] == "auditor"
    assert staff["leader"].get("/registers/").status_code == 403
