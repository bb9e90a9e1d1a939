"""Vendors' privacy leaflets: importing one, making a draft of it, answering what a new version changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from contracts import canonical
from contracts.errors import NotFound
from contracts.instants import to_ms
from contracts.leaflet_changes import LeafletChange, accepted, changes
from contracts.leaflets import LeafletFile, proposed
from contracts.transitions import PENDING, RUNNING, Version
from gateway.database import reading, writing
from gateway.errors import UsageError
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.school import agreements
from gateway.school.agreeing import beginning, drafts, models
from gateway.school.agreeing.drafts import Draft
from gateway.school.agreeing.tables import vendor_leaflets
from gateway.school.services import SchoolServices


@dataclass(frozen=True, slots=True)
class KeptLeaflet:
    """A leaflet as it was imported."""

    leaflet: LeafletFile
    imported_by: str
    imported_at_ms: int


def import_leaflet(services: SchoolServices, leaflet: LeafletFile, *, actor: Actor, now: datetime) -> str:
    """Keep a leaflet and write down who imported it; returns its digest. The same one twice is kept once."""
    table, digest = vendor_leaflets, leaflet.digest
    with writing(services.school) as connection:
        known = connection.execute(
            select(table.c.digest).where(table.c.board_id == services.board_id, table.c.digest == digest)
        ).one_or_none()
        if known is None:
            connection.execute(
                insert(table).values(
                    board_id=services.board_id,
                    digest=digest,
                    recipient_kvk=leaflet.vendor.kvk,
                    version=", ".join(product.version for product in leaflet.products)[:200],
                    content=leaflet.canonical(),
                    imported_by=(actor.claim or "")[:120],
                    imported_at_ms=to_ms(now),
                )
            )
        audit.record(
            connection,
            AuditEvent.LEAFLET_IMPORTED,
            board_id=services.board_id,
            actor=actor,
            now_ms=to_ms(now),
            object_id=leaflet.vendor.kvk,
            details={"digest": digest, "kvk": leaflet.vendor.kvk},
        )
    return digest


def find(services: SchoolServices, digest: str) -> KeptLeaflet:
    """A leaflet that was imported. Raises `NotFound`."""
    table = vendor_leaflets
    with reading(services.school) as connection:
        row = connection.execute(
            select(table).where(table.c.board_id == services.board_id, table.c.digest == digest)
        ).one_or_none()
    if row is None or canonical.digest(row.content) != digest:
        raise NotFound("leaflet_unknown", "No such leaflet was imported.", "Import it again.")
    return KeptLeaflet(LeafletFile.from_canonical(row.content), row.imported_by, row.imported_at_ms)


def agreement_for(services: SchoolServices, leaflet: LeafletFile) -> Version | None:
    """The version that a leaflet is held against: of the same recipient, with one of its products; a running one
    before one that waits, the newest first. None where none is registered.
    """
    slugs = {product.product_id for product in leaflet.products}
    with agreements.reading_agreements(services) as book:
        versions = [
            version
            for version in book.listing()
            if version.agreement.processor.kvk == leaflet.vendor.kvk
            and version.state in (*RUNNING, *PENDING)
            and slugs.intersection(version.products)
        ]
    return max(versions, key=lambda version: (version.state in RUNNING, version.registered_at), default=None)


def record_of(leaflet: LeafletFile) -> tuple[dict[str, Any], dict[str, str]]:
    """The record that a leaflet proposes, with gaps, and the vendor's own words by the place of their line."""
    record = beginning.empty_record()
    record["processor"] = canonical.to_plain(leaflet.vendor)
    if leaflet.security is not None:
        record["security"] = canonical.to_plain(leaflet.security)
    record["products"] = [proposed(product) for product in leaflet.products]
    words = {
        f"products[{place}].data[{number}]": line.words
        for place, product in enumerate(leaflet.products)
        for number, line in enumerate(product.categories)
    }
    return record, words


def begin(services: SchoolServices, digest: str, *, model: str, account_id: str, now: datetime) -> Draft:
    """A draft of what a leaflet proposes, filled up by board and model. Raises `NotFound`."""
    leaflet = find(services, digest).leaflet
    record, words = record_of(leaflet)
    marks: dict[str, tuple[str, Any]] = {
        path: ("leaflet", value)
        for part in ("processor", "security", "products")
        for path, value in _leaves(record, part)
    }
    own = beginning.own_agreement(services)
    models.fill(record, marks, models.of_board(services.settings.board_name, services.settings.brins, own))
    if model in models.MODELS:
        own = beginning.own_agreement(services, model=model)
        models.fill(record, marks, models.of_model(model, own))
    return drafts.begin(
        services,
        Draft(draft_id="", record=record, filled=marks, words=words),
        account_id=account_id,
        now=now,
    )


def _leaves(record: Mapping[str, Any], part: str) -> list[tuple[str, Any]]:
    return list(models.leaves(record.get(part), part))


def differences(
    services: SchoolServices, digest: str, reference: str
) -> tuple[LeafletFile, Version, tuple[LeafletChange, ...]]:
    """What a leaflet changes in a registered version. Raises `NotFound`."""
    leaflet = find(services, digest).leaflet
    with agreements.reading_agreements(services) as book:
        version = book.show(reference)
    return leaflet, version, changes(version.agreement, leaflet)


def answer(
    services: SchoolServices,
    digest: str,
    reference: str,
    *,
    take: Collection[str],
    refuse: Collection[str],
    account_id: str,
    actor: Actor,
    now: datetime,
) -> Draft:
    """A draft of the next version with what was accepted; every change has to be answered.

    Raises:
        NotFound: no such leaflet or version.
        UsageError: a change was not answered, or answered both ways.
    """
    leaflet, version, found = differences(services, digest, reference)
    keys = {change.key for change in found}
    if keys != set(take) ^ set(refuse) or set(take) & set(refuse):
        raise UsageError(
            "Every difference is accepted or refused.",
            code="leaflet_unanswered",
            remedy="Answer each of them.",
        )
    with writing(services.school) as connection:
        audit.record(
            connection,
            AuditEvent.LEAFLET_ANSWERED,
            board_id=services.board_id,
            actor=actor,
            now_ms=to_ms(now),
            object_id=version.reference,
            details={"digest": digest, "counts": {"accepted": len(take), "refused": len(refuse)}},
        )
    return drafts.begin(
        services,
        Draft(draft_id="", record=accepted(version.agreement, leaflet, take)),
        account_id=account_id,
        now=now,
    )
