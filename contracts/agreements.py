"""The processor agreement as a record, and what of it decides.

`Agreement` is the whole record as it was signed: every field of the document, one digest.
`CompiledAgreement` is one product's terms of one version, with everything `contracts.decisions` needs and
nothing else, so that the vendors' door needs no access to the school's database.

Source: GDPR art. 28(3) a-h; model processor agreement of the covenant;
`docs/decisions/0010-agreement-record.md`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from contracts import canonical, instants
from contracts.vendors import Recipient
from contracts.vocabulary import (
    SPECIAL_CATEGORIES,
    AgreementState,
    DataCategory,
    Direction,
    Form,
    Groups,
    IdentifierScope,
    LegalBasis,
    RecipientRole,
    Service,
    SpecialGround,
    SubjectCategory,
)


@dataclass(frozen=True, slots=True)
class Controller:
    """The board, as the agreement names it."""

    name: str
    kvk: str
    brins: tuple[str, ...]
    fg_contact: str
    """Whom a vendor or parent asks: the data protection officer."""
    breach_inbox: str
    bestuursnummer: str | None = None


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """The paper: which model, and the hash of the signed file."""

    model: str
    sha256: str | None = None
    signed_on: date | None = None
    signed_by_controller: str | None = None
    signed_by_processor: str | None = None
    deviations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """From when until when; local days."""

    in_force_from: date = dataclasses.field(metadata=canonical.named("from"))
    in_force_until: date | None = dataclasses.field(metadata=canonical.named("until"))
    """The last day, inclusive; None: until one of the parties ends it."""
    inbound_days_after_end: int
    """How many days after the last day results may still come back."""
    review_by: date | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """Where the document says it."""

    clause: str


@dataclass(frozen=True, slots=True)
class SubprocessorClause:
    clause: str
    authorisation: str
    """`general` or `specific`."""
    notice_days: int | None = None


@dataclass(frozen=True, slots=True)
class RightsClause:
    clause: str
    answer_within_days: int | None = None


@dataclass(frozen=True, slots=True)
class EndClause:
    """What happens to the data at the end."""

    clause: str
    action: str
    """`delete` or `return_then_delete`."""
    delete_within_days: int
    confirmation: str
    export_window_days: int | None = None
    backups_within_days: int | None = None
    precedence: str | None = None
    """Which term holds where several speak: `shortest` or a text."""


@dataclass(frozen=True, slots=True)
class AuditClause:
    clause: str
    notice_days: int | None = None


@dataclass(frozen=True, slots=True)
class Article28:
    """GDPR art. 28(3) a to h."""

    a_instructions: Clause
    b_confidentiality: Clause
    c_security: Clause
    d_subprocessors: SubprocessorClause
    e_rights: RightsClause
    f_assistance: Clause
    g_end: EndClause
    h_audit: AuditClause


@dataclass(frozen=True, slots=True)
class BreachNotice:
    within_hours: int | None = None
    wording: str | None = None
    """What the document says instead of a number."""


@dataclass(frozen=True, slots=True)
class Breach:
    clause: str
    notify: BreachNotice = BreachNotice()


@dataclass(frozen=True, slots=True)
class Sharing:
    """Why data goes to a recipient that decides itself what it does with it: instead of art. 28.

    Source: GDPR art. 5(1)(b), 6(1), 24, 26; the board's own decision.
    """

    legal_basis: LegalBasis
    """Of giving it; the products name the same."""
    purpose: str
    """What the recipient may use it for."""
    decided_on: date
    decided_by: str
    reference: str
    """Where the decision stands."""
    consent_asked_by: str | None = None
    """`board` or `recipient` (a researcher, an agency), where the basis is consent."""
    law: str | None = None
    """The article that obliges, where a law does."""
    arrangement: str | None = None
    """Where joint controllers wrote down who does what (art. 26)."""


@dataclass(frozen=True, slots=True)
class Biv:
    """Classification: laag, midden, hoog."""

    beschikbaarheid: str
    integriteit: str
    vertrouwelijkheid: str


@dataclass(frozen=True, slots=True)
class Security:
    biv: Biv
    scheme: str
    assurance: str
    """`self`, `peer` or `external`."""
    assessed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Leaflet:
    """The privacy leaflet (privacybijsluiter) of a product."""

    version: str
    date: date
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose data: a person must be in all three; None is no limit."""

    schools: tuple[str, ...] | None = None
    """BRIN (4), or BRIN with location (6); None: all schools of the agreement's board."""
    grades: tuple[str, ...] | None = None
    classes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class DataEntry:
    """One line of the data table: these fields about these persons, in this form, this way."""

    category: DataCategory
    fields: tuple[str, ...]
    form: Form
    direction: Direction
    subjects: tuple[SubjectCategory, ...] | None = None
    """None: all subjects of the product."""
    necessity: str | None = None
    clause: str | None = None
    art9_ground: SpecialGround | None = None

    @property
    def special(self) -> bool:
        """Whether its category is special data (art. 9)."""
        return self.category in SPECIAL_CATEGORIES


