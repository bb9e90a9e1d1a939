"""The worker of the school side: takes what vendors returned out of the inbox and brings it to the right pupil.

Ordered rules of one round:
1. Claim what is due, in order (`gateway.inbox.claiming`). Within one claim no record depends on another.
2. What depends on a dead letter is parked under it; what came before the record that it refers to, waits; so
   does everything of a product whose agreement was altered.
3. Join each record (`gateway.school.relink.accept`).
4. Commit what must be known before anything leaves: the rows that lead back from ids, and the quarantine.
5. Hand over, one by one, each within the lease.
6. Register what happened, and commit that.
7. Say in the inbox what became of each, and what systems that were down are still owed (`handing`, `inbox.owed`).

A crash before 7 repeats the round: the same ids and contents are written again, and registered again.
Between 6 and 7 nothing else may come: an entry of the audit log is never lost, at worst doubled.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from functools import partial
from threading import Event
from typing import Final

from sqlalchemy import Connection, Engine

from gateway.database import reading, writing
from gateway.inbox import claiming, holders, letters, owed
from gateway.inbox.claiming import LEASE_MS, WAITS_FOR_RECORD, Claimed, Settlement
from gateway.inbox.tables import State
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.school.delivery.attempts import SourcePauses, backoff_ms
from gateway.school.delivery.handing import REFUSED_BY_SOME, HandingOver, Verdict
from gateway.school.delivery.joining import Joining, School
from gateway.school.relink import minted, quarantine
from gateway.school.relink.accept import (
    NothingThere,
    Outcome,
    Relinked,
    Unjoined,
    WaitsFor,
)

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
        self._handing = HandingOver(school.takers, pauses=self._pauses, clock=clock)
        self._joining = Joining(school_engine, school, clock=clock)
        self._leased_at_ms = 0
        self._bodies_dropped_at_ms = 0
        self._look_again_at = 0.0
        self._look_for_gone_at = 0.0

    def run(self, stop: Event, *, idle_seconds: float = 1.0) -> None:
        """Deliver until `stop` is set."""
        while not stop.is_set():
            if not self.once(stop):
                stop.wait(idle_seconds)

    def once(self, stop: Event | None = None) -> dict[State, int]:
        """Deliver everything that is due, and stop; how many records went to which state.

        Args:
            stop: looked at between rounds: a backlog of a day must not keep a service from being stopped.
        """
        tally: dict[State, int] = {}
        while not (stop is not None and stop.is_set()) and (verdicts := self.round() + self.owed_round()):
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
        verdicts, behind = self._held_up(claims)  # (2)
        outcomes, waiting = self._joining.join([each for each in claims if each.seq not in verdicts])  # (3)
        verdicts |= waiting
        self._commit_before_leaving(claims, outcomes)  # (4)
        for claimed in claims:
            if claimed.seq in outcomes:
                at = behind.get(claimed.seq, frozenset())
                verdicts[claimed.seq] = self._verdict(claimed, claims, outcomes[claimed.seq], at)  # (5)
        self._register(claims, verdicts)  # (6)
        self._settle(claims, verdicts)  # (7)
        return [verdicts[claimed.seq] for claimed in claims]

    def owed_round(self) -> list[Verdict]:
        """One record that one system is still owed; empty where none is due. A hand-over fits into its lease."""
        found = self._claim_owed()
        if found is None:
            return []
        verdict = self._owed_verdict(found)
        if verdict.state is State.DELIVERED:
            self._register([found.claimed], {found.claimed.seq: verdict})
        with writing(self._front) as connection:
            if verdict.state is State.WAITING:
                owed.put_off(
                    connection,
                    found,
                    not_before_ms=verdict.not_before_ms,
                    reason=verdict.reason or "",
                    counts=verdict.counts,
                )
            else:
                owed.settle(
                    connection, found, reason=REFUSED_BY_SOME if verdict.state is State.DEAD else None
                )
        return [verdict]

    def _claim_owed(self) -> owed.Owed | None:
        now_ms, board_id = self._clock(), self._school.board_id
        with reading(self._front) as connection:
            if not owed.counts(connection, board_id=board_id):
                return None
        with writing(self._front) as connection:
            return owed.claim_next(
                connection,
                board_id=board_id,
                token=holders.new_name(),
                now_ms=now_ms,
                lease_ms=self._lease_ms,
                except_sources=self._pauses.paused(now_ms=now_ms),
            )

    def _owed_verdict(self, found: owed.Owed) -> Verdict:
        claimed, taker = found.claimed, self._handing.taker(found.source)
        outcomes, waiting = self._joining.join([claimed])
        if claimed.seq in waiting:
            return waiting[claimed.seq]
        outcome = outcomes[claimed.seq]
        if taker is None or not isinstance(outcome, Relinked):
            # The source takes no results any more, or what it was to get can no longer be joined: the others have it.
            return Verdict(State.KEPT, source=found.source)
        return self._handing.to_one(claimed, outcome.record, taker)

    def _release_gone(self) -> None:
        """What a worker of this machine held when it was killed is taken over; its lease need not be waited for."""
        now = self._monotonic()
        if now < self._look_for_gone_at:
            return
        self._look_for_gone_at = now + LOOK_FOR_GONE_SECONDS
        board_id = self._school.board_id
        with reading(self._front) as connection:
            names = claiming.holders(connection, board_id=board_id)
            names += owed.holders(connection, board_id=board_id)
        if gone := [name for name in names if holders.is_gone(name)]:
            with writing(self._front) as connection:
                claiming.release(connection, gone, board_id=board_id)
                owed.release(connection, gone, board_id=board_id)

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
        probing = self._pauses.probing(now_ms=now_ms)
        with reading(self._front) as connection:
            look = partial(
                claiming.candidates,
                connection,
                board_id=self._school.board_id,
                now_ms=now_ms,
                lease_ms=self._lease_ms,
            )
            seqs = look(limit=BATCH, except_sources=[*self._pauses.paused(now_ms=now_ms), *probing])
            # A source that was down gets one record first, not fifty; the others go on as ever.
            for source in probing:
                seqs += look(limit=1, of_source=source)
        if not seqs:
            # A backlog that waits for one line item takes long to look through: a tenth of the time at most.
            took = self._monotonic() - started
            self._look_again_at = started + (10 * took if took > LONG_LOOK_SECONDS else 0)
        return seqs

    def _held_up(self, claims: list[Claimed]) -> tuple[dict[int, Verdict], Mapping[int, frozenset[str]]]:
        """What waits or is parked, and at which systems the others must wait."""
        with reading(self._front) as connection:
            depends = claiming.dependences(connection, claims)
            behind = owed.behind(connection, claims)
        held_up: dict[int, Verdict] = {}
        for claimed in claims:
            on = depends.get(claimed.seq)
            if on is not None:
                parked = on.dead is not None
                held_up[claimed.seq] = (
                    Verdict(State.PARKED, under=on.dead or 0) if parked else self._waits(claimed)
                )
        return held_up, behind

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
                    elif self._joining.today(stands.source) != self._joining.today(outcome.minted.source):
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

    def _verdict(
        self, claimed: Claimed, claims: list[Claimed], outcome: Outcome, behind: Collection[str]
    ) -> Verdict:
        if isinstance(outcome, Unjoined):
            return Verdict(State.QUARANTINED, outcome.reason)
        if isinstance(outcome, NothingThere):
            return Verdict(State.DELIVERED, "nothing_there")
        if isinstance(outcome, WaitsFor):
            return self._waits(claimed)
        systems = [slug for slug in self._school.takers if self._joining.today(slug) == slug]
        takers = self._handing.takers(outcome.record, systems=systems)
        if not takers:
            return Verdict(State.KEPT, source=outcome.record.source)
        return self._handing.to_each(
            claimed,
            outcome.record,
            takers,
            behind=behind,
            still_held=partial(self._still_held, claimed, claims),
        )

    def _waits(self, claimed: Claimed) -> Verdict:
        now_ms = self._clock()
        if now_ms - claimed.received_at_ms > GIVE_UP_WAITING_MS:
            return Verdict(State.DEAD, "record_never_came")
        wait_ms = backoff_ms(claimed.attempts)
        return Verdict(State.WAITING, WAITS_FOR_RECORD, not_before_ms=now_ms + wait_ms)

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
                held = claiming.settle(connection, those, end, now_ms=now_ms)
                for claimed in those:
                    if claimed.seq in held and (due := verdicts[claimed.seq].owed):
                        owed.owe(connection, claimed, due)


_EVENTS: Final = {
    State.DELIVERED: AuditEvent.RESULT_DELIVERED,
    State.KEPT: AuditEvent.RESULT_KEPT,
    State.DEAD: AuditEvent.RESULT_DEAD_LETTERED,
}
"""Ends that are registered here; quarantine is registered in rule 4, in the transaction of its row."""
