"""What each form of an agreement makes of a value, and that nothing else gets through."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from contracts.vocabulary import Form
from gateway.roster.model import Kind
from gateway.school.disclosure.field_table import FIELDS, FieldRule, Handling, Value
from gateway.school.disclosure.treatments import WITHHELD, Surroundings, apply, structural, treatment
from gateway.strict_json import NumberText, loads


@dataclass(frozen=True)
class MadeUpAlias:
    given_name: str = "Leerling"
    family_name: str = "K7Q5M2"
    user_name: str = "leerling-k7q5m2"
    email_address: str = "leerling-k7q5m2@leerling.invalid"


SURROUNDINGS = Surroundings(
    pseudonym="p" + "a" * 61,
    alias=MadeUpAlias(),
    scrub=lambda text, kind: f"<{kind.value}>",
    term_of=lambda day, beginning: "2026-09-01" if beginning else "2027-01-31",
)
RULE = {value: FieldRule(value, words=frozenset({"student"})) for value in Value}


def made(form: Form, value: Value, given: object, field: str = "beginDate") -> object:
    treat = treatment(form, RULE[value])
    return WITHHELD if treat is None else treat(given, SURROUNDINGS, field)


@pytest.mark.parametrize(
    ("form", "value", "given", "expected"),
    [
        (Form.ALIAS, Value.GIVEN_NAME, "Sem", "Leerling"),
        (Form.ALIAS, Value.FAMILY_NAME, "de Vries", "K7Q5M2"),
        (Form.ALIAS, Value.USER_NAME, "semdevries", "leerling-k7q5m2"),
        (Form.ALIAS, Value.EMAIL, "sem@school.example", "leerling-k7q5m2@leerling.invalid"),
        (Form.PSEUDONYM, Value.USER_NAME, "semdevries", "p" + "a" * 61),
        (Form.GENERALISED, Value.BIRTH_DATE, "2014-05-06", "2014-01-01"),
        (Form.GENERALISED, Value.JOIN_DATE, "2026-10-07", "2026-09-01"),
        (Form.CLEAR, Value.TITLE, "Bijles Sem", "<title>"),
        (Form.CLEAR, Value.PROSE, "Sem werkt goed", "<prose>"),
        (Form.CLEAR, Value.STRUCTURAL_TITLE, "De Regenboog", "<structural>"),
        (Form.SCRUBBED, Value.PROSE, "Sem werkt goed", "<prose>"),
        (Form.CLEAR, Value.WORD, "student", "student"),
        (Form.CLEAR, Value.WORD, "ext:Sem de Vries", "ext:other"),
        (Form.CLEAR, Value.FLAG, False, "false"),
        (Form.CLEAR, Value.DATE, "2026-10-07T10:00:00Z", "2026-10-07"),
        (Form.CLEAR, Value.CODES, ["5", "", 7, "x" * 65], ["5"]),
        (Form.CLEAR, Value.CODES, "rekenen met Sem", ["<title>"]),
    ],
)
def test_form_makes_of_a_value_what_the_agreement_says(
    form: Form, value: Value, given: object, expected: object
) -> None:
    assert made(form, value, given) == expected


@pytest.mark.parametrize(
    ("form", "value", "given"),
    [
        (Form.ALIAS, Value.CONTACT, "0612345678"),
        (Form.ALIAS, Value.OTHER_NAME, "Jan"),
        (Form.GENERALISED, Value.GIVEN_NAME, "Sem"),
        (Form.SCRUBBED, Value.GIVEN_NAME, "Sem"),
        (Form.CLEAR, Value.GIVEN_NAME, {"name": "Sem"}),
        (Form.CLEAR, Value.GIVEN_NAME, ["Sem"]),
        (Form.CLEAR, Value.DATE, "vandaag"),
        (Form.CLEAR, Value.DATE, "2026-02-30"),
        (Form.CLEAR, Value.FLAG, "Sem"),
        (Form.CLEAR, Value.NUMBER, "zeven"),
        (Form.CLEAR, Value.NUMBER, True),
        (Form.CLEAR, Value.YEAR, "Sem"),
        (Form.CLEAR, Value.CODES, {"Sem": 1}),
        (Form.GENERALISED, Value.BIRTH_DATE, "in mei"),
    ],
)
def test_pair_or_type_that_is_not_in_the_table_withholds_the_field(
    form: Form, value: Value, given: object
) -> None:
    assert made(form, value, given) is WITHHELD


def test_grade_keeps_its_text() -> None:
    score = loads(b'{"score": 7.50}', max_bytes=100)
    assert isinstance(score, dict)

    kept = made(Form.CLEAR, Value.NUMBER, score["score"])

    assert isinstance(kept, NumberText)
    assert kept == "7.50"


def test_source_field_without_a_step_never_reaches_the_body() -> None:
    steps = [("givenName", treatment(Form.ALIAS, RULE[Value.GIVEN_NAME]), "Naam")]

    body = apply(
        steps, {"givenName": "Sem", "metadata": {"bsn": "123456782"}, "agentSourceIds": "x"}, SURROUNDINGS
    )

    assert body == {"givenName": "Leerling"}


def test_withheld_required_field_gets_its_placeholder() -> None:
    assert apply([("givenName", None, "Naam")], {"givenName": "Sem"}, SURROUNDINGS) == {"givenName": "Naam"}


def test_every_word_of_the_table_has_a_vocabulary() -> None:
    words = [rule for rules in FIELDS.values() for rule in rules.values() if rule.value is Value.WORD]
    assert words
    assert all(rule.words for rule in words)


def test_every_structural_field_is_checked_by_its_type() -> None:
    for kind, rules in FIELDS.items():
        for name, rule in rules.items():
            if rule.handling is Handling.STRUCTURAL:
                assert structural(rule)({"Sem": "de Vries"}, SURROUNDINGS, name) is WITHHELD, (kind, name)


def test_fields_that_can_never_leave_are_not_in_the_table() -> None:
    never = {
        "metadata",
        "password",
        "userIds",
        "userMasterIdentifier",
        "userProfiles",
        "resources",
        "sourcedId",
    }
    assert not never & {name for rules in FIELDS.values() for name in rules}
    assert "identifier" not in FIELDS[Kind.USER]
