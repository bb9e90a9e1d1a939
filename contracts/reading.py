"""Asking the register: which version is in force, what is there, what happened.

Everything read is compared with what was registered (`contracts.stored`); nothing here writes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from contracts.agreements import CompiledAgreement
from contracts.conditions import in_days_of, precedence
from contracts.errors import AgreementAltered, NotFound, TransitionRefused
from contracts.faults import Finding
from contracts.findings import findings
from contracts.instants import from_ms, in_utc, local_day
from contracts.receiving import Served
from contracts.stored import AuditedDigest, StoredRegister
from contracts.transitions import OpenFinding, Version, parse_reference
from contracts.vendors import ProductOwner
from contracts.vocabulary import AgreementState as State
from contracts.vocabulary import TransitionKind


class AgreementReader:
    """The agreements of one board, over one connection."""

    def __init__(
        self, connection: Connection, *, board_id: str, audited: AuditedDigest | None = None
    ) -> None:
        """Open the register for reading.

        Args:
            audited: looks up the newest standing digest in the audit log; a version that differs is refused.
        """
        self._rows = StoredRegister(connection, board_id, audited)

    def listing(self) -> list[Version]:
        """Every version that is what was registered; see `altered` for the others."""
        return [version for version in map(self._or_none, self._rows.references()) if version is not None]

    def altered(self) -> list[str]:
        """The versions that somebody changed behind the program's back."""
        return [
            f"{id_}/{number}" for id_, number in self._rows.references() if not self._or_none((id_, number))
        ]

    def show(self, reference: str) -> Version:
        """The newest version of an agreement, or the one that is named."""
        return self._fitting(reference, tuple(State), "agreement_unknown", "")

    def history(self, reference: str) -> list[dict[str, object]]:
        """What happened to all versions of an agreement, in order."""
        agreement_id = self.show(reference).agreement_id
        return [
            {
                "version": row.version,
                "kind": row.kind,
                "from": row.from_state,
                "to": row.to_state,
                "claimed_by": row.claimed_by,
                "os_account": row.os_account,
                "at_ms": row.at_ms,
                "finding": row.finding,
                "reason": row.reason,
            }
            for row in self._rows.transitions(agreement_id)
        ]

    def open_findings(self, version: Version, *, now: datetime) -> list[OpenFinding]:
        """All findings of a version, accepted or not."""
        accepted = self._rows.accepted(version.agreement_id, version.version)
        found = []
        for finding in self._findings(version, now):
            by, reason = accepted.get(finding.code, (None, None))
            found.append(OpenFinding(finding, None if by is None else by.name, reason))
        return found

    def products(self) -> list[ProductOwner]:
        """All products that were ever registered, with their recipients."""
        return self._rows.owners()

    def fingerprint(self) -> bytes:
        """Another one whenever a row of the register was changed, by whomever: cheap to ask every second."""
        return self._rows.fingerprint()

    def in_force(self, product: str, *, now: datetime) -> Version | None:
        """The one version under which data may go now. Raises `AgreementAltered`."""
        now = in_utc(now)
        return next(
            (
                version
                for version in self._of(product)
                if version.state is State.ACTIVE and in_days_of(version.compiled(product), now)
            ),
            None,
        )

    def compiled(self, product: str, *, now: datetime) -> CompiledAgreement | None:
        """What the vendors' door serves for a product: the version in force or, for a precise refusal and for
        results that still come back, the one that says most. None when there is no agreement at all.

        The answer changes by itself when a day begins: publish it again at least daily.

        Raises:
            AgreementAltered: refuse everything for this product.
        """
        now = in_utc(now)
        candidates = [version.compiled(product) for version in self._of(product)]
        if not candidates:
            return None
        return min(enumerate(candidates), key=lambda numbered: (precedence(numbered[1], now), -numbered[0]))[
            1
        ]

    def served(self, product: str) -> list[Served]:
        """Every version by which results of a product can have been taken in (`contracts.receiving`).

        Raises:
            AgreementAltered: one of them is not what was registered.
        """
        found = []
        for version in self._of(product):
            at: dict[str, datetime] = {}
            for row in self._rows.transitions(version.agreement_id):
                if row.version == version.version:
                    at.setdefault(row.kind, from_ms(row.at_ms))
            if TransitionKind.ACTIVATED.value in at:
                ends = (at.get(kind.value) for kind in (TransitionKind.END_PLANNED, TransitionKind.ENDED))
                found.append(
                    Served(
                        version,
                        since=at[TransitionKind.ACTIVATED.value],
                        until=at.get(TransitionKind.REPLACED.value),
                        end_known_at=min((end for end in ends if end is not None), default=None),
                    )
                )
        return found

    def _or_none(self, found: tuple[str, int]) -> Version | None:
        try:
            return self._rows.version(*found)
        except AgreementAltered:
            return None

    def _of(self, product: str) -> list[Version]:
        return [self._rows.version(*found) for found in self._rows.references_of(product)]

    def _findings(self, version: Version, now: datetime) -> tuple[Finding, ...]:
        return findings(version.agreement, today=local_day(now), paper_given=version.paper_given)

    def _fitting(
        self,
        reference: str,
        states: tuple[State, ...],
        code: str,
        message: str,
        *,
        prefer: Iterable[State] = (),
    ) -> Version:
        """The version that is named, else the newest in one of the states (preferred ones first)."""
        parts = parse_reference(reference)
        numbers = [] if parts is None else [n for id_, n in self._rows.references() if id_ == parts[0]]
        if parts is None or not numbers or (parts[1] is not None and parts[1] not in numbers):
            raise NotFound(
                "agreement_unknown",
                f"No agreement {reference[:80]!r} is registered.",
                "See `agreement list`.",
            )
        versions = [self._rows.version(parts[0], number) for number in reversed(numbers)]
        named = [version for version in versions if parts[1] in (None, version.version)]
        for wanted in (tuple(prefer), states):
            for version in named:
                if version.state in wanted:
                    return version
        newest = named[0]
        raise TransitionRefused(
            code,
            f"Agreement {newest.reference} is {newest.state.value}. {message}".strip(),
            "See `agreement show`.",
        )
