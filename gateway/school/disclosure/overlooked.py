"""Persons whom products hold and today's pages did not bring: asked for, kept for once, or let go.

Why somebody is missing, and asking: `absentees`. Here it is decided what becomes of whom the source gave no clear
answer about:
1. the agreement under which they were released is no longer today's: they go;
2. a second refresh agrees that they are absent: they go;
3. what they said by now, or a birthday, forbids it: they go;
4. else they stay as they are held, with all that hangs on them.

Source: ARCHITECTURE section 6, "Rules of the holdings".
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine

from contracts.agreements import CompiledAgreement
from contracts.decisions import Person, PersonFacts, decide_person
from contracts.instants import to_ms
from contracts.refusals import Refused
from contracts.vocabulary import SubjectCategory
from gateway.database import writing
from gateway.holdings.publishing import Publication
from gateway.roster.model import Kind, ProductId, Pseudonym
from gateway.school.disclosure import absences
from gateway.school.disclosure.absentees import (
    Absentee,
    Decided,
    Inquiry,
    Missing,
    OpenedForAsking,
    RecoverIdentifiers,
    sort_missing,
)
from gateway.school.disclosure.graph import NONE
from gateway.school.disclosure.identify import Identifier
from gateway.school.disclosure.plan import ReleasePlan
from gateway.school.disclosure.reading import Reader
from gateway.school.disclosure.release import ProductRelease
from gateway.school.disclosure.shared_spaces import DeliveredPerson


@dataclass(slots=True)
class Work:
    """One product under way."""

    plan: ReleasePlan
    publication: Publication
    release: ProductRelease
    excused: set[Pseudonym] = field(default_factory=set)
    """Persons who go, and not by the source's doing."""


class _Refused(Container[Pseudonym]):
    """Persons whom one product's release refused."""

    def __init__(self, release: ProductRelease) -> None:
        self._release = release

    def __contains__(self, pseudonym: object) -> bool:
        return isinstance(pseudonym, str) and self._release.refused(Pseudonym(pseudonym))


class Overlooked:
    """What becomes of the persons whom the pages of one refresh did not bring."""

    def __init__(
        self,
        school: Engine,
        *,
        board_id: str,
        sources: Sequence[OpenedForAsking],
        identifier: Identifier,
        recover: RecoverIdentifiers,
        second_look: bool,
        now: datetime,
    ) -> None:
        """Open.

        Args:
            second_look: whom the source gave no clear answer about stays until a second refresh agrees.
        """
        self._school = school
        self._board_id = board_id
        self._sources = sources
        self._identifier = identifier
        self._recover = recover
        self._second_look = second_look
        self._now = now

    def found(
        self, works: Sequence[Work], reader: Reader, marked_gone: Sequence[tuple[int, str]]
    ) -> Iterable[DeliveredPerson]:
        """Those who are still there when asked for; of the others who stays is kept in the publications."""
        found: dict[tuple[int, str], DeliveredPerson] = {}
        inquiry = Inquiry(self._sources)
        for work in works:
            missing = self._missing(work, self._marked(work.plan.product, marked_gone))
            answers = inquiry.ask(missing.absent)
            found |= answers.found
            work.excused |= missing.excused | answers.moved
            if not self._second_look:
                # A dry run remembers nothing, and whom a person accepted to lose needs no second refresh.
                continue
            with writing(self._school) as connection:
                agreed = absences.agreed(
                    connection,
                    board_id=self._board_id,
                    product=work.plan.product,
                    absent=[each.pseudonym for each in answers.doubted],
                    now_ms=to_ms(self._now),
                )
            if not work.publication.may_keep:
                # They are held as an earlier agreement released them: in its scope and with its fields. Nobody can say
                # what today's makes of them, so they go until the source delivers them again.
                continue
            doubted = (each for each in answers.doubted if each.pseudonym not in agreed)
            self._keep(work, [*doubted, *answers.staying], reader)
        return list(found.values())

    def _keep(self, work: Work, staying: Sequence[Absentee], reader: Reader) -> None:
        """Who stays, stays with all that hangs on that person: the source delivers it, and nobody said it is gone."""
        lists = {opened.space: at for at, opened in reversed([*enumerate(self._sources)])}
        kept: list[Pseudonym] = []
        for each in staying:
            if each.identified is None or each.identified[0] not in lists:
                # A source that was taken away: nobody knows any more who this is, or what that person said.
                continue
            of_list, identifier = lists[each.identified[0]], each.identified[1]
            if not self._may_stay(work.plan.agreement, reader.structure.facts_about(of_list, identifier)):
                work.excused.add(each.pseudonym)
                continue
            kept.append(each.pseudonym)
            number = reader.structure.graph.persons.find(of_list, identifier)
            if number != NONE:
                # So that enrolments and results, which were read, refer to somebody who is released.
                work.release.persons[number] = each.pseudonym
        kept.sort()
        for kind in (Kind.USER, Kind.DEMOGRAPHICS):
            work.publication.keep(kind, kept)
        if work.release.made_up is not None:
            work.publication.keep_about(Kind.ENROLLMENT, kept)

    def _may_stay(self, agreement: CompiledAgreement, facts: PersonFacts) -> bool:
        """Whether nothing that the person said, and no birthday, takes away what an earlier refresh released."""
        # Scope and roles are of that refresh; asked of everybody as the most protected of those who are listed.
        subjects = [
            each for each in (SubjectCategory.PUPIL, *agreement.subjects) if each in agreement.subjects
        ]
        person = Person(
            frozenset(subjects[:1]),
            frozenset(agreement.schools),
            frozenset(agreement.grades or ()),
            frozenset(agreement.classes or ()),
        )
        return not isinstance(decide_person(agreement, person, facts, now=self._now), Refused)

    def _missing(self, work: Work, marked: Collection[Pseudonym]) -> Missing:
        tally = work.release.tally
        missing = sort_missing(
            (each.ids for each in work.publication.missing(kinds=(Kind.USER,))),
            product=work.plan.product,
            decided=Decided(
                released=frozenset(work.release.persons.values()),
                refused=_Refused(work.release),
                without_role=tally.persons_without_role,
                marked=marked,
            ),
            identifier=self._identifier,
            recover=self._recover,
        )
        if not work.publication.may_keep:
            # The agreement was changed: where a role is out of scope now, that may be why.
            missing.excused |= tally.persons_without_role
        return missing

    def _marked(self, product: ProductId, marked_gone: Sequence[tuple[int, str]]) -> set[Pseudonym]:
        marked: set[Pseudonym] = set()
        for index, opened in enumerate(self._sources):
            ids = [identifier for source, identifier in marked_gone if source == index]
            marked.update(self._identifier.pseudonyms(product, Kind.USER, opened.space, ids))
        return marked
