"""The board's privacy regulation: versions with the council's consent, the document, and what it does to agreements."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from contracts.instants import local_day
from contracts.regulation import CouncilConsent, CouncilPart, Regulation, speaking_for
from contracts.vocabulary import DataCategory
from gateway.errors import GatewayError, UsageError
from gateway.school import documents
from gateway.school.agreements import reading_agreements
from gateway.school.api.problems import status_of
from gateway.school.consents.words import PURPOSES
from gateway.school.documents import Paper
from gateway.school.pages.access import needs, person
from gateway.school.pages.agreement_files import uploaded
from gateway.school.pages.asking import chosen, day_of, ticked, typed
from gateway.school.pages.context import context
from gateway.school.regulations import enforcement, recording
from gateway.school.regulations.enforcement import Enforcement
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action

pages = Blueprint("regulations", __name__, url_prefix="/regulation")


@pages.get("/")
@needs(Action.REGULATION_SEE)
def listed() -> str:
    """Every version, which part of the council consented when, and what is in force for whom."""
    return _page()


@pages.post("/")
@needs(Action.REGULATION_CHANGE)
def add() -> Response | tuple[str, int]:
    """Record a version; agreements that go beyond it are told, or refused, when they are activated."""
    try:
        begins = day_of("from")
        if begins is None:
            raise UsageError("The first day is missing.", code="date_missing")
        paper = uploaded("document", limit=documents.MAX_BYTES)
        recording.record(
            context().services,
            signed_in_actor(person()),
            Regulation(
                version=typed("version"),
                in_force_from=begins,
                categories=tuple(each for each in DataCategory if each.value in ticked("category")),
                purposes=_purposes(),
                council=_council(),
            ),
            paper=None if paper is None else Paper(paper[1], paper[0]),
            now=context().now(),
        )
    except GatewayError as refused:
        return _page(refused=refused), status_of(refused)
    flash(_("The version is recorded."))
    return redirect(url_for("regulations.listed"), 303)  # type: ignore[return-value]


def _purposes() -> tuple[str, ...]:
    more = (line.strip() for line in request.form.get("more_purposes", "").splitlines())
    return tuple(dict.fromkeys((*ticked("purpose"), *(line for line in more if line))))


def _council() -> tuple[CouncilConsent, ...]:
    found: list[CouncilConsent] = []
    for part in CouncilPart:
        on, reference = day_of(f"{part.value}_on"), typed(f"{part.value}_ref")
        if (on is None) != (not reference):
            raise UsageError(
                "The council's consent is recorded with its day and with where it is written.",
                code="reference_missing",
                remedy="Give both, or neither.",
            )
        if on is not None:
            found.append(CouncilConsent(part, on, reference))
    return tuple(found)


@pages.post("/enforcement")
@needs(Action.REGULATION_CHANGE)
def enforce() -> Response | tuple[str, int]:
    """Choose whether an agreement beyond the regulation is refused, or warned about."""
    try:
        made = enforcement.choose(
            context().services,
            signed_in_actor(person()),
            chosen(Enforcement, "enforcement"),
            now=context().now(),
        )
    except GatewayError as refused:
        return _page(refused=refused), status_of(refused)
    flash(
        _("An agreement beyond the regulation cannot be activated from now on.")
        if made.blocks
        else _("An agreement beyond the regulation is warned about and registered from now on.")
    )
    return redirect(url_for("regulations.listed"), 303)  # type: ignore[return-value]


@pages.get("/<int:number>/document")
@needs(Action.REGULATION_SEE)
def document(number: int) -> Response:
    """The regulation itself as it was handed in; never opened by the browser within these pages."""
    found = recording.recorded(context().services)
    digest = found[number - 1].document_sha256 if 1 <= number <= len(found) else None
    if digest is None:
        raise NotFound
    name, content = documents.read(context().services.settings, digest)
    # Attack: a document that holds a script; as a file of no known type it is kept and not shown.
    answer = Response(content, content_type="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _page(*, refused: GatewayError | None = None) -> str:
    services, now = context().services, context().now()
    found = recording.recorded(services)
    return render_template(
        "regulations.html",
        versions=list(reversed(list(enumerate(found, 1)))),
        in_force=speaking_for(found, on=local_day(now)),
        chosen=enforcement.current(services),
        refused=refused,
        typed=request.form,
        categories=[each.value for each in DataCategory if each is not DataCategory.NATIONAL_NUMBER],
        purposes=_known_purposes(),
        parts=[each.value for each in CouncilPart],
        today=local_day(now).isoformat(),
    )


def _known_purposes() -> list[str]:
    """Those of parents' forms and of every agreement of the board, to tick."""
    with reading_agreements(context().services) as register:
        agreed = {
            purpose
            for version in register.listing()
            for terms in version.agreement.products
            for purpose in terms.purposes
        }
    return list(dict.fromkeys((*PURPOSES, *sorted(agreed))))
