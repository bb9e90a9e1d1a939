"""Sources that share one identifier space: one system of the school, reached over more than one standard.

Ordered rules (docs/decisions/0023):
1. They are read as one list. A record that several deliver counts once; its fields are those of the first
   source, in order of their names, that delivers it and does not mark it as to be deleted.
2. A person is decided once, on everything that any of them says: the roles and grades of all together. So whoever
   is a pupil in one of them and a teacher in another is both, and gets the stronger protection of the two.
   Attack by accident: decided per source, the view that knows least would let somebody through.
3. Birth dates that differ are no birth date: nobody can say who may consent.
4. An organisation is the school that they say it is; where they say different schools, it is in nobody's scope.
5. An absent person is gone only when every one of them says so.

Sources with a space of their own are not touched by any of this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

from gateway import strict_json
from gateway.roster.model import Kind, SourceRecord
from gateway.school.disclosure.chunks import CHUNK
from gateway.school.disclosure.people import reference_id, text, texts
from gateway.school.disclosure.treatments import valid_day
from keys.scope import IdentifierSpace


class ReadableSource(Protocol):
    """What a refresh asks of a source."""

    def read(self, kind: Kind) -> Iterator[SourceRecord]: ...


class Mapped(Protocol):
    """What is asked of an opened source here."""

    @property
    def space(self) -> IdentifierSpace: ...

    @property
    def brin_of_org(self) -> Mapping[str, str]: ...


def one_list(spaces: Sequence[IdentifierSpace]) -> tuple[int, ...]:
    """Of each source the number of the first one with the same space: its list."""
    first: dict[IdentifierSpace, int] = {}
    return tuple(first.setdefault(space, index) for index, space in enumerate(spaces))


def brin_of_org(sources: Sequence[Mapped]) -> dict[tuple[int, str], str]:
    """(4) By list and identifier of the organisation; one on which sources differ is left out."""
    lists = one_list([each.space for each in sources])
    found: dict[tuple[int, str], str] = {}
    disputed: set[tuple[int, str]] = set()
    for of_list, source in zip(lists, sources, strict=True):
        for org, brin in source.brin_of_org.items():
            if found.setdefault((of_list, org), brin) != brin:
                disputed.add((of_list, org))
    return {org: brin for org, brin in found.items() if org not in disputed}


def combined(records: Sequence[SourceRecord]) -> SourceRecord:
    """(1) (2) One person as several sources deliver that person."""
    first = records[0]
    if len(records) == 1:
        return first
    roles: dict[tuple[str | None, str | None], object] = {}
    grades: dict[str, None] = {}
    for record in records:
        listed = record.fields.get("roles")
        for item in listed if isinstance(listed, list) else ():
            if isinstance(item, Mapping):
                roles.setdefault((text(item.get("role")), reference_id(item.get("org"))), item)
        grades.update(dict.fromkeys(texts(record.fields.get("grades"))))
    fields = {**first.fields, "roles": list(roles.values())}
    if grades:
        fields["grades"] = list(grades)
    return replace(first, fields=fields)


def agreed_birth(demographics: Iterable[SourceRecord]) -> date | None:
    """(3) The birth date on which all sources of a person agree; differing ones are none."""
    days = {day for record in demographics if (day := valid_day(record.fields.get("birthDate"))) is not None}
    return date.fromisoformat(days.pop()) if len(days) == 1 else None


@dataclass(frozen=True, slots=True)
class DeliveredPerson:
    """One person, and how each source names that person: names are scrubbed however they are written."""

    list: int
    record: SourceRecord
    as_delivered: tuple[SourceRecord, ...] = field(repr=False)


class _Together:
    """Persons of one list, held until the last of its sources has been read; packed, in memory only."""

    def __init__(self, lists: Sequence[int]) -> None:
        self._lists = lists
        self._last = {of_list: index for index, of_list in enumerate(lists)}
        self._shared = {of_list for index, of_list in enumerate(lists) if of_list != index}
        self._waiting: dict[int, dict[str, tuple[SourceRecord, list[bytes]]]] = {}

    def delivered(self, index: int, record: SourceRecord) -> Iterator[DeliveredPerson]:
        """What can go on now that source `index` delivered this one."""
        of_list = self._lists[index]
        if of_list not in self._shared:
            yield DeliveredPerson(of_list, record, (record,))
            return
        waiting = self._waiting.setdefault(of_list, {})
        if index != self._last[of_list]:
            _, packed = waiting.setdefault(record.identifier, (replace(record, fields={}), []))
            packed.append(strict_json.dumps(record.fields))
            return
        earlier = waiting.pop(record.identifier, None)
        records = (*(() if earlier is None else _unpacked(*earlier)), record)
        yield DeliveredPerson(of_list, combined(records), records)

    def ended(self, index: int) -> Iterator[DeliveredPerson]:
        """Source `index` has delivered everyone: those whom the last of a list did not deliver go on."""
        of_list = self._lists[index]
        if index == self._last[of_list]:
            for earlier in self._waiting.pop(of_list, {}).values():
                records = _unpacked(*earlier)
                yield DeliveredPerson(of_list, combined(records), records)


def _unpacked(bare: SourceRecord, packed: Sequence[bytes]) -> tuple[SourceRecord, ...]:
    records = []
    for content in packed:
        fields = strict_json.loads_own(content)
        assert isinstance(fields, dict)
        records.append(replace(bare, fields=fields))
    return tuple(records)


class Deliveries:
    """What the sources of one refresh deliver, by list; who is marked as to be deleted is noted and left out."""

    def __init__(
        self,
        sources: Sequence[ReadableSource],
        *,
        lists: Sequence[int] | None = None,
        progress: Callable[[Kind, int], None] = lambda kind, count: None,
    ) -> None:
        """Open.

        Args:
            lists: of each source its list (`one_list`); without it each has one of its own.
        """
        self._sources = sources
        self._lists = tuple(range(len(sources))) if lists is None else lists
        self._progress = progress
        self._read: dict[Kind, int] = {}
        self.marked_gone: list[tuple[int, str]] = []
        """(list, identifier) of persons whom a source says are to be deleted: they need no second opinion."""

    @property
    def count(self) -> int:
        """How many sources there are; no list has a higher number."""
        return len(self._sources)

    def records(self, kind: Kind) -> Iterator[tuple[int, SourceRecord]]:
        """(list, record), each record once."""
        return ((of_list, record) for of_list, record, again in self.every(kind) if not again)

    def every(self, kind: Kind) -> Iterator[tuple[int, SourceRecord, bool]]:
        """(list, record, whether another source of the list delivered it before)."""
        seen: dict[int, set[str]] = {
            of_list: set() for index, of_list in enumerate(self._lists) if of_list != index
        }
        for index, of_list in enumerate(self._lists):
            in_list = seen.get(of_list)
            for record in self._of_source(index, kind):
                again = in_list is not None and record.identifier in in_list
                if in_list is not None:
                    in_list.add(record.identifier)
                yield of_list, record, again
        self._progress(kind, self._read.get(kind, 0))

    def persons(self) -> Iterator[DeliveredPerson]:
        """Everyone, each once, on what all sources of the list say."""
        together = _Together(self._lists)
        for index in range(len(self._sources)):
            for record in self._of_source(index, Kind.USER):
                yield from together.delivered(index, record)
            yield from together.ended(index)
        self._progress(Kind.USER, self._read.get(Kind.USER, 0))

    def _of_source(self, index: int, kind: Kind) -> Iterator[SourceRecord]:
        for record in self._sources[index].read(kind):
            count = self._read[kind] = self._read.get(kind, 0) + 1
            if count % CHUNK == 0:
                self._progress(kind, count)
            # (1) of the way out: what the source marks as to be deleted is as good as gone.
            if record.active:
                yield record
            elif kind is Kind.USER:
                self.marked_gone.append((self._lists[index], record.identifier))
