"""The program of the school side: `python -m gateway.school.main`, started by `schuilnaam serve`.

Reads the passphrase from standard input, unlocks the ring, then answers first pulls, refreshes on time, delivers
results, and lets agreements begin and end on their day, until it is told to stop.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from contracts.errors import ContractError
from contracts.instants import to_ms
from gateway.database import tidy_log
from gateway.errors import GatewayError
from gateway.holdings.requests import claim_refresh_requests, finish_refresh_request
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import ProductId
from gateway.school import agreements, refreshing
from gateway.school.delivery.running import DeliveryRun
from gateway.school.services import SchoolServices, clock, open_services
from keys.custody import reload
from keys.errors import KeysError

POLL_SECONDS: Final = 0.25
CALENDAR_SECONDS: Final = 60
DELIVERY_IDLE_SECONDS: Final = 0.5


class SchoolSide:
    """The loops of the school side; each ends when `stop` is set."""

    def __init__(self, services: SchoolServices) -> None:
        self._services = services
        self.stop = threading.Event()

    def run(self) -> None:
        """Work until stopped: deliveries in a thread of their own, so that a long refresh delays no result."""
        delivering = threading.Thread(target=self._deliver, name="delivery")
        delivering.start()
        try:
            self._tend()
        finally:
            self.stop.set()
            delivering.join()

    def _tend(self) -> None:
        next_calendar = clock()
        while not self.stop.is_set():
            if clock() >= next_calendar:
                next_calendar = clock() + timedelta(seconds=CALENDAR_SECONDS)
                self._guarded(self._let_days_act)
                # So that no vendor's request has to.
                tidy_log(self._services.front)
                self._guarded(self._refresh_on_time)
            self._guarded(self._answer_first_pulls)
            self.stop.wait(POLL_SECONDS)

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except (GatewayError, ContractError, KeysError) as error:
            print(f"schuilnaam: {error} [{getattr(error, 'code', 'error')}]", file=sys.stderr, flush=True)

    def _let_days_act(self) -> None:
        now = clock()
        agreements.change(self._services, lambda book: book.advance(now), now=now)
        agreements.publish_current(self._services, now=now)

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
        if every == 0:
            return
        due = [
            ProductId(agreement.product)
            for agreement in agreements.active_agreements(services)
            if self._last_refresh_ms(agreement.product) <= to_ms(now - timedelta(hours=every))
        ]
        if due:
            reload(services.settings.ring_path, services.ring)
            refreshing.refresh(services, now=now, products=due)

    def _last_refresh_ms(self, product: str) -> int:
        found = audit.newest(
            self._services.school,
            AuditEvent.REFRESH_FINISHED,
            board_id=self._services.board_id,
            object_id=product,
        )
        # A product that was never refreshed waits for its first pull or a command: nothing is read unasked.
        return to_ms(clock()) if found is None else to_ms(datetime.fromisoformat(found.at))

    def _deliver(self) -> None:
        run = DeliveryRun(self._services, now=clock)
        while not self.stop.is_set():
            try:
                worked = run.once()
            except (GatewayError, KeysError) as error:
                print(f"schuilnaam: {error} [{getattr(error, 'code', 'error')}]", file=sys.stderr, flush=True)
                worked = 0
            if not worked:
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
        print(f"schuilnaam: {error} [{error.code}]", file=sys.stderr, flush=True)
        return error.exit_status
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: side.stop.set())
    side.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
