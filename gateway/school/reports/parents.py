"""A readable page for parents of one school: which vendors, which data, why, how long. Dutch and English, level B1.

Guarantees: it is made of agreements and settings alone, so no pupil is on it; every value is escaped; the file needs
nothing from elsewhere and runs no script.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import jinja2

from contracts.instants import local_day
from contracts.vocabulary import Direction, IdentifierScope, LegalBasis, RecipientRole, SubjectCategory
from gateway.errors import UsageError
from gateway.school.consents.words import FORMS, Language, Words, field_words, purpose_words
from gateway.school.mail.wording import spelled
from gateway.school.reports.running import IN_FORCE, Described, running_products
from gateway.school.services import SchoolServices

MAX_NAME: Final = 120
_TEMPLATES: Final = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

BASES: Final[Mapping[LegalBasis, Words]] = {
    LegalBasis.CONSENT: Words("alleen met toestemming", "only with consent"),
    LegalBasis.CONTRACT: Words("nodig voor een overeenkomst", "needed for a contract"),
    LegalBasis.LEGAL_DUTY: Words("de wet verplicht de school", "the law obliges the school"),
    LegalBasis.VITAL_INTEREST: Words("om iemands leven te beschermen", "to protect somebody's life"),
    LegalBasis.PUBLIC_TASK: Words(
        "nodig voor het onderwijs, de taak van de school", "needed for teaching, the task of the school"
    ),
    LegalBasis.LEGITIMATE_INTEREST: Words(
        "een gerechtvaardigd belang van de school", "a legitimate interest of the school"
    ),
}
SUBJECTS: Final[Mapping[SubjectCategory, Words]] = {
    SubjectCategory.PUPIL: Words("leerlingen", "pupils"),
    SubjectCategory.GUARDIAN: Words("ouders en voogden", "parents and guardians"),
    SubjectCategory.STAFF: Words("medewerkers", "staff"),
}
ROLES: Final[Mapping[RecipientRole, Words]] = {
    RecipientRole.PROCESSOR: Words("werkt in opdracht van de school", "works for the school"),
    RecipientRole.JOINT_CONTROLLER: Words(
        "is samen met de school verantwoordelijk", "is responsible together with the school"
    ),
    RecipientRole.CONTROLLER: Words("is zelf verantwoordelijk", "is itself responsible"),
    RecipientRole.BY_LAW: Words("wordt door de wet genoemd", "is named by the law"),
}

_WAYS: Final = (Direction.OUT, Direction.BACK)
_OWN_CODE: Final = Words("alleen de school weet wie erbij hoort", "only the school knows who it stands for")
_KNOWN_CODE: Final = Words(
    "ook andere bedrijven kennen deze code (ECK iD)", "other companies know this code too (ECK iD)"
)
_SCHOOL: Final = Words("de school", "the school")
_ABOUT_PERSONS: Final = frozenset({"user", "demographics", "enrollment", "result", "assessmentResult"})
"""Kinds of records about somebody; the others are about the school: groups, courses, terms, tests."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that goes or comes back, in words."""

    what: str
    form: str
    subjects: str
    way: Direction


@dataclass(frozen=True, slots=True)
class Card:
    """What a parent reads about one product."""

    name: str
    vendor: str
    country: str
    role: str
    purposes: tuple[str, ...]
    basis: str
    lines: tuple[Line, ...]
    last_day: str | None
    delete_within_days: int | None
    storage: str
    helpers: tuple[str, ...]
    transfers: tuple[str, ...]
    ai: str | None
    registered_only: bool
    paused: bool


@dataclass(frozen=True, slots=True)
class ParentsPage:
    """The page of one school in one language."""

    school: str
    language: Language
    products: int
    fragment: str
    """HTML to put inside another page: one `section`, without a style."""
    document: str
    """A whole HTML file with its own style."""


