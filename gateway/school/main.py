"""The program of the school side: `python -m gateway.school.main`, started by `schuilnaam serve`.

Reads the passphrase from standard input, unlocks the ring, says on standard output whether it could, then answers
first pulls, refreshes on time, delivers results, lets agreements begin and end on their day with all that follows from
it, and sends mail, until it is told to stop.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from contracts.agreements import CompiledAgreement
from contracts.errors import ContractError
from contracts.instants import local_day, to_ms
from gateway.database import tidy_log
from gateway.errors import GatewayError
from gateway.holdings.reading import Holdings
from gateway.holdings.requests import claim_refresh_requests, finish_refresh_request
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import ProductId
from gateway.school import agreements, refreshing
from gateway.school.consents.expiring import end_consents
from gateway.school.delivery.running import DeliveryRun
from gateway.school.mail import sending
from gateway.school.services import SchoolServices, clock, open_services
from gateway.school.terms import running
from keys.custody import reload
from keys.errors import KeysError

POLL_SECONDS: Final = 0.25
CALENDAR_SECONDS: Final = 60
WATCH_SECONDS: Final = 1
"""How soon an agreement that was changed behind the program's back is noticed."""
DELIVERY_IDLE_SECONDS: Final = 0.5
MAIL_SECONDS: Final = 15
STOP_SECONDS: Final = 3
AGAIN: Final = timedelta(minutes=15)
"""How long a refresh on time that did not publish waits for its next try."""
AFTER_UNEXPECTED_SECONDS: Final = 2.0

_Answer = TypeVar("_Answer")


def _say(sentence: str) -> None:
    # The disk that is full may be the one that standard error goes to; saying so must not be what ends the loop.
    with contextlib.suppress(OSError):
        print(sentence, file=sys.stderr, flush=True)


