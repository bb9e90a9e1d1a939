"""Days that follow from an agreement's terms."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from typing import Any

import pytest

from contracts import documents
from contracts.agreements import Agreement
from contracts.instants import starts_at
from contracts.terms import (
    DeletionClock,
    DeletionState,
    DeletionTerm,
    NoticeAnswer,
    NoticeState,
    ShreddingClosed,
    ShreddingPlan,
    ShreddingState,
    SubprocessorNotice,
    deletion_term,
    earliest_shredding,
    goes_on,
    objection_day,
)
from contracts.transitions import Version
from contracts.vocabulary import AgreementState
from tests.contracts.records import IN_TERM, agreement, day
from tests.contracts.test_roles import other

END = date(2027, 7, 31)


def other_role(role: str) -> Agreement:
    """The record of a recipient that is no processor."""
    plain = other(role, sharing={"reference": "besluit 2026-17"})
    if role == "recipient_by_law":
        duty = {"legal_basis": "6-1-c", "law": "Leerplichtwet 1969 art. 18"}
        plain = other(role, sharing=duty, products__0__legal_basis="6-1-c", products__0__services=[])
    return documents.load(json.dumps(plain), name="record.json")


def version(record: Any = None, *, state: AgreementState = AgreementState.ACTIVE, **changes: Any) -> Version:
    record = agreement() if record is None else record
    made = Version(
        agreement=record,
        version=1,
        state=state,
        digest=record.digest,
        registered_by="Anna de Wit",
        registered_at=IN_TERM,
        paper_given=True,
    )
    return dataclasses.replace(made, **changes)


TERMS: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "deleted at once, the term of art. 28": ({}, "2027-08-20", "2027-09-29"),
    "no days at all": ({"art28__g_end__delete_within_days": 0}, "2027-07-31", "2027-09-09"),
    "returned first: the window and then the term": (
        {
            "art28__g_end__action": "return_then_delete",
            "art28__g_end__export_window_days": 10,
            "art28__g_end__delete_within_days": 20,
        },
        "2027-08-30",
        "2027-10-09",
    ),
    "a window without a return counts for nothing": (
        {"art28__g_end__export_window_days": 10},
        "2027-08-20",
        "2027-09-29",
    ),
    "returned first, no window stated": (
        {"art28__g_end__action": "return_then_delete"},
        "2027-08-20",
        "2027-09-29",
    ),
    "the product's retention is shorter": (
        {"products__0__retention__max_days_after_end": 5},
        "2027-08-05",
        "2027-09-14",
    ),
    "the shortest holds, whatever the words say": (
        {
            "products__0__retention__max_days_after_end": 5,
            "art28__g_end__precedence": "de termijn van artikel 13",
        },
        "2027-08-05",
        "2027-09-14",
    ),
    "nothing said about backups": ({"art28__g_end__backups_within_days": None}, "2027-08-20", None),
}


@pytest.mark.parametrize("name", TERMS)
def test_deletion_term_counts_from_the_last_day(name: str) -> None:
    bent, due_on, backups_on = TERMS[name]
    term = deletion_term(agreement(**bent), "leesvlot", last_day=END)
    assert term is not None
    assert term.due_on == day(due_on)
    assert term.backups_on == (None if backups_on is None else day(backups_on))
    assert term.clause == "art. 13"


def test_recipient_that_decides_itself_deletes_after_its_retention_and_one_by_law_never() -> None:
    researcher = other_role("controller")
    assert deletion_term(researcher, "leesvlot", last_day=END) == DeletionTerm(
        day("2027-09-29"), None, clause="besluit 2026-17"
    )
    assert deletion_term(other_role("recipient_by_law"), "leesvlot", last_day=END) is None
    assert objection_day(researcher, announced_on=END) is None


def test_deletion_term_of_a_product_that_is_not_in_the_agreement_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        deletion_term(agreement(), "rekenvlot", last_day=END)


CLOCK = DeletionClock(
    agreement="VO-2026-031/1", product="leesvlot", ended_on=END, due_on=day("2027-08-20"),
    backups_on=None, clause="art. 13",
)  # fmt: skip


@pytest.mark.parametrize(
    ("today", "state"),
    [
        ("2027-08-19", DeletionState.DUE),
        ("2027-08-20", DeletionState.DUE),
        ("2027-08-21", DeletionState.OVERDUE),
    ],
    ids=["day before", "last day", "day after"],
)
def test_deletion_is_overdue_from_the_day_after_its_last(today: str, state: DeletionState) -> None:
    assert CLOCK.state(day(today)) is state


def test_confirmed_deletion_is_confirmed_whenever_and_a_continued_one_never_overdue() -> None:
    late = dataclasses.replace(CLOCK, confirmed_on=day("2027-09-30"))
    assert late.state(day("2027-10-01")) is DeletionState.CONFIRMED
    going_on = dataclasses.replace(CLOCK, continued_under="VO-2027-002/1")
    assert going_on.state(day("2027-10-01")) is DeletionState.CONTINUED
    both = dataclasses.replace(late, continued_under="VO-2027-002/1")
    assert both.state(day("2027-10-01")) is DeletionState.CONFIRMED


def test_objection_term_counts_from_the_announcement() -> None:
    assert objection_day(agreement(), announced_on=day("2027-01-31")) == day("2027-04-01")
    none = agreement(art28__d_subprocessors__notice_days=None)
    assert objection_day(none, announced_on=day("2027-01-31")) is None


NOTICE = SubprocessorNotice(
    number=1, agreement="VO-2026-031/1", name="Rekencentrum Zuid", country="NL", service="hosting",
    announced_on=day("2027-01-31"), object_by=day("2027-03-02"), specific=False, clause="art. 10",
)  # fmt: skip


@pytest.mark.parametrize(
    ("today", "general", "specific"),
    [
        ("2027-03-01", NoticeState.OPEN, NoticeState.OPEN),
        ("2027-03-02", NoticeState.OPEN, NoticeState.OPEN),
        ("2027-03-03", NoticeState.TERM_OVER, NoticeState.UNANSWERED),
    ],
    ids=["day before", "last day", "day after"],
)
def test_silence_permits_under_general_authorisation_only(
    today: str, general: NoticeState, specific: NoticeState
) -> None:
    assert NOTICE.state(day(today)) is general
    assert dataclasses.replace(NOTICE, specific=True).state(day(today)) is specific


def test_notice_without_a_term_stays_open() -> None:
    assert dataclasses.replace(NOTICE, object_by=None).state(day("2030-01-01")) is NoticeState.OPEN


@pytest.mark.parametrize(
    ("answered", "late"), [("2027-03-02", False), ("2027-03-03", True)], ids=["last day", "day after"]
)
def test_answer_after_the_last_day_is_late_and_counts_as_said(answered: str, late: bool) -> None:
    said = dataclasses.replace(NOTICE, answer=NoticeAnswer.OBJECTED, answered_on=day(answered))
    assert said.state(day("2030-01-01")) is NoticeState.OBJECTED
    assert said.late is late


@pytest.mark.parametrize(
    ("today", "state"),
    [
        ("2027-08-31", ShreddingState.PLANNED),
        ("2027-09-01", ShreddingState.PROPOSED),
        ("2027-09-02", ShreddingState.PROPOSED),
    ],
    ids=["day before", "day", "day after"],
)
def test_shredding_is_proposed_from_its_day(today: str, state: ShreddingState) -> None:
    plan = ShreddingPlan(agreement="VO-2026-031/1", product="leesvlot", shred_on=day("2027-09-01"))
    assert plan.state(day(today)) is state
    for closed in ShreddingClosed:
        assert dataclasses.replace(plan, closed=closed).state(day(today)).value == closed.value


def test_shredding_is_possible_from_the_day_after_the_inbound_term() -> None:
    # Until 29 February 2028, and 14 days for results: the last of them is 14 March.
    assert earliest_shredding(version()) == day("2028-03-15")
    assert earliest_shredding(version(agreement(term__until=None))) is None


@pytest.mark.parametrize(
    ("begins", "state", "going_on"),
    [
        ("2028-03-01", AgreementState.ACTIVE, "VO-2028-001/1"),
        ("2028-03-01", AgreementState.SUSPENDED, "VO-2028-001/1"),
        ("2028-03-01", AgreementState.APPROVED, None),
        ("2028-03-02", AgreementState.ACTIVE, None),
    ],
    ids=["next day", "next day, suspended", "not activated", "a day without"],
)
def test_product_goes_on_when_another_agreement_is_in_force_right_after(
    begins: str, state: AgreementState, going_on: str | None
) -> None:
    renewed = agreement(agreement_id="VO-2028-001", term__from=begins, term__until="2030-02-28")
    until = version().outbound_until()
    assert until == starts_at(day("2028-03-01"))
    assert goes_on("leesvlot", [version(renewed, state=state)], at=until) == going_on
    assert goes_on("rekenvlot", [version(renewed, state=state)], at=until) is None
