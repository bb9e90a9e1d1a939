"""Previews on pages and through the admin API: made-up people for many, real ones for the privacy officer alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from sqlalchemy import func, select

from contracts import documents
from gateway.database import reading
from gateway.demo import papers
from gateway.demo.board import made_up_board
from gateway.demo.records import Record
from gateway.demo.school_system import SimulatedSchool
from gateway.registers import accesses
from gateway.registers.actors import Actor
from gateway.roster.model import Kind, ProductId
from gateway.school import refreshing
from gateway.school.agreeing import steps
from gateway.school.disclosure.tables import aliases
from gateway.school.previewing import making_up
from gateway.school.previewing.made_up_school import PERSON, MadeUpPerson
from gateway.school.previewing.shown import PersonPreview
from gateway.school.staff import accounts, api_tokens
from gateway.school.staff.accounts import grants_from
from gateway.school.vendors import switch
from tests.gateway.school.pages.office import Office, Person, visible

BOTH = ["99ZZ", "98YY"]
BOARD = made_up_board(3, schools=2, pupils=8)
ACTOR = Actor.person("bestuur", os_account="page:0")


def agree(office: Office, product: str, **changes: Any) -> None:
    """An agreement in force; or one that waits, `until` "registered"."""
    until = changes.pop("until", None)
    record = papers.agreement(
        f"VO-{product}", vendor=f"{product.title()} B.V.", kvk=f"1234{sum(map(ord, product)):04}", product=product,
        board="Stichting Toets", brins=BOTH, data=changes.pop("data", papers.full_terms()),
        services=["roster"], today=datetime.now(UTC).date(),
    )  # fmt: skip
    record["products"][0].update(changes)  # type: ignore[index]
    loaded = documents.load(json.dumps(record).encode(), name="x.json")
    done = steps.register(
        office.services,
        loaded,
        actor=Actor.person("invoer", os_account="page:1"),
        now=office.clock(),
        paper_given=True,
        new=True,
    )
    reference = done.version.reference
    if until == "registered":
        return
    for finding in done.findings:
        steps.accept_finding(
            office.services, reference, finding.code.value, reason="toets", actor=ACTOR, now=office.clock()
        )
    steps.approve(office.services, reference, actor=ACTOR, now=office.clock())
    steps.activate(office.services, reference, actor=ACTOR, now=office.clock())


def connect(office: Office, school: SimulatedSchool) -> None:
    """Add the school system, on its page."""
    manager = office.employ("ict", "application_manager")
    source = {
        "slug": "las-1", "standard": "oneroster-1.2", "url": school.base_url, "token_url": school.token_url,
        "client_id": school.client_id, "client_secret": school.client_secret, "results": "source",
    }  # fmt: skip
    manager.post("/sources/", source)
    manager.post("/sources/las-1/check", page="/sources/las-1")


@pytest.fixture(scope="module")
def school() -> Iterator[SimulatedSchool]:
    with SimulatedSchool(BOARD) as school:
        yield school


@pytest.fixture(scope="module")
def desk(office: Office, school: SimulatedSchool) -> Office:
    """An office with a school system, agreements, and lists that were read."""
    connect(office, school)
    agree(office, "rekenwijs")
    agree(office, "grof", groups="coarse")
    agree(office, "klein", scope={"schools": BOTH, "grades": ["7"], "classes": ["Groep 7b"]})
    agree(office, "onderzoek", legal_basis="6-1-a")
    refreshing.refresh(office.services, now=office.clock())
    return office


@pytest.fixture(scope="module")
def officer(desk: Office) -> Person:
    return desk.employ("functionaris", "privacy_officer")


def pupils() -> list[Record]:
    return [user for user in BOARD.pupils() if user["status"] == "active"]


def looked(office: Office) -> list[accesses.Accessed]:
    return list(accesses.listed(office.services.school, board_id=office.services.board_id))


def ask(officer: Person, pupil: Record, **changes: str) -> requests.Response:
    fields = {
        "product": "rekenwijs", "source": "las-1", "identifier": str(pupil["sourcedId"]), "reason": "zaak 12",
        **changes,
    }  # fmt: skip
    return officer.post("/preview/pupil", fields, page="/preview/")


def sent(found: PersonPreview) -> dict[str, object]:
    return {row.field: row.sent for row in found.fields if row.sent is not None}


# -- real people ---------------------------------------------------------------------------------------------------


def test_officer_sees_real_beside_sent_and_why_and_the_look_is_registered_first(
    desk: Office, officer: Person, school: SimulatedSchool
) -> None:
    pupil = pupils()[0]
    before = looked(desk)
    school.forget()

    shown = ask(officer, pupil)

    page = visible(shown.text)
    assert shown.status_code == 200
    assert shown.headers["Cache-Control"] == "no-store"
    assert str(pupil["familyName"]) in page
    assert "Leerling" in page
    assert "as an alias" in page
    assert "does not leave: leaves the school in no form, whatever is agreed" in page
    assert "bijlage 1, onderdeel C" in page
    assert "The vendor holds this person now." in page
    (new,) = looked(desk)[len(before) :]
    assert (new.claim, new.operation, new.product, new.reason) == (
        "functionaris", "preview", "rekenwijs", "zaak 12"
    )  # fmt: skip
    assert str(new.os_account).startswith("page:")
    # Whom it is about stands in no address: not in ours, where a proxy would write it down.
    assert str(pupil["sourcedId"]) not in shown.url


def test_group_with_few_pupils_is_pointed_out(officer: Person) -> None:
    page = visible(ask(officer, pupils()[0]).text)
    assert "one of few is easily recognised" in page


@pytest.mark.parametrize(
    ("changes", "code", "registered"),
    [
        ({"reason": " "}, "reason_missing", False),
        ({"identifier": " "}, "pupil_invalid", False),
        ({"identifier": "1" * 399}, "pupil_invalid", False),
        ({"identifier": "1" * 401}, "pupil_invalid", False),
        ({"source": "onbekend"}, "source_unknown", False),
        ({"product": "onbekend"}, "agreement_missing", False),
        ({"identifier": "niemand"}, "pupil_unknown", True),
    ],
)
def test_wrong_question_is_told_and_shows_nobody(
    desk: Office, officer: Person, changes: dict[str, str], code: str, registered: bool
) -> None:
    before = len(looked(desk))
    refused = ask(officer, pupils()[0], **changes)
    assert refused.status_code in (409, 422)
    assert code in refused.text
    assert "niemand" not in refused.text
    assert str(pupils()[0]["familyName"]) not in refused.text
    assert len(looked(desk)) - before == registered


def test_manager_cannot_look_at_a_pupil_and_is_shown_no_form_for_it(
    desk: Office, school: SimulatedSchool
) -> None:
    manager = desk.employ("beheer", "application_manager")
    before = len(looked(desk))
    form = manager.get("/preview/")
    school.forget()
    refused = ask(manager, pupils()[0])
    assert "A real person" not in form.text
    assert refused.status_code == 403
    assert len(looked(desk)) == before
    assert school.requests == []


# -- made-up people ------------------------------------------------------------------------------------------------


def test_manager_sees_somebody_made_up_and_nobody_is_asked_for(desk: Office, school: SimulatedSchool) -> None:
    manager = desk.employ("kijker", "application_manager")
    before = len(looked(desk))
    school.forget()
    fields = {"product": "rekenwijs", "role": "student", "brin": "99ZZ", "grade": "6", "group": "Groep 6",
              "age": "10", "consents": "1"}  # fmt: skip

    shown = manager.post("/preview/made-up", fields, page="/preview/")

    page = visible(shown.text)
    assert shown.status_code == 200
    assert "Somebody made up." in page
    assert "Vermeulen" in page
    assert "Leerling" in page
    assert "This person leaves." in page
    assert school.requests == []
    assert len(looked(desk)) == before


def test_made_up_person_gets_no_pseudonym_of_a_real_one_and_takes_no_alias(desk: Office) -> None:
    def allocated() -> int:
        with reading(desk.services.school) as connection:
            return int(connection.execute(select(func.count()).select_from(aliases)).scalar_one())

    before = allocated()
    person = MadeUpPerson(brin="99ZZ")
    first, second = (
        sent(making_up.preview_made_up(desk.services, product="rekenwijs", person=person, now=desk.clock()))
        for _ in range(2)
    )
    names = refreshing.identifier_of(desk.services, [])
    space = refreshing.space_of(desk.services, "las-1")
    (real,) = names.pseudonyms(ProductId("rekenwijs"), Kind.USER, space, [PERSON])
    assert len({first["user.sourcedId"], second["user.sourcedId"], real}) == 3
    assert len(str(first["user.sourcedId"])) == len(real)
    assert allocated() == before


@pytest.mark.parametrize(
    ("product", "changes", "reason"),
    [
        ("klein", {"grade": "7", "group": "Groep 7b"}, None),
        ("klein", {"grade": "8", "group": "Groep 7b"}, "grade_out_of_scope"),
        ("klein", {"grade": "7", "group": "Groep 7a"}, "class_out_of_scope"),
        ("rekenwijs", {"objects": True}, "objection"),
        ("rekenwijs", {"role": "guardian"}, "subject_not_in_agreement"),
        ("rekenwijs", {"role": "teacher"}, None),
        ("grof", {"role": "teacher"}, None),
        ("onderzoek", {}, None),
        ("onderzoek", {"age": 17}, None),
        ("onderzoek", {"consents": False}, "consent_missing"),
    ],
)
def test_made_up_person_is_decided_like_a_real_one(
    desk: Office, product: str, changes: dict[str, Any], reason: str | None
) -> None:
    person = MadeUpPerson(brin="99ZZ", **changes)
    found = making_up.preview_made_up(desk.services, product=product, person=person, now=desk.clock())
    assert found.reason == reason
    assert found.released is (reason is None)
    assert (sent(found) != {}) is found.released
    assert any(group.sent for group in found.groups) is found.released


@pytest.mark.parametrize("changes", [{"age": "x"}, {"brin": "00XX"}, {"role": "hacker"}, {"group": ""}])
def test_impossible_made_up_person_is_refused(desk: Office, officer: Person, changes: dict[str, str]) -> None:
    fields = {
        "product": "rekenwijs",
        "role": "student",
        "brin": "99ZZ",
        "grade": "6",
        "group": "6",
        "age": "10",
    }
    refused = officer.post("/preview/made-up", {**fields, **changes}, page="/preview/")
    assert refused.status_code == 422
    assert "made_up_invalid" in refused.text


def test_approver_sees_what_would_leave_before_approving_and_nobody_real_that_way(
    desk: Office, officer: Person
) -> None:
    agree(desk, "wachtend", until="registered")
    approver = desk.employ("goedkeurder", "approver")
    form = approver.get("/preview/")
    fields = {"product": "wachtend@VO-wachtend/1", "role": "student", "brin": "99ZZ", "grade": "6",
              "group": "6", "age": "10", "consents": "1"}  # fmt: skip
    shown = approver.post("/preview/made-up", fields, page="/preview/")
    real = ask(officer, pupils()[0], product="wachtend")
    sly = ask(officer, pupils()[0], product="wachtend@VO-wachtend/1")
    unknown = approver.post("/preview/made-up", {**fields, "product": "wachtend@VO-x/1"}, page="/preview/")
    assert 'value="wachtend@VO-wachtend/1"' in form.text
    assert "As if VO-wachtend/1 were in force. It is not" in visible(shown.text)
    assert "This person would leave." in visible(shown.text)
    assert [each.status_code for each in (real, sly, unknown)] == [409, 409, 409]
    assert all("agreement_missing" in each.text for each in (real, sly, unknown))


def test_stopped_vendor_gets_nobody_not_even_somebody_made_up(desk: Office, officer: Person) -> None:
    agree(desk, "gestopt")
    switch.stop(desk.services, ACTOR, "gestopt", reason="toets", now=desk.clock())
    refused = ask(officer, pupils()[0], product="gestopt")
    assert (refused.status_code, "vendor_stopped" in refused.text) == (409, True)


# -- the same for programs ------------------------------------------------------------------------------------------


def program(office: Office, name: str, role: str) -> str:
    office.employ(name, role)
    account = next(each for each in accounts.listed(office.services, now=office.clock()) if each.name == name)
    return api_tokens.issue(
        office.services, account_id=account.account_id, label="toets", grants=grants_from([role]),
        actor=office.services.operator(), now=office.clock(), days=9,
    ).token  # fmt: skip


def call(office: Office, token: str, path: str, body: dict[str, Any]) -> requests.Response:
    return requests.post(
        f"{office.url}/api/v1/previews/{path}",
        json=body,
        timeout=10,
        headers={"Authorization": f"Bearer {token}"},
    )


def test_programs_ask_the_same_with_the_same_rights_and_are_registered(desk: Office) -> None:
    pupil = pupils()[1]
    body = {
        "product": "rekenwijs",
        "source": "las-1",
        "identifier": str(pupil["sourcedId"]),
        "reason": "zaak 3",
    }
    officer, manager = (
        program(desk, "po-api", "privacy_officer"),
        program(desk, "ict-api", "application_manager"),
    )
    before = len(looked(desk))

    real = call(desk, officer, "person", body)
    refused = call(desk, manager, "person", body)
    made_up = call(desk, manager, "made-up", {"product": "rekenwijs", "brin": "99ZZ"})
    wrong = call(desk, officer, "person", {**body, "reason": ""})

    rows = {row["field"]: row for row in real.json()["fields"]}
    assert rows["user.familyName"]["real"] == pupil["familyName"]
    assert rows["user.familyName"]["sent"] not in (None, pupil["familyName"])
    assert real.json()["held"] is True
    assert refused.status_code == 403
    assert made_up.json()["released"] is True
    assert made_up.json()["held"] is None
    assert wrong.status_code == 422
    assert len(looked(desk)) == before + 1
