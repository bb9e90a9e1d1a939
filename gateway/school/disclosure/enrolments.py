"""Enrolments on the way out: kept in columns until persons and classes are decided, released in order of pseudonyms.

Nine tenths of all records are enrolments. They hold no free text, so that many are alike but for their references.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
            for at, sealed in self._sealed(self._staying(positions)):
                order.add(at, sealed)
        for shelf in order:
            for some in chunks(shelf, CHUNK):
                named = zip(texts([sealed for _, sealed in some]), (at for at, _ in some), strict=True)
                yield self._records(sorted(named))

    def _sealed(self, positions: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        by_source: dict[int, list[int]] = {}
        sources, alike = [each.source for each in self._rows.alikes], self._rows.alike
        for at in positions:
            by_source.setdefault(sources[alike[at]], []).append(at)
        for source, ours in by_source.items():
            yield from zip(ours, self._seal(source, self._rows.packed_ids(ours)), strict=True)

    def _staying(self, positions: Iterable[int]) -> list[int]:
        # Of many: what is asked of each is bound once.
        persons_at, classes_at, schools_at = self._rows.persons, self._rows.classes, self._rows.schools
        persons, classes, schools = self._persons, self._classes, self._schools
        alike_at, treated, withheld = self._rows.alike, self._treated, self._tally.withheld
        staying: list[int] = []
        for at in positions:
            if persons_at[at] not in persons:
                withheld[Kind.ENROLLMENT, "person_not_released"] += 1
            elif classes_at[at] not in classes:
                withheld[Kind.ENROLLMENT, "class_not_released"] += 1
            elif schools_at[at] not in schools:
                withheld[Kind.ENROLLMENT, "school_out_of_scope"] += 1
            elif not treated[alike_at[at]].listed:
                withheld[Kind.ENROLLMENT, "subject_not_in_agreement"] += 1
            else:
                staying.append(at)
        return staying

    def reason(self, at: int) -> str | None:
        """Why the enrolment at a position stays; None: it goes. In the order of `_staying`, for a preview."""
        rows = self._rows
        if rows.persons[at] not in self._persons:
            return "person_not_released"
        if rows.classes[at] not in self._classes:
            return "class_not_released"
        if rows.schools[at] not in self._schools:
            return "school_out_of_scope"
        return None if self._treated[rows.alike[at]].listed else "subject_not_in_agreement"

    def pseudonym(self, at: int) -> Pseudonym:
        """What the enrolment at a position is called."""
        source = self._rows.alikes[self._rows.alike[at]].source
        return texts(self._seal(source, self._rows.packed_ids([at])))[0]

    def _records(self, named: Iterable[tuple[Pseudonym, int]]) -> list[ReleasedRecord]:
        persons_at, classes_at, schools_at = self._rows.persons, self._rows.classes, self._rows.schools
        persons, classes, schools = self._persons, self._classes, self._schools
        alike_at, treated = self._rows.alike, self._treated
        made: list[ReleasedRecord] = []
        for pseudonym, at in named:
            user, class_ = persons[persons_at[at]], classes[classes_at[at]]
            school, alike = schools[schools_at[at]], treated[alike_at[at]]
            # (4) to (8): the fields were treated with the first of its like, the references are this one's.
            made.append(
                ReleasedRecord(
                    Kind.ENROLLMENT,
                    pseudonym,
                    alike.subject,
                    {**alike.body, "user": user, "class": class_, "school": school},
                    Relations(user=user, class_=class_, school=school, role=alike.role),
                )
            )
        self._tally.released[Kind.ENROLLMENT] += len(made)
        return made

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
