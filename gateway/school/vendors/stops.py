"""Which vendors are stopped. The audit log is the only place where that stands.

A vendor is stopped when the newest of the two events about its KvK number is `VENDOR_STOPPED`. So a stop cannot
be lifted by removing or changing a row of a table: it takes an entry in a log that is proved whole.

Source: docs/decisions/0028.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from contracts.vendors import ProductOwner
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.registers.log import Where

_SWITCH: Final = frozenset({AuditEvent.VENDOR_STOPPED, AuditEvent.VENDOR_RESUMED})


@dataclass(frozen=True, slots=True)
class Stop:
    """A vendor that nothing goes to and nothing comes back from."""

    kvk: str
    since: str
    """UTC, as the register has it."""
    by: str
    """The name that was claimed."""
    reason: str


def stop_of(where: Where, *, board_id: str, kvk: str) -> Stop | None:
    """The stop under which a vendor stands now; None where it is not stopped.

    Raises:
        EntryUnreadable: the newest entry was changed; nothing may be published on the strength of it.
    """
    newest = audit.newest_of(where, _SWITCH, board_id=board_id, object_id=kvk)
    if newest is None or newest.event != AuditEvent.VENDOR_STOPPED:
        return None
    return Stop(
        kvk=kvk,
        since=newest.at,
        by=newest.actor.get("claim", ""),
        reason=str(newest.details.get("explanation", "")),
    )


@dataclass(frozen=True, slots=True)
class StoppedVendor:
    """A vendor with the stop under which it stands."""

    name: str
    products: tuple[str, ...]
    stop: Stop


def stopped(where: Where, owners: Iterable[ProductOwner], *, board_id: str) -> list[StoppedVendor]:
    """Every vendor that is stopped now, by name."""
    theirs: dict[str, list[ProductOwner]] = {}
    for owner in owners:
        theirs.setdefault(owner.kvk, []).append(owner)
    found = []
    for kvk, products in theirs.items():
        stop = stop_of(where, board_id=board_id, kvk=kvk)
        if stop is not None:
            names = tuple(owner.product for owner in products)
            found.append(StoppedVendor(products[-1].name, names, stop))
    return sorted(found, key=lambda each: each.name.casefold())
