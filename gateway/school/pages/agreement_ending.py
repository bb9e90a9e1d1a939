"""Ending an agreement: first what follows is shown and what becomes of the pseudonyms is asked, then it is ended.

Afterwards the same page tells where that stands, and the choice about the pseudonyms can be made anew.
"""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from contracts.errors import ContractError, NotFound
from contracts.instants import local_day
from contracts.transitions import PENDING, RUNNING, Version
from gateway.errors import GatewayError, UsageError
from gateway.school.agreeing import steps
from gateway.school.agreements import reading_agreements
from gateway.school.pages.access import needs, person
from gateway.school.pages.context import context
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action
from gateway.school.terms import ending, shredding

pages = Blueprint("agreement_ending", __name__, url_prefix="/agreements")


@pages.get("/<agreement_id>/<int:version>/ending")
@needs(Action.AGREEMENT_SEE)
def shown(agreement_id: str, version: int) -> str | tuple[str, int]:
    """With `when`: what follows from that end. Without: the question, and where an end that is known stands."""
    reference = f"{agreement_id}/{version}"
    if not request.args.get("when"):
        return _page(reference)
    try:
        on = last_day(request.args.get("when", ""), request.args.get("on", ""))
    except UsageError as refused:
        return _page(reference, refused=refused), 422
    return _page(reference, asked=True, on=on)


@pages.post("/<agreement_id>/<int:version>/end")
@needs(Action.AGREEMENT_END)
def end(agreement_id: str, version: int) -> Response | tuple[str, int]:
    """End at once, or after a last day, with the choice about the pseudonyms."""
    reference = f"{agreement_id}/{version}"
    asked, on = False, None
    try:
        on = last_day(request.form.get("when", ""), request.form.get("on", ""))
        asked = True
        shred_on = None if _version(reference).state in PENDING else chosen_day()
        steps.end(
            context().services,
            reference,
            actor=signed_in_actor(person()),
            now=context().now(),
            on=on,
            reason=" ".join(request.form.get("reason", "").split())[:1_000] or None,
            shred_on=shred_on,
        )
    except NotFound:
        raise
    except (ContractError, UsageError) as refused:
        status = 422 if isinstance(refused, UsageError) else 409
        return _page(reference, refused=refused, asked=asked, on=on), status
    flash(_("The end is registered."))
    return redirect(url_for("agreement_ending.shown", agreement_id=agreement_id, version=version), 303)


@pages.post("/<agreement_id>/<int:version>/pseudonyms")
@needs(Action.AGREEMENT_END)
def pseudonyms(agreement_id: str, version: int) -> Response | tuple[str, int]:
    """Choose anew what becomes of the pseudonyms."""
    reference = f"{agreement_id}/{version}"
    try:
        shredding.decide(
            context().services, signed_in_actor(person()), reference, chosen_day(), now=context().now()
        )
    except NotFound:
        raise
    except (ContractError, UsageError) as refused:
        return _page(reference, refused=refused), 422 if isinstance(refused, UsageError) else 409
    flash(_("The choice about the pseudonyms is registered."))
    return redirect(url_for("agreement_ending.shown", agreement_id=agreement_id, version=version), 303)


def last_day(when: str, on: str) -> date | None:
    """The last day of a form; None: at once. Raises `UsageError`: `date_invalid`."""
    if when == "now":
        return None
    try:
        return date.fromisoformat(on)
    except ValueError:
        # Attack on oneself: a day that was not understood must not end it at once.
        raise UsageError(
            "The last day is a day, such as 2027-07-31.",
            code="date_invalid",
            remedy="Give the day, or choose to end it now.",
        ) from None


def chosen_day() -> date | None:
    """From which day pseudonyms are to be destroyed; None: they are kept. Raises `UsageError`: it was not answered."""
    chosen = request.form.get("pseudonyms", "")
    if chosen == "keep":
        return None
    if chosen != "shred":
        raise UsageError(
            "What becomes of the pseudonyms was not answered.",
            code="shredding_unanswered",
            remedy="Choose to keep them, or to destroy them from a day.",
        )
    try:
        return date.fromisoformat(request.form.get("shred_on", ""))
    except ValueError:
        raise UsageError("A day is written as 2027-07-31.", code="day_invalid") from None


def _version(reference: str) -> Version:
    with reading_agreements(context().services) as register:
        return register.show(reference)


def _page(
    reference: str,
    *,
    refused: ContractError | GatewayError | None = None,
    asked: bool = False,
    on: date | None = None,
) -> str:
    services, now = context().services, context().now()
    version = _version(reference)
    open_ = version.state in (*PENDING, *RUNNING)
    known = version.outbound_until() is not None and version.state not in PENDING
    follows = None
    if asked and open_:
        follows = ending.consequences(services, reference, on=on, now=now)
    elif known:
        follows = ending.consequences(services, reference, on=None, now=now, as_planned=True)
    return render_template(
        "agreement_ending.html",
        version=version,
        open=open_,
        asked=asked,
        on=on,
        known=known,
        follows=follows,
        after=ending.after_end(services, version.reference),
        today=local_day(now),
        refused=refused,
    )
