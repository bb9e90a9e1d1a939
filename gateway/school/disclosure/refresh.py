"""One refresh: read every source once, release for every product in force, publish each product's generation.

Guarantees: without an agreement in force nothing is read; a source that fails in the middle changes nothing; a
product that is held back does not hold back another; what was done and how it ended is in the audit log.

 1. compile the plan of every product whose agreement is in force; if none is, nothing is read
 2. begin a publication per product (a second refresh of it fails cleanly), then read what people said
 3. read and release (`reading`, `release`)
 4. persons whom a product holds and the source did not bring: sorted by why, and asked for one by one (`absentees`);
    an answer that they are gone, a mark of the source, or a second refresh that agrees lets them go; so does an
    agreement that changed meanwhile
 5. hold back what leaks, or what would remove more of a school than the threshold, counting what the source caused
 6. publish, unless the agreement is no longer the one that was compiled in step 1; or abandon

Source: ARCHITECTURE section 6, "OUT, refresh" and "Rules of the holdings".
"""

from __future__ import annotations

import contextlib
import gc
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import Engine

from contracts.agreements import CompiledAgreement
from contracts.decisions import decide_standing
from contracts.instants import to_ms
from contracts.refusals import Refused
from gateway.errors import GatewayError
from gateway.holdings.publishing import Publication
from gateway.holdings.storage_key import StorageKey
from gateway.roster.model import Kind, ProductId, SourceRecord
from gateway.school.disclosure import aliases
from gateway.school.disclosure.absentees import (
    RecoverIdentifiers,
)
from gateway.school.disclosure.board_names import BoardNames
from gateway.school.disclosure.gradebook import Gradebook, MadeByVendors
from gateway.school.disclosure.identify import Identifier
from gateway.school.disclosure.overlooked import Overlooked, Work
from gateway.school.disclosure.plan import ReleasePlan, compile_plan
from gateway.school.disclosure.reading import Reader
from gateway.school.disclosure.releasing import (
    allocating,
    births_decide,
    demographic_fields,
    imagining,
    open_release,
)
from gateway.school.disclosure.shared_spaces import Deliveries, brin_of_org, one_list
from gateway.school.disclosure.structure import FactsOf, Structure
from keys.scope import IdentifierSpace

STAMP_SPREAD_MS: Final = 60_000
"""Products that are refreshed together are stamped apart, within so long before the refresh."""


class AskableSource(Protocol):
    """What a refresh asks of a source, and a preview of one person."""

    @property
    def slug(self) -> str: ...

    def read(self, kind: Kind) -> Iterator[SourceRecord]: ...

    def one(self, kind: Kind, identifier: str) -> SourceRecord | None: ...

    def enrolments_of(self, person: str) -> Sequence[SourceRecord] | None: ...


