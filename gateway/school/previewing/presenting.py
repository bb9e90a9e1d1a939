"""From a rehearsed release to what people read: real beside sent, and why, field by field and group by group."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from contracts.vocabulary import Groups
from gateway.roster.model import Kind, ReleasedRecord
from gateway.school.disclosure.field_table import FIELDS, TEXT_VALUES, Value
from gateway.school.disclosure.graph import NONE, ClassRow
from gateway.school.disclosure.people import reference_id, reference_ids
from gateway.school.disclosure.plan import FieldVerdict, KindPlan, ReleasePlan
from gateway.school.previewing.rehearsing import Rehearsal
from gateway.school.previewing.shown import FieldPreview, GroupPreview

NO_ROLE = "role_out_of_scope"
"""Reason of a person who may go, and has no role at a school of the agreement that could."""

_REFERENCES = ("roles", "primaryOrg", "agents")
_CLASS_TEXTS = frozenset(
    name for name, rule in FIELDS[Kind.CLASS].items() if rule.value in TEXT_VALUES | {Value.CODES}
)

HeldClass = Callable[[str], tuple[Mapping[str, object] | None, int | None]]
"""What the product holds of a class by now, and of how many pupils in it."""


def reason_of(found: Rehearsal) -> str | None:
    """Code: why nothing of the person goes; None: it does."""
    if found.refused is not None:
        return found.refused.reason.value
    return NO_ROLE if found.pseudonym is None else None


def fields_of(plan: ReleasePlan, found: Rehearsal) -> tuple[FieldPreview, ...]:
    """Every field of the person and of the demographics, and the references."""
    reason = reason_of(found)
    record = found.person.record
    rows = [
        FieldPreview(
            "user.sourcedId", record.identifier, found.pseudonym, _form(reason, "pseudonym"), reason, None
        )
    ]
    rows += _rows(plan, Kind.USER, record.fields, found)
    rows += _reference_rows(plan, record.fields, found)
    if found.demographics is not None:
        rows += _rows(plan, Kind.DEMOGRAPHICS, found.demographics.fields, found)
    return tuple(rows)


def _form(reason: str | None, form: str) -> str:
    return form if reason is None else "withheld"


def _body(found: Rehearsal, kind: Kind) -> Mapping[str, object]:
    records = found.about(kind) if found.pseudonym is not None else []
    return records[0].body if records else {}


def _rows(
    plan: ReleasePlan, kind: Kind, real: Mapping[str, object], found: Rehearsal
) -> Iterator[FieldPreview]:
    kind_plan: KindPlan = plan.of(kind, found.person.subjects)
    body, reason = _body(found, kind), reason_of(found)
    for verdict in kind_plan.verdicts:
        name = verdict.field.partition(".")[2]
        if name not in real and name not in body:
            continue
        if reason is not None:
            yield FieldPreview(verdict.field, real.get(name), None, "withheld", reason, None)
            continue
        yield FieldPreview(
            verdict.field,
            real.get(name),
            body.get(name),
            _form_of(verdict, sent=name in body),
            verdict.reason,
            verdict.clause,
        )
    for name in real:
        if name not in FIELDS[kind] and name not in _REFERENCES:
            yield FieldPreview(
                f"{kind.value}.{name}", real[name], None, "withheld", "field_never_leaves", None
            )


def _form_of(verdict: FieldVerdict, *, sent: bool) -> str:
    if verdict.structural:
        return "structural"
    if verdict.form is not None:
        return verdict.form.value
    return "placeholder" if sent else "withheld"


def _reference_rows(
    plan: ReleasePlan, real: Mapping[str, object], found: Rehearsal
) -> Iterator[FieldPreview]:
    body, reason = _body(found, Kind.USER), reason_of(found)
    shown = {
        "roles": [
            {"roleType": each.get("roleType"), "role": each.get("role"), "org": reference_id(each.get("org"))}
            for each in _mappings(real.get("roles"))
        ],
        "primaryOrg": reference_id(real.get("primaryOrg")),
        "agents": list(reference_ids(real.get("agents"))),
    }
    for name, value in shown.items():
        if not value and name not in body:
            continue
        why = reason
        if why is None and name not in body:
            why = "person_not_released" if plan.gives_guardians else "subject_not_in_agreement"
        yield FieldPreview(f"user.{name}", value or None, body.get(name), _form(why, "reference"), why, None)


def _mappings(value: object) -> list[Mapping[str, object]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


# -- groups -------------------------------------------------------------------------------------------------------


def groups_of(
    plan: ReleasePlan, found: Rehearsal, held: HeldClass, *, whole: bool, small_below: int
) -> tuple[GroupPreview, ...]:
    """Every enrolment of the person as the school has it and as it goes, or the made-up groups.

    Args:
        held: asked only for classes that go.
        whole: everybody's names were read, so that texts of groups are as a refresh makes them.
    """
    made = _Groups(found, held, whole=whole, small_below=small_below)
    if plan.agreement.groups is Groups.COARSE and Kind.CLASS in plan.kinds:
        real = [made.staying(at, "groups_made_up") for at in made.positions]
        return (*real, *made.made_up())
    if Kind.ENROLLMENT not in plan.kinds:
        return tuple(made.staying(at, "groups_not_in_agreement") for at in made.positions)
    return tuple(made.going())


class _Groups:
    def __init__(self, found: Rehearsal, held: HeldClass, *, whole: bool, small_below: int) -> None:
        self._found = found
        self._held = held
        self._whole = whole
        self._small_below = small_below
        self._graph = found.structure.graph
        self._rows: dict[int, ClassRow] = {row.number: row for row in found.structure.classes}
        self._classes = {each.pseudonym: each for each in found.released.get(Kind.CLASS, ())}
        self.positions = self._graph.enrolments_of(found.person.number)

    def going(self) -> Iterator[GroupPreview]:
        """In the order of the school's system."""
        release = self._found.release.enrolment_release()
        by_class: dict[str, list[ReleasedRecord]] = {}
        for record in self._found.about(Kind.ENROLLMENT):
            by_class.setdefault(str(record.relations.class_), []).append(record)
        for at in self.positions:
            reason = release.reason(at)
            class_ = self._graph.enrolments.classes[at]
            if reason is None:
                sent = self._sent_at(at, by_class[self._found.release.classes[class_]])
                yield self._shown(self._real(at), sent)
                continue
            row = self._rows.get(class_)
            if reason == "class_not_released" and row is not None:
                reason = self._found.release.class_refusal(row) or reason
            if reason == "person_not_released":
                reason = reason_of(self._found) or reason
            yield self.staying(at, reason)

    def _sent_at(self, at: int, candidates: list[ReleasedRecord]) -> ReleasedRecord:
        if len(candidates) == 1:
            return candidates[0]
        # Twice in one class: the one that was sealed from this enrolment's id.
        pseudonym = self._found.release.enrolment_release().pseudonym(at)
        return next(each for each in candidates if each.pseudonym == pseudonym)

    def made_up(self) -> Iterator[GroupPreview]:
        """Classes of a school and grade, which stand for the real ones."""
        for record in self._found.about(Kind.ENROLLMENT):
            yield self._shown(None, record)

    def staying(self, at: int, reason: str) -> GroupPreview:
        """An enrolment that does not go."""
        return GroupPreview(self._real(at), None, None, reason)

    def _shown(self, real: Mapping[str, object] | None, record: ReleasedRecord) -> GroupPreview:
        class_ = str(record.relations.class_)
        body, size = self._held(class_)
        released = self._classes[record.relations.class_].body if record.relations.class_ else {}
        sent_class: dict[str, object] = {"sourcedId": class_, **released}
        known = self._whole or real is None
        if not known:
            # Narrowed: only a refresh knows everybody's names, so what it published last stands here, or nothing.
            sent_class = {name: value for name, value in sent_class.items() if name not in _CLASS_TEXTS}
            if body is not None:
                sent_class |= {name: value for name, value in body.items() if name in _CLASS_TEXTS}
                known = True
        return GroupPreview(
            real=real,
            sent={"sourcedId": record.pseudonym, **record.body},
            sent_class=sent_class,
            reason=None,
            texts_known=known,
            size=size,
            small=size is not None and size < self._small_below,
        )

    def _real(self, at: int) -> Mapping[str, object]:
        rows = self._graph.enrolments
        alike, number = rows.alikes[rows.alike[at]], rows.classes[at]
        row = self._rows.get(number)
        values = {
            "class": self._graph.classes.identifiers[number] if number != NONE else None,
            "title": None if row is None else row.fields().get("title"),
            "role": alike.role,
            "beginDate": alike.begin_on,
            "endDate": alike.end_on,
        }
        return {name: value for name, value in values.items() if value is not None}


def suspected(found: Rehearsal) -> Collection[str]:
    """Fields for which a refresh would hold the product's whole generation back."""
    return tuple(sorted(found.release.tally.leaks_held_back))
