"""Whether an agreement beyond the privacy regulation is refused or warned about: what the board chose.

The newest choice stands in the audit log, which is where it is read from: a choice is who, when and what, and nothing
beside it could be changed unseen. `regulation_blocks_activation` in settings.toml refuses whatever was chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from contracts.instants import to_ms
from gateway.database import reading, writing
from gateway.errors import DisclosureRefused
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.school.services import SchoolServices

ABOUT: Final = "privacy_regulation"
"""The `object` of the audit entries of choices."""


class Enforcement(StrEnum):
    """Stored in the audit log; values never change."""

    WARN = "warn"
    """Activation goes on; what goes beyond is shown before it and registered with it."""
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What holds now."""

    enforcement: Enforcement
    by_settings: bool
    """settings.toml says so: it is changed there and nowhere else."""

    @property
    def blocks(self) -> bool:
        """Whether such an agreement is refused."""
        return self.enforcement is Enforcement.BLOCK


def chosen(services: SchoolServices, connection: Connection) -> Chosen:
    """What holds now; warning, where nobody ever chose."""
    if services.settings.regulation_blocks_activation:
        return Chosen(Enforcement.BLOCK, by_settings=True)
    newest = audit.newest(
        connection, AuditEvent.REGULATION_ENFORCED, board_id=services.board_id, object_id=ABOUT
    )
    if newest is None:
        return Chosen(Enforcement.WARN, by_settings=False)
    # A word that this program does not know refuses.
    warns = newest.details.get("operation") == Enforcement.WARN.value
    return Chosen(Enforcement.WARN if warns else Enforcement.BLOCK, by_settings=False)


def current(services: SchoolServices) -> Chosen:
    """As `chosen`, in a transaction of its own."""
    with reading(services.school) as connection:
        return chosen(services, connection)


def choose(services: SchoolServices, actor: Actor, enforcement: Enforcement, *, now: datetime) -> Chosen:
    """Choose for the board, from now on; what is active stays active.

    Raises:
        DisclosureRefused: code `set_in_settings`; settings.toml blocks, whatever is chosen here.
    """
    if services.settings.regulation_blocks_activation:
        raise DisclosureRefused(
            "settings.toml refuses agreements beyond the regulation, so nothing else can be chosen here.",
            code="set_in_settings",
            remedy="Take `regulation_blocks_activation` out of settings.toml and start again.",
        )
    with writing(services.school) as connection:
        audit.record(
            connection,
            AuditEvent.REGULATION_ENFORCED,
            board_id=services.board_id,
            actor=actor,
            now_ms=to_ms(now),
            object_id=ABOUT,
            details={"operation": enforcement.value},
        )
    return Chosen(enforcement, by_settings=False)
