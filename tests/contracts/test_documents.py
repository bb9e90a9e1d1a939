"""Reading a record: everything that is wrong, at once, with its place and what to do."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts import documents, parsing
from contracts.agreements import Agreement, CompiledAgreement
from contracts.canonical import NotCanonical, digest
from contracts.faults import DocumentRefused, FindingCode
from contracts.vocabulary import Groups, Service
from tests.contracts.records import DROP, LEESVLOT, PAPER, agreement, compiled, plain
from tests.shared import shared_path

TODAY = date(2026, 11, 24)


def faults(**bent: Any) -> dict[str, str]:
    """The codes of a bent record's faults by path."""
    result = documents.lint(json.dumps(plain(**bent)), name="record.json", today=TODAY)
    assert (result.agreement is None) == bool(result.faults)
    for fault in result.faults:
        assert fault.message.endswith("."), fault
        assert fault.remedy.endswith((".", "?")), fault
    return {fault.path: fault.code for fault in result.faults}


def test_yaml_and_json_give_the_same_record_and_digest() -> None:
    from_yaml = documents.load(LEESVLOT.read_bytes(), name="leesvlot.yaml")

    assert from_yaml == agreement()
    assert from_yaml.digest == agreement().digest
    assert from_yaml.controller.kvk == "01234567"
    assert from_yaml.products[0].storage_countries == ("NL", "NO")


def test_every_field_of_the_record_is_kept() -> None:
    written = json.loads(agreement().canonical())
    given = plain()
    given["products"][0].pop("transfers")  # empty, as is the default
    del given["products"][0]["scope"]["classes"]

    assert written == given


def test_the_reference_record_is_accepted_and_kept_whole() -> None:
    text = shared_path("agreement.example.json").read_bytes()

    record = documents.load(text, name="agreement.example.json")

    def kept(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: kept(inner) for key, inner in value.items() if inner not in (None, [])}
        return [kept(inner) for inner in value] if isinstance(value, list) else value

    written = json.loads(record.canonical())
    assert kept(written) == kept(json.loads(text))
    assert "until" in written["term"]


def test_a_stored_record_reads_back_to_the_same_bytes() -> None:
    record = agreement()

    again = Agreement.from_canonical(record.canonical())

    assert again == record
    assert again.canonical() == record.canonical()
    assert digest(record.canonical()) == record.digest


def test_a_compiled_agreement_reads_back_and_its_digest_sees_every_change() -> None:
    terms = compiled()

    assert CompiledAgreement.from_json(terms.to_json()) == terms
    assert CompiledAgreement.from_json(terms.to_json()).digest == terms.digest
    assert compiled(groups=Groups.NONE).digest != terms.digest
    assert terms.schools == ("31PQ", "32RS01")


def test_all_schools_means_those_of_the_board_at_registration() -> None:
    assert compiled(agreement(products__0__scope__schools=None)).schools == ("31PQ", "32RS")


@pytest.mark.parametrize(
    "content",
    [b"[]", b'{"a":1}', b"{", compiled().to_json()[:-1] + b',"extra":1}'],
    ids=["list", "other", "broken", "extra key"],
)
def test_bytes_that_are_no_compiled_agreement_are_refused(content: bytes) -> None:
    with pytest.raises(NotCanonical):
        CompiledAgreement.from_json(content)


def test_all_faults_are_told_at_once_with_their_paths() -> None:
    found = faults(
        art28__g_end=DROP,
        art28__h_audit__notice_days="five",
        breach=DROP,
        term__until="2026-02-30",
        processor__country="US",
        products__0__data__0__fields=["user.givenname", "user.bsn", "user.password"],
        products__0__data__1__form="claer",
        products__0__data__3__art9_ground=DROP,
        products__0__scope__schols=["31PQ"],
        produkts=[],
    )

    assert found == {
        "art28.g_end": "missing",
        "art28.h_audit.notice_days": "bad_number",
        "breach": "missing",
        "term.until": "not_a_day",
        "processor.country": "transfer_without_mechanism",
        "products[0].data[0].fields[0]": "unknown_field",
        "products[0].data[0].fields[1]": "national_number",
        "products[0].data[0].fields[2]": "field_never_leaves",
        "products[0].data[1].form": "unknown_word",
        "products[0].data[3].art9_ground": "special_without_ground",
        "products[0].scope.schols": "unknown_key",
        "produkts": "unknown_key",
    }


