"""What can be done, and how: every product of the board with its way, on one page that prints."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from flask import Blueprint, render_template
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from gateway.school.pages.access import needs
from gateway.school.pages.agreement_words import GROUPS, word_of
from gateway.school.pages.context import context
from gateway.school.pages.vendor_pictures import STANDINGS
from gateway.school.staff.roles import Action
from gateway.school.vendors import routes
from gateway.school.vendors.routes import Route, Way

pages = Blueprint("routes", __name__, url_prefix="/what-works")

WAYS: Final[Mapping[Way, tuple[LazyString, LazyString]]] = {
    Way.ONEROSTER: (_l("through Schuilnaam"), _l("fetches by OneRoster 1.2, as pseudonyms and aliases")),
    Way.FILE: (
        _l("by upload"),
        _l("the school makes a file with aliases, for the upload page of the product"),
    ),
    Way.NOT_CONNECTED: (
        _l("may, not connected yet"),
        _l("issue credentials for the vendor, or make a file for its upload page"),
    ),
    Way.RESULTS_ONLY: (_l("results only"), _l("nothing goes out any more; results may still come back")),
    Way.REGISTERED_ONLY: (
        _l("registered only"),
        _l("the agreement is kept here; the data goes another way, outside Schuilnaam"),
    ),
    Way.BY_LAW: (_l("by law"), _l("the school's own system delivers; the delivery is noted here")),
    Way.CLOSED: (_l("not through Schuilnaam"), _l("nothing goes")),
}


@pages.get("/")
@needs(Action.REPORT_SEE)
def shown() -> str:
    """Every product."""
    found = routes.of_board(context().services, now=context().now())
    return render_template(
        "what_works.html",
        routes=found,
        counts=[(WAYS[way][0], sum(way in each.ways for each in found)) for way in Way],
        way_name=lambda way: str(WAYS[way][0]),
        way_remark=_remark,
        groups_name=lambda groups: word_of(GROUPS, groups),
        instant=datetime.fromisoformat,
    )


def _remark(route: Route, way: Way) -> str:
    if way is Way.CLOSED:
        return str(STANDINGS[route.standing])
    return str(WAYS[way][1])
