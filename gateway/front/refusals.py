"""Every refusal leaves one row in the audit log: reason, product, client, operation, request; never a value.

Who did not prove who it is could fill the log at will, so its refusals are counted: the first of a kind is
written at once, those that follow within a minute in one row with their number, when the next comes after it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

from contracts.instants import to_ms
from gateway.errors import GatewayError
from gateway.front.gate import Caller
from gateway.front.services import FrontServices
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit import DetailValue
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import Kind, ProductId

COUNTED_FOR_MS: Final = 60_000


@dataclass(slots=True)
class RefusalCounter:
    """Refusals of callers who did not prove who they are, per worker process."""

    _first_at_ms: dict[tuple[str, str], int] = field(default_factory=dict)
    _repeats: dict[tuple[str, str], int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def due(self, reason: str, operation: str, *, now_ms: int) -> int:
        """How many refusals the row that is due now stands for; 0 when none is due."""
        key = (reason, operation)
        with self._lock:
            first = self._first_at_ms.get(key)
            if first is not None and 0 <= now_ms - first < COUNTED_FOR_MS:
                self._repeats[key] = self._repeats.get(key, 0) + 1
                return 0
            self._first_at_ms[key] = now_ms
            return 1 + self._repeats.pop(key, 0)


def register_unknown_caller(
    services: FrontServices,
    counter: RefusalCounter,
    *,
    reason: str,
    status: int,
    operation: str,
    request_id: str,
) -> None:
    """Register that somebody who did not prove who it is was refused."""
    now_ms = to_ms(services.now())
    count = counter.due(reason, operation, now_ms=now_ms)
    if count == 0:
        return
    audit.record(
        services.engine,
        AuditEvent.CLIENT_REFUSED,
        board_id=services.board_id,
        actor=Actor.vendor(None),
        now_ms=now_ms,
        details={
            "reason": reason,
            "status": status,
            "operation": operation,
            "request_id": request_id,
            "count": count,
        },
    )


def register_refusal(
    services: FrontServices,
    *,
    client_id: str,
    product: ProductId,
    request_id: str,
    reason: str,
    status: int,
    operation: str,
    kind: Kind | None = None,
    returning: bool = False,
) -> None:
    """Register that a known caller was refused.

    Raises:
        GatewayUnready: the register cannot be written; nothing of the request may happen.
    """
    details: dict[str, DetailValue] = {
        "reason": reason,
        "status": status,
        "operation": operation,
        "request_id": request_id,
    }
    if kind is not None:
        details["kind"] = kind.value
    audit.record(
        services.engine,
        AuditEvent.RESULT_REFUSED if returning else AuditEvent.REQUEST_REFUSED,
        board_id=services.board_id,
        actor=Actor.vendor(client_id),
        now_ms=to_ms(services.now()),
        product=product,
        object_id=client_id,
        details=details,
    )


def register_unsent(
    services: FrontServices, caller: Caller, *, disclosure: int, kind: Kind, refusal: GatewayError
) -> None:
    """Say of a registered disclosure that it was refused before its first byte left."""
    audit.record(
        services.engine,
        AuditEvent.DISCLOSURE_NOT_SENT,
        board_id=services.board_id,
        actor=Actor.vendor(caller.session.client_id),
        now_ms=to_ms(services.now()),
        product=caller.product,
        object_id=caller.session.client_id,
        details={
            "disclosure": disclosure,
            "reason": refusal.code,
            "kind": kind.value,
            "request_id": caller.request_id,
        },
    )
