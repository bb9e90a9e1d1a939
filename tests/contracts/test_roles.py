"""The role of the recipient: what the record must hold, what the board must know, what decisions do with it."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contracts import canonical, documents
from contracts.agreements import Agreement
from contracts.comparison import compare
from contracts.decisions import Permit, Refused, decide_field, decide_request
from contracts.faults import DocumentRefused
from contracts.findings import findings
from contracts.vocabulary import Operation, RecipientRole, RefusalReason, Service, SubjectCategory
from tests.contracts import records
from tests.contracts.records import DROP

STORED = {
    "stored_processor.json": "b74c2d2c73e38f56191aef1bb3057c0bfef581275d090be06c2317ebdf5f8f14",
    "stored_controller.json": "ebc86bdb03adf5d60b18415fa29628810b7ac1ff78a16b00b5b59cb02a8e6451",
    "stored_by_law.json": "0319b2cc3ce8ef9de632478dce7eb6ddfb6da64125691e8bc472bc2d6465aa71",
}
"""Canonical bytes and digests as they were stored before `sharing` existed and art. 28 depended on the role."""
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "agreement-controller.yaml"
SHARING = {
    "legal_basis": "6-1-e",
    "purpose": "onderzoek",
    "decided_on": "2026-06-01",
    "decided_by": "bestuur",
    "reference": "besluit 12",
}


def other(role: str = "controller", *, sharing: dict[str, Any] | None = None, **bent: Any) -> dict[str, Any]:
    """A record of a recipient that is no processor."""
    plain = records.plain(art28=DROP, breach=DROP, **bent)
    return {**plain, "role": role, "sharing": {**SHARING, **(sharing or {})}}


def faults(plain: dict[str, Any]) -> dict[str, str]:
    try:
        documents.load(json.dumps(plain), name="x.json")
    except DocumentRefused as refused:
        return {fault.path: fault.code for fault in refused.faults}
    return {}


def codes(plain: dict[str, Any]) -> set[str]:
    record = documents.load(json.dumps(plain), name="x.json")
    return {each.code.value for each in findings(record, today=date(2026, 11, 24), paper_given=True)}


@pytest.mark.parametrize("name", STORED)
def test_record_that_was_stored_before_is_read_and_gives_the_same_bytes_and_digest(name: str) -> None:
    content = (records.LEESVLOT.parent / name).read_bytes()

    record = Agreement.from_canonical(content)

    assert record.canonical() == content
    assert record.digest == canonical.digest(content) == STORED[name]


def test_example_of_a_controller_is_sound_and_is_asked_about_the_recipients_consents() -> None:
    record = documents.load(EXAMPLE.read_bytes(), name=EXAMPLE.name)

    found = findings(record, today=date(2026, 11, 24), paper_given=True)

    assert record.art28 is None
    assert [each.code.value for each in found] == ["consent_asked_by_recipient"]


@pytest.mark.parametrize("role", ["controller", "joint_controller"])
def test_controller_needs_a_decision_instead_of_art_28(role: str) -> None:
    assert faults(other(role)) == {}
    assert faults({**other(role), "sharing": None}) == {"sharing": "missing"}
    assert faults({**records.plain(role=role), "sharing": SHARING}) == {
        "art28": "part_not_of_role",
        "breach": "part_not_of_role",
    }


def test_processor_needs_art_28_and_a_breach_notice_and_no_decision() -> None:
    assert faults(records.plain(art28=DROP, breach=DROP)) == {"art28": "missing", "breach": "missing"}
    assert faults({**records.plain(), "sharing": SHARING}) == {"sharing": "part_not_of_role"}


def test_part_with_faults_of_its_own_is_not_called_missing() -> None:
    assert faults(records.plain(art28={})).get("art28") is None
    assert faults({**other(), "sharing": {}}).get("sharing") is None


@pytest.mark.parametrize("key", SHARING)
def test_every_part_of_the_decision_is_needed(key: str) -> None:
    plain = other()
    del plain["sharing"][key]

    assert faults(plain)[f"sharing.{key}"] == "missing"


def test_product_has_the_basis_of_the_decision() -> None:
    assert faults(other(sharing={"legal_basis": "6-1-f"})) == {"products[0].legal_basis": "basis_differs"}


def test_consent_as_basis_names_who_asks_it() -> None:
    consent = {"legal_basis": "6-1-a"}
    plain = other(sharing=consent, products__0__legal_basis="6-1-a")

    assert faults(plain) == {"sharing.consent_asked_by": "consent_asker_missing"}
    for asker, told in (("board", False), ("recipient", True)):
        plain["sharing"]["consent_asked_by"] = asker
        assert ("consent_asked_by_recipient" in codes(plain)) is told


def test_legal_duty_names_its_article() -> None:
    duty = {"legal_basis": "6-1-c"}

    assert faults(other(sharing=duty, products__0__legal_basis="6-1-c")) == {"sharing.law": "law_missing"}


def test_joint_controllers_without_an_arrangement_are_told_and_with_one_are_not() -> None:
    assert "joint_without_arrangement" in codes(other("joint_controller"))
    assert "joint_without_arrangement" not in codes(
        other("joint_controller", sharing={"arrangement": "bijlage 3"})
    )
    assert "joint_without_arrangement" not in codes(other())


def test_recipient_by_law_is_registered_only_under_a_duty_with_its_article() -> None:
    law = {"legal_basis": "6-1-c", "law": "Leerplichtwet, art. 18"}
    sound = other("recipient_by_law", sharing=law, products__0__legal_basis="6-1-c", products__0__services=[])

    assert faults(sound) == {}
    assert faults({**sound, "products": [{**sound["products"][0], "services": ["roster"]}]}) == {
        "products[0].services": "service_not_of_role"
    }
    contract = other(
        "recipient_by_law", sharing={**law, "legal_basis": "6-1-b"}, products__0__legal_basis="6-1-b"
    )
    assert faults(contract)["sharing.legal_basis"] == "basis_not_of_role"


def test_nothing_goes_to_a_recipient_by_law_even_where_a_stored_record_says_so() -> None:
    stored = Agreement.from_canonical((records.LEESVLOT.parent / "stored_by_law.json").read_bytes())
    terms = records.compiled(stored)
    assert Service.ROSTER in terms.services

    asked = decide_request(terms, Service.ROSTER, Operation.READ, now=records.IN_TERM)
    field = decide_field(
        terms, "user.givenName", SubjectCategory.PUPIL, service=Service.ROSTER, now=records.IN_TERM
    )

    for answer in (asked, field):
        assert isinstance(answer, Refused)
        assert answer.reason is RefusalReason.SERVICE_NOT_IN_AGREEMENT
    same = dataclasses.replace(terms, role=RecipientRole.PROCESSOR)
    assert isinstance(decide_request(same, Service.ROSTER, Operation.READ, now=records.IN_TERM), Permit)


def test_other_decision_or_another_role_is_for_a_second_person_to_approve() -> None:
    old = documents.load(json.dumps(other()), name="x.json")
    narrower = {"products__0__services": ["roster"]}
    for plain in (
        other(sharing={"purpose": "ook reclame"}, **narrower),
        other("joint_controller", **narrower),
        records.plain(**narrower),
    ):
        difference = compare(old, documents.load(json.dumps(plain), name="x.json"))
        assert difference.widened
        assert not difference.acts_at_once
    assert compare(old, documents.load(json.dumps(other(**narrower)), name="x.json")).acts_at_once
