"""What a sound record leaves to be accepted: the board may live with it, but only knowingly and in writing.

Source: GDPR art. 28, 33, 35.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from contracts.agreements import Agreement
from contracts.faults import Finding, FindingCode


def findings(agreement: Agreement, *, today: date, paper_given: bool) -> tuple[Finding, ...]:
    """What the board must accept in writing before this agreement can be activated."""
    return tuple(_findings(agreement, today, paper_given=paper_given))


def _findings(agreement: Agreement, today: date, *, paper_given: bool) -> Iterator[Finding]:
    if agreement.breach.notify.within_hours is None:
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
    if not paper_given:
        yield Finding(
            FindingCode.NO_DOCUMENT,
            "document",
            "The signed document was not given, so its hash was not compared.",
            "Register with --document.",
        )
