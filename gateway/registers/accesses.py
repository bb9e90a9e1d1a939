"""The register of accesses: who at the school looked at identified data and why; written before it is shown.

Subjects stand in it as register pseudonyms (the key ring's own product `_register`), so that a stolen
register names nobody, and dies with that key. The reason is typed by staff and may hold a name; so it stays
in the school database, and the pages that ask for it say that a case number is better.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from gateway.registers import log as register_log
from gateway.registers.actors import Actor, ActorKind
from gateway.registers.log import Transaction, Where
from gateway.registers.tables import Log

SUBJECTS_PER_ROW: Final = 1_000
MAX_REASON: Final = 500


class Operation(StrEnum):
    """What somebody does with identified data. Stored; values never change."""

    PREVIEW = "preview"
    RELINK = "relink"
    REVEAL = "reveal"
    REGISTER_READ = "register_read"
    """Looking up in the registers what went out about a pupil."""
    EXPORT = "export"
    CONSENT = "consent"
    """Recording, or looking at, what a pupil or parent said: consents and objections."""
    SWITCH_OVER = "switch_over"
    """Matching a vendor's list of users with the school's own people."""
    LEGAL_DELIVERY = "legal_delivery"
    """Noting that data about a pupil went to a recipient by law."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessEntry:
    """One look at identified data; a file of 200,000 pupils is one access, in as many rows as it needs."""

    board_id: str
    actor: Actor
    operation: Operation
    reason: str = field(repr=False)
    product: str | None
    subjects: Sequence[str] = field(repr=False)
    """Register pseudonyms, each once."""

    def __post_init__(self) -> None:
        if self.actor.kind is not ActorKind.PERSON:
            raise ValueError("an access is by a person")
        if not self.reason.strip() or len(self.reason) > MAX_REASON:
            raise ValueError("a reason has 1 to 500 characters")


@dataclass(frozen=True, slots=True)
class Accessed:
    """One access as registered."""

    seq: int
    at: str
    claim: str
    os_account: str | None
    operation: str
    product: str | None
    reason: str = field(repr=False)
    count: int = 0


def record(where: Where, access: AccessEntry, *, now_ms: int) -> int:
    """Register an access; returns the `seq` of its first row. Nothing is shown before this is committed.

    Raises:
        GatewayUnready: code `register_unwritable`.
    """
    return register_log.within(where, lambda connection: _record(connection, access, now_ms=now_ms))


def _record(connection: Transaction, access: AccessEntry, *, now_ms: int) -> int:
    subjects = list(access.subjects)
    shared: dict[str, object] = {
        "actor": access.actor.entry(),
        "operation": access.operation.value,
        "product": access.product,
    }
    head = {
        **shared,
        "reason": access.reason,
        "count": len(subjects),
        "rows": max(1, -(-len(subjects) // SUBJECTS_PER_ROW)),
        "subjects": subjects[:SUBJECTS_PER_ROW],
    }
    first = register_log.append(
        connection, Log.ACCESSES, board_id=access.board_id, now_ms=now_ms, fields=head
    )
    for start in range(SUBJECTS_PER_ROW, len(subjects), SUBJECTS_PER_ROW):
        # `access` names the row in which who and why stand.
        part = {**shared, "access": first, "subjects": subjects[start : start + SUBJECTS_PER_ROW]}
        register_log.append(connection, Log.ACCESSES, board_id=access.board_id, now_ms=now_ms, fields=part)
    return first


def of_subject(where: Where, *, board_id: str, subject: str) -> Iterator[Accessed]:
    """Every access that held `subject` (a register pseudonym), in order of time: one pass over the
    register.
    """
    head: dict[str, Any] = {}
    shown = 0
    for document in _documents(where, board_id=board_id):
        if "access" not in document:
            head = document
        if subject in document["subjects"] and head["seq"] != shown:
            shown = head["seq"]
            yield _accessed(head)


def listed(where: Where, *, board_id: str) -> Iterator[Accessed]:
    """Every access, in order of time."""
    for document in _documents(where, board_id=board_id):
        if "access" not in document:
            yield _accessed(document)


def _documents(where: Where, *, board_id: str) -> Iterator[dict[str, Any]]:
    return register_log.documents(where, Log.ACCESSES, board_id=board_id)


def _accessed(document: dict[str, Any]) -> Accessed:
    return Accessed(
        seq=document["seq"],
        at=document["at"],
        claim=document["actor"]["claim"],
        os_account=document["actor"].get("os_account"),
        operation=document["operation"],
        product=document["product"],
        reason=document["reason"],
        count=document["count"],
    )
