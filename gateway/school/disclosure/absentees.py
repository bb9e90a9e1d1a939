"""Persons whom a product holds and today's pages did not bring: why each is missing, and who is really absent.

Ordered rules:
1. Who was refused today (agreement, consent, objection) goes. That is not the source's doing.
2. Who was read today and has no role in scope any more goes; nobody needs to ask where that person is.
3. Who is held under an earlier key version goes in this refresh and is never kept: a vendor that holds both
   pseudonyms of everybody knows the new ones by the old. Where the person was released or refused today, it is
   the school's doing that moved the product to a new key, not the source's.
4. Whom the source marks as to be deleted goes.
5. The rest is absent and is asked for: every source of that identifier space, up to `MAX_ASKED` persons.
   a. Found, and no source without an answer: decided about like everybody else, on what all of them say.
   b. Found by one while another gives no answer: stays as it is held. What the silent one would say may keep
      somebody back, so nothing new is released.
   c. Not found, and a source without an answer, or too many to ask: in doubt; stays until a second refresh agrees.
   d. Else gone.

Not decided here: what becomes of who is in doubt, and whether too many go (`refresh`).
Source: ARCHITECTURE section 5 "Rotation" and section 6 "Rules of the holdings".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from gateway.errors import SourceError
from gateway.roster.model import Kind, ProductId, Pseudonym, SourceRecord
from gateway.school.disclosure.identify import Identifier
from gateway.school.disclosure.shared_spaces import DeliveredPerson, combined, one_list
from keys.scope import IdentifierSpace

MAX_ASKED: Final = 200
"""Absent persons that are asked for one by one; above that a second refresh must agree."""

Identified = tuple[IdentifierSpace, str]

RecoverIdentifiers = Callable[[ProductId, Sequence[Pseudonym]], Sequence[Identified | None]]
"""Who is behind pseudonyms that a product holds, retired key versions included; handed in by the caller, who may
recover. None: the ring cannot tell.
"""


@dataclass(frozen=True, slots=True)
class Decided:
    """What today's pages said of one product's persons, as pseudonyms of today's key version."""

    released: Collection[Pseudonym]
    refused: Container[Pseudonym]
    without_role: Collection[Pseudonym]
    marked: Collection[Pseudonym]
    """To be deleted, by the source's own word."""


@dataclass(frozen=True, slots=True)
class Absentee:
    """One person whom the pages did not bring."""

    pseudonym: Pseudonym
    identified: Identified | None = field(repr=False)
    earlier_key: bool
    """Held under an earlier key version: whatever the source says, this pseudonym goes."""


@dataclass(slots=True)
class Missing:
    """The missing persons of one product, sorted."""

    excused: set[Pseudonym] = field(default_factory=set)
    """They go, and not by the source's doing: the removal threshold does not count them."""
    absent: list[Absentee] = field(default_factory=list)


def sort_missing(
    missing: Iterable[Sequence[Pseudonym]],
    *,
    product: ProductId,
    decided: Decided,
    identifier: Identifier,
    recover: RecoverIdentifiers,
) -> Missing:
    """Sort pseudonyms that a product holds and that were not put, by why they are missing."""
    found = Missing()
    for batch in missing:
        # (1)
        found.excused.update(pseudonym for pseudonym in batch if pseudonym in decided.refused)
        # (2)
        rest = [
            pseudonym
            for pseudonym in batch
            if pseudonym not in decided.refused and pseudonym not in decided.without_role
        ]
        identified = recover(product, rest)
        for pseudonym, who, today in zip(
            rest, identified, _of_today(identifier, product, identified), strict=True
        ):
            earlier_key = today is not None and today != pseudonym
            # (3)
            if earlier_key and (today in decided.released or today in decided.refused):
                found.excused.add(pseudonym)
            # (4) (5)
            elif (today or pseudonym) not in decided.marked and today not in decided.without_role:
                found.absent.append(Absentee(pseudonym, who, earlier_key))
    return found


def _of_today(
    identifier: Identifier, product: ProductId, identified: Sequence[Identified | None]
) -> list[Pseudonym | None]:
    """The pseudonyms that these persons would get today."""
    by_space: dict[IdentifierSpace, list[str]] = {}
    for who in identified:
        if who is not None:
            by_space.setdefault(who[0], []).append(who[1])
    made: dict[Identified, Pseudonym] = {}
    for space, ids in by_space.items():
        pseudonyms = identifier.pseudonyms(product, Kind.USER, space, ids)
        made.update(((space, each), pseudonym) for each, pseudonym in zip(ids, pseudonyms, strict=True))
    return [None if who is None else made[who] for who in identified]


class Asked(Protocol):
    """What is asked of a source here."""

    def one(self, kind: Kind, identifier: str) -> SourceRecord | None: ...


class OpenedForAsking(Protocol):
    """A source with its identifier space."""

    @property
    def source(self) -> Asked: ...

    @property
    def space(self) -> IdentifierSpace: ...


@dataclass(slots=True)
class Answers:
    """What asking for the absentees of one product gave."""

    found: dict[tuple[int, str], DeliveredPerson] = field(default_factory=dict)
    """By list and identifier: still there, to be decided about."""
    moved: set[Pseudonym] = field(default_factory=set)
    """Pseudonyms of an earlier key version under which those who were found are held."""
    staying: list[Pseudonym] = field(default_factory=list)
    """5b. Nobody under an earlier key version is among these or the next."""
    doubted: list[Pseudonym] = field(default_factory=list)
    """5c."""


def ask(absent: Sequence[Absentee], sources: Sequence[OpenedForAsking]) -> Answers:
    """Ask for each; persons of whom the sources know nothing are in none of the answers."""
    answers = Answers()
    if len(absent) > MAX_ASKED:
        answers.doubted = [each.pseudonym for each in absent if not each.earlier_key]
        return answers
    members = _members_of_space(sources)
    for each in absent:
        # A source that was taken away, or a key that is gone: nobody to ask.
        if each.identified is None or each.identified[0] not in members:
            continue
        space, identifier = each.identified
        of_list, asked = members[space]
        records, silent = _ask_each(asked, identifier)
        if records and not silent:
            answers.found[of_list, identifier] = DeliveredPerson(of_list, combined(records), tuple(records))
            if each.earlier_key:
                answers.moved.add(each.pseudonym)
        elif silent and not each.earlier_key:
            (answers.staying if records else answers.doubted).append(each.pseudonym)
    return answers


def _members_of_space(
    sources: Sequence[OpenedForAsking],
) -> Mapping[IdentifierSpace, tuple[int, list[Asked]]]:
    members: dict[IdentifierSpace, tuple[int, list[Asked]]] = {}
    for of_list, opened in zip(one_list([each.space for each in sources]), sources, strict=True):
        members.setdefault(opened.space, (of_list, []))[1].append(opened.source)
    return members


def _ask_each(sources: Sequence[Asked], identifier: str) -> tuple[list[SourceRecord], bool]:
    """What each has of this person, and whether one gave no answer."""
    records: list[SourceRecord] = []
    silent = False
    for source in sources:
        try:
            record = source.one(Kind.USER, identifier)
        except SourceError:
            silent = True
            continue
        if record is not None and record.active:
            records.append(record)
    return records, silent
