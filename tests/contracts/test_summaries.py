"""What a new version changes, counted as one would tell it."""

from __future__ import annotations

from contracts.summaries import summarise
from contracts.vocabulary import Form
from tests.contracts import records


def test_same_record_changes_nothing() -> None:
    assert summarise(records.agreement(), records.agreement()).empty


def test_fields_are_counted_once_whatever_the_persons_and_directions() -> None:
    plain = records.plain()
    entry = {"category": "contactgegevens", "fields": ["user.phone"], "form": "clear", "direction": "both"}
    new = records.agreement(products__0__data=[*plain["products"][0]["data"], entry])

    told = summarise(records.agreement(), new)

    assert told.fields_added == (("leesvlot", "user.phone"),)
    assert told.fields_removed == ()


def test_other_form_of_a_field_is_told_with_both_forms() -> None:
    plain = records.plain()
    data = plain["products"][0]["data"]
    place = next(index for index, entry in enumerate(data) if entry["form"] == "alias")
    new = records.agreement(**{f"products__0__data__{place}__form": "pseudonym"})

    changes = summarise(records.agreement(), new).forms_changed

    assert {(change.before, change.after) for change in changes} == {(Form.ALIAS, Form.PSEUDONYM)}
    assert {change.line.field for change in changes} >= {data[place]["fields"][0]}


def test_country_of_a_new_sub_processor_counts_as_a_country_more() -> None:
    third = {"name": "Wolkhuis", "country": "SE", "service": "hosting"}
    old = records.plain()["products"][0].get("subprocessors", [])

    told = summarise(records.agreement(), records.agreement(products__0__subprocessors=[*old, third]))

    assert told.subprocessors_added == ("Wolkhuis",)
    assert told.countries_added == ("SE",)


def test_other_terms_are_told_by_name() -> None:
    told = summarise(
        records.agreement(), records.agreement(term__inbound_days_after_end=90, products__0__groups="none")
    )

    assert told.terms == ("term", "groups")
