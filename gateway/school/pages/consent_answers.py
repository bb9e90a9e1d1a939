"""Answers of pupils and parents: looking up one pupil, recording what was said, and taking in a file of answers.

Who is asked for is registered before the school's system is asked (`gateway.school.consents`). Whom it is about comes
in the body of a form and is in no address, no cookie and no log; every answer is `no-store`.
"""

from __future__ import annotations

import csv
import hashlib
import io
from typing import Final

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext as _n

from contracts.consents import ConsentMethod, ConsentState, ConsentStep, Speaker
from contracts.instants import local_day
from gateway.errors import GatewayError, UsageError
from gateway.school.api.problems import status_of
from gateway.school.consents import importing, looking, recording
from gateway.school.consents.checking import Said
from gateway.school.consents.counting import comes_to
from gateway.school.consents.importing import COLUMNS, OPTIONAL, Imported, ImportRefused
from gateway.school.consents.looking import PersonSay
from gateway.school.consents.products import AskedProduct
from gateway.school.consents.recording import Outcome
from gateway.school.pages.access import needs, person
from gateway.school.pages.agreement_files import uploaded
from gateway.school.pages.asking import asked_person, chosen, day_of, ticked, typed
from gateway.school.pages.consents import found_product, product_page
from gateway.school.pages.context import context
from gateway.school.relink.spreadsheet import sheet_of
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action

pages = Blueprint("consent_answers", __name__, url_prefix="/consents")

MAX_EVIDENCE_BYTES: Final = 50 * 1024 * 1024
MAX_FILE_BYTES: Final = 20 * 1024 * 1024
TEMPLATE: Final = (*COLUMNS, *OPTIONAL)


@pages.post("/products/<product>/pupil")
@needs(Action.CONSENT_SEE)
def look_up(product: str) -> str | tuple[str, int]:
    """One pupil: what was said about this product and others, and what it comes to."""
    asked = found_product(product)
    try:
        source, identifier = asked_person()
        say = looking.show(
            context().services,
            signed_in_actor(person()),
            source=source,
            identifier=identifier,
            reason=typed("reason"),
            product=asked.product,
            named=person().may(Action.PREVIEW_PUPIL),
            now=context().now(),
        )
    except GatewayError as refused:
        return product_page(asked, refused=refused), status_of(refused)
    return _pupil_page(asked, source, identifier, say=say)


def _pupil_page(
    asked: AskedProduct,
    source: str,
    identifier: str,
    *,
    say: PersonSay | None = None,
    refused: GatewayError | None = None,
) -> str:
    return render_template(
        "consent_pupil.html",
        asked=asked,
        source=source,
        identifier=identifier,
        say=say,
        refused=refused,
        typed=request.form,
        steps=list(ConsentStep),
        speakers=list(Speaker),
        methods=list(ConsentMethod),
        today=local_day(context().now()).isoformat(),
    )


@pages.post("/products/<product>/record")
@needs(Action.CONSENT_RECORD)
def record(product: str) -> Response | tuple[str, int]:
    """Record what was said; a no acts at once. What a rule refuses is told above the form as it was filled in."""
    asked = found_product(product)
    try:
        source, identifier = asked_person()
    except UsageError as refused:
        return product_page(asked, refused=refused), status_of(refused)
    try:
        said = _said(asked, source, identifier)
        outcome = recording.record(context().services, signed_in_actor(person()), said, now=context().now())
    except GatewayError as refused:
        return _pupil_page(asked, source, identifier, refused=refused), status_of(refused)
    # Kept in the cookie for one page: no word about whom it was.
    for line in _told(said, outcome):
        flash(line)
    return redirect(url_for("consents.one", product=asked.product), 303)  # type: ignore[return-value]


def _said(asked: AskedProduct, source: str, identifier: str) -> Said:
    step = chosen(ConsentStep, "answer")
    said_on = day_of("on")
    if said_on is None:
        raise UsageError("The day on which it was said is missing.", code="date_missing")
    scan = uploaded("evidence_file", limit=MAX_EVIDENCE_BYTES)
    return Said(
        source=source,
        identifier=identifier,
        product=asked.product,
        step=step,
        speaker=chosen(Speaker, "said_by"),
        method=chosen(ConsentMethod, "method"),
        said_on=said_on,
        purposes=tuple(ticked("purpose")),
        evidence=typed("evidence"),
        evidence_sha256=None if scan is None else hashlib.sha256(scan[1]).hexdigest(),
        text=typed("text") or None,
        expires_on=day_of("expires"),
    )


