"""The calendar at work: what is due today is done and told, once. Driven by the school side's minute and `terms run`.

 1. ends and closings whose day has come are recorded, and the vendors' door hears of what begins or ends
 2. deletion terms of earlier ends that have none yet begin
 3. clocks and plans of products that go on under another agreement stop
 4. plans to destroy pseudonyms whose day has come become proposals
 5. reminders go into the outbox

Running it twice, or in two processes at once, does nothing twice: rows have keys, and steps 2 to 5 hold the lock of the
register of agreements. It needs no ring.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from contracts import calendar
from contracts.calendar import Occasion, Reminder
from contracts.instants import in_utc, local_day, to_ms
from contracts.reading import AgreementReader
from contracts.terms import DeletionState, ShreddingClosed, ShreddingState, goes_on
from contracts.transitions import RUNNING, Version
from gateway.registers import audit
from gateway.registers.audit import DetailValue
from gateway.registers.audit_events import AuditEvent
from gateway.school import agreements
from gateway.school.mail.outbox import Outbox
from gateway.school.mail.phrases import Phrase
from gateway.school.mail.wording import Fact
from gateway.school.services import SchoolServices
from gateway.school.terms import follow, stored, subprocessors


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What one run of the calendar did."""

    transitions: int
    """Ends and closings that were recorded."""
    deletions: int
    """Deletion terms that began, not counting those of the ends just recorded."""
    continued: int
    proposed: int
    told: int
    """Mails that were put into the outbox."""


def run(services: SchoolServices, *, now: datetime) -> Ran:
    """Do what is due.

    Raises:
        GatewayUnready: a register cannot be written; run it again.
    """
    moved = agreements.change(services, lambda book: book.advance(now), now=now)
    agreements.publish_current(services, now=now)
    with agreements.standing_still(services) as (connection, register):
        today = _Today(services, connection, register, now=now)
        begun = follow.start_missing(services, connection, register, now=now)
        continued = today.let_go_on()
        proposed = today.propose()
        told = sum(today.tell(reminder) for reminder in today.due())
    return Ran(transitions=len(moved), deletions=begun, continued=continued, proposed=proposed, told=told)


