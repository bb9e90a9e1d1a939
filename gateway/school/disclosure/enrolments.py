"""Enrolments on the way out: kept in arrays until persons and classes are decided, released in the order of pseudonyms.

Nine tenths of all records are enrolments. They hold no free text, so that many are alike but for their references.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from contracts.vocabulary import SubjectCategory
from gateway.roster.model import Kind, Pseudonym, Relations, ReleasedRecord, Subject
from gateway.school.disclosure.chunks import CHUNK, chunks
from gateway.school.disclosure.field_table import ENROLMENT_ROLES
from gateway.school.disclosure.graph import EnrolmentRow, RosterGraph
from gateway.school.disclosure.guarding import GUARDED
from gateway.school.disclosure.id_order import IdOrder
from gateway.school.disclosure.people import known_word
from gateway.school.disclosure.treatments import Surroundings, apply

if TYPE_CHECKING:
    from gateway.school.disclosure.release import ProductRelease

SHELF: Final = 400
"""Enrolments that are ordered together: neighbours in the holdings."""

# An enrolment that could hold text must be scrubbed and guarded one by one.
assert not GUARDED[Kind.ENROLLMENT]

_Alike = tuple[int, str, str | None, str | None, str | None]
"""What of an enrolment decides its fields: source, role, primary, begin and end."""


class EnrolmentRelease:
    """The enrolments of one product during one refresh."""

    def __init__(self, release: ProductRelease, graph: RosterGraph) -> None:
        self._release = release
        self._graph = graph
        self._alike: dict[_Alike, tuple[Subject, Mapping[str, object]]] = {}

    def records(self, subjects: Callable[[str], SubjectCategory]) -> Iterator[list[ReleasedRecord]]:
        """Release enrolments whose person and class are both released, in a school of the agreement.

        In chunks that follow the order of pseudonyms, in which they will be kept.
        """
        graph = self._graph
        order = IdOrder(graph.enrolment_count(), shelf_size=SHELF)
        position = 0
        for batch in chunks(graph.enrolments(), CHUNK):
            kept = {at: row for at, row in enumerate(batch, position) if self._stays(row, subjects)}
            position += len(batch)
            for at, pseudonym in zip(kept, self._pseudonyms_of_rows(list(kept.values())), strict=True):
                order.add(at, pseudonym)
        for shelf in order:
            for positions in chunks(shelf, CHUNK):
                rows = list(graph.enrolments(positions))
                named = sorted(zip(self._pseudonyms_of_rows(rows), range(len(rows)), strict=True))
                yield [self._record(rows[at], pseudonym, subjects) for pseudonym, at in named]

    def _pseudonyms_of_rows(self, rows: Sequence[EnrolmentRow]) -> list[Pseudonym]:
        sources = {row.source for row in rows}
        if len(sources) == 1:
            return self._release.pseudonyms_of(
                Kind.ENROLLMENT, sources.pop(), [row.identifier for row in rows]
            )
        made: dict[tuple[int, str], Pseudonym] = {}
        for source in sources:
            identifiers = [row.identifier for row in rows if row.source == source]
            pseudonyms = self._release.pseudonyms_of(Kind.ENROLLMENT, source, identifiers)
            made.update(
                ((source, each), pseudonym) for each, pseudonym in zip(identifiers, pseudonyms, strict=True)
            )
        return [made[row.source, row.identifier] for row in rows]

    def _stays(self, row: EnrolmentRow, subjects: Callable[[str], SubjectCategory]) -> bool:
        if row.person not in self._release.persons:
            reason = "person_not_released"
        elif row.class_ not in self._release.classes:
            reason = "class_not_released"
        elif row.school not in self._release.orgs:
            reason = "school_out_of_scope"
        elif subjects(row.role) not in self._release.plan.agreement.subjects:
            reason = "subject_not_in_agreement"
        else:
            return True
        self._release.tally.withheld[Kind.ENROLLMENT, reason] += 1
        return False

    def _record(
        self, row: EnrolmentRow, pseudonym: Pseudonym, subjects: Callable[[str], SubjectCategory]
    ) -> ReleasedRecord:
        user, class_, school = (
            self._release.persons[row.person],
            self._release.classes[row.class_],
            self._release.orgs[row.school],
        )
        alike = (row.source, row.role, row.primary, row.begin_on, row.end_on)
        known = self._alike.get(alike)
        if known is None:
            known = self._alike[alike] = self._treat(row, subjects(row.role))
        subject, body = known
        # (4) to (8): the fields were treated with the first of its like, the references are this one's.
        self._release.tally.released[Kind.ENROLLMENT] += 1
        return ReleasedRecord(
            Kind.ENROLLMENT,
            pseudonym,
            subject,
            {**body, "user": user, "class": class_, "school": school},
            Relations(user=user, class_=class_, school=school, role=known_word(row.role, ENROLMENT_ROLES)),
        )

    def _treat(self, row: EnrolmentRow, category: SubjectCategory) -> tuple[Subject, Mapping[str, object]]:
        """(5) The fields of an enrolment: words, flags and days, so many are alike and none holds free text."""
        plan = self._release.plan.of(Kind.ENROLLMENT, frozenset({category}))
        fields = {"role": row.role, "primary": row.primary, "beginDate": row.begin_on, "endDate": row.end_on}
        surroundings = Surroundings(
            pseudonym="",
            alias=None,
            scrub=lambda text, kind_of_text: "",
            term_of=lambda day, beginning: self._release.term_bound(row.source, day, beginning),
        )
        return self._release.plan.label(frozenset({category})), apply(plan.steps, fields, surroundings)
