"""The change of school years: a rehearsal per product, and the removals that are expected."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from contracts.instants import local_day
from gateway.errors import GatewayError, UsageError
from gateway.school.api.problems import status_of
from gateway.school.pages.access import needs, person
from gateway.school.pages.asking import day_of
from gateway.school.pages.context import context
from gateway.school.school_year import planning
from gateway.school.school_year.planning import Rehearsal
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action

pages = Blueprint("school_year", __name__, url_prefix="/school-year")


@pages.get("/")
@needs(Action.SCHOOL_YEAR_SEE)
def overview() -> str:
    """What is planned."""
    return _page()


@pages.post("/rehearse")
@needs(Action.SCHOOL_YEAR_PLAN)
def rehearse() -> tuple[str, int]:
    """Old and new year side by side, and per product what will change; publishes nothing."""
    try:
        found = planning.rehearse(context().services, now=context().now())
    except GatewayError as refused:
        return _page(refused=refused), status_of(refused)
    return _page(rehearsal=found), 200


@pages.post("/expect")
@needs(Action.SCHOOL_YEAR_PLAN)
def expect() -> Response | tuple[str, int]:
    """Let as many leave in these days as a rehearsal counts now."""
    try:
        first_on, last_on = day_of("first"), day_of("last")
        if first_on is None or last_on is None:
            raise UsageError("The day is missing.", code="date_missing")
        made, _rehearsal = planning.expect(
            context().services,
            first_on=first_on,
            last_on=last_on,
            actor=signed_in_actor(person()),
            now=context().now(),
        )
    except GatewayError as refused:
        return _page(refused=refused), status_of(refused)
    flash(_("Planned: %(count)d persons may leave in these days.", count=sum(made.leaving.values())))
    return redirect(url_for("school_year.overview"), 303)


@pages.post("/drop")
@needs(Action.SCHOOL_YEAR_PLAN)
def drop() -> Response | tuple[str, int]:
    """Take the plan back."""
    try:
        planning.drop(context().services, actor=signed_in_actor(person()), now=context().now())
    except GatewayError as refused:
        return _page(refused=refused), status_of(refused)
    flash(_("The plan no longer counts: whoever leaves counts against the threshold again."))
    return redirect(url_for("school_year.overview"), 303)


def _page(*, rehearsal: Rehearsal | None = None, refused: GatewayError | None = None) -> str:
    services, today = context().services, local_day(context().now())
    return render_template(
        "school_year.html",
        plan=planning.standing(services),
        rehearsal=rehearsal,
        refused=refused,
        today=today.isoformat(),
        furthest=(today + planning.LONGEST_AHEAD).isoformat(),
        open_now=(plan := planning.standing(services)) is not None and plan.holds_on(today),
        typed=request.form,
        threshold=services.settings.removal_threshold_percent,
        longest=planning.LONGEST_DAYS,
        later=(today + timedelta(days=60)).isoformat(),
    )
