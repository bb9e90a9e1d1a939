"""Recipients by law: the closed catalogue, and noting a delivery that the school's system made."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from contracts.instants import local_day
from contracts.legal_exceptions import BY_CODE, CATALOGUE
from gateway.errors import GatewayError, UsageError
from gateway.school import legal_deliveries
from gateway.school.api.problems import status_of
from gateway.school.pages.access import needs, person
from gateway.school.pages.asking import asked_person, day_of, source_names, ticked, typed
from gateway.school.pages.context import context
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action

pages = Blueprint("legal_exceptions", __name__, url_prefix="/legal-exceptions")


@pages.get("/")
@needs(Action.EXCEPTION_SEE)
def listed() -> str:
    """Who may get what about one pupil without consent, by which article; and who may not by itself."""
    return render_template("legal_exceptions.html", catalogue=CATALOGUE)


@pages.get("/<code>")
@needs(Action.EXCEPTION_NOTE)
def form(code: str) -> tuple[str, int]:
    """The closed list of one recipient, to note what was delivered; a code that is not there is refused."""
    return _form(code, status=200)


@pages.post("/<code>")
@needs(Action.EXCEPTION_NOTE)
def note(code: str) -> Response | tuple[str, int]:
    """Note one delivery in the register of disclosures; the gateway itself sends nothing."""
    try:
        source, identifier = asked_person()
        fields = ticked("field")
        if not fields:
            # The command line takes none for all of them; on a page that would be a delivery nobody ticked.
            raise UsageError("Tick what was delivered.", code="fields_missing")
        on = day_of("on")
        noted = legal_deliveries.note(
            context().services,
            signed_in_actor(person()),
            code=code,
            source=source,
            identifier=identifier,
            delivered_on=local_day(context().now()) if on is None else on,
            fields=fields,
            explanation=typed("because"),
            now=context().now(),
        )
    except GatewayError as refused:
        return _form(code, status=status_of(refused), refused=refused)
    flash(_("Noted as number %(number)d in the register of disclosures.", number=noted.disclosure))
    return redirect(url_for("legal_exceptions.listed"), 303)


def _form(code: str, *, status: int, refused: GatewayError | None = None) -> tuple[str, int]:
    entry = BY_CODE.get(code)
    if entry is None:
        page = render_template("legal_exceptions.html", catalogue=CATALOGUE, unknown=True)
        return page, 404
    page = render_template(
        "legal_exception.html",
        entry=entry,
        sources=source_names(),
        typed=request.form,
        refused=refused,
        today=local_day(context().now()).isoformat(),
    )
    return page, status
