"""A record goes in as a file with its signed document and comes out as the same record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from contracts import documents
from contracts.vocabulary import AgreementState
from gateway.cli.main import run
from tests.contracts import records
from tests.gateway.school.pages import papers
from tests.gateway.school.pages.office import Office, visible

PAGE = "/agreements/file"


def test_all_faults_are_told_at_once_with_path_and_remedy_and_nothing_is_registered(office: Office) -> None:
    manager = office.employ("fouten", "application_manager")
    plain = papers.record(
        office,
        "fout",
        art28__g_end=records.DROP,
        processor__kvk="12",
        products__0__data__0__form="alis",
        products__0__groups="sometimes",
    )

    answer = manager.post(PAGE, {"do": "register"}, files={"record": ("x.json", json.dumps(plain).encode())})

    text = visible(answer.text)
    assert answer.status_code == 422
    assert "4 faults in x.json" in text
    for told in (
        "art28.g_end This is missing. missing Fill it in.",
        "processor.kvk The text does not have the form that is needed here. bad_form",
        "products[0].data[0].form This word is not in the list. unknown_word Did you mean alias?",
        "products[0].groups This word is not in the list. unknown_word Choose one of the list.",
    ):
        assert told in text
    assert "VO-fout" not in manager.get("/agreements/?past=1").text


def test_file_is_checked_without_being_registered(office: Office) -> None:
    manager = office.employ("kijker", "application_manager")
    plain = papers.record(office, "kijk", products__0__dpia=records.DROP)

    answer = manager.post(PAGE, {"do": "check"}, files={"record": ("x.json", json.dumps(plain).encode())})

    assert answer.status_code == 200
    assert "No faults in x.json" in visible(answer.text)
    assert "No impact assessment is recorded for a product." in visible(answer.text)
    assert "VO-kijk" not in manager.get("/agreements/").text


def test_record_with_its_signed_document_is_registered_under_the_name_of_who_signed_in(
    office: Office,
) -> None:
    manager = office.employ("inleveraar", "application_manager")
    plain = papers.record(office, "lever")
    files = {"record": ("x.yaml", yaml.safe_dump(plain).encode()), "paper": ("x.pdf", papers.PAPER)}

    answer = manager.post(PAGE, {"do": "register"}, files=files)

    assert answer.url.endswith("/agreements/VO-lever/1")
    found = papers.version(office, "VO-lever")
    assert (found.state, found.registered_by, found.paper_given) == (
        AgreementState.REGISTERED, "inleveraar", True,
    )  # fmt: skip


def test_other_document_than_the_signed_one_is_refused(office: Office) -> None:
    manager = office.employ("verwisseld", "application_manager")
    content = json.dumps(papers.record(office, "wissel")).encode()

    answer = manager.post(
        PAGE, {"do": "register"}, files={"record": ("x.json", content), "paper": ("x.pdf", b"another")}
    )

    assert answer.status_code == 422
    assert "document.sha256" in answer.text
    assert "VO-wissel" not in manager.get("/agreements/").text


def test_second_product_of_a_vendor_asks_whether_it_is_new_and_takes_the_answer(office: Office) -> None:
    manager = office.employ("vervolg", "application_manager")
    first = papers.record(office, "eerste")
    papers.register(office, first)
    second = papers.record(office, "vervolgd", processor__kvk=first["processor"]["kvk"])
    file = {"record": ("x.json", json.dumps(second).encode())}

    refused = manager.post(PAGE, {"do": "register"}, files=file)
    taken = manager.post(PAGE, {"do": "register", "relation": "continues:eerste"}, files=file)

    assert refused.status_code == 409
    assert "product_relation" in refused.text
    assert taken.url.endswith("/agreements/VO-vervolgd/1")


def test_school_of_another_board_is_refused(office: Office) -> None:
    manager = office.employ("vreemd", "application_manager")
    plain = papers.record(office, "vreemd", controller__brins=["99ZZ", "11AA"])

    answer = manager.post(PAGE, {"do": "register"}, files={"record": ("x.json", json.dumps(plain).encode())})

    assert answer.status_code == 409
    assert "brin_not_of_board" in answer.text
    assert "VO-vreemd" not in manager.get("/agreements/").text


@pytest.mark.parametrize(
    ("content", "code"), [(b"a: [", "not_yaml"), (b"\xff\xfe", "not_utf8"), (b"- a", "not_an_object")]
)
def test_file_that_is_no_record_is_told_as_such(office: Office, content: bytes, code: str) -> None:
    manager = office.employ(f"geen-{code.replace('_', '-')}", "application_manager")

    answer = manager.post(PAGE, {"do": "register"}, files={"record": ("x.yaml", content)})

    assert answer.status_code == 422
    assert code in visible(answer.text)


def test_form_without_a_file_says_so(office: Office) -> None:
    manager = office.employ("leeg", "application_manager")

    assert manager.post(PAGE, {"do": "register"}).status_code == 422


@pytest.mark.parametrize("ending", ["yaml", "json"])
def test_registered_record_is_downloaded_as_the_same_record(office: Office, ending: str) -> None:
    plain = papers.record(office, f"terug-{ending}")
    found = papers.register(office, plain)
    reader = office.employ(f"haler-{ending}", "auditor")

    answer = reader.get(f"/agreements/VO-terug-{ending}/1/record.{ending}")

    assert answer.headers["Content-Disposition"] == f'attachment; filename="VO-terug-{ending}_1.{ending}"'
    again = documents.load(answer.content, name=f"x.{ending}")
    assert again.canonical() == found.agreement.canonical()
    assert reader.get(f"/agreements/VO-terug-{ending}/1/record.xml").status_code == 422


@pytest.mark.parametrize("ending", ["yaml", "json"])
def test_command_exports_the_same_record_and_never_over_another_file(
    office: Office, tmp_path: Path, ending: str
) -> None:
    found = papers.register(office, papers.record(office, f"bestand-{ending}"))
    command = ["agreement", "export", f"VO-bestand-{ending}", "--home", str(office.home), "-o"]
    file = tmp_path / f"x.{ending}"

    assert run([*command, str(file)]) == 0

    assert documents.load(file.read_bytes(), name=file.name).digest == found.digest
    assert run([*command, str(file)]) == 2
    assert run([*command, str(tmp_path / "x.txt")]) == 2
