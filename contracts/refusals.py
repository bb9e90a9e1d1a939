"""A refusal as a value: why, where the agreement says so, and what would help.

The sentences are for the vendor's developer and the school alike. They hold names of agreements, products and
fields, never a value of a record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from contracts.agreements import CompiledAgreement
from contracts.vocabulary import RefusalReason as Reason


@dataclass(frozen=True, slots=True)
class Refused:
    """Data may not go."""

    reason: Reason
    clause: str | None
    """Where the document speaks of it, if a clause is known."""
    remedy: str
    """One sentence: who can do what about it."""
    message: str = ""
    """One sentence: what is refused."""
    agreement: str | None = None
    """`VO-2026-014/2`, when there is one."""


_MESSAGES: Final[dict[Reason, tuple[str, str]]] = {
    Reason.AGREEMENT_MISSING: (
        "No processor agreement is registered for this product.",
        "The school registers, approves and activates an agreement first; nothing is sent without one.",
    ),
    Reason.AGREEMENT_ALTERED: (
        "The stored agreement {agreement} is not the one that was registered.",
        "The school compares it with the audit log and restores it from a backup.",
    ),
    Reason.AGREEMENT_NOT_APPROVED: (
        "Agreement {agreement} has not been approved.",
        "A second person at the school approves it; ask {contact}.",
    ),
    Reason.AGREEMENT_NOT_ACTIVATED: (
        "Agreement {agreement} has not been activated.",
        "The school activates it; ask {contact}.",
    ),
    Reason.AGREEMENT_NOT_STARTED: (
        "Agreement {agreement} is in force from {first}.",
        "Ask again from that day.",
    ),
    Reason.AGREEMENT_SUSPENDED: (
        "Agreement {agreement} is suspended by the school.",
        "Ask {contact} why, and when it will be resumed.",
    ),
    Reason.AGREEMENT_ENDED: (
        "Agreement {agreement} has ended; its last day was {last}.",
        "Sign a new agreement with {board}; ask {contact}.",
    ),
    Reason.CLOCK_SET_BACK: (
        "The clock of this gateway was set back, so it cannot tell which agreements are in force.",
        "The operator sets the clock right; everything is refused until then.",
    ),
    Reason.PRODUCT_NOT_IN_AGREEMENT: (
        "This product is not in agreement {agreement}, which is about {product}.",
        "Agree on this product with {board}.",
    ),
    Reason.SERVICE_NOT_IN_AGREEMENT: (
        "The service {subject} is not in agreement {agreement}.",
        "Ask for a new version of the agreement that lists the service.",
    ),
    Reason.OPERATION_NOT_IN_SERVICE: (
        "The service {subject} does not write.",
        "Only the service results takes records back.",
    ),
    Reason.SUBJECT_NOT_IN_AGREEMENT: (
        "Agreement {agreement} does not list this for these persons.",
        "Ask for a new version of the agreement that lists them.",
    ),
    Reason.SCHOOL_OUT_OF_SCOPE: (
        "The school is not in the scope of agreement {agreement}.",
        "Ask for a new version of the agreement that lists the school.",
    ),
    Reason.GRADE_OUT_OF_SCOPE: (
        "The grade is not in the scope of agreement {agreement}.",
        "Ask for a new version of the agreement that lists the grade.",
    ),
    Reason.CLASS_OUT_OF_SCOPE: (
        "The class is not in the scope of agreement {agreement}.",
        "Ask for a new version of the agreement that lists the class.",
    ),
    Reason.GROUPS_NOT_IN_AGREEMENT: (
        "Agreement {agreement} gives no groups, so {subject} does not go.",
        "Ask for a new version of the agreement that lists groups.",
    ),
    Reason.FIELD_UNKNOWN: (
        "No field of that name exists.",
        "Use the names of OneRoster 1.2, as <kind>.<field>.",
    ),
    Reason.FIELD_NEVER_LEAVES: (
        "{subject} leaves the school in no form.",
        "No agreement can change this; use the pseudonym.",
    ),
    Reason.FIELD_NOT_IN_SERVICE: (
        "{subject} is not part of this service.",
        "Ask for it with the service that it belongs to.",
    ),
    Reason.FIELD_NOT_IN_AGREEMENT: (
        "Agreement {agreement} does not list {subject}.",
        "Ask for a new version of the agreement that lists the field.",
    ),
    Reason.DIRECTION_NOT_IN_AGREEMENT: (
        "Agreement {agreement} lists {subject}, but not in this direction.",
        "Ask for a new version of the agreement with the direction.",
    ),
    Reason.FORM_TOO_REVEALING: (
        "Agreement {agreement} allows {subject} only in a less revealing form.",
        "Use the agreed form, or ask for a new version of the agreement.",
    ),
    Reason.SPECIAL_WITHOUT_GROUND: (
        "{subject} is special data, and agreement {agreement} names no art. 9 ground with a necessity.",
        "The school registers a version that names both.",
    ),
    Reason.CONSENT_MISSING: (
        "Agreement {agreement} rests on consent, and this person has given none for this purpose.",
        "The school asks for consent; silence is no consent.",
    ),
    Reason.CONSENT_WITHDRAWN: (
        "The consent has been withdrawn.",
        "Nothing: withdrawing is a right. Data that was sent before is deleted as the agreement says.",
    ),
    Reason.CONSENT_EXPIRED: (
        "The consent has expired.",
        "The school asks for consent again.",
    ),
    Reason.CONSENT_BY_WRONG_PERSON: (
        "The consent was not given by the one who may give it, or that cannot be shown.",
        "Below 16 a legal representative gives it, from 16 the pupil; the school records the birth date.",
    ),
    Reason.CONSENT_REFUSED: (
        "Consent has been refused.",
        "Nothing: refusing is a right, and changes nothing else for this person.",
    ),
    Reason.CONSENT_TEXT_CHANGED: (
        "The consent was given to another text than the one that tells what agreement {agreement} gives.",
        "The school asks for consent again, with the text of today.",
    ),
    Reason.OBJECTION: (
        "An objection against this processing is recorded.",
        "The school decides on the objection; until then nothing about this person goes.",
    ),
    Reason.VENDOR_STOPPED: (
        "{board} has stopped every exchange with this vendor, under all agreements.",
        "Ask {contact} why, and when it will be resumed; keep what is to be returned until then.",
    ),
}


def refuse(
    reason: Reason, agreement: CompiledAgreement | None, subject: str = "", *, clause: str | None = None
) -> Refused:
    """The refusal for a reason, with its sentences filled in.

    Args:
        subject: name of the field or service that it is about; never a value.
    """
    message, remedy = _MESSAGES[reason]
    words = _words(agreement, subject)
    return Refused(
        reason=reason,
        clause=clause,
        remedy=remedy.format_map(words),
        message=message.format_map(words),
        agreement=None if agreement is None else agreement.reference,
    )


def in_general(reason: Reason) -> str:
    """What a reason means and who does what about it, of no agreement in particular; for documentation."""
    general = {
        "subject": "asked for",
        "agreement": "of this product",
        "board": "the board",
        "contact": "the school",
        "product": "another product",
        "first": "a later day",
        "last": "its last day",
    }
    return " ".join(sentence.format_map(general) for sentence in _MESSAGES[reason])


def _words(agreement: CompiledAgreement | None, subject: str) -> dict[str, str]:
    if agreement is None:
        return {"subject": subject, "agreement": "of this product"}
    return {
        "subject": subject,
        "agreement": agreement.reference,
        "board": agreement.board_name,
        "contact": agreement.fg_contact,
        "product": agreement.product,
        "first": _day(agreement.in_force_from),
        "last": _day(agreement.last_day),
    }


def _day(day: date | None) -> str:
    return "unknown" if day is None else day.isoformat()
