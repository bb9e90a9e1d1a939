"""Importing a vendor's leaflet over real HTTP and by the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from contracts import documents
from contracts.comparison import lines_of
from contracts.leaflets import load
from gateway.cli.main import run
from gateway.registers.audit_events import AuditEvent
from tests.contracts.papers_of_leaflets import agreed_on, plain_leaflet
from tests.gateway.school.pages import papers
from tests.gateway.school.pages.forms import form_on
from tests.gateway.school.pages.office import Office, Person, visible


def _leaflet(kvk: str, slug: str) -> dict[str, Any]:
    plain = plain_leaflet()
    plain["vendor"]["kvk"], plain["products"][0]["product_id"] = kvk, slug
    return plain


def _newer(plain: dict[str, Any]) -> dict[str, Any]:
    """Two fields more and one sub-processor more."""
    newer: dict[str, Any] = json.loads(json.dumps(plain))
    product = newer["products"][0]
    product["version"] = "4.0-2027.1"
    product["categories"].append(
        {
            "words": "Telefoonnummer voor spoed",
            "category": "contactgegevens",
            "subjects": ["leerling"],
            "fields": ["user.phone", "user.sms"],
            "form": "clear",
            "direction": "out",
        }
    )
    product["subprocessors"].append({"name": "Wolkhuis B.V.", "country": "SE", "service": "back-up"})
    return newer


def _agreed(office: Office, plain: dict[str, Any], name: str) -> None:
    record = papers.record(office, name)
    agreed = json.loads(agreed_on(load(json.dumps(plain), name="x.json")).canonical())
    record["processor"], record["security"] = agreed["processor"], agreed["security"]
    record["products"] = [{**agreed["products"][0], "scope": {"schools": ["99ZZ"]}}]
    papers.register(office, record)


def _import(person: Person, plain: dict[str, Any], **fields: object) -> Any:
    return person.post("/leaflets/", dict(fields), files={"leaflet": ("x.json", json.dumps(plain).encode())})


def test_leaflet_of_a_new_vendor_is_a_draft_with_the_vendors_words_beside_our_categories(
    office: Office,
) -> None:
    person = office.employ("invoer", "application_manager")
    plain = _leaflet("31000001", "nieuwe-taal")

    answer = _import(person, plain, model="convenant-4.0")

    path = answer.url.removeprefix(office.url)
    assert path.startswith("/agreement-drafts/")
    text = visible(answer.text)
    for line in plain["products"][0]["categories"]:
        assert f"In the vendor’s words: {line['words']}" in text
    form = form_on(answer.text, path)
    assert form.get("processor.kvk") == ["31000001"]
    assert set(form.get("products[0].data[0].fields")) == {
        "user.givenName",
        "user.familyName",
        "user.username",
    }
    assert form.get("products[0].legal_basis") == [""]
    assert "filled in from the privacy leaflet" in text
    [event] = [each for each in office.events(AuditEvent.LEAFLET_IMPORTED) if each.object_id == "31000001"]
    assert event.actor["claim"] == "invoer"


def test_draft_of_a_leaflet_is_registered_when_the_board_has_completed_and_compared_it(
    office: Office,
) -> None:
    papers.register(office, papers.record(office, "eerder"))
    person = office.employ("afmaker", "application_manager")
    answer = _import(person, _leaflet("31000002", "af-taal"), model="convenant-4.0")
    path = answer.url.removeprefix(office.url)
    form = form_on(answer.text, path)
    for name, value in {
        "agreement_id": "VO-af",
        "term.from": "2026-01-01",
        "products[0].legal_basis": "6-1-e",
    }.items():
        form.set(name, value)
    form.tick("compared", "1")

    done = person.post(path, form.sent(do="register"), page=path, files={"paper": ("x.pdf", papers.PAPER)})

    assert done.url.endswith("/agreements/VO-af/1"), visible(done.text)[:1500]
    entries = papers.version(office, "VO-af").agreement.products[0].data
    assert {entry.form.value for entry in entries} == {"alias", "clear", "generalised"}


def test_new_version_shows_two_more_fields_and_one_new_sub_processor_and_takes_one_by_one(
    office: Office,
) -> None:
    person = office.employ("afweger", "application_manager")
    plain = _leaflet("31000003", "weeg-taal")
    _agreed(office, plain, "weeg")

    page = _import(person, _newer(plain))
    path = page.url.removeprefix(office.url)
    text = visible(page.text)
    form = form_on(page.text, path)
    legends = re.findall(r"<legend>(.*?)</legend>", page.text)
    half = person.post(path, {"answer-0": "accept"}, page=path)
    words = ["refuse" if "user.phone" in legend else "accept" for legend in legends]
    answers = {f"answer-{place}": word for place, word in enumerate(words)}
    done = person.post(path, answers, page=path)

    assert path.endswith("/VO-weeg/1")
    assert "2 more fields, 1 new sub-processor" in text
    assert "In the vendor’s words: Telefoonnummer voor spoed" in text
    assert {name for name in form.names if name.startswith("answer-")} == set(answers)
    assert len(answers) == 3
    assert half.status_code == 422
    assert "leaflet_unanswered" in half.text
    draft = done.url.removeprefix(office.url)
    form = form_on(done.text, draft)
    registered = person.post(draft, form.sent(do="register"), page=draft, files={"paper": ("", b"")})
    assert registered.url.endswith("/agreements/VO-weeg/2"), visible(registered.text)[:1500]
    product = papers.version(office, "VO-weeg/2").agreement.products[0]
    fields = {line.field for line in lines_of(product)}
    assert "user.sms" in fields
    assert "user.phone" not in fields
    assert {third.name for third in product.subprocessors} == {"Waddenhosting B.V.", "Wolkhuis B.V."}
    [event] = [each for each in office.events(AuditEvent.LEAFLET_ANSWERED) if each.object_id == "VO-weeg/1"]
    assert event.details["counts"] == {"accepted": 2, "refused": 1}


def test_same_leaflet_again_changes_nothing(office: Office) -> None:
    person = office.employ("herhaler", "application_manager")
    plain = _leaflet("31000004", "her-taal")
    _agreed(office, plain, "her")

    for _time in range(2):
        assert "The leaflet changes nothing that is agreed." in visible(_import(person, plain).text)


def test_leaflet_of_another_company_for_a_known_product_is_no_new_version_of_it(office: Office) -> None:
    person = office.employ("kaper", "application_manager")
    _agreed(office, _leaflet("31000005", "kaap-taal"), "kaap")

    answer = _import(person, _newer(_leaflet("31000006", "kaap-taal")))

    assert "/agreement-drafts/" in answer.url


def test_faulty_leaflet_is_refused_with_all_faults_and_imports_nothing(office: Office) -> None:
    person = office.employ("foutblad", "application_manager")
    plain = _leaflet("31000007", "fout-taal")
    plain["products"][0]["categories"][0]["fields"] = ["user.bsn"]
    plain["products"][0]["groups"] = "all"

    answer = _import(person, plain)

    assert answer.status_code == 422
    assert "2 faults in x.json" in visible(answer.text)
    assert "products[0].categories[0].fields[0]" in answer.text
    assert not [each for each in office.events(AuditEvent.LEAFLET_IMPORTED) if each.object_id == "31000007"]
    assert person.post("/leaflets/", {}).status_code == 422


def test_command_reads_a_leaflet_and_writes_a_record_to_complete(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = tmp_path / "leaflet.json", tmp_path / "record.yaml"
    file.write_text(json.dumps(_leaflet("31000008", "bevel-taal")))

    assert run(["agreement", "leaflet", str(file), "-o", str(out), "--home", str(office.home)]) == 0

    told = capsys.readouterr().out
    assert "Naam van de leerling, zodat de leerling zijn eigen werk herkent" in told
    with pytest.raises(documents.DocumentRefused) as refused:
        documents.load(out.read_bytes(), name=out.name)
    missing = {fault.path for fault in refused.value.faults}
    assert {"agreement_id", "controller", "art28", "breach", "products[0].legal_basis"} <= missing
    assert run(["agreement", "leaflet", str(file), "-o", str(out), "--home", str(office.home)]) == 2


def test_command_tells_differences_and_writes_the_next_version_with_what_is_accepted(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = _leaflet("31000009", "lijn-taal")
    _agreed(office, plain, "lijn")
    file, out = tmp_path / "leaflet.json", tmp_path / "next.yaml"
    file.write_text(json.dumps(_newer(plain)))
    command = ["agreement", "leaflet", str(file), "--home", str(office.home)]
    capsys.readouterr()

    assert run([*command, "--against", "VO-lijn", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    keys = [each["key"] for each in told["differences"]]
    assert run([*command, "--against", "VO-lijn", "--accept", keys[0], "-o", str(out)]) == 0

    assert keys == [
        "lijn-taal:field:user.phone:leerling:out",
        "lijn-taal:field:user.sms:leerling:out",
        "lijn-taal:subprocessor:Wolkhuis B.V.",
    ]
    fields = {line.field for line in lines_of(documents.load(out.read_bytes(), name=out.name).products[0])}
    assert "user.phone" in fields
    assert "user.sms" not in fields
    assert run([*command, "--against", "VO-lijn", "--accept", "nothing"]) == 2
    assert run([*command, "--accept", keys[0]]) == 2
