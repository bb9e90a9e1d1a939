"""What follows when an agreement ends, told before it ends and looked up afterwards. Changes nothing.

For asking a person: what counts is computed again when the end is registered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from contracts.instants import local_day, to_ms
from contracts.terms import deletion_term, earliest_shredding, goes_on
from contracts.transitions import PENDING, Version
from gateway.database import reading
from gateway.school.agreements import reading_agreements
from gateway.school.services import SchoolServices
from gateway.school.terms import stored
from gateway.school.terms.stored import Deletion, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductEnd:
    """What becomes of one product."""

    product: str
    delete_by: date | None
    """The last day; None: it goes on, or a law keeps the recipient from deleting."""
    backups_by: date | None
    clause: str
    goes_on_under: str | None
    """Another agreement, under which nothing has to be deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    """What follows from an end; days are local and inclusive."""

    agreement: str
    recipient: str
    last_day: date | None
    """None: no end is known."""
    results_until: date | None
    shred_from: date | None
    """The first day that may be chosen; None: nothing went under it, so there is nothing to destroy."""
    products: tuple[ProductEnd, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterEnd:
    """Where an agreement stands that ended or has a last day."""

    deletions: tuple[Deletion, ...]
    plans: tuple[Plan, ...]
    """To destroy pseudonyms; closed ones too."""


def consequences(
    services: SchoolServices, reference: str, *, on: date | None, now: datetime, as_planned: bool = False
) -> Consequences:
    """What follows if an agreement ends after a last day.

    Args:
        on: the last day; None: it ends now.
        as_planned: not another end but the one that is known already.

    Raises:
        NotFound, AgreementAltered: as `AgreementReader.show`.
    """
    with reading_agreements(services) as register:
        found = register.show(reference)
        others = [each for each in register.listing() if each.reference != found.reference]
    pending = found.state in PENDING
    if not as_planned:
        found = replace(found, ended_on=on) if on is not None else replace(found, ended_at_ms=to_ms(now))
    last_day, inbound = found.compiled(found.products[0]).last_day, found.inbound_until()
    return Consequences(
        agreement=found.reference,
        recipient=found.agreement.processor.name,
        last_day=last_day,
        results_until=None if inbound is None or pending else local_day(inbound) - timedelta(days=1),
        shred_from=None if pending else earliest_shredding(found),
        products=() if pending or last_day is None else tuple(_products(found, others, last_day)),
    )


def _products(version: Version, others: Sequence[Version], last_day: date) -> list[ProductEnd]:
    until = version.outbound_until()
    shown = []
    for product in version.products:
        term = deletion_term(version.agreement, product, last_day=last_day)
        under = None if until is None else goes_on(product, others, at=until)
        stays = term is None or under is not None
        shown.append(
            ProductEnd(
                product=product,
                delete_by=None if stays or term is None else term.due_on,
                backups_by=None if stays or term is None else term.backups_on,
                clause="" if term is None else term.clause,
                goes_on_under=under,
            )
        )
    return shown


def after_end(services: SchoolServices, reference: str) -> AfterEnd:
    """The deletions and plans of one version."""
    with reading(services.school) as connection:
        return AfterEnd(
            deletions=tuple(
                each
                for each in stored.deletions_of(connection, board_id=services.board_id)
                if each.clock.agreement == reference
            ),
            plans=tuple(stored.plans_of(connection, board_id=services.board_id, agreement=reference)),
        )