@dataclass(frozen=True, slots=True)
class OpenedSource:
    """A source with its identifier space and the BRIN of each organisation that is mapped."""

    source: AskableSource
    space: IdentifierSpace
    brin_of_org: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RefreshOptions:
    """How far this refresh may go."""

    removal_threshold_percent: int
    words_that_are_no_names: tuple[str, ...] = ()
    alias_email_domain: str = aliases.DEFAULT_EMAIL_DOMAIN
    dry_run: bool = False
    """Read, release and count; publish nothing."""
    accept: bool = False
    """A person has looked at what would go: publish above the threshold."""
    expected: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(product, its pseudonym of a school) -> persons whose going a person planned; not counted against the
    threshold."""


@dataclass(slots=True)
class ProductOutcome:
    """What became of one product; counts and codes only."""

    product: ProductId
    status: str
    """`published`, `held_back`, `dry_run`, `failed`."""
    reason: str | None = None
    generation: int | None = None
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    """By kind: added, changed, unchanged, gone."""
    withheld: dict[str, int] = field(default_factory=dict)
    """By `kind:reason`."""
    leaks: dict[str, int] = field(default_factory=dict)
    """Fields in which the leak guard found somebody."""
    leaving: dict[str, int] = field(default_factory=dict)
    """By the product's own pseudonym of a school: persons who go, or would, by the source's doing."""


@dataclass(frozen=True, slots=True)
class DisclosureEngines:
    """Where released records and aliases are kept."""

    front: Engine
    school: Engine
    storage_key: StorageKey
    board_id: str


class Refresh:
    """One refresh of one board."""

    def __init__(
        self,
        engines: DisclosureEngines,
        *,
        agreements: Sequence[CompiledAgreement],
        sources: Sequence[OpenedSource],
        identifier: Identifier,
        recover: RecoverIdentifiers,
        made_by_vendors: MadeByVendors,
        options: RefreshOptions,
        read_facts: Callable[[], FactsOf],
        coarse_space: Callable[[], IdentifierSpace],
        digest_now: Callable[[ProductId], str | None],
        now: datetime,
        progress: Callable[[Kind, int], None] = lambda kind, count: None,
    ) -> None:
        self._engines = engines
        self._agreements = agreements
        self._sources = sources
        self._identifier = identifier
        self._recover = recover
        self._made_by_vendors = made_by_vendors
        self._options = options
        self._read_facts = read_facts
        self._coarse_space = coarse_space
        self._digest_now = digest_now
        self._now = now
        self._now_ms = to_ms(now)
        self._progress = progress

    def run(self) -> list[ProductOutcome]:
        """Refresh every product whose agreement is in force.

        Raises:
            SourceError: a school's system failed; nothing was changed.
            RefreshUnderWay: another refresh of one of the products is at work.
        """
        # 1. No agreement in force: nothing is read.
        plans = [
            compile_plan(agreement, now=self._now)
            for agreement in self._agreements
            if not isinstance(decide_standing(agreement, now=self._now), Refused)
        ]
        plans = [plan for plan in plans if plan.kinds]
        if not plans or not self._sources:
            return []
        begun: list[Publication] = []
        try:
            with _few_collections():
                return self._read_and_publish(plans, begun)
        except BaseException:
            # A source that fails, a full disk, a stop: the products hold what they held.
            for publication in begun:
                with contextlib.suppress(GatewayError):
                    publication.abandon()
            raise

    def _begin(self, plan: ReleasePlan) -> Publication:
        return Publication.begin(
            self._engines.front,
            self._engines.storage_key,
            board_id=self._engines.board_id,
            product=plan.product,
            plan_digest=plan.digest,
            now_ms=self._now_ms,
        )

    def _read_and_publish(
        self, plans: Sequence[ReleasePlan], begun: list[Publication]
    ) -> list[ProductOutcome]:
        # 2. Before anything is read: who is withdrawn from here on stays withdrawn.
        for plan in plans:
            begun.append(self._begin(plan))
        # What people said is read after that, or who withdraws in between would be in neither.
        facts_of = self._read_facts()
        deliveries = Deliveries(
            [opened.source for opened in self._sources],
            lists=one_list([opened.space for opened in self._sources]),
            progress=self._progress,
        )
        structure = Structure(deliveries, brin_of_org=brin_of_org(self._sources), facts_of=facts_of)
        structure.read(demographic_fields=demographic_fields(plans), births=births_decide(plans))
        names = BoardNames(words_that_are_no_names=self._options.words_that_are_no_names)
        reader = Reader(deliveries, structure, names=names)
        school, board_id = self._engines.school, self._engines.board_id
        domain = self._options.alias_email_domain
        allocate = (
            imagining(school, board_id=board_id, domain=domain)
            if self._options.dry_run
            else allocating(school, board_id=board_id, domain=domain, now=self._now)
        )
        works = [
            Work(
                plan,
                publication,
                open_release(
                    plan,
                    structure,
                    spaces=[opened.space for opened in self._sources],
                    identifier=self._identifier,
                    allocate=allocate,
                    coarse_space=self._coarse_space,
                    now=self._now,
                ),
            )
            for plan, publication in zip(plans, begun, strict=True)
        ]
        # 3. and 4.
        targets = [(work.release, work.publication) for work in works]
        overlooked = Overlooked(
            self._engines.school,
            board_id=self._engines.board_id,
            sources=self._sources,
            identifier=self._identifier,
            recover=self._recover,
            second_look=not (self._options.dry_run or self._options.accept),
            now=self._now,
        )
        reader.release(targets, overlooked=lambda: overlooked.found(works, reader, deliveries.marked_gone))
        wanting = [pair for pair in targets if pair[0].wants(Kind.RESULT)]
        if wanting:
            Gradebook(reader, wanting, made_by_vendors=self._made_by_vendors).release()
        outcomes: list[ProductOutcome] = []
        for work in works:
            outcomes.append(self._ended(work))
            begun.remove(work.publication)
        return outcomes

    def _ended(self, work: Work) -> ProductOutcome:
        try:
            return self._finish(work)
        except GatewayError as error:
            # Overtaken, or stopped meanwhile. What came of the other products is theirs, and is registered.
            with contextlib.suppress(GatewayError):
                work.publication.abandon()
            return ProductOutcome(work.plan.product, "held_back", error.code)

    # -- 5. and 6. ------------------------------------------------------------------------------------------------

    def _finish(self, work: Work) -> ProductOutcome:
        tally = work.release.tally
        outcome = ProductOutcome(work.plan.product, "published")
        outcome.withheld = {
            f"{kind.value}:{reason}": count for (kind, reason), count in tally.withheld.items()
        }
        outcome.leaks = dict(tally.leaks_withheld + tally.leaks_held_back)
        outcome.counts = _counts(work.publication)
        outcome.leaving = self._leaving(work)
        if self._options.dry_run:
            outcome.status = "dry_run"
            work.publication.abandon()
        elif self._digest_now(work.plan.product) != work.plan.digest:
            # Suspended, ended, narrowed or replaced while this ran: what was released under it is not published.
            outcome.status, outcome.reason = "held_back", "agreement_changed"
            work.publication.abandon()
        elif tally.leaks_held_back:
            outcome.status, outcome.reason = "held_back", "leak_suspected"
            work.publication.abandon()
        elif not self._options.accept and self._removes_too_much(work, outcome.leaving):
            outcome.status, outcome.reason = "held_back", "removal_threshold"
            work.publication.abandon()
        else:
            # Attack: two vendors join the records that carry one exact moment. So each product's stamp lies elsewhere
            # in the minute before.
            stamp_ms = self._now_ms - secrets.randbelow(STAMP_SPREAD_MS)
            outcome.generation = work.publication.publish(self._now_ms, stamp_ms=stamp_ms).number
        return outcome

    def _leaving(self, work: Work) -> dict[str, int]:
        gone: Counter[str] = Counter()
        for missing in work.publication.missing(kinds=(Kind.USER,)):
            gone[missing.school] += sum(
                1
                for pseudonym in missing.ids
                if pseudonym not in work.excused and not work.release.refused(pseudonym)
            )
        return {school: count for school, count in gone.items() if count}

    def _removes_too_much(self, work: Work, leaving: Mapping[str, int]) -> bool:
        if not leaving:
            return False
        held = {
            school: difference.held
            for (kind, school), difference in work.publication.preview(kinds=(Kind.USER,)).items()
        }
        return any(
            # Attack by accident: a source that fails in the summer. Only as many as were planned are left out.
            (count - self._options.expected.get((work.plan.product, school), 0)) * 100
            > self._options.removal_threshold_percent * held.get(school, count)
            for school, count in leaving.items()
        )


@contextlib.contextmanager
def _few_collections() -> Iterator[None]:
    # Millions of short-lived records and no cycles among them: looking through all that is kept for every 700 new
    # objects took a fifth of the time.
    usual = gc.get_threshold()
    gc.set_threshold(50_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _counts(publication: Publication) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for (kind, _), difference in publication.preview().items():
        counts.setdefault(kind.value, Counter()).update(
            added=difference.added,
            changed=difference.changed,
            unchanged=difference.unchanged,
            gone=difference.gone,
        )
    return {kind: dict(tally) for kind, tally in counts.items()}
