"""The guided form over real HTTP, as a browser without script sends it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from contracts import documents
from contracts.agreements import Agreement
from contracts.instants import local_day
from contracts.writing import to_values
from gateway.school.agreeing import drafts
from gateway.school.agreeing.drafts import without_row
from gateway.school.agreeing.models import ProductKind, product_of
from gateway.school.pages.agreement_answers import fitting
from tests.contracts import records
from tests.gateway.school.pages import papers
from tests.gateway.school.pages.forms import Form, form_on
from tests.gateway.school.pages.office import Office, Person, visible
from tests.shared import shared_path

EXAMPLE = Path(__file__).parents[4] / "docs" / "examples" / "agreement.yaml"


def _begin(person: Person, *, model: str = "", kind: str = "") -> tuple[str, Form]:
    answer = person.post("/agreement-drafts/", {"model": model, "kind": kind})
    assert answer.status_code == 200, answer.text
    path = answer.url.removeprefix(person.office.url)
    return path, form_on(answer.text, path)


def _send(person: Person, path: str, form: Form, do: str, paper: bytes | None = None) -> requests.Response:
    files = {"paper": ("x.pdf", paper)} if paper is not None else {"paper": ("", b"")}
    return person.post(path, form.sent(do=do), page=path, files=files)


def _draft_of(office: Office, person: Person, path: str) -> drafts.Draft:
    from gateway.school.staff import accounts

    [account] = [
        each for each in accounts.listed(office.services, now=office.clock()) if each.name == person.name
    ]
    return drafts.find(office.services, path.rpartition("/")[2], account_id=account.account_id)


def _record_of(draft: drafts.Draft) -> Agreement:
    return documents.load(json.dumps(fitting(draft.record)), name="x.json")


def _keep(office: Office, person: Person, record: Agreement) -> str:
    """A draft that says what a record says."""
    from gateway.school.staff import accounts

    [account] = [
        each for each in accounts.listed(office.services, now=office.clock()) if each.name == person.name
    ]
    draft = drafts.begin(
        office.services,
        drafts.Draft(draft_id="", record=to_values(record)),
        account_id=account.account_id,
        now=office.clock(),
    )
    return f"/agreement-drafts/{draft.draft_id}"


SOURCES = [
    pytest.param(lambda: EXAMPLE, id="example"),
    pytest.param(lambda: records.LEESVLOT, id="leesvlot"),
    pytest.param(lambda: shared_path("agreement.example.json"), id="reference", marks=pytest.mark.shared),
]


@pytest.mark.parametrize("source", SOURCES)
def test_record_that_is_opened_in_the_form_and_sent_as_it_is_keeps_its_bytes(
    office: Office, source: Any
) -> None:
    file = source()
    person = office.employ(f"heen-{file.stem.replace('.', '-')}", "application_manager")
    record = documents.load(file.read_bytes(), name=file.name)
    path = _keep(office, person, record)

    answer = _send(person, path, form_on(person.get(path).text, path), "check")

    assert answer.status_code == 200
    assert "No faults" in visible(answer.text)
    again = _record_of(_draft_of(office, person, path))
    assert again.canonical() == record.canonical()


def test_form_that_is_filled_in_by_hand_gives_the_record_of_the_file(office: Office) -> None:
    person = office.employ("typiste", "application_manager")
    wanted = documents.load(json.dumps(papers.record(office, "getypt")), name="x.json")
    plain = to_values(wanted)
    path, form = _begin(person)
    form = _with_rows(person, path, form, plain)

    _type(form, plain)
    form.tick("compared", "1")
    answer = _send(person, path, form, "register", papers.PAPER)

    assert answer.url.endswith("/agreements/VO-getypt/1"), visible(answer.text)[:2000]
    found = papers.version(office, "VO-getypt")
    assert found.agreement.canonical() == wanted.canonical()
    assert (found.registered_by, found.paper_given) == ("typiste", True)
    assert person.get(path).status_code == 404


def _with_rows(person: Person, path: str, form: Form, plain: dict[str, Any]) -> Form:
    """The form with an empty product and as many rows as the record has."""
    form = form_on(_send(person, path, form, "product:").text, path)
    for rows in ("data", "subprocessors", "transfers"):
        for _number in plain["products"][0].get(rows, []):
            form = form_on(_send(person, path, form, f"add:products[0].{rows}").text, path)
    return form


def _type(form: Form, value: Any, path: str = "") -> None:
    """Fill in every place of a record."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key != "schema_version":
                _type(form, inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for index, inner in enumerate(value):
            _type(form, inner, f"{path}[{index}]")
    elif isinstance(value, list) and (f"{path}.asked" in form.names or path.endswith("].fields")):
        for old in form.get(path):
            form.untick(path, old)
        for each in value:
            form.tick(path, each)
    elif isinstance(value, list):
        form.set(path, "\r\n".join(value))
    elif value is not None:
        form.set(path, str(value))


def test_typical_agreement_asks_for_eight_typed_fields_four_choices_and_a_file(office: Office) -> None:
    """The second agreement of a board on convenant-4.0: what a person does in the five minutes."""
    papers.register(office, papers.record(office, "vooraf"))
    person = office.employ("vijfminuten", "application_manager")
    path, form = _begin(person, model="convenant-4.0", kind="method")
    today = local_day(office.clock())
    typed = {
        "agreement_id": "VO-vijf",
        "processor.name": "Vijfminuten B.V.",
        "processor.kvk": "55555555",
        "processor.breach_contact": "security@vijf.example",
        "term.from": today.isoformat(),
        "products[0].product_id": "vijf",
        "products[0].name": "Vijf",
        "products[0].storage_countries": "NL",
    }
    chosen = {
        "security.biv.beschikbaarheid": "midden",
        "security.biv.integriteit": "midden",
        "security.biv.vertrouwelijkheid": "hoog",
        "security.assurance": "self",
    }
    for name, value in {**typed, **chosen}.items():
        assert form.get(name) == [""], f"{name} is filled in already"
        form.set(name, value)
    form.tick("compared", "1")

    answer = _send(person, path, form, "register", papers.PAPER)

    assert answer.url.endswith("/agreements/VO-vijf/1"), visible(answer.text)[:2000]
    assert (len(typed), len(chosen)) == (8, 4)
    found = papers.version(office, "VO-vijf")
    assert found.paper_given
    assert found.agreement.controller == papers.version(office, "VO-vooraf").agreement.controller
    assert {entry.form.value for entry in found.agreement.products[0].data if entry.subjects} == {"alias"}
    # Every one of the typed fields is needed: without it nothing is registered.
    for left_out in (*typed, *chosen):
        path, form = _begin(person, model="convenant-4.0", kind="method")
        for name, value in {**typed, **chosen}.items():
            if name != left_out:
                form.set(name, value)
        refused = _send(person, path, form, "check")
        assert refused.status_code == 422, left_out


def test_filled_in_terms_are_marked_and_are_registered_only_when_somebody_compared_them(
    office: Office,
) -> None:
    person = office.employ("vergelijkt", "application_manager")
    wanted = to_values(documents.load(json.dumps(papers.record(office, "vergelijkt")), name="x.json"))
    path, form = _begin(person, model="convenant-4.0")
    assert "filled in from convenant-4.0" in visible(person.get(path).text)
    form = _with_rows(person, path, form, wanted)
    _type(form, {**wanted, "art28": {}})

    refused = _send(person, path, form, "register", papers.PAPER)
    form = form_on(refused.text, path)
    form.tick("compared", "1")
    taken = _send(person, path, form, "register")

    assert refused.status_code == 422
    assert "Say below that you compared" in visible(refused.text)
    assert taken.url.endswith("/agreements/VO-vergelijkt/1")


def test_mark_goes_when_somebody_types_another_value(office: Office) -> None:
    person = office.employ("wijziger", "application_manager")
    path, form = _begin(person, model="convenant-4.0")
    before = visible(person.get(path).text).count("filled in from convenant-4.0")

    form.set("breach.notify.within_hours", "36")
    after = visible(_send(person, path, form, "save").text).count("filled in from convenant-4.0")

    assert after == before - 1


def test_what_was_typed_is_kept_as_it_was_and_its_fault_stands_beside_it(office: Office) -> None:
    person = office.employ("typfout", "application_manager")
    path, form = _begin(person, model="convenant-4.0", kind="test")
    form.set("term.from", "1 september")
    form.set("breach.notify.within_hours", "binnen een dag")
    form.set("processor.kvk", "12")

    answer = _send(person, path, form, "check")
    again = person.get(path)

    assert answer.status_code == 422
    for page in (answer.text, again.text):
        kept = form_on(page, path)
        assert kept.get("term.from") == ["1 september"]
        assert kept.get("breach.notify.within_hours") == ["binnen een dag"]
        assert kept.get("processor.kvk") == ["12"]
    assert 'id="f-term-from" name="term.from" value="1 september"' in answer.text
    assert 'aria-describedby="f-term-from-fault-1" aria-invalid="true"' in answer.text
    assert '<small id="f-term-from-fault-1" class="fault">A day is expected here.' in answer.text
    assert '<a href="#f-term-from">First day</a>' in answer.text
    places = [answer.text.index(f'href="#{place}"') for place in ("f-processor-kvk", "f-term-from")]
    assert places == sorted(places)


def test_draft_is_there_after_signing_in_again_and_nobody_else_opens_it(office: Office) -> None:
    person = office.employ("eigenaar", "application_manager")
    other = office.employ("collega", "application_manager")
    path, form = _begin(person)
    form.set("processor.name", "Halverwege B.V.")
    _send(person, path, form, "save")
    person.cookies.clear()
    person.sign_in()

    assert "Halverwege B.V." in person.get("/agreement-drafts/").text
    assert form_on(person.get(path).text, path).get("processor.name") == ["Halverwege B.V."]
    assert "Halverwege" not in other.get("/agreement-drafts/").text
    assert other.get(path).status_code == 404
    assert other.post(path, {"do": "save"}, page="/agreement-drafts/").status_code == 404
    other.post(f"{path}/discard", page="/agreement-drafts/")
    assert person.get(path).status_code == 200


def test_rows_are_added_and_taken_out_and_marks_move_with_them(office: Office) -> None:
    person = office.employ("rijen", "application_manager")
    path, form = _begin(person, model="convenant-4.0", kind="method")
    lines = len(product_of(ProductKind.METHOD)["data"])

    form = form_on(_send(person, path, form, "add:products[0].subprocessors").text, path)
    form.set("products[0].subprocessors[0].name", "Wolkhuis B.V.")
    form = form_on(_send(person, path, form, "remove:products[0].data[0]").text, path)

    draft = _draft_of(office, person, path)
    product = draft.record["products"][0]
    assert len(product["data"]) == lines - 1
    assert product["data"][0]["category"] == "docent"
    assert product["subprocessors"] == [{"name": "Wolkhuis B.V."}]
    assert draft.filled["products[0].data[0].category"] == ("method", "docent")
    assert f"products[0].data[{lines - 1}].category" not in draft.filled


@pytest.mark.parametrize(
    "do",
    ["remove:products[7]", "remove:controller", "add:controller.brins", "add:products[9].data", "remove:[0]"],
)
def test_button_that_the_page_does_not_have_changes_nothing(office: Office, do: str) -> None:
    person = office.employ(
        "knop-" + "".join(each for each in do if each.isalnum()).lower(), "application_manager"
    )
    path, form = _begin(person, kind="photo")
    before = _send(person, path, form, "save") and _draft_of(office, person, path).record

    assert _send(person, path, form, do).status_code == 200
    assert _draft_of(office, person, path).record == before


def test_new_version_starts_from_what_is_registered(office: Office) -> None:
    papers.register(office, papers.record(office, "volgende"))
    person = office.employ("opvolger", "application_manager")
    page = "/agreements/VO-volgende/1"

    begun = person.post("/agreement-drafts/from/VO-volgende/1", page=page)
    path = begun.url.removeprefix(office.url)
    form = form_on(begun.text, path)
    until = local_day(office.clock()) + timedelta(days=200)
    form.set("term.until", until.isoformat())
    answer = _send(person, path, form, "register", papers.PAPER)

    assert answer.url.endswith("/agreements/VO-volgende/2")
    assert papers.version(office, "VO-volgende/2").agreement.term.in_force_until == until


def test_same_record_twice_is_refused_and_the_draft_stays(office: Office) -> None:
    papers.register(office, papers.record(office, "dubbel"))
    person = office.employ("dubbelaar", "application_manager")
    begun = person.post("/agreement-drafts/from/VO-dubbel/1", page="/agreements/VO-dubbel/1")
    path = begun.url.removeprefix(office.url)

    refused = _send(person, path, form_on(begun.text, path), "register")

    assert refused.status_code == 409
    assert "already_registered" in refused.text
    assert person.get(path).status_code == 200


@pytest.mark.parametrize("kind", list(ProductKind))
def test_every_kind_of_product_starts_sound_and_with_the_least(kind: ProductKind) -> None:
    plain = records.plain()
    product = {
        **product_of(kind), "product_id": "x", "name": "X", "storage_countries": ["NL"],
    }  # fmt: skip
    if kind is ProductKind.ECKID_LICENCE:
        product["identifier"]["eckid_basis"] = "licentie van de uitgever"
    plain["products"] = [product]

    record = documents.load(json.dumps(plain), name="x.json")

    persons = [entry for entry in record.products[0].data if entry.subjects]
    assert {entry.form.value for entry in persons} <= {"alias", "pseudonym"}
    assert record.products[0].groups.value in ("none", "coarse")
    if kind is ProductKind.PORTAL:
        assert record.products[0].services == ()
        assert record.products[0].data == ()


def test_marks_of_a_row_go_with_it_and_those_behind_it_move_up() -> None:
    marks = {"a[0].x": 1, "a[1].x": 2, "a[2].x[0]": 3, "b[1].x": 4, "a": 5}

    assert without_row(marks, "a", 1) == {"a[0].x": 1, "a[1].x[0]": 3, "b[1].x": 4, "a": 5}


def test_form_of_a_controller_asks_for_the_decision_and_makes_that_record(office: Office) -> None:
    person = office.employ("onderzoek", "application_manager")
    plain = papers.record(office, "onderzoek", role="controller", products__0__legal_basis="6-1-f")
    del plain["art28"], plain["breach"]
    plain["sharing"] = {
        "legal_basis": "6-1-f",
        "purpose": "onderzoek naar lezen",
        "decided_on": "2026-06-01",
        "decided_by": "bestuur",
        "reference": "besluit 12",
    }
    wanted = documents.load(json.dumps(plain), name="x.json")
    path, form = _begin(person)
    form = _with_rows(person, path, form, to_values(wanted))
    assert "sharing.purpose" not in form.names
    form.set("role", "controller")
    form = form_on(_send(person, path, form, "save").text, path)
    assert "art28.a_instructions.clause" not in form.names

    early = _send(person, path, form, "check")
    _type(form, to_values(wanted))
    form.tick("compared", "1")
    answer = _send(person, path, form, "register", papers.PAPER)

    assert '<small id="f-sharing-purpose-fault-1" class="fault">This is missing.' in early.text
    assert answer.url.endswith("/agreements/VO-onderzoek/1"), visible(answer.text)[:2000]
    assert papers.version(office, "VO-onderzoek").agreement.canonical() == wanted.canonical()
    assert "onderzoek naar lezen" in visible(answer.text)


def test_parts_of_another_role_stay_in_the_draft_until_the_role_comes_back(office: Office) -> None:
    person = office.employ("twijfel", "application_manager")
    path, form = _begin(person, model="convenant-4.0")
    form.set("art28.g_end.clause", "art. 12 lid 2")
    form.set("role", "controller")
    form = form_on(_send(person, path, form, "save").text, path)
    form.set("role", "processor")
    form = form_on(_send(person, path, form, "save").text, path)

    assert form.get("art28.g_end.clause") == ["art. 12 lid 2"]
