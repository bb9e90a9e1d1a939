"""What vendors must delete after an agreement, the clock of each, and their written confirmations."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from contracts.instants import local_day
from gateway.errors import DisclosureRefused, GatewayError, UsageError
from gateway.school import documents
from gateway.school.documents import Paper
from gateway.school.pages.access import needs, person
from gateway.school.pages.agreement_files import uploaded
from gateway.school.pages.context import context
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action
from gateway.school.terms import deletions, stored

pages = Blueprint("deletions", __name__, url_prefix="/deletions")

_TYPES: Final = {".pdf": "application/pdf", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


@pages.get("/")
@needs(Action.DELETION_SEE)
def listed() -> str:
    """Every deletion, the earliest due first."""
    return _listed()


@pages.post("/")
@needs(Action.DELETION_CONFIRM)
def confirm() -> Response | tuple[str, int]:
    """Record the vendor's written confirmation; the paper is kept under its hash."""
    agreement, product = request.form.get("agreement", ""), request.form.get("product", "")
    try:
        deletions.confirm(
            context().services,
            signed_in_actor(person()),
            agreement,
            product,
            paper=paper_given("paper"),
            now=context().now(),
        )
    except UsageError as refused:
        return _listed(refused=refused, about=(agreement, product)), 422
    except DisclosureRefused as refused:
        return _listed(refused=refused, about=(agreement, product)), 409
    flash(_("The confirmation for %(product)s is recorded and kept.", product=product))
    return redirect(url_for("deletions.listed"), 303)  # type: ignore[return-value]


def paper_given(name: str) -> Paper:
    """The paper of a form. Raises `UsageError`: `file_missing`, `file_too_large`."""
    given = uploaded(name, limit=documents.MAX_BYTES)
    if given is None:
        raise UsageError("No document was given.", code="file_missing", remedy="Choose the document.")
    return Paper(given[1], given[0])


@pages.get("/<agreement_id>/<int:version>/<product>/paper")
@needs(Action.DELETION_SEE)
def paper(agreement_id: str, version: int, product: str) -> Response:
    """The confirmation as it was handed in."""
    for each in deletions.deletions(context().services):
        clock = each.clock
        if (clock.agreement, clock.product) == (f"{agreement_id}/{version}", product) and each.document:
            return kept_paper(each.document)
    raise NotFound


def kept_paper(kept: documents.Kept) -> Response:
    """A paper to save. Never shown as a page of ours: it came from outside."""
    name, content = documents.read(context().services.settings, kept.sha256)
    ending = name[name.rfind(".") :] if "." in name else ""
    answer = Response(content, content_type=_TYPES.get(ending, "application/octet-stream"))
    answer.headers["Content-Disposition"] = f'attachment; filename="{kept.sha256[:16]}{ending}"'
    return answer


def _listed(*, refused: GatewayError | None = None, about: tuple[str, str] | None = None) -> str:
    services = context().services
    found: list[stored.Deletion] = deletions.deletions(services)
    return render_template(
        "deletions.html",
        deletions=found,
        vendors=deletions.vendors_of(services),
        today=local_day(context().now()),
        refused=refused,
        about=about,
    )
