"""What a product would get about one person, through the real plan: real, sent and why, field by field."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from contracts.decisions import Person, PersonFacts, decide_person
from contracts.refusals import Refused
from contracts.vocabulary import SubjectCategory
from gateway.roster.model import Kind, SourceRecord
from gateway.school.disclosure.free_text import TextKind
from gateway.school.disclosure.generalise import TermCalendar
from gateway.school.disclosure.people import reference_id, subject_of_role, text, texts
from gateway.school.disclosure.plan import ReleasePlan
from gateway.school.disclosure.treatments import AliasOf, Surroundings, apply, valid_day


@dataclass(frozen=True, slots=True)
class FieldPreview:
    """One field of one person."""

    field: str
    real: object = dataclasses.field(repr=False)
    sent: object = dataclasses.field(repr=False)
    """None: does not leave."""
    form: str
    """The form of the agreement, `structural`, `placeholder` or `withheld`."""
    reason: str | None
    clause: str | None


@dataclass(frozen=True, slots=True)
class PersonPreview:
    """One person at one product."""

    released: bool
    reason: str | None
    remedy: str | None
    fields: tuple[FieldPreview, ...]


def person_of(record: SourceRecord, brin_of_org: Mapping[str, str]) -> Person:
    """Who the record is about, from its own roles; enrolments are not asked for one person."""
    roles = record.fields.get("roles")
    rows = [item for item in roles if isinstance(item, Mapping)] if isinstance(roles, list) else []
    subjects = frozenset(subject_of_role(role) for item in rows if (role := text(item.get("role"))))
    brins = {brin_of_org.get(reference_id(item.get("org")) or "") for item in rows}
    return Person(
        subjects=subjects or frozenset({SubjectCategory.PUPIL}),
        schools=frozenset(brin for brin in brins if brin is not None),
        grades=frozenset(texts(record.fields.get("grades"))),
    )


def agreed_birth(demographics: Sequence[SourceRecord]) -> date | None:
    """The birth date on which all sources of a person agree; differing ones are none (`shared_spaces`)."""
    days = {day for record in demographics if (day := valid_day(record.fields.get("birthDate"))) is not None}
    return date.fromisoformat(days.pop()) if len(days) == 1 else None


def preview_person(
    plan: ReleasePlan,
    record: SourceRecord,
    demographics: SourceRecord | None,
    *,
    pseudonym: str,
    alias: AliasOf | None,
    person: Person,
    facts: PersonFacts,
) -> PersonPreview:
    """Apply the plan to one person; nothing is published and nothing is kept."""
    answer = decide_person(plan.agreement, person, facts, now=plan.compiled_at)
    refused = answer if isinstance(answer, Refused) else None
    surroundings = Surroundings(
        pseudonym=pseudonym,
        alias=alias,
        scrub=_no_text,
        term_of=lambda day, beginning: TermCalendar(()).snap(day, None)[0],
    )
    rows: list[FieldPreview] = [
        FieldPreview(
            "user.sourcedId", record.identifier, None if refused else pseudonym, "pseudonym", None, None
        )
    ]
    rows += _rows(plan, Kind.USER, record.fields, person, surroundings, refused=refused is not None)
    if demographics is not None:
        rows += _rows(
            plan, Kind.DEMOGRAPHICS, demographics.fields, person, surroundings, refused=refused is not None
        )
    return PersonPreview(
        released=refused is None,
        reason=None if refused is None else refused.reason.value,
        remedy=None if refused is None else refused.remedy,
        fields=tuple(rows),
    )


def _no_text(text_of_field: str, kind: TextKind) -> str:
    # Users and demographics hold no free text; should the table ever say otherwise, nothing is shown as sent.
    return ""


def _rows(
    plan: ReleasePlan,
    kind: Kind,
    fields: Mapping[str, object],
    person: Person,
    surroundings: Surroundings,
    *,
    refused: bool,
) -> list[FieldPreview]:
    kind_plan = plan.of(kind, person.subjects)
    body = apply(kind_plan.steps, fields, surroundings) if kind in plan.kinds and not refused else {}
    rows: list[FieldPreview] = []
    known: set[str] = set()
    for verdict in kind_plan.verdicts:
        name = verdict.field.partition(".")[2]
        known.add(name)
        if name not in fields and name not in body:
            continue
        form = "structural" if verdict.structural else "withheld"
        if verdict.form is not None:
            form = verdict.form.value
        elif name in body and not verdict.structural:
            form = "placeholder"
        rows.append(
            FieldPreview(
                verdict.field, fields.get(name), body.get(name), form, verdict.reason, verdict.clause
            )
        )
    for name in fields:
        if name not in known and name not in ("roles", "primaryOrg", "agents"):
            rows.append(
                FieldPreview(
                    f"{kind.value}.{name}", fields[name], None, "withheld", "field_never_leaves", None
                )
            )
    return rows
