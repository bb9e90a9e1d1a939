"""(6) and (7) of the way out for one product: free text is scrubbed, and what is about to be published is looked at.

Persons are released while names are still being read. What they hold is looked at when all names are known; before
that nothing can be scrubbed, and a text that would have to be leaves empty.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Final, Protocol

from gateway import strict_json
from gateway.roster.model import Kind
from gateway.school.disclosure.field_table import FIELDS, TEXT_VALUES, Value
from gateway.school.disclosure.free_text import TextKind
from gateway.school.disclosure.tally import Tally

_TEXT_FIELDS: Final = {
    kind: frozenset(name for name, rule in rules.items() if rule.value in TEXT_VALUES | {Value.CODES})
    for kind, rules in FIELDS.items()
}
"""Fields in which a leak withholds the field; a leak in any other holds the generation back."""

GUARDED: Final = {
    kind: frozenset(
        name
        for name, rule in rules.items()
        if rule.value
        not in (
            Value.WORD,
            Value.YEAR,
            Value.FLAG,
            Value.DATE,
            Value.MOMENT,
            Value.JOIN_DATE,
            Value.BIRTH_DATE,
            Value.NUMBER,
        )
    )
    for kind, rules in FIELDS.items()
}
"""Fields that a person at a keyboard could have put a name in; a date or a flag is checked by its type."""

_OWN_NAMES: Final = {
    kind: frozenset(
        name
        for name, rule in rules.items()
        if rule.value
        in (
            Value.GIVEN_NAME,
            Value.FAMILY_NAME,
            Value.OTHER_NAME,
            Value.USER_NAME,
            Value.EMAIL,
            Value.CONTACT,
        )
    )
    for kind, rules in FIELDS.items()
}
"""Where the person's own name or number may stand, as far as the agreement lists them; nowhere else may it."""


class FreeText(Protocol):
    """Scrubbing and the leak guard over everyone of the board."""

    def scrub(self, text: str, kind: TextKind, members: Sequence[int]) -> str:
        """Single names of `members`, full names of everyone, addresses and numbers, as the kind of text asks."""

    def leaks(self, texts: Mapping[str, object], allowed: Sequence[int]) -> Iterable[str]:
        """Names of the fields that hold a full name or unique identifier of somebody who is not in `allowed`."""


class Guarding:
    """Scrubs and guards what one product is to get."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._free_text: FreeText | None = None
        self._deferred: list[tuple[Kind, int | None, dict[str, object]]] = []
        self._put_by: list[bytes] = []

    def scrub(self, text: str, kind: TextKind, members: Sequence[int]) -> str:
        """(6) A text as it may leave."""
        # Before everyone's name is known nothing can be scrubbed: an empty text is not a leak, an early one may be.
        return "" if self._free_text is None else self._free_text.scrub(text, kind, members)

    def look(self, kind: Kind, body: dict[str, object], person: int | None) -> None:
        """(7) Look at a body about to be published, of this person or of nobody; a free text that leaks is withheld."""
        guarded = GUARDED[kind]
        if not guarded:
            return
        texts = {name: value for name, value in body.items() if name in guarded}
        if not texts:
            return
        if self._free_text is None:
            # Persons are released while names are still being read: looked at when all are known.
            self._deferred.append((kind, person, texts))
            return
        placeholders = FIELDS[kind]
        for name in _leaking(self._free_text, kind, texts, person):
            if name in _TEXT_FIELDS[kind]:
                body.pop(name, None)
                if placeholders[name].placeholder is not None:
                    body[name] = placeholders[name].placeholder
                self._tally.leaks_withheld[f"{kind.value}.{name}"] += 1
            else:
                self._tally.leaks_held_back[f"{kind.value}.{name}"] += 1

    def close_chunk(self) -> None:
        """Pack what of the chunk just released is to be looked at later: it waits until all names are read."""
        self._put_by.append(zlib.compress(strict_json.dumps(self._deferred), 1))
        self._deferred = []

    def _names_are_known(self, free_text: FreeText) -> list[bytes]:
        self._free_text = free_text
        self.close_chunk()
        put_by, self._put_by = self._put_by, []
        return put_by

    def _look_back(self, free_text: FreeText, packed: bytes) -> None:
        deferred = strict_json.loads_own(zlib.decompress(packed))
        assert isinstance(deferred, list)
        for kind, person, texts in deferred:
            for name in _leaking(free_text, Kind(kind), texts, person):
                self._tally.leaks_held_back[f"{kind}.{name}"] += 1


def names_are_known(guardings: Sequence[Guarding], free_text: FreeText) -> None:
    """Everyone's name has been read: scrub from here on, and look at what was released before.

    Chunk by chunk for all products: most texts of a chunk are the same for all, and are looked through once.
    """
    put_by = [guarding._names_are_known(free_text) for guarding in guardings]
    for chunk in zip_longest(*put_by):
        for guarding, packed in zip(guardings, chunk, strict=True):
            if packed is not None:
                guarding._look_back(free_text, packed)


def _leaking(
    free_text: FreeText, kind: Kind, texts: Mapping[str, object], person: int | None
) -> Iterator[str]:
    """(7) Fields that name somebody. Attack: the name that the agreement withholds, typed among the grades."""
    own = {name: text for name, text in texts.items() if name in _OWN_NAMES[kind]}
    yield from free_text.leaks(own, () if person is None else (person,))
    yield from free_text.leaks({name: text for name, text in texts.items() if name not in own}, ())
