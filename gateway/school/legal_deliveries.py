"""Noting that data about a pupil went to a recipient by law, in the register of disclosures.

The school's system makes these deliveries, not this gateway; but who asks what went to whom about a pupil is answered
from one register (GDPR art. 15(1)(c)). The entry names the pupil by the register pseudonym, and the law by its code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from contracts.instants import local_day, to_ms
from contracts.legal_exceptions import BY_CODE, LegalException, not_listed
from gateway.database import writing
from gateway.errors import DisclosureRefused, UsageError
from gateway.registers import accesses, audit, disclosures
from gateway.registers.accesses import AccessEntry, Operation
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.registers.disclosures import Disclosed, DisclosureEntry
from gateway.roster.model import Kind
from gateway.school import refreshing
from gateway.school.disclosure.identify import REGISTER_PRODUCT, Identifier
from gateway.school.services import SchoolServices
from keys.scope import IdentifierSpace

BY_LAW: Final = "_by_law"
"""What stands in the register in place of a product. No slug begins so."""
MADE_BY: Final = "school-system"
"""What stands in place of a vendor's client."""
MAX_EXPLANATION: Final = 500


@dataclass(frozen=True, slots=True)
class Noted:
    """A delivery as it was noted."""

    entry: LegalException
    fields: tuple[str, ...]
    delivered_on: date
    disclosure: int
    """Its number in the register of disclosures."""


def note(
    services: SchoolServices,
    actor: Actor,
    *,
    code: str,
    source: str,
    identifier: str,
    delivered_on: date,
    fields: Sequence[str] = (),
    explanation: str = "",
    now: datetime,
) -> Noted:
    """Note one delivery about one pupil.

    Args:
        fields: of the entry's closed list; empty: all of them.
        explanation: why, and under which number; where no law obliges it is required.

    Raises:
        DisclosureRefused: `legal_exception_unknown`, `field_not_listed`, `explanation_missing`.
        UsageError: `date_in_future`, `source_unknown`, `explanation_invalid`.
    """
    entry = BY_CODE.get(code)
    if entry is None:
        raise DisclosureRefused(
            "There is no legal exception of this code; without one it needs consent or an agreement.",
            code="legal_exception_unknown",
            remedy="See `schuilnaam legal-exception list`.",
        )
    wanted = tuple(dict.fromkeys(fields)) or entry.fields
    beyond = not_listed(entry, wanted)
    if beyond:
        raise DisclosureRefused(
            f"This recipient may get a closed list, and {len(beyond)} of these fields are not on it.",
            code="field_not_listed",
            remedy=f"The list is: {', '.join(entry.fields)}.",
        )
    if delivered_on > local_day(now):
        raise UsageError("A delivery is noted when it was made.", code="date_in_future")
    explanation = explanation.strip()
    if len(explanation) > MAX_EXPLANATION or not explanation.isprintable():
        raise UsageError(
            f"An explanation has at most {MAX_EXPLANATION} characters.", code="explanation_invalid"
        )
    if not entry.automatic and not explanation:
        raise DisclosureRefused(
            "No law obliges to this delivery: somebody weighed it, and the reason is noted.",
            code="explanation_missing",
            remedy=f"Give --because. {entry.note}",
        )
    space = refreshing.space_of(services, source)
    subject = Identifier(services.ring).register_subject(space, identifier)
    accesses.record(
        services.school,
        AccessEntry(
            board_id=services.board_id,
            actor=actor,
            operation=Operation.LEGAL_DELIVERY,
            reason=f"noting a delivery: {code}",
            product=None,
            subjects=[subject],
        ),
        now_ms=to_ms(now),
    )
    with writing(services.school) as connection:
        number = disclosures.record(
            services.front, _disclosure(services, entry, wanted, subject, delivered_on), now_ms=to_ms(now)
        )
        details: dict[str, audit.DetailValue] = {
            "slug": code,
            "fields": wanted,
            "on": delivered_on.isoformat(),
            "disclosure": number,
            "digest": entry.digest,
        }
        if explanation:
            details["explanation"] = explanation
        audit.record(
            connection,
            AuditEvent.LEGAL_DELIVERY_NOTED,
            board_id=services.board_id,
            actor=actor,
            now_ms=to_ms(now),
            object_id=f"legal_exception/{code}",
            details=details,
        )
    return Noted(entry, wanted, delivered_on, number)


def _disclosure(
    services: SchoolServices,
    entry: LegalException,
    fields: Sequence[str],
    subject: str,
    delivered_on: date,
) -> DisclosureEntry:
    return DisclosureEntry(
        board_id=services.board_id,
        agreement_id=f"legal_exception/{entry.code}",
        agreement_version=0,
        agreement_digest=entry.digest,
        product=BY_LAW,
        client_id=MADE_BY,
        operation=f"delivered by the school's system on {delivered_on.isoformat()}",
        service="legal_exception",
        purposes=(entry.article,),
        kind=Kind.USER,
        generation=0,
        first=subject,
        last=subject,
        count=1,
        fields=dict.fromkeys(fields, "clear"),
    )


def deliveries_about(services: SchoolServices, space: IdentifierSpace, identifier: str) -> list[Disclosed]:
    """What was noted about one person, in order of time."""
    subjects = Identifier(services.ring).every_pseudonym(REGISTER_PRODUCT, space, identifier).pseudonyms
    # No generation holds them: the entry itself names the person.
    return list(
        disclosures.of_pseudonyms(
            services.front,
            board_id=services.board_id,
            product=BY_LAW,
            ids={Kind.USER: list(subjects)},
            locate=lambda generation, kind, id: 0,
        )
    )
