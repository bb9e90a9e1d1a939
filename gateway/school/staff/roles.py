"""Roles at the school and what each may do: one table, which the documentation shows and a test walks.

Guarantees: an action that no role is granted may be done by nobody; a role that is held for one school reaches that
school alone. The data protection officer (FG) reads everything and decides nothing (GDPR art. 38(6)).

Not here: whether one person did both halves of an act that asks for two (`contracts.register`), and whether a staff
member is involved with a pupil.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """Stored; values never change."""

    APPLICATION_MANAGER = "application_manager"
    """Applicatiebeheerder: agreements, sources, clients, staff. Sees no pupil."""
    APPROVER = "approver"
    """Approves agreements and accepts findings for the board."""
    PRIVACY_OFFICER = "privacy_officer"
    DATA_PROTECTION_OFFICER = "data_protection_officer"
    """FG: reads everything, attaches advice, approves and decides nothing (GDPR art. 38(6))."""
    SCHOOL_LEADER = "school_leader"
    """Per school."""
    CARE_COORDINATOR = "care_coordinator"
    """Intern begeleider, zorgcoördinator; per school."""
    STAFF_MEMBER = "staff_member"
    """Sees results of own groups."""
    AUDITOR = "auditor"
    """Reads registers and agreements; sees no pupil by name."""


PER_SCHOOL: Final = frozenset({Role.SCHOOL_LEADER, Role.CARE_COORDINATOR})
"""Roles that are held for one school and never for the whole board."""


class Action(StrEnum):
    """What a page, an API route or a button needs. Named `<subject>.<verb>`."""

    HOME_SEE = "home.see"
    AGREEMENT_SEE = "agreement.see"
    AGREEMENT_REGISTER = "agreement.register"
    AGREEMENT_ACCEPT_FINDING = "agreement.accept_finding"
    AGREEMENT_APPROVE = "agreement.approve"
    AGREEMENT_ACTIVATE = "agreement.activate"
    AGREEMENT_SUSPEND = "agreement.suspend"
    AGREEMENT_END = "agreement.end"
    AGREEMENT_ADVISE = "agreement.advise"
    VENDOR_STOP = "vendor.stop"
    VENDOR_RESUME = "vendor.resume"
    SOURCE_SEE = "source.see"
    SOURCE_CHANGE = "source.change"
    CLIENT_SEE = "client.see"
    CLIENT_ISSUE = "client.issue"
    CLIENT_REVOKE = "client.revoke"
    REFRESH_RUN = "refresh.run"
    REFRESH_ACCEPT = "refresh.accept"
    EXPORT_WRITE = "export.write"
    LAYOUT_SEE = "layout.see"
    LAYOUT_CHANGE = "layout.change"
    RESULT_TAKE = "result.take"
    """Taking in a vendor's results file: numbers, and no names."""
    SCHOOL_YEAR_SEE = "school_year.see"
    SCHOOL_YEAR_PLAN = "school_year.plan"
    SWITCHOVER_SEE = "switchover.see"
    SWITCHOVER_MAKE = "switchover.make"
    """Says whom rows of a vendor's list may mean."""
    SWITCHOVER_CONFIRM = "switchover.confirm"
    PREVIEW_MADE_UP = "preview.made_up"
    PREVIEW_PUPIL = "preview.pupil"
    CONSENT_SEE = "consent.see"
    CONSENT_RECORD = "consent.record"
    OBJECTION_RECORD = "objection.record"
    EXCEPTION_SEE = "exception.see"
    EXCEPTION_NOTE = "exception.note"
    REGULATION_SEE = "regulation.see"
    REGULATION_CHANGE = "regulation.change"
    DELETION_SEE = "deletion.see"
    DELETION_CONFIRM = "deletion.confirm"
    SUBPROCESSOR_RECORD = "subprocessor.record"
    SUBPROCESSOR_ANSWER = "subprocessor.answer"
    REGISTER_AUDIT = "register.audit"
    REGISTER_DISCLOSURES = "register.disclosures"
    REGISTER_ACCESSES = "register.accesses"
    REPORT_SEE = "report.see"
    YEARLY_CHECK_TICK = "yearly_check.tick"
    RESULT_SEE = "result.see"
    QUARANTINE_SEE = "quarantine.see"
    DEAD_LETTER_RETRY = "dead_letter.retry"
    MAIL_SEE = "mail.see"
    MAIL_RESEND = "mail.resend"
    STAFF_SEE = "staff.see"
    STAFF_CHANGE = "staff.change"
    KEY_SEE = "key.see"
    SYSTEM_SEE = "system.see"


