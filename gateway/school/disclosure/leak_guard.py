"""The last look at what is about to be published to one vendor.

Looks for the full name or a unique identifier of anyone whose name this vendor may not have. What follows
from a suspicion is the refresh's decision: in free text the field is withheld and reported; elsewhere that
product's new generation is held back. A single name is no suspicion: it never stops a refresh.

Guarantees: a suspicion names a field, never a value or a person.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from enum import StrEnum

from gateway.school.disclosure.findings import Findings
from gateway.school.disclosure.folding import fold
from gateway.school.disclosure.full_names import Found, find_full_names, find_identifiers
from gateway.school.disclosure.names import NameIndex


class SuspicionKind(StrEnum):
    """What was seen."""

    FULL_NAME = "full_name"
    IDENTIFIER = "identifier"


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A field that seems to hold what this vendor may not have."""

    field: str
    """Path of the field, e.g. `class.title`."""
    kind: SuspicionKind


class LeakGuard:
    """Inspects records on their way into the holdings of a product."""

    def __init__(self, index: NameIndex) -> None:
        self._index = index
        # What a text holds is the same for every product; whom a product may see is asked each time.
        self._found: Findings[tuple[tuple[SuspicionKind, tuple[int, ...]], ...]] = Findings(index)

    def inspect(
        self, texts: Iterable[tuple[str, str]], *, allowed_persons: Container[int] = ()
    ) -> list[Suspicion]:
        """Look at (field path, text) pairs of one record; at most one suspicion of each kind per field.

        `allowed_persons` are the people whose names this vendor may have in clear. A name that several people
        share is no suspicion when one of them is allowed.
        """
        suspicions: dict[Suspicion, None] = {}
        for field, text in texts:
            for kind, owners in self._find(text):
                if not any(owner in allowed_persons for owner in owners):
                    suspicions[Suspicion(field, kind)] = None
        return list(suspicions)

    def _find(self, text: str) -> tuple[tuple[SuspicionKind, tuple[int, ...]], ...]:
        """Who is in a text, and as what."""
        known = self._found.get(text)
        if known is None:
            known = self._found.keep(text, tuple((kind, found.owners) for kind, found in self._look(text)))
        return known

    def _look(self, text: str) -> Iterable[tuple[SuspicionKind, Found]]:
        folded = fold(text)
        for found in find_identifiers(folded, self._index):
            yield SuspicionKind.IDENTIFIER, found
        tokens = folded.tokens()
        for reading in (tokens, folded.split_at_capitals(tokens) or ()):
            for found in find_full_names(folded, list(reading), self._index):
                yield SuspicionKind.FULL_NAME, found
