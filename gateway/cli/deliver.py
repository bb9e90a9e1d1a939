"""`schuilnaam deliver`, `quarantine` and `dead-letters`: what vendors returned, on its way to the right pupil."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime
from typing import Final

import click

from contracts.instants import to_ms
from gateway.cli.console import Console, standard_options
from gateway.database import reading, writing
from gateway.errors import UsageError
from gateway.inbox import letters, owed
from gateway.inbox.tables import State
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.school import agreements
from gateway.school.delivery.running import DeliveryRun
from gateway.school.relink import quarantine as kept_apart
from gateway.school.services import clock

_PUBLISH_SECONDS: Final = 60.0


def _at(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1_000, UTC).isoformat(timespec="seconds")


@click.command()
@click.option("--once", is_flag=True, help="Deliver what is due and stop; default: go on until stopped.")
@standard_options
def deliver(console: Console, once: bool) -> None:
    """Join what vendors returned to pupils and write it to the school's system."""
    services = console.services(unlocked=True)
    run = DeliveryRun(services, now=clock)
    tally: dict[State, int] = {}
    published_at = -math.inf
    try:
        while True:
            if time.monotonic() - published_at >= _PUBLISH_SECONDS:
                # Nothing is delivered for a product of which register and door say different things.
                published_at = time.monotonic()
                agreements.publish_current(services, now=clock())
            for state, count in run.tally().items():
                tally[state] = tally.get(state, 0) + count
            if once:
                break
            time.sleep(1)
    except KeyboardInterrupt:
        console.progress("Stopped.")
    finally:
        run.close()
    with reading(services.front) as connection:
        standing = letters.counts(connection, board_id=services.board_id)
        still_owed = owed.counts(connection, board_id=services.board_id)
    moved = {state.value: count for state, count in tally.items()}
    console.answer(
        {
            "moved": moved,
            "standing": {state.value: count for state, count in standing.items()},
            "owed": still_owed,
        },
        "\n".join(f"{count:>6} {state}" for state, count in moved.items()) or "Nothing was due.",
    )


@click.group()
def quarantine() -> None:
    """What was returned and could be joined to nobody."""


@quarantine.command("list")
@standard_options
def quarantine_list(console: Console) -> None:
    """Every record kept apart: product, time and reason, without identity."""
    services = console.services()
    with reading(services.school) as connection:
        found = kept_apart.listed(connection, board_id=services.board_id)
        alarms = kept_apart.alarms(connection, board_id=services.board_id, now_ms=to_ms(clock()))
    rows = [
        {
            "id": each.id,
            "product": each.product,
            "client_id": each.client_id,
            "kind": each.kind.value,
            "operation": each.operation,
            "reason": each.reason,
            "lengths": each.lengths,
            "request_id": each.request_id,
            "received_at": _at(each.received_at_ms),
        }
        for each in found
    ]
    lines = [
        f"{row['id']:>6} {row['received_at']} {row['product']} {row['kind']} {row['reason']}" for row in rows
    ]
    lines += [f"ALARM: {product} sent {count} of these in one day." for product, count in alarms.items()]
    console.answer(
        {"quarantine": rows, "alarms": {str(product): count for product, count in alarms.items()}},
        "\n".join(lines) or "The quarantine is empty.",
    )


@click.group("dead-letters")
def dead_letters() -> None:
    """What the school's system refused for good."""


@dead_letters.command("list")
@standard_options
def dead_letters_list(console: Console) -> None:
    """Every dead letter with its reason, and how many records wait for it."""
    services = console.services()
    with reading(services.front) as connection:
        found = letters.dead_letters(connection, board_id=services.board_id)
    rows = [
        {
            "id": each.id,
            "product": each.product,
            "kind": each.kind.value,
            "operation": each.operation,
            "reason": each.reason,
            "source": each.source,
            "attempts": each.attempts,
            "parked": each.parked,
            "received_at": _at(each.received_at_ms),
        }
        for each in found
    ]
    lines = [
        f"{row['id']:>6} {row['received_at']} {row['product']} {row['kind']} {row['reason']} ({row['parked']} wait)"
        for row in rows
    ]
    console.answer({"dead_letters": rows}, "\n".join(lines) or "There are no dead letters.")


@dead_letters.command("retry")
@click.argument("id")
@standard_options
def dead_letters_retry(console: Console, id: str) -> None:
    """Put a dead letter, and what waits for it, back in the queue."""
    services = console.services()
    if not id.isdecimal() or len(id) > 18:
        raise UsageError("ID is the number of a dead letter.", code="no_such_dead_letter")
    with writing(services.front) as connection:
        count = letters.retry(connection, board_id=services.board_id, letter_id=int(id))
    audit.record(
        services.school,
        AuditEvent.DEAD_LETTER_RETRIED,
        board_id=services.board_id,
        actor=services.operator(),
        now_ms=to_ms(clock()),
        object_id=id,
        details={"count": count},
    )
    console.answer({"id": int(id), "retried": count}, f"{count} records are in the queue again.")
