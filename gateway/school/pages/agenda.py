"""What is late and what is coming: ends, reviews, deletions, objections, pseudonyms."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from gateway.school.pages.access import needs
from gateway.school.pages.context import context
from gateway.school.staff.roles import Action
from gateway.school.terms import agenda

pages = Blueprint("agenda", __name__, url_prefix="/coming")

AHEAD = (30, 60, 180, 365)


@pages.get("/")
@needs(Action.AGREEMENT_SEE)
def coming() -> str:
    """Everything that is late or comes within some days, the latest first."""
    asked = request.args.get("days", "")
    days = int(asked) if asked.isdecimal() and int(asked) in AHEAD else agenda.COMING_DAYS
    found = agenda.agenda(context().services, now=context().now(), days=days)
    return render_template("agenda.html", lines=found, days=days, ahead=AHEAD)
