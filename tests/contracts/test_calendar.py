"""What is due on a day: the day before, of and after each date."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest

from contracts.calendar import (
    END_DAYS,
    Occasion,
    Reminder,
    of_agreement,
    of_deletion,
    of_notice,
    of_shredding,
    reached,
)
from contracts.terms import NoticeAnswer, ShreddingClosed, ShreddingPlan
from contracts.vocabulary import AgreementState
from tests.contracts.records import agreement, day
from tests.contracts.test_terms import CLOCK, NOTICE, version

ENDS = agreement(term__until="2027-07-31", term__review_by=None)
REVIEWED = agreement(term__until=None, term__review_by="2027-07-31")


def marks(reminders: tuple[Reminder, ...]) -> list[tuple[str, int]]:
    return [(reminder.occasion.value, reminder.mark) for reminder in reminders]


DAYS = {
    "day before 60": (61, None),
    "60 days before": (60, 60),
    "day after 60": (59, 60),
    "day before 30": (31, 60),
    "30 days before": (30, 30),
    "day after 30": (29, 30),
    "day before 7": (8, 30),
    "7 days before": (7, 7),
    "day after 7": (6, 7),
    "day before": (1, 7),
    "the day": (0, 0),
}


@pytest.mark.parametrize("name", DAYS)
@pytest.mark.parametrize(
    ("record", "occasion"), [(ENDS, "agreement_ends"), (REVIEWED, "agreement_review")], ids=["end", "review"]
)
def test_day_before_of_and_after_each_day_of_warning(record: object, occasion: str, name: str) -> None:
    left, mark = DAYS[name]
    today = day("2027-07-31") - timedelta(days=left)
    assert marks(of_agreement(version(record), today)) == ([] if mark is None else [(occasion, mark)])


def test_after_the_last_day_an_end_is_no_news_and_a_review_still_is() -> None:
    after = day("2027-08-01")
    assert of_agreement(version(ENDS), after) == ()
    assert marks(of_agreement(version(REVIEWED), after)) == [("agreement_review", 0)]
    assert marks(of_agreement(version(REVIEWED), day("2029-01-01"))) == [("agreement_review", 0)]


@pytest.mark.parametrize(
    "state", [state for state in AgreementState if state.value not in ("active", "suspended")]
)
def test_only_an_agreement_that_runs_is_warned_of(state: AgreementState) -> None:
    assert of_agreement(version(ENDS, state=state), day("2027-07-30")) == ()


def test_suspended_agreement_is_warned_of() -> None:
    suspended = version(ENDS, state=AgreementState.SUSPENDED, suspended=True)
    assert marks(of_agreement(suspended, day("2027-07-01"))) == [("agreement_ends", 30)]


def test_planned_end_is_what_counts() -> None:
    planned = version(ENDS, ended_on=day("2027-03-31"))
    found = of_agreement(planned, day("2027-03-24"))
    assert [(each.on, each.mark) for each in found] == [(day("2027-03-31"), 7)]


def test_review_after_the_end_is_not_held() -> None:
    both = agreement(term__until="2027-07-31", term__review_by="2027-08-15")
    assert marks(of_agreement(version(both), day("2027-07-25"))) == [("agreement_ends", 7)]


def test_end_is_no_news_when_all_products_go_on() -> None:
    assert of_agreement(version(ENDS), day("2027-07-25"), going_on={"leesvlot"}) == ()
    assert marks(of_agreement(version(ENDS), day("2027-07-25"), going_on={"rekenvlot"})) == [
        ("agreement_ends", 7)
    ]


def test_version_that_takes_anothers_place_repeats_no_warning() -> None:
    today = day("2027-07-01")
    (first,) = of_agreement(version(ENDS), today)
    (second,) = of_agreement(version(ENDS, version=2), today)
    assert first.agreement != second.agreement
    assert first.key == second.key


def test_keys_tell_apart_what_is_to_be_told_apart() -> None:
    one = Reminder(
        occasion=Occasion.DELETION_DUE, agreement="VO/1", on=day("2027-01-01"), mark=14, product="a"
    )
    others = [
        dataclasses.replace(one, occasion=Occasion.DELETION_OVERDUE),
        dataclasses.replace(one, agreement="VO/2"),
        dataclasses.replace(one, on=day("2027-01-02")),
        dataclasses.replace(one, mark=3),
        dataclasses.replace(one, product="b"),
        dataclasses.replace(one, number=1),
    ]
    assert len({each.key for each in (one, *others)}) == 7


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        ("2027-08-05", []),
        ("2027-08-06", [("deletion_due", 14)]),
        ("2027-08-16", [("deletion_due", 14)]),
        ("2027-08-17", [("deletion_due", 3)]),
        ("2027-08-19", [("deletion_due", 3)]),
        ("2027-08-20", [("deletion_due", 0)]),
        ("2027-08-21", [("deletion_overdue", 1)]),
        ("2027-08-27", [("deletion_overdue", 1)]),
        ("2027-08-28", [("deletion_overdue", 8)]),
        ("2027-09-04", [("deletion_overdue", 15)]),
    ],
)
def test_deletion_is_told_of_before_on_and_every_week_after_its_day(
    today: str, expected: list[tuple[str, int]]
) -> None:
    assert marks(of_deletion(CLOCK, day(today))) == expected


def test_confirmed_or_continued_deletion_is_told_of_no_more() -> None:
    for closed in (
        dataclasses.replace(CLOCK, confirmed_on=day("2027-08-10")),
        dataclasses.replace(CLOCK, continued_under="VO-2027-002/1"),
    ):
        assert of_deletion(closed, day("2027-12-01")) == ()


@pytest.mark.parametrize(
    ("today", "mark"),
    [
        ("2027-02-22", None),
        ("2027-02-23", 7),
        ("2027-02-27", 7),
        ("2027-02-28", 2),
        ("2027-03-01", 2),
        ("2027-03-02", 0),
        ("2027-03-03", None),
    ],
)
def test_objection_term_that_is_nearly_over_is_told(today: str, mark: int | None) -> None:
    found = of_notice(NOTICE, day(today))
    assert [each.mark for each in found] == ([] if mark is None else [mark])
    assert all(each.number == 1 for each in found)


def test_answered_notice_and_one_without_a_term_are_not_told() -> None:
    answered = dataclasses.replace(NOTICE, answer=NoticeAnswer.ACCEPTED, answered_on=day("2027-02-01"))
    assert of_notice(answered, day("2027-03-02")) == ()
    assert of_notice(dataclasses.replace(NOTICE, object_by=None), day("2027-03-02")) == ()


def test_shredding_is_told_from_its_day_and_no_more_when_it_is_closed() -> None:
    plan = ShreddingPlan(agreement="VO-2026-031/1", product="leesvlot", shred_on=day("2027-09-01"))
    assert of_shredding(plan, day("2027-08-31")) == ()
    assert marks(of_shredding(plan, day("2027-09-01"))) == [("shredding_proposed", 0)]
    assert of_shredding(plan, day("2028-09-01"))[0].key == of_shredding(plan, day("2027-09-01"))[0].key
    for closed in ShreddingClosed:
        assert of_shredding(dataclasses.replace(plan, closed=closed), day("2027-09-01")) == ()


def test_every_day_before_a_date_has_one_mark_and_it_never_grows() -> None:
    on = date(2028, 2, 29)
    seen = [reached(on, on - timedelta(days=left), END_DAYS) for left in range(90, -30, -1)]
    told = [mark for mark in seen if mark is not None]
    assert told == sorted(told, reverse=True)
    assert set(told) == set(END_DAYS)
