"""One record to the systems of the school that are meant, and what becomes of it.

A record goes to one system, or (a category) to every one that takes results. The state of delivery is each system's
own: one that is down, refuses or is behind holds up nothing at the others. So where at least one has the record, it
counts as delivered, and what the others still have to get is owed to them (`gateway.inbox.owed`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gateway.inbox.claiming import WAITS_FOR_RECORD, Claimed
from gateway.inbox.owed import Due
from gateway.inbox.tables import State
from gateway.school.delivery.attempts import SourcePauses, backoff_ms
from gateway.school.delivery.outbox import Ending, Taker, hand_over
from gateway.school.relink.accept import SchoolResult

REFUSED_BY_SOME: Final = "refused_by_some"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one claimed record."""

    state: State
    reason: str | None = None
    source: str | None = None
    not_before_ms: int = 0
    counts: bool = True
    under: int = 0
    owed: tuple[Due, ...] = ()
    """Systems that have still to get what counts as delivered."""


class HandingOver:
    """Hands records over, with the pauses of systems that are down."""

    def __init__(
        self, takers: Mapping[str, Taker], *, pauses: SourcePauses, clock: Callable[[], int]
    ) -> None:
        self._takers = takers
        self._pauses = pauses
        self._clock = clock

    def takers(self, record: SchoolResult, *, systems: Collection[str]) -> list[Taker]:
        """Who takes this record; `systems` are the sources that stand for the systems of the school."""
        meant = systems if record.source is None else (record.source,)
        return [self._takers[slug] for slug in meant if self._takers[slug].source.takes_results]

    def taker(self, slug: str) -> Taker | None:
        """One source, where it takes results."""
        taker = self._takers.get(slug)
        return taker if taker is not None and taker.source.takes_results else None

    def to_each(
        self,
        claimed: Claimed,
        record: SchoolResult,
        takers: Sequence[Taker],
        *,
        behind: Collection[str],
        still_held: Callable[[], bool],
    ) -> Verdict:
        """Hand one record to each.

        Args:
            behind: systems at which it must wait, because they are owed something that comes before it.
            still_held: asked before each try; False: another worker has it by now.
        """
        refused: Verdict | None = None
        later: list[Verdict] = []
        taken: list[str] = []
        for taker in takers:
            slug = taker.source.slug
            verdict = self._not_now(claimed, slug, behind)
            if verdict is None:
                if not still_held():
                    # What this one says of it no longer counts.
                    return Verdict(State.WAITING, "lease_lost", slug, counts=False)
                verdict = self.to_one(claimed, record, taker)
            if verdict.state is State.WAITING:
                later.append(verdict)
            elif verdict.state is State.DEAD:
                refused = verdict
            else:
                taken.append(slug)
        return self._together(taken, later, refused, len(takers))

    def _together(
        self, taken: Sequence[str], later: Sequence[Verdict], refused: Verdict | None, count: int
    ) -> Verdict:
        if not taken:
            # Nobody has it, so nothing that refers to it can go anywhere.
            if not later:
                assert refused is not None
                return refused
            first = min(later, key=lambda each: each.not_before_ms)
            # Meant for several, it does not wait for one of them.
            return first if count == 1 else replace(first, source=None)
        owed = tuple(Due(each.source or "", each.reason or "", each.not_before_ms) for each in later)
        # One that refuses it must not hold up the results of the others; what refers to it there is refused there, and
        # becomes a dead letter of its own.
        reason = REFUSED_BY_SOME if refused is not None else None
        # Of one that went to every system no source is noted, unless it is known to stand in one only.
        source = taken[0] if len(taken) == 1 and (count == 1 or owed) else None
        return Verdict(State.DELIVERED, reason, source, owed=owed)

    def _not_now(self, claimed: Claimed, slug: str, behind: Collection[str]) -> Verdict | None:
        now_ms = self._clock()
        until_ms = self._pauses.until_ms(slug, now_ms=now_ms)
        if until_ms is not None:
            return Verdict(State.WAITING, "source_paused", slug, not_before_ms=until_ms, counts=False)
        if slug in behind:
            wait_ms = backoff_ms(claimed.attempts)
            return Verdict(State.WAITING, WAITS_FOR_RECORD, slug, not_before_ms=now_ms + wait_ms)
        return None

    def to_one(self, claimed: Claimed, record: SchoolResult, taker: Taker) -> Verdict:
        """One try at one system."""
        slug, tried = taker.source.slug, hand_over(taker, record)
        now_ms = self._clock()
        if tried.ending is Ending.LATER:
            self._pauses.failed(slug, tried.code, now_ms=now_ms)
            not_before_ms = now_ms + backoff_ms(claimed.attempts)
            return Verdict(State.WAITING, tried.code, slug, not_before_ms=not_before_ms)
        self._pauses.answered(slug)
        if tried.ending is Ending.REFUSED:
            return Verdict(State.DEAD, tried.code, slug)
        return Verdict(State.DELIVERED, source=slug)
