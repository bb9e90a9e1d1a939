"""Every refusal leaves one row in the audit log: reason, product, client, operation, request; never a value.

Who did not prove who it is could fill the log at will, and so could who asks too much; their refusals are counted, over
all workers of the door: the first of a kind is written at once, those that follow within a minute in one row with their
number, when the next comes after it.
"""

from __future__ import annotations

from contracts.instants import to_ms
from gateway.errors import GatewayError
from gateway.front.gate import Caller
from gateway.front.services import FrontServices
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit import DetailValue
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import Kind, ProductId


def register_unknown_caller(
    services: FrontServices,
    *,
    reason: str,
    status: int,
    operation: str,
    request_id: str,
) -> None:
    """Register that somebody who did not prove who it is was refused."""
    now_ms = to_ms(services.now())
    count = services.counts.due(f"{reason}/{operation}", now_ms=now_ms)
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


def register_limited(
    services: FrontServices, client_id: str, product: ProductId, *, operation: str, request_id: str
) -> None:
    """Register that a known caller asked too much: one row per client and minute, with the number it stands for."""
    now_ms = to_ms(services.now())
    count = services.counts.due(f"limited/{client_id}", now_ms=now_ms)
    if count == 0:
        return
    audit.record(
        services.engine,
        AuditEvent.REQUEST_REFUSED,
        board_id=services.board_id,
        actor=Actor.vendor(client_id),
        now_ms=now_ms,
        product=product,
        object_id=client_id,
        details={
            "reason": "rate_limited",
            "status": 429,
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
