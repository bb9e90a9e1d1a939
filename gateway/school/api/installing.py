"""Put the admin API into the application of the staff pages."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, jsonify, request
from flask_smorest import Api
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import BadRequest

from gateway.school.api import consents, file_views, grounds, pictures, previews, reports, terms, views
from gateway.school.pages.access import ANY_STAFF, needs

BLUEPRINTS: Final = (
    views.blueprint,
    previews.blueprint,
    pictures.blueprint,
    consents.blueprint,
    grounds.blueprint,
    terms.blueprint,
    reports.blueprint,
    file_views.blueprint,
)
"""Every set of operations."""


def _require_text() -> None:
    """Refuse a body with half a character or a NUL in it: neither databases nor seals take those.

    `"\\ud800"` is JSON and no text. Raises `BadRequest`; what was sent is not repeated.
    """
    if request.is_json and not _is_text(request.get_json(silent=True)):
        raise BadRequest


def _is_text(value: object) -> bool:
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= each <= "\udfff" for each in value)
    if isinstance(value, dict):
        return all(_is_text(key) and _is_text(each) for key, each in value.items())
    return all(map(_is_text, value)) if isinstance(value, list) else True


for _each in BLUEPRINTS:
    _each.before_request(_require_text)


def install(app: Flask, csrf: CSRFProtect) -> None:
    """Register the operations and their description, `/api/v1/openapi.json`."""
    app.config.update(
        API_TITLE="Schuilnaam admin API",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        ETAG_DISABLED=False,
    )
    api = Api(
        app,
        spec_kwargs={
            "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
            "security": [{"token": []}],
        },
    )
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
        # A program sends its token itself; a browser never does, so no other site can make it.
        csrf.exempt(blueprint)

    @needs(ANY_STAFF)
    def description() -> Response:
        return jsonify(api.spec.to_dict())

    app.add_url_rule("/api/v1/openapi.json", "api_description", description)
