"""Any-vendor mode: layouts, and per product the file for the vendor, its results file, and the style of aliases."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import BinaryIO, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext as _n
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from contracts.faults import DocumentRefused, Fault
from contracts.parsing import MAX_BYTES
from gateway.errors import GatewayError, UsageError
from gateway.roster.model import ProductId
from gateway.school import alias_styles, vendor_access
from gateway.school.api.problems import status_of
from gateway.school.disclosure.aliases import Style
from gateway.school.layouts import exporting, returning, stored
from gateway.school.layouts.builtin import EVERYBODY
from gateway.school.layouts.deciding import Left
from gateway.school.layouts.layout import FileFormat, Layout
from gateway.school.layouts.returning import Taken
from gateway.school.pages.access import needs, person
from gateway.school.pages.agreement_files import uploaded
from gateway.school.pages.asking import chosen, typed
from gateway.school.pages.context import context
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action

pages = Blueprint("layouts", __name__, url_prefix="/layouts")

MAX_RESULTS_BYTES: Final = 32 * 1024 * 1024
_TYPES: Final = {
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@pages.get("/")
@needs(Action.LAYOUT_SEE)
def listed() -> str:
    """Layouts in use, and every product for which a file can be made."""
    return _list()


@pages.post("/")
@needs(Action.LAYOUT_CHANGE)
def add() -> Response | tuple[str, int]:
    """Take a layout into use; all faults at once, and then nothing is stored."""
    try:
        given = uploaded("file", limit=MAX_BYTES)
        if given is None:
            raise UsageError("Choose a file first.", code="file_missing")
        kept = stored.add(context().services, given[1], actor=signed_in_actor(person()), now=context().now())
    except DocumentRefused as faulty:
        return _list(faults=faulty.faults), 422
    except GatewayError as refused:
        return _list(refused=refused), status_of(refused)
    flash(_("Layout %(name)s, version %(number)d, is in use.", name=kept.layout.name, number=kept.number))
    return redirect(url_for("layouts.shown", name=kept.layout.name), 303)


@pages.get("/<name>")
@needs(Action.LAYOUT_SEE)
def shown(name: str) -> str:
    """One layout as it was given."""
    try:
        kept = stored.get(context().services, name)
    except UsageError:
        raise NotFound from None
    return render_template("layout.html", kept=kept, text=kept.content.decode("utf-8-sig"))


@pages.get("/products/<product>")
@needs(Action.LAYOUT_SEE)
def product_files(product: str) -> str:
    """One product's files."""
    return _product(product)


@pages.post("/products/<product>/export")
@needs(Action.EXPORT_WRITE)
def export(product: str) -> Response | tuple[str, int]:
    """The file for the vendor; registered as a disclosure before its first byte."""
    try:
        layout = _layout(typed("layout"))
        if typed("format"):
            layout = replace(layout, file=replace(layout.file, format=chosen(FileFormat, "format")))
        content = io.BytesIO()
        exporting.export(
            context().services,
            ProductId(product),
            layout,
            actor=signed_in_actor(person()),
            opened=lambda: _emptied(content),
        )
    except GatewayError as refused:
        return _product(product, refused=refused), status_of(refused)
    return download(content.getvalue(), f"{product}.{layout.file.format.value}", _TYPES[layout.file.format])


@pages.post("/products/<product>/results")
@needs(Action.RESULT_TAKE)
def take(product: str) -> Response | tuple[str, int] | str:
    """Take in the vendor's results file; rows that are not taken in are told by number and code."""
    try:
        given = uploaded("file", limit=MAX_RESULTS_BYTES)
        if given is None:
            raise UsageError("Choose a file first.", code="file_missing")
        taken = returning.take(
            context().services,
            ProductId(product),
            _layout(typed("layout")),
            given[1],
            actor=signed_in_actor(person()),
        )
    except GatewayError as refused:
        return _product(product, refused=refused), status_of(refused)
    told = [
        _n("%(num)d row is taken in.", "%(num)d rows are taken in.", taken.new),
        _n("%(num)d row changes nothing.", "%(num)d rows change nothing.", taken.unchanged),
    ]
    if not taken.bad and not taken.unknown:
        for line in told:
            flash(line)
        return redirect(url_for("layouts.product_files", product=product), 303)
    # Said here and nowhere else: the same file again changes nothing, so a page that is loaded again does no harm.
    return _product(product, taken=taken, told=told)


@pages.post("/products/<product>/aliases")
@needs(Action.LAYOUT_CHANGE)
def style(product: str) -> Response | tuple[str, int]:
    """How new aliases look; those that were given out stay."""
    try:
        alias_styles.choose(
            context().services,
            ProductId(product),
            chosen(Style, "style"),
            actor=signed_in_actor(person()),
            now=context().now(),
        )
    except GatewayError as refused:
        return _product(product, refused=refused), status_of(refused)
    flash(_("New pupils get aliases of this kind from now on."))
    return redirect(url_for("layouts.product_files", product=product), 303)


def download(content: bytes, name: str, kind: str) -> Response:
    """A file that the browser saves under our own name and never shows."""
    answer = Response(content, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@contextmanager
def _emptied(content: io.BytesIO) -> Iterator[BinaryIO]:
    # Made again when somebody is withdrawn meanwhile: nothing of the first try may stay.
    content.seek(0)
    content.truncate()
    yield content


def _layout(name: str) -> Layout:
    return EVERYBODY if not name else stored.get(context().services, name).layout


def _list(*, faults: tuple[Fault, ...] = (), refused: GatewayError | None = None) -> str:
    services = context().services
    return render_template(
        "layouts.html",
        layouts=stored.listed(services),
        products=vendor_access.products(services),
        faults=faults,
        refused=refused,
    )


def _product(
    product: str,
    *,
    refused: GatewayError | None = None,
    taken: Taken | None = None,
    told: list[str] | None = None,
) -> str:
    services = context().services
    found = next((each for each in vendor_access.products(services) if each.product == product), None)
    if found is None:
        raise NotFound
    layouts = stored.listed(services)
    return render_template(
        "layout_product.html",
        vendor=found,
        layouts=layouts,
        with_results=[each for each in layouts if each.layout.results],
        left={each.layout.name: _left(ProductId(product), each.layout) for each in layouts},
        styled=alias_styles.shown(services, ProductId(product)),
        styles=list(Style),
        formats=list(FileFormat),
        refused=refused,
        taken=taken,
        told_lines=told or [],
        typed=request.form,
    )


def _left(product: ProductId, layout: Layout) -> tuple[Left, ...] | None:
    """Columns that do not leave; None where nothing leaves to this product at all."""
    try:
        return exporting.check(context().services, product, layout, now=context().now()).left
    except GatewayError:
        return None
