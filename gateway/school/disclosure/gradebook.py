"""The school's own gradebook on the way out, for products with the service `gradebook`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from contracts.vocabulary import SubjectCategory
from gateway import strict_json
from gateway.roster.model import Kind, ProductId, Pseudonym, Relations, ReleasedRecord, SourceRecord, Subject
from gateway.school.disclosure.chunks import chunks
from gateway.school.disclosure.field_table import FIELDS
from gateway.school.disclosure.graph import NONE
from gateway.school.disclosure.people import reference_id
from gateway.school.disclosure.reading import Reader, Target
from gateway.school.disclosure.release import ProductRelease

MadeByVendors = Callable[[Kind, Sequence[str]], frozenset[str]]
"""Which of these records of the school's system a vendor made."""


class Gradebook:
    """The school's own gradebook, for products with the service `gradebook`."""

    def __init__(
        self,
        reader: Reader,
        releases: Sequence[tuple[ProductRelease, Target]],
        *,
        made_by_vendors: MadeByVendors,
    ) -> None:
        self._reader = reader
        self._releases = releases
        self._made_by_vendors = made_by_vendors
        self._categories: dict[tuple[int, str], bytes] = {}
        self._line_items: dict[tuple[int, str], int] = {}
        """Class of each line item."""

    def release(self) -> None:
        """Line items of released classes, their categories, and results of released pupils on them."""
        allowed = FIELDS[Kind.CATEGORY]
        for categories in self._own_records(Kind.CATEGORY):
            for source, record in categories:
                kept = {name: record.fields[name] for name in allowed if name in record.fields}
                self._categories[source, record.identifier] = strict_json.dumps(kept)
        used: dict[ProductId, set[tuple[int, str]]] = {
            release.plan.product: set() for release, _ in self._releases
        }
        for batch in self._own_records(Kind.LINE_ITEM):
            for release, target in self._releases:
                if records := self._line_item_batch(release, batch, used[release.plan.product]):
                    target.put(records)
        for release, target in self._releases:
            for keys in chunks(sorted(used[release.plan.product])):
                if records := [self._category(release, key) for key in keys if key in self._categories]:
                    target.put(records)
        for results in self._own_records(Kind.RESULT):
            for release, target in self._releases:
                if records := self._result_batch(release, results):
                    target.put(records)

    def _own_records(self, kind: Kind) -> Iterator[list[tuple[int, SourceRecord]]]:
        """The school's own. Attack: what one vendor returned reaches another by way of the school's system."""
        for batch in chunks(self._reader.gradebook_records(kind)):
            made = self._made_by_vendors(kind, [record.identifier for _, record in batch])
            yield [(source, record) for source, record in batch if record.identifier not in made]

    def _line_item_batch(
        self,
        release: ProductRelease,
        batch: Sequence[tuple[int, SourceRecord]],
        used: set[tuple[int, str]],
    ) -> list[ReleasedRecord]:
        records: list[ReleasedRecord] = []
        graph = self._reader.structure.graph
        for source, record in batch:
            class_id = reference_id(record.fields.get("class"))
            number = NONE if class_id is None else graph.classes.find(source, class_id)
            self._line_items[source, record.identifier] = number
            class_ = release.classes.get(number)
            if class_ is None:
                release.tally.withheld[Kind.LINE_ITEM, "class_not_released"] += 1
                continue
            pseudonym = release.pseudonyms_of(Kind.LINE_ITEM, source, [record.identifier])[0]
            references, relations = self._line_item_references(release, source, record, class_, used)
            records.append(
                release.simple(
                    Kind.LINE_ITEM,
                    source,
                    pseudonym,
                    record.fields,
                    references=references,
                    relations=relations,
                    members=graph.members_of_class[number],
                )
            )
        return records

    def _line_item_references(
        self,
        release: ProductRelease,
        source: int,
        record: SourceRecord,
        class_: Pseudonym,
        used: set[tuple[int, str]],
    ) -> tuple[dict[str, object], Relations]:
        references: dict[str, object] = {"class": class_}
        school_id = reference_id(record.fields.get("school"))
        number = NONE if school_id is None else self._reader.structure.graph.orgs.find(source, school_id)
        school = release.orgs.get(number)
        if school is not None:
            references["school"] = school
        category = None
        category_id = reference_id(record.fields.get("category"))
        if category_id is not None and (source, category_id) in self._categories:
            used.add((source, category_id))
            category = release.pseudonyms_of(Kind.CATEGORY, source, [category_id])[0]
            references["category"] = category
        for name in ("gradingPeriod", "academicSession"):
            session_id = reference_id(record.fields.get(name))
            session = None if session_id is None else release.referenced_session(source, session_id)
            if session is not None:
                references[name] = session
        return references, Relations(class_=class_, school=school, category=category)

    def _category(self, release: ProductRelease, key: tuple[int, str]) -> ReleasedRecord:
        source, identifier = key
        fields = strict_json.loads_own(self._categories[key])
        assert isinstance(fields, dict)
        pseudonym = release.pseudonyms_of(Kind.CATEGORY, source, [identifier])[0]
        return release.simple(Kind.CATEGORY, source, pseudonym, fields, references={}, relations=Relations())

    def _result_batch(
        self, release: ProductRelease, batch: Sequence[tuple[int, SourceRecord]]
    ) -> list[ReleasedRecord]:
        records: list[ReleasedRecord] = []
        graph = self._reader.structure.graph
        for source, record in batch:
            line_item, student = (
                reference_id(record.fields.get("lineItem")),
                reference_id(record.fields.get("student")),
            )
            number = NONE if line_item is None else self._line_items.get((source, line_item), NONE)
            person = NONE if student is None else graph.persons.find(source, student)
            if line_item is None or number not in release.classes or person not in release.persons:
                release.tally.withheld[Kind.RESULT, "pupil_or_class_not_released"] += 1
                continue
            pseudonym = release.pseudonyms_of(Kind.RESULT, source, [record.identifier])[0]
            item = release.pseudonyms_of(Kind.LINE_ITEM, source, [line_item])[0]
            pupil, class_ = release.persons[person], release.classes[number]
            records.append(
                release.simple(
                    Kind.RESULT,
                    source,
                    pseudonym,
                    record.fields,
                    references={"lineItem": item, "student": pupil, "class": class_},
                    relations=Relations(user=pupil, class_=class_, line_item=item),
                    members=graph.members_of_class[number],
                    subject=Subject.PUPIL,
                    subjects=frozenset({SubjectCategory.PUPIL}),
                )
            )
        return records
