"""Switching a product over that already holds our pupils under real ids.

Ordered rules:
 1. The roster may go out to the product now, and what it holds was released under today's agreement; else neither the
    list nor a source is read.
 2. The list is read in memory, and matched with the people of the sources (`matching`).
 3. Who asked, why, and about whom is registered and committed before anything of it is told.
 4. A row gets a pseudonym only if the product holds that person: whom agreement, consent or objection leaves out, it
    must delete like a stranger, and cannot tell the one from the other.
 5. With rows that nobody decided on nothing is made.
 6. The disclosure is registered and committed, then the two files are written: they appear only if nobody was withdrawn
    and the agreement is still the same.
 7. What is kept: counts, hashes, days.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Final

from sqlalchemy import func, insert, select

from contracts.agreements import CompiledAgreement
from contracts.instants import local_day, to_ms
from contracts.vocabulary import Form, Service, SubjectCategory
from gateway.database import writing
from gateway.errors import GatewayUnready, UsageError
from gateway.holdings.reading import Holdings
from gateway.holdings.selection import Collection, Generation, HeldRecord, Selection
from gateway.registers import accesses, audit, disclosures
from gateway.registers.accesses import AccessEntry, Operation
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.registers.disclosures import DisclosureEntry
from gateway.roster.model import Kind, ProductId, Subject
from gateway.school import agreements, refreshing
from gateway.school.disclosure.identify import Identifier
from gateway.school.disclosure.plan import ReleasePlan, compile_plan
from gateway.school.layouts.exporting import admitted, holdings_of, released_today
from gateway.school.layouts.layout import FileShape
from gateway.school.layouts.writing import write_rows
from gateway.school.relink.spreadsheet import sheet_of
from gateway.school.services import SchoolServices, clock
from gateway.school.switchover.matching import PERSON, Decisions, Index, Matched, Matching, match
from gateway.school.switchover.order import OrderFacts, order_text
from gateway.school.switchover.stored import Made, made_of, rows_of
from gateway.school.switchover.tables import switchovers
from keys.scope import IdentifierSpace

COLUMNS: Final = ("eigen nummer", "pseudoniem", "voornaam", "achternaam", "gebruikersnaam", "e-mailadres")
_ALIASED: Final = ("givenName", "familyName", "username", "email")
Opened = Callable[[], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True, slots=True)
class Planned:
    """What would be made of a list."""

    rows: int
    matched: int
    unmatched: int
    """Rows that mean nobody, or somebody whom the product may not have."""
    doubtful: tuple[Matched, ...]
    columns: dict[str, tuple[int, ...]]


@dataclass(slots=True)
class _Job:
    services: SchoolServices
    agreement: CompiledAgreement
    actor: Actor
    holdings: Holdings
    generation: Generation
    withdrawals: int
    matching: Matching = field(repr=False)
    pseudonyms: dict[PERSON, str] = field(repr=False)
    held: dict[str, HeldRecord] = field(repr=False)
    plan: ReleasePlan = field(repr=False)

    @property
    def going(self) -> list[tuple[Matched, HeldRecord]]:
        """Rows that get a pseudonym."""
        found = []
        for row in self.matching.rows:
            if row.doubt is None and row.person is not None:
                record = self.held.get(self.pseudonyms[row.person])
                if record is not None:
                    found.append((row, record))
        return found


def plan(
    services: SchoolServices,
    product: ProductId,
    content: bytes,
    *,
    own_id: str,
    decisions: Decisions,
    actor: Actor,
    reason: str,
) -> Planned:
    """Match a vendor's list, and tell which rows a person must decide on. Registered as an access first.

    Raises:
        DisclosureRefused: nothing may go to this product.
        GatewayUnready: `refresh_needed`.
        UsageError: a list that cannot be read or matched.
        SourceError: a school's system does not answer.
    """
    job = _begin(services, product, content, own_id=own_id, decisions=decisions, actor=actor, reason=reason)
    return _planned(job)


def make(
    services: SchoolServices,
    product: ProductId,
    content: bytes,
    *,
    own_id: str,
    decisions: Decisions,
    actor: Actor,
    reason: str,
    shape: FileShape,
    language: str,
    list_file: Opened,
    order_file: Opened,
) -> Made:
    """Write the list of the vendor's own ids with pseudonyms, and the order.

    Raises:
        UsageError: `rows_undecided`, `nothing_matches`; and as `plan`.
        GatewayUnready: `holdings_busy`: somebody was withdrawn meanwhile; make it again.
    """
    job = _begin(services, product, content, own_id=own_id, decisions=decisions, actor=actor, reason=reason)
    planned = _planned(job)
    if planned.doubtful:  # (5)
        raise UsageError(
            f"{len(planned.doubtful)} rows are not decided on.",
            code="rows_undecided",
            remedy="See `schuilnaam switchover plan`, and give --decide ROW=SOURCE:ID or ROW=none for each.",
        )
    if not job.going:
        raise UsageError(
            "No row means somebody whom this product may have.",
            code="nothing_matches",
            remedy="Is it the right list, and was this product refreshed?",
        )
    _register(job)  # (6)
    with list_file() as file, order_file() as order:
        write_rows(file, _rows(job), shape, work_folder=services.settings.home)
        digest = _digest(file)
        return _keep(job, planned, order, digest, language)


def _begin(
    services: SchoolServices,
    product: ProductId,
    content: bytes,
    *,
    own_id: str,
    decisions: Decisions,
    actor: Actor,
    reason: str,
) -> _Job:
    now = clock()
    agreement = admitted(services, product, actor, now=now, operation="switchover")  # (1)
    holdings = holdings_of(services)
    withdrawals = holdings.withdrawals(product)
    generation = released_today(holdings, agreement, now=now)
    sheet = sheet_of(content)  # (2)
    index, spaces = _people(services)
    _require_known(decisions, spaces)
    matching = match(sheet, index, own_id=own_id, decisions=decisions)
    _register_access(services, product, matching, spaces, actor, reason, now=now)  # (3)
    pseudonyms = _pseudonyms(services, agreement, matching.persons, spaces)
    held = _held(holdings, product, generation, set(pseudonyms.values()))  # (4)
    return _Job(
        services,
        agreement,
        actor,
        holdings,
        generation,
        withdrawals,
        matching,
        pseudonyms,
        held,
        compile_plan(agreement, now=now),
    )


def _people(services: SchoolServices) -> tuple[Index, dict[PERSON, IdentifierSpace]]:
    """Everybody whom the sources have now. One person of one identifier space is one, however many deliver it."""
    index = Index()
    spaces: dict[PERSON, IdentifierSpace] = {}
    first: dict[str, str] = {}
    with refreshing.opened_sources(services) as sources:
        for opened in sources:
            slug = first.setdefault(opened.space.name, opened.source.slug)
            for record in opened.source.read(Kind.USER):
                if record.active:
                    person = (slug, record.identifier)
                    spaces[person] = opened.space
                    index.add(person, record)
    return index, spaces


def _require_known(decisions: Decisions, spaces: dict[PERSON, IdentifierSpace]) -> None:
    if any(person is not None and person not in spaces for person in decisions.values()):
        raise UsageError(
            "A decision names somebody whom the school's systems do not have.",
            code="pupil_unknown",
            remedy="A person is SOURCE:ID.",
        )


def _register_access(
    services: SchoolServices,
    product: ProductId,
    matching: Matching,
    spaces: dict[PERSON, IdentifierSpace],
    actor: Actor,
    reason: str,
    *,
    now: datetime,
) -> None:
    identifier = Identifier(services.ring)
    accesses.record(
        services.school,
        AccessEntry(
            board_id=services.board_id,
            actor=actor,
            operation=Operation.SWITCH_OVER,
            reason=reason,
            product=product,
            subjects=[identifier.register_subject(spaces[person], person[1]) for person in matching.persons],
        ),
        now_ms=to_ms(now),
    )


def _pseudonyms(
    services: SchoolServices,
    agreement: CompiledAgreement,
    persons: Sequence[PERSON],
    spaces: dict[PERSON, IdentifierSpace],
) -> dict[PERSON, str]:
    names = refreshing.identifier_of(services, [agreement])
    found: dict[PERSON, str] = {}
    for space in {spaces[person] for person in persons}:
        mine = [person for person in persons if spaces[person] == space]
        made = names.pseudonyms(
            ProductId(agreement.product), Kind.USER, space, [person[1] for person in mine]
        )
        found.update(zip(mine, made, strict=True))
    return found


def _held(
    holdings: Holdings, product: ProductId, generation: Generation, wanted: set[str]
) -> dict[str, HeldRecord]:
    found: dict[str, HeldRecord] = {}
    offset = 0
    while True:
        selection = Selection(Collection(Kind.USER), offset=offset, limit=1_000)
        page = holdings.page(product, generation, selection, positions=False)
        found.update({each.id: each for each in page.records if each.active and each.id in wanted})
        offset += len(page.records)
        if not page.records or offset >= page.total:
            return found


def _planned(job: _Job) -> Planned:
    going = len(job.going)
    doubtful = job.matching.doubtful
    return Planned(
        rows=len(job.matching.rows),
        matched=going,
        unmatched=len(job.matching.rows) - going - len(doubtful),
        doubtful=doubtful,
        columns=dict(job.matching.columns),
    )


def _register(job: _Job) -> None:
    records = sorted((record for _, record in job.going), key=lambda each: each.id)
    ids = [each.id for each in records]
    fields = {"user.sourcedId": Form.PSEUDONYM.value}
    for name in _ALIASED:
        if any(_alias(job, each, name) for each in records):
            fields[f"user.{name}"] = Form.ALIAS.value
    disclosures.record(
        job.services.front,
        DisclosureEntry(
            board_id=job.services.board_id,
            agreement_id=job.agreement.agreement_id,
            agreement_version=job.agreement.version,
            agreement_digest=job.agreement.digest,
            product=job.agreement.product,
            client_id="switchover",
            operation="switchover user",
            service=Service.ROSTER.value,
            purposes=job.agreement.purposes,
            kind=Kind.USER,
            generation=job.generation.number,
            first=ids[0],
            last=ids[-1],
            count=len(ids),
            positions=job.holdings.positions(
                ProductId(job.agreement.product), job.generation, Kind.USER, ids
            ),
            fields=fields,
            request_id=f"switchover-{secrets.token_hex(8)}",
        ),
        now_ms=to_ms(clock()),
    )


def _rows(job: _Job) -> Iterator[list[str]]:
    yield list(COLUMNS)
    # In the order of the pseudonyms: that of the vendor's list may be the order of a class.
    for row, record in sorted(job.going, key=lambda pair: pair[1].id):
        yield [row.own_id, record.id, *(_alias(job, record, name) for name in _ALIASED)]


def _alias(job: _Job, record: HeldRecord, name: str) -> str:
    """What is held of a name where that is an alias; a name in clear (a teacher's) is no business of this list."""
    subjects = frozenset(SubjectCategory(word) for word in Subject(record.subject).words)
    plan_of = job.plan.of(Kind.USER, subjects)
    form = next((each.form for each in plan_of.verdicts if each.field == f"user.{name}"), None)
    return str(record.body.get(name, "")) if form is Form.ALIAS else ""


def _digest(stream: BinaryIO) -> str:
    stream.flush()
    stream.seek(0)
    digest = hashlib.sha256()
    while block := stream.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def _keep(job: _Job, planned: Planned, order: BinaryIO, list_sha256: str, language: str) -> Made:
    """(7) The row, the order, and a last look; when it raises neither file appears."""
    services, now, agreement = job.services, clock(), job.agreement
    product = ProductId(agreement.product)
    with writing(services.school) as connection:
        newest = select(func.max(switchovers.c.number)).where(switchovers.c.board_id == services.board_id)
        number = int(connection.scalar(newest) or 0) + 1
        facts = OrderFacts(
            number=number,
            board=services.settings.board_name,
            vendor=agreement.recipient_name,
            product=product,
            agreement=agreement.reference,
            matched=planned.matched,
            unmatched=planned.unmatched,
            list_sha256=list_sha256,
            made_on=local_day(now),
            contact=agreement.fg_contact,
        )
        written = order_text(facts, language).encode()
        order.write(written)
        connection.execute(
            insert(switchovers).values(
                board_id=services.board_id,
                number=number,
                product=product,
                agreement_id=agreement.agreement_id,
                agreement_version=agreement.version,
                matched=planned.matched,
                unmatched=planned.unmatched,
                list_sha256=list_sha256,
                order_sha256=hashlib.sha256(written).hexdigest(),
                made_at_ms=to_ms(now),
            )
        )
        audit.record(
            connection,
            AuditEvent.SWITCHOVER_MADE,
            board_id=services.board_id,
            actor=job.actor,
            now_ms=to_ms(now),
            product=product,
            object_id=str(number),
            details={
                "number": number,
                "counts": {"matched": planned.matched, "unmatched": planned.unmatched},
                "digest": list_sha256,
            },
        )
        if job.holdings.withdrawals(product) != job.withdrawals or (
            agreements.active_digest(services, product) != agreement.digest
        ):
            raise GatewayUnready(
                "Somebody was taken out of this product meanwhile.",
                code="holdings_busy",
                remedy="Make the switch-over again.",
            )
        return made_of(connection.execute(rows_of(services).where(switchovers.c.number == number)).one())
