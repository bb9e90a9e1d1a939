"""The words of an agreement: closed lists with stored values.

Compatibility rule: every value here is stored in agreements, registers and audit logs. A value never
changes and is never used again for something else; new ones are added at the end.
`tests/contracts/test_vocabulary.py` holds them.

Source: GDPR art. 6, 9, 28; the privacy leaflet (privacybijsluiter) of the Dutch covenant on digital learning
material; OneRoster 1.2 for field names (`contracts.fields`).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NoReturn


class Form(StrEnum):
    """In which form a field leaves, from the least to the most revealing.

    Not ordered by `<`: text order would put `clear` before `pseudonym`. Ask `at_least_as_strong`.
    """

    PSEUDONYM = "pseudonym"
    ALIAS = "alias"
    GENERALISED = "generalised"
    SCRUBBED = "scrubbed"
    CLEAR = "clear"

    def _no_order(self, other: object) -> NoReturn:
        # A form compared as text gives a wrong answer silently, and the answer decides what a vendor gets.
        raise TypeError("forms are compared with at_least_as_strong")

    def __lt__(self, other: object) -> bool:
        self._no_order(other)

    def __le__(self, other: object) -> bool:
        self._no_order(other)

    def __gt__(self, other: object) -> bool:
        self._no_order(other)

    def __ge__(self, other: object) -> bool:
        self._no_order(other)


_REVEALS: Final = {form: rank for rank, form in enumerate(Form)}


def at_least_as_strong(form: Form, listed: Form) -> bool:
    """Whether `form` protects at least as much as `listed`: it is equally or less revealing."""
    return _REVEALS[form] <= _REVEALS[listed]


def strongest_form(forms: Iterable[Form]) -> Form:
    """The least revealing of some forms; at least one must be given."""
    return min(forms, key=_REVEALS.__getitem__)


class Direction(StrEnum):
    """Which way a field may go: to the vendor, back to the school, or both."""

    OUT = "out"
    BACK = "back"
    BOTH = "both"

    def allows(self, wanted: Direction) -> bool:
        """Whether an entry with this direction covers the wanted one."""
        return self is Direction.BOTH or self is wanted


class Service(StrEnum):
    """What a vendor may use the gateway for under an agreement."""

    ROSTER = "roster"
    RESULTS = "results"
    """Writes results and reads back its own."""
    GRADEBOOK = "gradebook"
    """Reads the school's other gradebook records."""


class Operation(StrEnum):
    """What a request does."""

    READ = "read"
    WRITE = "write"


class SubjectCategory(StrEnum):
    """Whose data it is. A record about nobody (an organisation, a course) has none: `None`."""

    PUPIL = "leerling"
    STAFF = "medewerker"
    GUARDIAN = "wettelijk_vertegenwoordiger"


_PROTECTION: Final = (SubjectCategory.PUPIL, SubjectCategory.GUARDIAN, SubjectCategory.STAFF)


def strongest(subjects: Iterable[SubjectCategory]) -> SubjectCategory:
    """Under which category a person with several roles is labelled: pupil before guardian before staff."""
    return min(subjects, key=_PROTECTION.index)


class DataCategory(StrEnum):
    """Categories of the privacy leaflet."""

    CONTACT = "contactgegevens"
    PUPIL_NUMBER = "onderwijsdeelnemernummer"
    """The number in the school's own administration, not the national one."""
    NATIONALITY = "nationaliteit_geboorteplaats"
    GUARDIANS = "ouders_voogd"
    MEDICAL = "medisch"
    RELIGION = "godsdienst"
    PROGRESS = "studievoortgang"
    ORGANISATION = "onderwijsorganisatie"
    FINANCE = "financien"
    IMAGES = "beeldmateriaal"
    TEACHER = "docent"
    NATIONAL_NUMBER = "bsn_pgn"
    """BSN, education number, PGN. In the list so that it can be refused by name: never allowed, in any
    form.
    """
    CHAIN_IDENTIFIER = "keten_id"
    """ECK iD."""
    OTHER = "overige"


SPECIAL_CATEGORIES: Final = frozenset({DataCategory.MEDICAL, DataCategory.RELIGION, DataCategory.NATIONALITY})
"""GDPR art. 9 (nationality and birthplace are treated alike, because they tell origin): need a ground."""

NATIONAL_NUMBER_WORDS: Final = frozenset(
    {
        "bsn",
        "pgn",
        "bsnpgn",
        "sofinummer",
        "sofi",
        "onderwijsnummer",
        "burgerservicenummer",
        "rijksregisternummer",
    }
    | {"persoonsgebondennummer", "bsnondwnr", "bsnondwnr4", "hpgn", "nationalid", "nin", "educationnumber"}
)
"""How a national number is called in records, folded to letters and digits; UAVG art. 46."""


