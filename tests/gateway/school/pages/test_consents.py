"""The pages of consent over real HTTP: what was said, who may see whose, and what the vendor gets from then on.

Sentences are those of the seed page, as numbered in the reference notes.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import tempfile
import zlib
from datetime import timedelta

import pytest
import werkzeug.formparser

from gateway.registers.audit_events import AuditEvent
from gateway.school.consents import requests
from gateway.school.pages.consent_answers import TEMPLATE
from gateway.school.pages.error_words import DUTCH
from tests.gateway.school.pages.consent_scene import PAGE, Scene
from tests.gateway.school.pages.office import visible
from tests.journeys.saying import PRODUCT, students, today, tombstones, years_ago


def test_sentence_04_looking_up_a_pupil_is_registered_before_the_schools_system_is_asked(
    scene: Scene,
) -> None:
    pupil = scene.pupil()
    before = len(scene.accesses())
    scene.school.faults.status("", 403)

    refused = scene.officer.post(f"{PAGE}/pupil", scene.whom(pupil), page=PAGE)

    scene.school.faults.clear()
    assert refused.status_code == 502
    [access] = scene.accesses()[before:]
    assert (access.claim, access.product, access.reason) == ("functionaris", PRODUCT, "zaak 9")


def test_looking_up_without_a_reason_asks_nothing(scene: Scene) -> None:
    before, asked = len(scene.accesses()), scene.school.asked()
    refused = scene.officer.post(f"{PAGE}/pupil", {**scene.whom(scene.pupil()), "reason": " "}, page=PAGE)
    assert (refused.status_code, "reason_missing" in refused.text) == (422, True)
    assert (len(scene.accesses()), scene.school.asked()) == (before, asked)


def test_privacy_officer_sees_the_name_and_that_nothing_said_is_no(scene: Scene) -> None:
    pupil = scene.named()
    page = scene.officer.post(f"{PAGE}/pupil", scene.whom(pupil), page=PAGE)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert f"<h1>{scene.name_of(pupil)}</h1>" in page.text
    assert "unknown, and that is no nobody answered" in visible(page.text)
    assert "Below 16: a parent or guardian" in visible(page.text)


def test_data_protection_officer_sees_what_was_said_without_a_name_and_records_nothing(scene: Scene) -> None:
    pupil = scene.named()
    reader = scene.employ("fg", "data_protection_officer")
    page = reader.post(f"{PAGE}/pupil", scene.whom(pupil), page=PAGE)
    assert page.status_code == 200
    for name in scene.name_of(pupil).split():
        assert name not in visible(page.text)
    assert "Record what was said" not in page.text
    assert reader.post(f"{PAGE}/record", scene.answer(pupil, "given"), page=PAGE).status_code == 403


def test_who_has_no_role_for_it_cannot_learn_whether_a_pupil_exists(scene: Scene) -> None:
    manager = scene.employ("beheerder", "application_manager", "approver", "auditor")
    before, asked = len(scene.accesses()), scene.school.asked()
    for path in (
        f"{PAGE}/pupil",
        f"{PAGE}/record",
        f"{PAGE}/people",
        "/objections/",
        "/legal-exceptions/ggd",
    ):
        there = manager.post(path, scene.whom(scene.left[0]), page="/")
        absent = manager.post(path, scene.whom("bestaat-niet"), page="/")
        assert there.status_code == absent.status_code == 403
        assert visible(there.text) == visible(absent.text)
    assert (len(scene.accesses()), scene.school.asked()) == (before, asked)


def test_sentence_12_consent_given_on_the_page_lets_the_pupil_appear_and_withdrawn_the_next_pull_is_without(
    scene: Scene,
) -> None:
    pupil = scene.named()
    before = students(scene.research)

    given = scene.officer.post(f"{PAGE}/record", scene.answer(pupil, "given", text="1/nl"), page=PAGE)
    scene.rig.refresh()

    assert "Recorded. When every purpose is given" in visible(given.text)
    (pseudonym,) = students(scene.research) - before
    assert pseudonym == scene.desk.pseudonym(pupil)

    withdrawn = scene.officer.post(
        f"{PAGE}/record", scene.answer(pupil, "withdrawn", method="telephone"), page=PAGE
    )

    assert students(scene.research) == before
    assert scene.research.get(f"users/{pseudonym}").status == 404
    assert pseudonym in tombstones(scene.research)
    assert "From this moment the vendor is served nothing about this pupil" in visible(withdrawn.text)
    event = scene.office.events(AuditEvent.CONSENT_WITHDRAWN)[-1]
    assert (event.product, event.actor["claim"]) == (PRODUCT, "functionaris")
    assert event.actor["os_account"].startswith("page:")
    assert pupil not in str(event)

    drafted = scene.officer.get("/consents/requests").text
    number = max(each.number for each in _requests(scene))
    assert f"/consents/requests/{number}" in drafted
    letter = scene.officer.get(f"/consents/requests/{number}").text
    assert pseudonym in letter
    for private in (pupil, *scene.name_of(pupil).split()):
        assert private not in letter
    last = scene.accesses()[-1]
    assert (last.claim, last.reason) == ("functionaris", "sending a request to delete")


def _requests(scene: Scene) -> list[requests.ListedRequest]:
    return requests.listed(scene.office.services)


def test_ids_of_pupils_are_in_no_address_no_cookie_and_nothing_that_is_printed(
    scene: Scene, capfd: pytest.CaptureFixture[str]
) -> None:
    pupil = scene.pupil()
    answers = [
        scene.officer.post(f"{PAGE}/pupil", scene.whom(pupil), page=PAGE),
        scene.officer.post(f"{PAGE}/record", scene.answer(pupil, "given", said_by="self"), page=PAGE),
        scene.officer.post(f"{PAGE}/record", scene.answer(pupil, "refused"), page=PAGE),
        scene.officer.post(f"{PAGE}/people", {"reason": "zaak 9"}, page=PAGE),
        scene.officer.post("/objections/people", {"reason": "zaak 9"}, page="/objections/"),
    ]
    assert [answer.status_code for answer in answers] == [200, 409, 200, 200, 200]
    for answer in answers:
        for step in (*answer.history, answer):
            assert pupil not in step.url
            assert step.headers["Cache-Control"] == "no-store"
            for value in step.headers.values():
                assert pupil not in _opened(value)
            for link in re.findall(r'(?:href|action)="([^"]*)"', step.text):
                assert pupil not in link
    for cookie in scene.officer.cookies:
        assert pupil not in _opened(str(cookie.value))
    out, err = capfd.readouterr()
    assert pupil not in out + err


def _opened(cookie: str) -> str:
    """With what a signed cookie holds, packed or not."""
    found = [cookie]
    for part in re.split(r"[.;= ]", cookie):
        with contextlib.suppress(ValueError):
            content = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
            found.append(content.decode("utf-8", "replace"))
            with contextlib.suppress(zlib.error):
                found.append(zlib.decompress(content).decode("utf-8", "replace"))
    return " ".join(found)


def test_sentence_07_the_pupil_of_16_decides_and_the_page_says_so_in_plain_dutch(scene: Scene) -> None:
    pupil = scene.board.add_pupil(
        given="Zes", family="Tien", school=scene.board.schools[0], born=years_ago(16)
    )
    before = len(scene.statements())
    scene.officer.post("/language", {"language": "nl", "next": "/"}, page="/")
    try:
        page = scene.officer.post(f"{PAGE}/pupil", scene.whom(pupil), page=PAGE)
        refused = scene.officer.post(f"{PAGE}/record", scene.answer(pupil, "given"), page=PAGE)
    finally:
        scene.officer.post("/language", {"language": "en", "next": "/"}, page="/")

    assert "16 jaar of ouder: de leerling beslist" in visible(page.text)
    assert refused.status_code == 409
    assert DUTCH["speaker_not_entitled"] in visible(refused.text)
    assert 'value="map 3, blad 7"' in refused.text, "what was filled in stays"
    assert len(scene.statements()) == before


@pytest.mark.parametrize(
    ("bent", "status", "code"),
    [
        ({"evidence": ""}, 422, "evidence_missing"),
        ({"method": "telephone"}, 409, "method_not_written"),
        ({"text": "9/nl"}, 422, "text_unknown"),
        ({"on": "2999-01-01"}, 422, "date_in_future"),
        ({"on": ""}, 422, "date_missing"),
        ({"on": "gisteren"}, 422, "date_invalid"),
        ({"answer": ""}, 422, "choice_missing"),
        ({"said_by": "buurman"}, 422, "choice_missing"),
        ({"purpose": "reclame"}, 422, "purpose_unknown"),
        ({"identifier": "bestaat-niet"}, 422, "pupil_unknown"),
        ({"identifier": ""}, 422, "pupil_invalid"),
        ({"source": "elders"}, 422, "source_unknown"),
        ({"source": "\x00"}, 422, "pupil_invalid"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_sentence_06_what_cannot_be_proved_or_is_not_known_is_refused_and_records_nothing(
    scene: Scene, bent: dict[str, str], status: int, code: str
) -> None:
    before = len(scene.statements())
    form = {**scene.answer(scene.left[0], "given"), **bent}
    refused = scene.officer.post(f"{PAGE}/record", form, page=PAGE)
    assert (refused.status_code, f"<code>{code}</code>" in refused.text) == (status, True)
    assert code in DUTCH
    assert len(scene.statements()) == before


def test_a_scan_is_kept_as_its_hash_alone(scene: Scene) -> None:
    pupil, scan = scene.pupil(), b"%PDF handtekening van een ouder"
    scene.officer.post(
        f"{PAGE}/record",
        scene.answer(pupil, "given", evidence="", purpose="leveren_gebruik"),
        page=PAGE,
        files={"evidence_file": ("formulier van iemand.pdf", scan)},
    )
    [said] = [each for each in scene.statements() if each.whom.identifier == pupil]
    assert said.evidence_sha256 == hashlib.sha256(scan).hexdigest()
    assert not [path for path in scene.rig.home.rglob("*") if path.is_file() and scan in path.read_bytes()]


def test_the_pupil_of_a_parents_consent_who_becomes_16_is_found_to_be_confirmed(scene: Scene) -> None:
    pupil = scene.board.add_pupil(
        given="Net", family="Zestien", school=scene.board.schools[0], born=years_ago(16)
    )
    yesterday = (today() - timedelta(days=1)).isoformat()
    scene.officer.post(f"{PAGE}/record", scene.answer(pupil, "given", on=yesterday), page=PAGE)

    page = scene.officer.post(f"{PAGE}/pupil", scene.whom(pupil), page=PAGE)
    listed = scene.officer.post(f"{PAGE}/people", {"reason": "zaak 9", "state": "reconfirm"}, page=PAGE)

    assert "The pupil has become 16: it stays valid" in visible(page.text)
    assert "Net Zestien" in listed.text
    assert listed.text.count('<th scope="row">') == 1


def test_counts_show_numbers_and_nobody(scene: Scene) -> None:
    pupil = scene.pupil()
    scene.officer.post(f"{PAGE}/record", scene.answer(pupil, "refused"), page=PAGE)
    reader = scene.employ("teller", "data_protection_officer")
    refused = sum(
        each.statement.step.value == "refused" and each.statement.purpose == "leveren_gebruik"
        for each in scene.statements()
    )

    page = reader.post("/consents/counts", page="/consents/")

    assert page.status_code == 200
    row = re.search(rf'<th scope="row">{PRODUCT}</th>((?:<td>\d+</td>)+)', page.text)
    assert row is not None
    assert int(re.findall(r"\d+", row[1])[1]) == refused
    for said in scene.statements():
        assert said.whom.identifier not in page.text
    assert scene.accesses()[-1].reason == "counting answers; nobody was shown"


# -- texts --------------------------------------------------------------------------------------------------------


def test_sentence_10_the_form_is_printed_in_both_languages_with_the_hash_that_the_page_shows(
    scene: Scene,
) -> None:
    made = scene.officer.post(f"{PAGE}/texts", {"language": "en", "pupils_of_16": "yes"}, page=PAGE)
    assert made.status_code == 200
    for language, words in (("nl", "U mag nee zeggen"), ("en", "You may say no")):
        page = scene.officer.get(f"{PAGE}/texts/1/{language}")
        kept = scene.officer.get(f"{PAGE}/texts/1/{language}?as=file")
        (digest,) = set(re.findall(r"[0-9a-f]{64}", visible(page.text)))
        assert words in visible(page.text)
        assert digest in visible(made.text)
        assert "<style" not in page.text
        assert "<style" in kept.text
        assert kept.headers["Content-Disposition"].startswith("attachment")
    assert scene.officer.get(f"{PAGE}/texts/2/nl").status_code == 404
    assert len(scene.office.events(AuditEvent.CONSENT_TEXT_REGISTERED)) == 2


def test_product_on_another_ground_has_no_consent_page(scene: Scene) -> None:
    assert scene.officer.get("/consents/products/rekenwijs").status_code == 404
    assert scene.officer.get("/consents/products/bestaat-niet").status_code == 404


# -- files --------------------------------------------------------------------------------------------------------


def _sheet(*rows: str) -> dict[str, tuple[str, bytes]]:
    return {"file": ("antwoorden.csv", "\n".join([";".join(TEMPLATE), *rows]).encode())}


def _row(pupil: str, answer: str, *, by: str = "representative-1", method: str = "portal") -> str:
    return f"las-1:{pupil};{PRODUCT};;{answer};{by};{today().isoformat()};{method};regel 7;1/nl;"


def test_sentence_09_a_file_is_taken_in_whole_and_rows_without_an_answer_stay_unknown(scene: Scene) -> None:
    yes, no, silent = scene.pupil(), scene.pupil(), scene.pupil()
    done = scene.officer.post(
        "/consents/import", page="/consents/import",
        files=_sheet(_row(yes, "given"), _row(no, "refused"), _row(silent, "")),
    )  # fmt: skip
    assert done.status_code == 200
    assert "2 answers are recorded. 1 row has no answer: unknown, and that is no." in visible(done.text)
    states = {
        pupil: visible(scene.officer.post(f"{PAGE}/pupil", scene.whom(pupil), page=PAGE).text)
        for pupil in (yes, no, silent)
    }
    assert "given" in states[yes]
    assert "somebody who may decide said no" in states[no]
    assert "nobody answered" in states[silent]


def test_faults_of_a_file_are_told_by_row_and_code_and_nothing_of_it_is_shown_or_recorded(
    scene: Scene,
) -> None:
    good, before = scene.left[0], len(scene.statements())
    secrets = ("geheim-4711", "iemand anders", "gisteravond")
    rows = [
        _row(good, "given"),
        _row("geheim-4711", "given"),
        _row(good, "misschien"),
        _row(good, "given", by="iemand anders"),
        _row(good, "given").replace(today().isoformat(), "gisteravond"),
    ]

    refused = scene.officer.post("/consents/import", page="/consents/import", files=_sheet(*rows))

    assert refused.status_code == 409
    found = re.findall(r'<th scope="row">(\d+)</th>.*?<code>([a-z_]+)</code>', refused.text)
    assert [(int(row), code) for row, code in found] == [
        (3, "pupil_unknown"),
        (4, "answer_invalid"),
        (5, "by_invalid"),
        (6, "on_invalid"),
    ]
    assert {code for _, code in found} <= set(DUTCH)
    for secret in (good, *secrets):
        assert secret not in refused.text
    assert len(scene.statements()) == before


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"naam;groep\nFatima;7", "columns_wrong"), (b"", "file_not_csv"), (b"\x00\xff\x00", "file_not_text")],
    ids=["columns", "empty", "bytes"],
)
def test_file_that_is_none_is_refused_without_showing_it(scene: Scene, content: bytes, code: str) -> None:
    refused = scene.officer.post(
        "/consents/import", page="/consents/import", files={"file": ("Fatima.csv", content)}
    )
    assert (refused.status_code, code in refused.text) == (422, True)
    assert "Fatima" not in refused.text
    assert code in DUTCH


def test_large_file_never_touches_a_disk(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []

    def noticed(*arguments: object, **more: object) -> object:
        made.append(arguments)
        return tempfile.SpooledTemporaryFile(*arguments, **more)  # type: ignore[call-overload]

    # Where the framework makes them.
    monkeypatch.setattr(werkzeug.formparser, "SpooledTemporaryFile", noticed)
    rows = [_row(f"weg-{number}", "misschien") for number in range(12_000)]
    sheet = _sheet(*rows)
    assert len(sheet["file"][1]) > 600_000
    assert scene.officer.post("/consents/import", page="/consents/import", files=sheet).status_code == 409
    assert made == []


def test_empty_sheet_has_the_columns_and_nobody(scene: Scene) -> None:
    sheet = scene.officer.get("/consents/template.csv")
    assert sheet.content.decode("utf-8-sig").strip() == ";".join(TEMPLATE)
    assert sheet.headers["Content-Disposition"].startswith("attachment")
