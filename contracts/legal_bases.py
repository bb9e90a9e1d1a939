"""What a legal basis asks for before a person's data may go.

The basis is the board's stated choice per product; this module does not judge it.
Source: GDPR art. 6(1), 7, 9(2), 21.
"""

from __future__ import annotations

from contracts.vocabulary import LegalBasis


def needs_consent(basis: LegalBasis) -> bool:
    """Whether each person needs a valid consent: basis `6-1-a`, and only that."""
    return basis is LegalBasis.CONSENT


def knows_objection(basis: LegalBasis) -> bool:
    """Whether the law gives a right to object (art. 21: public task and legitimate interest).

    An objection that the school has recorded is honoured under every basis; this is for advice texts.
    """
    return basis in (LegalBasis.PUBLIC_TASK, LegalBasis.LEGITIMATE_INTEREST)
