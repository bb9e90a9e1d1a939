"""The yearly check as a guided list. What was ticked stands in the audit log and nowhere else (docs/decisions/0035).

An item is done in a school year when the audit log has an entry about it; ticking it again adds a remark and takes
nothing away. What the gateway can count by itself stands beside the item, for the person who judges.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from contracts.instants import local_day, to_ms
from gateway.database import reading, writing
from gateway.errors import UsageError
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.school.reports.missing import missing_rows
from gateway.school.reports.running import running_products
from gateway.school.services import SchoolServices
from gateway.school.terms import agenda
from gateway.school.terms.agenda import Matter

MAX_REMARK: Final = 500
_FIRST_MONTH: Final = 8
"""A school year begins on 1 August (Dutch law: WPO, WVO)."""


class Item(StrEnum):
    """What is looked at once a year. Stored; values never change, new ones are added."""

    AGREEMENTS = "agreements"
    """Every agreement that runs is complete and reviewed."""
    FIELDS = "fields"
    """Every field that goes is still needed."""
    DELETIONS = "deletions"
    SUBPROCESSORS = "subprocessors"
    DPIA = "dpia"
    REGULATION = "regulation"
    PARENTS = "parents"
    CONSENTS = "consents"
    STAFF = "staff"
    REGISTERS = "registers"
    BACKUP = "backup"
    RECOVERY = "recovery"
    BREACH = "breach"
    """Who to call when data leaked: addresses and roles are right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One item in one school year."""

    item: Item
    open: int | None
    """How many things the gateway itself finds open; None: it cannot know."""
    done_at: str | None
    """UTC, as the register has it."""
    done_by: str | None
    remark: str | None


def school_year(day: date) -> str:
    """`2026-2027`: from 1 August on the new one."""
    first = day.year if day.month >= _FIRST_MONTH else day.year - 1
    return f"{first}-{first + 1}"


def school_year_of(now: datetime) -> str:
    """Of an instant."""
    return school_year(local_day(now))


def yearly_check(services: SchoolServices, *, now: datetime) -> list[Checked]:
    """Every item of this school year, in the order of the list."""
    year, counts = school_year_of(now), _open(services, now=now)
    found = []
    with reading(services.school) as connection:
        for item in Item:
            entry = audit.newest(
                connection,
                AuditEvent.YEARLY_CHECK_TICKED,
                board_id=services.board_id,
                object_id=f"{year}/{item.value}",
            )
            found.append(
                Checked(
                    item=item,
                    open=counts.get(item),
                    done_at=None if entry is None else entry.at,
                    done_by=None if entry is None else entry.actor.get("claim", ""),
                    remark=None if entry is None else str(entry.details.get("explanation", "")) or None,
                )
            )
    return found


def tick(services: SchoolServices, actor: Actor, item: str, *, remark: str, now: datetime) -> None:
    """Write down that somebody looked at an item this school year.

    Raises:
        UsageError: `check_unknown`, `remark_invalid`.
    """
    if item not in {each.value for each in Item}:
        raise UsageError(
            "The yearly check has no such item.",
            code="check_unknown",
            remedy="See `schuilnaam report yearly`.",
        )
    said = " ".join(remark.split())
    if len(said) > MAX_REMARK:
        raise UsageError("A remark has at most 500 characters.", code="remark_invalid")
    with writing(services.school) as connection:
        audit.record(
            connection,
            AuditEvent.YEARLY_CHECK_TICKED,
            board_id=services.board_id,
            actor=actor,
            now_ms=to_ms(now),
            object_id=f"{school_year_of(now)}/{item}",
            details={"kind": item, "explanation": said} if said else {"kind": item},
        )


def _open(services: SchoolServices, *, now: datetime) -> dict[Item, int]:
    lines = agenda.agenda(services, now=now)
    late = [line.matter for line in lines if line.late]
    rows, altered = missing_rows(services, now=now)
    products = running_products(services, now=now)
    return {
        Item.AGREEMENTS: len(rows) + len(altered) + late.count(Matter.REVIEW),
        Item.DELETIONS: late.count(Matter.DELETION),
        Item.SUBPROCESSORS: sum(line.matter is Matter.SUBPROCESSOR for line in lines),
        Item.DPIA: sum(each.terms.dpia is None for each in products),
    }
