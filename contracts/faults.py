"""What is wrong with a record: a fault stops registration, a finding stops activation until accepted.

Neither quotes more of the record than names; a record holds no pupil, but a wrong file might.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that must be mended before the record can be registered."""

    path: str
    """Where: `products[0].data[2].form`; empty for the whole document."""
    message: str
    remedy: str
    code: str


class FindingCode(StrEnum):
    """What the board must know and accept in writing. Stored; values never change."""

    BREACH_WITHOUT_HOURS = "breach_without_hours"
    NO_DPIA = "no_dpia"
    REVIEW_PASSED = "review_passed"
    NO_DOCUMENT = "no_document"
    JOINT_WITHOUT_ARRANGEMENT = "joint_without_arrangement"
    CONSENT_ASKED_BY_RECIPIENT = "consent_asked_by_recipient"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the board accepts with a written reason, or has mended in a new version."""

    code: FindingCode
    path: str
    message: str
    remedy: str


class DocumentRefused(Exception):
    """The document is not an acceptable record. `faults` holds all of them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"{len(faults)} fault{'' if len(faults) == 1 else 's'} in the agreement record")
        self.faults = tuple(faults)
        self.code = "agreement_faults"


def sort_faults(faults: Sequence[Fault]) -> list[Fault]:
    """Faults in the order of their paths, each once."""
    return sorted(set(faults), key=lambda fault: (fault.path, fault.code, fault.message))