@dataclass(frozen=True, slots=True)
class Identifier:
    scope: IdentifierScope
    eckid_basis: str | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    max_days_after_end: int


@dataclass(frozen=True, slots=True)
class Transfer:
    country: str
    mechanism: str


@dataclass(frozen=True, slots=True)
class Subprocessor:
    name: str
    country: str
    service: str
    sees: tuple[DataCategory, ...] = ()
    transfer_mechanism: str | None = None


@dataclass(frozen=True, slots=True)
class Dpia:
    done_on: date
    outcome: str
    fg_advice: str | None = None


@dataclass(frozen=True, slots=True)
class ProductTerms:
    """What is agreed for one product."""

    product_id: str
    name: str
    purposes: tuple[str, ...]
    legal_basis: LegalBasis
    services: tuple[Service, ...]
    """Empty: registered only, nothing flows."""
    scope: Scope
    subjects: tuple[SubjectCategory, ...]
    groups: Groups
    data: tuple[DataEntry, ...]
    identifier: Identifier
    retention: Retention
    storage_countries: tuple[str, ...]
    bijsluiter: Leaflet | None = None
    transfers: tuple[Transfer, ...] = ()
    subprocessors: tuple[Subprocessor, ...] = ()
    dpia: Dpia | None = None
    ai: str | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """The whole record."""

    agreement_id: str
    schema_version: str
    role: RecipientRole
    controller: Controller
    processor: Recipient
    term: Term
    security: Security
    products: tuple[ProductTerms, ...]
    document: SignedDocument | None = None
    # Parts that depend on the role: `contracts.checks` says which must be there. Records of before that rule may hold
    # art. 28 for any role, and are read as they are.
    art28: Article28 | None = None
    breach: Breach | None = None
    sharing: Sharing | None = None

    def canonical(self) -> bytes:
        """The bytes that are stored and whose digest goes into the audit log."""
        return canonical.to_bytes(self)

    @property
    def digest(self) -> str:
        return canonical.digest(self.canonical())

    @classmethod
    def from_canonical(cls, content: bytes) -> Agreement:
        """Read a stored record. Raises `canonical.NotCanonical`."""
        return canonical.from_bytes(cls, content)

    def product(self, slug: str) -> ProductTerms | None:
        """The terms of one product, None when the agreement does not name it."""
        return next((terms for terms in self.products if terms.product_id == slug), None)


