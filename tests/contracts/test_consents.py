"""Who may give consent, on which day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from contracts.consents import Consent, ConsentGiver, birthday, consent_giver, needs_reconfirmation
from contracts.instants import ends_at, from_ms, local_day, starts_at, to_ms
from contracts.legal_bases import knows_objection, needs_consent
from contracts.vocabulary import LegalBasis

SELF, REPRESENTATIVE = ConsentGiver.SELF, ConsentGiver.REPRESENTATIVE


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
def test_from_the_day_of_the_16th_birthday_the_pupil_decides(
    born_on: str, on: str, giver: ConsentGiver
) -> None:
    assert consent_giver(date.fromisoformat(born_on), date.fromisoformat(on)) is giver


def test_the_birthday_is_a_day_in_amsterdam() -> None:
    assert local_day(datetime(2026, 11, 23, 23, 0, tzinfo=UTC)) == date(2026, 11, 24)
    assert birthday(date(2010, 11, 24), 16) == date(2026, 11, 24)


def test_a_parents_consent_is_to_be_confirmed_once_the_pupil_is_16() -> None:
    consent = Consent("p", "doel", REPRESENTATIVE, datetime(2026, 1, 1, tzinfo=UTC))

    assert not needs_reconfirmation(consent, date(2010, 11, 24), date(2026, 11, 23))
    assert needs_reconfirmation(consent, date(2010, 11, 24), date(2026, 11, 24))


def test_only_basis_a_asks_for_consent() -> None:
    assert [basis for basis in LegalBasis if needs_consent(basis)] == [LegalBasis.CONSENT]
    assert [basis.value for basis in LegalBasis if knows_objection(basis)] == ["6-1-e", "6-1-f"]


@pytest.mark.parametrize("day", ["2024-02-29", "2026-03-29", "2026-10-25", "2026-12-31", "2199-12-31"])
def test_days_follow_each_other_without_a_gap(day: str) -> None:
    of = date.fromisoformat(day)

    assert local_day(starts_at(of)) == of
    assert local_day(ends_at(of)) == date.fromordinal(of.toordinal() + 1)
    assert from_ms(to_ms(starts_at(of))) == starts_at(of)
