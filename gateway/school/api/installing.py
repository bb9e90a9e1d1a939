"""Put the admin API into the application of the staff pages."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from flask import Flask, Response, jsonify, request
from flask_smorest import Api
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import BadRequest

from gateway.school.api import (
    consents,
    file_views,
    grounds,
    pictures,
    previews,
    problems,
    reports,
    schemas,
    telling,
    terms,
    views,
)
from gateway.school.pages.access import ANY_STAFF, needs

BLUEPRINTS: Final = (
    views.blueprint,
    previews.blueprint,
    pictures.blueprint,
    consents.blueprint,
    grounds.blueprint,
    terms.blueprint,
    telling.blueprint,
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

METHODS: Final = ("get", "post", "put", "patch", "delete")
_ANY: Final = (401, 403, 503)
_CHANGES: Final = (404, 409, 422)
"""404: what the body names may not be there."""
_TAKES_BODY: Final = (400, 413, 415, 422)
_NAMES_SOMETHING: Final = (404, 422)
_ASKS_A_SCHOOL_SYSTEM: Final = (502,)
_ASKING: Final = (
    "/check", "/schools", "/consents/counts", "/consents/lookup", "/consents/people", "/consents/statements",
    "/consents/import", "/objections",
)  # fmt: skip


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
    api.spec.components.schema("Problem", schema=schemas.Problem)

    @needs(ANY_STAFF)
    def description() -> Response:
        return jsonify(described(api.spec.to_dict()))

    app.add_url_rule("/api/v1/openapi.json", "api_description", description)


def described(document: dict[str, Any]) -> dict[str, Any]:
    """The description with every problem that an operation may answer, as it is answered (RFC 9457)."""
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                _describe_problems(path, method, operations[method])
    return document


def _describe_problems(path: str, method: str, operation: dict[str, Any]) -> None:
    responses: dict[str, Any] = operation["responses"]
    # What flask-smorest describes for an error is its own shape, which is never answered.
    responses.pop("default", None)
    statuses = {*_ANY, *(int(status) for status in responses if int(status) >= 400)}
    if method != "get":
        statuses.update(_CHANGES)
    if "requestBody" in operation:
        statuses.update(_TAKES_BODY)
    # An agreement, product or source is named in the path, in the body or as a parameter.
    if "{" in path or "requestBody" in operation or operation.get("parameters"):
        statuses.update(_NAMES_SOMETHING)
    if method != "get" and path.endswith(_ASKING):
        statuses.update(_ASKS_A_SCHOOL_SYSTEM)
    for status in sorted(statuses):
        responses[str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
