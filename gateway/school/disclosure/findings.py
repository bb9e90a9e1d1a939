"""What was found in texts, kept while products look at the same ones after each other; in memory, of few texts."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final, Generic, TypeVar

from gateway.school.disclosure.names import NameIndex

_KEPT: Final = 4_096

_Finding = TypeVar("_Finding")


class Findings(Generic[_Finding]):
    """Findings by text. Attack on haste: a name that was read later; an index that has grown voids all of them."""

    __slots__ = ("_found", "_index", "_people")

    def __init__(self, index: NameIndex) -> None:
        self._index = index
        self._people = len(index)
        self._found: dict[Hashable, _Finding] = {}

    def get(self, text: Hashable) -> _Finding | None:
        """What was found in this text; None where it was not looked at, or not lately."""
        if len(self._index) != self._people:
            self._found.clear()
            self._people = len(self._index)
        return self._found.get(text)

    def keep(self, text: Hashable, finding: _Finding) -> _Finding:
        """Keep a finding, and return it."""
        if len(self._found) >= _KEPT:
            self._found.clear()
        self._found[text] = finding
        return finding
