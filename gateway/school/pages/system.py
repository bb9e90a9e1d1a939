"""How the gateway itself stands: findings of `doctor`, settings with their source, the key ring, the last backup."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, url_for

from gateway.database import reading
from gateway.errors import GatewayError
from gateway.school.backup.record import newest_backup
from gateway.school.configuration import as_text, settings_shown
from gateway.school.doctor.finding import worst
from gateway.school.pages.access import needs, person
from gateway.school.pages.context import context
from gateway.school.staff.roles import Action
from keys.custody import read_public
from keys.errors import KeysError

pages = Blueprint("system", __name__, url_prefix="/system")


@pages.get("/")
@needs(Action.SYSTEM_SEE)
def overview() -> str:
    """Without asking a source or another machine; nothing here changes anything."""
    pages_context = context()
    services = pages_context.services
    examined, under_way = pages_context.examiner.examined(now=pages_context.now())
    try:
        settings = settings_shown(services.settings.home)
    except GatewayError:
        # What is wrong with them stands among the findings.
        settings = []
    with reading(services.school) as connection:
        backup = newest_backup(connection, board_id=services.board_id)
    return render_template(
        "system.html",
        examined=examined,
        under_way=under_way,
        verdict=None if examined is None else worst(examined.findings),
        settings=settings,
        as_text=as_text,
        check_value=check_value() if person().may(Action.KEY_SEE) else None,
        unlocked=services.is_unlocked,
        backup=backup,
    )


@pages.post("/examine")
@needs(Action.SYSTEM_SEE)
def examine() -> Response:
    """Look anew, and ask the sources too; the page shows what was found when it is done."""
    context().examiner.examined(now=context().now(), network=True)
    return redirect(url_for("system.overview"), 303)  # type: ignore[return-value]


def check_value() -> str | None:
    """Of the ring as it lies in the home folder; None where it cannot be read."""
    try:
        return read_public(context().services.settings.ring_path).check_value
    except (KeysError, OSError):
        return None
