"""The register of agreements: who may do what to a version, in which order.

- `register` by one person. A product belongs to one recipient for ever; a new product of a known recipient
  says whether it is new or continues one. A version that only narrows the running one replaces it at once.
- `accept_finding` with a written reason, before activation.
- `approve` by another person than who registered it.
- `activate` when approved, its findings accepted, nothing in it that this gateway cannot carry out, and no other
  agreement on its products in force in the same days. A newer version of the same agreement takes the older one's
  place in one transaction. Also resumes.
- `suspend` at once: nothing goes out and nothing comes back.
- `end` at once or with a planned last day; results may come back until the inbound term, then it is closed.

Every step is a `Transition`: stored here, and given to `on_transition` in the same transaction for the audit
log. A name is a claim; the operating-system account stands beside it.

Source: GDPR art. 28; `docs/decisions/0010-agreement-record.md`. States: `contracts.transitions`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection

from contracts.agreements import Agreement
from contracts.comparison import Difference, compare
from contracts.conditions import (
    actor_of,
    ends_before,
    require_deliverable,
    require_earlier,
    require_relation,
    require_started,
)
from contracts.errors import RegistrationRefused, TransitionRefused
from contracts.faults import Finding, FindingCode
from contracts.instants import in_utc, local_day, to_ms
from contracts.reading import AgreementReader
from contracts.stored import AuditedDigest
from contracts.transitions import GATEWAY, PENDING, RUNNING, Actor, Transition, Version, same_person
from contracts.vendors import ProductOwner
from contracts.vocabulary import AgreementState as State
from contracts.vocabulary import TransitionKind as Kind


@dataclass(frozen=True, slots=True)
class Registered:
    """What registering gave."""

    version: Version
    findings: tuple[Finding, ...]
    difference: Difference | None
    """Against the version that is running; None when none is."""


class AgreementRegister(AgreementReader):
    """The agreements of one board, over one connection. The caller opens and commits the transaction."""

    def __init__(
        self,
        connection: Connection,
        *,
        board_id: str,
        on_transition: Callable[[Transition], None],
        audited: AuditedDigest | None = None,
    ) -> None:
        """Open the register.

        Args:
            connection: in a transaction of its own (`gateway.database.writing` for every changing method).
            on_transition: writes the audit log; when it raises, the caller rolls everything back.
            audited: looks up the newest standing digest in the audit log; a version that differs is refused.
                Must see what `on_transition` wrote in this transaction.
        """
        super().__init__(connection, board_id=board_id, audited=audited)
        self._on_transition = on_transition

    # --- changing ---

    def lock(self) -> None:
        """Wait until no other change of this register is under way, and keep others out until the commit."""
        self._rows.lock()

    def register(
        self,
        agreement: Agreement,
        *,
        by: str,
        os_account: str,
        now: datetime,
        paper_given: bool = False,
        new: bool = False,
        continues: str | None = None,
    ) -> Registered:
        """Take a sound record into the register (see `contracts.documents.load`).

        Args:
            paper_given: the signed document was there and matched the hash.
            new, continues: what the board says about a product that its recipient did not have before.

        Raises:
            RegistrationRefused: product of another recipient, new product without a word about it, or this
            very
                record is registered already.
        """
        actor = actor_of(by, os_account)
        self._begin(now)
        self._claim_products(agreement, now, new=new, continues=continues)
        earlier = self._rows.versions(agreement.agreement_id)
        digest = agreement.digest
        for other in earlier:
            if other.digest == digest and other.state in (*PENDING, *RUNNING):
                raise RegistrationRefused(
                    "already_registered",
                    f"This very record is registered as {other.reference}.",
                    "Nothing to do; go on with that version.",
                )
        version = Version(
            agreement=agreement,
            version=self._rows.next_version(agreement.agreement_id),
            state=State.REGISTERED,
            digest=digest,
            registered_by=actor.name,
            registered_at=in_utc(now),
            paper_given=paper_given,
        )
        self._rows.add_version(version)
        self._record(Kind.REGISTERED, version, None, actor, now)
        running = next((other for other in earlier if other.state in RUNNING), None)
        difference = None if running is None else compare(running.agreement, agreement)
        if running is not None and difference is not None and difference.acts_at_once:
            version = self._narrow(running, version, actor, now)
        return Registered(version, self._findings(version, now), difference)

    def accept_finding(
        self, reference: str, code: str, *, reason: str, by: str, os_account: str, now: datetime
    ) -> Version:
        """Accept a finding for the board, with the reason in writing."""
        actor = actor_of(by, os_account)
        self._begin(now)
        version = self._fitting(reference, (*PENDING, *RUNNING), "agreement_ended", "It has ended.")
        if len(reason.split()) < 1:
            raise TransitionRefused(
                "reason_missing", "A finding is accepted with a reason.", "Give --reason."
            )
        if code not in {finding.code for finding in self._findings(version, now)}:
            raise TransitionRefused(
                "finding_unknown",
                f"Agreement {version.reference} has no finding {code[:60]!r}.",
                "See `agreement show` for its findings.",
            )
        self._record(
            Kind.FINDING_ACCEPTED,
            version,
            version.state,
            actor,
            now,
            finding=FindingCode(code),
            reason=reason,
        )
        return version

    def approve(self, reference: str, *, by: str, os_account: str, now: datetime) -> Version:
        """Approve a registered version. Four eyes: another person than who registered it."""
        actor = actor_of(by, os_account)
        self._begin(now)
        version = self._fitting(
            reference, (State.REGISTERED,), "already_approved", "There is nothing to approve."
        )
        if same_person(version.registered_by, actor.name):
            raise TransitionRefused(
                "four_eyes",
                f"Agreement {version.reference} was registered by the same person.",
                "Another person approves it.",
            )
        return self._move(Kind.APPROVED, version, State.APPROVED, actor, now)

    def activate(self, reference: str, *, os_account: str, now: datetime, by: str | None = None) -> Version:
        """Let data go under an approved version, or resume a suspended one."""
        actor = actor_of(by, os_account)
        self._begin(now)
        version = self._fitting(
            reference,
            (State.APPROVED, State.SUSPENDED),
            "agreement_not_approved",
            "It is not approved and not suspended, so it cannot be activated.",
        )
        require_deliverable(version)
        self._require_accepted(version, now)
        until = version.outbound_until()
        if until is not None and until <= in_utc(now):
            raise TransitionRefused(
                "agreement_ended",
                f"The last day of agreement {version.reference} has passed.",
                "Register a version with a later last day.",
            )
        self._require_free(version)
        if version.state is State.SUSPENDED:
            return self._move(Kind.RESUMED, version, State.ACTIVE, actor, now, suspended=False)
        for other in self._rows.versions(version.agreement_id):
            if other.state in RUNNING:
                require_started(version, now)
                self._replace(other, version, actor, now)
            elif other.state in PENDING and other.version < version.version:
                self._replace(other, version, actor, now)
        return self._move(Kind.ACTIVATED, version, State.ACTIVE, actor, now)

    def suspend(
        self,
        reference: str,
        *,
        os_account: str,
        now: datetime,
        by: str | None = None,
        reason: str | None = None,
    ) -> Version:
        """Stop everything under an agreement at once, both ways."""
        actor = actor_of(by, os_account)
        self._begin(now)
        version = self._fitting(reference, (State.ACTIVE,), "agreement_not_active", "It is not active.")
        return self._move(Kind.SUSPENDED, version, State.SUSPENDED, actor, now, suspended=True, reason=reason)

    def end(
        self,
        reference: str,
        *,
        os_account: str,
        now: datetime,
        on: date | None = None,
        by: str | None = None,
        reason: str | None = None,
    ) -> Version:
        """End an agreement: at once, or after a last day. Never later than it would have ended.

        Args:
            on: the last day, inclusive; a day that has passed ends it at once and counts for the inbound
            term.
        """
        actor = actor_of(by, os_account)
        self._begin(now)
        version = self._fitting(
            reference, (*RUNNING, *PENDING), "agreement_ended", "It has ended.", prefer=RUNNING
        )
        if version.state in PENDING:
            # Nothing ever went under it, so nothing can come back.
            return self._move(Kind.ENDED, version, State.CLOSED, actor, now, reason=reason)
        today = local_day(now)
        if on is not None:
            require_earlier(version, on)
        if on is not None and on >= today:
            return self._move(
                Kind.END_PLANNED, version, version.state, actor, now, ended_on=on, reason=reason
            )
        return self._move(
            Kind.ENDED,
            version,
            State.ENDED,
            actor,
            now,
            ended_on=on if on is not None else version.ended_on,
            ended_at_ms=to_ms(now),
            reason=reason,
        )

    def advance(self, now: datetime) -> list[Transition]:
        """Record the ends and closings whose day has come. Every changing method does this first.

        Decisions do not wait for it: they look at the dates.
        """
        self._rows.lock()
        return self._advance(now)

    # --- the steps ---

    def _begin(self, now: datetime) -> None:
        self._rows.lock()
        self._advance(now)

    def _advance(self, now: datetime) -> list[Transition]:
        done = []
        for found in self._rows.references_in((*RUNNING, State.ENDED)):
            version = self._or_none(found)
            if version is None:
                continue
            until = version.outbound_until()
            if version.state in RUNNING and until is not None and until <= in_utc(now):
                version, transition = self._moved(Kind.ENDED, version, State.ENDED, GATEWAY, now)
                done.append(transition)
            back = version.inbound_until()
            if version.state is State.ENDED and back is not None and back <= in_utc(now):
                done.append(self._moved(Kind.CLOSED, version, State.CLOSED, GATEWAY, now)[1])
        return done

    def _narrow(self, running: Version, version: Version, actor: Actor, now: datetime) -> Version:
        # A planned end and a suspension stay: taking a new version must not lengthen or reopen anything.
        for other in self._rows.versions(version.agreement_id):
            if other.state in PENDING and other.version < version.version:
                self._replace(other, version, actor, now)
        self._replace(running, version, actor, now)
        return self._move(
            Kind.ACTIVATED,
            version,
            running.state,
            actor,
            now,
            suspended=running.suspended,
            ended_on=running.ended_on,
            reason=f"narrows {running.reference}",
        )

    def _replace(self, old: Version, new: Version, actor: Actor, now: datetime) -> None:
        ended_at = to_ms(now) if old.state in RUNNING else None
        self._move(
            Kind.REPLACED,
            old,
            State.REPLACED,
            actor,
            now,
            ended_at_ms=ended_at,
            reason=f"by {new.reference}",
        )

    def _move(
        self,
        kind: Kind,
        version: Version,
        state: State,
        actor: Actor,
        now: datetime,
        *,
        reason: str | None = None,
        **standing: object,
    ) -> Version:
        return self._moved(kind, version, state, actor, now, reason=reason, **standing)[0]

    def _moved(
        self,
        kind: Kind,
        version: Version,
        state: State,
        actor: Actor,
        now: datetime,
        *,
        reason: str | None = None,
        **standing: object,
    ) -> tuple[Version, Transition]:
        moved = replace(version, state=state, **standing)  # type: ignore[arg-type]
        self._rows.change(moved)
        return moved, self._record(kind, moved, version.state, actor, now, reason=reason)

    def _record(
        self,
        kind: Kind,
        version: Version,
        before: State | None,
        actor: Actor,
        now: datetime,
        *,
        finding: FindingCode | None = None,
        reason: str | None = None,
    ) -> Transition:
        transition = Transition(
            kind=kind,
            agreement_id=version.agreement_id,
            version=version.version,
            products=version.products,
            from_state=before,
            to_state=version.state,
            actor=actor,
            at=in_utc(now),
            digest=version.digest,
            standing_digest=version.standing_digest,
            compiled_digests=tuple((terms.product, terms.digest) for terms in version.compiled_all()),
            finding=finding,
            reason=reason,
        )
        self._rows.add_transition(transition)
        self._on_transition(transition)
        return transition

    # --- what must hold ---

    def _claim_products(
        self, agreement: Agreement, now: datetime, *, new: bool, continues: str | None
    ) -> None:
        owners = {owner.product: owner for owner in self._rows.owners()}
        kvk = agreement.processor.kvk
        slugs = [terms.product_id for terms in agreement.products]
        for slug in slugs:
            # Attack: another recipient takes a known slug and gets the same pseudonyms.
            if slug in owners and owners[slug].kvk != kvk:
                raise RegistrationRefused(
                    "product_of_other_recipient",
                    f"The product {slug} belongs to the recipient with KvK number {owners[slug].kvk}.",
                    "Give the product of this recipient another slug.",
                )
        unknown = [slug for slug in slugs if slug not in owners]
        require_relation(
            unknown, [owner for owner in owners.values() if owner.kvk == kvk], new=new, continues=continues
        )
        for slug in unknown:
            self._rows.add_owner(ProductOwner(slug, kvk, agreement.processor.name, continues), now)

    def _require_accepted(self, version: Version, now: datetime) -> None:
        waiting = [open_ for open_ in self.open_findings(version, now=now) if open_.accepted_by is None]
        if waiting:
            codes = ", ".join(sorted({open_.finding.code.value for open_ in waiting}))
            raise TransitionRefused(
                "findings_open",
                f"Agreement {version.reference} has findings that nobody accepted: {codes}.",
                "The board accepts each with a reason, or has it mended in a new version.",
            )

    def _require_free(self, version: Version) -> None:
        # One version in force at any instant: two may run side by side only in different days.
        mine = version.compiled(version.products[0])
        for product in version.products:
            for other in self._of(product):
                if other.agreement_id == version.agreement_id or other.state not in RUNNING:
                    continue
                theirs = other.compiled(product)
                if ends_before(mine, theirs) or ends_before(theirs, mine):
                    continue
                raise TransitionRefused(
                    "another_in_force",
                    f"Agreement {other.reference} is in force for {product}.",
                    "End it first.",
                )