class SchoolSide:
    """The loops of the school side; each ends when `stop` is set."""

    def __init__(self, services: SchoolServices, *, also: Callable[[], None] | None = None) -> None:
        """`also` is done at every round of the first loop, in its thread; the sandbox drives its board with it."""
        self._services = services
        self._also = also
        self._holdings = Holdings(
            services.front,
            services.storage_key,
            board_id=services.board_id,
            max_age_ms=services.settings.max_age_days * 86_400_000,
        )
        self._tried: dict[str, datetime] = {}
        self._agreements_seen = b""
        self._consents_ended_on: date | None = None
        self.stop = threading.Event()

    def run(self) -> None:
        """Work until stopped.

        Deliveries and mails have threads of their own: a long refresh delays no result, and a mail server that does
        not answer delays nothing.
        """
        delivering = threading.Thread(target=self._deliver, name="delivery")
        # Not waited for at the end: a mail under way is sent again after its lease.
        mailing = threading.Thread(target=self._send_mails, name="mail", daemon=True)
        delivering.start()
        mailing.start()
        try:
            self._tend()
        finally:
            self.stop.set()
            delivering.join()
            mailing.join(STOP_SECONDS)

    def _tend(self) -> None:
        next_calendar = next_watch = clock()
        started_by = os.getppid()
        # `serve` may be killed without a chance to stop its halves; then they stop by themselves.
        while not self.stop.is_set() and os.getppid() == started_by:
            if clock() >= next_calendar:
                next_calendar = clock() + timedelta(seconds=CALENDAR_SECONDS)
                self._guarded(self._let_days_act)
                self._guarded(self._let_consents_end)
                # So that no vendor's request has to.
                tidy_log(self._services.front)
                self._guarded(self._refresh_on_time)
            if clock() >= next_watch:
                next_watch = clock() + timedelta(seconds=WATCH_SECONDS)
                self._guarded(self._watch_agreements)
            self._guarded(self._answer_first_pulls)
            if self._also is not None:
                self._guarded(self._also)
            self.stop.wait(POLL_SECONDS)

    def _guarded(self, step: Callable[[], _Answer]) -> _Answer | None:
        # Whatever it was, the next step may succeed: a full disk, a database that restarts. A loop that ends
        # in silence would leave a gateway that takes results in and delivers none.
        try:
            return step()
        except (GatewayError, ContractError, KeysError) as error:
            _say(f"schuilnaam: {error} [{getattr(error, 'code', 'error')}]")
        except Exception as error:
            # Its own text may hold a value of a record; the name of its kind does not.
            kind = type(error).__name__
            _say(f"schuilnaam: A step failed: {kind}. [unexpected]")
            self.stop.wait(AFTER_UNEXPECTED_SECONDS)
        return None

    def _let_days_act(self) -> None:
        running.run(self._services, now=clock())

    def _watch_agreements(self) -> None:
        found = agreements.as_it_stands(self._services)
        if found != self._agreements_seen:
            agreements.publish_current(self._services, now=clock())
            # Of before: what was changed in between is seen the next time.
            self._agreements_seen = found

    def _let_consents_end(self) -> None:
        now = clock()
        today = local_day(now)
        if self._consents_ended_on == today:
            return
        # Also days on which nothing ran; what was refreshed longer ago is not served any more.
        since = today - timedelta(days=self._services.settings.max_age_days + 1)
        end_consents(self._services, since=since, now=now)
        self._consents_ended_on = today

    def _answer_first_pulls(self) -> None:
        services = self._services
        asked = claim_refresh_requests(services.front, board_id=services.board_id, now_ms=to_ms(clock()))
        if not asked:
            return
        reload(services.settings.ring_path, services.ring)
        done: set[ProductId] = set()
        try:
            outcomes = refreshing.refresh(services, now=clock(), products=asked)
            done = {outcome.product for outcome in outcomes}
        finally:
            for product in set(asked) - done:
                finish_refresh_request(
                    services.front,
                    board_id=services.board_id,
                    product=product,
                    now_ms=to_ms(clock()),
                    failure="nothing_to_refresh",
                )

    def _refresh_on_time(self) -> None:
        services, now = self._services, clock()
        every = services.settings.refresh_every_hours
        oldest = to_ms(now - timedelta(hours=every)) if every else 0
        # A source that is down, or a refresh that is held back, is not asked again every minute.
        due = [
            ProductId(agreement.product)
            for agreement in agreements.active_agreements(services)
            if (self._last_refresh_ms(agreement.product) <= oldest or self._released_under_another(agreement))
            and now - self._tried.get(agreement.product, datetime.min.replace(tzinfo=UTC)) > AGAIN
        ]
        if due:
            self._tried.update(dict.fromkeys(due, now))
            reload(services.settings.ring_path, services.ring)
            refreshing.refresh(services, now=now, products=due)

    def _released_under_another(self, agreement: CompiledAgreement) -> bool:
        """Whether what a product holds was released under other terms than those of today."""
        try:
            held = self._holdings.current(ProductId(agreement.product), now_ms=to_ms(clock()))
        except GatewayError:
            return True
        return held is not None and held.plan_digest != agreement.digest

    def _last_refresh_ms(self, product: str) -> int:
        found = audit.newest(
            self._services.school,
            AuditEvent.REFRESH_FINISHED,
            board_id=self._services.board_id,
            object_id=product,
        )
        # A product that was never refreshed waits for its first pull or a command: nothing is read unasked.
        return to_ms(clock()) if found is None else to_ms(datetime.fromisoformat(found.at))

    def _send_mails(self) -> None:
        while not self.stop.is_set():
            sent = self._guarded(lambda: sending.send_due(self._services, now=clock))
            if sent is not None and sent.failure is not None:
                # Once per failing round; the outbox says which, and when they are tried again.
                print(f"schuilnaam: A mail could not be sent. [{sent.failure}]", file=sys.stderr, flush=True)
            self.stop.wait(MAIL_SECONDS)

    def _deliver(self) -> None:
        run = DeliveryRun(self._services, now=clock)
        while not self.stop.is_set():
            if not self._guarded(lambda: run.once(self.stop)):
                self.stop.wait(DELIVERY_IDLE_SECONDS)
        run.close()


def main(arguments: list[str] | None = None) -> int:
    """Run the school side until stopped; returns the exit status."""
    parser = argparse.ArgumentParser(prog="gateway.school.main")
    parser.add_argument("--home", type=Path, required=True)
    given = parser.parse_args(arguments)
    try:
        passphrase = sys.stdin.buffer.read()
        services = open_services(given.home).unlock(passphrase)
        side = SchoolSide(services)
    except (GatewayError, KeysError) as error:
        # To `schuilnaam serve`, which tells it to the person at the keyboard.
        print(json.dumps({"code": error.code, "message": error.sentence()}), flush=True)
        return error.exit_status
    print(json.dumps({"code": "at_work"}), flush=True)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: side.stop.set())
    side.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
