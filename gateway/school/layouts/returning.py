"""The way back as a file: a vendor's results, taken in exactly as if it had sent them one by one.

Ordered rules:
 1. The product may return results now (`decide_return`: in force, or within the inbound term), and every column that
    the layout names may come back, or is optional; else nothing is taken in.
 2. Read the file in memory; nothing of it is kept anywhere else.
 3. Who a row is about: a pseudonym or an alias of this product, resolved with the key. One row is about one pupil.
 4. A row about somebody whom the key does not know goes into the inbox all the same, and from there to quarantine: the
    alarm on a vendor that returns another one's pseudonyms must not depend on how they come.
 5. A result belongs to a test (title and class), which the vendor's file makes: one line item for each.
 6. Sealed into the inbox (`gateway.inbox.accepting`), some hundred rows in a transaction, with the row of the audit
    log; in each the agreement is asked again. The worker joins and delivers them.

Ids are hashes of what a row is about, so that the same file changes nothing, and a corrected one corrects, also after
the product got new pseudonyms (`Pupils.lasting`). Attack: a file with an id column that names a teacher's record; so
an id of the vendor's is hashed too.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from contracts.agreements import CompiledAgreement
from contracts.decisions import Permitted, decide_field, decide_return
from contracts.instants import from_ms, to_ms
from contracts.refusals import Refused
from contracts.vocabulary import Direction, Groups, RefusalReason, Service, SubjectCategory
from gateway import strict_json
from gateway.connections import clock as marks
from gateway.database import writing
from gateway.errors import DisclosureRefused, UsageError
from gateway.inbox import accepting
from gateway.inbox.accepting import ObjectIndex, Outcome, ReturnedRecord
from gateway.inbox.tables import Operation
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import Kind, ProductId
from gateway.school import agreements
from gateway.school.layouts.layout import Layout
from gateway.school.layouts.pupils import Pupils
from gateway.school.layouts.results import (
    NO_PUPIL,
    RESULT_FIELDS,
    BadRow,
    SaidRow,
    find_columns,
    read_rows,
)
from gateway.school.relink.spreadsheet import sheet_of
from gateway.school.services import SchoolServices, clock

ROWS_AT_ONCE: Final = 200
CLIENT: Final = "file"
TWICE: Final = "row_twice"
"""Stands in the inbox and the registers for the client of a service."""
_FIELD_OF: Final = {
    "title": "lineItem.title",
    **{fact: f"result.{name}" for fact, name in RESULT_FIELDS.items()},
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file; holds no identity."""

    rows: int
    new: int
    """Rows that were taken in, or changed what was there."""
    unchanged: int
    unknown: int
    """Rows about somebody whom the product was never given; part of `new` or `unchanged`, and end in quarantine."""
    bad: tuple[BadRow, ...]
    left: tuple[str, ...]
    """Optional facts that the agreement does not let back."""
    request_id: str

    @property
    def codes(self) -> dict[str, int]:
        """How many rows were not taken in, by code."""
        return dict(Counter(each.code for each in self.bad))


def take(
    services: SchoolServices, product: ProductId, layout: Layout, content: bytes, *, actor: Actor
) -> Taken:
    """Take in a results file. The ring must be unlocked.

    Raises:
        DisclosureRefused: nothing may come back, or not what the layout names; nothing is taken in.
        UsageError: `layout_without_results`, a file that cannot be read, `column_missing`, `nothing_to_take`.
    """
    if not layout.results:
        raise UsageError(
            "The layout does not say how its results file looks.",
            code="layout_without_results",
            remedy="Add `results:` to it; see docs/layouts.md.",
        )
    now = clock()
    agreement = _admitted(services, product, actor, now=now)  # (1)
    left = _left(services, agreement, layout, actor, now=now)
    sheet = sheet_of(content)  # (2)
    pupils = Pupils(services, product, now=now)
    found = find_columns(layout, sheet, pupils.known, without=left, who=pupils.of)
    said = list(read_rows(layout, sheet, found))
    pupils.learn([row.pupil for row in said if isinstance(row, SaidRow)])
    job = _Job(services, product, layout, agreement, actor, pupils)
    for start in range(0, len(said), ROWS_AT_ONCE):
        job.take(said[start : start + ROWS_AT_ONCE])
    taken = Taken(
        rows=len(said),
        new=job.counts["new"],
        unchanged=job.counts["unchanged"],
        unknown=job.counts["unknown"],
        bad=tuple(job.bad),
        left=tuple(sorted(left)),
        request_id=job.request_id,
    )
    audit.record(
        services.front,
        AuditEvent.RESULTS_TAKEN,
        board_id=services.board_id,
        actor=actor,
        now_ms=to_ms(clock()),
        product=product,
        object_id=layout.name,
        details={
            "digest": hashlib.sha256(content).hexdigest(),
            "request_id": job.request_id,
            "counts": {"rows": taken.rows, "new": taken.new, "unknown": taken.unknown, **taken.codes},
        },
    )
    return taken


