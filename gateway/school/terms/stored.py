"""The rows of what follows from agreements. The only module here that queries; callers own the transactions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from contracts.terms import (
    DeletionClock,
    NoticeAnswer,
    ShreddingClosed,
    ShreddingPlan,
    SubprocessorNotice,
)
from contracts.transitions import Version
from gateway.registers.actors import Actor
from gateway.school.documents import Kept
from gateway.school.terms.tables import deletions, shredding_plans, subprocessor_notices


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A deletion with how it was confirmed."""

    clock: DeletionClock
    confirmed_by: str | None = None
    document: Kept | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A sub-processor notice with who did what."""

    notice: SubprocessorNotice
    registered_by: str
    answered_by: str | None = None
    reason: str | None = None
    document: Kept | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan to destroy pseudonyms with who chose it."""

    plan: ShreddingPlan
    decided_by: str


def _key(reference: str) -> tuple[str, int]:
    agreement_id, _, version = reference.rpartition("/")
    return agreement_id, int(version)


def _upsert(connection: Connection) -> Any:
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert


# --- deletions ---


def start_deletion(connection: Connection, clock: DeletionClock, *, board_id: str, now_ms: int) -> bool:
    """Start a deletion, or write down that none is due; False where that was done before."""
    agreement_id, version = _key(clock.agreement)
    added = connection.execute(
        _upsert(connection)(deletions)
        .values(
            board_id=board_id,
            agreement_id=agreement_id,
            version=version,
            product=clock.product,
            ended_on=clock.ended_on.isoformat(),
            due_on=clock.due_on.isoformat(),
            backups_on=None if clock.backups_on is None else clock.backups_on.isoformat(),
            clause=clock.clause,
            started_at_ms=now_ms,
            continued_under=clock.continued_under,
        )
        .on_conflict_do_nothing()
        .returning(deletions.c.product)
    )
    return added.first() is not None


def deletions_of(connection: Connection, *, board_id: str, product: str | None = None) -> list[Deletion]:
    """Every deletion of the board or of one product, the earliest due first."""
    statement = select(deletions).where(deletions.c.board_id == board_id)
    if product is not None:
        statement = statement.where(deletions.c.product == product)
    order = (deletions.c.due_on, deletions.c.agreement_id, deletions.c.version, deletions.c.product)
    return [_deletion(row) for row in connection.execute(statement.order_by(*order))]


def continue_deletion(connection: Connection, clock: DeletionClock, under: str, *, board_id: str) -> None:
    """Stop a clock, because the product goes on."""
    connection.execute(update(deletions).where(*_of(clock, board_id)).values(continued_under=under))


def confirm_deletion(
    connection: Connection, clock: DeletionClock, *, board_id: str, on: date, actor: Actor, document: Kept
) -> None:
    """Write down the vendor's confirmation."""
    connection.execute(
        update(deletions)
        .where(*_of(clock, board_id))
        .values(
            confirmed_on=on.isoformat(),
            confirmed_by=actor.claim,
            confirmed_account=actor.os_account,
            document_sha256=document.sha256,
            document_file=document.file,
        )
    )


def _of(clock: DeletionClock, board_id: str) -> tuple[Any, ...]:
    agreement_id, version = _key(clock.agreement)
    return (
        deletions.c.board_id == board_id,
        deletions.c.agreement_id == agreement_id,
        deletions.c.version == version,
        deletions.c.product == clock.product,
    )


def _deletion(row: Row[Any]) -> Deletion:
    clock = DeletionClock(
        agreement=f"{row.agreement_id}/{row.version}",
        product=row.product,
        ended_on=date.fromisoformat(row.ended_on),
        due_on=date.fromisoformat(row.due_on),
        backups_on=_day(row.backups_on),
        clause=row.clause,
        confirmed_on=_day(row.confirmed_on),
        continued_under=row.continued_under,
    )
    return Deletion(clock=clock, confirmed_by=row.confirmed_by, document=_kept(row))


# --- sub-processors ---


def add_notice(
    connection: Connection,
    notice: SubprocessorNotice,
    *,
    board_id: str,
    actor: Actor,
    document: Kept | None,
    now_ms: int,
) -> int:
    """Register a notice; returns its number (that of `notice` does not count)."""
    agreement_id, version = _key(notice.agreement)
    number = connection.execute(
        insert(subprocessor_notices)
        .values(
            board_id=board_id,
            agreement_id=agreement_id,
            version=version,
            name=notice.name,
            country=notice.country,
            service=notice.service,
            announced_on=notice.announced_on.isoformat(),
            object_by=None if notice.object_by is None else notice.object_by.isoformat(),
            specific=notice.specific,
            clause=notice.clause,
            registered_at_ms=now_ms,
            registered_by=actor.claim,
            registered_account=actor.os_account or "-",
            document_sha256=None if document is None else document.sha256,
            document_file=None if document is None else document.file,
        )
        .returning(subprocessor_notices.c.seq)
    ).scalar_one()
    return int(number)


