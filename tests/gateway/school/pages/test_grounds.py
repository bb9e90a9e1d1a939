"""The pages of leaving out, recipients by law and the privacy regulation, over real HTTP.

Sentences are those of the seed page, as numbered in the reference notes.
"""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from contracts.instants import to_ms
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.school.pages.error_words import DUTCH
from gateway.school.regulations import enforcement
from gateway.school.regulations.enforcement import Enforcement
from tests.gateway.school.pages import papers
from tests.gateway.school.pages.consent_scene import LESSONS, Scene
from tests.gateway.school.pages.office import Office, csrf_token, visible
from tests.journeys.saying import PRODUCT, students, today, tombstones

OBJECTIONS = "/objections/"


def test_board_without_a_product_on_consent_is_told_that_nobody_is_asked(office: Office) -> None:
    officer = office.employ("zonder", "privacy_officer")
    page = visible(officer.get("/consents/").text)
    assert "No product of this board rests on consent" in page
    assert "How many said what" not in page


# -- leaving out --------------------------------------------------------------------------------------------------


def _leaving_out(scene: Scene, pupil: str, **more: str) -> dict[str, object]:
    fields = {"what": f"product:{LESSONS}", "until": today().isoformat(), "why": "geheim adres"}
    return scene.whom(pupil, **{**fields, **more})


def _shape(record: dict[str, Any]) -> dict[str, Any]:
    """Without who it is, when, and of which school."""
    roles = [{key: value for key, value in role.items() if key != "org"} for role in record["roles"]]
    return {key: value for key, value in record.items() if key not in ("sourcedId", "dateLastModified")} | {
        "roles": roles
    }


def test_pupil_is_left_out_at_once_and_the_vendor_sees_what_it_sees_of_a_leaver(scene: Scene) -> None:
    pupil, leaver = scene.pupil(), scene.pupil()
    before = students(scene.lessons)

    added = scene.officer.post(OBJECTIONS, _leaving_out(scene, pupil), page=OBJECTIONS)

    (gone,) = before - students(scene.lessons)
    assert "From this moment the pupil is left out" in visible(added.text)
    assert scene.lessons.get(f"users/{gone}").status == 404
    one = tombstones(scene.lessons)[gone]
    scene.board.remove("users", leaver)
    scene.rig.refresh()
    (left,) = before - students(scene.lessons) - {gone}
    other = tombstones(scene.lessons)[left]
    assert _shape(one) == _shape(other)
    for private in (pupil, "geheim adres", "objection"):
        assert private.encode() not in scene.lessons.received_bytes()
    event = scene.office.events(AuditEvent.OBJECTION_ADDED)[-1]
    assert (event.product, event.actor["claim"]) == (LESSONS, "functionaris")
    assert pupil not in str(event)
    assert "geheim" not in str(event)


def test_list_shows_end_dates_and_nobody_and_who_it_is_comes_with_a_reason(scene: Scene) -> None:
    pupil = scene.pupil()
    scene.officer.post(OBJECTIONS, _leaving_out(scene, pupil, why="zaak 31"), page=OBJECTIONS)
    before = len(scene.accesses())

    listed = scene.officer.get(OBJECTIONS)
    assert len(scene.accesses()) == before
    silent = scene.officer.post(f"{OBJECTIONS}people", {"reason": ""}, page=OBJECTIONS)
    who = scene.officer.post(f"{OBJECTIONS}people", {"reason": "zaak 9"}, page=OBJECTIONS)

    assert pupil not in listed.text
    assert "zaak 31" not in listed.text
    assert "left out" in visible(listed.text)
    assert (silent.status_code, pupil in silent.text) == (422, False)
    assert f"las-1: {pupil}" in visible(who.text)
    assert "zaak 31" in who.text
    assert len(scene.accesses()) == before + 1


def test_one_pupil_is_looked_up_by_source_and_id_and_who_looks_is_registered_first(scene: Scene) -> None:
    pupil = scene.named()
    scene.officer.post(OBJECTIONS, _leaving_out(scene, pupil, why="zaak 77"), page=OBJECTIONS)
    reader = scene.employ("fg", "data_protection_officer")
    before = len(scene.accesses())

    full = scene.officer.post(f"{OBJECTIONS}pupil", scene.whom(pupil), page=OBJECTIONS)
    bare = reader.post(f"{OBJECTIONS}pupil", scene.whom(pupil), page=OBJECTIONS)
    nobody = scene.officer.post(f"{OBJECTIONS}pupil", scene.whom("bestaat-niet"), page=OBJECTIONS)

    assert f"<h1>{scene.name_of(pupil)}</h1>" in full.text
    assert "zaak 77" in full.text
    assert f"{LESSONS} {today().day} " in visible(bare.text)
    for private in ("zaak 77", *scene.name_of(pupil).split()):
        assert private not in visible(bare.text)
    assert (nobody.status_code, "pupil_unknown" in nobody.text) == (422, True)
    assert [each.claim for each in scene.accesses()[before:]] == ["functionaris", "fg", "functionaris"]
    for page in (full, bare, nobody):
        assert pupil not in page.url


