"""What one agreement version makes of every field: compiled once per refresh, then only applied.

`contracts.decisions.decide_field` is asked for every field of every kind and subject; the answers become steps of
`treatments.apply`. Asked per record it would be the same answer a million times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from contracts.agreements import CompiledAgreement
from contracts.decisions import FieldAnswer, Permitted, decide_field, strongest_answer
from contracts.fields import KINDS
from contracts.vocabulary import Form, Groups, Service, SubjectCategory
from gateway.roster.model import Kind, ProductId, Subject
from gateway.school.disclosure import treatments
from gateway.school.disclosure.field_table import FIELDS, FieldRule, Handling
from gateway.school.disclosure.treatments import Treatment

GRADEBOOK_KINDS: Final = frozenset({Kind.CATEGORY, Kind.LINE_ITEM, Kind.RESULT})
_GROUP_KINDS: Final = frozenset({Kind.CLASS, Kind.ENROLLMENT, Kind.COURSE})
_ROSTER_KINDS: Final = frozenset(Kind) - GRADEBOOK_KINDS
_LABELS: Final[Mapping[frozenset[SubjectCategory], Subject]] = {
    frozenset(SubjectCategory(word) for word in subject.words): subject for subject in Subject
}
Step = tuple[str, Treatment | None, object]
"""(field, treatment or None when withheld, placeholder)."""


@dataclass(frozen=True, slots=True)
class FieldVerdict:
    """What happens to one field, for the preview and for counts."""

    field: str
    """`<kind>.<field>`."""
    form: Form | None
    """None: withheld (a placeholder may stand in its place)."""
    structural: bool
    reason: str | None
    """Code of the refusal where the field is withheld."""
    clause: str | None


@dataclass(frozen=True, slots=True)
class KindPlan:
    """Steps and verdicts for one kind about one combination of subjects."""

    steps: tuple[Step, ...]
    verdicts: tuple[FieldVerdict, ...]
    uses_alias: bool


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """One product's agreement, ready to be applied."""

    product: ProductId
    agreement: CompiledAgreement
    kinds: frozenset[Kind]
    compiled_at: datetime
    _cache: dict[tuple[Kind, frozenset[SubjectCategory]], KindPlan] = field(default_factory=dict, repr=False)

    @property
    def digest(self) -> str:
        """Under which agreement the holdings were released; the front compares it with today's."""
        return self.agreement.digest

    @property
    def gives_guardians(self) -> bool:
        """`agents` leave only where guardians are a listed subject."""
        return SubjectCategory.GUARDIAN in self.agreement.subjects

    def of(self, kind: Kind, subjects: frozenset[SubjectCategory] = frozenset()) -> KindPlan:
        """The plan for a kind; for a person with several roles the stronger protection of each field."""
        # Every role counts, listed or not: leaving a role out of an agreement must not reveal more of somebody.
        counted = subjects & KINDS[kind.value].subjects
        known = self._cache.get((kind, counted))
        if known is None:
            known = self._cache[kind, counted] = _compile_kind(
                self.agreement, kind, counted, self.compiled_at
            )
        return known

    def label(self, subjects: frozenset[SubjectCategory]) -> Subject:
        """Whom a released record is about: every role, listed or not, as the plan's own steps count them.

        The vendors' door narrows by it until the next refresh. Attack: a field that today's agreement lists for
        pupils only is served of a teacher who is also somebody's pupil, because one label stood for both.
        """
        return _LABELS[subjects]

    def called(self, subjects: frozenset[SubjectCategory]) -> Subject:
        """As whom an alias names a person: the most protected of the listed roles."""
        counted = subjects.intersection(self.agreement.subjects)
        for category in (SubjectCategory.PUPIL, SubjectCategory.GUARDIAN, SubjectCategory.STAFF):
            if category in counted:
                return _LABELS[frozenset({category})]
        return Subject.NONE


def compile_plan(agreement: CompiledAgreement, *, now: datetime) -> ReleasePlan:
    """Compile an agreement that is in force; whether it is, is asked before (`decide_standing`)."""
    kinds: set[Kind] = set()
    if Service.ROSTER in agreement.services:
        kinds |= _ROSTER_KINDS
        if agreement.groups is Groups.NONE:
            kinds -= _GROUP_KINDS
        listed = {name.partition(".")[0] for entry in agreement.entries for name in entry.fields}
        if Kind.DEMOGRAPHICS.value not in listed:
            kinds.discard(Kind.DEMOGRAPHICS)
    if Service.GRADEBOOK in agreement.services and agreement.groups is Groups.EXACT:
        kinds |= GRADEBOOK_KINDS
    return ReleasePlan(
        product=ProductId(agreement.product), agreement=agreement, kinds=frozenset(kinds), compiled_at=now
    )


def _compile_kind(
    agreement: CompiledAgreement, kind: Kind, subjects: frozenset[SubjectCategory], now: datetime
) -> KindPlan:
    steps: list[Step] = []
    verdicts: list[FieldVerdict] = []
    uses_alias = False
    for name, rule in FIELDS[kind].items():
        if rule.handling is Handling.STRUCTURAL:
            steps.append((name, treatments.structural(rule), rule.placeholder))
            verdicts.append(FieldVerdict(f"{kind.value}.{name}", None, True, None, None))
            continue
        answer = _ask(agreement, kind, name, subjects, now)
        treat = _treatment(agreement, kind, answer.form, rule) if isinstance(answer, Permitted) else None
        verdicts.append(_verdict(f"{kind.value}.{name}", rule, answer, treat))
        if treat is not None or rule.placeholder is not None:
            steps.append((name, treat, rule.placeholder))
        uses_alias = uses_alias or (isinstance(answer, Permitted) and answer.form is Form.ALIAS)
    return KindPlan(tuple(steps), tuple(verdicts), uses_alias)


def _treatment(agreement: CompiledAgreement, kind: Kind, form: Form, rule: FieldRule) -> Treatment | None:
    if agreement.groups is Groups.COARSE and kind in _GROUP_KINDS and form is Form.GENERALISED:
        # What is treated was made up (`coarse`): it is as general as it will get.
        return treatments.structural(rule)
    return treatments.treatment(form, rule)


def _ask(
    agreement: CompiledAgreement,
    kind: Kind,
    name: str,
    subjects: Iterable[SubjectCategory],
    now: datetime,
) -> FieldAnswer:
    service = Service.GRADEBOOK if kind in GRADEBOOK_KINDS else Service.ROSTER
    field_name = f"{kind.value}.{name}"
    answers = [decide_field(agreement, field_name, subject, service=service, now=now) for subject in subjects]
    if answers:
        return strongest_answer(answers)
    return decide_field(agreement, field_name, None, service=service, now=now)


def _verdict(name: str, rule: FieldRule, answer: FieldAnswer, treat: Treatment | None) -> FieldVerdict:
    if isinstance(answer, Permitted):
        if treat is None:
            return FieldVerdict(name, None, False, "form_not_possible", answer.clause)
        return FieldVerdict(name, answer.form, False, None, answer.clause)
    return FieldVerdict(name, None, False, answer.reason.value, answer.clause)