def notices_of(connection: Connection, *, board_id: str) -> list[Notice]:
    """Every notice of the board, newest first."""
    rows = connection.execute(
        select(subprocessor_notices)
        .where(subprocessor_notices.c.board_id == board_id)
        .order_by(subprocessor_notices.c.seq.desc())
    )
    return [_notice(row) for row in rows]


def notice_of(connection: Connection, number: int, *, board_id: str) -> Notice | None:
    """One notice, locked until the transaction ends; None when there is no such number."""
    row = connection.execute(
        select(subprocessor_notices)
        .where(subprocessor_notices.c.board_id == board_id, subprocessor_notices.c.seq == number)
        .with_for_update()
    ).one_or_none()
    return None if row is None else _notice(row)


def answer_notice(
    connection: Connection,
    number: int,
    *,
    board_id: str,
    answer: NoticeAnswer,
    on: date,
    actor: Actor,
    reason: str | None,
) -> None:
    """Write down what the board answered."""
    connection.execute(
        update(subprocessor_notices)
        .where(subprocessor_notices.c.board_id == board_id, subprocessor_notices.c.seq == number)
        .values(
            answer=answer.value,
            answered_on=on.isoformat(),
            answered_by=actor.claim,
            answered_account=actor.os_account,
            reason=reason,
        )
    )


def _notice(row: Row[Any]) -> Notice:
    notice = SubprocessorNotice(
        number=row.seq,
        agreement=f"{row.agreement_id}/{row.version}",
        name=row.name,
        country=row.country,
        service=row.service,
        announced_on=date.fromisoformat(row.announced_on),
        object_by=_day(row.object_by),
        specific=row.specific,
        clause=row.clause,
        answer=None if row.answer is None else NoticeAnswer(row.answer),
        answered_on=_day(row.answered_on),
    )
    return Notice(
        notice=notice,
        registered_by=row.registered_by,
        answered_by=row.answered_by,
        reason=row.reason,
        document=_kept(row),
    )


# --- pseudonyms ---


def plan_shredding(
    connection: Connection,
    version: Version,
    products: Sequence[str],
    *,
    board_id: str,
    shred_on: date,
    actor: Actor,
    now_ms: int,
) -> None:
    """Plan it, or plan it anew for another day."""
    decided = {
        "shred_on": shred_on.isoformat(),
        "decided_by": actor.claim,
        "decided_account": actor.os_account or "-",
        "decided_at_ms": now_ms,
        "proposed_at_ms": None,
        "closed": None,
        "closed_at_ms": None,
    }
    for product in products:
        connection.execute(
            _upsert(connection)(shredding_plans)
            .values(
                board_id=board_id,
                agreement_id=version.agreement_id,
                version=version.version,
                product=product,
                **decided,
            )
            .on_conflict_do_update(
                index_elements=["board_id", "agreement_id", "version", "product"], set_=decided
            )
        )


def plans_of(
    connection: Connection, *, board_id: str, agreement: str | None = None, product: str | None = None
) -> list[Plan]:
    """Every plan of the board, of an agreement version, or of a product; the earliest day first."""
    statement = select(shredding_plans).where(shredding_plans.c.board_id == board_id)
    if agreement is not None:
        agreement_id, version = _key(agreement)
        statement = statement.where(
            shredding_plans.c.agreement_id == agreement_id, shredding_plans.c.version == version
        )
    if product is not None:
        statement = statement.where(shredding_plans.c.product == product)
    order = (shredding_plans.c.shred_on, shredding_plans.c.agreement_id, shredding_plans.c.product)
    return [_plan(row) for row in connection.execute(statement.order_by(*order))]


def propose(connection: Connection, plan: ShreddingPlan, *, board_id: str, now_ms: int) -> bool:
    """Write down that a plan's day came; False where that was done before."""
    moved = connection.execute(
        update(shredding_plans)
        .where(*_this(plan, board_id), shredding_plans.c.proposed_at_ms.is_(None))
        .values(proposed_at_ms=now_ms)
    )
    return bool(moved.rowcount)


def close_plan(
    connection: Connection, plan: ShreddingPlan, closed: ShreddingClosed, *, board_id: str, now_ms: int
) -> None:
    """End a plan."""
    connection.execute(
        update(shredding_plans).where(*_this(plan, board_id)).values(closed=closed.value, closed_at_ms=now_ms)
    )


def _this(plan: ShreddingPlan, board_id: str) -> tuple[Any, ...]:
    agreement_id, version = _key(plan.agreement)
    return (
        shredding_plans.c.board_id == board_id,
        shredding_plans.c.agreement_id == agreement_id,
        shredding_plans.c.version == version,
        shredding_plans.c.product == plan.product,
    )


def _plan(row: Row[Any]) -> Plan:
    plan = ShreddingPlan(
        agreement=f"{row.agreement_id}/{row.version}",
        product=row.product,
        shred_on=date.fromisoformat(row.shred_on),
        closed=None if row.closed is None else ShreddingClosed(row.closed),
    )
    return Plan(plan=plan, decided_by=row.decided_by)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _kept(row: Row[Any]) -> Kept | None:
    return None if row.document_sha256 is None else Kept(row.document_sha256, row.document_file)
