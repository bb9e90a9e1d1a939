"""Refreshes over a school system of a few records that a test writes down; what a product then holds, by kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from contracts.agreements import CompiledAgreement, DataEntry
from contracts.decisions import PersonFacts
from contracts.instants import to_ms
from contracts.vocabulary import DataCategory, Direction, Form, Groups, LegalBasis, Service, SubjectCategory
from gateway.database import front_metadata, open_engine, school_metadata
from gateway.errors import SourceError
from gateway.holdings.reading import Holdings
from gateway.holdings.selection import Collection, HeldRecord, Selection
from gateway.holdings.storage_key import StorageKey
from gateway.roster.model import Kind, ProductId, Pseudonym, SourceRecord
from gateway.school.disclosure.identify import Identifier
from gateway.school.disclosure.refresh import (
    DisclosureEngines,
    OpenedSource,
    ProductOutcome,
    Refresh,
    RefreshOptions,
)
from gateway.school.disclosure.structure import FactsOf
from gateway.school.relink.recovering import Recoverer
from keys.keyring import KeyRing
from keys.scope import IdentifierSpace
from tests.contracts.records import IN_TERM, compiled
from tests.gateway.school.delivery.rig import BOARD, REKENEN, space_of

BRIN = "31PQ"


def entry(*fields: str, form: Form = Form.CLEAR) -> DataEntry:
    return DataEntry(DataCategory.CONTACT, fields, form, Direction.OUT)


def terms(*entries: DataEntry, **changes: object) -> CompiledAgreement:
    """An agreement in force for pupils of one school, with the roster and nothing but `entries`."""
    told: dict[str, Any] = {
        "product": REKENEN,
        "legal_basis": LegalBasis.PUBLIC_TASK,
        "schools": (BRIN,),
        "grades": None,
        "classes": None,
        "subjects": (SubjectCategory.PUPIL,),
        "services": (Service.ROSTER,),
        "groups": Groups.EXACT,
        "entries": entries,
    }
    return dataclasses.replace(compiled(), **{**told, **changes})


def ref(identifier: str) -> dict[str, str]:
    return {"sourcedId": identifier}


def pupil(given: str, family: str, **fields: object) -> dict[str, object]:
    role = {"roleType": "primary", "role": "student", "org": ref("school-1")}
    return {"givenName": given, "familyName": family, "roles": [role], **fields}


@dataclass
class WrittenDown:
    """A school's system that holds what a test says."""

    records: dict[Kind, dict[str, Mapping[str, object]]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    """Persons whom its pages skip, and about whom it gives no answer."""
    skipped: set[str] = field(default_factory=set)
    """Persons whom its pages skip, and who are there when asked for."""
    users_hidden: set[str] = field(default_factory=set)
    marked: set[str] = field(default_factory=set)
    """Records that it marks as to be deleted."""
    asked: list[str] = field(default_factory=list)
    """Who was asked for one by one."""
    slug: str = "las1"
    brins: Mapping[str, str] = field(default_factory=lambda: {"school-1": BRIN})
    """Which of its organisations is which school."""

    def add(self, kind: Kind, identifier: str, **fields: object) -> None:
        self.records.setdefault(kind, {})[identifier] = fields

    def skip_user(self, identifier: str) -> None:
        """Its pages skip this person from now on, and about the person it gives no answer; all else it delivers."""
        self.users_hidden.add(identifier)

    def read(self, kind: Kind) -> Iterator[SourceRecord]:
        for identifier, fields in self.records.get(kind, {}).items():
            if identifier in self.hidden | self.skipped:
                continue
            if kind is not Kind.USER or identifier not in self.users_hidden:
                yield self._record(kind, identifier, fields)

    def one(self, kind: Kind, identifier: str) -> SourceRecord | None:
        self.asked.append(identifier)
        if identifier in self.hidden | self.users_hidden:
            raise SourceError("It does not answer.", code="source_down", retry=True)
        found = self.records.get(kind, {}).get(identifier)
        return None if found is None else self._record(kind, identifier, found)

    def enrolments_of(self, person: str) -> None:
        return None

    def _record(self, kind: Kind, identifier: str, fields: Mapping[str, object]) -> SourceRecord:
        return SourceRecord(self.slug, kind, identifier, fields, identifier not in self.marked)


class SmallBoard:
    """One school, one source, and as many refreshes as a test wants."""

    def __init__(self, folder: Path, ring: KeyRing) -> None:
        folder.chmod(0o700)
        self.ring = ring
        self.front = open_engine(f"sqlite:///{folder}/front.sqlite")
        self.school = open_engine(f"sqlite:///{folder}/school.sqlite")
        front_metadata.create_all(self.front)
        school_metadata.create_all(self.school)
        self.storage_key = StorageKey.create(folder / "storage.key")
        self.source = WrittenDown()
        self.source.add(Kind.ORG, "school-1", name="De Test", type="school")
        self.more: list[WrittenDown] = []
        """Further sources; one of the same name as the first is the same system over another standard."""
        self.made_by_vendors: frozenset[str] = frozenset()
        self.digest_now: Callable[[ProductId], str | None] | None = None
        """What the door believes of a product; without it the agreements that are refreshed."""
        self.facts_of: FactsOf = lambda source, identifier, born_on: PersonFacts()
        self.now = IN_TERM

    def close(self) -> None:
        self.front.dispose()
        self.school.dispose()

    def refresh(self, *agreements: CompiledAgreement, threshold: int = 100) -> list[ProductOutcome]:
        self.now += timedelta(hours=1)
        sources = [
            OpenedSource(each, self.ring.space(space_of(each.slug)), each.brins)
            for each in (self.source, *self.more)
        ]
        return Refresh(
            DisclosureEngines(self.front, self.school, self.storage_key, BOARD),
            agreements=agreements,
            sources=sources,
            identifier=Identifier(self.ring),
            recover=self._recover,
            made_by_vendors=lambda kind, identifiers: self.made_by_vendors.intersection(identifiers),
            coarse_space=lambda: self.ring.space(space_of("las2")),
            digest_now=self.digest_now or {each.product: each.digest for each in agreements}.get,
            options=RefreshOptions(removal_threshold_percent=threshold),
            read_facts=lambda: self.facts_of,
            now=self.now,
        ).run()

    def _recover(
        self, product: ProductId, pseudonyms: Sequence[Pseudonym]
    ) -> list[tuple[IdentifierSpace, str] | None]:
        outcomes = Recoverer(self.ring).behind_held(product, Kind.USER, pseudonyms)
        return [None if each is None else (each.space, each.identifier) for each in outcomes]

    def held(self, kind: Kind, product: ProductId = REKENEN) -> list[HeldRecord]:
        """What the product would be served now."""
        holdings = Holdings(self.front, self.storage_key, board_id=BOARD)
        generation = holdings.current(product, now_ms=to_ms(self.now))
        assert generation is not None
        selection = Selection(Collection(kind), limit=1_000)
        return list(holdings.page(product, generation, selection).records)

    def told(self, kind: Kind = Kind.USER) -> str:
        """Every value that is held of a kind, as one text."""
        return repr([dict(record.body) for record in self.held(kind)])
