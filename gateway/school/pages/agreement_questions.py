"""What the paper agreement says, question by question, in its order: one list for the page that shows a record and
for the form that makes one.

A path is the place in the record (`docs/examples/agreement.yaml`), so a fault of the record finds its field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from gateway.school.pages import agreement_words as words


class Widget(StrEnum):
    """How a question is asked."""

    TEXT = "text"
    DAY = "day"
    NUMBER = "number"
    CHOICE = "choice"
    """One word of a closed list."""
    CHOICES = "choices"
    """Several words of a closed list."""
    LINES = "lines"
    """Several texts, one a line."""


@dataclass(frozen=True, slots=True)
class Question:
    """One place of the record."""

    path: str
    """Within its section's root."""
    label: LazyString
    widget: Widget = Widget.TEXT
    choices: Mapping[str, LazyString] = field(default_factory=dict)
    required: bool = False
    remark: LazyString | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the paper."""

    key: str
    title: LazyString
    questions: tuple[Question, ...]
    processor: bool | None = None
    """Of a processor only, of every other role only, or (None) of all."""


def _text(
    path: str, label: LazyString, *, required: bool = False, remark: LazyString | None = None
) -> Question:
    return Question(path, label, required=required, remark=remark)


def _day(
    path: str, label: LazyString, *, required: bool = False, remark: LazyString | None = None
) -> Question:
    return Question(path, label, Widget.DAY, required=required, remark=remark)


def _number(path: str, label: LazyString, *, required: bool = False) -> Question:
    return Question(path, label, Widget.NUMBER, required=required)


def _lines(
    path: str, label: LazyString, *, required: bool = False, remark: LazyString | None = None
) -> Question:
    return Question(path, label, Widget.LINES, required=required, remark=remark)


def _choice(
    path: str,
    label: LazyString,
    choices: Mapping[str, LazyString],
    *,
    required: bool = False,
    remark: LazyString | None = None,
) -> Question:
    return Question(path, label, Widget.CHOICE, choices, required, remark)


def _choices(
    path: str, label: LazyString, choices: Mapping[str, LazyString], *, remark: LazyString | None = None
) -> Question:
    return Question(path, label, Widget.CHOICES, choices, remark=remark)


_CLAUSE: Final = _l("where it stands")

SECTIONS: Final[tuple[Section, ...]] = (
    Section(
        "agreement",
        _l("Agreement and role"),
        (
            _text(
                "agreement_id",
                _l("Number of the agreement"),
                required=True,
                remark=_l("For instance VO-2026-014."),
            ),
            _choice(
                "role",
                _l("Role of the recipient"),
                words.ROLES,
                required=True,
                remark=_l("Another role asks other things: choose it and keep."),
            ),
        ),
    ),
    Section(
        "board",
        _l("The board"),
        (
            _text("controller.name", _l("Name of the board"), required=True),
            _text("controller.bestuursnummer", _l("Number of the board")),
            _text("controller.kvk", _l("Chamber of Commerce number (KvK)"), required=True),
            _lines("controller.brins", _l("Schools (BRIN)"), required=True),
            _text("controller.fg_contact", _l("Whom a vendor or parent asks (FG)"), required=True),
            _text("controller.breach_inbox", _l("Where data breaches are told"), required=True),
        ),
    ),
    Section(
        "recipient",
        _l("The recipient"),
        (
            _text("processor.name", _l("Name of the company"), required=True),
            _text("processor.kvk", _l("Chamber of Commerce number (KvK)"), required=True),
            _text("processor.country", _l("Country"), required=True, remark=_l("Two letters, such as NL.")),
            _text("processor.breach_contact", _l("Contact for data breaches"), required=True),
            _choice("processor.convenant_status", _l("Privacy covenant"), words.COVENANT),
            _day("processor.convenant_checked_on", _l("Covenant register looked at on")),
        ),
    ),
    Section(
        "document",
        _l("The signed document"),
        (
            _text("document.model", _l("Model")),
            _text("document.sha256", _l("Hash of the signed file (SHA-256)")),
            _day("document.signed_on", _l("Signed on")),
            _text("document.signed_by_controller", _l("Signed for the board by")),
            _text("document.signed_by_processor", _l("Signed for the recipient by")),
            _lines("document.deviations", _l("Deviations from the model")),
        ),
    ),
    Section(
        "term",
        _l("Term"),
        (
            _day("term.from", _l("First day"), required=True),
            _day(
                "term.until", _l("Last day, inclusive"), remark=_l("Empty: until one of the parties ends it.")
            ),
            _number(
                "term.inbound_days_after_end",
                _l("Days after the end for results to come back"),
                required=True,
            ),
            _day("term.review_by", _l("To be reviewed by")),
        ),
    ),
    Section(
        "art28",
        _l("What art. 28(3) asks"),
        (
            _text(
                "art28.a_instructions.clause",
                _l("a. Instructions of the board"),
                required=True,
                remark=_CLAUSE,
            ),
            _text("art28.b_confidentiality.clause", _l("b. Confidentiality"), required=True, remark=_CLAUSE),
            _text("art28.c_security.clause", _l("c. Security"), required=True, remark=_CLAUSE),
            _text("art28.d_subprocessors.clause", _l("d. Sub-processors"), required=True, remark=_CLAUSE),
            _choice(
                "art28.d_subprocessors.authorisation",
                _l("d. How sub-processors are allowed"),
                words.AUTHORISATIONS,
                required=True,
            ),
            _number("art28.d_subprocessors.notice_days", _l("d. Days of notice for a new sub-processor")),
            _text("art28.e_rights.clause", _l("e. Rights of persons"), required=True, remark=_CLAUSE),
            _number("art28.e_rights.answer_within_days", _l("e. Days to help with a request")),
            _text(
                "art28.f_assistance.clause",
                _l("f. Assistance with art. 32 to 36"),
                required=True,
                remark=_CLAUSE,
            ),
            _text("art28.g_end.clause", _l("g. What happens at the end"), required=True, remark=_CLAUSE),
            _choice("art28.g_end.action", _l("g. Data at the end"), words.END_ACTIONS, required=True),
            _number(
                "art28.g_end.delete_within_days", _l("g. Days within which it is deleted"), required=True
            ),
            _text("art28.g_end.confirmation", _l("g. How deletion is confirmed"), required=True),
            _number("art28.g_end.export_window_days", _l("g. Days to fetch an export")),
            _number("art28.g_end.backups_within_days", _l("g. Days until backups are gone")),
            _text("art28.g_end.precedence", _l("g. Which term holds where several speak")),
            _text("art28.h_audit.clause", _l("h. Audit"), required=True, remark=_CLAUSE),
            _number("art28.h_audit.notice_days", _l("h. Days of notice for an audit")),
        ),
        processor=True,
    ),
    Section(
        "breach",
        _l("Data breaches"),
        (
            _text("breach.clause", _l("Notice of a data breach"), required=True, remark=_CLAUSE),
            _number("breach.notify.within_hours", _l("Told within (hours, 1 to 72)")),
            _text("breach.notify.wording", _l("What it says instead of a number")),
        ),
        processor=True,
    ),
    Section(
        "sharing",
        _l("Decision to share"),
        (
            _choice("sharing.legal_basis", _l("Legal basis for giving it"), words.BASES, required=True),
            _text("sharing.purpose", _l("What the recipient may use it for"), required=True),
            _day("sharing.decided_on", _l("Decided on"), required=True),
            _text("sharing.decided_by", _l("Decided by"), required=True),
            _text("sharing.reference", _l("Where the decision stands"), required=True),
            _choice("sharing.consent_asked_by", _l("Who asks for consent"), words.CONSENT_ASKERS),
            _text("sharing.law", _l("Article of the law"), remark=_l("Where a law obliges.")),
            _text(
                "sharing.arrangement",
                _l("Arrangement of joint controllers"),
                remark=_l("Where it stands (art. 26)."),
            ),
        ),
        processor=False,
    ),
    Section(
        "security",
        _l("Security"),
        (
            _choice("security.biv.beschikbaarheid", _l("Availability"), words.LEVELS, required=True),
            _choice("security.biv.integriteit", _l("Integrity"), words.LEVELS, required=True),
            _choice(
                "security.biv.vertrouwelijkheid",
                _l("Confidentiality of the data"),
                words.LEVELS,
                required=True,
            ),
            _text("security.scheme", _l("Measured by"), required=True),
            _choice("security.assurance", _l("Assured by"), words.ASSURANCES, required=True),
            _day("security.assessed_on", _l("Assessed on")),
        ),
    ),
)
"""The parts before the products."""


def sections_of(role: object) -> tuple[Section, ...]:
    """The parts that a recipient of this role has; an unknown role is asked as a processor."""
    processor = role in ("processor", None, "") or role not in words.ROLES
    return tuple(section for section in SECTIONS if section.processor in (None, processor))


PRODUCT_SECTIONS: Final[tuple[Section, ...]] = (
    Section(
        "product",
        _l("Product"),
        (
            _text(
                "product_id",
                _l("Short name"),
                required=True,
                remark=_l(
                    "Lower-case letters, digits and hyphens. The same short name keeps the same pseudonyms."
                ),
            ),
            _text("name", _l("Name"), required=True),
            _text("bijsluiter.version", _l("Version of the privacy leaflet")),
            _day("bijsluiter.date", _l("Date of the privacy leaflet")),
            _text("bijsluiter.sha256", _l("Hash of the privacy leaflet (SHA-256)")),
        ),
    ),
    Section(
        "why",
        _l("Purposes and basis"),
        (
            _lines("purposes", _l("Purposes"), required=True, remark=_l("Codes such as leveren_gebruik.")),
            _choice("legal_basis", _l("Legal basis of the board"), words.BASES, required=True),
            _choices(
                "services",
                _l("What goes through the gateway"),
                words.SERVICES,
                remark=_l("Nothing: registered only."),
            ),
        ),
    ),
    Section(
        "whose",
        _l("Whose data"),
        (
            _choices("subjects", _l("Persons concerned"), words.SUBJECTS),
            _lines("scope.schools", _l("Schools (BRIN)"), remark=_l("Empty: all schools of the board.")),
            _lines("scope.grades", _l("Years"), remark=_l("Empty: all years.")),
            _lines("scope.classes", _l("Groups"), remark=_l("Empty: all groups.")),
            _choice("groups", _l("What the vendor sees of groups"), words.GROUPS, required=True),
            _choice(
                "identifier.scope", _l("Which identifier the vendor gets"), words.IDENTIFIERS, required=True
            ),
            _text("identifier.eckid_basis", _l("Basis for the chain identifier")),
        ),
    ),
)
"""The parts of a product before its data table."""

PRODUCT_SECTIONS_AFTER: Final[tuple[Section, ...]] = (
    Section(
        "keeping",
        _l("Keeping and places"),
        (
            _number("retention.max_days_after_end", _l("Kept at most (days after the end)"), required=True),
            _lines("storage_countries", _l("Stored in (countries)"), required=True),
        ),
    ),
    Section(
        "assessment",
        _l("Impact assessment and AI"),
        (
            _day("dpia.done_on", _l("Impact assessment done on")),
            _text("dpia.outcome", _l("Its outcome")),
            _text("dpia.fg_advice", _l("Advice of the FG")),
            _text("ai", _l("Use of AI"), remark=_l("none, adaptive, or in words.")),
        ),
    ),
)
"""The parts of a product after its data table and its lists of countries and sub-processors."""

LINE_QUESTIONS: Final[tuple[Question, ...]] = (
    _choice("category", _l("Category"), words.CATEGORIES, required=True),
    _choices(
        "subjects", _l("About"), words.SUBJECTS, remark=_l("Nothing ticked: all persons of the product.")
    ),
    _choice("form", _l("Form"), words.FORMS, required=True),
    _choice("direction", _l("Direction"), words.DIRECTIONS, required=True),
    _text("necessity", _l("Why it is needed")),
    _text("clause", _l("Where the document says it")),
    _choice("art9_ground", _l("Ground for special data"), words.SPECIAL_GROUNDS),
)
"""One line of the data table; its fields are ticked in the matrix."""

THIRD_QUESTIONS: Final[tuple[Question, ...]] = (
    _text("name", _l("Sub-processor"), required=True),
    _text("country", _l("Country"), required=True),
    _text("service", _l("What it does"), required=True),
    _choices("sees", _l("Sees"), words.CATEGORIES),
    _text("transfer_mechanism", _l("Transfer mechanism")),
)
TRANSFER_QUESTIONS: Final[tuple[Question, ...]] = (
    _text("country", _l("Country outside the EEA"), required=True),
    _text("mechanism", _l("Transfer mechanism"), required=True),
)
