"""The guided form: an agreement written in the order of the paper one, kept at every step until it is registered."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from contracts import documents
from contracts.agreements import Agreement
from contracts.errors import ContractError, NotFound
from contracts.faults import DocumentRefused, Fault, Finding
from contracts.findings import findings
from contracts.instants import local_day
from gateway.errors import GatewayError, UsageError
from gateway.school.agreeing import beginning, drafts, steps
from gateway.school.agreeing.drafts import Draft, at
from gateway.school.agreeing.models import MODELS, ProductKind
from gateway.school.pages.access import needs, person
from gateway.school.pages.agreement_answers import ROWS, fitting, read
from gateway.school.pages.agreement_files import MAX_PAPER_BYTES, known_products, uploaded
from gateway.school.pages.agreement_form import asked
from gateway.school.pages.context import context
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action

pages = Blueprint("drafts", __name__, url_prefix="/agreement-drafts")

_ROWS: Final = re.compile(rf"products\[\d{{1,3}}\]\.(?:{'|'.join(ROWS)})")
MAX_ROWS: Final = 100
"""Of a list in the form; a file may hold more (`contracts.schemas.MAX_LIST`)."""


@pages.get("/")
@needs(Action.AGREEMENT_REGISTER)
def listed() -> str:
    """One's own drafts, and where a new one starts."""
    found = drafts.listed(context().services, account_id=person().account_id)
    return render_template("drafts.html", drafts=found, models=list(MODELS), kinds=list(ProductKind))


@pages.post("/")
@needs(Action.AGREEMENT_REGISTER)
def begin() -> Response:
    """Start one from a model and a kind of product."""
    kind = request.form.get("kind", "")
    draft = beginning.begin(
        context().services,
        model=request.form.get("model", ""),
        kind=ProductKind(kind) if kind in list(ProductKind) else None,
        account_id=person().account_id,
        now=context().now(),
    )
    return _to(draft)


@pages.post("/from/<agreement_id>/<int:version>")
@needs(Action.AGREEMENT_REGISTER)
def begin_from(agreement_id: str, version: int) -> Response:
    """Start the next version of an agreement."""
    draft = beginning.begin_from(
        context().services,
        f"{agreement_id}/{version}",
        account_id=person().account_id,
        now=context().now(),
    )
    return _to(draft)


@pages.get("/<draft_id>")
@needs(Action.AGREEMENT_REGISTER)
def form(draft_id: str) -> str:
    """Go on with a draft."""
    return _page(_find(draft_id))


@pages.post("/<draft_id>/discard")
@needs(Action.AGREEMENT_REGISTER)
def discard(draft_id: str) -> Response:
    """Throw a draft away."""
    drafts.discard(context().services, draft_id, account_id=person().account_id)
    flash(_("The draft is thrown away."))
    return redirect(url_for("drafts.listed"), 303)


@pages.post("/<draft_id>")
@needs(Action.AGREEMENT_REGISTER)
def take(draft_id: str) -> Response | str | tuple[str, int]:
    """Keep what was typed, whatever it is; then do what the button says."""
    draft = _typed(_find(draft_id))
    try:
        paper = uploaded("paper", limit=MAX_PAPER_BYTES)
    except UsageError as refused:
        _save(draft)
        return _page(draft, refused=refused), 422
    if paper is not None:
        draft = _with_paper(draft, paper[1])
    do = request.form.get("do", "save")
    draft = _rearranged(draft, do)
    _save(draft)
    if do in ("check", "register"):
        return _checked(draft, register=do == "register")
    flash(_("The draft is kept."))
    return redirect(url_for("drafts.form", draft_id=draft.draft_id) + _anchor(do), 303)


def _find(draft_id: str) -> Draft:
    return drafts.find(context().services, draft_id, account_id=person().account_id)


def _save(draft: Draft) -> None:
    drafts.save(context().services, draft, account_id=person().account_id, now=context().now())


def _to(draft: Draft) -> Response:
    return redirect(url_for("drafts.form", draft_id=draft.draft_id), 303)


