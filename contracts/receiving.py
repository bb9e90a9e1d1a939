"""Under which version of an agreement something was received: what was acknowledged is judged by that one.

A result may lie in the queue for weeks while a school's system is down. By then its agreement may have ended, have
been narrowed, or another one may be in force that had not begun. Whether the vendor might send it, and what of it
the school would take, was decided when it came; asked again under today's version it would lose fields.

Source: GDPR art. 28(3)(a): the instruction that held when the processor acted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from contracts.agreements import CompiledAgreement
from contracts.conditions import precedence
from contracts.transitions import Version
from contracts.vocabulary import AgreementState


@dataclass(frozen=True, slots=True)
class Served:
    """A version that the vendors' door went by for a while."""

    version: Version
    since: datetime
    """When it was activated."""
    until: datetime | None
    """When another version took its place."""
    end_known_at: datetime | None
    """When it was ended, or its end planned; before that moment nobody knew."""

    def at(self, product: str, instant: datetime) -> CompiledAgreement:
        """Its terms as they stood at an instant: active, with the ends that were known."""
        then = replace(self.version, state=AgreementState.ACTIVE, suspended=False)
        if self.end_known_at is not None and instant < self.end_known_at:
            then = replace(then, ended_on=None, ended_at_ms=None)
        elif self.until is not None:
            # A version that was replaced got its end in that same moment.
            then = replace(then, ended_at_ms=None)
        return then.compiled(product)


def received_under(served: Iterable[Served], product: str, instant: datetime) -> CompiledAgreement | None:
    """The terms by which something was taken in at `instant`, made to hold without end; None: none was there.

    Ask `decide_field` about them at their `outbound_from`.
    """
    candidates = [
        each.at(product, instant)
        for each in served
        if each.since <= instant and (each.until is None or instant < each.until)
    ]
    if not candidates:
        return None
    found = min(candidates, key=lambda terms: precedence(terms, instant))
    return replace(found, in_force_until=None, ended_at_ms=None)