def _told(said: Said, outcome: Outcome) -> list[str]:
    if said.step is ConsentStep.GIVEN:
        if comes_to(outcome.standings.values()) is ConsentState.GIVEN:
            return [
                _(
                    "Recorded. When every purpose is given, the pupil is with the vendor after the next refresh."
                )
            ]
        return [
            _(
                "Recorded, and it comes to no: another parent said no, or it was over before today. Look once more."
            )
        ]
    lines = [_("Recorded. From this moment the vendor is served nothing about this pupil.")]
    if outcome.request is not None:
        lines.append(
            _(
                "Request %(number)d is drafted: it asks the vendor to delete what it has. Send it.",
                number=outcome.request.number,
            )
        )
    return lines


@pages.post("/products/<product>/people")
@needs(Action.CONSENT_RECORD)
def people(product: str) -> str | tuple[str, int]:
    """Everybody who said something about a product, to follow up what has to be asked again."""
    asked = found_product(product)
    wanted = typed("state")
    try:
        found = looking.listed(
            context().services,
            signed_in_actor(person()),
            product=asked.product,
            reason=typed("reason"),
            states=frozenset({chosen(ConsentState, "state")})
            if wanted not in ("", "reconfirm")
            else frozenset(),
            reconfirm=wanted == "reconfirm",
            named=person().may(Action.PREVIEW_PUPIL),
            now=context().now(),
        )
    except GatewayError as refused:
        return product_page(asked, refused=refused), status_of(refused)
    return render_template(
        "consent_people.html", asked=asked, people=found, comes_to=comes_to, reason=typed("reason")
    )


# -- a file of answers --------------------------------------------------------------------------------------------


@pages.get("/import")
@needs(Action.CONSENT_RECORD)
def import_form() -> str:
    """Choose a file."""
    return _import_page()


@pages.post("/import")
@needs(Action.CONSENT_RECORD)
def import_answers() -> Response | tuple[str, int]:
    """Take in all of it or nothing; faults are told by row and code, never with a value."""
    try:
        given = uploaded("file", limit=MAX_FILE_BYTES)
        if given is None:
            raise UsageError("Choose a file first.", code="file_missing")
        done = importing.import_sheet(
            context().services, signed_in_actor(person()), sheet_of(given[1]), now=context().now()
        )
    except GatewayError as refused:
        return _import_page(refused=refused), status_of(refused)
    for line in _imported(done):
        flash(line)
    return redirect(url_for("consents.listed"), 303)  # type: ignore[return-value]


def _imported(done: Imported) -> list[str]:
    count = sum(done.recorded.values())
    lines = [_n("%(num)d answer is recorded.", "%(num)d answers are recorded.", count)]
    if done.known:
        lines.append(_n("%(num)d was known already.", "%(num)d were known already.", done.known))
    if done.silent:
        lines.append(
            _n(
                "%(num)d row has no answer: unknown, and that is no.",
                "%(num)d rows have no answer: unknown, and that is no.",
                done.silent,
            )
        )
    if done.requests:
        lines.append(
            _n(
                "%(num)d request to delete is drafted. Send it.",
                "%(num)d requests to delete are drafted. Send them.",
                done.requests,
            )
        )
    return lines


def _import_page(*, refused: GatewayError | None = None) -> str:
    faults = refused.faults if isinstance(refused, ImportRefused) else ()
    return render_template(
        "consent_import.html",
        refused=refused,
        faults=faults,
        steps=list(ConsentStep),
        speakers=list(Speaker),
        methods=list(ConsentMethod),
    )


@pages.get("/template.csv")
@needs(Action.CONSENT_RECORD)
def template() -> Response:
    """The columns of the file as an empty sheet, as a Dutch spreadsheet opens it."""
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerow(TEMPLATE)
    answer = Response("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="consents.csv"'
    return answer
