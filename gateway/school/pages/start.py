"""The start page: the set-up list until it is complete, then what needs action, then the last events."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from flask import Blueprint, Response, jsonify, render_template
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from gateway.registers import audit
from gateway.registers.audit import Audited
from gateway.registers.tables import Log
from gateway.school import overview
from gateway.school.pages.access import ANYBODY, needs, person
from gateway.school.pages.context import context
from gateway.school.staff.roles import Action

pages = Blueprint("start", __name__)

STEPS: Final[dict[str, tuple[LazyString, str | None, str | None]]] = {
    "ring": (_l("Key ring made"), None, None),
    "sheet": (_l("Recovery sheet printed, and its check value typed back"), None, "schuilnaam key sheet"),
    "staff": (_l("Two people can sign in: one enters agreements, another approves"), "staff.listed", None),
    "source": (_l("School system added and tried"), "sources.listed", None),
    "schools": (_l("Its schools tied to a BRIN"), "sources.listed", None),
    "agreement": (_l("Processor agreement registered"), "agreements.listed", None),
    "approved": (_l("Approved by another person"), "agreements.listed", None),
    "active": (_l("Activated"), "agreements.listed", None),
    "client": (_l("Credentials issued to the vendor"), "vendors.listed", None),
    "refreshed": (_l("First refresh published"), "vendors.listed", None),
    "pulled": (_l("The vendor has fetched for the first time"), "vendors.listed", None),
}
"""Of each step its text, the page for it, and the command where only that serves."""

LAST_EVENTS: Final = 10


@pages.get("/")
@needs(Action.HOME_SEE)
def home() -> str:
    """What one sees first."""
    services, me = context().services, person()
    manages = me.may(Action.SYSTEM_SEE)
    done = overview.steps_done(services) if manages else frozenset(overview.STEPS)
    return render_template(
        "start.html",
        steps=[(name, *STEPS[name], name in done) for name in overview.STEPS],
        complete=len(done) == len(overview.STEPS),
        todo=overview.needs_action(services, now=context().now()) if me.may(Action.AGREEMENT_SEE) else None,
        events=_last_events() if me.may(Action.REGISTER_AUDIT) else None,
        instant=datetime.fromisoformat,
    )


def _last_events() -> list[tuple[datetime, Audited]]:
    services = context().services
    found = [
        *audit.latest(services.school, Log.AUDIT_SCHOOL, board_id=services.board_id, limit=LAST_EVENTS),
        *audit.latest(services.front, Log.AUDIT, board_id=services.board_id, limit=LAST_EVENTS),
    ]
    newest = sorted(found, key=lambda each: each.at, reverse=True)[:LAST_EVENTS]
    return [(datetime.fromisoformat(each.at), each) for each in newest]


@pages.get("/healthz")
@needs(ANYBODY)
def health() -> Response:
    """The process answers."""
    return jsonify(status="up")
