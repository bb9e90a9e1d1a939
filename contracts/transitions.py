"""The life of an agreement version as facts: a version as it stands, what happened to it, who is who.

The state machine (every arrow is a `Transition`; who may take it stands at `contracts.register`):

    registered --approve (another person)--> approved --activate--> active <--suspend/activate--> suspended
    registered --narrows the version in force--> active (or suspended, where that one is)
    active | suspended --end, or the last day passes--> ended --inbound term passes--> closed
    registered | approved --end--> closed
    active | suspended --another version takes its place--> replaced
    registered | approved --a newer version takes effect--> replaced
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime

from contracts import canonical
from contracts.agreements import Agreement, CompiledAgreement, compile_terms
from contracts.faults import Finding, FindingCode
from contracts.instants import from_ms
from contracts.vocabulary import AgreementState, TransitionKind


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something: a claimed name, and the operating-system account that it was claimed from."""

    name: str
    os_account: str


PENDING = (AgreementState.REGISTERED, AgreementState.APPROVED)
RUNNING = (AgreementState.ACTIVE, AgreementState.SUSPENDED)

GATEWAY: Actor = Actor("schuilnaam", "-")
"""What the calendar does, nobody does: ends and closings on their day."""


def same_person(one: str, other: str) -> bool:
    """Whether two names mean one person: without case, accents, spaces, signs, and in whatever order."""
    return "".join(_words(one)) == "".join(_words(other)) or sorted(_words(one)) == sorted(_words(other))


def names_somebody(name: str) -> bool:
    """Whether a name holds a letter at all."""
    return any(character.isalpha() for word in _words(name) for character in word)


def _words(name: str) -> list[str]:
    # Combining marks are dropped, so that "André" and "Andre" are one; other signs separate words.
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    kept = (character for character in letters if not unicodedata.category(character).startswith(("M", "C")))
    return "".join(character if character.isalnum() else " " for character in kept).split()


@dataclass(frozen=True, slots=True)
class Transition:
    """One thing that happened to a version; goes into the audit log as it is."""

    kind: TransitionKind
    agreement_id: str
    version: int
    products: tuple[str, ...]
    from_state: AgreementState | None
    to_state: AgreementState
    actor: Actor
    at: datetime
    digest: str
    """SHA-256 of the record's canonical bytes."""
    standing_digest: str
    """SHA-256 over record digest, state and end (`Version.standing_digest`): what the row must give."""
    compiled_digests: tuple[tuple[str, str], ...]
    """Per product the digest of its `CompiledAgreement` from now on: what the door must be serving."""
    finding: FindingCode | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Standing:
    agreement_id: str
    version: int
    digest: str
    state: AgreementState
    suspended: bool
    registered_by: str
    paper_given: bool
    ended_on: date | None = None
    ended_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an agreement as it stands."""

    agreement: Agreement
    version: int
    state: AgreementState
    digest: str
    registered_by: str
    registered_at: datetime
    paper_given: bool
    suspended: bool = False
    ended_on: date | None = None
    ended_at_ms: int | None = None

    @property
    def agreement_id(self) -> str:
        return self.agreement.agreement_id

    @property
    def reference(self) -> str:
        """`VO-2026-014/2`."""
        return f"{self.agreement_id}/{self.version}"

    @property
    def products(self) -> tuple[str, ...]:
        return tuple(terms.product_id for terms in self.agreement.products)

    @property
    def standing_digest(self) -> str:
        """One value for all that decides: the record, who registered it, the state and the end."""
        standing = _Standing(
            self.agreement_id,
            self.version,
            self.digest,
            self.state,
            self.suspended,
            self.registered_by,
            self.paper_given,
            self.ended_on,
            self.ended_at_ms,
        )
        return canonical.digest(canonical.to_bytes(standing))

    def compiled(self, product: str) -> CompiledAgreement:
        """What of this version decides about a product. Raises KeyError when it does not name it."""
        return compile_terms(
            self.agreement,
            product,
            version=self.version,
            state=self.state,
            record_digest=self.digest,
            ended_on=self.ended_on,
            ended_at=None if self.ended_at_ms is None else from_ms(self.ended_at_ms),
            suspended=self.suspended,
        )

    def compiled_all(self) -> tuple[CompiledAgreement, ...]:
        return tuple(self.compiled(product) for product in self.products)

    def outbound_until(self) -> datetime | None:
        """First instant at which nothing may go any more; the same for all products."""
        return self.compiled(self.products[0]).outbound_until

    def inbound_until(self) -> datetime | None:
        """First instant at which results are no longer taken."""
        return self.compiled(self.products[0]).inbound_until


@dataclass(frozen=True, slots=True)
class OpenFinding:
    """A finding and, when the board has accepted it, by whom and why."""

    finding: Finding
    accepted_by: str | None = None
    reason: str | None = None


_REFERENCE = re.compile(r"(?P<id>[A-Za-z0-9][A-Za-z0-9._-]{0,63})(?:/(?P<version>[1-9][0-9]{0,5}))?")


def parse_reference(text: str) -> tuple[str, int | None] | None:
    """`VO-2026-014` or `VO-2026-014/2` in its parts; None when it is neither."""
    match = _REFERENCE.fullmatch(text)
    if match is None:
        return None
    return match["id"], int(match["version"]) if match["version"] else None