class LegalBasis(StrEnum):
    """GDPR art. 6(1), the board's stated choice per product."""

    CONSENT = "6-1-a"
    CONTRACT = "6-1-b"
    LEGAL_DUTY = "6-1-c"
    VITAL_INTEREST = "6-1-d"
    PUBLIC_TASK = "6-1-e"
    LEGITIMATE_INTEREST = "6-1-f"


class SpecialGround(StrEnum):
    """GDPR art. 9(2)."""

    EXPLICIT_CONSENT = "9-2-a"
    EMPLOYMENT = "9-2-b"
    VITAL_INTEREST = "9-2-c"
    ASSOCIATION = "9-2-d"
    MADE_PUBLIC = "9-2-e"
    LEGAL_CLAIM = "9-2-f"
    SUBSTANTIAL_PUBLIC_INTEREST = "9-2-g"
    HEALTH_CARE = "9-2-h"
    PUBLIC_HEALTH = "9-2-i"
    RESEARCH = "9-2-j"


class RecipientRole(StrEnum):
    """What the recipient is under the GDPR."""

    PROCESSOR = "processor"
    JOINT_CONTROLLER = "joint_controller"
    CONTROLLER = "controller"
    BY_LAW = "recipient_by_law"


class Groups(StrEnum):
    """How much of the school's grouping a vendor sees."""

    NONE = "none"
    COARSE = "coarse"
    """One made-up class per school and grade."""
    EXACT = "exact"


class IdentifierScope(StrEnum):
    """Which identifier a vendor gets for a person."""

    RELATIONSHIP = "relationship"
    ECKID = "eckid"


class AgreementState(StrEnum):
    """Where an agreement version stands."""

    REGISTERED = "registered"
    APPROVED = "approved"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"
    """Nothing goes out any more; results may come back until the inbound term."""
    CLOSED = "closed"
    REPLACED = "replaced"
    """Another version of the same agreement took its place."""


class TransitionKind(StrEnum):
    """What happened to an agreement version; the third word of its audit event."""

    REGISTERED = "registered"
    FINDING_ACCEPTED = "finding_accepted"
    APPROVED = "approved"
    ACTIVATED = "activated"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    END_PLANNED = "end_planned"
    ENDED = "ended"
    CLOSED = "closed"
    REPLACED = "replaced"


class RefusalReason(StrEnum):
    """Why data may not go. Shown to vendors and schools, stored in registers."""

    AGREEMENT_MISSING = "agreement_missing"
    AGREEMENT_ALTERED = "agreement_altered"
    AGREEMENT_NOT_APPROVED = "agreement_not_approved"
    AGREEMENT_NOT_ACTIVATED = "agreement_not_activated"
    AGREEMENT_NOT_STARTED = "agreement_not_started"
    AGREEMENT_SUSPENDED = "agreement_suspended"
    AGREEMENT_ENDED = "agreement_ended"
    CLOCK_SET_BACK = "clock_set_back"
    PRODUCT_NOT_IN_AGREEMENT = "product_not_in_agreement"
    SERVICE_NOT_IN_AGREEMENT = "service_not_in_agreement"
    OPERATION_NOT_IN_SERVICE = "operation_not_in_service"
    SUBJECT_NOT_IN_AGREEMENT = "subject_not_in_agreement"
    SCHOOL_OUT_OF_SCOPE = "school_out_of_scope"
    GRADE_OUT_OF_SCOPE = "grade_out_of_scope"
    CLASS_OUT_OF_SCOPE = "class_out_of_scope"
    GROUPS_NOT_IN_AGREEMENT = "groups_not_in_agreement"
    FIELD_UNKNOWN = "field_unknown"
    FIELD_NEVER_LEAVES = "field_never_leaves"
    FIELD_NOT_IN_SERVICE = "field_not_in_service"
    FIELD_NOT_IN_AGREEMENT = "field_not_in_agreement"
    DIRECTION_NOT_IN_AGREEMENT = "direction_not_in_agreement"
    FORM_TOO_REVEALING = "form_too_revealing"
    SPECIAL_WITHOUT_GROUND = "special_without_ground"
    CONSENT_MISSING = "consent_missing"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONSENT_EXPIRED = "consent_expired"
    CONSENT_BY_WRONG_PERSON = "consent_by_wrong_person"
    OBJECTION = "objection"
    VENDOR_STOPPED = "vendor_stopped"
    CONSENT_REFUSED = "consent_refused"
    CONSENT_TEXT_CHANGED = "consent_text_changed"
