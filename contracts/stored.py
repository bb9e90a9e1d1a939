"""The register's rows: reading, checking and writing them. The only module here that queries.

Attack: a row edited in the database (a state set to `active`, a last day moved, a record exchanged). So
nothing is read without being compared: the record with its digest, and record, state and end with the last
transition of that version and, where the caller gives access to it, with the audit log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any, TypeAlias

from sqlalchemy import ColumnClause, Connection, Row, and_, func, insert, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite

from contracts import canonical
from contracts.agreements import Agreement
from contracts.errors import AgreementAltered
from contracts.faults import FindingCode
from contracts.instants import from_ms, to_ms
from contracts.tables import (
    agreement_registers,
    agreement_transitions,
    agreement_version_products,
    agreement_versions,
    vendor_products,
)
from contracts.transitions import Actor, Transition, Version
from contracts.vendors import ProductOwner
from contracts.vocabulary import AgreementState, TransitionKind

AuditedDigest: TypeAlias = Callable[[str, int], str | None]
"""The newest `standing_digest` that the audit log holds for an agreement version; None: it has no entry."""


class StoredRegister:
    """The rows of one board, over one connection; the caller owns the transaction."""

    def __init__(self, connection: Connection, board_id: str, audited: AuditedDigest | None) -> None:
        self._connection = connection
        self._board_id = board_id
        self._audited = audited

    def lock(self) -> None:
        """Wait for every other change of this board's register to be committed, and keep others out."""
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        row = dialect.insert(agreement_registers).values(board_id=self._board_id)
        self._connection.execute(row.on_conflict_do_nothing())
        self._connection.execute(
            select(agreement_registers.c.board_id)
            .where(agreement_registers.c.board_id == self._board_id)
            .with_for_update()
        )

    def fingerprint(self) -> bytes:
        """SHA-256 over every row as it stands: another one when anything was changed, by whomever."""
        state = sha256()
        for table in (vendor_products, agreement_versions, agreement_version_products, agreement_transitions):
            # Without the columns' types, so that a value of another type is looked at and not tripped over.
            columns: list[ColumnClause[object]] = [literal_column(each.name) for each in table.columns]
            query = (
                select(*columns)
                .select_from(table)
                .where(table.c.board_id == self._board_id)
                .order_by(*table.primary_key)
            )
            for row in self._connection.execute(query):
                state.update(repr(tuple(row)).encode())
        return state.digest()

    # --- products ---

    def owner(self, product: str) -> ProductOwner | None:
        row = self._connection.execute(
            select(vendor_products).where(
                vendor_products.c.board_id == self._board_id, vendor_products.c.product == product
            )
        ).one_or_none()
        return None if row is None else _owner(row)

    def owners(self) -> list[ProductOwner]:
        """All products of the board, by slug."""
        rows = self._connection.execute(
            select(vendor_products)
            .where(vendor_products.c.board_id == self._board_id)
            .order_by(vendor_products.c.product)
        )
        return [_owner(row) for row in rows]

    def add_owner(self, owner: ProductOwner, now: datetime) -> None:
        self._connection.execute(
            insert(vendor_products).values(
                board_id=self._board_id,
                product=owner.product,
                recipient_kvk=owner.kvk,
                recipient_name=owner.name,
                continues=owner.continues,
                registered_at_ms=to_ms(now),
            )
        )

    # --- versions ---

    def next_version(self, agreement_id: str) -> int:
        newest = self._connection.execute(
            select(func.max(agreement_versions.c.version)).where(self._is(agreement_id))
        ).scalar_one()
        return int(newest or 0) + 1

    def references(self) -> list[tuple[str, int]]:
        """Every agreement number and version of the board, in order."""
        rows = self._connection.execute(
            select(agreement_versions.c.agreement_id, agreement_versions.c.version)
            .where(agreement_versions.c.board_id == self._board_id)
            .order_by(agreement_versions.c.agreement_id, agreement_versions.c.version)
        )
        return [(row.agreement_id, row.version) for row in rows]

    def references_in(self, states: Iterable[AgreementState]) -> list[tuple[str, int]]:
        """The versions whose row claims one of these states."""
        rows = self._connection.execute(
            select(agreement_versions.c.agreement_id, agreement_versions.c.version)
            .where(
                agreement_versions.c.board_id == self._board_id,
                agreement_versions.c.state.in_([state.value for state in states]),
            )
            .order_by(agreement_versions.c.agreement_id, agreement_versions.c.version)
        )
        return [(row.agreement_id, row.version) for row in rows]

    def references_of(self, product: str) -> list[tuple[str, int]]:
        """The versions that are about a product."""
        table = agreement_version_products
        rows = self._connection.execute(
            select(table.c.agreement_id, table.c.version)
            .where(table.c.board_id == self._board_id, table.c.product == product)
            .order_by(table.c.agreement_id, table.c.version)
        )
        return [(row.agreement_id, row.version) for row in rows]

    def versions(self, agreement_id: str) -> list[Version]:
        """All versions of an agreement, oldest first. Raises `AgreementAltered`."""
        return [self.version(*found) for found in self.references() if found[0] == agreement_id]

    def version(self, agreement_id: str, version: int) -> Version:
        """One version that exists.

        Raises:
            AgreementAltered: when its row is not what the register wrote.
        """
        reference = f"{agreement_id}/{version}"
        query = select(agreement_versions).where(
            self._is(agreement_id), agreement_versions.c.version == version
        )
        try:
            row = self._connection.execute(query).one_or_none()
            # Attack: the row is deleted and its entry in the list of products is not, or a column holds another type
            # than it was made for; a reader that fails in another way stops nothing.
            if row is None or canonical.digest(row.record) != row.digest:
                raise _altered(reference)
            found = _version(row)
        except (canonical.NotCanonical, ValueError, TypeError, RecursionError):
            raise _altered(reference) from None
        if found.agreement_id != agreement_id or sorted(found.products) != self._products(
            agreement_id, version
        ):
            raise _altered(reference)
        last = self._last_transition(agreement_id, version)
        if last is None or (last.digest, last.standing_digest) != (found.digest, found.standing_digest):
            raise _altered(reference)
        if self._audited is not None and self._audited(agreement_id, version) != found.standing_digest:
            raise _altered(reference)
        return found

    def add_version(self, version: Version) -> None:
        self._connection.execute(
            insert(agreement_versions).values(
                board_id=self._board_id,
                agreement_id=version.agreement_id,
                version=version.version,
                record=version.agreement.canonical(),
                digest=version.digest,
                paper_given=version.paper_given,
                registered_by=version.registered_by,
                registered_at_ms=to_ms(version.registered_at),
                **_standing(version),
            )
        )
        for product in version.products:
            self._connection.execute(
                insert(agreement_version_products).values(
                    board_id=self._board_id,
                    agreement_id=version.agreement_id,
                    version=version.version,
                    product=product,
                )
            )

    def change(self, version: Version) -> None:
        """Write the state and end of a version; the record never changes."""
        self._connection.execute(
            update(agreement_versions)
            .where(self._is(version.agreement_id), agreement_versions.c.version == version.version)
            .values(**_standing(version))
        )

    # --- transitions ---

    def add_transition(self, transition: Transition) -> None:
        self._connection.execute(
            insert(agreement_transitions).values(
                board_id=self._board_id,
                agreement_id=transition.agreement_id,
                version=transition.version,
                kind=transition.kind.value,
                from_state=transition.from_state,
                to_state=transition.to_state.value,
                claimed_by=transition.actor.name,
                os_account=transition.actor.os_account,
                at_ms=to_ms(transition.at),
                finding=transition.finding,
                reason=transition.reason,
                digest=transition.digest,
                standing_digest=transition.standing_digest,
            )
        )

    def transitions(self, agreement_id: str) -> list[Row[Any]]:
        """What happened to all versions of an agreement, in order."""
        table = agreement_transitions
        rows: Sequence[Row[Any]] = self._connection.execute(
            select(table)
            .where(table.c.board_id == self._board_id, table.c.agreement_id == agreement_id)
            .order_by(table.c.seq)
        ).all()
        return list(rows)

    def accepted(self, agreement_id: str, version: int) -> dict[FindingCode, tuple[Actor, str]]:
        """The findings of a version that were accepted: by whom and why."""
        return {
            FindingCode(row.finding): (Actor(row.claimed_by, row.os_account), row.reason)
            for row in self.transitions(agreement_id)
            if row.version == version and row.kind == TransitionKind.FINDING_ACCEPTED
        }

    def _last_transition(self, agreement_id: str, version: int) -> Row[Any] | None:
        table = agreement_transitions
        return self._connection.execute(
            select(table)
            .where(
                table.c.board_id == self._board_id,
                table.c.agreement_id == agreement_id,
                table.c.version == version,
            )
            .order_by(table.c.seq.desc())
            .limit(1)
        ).one_or_none()

    def _products(self, agreement_id: str, version: int) -> list[str]:
        table = agreement_version_products
        return sorted(
            self._connection.execute(
                select(table.c.product).where(
                    table.c.board_id == self._board_id,
                    table.c.agreement_id == agreement_id,
                    table.c.version == version,
                )
            ).scalars()
        )

    def _is(self, agreement_id: str) -> Any:
        table = agreement_versions
        return and_(table.c.board_id == self._board_id, table.c.agreement_id == agreement_id)


def _altered(reference: str) -> AgreementAltered:
    return AgreementAltered(
        "agreement_altered",
        f"Agreement {reference} in the database is not what was registered.",
        "Compare it with the audit log, find out who changed it, and restore it from a backup.",
    )


def _owner(row: Row[Any]) -> ProductOwner:
    return ProductOwner(
        product=row.product, kvk=row.recipient_kvk, name=row.recipient_name, continues=row.continues
    )


def _standing(version: Version) -> dict[str, object]:
    return {
        "state": version.state.value,
        "suspended": version.suspended,
        "ended_on": None if version.ended_on is None else version.ended_on.isoformat(),
        "ended_at_ms": version.ended_at_ms,
    }


def _version(row: Row[Any]) -> Version:
    return Version(
        agreement=Agreement.from_canonical(row.record),
        version=row.version,
        state=AgreementState(row.state),
        digest=row.digest,
        registered_by=row.registered_by,
        registered_at=from_ms(row.registered_at_ms),
        paper_given=row.paper_given,
        suspended=row.suspended,
        ended_on=None if row.ended_on is None else date.fromisoformat(row.ended_on),
        ended_at_ms=row.ended_at_ms,
    )
