"""The audit log: what happened, who set it off, and how it ended; in two logs, one per database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.registers import log as register_log
from gateway.registers.actors import Actor
from gateway.registers.audit_events import DETAILS, LOG_OF, AuditEvent, fits
from gateway.registers.log import Where
from gateway.registers.tables import Log

DetailValue = int | str | Sequence[str] | Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Audited:
    """One entry as registered."""

    seq: int
    at: str
    event: str
    """Text, so that an entry of a newer program can still be shown."""
    actor: Mapping[str, str]
    product: str | None
    object_id: str | None
    details: Mapping[str, object]


def record(
    where: Where,
    event: AuditEvent,
    *,
    board_id: str,
    actor: Actor,
    now_ms: int,
    product: str | None = None,
    object_id: str | None = None,
    details: Mapping[str, DetailValue] | None = None,
) -> int:
    """Register an event in the log to which it belongs (`LOG_OF`); returns its `seq`.

    Args:
        where: an engine or write transaction of the database in which that log stands.
        object_id: of what it is about: a client, an agreement, a source; never of a person.
        details: only those that `DETAILS` allows for this event, each in its shape.

    Raises:
        ValueError: a detail is not allowed for this event, or has not its shape; values are not shown.
        GatewayUnready: code `register_unwritable`.
    """
    fields: dict[str, object] = {
        "event": event.value,
        "actor": actor.entry(),
        "product": product,
        "object": object_id,
        "details": _checked(event, details or {}),
    }
    return register_log.append(where, LOG_OF[event], board_id=board_id, now_ms=now_ms, fields=fields)


def _checked(event: AuditEvent, details: Mapping[str, DetailValue]) -> dict[str, object]:
    shapes = {detail.name: detail.shape for detail in DETAILS[event]}
    checked: dict[str, object] = {}
    for name, given in details.items():
        if name not in shapes:
            raise ValueError(
                f"{event.value} has no such detail; allowed: {', '.join(sorted(shapes)) or 'none'}"
            )
        value: object = given
        if isinstance(given, Mapping):
            value = dict(given)
        elif not isinstance(given, str | int):
            value = tuple(given)
        if not fits(shapes[name], value):
            raise ValueError(f"{event.value}: the detail {name} is not a {shapes[name].value}")
        checked[name] = value
    return checked


def newest(where: Where, event: AuditEvent, *, board_id: str, object_id: str) -> Audited | None:
    """The latest entry of this event about this object; None when there is none."""
    matching: dict[str, str | int | frozenset[str]] = {"event": event.value, "object_id": object_id}
    document = register_log.newest(where, LOG_OF[event], board_id=board_id, matching=matching)
    return None if document is None else _audited(document)


def newest_of(
    where: Where, events: frozenset[AuditEvent], *, board_id: str, object_id: str
) -> Audited | None:
    """The latest entry of any of these events (all of one log) about this object; None when there is none."""
    (log,) = {LOG_OF[event] for event in events}
    matching: dict[str, str | int | frozenset[str]] = {
        "event": frozenset(event.value for event in events),
        "object_id": object_id,
    }
    document = register_log.newest(where, log, board_id=board_id, matching=matching)
    return None if document is None else _audited(document)


def listed(where: Where, log: Log, *, board_id: str, event: AuditEvent | None = None) -> Iterator[Audited]:
    """Every entry of one audit log, or those of one event, in order of time."""
    matching = {} if event is None else {"event": event.value}
    for document in register_log.documents(where, log, board_id=board_id, matching=matching):
        yield _audited(document)


def latest(
    where: Where,
    log: Log,
    *,
    board_id: str,
    limit: int,
    before_seq: int | None = None,
    event: AuditEvent | None = None,
    product: str | None = None,
    object_id: str | None = None,
) -> list[Audited]:
    """The newest entries of one audit log, newest first."""
    wanted = {"event": None if event is None else event.value, "product": product, "object_id": object_id}
    matching = {name: value for name, value in wanted.items() if value is not None}
    documents = register_log.latest(
        where, log, board_id=board_id, limit=limit, before_seq=before_seq, matching=matching
    )
    return [_audited(each) for each in documents]


def count_since(where: Where, event: AuditEvent, *, board_id: str, since_ms: int | None = None) -> int:
    """How often something happened since a moment (or ever)."""
    return register_log.count(
        where, LOG_OF[event], board_id=board_id, since_ms=since_ms, matching={"event": event.value}
    )


def _audited(document: dict[str, Any]) -> Audited:
    return Audited(
        seq=document["seq"],
        at=document["at"],
        event=document["event"],
        actor=document["actor"],
        product=document["product"],
        object_id=document["object"],
        details=document["details"],
    )