_R = Role
_ALL: Final = frozenset(Role)
_BOARD: Final = frozenset(
    {_R.APPLICATION_MANAGER, _R.APPROVER, _R.PRIVACY_OFFICER, _R.DATA_PROTECTION_OFFICER, _R.AUDITOR}
)

GRANTS: Final[Mapping[Action, frozenset[Role]]] = {
    Action.HOME_SEE: _ALL,
    Action.AGREEMENT_SEE: _BOARD,
    Action.AGREEMENT_REGISTER: frozenset({_R.APPLICATION_MANAGER}),
    Action.AGREEMENT_ACCEPT_FINDING: frozenset({_R.APPROVER}),
    Action.AGREEMENT_APPROVE: frozenset({_R.APPROVER}),
    Action.AGREEMENT_ACTIVATE: frozenset({_R.APPLICATION_MANAGER, _R.APPROVER}),
    Action.AGREEMENT_SUSPEND: frozenset({_R.APPLICATION_MANAGER, _R.APPROVER, _R.PRIVACY_OFFICER}),
    Action.AGREEMENT_END: frozenset({_R.APPLICATION_MANAGER, _R.APPROVER}),
    Action.AGREEMENT_ADVISE: frozenset({_R.DATA_PROTECTION_OFFICER}),
    Action.VENDOR_STOP: frozenset({_R.APPLICATION_MANAGER, _R.APPROVER, _R.PRIVACY_OFFICER}),
    Action.VENDOR_RESUME: frozenset({_R.APPROVER, _R.PRIVACY_OFFICER}),
    Action.SOURCE_SEE: frozenset({_R.APPLICATION_MANAGER, _R.DATA_PROTECTION_OFFICER, _R.AUDITOR}),
    Action.SOURCE_CHANGE: frozenset({_R.APPLICATION_MANAGER}),
    Action.CLIENT_SEE: _BOARD,
    Action.CLIENT_ISSUE: frozenset({_R.APPLICATION_MANAGER}),
    Action.CLIENT_REVOKE: frozenset({_R.APPLICATION_MANAGER, _R.PRIVACY_OFFICER}),
    Action.REFRESH_RUN: frozenset({_R.APPLICATION_MANAGER, _R.SCHOOL_LEADER}),
    Action.REFRESH_ACCEPT: frozenset({_R.APPLICATION_MANAGER}),
    Action.EXPORT_WRITE: frozenset({_R.APPLICATION_MANAGER}),
    Action.LAYOUT_SEE: _BOARD,
    Action.LAYOUT_CHANGE: frozenset({_R.APPLICATION_MANAGER}),
    Action.RESULT_TAKE: frozenset({_R.APPLICATION_MANAGER}),
    Action.SCHOOL_YEAR_SEE: _BOARD,
    Action.SCHOOL_YEAR_PLAN: frozenset({_R.APPLICATION_MANAGER}),
    Action.SWITCHOVER_SEE: _BOARD,
    Action.SWITCHOVER_MAKE: frozenset({_R.PRIVACY_OFFICER}),
    Action.SWITCHOVER_CONFIRM: frozenset({_R.APPLICATION_MANAGER, _R.PRIVACY_OFFICER}),
    Action.PREVIEW_MADE_UP: _BOARD,
    Action.PREVIEW_PUPIL: frozenset({_R.PRIVACY_OFFICER}),
    Action.CONSENT_SEE: frozenset({_R.PRIVACY_OFFICER, _R.DATA_PROTECTION_OFFICER}),
    Action.CONSENT_RECORD: frozenset({_R.PRIVACY_OFFICER}),
    Action.OBJECTION_RECORD: frozenset({_R.PRIVACY_OFFICER}),
    Action.EXCEPTION_SEE: _BOARD | {_R.SCHOOL_LEADER},
    Action.EXCEPTION_NOTE: frozenset({_R.PRIVACY_OFFICER}),
    Action.REGULATION_SEE: _BOARD | {_R.SCHOOL_LEADER},
    Action.REGULATION_CHANGE: frozenset({_R.PRIVACY_OFFICER}),
    Action.DELETION_SEE: _BOARD,
    Action.DELETION_CONFIRM: frozenset({_R.APPLICATION_MANAGER, _R.PRIVACY_OFFICER}),
    Action.SUBPROCESSOR_RECORD: frozenset({_R.APPLICATION_MANAGER, _R.PRIVACY_OFFICER}),
    Action.SUBPROCESSOR_ANSWER: frozenset({_R.APPROVER, _R.PRIVACY_OFFICER}),
    Action.REGISTER_AUDIT: _BOARD - {_R.APPROVER},
    Action.REGISTER_DISCLOSURES: frozenset({_R.PRIVACY_OFFICER, _R.DATA_PROTECTION_OFFICER, _R.AUDITOR}),
    Action.REGISTER_ACCESSES: frozenset({_R.PRIVACY_OFFICER, _R.DATA_PROTECTION_OFFICER, _R.AUDITOR}),
    Action.REPORT_SEE: _BOARD | {_R.SCHOOL_LEADER},
    Action.YEARLY_CHECK_TICK: frozenset({_R.APPLICATION_MANAGER, _R.APPROVER, _R.PRIVACY_OFFICER}),
    Action.RESULT_SEE: frozenset({_R.SCHOOL_LEADER, _R.CARE_COORDINATOR, _R.STAFF_MEMBER}),
    Action.QUARANTINE_SEE: frozenset(
        {_R.APPLICATION_MANAGER, _R.PRIVACY_OFFICER, _R.DATA_PROTECTION_OFFICER, _R.AUDITOR}
    ),
    Action.DEAD_LETTER_RETRY: frozenset({_R.APPLICATION_MANAGER}),
    Action.MAIL_SEE: frozenset({_R.APPLICATION_MANAGER, _R.PRIVACY_OFFICER, _R.DATA_PROTECTION_OFFICER}),
    Action.MAIL_RESEND: frozenset({_R.APPLICATION_MANAGER, _R.PRIVACY_OFFICER}),
    Action.STAFF_SEE: frozenset({_R.APPLICATION_MANAGER, _R.DATA_PROTECTION_OFFICER, _R.AUDITOR}),
    Action.STAFF_CHANGE: frozenset({_R.APPLICATION_MANAGER}),
    Action.KEY_SEE: frozenset({_R.APPLICATION_MANAGER, _R.DATA_PROTECTION_OFFICER, _R.AUDITOR}),
    Action.SYSTEM_SEE: frozenset({_R.APPLICATION_MANAGER, _R.DATA_PROTECTION_OFFICER, _R.AUDITOR}),
}
"""Who may do what. Every action stands here (a test), so that a new one is nobody's until somebody decides."""

