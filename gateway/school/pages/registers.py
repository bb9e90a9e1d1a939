"""The audit logs with filters. Looking is registered before anything is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from flask import Blueprint, render_template, request

from gateway.errors import UsageError
from gateway.registers.audit_events import LOG_OF, AuditEvent
from gateway.registers.tables import Log
from gateway.school import audit_reading
from gateway.school.audit_reading import Wanted
from gateway.school.pages.access import needs, person
from gateway.school.pages.context import context
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action

pages = Blueprint("registers", __name__, url_prefix="/registers")

LOGS: Final = (Log.AUDIT_SCHOOL, Log.AUDIT)
ROWS: Final = 50


@pages.get("/")
@needs(Action.REGISTER_AUDIT)
def overview() -> str | tuple[str, int]:
    """One audit log, the newest entries first."""
    try:
        wanted = _wanted()
    except UsageError as refused:
        return _page(Wanted(log=Log.AUDIT_SCHOOL), refused=refused), 422
    return _page(wanted)


def _wanted() -> Wanted:
    given = {name: request.args.get(name, "").strip()[:255] for name in ("log", "event", "product", "object")}
    before = request.args.get("before", "")
    try:
        return Wanted(
            log=Log(given["log"]) if given["log"] else Log.AUDIT_SCHOOL,
            event=AuditEvent(given["event"]) if given["event"] else None,
            product=given["product"] or None,
            object_id=given["object"] or None,
            before=int(before) if before.isdecimal() and len(before) < 16 else None,
        )
    except ValueError:
        raise UsageError("There is no such log or event.", code="event_unknown") from None


def _page(wanted: Wanted, *, refused: UsageError | None = None) -> str:
    # What is not an audit log holds pupils, and is not for this page.
    wanted_log = wanted.log if wanted.log in LOGS else Log.AUDIT_SCHOOL
    wanted = Wanted(
        log=wanted_log,
        event=wanted.event,
        product=wanted.product,
        object_id=wanted.object_id,
        before=wanted.before,
    )
    found = []
    if refused is None:
        found = audit_reading.entries(
            context().services, signed_in_actor(person()), wanted, limit=ROWS, now=context().now()
        )
    return render_template(
        "registers.html",
        entries=[(datetime.fromisoformat(each.at), each) for each in found],
        wanted=wanted,
        logs=LOGS,
        events=sorted(event.value for event in AuditEvent if LOG_OF[event] is wanted.log),
        next_before=found[-1].seq if len(found) == ROWS else None,
        refused=refused,
    )
