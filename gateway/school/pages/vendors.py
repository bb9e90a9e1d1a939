"""Vendors and their products: state, the switch that stops one, credentials, last fetch, refreshing now."""

from __future__ import annotations

import json
from datetime import datetime

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from contracts.instants import to_ms
from gateway.connections.clients import IssuedClient
from gateway.errors import DisclosureRefused, GatewayError, UsageError
from gateway.holdings.requests import ask_refresh, refresh_request
from gateway.roster.model import ProductId
from gateway.school import vendor_access
from gateway.school.agreements import active_agreements
from gateway.school.pages import vendor_pictures
from gateway.school.pages.access import needs, person
from gateway.school.pages.context import context
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action
from gateway.school.vendors import cards, stops, switch, traffic

pages = Blueprint("vendors", __name__, url_prefix="/vendors")


@pages.get("/")
@needs(Action.CLIENT_SEE)
def listed() -> str:
    """Every product by vendor, with state and last fetch."""
    services = context().services
    found = vendor_access.products(services)
    stopped = {
        kvk
        for kvk in {each.kvk for each in found}
        if stops.stop_of(services.school, board_id=services.board_id, kvk=kvk)
    }
    return render_template("vendors.html", products=found, stopped=stopped, instant=datetime.fromisoformat)


@pages.get("/<product>")
@needs(Action.CLIENT_SEE)
def one(product: str) -> str:
    """One product."""
    return _one(product)


def _one(product: str, *, refused: GatewayError | None = None) -> str:
    services = context().services
    found = _known(product)
    numbers = traffic.of_product(services, product, now=context().now())
    return render_template(
        "vendor.html",
        vendor=found,
        traffic=numbers,
        flow=None if numbers is None else vendor_pictures.flow_of(numbers),
        bars=None if numbers is None else vendor_pictures.bars_of(numbers),
        withheld_lines=vendor_pictures.withheld_lines,
        stop=stops.stop_of(services.school, board_id=services.board_id, kvk=found.kvk),
        products=[each.product for each in vendor_access.products(services) if each.kvk == found.kvk],
        refused=refused,
        max_reason=switch.MAX_REASON,
        in_force=any(each.product == product for each in active_agreements(services)),
        asked=refresh_request(services.front, board_id=services.board_id, product=ProductId(product)),
        instant=datetime.fromisoformat,
    )


def _known(product: str) -> vendor_access.VendorProduct:
    for each in vendor_access.products(context().services):
        if each.product == product:
            return each
    raise NotFound


@pages.post("/<product>/stop")
@needs(Action.VENDOR_STOP)
def stop(product: str) -> Response | tuple[str, int]:
    """Stop the vendor of a product at once, with all its products."""
    vendor = _known(product)
    try:
        done = switch.stop(
            context().services,
            signed_in_actor(person()),
            vendor.kvk,
            reason=request.form.get("reason", ""),
            now=context().now(),
        )
    except UsageError as refused:
        return _one(product, refused=refused), 422
    flash(_("%(vendor)s is stopped: nothing goes out and nothing comes in.", vendor=done.name))
    return _to(product)


@pages.post("/<product>/resume")
@needs(Action.VENDOR_RESUME)
def resume(product: str) -> Response | tuple[str, int]:
    """Lift the stop; what the agreements allow goes again, and no more."""
    vendor = _known(product)
    try:
        done = switch.resume(
            context().services,
            signed_in_actor(person()),
            vendor.kvk,
            reason=request.form.get("reason", ""),
            now=context().now(),
        )
    except UsageError as refused:
        return _one(product, refused=refused), 422
    except DisclosureRefused as refused:
        return _one(product, refused=refused), 409
    flash(_("%(vendor)s is no longer stopped. Its agreements decide again.", vendor=done.name))
    return _to(product)


@pages.post("/<product>/clients")
@needs(Action.CLIENT_ISSUE)
def issue(product: str) -> str | Response | tuple[str, int]:
    """Issue credentials; the secret is on this page, or in this file, and nowhere else."""
    services, now = context().services, context().now()
    _known(product)
    as_card = request.form.get("as") == "card"
    try:
        if as_card:
            # What would fail after the client was made fails before.
            cards.require_public_url(services)
    except UsageError as refused:
        return _one(product, refused=refused), 422
    issued = vendor_access.issue(services, product, actor=signed_in_actor(person()), now=now)
    if as_card:
        return _card(product, issued, with_secret=True)
    return render_template(
        "issued.html", product=product, issued=issued, base=services.settings.public_url or "{gateway}"
    )


@pages.get("/<product>/clients/<client_id>/card.json")
@needs(Action.CLIENT_SEE)
def card(product: str, client_id: str) -> Response | tuple[str, int]:
    """The card of credentials that were issued before: everything for the vendor, without the secret."""
    if all(each.client_id != client_id for each in _known(product).clients):
        raise NotFound
    try:
        return _card(product, IssuedClient(client_id, ""), with_secret=False)
    except UsageError as refused:
        return _one(product, refused=refused), 422


def _card(product: str, issued: IssuedClient, *, with_secret: bool) -> Response:
    content = cards.card(
        context().services, ProductId(product), issued, with_secret=with_secret, now=context().now()
    )
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    answer = Response(text, content_type="application/json; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="schuilnaam-{product}.json"'
    return answer


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