@pytest.mark.parametrize(
    "item",
    [
        "a_instructions",
        "b_confidentiality",
        "c_security",
        "d_subprocessors",
        "e_rights",
        "f_assistance",
        "g_end",
        "h_audit",
    ],
)
def test_every_item_of_art_28_is_required(item: str) -> None:
    assert faults(**{f"art28__{item}": DROP}) == {f"art28.{item}": "missing"}
    assert faults(**{f"art28__{item}__clause": ""}) == {f"art28.{item}.clause": "empty_text"}


@pytest.mark.parametrize("key", ["action", "delete_within_days", "confirmation"])
def test_the_deletion_term_is_required(key: str) -> None:
    assert faults(**{f"art28__g_end__{key}": DROP}) == {f"art28.g_end.{key}": "missing"}


@pytest.mark.parametrize(
    "name",
    [
        "user.bsn",
        "user.BSN",
        "user.pgn",
        "user.onderwijsnummer",
        "user.metadata.bsn",
        "demographics.bsn_ondwnr_4",
        "user.nationalId",
        "user.burgerServiceNummer",
        "bsn",
    ],
)
@pytest.mark.parametrize("form", ["pseudonym", "clear"])
def test_a_national_number_is_refused_under_any_name_in_any_form(name: str, form: str) -> None:
    found = faults(products__0__data__0__fields=[name], products__0__data__0__form=form)

    assert found == {"products[0].data[0].fields[0]": "national_number"}


def test_the_category_of_national_numbers_is_refused_in_any_form() -> None:
    found = faults(products__0__data__0__category="bsn_pgn", products__0__data__0__form="pseudonym")

    assert found == {"products[0].data[0].category": "national_number"}


@pytest.mark.parametrize(
    "name",
    [
        "user.password",
        "user.userIds",
        "user.userMasterIdentifier",
        "user.identifier",
        "user.userProfiles",
        "user.metadata",
        "class.metadata",
        "demographics.metadata",
    ],
)
def test_what_never_leaves_cannot_be_listed(name: str) -> None:
    found = faults(products__0__data__0__fields=[name], products__0__data__0__form="pseudonym")

    assert found == {"products[0].data[0].fields[0]": "field_never_leaves"}


def test_special_data_needs_ground_and_necessity_also_under_an_innocent_category() -> None:
    found = faults(
        products__0__data__2__fields=["demographics.cityOfBirth"], products__0__data__2__necessity=DROP
    )

    assert found == {
        "products[0].data[2].art9_ground": "special_without_ground",
        "products[0].data[2].necessity": "special_without_ground",
    }


@pytest.mark.parametrize(
    ("bent", "path"),
    [
        ({"products__0__storage_countries": ["NL", "US"]}, "products[0].storage_countries[1]"),
        ({"processor__country": "IN"}, "processor.country"),
        (
            {"products__0__subprocessors__0__country": "GB"},
            "products[0].subprocessors[0].transfer_mechanism",
        ),
        (
            {
                "products__0__subprocessors__0__country": "GB",
                "products__0__subprocessors__0__transfer_mechanism": "none",
            },
            "products[0].subprocessors[0].transfer_mechanism",
        ),
        (
            {"products__0__transfers": [{"country": "US", "mechanism": "geen"}]},
            "products[0].transfers[0].mechanism",
        ),
    ],
)
def test_a_country_outside_the_eea_needs_a_mechanism(bent: dict[str, Any], path: str) -> None:
    assert faults(**bent) == {path: "transfer_without_mechanism"}


def test_a_mechanism_covers_its_country() -> None:
    transfers = [{"country": "US", "mechanism": "adequacy"}]

    assert not faults(
        products__0__storage_countries=["NL", "US"], processor__country="US", products__0__transfers=transfers
    )


