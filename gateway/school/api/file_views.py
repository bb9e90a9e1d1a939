"""The admin API for files of vendors, the school year and switch-overs: what the pages of these names do."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date
from typing import BinaryIO

from flask_smorest import Blueprint
from werkzeug.exceptions import NotFound

from gateway.errors import GatewayError, UsageError
from gateway.roster.model import ProductId
from gateway.school import alias_styles, vendor_access
from gateway.school.api import file_schemas as schemas
from gateway.school.api.schemas import Loaded
from gateway.school.disclosure.aliases import Style
from gateway.school.documents import Paper
from gateway.school.layouts import exporting, returning, stored
from gateway.school.layouts.builtin import EVERYBODY
from gateway.school.layouts.layout import FileFormat, FileShape
from gateway.school.layouts.stored import StoredLayout
from gateway.school.pages.access import needs, person
from gateway.school.pages.context import context
from gateway.school.school_year import planning
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action
from gateway.school.switchover import making
from gateway.school.switchover import stored as stored_switchovers
from gateway.school.switchover.decisions import parse_decisions
from gateway.school.switchover.stored import Made

blueprint = Blueprint(
    "api_files", __name__, url_prefix="/api/v1", description="Files, school year, switch-overs"
)


# -- layouts ------------------------------------------------------------------------------------------------------


@blueprint.route("/layouts")
@needs(Action.LAYOUT_SEE)
@blueprint.etag
@blueprint.response(200, schemas.Layout(many=True))
def layouts_listed() -> list[Loaded]:
    """The layouts in use."""
    return [_layout(each) for each in stored.listed(context().services)]


@blueprint.route("/layouts", methods=["POST"])
@needs(Action.LAYOUT_CHANGE)
@blueprint.arguments(schemas.NewLayout)
@blueprint.response(201, schemas.LayoutInFull)
def layout_add(given: Loaded) -> Loaded:
    """Take a layout into use; all faults at once, and then nothing is stored."""
    kept = stored.add(
        context().services, given["content"].encode(), actor=signed_in_actor(person()), now=context().now()
    )
    return _in_full(kept)


@blueprint.route("/layouts/<name>")
@needs(Action.LAYOUT_SEE)
@blueprint.etag
@blueprint.response(200, schemas.LayoutInFull)
def layout_shown(name: str) -> Loaded:
    """One layout as it was given."""
    try:
        return _in_full(stored.get(context().services, name))
    except UsageError:
        raise NotFound from None


def _layout(kept: StoredLayout) -> Loaded:
    return {
        "name": kept.layout.name,
        "vendor": kept.layout.vendor,
        "number": kept.number,
        "rows": kept.layout.rows.value,
        "format": kept.layout.file.format.value,
        "columns": [
            {"name": each.name, "fields": list(each.fields), "optional": each.optional}
            for each in kept.layout.columns
        ],
        "results": sorted(kept.layout.results),
        "sha256": kept.sha256,
    }


def _in_full(kept: StoredLayout) -> Loaded:
    return {**_layout(kept), "content": kept.content.decode("utf-8-sig")}


# -- files of a product -------------------------------------------------------------------------------------------


@blueprint.route("/products/<product>/export", methods=["POST"])
@needs(Action.EXPORT_WRITE)
@blueprint.arguments(schemas.ExportOrder)
@blueprint.response(200, schemas.ExportedFile)
def export(given: Loaded, product: str) -> Loaded:
    """The file for the vendor; registered as a disclosure before its first byte."""
    services = context().services
    layout = EVERYBODY if given["layout"] is None else stored.get(services, given["layout"]).layout
    if given["format"] is not None:
        layout = replace(layout, file=replace(layout.file, format=FileFormat(given["format"])))
    content = io.BytesIO()
    done = exporting.export(
        services,
        ProductId(product),
        layout,
        actor=signed_in_actor(person()),
        opened=lambda: _emptied(content),
    )
    return {
        "name": f"{product}.{layout.file.format.value}",
        "rows": done.rows,
        "generation": done.generation,
        "sha256": done.sha256,
        "left": done.left,
        "content_base64": base64.b64encode(content.getvalue()).decode(),
    }


@contextmanager
def _emptied(content: io.BytesIO) -> Iterator[BinaryIO]:
    content.seek(0)
    content.truncate()
    yield content


@blueprint.route("/products/<product>/results", methods=["POST"])
@needs(Action.RESULT_TAKE)
@blueprint.arguments(schemas.ResultsFile)
@blueprint.response(200, schemas.TakenFile)
def results_take(given: Loaded, product: str) -> returning.Taken:
    """Take in a vendor's results file."""
    return returning.take(
        context().services,
        ProductId(product),
        stored.get(context().services, given["layout"]).layout,
        _decoded(given["content_base64"]),
        actor=signed_in_actor(person()),
    )


@blueprint.route("/products/<product>/aliases")
@needs(Action.LAYOUT_SEE)
@blueprint.response(200, schemas.ProductAliases)
def aliases_shown(product: str) -> alias_styles.ProductStyle:
    """How new aliases look."""
    _require_known(product)
    return alias_styles.shown(context().services, ProductId(product))


