"""Persons whom a product holds and today's pages did not bring: why each is missing, and who is really absent.

Ordered rules:
1. Who was refused today (agreement, consent, objection) goes. That is not the source's doing.
2. Who was read today and has no role in scope any more goes; nobody needs to ask where that person is.
3. Who is held under an earlier key version goes in this refresh and is never kept: a vendor that holds both
   pseudonyms of everybody knows the new ones by the old. Where the person was released or refused today, it is
   the school's doing that moved the product to a new key, not the source's.
4. Whom the source marks as to be deleted goes.
5. The rest is absent, and the source is asked.

Not decided here: what becomes of who is absent (`refresh`), and whether too many go (`refresh`).
Source: ARCHITECTURE section 5 "Rotation" and section 6 "Rules of the holdings".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from gateway.roster.model import Kind, ProductId, Pseudonym
from gateway.school.disclosure.identify import Identifier
from keys.scope import IdentifierSpace

Identified = tuple[IdentifierSpace, str]

RecoverIdentifiers = Callable[[ProductId, Sequence[Pseudonym]], Sequence[Identified | None]]
"""Who is behind pseudonyms that a product holds, retired key versions included; handed in by the caller, who may
recover. None: the ring cannot tell.
"""


@dataclass(frozen=True, slots=True)
class Decided:
    """What today's pages said of one product's persons, as pseudonyms of today's key version."""

    released: Collection[Pseudonym]
    refused: Collection[Pseudonym]
    without_role: Collection[Pseudonym]
    marked: Collection[Pseudonym]
    """To be deleted, by the source's own word."""


@dataclass(frozen=True, slots=True)
class Absentee:
    """One person whom the pages did not bring."""

    pseudonym: Pseudonym
    identified: Identified | None = field(repr=False)
    earlier_key: bool
    """Held under an earlier key version: whatever the source says, this pseudonym goes."""


@dataclass(slots=True)
class Missing:
    """The missing persons of one product, sorted."""

    excused: set[Pseudonym] = field(default_factory=set)
    """They go, and not by the source's doing: the removal threshold does not count them."""
    absent: list[Absentee] = field(default_factory=list)


def sort_missing(
    missing: Iterable[Sequence[Pseudonym]],
    *,
    product: ProductId,
    decided: Decided,
    identifier: Identifier,
    recover: RecoverIdentifiers,
) -> Missing:
    """Sort pseudonyms that a product holds and that were not put, by why they are missing."""
    found = Missing()
    for batch in missing:
        # (1)
        found.excused.update(pseudonym for pseudonym in batch if pseudonym in decided.refused)
        # (2)
        rest = [
            pseudonym
            for pseudonym in batch
            if pseudonym not in decided.refused and pseudonym not in decided.without_role
        ]
        identified = recover(product, rest)
        for pseudonym, who, today in zip(
            rest, identified, _of_today(identifier, product, identified), strict=True
        ):
            earlier_key = today is not None and today != pseudonym
            # (3)
            if earlier_key and (today in decided.released or today in decided.refused):
                found.excused.add(pseudonym)
            # (4) (5)
            elif (today or pseudonym) not in decided.marked and today not in decided.without_role:
                found.absent.append(Absentee(pseudonym, who, earlier_key))
    return found


def _of_today(
    identifier: Identifier, product: ProductId, identified: Sequence[Identified | None]
) -> list[Pseudonym | None]:
    """The pseudonyms that these persons would get today."""
    by_space: dict[IdentifierSpace, list[str]] = {}
    for who in identified:
        if who is not None:
            by_space.setdefault(who[0], []).append(who[1])
    made: dict[Identified, Pseudonym] = {}
    for space, ids in by_space.items():
        pseudonyms = identifier.pseudonyms(product, Kind.USER, space, ids)
        made.update(((space, each), pseudonym) for each, pseudonym in zip(ids, pseudonyms, strict=True))
    return [None if who is None else made[who] for who in identified]
