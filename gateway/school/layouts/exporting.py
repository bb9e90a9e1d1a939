"""The way out as a file: what a product holds, in the columns of its layout.

Ordered rules:
 1. The agreement is in force at this instant, and what is held was released under it (as at the vendors' door).
 2. Every column of the layout leaves under it, or is optional; else nothing is written, and the log says so.
 3. The holdings are walked once to count, and the disclosure is registered and committed.
 4. They are walked again and written, in the holdings' own order, which is that of the pseudonyms.
 5. Who was withdrawn meanwhile is not in it: the file appears under its name only if nobody was, and if the agreement
    is still the same; else it is made again from 1.

Attack: the order of the school's system as the order of the file joins two vendors. So no layout can sort.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Final

from contracts.agreements import CompiledAgreement
from contracts.decisions import decide_request
from contracts.instants import from_ms, to_ms
from contracts.refusals import Refused
from contracts.vocabulary import Operation, Service, SubjectCategory
from gateway.connections import clock as marks
from gateway.errors import DisclosureRefused, GatewayUnready
from gateway.holdings.reading import Holdings
from gateway.holdings.selection import Collection, Generation, HeldRecord, Selection
from gateway.registers import audit, disclosures
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.registers.disclosures import DisclosureEntry
from gateway.roster.model import Kind, ProductId, Subject
from gateway.school import agreements
from gateway.school.disclosure.plan import ReleasePlan, compile_plan
from gateway.school.layouts.deciding import Columns, Left, decide_columns
from gateway.school.layouts.layout import Layout
from gateway.school.layouts.rows import Held, heading, is_about, kinds_read, rows_of
from gateway.school.layouts.writing import write_rows
from gateway.school.services import SchoolServices, clock

PAGE: Final = 1_000
ATTEMPTS: Final = 5
Opened = Callable[[], AbstractContextManager[BinaryIO]]
"""Opens what is written to; what it gives appears only when its block ends without an error."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What went out."""

    rows: int
    generation: int
    sha256: str
    left: tuple[Left, ...] = ()
    """Optional columns that were left empty, and why."""


def export(
    services: SchoolServices, product: ProductId, layout: Layout, *, actor: Actor, opened: Opened
) -> Exported:
    """Write what a product holds in the columns of a layout.

    Raises:
        DisclosureRefused: no agreement in force, a stopped vendor, or a field that does not leave.
        GatewayUnready: `refresh_needed`; the holdings are too old.
        UsageError: the file cannot be written.
    """
    for _ in range(ATTEMPTS):
        job = _Job.begin(services, product, layout, actor)
        job.register()
        try:
            with opened() as stream:
                rows = job.write(stream)
                sha256 = _digest(stream)
                job.require_unchanged()
        except _Changed:
            continue
        audit.record(
            services.front,
            AuditEvent.EXPORT_WRITTEN,
            board_id=services.board_id,
            actor=actor,
            now_ms=to_ms(clock()),
            product=product,
            object_id=layout.name,
            details={"count": rows, "fields": tuple(sorted(job.columns.going)), "digest": sha256},
        )
        return Exported(rows, job.generation.number, sha256, job.columns.left)
    raise GatewayUnready(
        "The roster of this product keeps changing.", code="holdings_busy", remedy="Try again in a minute."
    )


def holdings_of(services: SchoolServices) -> Holdings:
    """What products hold."""
    return Holdings(
        services.front,
        services.storage_key,
        board_id=services.board_id,
        max_age_ms=services.settings.max_age_days * 86_400_000,
    )


def released_today(holdings: Holdings, agreement: CompiledAgreement, *, now: datetime) -> Generation:
    """The generation that was released under this agreement; raises `GatewayUnready`, code `refresh_needed`."""
    generation = holdings.current(ProductId(agreement.product), now_ms=to_ms(now))
    if generation is None or generation.plan_digest != agreement.digest:
        raise GatewayUnready(
            "What is held was not released under the agreement of today.",
            code="refresh_needed",
            remedy=f"Run `schuilnaam refresh --product {agreement.product}` first.",
        )
    return generation


def check(services: SchoolServices, product: ProductId, layout: Layout, *, now: datetime) -> Columns:
    """Which columns leave today; raises as `export` where no agreement lets anything out. Nothing is read."""
    agreement = admitted(services, product, services.operator(), now=now, note=False)
    return decide_columns(layout, compile_plan(agreement, now=now))


class _Changed(Exception):
    """Somebody was withdrawn, or the agreement changed, while the file was made."""


