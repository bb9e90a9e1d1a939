"""What the role of the recipient asks of a record: art. 28 of a processor, a decision to share of everybody else.

Source: GDPR art. 4(7) and (8), 6(1), 26, 28.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from contracts.faults import Fault
from contracts.vocabulary import LegalBasis, RecipientRole

_OF_PROCESSOR: Final = ("art28", "breach")
_OF_OTHERS: Final = ("sharing",)


def faults_of_role(record: Mapping[str, Any], raw: Mapping[str, Any]) -> Iterator[Fault]:
    """All breaches of the rules about the role.

    Args:
        record: the sound part.
        raw: the whole document: a part with faults of its own is there all the same.
    """
    role = record.get("role")
    if role is None:
        return
    processor = role == RecipientRole.PROCESSOR
    needed, foreign = (_OF_PROCESSOR, _OF_OTHERS) if processor else (_OF_OTHERS, _OF_PROCESSOR)
    for part in needed:
        if raw.get(part) is None:
            yield Fault(part, "This is missing.", "Add it, as the example record shows.", "missing")
    for part in foreign:
        if raw.get(part) is not None:
            yield Fault(
                part,
                f"This part is not of a recipient with the role {role}.",
                "Remove it, or correct the role: a processor has art28 and breach, any other role has sharing.",
                "part_not_of_role",
            )
    if not processor:
        yield from _sharing(RecipientRole(role), record)


def _sharing(role: RecipientRole, record: Mapping[str, Any]) -> Iterator[Fault]:
    sharing = record.get("sharing") or {}
    basis = sharing.get("legal_basis")
    by_law = role is RecipientRole.BY_LAW
    if by_law and basis is not None and basis not in (LegalBasis.LEGAL_DUTY, LegalBasis.PUBLIC_TASK):
        yield Fault(
            "sharing.legal_basis",
            "A recipient by law gets data under a legal duty or the public task.",
            "Write 6-1-c or 6-1-e, or correct the role.",
            "basis_not_of_role",
        )
    if (by_law or basis == LegalBasis.LEGAL_DUTY) and not sharing.get("law"):
        yield Fault(
            "sharing.law", "No article of a law is named.", "Write which article obliges.", "law_missing"
        )
    for index, product in enumerate(record.get("products") or []):
        path = f"products[{index}]"
        if basis is not None and product.get("legal_basis") not in (None, basis):
            yield Fault(
                f"{path}.legal_basis",
                "The product has another legal basis than the decision to share.",
                "Write the same, or register the products apart.",
                "basis_differs",
            )
        if by_law and product.get("services"):
            # The school's own system delivers what a law asks for; through here goes what an agreement lists.
            yield Fault(
                f"{path}.services",
                "Nothing goes through the gateway to a recipient by law.",
                "Write []: it is registered only.",
                "service_not_of_role",
            )
    if basis == LegalBasis.CONSENT and not sharing.get("consent_asked_by"):
        yield Fault(
            "sharing.consent_asked_by",
            "The basis is consent, and nobody is named who asks it.",
            "Write board or recipient.",
            "consent_asker_missing",
        )
