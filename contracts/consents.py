"""Consent and objection as facts, and who may give consent.

A consent is one purpose and one product (GDPR art. 4(11), 6(1)(a), 7): provable, no default, as easily
withdrawn as given. Silence is not consent: what is not recorded does not exist.

Source: GDPR art. 7, 8, 21; UAVG art. 5 (legal representative below 16); EDPB guidelines 05/2020 on consent.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from contracts.instants import in_utc, local_day
from contracts.vocabulary import SubjectCategory

AGE_OF_OWN_CONSENT: Final = 16


class ConsentGiver(StrEnum):
    """Who gave consent. Stored; values never change."""

    SELF = "self"
    REPRESENTATIVE = "representative"
    """Parent or guardian with authority (wettelijk vertegenwoordiger)."""


class ConsentVerdict(StrEnum):
    """What a consent is worth at an instant."""

    VALID = "valid"
    NOT_YET = "not_yet"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    WRONG_PERSON = "wrong_person"


@dataclass(frozen=True, slots=True)
class Consent:
    """One consent of one person, for one purpose of one product."""

    product: str
    purpose: str
    given_by: ConsentGiver
    given_at: datetime
    expires_at: datetime | None = None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Objection:
    """A recorded objection (art. 21); it holds until it is lifted."""

    made_at: datetime
    product: str | None = None
    """None: against every product."""
    lifted_at: datetime | None = None


def birthday(born_on: date, years: int) -> date:
    """The day on which somebody becomes `years`; born on 29 February in a common year: 1 March."""
    year = born_on.year + years
    if (born_on.month, born_on.day) == (2, 29) and not calendar.isleap(year):
        return date(year, 3, 1)
    return born_on.replace(year=year)


def consent_giver(born_on: date, on: date) -> ConsentGiver:
    """Who may give or withdraw a pupil's consent on a local day."""
    return ConsentGiver.SELF if on >= birthday(born_on, AGE_OF_OWN_CONSENT) else ConsentGiver.REPRESENTATIVE


def needs_reconfirmation(consent: Consent, born_on: date, on: date) -> bool:
    """Whether a representative gave it and the pupil has become 16 since: still valid, to be confirmed."""
    return consent.given_by is ConsentGiver.REPRESENTATIVE and consent_giver(born_on, on) is ConsentGiver.SELF


def verdict(
    consent: Consent, *, subject: SubjectCategory, born_on: date | None, now: datetime
) -> ConsentVerdict:
    """What a consent is worth now.

    A consent given by the right person stays valid when the pupil becomes 16. A pupil's consent of which
    the birth date is unknown is nobody's: whether the giver was entitled cannot be shown (art. 7(1)).
    """
    now = in_utc(now)
    if in_utc(consent.given_at) > now:
        return ConsentVerdict.NOT_YET
    if consent.withdrawn_at is not None and in_utc(consent.withdrawn_at) <= now:
        return ConsentVerdict.WITHDRAWN
    if consent.expires_at is not None and in_utc(consent.expires_at) <= now:
        return ConsentVerdict.EXPIRED
    if consent.given_by is not _entitled(subject, born_on, local_day(consent.given_at)):
        return ConsentVerdict.WRONG_PERSON
    return ConsentVerdict.VALID


def _entitled(subject: SubjectCategory, born_on: date | None, on: date) -> ConsentGiver | None:
    if subject is not SubjectCategory.PUPIL:
        return ConsentGiver.SELF
    return None if born_on is None else consent_giver(born_on, on)


def objects(objections: Iterable[Objection], *, product: str, now: datetime) -> bool:
    """Whether an objection against this product holds now."""
    now = in_utc(now)
    return any(
        objection.product in (None, product)
        and in_utc(objection.made_at) <= now
        and (objection.lifted_at is None or in_utc(objection.lifted_at) > now)
        for objection in objections
    )
