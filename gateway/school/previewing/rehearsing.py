"""One person through the release of one product, exactly as a refresh of this moment would do it.

Guarantees: `Reader` and `ProductRelease` do the work, as in a refresh; nothing here decides. What was narrowed away
(`narrowing`) changes nothing of the person, but for one thing: texts of groups are scrubbed with everybody's names,
which only a refresh knows. So texts of a group are never made here from a narrowed reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from contracts.refusals import Refused
from gateway.roster.model import Kind, Pseudonym, ReleasedRecord, SourceRecord
from gateway.school.disclosure.board_names import BoardNames
from gateway.school.disclosure.identify import MakesPseudonyms
from gateway.school.disclosure.people import PersonRecord
from gateway.school.disclosure.plan import ReleasePlan
from gateway.school.disclosure.reading import Reader
from gateway.school.disclosure.refresh import AskableSource
from gateway.school.disclosure.release import AllocateAliases, ProductRelease
from gateway.school.disclosure.releasing import births_decide, open_release
from gateway.school.disclosure.shared_spaces import Deliveries
from gateway.school.disclosure.structure import FactsOf, Structure
from keys.scope import IdentifierSpace


class WatchedRelease(ProductRelease):
    """A product's release that remembers whom it was asked about."""

    met: dict[int, PersonRecord] | None = None

    def admit_persons(self, batch: Sequence[PersonRecord]) -> list[PersonRecord]:
        """As a refresh decides."""
        self.met = (self.met or {}) | {person.number: person for person in batch}
        return super().admit_persons(batch)


class _Noting(Deliveries):
    """Deliveries that keep what the school has of one person's demographics, to be shown beside what goes."""

    def __init__(self, sources: Sequence[AskableSource], *, identifier: str) -> None:
        super().__init__(sources, lists=[0] * len(sources))
        self._identifier = identifier
        self.demographics: SourceRecord | None = None

    def every(self, kind: Kind) -> Iterator[tuple[int, SourceRecord, bool]]:
        """As a refresh reads."""
        for of_list, record, again in super().every(kind):
            if kind is Kind.DEMOGRAPHICS and record.identifier == self._identifier and not again:
                self.demographics = record
            yield of_list, record, again


class _Kept:
    """Where released records go instead of a publication."""

    def __init__(self) -> None:
        self.records: list[ReleasedRecord] = []

    def put(self, records: Sequence[ReleasedRecord]) -> None:
        self.records += records


@dataclass(frozen=True, slots=True)
class Surroundings:
    """With what a release works, real or made up."""

    spaces: Sequence[IdentifierSpace]
    """Of each source; one and the same, for one person is of one identifier space."""
    brin_of_org: Mapping[tuple[int, str], str]
    facts_of: FactsOf
    identifier: MakesPseudonyms
    allocate: AllocateAliases
    coarse_space: Callable[[], IdentifierSpace]
    demographic_fields: frozenset[str]
    words_that_are_no_names: tuple[str, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of it."""

    person: PersonRecord
    refused: Refused | None
    """None, and no pseudonym: the person may go, but has no role that does."""
    pseudonym: Pseudonym | None
    """None where nothing of the person goes."""
    demographics: SourceRecord | None = field(repr=False)
    released: Mapping[Kind, Sequence[ReleasedRecord]] = field(repr=False)
    """What goes, of everybody who was read."""
    release: WatchedRelease = field(repr=False)
    structure: Structure = field(repr=False)

    def about(self, kind: Kind) -> list[ReleasedRecord]:
        """The released records of a kind that are this person's."""
        records = self.released.get(kind, ())
        if kind is Kind.ENROLLMENT:
            return [each for each in records if each.relations.user == self.pseudonym]
        return [each for each in records if each.pseudonym == self.pseudonym]


def rehearse(
    plan: ReleasePlan, sources: Sequence[AskableSource], identifier: str, around: Surroundings
) -> Rehearsal | None:
    """Read and release; None when the sources do not deliver the person.

    Args:
        sources: all of one identifier space, narrowed to the person or whole.
        identifier: the person's, in that space.

    Raises:
        SourceError: a school's system failed.
    """
    deliveries = _Noting(sources, identifier=identifier)
    structure = Structure(deliveries, brin_of_org=around.brin_of_org, facts_of=around.facts_of)
    structure.read(demographic_fields=around.demographic_fields, births=births_decide([plan]))
    release = open_release(
        plan,
        structure,
        spaces=around.spaces,
        identifier=around.identifier,
        allocate=around.allocate,
        coarse_space=around.coarse_space,
        now=around.now,
        of=WatchedRelease,
    )
    assert isinstance(release, WatchedRelease)
    kept = _Kept()
    names = BoardNames(words_that_are_no_names=around.words_that_are_no_names)
    Reader(deliveries, structure, names=names).release([(release, kept)], overlooked=lambda: ())
    person = (release.met or {}).get(structure.graph.persons.find(0, identifier))
    if person is None:
        return None
    released: dict[Kind, list[ReleasedRecord]] = {}
    for record in kept.records:
        released.setdefault(record.kind, []).append(record)
    return Rehearsal(
        person=person,
        refused=release.refusal(person),
        pseudonym=release.persons.get(person.number),
        demographics=deliveries.demographics,
        released=released,
        release=release,
        structure=structure,
    )
