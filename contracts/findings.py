"""What a sound record leaves to be accepted: the board may live with it, but only knowingly and in writing.

Source: GDPR art. 7, 26, 28, 33, 35.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from contracts.agreements import Agreement
from contracts.faults import Finding, FindingCode
from contracts.vocabulary import RecipientRole


def findings(agreement: Agreement, *, today: date, paper_given: bool) -> tuple[Finding, ...]:
    """What the board must accept in writing before this agreement can be activated."""
    return tuple(_findings(agreement, today, paper_given=paper_given))


def _findings(agreement: Agreement, today: date, *, paper_given: bool) -> Iterator[Finding]:
    if agreement.breach is not None and agreement.breach.notify.within_hours is None:
        yield Finding(
            FindingCode.BREACH_WITHOUT_HOURS,
            "breach.notify.within_hours",
            "The vendor promises no number of hours for telling about a breach.",
            "Agree on a number; the board itself has 72 hours (GDPR art. 33).",
        )
    for index, product in enumerate(agreement.products):
        if product.dpia is None:
            yield Finding(
                FindingCode.NO_DPIA,
                f"products[{index}].dpia",
                f"No impact assessment is recorded for {product.product_id}.",
                "Do one (GDPR art. 35), or accept with the reason why none is needed.",
            )
    if agreement.term.review_by is not None and agreement.term.review_by < today:
        yield Finding(
            FindingCode.REVIEW_PASSED,
            "term.review_by",
            f"The agreement was to be reviewed by {agreement.term.review_by.isoformat()}.",
            "Review it and register a version with a new date.",
        )
    sharing = agreement.sharing
    if agreement.role is RecipientRole.JOINT_CONTROLLER and (sharing is None or sharing.arrangement is None):
        yield Finding(
            FindingCode.JOINT_WITHOUT_ARRANGEMENT,
            "sharing.arrangement",
            "No arrangement between the joint controllers is recorded.",
            "Write down who does what, and where it stands (GDPR art. 26).",
        )
    if sharing is not None and sharing.consent_asked_by == "recipient":
        yield Finding(
            FindingCode.CONSENT_ASKED_BY_RECIPIENT,
            "sharing.consent_asked_by",
            "The recipient asks the consent, and the board answers for it.",
            "Agree how each consent and its evidence reach the board: nobody goes whose consent is not recorded here.",
        )
    if not paper_given:
        yield Finding(
            FindingCode.NO_DOCUMENT,
            "document",
            "The signed document was not given, so its hash was not compared.",
            "Register with --document.",
        )
