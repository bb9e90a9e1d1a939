"""Narrowing at serve time: what of a held generation may still go under today's agreement.

A generation was released under one agreement, and is served under the one that counts now. Ordered rules:
1. A generation that holds more people, groups or identifiers than today's agreement gives is not served at
   all until a refresh has run (`widened`): the door cannot tell who would fall away, so it fails closed.
2. A field goes only if today's agreement lists it, for every subject whom the record is about (somebody may be a
   teacher and a parent), and in a form no stronger than the one in which it is held. Otherwise it is dropped,
   at once.
3. Where neither agreement lists a field, what is held is the placeholder or alias that the release put there.
4. A filter or sort on a field that is dropped for anybody is refused until the refresh: it would be evaluated
   on the values that may no longer go.

docs/decisions/0016.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from contracts.agreements import CompiledAgreement
from contracts.decisions import Permitted, decide_field, decide_standing, strongest_answer
from contracts.fields import KINDS
from contracts.legal_bases import needs_consent
from contracts.vocabulary import (
    Direction,
    Form,
    Groups,
    IdentifierScope,
    Service,
    SubjectCategory,
    at_least_as_strong,
)
from gateway.holdings.selection import Generation
from gateway.roster.model import Kind, Subject

GRADEBOOK_KINDS: Final = frozenset({Kind.CATEGORY, Kind.LINE_ITEM, Kind.RESULT})
_GROUPS: Final = {Groups.NONE: 0, Groups.COARSE: 1, Groups.EXACT: 2}
_SUBJECTS: Final[Mapping[str, frozenset[SubjectCategory]]] = {
    subject.value: frozenset(SubjectCategory(word) for word in subject.words) for subject in Subject
}


def _form(
    agreement: CompiledAgreement,
    kind: Kind,
    name: str,
    subjects: frozenset[SubjectCategory],
    *,
    at: datetime,
) -> Form | None:
    service = Service.GRADEBOOK if kind in GRADEBOOK_KINDS else Service.ROSTER
    # As the release decides: of every role that this kind of record can be about, the stronger protection.
    counted: list[SubjectCategory | None] = [*sorted(subjects & KINDS[kind.value].subjects)] or [None]
    answer = strongest_answer(
        decide_field(agreement, f"{kind.value}.{name}", subject, service=service, now=at)
        for subject in counted
    )
    return answer.form if isinstance(answer, Permitted) else None


@dataclass(slots=True)
class FieldPolicy:
    """What may go of each kind, decided field by field and remembered for one request."""

    today: CompiledAgreement
    now: datetime
    held: CompiledAgreement | None = None
    """Under which the generation was released; None before a generation is chosen."""
    held_at: datetime | None = None
    _forms: dict[tuple[Kind, str, str], tuple[Form | None, Form | None]] = field(default_factory=dict)

    def forms(self, kind: Kind, subject: str, name: str) -> tuple[Form | None, Form | None]:
        """The form of today's agreement and the form held; None where not listed."""
        key = (kind, subject, name)
        if key not in self._forms:
            subjects = _SUBJECTS[subject]
            held = None
            if self.held is not None and self.held_at is not None:
                held = _form(self.held, kind, name, subjects, at=self.held_at)
            self._forms[key] = (_form(self.today, kind, name, subjects, at=self.now), held)
        return self._forms[key]

    def visible(self, kind: Kind, name: str) -> bool:
        """Whether today's agreement lists the field for anybody, outward or as what the vendor itself
        returns."""
        if any(self.forms(kind, subject, name)[0] is not None for subject in _SUBJECTS):
            return True
        return kind in GRADEBOOK_KINDS and self.returnable(kind, name)

    def returnable(self, kind: Kind, name: str) -> bool:
        """Whether the vendor may return the field to the school."""
        subject = SubjectCategory.PUPIL if kind is Kind.RESULT else None
        answer = decide_field(
            self.today,
            f"{kind.value}.{name}",
            subject,
            service=Service.RESULTS,
            direction=Direction.BACK,
            now=self.now,
        )
        return isinstance(answer, Permitted)

    def serves(self, kind: Kind, subject: str, name: str, *, stands_in: bool = False) -> bool:
        """Whether the value that is held may go.

        Args:
            stands_in: the standard requires the field, so that what is held without being listed is the
            placeholder
                or alias which the release put there.
        """
        today, held = self.forms(kind, subject, name)
        if held is None:
            return stands_in
        return today is not None and at_least_as_strong(held, today)

    def dropped(self, kind: Kind, name: str) -> bool:
        """Whether the field is held for anybody in a form that may no longer go."""
        held_for = [subject for subject in _SUBJECTS if self.forms(kind, subject, name)[1] is not None]
        return any(not self.serves(kind, subject, name) for subject in held_for)

    def going(self, kind: Kind, subjects: frozenset[str], names: frozenset[str]) -> dict[str, str]:
        """Fields that go and in which form, as the register of disclosures writes it down."""
        shown: dict[str, str] = {}
        for name in sorted(names):
            forms: dict[str, str] = {}
            for subject in sorted(subjects):
                held = self.forms(kind, subject, name)[1]
                if held is not None and self.serves(kind, subject, name):
                    forms[subject] = held.value
            if forms and len(set(forms.values())) == 1 and len(forms) == len(subjects):
                shown[f"{kind.value}.{name}"] = next(iter(forms.values()))
            else:
                shown.update({f"{kind.value}.{name}/{subject}": form for subject, form in forms.items()})
        return shown


