"""Agreement records for the office's board, and how to have them registered by a person who signed in."""

from __future__ import annotations

import copy
import hashlib
import json
from datetime import timedelta
from typing import Any

from contracts import documents
from contracts.instants import local_day
from contracts.transitions import Version
from gateway.registers.actors import Actor
from gateway.school import agreements
from gateway.school.agreeing import steps
from tests.contracts import records
from tests.gateway.school.pages.office import Office

PAPER = b"%PDF-1.7 made up"
_kvk = 20_000_000


def record(office: Office, name: str, **bent: Any) -> dict[str, Any]:
    """A record in force for a year from yesterday, of a recipient of its own; `bent` as in `records.plain`."""
    global _kvk
    _kvk += 1
    today = local_day(office.clock())
    plain = records.plain()
    plain["agreement_id"] = f"VO-{name}"
    plain["controller"]["brins"] = ["99ZZ", "98YY"]
    plain["processor"] = {**plain["processor"], "name": f"{name.title()} B.V.", "kvk": str(_kvk)}
    plain["document"]["sha256"] = hashlib.sha256(PAPER).hexdigest()
    plain["term"] = {
        "from": (today - timedelta(days=1)).isoformat(),
        "until": (today + timedelta(days=365)).isoformat(),
        "inbound_days_after_end": 14,
        "review_by": (today + timedelta(days=300)).isoformat(),
    }
    product = plain["products"][0]
    product["product_id"], product["name"] = name, name.title()
    product["scope"] = {"schools": ["99ZZ"], "grades": None, "classes": None}
    return bend(plain, **bent)


def bend(plain: dict[str, Any], **bent: Any) -> dict[str, Any]:
    """A copy with other values at `products__0__groups` and the like; `records.DROP` removes."""
    changed = copy.deepcopy(plain)
    for path, value in bent.items():
        *before, last = [int(step) if step.isdigit() else step for step in path.split("__")]
        place: Any = changed
        for step in before:
            place = place[step]
        if value is records.DROP:
            del place[last]
        else:
            place[last] = value
    return changed


def register(office: Office, plain: dict[str, Any], *, by: str = "invoerder", paper: bool = True) -> Version:
    """Register a record, as the pages do."""
    return steps.register(
        office.services,
        documents.load(json.dumps(plain), name="x.json"),
        actor=Actor.person(by, os_account="page:0"),
        now=office.clock(),
        paper_given=paper,
    ).version


def version(office: Office, reference: str) -> Version:
    """What the register holds now."""
    with agreements.reading_agreements(office.services) as book:
        return book.show(reference)
