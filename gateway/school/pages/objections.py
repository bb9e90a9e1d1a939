"""Leaving one pupil out of a product without consent (GDPR art. 21): which there are, recording one, ending one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from contracts.instants import local_day
from contracts.legal_bases import needs_consent
from contracts.transitions import PENDING, RUNNING
from gateway.errors import GatewayError, UsageError
from gateway.school import agreements
from gateway.school.api.problems import status_of
from gateway.school.consents import looking, objecting
from gateway.school.consents.objecting import ListedObjection
from gateway.school.pages.access import needs, person
from gateway.school.pages.asking import asked_person, day_of, source_names, typed
from gateway.school.pages.context import context
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action

pages = Blueprint("objections", __name__, url_prefix="/objections")

EVERY: Final = "every"
"""What the form sends for every product. No slug: those are chosen with `product:`."""


@pages.get("/")
@needs(Action.CONSENT_SEE)
def listed() -> str:
    """Which objections there are and until when; not whose."""
    return _page()


@pages.post("/pupil")
@needs(Action.CONSENT_SEE)
def look_up() -> str | tuple[str, int]:
    """One pupil: left out of what, until when; who looks is registered before the school's system is asked."""
    try:
        source, identifier = asked_person()
        say = looking.show(
            context().services,
            signed_in_actor(person()),
            source=source,
            identifier=identifier,
            reason=typed("reason"),
            named=person().may(Action.PREVIEW_PUPIL),
            now=context().now(),
        )
    except GatewayError as refused:
        return _page(refused=refused), status_of(refused)
    return render_template(
        "objection_pupil.html",
        say=say,
        source=source,
        identifier=identifier,
        products=_products(),
        typed={},
        today=local_day(context().now()).isoformat(),
    )


@pages.post("/people")
@needs(Action.OBJECTION_RECORD)
def people() -> str | tuple[str, int]:
    """The same with whom they are about and why; who looks is registered first."""
    try:
        found = objecting.listed(
            context().services,
            signed_in_actor(person()),
            reason=typed("reason"),
            only_holding=typed("all") != "yes",
            now=context().now(),
        )
    except GatewayError as refused:
        return _page(refused=refused), status_of(refused)
    return _page(people=found)


@pages.post("/")
@needs(Action.OBJECTION_RECORD)
def add() -> Response | tuple[str, int]:
    """Leave a pupil out from this moment, until the end of a day or until it is ended."""
    try:
        source, identifier = asked_person()
        done = objecting.add(
            context().services,
            signed_in_actor(person()),
            source=source,
            identifier=identifier,
            product=_product(),
            reason=typed("why"),
            until_on=_until(),
            now=context().now(),
        )
    except GatewayError as refused:
        return _page(refused=refused), status_of(refused)
    flash(
        _(
            "Recorded as number %(number)d. From this moment the pupil is left out.",
            number=done.objection.number,
        )
    )
    drafted = sum(each.request is not None for each in done.taken)
    if drafted:
        flash(_("A request to the vendor to delete is drafted. Send it."))
    return redirect(url_for("objections.listed"), 303)


def _product() -> str | None:
    chosen = typed("what")
    if chosen == EVERY:
        return None
    product = chosen.removeprefix("product:")
    if not product or product == chosen:
        raise UsageError(
            "One of the choices is missing.", code="choice_missing", remedy="Choose one of those shown."
        )
    return product


def _until() -> date | None:
    until = day_of("until")
    # Nobody is left out for ever, or brought back, because a field was forgotten.
    if (until is None) != (typed("without_end") == "yes"):
        raise UsageError(
            "Give its last day, or say that it has none.", code="until_missing", remedy="One of the two."
        )
    return until


@pages.post("/<int:number>/lift")
@needs(Action.OBJECTION_RECORD)
def lift(number: int) -> Response | tuple[str, int]:
    """End one before its last day; the next refresh brings the pupil back under the same pseudonym."""
    try:
        objecting.lift(context().services, signed_in_actor(person()), number, now=context().now())
    except GatewayError as refused:
        return _page(refused=refused), status_of(refused)
    flash(_("Ended. The pupil is back after the next refresh."))
    return redirect(url_for("objections.listed"), 303)


def _page(*, people: Sequence[ListedObjection] | None = None, refused: GatewayError | None = None) -> str:
    now = context().now()
    return render_template(
        "objections.html",
        found=objecting.summaries(context().services, now=now),
        people=people,
        products=_products(),
        sources=source_names(),
        typed=request.form,
        refused=refused,
        today=local_day(now).isoformat(),
    )


def _products() -> list[str]:
    """Products that a pupil can be left out of: those on consent are withdrawn from instead."""
    with agreements.reading_agreements(context().services) as register:
        current = [version for version in register.listing() if version.state in (*PENDING, *RUNNING)]
    return sorted(
        {
            product
            for version in current
            for product in version.products
            if not needs_consent(version.compiled(product).legal_basis)
        }
    )