def test_ended_before_its_last_day_the_pupil_is_back_after_the_next_refresh(scene: Scene) -> None:
    pupil, before = scene.pupil(), students(scene.lessons)
    scene.officer.post(OBJECTIONS, _leaving_out(scene, pupil), page=OBJECTIONS)
    number = scene.office.events(AuditEvent.OBJECTION_ADDED)[-1].details["number"]

    ended = scene.officer.post(f"{OBJECTIONS}{number}/lift", page=OBJECTIONS)
    again = scene.officer.post(f"{OBJECTIONS}{number}/lift", page=OBJECTIONS)
    scene.rig.refresh()

    assert ended.status_code == 200
    assert (again.status_code, "objection_lifted" in again.text) == (409, True)
    assert students(scene.lessons) == before


@pytest.mark.parametrize(
    ("bent", "status", "code"),
    [
        ({"until": ""}, 422, "until_missing"),
        ({"without_end": "yes"}, 422, "until_missing"),
        ({"until": "2020-01-01"}, 422, "until_passed"),
        ({"what": ""}, 422, "choice_missing"),
        ({"what": "product:bestaat-niet"}, 422, "product_unknown"),
        ({"what": f"product:{PRODUCT}"}, 409, "objection_on_consent"),
        ({"why": " "}, 422, "reason_missing"),
        ({"identifier": "bestaat-niet"}, 422, "pupil_unknown"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_leaving_out_that_was_not_said_whole_is_refused(
    scene: Scene, bent: dict[str, str], status: int, code: str
) -> None:
    before, events = students(scene.lessons), len(scene.office.events(AuditEvent.OBJECTION_ADDED))
    refused = scene.officer.post(OBJECTIONS, {**_leaving_out(scene, scene.left[0]), **bent}, page=OBJECTIONS)
    assert (refused.status_code, f"<code>{code}</code>" in refused.text) == (status, True)
    assert code in DUTCH
    assert students(scene.lessons) == before
    assert len(scene.office.events(AuditEvent.OBJECTION_ADDED)) == events


# -- recipients by law --------------------------------------------------------------------------------------------


def test_sentence_22_catalogue_says_that_the_municipal_health_service_is_not_automatic(scene: Scene) -> None:
    leader = scene.employ("schoolleider", "school_leader/99ZZ")
    page = leader.get("/legal-exceptions/")
    text = visible(page.text)
    assert "GGD, youth health care Not automatic. No law obliges to it" in text
    assert "School attendance officer (leerplichtambtenaar) or RMC of the municipality Article" in text
    assert "Note a delivery" not in text


def test_sentence_22_delivery_is_noted_in_the_register_of_disclosures(scene: Scene) -> None:
    pupil, path = scene.pupil(), "/legal-exceptions/leerplicht"
    fields = [*scene.whom(pupil, on=today().isoformat()).items(), ("field", "naam"), ("field", "verzuim")]

    noted = scene.officer.post(path, fields, page=path)

    assert "in the register of disclosures" in visible(noted.text)
    assert pupil not in noted.url
    about = scene.rig.command("register", "disclosures", "--pupil", f"las-1:{pupil}")["disclosures"]
    [row] = [each for each in about if each["product"] == "_by_law"]  # type: ignore[attr-defined]
    assert row["agreement"] == "legal_exception/leerplicht/0"
    assert row["fields"] == {"naam": "clear", "verzuim": "clear"}
    assert scene.school.writes == []


@pytest.mark.parametrize(
    ("code", "fields", "status", "refusal"),
    [
        ("buurman", [("field", "naam")], 404, "legal_exception_unknown"),
        ("ggd", [("field", "naam")], 409, "explanation_missing"),
        ("ggd", [("field", "persoonsgebonden_nummer"), ("because", "uitbraak")], 409, "field_not_listed"),
        ("leerplicht", [], 422, "fields_missing"),
        ("leerplicht", [("field", "naam"), ("on", "2999-01-01")], 422, "date_in_future"),
    ],
)
def test_sentence_22_unknown_code_field_or_unweighed_delivery_is_refused(
    scene: Scene, code: str, fields: list[tuple[str, str]], status: int, refusal: str
) -> None:
    before = len(scene.rig.disclosures())
    refused = scene.officer.post(
        f"/legal-exceptions/{code}",
        [*scene.whom(scene.left[0]).items(), *fields],
        page="/legal-exceptions/ggd",
    )
    assert (refused.status_code, f"<code>{refusal}</code>" in refused.text) == (status, True)
    assert refusal in DUTCH
    assert len(scene.rig.disclosures()) == before


# -- the privacy regulation ---------------------------------------------------------------------------------------


def test_sentence_23_page_of_an_agreement_shows_before_the_button_what_goes_beyond_the_regulation(
    office: Office,
) -> None:
    papers.register(office, papers.record(office, "reglement"), by="invoerder")
    officer, approver = office.employ("privacy", "privacy_officer"), office.employ("bestuur", "approver")
    page = "/agreements/VO-reglement/1"

    shown = approver.get(page).text
    assert shown.index('id="beyond"') < shown.index(f'action="{page}/approve"')
    assert "reglement: no version in force has the consent of the parents’ or the pupils’ part" in visible(
        shown
    )
    approver.post(f"{page}/approve", page=page)

    chosen = officer.post("/regulation/enforcement", {"enforcement": "block"}, page="/regulation/")
    refused = approver.post(f"{page}/activate", page=page)

    assert "cannot be activated from now on" in visible(chosen.text)
    assert (refused.status_code, "outside_regulation" in refused.text) == (409, True)
    assert not office.events(AuditEvent.REGULATION_EXCEEDED)
    [choice] = office.events(AuditEvent.REGULATION_ENFORCED)
    assert (choice.actor["claim"], choice.details) == ("privacy", {"operation": "block"})

    officer.post("/regulation/enforcement", {"enforcement": "warn"}, page="/regulation/")
    active = approver.post(f"{page}/activate", page=page)
    assert active.status_code == 200
    assert len(office.events(AuditEvent.REGULATION_EXCEEDED)) == 1


def test_sentence_23_version_is_recorded_with_the_councils_parts_and_its_document(office: Office) -> None:
    officer, leader = (
        office.employ("vastlegger", "privacy_officer"),
        office.employ("sl", "school_leader/99ZZ"),
    )
    paper, day = b"%PDF het reglement", today().isoformat()
    fields = [
        ("version", "2026-1"), ("from", day), ("category", "contactgegevens"), ("category", "docent"),
        ("purpose", "leveren_gebruik"), ("more_purposes", "leerlingbegeleiding\n\n"), ("parents_on", day),
        ("parents_ref", "notulen 14, punt 3"),
    ]  # fmt: skip

    half = officer.post("/regulation/", [*fields, ("staff_on", day)], page="/regulation/")
    done = officer.post(
        "/regulation/", fields, page="/regulation/", files={"document": ("Reglement Janssen.pdf", paper)}
    )
    again = officer.post("/regulation/", fields, page="/regulation/")

    assert (half.status_code, "reference_missing" in half.text) == (422, True)
    assert (again.status_code, "regulation_known" in again.text) == (422, True)
    text = visible(done.text)
    digest = hashlib.sha256(paper).hexdigest()
    assert "In force for pupils 2026-1 In force for staff none" in text
    assert "notulen 14, punt 3" in text
    assert digest in text
    fetched = leader.get("/regulation/1/document")
    assert fetched.content == paper
    assert fetched.headers["Content-Disposition"] == f'attachment; filename="{digest}.pdf"'
    assert fetched.headers["Content-Type"] == "application/octet-stream"
    assert leader.post("/regulation/", fields, page="/regulation/").status_code == 403
    (office.services.settings.documents_folder / f"{digest}.pdf").write_bytes(b"iets anders")
    exchanged = leader.get("/regulation/1/document")
    assert (exchanged.status_code, "document_missing" in exchanged.text) == (503, True)


def test_choice_that_this_program_does_not_know_refuses(office: Office) -> None:
    services = office.services
    audit.record(
        services.school,
        AuditEvent.REGULATION_ENFORCED,
        board_id=services.board_id,
        actor=services.operator(),
        now_ms=to_ms(office.clock()),
        object_id=enforcement.ABOUT,
        details={"operation": "advise"},
    )
    assert enforcement.current(services).blocks
    enforcement.choose(services, services.operator(), Enforcement.WARN, now=office.clock())
    assert not enforcement.current(services).blocks


def test_setting_of_the_operator_is_shown_and_no_choice_overrules_it(office: Office) -> None:
    officer = office.employ("instelling", "privacy_officer")
    token = csrf_token(officer.get("/regulation/").text)
    office.with_settings(regulation_blocks_activation=True)
    try:
        page = officer.get("/regulation/")
        refused = officer.post("/regulation/enforcement", {"enforcement": "warn"}, token=token)
    finally:
        office.with_settings(regulation_blocks_activation=False)
    assert "cannot be activated (in settings.toml, and changed only there)" in visible(page.text)
    assert "Only warn from now on" not in page.text
    assert (refused.status_code, "set_in_settings" in refused.text) == (409, True)


def test_agreement_that_runs_is_told_to_go_beyond_and_not_asked_to_be_activated(office: Office) -> None:
    papers.register(office, papers.record(office, "loopt"), by="invoerder")
    approver = office.employ("loper", "approver")
    page = "/agreements/VO-loopt/1"
    approver.post(f"{page}/approve", page=page)
    active = approver.post(f"{page}/activate", page=page)
    assert "What was activated before is not stopped by that." in visible(active.text)
    assert "Is it meant to be so?" not in active.text
