"""Which officers of the board are told of what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from contracts.calendar import Occasion
from gateway.school.staff.roles import Role
from gateway.settings import MailSettings

_MANAGER: Final = Role.APPLICATION_MANAGER
_APPROVER: Final = Role.APPROVER
_PRIVACY: Final = Role.PRIVACY_OFFICER
_FG: Final = Role.DATA_PROTECTION_OFFICER

MAIL_ROLES: Final = (_MANAGER, _APPROVER, _PRIVACY, _FG)
"""Roles that have addresses in `mail.toml`; the settings are called as the roles are stored."""

ROLES_OF: Final[Mapping[Occasion, tuple[Role, ...]]] = {
    Occasion.AGREEMENT_ENDS: (_MANAGER, _PRIVACY),
    Occasion.AGREEMENT_REVIEW: (_MANAGER, _PRIVACY),
    Occasion.DELETION_DUE: (_PRIVACY,),
    Occasion.DELETION_OVERDUE: (_PRIVACY, _FG),
    Occasion.DELETION_CONFIRMED: (_PRIVACY,),
    Occasion.DELETION_CONTINUED: (_PRIVACY,),
    Occasion.OBJECTION_TERM: (_PRIVACY, _APPROVER),
    Occasion.SUBPROCESSOR_ANNOUNCED: (_PRIVACY, _APPROVER),
    Occasion.SUBPROCESSOR_ANSWERED: (_PRIVACY, _APPROVER),
    Occasion.SHREDDING_PROPOSED: (_MANAGER, _PRIVACY),
    Occasion.RECEIPT: (_MANAGER, _APPROVER, _PRIVACY),
    Occasion.VENDOR_STOPPED: MAIL_ROLES,
    Occasion.VENDOR_RESUMED: MAIL_ROLES,
}
"""Who is told; the FG of what goes wrong and of stops, and of the rest by reading along."""


def addresses_of(settings: MailSettings, roles: tuple[str, ...]) -> tuple[str, ...]:
    """Every address of some roles, each once; a role of a newer program has none."""
    of_role: Mapping[str, tuple[str, ...]] = {
        _MANAGER: settings.application_manager,
        _APPROVER: settings.approver,
        _PRIVACY: settings.privacy_officer,
        _FG: settings.data_protection_officer,
    }
    return tuple(dict.fromkeys(address for role in roles for address in of_role.get(role, ())))
