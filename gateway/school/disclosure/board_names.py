"""Everyone's names of one refresh, and what is done with them: scrubbing and the leak guard behind one interface."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gateway.roster.model import SourceRecord
from gateway.school.disclosure.free_text import TextKind
from gateway.school.disclosure.leak_guard import LeakGuard
from gateway.school.disclosure.names import NameIndex, PersonName
from gateway.school.disclosure.people import texts
from gateway.school.disclosure.scrub import Scrubber

_IDENTIFIER_FIELDS = ("username", "email", "identifier", "userMasterIdentifier", "sms", "phone")


class BoardNames:
    """Collects names and unique identifiers while users are read; in memory only."""

    def __init__(self, *, words_that_are_no_names: Sequence[str]) -> None:
        self._index = NameIndex()
        self._no_names = words_that_are_no_names

    def __repr__(self) -> str:
        return "<BoardNames>"

    def add_user(self, number: int, record: SourceRecord) -> None:
        """Add one person under the number that the refresh gave."""
        self._index.add(number, PersonName.of_user(record.fields), _identifiers(record))

    def free_text(self) -> BoardFreeText:
        """What scrubs and guards from now on; every user has been read."""
        return BoardFreeText(self._index, self._no_names)


class BoardFreeText:
    """Scrubs free text and looks for leaks, over everyone of the board."""

    def __init__(self, index: NameIndex, words_that_are_no_names: Sequence[str]) -> None:
        self._scrubber = Scrubber(index, words_that_are_no_names=words_that_are_no_names)
        self._guard = LeakGuard(index)

    def __repr__(self) -> str:
        return "<BoardFreeText>"

    def scrub(self, text: str, kind: TextKind, members: Sequence[int]) -> str:
        """The text with names and numbers replaced."""
        return self._scrubber.scrub(text, kind=kind, members=members).text

    def leaks(self, texts_of_record: Mapping[str, object], allowed: Sequence[int]) -> Iterator[str]:
        """Names of fields that hold a full name or unique identifier of somebody who is not in `allowed`."""
        seen: set[str] = set()
        for suspicion in self._guard.inspect(_pairs(texts_of_record), allowed_persons=allowed):
            if suspicion.field not in seen:
                seen.add(suspicion.field)
                yield suspicion.field


def _pairs(texts_of_record: Mapping[str, object]) -> Iterable[tuple[str, str]]:
    for name, value in texts_of_record.items():
        for item in texts(value):
            yield name, item


def _identifiers(record: SourceRecord) -> Iterator[str]:
    yield record.identifier
    for name in _IDENTIFIER_FIELDS:
        value = record.fields.get(name)
        if isinstance(value, str) and value:
            yield value
    listed = record.fields.get("userIds")
    if isinstance(listed, list):
        for item in listed:
            value = item.get("identifier") if isinstance(item, Mapping) else None
            if isinstance(value, str) and value:
                yield value