@dataclass(slots=True)
class _Job:
    services: SchoolServices
    product: ProductId
    layout: Layout
    agreement: CompiledAgreement
    actor: Actor
    pupils: Pupils
    request_id: str = field(default_factory=lambda: f"file-{secrets.token_hex(8)}")
    counts: Counter[str] = field(default_factory=Counter)
    bad: list[BadRow] = field(default_factory=list)
    _tests: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)

    def take(self, rows: Sequence[SaidRow | BadRow]) -> None:
        """(6) Some rows in one transaction; committed when this returns."""
        records: list[ReturnedRecord] = []
        unknown: set[str] = set()
        counted: Counter[str] = Counter()
        bad: list[BadRow] = []
        for row in rows:
            try:
                records += self._records(row, unknown)
            except _NotTaken as no:
                bad.append(BadRow(row.number, no.code))
        with writing(self.services.front) as connection:
            accepted: Counter[Kind] = Counter()
            for record in records:
                new = self._accept(connection, record, unknown)
                accepted[record.kind] += new
                if record.kind is Kind.RESULT:
                    counted["new" if new else "unchanged"] += 1
                    counted["unknown"] += record.id in unknown
            self._register(connection, accepted)
            self._still_admitted(connection)
        self.counts += counted
        self.bad += bad

    def _accept(self, connection: Connection, record: ReturnedRecord, unknown: set[str]) -> bool:
        index = ObjectIndex.derived(self.services.storage_key.seal, board_id=self.services.board_id)
        if record.id in unknown and accepting.is_newest(connection, record, index=index):
            return False
        accepted = accepting.accept(
            connection,
            record,
            index=index,
            intake_public_key=bytes.fromhex(self.services.front_settings.intake_public_key),
            now_ms=to_ms(clock()),
        )
        return accepted.outcome is Outcome.NEW

    def _records(self, row: SaidRow | BadRow, unknown: set[str]) -> Iterator[ReturnedRecord]:
        if isinstance(row, BadRow):
            raise _NotTaken(row.code)
        who = self.pupils.of(row.pupil)
        if isinstance(who, str):
            raise _NotTaken(who)
        if who.issued:
            group = self.pupils.group_of(who.text, row.group)  # (5)
            if not group.id:
                raise _NotTaken(group.code)
            test = self._id("test", row.title, self.pupils.lasting(Kind.CLASS, group.id))
            yield from self._test(test, row.title, group.id, group.school)
        else:
            # (4) No class is looked for, and no test made: it is joined to nobody.
            test = self._id("test", row.title, "")
        about = (
            [row.own_id]
            if row.own_id
            else [test, self.pupils.lasting(Kind.USER, who.text), str(row.fields.get("scoreDate", ""))]
        )
        identifier = self._id("result", *about)
        if identifier in self._seen:
            # Which of the two is right is for the vendor to say.
            raise _NotTaken(TWICE)
        self._seen.add(identifier)
        if not who.issued:
            unknown.add(identifier)
        yield self._record(
            Kind.RESULT,
            identifier,
            {"lineItem": _to(test), "student": _to(who.text), **row.fields},
            references=((Kind.LINE_ITEM, test),) if who.issued else (),
        )

    def _test(self, test: str, title: str, group: str, school: str | None) -> Iterator[ReturnedRecord]:
        category = self._id("category")
        if category not in self._tests:
            self._tests.add(category)
            title_of = {"title": self.layout.vendor} if self._returns("category.title") else {}
            yield self._record(Kind.CATEGORY, category, title_of)
        if test not in self._tests:
            self._tests.add(test)
            body: dict[str, object] = {"title": title} if self._returns("lineItem.title") else {}
            body |= {"class": _to(group), "category": _to(category)}
            body |= {} if school is None else {"school": _to(school)}
            yield self._record(Kind.LINE_ITEM, test, body, references=((Kind.CATEGORY, category),))

    def _returns(self, name: str) -> bool:
        return _refusal_back(self.agreement, name, now=clock()) is None

    def _record(
        self,
        kind: Kind,
        identifier: str,
        body: Mapping[str, object],
        *,
        references: tuple[tuple[Kind, str], ...] = (),
    ) -> ReturnedRecord:
        return ReturnedRecord(
            product=self.product,
            client_id=CLIENT,
            request_id=self.request_id,
            kind=kind,
            operation=Operation.PUT,
            id=identifier,
            body=strict_json.dumps(body),
            references=references,
        )

    def _id(self, *parts: str) -> str:
        """The same for the same thing of the same product; hashed, because a part may hold anything."""
        joined = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
        return f"file-{hashlib.sha256(joined).hexdigest()[:40]}"

    def _register(self, connection: Connection, accepted: Counter[Kind]) -> None:
        for kind, count in accepted.items():
            if count:
                audit.record(
                    connection,
                    AuditEvent.RESULT_ACCEPTED,
                    board_id=self.services.board_id,
                    actor=self.actor,
                    now_ms=to_ms(clock()),
                    product=self.product,
                    object_id=CLIENT,
                    details={
                        "kind": kind.value,
                        "operation": Operation.PUT.value,
                        "request_id": self.request_id,
                        "count": count,
                    },
                )

    def _still_admitted(self, connection: Connection) -> None:
        loaded = agreements.at_the_door_within(connection, self.services.board_id, self.product)
        if loaded.altered or loaded.agreement is None or loaded.agreement.digest != self.agreement.digest:
            raise DisclosureRefused(
                "The agreement changed while the file was taken in.",
                code="agreement_changed",
                remedy="Take in the same file again: what was taken in already stays.",
            )