def parents_page(
    services: SchoolServices, school: str, *, language: Language, now: datetime, name: str | None = None
) -> ParentsPage:
    """The page of one school as the agreements stand today.

    Args:
        school: BRIN of the board.
        name: what people call the school; default: its BRIN.

    Raises:
        UsageError: `school_unknown`, `name_invalid`.
    """
    shown = " ".join((name or "").split())
    if len(shown) > MAX_NAME or not shown.isprintable():
        raise UsageError("A name has at most 120 characters.", code="name_invalid")
    products = running_products(services, now=now, standings=IN_FORCE, school=school)
    contact = services.settings.contact or next(
        (each.agreement.controller.fg_contact for each in products), None
    )
    facts = {
        "language": language,
        "board": services.settings.board_name,
        "school": shown or school,
        "contact": contact,
        "today": spelled(local_day(now), language),
        "cards": [_card(each, language) for each in products],
    }
    fragment = _TEMPLATES.get_template(f"parents_{language}.html").render(facts)
    document = _TEMPLATES.get_template("parents_file.html").render(facts, fragment=fragment)
    return ParentsPage(school, language, len(products), fragment, document)


def _card(each: Described, language: Language) -> Card:
    terms, processor = each.terms, each.agreement.processor
    return Card(
        name=terms.name,
        vendor=processor.name,
        country=processor.country,
        role=ROLES[each.agreement.role].of(language),
        purposes=tuple(purpose_words(purpose, language) for purpose in terms.purposes),
        basis=BASES[terms.legal_basis].of(language),
        lines=_lines(each, language),
        last_day=_spelled(each.row.last_day, language),
        delete_within_days=each.delete_within_days,
        storage=", ".join(terms.storage_countries),
        helpers=tuple(f"{third.name} ({third.country}): {third.service}" for third in terms.subprocessors),
        transfers=tuple(f"{transfer.country}: {transfer.mechanism}" for transfer in terms.transfers),
        ai=None if terms.ai in (None, "none") else terms.ai,
        registered_only=not terms.services,
        paused=each.paused,
    )


def _lines(each: Described, language: Language) -> tuple[Line, ...]:
    """Every field once per form; identifiers and references are one line, a code."""
    whose: dict[tuple[str, str], list[Words]] = {}
    ways: dict[tuple[str, str], set[Direction]] = {}

    def add(what: str, form: str, way: Direction, words: Sequence[Words]) -> None:
        key = (what, form)
        known = whose.setdefault(key, [])
        known += [each for each in words if each not in known]
        ways.setdefault(key, set()).update(_WAYS if way is Direction.BOTH else (way,))

    eckid = each.terms.identifier.scope is IdentifierScope.ECKID
    code = field_words("", language)
    if each.terms.services:
        # No field lists it, and it goes with everybody.
        everybody = [SUBJECTS[subject] for subject in each.terms.subjects]
        add(code, _code(eckid, language), Direction.OUT, everybody)
    for entry in each.terms.data:
        subjects = [SUBJECTS[subject] for subject in entry.subjects or each.terms.subjects]
        for field in entry.fields:
            what = field_words(field, language)
            form = _code(eckid, language) if what == code else FORMS[entry.form].of(language)
            persons = field.partition(".")[0] in _ABOUT_PERSONS
            add(what, form, entry.direction, subjects if persons else [_SCHOOL])
    return tuple(
        Line(
            what,
            form,
            ", ".join(words.of(language) for words in whose[what, form]),
            next(iter(found)) if len(found) == 1 else Direction.BOTH,
        )
        for (what, form), found in ways.items()
    )


def _code(eckid: bool, language: Language) -> str:
    if eckid:
        return Words(
            "een code die ook andere bedrijven kennen (ECK iD)",
            "a code that other companies know too (ECK iD)",
        ).of(language)
    return Words("alleen de school weet wie erbij hoort", "only the school knows who it stands for").of(
        language
    )


def _spelled(day: date | None, language: Language) -> str | None:
    return None if day is None else spelled(day, language)
