"""Sub-processors that vendors announce: recorded, and objected to or accepted within the term (GDPR art. 28(2))."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from contracts.errors import ContractError
from contracts.instants import local_day
from contracts.terms import NoticeAnswer
from contracts.transitions import RUNNING
from gateway.errors import DisclosureRefused, GatewayError, UsageError
from gateway.school import documents
from gateway.school.agreements import reading_agreements
from gateway.school.documents import Paper
from gateway.school.pages.access import needs, person
from gateway.school.pages.agreement_files import uploaded
from gateway.school.pages.context import context
from gateway.school.pages.deletions import kept_paper
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action
from gateway.school.terms import subprocessors

pages = Blueprint("subprocessors", __name__, url_prefix="/subprocessors")


@pages.get("/")
@needs(Action.AGREEMENT_SEE)
def listed() -> str:
    """Every notice, newest first, and the form for a new one."""
    return _listed()


@pages.post("/")
@needs(Action.SUBPROCESSOR_RECORD)
def record() -> Response | tuple[str, int]:
    """Record a notice: the agreement's term to object begins on the day of the notice."""
    typed = {
        name: request.form.get(name, "").strip() for name in ("agreement", "name", "country", "service", "on")
    }
    try:
        given = uploaded("paper", limit=documents.MAX_BYTES)
        subprocessors.announce(
            context().services,
            signed_in_actor(person()),
            typed["agreement"],
            name=typed["name"],
            country=typed["country"].upper(),
            service=typed["service"],
            announced_on=_day(typed["on"]),
            paper=None if given is None else Paper(given[1], given[0]),
            now=context().now(),
        )
    except (ContractError, UsageError) as refused:
        return _listed(refused=refused, typed=typed), 422
    except DisclosureRefused as refused:
        return _listed(refused=refused, typed=typed), 409
    flash(_("The notice is recorded; its term runs."))
    return _back()


def _day(text: str) -> date:
    if not text:
        return local_day(context().now())
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError("A day is written as 2027-07-31.", code="day_invalid") from None


@pages.post("/<int:number>/object")
@needs(Action.SUBPROCESSOR_ANSWER)
def object_to(number: int) -> Response | tuple[str, int]:
    """Object, with a reason."""
    return _answer(
        number,
        NoticeAnswer.OBJECTED,
        _("The objection is recorded. Tell the vendor in writing, within the term."),
    )


@pages.post("/<int:number>/accept")
@needs(Action.SUBPROCESSOR_ANSWER)
def accept(number: int) -> Response | tuple[str, int]:
    """Accept; a version of the agreement that lists it follows."""
    return _answer(
        number,
        NoticeAnswer.ACCEPTED,
        _("Accepted. Now register a version of the agreement that lists this sub-processor."),
    )


def _answer(number: int, said: NoticeAnswer, done: str) -> Response | tuple[str, int]:
    try:
        subprocessors.answer(
            context().services,
            signed_in_actor(person()),
            number,
            said,
            reason=request.form.get("reason", "").strip() or None,
            now=context().now(),
        )
    except UsageError as refused:
        return _listed(refused=refused, about=number), 422
    except DisclosureRefused as refused:
        return _listed(refused=refused, about=number), 409
    flash(done)
    return _back()


@pages.get("/<int:number>/paper")
@needs(Action.AGREEMENT_SEE)
def paper(number: int) -> Response:
    """The vendor's notice as it was handed in."""
    for each in subprocessors.notices(context().services):
        if each.notice.number == number and each.document is not None:
            return kept_paper(each.document)
    raise NotFound


def _back() -> Response:
    return redirect(url_for("subprocessors.listed"), 303)  # type: ignore[return-value]


def _listed(
    *,
    refused: GatewayError | ContractError | None = None,
    typed: dict[str, str] | None = None,
    about: int | None = None,
) -> str:
    services = context().services
    with reading_agreements(services) as register:
        versions = register.listing()
    return render_template(
        "subprocessors.html",
        notices=subprocessors.notices(services),
        vendors={each.reference: each.agreement.processor.name for each in versions},
        running=[each for each in versions if each.state in RUNNING and each.agreement.art28 is not None],
        today=local_day(context().now()),
        refused=refused,
        typed=typed or {},
        about=about,
    )
