"""The annex to the register of processing (GDPR art. 30): recipients, fields, terms and measures per product.

One row per field of a product; a product that gets no field has one row all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from contracts.agreements import DataEntry
from gateway.school.reports.running import Described, joined, running_products
from gateway.school.reports.table import Table
from gateway.school.services import SchoolServices

HEADS: Final = (
    "agreement", "standing", "role", "recipient", "kvk", "country", "product", "product_name", "services",
    "purposes", "legal_basis", "schools", "groups", "identifier", "field", "category", "form", "direction",
    "subjects", "necessity", "clause", "first_day", "last_day", "results_days_after_end",
    "deleted_within_days_after_end", "storage_countries", "transfers", "subprocessors", "biv", "scheme",
    "assurance", "assessed_on", "breach_notice_hours", "dpia_done_on", "ai", "signed_on", "document_sha256",
)  # fmt: skip
"""Columns. One is never renamed; new ones are added at the end."""


def annex(services: SchoolServices, *, now: datetime) -> Table:
    """Everything that runs, stopped and suspended vendors included: they hold data."""
    products = running_products(services, now=now)
    return Table(HEADS, tuple(row for each in products for row in _rows(each)))


def _rows(each: Described) -> Iterator[tuple[str, ...]]:
    entries = [(entry, field) for entry in each.terms.data for field in entry.fields]
    if not entries:
        yield (*_before(each), "", "", "", "", joined(each.terms.subjects), "", "", *_after(each))
    for entry, field in entries:
        yield (*_before(each), *_field(each, entry, field), *_after(each))


def _before(each: Described) -> tuple[str, ...]:
    terms, processor = each.terms, each.agreement.processor
    return (
        each.row.version.reference,
        "stopped" if each.stopped else each.row.standing.value,
        each.agreement.role.value,
        processor.name,
        processor.kvk,
        processor.country,
        terms.product_id,
        terms.name,
        joined(terms.services) or "registered_only",
        joined(terms.purposes),
        terms.legal_basis.value,
        joined(each.schools),
        terms.groups.value,
        terms.identifier.scope.value,
    )


def _field(each: Described, entry: DataEntry, field: str) -> tuple[str, ...]:
    return (
        field,
        entry.category.value,
        entry.form.value,
        entry.direction.value,
        joined(each.terms.subjects if entry.subjects is None else entry.subjects),
        entry.necessity or "",
        entry.clause or "",
    )


def _after(each: Described) -> tuple[str, ...]:
    terms, agreement = each.terms, each.agreement
    security, breach, paper = agreement.security, agreement.breach, agreement.document
    biv = security.biv
    hours = None if breach is None else breach.notify.within_hours
    return (
        agreement.term.in_force_from.isoformat(),
        _day(each.row.last_day),
        str(agreement.term.inbound_days_after_end),
        "" if each.delete_within_days is None else str(each.delete_within_days),
        joined(terms.storage_countries),
        joined([f"{transfer.country} ({transfer.mechanism})" for transfer in terms.transfers]),
        joined([f"{third.name} ({third.country}, {third.service})" for third in terms.subprocessors]),
        f"{biv.beschikbaarheid}/{biv.integriteit}/{biv.vertrouwelijkheid}",
        security.scheme,
        security.assurance,
        _day(security.assessed_on),
        "" if hours is None else str(hours),
        "" if terms.dpia is None else terms.dpia.done_on.isoformat(),
        terms.ai or "",
        _day(None if paper is None else paper.signed_on),
        "" if paper is None else paper.sha256 or "",
    )


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()
