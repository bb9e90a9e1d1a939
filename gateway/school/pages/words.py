"""Words that templates need for stored values: roles, states, warnings; in the language of the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import Flask, current_app, g
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from contracts.vocabulary import AgreementState
from gateway.school.agreeing.advice import AdviceOutcome
from gateway.school.pages.access import declared_access
from gateway.school.pages.error_words import told
from gateway.school.staff.accounts import StaffAccount
from gateway.school.staff.roles import Action, Role

ROLES: Final[dict[Role, LazyString]] = {
    Role.APPLICATION_MANAGER: _l("Application manager"),
    Role.APPROVER: _l("Approver"),
    Role.PRIVACY_OFFICER: _l("Privacy officer"),
    Role.DATA_PROTECTION_OFFICER: _l("Data protection officer (FG)"),
    Role.SCHOOL_LEADER: _l("School leader"),
    Role.CARE_COORDINATOR: _l("Care coordinator"),
    Role.STAFF_MEMBER: _l("Staff member"),
    Role.AUDITOR: _l("Auditor"),
}

CONFLICTS: Final[dict[str, LazyString]] = {
    "fg_decides": _l(
        "The data protection officer must not decide what they then judge (GDPR art. 38(6)): give one of the two roles "
        "to somebody else."
    ),
    "enters_and_approves": _l(
        "This person can enter and approve agreements, though never the same one. Two people are better."
    ),
}

ADVICE: Final[dict[AdviceOutcome, LazyString]] = {
    AdviceOutcome.POSITIVE: _l("positive"),
    AdviceOutcome.POSITIVE_IF: _l("positive, if what it asks for is done"),
    AdviceOutcome.NEGATIVE: _l("negative"),
}

STATES: Final[dict[AgreementState, LazyString]] = {
    AgreementState.REGISTERED: _l("waits for approval"),
    AgreementState.APPROVED: _l("approved, not active"),
    AgreementState.ACTIVE: _l("active"),
    AgreementState.SUSPENDED: _l("suspended"),
    AgreementState.ENDED: _l("ended, results may come back"),
    AgreementState.CLOSED: _l("closed"),
    AgreementState.REPLACED: _l("replaced by a newer version"),
}


def advice_outcome(outcome: AdviceOutcome | str) -> str:
    """As people call it."""
    return str(ADVICE[AdviceOutcome(outcome)])


def advice_outcomes() -> list[str]:
    """Every word that a form may send."""
    return [each.value for each in AdviceOutcome]


def state_name(state: AgreementState) -> str:
    """As people call it."""
    return str(STATES[state])


def role_name(role: Role) -> str:
    """As people call it."""
    return str(ROLES[role])


def role_label(word: str) -> str:
    """Of `role` or `role/BRIN`."""
    role, _, school = word.partition("/")
    name = role_name(Role(role))
    return f"{name} ({school})" if school else name


def has_role(account: StaffAccount, word: str) -> bool:
    """Whether an account holds `role` or `role/BRIN`."""
    role, _, school = word.partition("/")
    return any(grant.role.value == role and (grant.school or "") == school for grant in account.grants)


def conflict_text(code: str) -> str:
    """What is wrong with two roles in one person."""
    return str(CONFLICTS[code])


def has_page(endpoint: str) -> bool:
    """Whether the application has this page: the menu shows no dead end."""
    return endpoint in current_app.view_functions


def may_open(endpoint: str) -> bool:
    """Whether the application has this page and the person who looks may open it."""
    view = current_app.view_functions.get(endpoint)
    access = None if view is None else declared_access(view)
    person = g.get("person")
    return isinstance(access, Action) and person is not None and person.may(access)


_FUNCTIONS: Final[tuple[Callable[..., Any], ...]] = (
    told,
    advice_outcome,
    advice_outcomes,
    state_name,
    role_name,
    role_label,
    has_role,
    conflict_text,
    has_page,
    may_open,
)


def install(app: Flask) -> None:
    """Give the functions to templates."""
    app.jinja_env.globals.update({each.__name__: each for each in _FUNCTIONS})