@blueprint.route("/products/<product>/aliases", methods=["PUT"])
@needs(Action.LAYOUT_CHANGE)
@blueprint.arguments(schemas.AliasStyle)
@blueprint.response(200, schemas.ProductAliases)
def aliases_chosen(given: Loaded, product: str) -> alias_styles.ProductStyle:
    """Choose how new aliases look; those that were given out stay."""
    _require_known(product)
    return alias_styles.choose(
        context().services,
        ProductId(product),
        Style(given["style"]),
        actor=signed_in_actor(person()),
        now=context().now(),
    )


def _require_known(product: str) -> None:
    if all(each.product != product for each in vendor_access.products(context().services)):
        raise NotFound


# -- school year --------------------------------------------------------------------------------------------------


@blueprint.route("/school-year")
@needs(Action.SCHOOL_YEAR_SEE)
@blueprint.response(200, schemas.SchoolYear)
def school_year() -> Loaded:
    """What is planned."""
    return {"plan": planning.standing(context().services)}


@blueprint.route("/school-year/rehearsal", methods=["POST"])
@needs(Action.SCHOOL_YEAR_PLAN)
@blueprint.response(200, schemas.Rehearsed)
def rehearse() -> Loaded:
    """Read the sources as they will be, and count; publishes nothing."""
    found = planning.rehearse(context().services, now=context().now())
    return {
        "schools": [{"brin": brin, **asdict(counts)} for brin, counts in sorted(found.schools.items())],
        "products": found.products,
    }


@blueprint.route("/school-year", methods=["PUT"])
@needs(Action.SCHOOL_YEAR_PLAN)
@blueprint.arguments(schemas.Window)
@blueprint.response(200, schemas.SchoolYear)
def expect(given: Loaded) -> Loaded:
    """Rehearse, and let as many leave in these days."""
    made, _ = planning.expect(
        context().services,
        first_on=given["first_on"],
        last_on=given["last_on"],
        actor=signed_in_actor(person()),
        now=context().now(),
    )
    return {"plan": made}


@blueprint.route("/school-year", methods=["DELETE"])
@needs(Action.SCHOOL_YEAR_PLAN)
@blueprint.response(200, schemas.SchoolYear)
def drop() -> Loaded:
    """Take the plan back."""
    planning.drop(context().services, actor=signed_in_actor(person()), now=context().now())
    return {"plan": None}


# -- switch-overs -------------------------------------------------------------------------------------------------


@blueprint.route("/switch-overs")
@needs(Action.SWITCHOVER_SEE)
@blueprint.etag
@blueprint.response(200, schemas.Switchover(many=True))
def switchovers_listed() -> list[Loaded]:
    """Every switch-over."""
    return [_made(each) for each in stored_switchovers.listed(context().services)]


@blueprint.route("/products/<product>/switch-over/plan", methods=["POST"])
@needs(Action.SWITCHOVER_MAKE)
@blueprint.arguments(schemas.VendorList)
@blueprint.response(200, schemas.SwitchoverPlan)
def switchover_plan(given: Loaded, product: str) -> Loaded:
    """Match a vendor's list; registered as an access first."""
    planned = making.plan(
        context().services,
        ProductId(product),
        _decoded(given["content_base64"]),
        own_id=given["own_id"],
        decisions=parse_decisions(given["decisions"]),
        actor=signed_in_actor(person()),
        reason=given["reason"],
    )
    return {
        "rows": planned.rows,
        "matched": planned.matched,
        "unmatched": planned.unmatched,
        "doubtful": [
            {
                "row": each.number,
                "code": each.doubt,
                "candidates": [f"{slug}:{identifier}" for slug, identifier in each.candidates],
            }
            for each in planned.doubtful
        ],
    }


@blueprint.route("/products/<product>/switch-over", methods=["POST"])
@needs(Action.SWITCHOVER_MAKE)
@blueprint.arguments(schemas.VendorListToMake)
@blueprint.response(201, schemas.SwitchoverMade)
def switchover_make(given: Loaded, product: str) -> Loaded:
    """The list and the order; registered as an access and a disclosure first."""
    listed, order = io.BytesIO(), io.BytesIO()
    made = making.make(
        context().services,
        ProductId(product),
        _decoded(given["content_base64"]),
        own_id=given["own_id"],
        decisions=parse_decisions(given["decisions"]),
        actor=signed_in_actor(person()),
        reason=given["reason"],
        shape=FileShape(delimiter=";"),
        language=given["language"],
        list_file=lambda: _emptied(listed),
        order_file=lambda: _emptied(order),
    )
    return {
        **_made(made),
        "list_base64": base64.b64encode(listed.getvalue()).decode(),
        "order_base64": base64.b64encode(order.getvalue()).decode(),
    }


@blueprint.route("/switch-overs/<int:number>/confirm", methods=["POST"])
@needs(Action.SWITCHOVER_CONFIRM)
@blueprint.arguments(schemas.SwitchoverConfirmation)
@blueprint.response(200, schemas.Switchover)
def switchover_confirm(given: Loaded, number: int) -> Loaded:
    """Record the vendor's written confirmation."""
    paper = Paper(_decoded(given["document_base64"]), given["name"])
    try:
        made = stored_switchovers.confirm(
            context().services, number, paper=paper, actor=signed_in_actor(person()), now=context().now()
        )
    except GatewayError as refused:
        if refused.code == "switchover_unknown":
            raise NotFound from None
        raise
    return _made(made)


def _made(made: Made) -> Loaded:
    found = asdict(made)
    return {**found, "confirmed_on": made.confirmed_on and date.fromisoformat(made.confirmed_on)}


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise UsageError("The file is not base64.", code="document_encoding") from None
