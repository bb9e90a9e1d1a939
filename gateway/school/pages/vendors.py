"""Vendors and their products: state, credentials, last fetch, refreshing now."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from contracts.instants import to_ms
from gateway.holdings.requests import ask_refresh, refresh_request
from gateway.roster.model import ProductId
from gateway.school import vendor_access
from gateway.school.agreements import active_agreements
from gateway.school.pages import vendor_pictures
from gateway.school.pages.access import needs, person
from gateway.school.pages.context import context
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action
from gateway.school.vendors import traffic

pages = Blueprint("vendors", __name__, url_prefix="/vendors")


@pages.get("/")
@needs(Action.CLIENT_SEE)
def listed() -> str:
    """Every product by vendor, with state and last fetch."""
    found = vendor_access.products(context().services)
    return render_template("vendors.html", products=found, instant=datetime.fromisoformat)


@pages.get("/<product>")
@needs(Action.CLIENT_SEE)
def one(product: str) -> str:
    """One product."""
    services = context().services
    found = next((each for each in vendor_access.products(services) if each.product == product), None)
    if found is None:
        raise NotFound
    numbers = traffic.of_product(services, product, now=context().now())
    return render_template(
        "vendor.html",
        vendor=found,
        traffic=numbers,
        flow=None if numbers is None else vendor_pictures.flow_of(numbers),
        bars=None if numbers is None else vendor_pictures.bars_of(numbers),
        withheld_lines=vendor_pictures.withheld_lines,
        in_force=any(each.product == product for each in active_agreements(services)),
        asked=refresh_request(services.front, board_id=services.board_id, product=ProductId(product)),
        instant=datetime.fromisoformat,
    )


@pages.post("/<product>/clients")
@needs(Action.CLIENT_ISSUE)
def issue(product: str) -> str:
    """Issue credentials; the secret is shown on this page and nowhere else."""
    services = context().services
    if all(each.product != product for each in vendor_access.products(services)):
        raise NotFound
    issued = vendor_access.issue(services, product, actor=signed_in_actor(person()), now=context().now())
    return render_template(
        "issued.html", product=product, issued=issued, base=services.settings.public_url or "{gateway}"
    )


@pages.post("/clients/<client_id>/revoke")
@needs(Action.CLIENT_REVOKE)
def revoke(client_id: str) -> Response:
    """End credentials and their tokens at once."""
    revoked = vendor_access.revoke(
        context().services, client_id, actor=signed_in_actor(person()), now=context().now()
    )
    flash(_("These credentials have ended."))
    return _to(revoked.product)


@pages.post("/<product>/refresh")
@needs(Action.REFRESH_RUN)
def refresh(product: str) -> Response:
    """Ask the school side to read the school's systems now."""
    services = context().services
    if all(each.product != product for each in active_agreements(services)):
        raise NotFound
    ask_refresh(
        services.front,
        board_id=services.board_id,
        product=ProductId(product),
        now_ms=to_ms(context().now()),
        at_once=True,
    )
    flash(_("Asked. The school's systems are being read; this page shows when it is done."))
    return _to(product)


def _to(product: str) -> Response:
    return redirect(url_for("vendors.one", product=product), 303)  # type: ignore[return-value]
