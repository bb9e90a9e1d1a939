"""Switching a product over: the vendor's list is uploaded, matched in memory, decided on, and kept nowhere."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from gateway.errors import GatewayError, UsageError
from gateway.registers import accesses
from gateway.roster.model import ProductId
from gateway.school import vendor_access
from gateway.school.api.problems import status_of
from gateway.school.documents import MAX_BYTES as MAX_PAPER_BYTES
from gateway.school.documents import Paper
from gateway.school.layouts.layout import FileShape
from gateway.school.pages.access import needs, person
from gateway.school.pages.agreement_files import uploaded
from gateway.school.pages.asking import typed
from gateway.school.pages.context import context
from gateway.school.pages.layouts import download
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action
from gateway.school.switchover import making
from gateway.school.switchover import stored as stored_switchovers
from gateway.school.switchover.decisions import parse_decisions
from gateway.school.switchover.making import Planned

pages = Blueprint("switchovers", __name__, url_prefix="/switch-overs")

MAX_LIST_BYTES: Final = 32 * 1024 * 1024
LANGUAGES: Final = ("nl", "en")


@pages.get("/")
@needs(Action.SWITCHOVER_SEE)
def listed() -> str:
    """Every switch-over, and whether the vendor confirmed it."""
    return _list()


@pages.get("/new")
@needs(Action.SWITCHOVER_MAKE)
def form() -> str:
    """The form for a vendor's list."""
    return _form()


@pages.post("/new")
@needs(Action.SWITCHOVER_MAKE)
def match() -> Response | tuple[str, int]:
    """Match the list, and tell what to decide on; or, with the other button, make both files.

    The list is sent each time: between the two nothing of it is kept.
    """
    try:
        return _matched()
    except GatewayError as refused:
        return _form(refused=refused), status_of(refused)


@pages.post("/<int:number>/confirm")
@needs(Action.SWITCHOVER_CONFIRM)
def confirm(number: int) -> Response | tuple[str, int]:
    """Record the vendor's written confirmation."""
    try:
        given = uploaded("document", limit=MAX_PAPER_BYTES)
        if given is None:
            raise UsageError("Choose a file first.", code="file_missing")
        stored_switchovers.confirm(
            context().services,
            number,
            paper=Paper(given[1], given[0]),
            actor=signed_in_actor(person()),
            now=context().now(),
        )
    except GatewayError as refused:
        if refused.code == "switchover_unknown":
            raise NotFound from None
        return _list(refused=refused), status_of(refused)
    flash(_("The vendor’s confirmation is recorded."))
    return redirect(url_for("switchovers.listed"), 303)


def _matched() -> Response | tuple[str, int]:
    given = uploaded("file", limit=MAX_LIST_BYTES)
    if given is None:
        raise UsageError("Choose a file first.", code="file_missing")
    if not typed("reason") or len(typed("reason")) > accesses.MAX_REASON:
        raise UsageError("Say why.", code="reason_missing")
    product = ProductId(typed("product"))
    decisions = parse_decisions(typed("decisions").split())
    services, actor = context().services, signed_in_actor(person())
    if "make" not in request.form:
        planned = making.plan(
            services,
            product,
            given[1],
            own_id=typed("own_id"),
            decisions=decisions,
            actor=actor,
            reason=typed("reason"),
        )
        return _form(planned=planned), 200
    language = typed("language")
    listed_file, order = io.BytesIO(), io.BytesIO()
    made = making.make(
        services,
        product,
        given[1],
        own_id=typed("own_id"),
        decisions=decisions,
        actor=actor,
        reason=typed("reason"),
        shape=FileShape(delimiter=";"),
        language=language if language in LANGUAGES else "nl",
        list_file=lambda: _in_memory(listed_file),
        order_file=lambda: _in_memory(order),
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{product}-lijst.csv", listed_file.getvalue())
        archive.writestr(f"{product}-opdracht.txt", order.getvalue())
    return download(packed.getvalue(), f"switch-over-{made.number}.zip", "application/zip")


@contextmanager
def _in_memory(content: io.BytesIO) -> Iterator[BinaryIO]:
    yield content


def _list(*, refused: GatewayError | None = None) -> str:
    return render_template(
        "switchovers.html", found=stored_switchovers.listed(context().services), refused=refused
    )


def _form(*, planned: Planned | None = None, refused: GatewayError | None = None) -> str:
    return render_template(
        "switchover_new.html",
        products=vendor_access.products(context().services),
        planned=planned,
        refused=refused,
        typed=request.form,
        languages_of_order=LANGUAGES,
    )
