"""What the pictures of vendors show, as numbers for programs: ways of all products, and the traffic of one."""

from __future__ import annotations

from flask_smorest import Blueprint
from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields
from werkzeug.exceptions import NotFound

from gateway.school.api.schemas import Loaded
from gateway.school.pages.access import needs
from gateway.school.pages.context import context
from gateway.school.staff.roles import Action
from gateway.school.vendors import routes, traffic

blueprint = Blueprint("api_pictures", __name__, url_prefix="/api/v1", description="Vendors in numbers")


class Route(Schema):
    """By which ways a product gets what is agreed."""

    recipient = fields.String(required=True)
    kvk = fields.String(required=True)
    product = fields.String(required=True)
    ways = fields.List(fields.String(), required=True)
    standing = fields.String(required=True)
    agreement = fields.String(required=True, allow_none=True)
    last_day = fields.Date(required=True, allow_none=True)
    results = fields.Boolean(required=True)
    groups = fields.String(required=True, allow_none=True)
    last_pull = fields.String(required=True, allow_none=True)
    last_file = fields.String(required=True, allow_none=True)


class TrafficDay(Schema):
    """What was fetched on one local day."""

    day = fields.Date(required=True)
    pages = fields.Integer(required=True)
    records = fields.Integer(required=True)


class Traffic(Schema):
    """One product: out, back, and what stays; over thirty days."""

    product = fields.String(required=True)
    recipient = fields.String(required=True)
    standing = fields.String(required=True)
    agreement = fields.String(required=True, allow_none=True)
    sources = fields.List(fields.String(), required=True)
    persons_held = fields.Integer(required=True, allow_none=True)
    groups_held = fields.Integer(required=True, allow_none=True)
    persons_withheld = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    refreshed_at = fields.String(required=True, allow_none=True)
    fields_agreed = fields.Integer(required=True)
    gives_results = fields.Boolean(required=True)
    days = fields.List(fields.Nested(TrafficDay), required=True)
    exported = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    returned = fields.Integer(required=True)
    delivered = fields.Integer(required=True)
    kept = fields.Integer(required=True)
    stuck = fields.Integer(required=True)


@blueprint.route("/what-works")
@needs(Action.REPORT_SEE)
@blueprint.etag
@blueprint.response(200, Route(many=True))
@blueprint.paginate()
def what_works(pagination_parameters: PaginationParameters) -> list[routes.Route]:
    """Every product that an agreement ever named, with its way or why there is none."""
    found = routes.of_board(context().services, now=context().now())
    pagination_parameters.item_count = len(found)
    return found[pagination_parameters.first_item : pagination_parameters.last_item + 1]


@blueprint.route("/vendors/<product>/traffic")
@needs(Action.CLIENT_SEE)
@blueprint.response(200, Traffic)
def traffic_shown(product: str) -> Loaded:
    """What goes where, and what was fetched per day."""
    found = traffic.of_product(context().services, product, now=context().now())
    if found is None:
        raise NotFound
    held = found.held
    return {
        **{name: getattr(found, name) for name in found.__dataclass_fields__},
        "persons_held": None if held is None else held.persons,
        "groups_held": None if held is None else held.groups,
        "persons_withheld": dict(found.withheld),
        "fields_agreed": found.fields,
    }