@dataclass(slots=True)
class _Job:
    services: SchoolServices
    product: ProductId
    layout: Layout
    actor: Actor
    agreement: CompiledAgreement
    plan: ReleasePlan
    columns: Columns
    holdings: Holdings
    generation: Generation
    withdrawals: int
    held: Held = field(default_factory=Held)

    @classmethod
    def begin(cls, services: SchoolServices, product: ProductId, layout: Layout, actor: Actor) -> _Job:
        now = clock()
        agreement = admitted(services, product, actor, now=now)  # (1)
        plan = compile_plan(agreement, now=now)
        columns = decide_columns(layout, plan)
        if columns.refused:  # (2)
            _refuse_columns(services, agreement, columns, actor, now=now)
        holdings = holdings_of(services)
        withdrawals = holdings.withdrawals(product)
        generation = released_today(holdings, agreement, now=now)
        return cls(
            services, product, layout, actor, agreement, plan, columns, holdings, generation, withdrawals
        )

    def records(self, kind: Kind) -> Iterator[HeldRecord]:
        """Everything held of a kind, in order; page by page."""
        offset = 0
        while True:
            selection = Selection(Collection(kind), offset=offset, limit=PAGE)
            page = self.holdings.page(self.product, self.generation, selection, positions=False)
            yield from (record for record in page.records if record.active)
            offset += len(page.records)
            if not page.records or offset >= page.total:
                return

    def register(self) -> None:
        """(3) One row per kind that is read for the file, as for the pages of a service."""
        now = clock()
        request_id = f"export-{secrets.token_hex(8)}"
        used = kinds_read(self.layout, self.columns.going)
        for kind in used:
            ids: list[str] = []
            subjects: set[str] = set()
            whole = True
            for record in self.records(kind):
                if is_about(self.layout, record):
                    ids.append(record.id)
                    subjects.add(record.subject)
                else:
                    whole = False
            disclosures.record(
                self.services.front,
                DisclosureEntry(
                    board_id=self.services.board_id,
                    agreement_id=self.agreement.agreement_id,
                    agreement_version=self.agreement.version,
                    agreement_digest=self.agreement.digest,
                    product=self.agreement.product,
                    client_id=disclosures.EXPORT,
                    operation=f"export {kind.value}",
                    service=Service.ROSTER.value,
                    purposes=self.agreement.purposes,
                    kind=kind,
                    generation=self.generation.number,
                    first=ids[0] if ids else None,
                    last=ids[-1] if ids else None,
                    count=len(ids),
                    # Of a file of pupils the register must not say that it told of their teachers.
                    positions=None
                    if whole
                    else self.holdings.positions(self.product, self.generation, kind, ids),
                    fields=self._forms(kind, subjects),
                    request_id=request_id,
                ),
                now_ms=to_ms(now),
            )

    def _forms(self, kind: Kind, subjects: set[str]) -> Mapping[str, str]:
        """Form of each field that goes; by subject where it differs."""
        found: dict[str, str] = {}
        for name in sorted(self.columns.going):
            if not name.startswith(f"{kind.value}."):
                continue
            forms: dict[str, str] = {}
            for subject in sorted(subjects):
                form = _form(self.plan, kind, name, Subject(subject))
                if form is not None:
                    forms[subject] = form
            if forms and len(set(forms.values())) == 1 and len(forms) == len(subjects):
                found[name] = next(iter(forms.values()))
            else:
                found.update({f"{name}/{subject}": form for subject, form in forms.items()})
        return found

    def write(self, stream: BinaryIO) -> int:
        """(4) The file; returns how many rows it has without the heading."""
        count = 0

        def counted() -> Iterator[list[str]]:
            nonlocal count
            if self.layout.file.header:
                yield heading(self.layout)
            for row in rows_of(self.layout, self.columns.going, self.records):
                count += 1
                yield row

        write_rows(stream, counted(), self.layout.file, work_folder=self.services.settings.home)
        return count

    def require_unchanged(self) -> None:
        """(5)"""
        if self.holdings.withdrawals(self.product) != self.withdrawals:
            raise _Changed
        if agreements.active_digest(self.services, self.product) != self.agreement.digest:
            raise _Changed


def _form(plan: ReleasePlan, kind: Kind, name: str, subject: Subject) -> str | None:
    subjects = frozenset(SubjectCategory(word) for word in subject.words)
    for verdict in plan.of(kind, subjects).verdicts:
        if verdict.field == name:
            return None if verdict.form is None else verdict.form.value
    return None


def _digest(stream: BinaryIO) -> str:
    stream.flush()
    stream.seek(0)
    digest = hashlib.sha256()
    while block := stream.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def admitted(
    services: SchoolServices,
    product: ProductId,
    actor: Actor,
    *,
    now: datetime,
    note: bool = True,
    operation: str = "export",
) -> CompiledAgreement:
    """The agreement under which the roster may go out now, as at the vendors' door.

    Args:
        note: a refusal is noted in the audit log.

    Raises:
        DisclosureRefused: nothing may go.
    """
    agreements.publish_current(services, now=now)
    loaded = agreements.at_the_door(services, product)
    mark = marks.high_water(services.front, board_id=services.board_id, now_ms=to_ms(now))
    answer = decide_request(
        loaded.agreement,
        Service.ROSTER,
        Operation.READ,
        product=product,
        now=now,
        high_water=from_ms(mark),
        altered=loaded.altered,
    )
    if isinstance(answer, Refused):
        if note:
            _note_refusal(services, product, answer.reason.value, actor, now=now, operation=operation)
        raise DisclosureRefused(answer.message, code=answer.reason.value, remedy=answer.remedy)
    assert loaded.agreement is not None
    return loaded.agreement


def _refuse_columns(
    services: SchoolServices, agreement: CompiledAgreement, columns: Columns, actor: Actor, *, now: datetime
) -> None:
    first = columns.refused[0]
    fields = tuple(sorted({each.field for each in columns.refused}))
    _note_refusal(services, ProductId(agreement.product), first.reason, actor, now=now, fields=fields)
    told = "; ".join(f"{each.path} {each.field}: {each.reason}" for each in columns.refused)
    raise DisclosureRefused(
        f"Agreement {agreement.reference} does not let these columns out: {told}.",
        code=first.reason,
        remedy="Change the agreement, or leave the column out; `optional: true` leaves it empty.",
    )


def _note_refusal(
    services: SchoolServices,
    product: ProductId,
    reason: str,
    actor: Actor,
    *,
    now: datetime,
    fields: tuple[str, ...] = (),
    operation: str = "export",
) -> None:
    details: dict[str, audit.DetailValue] = {"reason": reason, "operation": operation}
    if fields:
        details["fields"] = fields
    audit.record(
        services.front,
        AuditEvent.REQUEST_REFUSED,
        board_id=services.board_id,
        actor=actor,
        now_ms=to_ms(now),
        product=product,
        details=details,
    )
