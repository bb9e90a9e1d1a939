"""What was said about a pupil's data, by whom, and what it is worth; named after the sentences of the seed page."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime

import pytest

from contracts.consents import (
    ConsentGiver,
    ConsentMethod,
    ConsentState,
    ConsentStep,
    Objection,
    Speaker,
    Standing,
    Statement,
    birthday,
    consent_giver,
    is_written,
    may_say,
    objects,
    standing,
)
from contracts.instants import ends_at, from_ms, local_day, starts_at, to_ms
from contracts.legal_bases import knows_objection, needs_consent
from contracts.vocabulary import LegalBasis, RefusalReason, SubjectCategory

SELF, REPRESENTATIVE = ConsentGiver.SELF, ConsentGiver.REPRESENTATIVE
TEXT, OTHER_TEXT = "a" * 64, "b" * 64
TODAY = date(2026, 11, 24)
CHILD = date(2016, 3, 9)
"""Ten years old."""
GROWN = date(2010, 11, 20)
"""Sixteen since four days."""
R = RefusalReason
PUPIL, STAFF = SubjectCategory.PUPIL, SubjectCategory.STAFF


def said(what: str) -> Statement:
    """`1 given 11-02`: representative 1 (2, or `self`) gave it on 2 November; `other`, `until=11-23`."""
    who, step, on, *more = what.split()
    speaker = Speaker.SELF if who == "self" else Speaker(f"representative-{who}")
    return Statement(
        product="leesvlot",
        purpose="onderzoek",
        step=ConsentStep(step),
        speaker=speaker,
        said_on=date.fromisoformat(f"2026-{on}" if len(on) == 5 else on),
        text_sha256=OTHER_TEXT if "other" in more else TEXT,
        expires_on=next(
            (date.fromisoformat(f"2026-{each[6:]}") for each in more if each.startswith("until=")), None
        ),
    )


def worth(
    *statements: str,
    born_on: date | None = CHILD,
    subject: SubjectCategory = PUPIL,
    today: date = TODAY,
) -> Standing:
    return standing(
        [said(each) for each in statements],
        subject=subject,
        born_on=born_on,
        texts=frozenset({TEXT}),
        today=today,
    )


# -- 7: who decides -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("born_on", "on", "giver"),
    [
        ("2010-11-24", "2026-11-23", REPRESENTATIVE),
        ("2010-11-24", "2026-11-24", SELF),
        ("2010-11-24", "2026-11-25", SELF),
        ("2012-02-29", "2028-02-28", REPRESENTATIVE),
        ("2012-02-29", "2028-02-29", SELF),
        # 2100 is no leap year: 1 March, so that nobody counts as 16 before being 16.
        ("2084-02-29", "2100-02-28", REPRESENTATIVE),
        ("2084-02-29", "2100-03-01", SELF),
    ],
)
def test_sentence_07_from_the_day_of_the_16th_birthday_the_pupil_decides(
    born_on: str, on: str, giver: ConsentGiver
) -> None:
    assert consent_giver(date.fromisoformat(born_on), date.fromisoformat(on)) is giver


def test_sentence_07_the_birthday_is_a_day_in_amsterdam() -> None:
    assert local_day(datetime(2026, 11, 23, 23, 0, tzinfo=UTC)) == date(2026, 11, 24)
    assert birthday(date(2010, 11, 24), 16) == date(2026, 11, 24)


EVERY = frozenset(ConsentStep)
NOES = EVERY - {ConsentStep.GIVEN}


@pytest.mark.parametrize(
    ("who", "born_on", "on", "may"),
    [
        # Below 16 a representative gives, refuses and withdraws; the pupil may say no.
        ("representative-1", "2010-11-24", "2026-11-23", EVERY),
        ("representative-2", "2010-11-24", "2026-11-23", EVERY),
        ("self", "2010-11-24", "2026-11-23", NOES),
        # From 16 the pupil alone.
        ("representative-1", "2010-11-24", "2026-11-24", frozenset()),
        ("representative-2", "2010-11-24", "2026-11-24", frozenset()),
        ("self", "2010-11-24", "2026-11-24", EVERY),
        ("self", "2012-02-29", "2028-02-28", NOES),
        ("self", "2012-02-29", "2028-02-29", EVERY),
        ("representative-1", "2084-02-29", "2100-02-28", EVERY),
        ("representative-1", "2084-02-29", "2100-03-01", frozenset()),
        # Without a birth date nobody can show that he might give it; a no needs no proof.
        ("self", None, "2026-11-24", NOES),
        ("representative-1", None, "2026-11-24", NOES),
    ],
)
def test_sentence_07_who_may_say_what_on_which_day(
    who: str, born_on: str | None, on: str, may: frozenset[ConsentStep]
) -> None:
    born = None if born_on is None else date.fromisoformat(born_on)
    found = {
        step
        for step in ConsentStep
        if may_say(step, Speaker(who), subject=PUPIL, born_on=born, on=date.fromisoformat(on))
    }
    assert found == may


def test_sentence_07_staff_speak_for_themselves_whatever_their_age() -> None:
    for born in (None, CHILD, date(1980, 1, 1)):
        for step in ConsentStep:
            assert may_say(step, Speaker.SELF, subject=STAFF, born_on=born, on=TODAY)
            assert not may_say(step, Speaker.REPRESENTATIVE_1, subject=STAFF, born_on=born, on=TODAY)


# -- what it comes to ---------------------------------------------------------------------------------------------

GIVEN, REFUSED = ConsentState.GIVEN, ConsentState.REFUSED
WITHDRAWN, UNKNOWN = ConsentState.WITHDRAWN, ConsentState.UNKNOWN

STANDINGS: dict[str, tuple[tuple[str, ...], date | None, ConsentState, RefusalReason | None]] = {
    "09 nobody said anything": ((), CHILD, UNKNOWN, R.CONSENT_MISSING),
    "09 said for a day to come": (("1 given 11-25",), CHILD, UNKNOWN, R.CONSENT_MISSING),
    "06 given": (("1 given 11-02",), CHILD, GIVEN, None),
    "06 given today": (("1 given 11-24",), CHILD, GIVEN, None),
    "06 refused": (("1 refused 11-02",), CHILD, REFUSED, R.CONSENT_REFUSED),
    "06 refused at first, then given": (("1 refused 11-02", "1 given 11-03"), CHILD, GIVEN, None),
    "06 given at first, then refused": (("1 given 11-02", "1 refused 11-03"), CHILD, REFUSED, R.CONSENT_REFUSED),
    "06 recorded in another order than it was said": (
        ("1 withdrawn 11-03", "1 given 11-02"), CHILD, WITHDRAWN, R.CONSENT_WITHDRAWN,
    ),
    "12 withdrawn": (("1 given 11-02", "1 withdrawn 11-10"), CHILD, WITHDRAWN, R.CONSENT_WITHDRAWN),
    "12 withdrawn on the day on which it was given": (
        ("1 given 11-10", "1 withdrawn 11-10"), CHILD, WITHDRAWN, R.CONSENT_WITHDRAWN,
    ),
    "12 withdrawn and given again": (
        ("1 given 11-02", "1 withdrawn 11-10", "1 given 11-11"), CHILD, GIVEN, None,
    ),
    "12 withdrawn for a day to come acts now": (
        ("1 given 11-02", "1 withdrawn 11-30"), CHILD, WITHDRAWN, R.CONSENT_WITHDRAWN,
    ),
    "07 two parents, both gave": (("1 given 11-02", "2 given 11-03"), CHILD, GIVEN, None),
    "07 two parents, the other one objects": (
        ("1 given 11-02", "2 refused 11-03"), CHILD, REFUSED, R.CONSENT_REFUSED,
    ),
    "07 two parents, the other one objected before": (
        ("2 refused 11-02", "1 given 11-03"), CHILD, REFUSED, R.CONSENT_REFUSED,
    ),
    "07 two parents, one of them withdraws": (
        ("1 given 11-02", "2 given 11-03", "1 withdrawn 11-04"), CHILD, WITHDRAWN, R.CONSENT_WITHDRAWN,
    ),
    "07 two parents, the one who objected gives after all": (
        ("1 given 11-02", "2 refused 11-03", "2 given 11-04"), CHILD, GIVEN, None,
    ),
    "07 two parents, one who gives again does not undo the other's no": (
        ("1 given 11-02", "2 withdrawn 11-03", "1 given 11-04"), CHILD, WITHDRAWN, R.CONSENT_WITHDRAWN,
    ),
    "07 the pupil below 16 gives": (("self given 11-02",), CHILD, UNKNOWN, R.CONSENT_BY_WRONG_PERSON),
    "07 the pupil below 16 withdraws what a parent gave": (
        ("1 given 11-02", "self withdrawn 11-03"), CHILD, WITHDRAWN, R.CONSENT_WITHDRAWN,
    ),
    "07 the pupil below 16 says no before a parent gives": (
        ("self refused 11-02", "1 given 11-03"), CHILD, GIVEN, None,
    ),
    "07 a parent gives again after the pupil below 16 withdrew": (
        ("1 given 11-02", "self withdrawn 11-03", "1 given 11-04"), CHILD, GIVEN, None,
    ),
    "07 a pupil's no below 16 leaves the other parent's no": (
        ("2 refused 11-01", "self refused 11-02", "1 given 11-03"), CHILD, REFUSED, R.CONSENT_REFUSED,
    ),
    "07 a parent's further no leaves the pupil's no": (
        ("self refused 11-02", "1 refused 11-03", "2 given 11-04"), CHILD, REFUSED, R.CONSENT_REFUSED,
    ),
    "07 a parent of a pupil of 16 gives": (("1 given 11-21",), GROWN, UNKNOWN, R.CONSENT_BY_WRONG_PERSON),
    "07 a parent gave the day before the birthday": (("1 given 11-19",), GROWN, GIVEN, None),
    "07 a parent gives on the birthday": (("1 given 11-20",), GROWN, UNKNOWN, R.CONSENT_BY_WRONG_PERSON),
    "07 a parent of a pupil of 16 withdraws": (("1 given 11-02", "1 withdrawn 11-21"), GROWN, GIVEN, None),
    "07 a parent of a pupil of 16 refuses what the pupil gave": (
        ("self given 11-20", "1 refused 11-21"), GROWN, GIVEN, None,
    ),
    "07 the pupil of 16 withdraws what a parent gave": (
        ("1 given 11-02", "self withdrawn 11-21"), GROWN, WITHDRAWN, R.CONSENT_WITHDRAWN,
    ),
    "07 the pupil of 16 gives though a parent objected": (
        ("1 given 11-01", "2 refused 11-02", "self given 11-20"), GROWN, GIVEN, None,
    ),
    "07 a parent's no from before 16 stands until the pupil speaks": (
        ("1 given 11-01", "2 refused 11-02"), GROWN, REFUSED, R.CONSENT_REFUSED,
    ),
    "07 the pupil's own no from before 16 stands": (
        ("1 given 11-01", "self withdrawn 11-02"), GROWN, WITHDRAWN, R.CONSENT_WITHDRAWN,
    ),
    "07 no birth date, given": (("1 given 11-02",), None, UNKNOWN, R.CONSENT_BY_WRONG_PERSON),
    "07 no birth date, withdrawn": (
        ("1 given 11-02", "1 withdrawn 11-03"), None, WITHDRAWN, R.CONSENT_WITHDRAWN,
    ),
    "10 another text was shown": (("1 given 11-02 other",), CHILD, UNKNOWN, R.CONSENT_TEXT_CHANGED),
    "10 given again to the text of today": (("1 given 11-02 other", "1 given 11-03"), CHILD, GIVEN, None),
    "10 of two parents one was told all": (("1 given 11-02 other", "2 given 11-03"), CHILD, GIVEN, None),
    "10 a no needs no text": (("1 given 11-02", "1 withdrawn 11-03 other"), CHILD, WITHDRAWN, R.CONSENT_WITHDRAWN),
    "10 last day": (("1 given 11-02 until=11-24",), CHILD, GIVEN, None),
    "10 the day after the last": (("1 given 11-02 until=11-23",), CHILD, UNKNOWN, R.CONSENT_EXPIRED),
    "10 the pupil of 16 let it expire: the parent's does not come back": (
        ("1 given 11-02", "self given 11-20 until=11-23"), GROWN, UNKNOWN, R.CONSENT_EXPIRED,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STANDINGS, ids=lambda name: f"sentence {name}")
def test_what_was_said_comes_to(name: str) -> None:
    statements, born_on, state, reason = STANDINGS[name]
    found = worth(*statements, born_on=born_on)
    assert (found.state, found.reason) == (state, reason)


def test_sentence_09_only_given_has_no_reason_against_it() -> None:
    for name, (_, _, state, reason) in STANDINGS.items():
        assert (state is GIVEN) == (reason is None), name


def test_sentence_06_the_day_and_the_speaker_that_decide_are_told() -> None:
    found = worth("1 given 11-02", "2 refused 11-05")
    assert (found.since, found.speaker) == (date(2026, 11, 5), Speaker.REPRESENTATIVE_2)
    assert worth().since is None


def test_sentence_07_a_parents_consent_is_to_be_confirmed_at_16_and_does_not_lapse() -> None:
    born = date(2010, 11, 24)
    before = worth("1 given 11-02", born_on=born, today=date(2026, 11, 23))
    after = worth("1 given 11-02", born_on=born, today=date(2026, 11, 24))
    confirmed = worth("1 given 11-02", "self given 11-24", born_on=born)
    assert (before.state, before.reconfirm) == (GIVEN, False)
    assert (after.state, after.reconfirm) == (GIVEN, True)
    assert (confirmed.state, confirmed.reconfirm) == (GIVEN, False)


def test_sentence_07_a_member_of_staff_gives_and_withdraws() -> None:
    assert worth("self given 11-02", subject=STAFF, born_on=None).state is GIVEN
    assert worth("self given 11-02", "self withdrawn 11-03", subject=STAFF, born_on=None).state is WITHDRAWN
    other = worth("1 given 11-02", subject=STAFF, born_on=None)
    assert other.reason is R.CONSENT_BY_WRONG_PERSON


@pytest.mark.parametrize("method", ConsentMethod)
def test_sentence_06_said_on_the_telephone_is_not_written(method: ConsentMethod) -> None:
    assert is_written(method) is (method is not ConsentMethod.TELEPHONE)


def test_a_statement_holds_no_name() -> None:
    fields = {field.name for field in dataclasses.fields(Statement)}
    assert fields == {"product", "purpose", "step", "speaker", "said_on", "text_sha256", "expires_on"}


# -- grounds and objections ---------------------------------------------------------------------------------------


def test_only_basis_a_asks_for_consent() -> None:
    assert [basis for basis in LegalBasis if needs_consent(basis)] == [LegalBasis.CONSENT]
    assert [basis.value for basis in LegalBasis if knows_objection(basis)] == ["6-1-e", "6-1-f"]


NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("objection", "holds"),
    [
        (Objection(NOON), True),
        (Objection(NOON, product="leesvlot"), True),
        (Objection(NOON, product="rekenvlot"), False),
        (Objection(datetime(2026, 11, 24, 12, 0, 1, tzinfo=UTC)), False),
        (Objection(datetime(2026, 11, 1, tzinfo=UTC), lifted_at=NOON), False),
        # The last day is 24 November, local: it holds until midnight in Amsterdam.
        (Objection(datetime(2026, 11, 1, tzinfo=UTC), lifted_at=ends_at(date(2026, 11, 24))), True),
        (Objection(datetime(2026, 11, 1, tzinfo=UTC), lifted_at=ends_at(date(2026, 11, 23))), False),
    ],
)
def test_an_objection_holds_from_its_moment_to_the_end_of_its_last_day(
    objection: Objection, holds: bool
) -> None:
    assert objects([objection], product="leesvlot", now=NOON) is holds


@pytest.mark.parametrize("day", ["2024-02-29", "2026-03-29", "2026-10-25", "2026-12-31", "2199-12-31"])
def test_days_follow_each_other_without_a_gap(day: str) -> None:
    of = date.fromisoformat(day)

    assert local_day(starts_at(of)) == of
    assert local_day(ends_at(of)) == date.fromordinal(of.toordinal() + 1)
    assert from_ms(to_ms(starts_at(of))) == starts_at(of)
