"""What somebody said about a pupil's data, who may say it, and what it is worth today.

A consent is one purpose and one product (GDPR art. 4(11), 6(1)(a), 7): written, provable, no default, as easily
withdrawn as given. Everything said is a `Statement` and stays; what it is worth is computed (`standing`):

 (1) a statement counts only where the one who made it might make it on that day (`may_say`): from the 16th birthday
     the pupil, below it a representative; a no of a pupil below 16 counts too
 (2) of each person the latest statement counts, by the day on which it was said
 (3) a pupil who decides alone replaces whatever representatives said before; a no of a pupil below 16 takes back
     what they gave before it, and what they give after it is a new consent
 (4) one no is a no: of two representatives, one who objects means not given
 (5) a consent covers the text that was shown and no other, and ends on its last day
 (6) what nobody said is unknown, and unknown means no

A consent given by a representative does not lapse when the pupil becomes 16; it is to be confirmed.

Source: GDPR art. 7, 8, 21; UAVG art. 5 (legal representative below 16; both may withdraw); EDPB guidelines 05/2020.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from contracts.instants import in_utc
from contracts.vocabulary import RefusalReason, SubjectCategory

AGE_OF_OWN_CONSENT: Final = 16


class ConsentGiver(StrEnum):
    """Who decides about a consent."""

    SELF = "self"
    REPRESENTATIVE = "representative"
    """Parent or guardian with authority (wettelijk vertegenwoordiger)."""


class Speaker(StrEnum):
    """Who said it. Stored; values never change.

    Of representatives a number and no name: at most two persons have authority over a pupil (Dutch Civil Code, Book
    1, art. 245), and which is which stands on the evidence.
    """

    SELF = "self"
    REPRESENTATIVE_1 = "representative-1"
    REPRESENTATIVE_2 = "representative-2"


class ConsentStep(StrEnum):
    """What was said. Stored; values never change."""

    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ConsentMethod(StrEnum):
    """How it was said. Stored; values never change."""

    PAPER = "paper"
    PORTAL = "portal"
    """In the parent portal or a form of the school's system, signed in."""
    IN_PERSON = "in_person"
    """At school, written down there and signed."""
    EMAIL = "email"
    TELEPHONE = "telephone"


class ConsentState(StrEnum):
    """What a consent is today."""

    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"
    """Nothing that counts was said: no."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that was said about one person, one purpose and one product. Never changed, never removed."""

    product: str
    purpose: str
    step: ConsentStep
    speaker: Speaker
    said_on: date
    """Local day on which it was said or signed, not on which it was recorded."""
    text_sha256: str | None = None
    """Of the text that was shown; a no needs none."""
    expires_on: date | None = None
    """Last day, inclusive."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What all statements about one purpose come to."""

    state: ConsentState
    reason: RefusalReason | None
    """Why nothing may go; None when it was given."""
    since: date | None = None
    """The day of the statement that decides; None when none does."""
    speaker: Speaker | None = None
    reconfirm: bool = False
    """Given by a representative, and the pupil has become 16 since: valid, and to be confirmed by the pupil."""


@dataclass(frozen=True, slots=True)
class Objection:
    """A recorded objection (art. 21); it holds until it is lifted."""

    made_at: datetime
    product: str | None = None
    """None: against every product."""
    lifted_at: datetime | None = None
    """Also the first instant after its last day, where it has one."""


def birthday(born_on: date, years: int) -> date:
    """The day on which somebody becomes `years`; born on 29 February in a common year: 1 March."""
    year = born_on.year + years
    if (born_on.month, born_on.day) == (2, 29) and not calendar.isleap(year):
        return date(year, 3, 1)
    return born_on.replace(year=year)


def consent_giver(born_on: date, on: date) -> ConsentGiver:
    """Who gives a pupil's consent on a local day: the one function that knows the age."""
    return ConsentGiver.SELF if on >= birthday(born_on, AGE_OF_OWN_CONSENT) else ConsentGiver.REPRESENTATIVE


def is_written(method: ConsentMethod) -> bool:
    """Whether a consent said so can be proved (art. 7(1)); a no may be said in any way (art. 7(3))."""
    return method is not ConsentMethod.TELEPHONE


