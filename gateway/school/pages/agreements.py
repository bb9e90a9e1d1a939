"""Agreements: which there are, what one says, and the steps of its life."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from contracts.errors import ContractError, NotFound
from contracts.transitions import Version
from gateway.errors import GatewayError, UsageError
from gateway.registers.actors import Actor
from gateway.school.agreeing import advice, overview, steps
from gateway.school.pages.access import needs, person
from gateway.school.pages.agreement_reading import shown_products, shown_record
from gateway.school.pages.context import context
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action

pages = Blueprint("agreements", __name__, url_prefix="/agreements")


@pages.get("/")
@needs(Action.AGREEMENT_SEE)
def listed() -> str:
    """Every agreement with its state, last day and what is missing."""
    past = request.args.get("past") == "1"
    rows, altered = overview.listed(context().services, now=context().now(), past=past)
    return render_template("agreements.html", rows=rows, altered=altered, past=past)


@pages.get("/<agreement_id>/<int:version>")
@needs(Action.AGREEMENT_SEE)
def shown(agreement_id: str, version: int) -> str:
    """One version."""
    return _page(f"{agreement_id}/{version}")


@pages.post("/<agreement_id>/<int:version>/findings/<code>")
@needs(Action.AGREEMENT_ACCEPT_FINDING)
def accept_finding(agreement_id: str, version: int, code: str) -> Response | tuple[str, int]:
    """Accept a finding with a written reason."""
    reason = " ".join(request.form.get("reason", "").split())[:1_000]
    return _step(
        agreement_id,
        version,
        lambda reference, actor: steps.accept_finding(
            context().services, reference, code, reason=reason, actor=actor, now=context().now()
        ),
        _("The finding is accepted; your name and reason are in the register."),
    )


@pages.post("/<agreement_id>/<int:version>/advice")
@needs(Action.AGREEMENT_ADVISE)
def advise(agreement_id: str, version: int) -> Response | tuple[str, int]:
    """Attach advice; it changes nothing about the agreement."""

    def attach(reference: str, actor: Actor) -> None:
        outcome, text = request.form.get("outcome", ""), request.form.get("text", "")
        advice.advise(context().services, reference, outcome, text, actor=actor, now=context().now())

    return _step(agreement_id, version, attach, _("The advice is attached; whoever approves reads it first."))


@pages.post("/<agreement_id>/<int:version>/approve")
@needs(Action.AGREEMENT_APPROVE)
def approve(agreement_id: str, version: int) -> Response | tuple[str, int]:
    """Approve; never by who entered it."""
    return _step(
        agreement_id,
        version,
        lambda reference, actor: steps.approve(
            context().services, reference, actor=actor, now=context().now()
        ),
        _("The agreement is approved. It acts when it is activated."),
    )


@pages.post("/<agreement_id>/<int:version>/activate")
@needs(Action.AGREEMENT_ACTIVATE)
def activate(agreement_id: str, version: int) -> Response | tuple[str, int]:
    """Activate, or resume."""
    return _step(
        agreement_id,
        version,
        lambda reference, actor: steps.activate(
            context().services, reference, actor=actor, now=context().now()
        ),
        _("The agreement is active."),
    )


@pages.post("/<agreement_id>/<int:version>/suspend")
@needs(Action.AGREEMENT_SUSPEND)
def suspend(agreement_id: str, version: int) -> Response | tuple[str, int]:
    """Stop both ways at once."""
    return _step(
        agreement_id,
        version,
        lambda reference, actor: steps.suspend(
            context().services, reference, actor=actor, now=context().now(), reason=_reason()
        ),
        _("The agreement is suspended: nothing goes out and nothing comes in."),
    )


def _reason() -> str | None:
    return " ".join(request.form.get("reason", "").split())[:1_000] or None


def _step(
    agreement_id: str, version: int, step: Callable[[str, Actor], Version | None], done: str
) -> Response | tuple[str, int]:
    """Take a step; what the register refuses is told on the page of the agreement, in its own words."""
    reference = f"{agreement_id}/{version}"
    try:
        step(reference, signed_in_actor(person()))
    except NotFound:
        raise
    except (ContractError, UsageError) as refused:
        return _page(reference, refused=refused), 422 if isinstance(refused, UsageError) else 409
    flash(done)
    return redirect(url_for("agreements.shown", agreement_id=agreement_id, version=version), 303)


def _page(reference: str, *, refused: ContractError | GatewayError | None = None) -> str:
    found = overview.view(context().services, reference, now=context().now())
    version = found.row.version
    return render_template(
        "agreement.html",
        view=found,
        row=found.row,
        version=version,
        sections=shown_record(version.agreement),
        products=shown_products(version.agreement),
        advices=advice.advice_on(context().services, version.agreement_id),
        refused=refused,
        command_text=f"schuilnaam agreement show {shlex.quote(version.reference)}",
    )
