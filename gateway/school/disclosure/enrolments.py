"""Enrolments on the way out: kept in columns until persons and classes are decided, released in order of pseudonyms.

Nine tenths of all records are enrolments. They hold no free text, so that many are alike but for their references.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.vocabulary import SubjectCategory
from gateway.roster.model import Kind, Pseudonym, Relations, ReleasedRecord, Subject
from gateway.school.disclosure.chunks import CHUNK, chunks
from gateway.school.disclosure.field_table import ENROLMENT_ROLES
from gateway.school.disclosure.graph import Alike, Enrolments
from gateway.school.disclosure.guarding import GUARDED
from gateway.school.disclosure.id_order import IdOrder
from gateway.school.disclosure.identify import texts
from gateway.school.disclosure.people import known_word, subject_of_role
from gateway.school.disclosure.plan import ReleasePlan
from gateway.school.disclosure.tally import Tally
from gateway.school.disclosure.treatments import Surroundings, apply

SHELF: Final = 400
"""Enrolments that are ordered together: neighbours in the holdings."""

# An enrolment that could hold text must be scrubbed and guarded one by one.
assert not GUARDED[Kind.ENROLLMENT]


@dataclass(frozen=True, slots=True)
class _Treated:
    """What enrolments that are alike leave with, but for their references."""

    listed: bool
    """Whether the agreement lists the subject of the role."""
    subject: Subject
    body: Mapping[str, object]
    role: str


class EnrolmentRelease:
    """The enrolments of one product during one refresh; ready when persons, classes and schools are decided."""

    def __init__(
        self,
        plan: ReleasePlan,
        rows: Enrolments,
        *,
        persons: Mapping[int, Pseudonym],
        classes: Mapping[int, Pseudonym],
        schools: Mapping[int, Pseudonym],
        seal: Callable[[int, Sequence[bytes]], list[bytes]],
        term_bound: Callable[[int, str, bool], str | None],
        tally: Tally,
    ) -> None:
        """Open.

        Args:
            persons, classes, schools: what was released, by number.
            seal: the pseudonyms, as bytes, of packed identifiers of one source.
            term_bound: (source, day, is it a beginning) to the begin or end of the term.
        """
        self._plan = plan
        self._rows = rows
        self._persons = persons
        self._classes = classes
        self._schools = schools
        self._seal = seal
        self._term_bound = term_bound
        self._tally = tally
        self._treated = [self._treat(alike) for alike in rows.alikes]

    def records(self) -> Iterator[list[ReleasedRecord]]:
        """(3) Enrolments whose person and class are both released, in a school of the agreement.

        In chunks that follow the order of pseudonyms, in which they will be kept.
        """
        order = IdOrder(len(self._rows), shelf_size=SHELF)
        for positions in chunks(range(len(self._rows))):
            # (2) The source's own id goes no further.
            for at, sealed in self._sealed([at for at in positions if self._stays(at)]):
                order.add(at, sealed)
        for shelf in order:
            for some in chunks(shelf, CHUNK):
                named = zip(texts([sealed for _, sealed in some]), (at for at, _ in some), strict=True)
                yield [self._record(at, pseudonym) for pseudonym, at in sorted(named)]

    def _sealed(self, positions: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        by_source: dict[int, list[int]] = {}
        alike, alikes = self._rows.alike, self._rows.alikes
        for at in positions:
            by_source.setdefault(alikes[alike[at]].source, []).append(at)
        for source, ours in by_source.items():
            yield from zip(ours, self._seal(source, self._rows.packed_ids(ours)), strict=True)

    def _stays(self, at: int) -> bool:
        rows = self._rows
        if rows.persons[at] not in self._persons:
            reason = "person_not_released"
        elif rows.classes[at] not in self._classes:
            reason = "class_not_released"
        elif rows.schools[at] not in self._schools:
            reason = "school_out_of_scope"
        elif not self._treated[rows.alike[at]].listed:
            reason = "subject_not_in_agreement"
        else:
            return True
        self._tally.withheld[Kind.ENROLLMENT, reason] += 1
        return False

    def _record(self, at: int, pseudonym: Pseudonym) -> ReleasedRecord:
        rows = self._rows
        user, class_ = self._persons[rows.persons[at]], self._classes[rows.classes[at]]
        school, treated = self._schools[rows.schools[at]], self._treated[rows.alike[at]]
        # (4) to (8): the fields were treated with the first of its like, the references are this one's.
        self._tally.released[Kind.ENROLLMENT] += 1
        return ReleasedRecord(
            Kind.ENROLLMENT,
            pseudonym,
            treated.subject,
            {**treated.body, "user": user, "class": class_, "school": school},
            Relations(user=user, class_=class_, school=school, role=treated.role),
        )

    def _treat(self, alike: Alike) -> _Treated:
        """(5) The fields of an enrolment: words, flags and days, so many are alike and none holds free text."""
        category: SubjectCategory = subject_of_role(alike.role)
        plan = self._plan.of(Kind.ENROLLMENT, frozenset({category}))
        fields = {
            "role": alike.role,
            "primary": alike.primary,
            "beginDate": alike.begin_on,
            "endDate": alike.end_on,
        }
        surroundings = Surroundings(
            pseudonym="",
            alias=None,
            scrub=lambda text, kind_of_text: "",
            term_of=lambda day, beginning: self._term_bound(alike.source, day, beginning),
        )
        return _Treated(
            listed=category in self._plan.agreement.subjects,
            subject=self._plan.label(frozenset({category})),
            body=apply(plan.steps, fields, surroundings),
            role=known_word(alike.role, ENROLMENT_ROLES),
        )
