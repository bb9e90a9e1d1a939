"""The rows of consents, objections, texts and requests: appended, and read back. The only module here that queries.

Attack: who holds the school's database gives a consent, or takes a withdrawal away. So what a row says is sealed with
its own number, numbers have no gaps, and the audit log knows the newest: a row that was altered, moved or invented
does not open, and one that is gone is missed. Either way nothing is decided by what is left (`ConsentsDamaged`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Table, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from contracts import canonical
from contracts.consent_texts import Told
from contracts.consents import ConsentMethod, ConsentStep, Speaker, Statement
from contracts.vocabulary import DataCategory
from gateway import strict_json
from gateway.errors import GatewayUnready
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.school.consents.tables import (
    consent_registers,
    consent_statements,
    consent_texts,
    deletion_requests,
    objection_statements,
)
from keys.errors import CannotOpen
from keys.keyring import KeyRing
from keys.sealing import open_school_row, seal_school_row

_T = TypeVar("_T")

_PURPOSES: Final = {
    consent_statements.name: "consent_statement",
    objection_statements.name: "objection_statement",
    deletion_requests.name: "deletion_request",
}
"""What sealed rows are bound to. Stored; never changes."""

_MANY: Final = 500

ABOUT_CONSENTS: Final = "consents"
ABOUT_OBJECTIONS: Final = "objections"
"""The `object` of the audit entries that know the newest number."""
_KNOW_NEWEST: Final = {
    consent_statements.name: (
        ABOUT_CONSENTS,
        frozenset(
            {
                AuditEvent.CONSENT_GIVEN,
                AuditEvent.CONSENT_REFUSED,
                AuditEvent.CONSENT_WITHDRAWN,
                AuditEvent.CONSENT_IMPORTED,
            }
        ),
    ),
    objection_statements.name: (
        ABOUT_OBJECTIONS,
        frozenset({AuditEvent.OBJECTION_ADDED, AuditEvent.OBJECTION_LIFTED}),
    ),
}


class ConsentsDamaged(GatewayUnready):
    """What people said is not what was recorded."""

    def __init__(self) -> None:
        super().__init__(
            "What was recorded about consents or objections was changed behind the program's back.",
            code="consents_damaged",
            remedy="Nothing is decided by it: restore the database from a backup, and look at the audit log.",
        )


@dataclass(frozen=True, slots=True)
class Whom:
    """One identified person: the number of an identifier space, and the identifier in it. Never logged."""

    space: int
    identifier: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedStatement:
    """One statement with all that proves it. Stored; fields are only ever added, with a default."""

    number: int
    """0 until it is stored."""
    whom: Whom
    statement: Statement
    method: ConsentMethod
    evidence: str = field(default="", repr=False)
    """Where the signed form or the portal's entry is; typed at the school, so it may hold a name."""
    evidence_sha256: str | None = None
    text_version: int | None = None
    language: str | None = None
    categories: tuple[DataCategory, ...] = ()
    recorded_by: str = field(default="", repr=False)
    os_account: str = ""
    recorded_at_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedObjection:
    """One objection, or that one was lifted. Stored; fields are only ever added, with a default."""

    number: int
    whom: Whom
    product: str | None = None
    """None: every product."""
    until_on: date | None = None
    """Last day, inclusive; None: until it is lifted."""
    reason: str = field(default="", repr=False)
    lifts: int | None = None
    """The number of the objection that this row lifts."""
    recorded_by: str = field(default="", repr=False)
    os_account: str = ""
    recorded_at_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionRequest:
    """A request to a vendor to delete what it has about one person. Stored; as above."""

    number: int
    whom: Whom
    product: str
    cause: str
    """`consent_withdrawn`, `consent_refused`, `consent_expired` or `objection`; a vendor is not told."""
    pseudonyms: tuple[str, ...] = field(repr=False)
    """The vendor's own, newest first."""
    due_on: date
    agreement_id: str
    agreement_version: int
    drafted_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredText:
    """One text with which consent was asked, in one language."""

    product: str
    version: int
    language: str
    sha256: str
    content: str
    told: Told
    agreement_id: str
    agreement_version: int
    registered_at_ms: int

    @property
    def reference(self) -> str:
        """`2/nl`, as it stands on the form."""
        return f"{self.version}/{self.language}"