def _typed(draft: Draft) -> Draft:
    sent = request.form
    return replace(
        draft,
        record=read(sent.getlist, sent.keys(), draft.record),
        relation=sent.get("relation", ""),
        compared=sent.get("compared") == "1",
    )


def _with_paper(draft: Draft, paper: bytes) -> Draft:
    record = copy.deepcopy(dict(draft.record))
    digest = hashlib.sha256(paper).hexdigest()
    drafts.put(record, "document.sha256", digest)
    return replace(draft, record=record, paper_sha256=digest)


def _rearranged(draft: Draft, do: str) -> Draft:
    """Add or take out a product or a row: `add:<list>`, `remove:<list>[<index>]`, `product:<kind>`."""
    word, _colon, place = do.partition(":")
    record: dict[str, Any] = copy.deepcopy(dict(draft.record))
    marks = dict(draft.filled)
    if word == "product":
        if len(record["products"]) < MAX_ROWS:
            beginning.add_product(record, marks, ProductKind(place) if place in list(ProductKind) else None)
    elif word == "add" and _ROWS.fullmatch(place):
        product, _dot, name = place.rpartition(".")
        owner = at(record, product)
        if isinstance(owner, dict) and len(owner.setdefault(name, [])) < MAX_ROWS:
            owner[name].append({"fields": []} if name == "data" else {})
    elif word == "remove" and (found := re.fullmatch(r"(.+)\[(\d{1,3})\]", place)):
        rows, index = at(record, found[1]), int(found[2])
        known = found[1] == "products" or _ROWS.fullmatch(found[1])
        if known and isinstance(rows, list) and index < len(rows):
            del rows[index]
            marks = drafts.without_row(marks, found[1], index)
            words = drafts.without_row(draft.words, found[1], index)
            return replace(draft, record=record, filled=marks, words=words)
    return replace(draft, record=record, filled=marks)


def _anchor(do: str) -> str:
    place = do.partition(":")[2]
    found = re.match(r"products\[(\d{1,3})\]", place)
    return f"#product-{int(found[1]) + 1}" if found else ""


def _checked(draft: Draft, *, register: bool) -> Response | str | tuple[str, int]:
    try:
        record = documents.load(json.dumps(fitting(draft.record)), name="draft.json")
    except DocumentRefused as refused:
        return _page(draft, faults=refused.faults, checked=True), 422
    paper_given = draft.paper_sha256 is not None and (
        record.document is not None and record.document.sha256 == draft.paper_sha256
    )
    open_findings = findings(record, today=local_day(context().now()), paper_given=paper_given)
    if not register:
        return _page(draft, findings=open_findings, checked=True)
    if not draft.compared and asked(draft, ()).unconfirmed:
        return _page(draft, findings=open_findings, checked=True, not_compared=True), 422
    return _registered(draft, record, open_findings, paper_given=paper_given)


def _registered(
    draft: Draft, record: Agreement, open_findings: Sequence[Finding], *, paper_given: bool
) -> Response | tuple[str, int]:
    relation = draft.relation
    try:
        outcome = steps.register(
            context().services,
            record,
            actor=signed_in_actor(person()),
            now=context().now(),
            paper_given=paper_given,
            new=relation == "new",
            continues=relation.removeprefix("continues:") if relation.startswith("continues:") else None,
        )
    except NotFound:
        raise
    except (ContractError, UsageError) as refused:
        return _page(draft, findings=open_findings, refused=refused), 409
    drafts.discard(context().services, draft.draft_id, account_id=person().account_id)
    flash(_("The agreement is registered. A second person approves it."))
    version = outcome.version
    return redirect(
        url_for("agreements.shown", agreement_id=version.agreement_id, version=version.version), 303
    )


def _page(
    draft: Draft,
    *,
    faults: Sequence[Fault] = (),
    findings: Sequence[Finding] = (),
    checked: bool = False,
    not_compared: bool = False,
    refused: ContractError | GatewayError | None = None,
) -> str:
    return render_template(
        "draft.html",
        draft=draft,
        form=asked(draft, faults),
        findings=findings,
        checked=checked,
        not_compared=not_compared,
        refused=refused,
        products=known_products(),
        kinds=list(ProductKind),
    )