class _Today:
    """One run, within its transaction."""

    def __init__(
        self, services: SchoolServices, connection: Connection, register: AgreementReader, *, now: datetime
    ) -> None:
        self._services = services
        self._connection = connection
        self._now = now
        self._today = local_day(now)
        # Altered versions are not among them: nothing is told on the strength of a row that somebody changed.
        self._versions = {version.reference: version for version in register.listing()}
        self._vendor_of = {owner.product: owner.name for owner in register.products()}
        self._outbox = Outbox(connection, services.settings, now=now)

    def let_go_on(self) -> int:
        """Stop what is open of products that another agreement covers now."""
        board, count = self._services.board_id, 0
        for deletion in stored.deletions_of(self._connection, board_id=board):
            clock = deletion.clock
            if clock.state(self._today) not in (DeletionState.DUE, DeletionState.OVERDUE):
                continue
            under = self._going_on(clock.agreement, clock.product)
            if under is None:
                continue
            stored.continue_deletion(self._connection, clock, under, board_id=board)
            self._record(AuditEvent.DELETION_CONTINUED, clock.agreement, clock.product, {"codes": (under,)})
            facts = {"product": clock.product, "agreement": clock.agreement, "under": under}
            self._outbox.tell(
                Occasion.DELETION_CONTINUED,
                f"deletion_continued {clock.agreement} {clock.product}",
                {**facts, "vendor": self._vendor(clock.product)},
                agreement=clock.agreement,
                product=clock.product,
            )
            count += 1
        for each in stored.plans_of(self._connection, board_id=board):
            plan = each.plan
            under = self._going_on(plan.agreement, plan.product)
            if plan.closed is not None or under is None:
                continue
            now_ms = to_ms(self._now)
            stored.close_plan(
                self._connection, plan, ShreddingClosed.CONTINUED, board_id=board, now_ms=now_ms
            )
            self._record(AuditEvent.SHREDDING_CONTINUED, plan.agreement, plan.product, {"codes": (under,)})
            count += 1
        return count

    def propose(self) -> int:
        """Write down which plans became proposals today."""
        count = 0
        for each in stored.plans_of(self._connection, board_id=self._services.board_id):
            plan = each.plan
            if plan.state(self._today) is ShreddingState.PROPOSED and stored.propose(
                self._connection, plan, board_id=self._services.board_id, now_ms=to_ms(self._now)
            ):
                on: dict[str, DetailValue] = {"on": plan.shred_on.isoformat()}
                self._record(AuditEvent.SHREDDING_PROPOSED, plan.agreement, plan.product, on)
                count += 1
        return count

    def due(self) -> list[Reminder]:
        """Everything that is due to be told today; whether it was told before, the outbox knows."""
        board = self._services.board_id
        found: list[Reminder] = []
        for version in self._versions.values():
            if version.state in RUNNING:
                going_on = [
                    product for product in version.products if self._after_end(version, product) is not None
                ]
                found += calendar.of_agreement(version, self._today, going_on=going_on)
        for deletion in stored.deletions_of(self._connection, board_id=board):
            found += calendar.of_deletion(deletion.clock, self._today)
        for notice in stored.notices_of(self._connection, board_id=board):
            found += calendar.of_notice(notice.notice, self._today)
        for plan in stored.plans_of(self._connection, board_id=board):
            found += calendar.of_shredding(plan.plan, self._today)
        return found

    def tell(self, reminder: Reminder) -> bool:
        """Put a reminder into the outbox; False where it was there before."""
        told = self._outbox.tell(
            reminder.occasion,
            reminder.key,
            self._facts(reminder),
            agreement=reminder.agreement,
            product=reminder.product,
        )
        if told and reminder.occasion is Occasion.DELETION_OVERDUE:
            details: dict[str, DetailValue] = {
                "on": reminder.on.isoformat(),
                "count": (self._today - reminder.on).days,
            }
            self._record(
                AuditEvent.DELETION_FOUND_OVERDUE, reminder.agreement, reminder.product or "", details
            )
        return told

    def _facts(self, reminder: Reminder) -> dict[str, Fact]:
        facts: dict[str, Fact] = {"agreement": reminder.agreement, "on": reminder.on}
        if reminder.number is not None:
            (notice,) = [
                each.notice
                for each in stored.notices_of(self._connection, board_id=self._services.board_id)
                if each.notice.number == reminder.number
            ]
            version = self._versions.get(reminder.agreement)
            vendor = reminder.agreement if version is None else version.agreement.processor.name
            return facts | subprocessors.facts_of(notice, vendor=vendor)
        if reminder.product is None:
            return facts | self._facts_of(self._versions[reminder.agreement])
        facts |= {"product": reminder.product, "vendor": self._vendor(reminder.product)}
        for deletion in stored.deletions_of(
            self._connection, board_id=self._services.board_id, product=reminder.product
        ):
            clock = deletion.clock
            if clock.agreement == reminder.agreement:
                facts |= {
                    "ended_on": clock.ended_on,
                    "clause": clock.clause,
                    "backups_on": clock.backups_on,
                    "backups": Phrase.NO_BACKUPS if clock.backups_on is None else Phrase.BACKUPS,
                }
        return facts

    def _facts_of(self, version: Version) -> dict[str, Fact]:
        until = version.inbound_until()
        results_until = None if until is None else date.fromordinal(local_day(until).toordinal() - 1)
        return {
            "vendor": version.agreement.processor.name,
            "products": version.products,
            "results_until": results_until,
        }

    def _after_end(self, version: Version, product: str) -> str | None:
        until = version.outbound_until()
        if until is None:
            return None
        return goes_on(product, self._others(version.reference), at=until)

    def _going_on(self, reference: str, product: str) -> str | None:
        return goes_on(product, self._others(reference), at=in_utc(self._now))

    def _others(self, reference: str) -> list[Version]:
        return [version for version in self._versions.values() if version.reference != reference]

    def _vendor(self, product: str) -> str:
        return self._vendor_of.get(product, product)

    def _record(
        self, event: AuditEvent, reference: str, product: str, details: dict[str, DetailValue]
    ) -> None:
        audit.record(
            self._connection,
            event,
            board_id=self._services.board_id,
            actor=self._services.gateway(),
            now_ms=to_ms(self._now),
            product=product,
            object_id=reference,
            details=details,
        )