class ConsentRows:
    """The rows of one board, over one connection; the caller owns the transaction."""

    def __init__(self, connection: Connection, ring: KeyRing, *, board_id: str) -> None:
        self._connection = connection
        self._ring = ring
        self._board_id = board_id

    def lock(self) -> None:
        """Wait for everybody who is recording something, and keep others out until this transaction ends."""
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        row = dialect.insert(consent_registers).values(board_id=self._board_id)
        self._connection.execute(row.on_conflict_do_nothing())
        self._connection.execute(
            select(consent_registers.c.board_id)
            .where(consent_registers.c.board_id == self._board_id)
            .with_for_update()
        )

    # --- statements ---

    def add_statement(self, said: RecordedStatement, *, subject: str) -> RecordedStatement:
        """Append; under the lock. Returns it with its number."""
        said = replace(said, number=self._next(consent_statements))
        expires_on = said.statement.expires_on
        self._append(
            consent_statements,
            said.number,
            said,
            subject=subject,
            product=said.statement.product,
            expires_on=None if expires_on is None else expires_on.isoformat(),
            recorded_at_ms=said.recorded_at_ms,
        )
        return said

    def statements(self) -> list[RecordedStatement]:
        """Every one, in the order in which they were recorded. Raises `ConsentsDamaged`.

        Who decides reads all of them: columns beside the seal are for searching, and could have been altered.
        """
        self.require_whole(consent_statements)
        rows = self._rows(consent_statements)
        return [self._opened(consent_statements, RecordedStatement, row) for row in rows]

    def spoken(self) -> list[tuple[Whom, Statement]]:
        """As `statements`, without what proves them: a refresh reads all of them."""
        self.require_whole()
        return [self._spoken(row) for row in self._rows(consent_statements)]

    def _spoken(self, row: Any) -> tuple[Whom, Statement]:
        plain = strict_json.loads_own(self._unsealed(consent_statements, row.sealed))
        # Attack: a row that is copied to another place. Absent members have their defaults (contracts.canonical).
        if not isinstance(plain, dict) or plain["number"] != row.number:
            raise ConsentsDamaged
        said, whom = plain["statement"], plain["whom"]
        expires_on = said.get("expires_on")
        return Whom(whom["space"], whom["identifier"]), Statement(
            product=said["product"],
            purpose=said["purpose"],
            step=ConsentStep(said["step"]),
            speaker=Speaker(said["speaker"]),
            said_on=date.fromisoformat(said["said_on"]),
            text_sha256=said.get("text_sha256"),
            expires_on=None if expires_on is None else date.fromisoformat(expires_on),
        )

    def statements_of(self, subjects: Sequence[str]) -> list[RecordedStatement]:
        """Of some persons, in the order in which they were recorded; also those of this transaction."""
        found: list[RecordedStatement] = []
        for start in range(0, len(subjects), _MANY):
            where = consent_statements.c.subject.in_(subjects[start : start + _MANY])
            rows = self._rows(consent_statements, where)
            found += [self._opened(consent_statements, RecordedStatement, row) for row in rows]
        return sorted(found, key=lambda each: each.number)

    def ended_between(self, first: date, last: date) -> list[RecordedStatement]:
        """Statements of which the last day lies in these days, both inclusive."""
        where = consent_statements.c.expires_on.between(first.isoformat(), last.isoformat())
        rows = self._rows(consent_statements, where)
        return [self._opened(consent_statements, RecordedStatement, row) for row in rows]

    # --- objections ---

    def add_objection(self, objection: RecordedObjection, *, subject: str) -> RecordedObjection:
        """Append; under the lock. Returns it with its number."""
        objection = replace(objection, number=self._next(objection_statements))
        self._append(
            objection_statements,
            objection.number,
            objection,
            subject=subject,
            product=objection.product,
            recorded_at_ms=objection.recorded_at_ms,
        )
        return objection

    def objections(self, *, subjects: Sequence[str] | None = None) -> list[RecordedObjection]:
        """In the order in which they were recorded. Raises `ConsentsDamaged`."""
        self.require_whole(objection_statements)
        rows = self._select(objection_statements, subjects)
        return [self._opened(objection_statements, RecordedObjection, row) for row in rows]

    # --- requests to delete ---

    def add_request(self, request: DeletionRequest, *, subject: str) -> DeletionRequest:
        """Append; under the lock. Returns it with its number."""
        request = replace(request, number=self._next(deletion_requests))
        self._append(
            deletion_requests,
            request.number,
            request,
            subject=subject,
            product=request.product,
            cause=request.cause,
            agreement_id=request.agreement_id,
            agreement_version=request.agreement_version,
            due_on=request.due_on.isoformat(),
            drafted_at_ms=request.drafted_at_ms,
        )
        return request

    def requests(self, *, subjects: Sequence[str] | None = None) -> list[DeletionRequest]:
        """In the order in which they were drafted, all or of some persons. Raises `ConsentsDamaged`."""
        rows = self._select(deletion_requests, subjects)
        return [self._opened(deletion_requests, DeletionRequest, row) for row in rows]

    # --- texts ---

    def add_text(self, text: RegisteredText) -> None:
        self._connection.execute(
            insert(consent_texts).values(
                board_id=self._board_id,
                product=text.product,
                version=text.version,
                language=text.language,
                sha256=text.sha256,
                content=text.content.encode(),
                told=text.told.to_bytes(),
                agreement_id=text.agreement_id,
                agreement_version=text.agreement_version,
                registered_at_ms=text.registered_at_ms,
            )
        )

    def texts(self, product: str) -> list[RegisteredText]:
        """Every text of a product, oldest first. Raises `ConsentsDamaged` where one is not what was registered."""
        rows = self._connection.execute(
            select(consent_texts)
            .where(consent_texts.c.board_id == self._board_id, consent_texts.c.product == product)
            .order_by(consent_texts.c.version, consent_texts.c.language)
        )
        return [self._text(row) for row in rows]

    def _text(self, row: Any) -> RegisteredText:
        audited = audit.newest(
            self._connection,
            AuditEvent.CONSENT_TEXT_REGISTERED,
            board_id=self._board_id,
            object_id=text_object(row.product, row.version, row.language),
        )
        # The terms that it told decide what is covered, so both are compared with the audit log.
        if (
            audited is None
            or canonical.digest(row.content) != row.sha256
            or audited.details.get("digest") != canonical.digest(row.content + row.told)
        ):
            raise ConsentsDamaged
        return RegisteredText(
            product=row.product,
            version=row.version,
            language=row.language,
            sha256=row.sha256,
            content=row.content.decode(),
            told=Told.from_bytes(row.told),
            agreement_id=row.agreement_id,
            agreement_version=row.agreement_version,
            registered_at_ms=row.registered_at_ms,
        )

    # --- what all have in common ---

    def require_whole(self, table: Table = consent_statements) -> None:
        """Raises `ConsentsDamaged` unless every row that was recorded is there."""
        count, newest = self._connection.execute(
            select(func.count(), func.coalesce(func.max(table.c.number), 0)).where(
                table.c.board_id == self._board_id
            )
        ).one()
        about, events = _KNOW_NEWEST[table.name]
        audited = audit.newest_of(self._connection, events, board_id=self._board_id, object_id=about)
        known = 0 if audited is None else audited.details.get("newest")
        if not count == newest == known:
            raise ConsentsDamaged

    def _next(self, table: Table) -> int:
        newest = self._connection.scalar(
            select(func.max(table.c.number)).where(table.c.board_id == self._board_id)
        )
        return int(newest or 0) + 1

    def _append(self, table: Table, number: int, content: object, **columns: object) -> None:
        sealed = seal_school_row(self._ring, _PURPOSES[table.name], canonical.to_bytes(content))
        self._connection.execute(
            insert(table).values(board_id=self._board_id, number=number, sealed=sealed, **columns)
        )

    def _select(self, table: Table, subjects: Sequence[str] | None) -> Iterator[Any]:
        return self._rows(table, *([] if subjects is None else [table.c.subject.in_(subjects)]))

    def _rows(self, table: Table, *where: Any) -> Iterator[Any]:
        statement = (
            select(table.c.number, table.c.sealed)
            .where(table.c.board_id == self._board_id, *where)
            .order_by(table.c.number)
        )
        return iter(self._connection.execute(statement).all())

    def _opened(self, table: Table, kind: type[_T], row: Any) -> _T:
        try:
            found = canonical.from_bytes(kind, self._unsealed(table, row.sealed))
        except canonical.NotCanonical:
            raise ConsentsDamaged from None
        # Attack: a row that is copied to another place.
        if getattr(found, "number", None) != row.number:
            raise ConsentsDamaged
        return found

    def _unsealed(self, table: Table, sealed: bytes) -> bytes:
        try:
            return open_school_row(self._ring, _PURPOSES[table.name], sealed)
        except CannotOpen:
            raise ConsentsDamaged from None


def text_object(product: str, version: int, language: str) -> str:
    """What the audit entry of a text is about."""
    return f"{product}/{version}/{language}"