DECIDING: Final = frozenset(
    action
    for action in Action
    if action.value.rpartition(".")[2] not in ("see", "audit", "disclosures", "accesses", "made_up")
    and action is not Action.AGREEMENT_ADVISE
)
"""Actions that change something or show a pupil: never the data protection officer's (art. 38(6))."""


@dataclass(frozen=True, slots=True, order=True)
class RoleGrant:
    """A role that somebody holds, for the board or for one school."""

    role: Role
    school: str | None = None
    """BRIN; None is the whole board."""

    def __post_init__(self) -> None:
        if (self.role in PER_SCHOOL) != (self.school is not None):
            raise ValueError("a school's role is held for a school, a board's role for the board")


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffPerson:
    """Somebody who signed in."""

    account_id: str
    name: str
    """As the registers write it down: the sign-in name, unique at the board."""
    display_name: str
    grants: frozenset[RoleGrant]

    @property
    def roles(self) -> frozenset[Role]:
        """Every role, whatever the school."""
        return frozenset(grant.role for grant in self.grants)

    def may(self, action: Action, *, school: str | None = None) -> bool:
        """Whether a role of this person allows it; with `school`, for that school."""
        return any(
            grant.role in GRANTS[action] and (school is None or grant.school in (None, school))
            for grant in self.grants
        )

    def schools(self, action: Action) -> frozenset[str] | None:
        """The schools (BRIN) for which the action is allowed; None is every school of the board."""
        reach = {grant.school for grant in self.grants if grant.role in GRANTS[action]}
        return None if None in reach else frozenset(school for school in reach if school is not None)


def conflicts(roles: Iterable[Role]) -> tuple[str, ...]:
    """Codes of combinations in one person that are warned about."""
    held = frozenset(roles)
    found: list[str] = []
    if Role.DATA_PROTECTION_OFFICER in held and held & {
        Role.APPLICATION_MANAGER,
        Role.APPROVER,
        Role.PRIVACY_OFFICER,
        Role.SCHOOL_LEADER,
    }:
        # GDPR art. 38(6): the officer must not decide what the officer then judges.
        found.append("fg_decides")
    if {Role.APPLICATION_MANAGER, Role.APPROVER} <= held:
        # Not a breach by itself: who registered an agreement cannot approve that one.
        found.append("enters_and_approves")
    return tuple(found)
