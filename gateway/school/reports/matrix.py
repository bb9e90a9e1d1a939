"""Who gets what: fields against products, the most revealing form in which each goes, each way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from contracts.agreements import ProductTerms
from contracts.comparison import lines_of
from contracts.vocabulary import Direction, Form, at_least_as_strong
from gateway.school.reports.running import running_products
from gateway.school.reports.table import Table
from gateway.school.services import SchoolServices


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of one product: the most revealing form in which it goes to anybody, each way."""

    out: Form | None
    back: Form | None


def cells_of(terms: ProductTerms) -> dict[str, Cell]:
    """Field by field what goes; nothing for a product that is registered only."""
    found: dict[str, Cell] = {}
    if not terms.services:
        return found
    for line, entry in lines_of(terms).items():
        known = found.get(line.field, Cell(None, None))
        if line.way is Direction.OUT:
            found[line.field] = Cell(_weakest(known.out, entry.form), known.back)
        else:
            found[line.field] = Cell(known.out, _weakest(known.back, entry.form))
    return found


def _weakest(one: Form | None, other: Form) -> Form:
    return other if one is None or at_least_as_strong(one, other) else one


def matrix(services: SchoolServices, *, now: datetime) -> Table:
    """Products of agreements that run as columns; a cell says `out clear`, `back pseudonym`, or nothing."""
    products = running_products(services, now=now)
    columns = [cells_of(each.terms) for each in products]
    fields = sorted({field for column in columns for field in column})
    return Table(
        ("field", *(each.terms.product_id for each in products)),
        tuple((field, *(_said(column.get(field)) for column in columns)) for field in fields),
    )


def _said(cell: Cell | None) -> str:
    if cell is None:
        return ""
    ways = (("out", cell.out), ("back", cell.back))
    return ", ".join(f"{way} {form.value}" for way, form in ways if form is not None)
