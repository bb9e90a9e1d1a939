"""A vendor's leaflet: read strictly, taken apart into differences, and put together as accepted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import documents, leaflets, parsing
from contracts.agreements import Agreement
from contracts.comparison import lines_of
from contracts.faults import DocumentRefused
from contracts.leaflet_changes import ChangeKind, accepted, changes
from contracts.leaflets import LeafletFile
from tests.contracts.papers_of_leaflets import agreed_on, leaflet, plain_leaflet

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "leaflet.yaml"
LEAFLET = leaflet()
AGREED = agreed_on(LEAFLET)


def faults(plain: dict[str, Any]) -> dict[str, str]:
    try:
        leaflets.load(json.dumps(plain), name="x.json")
    except DocumentRefused as refused:
        return {fault.path: fault.code for fault in refused.faults}
    return {}


def loaded(record: dict[str, Any]) -> Agreement:
    return documents.load(json.dumps(record), name="x.json")


def test_example_is_sound_and_is_kept_as_the_same_leaflet() -> None:
    found = leaflets.load(EXAMPLE.read_bytes(), name=EXAMPLE.name)

    assert LeafletFile.from_canonical(found.canonical()) == found


def test_all_faults_of_a_leaflet_are_told_at_once_with_their_paths() -> None:
    plain = plain_leaflet()
    plain["vendor"]["kvk"] = "1"
    plain["products"][0]["categories"][0]["form"] = "clair"
    plain["products"][0]["categories"][1]["fields"] = ["user.bsn", "user.givenNaam", "user.sourcedId"]
    plain["products"][0]["colour"] = "blue"

    assert faults(plain) == {
        "vendor.kvk": "bad_form",
        "products[0].categories[0].form": "unknown_word",
        "products[0].categories[1].fields[0]": "national_number",
        "products[0].categories[1].fields[1]": "unknown_field",
        "products[0].categories[1].fields[2]": "identifier_not_pseudonym",
        "products[0].colour": "unknown_key",
    }


def test_words_of_the_vendor_may_say_that_no_bsn_is_asked_for() -> None:
    plain = plain_leaflet()
    plain["products"][0]["categories"][0]["words"] = "Naam; wij vragen geen BSN"

    assert faults(plain) == {}


def test_country_outside_the_eea_needs_its_mechanism_in_a_leaflet_too() -> None:
    plain = plain_leaflet()
    plain["products"][0]["storage_countries"] = ["NL", "US"]

    assert faults(plain) == {"products[0].storage_countries[1]": "transfer_without_mechanism"}


def test_agreement_that_follows_its_leaflet_has_no_differences() -> None:
    assert changes(AGREED, LEAFLET) == ()


def bend(**bent: Any) -> LeafletFile:
    plain = plain_leaflet()
    plain["products"][0].update(bent)
    return leaflets.load(json.dumps(plain), name="x.json")


def _category(**bent: Any) -> dict[str, Any]:
    line = {
        "words": "Telefoon voor spoed",
        "category": "contactgegevens",
        "subjects": ["leerling"],
        "fields": ["user.phone", "user.sms"],
        "form": "clear",
        "direction": "out",
    }
    return {**line, **bent}


WIDER = bend(
    version="4.0-2027.1",
    categories=[*plain_leaflet()["products"][0]["categories"], _category()],
    subprocessors=[
        *plain_leaflet()["products"][0]["subprocessors"],
        {"name": "Wolk: Noord", "country": "SE", "service": "back-up"},
    ],
)


def test_new_version_is_told_as_two_more_fields_and_one_new_sub_processor_in_the_vendors_words() -> None:
    told = changes(AGREED, WIDER)

    assert [(each.kind, each.part, each.what, each.words) for each in told] == [
        (ChangeKind.MORE, "field", "user.phone leerling out", "Telefoon voor spoed"),
        (ChangeKind.MORE, "field", "user.sms leerling out", "Telefoon voor spoed"),
        (ChangeKind.MORE, "subprocessor", "Wolk: Noord", ""),
    ]


def test_accepted_differences_go_into_the_next_record_and_refused_ones_do_not() -> None:
    told = changes(AGREED, WIDER)

    new = loaded(accepted(AGREED, WIDER, {told[1].key, told[2].key}))

    fields = {line.field for line in lines_of(new.products[0])}
    assert "user.sms" in fields
    assert "user.phone" not in fields
    assert "Wolk: Noord" in {third.name for third in new.products[0].subprocessors}
    assert [each.key for each in changes(new, WIDER)] == [told[0].key]
    assert new.products[0].bijsluiter is not None
    assert new.products[0].bijsluiter.version == "4.0-2027.1"


def test_board_keeps_its_own_clause_basis_and_scope() -> None:
    told = changes(AGREED, WIDER)

    new = loaded(accepted(AGREED, WIDER, {each.key for each in told}))

    assert (new.products[0].legal_basis, new.products[0].scope) == (
        AGREED.products[0].legal_basis, AGREED.products[0].scope,
    )  # fmt: skip
    clauses = {entry.clause for entry in AGREED.products[0].data}
    assert clauses <= {entry.clause for entry in new.products[0].data}


def test_other_form_of_a_field_is_one_difference_with_before_and_after() -> None:
    categories = plain_leaflet()["products"][0]["categories"]
    categories[0] = {**categories[0], "form": "clear", "fields": ["user.givenName"]}

    told = changes(AGREED, bend(categories=categories))

    assert [(each.kind, each.what, each.before[:5], each.after[:5]) for each in told] == [
        (ChangeKind.LESS, "user.familyName leerling out", "alias", ""),
        (ChangeKind.OTHER, "user.givenName leerling out", "alias", "clear"),
        (ChangeKind.LESS, "user.username leerling out", "alias", ""),
    ]


def test_security_is_told_once_whatever_the_number_of_products() -> None:
    plain = plain_leaflet()
    plain["security"]["assurance"] = "external"
    plain["products"].append({**plain["products"][0], "product_id": "tweede"})
    record = agreed_on(leaflets.load(json.dumps(plain), name="x.json"))
    plain["security"]["assurance"] = "peer"
    other = leaflets.load(json.dumps(plain), name="x.json")

    [told] = changes(record, other)

    assert (told.part, told.before, told.after) == ("security", "external", "peer")
    assert loaded(accepted(record, other, {told.key})).security.assurance == "peer"
    assert loaded(accepted(record, other, ())).security.assurance == "external"


@st.composite
def answers(draw: st.DrawFn) -> tuple[LeafletFile, set[str]]:
    categories = plain_leaflet()["products"][0]["categories"]
    for line in categories:
        line["form"] = draw(st.sampled_from(["pseudonym", "alias", "generalised", "clear"]))
        line["fields"] = draw(st.lists(st.sampled_from(line["fields"]), unique=True))
        line["direction"] = draw(st.sampled_from([line["direction"], "both"]))
    if draw(st.booleans()):
        categories.append(
            _category(
                subjects=draw(st.sampled_from([["leerling"], ["medewerker"], ["leerling", "medewerker"]]))
            )
        )
    new = bend(
        categories=categories,
        groups=draw(st.sampled_from(["none", "coarse", "exact"])),
        retention={"max_days_after_end": draw(st.sampled_from([30, 90, 365]))},
        storage_countries=draw(st.sampled_from([["NL"], ["DE", "NL"]])),
        ai=draw(st.sampled_from(["none", "adaptive", None])),
    )
    keys = [each.key for each in changes(AGREED, new)]
    return new, set(draw(st.lists(st.sampled_from(keys), unique=True))) if keys else set()


@settings(max_examples=40)
@given(answers())
def test_what_is_accepted_is_gone_from_the_differences_and_what_is_refused_stays(
    answered: tuple[LeafletFile, set[str]],
) -> None:
    new, taken = answered
    told = {each.key for each in changes(AGREED, new)}

    result = loaded(accepted(AGREED, new, taken))

    assert {each.key for each in changes(result, new)} == told - taken


def test_nothing_accepted_changes_no_field() -> None:
    result = loaded(accepted(AGREED, WIDER, ()))

    before = {
        line: (entry.form, entry.category, entry.clause)
        for line, entry in lines_of(AGREED.products[0]).items()
    }
    after = {
        line: (entry.form, entry.category, entry.clause)
        for line, entry in lines_of(result.products[0]).items()
    }
    assert after == before


@pytest.mark.parametrize("key", ["leaflet_version", "vendor", "products"])
def test_every_part_of_a_leaflet_is_needed(key: str) -> None:
    plain = plain_leaflet()
    del plain[key]

    assert faults(plain)[key] == "missing"


def test_list_is_no_leaflet() -> None:
    with pytest.raises(DocumentRefused):
        leaflets.load("- a", name="x.yaml")
    assert isinstance(parsing.parse(EXAMPLE.read_bytes(), name="x.yaml"), dict)