class _NotTaken(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code or NO_PUPIL


def _to(identifier: str) -> dict[str, str]:
    return {"sourcedId": identifier}


def _admitted(
    services: SchoolServices, product: ProductId, actor: Actor, *, now: datetime
) -> CompiledAgreement:
    agreements.publish_current(services, now=now)
    loaded = agreements.at_the_door(services, product)
    mark = marks.high_water(services.front, board_id=services.board_id, now_ms=to_ms(now))
    answer = decide_return(
        loaded.agreement, product=product, now=now, high_water=from_ms(mark), altered=loaded.altered
    )
    if isinstance(answer, Refused):
        _note_refusal(services, product, answer.reason.value, actor, now=now)
        raise DisclosureRefused(answer.message, code=answer.reason.value, remedy=answer.remedy)
    assert loaded.agreement is not None
    if loaded.agreement.groups is not Groups.EXACT:
        _note_refusal(services, product, "made_up_class", actor, now=now)
        raise DisclosureRefused(
            "This product has no real classes for a result to belong to.",
            code="made_up_class",
            remedy="Results need an agreement with groups: exact.",
        )
    return loaded.agreement


def _left(
    services: SchoolServices,
    agreement: CompiledAgreement,
    layout: Layout,
    actor: Actor,
    *,
    now: datetime,
) -> frozenset[str]:
    """Facts that are left behind; raises where one that is not optional may not come back."""
    left: set[str] = set()
    refused: list[str] = []
    for fact, column in layout.results.items():
        name = _FIELD_OF.get(fact)
        reason = None if name is None else _refusal_back(agreement, name, now=now)
        if reason is None:
            continue
        if column.optional:
            left.add(fact)
        else:
            refused.append(f"results.{fact} {name}: {reason.value}")
    if refused:
        code = refused[0].rpartition(": ")[2]
        _note_refusal(services, ProductId(agreement.product), code, actor, now=now)
        raise DisclosureRefused(
            f"Agreement {agreement.reference} does not let these back: {'; '.join(refused)}.",
            code=code,
            remedy="Change the agreement, or leave the column out; `optional: true` leaves it behind.",
        )
    return frozenset(left)


def _refusal_back(agreement: CompiledAgreement, name: str, *, now: datetime) -> RefusalReason | None:
    answer = decide_field(
        agreement,
        name,
        SubjectCategory.PUPIL if name.startswith("result.") else None,
        service=Service.RESULTS,
        direction=Direction.BACK,
        now=now,
    )
    return None if isinstance(answer, Permitted) else answer.reason


def _note_refusal(
    services: SchoolServices, product: ProductId, reason: str, actor: Actor, *, now: datetime
) -> None:
    audit.record(
        services.front,
        AuditEvent.RESULT_REFUSED,
        board_id=services.board_id,
        actor=actor,
        now_ms=to_ms(now),
        product=product,
        details={"reason": reason, "operation": "results file", "kind": Kind.RESULT.value},
    )
