"""Who was absent from a source once: a person goes when a second refresh agrees."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from gateway.roster.model import ProductId, Pseudonym
from gateway.school.disclosure.tables import absent_persons


def agreed(
    connection: Connection, *, board_id: str, product: ProductId, absent: Sequence[Pseudonym], now_ms: int
) -> frozenset[Pseudonym]:
    """Of those absent now, who was absent in the refresh before too; remembers today's for the next one.

    Whoever is not absent now is forgotten: two absences with a presence between them do not count as two.
    """
    mine = (absent_persons.c.board_id == board_id, absent_persons.c.product == product)
    before = frozenset(
        Pseudonym(found) for found in connection.scalars(select(absent_persons.c.pseudonym).where(*mine))
    )
    connection.execute(delete(absent_persons).where(*mine))
    rows = [
        {"board_id": board_id, "product": product, "pseudonym": pseudonym, "first_absent_at_ms": now_ms}
        for pseudonym in absent
    ]
    for start in range(0, len(rows), 1_000):
        connection.execute(insert(absent_persons), rows[start : start + 1_000])
    return before.intersection(absent)
