"""What `contracts.decisions` is asked and what it answers: values without rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

from contracts.consents import Objection, Statement
from contracts.refusals import Refused
from contracts.vocabulary import Direction, Form, Service, SubjectCategory


@dataclass(frozen=True, slots=True)
class Permitted:
    """The field may go, at most in this form."""

    form: Form
    clause: str | None
    """Where the agreement says so."""


@dataclass(frozen=True, slots=True)
class Permit:
    """The request may be served, or the person may be in the release."""

    agreement_id: str
    version: int
    product: str


FieldAnswer: TypeAlias = Permitted | Refused
Answer: TypeAlias = Permit | Refused


@dataclass(frozen=True, slots=True)
class Person:
    """Where a person stands, as far as the scope asks.

    For a pupil: the own schools, grades and classes. For staff: those of the classes they teach. For a
    guardian: those of their children. The caller knows these; an empty set is in no limited scope.
    """

    subjects: frozenset[SubjectCategory]
    """Every role that the person has."""
    schools: frozenset[str]
    """BRIN (4) or BRIN with location (6)."""
    grades: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    """Every name under which a class may be listed: identifier, code, title."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record about nobody (a class, an organisation, a line item) stands."""

    schools: frozenset[str]
    grades: frozenset[str] | None = None
    """None: records of this kind have no grade, so a limit to grades says nothing about them."""
    classes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """The person's own say."""

    consents: tuple[Statement, ...] = ()
    """Everything that was said, in the order in which it was recorded."""
    objections: tuple[Objection, ...] = ()
    born_on: date | None = None
    texts: frozenset[str] = frozenset()
    """SHA-256 of every text that tells all that its product gets today; a consent to another one covers nothing."""


NO_FACTS: Final = PersonFacts()
"""Nothing was said: enough where no consent is asked."""


@dataclass(frozen=True, slots=True)
class FieldQuestion:
    """One field of one record."""

    product: str
    service: Service
    field: str
    """`<kind>.<field>`."""
    direction: Direction = Direction.OUT
    person: Person | None = None
    """None for a record about nobody (organisation, course, class)."""
    place: Place | None = None
    """Where a record about nobody stands; None where the kind of record belongs to the whole board."""
    form: Form | None = None
    """The form in which it would go; None: the most revealing that is agreed."""