def for_generation(
    policy: FieldPolicy,
    generation: Generation,
    held: CompiledAgreement | None,
    kind: Kind,
    *,
    own_only: bool = False,
) -> FieldPolicy | None:
    """The policy for what `generation` holds; None when nothing of it may go before the next refresh.

    Args:
        own_only: only what the vendor made itself is read, so the school's own gradebook does not count.
    """
    if held is None:
        return None
    refreshed_at = datetime.fromtimestamp(generation.refreshed_at_ms / 1_000, UTC)
    if decide_standing(held, now=refreshed_at) is not None or widened(held, policy.today):
        return None
    gradebook_ended = Service.GRADEBOOK in held.services and Service.GRADEBOOK not in policy.today.services
    if kind in GRADEBOOK_KINDS and gradebook_ended and not own_only:
        return None
    return FieldPolicy(policy.today, policy.now, held, refreshed_at)


def widened(held: CompiledAgreement, today: CompiledAgreement) -> bool:
    """Whether a generation released under `held` may hold what `today` no longer gives."""
    return (
        not all(_covered(school, today.schools) for school in held.schools)
        or _limit_shrank(held.grades, today.grades)
        or _limit_shrank(held.classes, today.classes)
        or not set(held.subjects) <= set(today.subjects)
        or _GROUPS[held.groups] > _GROUPS[today.groups]
        or (held.identifier_scope, today.identifier_scope)
        == (IdentifierScope.ECKID, IdentifierScope.RELATIONSHIP)
        or (needs_consent(today.legal_basis) and not _consented(held, today))
    )


def _consented(held: CompiledAgreement, today: CompiledAgreement) -> bool:
    # Each purpose needs a consent of its own; whoever gave none for a new one is still held.
    return needs_consent(held.legal_basis) and set(today.purposes) <= set(held.purposes)


def _covered(school: str, schools: tuple[str, ...]) -> bool:
    # A listed BRIN covers its locations; a listed location covers nothing but itself.
    return any(school == listed or (len(listed) == 4 and school[:4] == listed) for listed in schools)


def _limit_shrank(held: tuple[str, ...] | None, today: tuple[str, ...] | None) -> bool:
    if today is None:
        return False
    return held is None or not set(held) <= set(today)