def may_say(
    step: ConsentStep, speaker: Speaker, *, subject: SubjectCategory, born_on: date | None, on: date
) -> bool:
    """Rule (1): whether what `speaker` says on a day counts.

    Without a birth date nobody can show that the giver was entitled (art. 7(1)), so no consent counts; a no does,
    because it takes away.
    """
    if subject is not SubjectCategory.PUPIL:
        return speaker is Speaker.SELF
    if born_on is None:
        return step is not ConsentStep.GIVEN
    if consent_giver(born_on, on) is ConsentGiver.SELF:
        return speaker is Speaker.SELF
    return speaker is not Speaker.SELF or step is not ConsentStep.GIVEN


def standing(
    statements: Iterable[Statement],
    *,
    subject: SubjectCategory,
    born_on: date | None,
    texts: frozenset[str],
    today: date,
) -> Standing:
    """What the statements about one purpose of one product come to; rules (1) to (6).

    Args:
        statements: in the order in which they were recorded.
        texts: SHA-256 of every text that tells all that the product gets today.
    """
    counted: dict[Speaker, Statement] = {}
    unentitled = False
    # Stable: of two on one day the one that was recorded later is the later one.
    for said in sorted(statements, key=lambda each: each.said_on):
        if not may_say(said.step, said.speaker, subject=subject, born_on=born_on, on=said.said_on):
            unentitled = unentitled or said.step is ConsentStep.GIVEN
        elif said.step is not ConsentStep.GIVEN or said.said_on <= today:
            counted = _with(counted, said, alone=_decides_alone(said, subject, born_on))
    return _worth(list(counted.values()), born_on, texts, today, unentitled=unentitled)


def _decides_alone(said: Statement, subject: SubjectCategory, born_on: date | None) -> bool:
    if said.speaker is not Speaker.SELF:
        return False
    if subject is not SubjectCategory.PUPIL:
        return True
    return born_on is not None and consent_giver(born_on, said.said_on) is ConsentGiver.SELF


def _with(counted: dict[Speaker, Statement], said: Statement, *, alone: bool) -> dict[Speaker, Statement]:
    """Rules (2) and (3)."""
    if alone:
        return {said.speaker: said}
    if said.speaker is Speaker.SELF:
        kept = {who: each for who, each in counted.items() if each.step is not ConsentStep.GIVEN}
    else:
        # What a representative gives after a child's no is a new consent; a further no leaves that no as it is.
        given = said.step is ConsentStep.GIVEN
        kept = {who: each for who, each in counted.items() if not (given and who is Speaker.SELF)}
    kept.pop(said.speaker, None)
    return {**kept, said.speaker: said}


def _worth(
    counted: list[Statement],
    born_on: date | None,
    texts: frozenset[str],
    today: date,
    *,
    unentitled: bool,
) -> Standing:
    noes = [said for said in counted if said.step is not ConsentStep.GIVEN]
    if noes:  # (4)
        last = noes[-1]
        if last.step is ConsentStep.REFUSED:
            state, reason = ConsentState.REFUSED, RefusalReason.CONSENT_REFUSED
        else:
            state, reason = ConsentState.WITHDRAWN, RefusalReason.CONSENT_WITHDRAWN
        return Standing(state, reason, last.said_on, last.speaker)
    told = [said for said in counted if said.text_sha256 in texts]  # (5)
    valid = [said for said in told if said.expires_on is None or said.expires_on >= today]
    if valid:
        last = valid[-1]
        by_representative = last.speaker is not Speaker.SELF
        grown = born_on is not None and consent_giver(born_on, today) is ConsentGiver.SELF
        return Standing(
            ConsentState.GIVEN, None, last.said_on, last.speaker, reconfirm=by_representative and grown
        )
    if told:
        reason = RefusalReason.CONSENT_EXPIRED
    elif counted:
        reason = RefusalReason.CONSENT_TEXT_CHANGED
    elif unentitled:
        reason = RefusalReason.CONSENT_BY_WRONG_PERSON
    else:
        reason = RefusalReason.CONSENT_MISSING
    return Standing(ConsentState.UNKNOWN, reason)  # (6)


def objects(objections: Iterable[Objection], *, product: str, now: datetime) -> bool:
    """Whether an objection against this product holds now."""
    now = in_utc(now)
    return any(
        objection.product in (None, product)
        and in_utc(objection.made_at) <= now
        and (objection.lifted_at is None or in_utc(objection.lifted_at) > now)
        for objection in objections
    )
