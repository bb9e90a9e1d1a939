"""The example leaflet, and an agreement that follows it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from contracts import documents, leaflets, parsing
from contracts.agreements import Agreement
from contracts.leaflets import LeafletFile, proposed
from tests.contracts import records

_EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "leaflet.yaml"


def plain_leaflet() -> dict[str, Any]:
    """The example as plain values."""
    plain = parsing.parse(_EXAMPLE.read_bytes(), name=_EXAMPLE.name)
    assert isinstance(plain, dict)
    return copy.deepcopy(plain)


def leaflet() -> LeafletFile:
    return leaflets.load(_EXAMPLE.read_bytes(), name=_EXAMPLE.name)


def agreed_on(found: LeafletFile) -> Agreement:
    """A sound record that says what a leaflet proposes, with clauses of its own."""
    plain = records.plain()
    plain["processor"] = {**plain["processor"], "name": found.vendor.name, "kvk": found.vendor.kvk}
    if found.security is not None:
        security = found.security
        plain["security"] = {
            "biv": {
                "beschikbaarheid": security.biv.beschikbaarheid,
                "integriteit": security.biv.integriteit,
                "vertrouwelijkheid": security.biv.vertrouwelijkheid,
            },
            "scheme": security.scheme,
            "assurance": security.assurance,
            "assessed_on": None if security.assessed_on is None else security.assessed_on.isoformat(),
        }
    plain["products"] = []
    for product in found.products:
        terms = {**proposed(product), "legal_basis": "6-1-e", "scope": {"schools": ["31PQ"]}}
        for number, entry in enumerate(terms["data"]):
            entry["clause"] = f"bijlage 1, regel {number + 1}"
        plain["products"].append(terms)
    return documents.load(json.dumps(plain), name="x.json")
