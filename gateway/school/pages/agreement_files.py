"""A record as a file: given to the register together with the signed paper, and taken out again."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from contracts import documents, writing
from contracts.documents import LintResult
from contracts.errors import ContractError
from contracts.instants import local_day
from gateway.errors import GatewayError, UsageError
from gateway.school import agreements
from gateway.school.agreeing import steps
from gateway.school.pages.access import needs, person
from gateway.school.pages.context import context
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action

pages = Blueprint("agreement_files", __name__, url_prefix="/agreements")

MAX_PAPER_BYTES: Final = 50 * 1024 * 1024
_TYPES: Final = {"yaml": "application/yaml", "json": "application/json"}


def uploaded(name: str, *, limit: int) -> tuple[str, bytes] | None:
    """A file of the form with its name; None where none was chosen. Raises `UsageError` when it is too large."""
    file = request.files.get(name)
    if file is None or not file.filename:
        return None
    content = file.read(limit + 1)
    if len(content) > limit:
        raise UsageError("The file is too large.", code="file_too_large", remedy="Give a smaller one.")
    return file.filename, content


@pages.get("/file")
@needs(Action.AGREEMENT_REGISTER)
def form() -> str:
    """Choose a record file and the signed document."""
    return _form()


@pages.post("/file")
@needs(Action.AGREEMENT_REGISTER)
def take() -> Response | str | tuple[str, int]:
    """Tell everything that is wrong at once; without faults, register when that was asked."""
    try:
        record = uploaded("record", limit=documents.MAX_RECORD_BYTES)
        paper = uploaded("paper", limit=MAX_PAPER_BYTES)
    except UsageError as refused:
        return _form(refused=refused), 422
    if record is None:
        return _form(nothing=True), 422
    name, content = record
    now = context().now()
    signed = None if paper is None else paper[1]
    result = documents.lint(content, name=name, paper=signed, today=local_day(now))
    if result.agreement is None:
        return _form(result=result, name=name), 422
    if request.form.get("do") != "register":
        return _form(result=result, name=name)
    try:
        outcome = steps.register(
            context().services,
            result.agreement,
            actor=signed_in_actor(person()),
            now=now,
            paper_given=paper is not None,
            new=request.form.get("relation") == "new",
            continues=continued(),
        )
    except (ContractError, UsageError) as refused:
        return _form(result=result, name=name, refused=refused), 409
    flash(_("The agreement is registered. A second person approves it."))
    version = outcome.version
    return redirect(
        url_for("agreements.shown", agreement_id=version.agreement_id, version=version.version), 303
    )


def continued() -> str | None:
    """The product that a new one continues, as the form says it."""
    relation = request.form.get("relation", "")
    return relation.removeprefix("continues:") if relation.startswith("continues:") else None


def known_products() -> list[tuple[str, str]]:
    """Short names of products and their recipients, for the question what a new product continues."""
    with agreements.reading_agreements(context().services) as book:
        return [(owner.product, owner.name) for owner in book.products()]


@pages.get("/<agreement_id>/<int:version>/record.<ending>")
@needs(Action.AGREEMENT_SEE)
def record(agreement_id: str, version: int, ending: str) -> Response | tuple[str, int]:
    """The registered record in the format in which it is given."""
    with agreements.reading_agreements(context().services) as book:
        found = book.show(f"{agreement_id}/{version}")
    if ending not in writing.ENDINGS:
        raise UsageError("A record is YAML or JSON.", code="format_unknown", remedy="Take record.yaml.")
    answer = Response(
        writing.to_file(found.agreement, ending), content_type=f"{_TYPES[ending]}; charset=utf-8"
    )
    name = f"{found.agreement_id}_{found.version}.{ending}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _form(
    *,
    result: LintResult | None = None,
    name: str = "",
    nothing: bool = False,
    refused: ContractError | GatewayError | None = None,
) -> str:
    return render_template(
        "agreement_file.html",
        result=result,
        name=name,
        nothing=nothing,
        refused=refused,
        products=known_products(),
    )
