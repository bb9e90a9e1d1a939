"""Does a new version of an agreement widen or narrow what was agreed?

Narrowing acts at once; widening needs another person's approval. So the comparison is unsound in one
direction only: whatever is not surely narrower, or mere wording, counts as wider.

Guarantees: when `Difference.widened` is empty, no question of `contracts.decisions` gets a more revealing
answer under the new version than under the old one (a property test holds this). Source:
`docs/decisions/0010-agreement-record.md`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple, TypeAlias

from contracts.agreements import Agreement, DataEntry, ProductTerms
from contracts.fields import FIELDS, KINDS
from contracts.legal_bases import needs_consent
from contracts.vocabulary import Direction, Groups, SubjectCategory, at_least_as_strong


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed between two versions, as readable lines."""

    widened: tuple[str, ...]
    """Gives more, for longer, to others, or under weaker terms; also every change that cannot be judged."""
    narrowed: tuple[str, ...]

    @property
    def acts_at_once(self) -> bool:
        """Whether the new version needs no approval: it narrows something and widens nothing."""
        return bool(self.narrowed) and not self.widened


Change: TypeAlias = tuple[bool, str]
"""Whether it widens, and what changed."""


def compare(old: Agreement, new: Agreement) -> Difference:
    """What the new version widens and narrows."""
    changes = list(_whole(old, new))
    for slug in sorted({terms.product_id for terms in (*old.products, *new.products)}):
        before, after = old.product(slug), new.product(slug)
        if before is None or after is None:
            changes.append((before is None, f"product {slug}"))
        else:
            changes += ((wide, f"{slug}: {what}") for wide, what in _product(before, after, old, new))
    return Difference(
        widened=tuple(what for wide, what in changes if wide),
        narrowed=tuple(what for wide, what in changes if not wide),
    )


def exceeds(told: ProductTerms, today: ProductTerms) -> tuple[str, ...]:
    """What of today's terms somebody who was told `told` was not told; empty: it covers them.

    Schools, grades and classes are not looked at: a person consents for himself, wherever he is. Nor are purposes:
    each has a consent of its own.
    """
    changes = [
        *_members(told.services, today.services, "services"),
        *_more(list(Groups).index(told.groups), list(Groups).index(today.groups), "groups"),
        *_data(told, today),
        *_other(told.identifier, today.identifier, "identifier"),
        *_more(told.retention.max_days_after_end, today.retention.max_days_after_end, "retention days"),
        *_members(told.storage_countries, today.storage_countries, "storage countries"),
        *_members(told.transfers, today.transfers, "transfers"),
        *_members(told.subprocessors, today.subprocessors, "sub-processors"),
        *_other(told.ai, today.ai, "ai"),
    ]
    return tuple(what for wide, what in changes if wide)


def _whole(old: Agreement, new: Agreement) -> Iterator[Change]:
    # Contacts, the paper and its clauses are wording: they change nothing about what goes.
    yield from _other(old.agreement_id, new.agreement_id, "agreement number")
    yield from _other(old.role, new.role, "role of the recipient")
    for field in ("name", "kvk", "bestuursnummer"):
        yield from _other(
            getattr(old.controller, field), getattr(new.controller, field), f"controller {field}"
        )
    for field in ("name", "kvk", "country"):
        yield from _other(getattr(old.processor, field), getattr(new.processor, field), f"processor {field}")
    yield from _members(old.controller.brins, new.controller.brins, "schools of the board")
    yield from _later(new.term.in_force_from, old.term.in_force_from, "first day")
    yield from _later(old.term.in_force_until or date.max, new.term.in_force_until or date.max, "last day")
    yield from _more(old.term.inbound_days_after_end, new.term.inbound_days_after_end, "days for results")
    yield from _more(_breach_hours(old), _breach_hours(new), "breach notice hours")
    yield from _other(old.sharing, new.sharing, "decision to share")
    # Terms of art. 28 cut both ways (a shorter export window is no gain for a school): each change is
    # looked at.
    yield from _other(_without_clauses(old), _without_clauses(new), "terms of art. 28(3)")
    yield from _other(
        replace(old.security, assessed_on=None), replace(new.security, assessed_on=None), "security"
    )


def _breach_hours(agreement: Agreement) -> int:
    """Nothing agreed counts as longer than anything."""
    hours = None if agreement.breach is None else agreement.breach.notify.within_hours
    return hours or 10_000


def _without_clauses(agreement: Agreement) -> tuple[object, ...]:
    articles, none = agreement.art28, ""
    if articles is None:
        return ()
    return (
        replace(articles.d_subprocessors, clause=none),
        replace(articles.e_rights, clause=none),
        replace(articles.g_end, clause=none),
        replace(articles.h_audit, clause=none),
    )


