"""What a no takes away: at the vendors' door first, then a request to the vendor to delete is drafted.

Called inside the transaction that records the no, under its lock and before its commit: after a crash in between the
vendor has nothing and the record is repeated, never the other way round (docs/decisions/0021, 0027).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from contracts.consent_texts import deletion_due
from contracts.instants import local_day, to_ms
from gateway.holdings.reading import Holdings
from gateway.holdings.withdrawal import withdraw_persons, withdraw_product
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import Kind, ProductId, Pseudonym
from gateway.school import refreshing
from gateway.school.consents.people import space_numbered
from gateway.school.consents.products import versions_of
from gateway.school.consents.rows import ConsentRows, DeletionRequest, Whom
from gateway.school.disclosure.identify import Identifier
from gateway.school.disclosure.refresh import STAMP_SPREAD_MS
from gateway.school.services import SchoolServices
from keys.errors import ProductDestroyed, UnknownProduct

WITHDRAWN: Final = "consent_withdrawn"
REFUSED: Final = "consent_refused"
EXPIRED: Final = "consent_expired"
OBJECTION: Final = "objection"
"""Causes of a request. Stored; values never change."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one person at one product."""

    product: str
    records: int
    """How many records the vendor was served until now."""
    request: DeletionRequest | None = field(default=None, repr=False)
    """None where the vendor was never given anything about this person, or was asked before and got nothing since."""


class TakingAway:
    """Takes persons out of products; one object per step of a person."""

    def __init__(self, services: SchoolServices, *, now: datetime) -> None:
        self._services = services
        self._now = now
        self._names = Identifier(services.ring, key_of_product=refreshing.key_of_product(services))
        self._holdings = Holdings(services.front, services.storage_key, board_id=services.board_id)

    def take(
        self, rows: ConsentRows, whom: Whom, product: str, *, cause: str, subjects: Sequence[str]
    ) -> Taken:
        """Out of what the product is served, at this instant; and draft the request.

        Args:
            rows: of the transaction that records why.
            subjects: the person's register pseudonyms, the newest first.
        """
        pseudonyms = self._pseudonyms(whom, product)
        if not pseudonyms:
            return Taken(product, 0)
        records = withdraw_persons(
            self._services.front,
            board_id=self._services.board_id,
            product=ProductId(product),
            persons=pseudonyms,
            # Attack: two vendors join the pupil whom both lost at one exact moment. As in a refresh, each product's
            # stamp lies elsewhere in the minute before.
            stamp_ms=to_ms(self._now) - secrets.randbelow(STAMP_SPREAD_MS),
            on_taken=lambda connection, count: self._register(connection, product, count),
        )
        issued = self._holdings.ever_issued(ProductId(product), Kind.USER, pseudonyms)
        asked_before = any(each.product == product for each in rows.requests(subjects=subjects))
        if not issued or (asked_before and not records):
            return Taken(product, records)
        given = tuple(pseudonym for pseudonym in pseudonyms if pseudonym in issued)
        return Taken(product, records, self._draft(rows, whom, product, given, cause, subjects[0]))

    def _pseudonyms(self, whom: Whom, product: str) -> list[Pseudonym]:
        """Every one that the person can have had there, under every key version that is left."""
        space = space_numbered(self._services, whom.space)
        try:
            every = self._names.every_pseudonym(ProductId(product), space, whom.identifier)
        except ProductDestroyed:
            # Nobody can tell any more who is who in what is still held; so nothing of it is served from here on.
            withdraw_product(
                self._services.front,
                board_id=self._services.board_id,
                product=ProductId(product),
                now_ms=to_ms(self._now),
            )
            return []
        except UnknownProduct:
            # Never refreshed, so nothing ever went out.
            return []
        return [Pseudonym(text) for text in every.pseudonyms]

    def _register(self, connection: Connection, product: str, count: int) -> None:
        audit.record(
            connection,
            AuditEvent.HOLDINGS_WITHDRAWN,
            board_id=self._services.board_id,
            actor=self._services.gateway(),
            now_ms=to_ms(self._now),
            product=product,
            object_id=product,
            # The door is told that records went, and neither whose nor why.
            details={"count": count},
        )

    def _draft(
        self,
        rows: ConsentRows,
        whom: Whom,
        product: str,
        given: tuple[str, ...],
        cause: str,
        subject: str,
    ) -> DeletionRequest | None:
        versions = versions_of(self._services, product, now=self._now)
        if not versions:
            return None
        version = versions[0]
        request = DeletionRequest(
            number=0,
            whom=whom,
            product=product,
            cause=cause,
            pseudonyms=given,
            due_on=deletion_due(version.agreement, product, asked_on=local_day(self._now)),
            agreement_id=version.agreement_id,
            agreement_version=version.version,
            drafted_at_ms=to_ms(self._now),
        )
        return rows.add_request(request, subject=subject)


def register_drafts(
    services: SchoolServices, connection: Connection, taken: Sequence[Taken], *, now: datetime
) -> None:
    """The audit entries of the requests that were drafted; last in the transaction."""
    for each in taken:
        if each.request is not None:
            audit.record(
                connection,
                AuditEvent.DELETION_REQUEST_DRAFTED,
                board_id=services.board_id,
                actor=services.gateway(),
                now_ms=to_ms(now),
                product=each.product,
                object_id=f"deletion_request/{each.request.number}",
                details={
                    "number": each.request.number,
                    "on": each.request.due_on.isoformat(),
                    "reason": each.request.cause,
                },
            )
