"""Joining what vendors returned: by which agreement, to what is known already, and to which system.

What is asked of the school is in `School`; `relink.accept` decides, one record at a time, and nothing is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from sqlalchemy import Connection, Engine

from gateway.database import reading
from gateway.inbox.claiming import Claimed
from gateway.inbox.tables import State
from gateway.roster.model import Kind, ProductId
from gateway.school.delivery.handing import Verdict
from gateway.school.delivery.outbox import Taker
from gateway.school.relink import minted
from gateway.school.relink.accept import Outcome, accept
from gateway.school.relink.recovering import Recoverer

ALTERED: Final = "agreement_altered"
"""Reason of a record that waits until its agreement is again what people approved."""
ALTERED_WAIT_MS: Final = 15_000

Terms = Callable[[Kind, int], Collection[str] | None]
"""Fields that may come back of a kind, received at a time (milliseconds), as `result.score`; None: under no agreement
that is known, so it waits.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """What the worker needs to know of the school, and what may change while it runs."""

    board_id: str
    recoverer: Recoverer
    takers: Mapping[str, Taker]
    """By slug of the source; every source of the board, also those that take no results."""
    source_of_space: Mapping[str, str]
    """Name of an identifier space -> slug of the source in which it is found today."""
    terms: Callable[[ProductId], Terms | None]
    """What the agreement with a product lets come back; None: it was altered, and nothing goes by it."""
    stands_in: Mapping[str, str] = field(default_factory=dict)
    """Slug of a source -> slug of the one that takes results for the same system today; others stand for
    themselves."""
    os_account: str | None = field(default=None)


class Joining:
    """Joins claimed records, and remembers where records stand that vendors made."""

    def __init__(self, school_engine: Engine, school: School, *, clock: Callable[[], int]) -> None:
        self._school_engine = school_engine
        self._school = school
        self._clock = clock
        self._places: dict[tuple[ProductId, Kind, str], str | None] = {}

    def join(self, claims: Sequence[Claimed]) -> tuple[dict[int, Outcome], dict[int, Verdict]]:
        """What came of each; and the verdict on those that are not joined now, because of their agreement."""
        fields_back, waiting = self._fields_back(claims)
        with reading(self._school_engine) as connection:
            outcomes = {
                claimed.seq: accept(
                    claimed,
                    recoverer=self._school.recoverer,
                    source_of_space=self._school.source_of_space,
                    places=partial(self._known_places, connection, claimed.product),
                    fields_back=fields_back[claimed.seq],
                )
                for claimed in claims
                if claimed.seq in fields_back
            }
        return outcomes, waiting

    def _fields_back(
        self, claims: Sequence[Claimed]
    ) -> tuple[dict[int, Collection[str]], dict[int, Verdict]]:
        """What may come back of each by the agreement under which it came; the others wait."""
        terms = {product: self._school.terms(product) for product in {each.product for each in claims}}
        found: dict[int, Collection[str]] = {}
        waiting: dict[int, Verdict] = {}
        for claimed in claims:
            of_product = terms[claimed.product]
            fields = None if of_product is None else of_product(claimed.kind, claimed.received_at_ms)
            if fields is None:
                not_before_ms = self._clock() + ALTERED_WAIT_MS
                waits = Verdict(State.WAITING, ALTERED, not_before_ms=not_before_ms, counts=False)
                waiting[claimed.seq] = waits
            else:
                found[claimed.seq] = fields
        return found, waiting

    def _known_places(
        self, connection: Connection, product: ProductId, wanted: list[tuple[Kind, str]]
    ) -> dict[tuple[Kind, str], str | None]:
        # A place never changes once it is noted down, so what was found is kept: a class's results all ask for
        # the same line item.
        kept = {key: self._places[product, *key] for key in wanted if (product, *key) in self._places}
        unknown = [key for key in wanted if key not in kept]
        if not unknown:
            return kept
        found = minted.places(connection, board_id=self._school.board_id, product=product, wanted=unknown)
        today = {key: self.today(place) for key, place in found.items()}
        if len(self._places) > 10_000:
            self._places.clear()
        self._places.update(((product, *key), place) for key, place in today.items())
        return kept | today

    def today(self, source: str | None) -> str | None:
        """The source in which a record stands today that was once put over this one."""
        # One system may be reached over two standards: a record that was put over the one is there for the other.
        return None if source is None else self._school.stands_in.get(source, source)
