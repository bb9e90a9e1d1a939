"""Consents, objections, recipients by law and the regulation in the admin API, with the same rights as the pages."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from gateway.registers.audit_events import AuditEvent
from gateway.school.pages.consent_answers import TEMPLATE
from tests.gateway.school.api.test_admin_api import Program, _problem
from tests.gateway.school.pages.consent_scene import LESSONS, Scene, staged
from tests.journeys.saying import PRODUCT, students, today, tombstones


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with staged(tmp_path_factory.mktemp("consents")) as scene:
        yield scene


@pytest.fixture(scope="module")
def officer(scene: Scene) -> Program:
    return program(scene, "api-functionaris", "privacy_officer")


def program(scene: Scene, name: str, *roles: str) -> Program:
    made = Program(scene.office, name, *roles)
    scene.office.clock.ahead = timedelta()
    return made


def saying(pupil: str, answer: str, **more: Any) -> dict[str, Any]:
    said = {"source": "las-1", "identifier": pupil, "product": PRODUCT, "answer": answer}
    how = {
        "said_by": "representative-1",
        "method": "portal",
        "on": today().isoformat(),
        "evidence": "regel 7",
    }
    return {**said, **how, **more}


def test_sentence_12_consent_is_given_and_withdrawn_and_the_vendors_next_pull_is_without(
    scene: Scene, officer: Program
) -> None:
    pupil, before = scene.pupil(), students(scene.research)

    given = officer.ask("POST", "/consents/statements", saying(pupil, "given"))
    scene.rig.refresh()
    (pseudonym,) = students(scene.research) - before
    withdrawn = officer.ask("POST", "/consents/statements", saying(pupil, "withdrawn", method="telephone"))

    assert (given.status_code, withdrawn.status_code) == (201, 201)
    assert {each["state"] for each in given.json()["standings"]} == {"given"}
    assert students(scene.research) == before
    assert scene.research.get(f"users/{pseudonym}").status == 404
    assert pseudonym in tombstones(scene.research)
    assert scene.office.events(AuditEvent.CONSENT_WITHDRAWN)[-1].actor["claim"] == "api-functionaris"
    number = withdrawn.json()["request"]
    assert officer.ask("GET", "/consents/requests").json()[0]["number"] == number
    letter = officer.ask("GET", f"/consents/requests/{number}").json()
    assert letter["pseudonyms"] == [pseudonym]
    assert pupil not in str(letter)


def test_looking_up_shows_the_name_to_the_privacy_officer_and_not_to_the_fg(
    scene: Scene, officer: Program
) -> None:
    pupil, reader = scene.pupil(), program(scene, "api-fg", "data_protection_officer")
    asked = {"source": "las-1", "identifier": pupil, "reason": "zaak 9", "product": PRODUCT}

    full, bare = (each.ask("POST", "/consents/lookup", asked) for each in (officer, reader))

    assert full.headers["Cache-Control"] == bare.headers["Cache-Control"] == "no-store"
    assert full.json()["name"] == scene.name_of(pupil)
    assert bare.json()["name"] is None
    assert {each["state"] for each in full.json()["products"][0]["standings"]} == {"unknown"}
    assert [(each.claim, each.reason) for each in scene.accesses()[-2:]] == [
        ("api-functionaris", "zaak 9"),
        ("api-fg", "zaak 9"),
    ]


def test_without_the_role_a_pupil_who_exists_is_refused_like_one_who_does_not(scene: Scene) -> None:
    manager = program(scene, "api-beheer", "application_manager", "approver", "auditor")
    before, asked = len(scene.accesses()), scene.school.asked()
    for path in (
        "/consents/lookup",
        "/consents/statements",
        "/objections",
        "/legal-exceptions/ggd/deliveries",
    ):
        answers = [
            manager.ask("POST", path, {**saying(pupil, "given"), "reason": "zaak 9"})
            for pupil in (scene.left[0], "bestaat-niet")
        ]
        assert [_problem(each) for each in answers] == [(403, "not_allowed")] * 2
        assert answers[0].text == answers[1].text
    assert (len(scene.accesses()), scene.school.asked()) == (before, asked)


@pytest.mark.parametrize(
    ("bent", "status", "code"),
    [
        ({"evidence": ""}, 422, "evidence_missing"),
        ({"method": "telephone"}, 409, "method_not_written"),
        ({"said_by": "self"}, 409, "speaker_not_entitled"),
        ({"identifier": "bestaat-niet"}, 422, "pupil_unknown"),
        ({"identifier": "a\x1fb"}, 422, "members_refused"),
        ({"identifier": "a\x00b"}, 400, "malformed_request"),
        ({"source": "\ud800"}, 400, "malformed_request"),
        ({"purposes": ["\ud800"]}, 400, "malformed_request"),
        ({"answer": "misschien"}, 422, "members_refused"),
        ({"name": "Fatima"}, 422, "members_refused"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_sentence_06_what_is_not_proved_is_refused_and_records_nothing(
    scene: Scene, officer: Program, bent: dict[str, Any], status: int, code: str
) -> None:
    before = len(scene.statements())
    refused = officer.ask("POST", "/consents/statements", {**saying(scene.left[0], "given"), **bent})
    assert _problem(refused) == (status, code)
    assert scene.left[0] not in refused.text
    assert "Fatima" not in refused.text
    assert len(scene.statements()) == before


def test_faults_of_a_file_are_a_problem_with_rows_and_codes_and_no_value(
    scene: Scene, officer: Program
) -> None:
    row = f"las-1:{{}};{PRODUCT};;{{}};representative-1;{today().isoformat()};portal;regel 7;1/nl;"
    heading, good = ";".join(TEMPLATE), scene.pupil()
    wrong = "\n".join([heading, row.format(good, "given"), row.format("geheim-4711", "ja graag")])

    refused = officer.ask("POST", "/consents/import", {"csv": wrong})
    done = officer.ask("POST", "/consents/import", {"csv": f"{heading}\n{row.format(good, 'refused')}"})

    assert _problem(refused) == (409, "import_faults")
    assert [(each["row"], each["code"]) for each in refused.json()["faults"]] == [(3, "answer_invalid")]
    for secret in (good, "geheim-4711", "ja graag"):
        assert secret not in refused.text
    assert done.json()["recorded"] == {"refused": 1}
    counted = officer.ask("POST", "/consents/counts").json()
    assert [each["product"] for each in counted] == [PRODUCT]
    assert counted[0]["refused"] >= 1
    listed = officer.ask(
        "POST", "/consents/people", {"product": PRODUCT, "reason": "zaak 9", "states": ["refused"]}
    ).json()
    assert good in {each["identifier"] for each in listed}


def test_sentence_10_texts_are_registered_and_read_with_their_hash(scene: Scene, officer: Program) -> None:
    made = officer.ask("POST", f"/consents/products/{PRODUCT}/texts", {"language": "en"})
    shown = officer.ask("GET", f"/consents/products/{PRODUCT}/texts/1/en").json()
    assert made.status_code == 201
    assert shown["sha256"] == hashlib.sha256(shown["content"].encode()).hexdigest()
    assert shown["sha256"] in shown["html"]
    (product,) = officer.ask("GET", "/consents/products").json()
    assert [(each["version"], each["language"]) for each in product["texts"]] == [(1, "en"), (1, "nl")]
    assert _problem(officer.ask("GET", f"/consents/products/{LESSONS}")) == (404, "not_found")


def test_objection_leaves_out_is_listed_without_whom_and_ends(scene: Scene, officer: Program) -> None:
    pupil, before = scene.pupil(), students(scene.lessons)
    body = {"source": "las-1", "identifier": pupil, "product": LESSONS, "reason": "geheim adres"}

    unsaid = officer.ask("POST", "/objections", body)
    added = officer.ask("POST", "/objections", {**body, "until_on": None})

    assert _problem(unsaid) == (422, "members_refused")
    assert added.status_code == 201
    assert len(before - students(scene.lessons)) == 1
    listed = officer.ask("GET", "/objections")
    assert pupil not in listed.text
    assert "geheim adres" not in listed.text
    who = officer.ask("POST", "/objections/people", {"reason": "zaak 9"}).json()
    assert [(each["identifier"], each["reason"]) for each in who] == [(pupil, "geheim adres")]
    number = added.json()["number"]
    assert officer.ask("POST", f"/objections/{number}/lift").status_code == 200
    assert _problem(officer.ask("POST", f"/objections/{number}/lift")) == (409, "objection_lifted")
    scene.rig.refresh()
    assert students(scene.lessons) == before


def test_sentence_22_deliveries_by_law_are_noted_and_unknown_codes_refused(
    scene: Scene, officer: Program
) -> None:
    pupil = scene.pupil()
    catalogue = {each["code"]: each for each in officer.ask("GET", "/legal-exceptions").json()}
    assert catalogue["ggd"]["automatic"] is False
    body = {
        "source": "las-1", "identifier": pupil, "on": today().isoformat(), "fields": ["naam", "geboortedatum"],
    }  # fmt: skip

    def note(code: str, **more: Any) -> requests.Response:
        return officer.ask("POST", f"/legal-exceptions/{code}/deliveries", {**body, **more})

    assert _problem(note("buurman")) == (409, "legal_exception_unknown")
    assert _problem(note("ggd")) == (409, "explanation_missing")
    assert _problem(note("ggd", explanation="uitbraak", fields=["persoonsgebonden_nummer"])) == (
        409,
        "field_not_listed",
    )
    noted = note("leerplicht")
    assert (noted.status_code, noted.json()["fields"]) == (201, ["naam", "geboortedatum"])
    assert noted.json()["disclosure"] >= 1


def test_sentence_23_agreement_tells_what_goes_beyond_the_regulation_and_the_board_may_refuse_it(
    scene: Scene, officer: Program
) -> None:
    manager = program(scene, "api-activeert", "application_manager")
    reference = scene.rig.register("taalwijs")
    path = f"/agreements/{reference}"
    shown = manager.ask("GET", path).json()
    assert [each["code"] for each in shown["beyond_regulation"]] == ["council:pupils", "council:staff"]
    assert shown["regulation_refuses"] is False

    chosen = officer.ask("PUT", "/regulations/enforcement", {"enforcement": "block"})
    refused = manager.ask("POST", f"{path}/activate")

    assert chosen.json() == {"enforcement": "block", "set_in_settings": False}
    assert manager.ask("GET", path).json()["regulation_refuses"] is True
    assert _problem(refused) == (409, "outside_regulation")
    paper = b"%PDF reglement"
    added = officer.ask(
        "POST",
        "/regulations",
        {
            "version": "2026",
            "in_force_from": "2026-01-01",
            "categories": ["contactgegevens", "docent", "onderwijsorganisatie", "studievoortgang"],
            "purposes": ["leveren_gebruik", "leerresultaten_opslaan", "leerresultaten_terug"],
            "council": [
                {"part": part, "on": "2026-01-01", "reference": "notulen 14"} for part in ("parents", "staff")
            ],
            "document_base64": base64.b64encode(paper).decode(),
            "document_name": "reglement.pdf",
        },
    )
    assert added.json()["document_sha256"] == hashlib.sha256(paper).hexdigest()
    assert added.json()["in_force_for"] == ["pupils", "staff"]
    active = manager.ask("POST", f"{path}/activate")
    assert (active.status_code, active.json()["beyond_regulation"]) == (200, [])
    assert _problem(officer.ask("POST", f"{path}/activate")) == (403, "not_allowed")
    assert _problem(manager.ask("PUT", "/regulations/enforcement", {"enforcement": "warn"})) == (
        403,
        "not_allowed",
    )
