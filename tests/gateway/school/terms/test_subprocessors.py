"""Sub-processors that vendors announce (GDPR art. 28(2)): the term, the answer, and who is told."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.errors import NotFound
from contracts.terms import NoticeAnswer
from gateway.errors import DisclosureRefused, UsageError
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.registers.tables import Log
from gateway.school.documents import Paper
from gateway.school.terms import agenda, subprocessors
from gateway.school.terms.stored import Notice
from tests.contracts.records import day, local
from tests.contracts.test_terms import other_role
from tests.gateway.school.terms.world import BOARD, NUMBER, TermsWorld


def announce(world: TermsWorld, **changes: Any) -> Notice:
    options: dict[str, Any] = {
        "name": "Rekencentrum Zuid B.V.", "country": "NL", "service": "hosting",
        "announced_on": world.now.date(), "paper": None, "now": world.now,
    }  # fmt: skip
    agreement = changes.pop("agreement", NUMBER)
    return subprocessors.announce(world.services, world.person(), agreement, **{**options, **changes})


def answer(world: TermsWorld, number: int, said: NoticeAnswer, reason: str | None = None) -> Notice:
    return subprocessors.answer(world.services, world.person(), number, said, reason=reason, now=world.now)


def general(world: TermsWorld) -> Any:
    return world.record(art28__d_subprocessors__authorisation="general")


def test_notice_starts_the_term_of_the_agreement_and_is_told(world: TermsWorld) -> None:
    world.agree(general(world))
    found = announce(world, paper=Paper(b"wij gaan verhuizen", "brief.pdf"))
    assert found.notice.object_by == day("2027-01-23")
    assert found.notice.state(world.now.date()).value == "open"
    assert found.document is not None
    assert (world.home / "documents" / found.document.file).read_bytes() == b"wij gaan verhuizen"
    (mail,) = world.mails()
    assert mail.subject == "Leesvlot Uitgevers B.V. kondigt subverwerker Rekencentrum Zuid B.V. aan"
    assert "tot en met 23 januari 2027 (art. 10)" in mail.body
    assert "mag Leesvlot Uitgevers B.V. daarna zijn gang gaan" in mail.body
    assert world.events("subprocessor") == [("person:subprocessor:announced", "subprocessor/1")]


def test_term_that_is_nearly_over_is_told_until_it_is_answered(world: TermsWorld) -> None:
    world.agree(general(world))
    number = announce(world).notice.number
    told = []
    for at in ((2027, 1, 15), (2027, 1, 16), (2027, 1, 17), (2027, 1, 21), (2027, 1, 22)):
        told.append(world.run(*at).told)
    assert told == [0, 1, 0, 1, 0]
    assert "Bezwaar tegen subverwerker" in world.mails()[-1].subject
    answer(world, number, NoticeAnswer.OBJECTED, "gegevens gaan buiten de EER")
    world.run(2027, 1, 23)
    assert [mail.occasion for mail in world.mails()][-1] == "subprocessor_answered"


def test_objection_is_recorded_with_its_reason_which_goes_into_no_mail(world: TermsWorld) -> None:
    world.agree(general(world))
    number = announce(world).notice.number
    found = answer(world, number, NoticeAnswer.OBJECTED, "het kind van Sem werkt daar")
    assert (found.answered_by, found.reason) == ("Bert Smit", "het kind van Sem werkt daar")
    assert found.notice.late is False
    assert "Sem" not in "".join(mail.body for mail in world.mails())
    (entry,) = audit.listed(
        world.services.school, Log.AUDIT_SCHOOL, board_id=BOARD, event=AuditEvent.SUBPROCESSOR_OBJECTED
    )
    assert entry.details == {"explanation": "het kind van Sem werkt daar"}


@pytest.mark.parametrize(
    ("authorisation", "state", "said"),
    [("general", "term_over", "mag"), ("specific", "unanswered", "zwijgen is geen toestemming")],
)
def test_silence_permits_only_where_the_agreement_is_general(
    world: TermsWorld, authorisation: str, state: str, said: str
) -> None:
    world.agree(world.record(art28__d_subprocessors__authorisation=authorisation))
    announce(world)
    assert said in world.mails()[0].body
    after = local(2027, 1, 24)
    (found,) = subprocessors.notices(world.services)
    assert found.notice.state(after.date()).value == state


def test_answer_after_the_term_is_recorded_as_late(world: TermsWorld) -> None:
    world.agree(general(world))
    number = announce(world).notice.number
    world.now = local(2027, 2, 1)
    found = answer(world, number, NoticeAnswer.OBJECTED, "te laat gezien")
    assert found.notice.late is True
    assert "bezwaar, na de termijn" in world.mails()[-1].subject


def test_agreement_without_a_term_asks_for_an_answer_without_delay(world: TermsWorld) -> None:
    world.agree(world.record(art28__d_subprocessors__notice_days=None))
    found = announce(world)
    assert found.notice.object_by is None
    assert "noemt geen termijn" in world.mails()[0].body
    assert world.run(2027, 6, 1).told == 0
    first = agenda.agenda(world.services, now=world.now)[0]
    assert (first.number, first.on, first.state) == (1, None, "open")


def test_accepting_needs_no_reason_and_objecting_does(world: TermsWorld) -> None:
    world.agree()
    number = announce(world).notice.number
    with pytest.raises(UsageError) as refused:
        answer(world, number, NoticeAnswer.OBJECTED, "  ")
    assert refused.value.code == "reason_missing"
    assert answer(world, number, NoticeAnswer.ACCEPTED).notice.answer is NoticeAnswer.ACCEPTED
    with pytest.raises(DisclosureRefused) as again:
        answer(world, number, NoticeAnswer.OBJECTED, "toch niet")
    assert again.value.code == "notice_answered"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": " "}, "subprocessor_invalid"),
        ({"name": "x" * 121}, "subprocessor_invalid"),
        ({"name": "Naam\x07"}, "subprocessor_invalid"),
        ({"country": "nl"}, "subprocessor_invalid"),
        ({"country": "NLD"}, "subprocessor_invalid"),
        ({"service": ""}, "subprocessor_invalid"),
        ({"announced_on": day("2026-11-25")}, "date_invalid"),
    ],
    ids=str,
)
def test_notice_that_says_nothing_or_comes_from_the_future_is_refused(
    world: TermsWorld, changes: dict[str, Any], code: str
) -> None:
    world.agree()
    with pytest.raises(UsageError) as refused:
        announce(world, **changes)
    assert refused.value.code == code
    assert subprocessors.notices(world.services) == []
    assert world.mails() == []


def test_recipient_that_is_no_processor_has_no_sub_processors(world: TermsWorld) -> None:
    world.agree(other_role("controller"))
    with pytest.raises(DisclosureRefused) as refused:
        announce(world)
    assert refused.value.code == "not_a_processor"
    assert subprocessors.notices(world.services) == []


def test_notice_under_an_agreement_that_is_unknown_or_ended_is_refused(world: TermsWorld) -> None:
    with pytest.raises(NotFound):
        announce(world)
    world.agree()
    world.end()
    with pytest.raises(DisclosureRefused) as refused:
        announce(world)
    assert refused.value.code == "agreement_not_active"
    with pytest.raises(UsageError) as unknown:
        answer(world, 99, NoticeAnswer.ACCEPTED)
    assert unknown.value.code == "notice_unknown"
