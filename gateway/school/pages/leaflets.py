"""A vendor's privacy leaflet: importing it, and answering what a new version of it changes."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from contracts import documents
from contracts import leaflets as leaflet_files
from contracts.faults import DocumentRefused, Fault
from contracts.leaflet_changes import LeafletChange
from gateway.errors import UsageError
from gateway.school.agreeing import leaflets
from gateway.school.agreeing.models import MODELS
from gateway.school.pages.access import needs, person
from gateway.school.pages.agreement_files import uploaded
from gateway.school.pages.context import context
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action

pages = Blueprint("leaflets", __name__, url_prefix="/leaflets")


@pages.get("/")
@needs(Action.AGREEMENT_REGISTER)
def form() -> str:
    """Choose a leaflet."""
    return _form()


@pages.post("/")
@needs(Action.AGREEMENT_REGISTER)
def take() -> Response | tuple[str, int]:
    """Import it: a draft where the vendor is new, what changes where an agreement is there."""
    try:
        given = uploaded("leaflet", limit=documents.MAX_RECORD_BYTES)
    except UsageError as refused:
        return _form(refused=refused), 422
    if given is None:
        return _form(nothing=True), 422
    name, content = given
    try:
        leaflet = leaflet_files.load(content, name=name)
    except DocumentRefused as found:
        return _form(faults=found.faults, name=name), 422
    services, now = context().services, context().now()
    digest = leaflets.import_leaflet(services, leaflet, actor=signed_in_actor(person()), now=now)
    version = leaflets.agreement_for(services, leaflet)
    if version is not None:
        place = url_for(
            "leaflets.differences", digest=digest, agreement_id=version.agreement_id, version=version.version
        )
        return redirect(place, 303)
    draft = leaflets.begin(
        services,
        digest,
        model=request.form.get("model", ""),
        account_id=person().account_id,
        now=now,
    )
    flash(
        _("The leaflet is a draft now. The vendor’s words stand beside each line; complete and compare it.")
    )
    return redirect(url_for("drafts.form", draft_id=draft.draft_id), 303)


@pages.get("/<digest>/<agreement_id>/<int:version>")
@needs(Action.AGREEMENT_REGISTER)
def differences(digest: str, agreement_id: str, version: int) -> str:
    """What the leaflet changes, one by one."""
    return _differences(digest, f"{agreement_id}/{version}")


@pages.post("/<digest>/<agreement_id>/<int:version>")
@needs(Action.AGREEMENT_REGISTER)
def answer(digest: str, agreement_id: str, version: int) -> Response | tuple[str, int]:
    """Take over what is accepted, into a draft of the next version."""
    reference = f"{agreement_id}/{version}"
    _leaflet, _version, found = leaflets.differences(context().services, digest, reference)
    answers = {change.key: request.form.get(f"answer-{place}", "") for place, change in enumerate(found)}
    try:
        draft = leaflets.answer(
            context().services,
            digest,
            reference,
            take=[key for key, word in answers.items() if word == "accept"],
            refuse=[key for key, word in answers.items() if word == "refuse"],
            account_id=person().account_id,
            actor=signed_in_actor(person()),
            now=context().now(),
        )
    except UsageError as refused:
        return _differences(digest, reference, refused=refused, answers=answers), 422
    flash(_("What you accepted is a draft of the next version; what you refused stays as it is agreed."))
    return redirect(url_for("drafts.form", draft_id=draft.draft_id), 303)


def _form(
    *,
    faults: Sequence[Fault] = (),
    name: str = "",
    nothing: bool = False,
    refused: UsageError | None = None,
) -> str:
    return render_template(
        "leaflet.html", faults=faults, name=name, nothing=nothing, refused=refused, models=list(MODELS)
    )


def _differences(
    digest: str,
    reference: str,
    *,
    refused: UsageError | None = None,
    answers: dict[str, str] | None = None,
) -> str:
    leaflet, version, found = leaflets.differences(context().services, digest, reference)
    return render_template(
        "leaflet_differences.html",
        leaflet=leaflet,
        digest=digest,
        version=version,
        changes=found,
        counts=_counts(found),
        refused=refused,
        answers=answers or {},
    )


def _counts(found: Sequence[LeafletChange]) -> dict[tuple[str, str], int]:
    counts: dict[tuple[str, str], set[str]] = {}
    for change in found:
        # A field counts once, whatever the persons and ways.
        what = change.what.split(" ")[0] if change.part == "field" else change.what
        counts.setdefault((change.kind.value, change.part), set()).add(f"{change.product}:{what}")
    return {key: len(members) for key, members in counts.items()}
