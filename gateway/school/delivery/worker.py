"""The worker of the school side: takes what vendors returned out of the inbox and brings it to the right pupil.

Ordered rules of one round:
1. Claim what is due, in order (`gateway.inbox.claiming`). Within one claim no record depends on another.
2. What depends on a dead letter is parked under it; what came before the record that it refers to, waits; so
   does everything of a product whose agreement was altered.
3. Join each record (`gateway.school.relink.accept`).
4. Commit what must be known before anything leaves: the rows that lead back from ids, and the quarantine.
5. Hand over, one by one, each within the lease.
6. Register what happened, and commit that.
7. Say in the inbox what became of each.

A crash before 7 repeats the round: the same ids and contents are written again, and registered again.
Between 6 and 7 nothing else may come: an entry of the audit log is never lost, at worst doubled.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import Final

from sqlalchemy import Connection, Engine

from gateway.database import reading, writing
from gateway.inbox import claiming, holders, letters
from gateway.inbox.claiming import LEASE_MS, WAITS_FOR_RECORD, Claimed, Settlement
from gateway.inbox.tables import State
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import Kind, ProductId
from gateway.school.delivery.attempts import SourcePauses, backoff_ms
from gateway.school.delivery.outbox import Ending, Taker, Tried, hand_over
from gateway.school.relink import minted, quarantine
from gateway.school.relink.accept import (
    NothingThere,
    Outcome,
    Relinked,
    SchoolResult,
    Unjoined,
    WaitsFor,
    accept,
)
from gateway.school.relink.recovering import Recoverer

BATCH: Final = 50
GIVE_UP_WAITING_MS: Final = 7 * 86_400_000
"""After this long, what a record refers to will not come any more."""
KEEP_DELIVERED_BODIES_MS: Final = 30 * 86_400_000
LONG_LOOK_SECONDS: Final = 0.5
LOOK_FOR_GONE_SECONDS: Final = 2.0
DROP_BODIES_EVERY_MS: Final = 3_600_000
HAND_OVER_MS: Final = 90_000
"""Longest time of one hand-over: token, record, and both once more, 20 s each (the limits with which sources are
opened for delivery) and a margin. A lease must outlast it.
"""


ALTERED: Final = "agreement_altered"
"""Reason of a record that waits until its agreement is again what people approved."""
ALTERED_WAIT_MS: Final = 15_000

Terms = Callable[[Kind, int], Collection[str] | None]
"""Fields that may come back of a kind, received at a time (milliseconds), as `result.score`; None: under no agreement
that is known, so it waits.
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one claimed record; settled in rules 6 and 7."""

    state: State
    reason: str | None = None
    source: str | None = None
    not_before_ms: int = 0
    counts: bool = True
    under: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """What the worker needs to know of the school, and what may change while it runs."""

    board_id: str
    recoverer: Recoverer
    takers: Mapping[str, Taker]
    """By slug of the source; every source of the board, also those that take no results."""
    source_of_space: Mapping[str, str]
    """Name of an identifier space -> slug of the source in which it is found today."""
    terms: Callable[[ProductId], Terms | None]
    """What the agreement with a product lets come back; None: it was altered, and nothing goes by it."""
    stands_in: Mapping[str, str] = field(default_factory=dict)
    """Slug of a source -> slug of the one that takes results for the same system today; others stand for
    themselves."""
    os_account: str | None = field(default=None)


class Worker:
    """Delivers until it is told to stop; any number of them may run."""

    def __init__(
        self,
        front: Engine,
        school_engine: Engine,
        school: School,
        *,
        clock: Callable[[], int],
        lease_ms: int = LEASE_MS,
        pauses: SourcePauses | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._front = front
        self._school_engine = school_engine
        self._school = school
        self._clock = clock
        self._monotonic = monotonic
        self._lease_ms = lease_ms
        self._pauses = pauses or SourcePauses()
        self._places: dict[tuple[ProductId, Kind, str], str | None] = {}
        self._leased_at_ms = 0
        self._bodies_dropped_at_ms = 0
        self._look_again_at = 0.0
        self._look_for_gone_at = 0.0

    def run(self, stop: Event, *, idle_seconds: float = 1.0) -> None:
        """Deliver until `stop` is set."""
        while not stop.is_set():
            if not self.once():
                stop.wait(idle_seconds)

    def once(self) -> dict[State, int]:
        """Deliver everything that is due, and stop; how many records went to which state."""
        tally: dict[State, int] = {}
        while verdicts := self.round():
            for verdict in verdicts:
                tally[verdict.state] = tally.get(verdict.state, 0) + 1
        if not 0 <= self._clock() - self._bodies_dropped_at_ms < DROP_BODIES_EVERY_MS:
            self.drop_old_bodies()
        return tally

    def drop_old_bodies(self) -> None:
        """Remove sealed bodies that are no longer needed."""
        now_ms = self._bodies_dropped_at_ms = self._clock()
        before_ms = now_ms - KEEP_DELIVERED_BODIES_MS
        with writing(self._front) as connection:
            letters.drop_bodies(connection, board_id=self._school.board_id, settled_before_ms=before_ms)
        with writing(self._school_engine) as connection:
            quarantine.drop_bodies(connection, board_id=self._school.board_id, now_ms=now_ms)

    def round(self) -> list[Verdict]:
        """One round, as in the module's docstring; empty when nothing was due."""
        claims = self._claim()  # (1)
        if not claims:
            return []
        verdicts = self._held_up(claims)  # (2)
        fields_back = self._fields_back([claim for claim in claims if claim.seq not in verdicts], verdicts)
        outcomes = self._join([claim for claim in claims if claim.seq in fields_back], fields_back)  # (3)
        self._commit_before_leaving(claims, outcomes)  # (4)
        for claimed in claims:
            if claimed.seq in outcomes:
                verdicts[claimed.seq] = self._verdict(claimed, claims, outcomes[claimed.seq])  # (5)
        self._register(claims, verdicts)  # (6)
        self._settle(claims, verdicts)  # (7)
        return [verdicts[claimed.seq] for claimed in claims]

    def _release_gone(self) -> None:
        """What a worker of this machine held when it was killed is taken over; its lease need not be waited for."""
        now = self._monotonic()
        if now < self._look_for_gone_at:
            return
        self._look_for_gone_at = now + LOOK_FOR_GONE_SECONDS
        board_id = self._school.board_id
        with reading(self._front) as connection:
            names = claiming.holders(connection, board_id=board_id)
        if gone := [name for name in names if holders.is_gone(name)]:
            with writing(self._front) as connection:
                claiming.release(connection, gone, board_id=board_id)

    def _claim(self) -> list[Claimed]:
        self._release_gone()
        # Another worker may have been quicker with what was seen; then look for the next.
        while seqs := self._look():
            now_ms = self._leased_at_ms = self._clock()
            with writing(self._front) as connection:
                claims = claiming.claim(
                    connection,
                    seqs,
                    board_id=self._school.board_id,
                    token=holders.new_name(),
                    now_ms=now_ms,
                    lease_ms=self._lease_ms,
                )
            if claims:
                return claims
        return []

    def _look(self) -> list[int]:
        started = self._monotonic()
        if started < self._look_again_at:
            return []
        now_ms = self._clock()
        with reading(self._front) as connection:
            seqs = claiming.candidates(
                connection,
                board_id=self._school.board_id,
                now_ms=now_ms,
                # A source that was down gets one record first, not fifty.
                limit=1 if self._pauses.trying else BATCH,
                lease_ms=self._lease_ms,
                except_sources=self._pauses.paused(now_ms=now_ms),
            )
        if not seqs:
            # A backlog that waits for one line item takes long to look through: a tenth of the time at most.
            took = self._monotonic() - started
            self._look_again_at = started + (10 * took if took > LONG_LOOK_SECONDS else 0)
        return seqs

    def _held_up(self, claims: list[Claimed]) -> dict[int, Verdict]:
        with reading(self._front) as connection:
            depends = claiming.dependences(connection, claims)
        held_up: dict[int, Verdict] = {}
        for claimed in claims:
            on = depends.get(claimed.seq)
            if on is not None:
                parked = on.dead is not None
                held_up[claimed.seq] = (
                    Verdict(State.PARKED, under=on.dead or 0) if parked else self._waits(claimed)
                )
        return held_up

    def _fields_back(
        self, claims: Sequence[Claimed], verdicts: dict[int, Verdict]
    ) -> dict[int, Collection[str]]:
        """What may come back of each by the agreement under which it came; the others get a verdict: they wait."""
        terms = {product: self._school.terms(product) for product in {each.product for each in claims}}
        found: dict[int, Collection[str]] = {}
        for claimed in claims:
            of_product = terms[claimed.product]
            fields = None if of_product is None else of_product(claimed.kind, claimed.received_at_ms)
            if fields is None:
                not_before_ms = self._clock() + ALTERED_WAIT_MS
                waits = Verdict(State.WAITING, ALTERED, not_before_ms=not_before_ms, counts=False)
                verdicts[claimed.seq] = waits
            else:
                found[claimed.seq] = fields
        return found

    def _join(
        self, claims: Iterable[Claimed], fields_back: Mapping[int, Collection[str]]
    ) -> dict[int, Outcome]:
        with reading(self._school_engine) as connection:
            return {
                claimed.seq: accept(
                    claimed,
                    recoverer=self._school.recoverer,
                    source_of_space=self._school.source_of_space,
                    places=partial(self._known_places, connection, claimed.product),
                    fields_back=fields_back[claimed.seq],
                )
                for claimed in claims
            }

    def _known_places(
        self, connection: Connection, product: ProductId, wanted: list[tuple[Kind, str]]
    ) -> dict[tuple[Kind, str], str | None]:
        # A place never changes once it is noted down, so what was found is kept: a class's results all ask for
        # the same line item.
        kept = {key: self._places[product, *key] for key in wanted if (product, *key) in self._places}
        unknown = [key for key in wanted if key not in kept]
        if not unknown:
            return kept
        found = minted.places(connection, board_id=self._school.board_id, product=product, wanted=unknown)
        today = {key: self._today(place) for key, place in found.items()}
        if len(self._places) > 10_000:
            self._places.clear()
        self._places.update(((product, *key), place) for key, place in today.items())
        return kept | today

    def _today(self, source: str | None) -> str | None:
        # One system may be reached over two standards: a record that was put over the one is there for the other.
        return None if source is None else self._school.stands_in.get(source, source)

    def _commit_before_leaving(self, claims: list[Claimed], outcomes: dict[int, Outcome]) -> None:
        board_id, now_ms = self._school.board_id, self._clock()
        ids = [outcome.minted for outcome in outcomes.values() if isinstance(outcome, Relinked)]
        if not ids and not any(isinstance(outcome, Unjoined) for outcome in outcomes.values()):
            return
        with writing(self._school_engine) as connection:
            known = minted.store(connection, ids, board_id=board_id, now_ms=now_ms)
            for claimed in claims:
                outcome = outcomes.get(claimed.seq)
                stands = known.get(outcome.minted.key) if isinstance(outcome, Relinked) else None
                if isinstance(outcome, Relinked) and stands is not None:
                    if stands.product != claimed.product:
                        # Two ids of two products cannot be one; should they be, neither is overwritten.
                        outcome = outcomes[claimed.seq] = Unjoined("not_its_own")
                    elif self._today(stands.source) != self._today(outcome.minted.source):
                        outcome = outcomes[claimed.seq] = Unjoined("mixed_sources")
                if isinstance(outcome, Unjoined):
                    self._quarantine(connection, claimed, outcome, now_ms)

    def _quarantine(self, connection: Connection, claimed: Claimed, outcome: Unjoined, now_ms: int) -> None:
        new = quarantine.store(
            connection, claimed, reason=outcome.reason, lengths=outcome.lengths, now_ms=now_ms
        )
        # A crash repeats the step; it is registered once.
        if new:
            details: dict[str, audit.DetailValue] = {"reason": outcome.reason}
            self._audit(connection, AuditEvent.RESULT_QUARANTINED, claimed, now_ms, details)

    def _verdict(self, claimed: Claimed, claims: list[Claimed], outcome: Outcome) -> Verdict:
        if isinstance(outcome, Unjoined):
            return Verdict(State.QUARANTINED, outcome.reason)
        if isinstance(outcome, NothingThere):
            return Verdict(State.DELIVERED, "nothing_there")
        if isinstance(outcome, WaitsFor):
            return self._waits(claimed)
        takers = self._takers(outcome.record)
        if not takers:
            return Verdict(State.KEPT, source=outcome.record.source)
        return self._hand_over(claimed, claims, outcome.record, takers)

    def _waits(self, claimed: Claimed) -> Verdict:
        now_ms = self._clock()
        if now_ms - claimed.received_at_ms > GIVE_UP_WAITING_MS:
            return Verdict(State.DEAD, "record_never_came")
        wait_ms = backoff_ms(claimed.attempts)
        return Verdict(State.WAITING, WAITS_FOR_RECORD, not_before_ms=now_ms + wait_ms)

    def _takers(self, record: SchoolResult) -> list[Taker]:
        every = self._school.takers
        systems = [taker for slug, taker in every.items() if self._today(slug) == slug]
        meant = systems if record.source is None else [every[record.source]]
        return [taker for taker in meant if taker.source.takes_results]

    def _hand_over(
        self,
        claimed: Claimed,
        claims: list[Claimed],
        record: SchoolResult,
        takers: list[Taker],
    ) -> Verdict:
        refused: Verdict | None = None
        taken = False
        for taker in takers:
            slug = taker.source.slug
            until_ms = self._pauses.until_ms(slug, now_ms=self._clock())
            if until_ms is not None:
                return Verdict(State.WAITING, "source_paused", slug, not_before_ms=until_ms, counts=False)
            if not self._still_held(claimed, claims):
                # Another worker has it by now; what this one says of it no longer counts.
                return Verdict(State.WAITING, "lease_lost", slug, counts=False)
            verdict = self._after(claimed, slug, hand_over(taker, record))
            if verdict.state is State.WAITING:
                return verdict
            if verdict.state is State.DEAD:
                refused = verdict
            else:
                taken = True
        # A category goes to every system of the school. One that takes none must not hold up the results of the
        # others; what refers to it there is refused there, and becomes a dead letter of its own.
        if refused is not None:
            return Verdict(State.DELIVERED, "refused_by_some") if taken else refused
        return Verdict(State.DELIVERED, source=record.source)

    def _still_held(self, claimed: Claimed, claims: list[Claimed]) -> bool:
        # Attack by accident: a hand-over that outlives its lease lets another worker write a newer version
        # first, and then overwrites it.
        now_ms = self._clock()
        if self._leased_at_ms <= now_ms and now_ms + HAND_OVER_MS < self._leased_at_ms + self._lease_ms:
            return True
        with writing(self._front) as connection:
            held = claiming.renew(connection, claims, now_ms=now_ms, lease_ms=self._lease_ms)
        self._leased_at_ms = now_ms
        return claimed.seq in held

    def _after(self, claimed: Claimed, slug: str, tried: Tried) -> Verdict:
        now_ms = self._clock()
        if tried.ending is Ending.LATER:
            self._pauses.failed(slug, tried.code, now_ms=now_ms)
            not_before_ms = now_ms + backoff_ms(claimed.attempts)
            return Verdict(State.WAITING, tried.code, slug, not_before_ms=not_before_ms)
        self._pauses.answered(slug)
        if tried.ending is Ending.REFUSED:
            return Verdict(State.DEAD, tried.code, slug)
        return Verdict(State.DELIVERED, source=slug)

    def _register(self, claims: list[Claimed], verdicts: Mapping[int, Verdict]) -> None:
        now_ms = self._clock()
        audited = [claim for claim in claims if verdicts[claim.seq].state in _EVENTS]
        if not audited:
            return
        with writing(self._school_engine) as connection:
            for claimed in audited:
                verdict = verdicts[claimed.seq]
                details: dict[str, audit.DetailValue] = {}
                if verdict.source is not None:
                    details["source"] = verdict.source
                if verdict.state is not State.KEPT:
                    details["attempts"] = claimed.attempts + 1
                if verdict.state is State.DEAD:
                    details["reason"] = verdict.reason or "refused"
                self._audit(connection, _EVENTS[verdict.state], claimed, now_ms, details)

    def _audit(
        self,
        connection: Connection,
        event: AuditEvent,
        claimed: Claimed,
        now_ms: int,
        details: Mapping[str, audit.DetailValue],
    ) -> None:
        audit.record(
            connection,
            event,
            board_id=self._school.board_id,
            actor=Actor.gateway(os_account=self._school.os_account),
            now_ms=now_ms,
            product=claimed.product,
            object_id=str(claimed.seq),
            details={
                "kind": claimed.kind.value,
                "operation": claimed.operation.value,
                "request_id": claimed.request_id,
                **details,
            },
        )

    def _settle(self, claims: list[Claimed], verdicts: Mapping[int, Verdict]) -> None:
        now_ms = self._clock()
        settled: dict[Settlement, list[Claimed]] = {}
        with writing(self._front) as connection:
            for claimed in claims:
                verdict = verdicts[claimed.seq]
                if verdict.state is State.WAITING:
                    claiming.put_off(
                        connection,
                        claimed,
                        not_before_ms=verdict.not_before_ms,
                        reason=verdict.reason or "",
                        source=verdict.source,
                        counts=verdict.counts,
                    )
                elif verdict.state is State.PARKED:
                    claiming.park(connection, claimed, under=verdict.under)
                else:
                    end = Settlement(verdict.state, verdict.reason, verdict.source)
                    settled.setdefault(end, []).append(claimed)
            for end, those in settled.items():
                claiming.settle(connection, those, end, now_ms=now_ms)


_EVENTS: Final = {
    State.DELIVERED: AuditEvent.RESULT_DELIVERED,
    State.KEPT: AuditEvent.RESULT_KEPT,
    State.DEAD: AuditEvent.RESULT_DEAD_LETTERED,
}
"""Ends that are registered here; quarantine is registered in rule 4, in the transaction of its row."""
