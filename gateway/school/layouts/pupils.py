"""Whom a cell of a results file means, and to which class the result belongs. Identifies nobody.

A pseudonym is believed when the key made it for this product and the product was given it; an alias when it is this
product's. Another product's are unknown here, whoever asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from contracts.instants import to_ms
from gateway.database import reading
from gateway.errors import GatewayError
from gateway.holdings.reading import Holdings
from gateway.holdings.selection import Collection, HeldRecord, Selection
from gateway.inbox.accepting import ObjectIndex
from gateway.roster.model import PSEUDONYM_PATTERN, Kind, ProductId, Subject
from gateway.school import refreshing
from gateway.school.disclosure import aliases
from gateway.school.relink.files import candidates
from gateway.school.relink.recovering import Found
from gateway.school.services import SchoolServices

NOT_A_PUPIL: Final = "not_a_pupil"
SEVERAL: Final = "several_pupils"
NOBODY: Final = "no_pupil"
CLASS_UNKNOWN: Final = "class_unknown"
CLASS_UNCLEAR: Final = "class_unclear"
_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Named:
    """One pupil as the vendor knows it."""

    text: str = field(repr=False)
    """The pseudonym; or, of nobody, what stands there in the form of one."""
    issued: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The class of a result; without an id, why there is none."""

    id: str = ""
    school: str | None = None
    code: str = ""


class Pupils:
    """The pupils of one product, for one file."""

    def __init__(self, services: SchoolServices, product: ProductId, *, now: datetime) -> None:
        self._services = services
        self._product = product
        self._recoverer = refreshing.recoverer_of(services)
        self._holdings = Holdings(
            services.front,
            services.storage_key,
            board_id=services.board_id,
            max_age_ms=services.settings.max_age_days * 86_400_000,
        )
        self._index = ObjectIndex.derived(services.storage_key.seal, board_id=services.board_id)
        self._lasting: dict[tuple[Kind, str], str] = {}
        self._cells: dict[str, Named | str] = {}
        self._classes: dict[str, HeldRecord] = {}
        self._of_person: dict[str, list[str]] = {}
        self._subjects: dict[str, str] = {}
        self._read_held(now)

    def known(self, cells: Sequence[str]) -> set[str]:
        """Which of these cells name somebody of this product."""
        self.learn(cells)
        found = {}
        for cell in cells:
            who = self._cells.get(cell.strip())
            found[cell] = isinstance(who, Named) and who.issued
        return {cell for cell, is_known in found.items() if is_known}

    def learn(self, cells: Sequence[str]) -> None:
        """Find out about these cells, all at once."""
        wanted = {cell.strip() for cell in cells} - self._cells.keys()
        texts = {cell: {text.lower() for text in candidates(cell)} for cell in wanted}
        codes = {cell: code for cell in wanted if (code := aliases.code_in(cell)) is not None}
        with reading(self._services.school) as connection:
            by_code = aliases.pseudonyms_of(
                connection,
                board_id=self._services.board_id,
                product=self._product,
                codes=sorted(set(codes.values())),
            )
        asked = sorted({text for many in texts.values() for text in many} | set(by_code.values()))
        outcomes = self._recoverer.recover(self._product, Kind.USER, asked)
        made = {text for text, each in zip(asked, outcomes, strict=True) if isinstance(each, Found)}
        for text, each in zip(asked, outcomes, strict=True):
            if isinstance(each, Found):
                self._lasting[Kind.USER, text] = self._mark(Kind.USER, each)
        issued = self._holdings.ever_issued(self._product, Kind.USER, sorted(made))
        for cell in wanted:
            found = {text for text in texts[cell] if text in made}
            code = codes.get(cell)
            if not found and code is not None and code in by_code:
                found = {str(by_code[code])} & made
            self._cells[cell] = self._judged(found, texts[cell], code, issued)

    def _judged(
        self, found: set[str], texts: set[str], code: str | None, issued: frozenset[str]
    ) -> Named | str:
        if len(found) > 1:
            return SEVERAL
        if found:
            (one,) = found
            subject = self._subjects.get(one)
            if subject is not None and Subject.PUPIL.value not in Subject(subject).words:
                return NOT_A_PUPIL
            return Named(one, one in issued)
        if texts:
            # The longest is what somebody meant: the others are parts of it.
            return Named(max(sorted(texts), key=len), issued=False)
        return Named(code, issued=False) if code is not None else NOBODY

    def of(self, cell: str) -> Named | str:
        """Whom a cell means; a code where nobody, or more than one."""
        return self._cells.get(cell.strip(), NOBODY)

    def lasting(self, kind: Kind, text: str) -> str:
        """A mark of whom or what a pseudonym means, the same under every version of the product's key.

        A keyed hash: it identifies nobody without the storage key. Of what the key did not make: the text itself.
        """
        if (kind, text) not in self._lasting:
            (outcome,) = self._recoverer.recover(self._product, kind, [text])
            self._lasting[kind, text] = self._mark(kind, outcome) if isinstance(outcome, Found) else text
        return self._lasting[kind, text]

    def _mark(self, kind: Kind, found: Found) -> str:
        return self._index.of_object(self._product, kind, f"{found.space.name}\n{found.identifier}").hex()

    def group_of(self, pupil: str, said: str) -> Group:
        """The class of a result: the one that the row names, or the one that the pupil has."""
        mine = [self._classes[each] for each in self._of_person.get(pupil, ())]
        if said:
            return self._named_group(said, mine)
        homes = [each for each in mine if each.body.get("classType") == "homeroom"]
        for few in (mine, homes):
            if len(few) == 1:
                return _group(few[0])
        return Group(code=CLASS_UNCLEAR)

    def _named_group(self, said: str, mine: Sequence[HeldRecord]) -> Group:
        if PSEUDONYM_PATTERN.match(said.lower()):
            identifier = said.lower()
            if not self._holdings.ever_issued(self._product, Kind.CLASS, [identifier]):
                return Group(code=CLASS_UNKNOWN)
            held = self._classes.get(identifier)
            return Group(identifier) if held is None else _group(held)
        titled = [each for each in mine if _fold(str(each.body.get("title", ""))) == _fold(said)]
        return _group(titled[0]) if len(titled) == 1 else Group(code=CLASS_UNKNOWN)

    def _read_held(self, now: datetime) -> None:
        try:
            generation = self._holdings.current(self._product, now_ms=to_ms(now))
        except GatewayError:
            # Stopped, or too old: within the inbound term results still come, and their classes must be named.
            generation = None
        if generation is None:
            return
        for kind in (Kind.CLASS, Kind.USER, Kind.ENROLLMENT):
            offset = 0
            while True:
                selection = Selection(Collection(kind), offset=offset, limit=_PAGE)
                page = self._holdings.page(self._product, generation, selection, positions=False)
                for record in page.records:
                    if record.active:
                        self._note(kind, record)
                offset += len(page.records)
                if not page.records or offset >= page.total:
                    break

    def _note(self, kind: Kind, record: HeldRecord) -> None:
        if kind is Kind.CLASS:
            self._classes[record.id] = record
        elif kind is Kind.USER:
            self._subjects[record.id] = record.subject
        elif record.body.get("role") == "student" and str(record.body.get("class")) in self._classes:
            mine = self._of_person.setdefault(str(record.body.get("user")), [])
            if str(record.body.get("class")) not in mine:
                mine.append(str(record.body.get("class")))


def _group(record: HeldRecord) -> Group:
    school = record.body.get("school")
    return Group(record.id, school if isinstance(school, str) else None)


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()
