"""Previews for programs: the same two operations as on the page, for the same roles, registered the same way."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from gateway.school.api.schemas import Loaded
from gateway.school.pages.access import needs, person
from gateway.school.pages.context import context
from gateway.school.previewing import asking, making_up
from gateway.school.previewing.made_up_school import MadeUpPerson
from gateway.school.previewing.shown import as_told
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action

blueprint = Blueprint("api_previews", __name__, url_prefix="/api/v1", description="Previews")

_PRODUCT = validate.Length(min=1, max=64)


class MadeUp(Schema):
    """Somebody made up, and for which product."""

    product = fields.String(required=True, validate=_PRODUCT)
    role = fields.String(load_default="student", validate=validate.OneOf(making_up.ROLES))
    brin = fields.String(required=True, validate=validate.Length(min=4, max=6))
    grade = fields.String(load_default="6", validate=validate.Length(min=1, max=60))
    group = fields.String(load_default="Groep 6", validate=validate.Length(min=1, max=60))
    age = fields.Integer(load_default=10, validate=validate.Range(min=0, max=making_up.MAX_AGE))
    consents = fields.Boolean(load_default=True)
    objects = fields.Boolean(load_default=False)
    reference = fields.String(load_default=None, allow_none=True, validate=validate.Length(min=1, max=80))


class RealPerson(Schema):
    """A person of a source, for which product, and why."""

    product = fields.String(required=True, validate=_PRODUCT)
    source = fields.String(required=True, validate=validate.Length(min=1, max=64))
    identifier = fields.String(required=True, validate=validate.Length(min=1, max=400))
    reason = fields.String(required=True, validate=validate.Length(min=1, max=500))


class PreviewField(Schema):
    """One field, real and sent."""

    field = fields.String(required=True)
    real = fields.Raw(required=True, allow_none=True)
    sent = fields.Raw(required=True, allow_none=True)
    form = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)
    clause = fields.String(required=True, allow_none=True)


class PreviewGroup(Schema):
    """One group, real and sent."""

    real = fields.Raw(required=True, allow_none=True)
    sent = fields.Raw(required=True, allow_none=True)
    sent_class = fields.Raw(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    texts_known = fields.Boolean(required=True)
    size = fields.Integer(required=True, allow_none=True)
    small = fields.Boolean(required=True)


class Preview(Schema):
    """One person at one product."""

    product = fields.String(required=True)
    agreement = fields.String(required=True)
    released = fields.Boolean(required=True)
    reason = fields.String(required=True, allow_none=True)
    message = fields.String(required=True, allow_none=True)
    remedy = fields.String(required=True, allow_none=True)
    subjects = fields.List(fields.String(), required=True)
    fields_ = fields.List(fields.Nested(PreviewField), required=True, attribute="fields", data_key="fields")
    groups = fields.List(fields.Nested(PreviewGroup), required=True)
    suspected = fields.List(fields.String(), required=True)
    held = fields.Boolean(required=True, allow_none=True)
    small_below = fields.Integer(required=True)
    as_if = fields.Boolean(required=True)


@blueprint.route("/previews/made-up", methods=["POST"])
@needs(Action.PREVIEW_MADE_UP)
@blueprint.arguments(MadeUp)
@blueprint.response(200, Preview)
def made_up(given: Loaded) -> dict[str, Any]:
    """Somebody who does not exist, through the plan and the release of a product."""
    product, reference = given.pop("product"), given.pop("reference")
    found = making_up.preview_made_up(
        context().services,
        product=product,
        person=MadeUpPerson(**given),
        now=context().now(),
        reference=reference,
    )
    return as_told(found)


@blueprint.route("/previews/person", methods=["POST"])
@needs(Action.PREVIEW_PUPIL)
@blueprint.arguments(RealPerson)
@blueprint.response(200, Preview)
def real(given: Loaded) -> dict[str, Any]:
    """A real person; the access is registered before anything is asked of the school's system."""
    found = asking.preview(context().services, actor=signed_in_actor(person()), now=context().now(), **given)
    return as_told(found)
