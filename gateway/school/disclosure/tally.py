"""What one product's release counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from gateway.roster.model import Kind, Pseudonym


@dataclass(slots=True)
class Tally:
    """Counts of one product's release; no values, no ids."""

    released: Counter[Kind] = field(default_factory=Counter)
    withheld: Counter[tuple[Kind, str]] = field(default_factory=Counter)
    """By kind and reason."""
    leaks_withheld: Counter[str] = field(default_factory=Counter)
    """Free-text fields that were withheld because the guard found somebody in them."""
    leaks_held_back: Counter[str] = field(default_factory=Counter)
    """Other fields in which the guard found somebody: the generation is not published."""
    persons_without_role: set[Pseudonym] = field(default_factory=set)
    """Persons who were read and have no role in scope."""