RULES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "last day before the first": ({"term__until": "2026-07-31"}, {"term.until": "term_backwards"}),
    "last day forgotten": ({"term__until": DROP}, {"term.until": "missing"}),
    "school of another board": (
        {"products__0__scope__schools": ["31PQ", "99ZZ"]},
        {"products[0].scope.schools[1]": "school_not_of_board"},
    ),
    "scope of nobody": ({"products__0__scope__schools": []}, {"products[0].scope.schools": "empty_list"}),
    "field listed twice": (
        {"products__0__data__2__fields": ["user.givenName"]},
        {"products[0].data[2].fields[0]": "field_listed_twice"},
    ),
    "word twice": (
        {"products__0__services": ["roster", "results", "gradebook", "roster"]},
        {"products[0].services": "twice"},
    ),
    "identifier in clear": (
        {"products__0__data__4__fields": ["enrollment.user"]},
        {"products[0].data[4].fields[0]": "identifier_not_pseudonym"},
    ),
    "result of a teacher": (
        {"products__0__data__1__fields": ["result.textScore"]},
        {"products[0].data[1].fields[0]": "field_not_of_subject"},
    ),
    "chain identifier without a basis": (
        {"products__0__identifier": {"scope": "eckid"}},
        {"products[0].identifier": "eckid_without_basis"},
    ),
    "breach notice of four days": (
        {"breach__notify__within_hours": 96},
        {"breach.notify.within_hours": "bad_number"},
    ),
    "hours as a boolean": (
        {"breach__notify__within_hours": True},
        {"breach.notify.within_hours": "bad_number"},
    ),
    "control characters": ({"processor__name": "Lees\u202evlot"}, {"processor.name": "bad_text"}),
    "no products": ({"products": []}, {"products": "empty_list"}),
    "part of another shape": ({"controller": 5}, {"controller": "not_an_object"}),
    "hash in another form": ({"document__sha256": "9F86"}, {"document.sha256": "bad_form"}),
    "slug with a slash": ({"products__0__product_id": "lees/vlot"}, {"products[0].product_id": "bad_form"}),
    "reserved slug": ({"products__0__product_id": "_register"}, {"products[0].product_id": "bad_form"}),
    # The same number in two scripts would be two recipients.
    "KvK number in another script": (
        {"processor__kvk": "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667"},
        {"processor.kvk": "bad_form"},
    ),
    "short KvK number": ({"processor__kvk": "1234567"}, {"processor.kvk": "bad_form"}),
}


@pytest.mark.parametrize("name", RULES)
def test_rule_of_the_record(name: str) -> None:
    bent, expected = RULES[name]
    found = faults(**bent)

    assert {path: found.get(path) for path in expected} == expected
    assert set(found.values()) == set(expected.values())


def test_a_product_may_stand_only_once() -> None:
    record = plain()
    record["products"].append(plain(products__0__ai="adaptive")["products"][0])

    result = documents.lint(json.dumps(record), today=TODAY)

    assert [(fault.path, fault.code) for fault in result.faults] == [
        ("products[1].product_id", "product_twice")
    ]


def test_a_misspelt_field_gets_the_nearest_name() -> None:
    result = documents.lint(json.dumps(plain(products__0__data__0__fields=["user.givenname"])), today=TODAY)

    assert [fault.remedy for fault in result.faults] == ["Did you mean user.givenName?"]


def test_what_gives_nothing_is_no_fault() -> None:
    record = agreement(products__0__services=["roster"], products__0__subjects=["leerling"])

    assert record.products[0].services == (Service.ROSTER,)


def test_the_chain_identifier_is_registered_with_its_basis_and_an_entry() -> None:
    entry = {"category": "keten_id", "fields": [], "form": "clear", "direction": "out"}
    data = [*plain()["products"][0]["data"], entry]
    identifier = {"scope": "eckid", "eckid_basis": "WPO art. 178a"}

    assert not faults(products__0__data=data, products__0__identifier=identifier)
    assert faults(products__0__data=data) == {"products[0].identifier.scope": "eckid_without_basis"}


def test_registered_only_without_services_is_sound() -> None:
    record = agreement(products__0__services=[])

    assert record.products[0].services == ()
    assert Service.ROSTER not in compiled(record).services


# --- the document and the findings ---


def findings(**bent: Any) -> list[FindingCode]:
    result = documents.lint(json.dumps(plain(**bent)), paper=PAPER, today=TODAY)
    assert not result.faults
    return [finding.code for finding in result.findings]


def test_a_complete_record_with_its_document_has_no_findings() -> None:
    assert findings() == []


def test_a_document_that_does_not_match_its_hash_is_refused() -> None:
    result = documents.lint(LEESVLOT.read_bytes(), name="a.yaml", paper=b"another paper", today=TODAY)

    assert [(fault.path, fault.code) for fault in result.faults] == [("document.sha256", "document_mismatch")]


def test_a_document_without_a_hash_in_the_record_is_refused() -> None:
    result = documents.lint(json.dumps(plain(document=None)), paper=PAPER, today=TODAY)

    assert [fault.code for fault in result.faults] == ["document_mismatch"]


def test_no_document_is_a_finding() -> None:
    result = documents.lint(LEESVLOT.read_bytes(), name="a.yaml", today=TODAY)

    assert [finding.code for finding in result.findings] == [FindingCode.NO_DOCUMENT]