@dataclass(frozen=True)
class CompiledAgreement:
    """One product's terms of one agreement version: all that a decision needs.

    `to_json` is what the vendors' door stores; `digest` is compared with the audit log at every request.
    """

    agreement_id: str
    version: int
    record_digest: str
    """Digest of the whole record that this was made from."""
    product: str
    recipient_name: str
    recipient_kvk: str
    board_name: str
    fg_contact: str
    role: RecipientRole
    legal_basis: LegalBasis
    purposes: tuple[str, ...]
    services: tuple[Service, ...]
    schools: tuple[str, ...]
    """Resolved: never empty, never "all"."""
    grades: tuple[str, ...] | None
    classes: tuple[str, ...] | None
    subjects: tuple[SubjectCategory, ...]
    groups: Groups
    entries: tuple[DataEntry, ...]
    identifier_scope: IdentifierScope
    in_force_from: date
    in_force_until: date | None
    """Last day, inclusive; brought forward when an end was planned."""
    inbound_days_after_end: int
    state: AgreementState
    ended_at_ms: int | None = None
    """The instant at which it was ended, where that was not the end of a day."""
    suspended: bool = False
    """Whether it is suspended, or was when it ended: then nothing comes back either."""
    stopped: bool = False
    """Whether the board has stopped the recipient altogether. Apart from the agreement's state, so that resuming one
    never undoes the other; left out of the bytes while false, so that older digests stay what they were."""

    def to_json(self) -> bytes:
        return canonical.to_bytes(self)

    @classmethod
    def from_json(cls, content: bytes) -> CompiledAgreement:
        """Read what `to_json` wrote. Raises `canonical.NotCanonical`."""
        return canonical.from_bytes(cls, content)

    @cached_property
    def digest(self) -> str:
        return canonical.digest(self.to_json())

    @cached_property
    def reference(self) -> str:
        """`VO-2026-014/2`, for messages and registers."""
        return f"{self.agreement_id}/{self.version}"

    @cached_property
    def outbound_from(self) -> datetime:
        """First instant at which data may go."""
        return instants.starts_at(self.in_force_from)

    @cached_property
    def outbound_until(self) -> datetime | None:
        """First instant at which nothing may go any more; None: not known yet."""
        ends = [] if self.in_force_until is None else [instants.ends_at(self.in_force_until)]
        if self.ended_at_ms is not None:
            ends.append(instants.from_ms(self.ended_at_ms))
        return min(ends, default=None)

    @cached_property
    def last_day(self) -> date | None:
        """The local day in which data last may go."""
        if self.outbound_until is None:
            return None
        return instants.local_day(self.outbound_until - timedelta(milliseconds=1))

    @cached_property
    def inbound_until(self) -> datetime | None:
        """First instant at which results are no longer taken; None: not known yet."""
        if self.last_day is None:
            return None
        return instants.ends_at(self.last_day + timedelta(days=self.inbound_days_after_end))

    @cached_property
    def entries_by_field(self) -> dict[str, tuple[DataEntry, ...]]:
        """The entries that list a field."""
        found: dict[str, tuple[DataEntry, ...]] = {}
        for entry in self.entries:
            for field in entry.fields:
                found[field] = (*found.get(field, ()), entry)
        return found


def compile_terms(
    agreement: Agreement,
    product: str,
    *,
    version: int,
    state: AgreementState,
    record_digest: str,
    ended_on: date | None = None,
    ended_at: datetime | None = None,
    suspended: bool = False,
) -> CompiledAgreement:
    """What of a registered record decides about one of its products.

    Args:
        ended_on: last day, when an end was planned before the record's own.
        ended_at: instant of an end that took effect at once.

    Raises:
        KeyError: when the agreement does not name the product.
    """
    terms = agreement.product(product)
    if terms is None:
        raise KeyError(product)
    until = min((day for day in (agreement.term.in_force_until, ended_on) if day is not None), default=None)
    return CompiledAgreement(
        agreement_id=agreement.agreement_id,
        version=version,
        record_digest=record_digest,
        product=product,
        recipient_name=agreement.processor.name,
        recipient_kvk=agreement.processor.kvk,
        board_name=agreement.controller.name,
        fg_contact=agreement.controller.fg_contact,
        role=agreement.role,
        legal_basis=terms.legal_basis,
        purposes=terms.purposes,
        services=terms.services,
        schools=terms.scope.schools if terms.scope.schools is not None else agreement.controller.brins,
        grades=terms.scope.grades,
        classes=terms.scope.classes,
        subjects=terms.subjects,
        groups=terms.groups,
        entries=terms.data,
        identifier_scope=terms.identifier.scope,
        in_force_from=agreement.term.in_force_from,
        in_force_until=until,
        inbound_days_after_end=agreement.term.inbound_days_after_end,
        state=state,
        ended_at_ms=None if ended_at is None else instants.to_ms(ended_at),
        suspended=suspended,
    )
