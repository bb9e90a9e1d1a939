"""What of a returned record reaches the school's system, field by field."""

from __future__ import annotations

import pytest

from gateway.roster.model import Kind
from gateway.school.relink.bodies import FIELDS, Received, WrongType, rebuild
from gateway.strict_json import NumberText, dumps

EVERYTHING = frozenset(f"{kind.value}.{name}" for kind, names in FIELDS.items() for name in names)
# 23:30 UTC on 5 October 2026: 6 October at school.
RECEIVED = Received(1_791_243_000_000)


def rebuilt(kind: Kind, fields_back: frozenset[str] = EVERYTHING, **given: object) -> dict[str, object]:
    return rebuild(kind, given, fields_back=fields_back, received=RECEIVED)


def test_a_number_keeps_its_text() -> None:
    assert b'"score":7.50' in dumps(rebuilt(Kind.RESULT, score=NumberText("7.50")))


def test_a_number_between_quotes_is_a_number_and_keeps_its_text() -> None:
    assert b'"score":7.50' in dumps(rebuilt(Kind.RESULT, score="7.50"))


def test_a_score_above_the_maximum_is_accepted() -> None:
    assert rebuilt(Kind.RESULT, score=300)["score"] == 300


@pytest.mark.parametrize(
    ("given", "day"),
    [
        ("2026-10-05", "2026-10-05"),
        ("2026-10-05T23:30:00Z", "2026-10-06"),
        ("2026-10-05T23:30:00.000+02:00", "2026-10-05"),
        ("2026-10-05T23:30:00", "2026-10-05"),
    ],
)
def test_a_datetime_in_a_date_field_becomes_the_day_at_school(given: str, day: str) -> None:
    assert rebuilt(Kind.RESULT, scoreDate=given)["scoreDate"] == day


def test_what_the_standard_demands_is_completed_the_same_every_time() -> None:
    body = rebuilt(Kind.RESULT)
    assert body == rebuilt(Kind.RESULT)
    assert body == {
        "status": "active",
        "dateLastModified": "2026-10-05T23:30:00.000Z",
        "scoreStatus": "submitted",
        "scoreDate": "2026-10-06",
    }
    assert rebuilt(Kind.RESULT, score=1)["scoreStatus"] == "fully graded"


def test_a_line_item_gets_a_title_and_its_dates() -> None:
    body = rebuilt(Kind.LINE_ITEM)
    assert (body["title"], body["assignDate"], body["dueDate"]) == ("Toets", "2026-10-06", "2026-10-06")


def test_a_field_that_the_agreement_does_not_list_as_coming_back_stays_behind() -> None:
    listed = frozenset({"result.score"})
    body = rebuilt(Kind.RESULT, listed, score=5, comment="Sem doet het goed", textScore="A")
    assert "comment" not in body
    assert "textScore" not in body
    assert body["score"] == 5


def test_a_comment_reaches_the_school_as_it_was_written() -> None:
    comment = '<script>alert(1)</script> =1+1 "Sem"'
    assert rebuilt(Kind.RESULT, comment=comment)["comment"] == comment


def test_flags_are_written_as_the_standard_does() -> None:
    body = rebuilt(Kind.RESULT, late=True, missing="false")
    assert (body["late"], body["missing"]) == ("true", "false")


def test_a_score_status_of_the_vendors_own_is_legal() -> None:
    assert rebuilt(Kind.RESULT, scoreStatus="ext:herkansing")["scoreStatus"] == "ext:herkansing"


def test_unknown_members_stay_behind() -> None:
    assert "metadata" not in rebuilt(Kind.RESULT, metadata={"bsn": "1"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("score", "zeven"),
        ("score", True),
        ("score", {"value": 7}),
        ("score", "1e9"),
        ("comment", ["a"]),
        ("comment", 7),
        ("comment", "x" * 10_001),
        ("scoreDate", "gisteren"),
        ("scoreDate", "2026-13-01"),
        ("scoreDate", 20261005),
        ("late", "ja"),
        ("scoreStatus", "zomaar"),
    ],
)
def test_a_field_of_the_wrong_type_is_named_without_its_value(name: str, value: object) -> None:
    with pytest.raises(WrongType) as refused:
        rebuilt(Kind.RESULT, **{name: value})
    assert refused.value.field == name
    assert str(value) not in str(refused.value)
