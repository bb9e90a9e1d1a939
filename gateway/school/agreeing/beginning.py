"""Where a draft starts: from a model and a kind of product, or from a version that is registered."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

from contracts.agreements import Agreement
from contracts.writing import to_values
from gateway.school import agreements
from gateway.school.agreeing import drafts, models
from gateway.school.agreeing.drafts import Draft
from gateway.school.agreeing.models import MODELS, ProductKind
from gateway.school.services import SchoolServices


def own_agreement(services: SchoolServices, *, model: str | None = None) -> Agreement | None:
    """The board's newest registered agreement (on a model); what was altered in the database is passed over."""
    with agreements.reading_agreements(services) as book:
        versions = [
            version
            for version in book.listing()
            if model is None
            or (version.agreement.document is not None and version.agreement.document.model == model)
        ]
    newest = max(versions, key=lambda version: version.registered_at, default=None)
    return None if newest is None else newest.agreement


def empty_record() -> dict[str, Any]:
    """A record of a processor with nothing in it yet."""
    return {"schema_version": "1", "role": "processor", "term": {"until": None}, "products": []}


def begin(
    services: SchoolServices, *, model: str, kind: ProductKind | None, account_id: str, now: datetime
) -> Draft:
    """A new draft with what the board, the model and the kind of product fill in.

    Args:
        model: one of `MODELS`; anything else fills in nothing of a model.
        kind: None starts without a product.
    """
    record, marks = empty_record(), {}  # type: dict[str, Any], dict[str, tuple[str, Any]]
    own = own_agreement(services)
    models.fill(record, marks, models.of_board(services.settings.board_name, services.settings.brins, own))
    if model in MODELS:
        models.fill(record, marks, models.of_model(model, own_agreement(services, model=model)))
    if kind is not None:
        add_product(record, marks, kind)
    return drafts.begin(
        services, Draft(draft_id="", record=record, filled=marks), account_id=account_id, now=now
    )


def add_product(record: dict[str, Any], marks: dict[str, tuple[str, Any]], kind: ProductKind | None) -> None:
    """A product more at the end, of a kind or empty."""
    products = record.setdefault("products", [])
    path = f"products[{len(products)}]"
    product = (
        {"services": [], "data": [], "scope": {"schools": None}} if kind is None else models.product_of(kind)
    )
    products.append(product)
    if kind is not None:
        marks.update({place: (kind.value, value) for place, value in models.leaves(product, path)})


def begin_from(services: SchoolServices, reference: str, *, account_id: str, now: datetime) -> Draft:
    """A draft that says what a registered version says, for its next version. Raises `NotFound`."""
    with agreements.reading_agreements(services) as book:
        version = book.show(reference)
    return drafts.begin(
        services,
        Draft(draft_id="", record=copy.deepcopy(to_values(version.agreement))),
        account_id=account_id,
        now=now,
    )