def _product(old: ProductTerms, new: ProductTerms, before: Agreement, after: Agreement) -> Iterator[Change]:
    yield from _other(old.legal_basis, new.legal_basis, "legal basis")
    yield from _purposes(old, new)
    yield from _members(old.services, new.services, "services")
    yield from _members(old.subjects, new.subjects, "subjects")
    yield from _schools(
        before.controller.brins if old.scope.schools is None else old.scope.schools,
        after.controller.brins if new.scope.schools is None else new.scope.schools,
    )
    yield from _limit(old.scope.grades, new.scope.grades, "grades")
    yield from _limit(old.scope.classes, new.scope.classes, "classes")
    yield from _more(list(Groups).index(old.groups), list(Groups).index(new.groups), "groups")
    yield from _data(old, new)
    yield from _other(old.identifier, new.identifier, "identifier")
    yield from _more(old.retention.max_days_after_end, new.retention.max_days_after_end, "retention days")
    yield from _members(old.storage_countries, new.storage_countries, "storage countries")
    yield from _members(old.transfers, new.transfers, "transfers")
    yield from _members(old.subprocessors, new.subprocessors, "sub-processors")
    yield from _other(old.ai, new.ai, "ai")
    if old.dpia is not None and new.dpia is None:
        yield True, "impact assessment removed"


def _purposes(old: ProductTerms, new: ProductTerms) -> Iterator[Change]:
    for wide, what in _members(old.purposes, new.purposes, "purposes"):
        # With consent as the basis, a purpose less is a consent less that is asked for: more people go.
        yield wide or needs_consent(old.legal_basis), what


def _other(old: object, new: object, what: str) -> Iterator[Change]:
    if old != new:
        yield True, f"{what} changed"


def _more(old: int, new: int, what: str) -> Iterator[Change]:
    if old != new:
        yield new > old, f"{what} {'raised' if new > old else 'lowered'}"


def _later(old: date, new: date, what: str) -> Iterator[Change]:
    if old != new:
        yield new > old, f"{what} moved"


def _members(old: Collection[object], new: Collection[object], what: str) -> Iterator[Change]:
    if added := [member for member in new if member not in old]:
        yield True, f"{what} added: {len(added)}"
    if removed := [member for member in old if member not in new]:
        yield False, f"{what} removed: {len(removed)}"


def _limit(old: Collection[str] | None, new: Collection[str] | None, what: str) -> Iterator[Change]:
    if old is None or new is None:
        if old is not new:
            yield new is None, f"{what} {'no longer limited' if new is None else 'limited'}"
        return
    yield from _members(old, new, what)


def _schools(old: Collection[str], new: Collection[str]) -> Iterator[Change]:
    if any(not _covered(school, old) for school in new):
        yield True, "schools added"
    if any(not _covered(school, new) for school in old):
        yield False, "schools removed"


def _covered(school: str, listed: Collection[str]) -> bool:
    return school in listed or school[:4] in listed


class FieldLine(NamedTuple):
    """One field of one kind of person, one way."""

    field: str
    subject: SubjectCategory | None
    """None: a record about nobody singly."""
    way: Direction
    """`out` or `back`."""


def lines_of(terms: ProductTerms) -> dict[FieldLine, DataEntry]:
    """Every field, subject and direction that is listed, with its entry."""
    lines: dict[FieldLine, DataEntry] = {}
    for entry in terms.data:
        for name in entry.fields:
            about = KINDS[FIELDS[name].kind].subjects if name in FIELDS else frozenset()
            listed = terms.subjects if entry.subjects is None else entry.subjects
            concerned = [s for s in listed if s in about and s in terms.subjects] if about else [None]
            ways = [way for way in (Direction.OUT, Direction.BACK) if entry.direction.allows(way)]
            for line in (FieldLine(name, subject, way) for subject in concerned for way in ways):
                known = lines.get(line)
                if known is None or at_least_as_strong(entry.form, known.form):
                    lines[line] = entry
    return lines


def _data(old: ProductTerms, new: ProductTerms) -> Iterator[Change]:
    before, after = lines_of(old), lines_of(new)
    for line in sorted(before.keys() | after.keys(), key=str):
        field, subject, way = line
        what = f"{field} {way}{f' of {subject}' if subject else ''}"
        if line not in before:
            yield True, f"{what} added"
        elif line not in after:
            yield False, f"{what} removed"
        else:
            yield from _line(before[line], after[line], what)


def _line(old: DataEntry, new: DataEntry, what: str) -> Iterator[Change]:
    if old.form is not new.form:
        stronger = at_least_as_strong(new.form, old.form)
        yield not stronger, f"{what} in form {new.form.value}, was {old.form.value}"
    if (old.category, old.art9_ground) != (new.category, new.art9_ground):
        yield True, f"{what} under another category or ground"
    if old.necessity is None and new.necessity is not None and (old.special or old.art9_ground):
        yield True, f"{what} with a necessity"