@pytest.mark.parametrize(
    "bent",
    [{"breach__notify": DROP}, {"breach__notify": {"wording": "onverwijld"}}],
    ids=["nothing", "words only"],
)
def test_a_breach_notice_without_hours_is_a_finding(bent: dict[str, Any]) -> None:
    assert findings(**bent) == [FindingCode.BREACH_WITHOUT_HOURS]


def test_no_impact_assessment_is_a_finding() -> None:
    assert findings(products__0__dpia=None) == [FindingCode.NO_DPIA]


@pytest.mark.parametrize(
    ("review_by", "expected"),
    [("2026-11-23", [FindingCode.REVIEW_PASSED]), ("2026-11-24", []), ("2026-11-25", []), (None, [])],
)
def test_a_review_date_that_has_passed_is_a_finding(
    review_by: str | None, expected: list[FindingCode]
) -> None:
    assert findings(term__review_by=review_by) == expected


# --- texts ---

HOSTILE: dict[str, tuple[str | bytes, str]] = {
    "alias": ("a: &x [1]\nb: *x", "yaml_alias"),
    "billion laughs": ("a: &a [x]\nb: &b [*a,*a]\nc: [*b,*b]", "yaml_alias"),
    "tag": ("!!python/object/apply:os.system [id]", "yaml_tag"),
    "tag inside": ("a: !!binary aGVsbG8=", "yaml_tag"),
    "key twice in YAML": ("a: 1\na: 2", "duplicate_key"),
    "key twice in JSON": ('{"a": 1, "a": 2}', "duplicate_key"),
    "key twice deep in JSON": ('{"a": {"b": 1, "b": 1}}', "duplicate_key"),
    "NaN": ('{"a": NaN}', "not_a_number"),
    "deep JSON": ('{"a":' * 21 + "1" + "}" * 21, "too_deep"),
    "deep YAML": ("a: " + "[" * 100, "too_deep"),
    "very deep JSON": ('{"a":' + "[" * 200_000, "too_deep"),
    "two documents": ("a: 1\n---\nb: 2", "not_yaml"),
    "not UTF-8": (b"a: \xff", "not_utf8"),
    "half a character in JSON": ('{"a": "\\ud800"}', "not_utf8"),
    "half a character in YAML": ('a: "\\uD800"', "not_utf8"),
    "zero byte": ("a: \x00", "not_yaml"),
    "too large": (b"a: " + b"x" * (1024 * 1024), "too_large"),
    "a list": ("- a", "not_an_object"),
    "nothing": ("", "not_an_object"),
    "broken JSON": ('{"a": ', "not_json"),
    "broken YAML": ("a: [1", "not_yaml"),
    "too many values in JSON": ('{"a": [' + "1," * 20_000 + "1]}", "too_large"),
    "too many values in YAML": ("a: [" + "1," * 40_000 + "1]", "too_large"),
    "merge key": ("<<: {a: 1}", "unknown_key"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_refused(name: str) -> None:
    content, code = HOSTILE[name]

    with pytest.raises(DocumentRefused) as refused:
        documents.load(content)

    assert code in {fault.code for fault in refused.value.faults}


def test_yaml_words_keep_their_text() -> None:
    read = parsing.parse("a: NO\nb: 01234567\nc: 2026-09-01\nd: 1:30\ne: 4.0\nf: yes\ng: ~\nh: 12\ni: true\n")

    assert read == {
        "a": "NO",
        "b": "01234567",
        "c": "2026-09-01",
        "d": "1:30",
        "e": "4.0",
        "f": "yes",
        "g": None,
        "h": 12,
        "i": True,
    }


def test_a_number_written_without_quotes_is_taken_as_its_text() -> None:
    record = plain(controller__kvk=12345678, products__0__scope__grades=[4, 5])

    read = documents.load(yaml.safe_dump(record), name="record.yaml")

    assert read.controller.kvk == "12345678"
    assert read.products[0].scope.grades == ("4", "5")


def test_a_refused_document_tells_no_text_of_it_in_its_own_message() -> None:
    with pytest.raises(DocumentRefused, match=r"^\d+ faults? in the agreement record$"):
        documents.load("geheim: Jan de Vries")


def test_the_example_in_the_documentation_is_sound() -> None:
    example = Path(__file__).parents[2] / "docs" / "examples" / "agreement.yaml"

    result = documents.lint(example.read_bytes(), name=example.name, today=TODAY)

    assert result.faults == ()
    assert [finding.code for finding in result.findings] == [FindingCode.NO_DOCUMENT]
